/* SPDX-License-Identifier: MIT */
#include "gateway/quota_private.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BILLION UINT64_C(1000000000)

enum { NEAR_PERCENT = 80 };

void (*gw_quota_on_active)(gw_quota *q);

gw_quota_time gw_quota_now(void)
{
    struct timespec mono;
    clock_gettime(CLOCK_MONOTONIC, &mono);
    return (gw_quota_time){.mono_ns = (uint64_t)mono.tv_sec * BILLION + (uint64_t)mono.tv_nsec,
                           .wall_s = time(NULL)};
}

gw_quota *gw_quota_new(const char *name, size_t n, unsigned slot, uint32_t share_percent)
{
    gw_quota *q = calloc(1, sizeof *q + n + 1);
    if (q == NULL)
        return NULL;
    pthread_mutex_init(&q->lock, NULL);
    memcpy(q->name, name, n);
    q->slot = slot;
    q->shared = share_percent > 0;
    q->share_percent = share_percent;
    return q;
}

void gw_quota_free(gw_quota *q)
{
    gw_streams_release(&q->streams);
    pthread_mutex_destroy(&q->lock);
    free(q);
}

const char *gw_quota_name(const gw_quota *q)
{
    return q->name;
}

unsigned gw_quota_slot(const gw_quota *q)
{
    return q->slot;
}

/* ---- limits in force ---- */

static uint64_t percent_of(uint64_t v, uint32_t percent)
{
    return v / 100 * percent + v % 100 * percent / 100;
}

static uint64_t share_of(const gw_quota *q, uint64_t v)
{
    return percent_of(v, q->share_percent);
}

/* The rate that fills a bucket here: all of it, this instance's share of it, or none while it is leased. */
static uint64_t own_rate(const gw_quota *q, uint64_t rate)
{
    if (!q->shared)
        return rate;
    if (q->leased)
        return 0;
    uint64_t share = share_of(q, rate);
    return share > 0 ? share : 1;
}

/* What a bucket holds here: its share, but room for the largest request, unless leases fill it. */
static uint64_t own_burst(const gw_quota *q, unsigned k, uint64_t burst)
{
    if (!q->shared || q->leased)
        return burst;
    uint64_t share = share_of(q, burst), largest = gw_less(q->lease[k].largest, burst);
    return share > largest ? share : largest > 0 ? largest : 1;
}

void gw_quota_apply(gw_quota *q, uint64_t now_ns)
{
    const gw_limits *own = q->override_until_s != 0 ? &q->own : &(gw_limits){0};
    gw_limits l;
    gw_limits_over(&q->configured, own, &l);
    gw_limits_complete(&l);
    for (unsigned k = 0; k < GW_RATE_COUNT; k++) {
        uint64_t rate = l.v[2 * k], burst = l.v[2 * k + 1];
        uint64_t holds = own_burst(q, k, burst);
        if (q->limits.v[2 * k] != 0) {
            gw_bucket_change(&q->bucket[k], own_rate(q, rate), holds, now_ns);
        } else {
            q->lease[k] = (gw_lease){0};
            gw_bucket_init(&q->bucket[k], own_rate(q, rate), own_burst(q, k, burst), now_ns);
        }
    }
    q->limits = l;
    q->refused_until_ns = 0; /* what could not be admitted by the old ones */
    q->said = 0;
    for (unsigned i = 0; i < GW_LIMIT_COUNT; i++) {
        q->said |= (uint32_t)(l.v[i] != 0) << i;
        q->near_at[i] = percent_of(l.v[i], NEAR_PERCENT);
    }
    bool inside = l.shed == GW_SHED_LEAST_SEVERE;
    for (unsigned i = GW_LIMIT_LOKI_STREAMS; i < GW_LIMIT_COUNT; i++)
        inside |= l.v[i] != 0;
    atomic_store_explicit(&q->looks_inside, inside, memory_order_relaxed);
}

bool gw_quota_looks_inside(const gw_quota *q)
{
    return atomic_load_explicit(&q->looks_inside, memory_order_relaxed);
}

void gw_quota_configure(gw_quota *q, gw_quota_time now, uint64_t version, const gw_limits *limits)
{
    pthread_mutex_lock(&q->lock);
    if (version > atomic_load_explicit(&q->version, memory_order_relaxed)) {
        if (memcmp(&q->configured, limits, sizeof *limits) != 0) {
            q->configured = *limits;
            gw_quota_apply(q, now.mono_ns);
        }
        atomic_store_explicit(&q->version, version, memory_order_release);
    }
    pthread_mutex_unlock(&q->lock);
}

uint64_t gw_quota_version(const gw_quota *q)
{
    return atomic_load_explicit(&q->version, memory_order_acquire);
}

void gw_quota_override(gw_quota *q, gw_quota_time now, const gw_limits *own, int64_t until_s)
{
    pthread_mutex_lock(&q->lock);
    q->own = *own;
    q->override_until_s = until_s > now.wall_s ? until_s : 0;
    gw_quota_apply(q, now.mono_ns);
    pthread_mutex_unlock(&q->lock);
}

static void turn(gw_quota *q, gw_quota_time now)
{
    if (q->override_until_s != 0 && now.wall_s >= q->override_until_s) {
        q->override_until_s = 0;
        gw_quota_apply(q, now.mono_ns);
    }
    gw_calendar_turn(&q->calendar, now.wall_s);
}

void gw_quota_turn(gw_quota *q, gw_quota_time now)
{
    turn(q, now);
    for (unsigned k = 0; k < GW_RATE_COUNT; k++) {
        if (gw_quota_is_said(q, 2 * k))
            gw_bucket_fill(&q->bucket[k], now.mono_ns);
    }
}

void gw_quota_turn_for(gw_quota *q, gw_quota_time now, const gw_quota_need *need)
{
    turn(q, now);
    for (unsigned k = 0; k < GW_RATE_COUNT; k++) {
        if (need->n[k] > 0 && gw_quota_is_said(q, 2 * k))
            gw_bucket_fill(&q->bucket[k], now.mono_ns);
    }
}

gw_limits gw_quota_limits(gw_quota *q)
{
    pthread_mutex_lock(&q->lock);
    gw_limits l = q->limits;
    pthread_mutex_unlock(&q->lock);
    return l;
}

/* ---- blocks ---- */

void gw_quota_block(gw_quota *q, int64_t until_s)
{
    atomic_store(&q->blocked_until_s, until_s);
}

int64_t gw_quota_blocked_until(const gw_quota *q)
{
    return atomic_load_explicit(&q->blocked_until_s, memory_order_relaxed);
}

/* ---- looking ---- */

void gw_quota_look(gw_quota *q, gw_quota_time now, gw_quota_view *out)
{
    int64_t blocked_until = gw_quota_blocked_until(q);
    pthread_mutex_lock(&q->lock);
    gw_quota_turn(q, now);
    gw_streams_sweep(&q->streams, gw_streams_clock(now));
    *out = (gw_quota_view){.limits = q->limits,
                           .override_until_s = q->override_until_s,
                           .blocked_until_s = blocked_until > now.wall_s ? blocked_until : 0,
                           .day_end_s = q->calendar.day.end,
                           .month_end_s = q->calendar.month.end,
                           .shared = q->shared,
                           .leased = q->leased};
    if (q->override_until_s != 0)
        out->own = q->own;
    for (unsigned l = 0; l < GW_LIMIT_COUNT; l++)
        out->used[l] = gw_quota_used(q, l);
    pthread_mutex_unlock(&q->lock);
}
