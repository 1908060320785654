/* SPDX-License-Identifier: MIT */
/*
 * Views: leaves whose bytes are not the text they mean (JSON escapes, base64, integers). The text is decoded
 * into r->decoded, matched there, and a match is written back in the leaf's own form. Called by redact.c
 * alone.
 */
#include "filters/redact_private.h"

#include "filters/base/base64.h"
#include "filters/json/json.h"
#include "filters/wire/wire.h"

/* ---- leaf to text ---- */

static rd_outcome view_int(rd_redactor *r, const rd_leaf *l)
{
    uint64_t v;
    rd_slice raw = rd_doc_leaf_bytes(&r->doc, l);
    uint64_t tag;
    size_t tag_len = raw.p[0] < 0x80 ? 1 : rd_varint_get(raw.p, raw.p + raw.n, &tag);
    if (tag_len == 0 || rd_varint_get(raw.p + tag_len, raw.p + raw.n, &v) == 0)
        return RD_MALFORMED;
    rd_buf_append_i64(&r->decoded, (int64_t)v);
    return RD_OK;
}

/* The digits of a member such as "intValue": "-12" are all that can be a number in it. */
static void view_json_int(rd_redactor *r, const rd_leaf *l)
{
    rd_slice raw = rd_doc_leaf_bytes(&r->doc, l);
    size_t at = 0;
    while (at < raw.n && raw.p[at] != ':')
        at++;
    for (; at < raw.n; at++) {
        uint8_t c = raw.p[at];
        if ((c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E')
            rd_buf_append_byte(&r->decoded, c);
    }
}

/* `/` may stand as `\/`. */
static rd_outcome view_base64(rd_redactor *r, rd_slice raw)
{
    if (memchr(raw.p, '\\', raw.n) != NULL) {
        r->work.n = 0;
        rd_json_unescape(raw, &r->work);
        raw = rd_buf_slice(&r->work);
    }
    if (r->work.failed != RD_OK)
        return r->work.failed;
    bool ok = rd_base64_decode(raw, &r->decoded);
    return ok || r->decoded.failed != RD_OK ? RD_OK : RD_MALFORMED;
}

rd_outcome rd_redact_view_collect(rd_redactor *r, uint32_t i, uint32_t group)
{
    const rd_leaf *l = &r->doc.leaves[i];
    rd_slice raw = rd_doc_leaf_bytes(&r->doc, l);
    size_t from = r->decoded.n;
    rd_outcome o = RD_OK;
    switch ((rd_form)l->form) {
    case RD_FORM_JSON_ESC:
        rd_json_unescape(raw, &r->decoded);
        break;
    case RD_FORM_BASE64:
        o = view_base64(r, raw);
        break;
    case RD_FORM_JSON_NUM:
        rd_buf_append(&r->decoded, raw.p, raw.n);
        break;
    case RD_FORM_INT:
        o = view_int(r, l);
        break;
    case RD_FORM_JSON_INT:
        view_json_int(r, l);
        break;
    default: /* a form nobody handles would pass unseen */
        return RD_UNSUPPORTED;
    }
    if (o == RD_OK)
        o = r->decoded.failed;
    if (o != RD_OK || r->decoded.n == from)
        return o;
    if (!rd_batch_push(&r->views, (uint32_t)from, r->decoded.n - from, i))
        return RD_NO_MEMORY;
    /* A byte between two texts, so that none continues the one before. */
    rd_buf_append_byte(&r->decoded, 0);
    return r->decoded.failed;
}

/* ---- matches back to bytes ---- */

/* Where the walk through one escaped string stands: raw byte and text byte that belong together. Matches come
 * in order, so each string is walked once, however many there are. */
typedef struct cursor {
    size_t raw, text;
} cursor;

static size_t advance(cursor *c, rd_slice raw, size_t text_off)
{
    c->raw += rd_json_raw_offset((rd_slice){raw.p + c->raw, raw.n - c->raw}, text_off - c->text);
    c->text = text_off;
    return c->raw;
}

static rd_outcome edit_escaped(rd_redactor *r, const rd_leaf *l, const rd_text *t, const rd_match *m,
                               const rd_judgement *judged, cursor *c)
{
    rd_slice raw = rd_doc_leaf_bytes(&r->doc, l);
    r->work.n = r->work2.n = 0;
    rd_redactor_act(r, judged, r->decoded.p, t, m, &r->work);
    rd_json_escape(rd_buf_slice(&r->work), &r->work2);
    if (r->work.failed != RD_OK || r->work2.failed != RD_OK)
        return RD_NO_MEMORY;
    size_t from = advance(c, raw, m->off - t->off);
    size_t to = advance(c, raw, m->off - t->off + m->len);
    return rd_redactor_edit(r, l->off + (uint32_t)from, (uint32_t)(to - from), l->frame,
                            rd_buf_slice(&r->work2));
}

/* Writes the leaf anew from its changed text (in r->work). */
static rd_outcome edit_whole(rd_redactor *r, const rd_leaf *l)
{
    rd_buf *b = &r->work2;
    uint8_t len[10];
    b->n = 0;
    switch ((rd_form)l->form) {
    case RD_FORM_BASE64:
        rd_base64_encode(rd_buf_slice(&r->work), b);
        break;
    case RD_FORM_INT: /* AnyValue.string_value instead of int_value */
        rd_buf_append_byte(b, 0x0a);
        rd_buf_append(b, len, rd_varint_put(r->work.n, len));
        rd_buf_append(b, r->work.p, r->work.n);
        break;
    case RD_FORM_PAIR_VALUE:
    case RD_FORM_PAIR_TEXT:
    case RD_FORM_PAIR_JSON_ANY:
    case RD_FORM_PAIR_JSON:
        rd_redact_pair_write(l, rd_buf_slice(&r->work), b);
        break;
    default: /* JSON_INT, JSON_NUM */
        rd_buf_append_str(b, l->form == RD_FORM_JSON_INT ? "\"stringValue\":\"" : "\"");
        rd_json_escape(rd_buf_slice(&r->work), b);
        rd_buf_append_byte(b, '"');
        break;
    }
    if (b->failed != RD_OK || r->work.failed != RD_OK)
        return RD_NO_MEMORY;
    return rd_redactor_edit(r, l->off, l->len, l->frame, rd_buf_slice(b));
}

/* All matches of one escaped string, or of one text that is written anew. */
static rd_outcome text_matches(rd_redactor *r, const rd_match *list, uint32_t n, uint32_t group)
{
    const rd_text *t = &r->views.texts[list->text];
    const rd_leaf *l = &r->doc.leaves[r->views.owner[list->text]];
    bool whole = l->form != RD_FORM_JSON_ESC, changed = false;
    cursor c = {0, 0};
    uint32_t copied = t->off, done = 0;
    rd_buf anew;
    rd_buf_init(&anew, r->work.max);
    rd_outcome o = RD_OK;
    for (uint32_t i = 0; o == RD_OK && i < n; i++) {
        rd_match m = list[i];
        if (rd_redactor_stays(r, r->decoded.p, t, &m, group, RD_MODE_ENFORCE, (rd_class)l->cls))
            continue;
        const rd_judgement judged = rd_redactor_judge(r, &m, group, l);
        if (!rd_redactor_settle(r->decoded.p, t, &done, &m))
            continue;
        changed = true;
        if (!whole) {
            o = edit_escaped(r, l, t, &m, &judged, &c);
            continue;
        }
        rd_buf_append(&anew, r->decoded.p + copied, m.off - copied);
        rd_redactor_act(r, &judged, r->decoded.p, t, &m, &anew);
        copied = m.off + m.len;
    }
    if (o == RD_OK && whole && changed) {
        rd_buf_append(&anew, r->decoded.p + copied, t->off + t->len - copied);
        r->work.n = 0;
        rd_buf_append(&r->work, anew.p, anew.n);
        o = anew.failed != RD_OK ? anew.failed : edit_whole(r, l);
    }
    rd_buf_release(&anew);
    return o;
}

rd_outcome rd_redact_view_matches(rd_redactor *r, const rd_matches *found, uint32_t group)
{
    for (uint32_t i = 0; i < found->n;) {
        uint32_t n = 1;
        while (i + n < found->n && found->list[i + n].text == found->list[i].text)
            n++;
        rd_outcome o = text_matches(r, &found->list[i], n, group);
        if (o != RD_OK)
            return o;
        i += n;
    }
    return RD_OK;
}
