/* SPDX-License-Identifier: MIT */
/*
 * One event loop and what belongs to it. Threads share nothing on the hot path but a few atomics (gw_budget)
 * and immutable generations.
 *
 * Other threads talk to a loop through its inbox: a message is a function and an argument, run on the loop.
 */
#ifndef GW_THREAD_H
#define GW_THREAD_H

#include <h2o.h>
#include <pthread.h>

#include "gateway/clock.h"
#include "gateway/endpoint.h"
#include "gateway/frontend.h"
#include "gateway/generation.h"
#include "gateway/scrub.h"
#include "gateway/waitq.h"
#include "gateway/workspace.h"

/* A thread's side of a generation: its upstream pools. Lives until the last request that began with it ends.
 */
/* Requests of one thread that wait for their turn at an upstream, or for a store to write, for one signal.
 * Owned by deliver.c. */
typedef struct gw_gate {
    gw_waitq line;
    h2o_timeout_entry_t timer; /* linked while anybody waits, and up to a tick longer */
    struct gw_binding *binding;
    size_t upstream;
    gw_signal signal;
} gw_gate;

typedef struct gw_binding {
    gw_thread *thread;
    gw_generation *gen; /* shared (refs) */
    gw_pool **pools;    /* owned; per upstream, NULL for stores */
    gw_gate *gates;     /* owned; per upstream and signal */
    unsigned refs;      /* this thread only */
} gw_binding;

/* Posted to a loop. Embedded in what it is about; `run` may free it. */
typedef struct gw_message {
    h2o_multithread_message_t super;
    void (*run)(gw_thread *t, struct gw_message *m);
} gw_message;

struct gw_thread {
    unsigned index;
    h2o_context_t h2o; /* loop, resolver queue */
    h2o_multithread_receiver_t inbox;
    gw_counters *counters;      /* lives as long as the process */
    gw_scrubber *scrubber;      /* owned */
    gw_binding *binding;        /* current; a reload swaps it */
    gw_workspaces *workspaces;  /* current (one reference); swapped with it, and alone */
    struct gw_workers *workers; /* borrowed: shared by all threads */
    bool draining;
    unsigned n_requests; /* exchanges that live */
    h2o_timeout_t tick;  /* TICK_MS: who waits for a turn, and active checks */
    uint64_t random;     /* state of gw_thread_random */
};

void gw_thread_init(gw_thread *t, unsigned index, h2o_globalconf_t *conf);
enum { GW_TICK_MS = 10 };
/* Spreads load and retries; nothing secret. */
uint64_t gw_thread_random(gw_thread *t);
void gw_thread_post(gw_thread *t, gw_message *m);

/* NULL: `why` says which upstream's TLS files do not load. */
gw_binding *gw_binding_new(gw_thread *t, gw_generation *gen, char *why);
gw_binding *gw_binding_ref(gw_binding *b);
void gw_binding_unref(gw_binding **b);

#endif
