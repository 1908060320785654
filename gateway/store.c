/* SPDX-License-Identifier: MIT */
/*
 * The store's front: directory, lock, the queue that request threads append to, opening and closing.
 *
 * Memory is reserved against store_queue_bytes before a line is copied and given back after its callback ran,
 * so the store never holds more than that, however slow the disk is. The lock is flock(2) on an open file, so
 * it ends with the process that holds it, however that ends.
 */
#include "gateway/store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/clock.h"
#include "gateway/files.h"
#include "gateway/log.h"
#include "gateway/store_private.h"

static const char *const result_words[] = {
#define X(name, word) [GW_STORE_##name] = word,
    GW_STORE_RESULTS(X)
#undef X
};

const char *gw_store_result_word(gw_store_result r)
{
    return (unsigned)r < GW_STORE_RESULT_COUNT ? result_words[r] : "?";
}

static int64_t real_now_ms(void)
{
    return (int64_t)gw_wall_ms();
}

const gw_store_ops gw_store_real_ops = {
    .now_ms = real_now_ms, .writev = writev, .fdatasync = fdatasync, .fsync = fsync};

/* Makes the name of a new directory durable. `path` has no trailing slash. */
static bool sync_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *parent = slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
    bool ok = parent != NULL && gw_sync_dir(AT_FDCWD, parent);
    free(parent);
    return ok;
}

static int open_directory(gw_store *s)
{
    if (mkdir(s->dir, 0700) == 0) {
        if (!sync_parent(s->dir))
            return -1;
    } else if (errno != EEXIST) {
        return -1;
    }
    s->dir_fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return s->dir_fd < 0 ? -1 : 0;
}

/* The holder's process id is written into the lock file as a hint for people; 0: not to be read. */
static unsigned long lock_holder(int fd)
{
    char text[16] = {0};
    if (pread(fd, text, sizeof text - 1, 0) <= 0)
        return 0;
    return strtoul(text, NULL, 10);
}

static bool take_lock(gw_store *s, char *why, size_t n_why)
{
    char pid[16];
    s->lock_fd = openat(s->dir_fd, ".lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->lock_fd < 0) {
        snprintf(why, n_why, "store %s: cannot open .lock: %s", s->dir, strerrordesc_np(errno));
        return false;
    }
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            snprintf(
                why, n_why,
                "store %s: another process holds its lock (.lock names process %lu); only one may write here",
                s->dir, lock_holder(s->lock_fd));
        else
            snprintf(why, n_why, "store %s: cannot lock .lock: %s", s->dir, strerrordesc_np(errno));
        return false;
    }
    int n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    /* Only a hint: a full disk must not keep the store from opening for reading what is there. */
    if (ftruncate(s->lock_fd, 0) == 0 && pwrite(s->lock_fd, pid, (size_t)n, 0) != n)
        gw_store_failed(s, GW_SIGNAL_COUNT, "write_pid", errno);
    return true;
}

static gw_store_limits limits_of(const gw_upstream_cfg *cfg)
{
    return (gw_store_limits){.segment_bytes = cfg->store_segment_bytes,
                             .total_bytes = cfg->store_total_bytes,
                             .queue_bytes = cfg->store_queue_bytes,
                             .segment_age_ms = cfg->store_segment_age_ms,
                             .full = cfg->store_full};
}

static gw_store *store_new(const gw_upstream_cfg *cfg, const gw_store_ops *ops)
{
    gw_store *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->dir = strdup(cfg->store);
    if (s->dir == NULL) {
        free(s);
        return NULL;
    }
    for (size_t n = strlen(s->dir); n > 1 && s->dir[n - 1] == '/'; n--)
        s->dir[n - 1] = '\0';
    s->dir_fd = s->lock_fd = -1;
    s->next_seq = 1;
    s->ops = ops;
    s->limits = s->wanted = limits_of(cfg);
    for (int i = 0; i < GW_SIGNAL_COUNT; i++)
        s->files[i].fd = -1;
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->wake, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

static void store_free(gw_store *s)
{
    gw_store_files_close(s);
    if (s->dir_fd >= 0)
        close(s->dir_fd);
    if (s->lock_fd >= 0)
        close(s->lock_fd); /* ends the lock */
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->wake);
    free(s->segments);
    free(s->dir);
    free(s);
}

/* Process signals are for the threads of the server; the writer must not be interrupted by them. */
static int start_writer(gw_store *s)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int e = pthread_create(&s->writer, NULL, gw_store_writer_main, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return e;
}

