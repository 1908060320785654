/* SPDX-License-Identifier: MIT */
/*
 * Pairs whose key was judged: the value is read as far as an action needs it, and written anew in the form it
 * stands in. Called by redact.c alone.
 */
#include "filters/redact_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "filters/json/json.h"
#include "filters/json/token.h"
#include "filters/wire/wire.h"

/* Fields of AnyValue and their JSON names. */
enum {
    STRING_VALUE = 1,
    INT_VALUE = 3,
    DOUBLE_VALUE = 4,
    WIRE_VARINT = 0,
    WIRE_FIXED64 = 1,
    WIRE_LEN = 2,
    DOUBLE_BYTES = 8,
    MAX_NUMBER = 64, /* bytes of a double in JSON that are read */
    MAX_INT = 18     /* digits that fit into 64 bits, whatever they are */
};

typedef enum value_kind { VALUE_NONE, VALUE_TEXT, VALUE_INT, VALUE_DOUBLE } value_kind;

/* ---- what a value says; VALUE_NONE: it is neither a text nor a number ---- */

/* The shortest form that means the same, so that JSON and protobuf say it alike. */
static value_kind put_double(double v, rd_buf *out)
{
    char text[MAX_NUMBER];
    if (!isfinite(v))
        return VALUE_NONE;
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    rd_buf_append_str(out, text);
    return VALUE_DOUBLE;
}

static value_kind kind_of_any_value(rd_slice raw, rd_buf *out)
{
    const uint8_t *p = raw.p, *end = raw.p + raw.n;
    uint64_t tag, v;
    double d;
    p += rd_varint_get(p, end, &tag);
    if (p == raw.p)
        return VALUE_NONE;
    if (tag == (DOUBLE_VALUE << 3 | WIRE_FIXED64) && end - p == DOUBLE_BYTES) {
        memcpy(&d, p, sizeof d); /* little endian, as is every machine this is built for */
        return put_double(d, out);
    }
    size_t m = rd_varint_get(p, end, &v);
    p += m;
    if (m == 0)
        return VALUE_NONE;
    /* Nothing may stand before or behind it: of two values the last would count. */
    if (tag == (STRING_VALUE << 3 | WIRE_LEN) && v == (uint64_t)(end - p)) {
        rd_buf_append(out, p, (size_t)v);
        return VALUE_TEXT;
    }
    if (tag != (INT_VALUE << 3 | WIRE_VARINT) || p != end)
        return VALUE_NONE;
    rd_buf_append_i64(out, (int64_t)v);
    return VALUE_INT;
}

static bool is_integer(rd_slice s)
{
    size_t i = s.n > 0 && s.p[0] == '-';
    if (i == s.n || s.n > 20)
        return false;
    while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
        i++;
    return i == s.n;
}

static value_kind double_of(rd_slice number, rd_buf *out)
{
    char text[MAX_NUMBER + 1];
    if (number.n > MAX_NUMBER)
        return VALUE_NONE;
    memcpy(text, number.p, number.n);
    text[number.n] = '\0';
    return put_double(strtod(text, NULL), out);
}

/* A string or a number, and nothing behind it. `as_double`: an integer is one, too. */
static value_kind read_scalar(rd_json *j, bool as_double, rd_buf *out)
{
    rd_json_text t;
    if (rd_json_peek(j) == '"') {
        if (!rd_json_string(j, &t))
            return VALUE_NONE;
        rd_json_unescape(rd_json_bytes(j, t), out);
        return VALUE_TEXT;
    }
    if (!rd_json_number(j, &t))
        return VALUE_NONE;
    rd_slice number = rd_json_bytes(j, t);
    if (as_double || !is_integer(number))
        return double_of(number, out);
    rd_buf_append(out, number.p, number.n);
    return VALUE_INT;
}

static bool is_name(rd_slice word, const char *camel, const char *snake)
{
    return rd_slice_eq(word, rd_slice_str(camel)) || rd_slice_eq(word, rd_slice_str(snake));
}

