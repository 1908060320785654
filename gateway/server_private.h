/* SPDX-License-Identifier: MIT */
/*
 * What the server is made of: its loops, each a thread that shares nothing with the others, and the newest
 * configuration. Only the main thread touches a `server`; what happens on a loop is asked of it by a question
 * (server_loops.c), which is how reloads (server_reload.c) and the drain (server.c) reach all of them.
 */
#ifndef GW_SERVER_PRIVATE_H
#define GW_SERVER_PRIVATE_H

#include <semaphore.h>

#include "gateway/checker.h"
#include "gateway/listener.h"
#include "gateway/worker.h"

/* A thread with everything the server put on it. */
typedef struct gw_loop {
    gw_thread thread;
    pthread_t tid;
    gw_http1_server *http, *admin_http;
    gw_listener **listeners; /* owned, n_listeners */
    gw_listener *admin_listener;
    gw_checker *checker; /* of the first */
    struct gw_server *server;
    sem_t started;
    bool ok, stop;
    char why[GW_WHY_BYTES]; /* when not ok */
} gw_loop;

typedef struct gw_server {
    const char *path; /* of the configuration; NULL: embedded */
    h2o_globalconf_t h2o;
    gw_generation *gen;        /* the newest; threads hold references of their own */
    gw_workspaces *workspaces; /* the same */
    size_t n_listeners;
    int *fds; /* owned until the loops take them: thread-major */
    int admin_fd;
    gw_loop *loops; /* owned */
    unsigned n_loops;
    gw_workers *workers;
} gw_server;

/* A question to one loop; the asking thread waits for all answers. */
typedef struct gw_question {
    gw_message message;
    gw_loop *loop;
    struct gw_round *round;
    gw_binding *binding; /* reload: what this loop prepared */
} gw_question;

typedef struct gw_round {
    pthread_mutex_t lock;
    pthread_cond_t answered;
    unsigned waiting, failed;
    void (*ask)(struct gw_question *q);
    gw_generation *gen;
    gw_workspaces *workspaces;
    char why[GW_WHY_BYTES];
} gw_round;

/* server_loops.c */
bool gw_loop_start(gw_server *s, unsigned i); /* says on standard error why not */
/* Runs `ask` on every loop and returns when all have. `q` has one element for each loop. */
void gw_ask_all(gw_server *s, gw_round *r, gw_question *q, void (*ask)(gw_question *q));
unsigned gw_loops_busy(gw_server *s); /* requests and connections of all loops */
void gw_loops_drain(gw_server *s);
void gw_loops_stop(gw_server *s); /* and waits for their ends */

/* server_reload.c */
void gw_apply_limits(const gw_config *cfg);
gw_workspaces *gw_load_workspaces(gw_server *s, gw_generation *gen); /* NULL: rejected, and said so */
bool gw_reload(gw_server *s); /* false: nothing changed, and said why */
void gw_reload_workspaces_if_stale(gw_server *s);

#endif
