/* SPDX-License-Identifier: MIT */
/* State shared by quota*.c and nobody else. */
#ifndef GW_QUOTA_PRIVATE_H
#define GW_QUOTA_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "gateway/quota.h"
#include "gateway/quota_bucket.h"
#include "gateway/quota_calendar.h"
#include "gateway/quota_streams.h"

/* Sets of limits are bits of one word. */
_Static_assert(GW_LIMIT_COUNT <= 32, "limits are bits of a uint32_t");

/* One bucket's dealings with the shared store. All but the rate in tokens. */
typedef struct gw_lease {
    uint64_t owed;    /* taken from what this instance filled by itself: the store does not know yet */
    uint64_t prepaid; /* in the bucket, and paid for already */
    uint64_t asked;   /* since the last round, refused or not */
    uint64_t demand;  /* in a round, smoothed */
    uint64_t largest; /* need of one request, in this half minute and the one before */
    uint64_t largest_now;
    unsigned largest_rounds;
    uint64_t left; /* in the store, as it last said; while leased */
} gw_lease;

struct gw_quota {
    pthread_mutex_t lock;
    /* under the lock */
    gw_limits configured, own, limits; /* own: an operator's, until override_until_s; limits: in force */
    _Atomic uint64_t version;          /* of `configured`; changed under the lock */
    uint32_t said;                     /* bit per limit in force */
    uint64_t near_at[GW_LIMIT_COUNT];  /* what is used at 80 % of it */
    int64_t override_until_s;
    gw_bucket bucket[GW_RATE_COUNT]; /* of limits that are said */
    uint64_t n_requests, n_bytes;    /* in flight */
    gw_calendar calendar;
    gw_streams streams;
    uint64_t refused_until_ns, refused_bytes; /* gw_quota_remember */
    uint32_t near; /* bit per limit that is at 80 % or was and is not yet below 60 % */
    /* sharing */
    bool shared;  /* with other instances */
    bool leased;  /* buckets are filled by the shared store; else by time, at `share_percent` of the rate */
    bool starved; /* something was refused that a lease might have covered */
    bool known;   /* to the store: it has leased something before */
    uint32_t share_percent;
    gw_lease lease[GW_RATE_COUNT];
    int64_t unreported[GW_CALENDAR_COUNT]; /* used, not told the store yet; negative: taken back */
    uint64_t synced_ns;
    unsigned idle_rounds;
    _Atomic bool active; /* on the list of those to talk about */
    struct gw_quota *next_active;
    _Atomic int64_t blocked_until_s;
    _Atomic bool looks_inside; /* some limit in force is about what bodies hold; changed under the lock */
    /* fixed */
    struct gw_quota *next; /* in the table */
    unsigned slot;
    char name[];
};

/* NULL: no memory. `share_percent` 0: not shared. */
gw_quota *gw_quota_new(const char *name, size_t n, unsigned slot, uint32_t share_percent);
void gw_quota_free(gw_quota *q);

/* Puts in force what configuration and operator say. Under the lock. */
void gw_quota_apply(gw_quota *q, uint64_t now_ns);

static inline bool gw_quota_is_said(const gw_quota *q, unsigned l)
{
    return (q->said >> l & 1) != 0;
}

/* What time brought: into the buckets, new periods, the end of an override. Under the lock. */
void gw_quota_turn(gw_quota *q, gw_quota_time now);
/* The same, but only into the buckets that `need` is about: what comes into one may wait as long as nothing
 * is taken from it. */
void gw_quota_turn_for(gw_quota *q, gw_quota_time now, const gw_quota_need *need);

/* Seconds for the streams: those that a clock set back or forth does not change. */
static inline uint32_t gw_streams_clock(gw_quota_time now)
{
    return (uint32_t)(now.mono_ns / UINT64_C(1000000000)) + GW_STREAMS_WINDOW_S;
}

static inline uint64_t gw_less(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Of the burst of rate `k`, which is limited and shared. Leased: what is neither left in the store nor held
 * here, so what the others hold counts as used. Local: as of the part that is held here, so of all. */
static inline uint64_t gw_quota_used_shared(const gw_quota *q, unsigned k)
{
    const gw_bucket *b = &q->bucket[k];
    uint64_t burst = q->limits.v[2 * k + 1];
    if (q->leased)
        return burst - gw_less(q->lease[k].left + b->level, burst);
    return b->burst == 0 ? 0 : (uint64_t)((double)(b->burst - b->level) * (double)burst / (double)b->burst);
}

/* Of limit `l`, as gw_quota_view has it. Under the lock, and of a bucket after its turn. */
static inline uint64_t gw_quota_used(const gw_quota *q, unsigned l)
{
    if (l < 2 * GW_RATE_COUNT) {
        if (l % 2 == 0 || q->limits.v[l] == 0)
            return 0;
        return q->shared ? gw_quota_used_shared(q, l / 2) : q->bucket[l / 2].burst - q->bucket[l / 2].level;
    }
    if (l == GW_LIMIT_REQUESTS_IN_FLIGHT)
        return q->n_requests;
    if (l == GW_LIMIT_BYTES_IN_FLIGHT)
        return q->n_bytes;
    if (l >= GW_LIMIT_ITEMS_PER_DAY && l <= GW_LIMIT_BYTES_PER_MONTH)
        return q->calendar.used[l - GW_LIMIT_ITEMS_PER_DAY];
    return l == GW_LIMIT_LOKI_STREAMS ? q->streams.n : 0;
}

/* Has somebody to be told that `q` is in use? Set by the table. */
extern void (*gw_quota_on_active)(gw_quota *q);

#endif
