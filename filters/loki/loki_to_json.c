/* SPDX-License-Identifier: MIT */
/*
 * Loki's push protobuf to push JSON. The messages are few and fixed, so each has its function; fields are
 * told apart by the numbers of Loki's push protocol. Merging as in protobuf: of a label text or line that
 * stands twice the last one counts, the parts of a timestamp add up.
 */
#include "filters/loki/loki_to_json.h"

#include "filters/json/json.h"
#include "filters/loki/labels.h"
#include "filters/wire/item.h"

/* Field numbers. */
enum { REQUEST_STREAMS = 1 };
enum { STREAM_LABELS = 1, STREAM_ENTRIES = 2 };
enum { ENTRY_TIMESTAMP = 1, ENTRY_LINE = 2, ENTRY_METADATA = 3, ENTRY_PARSED = 4 };
enum { PAIR_NAME = 1, PAIR_VALUE = 2 };
enum { TIME_SECONDS = 1, TIME_NANOS = 2 };

enum { NS_PER_S = 1000000000 };

typedef struct conv {
    const uint8_t *body;
    rd_labels labels; /* owned; of one stream at a time */
    rd_buf *out;
    rd_error *err;
    rd_outcome failed;
    uint32_t left; /* elements */
} conv;

static bool fail(conv *c, rd_outcome o, const char *what, const uint8_t *at)
{
    c->failed = rd_fail(c->err, o, what, (size_t)(at - c->body));
    return false;
}

static rd_item_reader read_in(const conv *c, rd_slice content)
{
    return (rd_item_reader){.body = c->body, .p = content.p, .end = content.p + content.n, .err = c->err};
}

/* The next known field; false: at the end, or c->failed. */
static bool next(conv *c, rd_item_reader *r, const rd_message *m, rd_item *out)
{
    do {
        const uint8_t *at = r->p;
        if (!rd_item_next(r, m, out)) {
            c->failed = r->failed;
            return false;
        }
        if (c->left-- == 0)
            return fail(c, RD_TOO_MANY, "protobuf: too many elements", at);
    } while (out->field == NULL);
    return true;
}

static const rd_message *child_of(const rd_message *m, uint32_t number)
{
    return rd_message_field(m, number)->child;
}

static void put_string(conv *c, rd_slice s)
{
    rd_buf_append_byte(c->out, '"');
    rd_json_escape(s, c->out);
    rd_buf_append_byte(c->out, '"');
}

typedef struct push_time {
    int64_t seconds;
    int32_t nanos;
} push_time;

static bool read_time(conv *c, const rd_message *m, rd_slice content, push_time *io)
{
    rd_item item;
    rd_item_reader r = read_in(c, content);
    while (next(c, &r, m, &item)) {
        if (item.field->number == TIME_SECONDS)
            io->seconds = (int64_t)item.number;
        else if (item.field->number == TIME_NANOS)
            io->nanos = (int32_t)(uint32_t)item.number;
    }
    return c->failed == RD_OK;
}

static bool put_time(conv *c, const push_time *t, const uint8_t *at)
{
    int64_t ns;
    if (t->nanos < 0 || t->nanos >= NS_PER_S)
        return fail(c, RD_INVALID, "loki: nanoseconds of a timestamp out of range", at);
    if (__builtin_mul_overflow(t->seconds, (int64_t)NS_PER_S, &ns) ||
        __builtin_add_overflow(ns, t->nanos, &ns))
        return fail(c, RD_INVALID, "loki: timestamp out of range", at);
    rd_buf_append_byte(c->out, '"');
    rd_buf_append_i64(c->out, ns);
    rd_buf_append_byte(c->out, '"');
    return true;
}

static bool put_pair(conv *c, const rd_message *m, rd_slice content)
{
    rd_item item;
    rd_slice name = {0}, value = {0};
    rd_item_reader r = read_in(c, content);
    while (next(c, &r, m, &item)) {
        if (item.field->number == PAIR_NAME)
            name = item.bytes;
        else if (item.field->number == PAIR_VALUE)
            value = item.bytes;
    }
    put_string(c, name);
    rd_buf_append_byte(c->out, ':');
    put_string(c, value);
    return c->failed == RD_OK;
}

/* Pairs of one field of the entry, as members of an object that has `*n` of them already. */
static bool put_pairs(conv *c, const rd_message *entry, rd_slice content, uint32_t number, uint32_t *n)
{
    rd_item item;
    const rd_message *pair = child_of(entry, number);
    rd_item_reader r = read_in(c, content);
    while (next(c, &r, entry, &item)) {
        if (item.field->number != number)
            continue;
        rd_buf_append_str(c->out, (*n)++ > 0 ? "," : ",{");
        if (!put_pair(c, pair, item.bytes))
            return false;
    }
    return c->failed == RD_OK;
}

