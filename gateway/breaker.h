/* SPDX-License-Identifier: MIT */
/*
 * A circuit breaker: when calls of a backend fail or crawl, it stops calling for a while and lets a few
 * probes find out when it is back. Pure: time (milliseconds of a monotonic clock) and randomness are
 * arguments, no locks, no log. Its owner (upstream.c) has one for each endpoint and signal and keeps the
 * threads apart.
 *
 *                    trip                       waited, healthy
 *      ┌──► CLOSED ─────────────► OPEN ◄───────────────────────► HALF_OPEN
 *      │       ▲                   probe_failed                     │
 *      │       └───────────────────────── probes_ok ────────────────┘
 *      │  FORCED_OPEN (force_open, from anywhere)      DISABLED (disable, from anywhere)
 *      └─────── reset, from anywhere; expired: FORCED_OPEN ► HALF_OPEN, DISABLED ► CLOSED
 *
 *   CLOSED       -> OPEN         [gw_breaker_record] too many calls of the window failed or were slow, or too
 * many in a row failed OPEN         -> HALF_OPEN    [gw_breaker_tick] open time is over, [gw_breaker_healthy]
 * an active check succeeded HALF_OPEN    -> OPEN         [gw_breaker_record] a probe failed or was slow,
 * [gw_breaker_tick] a probe is stuck HALF_OPEN    -> CLOSED       [gw_breaker_record] as many probes
 * succeeded as may run at once any          -> FORCED_OPEN  [gw_breaker_force_open], -> DISABLED
 * [gw_breaker_disable], -> CLOSED [gw_breaker_reset]
 *
 * - Each transition begins a new term. A permit carries its term, and the result of a call of an earlier term
 *   says nothing about now: it is ignored.
 * - The open time doubles with each trip up to a ceiling, with jitter of a fifth to both sides, and starts
 *   over once the breaker was closed for a whole window.
 * - An active check that succeeds ends the open time at once; but each time probes then fail all the same,
 * the next success is believed later, in doubling steps: some backends answer checks and nothing else.
 * - While active checks find nobody at the other end, no probe is sent when the open time is over, so that no
 *   sender's request waits for a backend that is known to be gone. That holds for PATIENCE times the longest
 *   open time, then a probe goes out in any case: the check itself may be what is broken.
 */
#ifndef GW_BREAKER_H
#define GW_BREAKER_H

#include "filters/base/outcome.h"
#include "gateway/config.h"

/* X(name, word) */
#define GW_BREAKER_STATES(X)                                                                                 \
    X(CLOSED, "closed")                                                                                      \
    X(OPEN, "open") X(HALF_OPEN, "half_open") X(FORCED_OPEN, "forced_open") X(DISABLED, "disabled")
#define GW_BREAKER_EVENTS(X)                                                                                 \
    X(TRIP, "trip")                                                                                          \
    X(WAITED, "waited")                                                                                      \
    X(HEALTHY, "healthy")                                                                                    \
    X(PROBE_FAILED, "probe_failed")                                                                          \
    X(PROBES_OK, "probes_ok")                                                                                \
    X(FORCE_OPEN, "force_open") X(DISABLE, "disable") X(RESET, "reset") X(EXPIRED, "expired")

typedef enum gw_breaker_state {
#define X(name, word) GW_BREAKER_##name,
    GW_BREAKER_STATES(X)
#undef X
        GW_BREAKER_STATE_COUNT
} gw_breaker_state;

typedef enum gw_breaker_event {
#define X(name, word) GW_BREAKER_EVENT_##name,
    GW_BREAKER_EVENTS(X)
#undef X
        GW_BREAKER_EVENT_COUNT
} gw_breaker_event;

const char *gw_breaker_state_word(gw_breaker_state s);
const char *gw_breaker_event_word(gw_breaker_event e);

enum {
    GW_BREAKER_BUCKETS = 10, /* of the window */
    GW_BREAKER_MAX_PROBES = 16,
    GW_BREAKER_HISTORY = 16, /* transitions remembered */
    GW_BREAKER_PATIENCE = 5,
    GW_BREAKER_REASON_BYTES = 200
};

/* How a call ended, as far as it tells about the backend. */
typedef enum gw_breaker_result {
    GW_BREAKER_SUCCESS,
    GW_BREAKER_FAILURE,
    GW_BREAKER_TIMEOUT, /* a failure by waiting */
    GW_BREAKER_NEUTRAL  /* says nothing: not sent, or cancelled, or told to come back later */
} gw_breaker_result;

