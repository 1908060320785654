/* SPDX-License-Identifier: MIT */
/* See walk.h. Recursion is bounded by the tokenizer's depth, at most RD_JSON_MAX_DEPTH. */
#include "filters/json/walk.h"

#include "filters/json/json.h"

static rd_verdict keep_all(const void *ctx, rd_slice key, rd_class cls)
{
    return (rd_verdict){.fate = RD_FATE_KEEP};
}

void rd_json_walk_init(rd_json_walk *w, const rd_limits *lim, const rd_visitor *v, rd_doc *doc)
{
    rd_json_init(&w->j, doc->body, lim);
    w->doc = doc;
    w->visitor = v != NULL && v->on_key != NULL ? *v : (rd_visitor){.on_key = keep_all};
    w->memo = (rd_key_memo){0};
    memset(w->after, 0, sizeof w->after);
    memset(w->pairs, 0, sizeof w->pairs);
    w->refuse_unknown = lim->unknown == RD_UNKNOWN_REFUSE;
    rd_buf_init(&w->scratch, doc->body.n);
    w->facts = rd_facts_none();
    w->stream = (rd_stream_facts){0};
}

rd_outcome rd_json_walk_finish(rd_json_walk *w, rd_error *err)
{
    rd_buf_wipe(&w->scratch);
    rd_buf_release(&w->scratch);
    return rd_json_finish(&w->j, err);
}

bool rd_json_walk_member(rd_json_walk *w, rd_json_list *it, rd_json_text *out_name)
{
    if (!rd_json_member(&w->j, it, out_name))
        return false;
    rd_json_walk_settle(w, it);
    return true;
}

bool rd_json_walk_element(rd_json_walk *w, rd_json_list *it)
{
    if (!rd_json_element(&w->j, it))
        return false;
    rd_json_walk_settle(w, it);
    return true;
}

bool rd_json_walk_push(rd_json_walk *w, rd_form form, uint32_t off, uint32_t len, uint8_t cls, uint16_t rule)
{
    rd_leaf *leaf = rd_doc_push_leaf(w->doc);
    if (leaf == NULL)
        return rd_json_fail(&w->j, RD_NO_MEMORY, "leaves");
    *leaf = (rd_leaf){
        .off = off, .len = len, .frame = RD_NO_FRAME, .rule = rule, .cls = cls, .form = (uint8_t)form};
    return true;
}

bool rd_json_walk_place(rd_json_walk *w, rd_place_kind kind, uint32_t off, uint32_t len, bool more)
{
    rd_place *p = w->visitor.places ? rd_doc_push_place(w->doc) : NULL;
    if (p == NULL)
        return !w->visitor.places || rd_json_fail(&w->j, RD_NO_MEMORY, "places");
    *p = (rd_place){.off = off, .len = len, .frame = RD_NO_FRAME, .kind = (uint8_t)kind, .more = more};
    return true;
}

bool rd_json_records_add(rd_json_walk *w, rd_json_records *s, const rd_json_list *it, uint32_t off)
{
    rd_record *item = rd_records_add(&w->doc->records);
    if (item == NULL)
        return rd_json_fail(&w->j, RD_NO_MEMORY, "items");
    item->off = off;
    item->end = rd_json_off(&w->j);
    item->frame = RD_NO_FRAME;
    item->comma_before = it->comma; /* RD_JSON_NOWHERE is RD_NO_COMMA */
    item->behind_other = s->behind_other;
    s->last = w->doc->records.n - 1;
    if (w->visitor.facts == NULL)
        return true;
    bool ok = rd_records_note(&w->doc->records, s->last, &w->facts);
    w->facts = rd_facts_none();
    return ok || rd_json_fail(&w->j, RD_NO_MEMORY, "items");
}

bool rd_json_holder_begin(rd_json_walk *w, uint32_t off, uint32_t *out_holder)
{
    _Static_assert(RD_JSON_NOWHERE == RD_NO_COMMA, "no comma is no comma");
    *out_holder = w->visitor.records ? rd_records_hold(&w->doc->records, off, UINT32_MAX) : UINT32_MAX;
    return !w->visitor.records || *out_holder != UINT32_MAX || rd_json_fail(&w->j, RD_NO_MEMORY, "items");
}

void rd_json_holder_end(rd_json_walk *w, uint32_t holder)
{
    if (holder != UINT32_MAX)
        w->doc->records.holders[holder].end = rd_json_off(&w->j);
}

bool rd_json_walk_leaf(rd_json_walk *w, rd_json_text t, uint8_t cls, uint16_t rule)
{
    return t.len == 0 ||
           rd_json_walk_push(w, t.escaped ? RD_FORM_JSON_ESC : RD_FORM_JSON, t.off, t.len, cls, rule);
}

