/* SPDX-License-Identifier: MIT */
/* Labels put in, and reserved names judged. Called by redact*.c alone. */
#include "filters/redact_private.h"

#include "filters/wire/wire.h"

static rd_verdict on_key(const void *ctx, rd_slice key, rd_class cls)
{
    const rd_redactor *r = ctx;
    if (rd_stamp_may_be_reserved(&r->reserved, key) && rd_stamp_is_reserved(&r->reserved, key, cls))
        return (rd_verdict){.fate = RD_FATE_DROP, .rule = RD_RULE_RESERVED};
    return r->by_policy.on_key(r->by_policy.ctx, key, cls);
}

rd_visitor rd_redactor_visitor(const rd_redactor *r)
{
    rd_visitor v = r->by_policy;
    if (r->reserved.stamp != NULL)
        v = (rd_visitor){.on_key = on_key, .ctx = r, .places = true, .records = v.records};
    v.keys_once = r->keys_once;
    if (r->job->content != NULL) {
        v.records = true;
        v.facts = rd_redact_fact_fields(r->job->signal);
        memcpy(v.stream_key, r->job->content->stream_key, sizeof v.stream_key);
    }
    return v;
}

/* The hash of a stream whose labels were put in is stale. */
static rd_outcome note_stream(rd_redactor *r, const rd_place *p)
{
    if (p->kind == RD_PLACE_LABELS)
        rd_buf_append(&r->relabelled, &p->frame, sizeof p->frame);
    return r->relabelled.failed;
}

/* Must labels of the sender's give way? */
static bool is_crowded(const rd_stamp *s, const rd_place *p)
{
    return p->kind == RD_PLACE_JSON_MEMBERS && s->max_stream_labels > 0 &&
           p->n_labels + s->n_labels > s->max_stream_labels;
}

/* Most places of a body get the same text. */
rd_outcome rd_redact_stamp(rd_redactor *r, rd_error *err)
{
    const rd_stamp *s = r->job->stamp;
    rd_outcome o = RD_OK;
    for (uint32_t i = 0; o == RD_OK && i < r->doc.n_places; i++) {
        const rd_place *p = &r->doc.places[i];
        if (p->kind == RD_PLACE_NONE)
            continue;
        if (is_crowded(s, p)) { /* it waits until its labels are redacted */
            if (s->n_movable == 0)
                return rd_redact_no_room(err);
            rd_buf_append(&r->crowded, p, sizeof *p);
            o = r->crowded.failed;
            continue;
        }
        r->work.n = 0;
        rd_stamp_write(s, p, &r->work);
        o = r->work.failed != RD_OK ? RD_NO_MEMORY : note_stream(r, p);
        if (o == RD_OK)
            o = rd_redactor_edit(r, p->off, p->len, p->frame, rd_buf_slice(&r->work));
    }
    return o;
}

rd_outcome rd_redact_stamp_labels(rd_redactor *r, const rd_leaf *leaf, rd_error *err)
{
    const rd_stamp *s = r->job->stamp;
    rd_outcome o = rd_redact_room(r, leaf, err);
    if (o != RD_OK)
        return o;
    for (uint32_t i = 0; i < s->n_labels; i++) {
        rd_label *l = rd_labels_add(&r->labels);
        if (l == NULL)
            return rd_fail(err, RD_TOO_MANY, "labels of a stream", SIZE_MAX);
        *l = (rd_label){s->labels[i].name, s->labels[i].value};
    }
    rd_labels_sort(&r->labels);
    return RD_OK;
}
