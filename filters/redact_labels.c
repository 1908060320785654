/* SPDX-License-Identifier: MIT */
/*
 * Loki label text: parsed, judged, written anew; only when something changed. Labels define the identity of a
 * stream, so a mask must not make new streams: it is constant for a given value. Called by redact.c alone.
 */
#include "filters/redact_private.h"

#include "filters/json/json.h"

/* Loki refuses a stream without labels, and the sender would lose it. This is the label that Loki itself
 * gives a stream in which it finds no service name. */
static const rd_label fallback = {{(const uint8_t *)"service_name", 12},
                                  {(const uint8_t *)"unknown_service", 15}};

/* An empty value would be no label (see rd_redactor_act). */
static rd_slice label_value(rd_slice v)
{
    return v.n > 0 ? v : RD_SLICE_LIT(RD_MASK_TEXT);
}

/* Text that lives with the edits. */
static bool keep_text(rd_redactor *r, rd_slice text, rd_slice *out)
{
    uint8_t *copy = rd_arena_alloc(&r->replacements, text.n + 1);
    if (copy == NULL)
        return false;
    if (text.n > 0)
        memcpy(copy, text.p, text.n);
    *out = (rd_slice){copy, text.n};
    return true;
}

/* What the action makes of a value whose name was judged. */
static bool judged_value(rd_redactor *r, const rd_action *action, rd_slice *value, rd_done *out_done)
{
    r->work2.n = 0;
    if (!rd_act_value(action, &r->digester, value, &r->work2, out_done))
        return true;
    return r->work2.failed == RD_OK && keep_text(r, label_value(rd_buf_slice(&r->work2)), value);
}

/* What becomes of a label because of its name: masked in place, or it goes. */
static rd_outcome judge_name(rd_redactor *r, const rd_leaf *leaf, rd_label *l, bool *out_stays,
                             bool *out_changed)
{
    const rd_visitor v = rd_redactor_visitor(r);
    const rd_class cls = (rd_class)leaf->cls;
    rd_verdict verdict = v.on_key(v.ctx, l->name, cls);
    *out_stays = true;
    if (verdict.fate == RD_FATE_KEEP) {
        if (verdict.rule > 0)
            rd_redactor_count(r, (uint16_t)(verdict.rule - 1), cls, RD_DONE_SHADOW);
        return RD_OK;
    }
    if (verdict.rule == RD_RULE_RESERVED) {
        r->n_reserved++;
        *out_stays = false;
        *out_changed = true;
        return RD_OK;
    }
    rd_slice old = l->value;
    const rd_filter *filter = rd_policy_filter(r->job->policy, verdict.rule);
    if (filter != NULL && rd_filter_allows(filter, l->value))
        return RD_OK;
    const rd_action *action = rd_policy_action(r->job->policy, verdict.rule, cls);
    *out_stays = verdict.fate == RD_FATE_MASK && action->kind != RD_ACTION_DROP &&
                 action->kind != RD_ACTION_DROP_RECORD;
    rd_done done = RD_ACTION_DROP;
    if (*out_stays && !judged_value(r, action, &l->value, &done))
        return RD_NO_MEMORY;
    if (*out_stays && rd_slice_eq(old, l->value))
        return RD_OK; /* it is what we made of it */
    rd_redactor_acted(r, verdict.rule, action, leaf, done);
    *out_changed = true;
    return RD_OK;
}

static rd_outcome judge_names(rd_redactor *r, const rd_leaf *leaf, bool *out_changed)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < r->labels.n; i++) {
        rd_label l = r->labels.list[i];
        bool stays;
        rd_outcome o = judge_name(r, leaf, &l, &stays, out_changed);
        if (o != RD_OK)
            return o;
        if (stays)
            r->labels.list[kept++] = l;
    }
    r->labels.n = kept;
    return RD_OK;
}

/* The new value of a label from the matches in it; its text lives with the edits. */
static rd_outcome rewrite_value(rd_redactor *r, const rd_leaf *leaf, const rd_buf *base, const rd_match *list,
                                uint32_t n, uint32_t group, bool *out_changed)
{
    const rd_text *t = &r->label_values.texts[list->text];
    rd_label *l = &r->labels.list[r->label_values.owner[list->text]];
    uint32_t copied = t->off, done = 0;
    r->work2.n = 0;
    for (uint32_t i = 0; i < n; i++) {
        rd_match m = list[i];
        if (rd_redactor_stays(r, base->p, t, &m, group, RD_MODE_ENFORCE, (rd_class)leaf->cls))
            continue;
        const rd_judgement judged = rd_redactor_judge(r, &m, group, leaf);
        if (!rd_redactor_settle(base->p, t, &done, &m))
            continue;
        rd_buf_append(&r->work2, base->p + copied, m.off - copied);
        rd_redactor_act(r, &judged, base->p, t, &m, &r->work2);
        copied = m.off + m.len;
    }
    if (done == 0)
        return RD_OK;
    *out_changed = true;
    rd_buf_append(&r->work2, base->p + copied, t->off + t->len - copied);
    bool ok = r->work2.failed == RD_OK && keep_text(r, label_value(rd_buf_slice(&r->work2)), &l->value);
    return ok ? RD_OK : RD_NO_MEMORY;
}

/* A name that has to be quoted can say anything. What was found in one is counted, and the label goes: a
 * masked name could meet another one, and what it labels would be lost. */
static rd_outcome drop_name(rd_redactor *r, const rd_leaf *leaf, const rd_buf *base, const rd_match *list,
                            uint32_t n, uint32_t group, bool *out_changed)
{
    rd_label *l = &r->labels.list[r->label_values.owner[list->text]];
    for (uint32_t i = 0; i < n; i++) {
        const rd_judgement judged = rd_redactor_judge(r, &list[i], group, leaf);
        rd_redactor_did(r, &judged, RD_ACTION_DROP);
    }
    l->name = (rd_slice){0};
    *out_changed = true;
    return RD_OK;
}

