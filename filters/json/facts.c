/* SPDX-License-Identifier: MIT */
/* See facts.h. Source: OTLP/JSON (64-bit numbers as strings or numbers, enums by number or name), Loki's push
 * API, RFC 3339. */
#include "filters/json/facts.h"

#include <stdlib.h>
#include <string.h>

#include "filters/json/json.h"

#define BILLION INT64_C(1000000000)

/* The token without its quotes. */
static rd_slice unquoted(rd_slice s)
{
    return s.n >= 2 && s.p[0] == '"' ? (rd_slice){s.p + 1, s.n - 2} : s;
}

/* A number that is no plain integer, such as 1.7e18. */
static int64_t rounded(rd_slice s)
{
    char text[64];
    if (s.n >= sizeof text)
        return INT64_MAX;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    double v = strtod(text, NULL);
    return v >= 9.2e18 ? INT64_MAX : v <= -9.2e18 ? INT64_MIN : (int64_t)v;
}

/* Out of range is what is nearest. */
static int64_t number_of(rd_slice s)
{
    bool negative = s.n > 0 && s.p[0] == '-', over = false;
    size_t i = s.n > 0 && (s.p[0] == '-' || s.p[0] == '+');
    int64_t v = 0;
    for (; i < s.n; i++) {
        int digit = s.p[i] - '0';
        if (digit < 0 || digit > 9)
            return rounded(s);
        over |= __builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, digit, &v);
    }
    if (over)
        return negative ? INT64_MIN : INT64_MAX;
    return negative ? -v : v;
}

/* SEVERITY_NUMBER_INFO3 is 11. */
static int64_t severity_of(rd_slice s)
{
    static const char prefix[] = "SEVERITY_NUMBER_";
    static const char *const words[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
    enum { PREFIX = sizeof prefix - 1, STEPS = 4 };
    if (s.n <= PREFIX || memcmp(s.p, prefix, PREFIX) != 0)
        return number_of(s);
    const uint8_t *p = s.p + PREFIX;
    size_t n = s.n - PREFIX;
    int step = p[n - 1] >= '2' && p[n - 1] <= '4' ? p[n - 1] - '1' : 0;
    n -= step > 0;
    for (int i = 0; i < 6; i++) {
        if (rd_slice_eq((rd_slice){p, n}, rd_slice_str(words[i])))
            return i * STEPS + 1 + step;
    }
    return 0;
}

void rd_json_note_field(rd_json_walk *w, const rd_field *f, uint32_t off)
{
    const rd_fact_fields *fields = w->visitor.facts;
    rd_slice token = unquoted((rd_slice){w->j.base + off, rd_json_off(&w->j) - off});
    if (f->number == fields->time || f->number == fields->other_time) {
        int64_t ns = number_of(token);
        rd_facts_otlp_time(&w->facts, f->number == fields->other_time, ns < 0 ? UINT64_MAX : (uint64_t)ns);
    } else if (f->number == fields->severity) {
        w->facts.severity = rd_facts_severity(severity_of(token));
    }
}

/* ---- Loki ---- */

void rd_json_note_ns(rd_json_walk *w, rd_slice text)
{
    rd_facts_time(&w->facts, number_of(text));
}

/* `n` digits at *p; -1: they are not there. */
static int digits(const uint8_t **p, const uint8_t *end, int n)
{
    int v = 0;
    if (end - *p < n)
        return -1;
    for (; n > 0; n--, ++*p) {
        if (**p < '0' || **p > '9')
            return -1;
        v = v * 10 + (**p - '0');
    }
    return v;
}

static bool is_next(const uint8_t **p, const uint8_t *end, const char *any_of)
{
    if (*p == end || **p == 0 || strchr(any_of, **p) == NULL)
        return false;
    ++*p;
    return true;
}

/* Days since 1970 of a date of the Gregorian calendar. */
static int64_t days_of(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3; /* years begin in March */
    return INT64_C(365) * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

/* `.5` is 500000000. */
static int64_t fraction(const uint8_t **p, const uint8_t *end)
{
    int64_t ns = 0, unit = BILLION / 10;
    if (!is_next(p, end, "."))
        return 0;
    for (; *p < end && **p >= '0' && **p <= '9'; ++*p, unit /= 10)
        ns += (**p - '0') * unit;
    return ns;
}

/* Seconds that the clock is ahead of UTC; *ok false: that is not said. */
static int64_t offset(const uint8_t **p, const uint8_t *end, bool *ok)
{
    bool west = *p < end && **p == '-';
    *ok = true;
    if (is_next(p, end, "Zz"))
        return 0;
    *ok = is_next(p, end, "+-");
    int hours = *ok ? digits(p, end, 2) : -1;
    *ok = *ok && hours >= 0 && is_next(p, end, ":");
    int minutes = *ok ? digits(p, end, 2) : -1;
    *ok = *ok && minutes >= 0;
    int64_t s = hours * INT64_C(3600) + minutes * INT64_C(60);
    return west ? -s : s;
}

void rd_json_note_rfc3339(rd_json_walk *w, rd_slice text)
{
    static const char *const behind[] = {"-", "-", "Tt", ":", ":", NULL};
    static const int width[] = {4, 2, 2, 2, 2, 2};
    const uint8_t *p = text.p, *end = p + text.n;
    int v[6];
    bool ok = true;
    for (int i = 0; i < 6 && ok; i++) {
        v[i] = digits(&p, end, width[i]);
        ok = v[i] >= 0 && (behind[i] == NULL || is_next(&p, end, behind[i]));
    }
    int64_t ns = ok ? fraction(&p, end) : 0;
    int64_t ahead = ok ? offset(&p, end, &ok) : 0, all;
    if (!ok || p != end || v[1] < 1 || v[1] > 12)
        return;
    int64_t seconds = days_of(v[0], v[1], v[2]) * 86400 + v[3] * INT64_C(3600) + v[4] * 60 + v[5] - ahead;
    if (__builtin_mul_overflow(seconds, BILLION, &all) || __builtin_add_overflow(all, ns, &all))
        all = seconds < 0 ? INT64_MIN : INT64_MAX;
    rd_facts_time(&w->facts, all);
}

bool rd_json_note_line(rd_json_walk *w, rd_json_text line)
{
    rd_slice text;
    if (!rd_json_walk_text(w, line, &text))
        return false;
    if (text.n > w->facts.line_bytes)
        w->facts.line_bytes = (uint32_t)text.n;
    return true;
}

/* ---- streams ---- */

bool rd_json_note_label(rd_json_walk *w, rd_json_text name, uint32_t off)
{
    const uint64_t *key = w->visitor.stream_key;
    rd_slice token = {w->j.base + off, rd_json_off(&w->j) - off}, inside = unquoted(token), text;
    if (!rd_json_walk_text(w, name, &text))
        return false;
    size_t name_n = text.n; /* both texts may lie in the same scratch, one after the other */
    uint64_t of_name = rd_stream_facts_name(key, text.p, name_n);
    const rd_json_text value = {.off = (uint32_t)(inside.p - w->j.base),
                                .len = (uint32_t)inside.n,
                                .escaped = inside.n != token.n && memchr(inside.p, '\\', inside.n) != NULL};
    if (!rd_json_walk_text(w, value, &text))
        return false;
    if (text.n > 0)
        rd_stream_facts_add(&w->stream, key, of_name, name_n, text.p, text.n);
    return true;
}

void rd_json_note_stream(rd_json_walk *w, uint32_t holder)
{
    if (holder != UINT32_MAX)
        w->doc->records.holders[holder].stream = w->stream;
    w->stream = (rd_stream_facts){0};
}
