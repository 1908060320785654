/* SPDX-License-Identifier: MIT */
#include "gateway/worker.h"

#include <stdlib.h>

enum { MAX_WORKERS = 64 };

struct gw_workers {
    pthread_mutex_t lock;
    pthread_cond_t some;
    gw_work *first, **last; /* queue; its length is bounded by the requests in flight */
    bool ending;
    unsigned n;
    pthread_t threads[MAX_WORKERS];
    gw_scrubber *scrubbers[MAX_WORKERS];
};

typedef struct start {
    gw_workers *workers;
    gw_scrubber *scrubber;
} start;

static gw_work *next_work(gw_workers *w)
{
    pthread_mutex_lock(&w->lock);
    while (w->first == NULL && !w->ending)
        pthread_cond_wait(&w->some, &w->lock);
    gw_work *work = w->first;
    if (work != NULL && (w->first = work->next) == NULL)
        w->last = &w->first;
    pthread_mutex_unlock(&w->lock);
    return work;
}

static void on_done(gw_thread *t, gw_message *m)
{
    gw_work *work = H2O_STRUCT_FROM_MEMBER(gw_work, message, m);
    work->done(work);
}

static void *worker_main(void *arg)
{
    start s = *(start *)arg;
    free(arg);
    for (gw_work *work; (work = next_work(s.workers)) != NULL;) {
        work->run(work, s.scrubber);
        work->message.run = on_done;
        gw_thread_post(work->thread, &work->message);
    }
    return NULL;
}

static bool start_one(gw_workers *w)
{
    gw_counters *counters = gw_counters_new();
    start *s = malloc(sizeof *s);
    if (counters == NULL || s == NULL || (w->scrubbers[w->n] = gw_scrubber_new(counters)) == NULL) {
        free(s);
        return false;
    }
    *s = (start){w, w->scrubbers[w->n]};
    if (pthread_create(&w->threads[w->n], NULL, worker_main, s) != 0) {
        gw_scrubber_free(&w->scrubbers[w->n]);
        free(s);
        return false;
    }
    w->n++;
    return true;
}

gw_workers *gw_workers_new(unsigned n)
{
    gw_workers *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->some, NULL);
    w->last = &w->first;
    while (w->n < n && w->n < MAX_WORKERS && start_one(w))
        continue;
    if (w->n == 0)
        gw_workers_free(&w);
    return w;
}

void gw_workers_free(gw_workers **pw)
{
    gw_workers *w = *pw;
    if (w == NULL)
        return;
    pthread_mutex_lock(&w->lock);
    w->ending = true;
    pthread_cond_broadcast(&w->some);
    pthread_mutex_unlock(&w->lock);
    for (unsigned i = 0; i < w->n; i++) {
        pthread_join(w->threads[i], NULL);
        gw_scrubber_free(&w->scrubbers[i]);
    }
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->some);
    free(w);
    *pw = NULL;
}

void gw_workers_submit(gw_workers *w, gw_work *work)
{
    work->next = NULL;
    pthread_mutex_lock(&w->lock);
    *w->last = work;
    w->last = &work->next;
    pthread_cond_signal(&w->some);
    pthread_mutex_unlock(&w->lock);
}
