/* SPDX-License-Identifier: MIT */
#include "gateway/upstream_private.h"

const uint32_t gw_latency_bounds_ms[GW_LATENCY_BUCKETS - 1] = {1,   2,   5,    10,   25,   50,
                                                               100, 250, 1000, 2500, 10000};

/* ---- active checks ---- */

bool gw_upstream_wants_check(gw_upstream *u, size_t endpoint)
{
    bool wanted = u->cfg->health_check.when == GW_CHECK_ALWAYS;
    for (unsigned s = 0; !wanted && u->cfg->health_check.when == GW_CHECK_OPEN && s < GW_SIGNAL_COUNT; s++) {
        gw_lane *l = &u->backends[endpoint]->lanes[s];
        if ((atomic_load(&l->open_door) & 1) != 0)
            continue;
        pthread_mutex_lock(&l->lock);
        wanted = gw_breaker_wants_checks(&l->breaker);
        pthread_mutex_unlock(&l->lock);
    }
    return wanted;
}

/* With `open` the verdict is about breakers only, and it is taken back with the first success. */
static void note_health(gw_upstream *u, gw_backend *b, gw_check_result r)
{
    if (r == GW_CHECK_OK) {
        atomic_store(&b->failed_checks, 0);
        atomic_store(&b->unhealthy, false);
    } else if (atomic_fetch_add(&b->failed_checks, 1) + 1 >= u->cfg->health_check.unhealthy_after &&
               u->cfg->health_check.when == GW_CHECK_ALWAYS) {
        atomic_store(&b->unhealthy, true);
    }
}

void gw_upstream_checked(gw_upstream *u, size_t endpoint, gw_check_result r, uint64_t now_ms, uint64_t random)
{
    gw_backend *b = u->backends[endpoint];
    atomic_fetch_add(&u->holdings->checks[r], 1);
    note_health(u, b, r);
    for (unsigned s = 0; s < GW_SIGNAL_COUNT; s++) {
        gw_lane_lock(&b->lanes[s]);
        if (r == GW_CHECK_OK)
            gw_breaker_healthy(&b->lanes[s].breaker, now_ms, random);
        else if (r == GW_CHECK_UNREACHABLE)
            gw_breaker_unreachable(&b->lanes[s].breaker, now_ms);
        gw_lane_unlock(&b->lanes[s]);
    }
}

void gw_upstream_tick(gw_upstream *u, uint64_t now_ms, uint64_t random)
{
    for (size_t i = 0; i < u->n_backends; i++) {
        for (unsigned s = 0; s < GW_SIGNAL_COUNT; s++) {
            gw_lane *l = &u->backends[i]->lanes[s];
            gw_lane_lock(l);
            gw_breaker_tick(&l->breaker, now_ms, random);
            gw_lane_unlock(l);
        }
    }
}

/* ---- reports ---- */

const gw_upstream_cfg *gw_upstream_config(const gw_upstream *u)
{
    return u->cfg;
}

void gw_upstream_lane(gw_upstream *u, size_t endpoint, gw_signal s, uint64_t now_ms, uint64_t wall_ms,
                      gw_lane_report *out)
{
    gw_backend *b = u->backends[endpoint];
    gw_lane *l = &b->lanes[s];
    uint64_t held = atomic_load(&l->held_until_ms);
    pthread_mutex_lock(&l->lock);
    out->breaker = l->breaker;
    out->limit = gw_adaptive_get(&l->limiter);
    out->usual_ms = l->limiter.usual_ms;
    pthread_mutex_unlock(&l->lock);
    gw_breaker_explain(&out->breaker, now_ms, wall_ms, out->why);
    out->healthy = !atomic_load(&b->unhealthy);
    out->in_flight = atomic_load(&l->in_flight);
    out->held_ms = held > now_ms ? held - now_ms : 0;
    for (unsigned i = 0; i < GW_BREAKER_STATE_COUNT; i++)
        out->transitions[i] = atomic_load(&l->transitions[i]);
    for (unsigned i = 0; i < GW_LATENCY_BUCKETS; i++)
        out->latency[i] = atomic_load(&l->latency[i]);
    out->latency_sum_ms = atomic_load(&l->latency_sum_ms);
}

void gw_upstream_totals(gw_upstream *u, gw_upstream_report *out)
{
    gw_holdings *h = u->holdings;
    int32_t waiting = atomic_load(&h->waiting);
    *out = (gw_upstream_report){.in_flight = atomic_load(&h->in_flight),
                                .waiting = waiting > 0 ? (uint32_t)waiting : 0,
                                .bytes = atomic_load(&h->bytes),
                                .retries = atomic_load(&h->retries),
                                .retries_denied = atomic_load(&h->retries_denied)};
    for (unsigned i = 0; i < 3; i++)
        out->checks[i] = atomic_load(&h->checks[i]);
}

void gw_upstream_override(gw_upstream *u, size_t endpoint, gw_signal s, gw_override o, uint64_t ttl_ms,
                          uint64_t now_ms, uint64_t random)
{
    gw_lane *l = &u->backends[endpoint]->lanes[s];
    gw_lane_lock(l);
    if (o == GW_OVERRIDE_OPEN)
        gw_breaker_force_open(&l->breaker, now_ms, ttl_ms, random);
    else if (o == GW_OVERRIDE_CLOSE)
        gw_breaker_disable(&l->breaker, now_ms, ttl_ms, random);
    else
        gw_breaker_reset(&l->breaker, now_ms, random);
    gw_lane_unlock(l);
    if (o != GW_OVERRIDE_OPEN)
        atomic_store(&l->held_until_ms, 0);
}
