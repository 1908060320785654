/* SPDX-License-Identifier: MIT */
#include "filters/stamp.h"

#include "filters/json/json.h"
#include "filters/loki/labels.h"
#include "filters/wire/wire.h"

/* Field numbers: Resource.attributes, KeyValue.key and value, AnyValue.string_value; ResourceX.resource;
 * StreamAdapter.labels. All of them are 1 or 2 and length-delimited. */
enum { TAG_1 = 1 << 3 | 2, TAG_2 = 2 << 3 | 2 };

static const rd_slice loki_names[] = {{(const uint8_t *)"_aggregated_metric_", 19},
                                      {(const uint8_t *)"_pattern_", 9}};
static const rd_slice loki_prefix = {(const uint8_t *)"_backfill", 9};

/* ---- reserved names ---- */

static uint8_t folded(uint8_t c)
{
    uint8_t lower = c | 0x20;
    if ((uint8_t)(lower - 'a') < 26)
        return lower;
    return (uint8_t)(c - '0') < 10 ? c : '_';
}

/* The next character of a name's normal form, 0 at its end. */
static uint8_t next(rd_slice *s)
{
    if (s->n == 0)
        return 0;
    uint8_t c = folded(s->p[0]);
    do
        *s = (rd_slice){s->p + 1, s->n - 1};
    while (c == '_' && s->n > 0 && folded(s->p[0]) == '_');
    return c;
}

/* Is `name` the normal form's equal, or with `prefix` its beginning? */
static bool matches(rd_slice key, rd_slice name, bool prefix)
{
    for (;;) {
        uint8_t want = next(&name);
        if (want == 0 && prefix)
            return true;
        if (next(&key) != want)
            return false;
        if (want == 0)
            return true;
    }
}

bool rd_stamp_is_same_name(rd_slice a, rd_slice b)
{
    return matches(a, b, false);
}

void rd_stamp_names_init(rd_stamp_names *s, const rd_stamp *stamp)
{
    *s = (rd_stamp_names){.stamp = stamp, .firsts = UINT32_C(1) << ('_' & 31)};
    for (uint32_t i = 0; stamp != NULL && i < stamp->n_labels; i++)
        s->firsts |= UINT32_C(1) << (folded(stamp->labels[i].name.p[0]) & 31);
}

static bool is_loki_name(rd_slice key)
{
    for (unsigned i = 0; i < sizeof loki_names / sizeof loki_names[0]; i++) {
        if (matches(key, loki_names[i], false))
            return true;
    }
    return matches(key, loki_prefix, true);
}

bool rd_stamp_is_reserved(const rd_stamp_names *s, rd_slice key, rd_class cls)
{
    static const uint32_t classes = 1u << RD_CLASS_ATTRIBUTE | 1u << RD_CLASS_RESOURCE |
                                    1u << RD_CLASS_SCOPE | 1u << RD_CLASS_LABEL | 1u << RD_CLASS_METADATA |
                                    1u << RD_CLASS_EXEMPLAR;
    if (key.n == 0 || (s->firsts >> (folded(key.p[0]) & 31) & 1) == 0 || (classes >> cls & 1) == 0)
        return false;
    for (uint32_t i = 0; i < s->stamp->n_labels; i++) {
        if (matches(key, s->stamp->labels[i].name, false))
            return true;
    }
    return folded(key.p[0]) == '_' && key.n > 1 && key.p[1] == '_' && is_loki_name(key);
}

/* ---- protobuf ---- */

static void put_prefix(uint8_t tag, size_t n, rd_buf *out)
{
    uint8_t bytes[10];
    rd_buf_append_byte(out, tag);
    rd_buf_append(out, bytes, rd_varint_put(n, bytes));
}

static size_t field_size(size_t n)
{
    return 1 + rd_varint_size(n) + n;
}

/* KeyValue{key, AnyValue{string_value}} without its own tag. */
static size_t pair_size(const rd_stamp_label *l)
{
    return field_size(l->name.n) + field_size(field_size(l->value.n));
}

static size_t attributes_size(const rd_stamp *s)
{
    size_t n = 0;
    if (s->texts != NULL)
        return s->texts->attributes.n;
    for (uint32_t i = 0; i < s->n_labels; i++)
        n += field_size(pair_size(&s->labels[i]));
    return n;
}

static void make_attributes(const rd_stamp *s, rd_buf *out)
{
    for (uint32_t i = 0; i < s->n_labels; i++) {
        const rd_stamp_label *l = &s->labels[i];
        put_prefix(TAG_1, pair_size(l), out);
        put_prefix(TAG_1, l->name.n, out);
        rd_buf_append(out, l->name.p, l->name.n);
        put_prefix(TAG_2, field_size(l->value.n), out);
        put_prefix(TAG_1, l->value.n, out);
        rd_buf_append(out, l->value.p, l->value.n);
    }
}

/* ---- JSON ---- */

static void make_items(const rd_stamp *s, rd_buf *out)
{
    for (uint32_t i = 0; i < s->n_labels; i++) {
        rd_buf_append_str(out, i > 0 ? ",{\"key\":\"" : "{\"key\":\"");
        rd_json_escape(s->labels[i].name, out);
        rd_buf_append_str(out, "\",\"value\":{\"stringValue\":\"");
        rd_json_escape(s->labels[i].value, out);
        rd_buf_append_str(out, "\"}}");
    }
}