/* The only member of an AnyValue, of which the name is `word`. */
static value_kind read_member(rd_json *j, rd_slice word, rd_buf *out)
{
    size_t from = out->n;
    bool string = is_name(word, "stringValue", "string_value"),
         integer = is_name(word, "intValue", "int_value"),
         number = is_name(word, "doubleValue", "double_value");
    if (!string && !integer && !number)
        return VALUE_NONE;
    value_kind k = read_scalar(j, number, out);
    rd_slice text = {out->p + from, out->n - from};
    if (string)
        return k == VALUE_TEXT ? k : VALUE_NONE;
    if (integer)
        return k != VALUE_NONE && is_integer(text) ? VALUE_INT : VALUE_NONE;
    if (k != VALUE_TEXT)
        return k;
    if (!rd_json_is_number(text) || text.n > MAX_NUMBER)
        return VALUE_NONE;
    char copy[MAX_NUMBER + 1];
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    out->n = from;
    return put_double(strtod(copy, NULL), out);
}

static value_kind kind_of_json(rd_slice raw, bool any_value, rd_buf *out)
{
    static const rd_limits all = {
        .max_depth = RD_JSON_MAX_DEPTH, .max_elements = UINT32_MAX, .keep_invalid_utf8 = true};
    rd_json j;
    rd_json_list it;
    rd_json_text name;
    rd_error err;
    value_kind k = VALUE_NONE;
    rd_json_init(&j, raw, &all);
    if (!any_value)
        k = read_scalar(&j, false, out);
    else if (rd_json_open(&j, '{', &it) && rd_json_member(&j, &it, &name)) {
        k = read_member(&j, rd_json_bytes(&j, name), out);
        if (rd_json_member(&j, &it, &name))
            return VALUE_NONE;
    }
    return rd_json_finish(&j, &err) == RD_OK ? k : VALUE_NONE;
}

/* Appends what the value says. */
static value_kind kind_of(const rd_leaf *l, rd_slice raw, rd_buf *out)
{
    switch ((rd_form)l->form) {
    case RD_FORM_PAIR_VALUE:
        return kind_of_any_value(raw, out);
    case RD_FORM_PAIR_TEXT:
        rd_buf_append(out, raw.p, raw.n);
        return VALUE_TEXT;
    case RD_FORM_PAIR_JSON_ANY:
        return kind_of_json(raw, true, out);
    case RD_FORM_PAIR_JSON:
        return kind_of_json(raw, false, out);
    default:
        return VALUE_NONE;
    }
}

/* ---- what it becomes ---- */

/* A number as what it was. False: it is none any more. */
static bool write_number(const rd_leaf *l, value_kind kind, rd_slice value, rd_buf *b)
{
    char text[MAX_NUMBER + 1];
    uint8_t varint[10];
    if (!rd_json_is_number(value) || value.n > (kind == VALUE_INT ? (size_t)MAX_INT : (size_t)MAX_NUMBER))
        return false;
    memcpy(text, value.p, value.n);
    text[value.n] = '\0';
    double d = strtod(text, NULL);
    switch ((rd_form)l->form) {
    case RD_FORM_PAIR_VALUE:
        rd_buf_append_byte(b, kind == VALUE_INT ? INT_VALUE << 3 | WIRE_VARINT
                                                : DOUBLE_VALUE << 3 | WIRE_FIXED64);
        if (kind == VALUE_INT)
            rd_buf_append(b, varint, rd_varint_put((uint64_t)strtoll(text, NULL, 10), varint));
        else
            rd_buf_append(b, &d, sizeof d);
        return true;
    case RD_FORM_PAIR_JSON_ANY:
        rd_buf_append_str(b, kind == VALUE_INT ? "{\"intValue\":\"" : "{\"doubleValue\":");
        rd_buf_append_str(b, text);
        rd_buf_append_str(b, kind == VALUE_INT ? "\"}" : "}");
        return true;
    case RD_FORM_PAIR_JSON:
        rd_buf_append_str(b, text);
        return true;
    default:
        return false;
    }
}

