/* SPDX-License-Identifier: MIT */
/* What becomes of one match, whatever form its text has: judged, counted, settled, acted on. Called by
 * redact*.c. */
#include "filters/redact_private.h"

enum { MAX_CHARACTER = 4 /* bytes of UTF-8 */ };

/* Stands for a text that a pattern could not finish within its budget. */
#define OVER_BUDGET_TEXT "[REDACTED:budget]"

#define OVER_BUDGET                                                                                          \
    {                                                                                                        \
        (const uint8_t *)OVER_BUDGET_TEXT, sizeof OVER_BUDGET_TEXT - 1                                       \
    }

static const rd_action over_budget_action = {
    .kind = RD_ACTION_REPLACE, .replacement = {OVER_BUDGET, OVER_BUDGET, OVER_BUDGET, OVER_BUDGET}};

void rd_redactor_count(rd_redactor *r, uint16_t rule, rd_class cls, rd_done done)
{
    if (r->counts[rule][cls][done]++ == 0)
        r->hits[r->n_hits++] = (rd_hit){.rule = rule, .cls = (uint8_t)cls, .done = done};
}

/* Where the record goes, that is what was done, whatever stands in what is left of it. */
static bool takes_record(rd_redactor *r, uint16_t rule, const rd_action *a, const rd_leaf *leaf)
{
    return a->kind == RD_ACTION_DROP_RECORD && rd_redactor_take_records(r, leaf->off, rule);
}

void rd_redactor_acted(rd_redactor *r, uint16_t rule, const rd_action *a, const rd_leaf *leaf, rd_done done)
{
    bool gone = takes_record(r, rule, a, leaf);
    rd_redactor_count(r, rule, (rd_class)leaf->cls, gone ? RD_ACTION_DROP_RECORD : done);
}

void rd_redactor_did(rd_redactor *r, const rd_judgement *v, rd_done done)
{
    if (v->rule != RD_NO_RULE && v->done != RD_ACTION_DROP_RECORD)
        rd_redactor_count(r, v->rule, (rd_class)v->cls, v->done != RD_DONE_COUNT ? v->done : done);
}

rd_judgement rd_redactor_judge(rd_redactor *r, const rd_match *m, uint32_t group, const rd_leaf *leaf)
{
    rd_judgement v = {.action = &over_budget_action, .cls = leaf->cls, .done = RD_DONE_OVER_BUDGET};
    v.rule = rd_policy_rule_of_match(r->job->policy, r->job->signal, group, RD_MODE_ENFORCE, m->detector);
    if (rd_is_over_budget(m->detector)) {
        r->n_over_budget++;
        return v;
    }
    if (v.rule == RD_NO_RULE)
        return v; /* cannot happen: closed by default */
    v.action = rd_policy_action(r->job->policy, v.rule, (rd_class)v.cls);
    v.done = RD_DONE_COUNT;
    if (takes_record(r, v.rule, v.action, leaf)) { /* and stays so if another find takes its place */
        v.done = RD_ACTION_DROP_RECORD;
        rd_redactor_count(r, v.rule, (rd_class)v.cls, RD_ACTION_DROP_RECORD);
    }
    return v;
}

static bool is_inside_character(uint8_t c)
{
    return (c & 0xC0) == 0x80;
}

/* Where the character around `at` starts; `at` itself when no character is there, in text that is not UTF-8.
 */
static uint32_t start_of_character(const uint8_t *base, uint32_t at, uint32_t lowest)
{
    uint32_t from = at;
    for (unsigned n = 1; n < MAX_CHARACTER && from > lowest && is_inside_character(base[from]); n++)
        from--;
    return base[from] >= 0xC0 ? from : at;
}

bool rd_redactor_settle(const uint8_t *base, const rd_text *t, uint32_t *done, rd_match *m)
{
    uint32_t from = m->off, end = m->off + m->len, text_end = t->off + t->len;
    uint32_t head_end = from + m->keep_head, tail = end - m->keep_tail;
    from = start_of_character(base, from, t->off);
    for (unsigned n = 1; n < MAX_CHARACTER && end < text_end && is_inside_character(base[end]); n++)
        end++;
    if (from < *done)
        from = *done;
    if (from >= end)
        return false;
    /* What may stay was said of the old bounds. */
    if (from != m->off || is_inside_character(base[head_end]))
        m->keep_head = 0;
    if (end != m->off + m->len || (m->keep_tail > 0 && is_inside_character(base[tail])))
        m->keep_tail = 0;
    m->off = from;
    m->len = end - from;
    *done = end;
    return true;
}

