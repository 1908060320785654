/* SPDX-License-Identifier: MIT */
#include "gateway/quota_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "gateway/files.h"
#include "gateway/log.h"
#include "gateway/quota_private.h"

#define HEAD "redactd quota 1\n"
#define FOOT "sha256 "

enum { SUM_HEX = 64, NAME_MAX_BYTES = 150, NUMBERS = 8, SAVE_MS = 1000 };

static void sum_of(rd_slice text, char *out_hex)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE] = {0};
    EVP_Digest(text.p, text.n, digest, NULL, EVP_sha256(), NULL);
    for (unsigned i = 0; i < SUM_HEX / 2; i++) {
        out_hex[2 * i] = hex[digest[i] >> 4];
        out_hex[2 * i + 1] = hex[digest[i] & 15];
    }
}

/* ---- reading ---- */

/* A space and a decimal number of at most 18 digits. */
static bool take_number(rd_slice *line, uint64_t *out)
{
    size_t i = 1;
    uint64_t v = 0;
    if (line->n < 2 || line->p[0] != ' ')
        return false;
    for (; i < line->n && i <= 18 && (uint8_t)(line->p[i] - '0') < 10; i++)
        v = v * 10 + (uint64_t)(line->p[i] - '0');
    if (i == 1)
        return false;
    *out = v;
    *line = (rd_slice){line->p + i, line->n - i};
    return true;
}

static bool parse_line(rd_slice line, gw_quota_record *out)
{
    uint64_t n[NUMBERS];
    const uint8_t *space = memchr(line.p, ' ', line.n);
    if (space == NULL || space == line.p || space - line.p > NAME_MAX_BYTES)
        return false;
    out->name = (rd_slice){line.p, (size_t)(space - line.p)};
    if (memchr(out->name.p, 0, out->name.n) != NULL)
        return false;
    line = (rd_slice){space, line.n - out->name.n};
    for (unsigned i = 0; i < NUMBERS; i++) {
        if (!take_number(&line, &n[i]))
            return false;
    }
    out->day_start = (int64_t)n[0];
    out->day_end = (int64_t)n[1];
    out->month_start = (int64_t)n[2];
    out->month_end = (int64_t)n[3];
    memcpy(out->used, n + 4, sizeof out->used);
    return line.n == 0;
}

/* The lines between head and foot; empty: the frame is broken. */
static bool lines_of(rd_slice text, rd_slice *out)
{
    const size_t head = sizeof HEAD - 1, foot = sizeof FOOT - 1 + SUM_HEX + 1;
    char sum[SUM_HEX];
    if (text.n < head + foot || memcmp(text.p, HEAD, head) != 0 || text.p[text.n - 1] != '\n')
        return false;
    rd_slice summed = {text.p, text.n - foot};
    if (memcmp(text.p + summed.n, FOOT, sizeof FOOT - 1) != 0 || summed.p[summed.n - 1] != '\n')
        return false;
    sum_of(summed, sum);
    if (memcmp(text.p + summed.n + sizeof FOOT - 1, sum, SUM_HEX) != 0)
        return false;
    *out = (rd_slice){text.p + head, summed.n - head};
    return true;
}

static bool each_line(rd_slice lines, void (*fn)(void *arg, const gw_quota_record *r), void *arg)
{
    while (lines.n > 0) {
        const uint8_t *end = memchr(lines.p, '\n', lines.n);
        gw_quota_record r;
        if (end == NULL || !parse_line((rd_slice){lines.p, (size_t)(end - lines.p)}, &r))
            return false;
        if (fn != NULL)
            fn(arg, &r);
        lines = (rd_slice){end + 1, lines.n - (size_t)(end + 1 - lines.p)};
    }
    return true;
}

bool gw_quota_file_parse(rd_slice text, void (*fn)(void *arg, const gw_quota_record *r), void *arg)
{
    rd_slice lines;
    return lines_of(text, &lines) && each_line(lines, NULL, NULL) && each_line(lines, fn, arg);
}

static void restore(void *arg, const gw_quota_record *r)
{
    gw_quota *q = gw_quotas_of(r->name);
    pthread_mutex_lock(&q->lock);
    q->calendar.day = (gw_period){r->day_start, r->day_end};
    q->calendar.month = (gw_period){r->month_start, r->month_end};
    memcpy(q->calendar.used, r->used, sizeof r->used);
    pthread_mutex_unlock(&q->lock);
}

/* ---- writing ---- */

static void write_state(void *arg, gw_quota *q)
{
    rd_buf *out = arg;
    pthread_mutex_lock(&q->lock);
    gw_calendar c = q->calendar;
    pthread_mutex_unlock(&q->lock);
    uint64_t any = 0;
    for (unsigned i = 0; i < GW_CALENDAR_COUNT; i++)
        any |= c.used[i];
    if (any == 0)
        return;
    rd_buf_printf(out, "%s %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64, q->name, c.day.start, c.day.end,
                  c.month.start, c.month.end);
    for (unsigned i = 0; i < GW_CALENDAR_COUNT; i++)
        rd_buf_printf(out, " %" PRIu64, c.used[i]);
    rd_buf_append_byte(out, '\n');
}

void gw_quota_file_write(rd_buf *out)
{
    char sum[SUM_HEX];
    rd_buf_append_str(out, HEAD);
    gw_quotas_each(write_state, out);
    if (out->failed != RD_OK)
        return;
    sum_of(rd_buf_slice(out), sum);
    rd_buf_append_str(out, FOOT);
    rd_buf_append(out, sum, SUM_HEX);
    rd_buf_append_byte(out, '\n');
}

/* ---- the file ---- */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread;
    bool running, stop;
    char *path, *beside, *dir;
    char last_sum[SUM_HEX]; /* of what is on disk */
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
    gw_quota_file_write(&text);
    if (text.failed != RD_OK) {
        gw_log(QUOTA_STATE_FAILED, gw_word("why", "too large"));
    } else {
        const char *sum = (const char *)text.p + text.n - SUM_HEX - 1;
        if (memcmp(sum, file.last_sum, SUM_HEX) != 0) {
            if (replace_file(rd_buf_slice(&text)))
                memcpy(file.last_sum, sum, SUM_HEX);
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
        pthread_cond_timedwait(&file.wake, &file.lock, &until);
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
        if (asprintf(&bad, "%s.bad", file.path) > 0 && rename(file.path, bad) == 0)
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
