/* SPDX-License-Identifier: MIT */
#include "gateway/upstream_private.h"

#include <stdio.h>
#include <stdlib.h>

#include "gateway/balance.h"
#include "gateway/clock.h"

gw_upstream *gw_upstream_new(const gw_upstream_cfg *cfg, uint64_t now_ms)
{
    gw_upstream *u = calloc(1, sizeof *u + (cfg->n_endpoints + 1) * sizeof u->backends[0]);
    if (u == NULL)
        return NULL;
    u->cfg = cfg;
    u->holdings = gw_holdings_ref(cfg->name, now_ms);
    for (size_t i = 0; u->holdings != NULL && i < cfg->n_endpoints; i++) {
        gw_backend *b = gw_backend_ref(cfg, cfg->endpoints[i].url, now_ms);
        if (b == NULL) {
            gw_upstream_free(&u);
            return NULL;
        }
        u->backends[u->n_backends++] = b;
    }
    if (u->holdings == NULL)
        gw_upstream_free(&u);
    return u;
}

void gw_upstream_apply(gw_upstream *u, uint64_t now_ms)
{
    for (size_t i = 0; i < u->n_backends; i++)
        gw_backend_configure(u->backends[i], u->cfg, now_ms);
}

void gw_upstream_free(gw_upstream **pu)
{
    gw_upstream *u = *pu;
    *pu = NULL;
    if (u == NULL)
        return;
    for (size_t i = 0; i < u->n_backends; i++)
        gw_backend_unref(u->backends[i]);
    if (u->holdings != NULL)
        gw_holdings_unref(u->holdings);
    free(u);
}

static gw_lane *lane(const gw_upstream *u, size_t endpoint, gw_signal s)
{
    return &u->backends[endpoint]->lanes[s];
}

/* ---- may it be called? ---- */

static bool is_held(gw_lane *l, uint64_t now_ms)
{
    return atomic_load_explicit(&l->held_until_ms, memory_order_relaxed) > now_ms;
}

static bool admits(gw_lane *l, uint64_t now_ms)
{
    if ((atomic_load(&l->open_door) & 1) != 0)
        return true;
    pthread_mutex_lock(&l->lock);
    bool yes = gw_breaker_admits(&l->breaker, now_ms);
    pthread_mutex_unlock(&l->lock);
    return yes;
}

/* Active checks pass endpoints over only while others are left. */
static bool any_healthy(const gw_upstream *u)
{
    for (size_t i = 0; i < u->n_backends; i++) {
        if (!atomic_load_explicit(&u->backends[i]->unhealthy, memory_order_relaxed))
            return true;
    }
    return false;
}

/* At the end of a call's way in: the breaker's leave, for real. */
static bool enter(gw_lane *l, uint64_t now_ms, uint64_t random, gw_breaker_permit *out)
{
    uint64_t door = atomic_load(&l->open_door);
    if ((door & 1) != 0) {
        *out = (gw_breaker_permit){.term = (uint32_t)(door >> 1)};
        return true;
    }
    gw_lane_lock(l);
    bool yes = gw_breaker_acquire(&l->breaker, now_ms, random, out);
    gw_lane_unlock(l);
    return yes;
}

static bool take(_Atomic uint32_t *used, uint32_t most, uint32_t *out_now)
{
    uint32_t n = atomic_fetch_add(used, 1) + 1;
    *out_now = n;
    if (n <= most)
        return true;
    atomic_fetch_sub(used, 1);
    return false;
}

static gw_leave try_lane(gw_upstream *u, gw_lane *l, uint64_t now_ms, uint64_t random, gw_ticket *out)
{
    uint32_t all;
    if (!take(&u->holdings->in_flight, u->cfg->max_requests, &all))
        return GW_LEAVE_FULL;
    if (take(&l->in_flight, atomic_load_explicit(&l->limit, memory_order_relaxed), &out->in_flight)) {
        if (enter(l, now_ms, random, &out->permit))
            return GW_LEAVE_GIVEN;
        atomic_fetch_sub(&l->in_flight, 1);
        atomic_fetch_sub(&u->holdings->in_flight, 1);
        return GW_LEAVE_OPEN;
    }
    atomic_fetch_sub(&u->holdings->in_flight, 1);
    return GW_LEAVE_FULL;
}

