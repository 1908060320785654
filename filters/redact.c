/* SPDX-License-Identifier: MIT */
#include "filters/redact_private.h"

#include <stdlib.h>

#include "filters/json/json.h"
#include "filters/json/otlp_json.h"
#include "filters/loki/loki_json.h"
#include "filters/wire/wire.h"

enum {
    KEEP_BYTES = 1 << 20,  /* scratch kept between requests */
    MAX_SCRATCH = 1 << 30, /* decoded views and replacements of one body */
    MAX_LABELS = 1024,     /* labels of one stream */
    FIRST_TEXTS = 1 << 10,
    MAX_CHARACTER = 4 /* bytes of UTF-8 */
};

/* Stands for a text that a pattern could not finish within its budget. */
#define OVER_BUDGET_TEXT "[REDACTED:budget]"

#define OVER_BUDGET                                                                                          \
    {                                                                                                        \
        (const uint8_t *)OVER_BUDGET_TEXT, sizeof OVER_BUDGET_TEXT - 1                                       \
    }

static const rd_action over_budget_action = {
    .kind = RD_ACTION_REPLACE, .replacement = {OVER_BUDGET, OVER_BUDGET, OVER_BUDGET, OVER_BUDGET}};

/* ---- life of a redactor ---- */

rd_redactor *rd_redactor_new(void)
{
    rd_redactor *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    rd_doc_init(&r->doc);
    rd_arena_init(&r->replacements, MAX_SCRATCH);
    rd_buf_init(&r->decoded, MAX_SCRATCH);
    rd_buf_init(&r->work, MAX_SCRATCH);
    rd_buf_init(&r->work2, MAX_SCRATCH);
    rd_buf_init(&r->relabelled, MAX_SCRATCH);
    rd_labels_init(&r->labels, MAX_LABELS);
    r->detect = rd_detect_scratch_new();
    r->hits = calloc((size_t)RD_MAX_RULES * RD_CLASS_COUNT, sizeof *r->hits);
    if (r->detect == NULL || r->hits == NULL)
        rd_redactor_free(&r);
    return r;
}

static void batch_release(rd_batch *b)
{
    free(b->texts);
    free(b->owner);
    *b = (rd_batch){0};
}

void rd_redactor_free(rd_redactor **pr)
{
    rd_redactor *r = *pr;
    if (r == NULL)
        return;
    rd_doc_release(&r->doc);
    rd_arena_release(&r->replacements);
    rd_buf_release(&r->decoded);
    rd_buf_release(&r->work);
    rd_buf_release(&r->work2);
    rd_buf_release(&r->relabelled);
    batch_release(&r->plain);
    batch_release(&r->views);
    batch_release(&r->label_values);
    rd_labels_release(&r->labels);
    rd_digester_release(&r->digester);
    rd_inline_keys_release(&r->inline_keys);
    free(r->merged);
    rd_detect_scratch_free(&r->detect);
    free(r->hits);
    free(r);
    *pr = NULL;
}

static void batch_reset(rd_batch *b)
{
    if (b->cap > KEEP_BYTES / sizeof *b->texts)
        batch_release(b);
    b->n = 0;
}

static void begin(rd_redactor *r, const rd_job *job)
{
    r->job = job;
    rd_digester_begin(&r->digester, rd_policy_digest_keys(job->policy), job->workspace, job->epoch);
    rd_doc_reset(&r->doc, job->body);
    rd_arena_reset(&r->replacements, KEEP_BYTES);
    rd_buf_clear(&r->decoded, KEEP_BYTES);
    rd_buf_clear(&r->work, KEEP_BYTES);
    rd_buf_clear(&r->work2, KEEP_BYTES);
    rd_buf_clear(&r->relabelled, KEEP_BYTES);
    batch_reset(&r->plain);
    batch_reset(&r->views);
    for (uint32_t i = 0; i < r->n_hits; i++)
        r->counts[r->hits[i].rule][r->hits[i].cls] = 0;
    r->keys_once = r->key_has_find = false;
    r->n_hits = r->n_over_budget = r->n_reserved = 0;
    rd_stamp_names_init(&r->reserved, job->stamp);
    r->by_policy = rd_policy_visitor(job->policy, job->signal);
}

