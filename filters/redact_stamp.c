/* SPDX-License-Identifier: MIT */
/* Labels put in, and reserved names judged. Called by redact*.c alone. */
#include "filters/redact_private.h"

#include "filters/wire/wire.h"

static rd_verdict on_key(const void *ctx, rd_slice key, rd_class cls)
{
    const rd_redactor *r = ctx;
    if (rd_stamp_is_reserved(&r->reserved, key, cls))
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

static rd_outcome too_many(rd_error *err)
{
    return rd_fail(err, RD_REFUSED, "a stream has no room for the labels of its workspace", SIZE_MAX);
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
        if (s->max_stream_labels > 0 && p->n_labels + s->n_labels > s->max_stream_labels &&
            p->kind == RD_PLACE_JSON_MEMBERS)
            return too_many(err);
        r->work.n = 0;
        rd_stamp_write(s, p, &r->work);
        o = r->work.failed != RD_OK ? RD_NO_MEMORY : note_stream(r, p);
        if (o == RD_OK)
            o = rd_redactor_edit(r, p->off, p->len, p->frame, rd_buf_slice(&r->work));
    }
    return o;
}

/* ---- room ---- */

/* EntryAdapter.structuredMetadata: a LabelPairAdapter. Field numbers: 3; 1 and 2. */
enum { TAG_METADATA = 3 << 3 | 2, TAG_NAME = 1 << 3 | 2, TAG_VALUE = 2 << 3 | 2 };

static void put_field(uint8_t tag, rd_slice s, rd_buf *out)
{
    uint8_t prefix[10];
    rd_buf_append_byte(out, tag);
    rd_buf_append(out, prefix, rd_varint_put(s.n, prefix));
    rd_buf_append(out, s.p, s.n);
}

/* The messages of a stream are its entries, and nothing else. */
static rd_outcome put_into_entries(rd_redactor *r, uint32_t stream, rd_slice field)
{
    const rd_doc *d = &r->doc;
    const rd_frame *s = &d->frames[stream];
    rd_outcome o = RD_OK;
    for (uint32_t i = stream + 1; o == RD_OK && i < d->n_frames; i++) {
        const rd_frame *f = &d->frames[i];
        if (f->prefix_off >= s->content_off + s->content_len)
            break;
        if (f->parent == stream)
            o = rd_redactor_edit(r, f->content_off, 0, i, field);
    }
    return o;
}

static rd_outcome move_label(rd_redactor *r, const rd_leaf *leaf, uint32_t at)
{
    const rd_label l = r->labels.list[at];
    r->work.n = r->work2.n = 0;
    put_field(TAG_NAME, l.name, &r->work);
    put_field(TAG_VALUE, l.value, &r->work);
    put_field(TAG_METADATA, rd_buf_slice(&r->work), &r->work2);
    if (r->work.failed != RD_OK || r->work2.failed != RD_OK)
        return RD_NO_MEMORY;
    memmove(&r->labels.list[at], &r->labels.list[at + 1], (r->labels.n - at - 1) * sizeof l);
    r->labels.n--;
    return put_into_entries(r, leaf->frame, rd_buf_slice(&r->work2));
}

static bool has_room(const rd_redactor *r)
{
    const rd_stamp *s = r->job->stamp;
    return s->max_stream_labels == 0 || r->labels.n + s->n_labels <= s->max_stream_labels;
}

/* One label after the other, in the order of the configuration, until there is room. */
static rd_outcome make_room(rd_redactor *r, const rd_leaf *leaf, rd_error *err)
{
    const rd_stamp *s = r->job->stamp;
    for (uint32_t m = 0; leaf->form == RD_FORM_LABELS && m < s->n_movable && !has_room(r); m++) {
        for (uint32_t i = 0; i < r->labels.n; i++) {
            if (!rd_slice_eq(r->labels.list[i].name, s->movable[m]))
                continue;
            rd_outcome o = move_label(r, leaf, i);
            if (o != RD_OK)
                return o;
            break;
        }
    }
    return has_room(r) ? RD_OK : too_many(err);
}

rd_outcome rd_redact_stamp_labels(rd_redactor *r, const rd_leaf *leaf, rd_error *err)
{
    const rd_stamp *s = r->job->stamp;
    rd_outcome o = has_room(r) ? RD_OK : make_room(r, leaf, err);
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
