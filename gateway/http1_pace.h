/* SPDX-License-Identifier: MIT */
/*
 * How fast a thread reads bodies that nobody wants. A sender that is refused by its head goes on sending its
 * body; read as fast as it comes, that costs the loop more than the requests of everybody else, and a sender
 * over its limit, who has many connections, gets most of the loop. So these bodies share a rate (a token
 * bucket); beyond it their connections are not read for a while, which TCP tells their senders, and go on in
 * turn. Nothing that is wanted waits for it.
 *
 *    read ► tokens are left: go on | none: stop reading, wait in line ► a tick, every 10 ms: so many go on as
 *    tokens came
 *
 * Of one thread.
 */
#ifndef GW_HTTP1_PACE_H
#define GW_HTTP1_PACE_H

#include <h2o.h>

#include "gateway/quota_bucket.h"

/* Of a thread, in bytes. At this rate reading takes some 5 % of a core. */
enum { GW_PACE_RATE = 64 << 20, GW_PACE_BURST = 16 << 20 };

/* What a connection needs to wait; zeroed: it does not. */
typedef struct gw_pace_entry {
    h2o_linklist_t link;
    uint64_t since_ms;
} gw_pace_entry;

typedef struct gw_pace {
    h2o_loop_t *loop; /* borrowed */
    gw_bucket bucket;
    h2o_linklist_t waiting;
    h2o_timeout_t ticks;
    h2o_timeout_entry_t tick;
    void (*resume)(gw_pace_entry *e, uint64_t waited_ms); /* may close its connection */
} gw_pace;

/* Lives as long as its loop. */
void gw_pace_init(gw_pace *p, h2o_loop_t *loop, void (*resume)(gw_pace_entry *e, uint64_t waited_ms));
/* `n` bytes were read and thrown away. */
void gw_pace_took(gw_pace *p, size_t n);
/* May the connection go on? False: it waits from now on, until `resume`. */
bool gw_pace_may_go_on(gw_pace *p, gw_pace_entry *e);
/* It waits no more, if it did. */
void gw_pace_leave(gw_pace_entry *e);

#endif