bool rd_json_walk_string(rd_json_walk *w, uint8_t cls, uint16_t rule)
{
    rd_json_text t;
    return rd_json_string(&w->j, &t) && rd_json_walk_leaf(w, t, cls, rule);
}

bool rd_json_walk_text(rd_json_walk *w, rd_json_text t, rd_slice *out)
{
    *out = rd_json_bytes(&w->j, t);
    if (!t.escaped)
        return true;
    rd_buf_wipe(&w->scratch);
    rd_json_unescape(*out, &w->scratch);
    *out = rd_buf_slice(&w->scratch);
    return w->scratch.failed == RD_OK || rd_json_fail(&w->j, w->scratch.failed, "unescaped name");
}

bool rd_json_walk_judge(rd_json_walk *w, rd_json_text key, uint8_t cls, rd_verdict *out)
{
    rd_slice text;
    if (!rd_json_walk_text(w, key, &text))
        return false;
    *out = key.escaped ? w->visitor.on_key(w->visitor.ctx, text, (rd_class)cls)
                       : rd_key_memo_ask(&w->memo, &w->visitor, text, (rd_class)cls);
    return true;
}

bool rd_json_walk_drop(rd_json_walk *w, rd_json_list *it, uint32_t start, uint8_t cls, uint16_t rule)
{
    uint32_t end = rd_json_off(&w->j), from = it->kept ? it->comma : start;
    if (!rd_json_walk_push(w, RD_FORM_PAIR_DROP, from, end - from, cls, rule))
        return false;
    if (!it->kept)
        it->pending = w->doc->n_leaves - 1;
    return true;
}

bool rd_json_walk_named(rd_json_walk *w, rd_json_list *it, rd_json_text name, bool name_is_text, uint8_t cls,
                        uint16_t rule)
{
    rd_verdict v;
    uint32_t off = rd_json_off(&w->j);

    if (!rd_json_walk_judge(w, name, cls, &v))
        return false;
    if (v.fate == RD_FATE_DROP)
        return rd_json_skip(&w->j) && rd_json_walk_drop(w, it, name.off - 1, cls, v.rule);
    it->kept = true;
    if (name_is_text && !rd_json_walk_leaf(w, name, cls, rule))
        return false;
    if (v.fate == RD_FATE_KEEP)
        return rd_json_walk_any(w, cls, v.rule != 0 ? v.rule : rule);
    return rd_json_skip(&w->j) &&
           rd_json_walk_push(w, RD_FORM_PAIR_JSON, off, rd_json_off(&w->j) - off, cls, v.rule);
}

bool rd_json_walk_unknown(rd_json_walk *w, rd_json_list *it, rd_json_text name)
{
    if (w->refuse_unknown)
        return rd_json_fail(&w->j, RD_REFUSED, "unknown JSON member");
    return rd_json_walk_named(w, it, name, true, RD_CLASS_UNKNOWN, 0);
}

static bool walk_object(rd_json_walk *w, uint8_t cls, uint16_t rule)
{
    rd_json_list it;
    rd_json_text name;

    if (!rd_json_deeper(&w->j) || !rd_json_open(&w->j, '{', &it))
        return false;
    while (rd_json_walk_member(w, &it, &name)) {
        if (!rd_json_walk_named(w, &it, name, true, cls, rule))
            return false;
    }
    w->j.depth--;
    return w->j.failed == RD_OK;
}

static bool walk_array(rd_json_walk *w, uint8_t cls, uint16_t rule)
{
    rd_json_list it;

    if (!rd_json_deeper(&w->j) || !rd_json_open(&w->j, '[', &it))
        return false;
    while (rd_json_walk_element(w, &it)) {
        if (!rd_json_walk_any(w, cls, rule))
            return false;
    }
    w->j.depth--;
    return w->j.failed == RD_OK;
}

bool rd_json_walk_any(rd_json_walk *w, uint8_t cls, uint16_t rule)
{
    rd_json_text t;
    uint8_t c = rd_json_peek(&w->j);

    if (c == '{')
        return walk_object(w, cls, rule);
    if (c == '[')
        return walk_array(w, cls, rule);
    if (c == '"')
        return rd_json_walk_string(w, cls, rule);
    if (c == '-' || (uint8_t)(c - '0') < 10)
        return rd_json_number(&w->j, &t) && rd_json_walk_push(w, RD_FORM_JSON_NUM, t.off, t.len, cls, rule);
    return rd_json_literal(&w->j, &t);
}
