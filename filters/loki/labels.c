/* SPDX-License-Identifier: MIT */
/*
 * Label text: parser and writer. The parser takes what the Prometheus metric parser takes and no
 * more, so that a backend never reads other labels than we did. Source: Prometheus text grammar
 * (promql lexer and strutil unquoting), as used by Loki's distributor.
 */
#include "filters/loki/labels.h"

#include "filters/base/utf8.h"
#include "filters/json/json.h"

#include <stdlib.h>

enum { KEEP_TEXT = 1 << 16 };

typedef struct parser {
    rd_labels *l;
    const uint8_t *p, *end;
    const uint8_t *base;
} parser;

void rd_labels_init(rd_labels *l, uint32_t max_labels)
{
    *l = (rd_labels){.max = max_labels};
    rd_buf_init(&l->text, 0);
}

void rd_labels_release(rd_labels *l)
{
    free(l->list);
    rd_buf_release(&l->text);
    *l = (rd_labels){.max = l->max};
}

rd_label *rd_labels_add(rd_labels *l)
{
    if (l->n >= l->max)
        return NULL;
    if (l->n == l->cap) {
        uint32_t cap = l->cap == 0 ? 32 : l->cap > UINT32_MAX / 2 ? l->max : l->cap * 2;
        rd_label *list = realloc(l->list, (size_t)cap * sizeof *list);
        if (list == NULL)
            return NULL;
        l->list = list;
        l->cap = cap;
    }
    l->list[l->n] = (rd_label){0};
    return &l->list[l->n++];
}

static int by_name(const void *va, const void *vb)
{
    const rd_label *a = va, *b = vb;
    size_t n = a->name.n < b->name.n ? a->name.n : b->name.n;
    int c = n == 0 ? 0 : memcmp(a->name.p, b->name.p, n);
    return c != 0 ? c : (a->name.n > b->name.n) - (a->name.n < b->name.n);
}

/* Senders sort them, and few are added behind. */
void rd_labels_sort(rd_labels *l)
{
    enum { FEW = 32 };
    for (uint32_t i = 1; i < l->n; i++) {
        if (by_name(&l->list[i - 1], &l->list[i]) <= 0)
            continue;
        if (l->n > FEW) {
            qsort(l->list, l->n, sizeof *l->list, by_name);
            return;
        }
        const rd_label out_of_order = l->list[i];
        uint32_t at = i;
        do
            l->list[at] = l->list[at - 1];
        while (--at > 0 && by_name(&l->list[at - 1], &out_of_order) > 0);
        l->list[at] = out_of_order;
    }
}

static bool is_name_start(uint8_t c)
{
    return (uint8_t)((c | 0x20) - 'a') < 26 || c == '_';
}

/* Bit per character: letters, digits, _. */
static bool is_name(uint8_t c)
{
    static const uint32_t in_name[8] = {0, 0x03ff0000, 0x87fffffe, 0x07fffffe};
    return (in_name[c >> 5] >> (c & 31) & 1) != 0;
}

bool rd_label_name_valid(rd_slice name)
{
    if (name.n == 0 || !is_name_start(name.p[0]))
        return false;
    for (size_t i = 1; i < name.n; i++) {
        if (!is_name(name.p[i]))
            return false;
    }
    return true;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Skips white space and comments; the next byte, 0 at the end. */
static uint8_t peek(parser *ps)
{
    while (ps->p < ps->end) {
        uint8_t c = *ps->p;
        if (c == '#') {
            ps->l->text_has_more = true;
            const uint8_t *line = memchr(ps->p, '\n', (size_t)(ps->end - ps->p));
            ps->p = line != NULL ? line : ps->end;
        } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            ps->p++;
        } else {
            return c;
        }
    }
    return 0;
}

static rd_slice read_name(parser *ps, bool colon)
{
    const uint8_t *from = ps->p;
    if (ps->p < ps->end && (is_name_start(*ps->p) || (colon && *ps->p == ':'))) {
        while (ps->p < ps->end && (is_name(*ps->p) || (colon && *ps->p == ':')))
            ps->p++;
    }
    return (rd_slice){from, (size_t)(ps->p - from)};
}

/* `n` digits of a base at p; false when one is missing. */
static bool read_digits(const uint8_t *p, const uint8_t *end, size_t n, unsigned base, uint32_t *out)
{
    uint32_t v = 0;
    if ((size_t)(end - p) < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        unsigned d = p[i] <= '9' ? p[i] - (unsigned)'0' : (p[i] | 0x20U) - 'a' + 10U;
        if (d >= base)
            return false;
        v = v * base + d;
    }
    *out = v;
    return true;
}