bool rd_redactor_stays(rd_redactor *r, const uint8_t *base, const rd_text *t, const rd_match *m,
                       uint32_t group, rd_mode mode, rd_class cls)
{
    rd_slice text = {base + t->off, t->len};
    if (rd_digest_covers(&r->digester, text, m->off - t->off, m->len))
        return true;
    if (rd_is_over_budget(m->detector))
        return rd_slice_eq(text, RD_SLICE_LIT(OVER_BUDGET_TEXT));
    uint16_t rule = rd_policy_rule_of_match(r->job->policy, r->job->signal, group, mode, m->detector);
    return rule != RD_NO_RULE &&
           rd_act_covers(rd_policy_action(r->job->policy, rule, cls), text, m->off - t->off, m->len);
}

void rd_redactor_act(rd_redactor *r, const rd_judgement *v, const uint8_t *base, const rd_text *t,
                     const rd_match *m, rd_buf *out)
{
    size_t before = out->n;
    rd_done done;
    if (!rd_redactor_act_key(r, v->action, base, t, m, out, &done))
        done = rd_act_match(v->action, &r->digester, (rd_slice){base + m->off, m->len}, m->keep_head,
                            m->keep_tail, out);
    if (out->n == before && v->cls == RD_CLASS_LABEL && m->len == t->len) {
        rd_buf_append_str(out, RD_MASK_TEXT);
        done = RD_ACTION_MASK;
    }
    rd_redactor_did(r, v, done);
}

rd_outcome rd_redactor_shadow(rd_redactor *r, const rd_buf *base, const rd_batch *batch, uint32_t group,
                              rd_class cls)
{
    rd_matches found;
    rd_outcome o = rd_redactor_find(r, base, batch, group, RD_MODE_SHADOW, cls, &found);
    for (uint32_t i = 0; o == RD_OK && i < found.n; i++) {
        rd_class at =
            cls != RD_CLASS_COUNT ? cls : (rd_class)r->doc.leaves[batch->owner[found.list[i].text]].cls;
        if (rd_redactor_stays(r, base->p, &batch->texts[found.list[i].text], &found.list[i], group,
                              RD_MODE_SHADOW, at))
            continue;
        uint16_t rule = rd_policy_rule_of_match(r->job->policy, r->job->signal, group, RD_MODE_SHADOW,
                                                found.list[i].detector);
        r->key_has_find |=
            cls == RD_CLASS_COUNT && rd_redactor_is_key(&r->doc.leaves[batch->owner[found.list[i].text]]);
        if (rule != RD_NO_RULE)
            rd_redactor_count(r, rule, at, RD_DONE_SHADOW);
    }
    return o;
}

rd_outcome rd_redactor_edit(rd_redactor *r, uint32_t off, uint32_t len, uint32_t frame, rd_slice text)
{
    uint8_t *copy = rd_arena_alloc(&r->replacements, text.n);
    rd_edit *e = copy == NULL && text.n > 0 ? NULL : rd_doc_push_edit(&r->doc);
    if (e == NULL)
        return RD_NO_MEMORY;
    if (text.n > 0)
        memcpy(copy, text.p, text.n);
    *e = (rd_edit){.off = off, .len = len, .frame = frame, .text = copy, .text_len = (uint32_t)text.n};
    return RD_OK;
}

rd_outcome rd_redactor_edit_shared(rd_redactor *r, uint32_t off, uint32_t frame, rd_slice text)
{
    rd_edit *e = rd_doc_push_edit(&r->doc);
    if (e == NULL)
        return RD_NO_MEMORY;
    *e = (rd_edit){.off = off, .frame = frame, .text = text.p, .text_len = (uint32_t)text.n};
    return RD_OK;
}
