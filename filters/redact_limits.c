/* SPDX-License-Identifier: MIT */
/*
 * Limits on content, after the walk and before anything is searched: which records are beyond one and go, and
 * which of the others go when not all are admitted. Called by redact.c alone.
 */
#include "filters/redact_private.h"

#include "filters/json/json.h"
#include "filters/wire/wire.h"

/* Where records say what is asked of them; a test compares the numbers with the schema. */
static const rd_fact_fields fields[] = {
    [RD_SIGNAL_LOGS] = {.time = 1, .other_time = 11, .severity = 2}, /* observed time */
    [RD_SIGNAL_TRACES] = {.time = 8, .other_time = 7},               /* end, start */
    [RD_SIGNAL_METRICS] = {.time = 3},
    [RD_SIGNAL_LOKI_PUSH] = {.timestamp = 1, .line = 2},
};

const rd_fact_fields *rd_redact_fact_fields(rd_signal signal)
{
    return &fields[signal];
}

/* ---- facts about streams with label text ---- */

static rd_outcome read_labels(rd_redactor *r, const rd_leaf *leaf, rd_stream_facts *out, rd_error *err)
{
    const uint64_t *key = r->job->content->stream_key;
    rd_slice text = rd_doc_leaf_bytes(&r->doc, leaf);
    r->work.n = 0;
    if (leaf->form == RD_FORM_LABELS_JSON) {
        rd_json_unescape(text, &r->work);
        text = rd_buf_slice(&r->work);
    }
    rd_outcome o = r->work.failed != RD_OK ? r->work.failed : rd_labels_parse(&r->labels, text, err);
    for (uint32_t i = 0; o == RD_OK && i < r->labels.n; i++) {
        const rd_label *l = &r->labels.list[i];
        uint64_t of_name = rd_stream_facts_name(key, l->name.p, l->name.n);
        rd_stream_facts_add(out, key, of_name, l->name.n, l->value.p, l->value.n);
    }
    return o;
}

/* Both lists are in order. */
static rd_outcome read_streams(rd_redactor *r, rd_error *err)
{
    rd_records *s = &r->doc.records;
    rd_outcome o = RD_OK;
    for (uint32_t i = 0, h = 0; o == RD_OK && i < r->doc.n_leaves; i++) {
        const rd_leaf *leaf = &r->doc.leaves[i];
        if (leaf->form != RD_FORM_LABELS && leaf->form != RD_FORM_LABELS_JSON)
            continue;
        while (h < s->n_holders && s->holders[h].end <= leaf->off)
            h++;
        if (h < s->n_holders)
            o = read_labels(r, leaf, &s->holders[h].stream, err);
    }
    return o;
}

/* ---- beyond a limit ---- */

static bool is_over(const rd_content *c, rd_content_limit l, uint64_t v)
{
    return c->max[l] != 0 && v > c->max[l];
}

static rd_content_limit limit_of_stream(const rd_content *c, const rd_stream_facts *f, int64_t *out_value)
{
    const uint64_t v[] = {[RD_CONTENT_LABEL_NAMES] = f->n_labels,
                          [RD_CONTENT_LABEL_NAME_BYTES] = f->name_bytes,
                          [RD_CONTENT_LABEL_VALUE_BYTES] = f->value_bytes};
    for (unsigned l = 0; l <= RD_CONTENT_LABEL_VALUE_BYTES; l++) {
        *out_value = (int64_t)v[l];
        if (is_over(c, (rd_content_limit)l, v[l]))
            return (rd_content_limit)l;
    }
    return RD_CONTENT_COUNT;
}

static rd_content_limit limit_of_record(const rd_redactor *r, const rd_facts *f, int64_t *out_value)
{
    const rd_content *c = r->job->content;
    bool said = f->oldest <= f->newest, is_loki = r->job->signal == RD_SIGNAL_LOKI_PUSH;
    int64_t oldest = said ? f->oldest : f->other_oldest, newest = said ? f->newest : f->other_newest;
    if (is_loki && !said) /* for Loki that is long ago */
        oldest = newest = 0;
    *out_value = f->line_bytes;
    if (is_loki && is_over(c, RD_CONTENT_LINE_BYTES, f->line_bytes))
        return RD_CONTENT_LINE_BYTES;
    *out_value = oldest;
    if (oldest <= newest && c->max[RD_CONTENT_MAX_AGE] != 0 && oldest < c->oldest_ns)
        return RD_CONTENT_MAX_AGE;
    *out_value = newest;
    if (oldest <= newest && c->max[RD_CONTENT_MAX_AHEAD] != 0 && newest > c->newest_ns)
        return RD_CONTENT_MAX_AHEAD;
    return RD_CONTENT_COUNT;
}