/* The escape behind the backslash at p; how many bytes it has, 0 when it is none. */
static size_t read_escape(const uint8_t *p, const uint8_t *end, uint8_t quote, rd_buf *out)
{
    static const char names[] = "abfnrtv", bytes[] = "\a\b\f\n\r\t\v";
    uint8_t utf8[4], c = end - p >= 2 ? p[1] : 0;
    uint32_t v;

    const char *simple = c != 0 ? strchr(names, c) : NULL;
    if (simple != NULL || (c != 0 && (c == '\\' || c == quote))) {
        rd_buf_append_byte(out, simple != NULL ? (uint8_t)bytes[simple - names] : c);
        return 2;
    }
    if (c >= '0' && c <= '7') {
        if (!read_digits(p + 1, end, 3, 8, &v) || v > 255)
            return 0;
        rd_buf_append_byte(out, (uint8_t)v);
        return 4;
    }
    size_t n = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (n == 0 || !read_digits(p + 2, end, n, 16, &v) || v > 0x10FFFF || (v >= 0xD800 && v < 0xE000))
        return 0;
    if (n == 2)
        rd_buf_append_byte(out, (uint8_t)v);
    else
        rd_buf_append(out, utf8, rd_utf8_put(v, utf8));
    return n + 2;
}

/* A quoted string at p. Without escapes it is borrowed from the input. */
static bool read_quoted(parser *ps, rd_slice *out)
{
    const uint8_t quote = *ps->p++, *from = ps->p;
    rd_buf *text = &ps->l->text;

    if (quote == '`') {
        const uint8_t *close = memchr(from, '`', (size_t)(ps->end - from));
        if (close == NULL)
            return false;
        ps->p = close + 1;
        *out = (rd_slice){from, (size_t)(close - from)};
        return true;
    }
    const size_t at = text->n;
    bool escaped = false;
    for (;;) {
        const uint8_t *run = ps->p;
        while (ps->p < ps->end && *ps->p != quote && *ps->p != '\\' && *ps->p != '\n')
            ps->p++;
        if (ps->p == ps->end || *ps->p == '\n')
            return false;
        if (*ps->p == quote && !escaped)
            break;
        rd_buf_append(text, run, (size_t)(ps->p - run));
        if (*ps->p == quote)
            break;
        escaped = true;
        size_t n = read_escape(ps->p, ps->end, quote, text);
        if (n == 0)
            return false;
        ps->p += n;
    }
    *out = escaped ? (rd_slice){text->p + at, text->n - at} : (rd_slice){from, (size_t)(ps->p - from)};
    ps->p++;
    return true;
}

static bool is_quote(uint8_t c)
{
    return c == '"' || c == '\'' || c == '`';
}

static rd_outcome add(parser *ps, rd_slice name, rd_slice value, rd_error *err)
{
    rd_label *label = rd_labels_add(ps->l);
    if (label == NULL)
        return rd_fail(err, ps->l->n >= ps->l->max ? RD_TOO_MANY : RD_NO_MEMORY, "labels of a stream",
                       (size_t)(ps->p - ps->base));
    *label = (rd_label){name, value};
    return RD_OK;
}

static rd_outcome malformed(const parser *ps, const char *what, rd_error *err)
{
    return rd_fail(err, RD_MALFORMED, what, (size_t)(ps->p - ps->base));
}

/* name="value", "name"="value", or a quoted metric name alone. */
static rd_outcome read_pair(parser *ps, rd_error *err)
{
    uint8_t c = peek(ps);
    bool quoted = is_quote(c);
    rd_slice name, value;

    if (!quoted)
        name = read_name(ps, false);
    else if (!read_quoted(ps, &name))
        return malformed(ps, "label name quoting", err);
    if (name.n == 0)
        return malformed(ps, "a label name is expected", err);
    c = peek(ps);
    if (quoted && (c == ',' || c == '}'))
        return add(ps, RD_SLICE_LIT("__name__"), name, err);
    if (c != '=')
        return malformed(ps, "= is expected after a label name", err);
    ps->p++;
    if (!is_quote(peek(ps)) || !read_quoted(ps, &value))
        return malformed(ps, "label value quoting", err);
    return add(ps, name, value, err);
}

static rd_outcome read_braces(parser *ps, rd_error *err)
{
    ps->p++;
    while (peek(ps) != '}') {
        rd_outcome o = read_pair(ps, err);
        if (o != RD_OK)
            return o;
        if (peek(ps) == ',')
            ps->p++;
        else if (peek(ps) != '}')
            return malformed(ps, "a comma is expected between labels", err);
    }
    ps->p++;
    return RD_OK;
}

