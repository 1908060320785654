/* SPDX-License-Identifier: MIT */
/*
 * Loki label text: parsed, judged, written anew; only when something changed. Labels define the identity of a
 * stream, so a mask must not make new streams: it is constant for a given value. Called by redact.c alone.
 */
#include "filters/redact_private.h"

#include "filters/json/json.h"

/* Loki refuses a stream without labels, and the sender would lose it. This is the label that Loki itself gives a stream
 * in which it finds no service name. */
static const rd_label fallback = {{(const uint8_t *)"service_name", 12}, {(const uint8_t *)"unknown_service", 15}};

/* Judges the keys; removes or masks labels. */
static rd_outcome judge_names(rd_redactor *r, bool *out_changed)
{
    rd_visitor v = rd_policy_visitor(r->job->policy, r->job->signal);
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
        rd_redactor_count(r, verdict.rule, RD_CLASS_LABEL);
        *out_changed = true;
        if (verdict.fate == RD_FATE_MASK) {
            l.value = rd_act_value(rd_policy_action(r->job->policy, verdict.rule, RD_CLASS_LABEL));
            r->labels.list[kept++] = l;
        }
    }
    r->labels.n = kept;
    return RD_OK;
}

/* The new value of label `i` from its matches; its text lives with the edits. */
static rd_outcome rewrite_value(rd_redactor *r, const rd_buf *base, const rd_match *list, uint32_t n, uint32_t group, bool *out_changed)
{
    const rd_text *t = &r->label_values.texts[list->text];
    rd_label *l = &r->labels.list[r->label_values.owner[list->text]];
    uint32_t copied = t->off;
    bool changed = false;
    r->work2.n = 0;
    for (uint32_t i = 0; i < n; i++) {
        bool budget;
        const rd_action *action = rd_redactor_judge(r, &list[i], group, RD_CLASS_LABEL, &budget);
        if (action == NULL)
            continue;
        changed = true;
        rd_buf_append(&r->work2, base->p + copied, list[i].off - copied);
        rd_act_match(action, (rd_slice){base->p + list[i].off, list[i].len}, list[i].keep_head, list[i].keep_tail, &r->work2);
        copied = list[i].off + list[i].len;
    }
    if (!changed)
        return RD_OK;
    rd_buf_append(&r->work2, base->p + copied, t->off + t->len - copied);
    uint8_t *value = rd_arena_alloc(&r->replacements, r->work2.n + 1);
    if (value == NULL || r->work2.failed != RD_OK)
        return RD_NO_MEMORY;
    memcpy(value, r->work2.p, r->work2.n);
    l->value = (rd_slice){value, r->work2.n};
    *out_changed = true;
    return RD_OK;
}

static rd_outcome detect_values(rd_redactor *r, bool *out_changed)
{
    uint32_t group = rd_policy_group_of(r->job->policy, r->job->signal, RD_CLASS_LABEL);
    const rd_detect_set *set = rd_policy_group_set(r->job->policy, r->job->signal, group);
    rd_buf *base = &r->work;
    rd_matches found;
    if (set == NULL)
        return RD_OK;
    base->n = 0;
    r->label_values.n = 0;
    for (uint32_t i = 0; i < r->labels.n; i++) {
        rd_slice value = r->labels.list[i].value;
        if (value.n == 0)
            continue;
        if (!rd_batch_push(&r->label_values, (uint32_t)base->n, value.n, i))
            return RD_NO_MEMORY;
        rd_buf_append(base, value.p, value.n);
        rd_buf_append_byte(base, 0);
    }
    if (base->failed != RD_OK)
        return base->failed;
    if (r->label_values.n == 0)
        return RD_OK;
    rd_outcome o = rd_detect(set, r->detect, base->p, base->n, r->label_values.texts, r->label_values.n, &found);
    for (uint32_t i = 0; o == RD_OK && i < found.n;) {
        uint32_t n = 1;
        while (i + n < found.n && found.list[i + n].text == found.list[i].text)
            n++;
        o = rewrite_value(r, base, &found.list[i], n, group, out_changed);
        i += n;
    }
    return o;
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
        o = judge_names(r, &changed);
    if (o == RD_OK)
        o = detect_values(r, &changed);
    if (o != RD_OK || !changed)
        goto out;
    if (r->labels.n == 0)
        r->labels.list[r->labels.n++] = fallback; /* there was at least one, so there is room */
    r->work.n = r->work2.n = 0;
    rd_labels_write(&r->labels, &r->work);
    if (leaf->form == RD_FORM_LABELS_JSON)
        rd_json_escape(rd_buf_slice(&r->work), &r->work2);
    rd_buf *written = leaf->form == RD_FORM_LABELS_JSON ? &r->work2 : &r->work;
    o = written->failed != RD_OK ? written->failed : rd_redactor_edit(r, leaf->off, leaf->len, leaf->frame, rd_buf_slice(written));
out:
    rd_buf_release(&unescaped);
    return o;
}
