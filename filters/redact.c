/* SPDX-License-Identifier: MIT */
#include "filters/redact_private.h"

#include <stdlib.h>

#include "filters/json/json.h"
#include "filters/json/otlp_json.h"
#include "filters/loki/loki_json.h"
#include "filters/wire/wire.h"

/* ---- texts that are their own bytes ---- */

static rd_outcome edit_plain(rd_redactor *r, const rd_leaf *l, const rd_text *t, rd_match m,
                             const rd_judgement *judged)
{
    rd_buf *text = &r->work;
    text->n = 0;
    if (l->form == RD_FORM_FIXED) {
        uint8_t *stars = rd_buf_reserve(text, m.len);
        if (stars == NULL)
            return RD_NO_MEMORY;
        memset(stars, '*', m.len);
        text->n = m.len;
        rd_redactor_did(r, judged, RD_ACTION_MASK);
        return rd_redactor_edit(r, m.off, m.len, l->frame, rd_buf_slice(text));
    }
    rd_redactor_act(r, judged, r->doc.body.p, t, &m, text);
    if (l->form == RD_FORM_JSON || l->form == RD_FORM_JSON_KEY) {
        r->work2.n = 0;
        rd_json_escape(rd_buf_slice(text), &r->work2);
        text = &r->work2;
    }
    if (text->failed != RD_OK)
        return text->failed;
    return rd_redactor_edit(r, m.off, m.len, l->frame, rd_buf_slice(text));
}

static rd_outcome edits_of_plain(rd_redactor *r, const rd_matches *found, uint32_t group)
{
    uint32_t done = 0;
    for (uint32_t i = 0; i < found->n; i++) {
        rd_match m = found->list[i];
        const rd_text *t = &r->plain.texts[m.text];
        const rd_leaf *l = &r->doc.leaves[r->plain.owner[m.text]];
        if (rd_redactor_stays(r, r->doc.body.p, t, &m, group, RD_MODE_ENFORCE, (rd_class)l->cls))
            continue;
        r->key_has_find |= rd_redactor_is_key(l);
        const rd_judgement judged = rd_redactor_judge(r, &m, group, l);
        if (!rd_redactor_settle(r->doc.body.p, t, &done, &m))
            continue;
        rd_outcome o = edit_plain(r, l, t, m, &judged);
        if (o != RD_OK)
            return o;
    }
    return RD_OK;
}

/* A label in the place of all that went. The leaf is empty; its `rule` says whether a comma must come first.
 */
static rd_outcome edit_labels_object(rd_redactor *r, const rd_leaf *l)
{
    static const char label[] = ",\"service_name\":\"unknown_service\"";
    rd_slice text = RD_SLICE_LIT(label);
    if (l->rule == 0)
        text = (rd_slice){text.p + 1, text.n - 1};
    return rd_redactor_edit(r, l->off, l->len, l->frame, text);
}

/* ---- the stages ---- */

static rd_outcome walk(rd_redactor *r, rd_error *err)
{
    static const rd_message *const roots[] = {
        [RD_SIGNAL_LOGS] = &rd_schema_logs,
        [RD_SIGNAL_TRACES] = &rd_schema_traces,
        [RD_SIGNAL_METRICS] = &rd_schema_metrics,
        [RD_SIGNAL_LOKI_PUSH] = &rd_schema_loki_push,
    };
    const rd_job *job = r->job;
    rd_visitor v = rd_redactor_visitor(r);
    if (job->body.n > RD_DOC_MAX_BODY)
        return rd_fail(err, RD_TOO_LARGE, "body over 2 GiB", SIZE_MAX);
    if (job->format == RD_FORMAT_PROTOBUF)
        return rd_wire_walk(roots[job->signal], &job->limits, &v, &r->doc, err);
    if (job->signal == RD_SIGNAL_LOKI_PUSH)
        return rd_loki_json_walk(&job->limits, &v, &r->doc, err);
    return rd_otlp_json_walk(roots[job->signal], &job->limits, &v, &r->doc, err);
}

