/* SPDX-License-Identifier: MIT */
/*
 * Pairs whose key was judged: the value is read as far as an action needs it, and written anew in the form it
 * stands in. Called by redact.c alone.
 */
#include "filters/redact_private.h"

#include "filters/json/json.h"
#include "filters/json/token.h"
#include "filters/wire/wire.h"

/* Fields of AnyValue and their JSON names. */
enum { STRING_VALUE = 1, INT_VALUE = 3, WIRE_VARINT = 0, WIRE_LEN = 2 };

/* ---- what a value says; false: it is neither a text nor an integer ---- */

static bool text_of_any_value(rd_slice raw, rd_buf *out)
{
    const uint8_t *p = raw.p, *end = raw.p + raw.n;
    uint64_t tag, v;
    size_t n = rd_varint_get(p, end, &tag);
    p += n;
    size_t m = n == 0 ? 0 : rd_varint_get(p, end, &v);
    p += m;
    if (m == 0)
        return false;
    /* Nothing may stand before or behind it: of two values the last would count. */
    if (tag == (STRING_VALUE << 3 | WIRE_LEN) && v == (uint64_t)(end - p)) {
        rd_buf_append(out, p, (size_t)v);
        return true;
    }
    if (tag != (INT_VALUE << 3 | WIRE_VARINT) || p != end)
        return false;
    rd_buf_append_i64(out, (int64_t)v);
    return true;
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

/* A string or an integer, and nothing behind it. */
static bool read_scalar(rd_json *j, rd_buf *out)
{
    rd_json_text t;
    if (rd_json_peek(j) == '"') {
        if (!rd_json_string(j, &t))
            return false;
        rd_json_unescape(rd_json_bytes(j, t), out);
        return true;
    }
    if (!rd_json_number(j, &t) || !is_integer(rd_json_bytes(j, t)))
        return false;
    rd_buf_append(out, j->base + t.off, t.len);
    return true;
}

static bool is_name(rd_slice word, const char *camel, const char *snake)
{
    return rd_slice_eq(word, rd_slice_str(camel)) || rd_slice_eq(word, rd_slice_str(snake));
}

static bool text_of_json(rd_slice raw, bool any_value, rd_buf *out)
{
    static const rd_limits all = {
        .max_depth = RD_JSON_MAX_DEPTH, .max_elements = UINT32_MAX, .keep_invalid_utf8 = true};
    rd_json j;
    rd_json_list it;
    rd_json_text name;
    rd_error err;
    bool ok;
    rd_json_init(&j, raw, &all);
    if (any_value) {
        ok = rd_json_open(&j, '{', &it) && rd_json_member(&j, &it, &name);
        rd_slice word = ok ? rd_json_bytes(&j, name) : (rd_slice){0};
        bool string = is_name(word, "stringValue", "string_value") && rd_json_peek(&j) == '"';
        size_t from = out->n;
        ok = (string || is_name(word, "intValue", "int_value")) && read_scalar(&j, out) &&
             (string || is_integer((rd_slice){out->p + from, out->n - from})) &&
             !rd_json_member(&j, &it, &name);
    } else {
        ok = read_scalar(&j, out);
    }
    return rd_json_finish(&j, &err) == RD_OK && ok;
}

static bool text_of(const rd_leaf *l, rd_slice raw, rd_buf *out)
{
    switch ((rd_form)l->form) {
    case RD_FORM_PAIR_VALUE:
        return text_of_any_value(raw, out);
    case RD_FORM_PAIR_TEXT:
        rd_buf_append(out, raw.p, raw.n);
        return true;
    case RD_FORM_PAIR_JSON_ANY:
        return text_of_json(raw, true, out);
    case RD_FORM_PAIR_JSON:
        return text_of_json(raw, false, out);
    default:
        return false;
    }
}

/* ---- what it becomes ---- */

static void write_value(const rd_leaf *l, rd_slice value, rd_buf *b)
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

rd_outcome rd_redact_pair(rd_redactor *r, const rd_leaf *l)
{
    if (l->rule == RD_RULE_RESERVED) {
        r->n_reserved++;
        return rd_redactor_edit(r, l->off, l->len, l->frame, (rd_slice){0});
    }
    const rd_action *action = rd_policy_action(r->job->policy, l->rule, (rd_class)l->cls);
    rd_buf *read = &r->work, *value = &r->work2;
    rd_slice text;
    bool is_text = false;
    read->n = value->n = 0;
    if (action->kind == RD_ACTION_DIGEST) {
        is_text = text_of(l, rd_doc_leaf_bytes(&r->doc, l), read);
        text = rd_buf_slice(read);
    }
    if (!rd_act_value(action, &r->digester, is_text ? &text : NULL, value))
        return RD_OK; /* it is what we made of it */
    if (value->n == 0 && l->cls == RD_CLASS_LABEL)
        rd_buf_append_str(value, RD_MASK_TEXT); /* see rd_redactor_act */
    rd_redactor_count(r, l->rule, (rd_class)l->cls);
    if (read->failed != RD_OK || value->failed != RD_OK)
        return RD_NO_MEMORY;
    read->n = 0;
    write_value(l, rd_buf_slice(value), read);
    return read->failed != RD_OK ? read->failed
                                 : rd_redactor_edit(r, l->off, l->len, l->frame, rd_buf_slice(read));
}
