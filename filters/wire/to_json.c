/* SPDX-License-Identifier: MIT */
/*
 * Protobuf to JSON, driven by the message tables.
 *
 * A message is read twice: a survey counts what stands of each field and where, then the members are written
 * in the order of the schema, so that a repeated field becomes one array wherever its parts stood.
 *
 *    body    f1 ... f2 ... f1 ... f3          survey: f1 x2 from here, f2 x1, f3 x1
 *    JSON    {"f1":[..,..],"f2":..,"f3":..}   f1: read on from its first place until two were seen
 *
 * Merging is protobuf's: of a singular scalar the last one counts; a singular message that stands several
 * times is the concatenation of its parts, so a message is a list of spans of the body; setting another
 * member of a oneof forgets the ones before it. Nothing is copied but the spans (8 bytes for a field of at
 * least two).
 *
 * Work and memory: every field is surveyed once, counted against lim->max_elements; after that it is read at
 * most once for each repeated field of its message. Recursion is as deep as the walker goes. The output has
 * its own ceiling.
 */
#include "filters/wire/to_json.h"

#include <stdlib.h>

#include "filters/wire/item.h"
#include "filters/wire/to_json_value.h"

enum { MAX_FIELDS = 24 }; /* of one message; a test holds the schema to it */

typedef struct span {
    uint32_t off, end;
} span;

/* What the survey knows of one field. */
typedef struct seen {
    uint32_t count;
    uint32_t span;  /* the first one that counts: which span, ... */
    uint32_t first; /* ... and offset of its tag */
    uint32_t last;  /* offset of the tag of the last one */
} seen;

/* A message as a run of the span stack. */
typedef struct part_list {
    const rd_message *msg;
    uint32_t first, n;
    uint32_t level, depth; /* messages around it; of those, AnyValues */
} part_list;

typedef struct conv {
    rd_slice body;
    rd_buf *out;
    rd_error *err;
    rd_outcome failed;
    uint32_t left; /* elements */
    uint32_t max_depth;
    span *spans; /* owned; a stack */
    uint32_t n_spans, cap_spans;
} conv;

static bool fail(conv *c, rd_outcome o, const char *what)
{
    c->failed = rd_fail(c->err, o, what, SIZE_MAX);
    return false;
}

static bool push_span(conv *c, rd_slice content)
{
    if (c->n_spans == c->cap_spans) {
        uint32_t cap = c->cap_spans == 0 ? 64 : c->cap_spans * 2;
        span *p = cap > UINT32_MAX / 2 ? NULL : reallocarray(c->spans, cap, sizeof *p);
        if (p == NULL)
            return fail(c, RD_NO_MEMORY, "json: parts of messages");
        c->spans = p;
        c->cap_spans = cap;
    }
    uint32_t off = (uint32_t)(content.p - c->body.p);
    c->spans[c->n_spans++] = (span){off, off + (uint32_t)content.n};
    return true;
}

/* Reads the fields of a message, span after span. `at` is the offset of the field that came last. */
typedef struct cursor {
    rd_item_reader reader;
    uint32_t span; /* index of the one that is read */
    uint32_t at;
} cursor;

static void cursor_set(const conv *c, cursor *cur, uint32_t span_index, uint32_t off)
{
    cur->span = span_index;
    cur->reader = (rd_item_reader){
        .body = c->body.p, .p = c->body.p + off, .end = c->body.p + c->spans[span_index].end, .err = c->err};
}

/* False: at the end, or c->failed. */
static bool cursor_next(conv *c, cursor *cur, const part_list *parts, rd_item *out)
{
    while (cur->reader.p == cur->reader.end) {
        if (cur->span + 1 == parts->first + parts->n)
            return false;
        cursor_set(c, cur, cur->span + 1, c->spans[cur->span + 1].off);
    }
    cur->at = (uint32_t)(cur->reader.p - c->body.p);
    if (rd_item_next(&cur->reader, parts->msg, out))
        return true;
    c->failed = cur->reader.failed;
    return false;
}

/* The tables do not say which fields form a oneof. In these messages it is every singular field with
 * presence, in the others such a field stands for itself (a test compares with the descriptors). */
static bool has_oneof(const rd_message *m)
{
    static const char *const names[] = {"Metric", "NumberDataPoint", "Exemplar"};
    if (m->kind == RD_KIND_ANYVALUE)
        return true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(m->name, names[i]) == 0)
            return true;
    }
    return false;
}

static bool survey(conv *c, const part_list *parts, seen *out)
{
    cursor cur;
    rd_item item;
    const rd_message *m = parts->msg;
    const bool oneof = has_oneof(m);
    seen *member = NULL; /* of the oneof, set last */
    cursor_set(c, &cur, parts->first, c->spans[parts->first].off);
    while (cursor_next(c, &cur, parts, &item)) {
        if (c->left-- == 0)
            return fail(c, RD_TOO_MANY, "protobuf: too many elements");
        if (item.field == NULL)
            continue;
        seen *s = &out[item.field - m->fields];
        if (oneof && item.field->has_presence && !item.field->repeated) {
            if (member != NULL && member != s)
                member->count = 0;
            member = s;
        }
        if (s->count++ == 0) {
            s->span = cur.span;
            s->first = cur.at;
        }
        s->last = cur.at;
    }
    return c->failed == RD_OK;
}

static bool put_message(conv *c, const part_list *parts);

/* Writes the message whose spans were pushed from `first` on, and pops them. */
static bool put_child(conv *c, const part_list *parent, const rd_field *f, uint32_t first)
{
    part_list child = {.msg = f->child,
                       .first = first,
                       .n = c->n_spans - first,
                       .level = parent->level + 1,
                       .depth = parent->depth + (f->child->kind == RD_KIND_ANYVALUE)};
    if (child.level >= RD_WIRE_MAX_LEVELS || child.depth > c->max_depth)
        return fail(c, RD_TOO_DEEP, "protobuf: nested too deep");
    bool ok = put_message(c, &child);
    c->n_spans = first;
    return ok;
}