/* A leaf that is not a plain text. Pairs and labels are dealt with at once, in the first group's pass. */
static rd_outcome special_leaf(rd_redactor *r, uint32_t i, bool first_group, bool in_group, uint32_t group,
                               rd_error *err)
{
    const rd_leaf *l = &r->doc.leaves[i];
    switch ((rd_form)l->form) {
    case RD_FORM_PAIR_VALUE:
    case RD_FORM_PAIR_TEXT:
    case RD_FORM_PAIR_JSON_ANY:
    case RD_FORM_PAIR_JSON:
    case RD_FORM_PAIR_DROP:
        return rd_redact_pair(r, i, first_group, in_group);
    case RD_FORM_LABELS:
    case RD_FORM_LABELS_JSON:
        return first_group ? rd_redact_labels(r, l, err) : RD_OK;
    case RD_FORM_LABELS_OBJECT:
        return first_group ? edit_labels_object(r, l) : RD_OK;
    case RD_FORM_HASH:
        return RD_OK;
    default:
        return in_group && l->len > 0 ? rd_redact_view_collect(r, i, group) : RD_OK;
    }
}

/* One pass over all leaves: most are plain texts and only have to be listed. */
static rd_outcome sort_leaves(rd_redactor *r, uint32_t group, rd_error *err)
{
    static const uint32_t plain = 1u << RD_FORM_TEXT | 1u << RD_FORM_JSON | 1u << RD_FORM_FIXED |
                                  1u << RD_FORM_KEY | 1u << RD_FORM_JSON_KEY;
    bool in_group[RD_CLASS_COUNT];
    for (unsigned cls = 0; cls < RD_CLASS_COUNT; cls++)
        in_group[cls] = rd_policy_group_of(r->job->policy, r->job->signal, (rd_class)cls) == group;
    if (!rd_batch_room(&r->plain, r->doc.n_leaves))
        return RD_NO_MEMORY;
    rd_text *texts = r->plain.texts;
    uint32_t *owner = r->plain.owner, n = 0;
    for (uint32_t i = 0; i < r->doc.n_leaves; i++) {
        const rd_leaf *l = &r->doc.leaves[i];
        if (l->rule > 0 && group == 0 && l->form < RD_FORM_PAIR_VALUE)
            rd_redactor_count(r, (uint16_t)(l->rule - 1), (rd_class)l->cls, RD_DONE_SHADOW);
        if (plain >> l->form & 1) {
            texts[n] = (rd_text){.off = l->off, .len = l->len};
            owner[n] = i;
            n += in_group[l->cls] && l->len > 0;
            continue;
        }
        rd_outcome o = special_leaf(r, i, group == 0, in_group[l->cls], group, err);
        if (o != RD_OK)
            return o;
    }
    r->plain.n = n;
    return RD_OK;
}

static rd_outcome run_group(rd_redactor *r, uint32_t group, rd_error *err)
{
    const rd_buf body = {.p = (uint8_t *)r->doc.body.p, .n = r->doc.body.n}; /* read only */
    rd_matches found;
    r->plain.n = r->views.n = 0;
    r->decoded.n = 0;
    rd_outcome o = sort_leaves(r, group, err);
    if (o == RD_OK)
        o = rd_redactor_find(r, &body, &r->plain, group, RD_MODE_ENFORCE, RD_CLASS_COUNT, &found);
    if (o == RD_OK)
        o = edits_of_plain(r, &found, group);
    if (o == RD_OK)
        o = rd_redactor_find(r, &r->decoded, &r->views, group, RD_MODE_ENFORCE, RD_CLASS_COUNT, &found);
    if (o == RD_OK)
        o = rd_redact_view_matches(r, &found, group);
    if (o == RD_OK)
        o = rd_redactor_shadow(r, &body, &r->plain, group, RD_CLASS_COUNT);
    return o == RD_OK ? rd_redactor_shadow(r, &r->decoded, &r->views, group, RD_CLASS_COUNT) : o;
}