gw_store *gw_store_open_in(const gw_upstream_cfg *cfg, const gw_store_ops *ops, char *why, size_t n_why)
{
    gw_store *s = store_new(cfg, ops);
    if (s == NULL) {
        snprintf(why, n_why, "store %s: no memory", cfg->store);
        return NULL;
    }
    if (open_directory(s) != 0) {
        snprintf(why, n_why, "store %s: cannot open the directory: %s", s->dir, strerrordesc_np(errno));
        goto fail;
    }
    if (!take_lock(s, why, n_why))
        goto fail;
    int e = gw_store_scan(s);
    if (e != 0) {
        snprintf(why, n_why, "store %s: cannot read the files in it: %s", s->dir, strerrordesc_np(e));
        goto fail;
    }
    uint64_t total = atomic_load(&s->stats.total_bytes); /* the writer is not there yet */
    size_t n_segments = s->n_segments;
    e = start_writer(s);
    if (e != 0) {
        snprintf(why, n_why, "store %s: cannot start its thread: %s", s->dir, strerrordesc_np(e));
        goto fail;
    }
    gw_log(STORE_OPENED, gw_word("upstream", cfg->name), gw_u64("segments", n_segments),
           gw_u64("bytes", total));
    return s;
fail:
    store_free(s);
    return NULL;
}

gw_store *gw_store_open(const gw_upstream_cfg *cfg, char *why, size_t n_why)
{
    return gw_store_open_in(cfg, &gw_store_real_ops, why, n_why);
}

void gw_store_close(gw_store **s)
{
    if (s == NULL || *s == NULL)
        return;
    pthread_mutex_lock(&(*s)->lock);
    (*s)->closing = true;
    pthread_cond_signal(&(*s)->wake);
    pthread_mutex_unlock(&(*s)->lock);
    pthread_join((*s)->writer, NULL);
    store_free(*s);
    *s = NULL;
}

void gw_store_configure(gw_store *s, const gw_upstream_cfg *cfg)
{
    pthread_mutex_lock(&s->lock);
    s->wanted = limits_of(cfg);
    s->poked = true; /* files may be old by now */
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
}

void gw_store_poke(gw_store *s)
{
    pthread_mutex_lock(&s->lock);
    s->poked = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
}

/* Reserves the memory of one entry, n, for a text of n_text. */
static gw_store_result reserve(gw_store *s, uint64_t n_text, uint64_t n)
{
    gw_store_result r = GW_STORE_OK;
    pthread_mutex_lock(&s->lock);
    if (n_text >= s->wanted.total_bytes || n > s->wanted.queue_bytes)
        r = GW_STORE_TOO_LARGE;
    else if (s->queued_bytes + n > s->wanted.queue_bytes)
        r = GW_STORE_QUEUE_FULL;
    else
        s->queued_bytes += n;
    pthread_mutex_unlock(&s->lock);
    return r;
}

static void push(gw_store *s, gw_signal signal, gw_store_entry *e)
{
    pthread_mutex_lock(&s->lock);
    gw_store_queue *q = &s->queue[signal];
    if (q->tail == NULL)
        q->head = e;
    else
        q->tail->next = e;
    q->tail = e;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
}

gw_store_result gw_store_append(gw_store *s, gw_signal signal, const gw_scrubbed *line, gw_store_cb cb,
                                void *arg)
{
    rd_slice text = gw_scrubbed_bytes(line);
    /* One line is one request. A newline inside would let a sender forge lines, so whoever rendered it has a
     * bug. */
    if (text.n == 0 || memchr(text.p, '\n', text.n) != NULL || (unsigned)signal >= GW_SIGNAL_COUNT) {
        gw_store_failed(s, signal, "append", EINVAL);
        return GW_STORE_IO;
    }
    if (text.n > SIZE_MAX / 2)
        return GW_STORE_TOO_LARGE;
    uint64_t n_memory = sizeof(gw_store_entry) + text.n + 1;
    gw_store_result r = reserve(s, text.n, n_memory);
    if (r != GW_STORE_OK)
        return r;
    gw_store_entry *e = malloc(n_memory);
    if (e == NULL) {
        pthread_mutex_lock(&s->lock);
        s->queued_bytes -= n_memory;
        pthread_mutex_unlock(&s->lock);
        return GW_STORE_QUEUE_FULL;
    }
    *e = (gw_store_entry){.cb = cb, .arg = arg, .n = text.n + 1};
    memcpy(e->bytes, text.p, text.n);
    e->bytes[text.n] = '\n';
    push(s, signal, e);
    return GW_STORE_OK;
}

void gw_store_stats_get(gw_store *s, gw_store_stats *out)
{
    pthread_mutex_lock(&s->lock);
    uint64_t queued = s->queued_bytes;
    pthread_mutex_unlock(&s->lock);
    *out = (gw_store_stats){.lines = atomic_load(&s->stats.lines),
                            .bytes = atomic_load(&s->stats.bytes),
                            .syncs = atomic_load(&s->stats.syncs),
                            .rotations = atomic_load(&s->stats.rotations),
                            .segments_deleted = atomic_load(&s->stats.segments_deleted),
                            .errors = atomic_load(&s->stats.errors),
                            .queued_bytes = queued,
                            .total_bytes = atomic_load(&s->stats.total_bytes)};
}
