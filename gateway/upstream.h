/* SPDX-License-Identifier: MIT */
/*
 * What is known about backends, shared by all threads: for each endpoint and signal (a lane) a breaker, an
 * adaptive limit, calls in flight and latency; for each endpoint the outcome of active checks; for each
 * upstream what it may hold in all, its retry budget, and the tenants it told to come back later.
 *
 *    deliver ──acquire──► an endpoint, or why none ──call──► done ──► breaker, limit, holds
 *    checker ──checked──► breakers and health of an endpoint
 *    admin   ──force_open, disable, reset, describe
 *
 * Lanes belong to the process, found by names of upstream, endpoint and signal, so a reload keeps what was
 * learned and what an operator said; they go with the last generation that names them. A gw_upstream is a
 * generation's view of them.
 *
 * Breaker and limit of a lane are behind its lock, which is held for a few instructions. What a call asks
 * while all is well is published in atomics: a call costs a handful of them and one lock, when it is done.
 * Time and randomness are arguments.
 */
#ifndef GW_UPSTREAM_H
#define GW_UPSTREAM_H

#include "filters/base/slice.h"
#include "gateway/breaker.h"
#include "gateway/call_result.h"
#include "gateway/signal.h"

enum { GW_UPSTREAM_MAX_ENDPOINTS = 64, GW_UPSTREAM_WHY_BYTES = 320 };

typedef struct gw_upstream gw_upstream;

/* `cfg` must outlive it. Lanes that are there already keep their settings. NULL: no memory. */
gw_upstream *gw_upstream_new(const gw_upstream_cfg *cfg, uint64_t now_ms);
/* All its lanes get the settings of its `cfg`. */
void gw_upstream_apply(gw_upstream *u, uint64_t now_ms);
void gw_upstream_free(gw_upstream **u);

/* ---- calls ---- */

typedef enum gw_leave {
    GW_LEAVE_GIVEN,
    GW_LEAVE_OPEN,    /* no endpoint is called for now */
    GW_LEAVE_LIMITED, /* the tenant was told to come back later (429) */
    GW_LEAVE_BUSY,    /* the backend was: 503 with Retry-After */
    GW_LEAVE_FULL     /* as many calls as may be are under way: wait */
} gw_leave;

/* Leave to call one endpoint; give it back with gw_upstream_done. */
typedef struct gw_ticket {
    size_t endpoint; /* index in the configuration */
    gw_breaker_permit permit;
    uint32_t in_flight;
    uint64_t started_ms;
} gw_ticket;

/* Why nothing is called, for the sender. */
typedef struct gw_refusal {
    gw_leave leave;
    uint32_t retry_after_s;
    char why[GW_UPSTREAM_WHY_BYTES]; /* names from the configuration only */
} gw_refusal;

/* Would a call be refused now? Takes nothing; FULL is not judged. True: `out` says why. */
bool gw_upstream_refuses(gw_upstream *u, gw_signal s, rd_slice tenant, uint64_t now_ms, uint64_t random,
                         gw_refusal *out);
/* The best endpoint that is not in `tried` (bit per index). `full`: those to which the caller has no
 * connection left; they count as busy with other calls. Not GIVEN: nothing was taken. */
gw_leave gw_upstream_acquire(gw_upstream *u, gw_signal s, uint64_t tried, uint64_t full, uint64_t now_ms,
                             uint64_t random, gw_ticket *out);
/* Words for an admission that was none. */
void gw_upstream_explain(gw_upstream *u, gw_signal s, gw_leave a, uint64_t now_ms, uint64_t random,
                         gw_refusal *out);

/* How a call ended. */
typedef struct gw_call_end {
    gw_call_result result;
    bool cancelled;         /* the sender went away */
    int status;             /* result OK */
    uint32_t retry_after_s; /* what the backend said; 0: nothing */
    uint64_t allowed_ms;    /* how long the call might have taken */
    rd_slice tenant;
} gw_call_end;

void gw_upstream_done(gw_upstream *u, gw_signal s, const gw_ticket *t, const gw_call_end *end,
                      uint64_t now_ms, uint64_t random);

/* ---- what an upstream holds ---- */

/* Bytes of bodies in flight or waiting. False: too many. */
bool gw_upstream_take_bytes(gw_upstream *u, uint64_t n);
void gw_upstream_give_bytes(gw_upstream *u, uint64_t n);
/* A request came; may it be tried once more? */
void gw_upstream_count_request(gw_upstream *u);
bool gw_upstream_may_retry(gw_upstream *u, uint64_t now_ms);
void gw_upstream_count_waiting(gw_upstream *u, int n);
/* For estimates of waiting: calls at a time that all lanes of the signal take, and how long each takes. */
void gw_upstream_pace(gw_upstream *u, gw_signal s, uint32_t *out_limit, double *out_call_ms);

/* ---- active checks ---- */

typedef enum gw_check_result {
    GW_CHECK_OK,
    GW_CHECK_BAD,        /* it answered, but not as it should */
    GW_CHECK_UNREACHABLE /* nobody answered */
} gw_check_result;

bool gw_upstream_wants_check(gw_upstream *u, size_t endpoint);
void gw_upstream_checked(gw_upstream *u, size_t endpoint, gw_check_result r, uint64_t now_ms,
                         uint64_t random);
/* What time alone does; call it a few times a second. */
void gw_upstream_tick(gw_upstream *u, uint64_t now_ms, uint64_t random);

/* ---- looking and changing ---- */

enum { GW_LATENCY_BUCKETS = 12 };
/* Upper bounds in ms; the last bucket has none. */
extern const uint32_t gw_latency_bounds_ms[GW_LATENCY_BUCKETS - 1];

typedef struct gw_lane_report {
    gw_breaker breaker; /* a copy */
    char why[GW_BREAKER_REASON_BYTES];
    bool healthy;
    uint32_t in_flight, limit;
    double usual_ms;
    uint64_t held_ms; /* how much longer the backend wants no calls */
    uint64_t transitions[GW_BREAKER_STATE_COUNT];
    uint64_t latency[GW_LATENCY_BUCKETS], latency_sum_ms;
} gw_lane_report;

typedef struct gw_upstream_report {
    uint32_t in_flight, waiting;
    uint64_t bytes, retries, retries_denied, checks[3];
} gw_upstream_report;

const gw_upstream_cfg *gw_upstream_config(const gw_upstream *u);
/* `wall_ms`: the wall clock at now_ms. */
void gw_upstream_lane(gw_upstream *u, size_t endpoint, gw_signal s, uint64_t now_ms, uint64_t wall_ms,
                      gw_lane_report *out);
void gw_upstream_totals(gw_upstream *u, gw_upstream_report *out);

typedef enum gw_override { GW_OVERRIDE_OPEN, GW_OVERRIDE_CLOSE, GW_OVERRIDE_RESET } gw_override;
void gw_upstream_override(gw_upstream *u, size_t endpoint, gw_signal s, gw_override o, uint64_t ttl_ms,
                          uint64_t now_ms, uint64_t random);

#endif
