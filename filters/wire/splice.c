/* SPDX-License-Identifier: MIT */
/*
 * The protobuf splicer: an edit changes the length of the string it stands in, of the message around that,
 * and so on up to the body.
 *
 * 1. Edits in one string make a group, every other is one of its own; a group's growth, with that of the
 *    string's length prefix, goes to the frame.
 * 2. Frames around edits, from the inside, hand their growth, with that of their own prefix, to the parent.
 * 3. The body is copied from first to last, with edits and changed prefixes put in where they belong.
 *
 * What keeps its length keeps its prefix, byte for byte; a changed prefix is written in its shortest form.
 * Frames inside a replaced region have no growth and so are not looked at; if one has, an edit lies inside
 * another edit, which is refused like every overlap.
 */
#include "filters/wire/wire.h"

#include "filters/base/search.h"

enum { MAX_PATH = 512 }; /* more levels than any walk goes down */

/* Edits [first, end) that stand in `leaf` (a string with a prefix of its own), or one edit and no leaf. */
typedef struct group {
    const rd_leaf *leaf; /* borrowed from the doc, or NULL */
    uint32_t end;
    int64_t delta; /* growth of the text, without prefix */
} group;

static rd_outcome fail_overlap(rd_error *err, size_t off)
{
    return rd_fail(err, RD_INVALID, "edits overlap", off);
}

static uint64_t end_of(uint32_t off, uint32_t len)
{
    return (uint64_t)off + len;
}

static bool has_prefix(const rd_leaf *l)
{
    return l->form == RD_FORM_TEXT || l->form == RD_FORM_LABELS || l->form == RD_FORM_PAIR_TEXT;
}

static bool stands_in(const rd_edit *e, const rd_leaf *l)
{
    return e->frame == l->frame && e->off >= l->off && end_of(e->off, e->len) <= end_of(l->off, l->len);
}

/* Whether an edit that does not stand in the leaf touches only a part of it. */
static bool cuts(const rd_edit *e, const rd_leaf *l)
{
    uint64_t edit_end = end_of(e->off, e->len), leaf_end = end_of(l->off, l->len);
    return e->off < l->off ? edit_end > l->off && edit_end < leaf_end : e->off < leaf_end;
}

static bool leaf_ends_before(const void *leaves, uint32_t i, uint64_t pos)
{
    const rd_leaf *l = (const rd_leaf *)leaves + i;
    return end_of(l->off, l->len) < pos;
}

/* The first leaf from `at` on that ends at `pos` or later: steps that double, then halves. Few leaves are
 * edited. */
static uint32_t find_leaf(const rd_doc *d, uint32_t at, uint64_t pos)
{
    uint32_t step = 1, end = at;
    for (; end < d->n_leaves && leaf_ends_before(d->leaves, end, pos); step *= 2) {
        at = end + 1;
        end = d->n_leaves - end > step ? end + step : d->n_leaves;
    }
    return rd_search(d->leaves, at, end, leaf_ends_before, pos);
}

/* The group that starts with edit `first`. *leaf_at remembers how far the leaves were looked at. */
static rd_outcome next_group(const rd_doc *d, uint32_t first, uint32_t *leaf_at, group *out, rd_error *err)
{
    const rd_edit *e = &d->edits[first];
    uint32_t at = find_leaf(d, *leaf_at, e->off + (uint64_t)(e->len > 0));
    *leaf_at = at;
    *out = (group){.end = first + 1, .delta = (int64_t)e->text_len - e->len};
    if (at == d->n_leaves)
        return RD_OK;
    const rd_leaf *l = &d->leaves[at];
    if (!stands_in(e, l)) {
        return cuts(e, l) ? rd_fail(err, RD_INVALID, "edit not inside its string", e->off) : RD_OK;
    }
    if (l->form == RD_FORM_FIXED && out->delta != 0)
        return rd_fail(err, RD_INVALID, "edit changes the length of an unknown field", e->off);
    if (!has_prefix(l))
        return RD_OK;
    out->leaf = l;
    for (; out->end < d->n_edits && stands_in(&d->edits[out->end], l); out->end++)
        out->delta += (int64_t)d->edits[out->end].text_len - d->edits[out->end].len;
    return RD_OK;
}

