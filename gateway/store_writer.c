/* SPDX-License-Identifier: MIT */
/*
 * The writer thread: takes all that is queued, writes each signal's lines in runs, syncs once a run, answers.
 *
 *    queue ► run (lines that fit the current file) ► writev ► fdatasync ► callbacks
 *
 * A run ends where a segment ends, so a file is synced once for all lines that go into it. Lines that a
 * failure did not touch are kept: with no space left, whole lines that came before are synced and
 * acknowledged, the line that did not fit is refused, and the following ones are tried on their own (one huge
 * request does not fail its neighbours). After any other error the rest of the run is refused without asking
 * the disk again.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "gateway/store_private.h"

enum { LONGEST_SLEEP_MS = 60000 };

/* Answers and frees the entries before `end` with one result. */
static void answer(gw_store *s, gw_store_entry *e, const gw_store_entry *end, gw_store_result r)
{
    uint64_t n_memory = 0;
    const gw_ack *ack = r == GW_STORE_OK ? gw_ack_of_store() : NULL;
    while (e != end) {
        gw_store_entry *next = e->next;
        if (r == GW_STORE_OK) {
            atomic_fetch_add(&s->stats.lines, 1);
            atomic_fetch_add(&s->stats.bytes, e->n);
        }
        e->cb(e->arg, r, ack);
        n_memory += sizeof *e + e->n;
        explicit_bzero(e->bytes, e->n);
        free(e);
        e = next;
    }
    pthread_mutex_lock(&s->lock);
    s->queued_bytes -= n_memory;
    pthread_mutex_unlock(&s->lock);
}

/* ---- room: size of segments, total size ---- */

/* The current file whose first line is the oldest; GW_SIGNAL_COUNT: all are empty. */
static gw_signal oldest_current(const gw_store *s)
{
    gw_signal oldest = GW_SIGNAL_COUNT;
    for (unsigned i = 0; i < GW_SIGNAL_COUNT; i++) {
        const gw_store_file *f = &s->files[i];
        if (f->good > 0 && (oldest == GW_SIGNAL_COUNT || f->since_ms < s->files[oldest].since_ms))
            oldest = (gw_signal)i;
    }
    return oldest;
}

/* Makes `n` bytes fit into the total; what is deleted is always the oldest there is. */
static bool make_room(gw_store *s, uint64_t n)
{
    while (atomic_load(&s->stats.total_bytes) > s->limits.total_bytes ||
           n > s->limits.total_bytes - atomic_load(&s->stats.total_bytes)) {
        if (s->limits.full == GW_STORE_REFUSE || n > s->limits.total_bytes)
            return false;
        if (s->n_segments > 0) {
            if (!gw_store_delete_oldest(s))
                return false;
            continue;
        }
        gw_signal oldest = oldest_current(s);
        if (oldest == GW_SIGNAL_COUNT || !gw_store_rotate(s, oldest))
            return false;
    }
    return true;
}

/* Finds how many of the entries from `first` on go into the current file together, rotating it first when it
 * is old or full. *out_end is `first` when not even the first one has room. */
static void pick_run(gw_store *s, gw_signal signal, gw_store_entry *first, gw_store_entry **out_end)
{
    const gw_store_file *f = &s->files[signal];
    uint64_t n_run = 0;
    gw_store_entry *e = first;
    *out_end = first;
    if (!make_room(s, first->n))
        return;
    /* A rotation that fails is counted and tried again with the next run; the file grows until then. */
    if (f->good > 0 && (f->good + first->n > s->limits.segment_bytes || gw_store_is_old(s, signal)))
        (void)gw_store_rotate(s, signal);
    for (; e != NULL; e = e->next) {
        if (n_run > 0 && f->good + n_run + e->n > s->limits.segment_bytes)
            break;
        if (!make_room(s, n_run + e->n))
            break;
        n_run += e->n;
    }
    *out_end = e;
}

/* ---- writing ---- */

/* Writes the entries before `end`. Returns how many bytes went out; *out_errno is 0 when that is all. */
static uint64_t write_lines(gw_store *s, int fd, gw_store_entry *e, const gw_store_entry *end, int *out_errno)
{
    uint64_t done = 0;
    size_t skip = 0; /* bytes of *e that are written already */
    *out_errno = 0;
    while (e != end) {
        struct iovec iov[GW_STORE_IOVECS];
        int n = 0;
        for (gw_store_entry *c = e; c != end && n < GW_STORE_IOVECS; c = c->next, n++) {
            size_t from = c == e ? skip : 0;
            iov[n] = (struct iovec){.iov_base = c->bytes + from, .iov_len = c->n - from};
        }
        ssize_t wrote = s->ops->writev(fd, iov, n);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0) {
            *out_errno = wrote < 0 ? errno : EIO;
            return done;
        }
        done += (uint64_t)wrote;
        size_t left = (size_t)wrote;
        while (e != end && left >= e->n - skip) {
            left -= e->n - skip;
            skip = 0;
            e = e->next;
        }
        skip += left;
    }
    return done;
}

/* The entry that `n` written bytes did not complete. *out_n: the bytes of the complete ones. */
static gw_store_entry *first_incomplete(gw_store_entry *e, const gw_store_entry *end, uint64_t n,
                                        uint64_t *out_n)
{
    uint64_t whole = 0;
    for (; e != end && e->n <= n - whole; e = e->next)
        whole += e->n;
    *out_n = whole;
    return e;
}