static void note_breach(rd_redactor *r, uint32_t record, rd_content_limit l, int64_t value)
{
    rd_breach *b = &r->breach[l];
    bool worse = l == RD_CONTENT_MAX_AGE ? value < b->worst : value > b->worst;
    if (b->n++ == 0 || worse)
        b->worst = value;
    if (!r->job->content->shadow && rd_records_take(&r->doc.records, record, RD_RECORD_REFUSED))
        r->n_refused++;
}

/* The records of one stream, or all that there are. Returns the first one behind. */
static uint32_t judge_records(rd_redactor *r, uint32_t i, uint32_t end, rd_content_limit of_stream,
                              int64_t value)
{
    rd_records *s = &r->doc.records;
    for (; i < s->n && s->list[i].end <= end; i++) {
        rd_content_limit l = of_stream;
        if (l == RD_CONTENT_COUNT)
            l = limit_of_record(r, &s->facts[i], &value);
        if (l != RD_CONTENT_COUNT)
            note_breach(r, i, l, value);
    }
    return i;
}

static void judge_streams(rd_redactor *r)
{
    const rd_content *c = r->job->content;
    rd_records *s = &r->doc.records;
    uint32_t i = 0;
    for (uint32_t h = 0; h < s->n_holders; h++) {
        int64_t value;
        rd_content_limit l = limit_of_stream(c, &s->holders[h].stream, &value);
        uint32_t first = i, before = r->n_refused;
        i = judge_records(r, i, s->holders[h].end, l, value);
        if (c->streams && i - first > r->n_refused - before)
            rd_buf_append(&r->streams, &s->holders[h].stream.hash, sizeof(uint64_t));
    }
}

rd_outcome rd_redact_content(rd_redactor *r, rd_error *err)
{
    const rd_job *job = r->job;
    if (job->content == NULL)
        return RD_OK;
    memset(r->breach, 0, sizeof r->breach);
    r->streams.n = 0;
    if (job->format == RD_FORMAT_PROTOBUF && !rd_wire_facts(&r->doc, rd_redact_fact_fields(job->signal)))
        return RD_NO_MEMORY;
    if (job->signal != RD_SIGNAL_LOKI_PUSH) {
        (void)judge_records(r, 0, UINT32_MAX, RD_CONTENT_COUNT, 0);
        return RD_OK;
    }
    rd_outcome o = read_streams(r, err);
    if (o == RD_OK)
        judge_streams(r);
    return o == RD_OK ? r->streams.failed : o;
}

rd_walked rd_redact_walked(const rd_redactor *r)
{
    return (rd_walked){.n_items = r->doc.n_items,
                       .n_left = r->doc.n_items - r->n_refused,
                       .breach = r->job->content != NULL ? r->breach : NULL,
                       .streams = (const uint64_t *)(const void *)r->streams.p,
                       .n_streams = (uint32_t)(r->streams.n / sizeof(uint64_t))};
}

/* ---- shedding ---- */

/* A record that says no severity counts as INFO, as OTLP's data model has it for those that are no error. */
enum { UNSAID_SEVERITY = 9, SEVERITIES = 25 };

static unsigned severity_of(const rd_facts *facts)
{
    return facts->severity == 0 ? UNSAID_SEVERITY : facts->severity;
}

void rd_redact_shed(rd_redactor *r, uint32_t n)
{
    rd_records *s = &r->doc.records;
    uint32_t of[SEVERITIES] = {0};
    if (n == 0)
        return;
    for (uint32_t i = 0; i < s->n; i++)
        of[severity_of(&s->facts[i])] += s->list[i].gone == RD_RECORD_STAYS;
    for (unsigned severity = 0; severity < SEVERITIES; severity++) {
        of[severity] = of[severity] < n ? of[severity] : n; /* how many of it go */
        n -= of[severity];
    }
    for (uint32_t i = s->n; i-- > 0;) {
        uint32_t *left = &of[severity_of(&s->facts[i])];
        if (*left > 0 && rd_records_take(s, i, RD_RECORD_SHED)) {
            --*left;
            r->n_shed++;
        }
    }
}