static void forget_dropped(rd_labels *labels)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < labels->n; i++) {
        if (labels->list[i].name.n > 0)
            labels->list[kept++] = labels->list[i];
    }
    labels->n = kept;
}

/* Of the labels [first, end). */
static rd_outcome list_texts(rd_redactor *r, uint32_t first, uint32_t end, bool names, rd_buf *base)
{
    base->n = 0;
    r->label_values.n = 0;
    for (uint32_t i = first; i < end; i++) {
        const rd_label *l = &r->labels.list[i];
        rd_slice text = names ? l->name : l->value;
        if (text.n == 0 || (names && rd_label_name_valid(text)))
            continue;
        if (!rd_batch_push(&r->label_values, (uint32_t)base->n, text.n, i))
            return RD_NO_MEMORY;
        rd_buf_append(base, text.p, text.n);
        rd_buf_append_byte(base, 0);
    }
    return base->failed;
}

/* Looks through what list_texts listed, and does `change` to each in which something was found. */
static rd_outcome detect(rd_redactor *r, const rd_leaf *leaf, const rd_buf *base,
                         rd_outcome (*change)(rd_redactor *, const rd_leaf *, const rd_buf *,
                                              const rd_match *, uint32_t, uint32_t, bool *),
                         bool *out_changed)
{
    const rd_class cls = (rd_class)leaf->cls;
    uint32_t group = rd_policy_group_of(r->job->policy, r->job->signal, cls);
    rd_matches found = {0};
    if (r->label_values.n == 0)
        return RD_OK;
    rd_outcome o = rd_redactor_find(r, base, &r->label_values, group, RD_MODE_ENFORCE, cls, &found);
    for (uint32_t i = 0; o == RD_OK && i < found.n;) {
        uint32_t n = 1;
        while (i + n < found.n && found.list[i + n].text == found.list[i].text)
            n++;
        o = change(r, leaf, base, &found.list[i], n, group, out_changed);
        i += n;
    }
    return o == RD_OK ? rd_redactor_shadow(r, base, &r->label_values, group, cls) : o;
}

static rd_outcome search_names(rd_redactor *r, const rd_leaf *leaf, bool *out_changed)
{
    rd_outcome o = list_texts(r, 0, r->labels.n, true, &r->work);
    if (o == RD_OK)
        o = detect(r, leaf, &r->work, drop_name, out_changed);
    forget_dropped(&r->labels);
    return o;
}

static rd_outcome search_values(rd_redactor *r, const rd_leaf *leaf, uint32_t first, uint32_t end,
                                bool *out_changed)
{
    rd_outcome o = list_texts(r, first, end, false, &r->work);
    return o == RD_OK ? detect(r, leaf, &r->work, rewrite_value, out_changed) : o;
}

rd_outcome rd_redact_label_as_metadata(rd_redactor *r, uint32_t off, uint32_t i, bool *out_stays)
{
    const rd_leaf as = {.off = off, .frame = RD_NO_FRAME, .cls = RD_CLASS_METADATA, .form = RD_FORM_TEXT};
    bool changed;
    rd_outcome o = judge_name(r, &as, &r->labels.list[i], out_stays, &changed);
    return o == RD_OK && *out_stays ? search_values(r, &as, i, i + 1, &changed) : o;
}

/* Puts the changed labels in the place of the old ones. */
static rd_outcome write(rd_redactor *r, const rd_leaf *leaf)
{
    bool json = leaf->form == RD_FORM_LABELS_JSON;
    if (r->labels.n == 0) {
        rd_label *only = rd_labels_add(&r->labels);
        if (only == NULL)
            return RD_NO_MEMORY;
        *only = fallback;
    }
    r->work.n = r->work2.n = 0;
    rd_labels_write(&r->labels, &r->work);
    if (json)
        rd_json_escape(rd_buf_slice(&r->work), &r->work2);
    else
        rd_buf_append(&r->relabelled, &leaf->frame, sizeof leaf->frame);
    rd_buf *written = json ? &r->work2 : &r->work;
    if (written->failed != RD_OK || r->relabelled.failed != RD_OK)
        return RD_NO_MEMORY;
    return rd_redactor_edit(r, leaf->off, leaf->len, leaf->frame, rd_buf_slice(written));
}

rd_outcome rd_redact_labels(rd_redactor *r, const rd_leaf *leaf, rd_error *err)
{
    rd_slice text = rd_doc_leaf_bytes(&r->doc, leaf);
    rd_buf unescaped;
    bool changed = false;
    rd_buf_init(&unescaped, r->work.max);
    if (leaf->form == RD_FORM_LABELS_JSON) {
        rd_json_unescape(text, &unescaped);
        text = rd_buf_slice(&unescaped);
    }
    rd_outcome o = unescaped.failed != RD_OK ? unescaped.failed : rd_labels_parse(&r->labels, text, err);
    if (o == RD_OK)
        o = judge_names(r, leaf, &changed);
    if (o == RD_OK)
        o = search_names(r, leaf, &changed);
    if (o == RD_OK)
        o = search_values(r, leaf, 0, r->labels.n, &changed);
    if (o == RD_OK && r->job->stamp != NULL) {
        o = rd_redact_stamp_labels(r, leaf, err);
        changed = true;
    }
    /* Nobody looked at comments, nor at names that the backend forgets. */
    if (o == RD_OK && (changed || r->labels.text_has_more))
        o = write(r, leaf);
    rd_buf_release(&unescaped);
    return o;
}
