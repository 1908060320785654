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
static bool judged_value(rd_redactor *r, uint16_t rule, rd_slice *value)
{
    const rd_action *action = rd_policy_action(r->job->policy, rule, RD_CLASS_LABEL);
    r->work2.n = 0;
    if (!rd_act_value(action, &r->digester, value, &r->work2))
        return true;
    return r->work2.failed == RD_OK && keep_text(r, label_value(rd_buf_slice(&r->work2)), value);
}

/* Judges the keys; removes or masks labels. */
static rd_outcome judge_names(rd_redactor *r, const rd_leaf *leaf, bool *out_changed)
{
    rd_visitor v = rd_redactor_visitor(r);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < r->labels.n; i++) {
        rd_label l = r->labels.list[i];
        rd_verdict verdict = v.on_key(v.ctx, l.name, RD_CLASS_LABEL);
        if (verdict.fate == RD_FATE_KEEP) {
            if (verdict.rule > 0)
                rd_redactor_count(r, (uint16_t)(verdict.rule - 1), RD_CLASS_LABEL);
            r->labels.list[kept++] = l;
            continue;
        }
        if (verdict.rule == RD_RULE_RESERVED) {
            r->n_reserved++;
            *out_changed = true;
            continue;
        }
        rd_slice old = l.value;
        const rd_filter *filter = rd_policy_filter(r->job->policy, verdict.rule);
        if (filter != NULL && rd_filter_allows(filter, l.value)) {
            r->labels.list[kept++] = l;
            continue;
        }
        const rd_action *action = rd_policy_action(r->job->policy, verdict.rule, RD_CLASS_LABEL);
        if (action->kind == RD_ACTION_DROP || action->kind == RD_ACTION_DROP_RECORD)
            verdict.fate = RD_FATE_DROP;
        if (verdict.fate == RD_FATE_MASK) {
            if (!judged_value(r, verdict.rule, &l.value))
                return RD_NO_MEMORY;
            r->labels.list[kept++] = l;
        }
        if (verdict.fate == RD_FATE_MASK && rd_slice_eq(old, l.value))
            continue; /* it is what we made of it */
        rd_redactor_acted(r, verdict.rule, action, leaf);
        *out_changed = true;
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
        if (rd_redactor_stays(r, base->p, t, &m, group, RD_MODE_ENFORCE, RD_CLASS_LABEL))
            continue;
        const rd_action *action = rd_redactor_judge(r, &m, group, leaf);
        if (!rd_redactor_settle(base->p, t, &done, &m))
            continue;
        rd_buf_append(&r->work2, base->p + copied, m.off - copied);
        rd_redactor_act(r, action, RD_CLASS_LABEL, base->p, t, &m, &r->work2);
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
    for (uint32_t i = 0; i < n; i++)
        (void)rd_redactor_judge(r, &list[i], group, leaf);
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

static rd_outcome list_texts(rd_redactor *r, bool names, rd_buf *base)
{
    base->n = 0;
    r->label_values.n = 0;
    for (uint32_t i = 0; i < r->labels.n; i++) {
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

/* Looks through all names or all values, and does `change` to each in which something was found. */
static rd_outcome detect(rd_redactor *r, const rd_leaf *leaf, bool names,
                         rd_outcome (*change)(rd_redactor *, const rd_leaf *, const rd_buf *,
                                              const rd_match *, uint32_t, uint32_t, bool *),
                         bool *out_changed)
{
    uint32_t group = rd_policy_group_of(r->job->policy, r->job->signal, RD_CLASS_LABEL);
    rd_buf *base = &r->work;
    rd_matches found = {0};
    rd_outcome o = list_texts(r, names, base);
    if (o != RD_OK || r->label_values.n == 0)
        return o;
    o = rd_redactor_find(r, base, &r->label_values, group, RD_MODE_ENFORCE, RD_CLASS_LABEL, &found);
    for (uint32_t i = 0; o == RD_OK && i < found.n;) {
        uint32_t n = 1;
        while (i + n < found.n && found.list[i + n].text == found.list[i].text)
            n++;
        o = change(r, leaf, base, &found.list[i], n, group, out_changed);
        i += n;
    }
    return o == RD_OK ? rd_redactor_shadow(r, base, &r->label_values, group, RD_CLASS_LABEL) : o;
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
        o = detect(r, leaf, true, drop_name, &changed);
    if (o == RD_OK) {
        forget_dropped(&r->labels);
        o = detect(r, leaf, false, rewrite_value, &changed);
    }
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
