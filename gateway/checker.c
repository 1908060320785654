/* SPDX-License-Identifier: MIT */
#include "gateway/checker.h"

#include <stdlib.h>

enum { EVERY_TICKS = 10 /* of GW_TICK_MS: breakers and due checks are looked at */ };

/* One endpoint of one upstream. */
typedef struct check {
    gw_checker *checker;
    size_t upstream, endpoint;
    uint64_t next_ms;
    gw_call *call; /* NULL: none under way */
} check;

struct gw_checker {
    gw_thread *thread;
    gw_binding *binding; /* shared: what the checks are made for; NULL: none yet */
    check *checks;       /* owned */
    size_t n_checks;
    unsigned tick;
    h2o_timeout_entry_t timer;
};

static void cancel_all(gw_checker *c)
{
    for (size_t i = 0; i < c->n_checks; i++) {
        if (c->checks[i].call != NULL)
            gw_call_cancel(c->checks[i].call);
    }
    free(c->checks);
    c->checks = NULL;
    c->n_checks = 0;
    gw_binding_unref(&c->binding);
}

/* A new generation: its endpoints, and its pools. */
static void follow(gw_checker *c)
{
    const gw_config *cfg = c->thread->binding->gen->cfg;
    size_t n = 0;
    cancel_all(c);
    c->binding = gw_binding_ref(c->thread->binding);
    for (size_t u = 0; u < cfg->n_upstreams; u++)
        n += cfg->upstreams[u].n_endpoints;
    c->checks = calloc(n + 1, sizeof *c->checks);
    if (c->checks == NULL)
        return; /* without checks, time alone closes breakers */
    for (size_t u = 0; u < cfg->n_upstreams; u++) {
        for (size_t e = 0; e < cfg->upstreams[u].n_endpoints; e++)
            c->checks[c->n_checks++] = (check){.checker = c, .upstream = u, .endpoint = e};
    }
}

static gw_check_result judge(const gw_health_check_cfg *cfg, gw_call_result r, const gw_call_response *res)
{
    if (r != GW_CALL_OK)
        return GW_CHECK_UNREACHABLE;
    bool ok = cfg->status == 0 ? res->status < 500 : (uint32_t)res->status == cfg->status;
    return ok ? GW_CHECK_OK : GW_CHECK_BAD;
}

static void on_checked(void *arg, gw_call_result r, const gw_call_response *res)
{
    check *k = arg;
    gw_binding *b = k->checker->binding;
    k->call = NULL;
    if (r == GW_CALL_BUSY)
        return; /* all connections are busy with calls, which say more */
    gw_upstream_checked(b->gen->upstreams[k->upstream], k->endpoint,
                        judge(&b->gen->cfg->upstreams[k->upstream].health_check, r, res), gw_now_ms(),
                        gw_thread_random(b->thread));
}

static void start_check(check *k, const gw_health_check_cfg *cfg, uint64_t now_ms)
{
    gw_call_request req = {.path = rd_slice_str(cfg->path),
                           .endpoint = k->endpoint,
                           .allowed_ms = cfg->timeout_ms,
                           .body = NULL};
    k->next_ms = now_ms + cfg->interval_ms;
    k->call = gw_call_start(k->checker->binding->pools[k->upstream], &req, on_checked, k);
}

static void look(gw_checker *c)
{
    const gw_generation *gen = c->binding->gen;
    uint64_t now_ms = gw_now_ms();
    for (size_t u = 0; u < gen->cfg->n_upstreams; u++) {
        if (gen->upstreams[u] != NULL)
            gw_upstream_tick(gen->upstreams[u], now_ms, gw_thread_random(c->thread));
    }
    for (size_t i = 0; i < c->n_checks; i++) {
        check *k = &c->checks[i];
        if (k->call == NULL && now_ms >= k->next_ms &&
            gw_upstream_wants_check(gen->upstreams[k->upstream], k->endpoint))
            start_check(k, &gen->cfg->upstreams[k->upstream].health_check, now_ms);
    }
}

static void on_timer(h2o_timeout_entry_t *entry)
{
    gw_checker *c = H2O_STRUCT_FROM_MEMBER(gw_checker, timer, entry);
    if (++c->tick % EVERY_TICKS == 0) {
        if (c->binding != c->thread->binding)
            follow(c);
        look(c);
    }
    h2o_timeout_link(c->thread->h2o.loop, &c->thread->tick, &c->timer);
}

gw_checker *gw_checker_new(gw_thread *t)
{
    gw_checker *c = calloc(1, sizeof *c);
    if (c == NULL)
        abort();
    *c = (gw_checker){.thread = t, .timer.cb = on_timer};
    h2o_timeout_link(t->h2o.loop, &t->tick, &c->timer);
    return c;
}

void gw_checker_free(gw_checker **pc)
{
    gw_checker *c = *pc;
    *pc = NULL;
    if (c == NULL)
        return;
    h2o_timeout_unlink(&c->timer);
    cancel_all(c);
    free(c);
}
