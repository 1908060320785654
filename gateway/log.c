/* SPDX-License-Identifier: MIT */
#include "gateway/log.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include "filters/base/buf.h"

enum { EVENTS_PER_SECOND = 10, LINE_MAX_BYTES = 2048 };

static const struct {
    gw_level level;
    const char *word;
} events[] = {
#define X(name, lvl, text) [GW_EVENT_##name] = {.level = GW_LEVEL_##lvl, .word = text},
#include "gateway/log_events.def"
#undef X
};

static const char *const level_words[] = {"debug", "info", "warn", "error", "audit"};

static _Atomic int least_level = GW_LEVEL_INFO;

/* Per event: the second the window began and what was said and held back in it. Races between threads
 * can let a line too many through, never lose the count of held ones. */
static struct {
    _Atomic int64_t second;
    _Atomic uint32_t said;
    _Atomic uint64_t held;
} windows[GW_EVENT_COUNT];

void gw_log_set_level(gw_level least)
{
    atomic_store(&least_level, (int)least);
}

static bool may_say(gw_event e, int64_t now_s, uint64_t *out_held)
{
    if (atomic_load(&windows[e].second) != now_s) {
        atomic_store(&windows[e].second, now_s);
        atomic_store(&windows[e].said, 0);
    }
    if (atomic_fetch_add(&windows[e].said, 1) >= EVENTS_PER_SECOND) {
        atomic_fetch_add(&windows[e].held, 1);
        return false;
    }
    *out_held = atomic_exchange(&windows[e].held, 0);
    return true;
}

static void append_time(rd_buf *b, const struct timespec *ts)
{
    struct tm tm;
    gmtime_r(&ts->tv_sec, &tm);
    rd_buf_printf(b, "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ\"", tm.tm_year + 1900, tm.tm_mon + 1,
                  tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ts->tv_nsec / 1000000);
}

/* Configuration names and system error texts: quotes, backslashes and control bytes become '?'. */
static void append_word(rd_buf *b, const char *w)
{
    rd_buf_append_byte(b, '"');
    for (; w != NULL && *w != '\0'; w++)
        rd_buf_append_byte(b, *w == '"' || *w == '\\' || (unsigned char)*w < 0x20 ? '?' : (uint8_t)*w);
    rd_buf_append_byte(b, '"');
}

static void append_field(rd_buf *b, const gw_field *f)
{
    rd_buf_printf(b, ",\"%s\":", f->key);
    switch (f->type) {
    case GW_FIELD_U64:
        rd_buf_append_u64(b, f->v.u);
        break;
    case GW_FIELD_I64:
        rd_buf_append_i64(b, f->v.i);
        break;
    case GW_FIELD_WORD:
        append_word(b, f->v.word);
        break;
    case GW_FIELD_END:
        break;
    }
}

/* One write per line keeps lines of several threads whole. A reader of the log that has stopped reading must
 * not stop the gateway: a pipe that polls as writable has room for a line, so asking first, under a lock,
 * never blocks. */
static bool write_line(const rd_buf *line)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};
    pthread_mutex_lock(&lock);
    bool ok = poll(&p, 1, 0) == 1 && write(STDERR_FILENO, line->p, line->n) >= 0;
    pthread_mutex_unlock(&lock);
    return ok;
}

void gw_log_emit(gw_event event, const gw_field *fields)
{
    struct timespec ts;
    uint64_t held = 0;
    if ((int)events[event].level < atomic_load(&least_level))
        return;
    clock_gettime(CLOCK_REALTIME, &ts);
    if (events[event].level != GW_LEVEL_AUDIT && !may_say(event, ts.tv_sec, &held))
        return;
    rd_buf line;
    rd_buf_init(&line, LINE_MAX_BYTES);
    append_time(&line, &ts);
    rd_buf_printf(&line, ",\"level\":\"%s\",\"event\":\"%s\"", level_words[events[event].level],
                  events[event].word);
    for (const gw_field *f = fields; f->type != GW_FIELD_END; f++)
        append_field(&line, f);
    if (held > 0)
        rd_buf_printf(&line, ",\"held_back\":%llu", (unsigned long long)held);
    rd_buf_append_str(&line, "}\n");
    if (line.failed == RD_OK && !write_line(&line))
        atomic_fetch_add(&windows[event].held, held + 1);
    rd_buf_release(&line);
}