static rd_outcome read_all(parser *ps, rd_error *err)
{
    peek(ps);
    rd_slice metric = read_name(ps, true);
    rd_outcome o = RD_OK;

    if (metric.n > 0)
        o = add(ps, RD_SLICE_LIT("__name__"), metric, err);
    if (o == RD_OK && peek(ps) == '{')
        o = read_braces(ps, err);
    else if (o == RD_OK && metric.n == 0)
        return malformed(ps, "labels start with {", err);
    if (o != RD_OK)
        return o;
    peek(ps);
    return ps->p == ps->end ? RD_OK : malformed(ps, "text after the labels", err);
}

/* Duplicates count also when one of them is empty; then the empty ones go. */
static rd_outcome settle(rd_labels *l, rd_error *err)
{
    uint32_t kept = 0;

    rd_labels_sort(l);
    for (uint32_t i = 1; i < l->n; i++) {
        if (rd_slice_eq(l->list[i - 1].name, l->list[i].name))
            return rd_fail(err, RD_INVALID, "a label stands twice", SIZE_MAX);
    }
    for (uint32_t i = 0; i < l->n; i++) {
        if (l->list[i].value.n > 0)
            l->list[kept++] = l->list[i];
        else
            l->text_has_more = true;
    }
    l->n = kept;
    return RD_OK;
}

rd_outcome rd_labels_parse(rd_labels *l, rd_slice text, rd_error *err)
{
    if (text.n == 0)
        text.p = (const uint8_t *)""; /* nothing may be added to a null pointer, not even 0 */
    parser ps = {.l = l, .p = text.p, .end = text.p + text.n, .base = text.p};

    l->n = 0;
    l->text_has_more = false;
    rd_buf_clear(&l->text, KEEP_TEXT);
    l->text.max = text.n + RD_LABELS_ROOM;
    if (rd_buf_reserve(&l->text, l->text.max) == NULL)
        return rd_fail(err, RD_NO_MEMORY, "labels", SIZE_MAX);
    if (!rd_utf8_valid(text))
        return rd_fail(err, RD_MALFORMED, "labels are not UTF-8", SIZE_MAX);
    rd_outcome o = read_all(&ps, err);
    if (o == RD_OK)
        o = settle(l, err);
    if (o != RD_OK)
        l->n = 0;
    return o;
}

/* --- writing ---------------------------------------------------------------------------------- */

static void put_byte_escape(uint8_t c, rd_buf *out)
{
    static const char hex[] = "0123456789abcdef", names[] = "abtnvfr"; /* from 0x07 */
    uint8_t text[4] = {'\\', 'x', (uint8_t)hex[c >> 4], (uint8_t)hex[c & 15]};

    if (c == '"' || c == '\\')
        text[1] = c;
    else if (c >= 0x07 && c <= 0x0D)
        text[1] = (uint8_t)names[c - 0x07];
    rd_buf_append(out, text, text[1] == 'x' ? 4 : 2);
}

/* Length of the UTF-8 sequence at p, 0 when there is none. */
static size_t sequence(const uint8_t *p, size_t n)
{
    size_t len = p[0] < 0x80 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    return len <= n && rd_utf8_valid((rd_slice){p, len}) ? len : 0;
}

static bool is_plain(uint8_t c)
{
    return (uint8_t)(c - 0x20) < 0x7F - 0x20 && c != '"' && c != '\\';
}

static void put_quoted(rd_slice s, rd_buf *out)
{
    rd_buf_append_byte(out, '"');
    for (size_t i = 0, run = 0; i <= s.n;) {
        while (i < s.n && is_plain(s.p[i]))
            i++;
        size_t len = i < s.n ? sequence(s.p + i, s.n - i) : 0;
        if (len > 1) {
            i += len;
            continue;
        }
        if (i > run)
            rd_buf_append(out, s.p + run, i - run);
        if (i < s.n)
            put_byte_escape(s.p[i], out);
        run = ++i;
    }
    rd_buf_append_byte(out, '"');
}

void rd_labels_write(const rd_labels *l, rd_buf *out)
{
    rd_buf_append_byte(out, '{');
    for (uint32_t i = 0; i < l->n; i++) {
        if (i > 0)
            rd_buf_append_str(out, ", ");
        if (rd_label_name_valid(l->list[i].name))
            rd_buf_append(out, l->list[i].name.p, l->list[i].name.n);
        else
            put_quoted(l->list[i].name, out);
        rd_buf_append_byte(out, '=');
        put_quoted(l->list[i].value, out);
    }
    rd_buf_append_byte(out, '}');
}

void rd_labels_write_json(const rd_labels *l, rd_buf *out)
{
    rd_buf_append_byte(out, '{');
    for (uint32_t i = 0; i < l->n; i++) {
        rd_buf_append_str(out, i > 0 ? ",\"" : "\"");
        rd_json_escape(l->list[i].name, out);
        rd_buf_append_str(out, "\":\"");
        rd_json_escape(l->list[i].value, out);
        rd_buf_append_byte(out, '"');
    }
    rd_buf_append_byte(out, '}');
}
