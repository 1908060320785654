/* SPDX-License-Identifier: MIT */
/*
 * How many calls at a time a backend takes, found out by watching it: additive increase, multiplicative
 * decrease (RFC 5681's idea; Vector's adaptive request concurrency is the same for telemetry). Pure: time is
 * an argument. Its owner (upstream.c) has one for each endpoint and signal.
 *
 *   A round lasts as long as a call, at least ROUND_MS. At its end
 *     the backend said it is overloaded, or calls timed out           limit × 0.7
 *     calls took more than twice the usual time and 20 ms             limit × 0.9
 *     the limit was reached                                           limit + 1; × 2 while starting
 *     otherwise                                                       as it was: unused room proves nothing
 *   "Starting" is from the beginning, or from a restart after an outage, to the first decrease.
 *
 * The usual time is an average that falls fast and rises slowly, and not at all while the limit is reached: a
 * queue that our own calls build up at the backend must not be taken for usual. At the least limit it cannot
 * be our calls, so there what is seen is believed and a new start is made. Sizes of bodies differ; that is
 * what the wide margin is for.
 */
#ifndef GW_ADAPTIVE_H
#define GW_ADAPTIVE_H

#include <stdbool.h>
#include <stdint.h>

enum { GW_ADAPTIVE_INITIAL = 32, GW_ADAPTIVE_LEAST = 4, GW_ADAPTIVE_ROUND_MS = 100 };

typedef enum gw_adaptive_sample {
    GW_ADAPTIVE_ANSWERED,   /* duration counts */
    GW_ADAPTIVE_OVERLOADED, /* 503, or no answer in time */
    GW_ADAPTIVE_UNKNOWN     /* says nothing about capacity */
} gw_adaptive_sample;

typedef struct gw_adaptive {
    uint32_t least, most;
    double limit, usual_ms; /* usual_ms 0: not known yet */
    bool starting;
    /* the round under way */
    uint64_t since_ms;
    double sum_ms;
    uint32_t n_answered, n_overloaded, peak;
} gw_adaptive;

/* From `initial` on, never above `most`. */
void gw_adaptive_init(gw_adaptive *l, uint32_t initial, uint32_t most, uint64_t now_ms);
/* The ceiling has changed. */
void gw_adaptive_set_most(gw_adaptive *l, uint32_t most);
/* After an outage: begin anew with `from` calls, doubling each round; what is usual is still known. */
void gw_adaptive_restart(gw_adaptive *l, uint32_t from, uint64_t now_ms);
/* A call ended; `in_flight` were under way when it began or ended, itself included, whichever is more. */
void gw_adaptive_record(gw_adaptive *l, gw_adaptive_sample s, double duration_ms, uint32_t in_flight,
                        uint64_t now_ms);
/* At least 1. */
uint32_t gw_adaptive_get(const gw_adaptive *l);

#endif
