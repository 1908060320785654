/* SPDX-License-Identifier: MIT */
/* A small pool of threads for bodies so large that scrubbing them would hold up a loop. */
#ifndef GW_WORKER_H
#define GW_WORKER_H

#include "gateway/thread.h"

typedef struct gw_workers gw_workers;

gw_workers *gw_workers_new(unsigned n); /* NULL: no memory or threads */
/* Ends the threads after the work in hand; work that is queued is run first. */
void gw_workers_free(gw_workers **w);

/* One piece of work. The caller keeps it alive until `done` ran on the thread that submitted it. */
typedef struct gw_work {
    gw_message message; /* private */
    struct gw_work *next;
    gw_thread *thread;
    void (*run)(struct gw_work *w, gw_scrubber *s); /* on a worker */
    void (*done)(struct gw_work *w);                /* on the loop */
} gw_work;

void gw_workers_submit(gw_workers *w, gw_work *work);

#endif
