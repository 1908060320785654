/* SPDX-License-Identifier: MIT */
#include "gateway/quota_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gateway/files.h"
#include "gateway/log.h"
#include "gateway/quota_private.h"

enum { SAVE_MS = 1000 };

/* ---- between the file and the states ---- */

static void restore(void *arg, const gw_quota_record *r)
{
    if (gw_quota_record_is_over(r, time(NULL)))
        return;
    gw_quota *q = gw_quotas_of(r->name);
    pthread_mutex_lock(&q->lock);
    q->calendar.day = (gw_period){r->day_start, r->day_end};
    q->calendar.month = (gw_period){r->month_start, r->month_end};
    memcpy(q->calendar.used, r->used, sizeof r->used);
    pthread_mutex_unlock(&q->lock);
    gw_quota_block(q, r->blocked_until);
    if (r->override_until != 0)
        gw_quota_override(q, gw_quota_now(), &r->own, r->override_until);
}

typedef struct writing {
    rd_buf *out;
    int64_t now_s;
} writing;

static void write_state(void *arg, gw_quota *q)
{
    const writing *w = arg;
    int64_t blocked_until = gw_quota_blocked_until(q);
    gw_quota_record r = {.name = rd_slice_str(q->name),
                         .blocked_until = blocked_until > w->now_s ? blocked_until : 0};
    pthread_mutex_lock(&q->lock);
    r.day_start = q->calendar.day.start;
    r.day_end = q->calendar.day.end;
    r.month_start = q->calendar.month.start;
    r.month_end = q->calendar.month.end;
    memcpy(r.used, q->calendar.used, sizeof r.used);
    r.override_until = q->override_until_s > w->now_s ? q->override_until_s : 0;
    r.own = q->own;
    pthread_mutex_unlock(&q->lock);
    uint64_t any = (uint64_t)(r.blocked_until | r.override_until);
    for (unsigned i = 0; i < GW_CALENDAR_COUNT; i++)
        any |= r.used[i];
    if (any != 0 && !gw_quota_record_is_over(&r, w->now_s))
        gw_quota_record_write(&r, w->out);
}

static void write_all_states(rd_buf *out)
{
    writing w = {.out = out, .now_s = time(NULL)};
    gw_quota_frame_begin(out);
    gw_quotas_each(write_state, &w);
    gw_quota_frame_end(out);
}

/* ---- the file ---- */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread;
    bool running, stop, soon;
    char *path, *beside, *dir;
    char last_sum[GW_QUOTA_SUM_HEX]; /* of what is on disk */
} file = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

static bool replace_file(rd_slice text)
{
    int fd = open(file.beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && gw_write_all(fd, text) && fsync(fd) == 0;
    if (fd >= 0 && close(fd) != 0)
        ok = false;
    return ok && rename(file.beside, file.path) == 0 && gw_sync_dir(AT_FDCWD, file.dir);
}

/* What is on disk already is not written again. */
static void save(void)
{
    rd_buf text;
    rd_buf_init(&text, GW_QUOTA_FILE_MAX);
    write_all_states(&text);
    if (text.failed != RD_OK) {
        gw_log(QUOTA_STATE_FAILED, gw_word("why", "too large"));
    } else {
        const char *sum = (const char *)text.p + text.n - GW_QUOTA_SUM_HEX - 1;
        if (memcmp(sum, file.last_sum, GW_QUOTA_SUM_HEX) != 0) {
            if (replace_file(rd_buf_slice(&text)))
                memcpy(file.last_sum, sum, GW_QUOTA_SUM_HEX);
            else
                gw_log(QUOTA_STATE_FAILED, gw_word("why", strerrorname_np(errno)));
        }
    }
    rd_buf_release(&text);
}

static void *keep(void *arg)
{
    struct timespec until;
    pthread_mutex_lock(&file.lock);
    while (!file.stop) {
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += SAVE_MS / 1000;
        while (!file.stop && !file.soon && pthread_cond_timedwait(&file.wake, &file.lock, &until) == 0)
            continue;
        file.soon = false;
        pthread_mutex_unlock(&file.lock);
        save();
        pthread_mutex_lock(&file.lock);
    }
    pthread_mutex_unlock(&file.lock);
    return NULL;
}

static bool read_all(int fd, rd_buf *text)
{
    enum { STEP = 64 << 10 };
    for (;;) {
        uint8_t *room = rd_buf_reserve(text, STEP);
        ssize_t n = room == NULL ? -1 : read(fd, room, STEP);
        if (n < 0 && room != NULL && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0;
        text->n += (size_t)n;
    }
}

/* What cannot be read in whole counts for nothing, but is kept to be looked at. */
static bool load(char *why, size_t why_size)
{
    char *bad = NULL;
    rd_buf text;
    int fd = open(file.path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        snprintf(why, why_size, "quota state %s: %s", file.path, strerror(errno));
        return errno == ENOENT;
    }
    rd_buf_init(&text, GW_QUOTA_FILE_MAX + (128 << 10));
    bool ok = read_all(fd, &text) && gw_quota_file_parse(rd_buf_slice(&text), restore, NULL);
    if (!ok) {
        gw_log(QUOTA_STATE_BAD, gw_u64("bytes", text.n));
        if (asprintf(&bad, "%s.bad", file.path) < 0)
            bad = NULL;
        if (bad == NULL || rename(file.path, bad) != 0)
            gw_log(QUOTA_STATE_FAILED, gw_word("why", "cannot be set aside"));
        free(bad);
    }
    close(fd);
    rd_buf_release(&text);
    return true;
}

bool gw_quota_file_open(const char *path, char *why, size_t why_size)
{
    const char *slash = strrchr(path, '/');
    snprintf(why, why_size, "no memory");
    file.path = strdup(path);
    file.dir = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
    if (file.path == NULL || file.dir == NULL || asprintf(&file.beside, "%s.new", path) < 0)
        return false;
    if (!load(why, why_size))
        return false;
    if (access(file.dir, W_OK) != 0) {
        snprintf(why, why_size, "quota state %s: %s", path, strerror(errno));
        return false;
    }
    int e = pthread_create(&file.thread, NULL, keep, NULL);
    if (e != 0)
        snprintf(why, why_size, "quota state: %s", strerror(e));
    file.running = e == 0;
    return file.running;
}

void gw_quota_file_soon(void)
{
    pthread_mutex_lock(&file.lock);
    file.soon = true;
    pthread_cond_signal(&file.wake);
    pthread_mutex_unlock(&file.lock);
}

void gw_quota_file_close(void)
{
    if (!file.running)
        return;
    pthread_mutex_lock(&file.lock);
    file.stop = true;
    pthread_cond_signal(&file.wake);
    pthread_mutex_unlock(&file.lock);
    pthread_join(file.thread, NULL); /* saves once more */
    free(file.path);
    free(file.beside);
    free(file.dir);
    file.running = file.stop = false;
    file.path = file.beside = file.dir = NULL;
    memset(file.last_sum, 0, sizeof file.last_sum);
}
