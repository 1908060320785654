/* SPDX-License-Identifier: MIT */
/* The loops: one thread each, and how the main thread reaches them. */
#include "gateway/server_private.h"

#include <stdlib.h>

#include "gateway/admin.h"
#include "gateway/exchange.h"

enum { LOOP_TURN_MS = 1000 };

/* ---- asking all loops at once ---- */

static void on_question(gw_thread *t, gw_message *m)
{
    gw_question *q = H2O_STRUCT_FROM_MEMBER(gw_question, message, m);
    gw_round *r = q->round;
    r->ask(q);
    pthread_mutex_lock(&r->lock);
    r->waiting--;
    pthread_cond_signal(&r->answered);
    pthread_mutex_unlock(&r->lock);
}

void gw_ask_all(gw_server *s, gw_round *r, gw_question *q, void (*ask)(gw_question *q))
{
    r->ask = ask;
    r->waiting = s->n_loops;
    for (unsigned i = 0; i < s->n_loops; i++) {
        q[i].loop = &s->loops[i];
        q[i].round = r;
        q[i].message.run = on_question;
        gw_thread_post(&s->loops[i].thread, &q[i].message);
    }
    pthread_mutex_lock(&r->lock);
    while (r->waiting > 0)
        pthread_cond_wait(&r->answered, &r->lock);
    pthread_mutex_unlock(&r->lock);
}

static void tell_all(gw_server *s, void (*ask)(gw_question *q))
{
    gw_round r = {.lock = PTHREAD_MUTEX_INITIALIZER, .answered = PTHREAD_COND_INITIALIZER};
    gw_question *q = calloc(s->n_loops, sizeof *q);
    if (q == NULL)
        abort();
    gw_ask_all(s, &r, q, ask);
    free(q);
}

/* ---- life of a loop ---- */

static bool loop_init(gw_server *s, unsigned i, char *why)
{
    gw_loop *l = &s->loops[i];
    gw_thread *t = &l->thread;
    gw_thread_init(t, i, &s->h2o);
    t->counters = gw_counters_new();
    t->scrubber = t->counters == NULL ? NULL : gw_scrubber_new(t->counters);
    t->workers = s->workers;
    t->workspaces = gw_workspaces_ref(s->workspaces);
    t->binding = t->scrubber == NULL ? NULL : gw_binding_new(t, s->gen, why);
    l->listeners = calloc(s->n_listeners + 1, sizeof *l->listeners);
    if (t->binding == NULL || l->listeners == NULL)
        return false;
    l->http = gw_http1_server_new(t, &gw_exchange_app);
    for (size_t k = 0; k < s->n_listeners; k++)
        l->listeners[k] = gw_listener_new(t, s->fds[i * s->n_listeners + k], (int)k, l->http);
    if (i == 0)
        l->checker = gw_checker_new(t);
    if (i == 0 && s->admin_fd >= 0) {
        l->admin_http = gw_http1_server_new(t, &gw_admin_app);
        l->admin_listener = gw_listener_new(t, s->admin_fd, -1, l->admin_http);
    }
    return true;
}

/* Everything of a loop is made on its own thread: h2o keeps its free lists in thread-local storage, and a
 * socket made on another thread would use that one's without a lock. */
static void *loop_main(void *arg)
{
    gw_loop *l = arg;
    unsigned i = (unsigned)(l - l->server->loops);
    snprintf(l->why, sizeof l->why, "no memory");
    l->ok = loop_init(l->server, i, l->why);
    sem_post(&l->started);
    while (l->ok && !l->stop)
        h2o_evloop_run(l->thread.h2o.loop, LOOP_TURN_MS);
    return NULL;
}

/* One after the other, so that a failure is said once. */
bool gw_loop_start(gw_server *s, unsigned i)
{
    gw_loop *l = &s->loops[i];
    l->server = s;
    sem_init(&l->started, 0, 0);
    int e = pthread_create(&l->tid, NULL, loop_main, l);
    if (e != 0) {
        fprintf(stderr, "redactd: cannot start a thread: %s\n", strerror(e));
        return false;
    }
    while (sem_wait(&l->started) != 0)
        continue;
    if (!l->ok)
        fprintf(stderr, "redactd: %s\n", l->why);
    return l->ok;
}

static void ask_drain(gw_question *q)
{
    gw_loop *l = q->loop;
    l->thread.draining = true;
    for (size_t k = 0; l->listeners[k] != NULL; k++)
        gw_listener_close(&l->listeners[k]);
    gw_http1_drain(l->http);
}

static void ask_stop(gw_question *q)
{
    gw_loop *l = q->loop;
    gw_checker_free(&l->checker);
    gw_listener_close(&l->admin_listener);
    gw_http1_close_all(l->http);
    if (l->admin_http != NULL)
        gw_http1_close_all(l->admin_http);
    l->stop = true;
}

static _Atomic unsigned busy; /* of one question to all loops */

static void ask_busy(gw_question *q)
{
    atomic_fetch_add(&busy, q->loop->thread.n_requests + gw_http1_connections(q->loop->http));
}

unsigned gw_loops_busy(gw_server *s)
{
    atomic_store(&busy, 0);
    tell_all(s, ask_busy);
    return atomic_load(&busy);
}

void gw_loops_drain(gw_server *s)
{
    tell_all(s, ask_drain);
}

void gw_loops_stop(gw_server *s)
{
    tell_all(s, ask_stop);
    for (unsigned i = 0; i < s->n_loops; i++)
        pthread_join(s->loops[i].tid, NULL);
}