static int by_number(const void *va, const void *vb)
{
    uint32_t a, b;
    memcpy(&a, va, sizeof a);
    memcpy(&b, vb, sizeof b);
    return (a > b) - (a < b);
}

/* A stream's hash is stale once its labels changed. Both lists are in the order of the streams. */
static rd_outcome drop_stale_hashes(rd_redactor *r)
{
    size_t n = r->relabelled.n / sizeof(uint32_t), at = 0;
    if (r->job->stamp != NULL && n > 1) /* labels that were put in where there were none came first */
        qsort(r->relabelled.p, n, sizeof(uint32_t), by_number);
    for (uint32_t i = 0; i < r->doc.n_leaves && at < n; i++) {
        const rd_leaf *h = &r->doc.leaves[i];
        uint32_t frame;
        if (h->form != RD_FORM_HASH)
            continue;
        do
            memcpy(&frame, r->relabelled.p + at * sizeof frame, sizeof frame);
        while (frame < h->frame && ++at < n);
        if (frame != h->frame)
            continue;
        rd_outcome o = rd_redactor_edit(r, h->off, h->len, h->frame, (rd_slice){0});
        if (o != RD_OK)
            return o;
    }
    return RD_OK;
}

static rd_outcome finish(rd_redactor *r, rd_buf *out, rd_redaction *res, rd_error *err)
{
    for (uint32_t i = 0; i < r->n_hits; i++)
        r->hits[i].n = r->counts[r->hits[i].rule][r->hits[i].cls][r->hits[i].done];
    *res = (rd_redaction){.body = r->job->body,
                          .nothing = r->doc.n_groups == 0 && r->doc.n_leaves == 0 &&
                                     (r->job->format == RD_FORMAT_JSON || r->job->body.n == 0),
                          .n_items = r->doc.n_items,
                          .n_reserved = r->n_reserved,
                          .n_taken = r->doc.records.n_gone - r->n_refused - r->n_shed,
                          .n_refused = r->n_refused,
                          .n_shed = r->n_shed,
                          .taken = r->taken,
                          .n_over_budget = r->n_over_budget,
                          .timed = r->job->clock != NULL,
                          .cost = rd_redact_time_end(r),
                          .hits = r->hits,
                          .n_hits = r->n_hits};
    if (r->doc.n_edits == 0)
        return RD_OK;
    rd_doc_sort_edits(&r->doc);
    /* Of protobuf the splicer knows the length, and asks for that alone. A text that several edits put in
     * makes JSON longer than this, which only copies. */
    size_t room = r->job->body.n + r->replacements.used;
    if (r->job->format == RD_FORMAT_JSON)
        (void)rd_buf_reserve(out, room < out->max ? room : 0);
    rd_outcome o = r->job->format == RD_FORMAT_PROTOBUF ? rd_wire_splice(&r->doc, out, err)
                                                        : rd_doc_splice(&r->doc, out, err);
    res->body = rd_buf_slice(out);
    res->changed = true;
    res->kept = r->doc.kept;
    res->n_kept = r->doc.n_kept;
    return o;
}

/* All edits of a walked body. */
static rd_outcome make_edits(rd_redactor *r, rd_error *err)
{
    const rd_job *job = r->job;
    rd_outcome o = job->stamp != NULL ? rd_redact_stamp(r, err) : RD_OK;
    uint32_t n_groups = rd_policy_groups(job->policy, job->signal);
    for (uint32_t g = 0; o == RD_OK && g < n_groups; g++)
        o = run_group(r, g, err);
    if (o == RD_OK && r->crowded.n > 0)
        o = rd_redact_room_json(r, err);
    if (o == RD_OK)
        o = drop_stale_hashes(r);
    return o == RD_OK ? rd_redact_records(r) : o;
}

/* The body, listed; without what is beyond a limit. */
static rd_outcome list_body(rd_redactor *r, rd_error *err)
{
    rd_outcome o = walk(r, err);
    return o == RD_OK ? rd_redact_content(r, err) : o;
}

