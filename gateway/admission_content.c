/* SPDX-License-Identifier: MIT */
/*
 * Limits on what bodies hold, and shedding: what is asked of the redactor, what the quota says to what it
 * found, and how a sender is told which of its records were refused.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "gateway/admission.h"

#define BILLION INT64_C(1000000000)

_Static_assert(GW_LIMIT_LABEL_NAMES + RD_CONTENT_COUNT == GW_LIMIT_COUNT,
               "one limit for each kind of breach");
_Static_assert(GW_LIMIT_MAX_AHEAD == GW_LIMIT_LABEL_NAMES + RD_CONTENT_MAX_AHEAD, "in the same order");

/* ---- what is asked ---- */

/* Of the hashes of streams; nobody outside the process knows it. */
static uint64_t stream_key[2];

static void make_stream_key(void)
{
    if (getrandom(stream_key, sizeof stream_key, 0) != sizeof stream_key)
        abort();
}

/* A time that is out of range bounds nothing. */
static int64_t time_ns(int64_t now_s, uint64_t seconds, int sign)
{
    enum { MAX_SPAN_S = 1 << 30 }; /* 34 years; the clock is good for 292 */
    int64_t span = seconds > MAX_SPAN_S ? MAX_SPAN_S : (int64_t)seconds;
    return (now_s + sign * span) * BILLION;
}

bool gw_admission_content(gw_admission *a, gw_signal signal, time_t now, rd_content *out)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (a->quota == NULL || !gw_quota_looks_inside(a->quota))
        return false;
    gw_limits l = gw_quota_limits(a->quota);
    bool is_loki = signal == GW_SIGNAL_LOKI_PUSH;
    *out = (rd_content){.oldest_ns = time_ns(now, l.v[GW_LIMIT_MAX_AGE], -1),
                        .newest_ns = time_ns(now, l.v[GW_LIMIT_MAX_AHEAD], 1),
                        .shadow = l.mode == GW_QUOTA_SHADOW,
                        .shed = l.shed == GW_SHED_LEAST_SEVERE && signal == GW_SIGNAL_LOGS,
                        .streams = is_loki && l.v[GW_LIMIT_LOKI_STREAMS] != 0};
    bool any = out->shed || out->streams;
    for (unsigned i = 0; i < RD_CONTENT_COUNT; i++) {
        bool applies = is_loki || i >= RD_CONTENT_MAX_AGE;
        out->max[i] = applies ? l.v[GW_LIMIT_LABEL_NAMES + i] : 0;
        any |= out->max[i] != 0;
    }
    pthread_once(&once, make_stream_key);
    memcpy(out->stream_key, stream_key, sizeof out->stream_key);
    a->content = any ? out : NULL;
    return any;
}

/* ---- what the quota says ---- */

static bool is_of_items(gw_limit l)
{
    return l == GW_LIMIT_ITEMS_RATE || l == GW_LIMIT_ITEMS_BURST || l == GW_LIMIT_ITEMS_PER_DAY ||
           l == GW_LIMIT_ITEMS_PER_MONTH;
}

/* Does what the quota refused come in parts? */
static bool may_shed(const gw_admission *a, gw_limit refused)
{
    return a->content != NULL && a->content->shed && is_of_items(refused);
}

/* The quota refused all of them, and gave back what was held: takes as many as fit, with their part of the
 * bytes, and `held` again. */
static uint32_t take_some(gw_admission *a, gw_quota_time now, size_t decoded_bytes, uint32_t n_items,
                          const gw_quota_hold *held)
{
    gw_quota_verdict refused = a->verdict, some;
    uint64_t n = 0;
    if (!may_shed(a, refused.limit))
        return 0;
    gw_quota_take_some(a->quota, now, n_items, &a->hold, &n, &some);
    if (n == 0)
        return 0;
    gw_quota_need rest = {.n = {[GW_RATE_REQUESTS] = held->taken[GW_RATE_REQUESTS],
                                [GW_RATE_WIRE] = held->taken[GW_RATE_WIRE],
                                [GW_RATE_DECODED] = (uint64_t)((double)decoded_bytes * (double)n / n_items)}};
    gw_quota_take(a->quota, now, &rest, &a->hold, &a->verdict);
    if (a->verdict.answer != GW_QUOTA_ADMITTED)
        return 0;
    a->shed = refused;
    a->n_shed = n_items - (uint32_t)n;
    return (uint32_t)n;
}

static uint32_t take_items(gw_admission *a, gw_quota_time now, size_t decoded_bytes, uint32_t n_items)
{
    gw_quota_need need = {.n = {[GW_RATE_DECODED] = decoded_bytes, [GW_RATE_ITEMS] = n_items}};
    gw_quota_hold held = a->hold;
    gw_quota_take(a->quota, now, &need, &a->hold, &a->verdict);
    uint32_t n = n_items;
    if (a->verdict.answer != GW_QUOTA_ADMITTED)
        n = take_some(a, now, decoded_bytes, n_items, &held);
    /* Of what is shed a part fits long before all of it does. */
    if (a->verdict.answer != GW_QUOTA_ADMITTED && !may_shed(a, a->verdict.limit))
        gw_quota_remember(a->quota, now, a->wire_bytes, &a->verdict);
    return n;
}