static void make_members(const rd_stamp *s, rd_buf *out)
{
    for (uint32_t i = 0; i < s->n_labels; i++) {
        rd_buf_append_str(out, i > 0 ? ",\"" : "\"");
        rd_json_escape(s->labels[i].name, out);
        rd_buf_append_str(out, "\":\"");
        rd_json_escape(s->labels[i].value, out);
        rd_buf_append_byte(out, '"');
    }
}

/* ---- made once, or now ---- */

/* A buffer to which nothing was written has no memory, and NULL plus 0 is not defined. */
static rd_slice stretch(const rd_buf *b, size_t from, size_t to)
{
    return to > from ? rd_slice_of(b->p + from, to - from) : (rd_slice){0};
}

void rd_stamp_prepare(const rd_stamp *s, rd_buf *out, rd_stamp_texts *out_texts)
{
    size_t from = out->n, items, members;
    make_attributes(s, out);
    items = out->n;
    make_items(s, out);
    members = out->n;
    make_members(s, out);
    *out_texts = (rd_stamp_texts){.attributes = stretch(out, from, items),
                                  .items = stretch(out, items, members),
                                  .members = stretch(out, members, out->n)};
}

static void put_attributes(const rd_stamp *s, rd_buf *out)
{
    if (s->texts != NULL)
        rd_buf_append(out, s->texts->attributes.p, s->texts->attributes.n);
    else
        make_attributes(s, out);
}

static void put_items(const rd_stamp *s, rd_buf *out)
{
    if (s->texts != NULL)
        rd_buf_append(out, s->texts->items.p, s->texts->items.n);
    else
        make_items(s, out);
}

static void put_members(const rd_stamp *s, rd_buf *out)
{
    if (s->texts != NULL)
        rd_buf_append(out, s->texts->members.p, s->texts->members.n);
    else
        make_members(s, out);
}

/* {a="b"}, sorted. */
static void put_label_text(const rd_stamp *s, rd_buf *out)
{
    rd_labels labels;
    rd_labels_init(&labels, RD_STAMP_MAX);
    for (uint32_t i = 0; i < s->n_labels; i++) {
        rd_label *l = rd_labels_add(&labels);
        if (l == NULL)
            out->failed = RD_NO_MEMORY;
        else
            *l = (rd_label){s->labels[i].name, s->labels[i].value};
    }
    rd_labels_sort(&labels);
    rd_labels_write(&labels, out);
    rd_labels_release(&labels);
}

/* Label text as a JSON string, or as a protobuf field. */
static void put_wrapped_labels(const rd_stamp *s, bool json, rd_buf *out)
{
    rd_buf text;
    rd_buf_init(&text, out->max);
    put_label_text(s, &text);
    if (json) {
        rd_buf_append_byte(out, '"');
        rd_json_escape(rd_buf_slice(&text), out);
        rd_buf_append_byte(out, '"');
    } else {
        put_prefix(TAG_1, text.n, out);
        rd_buf_append(out, text.p, text.n);
    }
    if (text.failed != RD_OK)
        out->failed = text.failed;
    rd_buf_release(&text);
}

/* ---- places ---- */

static void put_json_value(const rd_stamp *s, rd_place_kind kind, rd_buf *out)
{
    switch (kind) {
    case RD_PLACE_JSON_ATTRIBUTES:
        rd_buf_append_byte(out, '[');
        put_items(s, out);
        rd_buf_append_byte(out, ']');
        break;
    case RD_PLACE_JSON_RESOURCE:
        rd_buf_append_str(out, "{\"attributes\":[");
        put_items(s, out);
        rd_buf_append_str(out, "]}");
        break;
    case RD_PLACE_JSON_STREAM:
        rd_buf_append_byte(out, '{');
        put_members(s, out);
        rd_buf_append_byte(out, '}');
        break;
    default:
        put_wrapped_labels(s, true, out);
        break;
    }
}

/* The member's name, where there is no member yet: nothing is replaced there. */
static void put_name(const rd_place *p, rd_buf *out)
{
    static const char *const names[] = {[RD_PLACE_JSON_ATTRIBUTES] = "\"attributes\":",
                                        [RD_PLACE_JSON_RESOURCE] = "\"resource\":",
                                        [RD_PLACE_JSON_STREAM] = "\"stream\":",
                                        [RD_PLACE_JSON_LABEL_TEXT] = "\"labels\":"};
    if (p->len == 0)
        rd_buf_append_str(out, names[p->kind]);
}

void rd_stamp_write(const rd_stamp *s, const rd_place *p, rd_buf *out)
{
    switch ((rd_place_kind)p->kind) {
    case RD_PLACE_ATTRIBUTES:
        put_attributes(s, out);
        return;
    case RD_PLACE_RESOURCE:
        put_prefix(TAG_1, attributes_size(s), out);
        put_attributes(s, out);
        return;
    case RD_PLACE_LABELS:
        put_wrapped_labels(s, false, out);
        return;
    case RD_PLACE_JSON_ITEMS:
        put_items(s, out);
        break;
    case RD_PLACE_JSON_MEMBERS:
        put_members(s, out);
        break;
    default:
        put_name(p, out);
        put_json_value(s, (rd_place_kind)p->kind, out);
        break;
    }
    if (p->more)
        rd_buf_append_byte(out, ',');
}