/* Where the length of a string starts: it ends where the text starts, and all its bytes but the last have the
 * high bit, which the last byte of the tag before it has not. */
static uint32_t prefix_off(const rd_doc *d, const rd_leaf *l)
{
    uint32_t off = l->off - 1;
    while (d->body.p[off - 1] >= 0x80)
        off--;
    return off;
}

/* Growth of a prefix that stands at [from, to) when it becomes that of `len`. */
static int64_t prefix_growth(uint32_t from, uint32_t to, int64_t len)
{
    return (int64_t)rd_varint_size((uint64_t)len) - (to - from);
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

static bool is_inside_frame(const rd_doc *d, const rd_edit *e)
{
    if (e->frame == RD_NO_FRAME)
        return end_of(e->off, e->len) <= d->body.n;
    if (e->frame >= d->n_frames)
        return false;
    const rd_frame *f = &d->frames[e->frame];
    return e->off >= f->content_off && end_of(e->off, e->len) <= end_of(f->content_off, f->content_len);
}

/*
 * Growth goes from the inside to the outside, and only frames around an edit have any. Edits come in order,
 * so the frames around the current one are a path; a frame that the edits have passed leaves it and hands on
 * its growth.
 */
typedef struct path {
    uint32_t frames[MAX_PATH];
    uint32_t n;
} path;

static rd_outcome leave_frame(rd_doc *d, path *open, int64_t *body_delta, rd_error *err)
{
    const rd_frame *f = &d->frames[open->frames[--open->n]];
    int64_t len = (int64_t)f->content_len + f->delta;
    if (f->delta == 0)
        return RD_OK;
    if (len < 0)
        return fail_overlap(err, f->content_off);
    if (!grow(d, f->parent, f->delta + prefix_growth(f->prefix_off, f->content_off, len), body_delta))
        return rd_fail(err, RD_TOO_LARGE, "edits too large", f->prefix_off);
    return RD_OK;
}

/* Leaves the frames that end before `off` and enters those around `frame`. */
static rd_outcome go_to(rd_doc *d, path *open, uint64_t off, uint32_t frame, int64_t *body_delta,
                        rd_error *err)
{
    while (open->n > 0) {
        const rd_frame *top = &d->frames[open->frames[open->n - 1]];
        if (end_of(top->content_off, top->content_len) >= off)
            break;
        rd_outcome o = leave_frame(d, open, body_delta, err);
        if (o != RD_OK)
            return o;
    }
    uint32_t last = open->n == 0 ? 0 : open->frames[open->n - 1] + 1, n = 0;
    for (uint32_t f = frame; f != RD_NO_FRAME && f >= last; f = d->frames[f].parent)
        n++;
    if (n > MAX_PATH - open->n)
        return rd_fail(err, RD_TOO_DEEP, "frames nest too deep", (size_t)off);
    open->n += n;
    for (uint32_t at = open->n; n > 0; n--, frame = d->frames[frame].parent) {
        open->frames[--at] = frame;
        d->frames[frame].delta = 0;
    }
    return RD_OK;
}

/* Fills in the delta of every frame around an edit; *out_delta is the growth of the body. */
static rd_outcome add_up(rd_doc *d, int64_t *out_delta, rd_error *err)
{
    uint32_t leaf_at = 0;
    group g;
    path open; /* only the first n of its frames are anything */
    open.n = 0;
    *out_delta = 0;
    for (uint32_t i = 0; i < d->n_edits; i = g.end) {
        const rd_edit *e = &d->edits[i];
        if (!is_inside_frame(d, e))
            return rd_fail(err, RD_INVALID, "edit outside its frame", e->off);
        rd_outcome o = next_group(d, i, &leaf_at, &g, err);
        if (o == RD_OK)
            o = go_to(d, &open, e->off, e->frame, out_delta, err);
        if (o != RD_OK)
            return o;
        int64_t by = g.delta;
        if (g.leaf != NULL && by != 0) {
            if (g.leaf->len + by < 0)
                return fail_overlap(err, e->off);
            by += prefix_growth(prefix_off(d, g.leaf), g.leaf->off, g.leaf->len + g.delta);
        }
        if (!grow(d, e->frame, by, out_delta))
            return rd_fail(err, RD_TOO_LARGE, "edits too large", e->off);
    }
    return go_to(d, &open, UINT64_MAX, RD_NO_FRAME, out_delta, err);
}

/* Copies body bytes [from, to), and notes that they were kept. */
static void put_kept(rd_doc *d, size_t from, size_t to, rd_buf *out)
{
    if (from == to)
        return;
    rd_kept *k = rd_doc_push_kept(d);
    if (k == NULL)
        out->failed = RD_NO_MEMORY;
    else
        *k = (rd_kept){.old_off = (uint32_t)from, .new_off = (uint32_t)out->n, .len = (uint32_t)(to - from)};
    rd_buf_append(out, d->body.p + from, to - from);
}

/* Copies the body from *at to `from` and puts the prefix for `len` in the place of the one at [from, to). */
static bool put_prefix(rd_doc *d, uint32_t from, uint32_t to, int64_t len, rd_buf *out, size_t *at)
{
    if (from < *at)
        return false;
    uint8_t prefix[10];
    put_kept(d, *at, from, out);
    rd_buf_append(out, prefix, rd_varint_put((uint64_t)len, prefix));
    *at = to;
    return true;
}

static bool prefix_begins_by(const void *frames, uint32_t i, uint64_t off)
{
    return ((const rd_frame *)frames)[i].prefix_off <= off;
}

/* Does `off` lie between the tag and the content of a frame? Frames are in order of their prefix. */
static bool is_in_prefix(const rd_doc *d, uint32_t off)
{
    uint32_t behind = rd_search(d->frames, 0, d->n_frames, prefix_begins_by, off);
    return behind > 0 && off < d->frames[behind - 1].content_off;
}

/* Prefixes of the frames around `frame` that are not done; those before *frame_at are. */
static bool put_frames(rd_doc *d, uint32_t frame, rd_buf *out, size_t *at, uint32_t *frame_at)
{
    uint32_t around[MAX_PATH], n = 0;
    for (uint32_t f = frame; f != RD_NO_FRAME && f >= *frame_at; f = d->frames[f].parent)
        around[n++] = f;
    if (n > 0)
        *frame_at = frame + 1;
    while (n-- > 0) {
        const rd_frame *f = &d->frames[around[n]];
        int64_t len = (int64_t)f->content_len + f->delta;
        if (f->delta != 0 && !put_prefix(d, f->prefix_off, f->content_off, len, out, at))
            return false;
    }
    return true;
}

/* Everything up to the last edit of group [first, g->end). *frame_at: frames before it are done. */
static bool put_group(rd_doc *d, uint32_t first, const group *g, rd_buf *out, size_t *at, uint32_t *frame_at)
{
    if (is_in_prefix(d, d->edits[first].off) || !put_frames(d, d->edits[first].frame, out, at, frame_at))
        return false;
    if (g->leaf != NULL && g->delta != 0 &&
        !put_prefix(d, prefix_off(d, g->leaf), g->leaf->off, g->leaf->len + g->delta, out, at))
        return false;
    for (uint32_t i = first; i < g->end; i++) {
        const rd_edit *e = &d->edits[i];
        if (e->off < *at)
            return false;
        put_kept(d, *at, e->off, out);
        rd_buf_append(out, e->text, e->text_len);
        *at = (size_t)e->off + e->len;
    }
    return true;
}

/* Appends the `total` bytes that the body becomes; the deltas are filled in. */
static rd_outcome put_body(rd_doc *d, size_t total, rd_buf *out, rd_error *err)
{
    size_t before = out->n, at = 0;
    d->n_kept = 0;
    uint32_t leaf_at = 0, frame_at = 0;
    group g;
    if (rd_buf_reserve(out, total) == NULL)
        return rd_fail(err, out->failed, "output buffer", SIZE_MAX);
    for (uint32_t i = 0; i < d->n_edits; i = g.end) {
        rd_outcome o = next_group(d, i, &leaf_at, &g, err);
        if (o != RD_OK)
            return o;
        if (!put_group(d, i, &g, out, &at, &frame_at))
            return fail_overlap(err, d->edits[i].off);
    }
    put_kept(d, at, d->body.n, out);
    if (out->failed != RD_OK)
        return rd_fail(err, out->failed, "output buffer", SIZE_MAX);
    for (uint32_t i = 0; before > 0 && i < d->n_kept; i++)
        d->kept[i].new_off -= (uint32_t)before;
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