uint32_t gw_admission_decoded(gw_admission *a, size_t decoded_bytes, const rd_walked *w)
{
    gw_quota_time now = gw_quota_now();
    a->n_items = w->n_items;
    if (w->breach != NULL)
        memcpy(a->breach, w->breach, sizeof a->breach);
    a->none_left = w->n_items > 0 && w->n_left == 0;
    if (a->none_left)
        return 0;
    uint32_t n = take_items(a, now, decoded_bytes, w->n_left);
    if (a->verdict.answer != GW_QUOTA_ADMITTED || w->n_streams == 0)
        return n;
    a->before = a->verdict;
    return gw_quota_take_streams(a->quota, now, w->streams, w->n_streams, &a->verdict) ? n : 0;
}

/* ---- what is said about it ---- */

void gw_admission_count_items(gw_admission *a, const gw_workspace *w, gw_counters *c)
{
    if (a->n_shed > 0) {
        gw_count(c, GW_METRIC_WS_LIMITED, w->slot, a->shed.limit, 0, 1);
        gw_count(c, GW_METRIC_WS_ITEMS_LIMITED, w->slot, a->shed.limit, 0, a->n_shed);
    }
    for (unsigned i = 0; a->content != NULL && i < RD_CONTENT_COUNT; i++) {
        if (a->breach[i].n == 0)
            continue;
        gw_count(c, GW_METRIC_WS_LIMITED, w->slot, GW_LIMIT_LABEL_NAMES + i, a->content->shadow, 1);
        gw_count(c, GW_METRIC_WS_ITEMS_LIMITED, w->slot, GW_LIMIT_LABEL_NAMES + i, a->content->shadow,
                 a->breach[i].n);
    }
}

typedef struct words {
    char *text;
    size_t n, size;
} words;

/* What does not fit is left out. */
__attribute__((format(printf, 2, 3))) static void say(words *w, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(w->text + w->n, w->size - w->n, fmt, ap);
    va_end(ap);
    if (n > 0)
        w->n = (size_t)n < w->size - w->n ? w->n + (size_t)n : w->size - 1;
}

static void say_time(words *w, int64_t ns)
{
    time_t s = (time_t)(ns / BILLION - (ns % BILLION < 0));
    struct tm tm;
    char text[32] = "?";
    if (gmtime_r(&s, &tm) != NULL)
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    say(w, "%s", text);
}

/* In Loki's manner, but without a byte of the request. */
static void say_breach(words *w, const rd_content *c, rd_content_limit l, const rd_breach *b)
{
    uint64_t max = c->max[l], worst = (uint64_t)b->worst;
    switch (l) {
    case RD_CONTENT_LABEL_NAMES:
        say(w, "stream has %" PRIu64 " label names; limit %" PRIu64, worst, max);
        break;
    case RD_CONTENT_LABEL_NAME_BYTES:
        say(w, "stream has label name too long: %" PRIu64 " bytes; limit %" PRIu64, worst, max);
        break;
    case RD_CONTENT_LABEL_VALUE_BYTES:
        say(w, "stream has label value too long: %" PRIu64 " bytes; limit %" PRIu64, worst, max);
        break;
    case RD_CONTENT_LINE_BYTES:
        say(w,
            "max entry size '%" PRIu64 "' bytes exceeded while adding an entry with length '%" PRIu64
            "' bytes",
            max, worst);
        break;
    case RD_CONTENT_MAX_AGE:
        say(w, "entry has timestamp too old: ");
        say_time(w, b->worst);
        say(w, ", oldest acceptable timestamp is: ");
        say_time(w, c->oldest_ns);
        break;
    case RD_CONTENT_MAX_AHEAD:
        say(w, "entry has timestamp too new: ");
        say_time(w, b->worst);
        say(w, ", newest acceptable timestamp is: ");
        say_time(w, c->newest_ns);
        break;
    case RD_CONTENT_COUNT:
        break;
    }
    say(w, " (%s: %" PRIu64 " %s; %u items)", gw_limit_word((gw_limit)(GW_LIMIT_LABEL_NAMES + l)), max,
        gw_limit_counted((gw_limit)(GW_LIMIT_LABEL_NAMES + l)), b->n);
}

size_t gw_admission_say_refused(const gw_admission *a, const gw_workspace *w, char *text, size_t size)
{
    words out = {.text = text, .size = size};
    uint32_t n = a->n_shed;
    for (unsigned i = 0; a->content != NULL && i < RD_CONTENT_COUNT; i++)
        n += a->breach[i].n;
    say(&out, "workspace %.64s: %u of %u items refused", w->name, n, a->n_items);
    for (unsigned i = 0; a->content != NULL && i < RD_CONTENT_COUNT; i++) {
        if (a->breach[i].n == 0)
            continue;
        say(&out, "; ");
        say_breach(&out, a->content, (rd_content_limit)i, &a->breach[i]);
    }
    if (a->n_shed > 0)
        say(&out,
            "; %u records of least severity dropped, %s is %" PRIu64 " %s, %" PRIu64
            " used, request has %" PRIu64,
            a->n_shed, gw_limit_word(a->shed.limit), a->shed.max, gw_limit_counted(a->shed.limit),
            a->shed.used, a->shed.need);
    return out.n;
}