typedef struct gw_breaker_counts {
    uint32_t calls, failures, timeouts, slow;
} gw_breaker_counts;

/* One transition: what was known when it happened. */
typedef struct gw_breaker_change {
    uint64_t at_ms;
    gw_breaker_state from, to;
    gw_breaker_event event;
    gw_breaker_counts counts; /* of the window; of a probe_failed: of the failed probe */
    uint32_t in_a_row;        /* failures */
    uint32_t open_ms;         /* when to == OPEN: for how long */
} gw_breaker_change;

/* Called at the end of each transition. Must not call the breaker. */
typedef void (*gw_breaker_cb)(void *arg, const gw_breaker_change *change);

typedef struct gw_breaker {
    gw_breaker_cfg cfg;
    gw_breaker_cb cb;
    void *arg;
    gw_breaker_state state; /* written by transition() only */
    uint32_t term;
    uint64_t now_ms, since_ms; /* latest time seen; of the last transition */
    /* CLOSED */
    gw_breaker_counts buckets[GW_BREAKER_BUCKETS], sum;
    uint64_t bucket; /* number of the newest */
    uint32_t in_a_row, row_timeouts;
    /* OPEN */
    uint32_t trips, distrust;          /* in a row; probes failed after a check said healthy */
    uint64_t until_ms, unreachable_ms; /* latest check that found nobody; 0: none */
    /* HALF_OPEN */
    uint64_t probe_ms[GW_BREAKER_MAX_PROBES]; /* start of the probe in each slot; 0: free */
    uint32_t n_probes, n_ok;                  /* under way, succeeded */
    bool by_health;
    /* FORCED_OPEN, DISABLED */
    uint64_t expires_ms; /* 0: never */
    /* for explaining */
    gw_breaker_change history[GW_BREAKER_HISTORY], cause; /* cause: of the trip that began this outage */
    uint64_t n_history;                                   /* ever */
} gw_breaker;

/* Leave to make one call. */
typedef struct gw_breaker_permit {
    uint32_t term;
    uint32_t probe; /* slot + 1; 0: an ordinary call */
} gw_breaker_permit;

void gw_breaker_init(gw_breaker *b, const gw_breaker_cfg *cfg, uint64_t now_ms, gw_breaker_cb cb, void *arg);
/* New settings; the state stays unless `enabled` changed. */
void gw_breaker_configure(gw_breaker *b, const gw_breaker_cfg *cfg, uint64_t now_ms, uint64_t random);

/* May a call be made? The result of each must be recorded, once, with the same permit. */
RD_MUST_CHECK bool gw_breaker_acquire(gw_breaker *b, uint64_t now_ms, uint64_t random,
                                      gw_breaker_permit *out_permit);
void gw_breaker_record(gw_breaker *b, gw_breaker_permit permit, gw_breaker_result r, uint64_t duration_ms,
                       uint64_t now_ms, uint64_t random);
/* Would acquire say yes? Changes nothing. */
bool gw_breaker_admits(const gw_breaker *b, uint64_t now_ms);
/* What time alone does. acquire does it as well. */
void gw_breaker_tick(gw_breaker *b, uint64_t now_ms, uint64_t random);

/* Active checks: it answered as it should; nobody could be reached, or nothing came back. */
void gw_breaker_healthy(gw_breaker *b, uint64_t now_ms, uint64_t random);
void gw_breaker_unreachable(gw_breaker *b, uint64_t now_ms);
/* Would checks be of use now? */
bool gw_breaker_wants_checks(const gw_breaker *b);

/* The operator's; ttl_ms 0: until something else is said. */
void gw_breaker_force_open(gw_breaker *b, uint64_t now_ms, uint64_t ttl_ms, uint64_t random);
void gw_breaker_disable(gw_breaker *b, uint64_t now_ms, uint64_t ttl_ms, uint64_t random);
void gw_breaker_reset(gw_breaker *b, uint64_t now_ms, uint64_t random);

/* How long until a refused call is worth another try; at least 1. */
uint64_t gw_breaker_wait_ms(const gw_breaker *b, uint64_t now_ms);
/* "open since 03:02:11 UTC: 12 of 20 calls failed, 9 timeouts; next probe in 4 s". `wall_ms`: what the wall
 * clock shows at now_ms. */
void gw_breaker_explain(const gw_breaker *b, uint64_t now_ms, uint64_t wall_ms,
                        char out[GW_BREAKER_REASON_BYTES]);
/* The i-th last transition, 0 the latest; NULL: not remembered. */
const gw_breaker_change *gw_breaker_past(const gw_breaker *b, unsigned i);

#endif