static gw_leave worse(gw_leave a, gw_leave b)
{
    /* An endpoint that is only full is the best news: waiting helps. */
    static const int rank[] = {[GW_LEAVE_GIVEN] = 0,
                               [GW_LEAVE_OPEN] = 1,
                               [GW_LEAVE_LIMITED] = 1,
                               [GW_LEAVE_BUSY] = 2,
                               [GW_LEAVE_FULL] = 3};
    return rank[a] > rank[b] ? a : b;
}

gw_leave gw_upstream_acquire(gw_upstream *u, gw_signal s, uint64_t tried, uint64_t full, uint64_t now_ms,
                             uint64_t random, gw_ticket *out)
{
    gw_candidate c[GW_UPSTREAM_MAX_ENDPOINTS];
    size_t n = u->n_backends;
    bool by_health = n > 1 && any_healthy(u);
    gw_leave why = GW_LEAVE_OPEN;
    for (size_t i = 0; i < n; i++) {
        gw_lane *l = lane(u, i, s);
        bool held = is_held(l, now_ms);
        bool healthy = !by_health || !atomic_load_explicit(&u->backends[i]->unhealthy, memory_order_relaxed);
        bool usable = (tried >> i & 1) == 0 && healthy && !held && admits(l, now_ms);
        bool is_full = (full >> i & 1) != 0;
        c[i] = (gw_candidate){.usable = usable && !is_full,
                              .in_flight = atomic_load_explicit(&l->in_flight, memory_order_relaxed),
                              .limit = atomic_load_explicit(&l->limit, memory_order_relaxed)};
        why = held ? worse(why, GW_LEAVE_BUSY) : usable && is_full ? worse(why, GW_LEAVE_FULL) : why;
    }
    for (size_t left = n; left > 0; left--) {
        size_t i = gw_balance_choose(c, n, random);
        if (i == n)
            break;
        gw_leave a = try_lane(u, lane(u, i, s), now_ms, random, out);
        if (a == GW_LEAVE_GIVEN) {
            out->endpoint = i;
            out->started_ms = now_ms;
            return GW_LEAVE_GIVEN;
        }
        why = worse(why, a);
        c[i].usable = false;
    }
    return why;
}

/* ---- why not ---- */

/* Never all senders at the same moment: up to a fifth later. */
static uint32_t seconds_with_jitter(uint64_t ms, uint64_t random)
{
    uint64_t later = ms + random % (ms / 5 + 1);
    return later < 1000 ? 1 : (uint32_t)((later + 999) / 1000);
}

/* Of the endpoint that will be tried first again. */
static uint64_t explain_open(gw_upstream *u, gw_signal s, uint64_t now_ms,
                             char reason[GW_BREAKER_REASON_BYTES])
{
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < u->n_backends; i++) {
        gw_lane *l = lane(u, i, s);
        pthread_mutex_lock(&l->lock);
        uint64_t wait = gw_breaker_wait_ms(&l->breaker, now_ms);
        if (wait < least) {
            least = wait;
            gw_breaker_explain(&l->breaker, now_ms, gw_wall_ms(), reason);
        }
        pthread_mutex_unlock(&l->lock);
    }
    return least;
}

static uint64_t least_hold(gw_upstream *u, gw_signal s, uint64_t now_ms)
{
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < u->n_backends; i++) {
        uint64_t until = atomic_load(&lane(u, i, s)->held_until_ms);
        if (until > now_ms && until - now_ms < least)
            least = until - now_ms;
    }
    return least == UINT64_MAX ? 1000 : least;
}