static bool put_entry(conv *c, const rd_message *m, rd_slice content)
{
    rd_item item;
    rd_slice line = {0};
    push_time when = {0};
    bool metadata = false;
    uint32_t n = 0;
    rd_item_reader r = read_in(c, content);
    while (next(c, &r, m, &item)) {
        if (item.field->number == ENTRY_TIMESTAMP) {
            if (!read_time(c, item.field->child, item.bytes, &when))
                return false;
        } else if (item.field->number == ENTRY_LINE) {
            line = item.bytes;
        } else {
            metadata = true;
        }
    }
    if (c->failed != RD_OK)
        return false;
    rd_buf_append_byte(c->out, '[');
    if (!put_time(c, &when, content.p))
        return false;
    rd_buf_append_byte(c->out, ',');
    put_string(c, line);
    if (metadata) {
        if (!put_pairs(c, m, content, ENTRY_METADATA, &n) || !put_pairs(c, m, content, ENTRY_PARSED, &n))
            return false;
        rd_buf_append_byte(c->out, '}');
    }
    rd_buf_append_byte(c->out, ']');
    return c->out->failed == RD_OK || fail(c, c->out->failed, "json: output", content.p);
}

static bool put_labels(conv *c, rd_slice text)
{
    if (text.n == 0) {
        rd_buf_append_str(c->out, "{}");
        return true;
    }
    c->failed = rd_labels_parse(&c->labels, text, c->err);
    if (c->failed != RD_OK) {
        if (c->err != NULL)
            c->err->offset = (size_t)(text.p - c->body); /* it counted from the start of the labels */
        return false;
    }
    rd_labels_write_json(&c->labels, c->out);
    return true;
}

/* The labels may stand behind the entries, so they are looked for first. */
static bool put_stream(conv *c, const rd_message *m, rd_slice content)
{
    rd_item item;
    rd_slice labels = {0};
    bool comma = false;
    rd_item_reader r = read_in(c, content);
    while (next(c, &r, m, &item)) {
        if (item.field->number == STREAM_LABELS)
            labels = item.bytes;
    }
    if (c->failed != RD_OK)
        return false;
    rd_buf_append_str(c->out, "{\"stream\":");
    if (!put_labels(c, labels))
        return false;
    rd_buf_append_str(c->out, ",\"values\":[");
    r = read_in(c, content);
    while (next(c, &r, m, &item)) {
        if (item.field->number != STREAM_ENTRIES)
            continue;
        if (comma)
            rd_buf_append_byte(c->out, ',');
        comma = true;
        if (!put_entry(c, item.field->child, item.bytes))
            return false;
    }
    rd_buf_append_str(c->out, "]}");
    return c->failed == RD_OK;
}

static bool put_request(conv *c, rd_slice body)
{
    rd_item item;
    bool comma = false;
    rd_item_reader r = read_in(c, body);
    rd_buf_append_str(c->out, "{\"streams\":[");
    while (next(c, &r, &rd_schema_loki_push, &item)) {
        if (item.field->number != REQUEST_STREAMS)
            continue;
        if (comma)
            rd_buf_append_byte(c->out, ',');
        comma = true;
        if (!put_stream(c, item.field->child, item.bytes))
            return false;
    }
    rd_buf_append_str(c->out, "]}");
    return c->failed == RD_OK;
}

rd_outcome rd_loki_to_json(rd_slice body, const rd_limits *lim, rd_buf *out, rd_error *err)
{
    const size_t before = out->n;
    if (body.n > RD_DOC_MAX_BODY)
        return rd_fail(err, RD_TOO_LARGE, "protobuf: body too large", SIZE_MAX);
    if (body.p == NULL)
        body.p = (const uint8_t *)"";
    /* Fields are counted each time they are read: those of a stream twice, of an entry up to three times. */
    uint32_t left = lim->max_elements > UINT32_MAX / 3 ? UINT32_MAX : lim->max_elements * 3;
    conv c = {.body = body.p, .out = out, .err = err, .left = left};
    rd_labels_init(&c.labels, lim->max_elements);
    bool ok = put_request(&c, body);
    if (ok && out->failed != RD_OK)
        ok = fail(&c, out->failed, "json: output", body.p);
    rd_labels_release(&c.labels);
    if (ok)
        return RD_OK;
    out->n = before;
    return c.failed;
}