/* ---- small parts used by all stages ---- */

bool rd_batch_room(rd_batch *b, uint32_t n)
{
    /* One more than asked for: a text is written before it is known whether it counts. */
    if (n < b->cap)
        return true;
    uint32_t cap = b->cap < FIRST_TEXTS ? FIRST_TEXTS : b->cap;
    while (cap <= n)
        cap *= 2;
    rd_text *texts = realloc(b->texts, cap * sizeof *texts);
    if (texts == NULL)
        return false;
    b->texts = texts;
    uint32_t *owners = realloc(b->owner, cap * sizeof *owners);
    if (owners == NULL)
        return false;
    b->owner = owners;
    b->cap = cap;
    return true;
}

bool rd_batch_push(rd_batch *b, uint32_t off, size_t len, uint32_t owner)
{
    if (!rd_batch_room(b, b->n + 1))
        return false;
    b->texts[b->n] = (rd_text){.off = off, .len = (uint32_t)len};
    b->owner[b->n++] = owner;
    return true;
}

void rd_redactor_count(rd_redactor *r, uint16_t rule, rd_class cls)
{
    if (r->counts[rule][cls]++ == 0)
        r->hits[r->n_hits++] = (rd_hit){.rule = rule, .cls = (uint8_t)cls};
}

const rd_action *rd_redactor_judge(rd_redactor *r, const rd_match *m, uint32_t group, rd_class cls)
{
    if (m->detector == RD_DETECTOR_OVER_BUDGET) {
        r->n_over_budget++;
        return &over_budget_action;
    }
    uint16_t rule =
        rd_policy_rule_of_match(r->job->policy, r->job->signal, group, RD_MODE_ENFORCE, m->detector);
    if (rule == RD_NO_RULE)
        return &over_budget_action; /* cannot happen: closed by default */
    rd_redactor_count(r, rule, cls);
    return rd_policy_action(r->job->policy, rule, cls);
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
    if (m->detector == RD_DETECTOR_OVER_BUDGET)
        return rd_slice_eq(text, RD_SLICE_LIT(OVER_BUDGET_TEXT));
    uint16_t rule = rd_policy_rule_of_match(r->job->policy, r->job->signal, group, mode, m->detector);
    return rule != RD_NO_RULE &&
           rd_act_covers(rd_policy_action(r->job->policy, rule, cls), text, m->off - t->off, m->len);
}

void rd_redactor_act(rd_redactor *r, const rd_action *a, rd_class cls, const uint8_t *base, const rd_text *t,
                     const rd_match *m, rd_buf *out)
{
    size_t before = out->n;
    if (!rd_redactor_act_key(r, a, base, t, m, out))
        rd_act_match(a, &r->digester, (rd_slice){base + m->off, m->len}, m->keep_head, m->keep_tail, out);
    if (out->n == before && cls == RD_CLASS_LABEL && m->len == t->len)
        rd_buf_append_str(out, RD_MASK_TEXT);
}