void gw_upstream_explain(gw_upstream *u, gw_signal s, gw_leave a, uint64_t now_ms, uint64_t random,
                         gw_refusal *out)
{
    char reason[GW_BREAKER_REASON_BYTES] = "";
    uint64_t wait = 1000;
    if (a == GW_LEAVE_OPEN)
        wait = explain_open(u, s, now_ms, reason);
    else if (a == GW_LEAVE_BUSY)
        wait = least_hold(u, s, now_ms);
    out->leave = a;
    out->retry_after_s = seconds_with_jitter(wait, random);
    snprintf(out->why, sizeof out->why, "upstream %s: %s", u->cfg->name,
             a == GW_LEAVE_OPEN      ? reason
             : a == GW_LEAVE_BUSY    ? "asked for a pause"
             : a == GW_LEAVE_LIMITED ? "limits this tenant"
                                     : "has no room");
}

bool gw_upstream_refuses(gw_upstream *u, gw_signal s, rd_slice tenant, uint64_t now_ms, uint64_t random,
                         gw_refusal *out)
{
    gw_leave why = GW_LEAVE_OPEN;
    uint64_t held = gw_hold_left(&u->holdings->holds[s], gw_hold_key(tenant, 0), now_ms);
    if (held > 0) {
        gw_upstream_explain(u, s, GW_LEAVE_LIMITED, now_ms, random, out);
        out->retry_after_s = seconds_with_jitter(held, random);
        return true;
    }
    for (size_t i = 0; i < u->n_backends; i++) {
        gw_lane *l = lane(u, i, s);
        bool is_busy = is_held(l, now_ms);
        if (!is_busy && admits(l, now_ms))
            return false;
        why = is_busy ? GW_LEAVE_BUSY : why;
    }
    gw_upstream_explain(u, s, why, now_ms, random, out);
    return true;
}

/* ---- how it ended ---- */

typedef struct judgement {
    gw_breaker_result breaker;
    gw_adaptive_sample limit;
} judgement;

static judgement judge_status(const gw_call_end *e)
{
    if (e->status == 503 && e->retry_after_s > 0)
        return (judgement){GW_BREAKER_NEUTRAL, GW_ADAPTIVE_OVERLOADED};
    if (e->status == 503 || e->status == 504)
        return (judgement){GW_BREAKER_FAILURE, GW_ADAPTIVE_OVERLOADED};
    if (e->status >= 500)
        return (judgement){GW_BREAKER_FAILURE, GW_ADAPTIVE_UNKNOWN};
    if (e->status == 429) /* one tenant has enough; the backend is well */
        return (judgement){GW_BREAKER_SUCCESS, GW_ADAPTIVE_UNKNOWN};
    return (judgement){GW_BREAKER_SUCCESS, GW_ADAPTIVE_ANSWERED};
}

static judgement judge(const gw_upstream *u, const gw_call_end *e, uint64_t took_ms)
{
    static const judgement nothing = {GW_BREAKER_NEUTRAL, GW_ADAPTIVE_UNKNOWN},
                           failed = {GW_BREAKER_FAILURE, GW_ADAPTIVE_UNKNOWN},
                           late = {GW_BREAKER_TIMEOUT, GW_ADAPTIVE_OVERLOADED};
    /* A sender that was impatient with a slow backend: were that nothing, a backend that hangs would never be
     * noticed as long as senders give up before this side does. */
    if (e->cancelled)
        return took_ms >= u->cfg->breaker.slow_call_ms ? late : nothing;
    switch (e->result) {
    case GW_CALL_OK:
        return judge_status(e);
    case GW_CALL_SEND_TIMEOUT:
    case GW_CALL_FIRST_BYTE_TIMEOUT:
    case GW_CALL_TOTAL_TIMEOUT:
    case GW_CALL_CONNECT_TIMEOUT:
        /* What is left of a request's time after waiting may be too short for any backend. */
        return e->allowed_ms < u->cfg->total_timeout_ms / 2 ? nothing : late;
    case GW_CALL_BUSY:
    case GW_CALL_INVALID:
        return nothing;
    default:
        return failed;
    }
}

