/* SPDX-License-Identifier: MIT */
/*
 * The protobuf splicer: edits change the length of the message they stand in, and so of every message around
 * it.
 *
 *    edits      add up their growth in the frame they name
 *    frames     from last to first: hand their growth, and that of their own prefix, to the parent
 *    body       from first to last: copied, with edits and changed prefixes put in where they belong
 *
 * A frame whose content keeps its length keeps its prefix, byte for byte; a changed prefix is written in its
 * shortest form. Frames inside a replaced region have no growth and so are not looked at; if one has, an edit
 * lies inside another edit, which is refused like every overlap.
 */
#include "filters/wire/wire.h"

static rd_outcome fail_overlap(rd_error *err, size_t off)
{
    return rd_fail(err, RD_INVALID, "edits overlap", off);
}

/* Adds to the growth of frame `f`, or of the body. False: out of range. */
static bool grow(rd_doc *d, uint32_t f, int64_t by, int64_t *body_delta)
{
    int64_t sum = by + (f == RD_NO_FRAME ? *body_delta : d->frames[f].delta);
    if (sum > INT32_MAX || sum < INT32_MIN)
        return false;
    if (f == RD_NO_FRAME)
        *body_delta = sum;
    else
        d->frames[f].delta = (int32_t)sum;
    return true;
}

static bool edit_is_inside(const rd_doc *d, const rd_edit *e)
{
    uint64_t start = 0, end = d->body.n, edit_end = (uint64_t)e->off + e->len;
    if (e->frame != RD_NO_FRAME) {
        if (e->frame >= d->n_frames)
            return false;
        start = d->frames[e->frame].content_off;
        end = start + d->frames[e->frame].content_len;
    }
    return e->off >= start && edit_end <= end;
}

/* Fills in every frame's delta; *out_delta is the growth of the body. */
static rd_outcome add_up(rd_doc *d, int64_t *out_delta, rd_error *err)
{
    for (uint32_t i = 0; i < d->n_frames; i++)
        d->frames[i].delta = 0;
    *out_delta = 0;
    for (uint32_t i = 0; i < d->n_edits; i++) {
        const rd_edit *e = &d->edits[i];
        if (!edit_is_inside(d, e))
            return rd_fail(err, RD_INVALID, "edit outside its frame", e->off);
        if (!grow(d, e->frame, (int64_t)e->text_len - e->len, out_delta))
            return rd_fail(err, RD_TOO_LARGE, "edits too large", e->off);
    }
    for (uint32_t i = d->n_frames; i-- > 0;) {
        const rd_frame *f = &d->frames[i];
        if (f->delta == 0)
            continue;
        int64_t len = (int64_t)f->content_len + f->delta;
        if (len < 0)
            return fail_overlap(err, f->content_off);
        int64_t prefix = (int64_t)rd_varint_size((uint64_t)len) - (f->content_off - f->prefix_off);
        if (!grow(d, f->parent, f->delta + prefix, out_delta))
            return rd_fail(err, RD_TOO_LARGE, "edits too large", f->prefix_off);
    }
    return RD_OK;
}

/* Copies the body up to where `f` has its prefix and writes the new one. *at: how far the body was read. */
static bool put_prefix(const rd_doc *d, const rd_frame *f, rd_buf *out, size_t *at)
{
    if (f->prefix_off < *at)
        return false;
    uint8_t prefix[10];
    rd_buf_append(out, d->body.p + *at, f->prefix_off - *at);
    rd_buf_append(out, prefix, rd_varint_put((uint64_t)((int64_t)f->content_len + f->delta), prefix));
    *at = f->content_off;
    return true;
}

/* Appends the `total` bytes that the body becomes; the deltas are filled in. */
static rd_outcome put_body(const rd_doc *d, size_t total, rd_buf *out, rd_error *err)
{
    const uint8_t *body = d->body.n > 0 ? d->body.p : (const uint8_t *)"";
    size_t before = out->n, at = 0;
    uint32_t f = 0;
    if (rd_buf_reserve(out, total) == NULL)
        return rd_fail(err, out->failed, "output buffer", SIZE_MAX);
    for (uint32_t i = 0; i < d->n_edits; i++) {
        const rd_edit *e = &d->edits[i];
        for (; f < d->n_frames && d->frames[f].prefix_off <= e->off; f++) {
            if (d->frames[f].delta != 0 && !put_prefix(d, &d->frames[f], out, &at))
                return fail_overlap(err, d->frames[f].prefix_off);
        }
        if (e->off < at)
            return fail_overlap(err, e->off);
        rd_buf_append(out, body + at, e->off - at);
        rd_buf_append(out, e->text, e->text_len);
        at = (size_t)e->off + e->len;
    }
    rd_buf_append(out, body + at, d->body.n - at);
    if (out->failed != RD_OK)
        return rd_fail(err, out->failed, "output buffer", SIZE_MAX);
    return out->n - before == total ? RD_OK : fail_overlap(err, SIZE_MAX);
}

rd_outcome rd_wire_splice(rd_doc *doc, rd_buf *out, rd_error *err)
{
    int64_t delta;
    rd_outcome o = add_up(doc, &delta, err);
    if (o != RD_OK)
        return o;
    int64_t total = (int64_t)doc->body.n + delta;
    if (total < 0)
        return fail_overlap(err, SIZE_MAX);
    if (total > (int64_t)RD_DOC_MAX_BODY)
        return rd_fail(err, RD_TOO_LARGE, "edits too large", SIZE_MAX);
    if (doc->body.n == 0 && doc->n_edits == 0)
        return RD_OK;
    size_t before = out->n;
    o = put_body(doc, (size_t)total, out, err);
    if (o != RD_OK)
        out->n = before;
    return o;
}