static bool put_packed(conv *c, const rd_field *f, rd_slice content, bool *comma)
{
    uint64_t number;
    rd_item_reader r = {.body = c->body.p, .p = content.p, .end = content.p + content.n, .err = c->err};
    while (rd_item_next_packed(&r, f, &number)) {
        if (*comma)
            rd_buf_append_byte(c->out, ',');
        *comma = true;
        rd_json_put_number(f, number, c->out);
    }
    c->failed = r.failed;
    return c->failed == RD_OK;
}

/* One element of an array, or several that are packed. */
static bool put_element(conv *c, const part_list *parts, const rd_item *item, bool *comma)
{
    const rd_field *f = item->field;
    if (item->wire == RD_WIRE_LEN && f->packable)
        return put_packed(c, f, item->bytes, comma);
    if (*comma)
        rd_buf_append_byte(c->out, ',');
    *comma = true;
    if (f->child != NULL) {
        uint32_t first = c->n_spans;
        return push_span(c, item->bytes) && put_child(c, parts, f, first);
    }
    if (item->wire == RD_WIRE_LEN)
        rd_json_put_bytes(f, item->bytes, c->out);
    else
        rd_json_put_number(f, item->number, c->out);
    return true;
}

static bool put_array(conv *c, const part_list *parts, const rd_field *f, const seen *s)
{
    cursor cur;
    rd_item item;
    bool comma = false;
    rd_buf_append_byte(c->out, '[');
    cursor_set(c, &cur, s->span, s->first);
    for (uint32_t n = 0; n < s->count && cursor_next(c, &cur, parts, &item);) {
        if (item.field != f)
            continue;
        if (!put_element(c, parts, &item, &comma))
            return false;
        n++;
    }
    rd_buf_append_byte(c->out, ']');
    return c->failed == RD_OK;
}

static bool put_merged(conv *c, const part_list *parts, const rd_field *f, const seen *s)
{
    cursor cur;
    rd_item item;
    uint32_t first = c->n_spans;
    cursor_set(c, &cur, s->span, s->first);
    for (uint32_t n = 0; n < s->count && cursor_next(c, &cur, parts, &item);) {
        if (item.field != f)
            continue;
        if (!push_span(c, item.bytes))
            return false;
        n++;
    }
    return c->failed == RD_OK && put_child(c, parts, f, first);
}

static bool put_field(conv *c, const part_list *parts, const rd_field *f, const seen *s)
{
    rd_item item;
    bool comma = false;
    if (f->repeated)
        return put_array(c, parts, f, s);
    if (f->child != NULL)
        return put_merged(c, parts, f, s);
    /* The survey has read it, so it ends inside its message. */
    rd_item_reader r = {
        .body = c->body.p, .p = c->body.p + s->last, .end = c->body.p + c->body.n, .err = c->err};
    if (!rd_item_next(&r, parts->msg, &item)) {
        c->failed = r.failed;
        return false;
    }
    return put_element(c, parts, &item, &comma);
}

static void put_name(rd_buf *out, const rd_field *f, bool comma)
{
    uint8_t *p = rd_buf_reserve(out, f->json_name_len + UINT32_C(4));
    if (p == NULL)
        return;
    const uint8_t *from = p;
    if (comma)
        *p++ = ',';
    *p++ = '"';
    memcpy(p, f->json_name, f->json_name_len);
    p += f->json_name_len;
    *p++ = '"';
    *p++ = ':';
    out->n += (size_t)(p - from);
}

static bool put_message(conv *c, const part_list *parts)
{
    seen fields[MAX_FIELDS];
    const rd_message *m = parts->msg;
    bool comma = false;
    if (m->n_fields > MAX_FIELDS)
        return fail(c, RD_UNSUPPORTED, "json: message with too many fields");
    if (c->out->failed != RD_OK)
        return fail(c, c->out->failed, "json: output");
    memset(fields, 0, m->n_fields * sizeof *fields);
    if (!survey(c, parts, fields))
        return false;
    rd_buf_append_byte(c->out, '{');
    for (unsigned i = 0; i < m->n_fields; i++) {
        const rd_field *f = &m->fields[i];
        if (fields[i].count == 0)
            continue;
        put_name(c->out, f, comma);
        comma = true;
        if (!put_field(c, parts, f, &fields[i]))
            return false;
    }
    rd_buf_append_byte(c->out, '}');
    return true;
}

rd_outcome rd_wire_to_json(const rd_message *root, rd_slice body, const rd_limits *lim, rd_buf *out,
                           rd_error *err)
{
    const size_t before = out->n;
    if (body.n > RD_DOC_MAX_BODY)
        return rd_fail(err, RD_TOO_LARGE, "protobuf: body too large", SIZE_MAX);
    if (body.p == NULL)
        body.p = (const uint8_t *)"";
    conv c = {.body = body,
              .out = out,
              .err = err,
              .left = lim->max_elements,
              /* The walker's count: a value stands at depth 1. */
              .max_depth = lim->max_depth < RD_WIRE_MAX_LEVELS ? lim->max_depth + 1 : RD_WIRE_MAX_LEVELS};
    part_list all = {.msg = root, .n = 1};
    bool ok = push_span(&c, body) && put_message(&c, &all);
    if (ok && out->failed != RD_OK)
        ok = fail(&c, out->failed, "json: output");
    free(c.spans);
    if (ok)
        return RD_OK;
    out->n = before;
    return c.failed;
}