static void count_latency(gw_lane *l, uint64_t ms)
{
    unsigned i = 0;
    while (i < GW_LATENCY_BUCKETS - 1 && ms > gw_latency_bounds_ms[i])
        i++;
    atomic_fetch_add_explicit(&l->latency[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&l->latency_sum_ms, ms, memory_order_relaxed);
}

static void hold_back(gw_upstream *u, gw_signal s, gw_lane *l, const gw_call_end *e, uint64_t now_ms)
{
    uint64_t for_ms = (uint64_t)e->retry_after_s * 1000;
    if (e->result != GW_CALL_OK || e->cancelled || for_ms == 0)
        return;
    if (e->status == 429)
        gw_hold_set(&u->holdings->holds[s], gw_hold_key(e->tenant, 0), now_ms, for_ms);
    else if (e->status == 503)
        atomic_store(&l->held_until_ms, now_ms + (for_ms < GW_HOLD_MOST_MS ? for_ms : GW_HOLD_MOST_MS));
}

void gw_upstream_done(gw_upstream *u, gw_signal s, const gw_ticket *t, const gw_call_end *end,
                      uint64_t now_ms, uint64_t random)
{
    gw_lane *l = lane(u, t->endpoint, s);
    uint64_t took_ms = now_ms > t->started_ms ? now_ms - t->started_ms : 0;
    judgement j = judge(u, end, took_ms);
    uint32_t in_flight = atomic_fetch_sub(&l->in_flight, 1);
    atomic_fetch_sub(&u->holdings->in_flight, 1);
    if (end->result == GW_CALL_OK && !end->cancelled)
        count_latency(l, took_ms);
    gw_lane_lock(l);
    gw_breaker_record(&l->breaker, t->permit, j.breaker, took_ms, now_ms, random);
    if (!l->adaptive && j.limit == GW_ADAPTIVE_OVERLOADED)
        j.limit = GW_ADAPTIVE_UNKNOWN;
    gw_adaptive_record(&l->limiter, j.limit, l->adaptive ? (double)took_ms : 0,
                       in_flight > t->in_flight ? in_flight : t->in_flight, now_ms);
    gw_lane_unlock(l);
    hold_back(u, s, l, end, now_ms);
}

/* ---- what an upstream holds ---- */

bool gw_upstream_take_bytes(gw_upstream *u, uint64_t n)
{
    uint64_t before = atomic_fetch_add(&u->holdings->bytes, n);
    /* One body always fits, whatever its size: the process has its own ceilings. */
    if (before == 0 || before + n <= u->cfg->max_bytes)
        return true;
    atomic_fetch_sub(&u->holdings->bytes, n);
    return false;
}

void gw_upstream_give_bytes(gw_upstream *u, uint64_t n)
{
    atomic_fetch_sub(&u->holdings->bytes, n);
}

void gw_upstream_count_request(gw_upstream *u)
{
    gw_retry_budget_deposit(&u->holdings->budget, u->cfg->retry.budget_percent);
}

bool gw_upstream_may_retry(gw_upstream *u, uint64_t now_ms)
{
    bool yes = gw_retry_budget_withdraw(&u->holdings->budget, u->cfg->retry.budget_percent, now_ms);
    atomic_fetch_add(yes ? &u->holdings->retries : &u->holdings->retries_denied, 1);
    return yes;
}

void gw_upstream_count_waiting(gw_upstream *u, int n)
{
    atomic_fetch_add(&u->holdings->waiting, n);
}

void gw_upstream_pace(gw_upstream *u, gw_signal s, uint32_t *out_limit, double *out_call_ms)
{
    double ms = 0;
    uint32_t limit = 0;
    for (size_t i = 0; i < u->n_backends; i++) {
        gw_lane *l = lane(u, i, s);
        pthread_mutex_lock(&l->lock);
        limit += gw_adaptive_get(&l->limiter);
        ms = l->limiter.usual_ms > ms ? l->limiter.usual_ms : ms;
        pthread_mutex_unlock(&l->lock);
    }
    *out_limit = limit;
    *out_call_ms = ms;
}
