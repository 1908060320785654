/* SPDX-License-Identifier: MIT */
#include "gateway/upstream_private.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/log.h"

static struct {
    pthread_mutex_t lock;
    gw_backend *backends;
    gw_holdings *holdings;
} registry = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- lanes ---- */

void gw_lane_lock(gw_lane *l)
{
    pthread_mutex_lock(&l->lock);
}

void gw_lane_unlock(gw_lane *l)
{
    bool through = l->breaker.state == GW_BREAKER_CLOSED || l->breaker.state == GW_BREAKER_DISABLED;
    atomic_store(&l->open_door, (uint64_t)l->breaker.term << 1 | through);
    atomic_store(&l->limit, gw_adaptive_get(&l->limiter));
    pthread_mutex_unlock(&l->lock);
}

/* Under the lock. */
static void on_change(void *arg, const gw_breaker_change *c)
{
    gw_lane *l = arg;
    atomic_fetch_add(&l->transitions[c->to], 1);
    if (c->from == GW_BREAKER_HALF_OPEN && c->to == GW_BREAKER_CLOSED)
        gw_adaptive_restart(&l->limiter, l->breaker.cfg.probes, c->at_ms);
    gw_log(BREAKER, gw_word("upstream", l->backend->upstream), gw_word("endpoint", l->backend->url),
           gw_word("signal", gw_signal_word(l->signal)), gw_word("from", gw_breaker_state_word(c->from)),
           gw_word("to", gw_breaker_state_word(c->to)), gw_word("why", gw_breaker_event_word(c->event)),
           gw_u64("calls", c->counts.calls), gw_u64("failures", c->counts.failures),
           gw_u64("timeouts", c->counts.timeouts), gw_u64("slow", c->counts.slow),
           gw_u64("in_a_row", c->in_a_row), gw_u64("open_ms", c->open_ms));
}

static void lane_init(gw_lane *l, gw_backend *b, gw_signal s, const gw_upstream_cfg *cfg, uint64_t now_ms)
{
    *l = (gw_lane){.backend = b, .signal = s, .adaptive = cfg->adaptive_limit};
    pthread_mutex_init(&l->lock, NULL);
    gw_breaker_init(&l->breaker, &cfg->breaker, now_ms, on_change, l);
    gw_adaptive_init(&l->limiter, cfg->adaptive_limit ? GW_ADAPTIVE_INITIAL : cfg->max_requests,
                     cfg->max_requests, now_ms);
    gw_lane_lock(l);
    gw_lane_unlock(l);
}

static void lane_configure(gw_lane *l, const gw_upstream_cfg *cfg, uint64_t now_ms)
{
    gw_lane_lock(l);
    gw_breaker_configure(&l->breaker, &cfg->breaker, now_ms, 0);
    if (l->adaptive && !cfg->adaptive_limit)
        gw_adaptive_init(&l->limiter, cfg->max_requests, cfg->max_requests, now_ms);
    gw_adaptive_set_most(&l->limiter, cfg->max_requests);
    l->adaptive = cfg->adaptive_limit;
    gw_lane_unlock(l);
}

/* ---- backends ---- */

static gw_backend *backend_new(const gw_upstream_cfg *cfg, const char *url, uint64_t now_ms)
{
    gw_backend *b = calloc(1, sizeof *b);
    if (b == NULL)
        return NULL;
    b->upstream = strdup(cfg->name);
    b->url = strdup(url);
    if (b->upstream == NULL || b->url == NULL) {
        free(b->upstream);
        free(b->url);
        free(b);
        return NULL;
    }
    for (unsigned s = 0; s < GW_SIGNAL_COUNT; s++)
        lane_init(&b->lanes[s], b, (gw_signal)s, cfg, now_ms);
    b->next = registry.backends;
    registry.backends = b;
    return b;
}

gw_backend *gw_backend_ref(const gw_upstream_cfg *cfg, const char *url, uint64_t now_ms)
{
    pthread_mutex_lock(&registry.lock);
    gw_backend *b = registry.backends;
    while (b != NULL && (strcmp(b->upstream, cfg->name) != 0 || strcmp(b->url, url) != 0))
        b = b->next;
    if (b == NULL)
        b = backend_new(cfg, url, now_ms);
    if (b != NULL)
        b->refs++;
    pthread_mutex_unlock(&registry.lock);
    return b;
}

void gw_backend_configure(gw_backend *b, const gw_upstream_cfg *cfg, uint64_t now_ms)
{
    for (unsigned s = 0; s < GW_SIGNAL_COUNT; s++)
        lane_configure(&b->lanes[s], cfg, now_ms);
    /* A verdict of checks that are no longer made would never be taken back. */
    if (cfg->health_check.when != GW_CHECK_ALWAYS) {
        atomic_store(&b->failed_checks, 0);
        atomic_store(&b->unhealthy, false);
    }
}

void gw_backend_unref(gw_backend *b)
{
    pthread_mutex_lock(&registry.lock);
    bool last = --b->refs == 0;
    gw_backend **at = &registry.backends;
    while (last && *at != b)
        at = &(*at)->next;
    if (last)
        *at = b->next;
    pthread_mutex_unlock(&registry.lock);
    if (!last)
        return;
    for (unsigned s = 0; s < GW_SIGNAL_COUNT; s++)
        pthread_mutex_destroy(&b->lanes[s].lock);
    free(b->upstream);
    free(b->url);
    free(b);
}

/* ---- holdings ---- */

gw_holdings *gw_holdings_ref(const char *name, uint64_t now_ms)
{
    pthread_mutex_lock(&registry.lock);
    gw_holdings *h = registry.holdings;
    while (h != NULL && strcmp(h->name, name) != 0)
        h = h->next;
    if (h == NULL && (h = calloc(1, sizeof *h)) != NULL) {
        h->name = strdup(name);
        if (h->name == NULL) {
            free(h);
            h = NULL;
        } else {
            gw_retry_budget_init(&h->budget, now_ms);
            h->next = registry.holdings;
            registry.holdings = h;
        }
    }
    if (h != NULL)
        h->refs++;
    pthread_mutex_unlock(&registry.lock);
    return h;
}

void gw_holdings_unref(gw_holdings *h)
{
    pthread_mutex_lock(&registry.lock);
    bool last = --h->refs == 0;
    gw_holdings **at = &registry.holdings;
    while (last && *at != h)
        at = &(*at)->next;
    if (last)
        *at = h->next;
    pthread_mutex_unlock(&registry.lock);
    if (!last)
        return;
    free(h->name);
    free(h);
}
