/* SPDX-License-Identifier: MIT */
/*
 * What the files of upstream share; nobody else includes this.
 *
 *   upstream.c         views, calls: acquire and done
 *   upstream_lane.c    the registry of backends and of what upstreams hold, and a lane's lock
 *   upstream_admin.c   reports, overrides, active checks
 */
#ifndef GW_UPSTREAM_PRIVATE_H
#define GW_UPSTREAM_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "gateway/hold.h"
#include "gateway/adaptive.h"
#include "gateway/retry_budget.h"
#include "gateway/upstream.h"

typedef struct gw_backend gw_backend;

typedef struct gw_lane {
    gw_backend *backend; /* borrowed: the lane is part of it */
    gw_signal signal;
    pthread_mutex_t lock;
    /* under the lock */
    gw_breaker breaker;
    gw_adaptive limiter;
    bool adaptive;
    /* published: term << 1 | whether ordinary calls are let through without asking the breaker */
    _Atomic uint64_t open_door;
    _Atomic uint32_t limit, in_flight;
    _Atomic uint64_t held_until_ms;
    _Atomic uint64_t transitions[GW_BREAKER_STATE_COUNT], latency[GW_LATENCY_BUCKETS], latency_sum_ms;
} gw_lane;

/* One endpoint of one upstream. */
struct gw_backend {
    gw_backend *next;     /* in the registry */
    char *upstream, *url; /* owned */
    unsigned refs;        /* under the registry's lock */
    _Atomic uint32_t failed_checks;
    _Atomic bool unhealthy;
    gw_lane lanes[GW_SIGNAL_COUNT];
};

/* What one upstream holds in all. */
typedef struct gw_holdings {
    struct gw_holdings *next;
    char *name; /* owned */
    unsigned refs;
    _Atomic uint32_t in_flight;
    _Atomic int32_t waiting;
    _Atomic uint64_t bytes, retries, retries_denied, checks[3];
    gw_retry_budget budget;
    gw_hold holds[GW_SIGNAL_COUNT];
} gw_holdings;

struct gw_upstream {
    const gw_upstream_cfg *cfg; /* borrowed */
    gw_holdings *holdings;      /* shared (refs) */
    size_t n_backends;
    gw_backend *backends[]; /* shared (refs); in the order of the configuration */
};

/* upstream_lane.c */
gw_holdings *gw_holdings_ref(const char *name, uint64_t now_ms);
void gw_holdings_unref(gw_holdings *h);
gw_backend *gw_backend_ref(const gw_upstream_cfg *cfg, const char *url, uint64_t now_ms);
void gw_backend_configure(gw_backend *b, const gw_upstream_cfg *cfg, uint64_t now_ms);
void gw_backend_unref(gw_backend *b);
void gw_lane_lock(gw_lane *l);
/* Publishes what changed. */
void gw_lane_unlock(gw_lane *l);

#endif