/* Syncs `n` new bytes; on success they are good. */
static gw_store_result sync_lines(gw_store *s, gw_signal signal, uint64_t n)
{
    gw_store_file *f = &s->files[signal];
    atomic_fetch_add(&s->stats.syncs, 1);
    if (s->ops->fdatasync(f->fd) != 0) {
        int e = errno;
        gw_store_failed(s, signal, "sync", e);
        f->retire = true;
        gw_store_file_cut(s, signal);
        return gw_store_result_of_errno(e);
    }
    if (f->good == 0)
        f->since_ms = s->ops->now_ms();
    f->good += n;
    atomic_fetch_add(&s->stats.total_bytes, n);
    return GW_STORE_OK;
}

/* Writes, syncs and answers the entries before `end`. Returns the first one that is not answered yet. */
static gw_store_entry *commit_run(gw_store *s, gw_signal signal, gw_store_entry *first, gw_store_entry *end)
{
    int e;
    uint64_t n_whole;
    gw_store_file *f = &s->files[signal];
    uint64_t n_written = write_lines(s, f->fd, first, end, &e);
    gw_store_entry *torn = first_incomplete(first, end, n_written, &n_whole);
    if (e != 0) {
        gw_store_failed(s, signal, "write", e);
        if (n_whole == 0)
            gw_store_file_cut(s, signal);
    }
    if (n_whole > 0) {
        gw_store_result r = sync_lines(s, signal, n_whole);
        if (e != 0 && r == GW_STORE_OK)
            gw_store_file_cut(s, signal);
        answer(s, first, torn, r);
        if (r != GW_STORE_OK) {
            answer(s, torn, end, r);
            return end;
        }
    }
    if (e == 0)
        return end;
    gw_store_result r = gw_store_result_of_errno(e);
    gw_store_entry *rest = r == GW_STORE_FULL ? torn->next : end;
    answer(s, torn, rest, r);
    return rest;
}

static void commit_signal(gw_store *s, gw_signal signal, gw_store_entry *e)
{
    while (e != NULL) {
        gw_store_entry *end;
        gw_store_result r = gw_store_file_ready(s, signal);
        if (r == GW_STORE_OK) {
            pick_run(s, signal, e, &end);
            if (end == e) {
                end = e->next;
                answer(s, e, end, GW_STORE_FULL);
                e = end;
                continue;
            }
            if (s->files[signal].fd < 0)
                r = gw_store_file_ready(s, signal);
        }
        if (r != GW_STORE_OK) {
            answer(s, e, NULL, r);
            return;
        }
        e = commit_run(s, signal, e, end);
    }
}

/* ---- the thread ---- */

/* Rotates what grew old; returns in how many milliseconds to look again. */
static int64_t rotate_old(gw_store *s)
{
    int64_t sleep_ms = LONGEST_SLEEP_MS;
    for (unsigned i = 0; s->limits.segment_age_ms > 0 && i < GW_SIGNAL_COUNT; i++) {
        gw_store_file *f = &s->files[i];
        if (f->good == 0)
            continue;
        if (gw_store_is_old(s, (gw_signal)i) && gw_store_file_ready(s, (gw_signal)i) == GW_STORE_OK &&
            f->good > 0)
            (void)gw_store_rotate(s, (gw_signal)i);
        int64_t now_ms = s->ops->now_ms();
        if (f->since_ms > now_ms)
            f->since_ms = now_ms; /* the clock was turned back */
        int64_t left_ms = f->since_ms + (int64_t)s->limits.segment_age_ms - now_ms;
        if (f->good > 0 && left_ms < sleep_ms)
            sleep_ms = left_ms < 1000 ? 1000 : left_ms; /* also the pace of retries after a failed rotation */
    }
    return sleep_ms;
}

/* Takes everything that is queued; waits for something at most `sleep_ms`. False: closing and nothing is
 * left. */
static bool take(gw_store *s, int64_t sleep_ms, gw_store_entry *out_heads[GW_SIGNAL_COUNT])
{
    struct timespec until;
    bool any = false, timed_out = false;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(sleep_ms / 1000);
    until.tv_nsec += (long)(sleep_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&s->lock);
    for (;;) {
        for (unsigned i = 0; i < GW_SIGNAL_COUNT; i++)
            any = any || s->queue[i].head != NULL;
        if (any || s->closing || s->poked || timed_out)
            break;
        timed_out = pthread_cond_timedwait(&s->wake, &s->lock, &until) != 0;
    }
    for (unsigned i = 0; i < GW_SIGNAL_COUNT; i++) {
        out_heads[i] = s->queue[i].head;
        s->queue[i] = (gw_store_queue){0};
    }
    s->poked = false;
    s->limits = s->wanted;
    bool go_on = any || !s->closing;
    pthread_mutex_unlock(&s->lock);
    return go_on;
}

void *gw_store_writer_main(void *store)
{
    gw_store *s = store;
    gw_store_entry *heads[GW_SIGNAL_COUNT];
    pthread_setname_np(pthread_self(), "store");
    while (take(s, rotate_old(s), heads)) {
        for (unsigned i = 0; i < GW_SIGNAL_COUNT; i++) {
            if (heads[i] != NULL)
                commit_signal(s, (gw_signal)i, heads[i]);
        }
    }
    return NULL;
}