/* Stands for all keys that are equal. */
static bool is_key(const rd_leaf *l)
{
    return l->form == RD_FORM_KEY || l->form == RD_FORM_JSON_KEY;
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
        r->key_has_find |= cls == RD_CLASS_COUNT && is_key(&r->doc.leaves[batch->owner[found.list[i].text]]);
        if (rule != RD_NO_RULE)
            rd_redactor_count(r, rule, at);
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

/* ---- texts that are their own bytes ---- */

static rd_outcome edit_plain(rd_redactor *r, const rd_leaf *l, const rd_text *t, rd_match m,
                             const rd_action *action)
{
    rd_buf *text = &r->work;
    text->n = 0;
    if (l->form == RD_FORM_FIXED) {
        uint8_t *stars = rd_buf_reserve(text, m.len);
        if (stars == NULL)
            return RD_NO_MEMORY;
        memset(stars, '*', m.len);
        text->n = m.len;
        return rd_redactor_edit(r, m.off, m.len, l->frame, rd_buf_slice(text));
    }
    rd_redactor_act(r, action, (rd_class)l->cls, r->doc.body.p, t, &m, text);
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
        r->key_has_find |= is_key(l);
        const rd_action *action = rd_redactor_judge(r, &m, group, (rd_class)l->cls);
        if (!rd_redactor_settle(r->doc.body.p, t, &done, &m))
            continue;
        rd_outcome o = edit_plain(r, l, t, m, action);
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
            rd_redactor_count(r, (uint16_t)(l->rule - 1), (rd_class)l->cls);
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
        r->hits[i].n = r->counts[r->hits[i].rule][r->hits[i].cls];
    *res = (rd_redaction){.body = r->job->body,
                          .nothing = r->doc.n_groups == 0 && r->doc.n_leaves == 0 &&
                                     (r->job->format == RD_FORMAT_JSON || r->job->body.n == 0),
                          .n_items = r->doc.n_items,
                          .n_reserved = r->n_reserved,
                          .n_over_budget = r->n_over_budget,
                          .hits = r->hits,
                          .n_hits = r->n_hits};
    if (r->doc.n_edits == 0)
        return RD_OK;
    rd_doc_sort_edits(&r->doc);
    /* Length prefixes may grow by a byte or two each; anything beyond this room still works, it only copies.
     */
    size_t room = r->job->body.n + r->replacements.used + 1024;
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
    return o == RD_OK ? drop_stale_hashes(r) : o;
}

rd_outcome rd_redact(rd_redactor *r, const rd_job *job, rd_buf *out, rd_redaction *out_result, rd_error *err)
{
    begin(r, job);
    r->keys_once = true;
    rd_outcome o = walk(r, err);
    if (o != RD_OK)
        return o;
    if (job->signal == RD_SIGNAL_LOKI_PUSH && r->doc.n_groups == 0)
        return rd_fail(err, RD_EMPTY, "no stream", SIZE_MAX);
    if (job->admit.ask != NULL && job->admit.ask(job->admit.ctx, r->doc.n_items) < r->doc.n_items)
        return rd_fail(err, RD_LIMITED, "over a limit", SIZE_MAX);
    o = make_edits(r, err);
    if (o == RD_OK && r->key_has_find) {
        begin(r, job);
        o = walk(r, err);
        if (o == RD_OK)
            o = make_edits(r, err);
    }
    if (o == RD_OK && r->n_reserved > 0 && job->stamp->refuse)
        return rd_fail(err, RD_REFUSED, "a label of the workspace is the gateway's to give", SIZE_MAX);
    if (o == RD_OK)
        return finish(r, out, out_result, err);
    return o == RD_NO_MEMORY ? rd_fail(err, o, "redaction scratch", SIZE_MAX) : o;
}

rd_outcome rd_redact_text(rd_redactor *r, const rd_policy *policy, rd_class cls, rd_slice text, rd_buf *out)
{
    rd_job job = {.policy = policy, .signal = RD_SIGNAL_LOGS, .format = RD_FORMAT_JSON, .body = text};
    rd_error err;
    rd_redaction res;
    if (text.n > RD_DOC_MAX_BODY)
        return RD_TOO_LARGE;
    begin(r, &job);
    rd_leaf *l = rd_doc_push_leaf(&r->doc);
    if (l == NULL)
        return RD_NO_MEMORY;
    *l = (rd_leaf){.len = (uint32_t)text.n, .frame = RD_NO_FRAME, .cls = (uint8_t)cls, .form = RD_FORM_TEXT};
    rd_outcome o = run_group(r, rd_policy_group_of(policy, RD_SIGNAL_LOGS, cls), &err);
    if (o == RD_OK)
        o = finish(r, out, &res, &err);
    if (o == RD_OK && !res.changed)
        rd_buf_append(out, text.p, text.n);
    return o == RD_OK ? out->failed : o;
}
