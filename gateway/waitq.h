/* SPDX-License-Identifier: MIT */
/*
 * A line of requests that wait for their turn: first in, first out, bounded in number, each with the time
 * when waiting is of no use any more. Pure: time is an argument; entries are embedded in what waits.
 *
 * First in, first out, because senders of telemetry are many and equal and all wait equally long before they
 * give up: with deadlines checked on entry and on leaving, newest-first would answer the same number and only
 * refuse others. Long lines do not form: who cannot be served in time by the present pace is not let in.
 */
#ifndef GW_WAITQ_H
#define GW_WAITQ_H

#include <stdbool.h>
#include <stdint.h>

typedef struct gw_waiting {
    struct gw_waiting *next, *prev; /* NULL, NULL and not the head: not in line */
    uint64_t deadline_ms;
    bool in_line;
} gw_waiting;

typedef struct gw_waitq {
    gw_waiting *first, *last;
    uint32_t n;
} gw_waitq;

/* Is there room for one more, and will it come to its turn in time? `limit` calls at a time take `call_ms`
 * each; unknown: 0. */
bool gw_waitq_worth(const gw_waitq *q, uint32_t most, uint32_t limit, double call_ms, uint64_t left_ms);
void gw_waitq_push(gw_waitq *q, gw_waiting *w, uint64_t deadline_ms);
/* Wherever it stands; nothing if it is not in line. */
void gw_waitq_remove(gw_waitq *q, gw_waiting *w);
/* The one whose turn it is, still in line; NULL: nobody waits. */
gw_waiting *gw_waitq_first(const gw_waitq *q);
/* Any whose time is up, still in line; NULL: none. */
gw_waiting *gw_waitq_expired(const gw_waitq *q, uint64_t now_ms);

#endif