/* How many items have to go so that the rest is admitted; RD_LIMITED: all. */
static rd_outcome ask_admission(rd_redactor *r, uint32_t *out_surplus, rd_error *err)
{
    const rd_job *job = r->job;
    const rd_walked walked = rd_redact_walked(r);
    uint32_t stay = job->admit.ask != NULL ? job->admit.ask(job->admit.ctx, &walked) : walked.n_left;
    bool some = job->content != NULL && job->content->shed && stay > 0;
    *out_surplus = walked.n_left - (stay < walked.n_left ? stay : walked.n_left);
    bool none_left = walked.n_left == 0 && walked.n_items > 0;
    return none_left || (*out_surplus > 0 && !some) ? rd_fail(err, RD_LIMITED, "over a limit", SIZE_MAX)
                                                    : RD_OK;
}

static rd_outcome redact(rd_redactor *r, const rd_job *job, rd_buf *out, rd_redaction *out_result,
                         rd_error *err)
{
    uint32_t surplus = 0;
    rd_redactor_begin(r, job);
    r->keys_once = true;
    rd_outcome o = list_body(r, err);
    if (o == RD_OK && job->signal == RD_SIGNAL_LOKI_PUSH && r->doc.n_groups == 0)
        return rd_fail(err, RD_EMPTY, "no stream", SIZE_MAX);
    if (o == RD_OK)
        o = ask_admission(r, &surplus, err);
    if (o != RD_OK)
        return o == RD_NO_MEMORY ? rd_fail(err, o, "redaction scratch", SIZE_MAX) : o;
    rd_redact_shed(r, surplus);
    rd_redact_time_begin(r);
    o = make_edits(r, err);
    if (o == RD_OK && r->key_has_find) {
        rd_redactor_begin(r, job);
        o = list_body(r, err);
        rd_redact_shed(r, surplus);
        if (o == RD_OK)
            o = make_edits(r, err);
    }
    if (o == RD_OK && r->n_reserved > 0 && job->stamp->refuse)
        return rd_fail(err, RD_REFUSED, "a label of the workspace is the gateway's to give", SIZE_MAX);
    if (o == RD_OK)
        return finish(r, out, out_result, err);
    return o == RD_NO_MEMORY ? rd_fail(err, o, "redaction scratch", SIZE_MAX) : o;
}

rd_outcome rd_redact(rd_redactor *r, const rd_job *job, rd_buf *out, rd_redaction *out_result, rd_error *err)
{
    r->doc.records.payer = job->payer;
    rd_outcome o = redact(r, job, out, out_result, err);
    rd_records_trim(&r->doc.records);
    r->doc.records.payer = NULL;
    return o;
}

rd_outcome rd_redact_text(rd_redactor *r, const rd_text_job *of, rd_slice text, rd_buf *out)
{
    rd_job job = {.policy = of->policy,
                  .signal = of->signal,
                  .format = RD_FORMAT_JSON,
                  .body = text,
                  .workspace = of->workspace,
                  .epoch = of->epoch};
    rd_error err;
    rd_redaction res;
    size_t before = out->n;
    if (text.n > RD_DOC_MAX_BODY)
        return RD_TOO_LARGE;
    rd_redactor_begin(r, &job);
    rd_leaf *l = rd_doc_push_leaf(&r->doc);
    if (l == NULL)
        return RD_NO_MEMORY;
    *l = (rd_leaf){
        .len = (uint32_t)text.n, .frame = RD_NO_FRAME, .cls = (uint8_t)of->cls, .form = RD_FORM_TEXT};
    rd_outcome o = run_group(r, rd_policy_group_of(of->policy, of->signal, of->cls), &err);
    if (o == RD_OK)
        o = finish(r, out, &res, &err);
    if (o == RD_OK && r->drops) { /* the text is the record */
        out->n = before;
        rd_buf_append_str(out, RD_MASK_TEXT);
    } else if (o == RD_OK && !res.changed) {
        rd_buf_append(out, text.p, text.n);
    }
    return o == RD_OK ? out->failed : o;
}