void rd_redact_pair_write(const rd_leaf *l, rd_slice value, rd_buf *b)
{
    uint8_t len[10];
    switch ((rd_form)l->form) {
    case RD_FORM_PAIR_VALUE: /* AnyValue{string_value} */
        rd_buf_append_byte(b, STRING_VALUE << 3 | WIRE_LEN);
        rd_buf_append(b, len, rd_varint_put(value.n, len));
        rd_buf_append(b, value.p, value.n);
        break;
    case RD_FORM_PAIR_TEXT:
        rd_buf_append(b, value.p, value.n);
        break;
    case RD_FORM_PAIR_JSON_ANY:
        rd_buf_append_str(b, "{\"stringValue\":\"");
        rd_json_escape(value, b);
        rd_buf_append_str(b, "\"}");
        break;
    case RD_FORM_PAIR_JSON:
        rd_buf_append_byte(b, '"');
        rd_json_escape(value, b);
        rd_buf_append_byte(b, '"');
        break;
    default: /* PAIR_DROP: nothing stays */
        break;
    }
}

/* A value that may stay is searched like any other. */
static rd_outcome search_value(rd_redactor *r, uint32_t i, rd_slice text)
{
    size_t from = r->decoded.n;
    rd_buf_append(&r->decoded, text.p, text.n);
    if (text.n > 0 && !rd_batch_push(&r->views, (uint32_t)from, text.n, i))
        return RD_NO_MEMORY;
    rd_buf_append_byte(&r->decoded, 0);
    return r->decoded.failed;
}

rd_outcome rd_redact_pair(rd_redactor *r, uint32_t i, bool first_group, bool in_group)
{
    const rd_leaf *l = &r->doc.leaves[i];
    if (l->rule == RD_RULE_RESERVED) {
        r->n_reserved += first_group;
        return !first_group ? RD_OK : rd_redactor_edit(r, l->off, l->len, l->frame, (rd_slice){0});
    }
    const rd_action *action = rd_policy_action(r->job->policy, l->rule, (rd_class)l->cls);
    const rd_filter *filter = rd_policy_filter(r->job->policy, l->rule);
    rd_buf *read = &r->work, *value = &r->work2;
    value_kind kind = VALUE_NONE;
    read->n = value->n = 0;
    bool plain = action->kind == RD_ACTION_DROP || (action->kind == RD_ACTION_MASK && !action->keeps);
    if (!plain || filter != NULL)
        kind = kind_of(l, rd_doc_leaf_bytes(&r->doc, l), read);
    rd_slice text = rd_buf_slice(read);
    if (filter != NULL && kind != VALUE_NONE && rd_filter_allows(filter, text))
        return in_group ? search_value(r, i, text) : RD_OK;
    if (!first_group)
        return RD_OK;
    rd_done done;
    if (!rd_act_value(action, &r->digester, kind != VALUE_NONE ? &text : NULL, value, &done))
        return RD_OK; /* it is what we made of it */
    if (value->n == 0 && l->cls == RD_CLASS_LABEL)
        rd_buf_append_str(value, RD_MASK_TEXT); /* see rd_redactor_act */
    rd_redactor_acted(r, l->rule, action, l, l->form == RD_FORM_PAIR_DROP ? RD_ACTION_DROP : done);
    if (read->failed != RD_OK || value->failed != RD_OK)
        return RD_NO_MEMORY;
    read->n = 0;
    bool number = action->kind == RD_ACTION_ROUND && (kind == VALUE_INT || kind == VALUE_DOUBLE);
    if (!number || !write_number(l, kind, rd_buf_slice(value), read))
        rd_redact_pair_write(l, rd_buf_slice(value), read);
    return read->failed != RD_OK ? read->failed
                                 : rd_redactor_edit(r, l->off, l->len, l->frame, rd_buf_slice(read));
}
