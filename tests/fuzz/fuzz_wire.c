/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: walk and splice of protobuf bodies. Byte 0 chooses the root and the limits, byte 1 seeds the
 * edits, the rest is the body.
 *
 * Checked: leaves are in order, in their frame and do not overlap; frames are in order and nest; a splice
 * without edits is the identity; a splice with edits gives a body that walks again, with as many items, and
 * with every replacement where it belongs.
 */
#include <stdlib.h>

#include "filters/wire/wire.h"
#include "tests/fuzz/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const rd_message *const roots[] = {&rd_schema_logs, &rd_schema_traces, &rd_schema_metrics,
                                          &rd_schema_loki_push};

static rd_verdict judge(const void *ctx, rd_slice key, rd_class cls)
{
    CHECK(cls < RD_CLASS_COUNT);
    unsigned first = key.n > 0 ? key.p[0] % 8 : 0;
    return (rd_verdict){first == 5   ? RD_FATE_MASK
                        : first == 6 ? RD_FATE_DROP
                                     : RD_FATE_KEEP,
                        (uint16_t)(first + 1)};
}

static void check_frames(const rd_doc *d)
{
    for (uint32_t i = 0; i < d->n_frames; i++) {
        const rd_frame *f = &d->frames[i];
        size_t start = 0, end = d->body.n;
        if (f->parent != RD_NO_FRAME) {
            CHECK(f->parent < i);
            start = d->frames[f->parent].content_off;
            end = start + d->frames[f->parent].content_len;
        }
        CHECK(f->prefix_off > start && f->prefix_off < f->content_off); /* a tag comes first */
        CHECK((size_t)f->content_off + f->content_len <= end);
        CHECK(i == 0 || f->prefix_off > d->frames[i - 1].prefix_off);
    }
}

static void check_leaves(const rd_doc *d)
{
    size_t at = 0;
    for (uint32_t i = 0; i < d->n_leaves; i++) {
        const rd_leaf *l = &d->leaves[i];
        size_t start = 0, end = d->body.n;
        if (l->frame != RD_NO_FRAME) {
            CHECK(l->frame < d->n_frames);
            start = d->frames[l->frame].content_off;
            end = start + d->frames[l->frame].content_len;
        }
        CHECK(l->off >= at && l->off >= start && (size_t)l->off + l->len <= end);
        CHECK(l->len > 0 || l->form == RD_FORM_LABELS);
        CHECK(l->cls < RD_CLASS_COUNT && l->form < RD_FORM_COUNT);
        at = (size_t)l->off + l->len;
    }
}

/* What may stand instead of the leaf. */
static void edit_leaf(rd_doc *d, const rd_leaf *l, unsigned n)
{
    static const uint8_t text[] = "0123456789012345678901234567890123456789";
    static const uint8_t any_value[] = "\x0a\x06******";
    static const uint8_t fixed[300];
    rd_edit e = {.off = l->off, .len = l->len, .frame = l->frame, .text = text, .text_len = n % 40};
    switch ((rd_form)l->form) {
    case RD_FORM_FIXED:
        e.len = l->len < sizeof fixed ? l->len : sizeof fixed;
        e.text_len = e.len;
        e.text = fixed;
        break;
    case RD_FORM_INT:
    case RD_FORM_PAIR_VALUE:
        e.text = any_value;
        e.text_len = sizeof any_value - 1;
        break;
    case RD_FORM_HASH:
    case RD_FORM_PAIR_DROP:
        e.text_len = 0;
        break;
    default:
        if (n % 5 == 0) /* put in at the front, and if that is another place at the end */
            e.len = 0;
        break;
    }
    *rd_doc_push_edit(d) = e;
    if (e.len == 0 && l->len > 0) {
        e.off += l->len;
        *rd_doc_push_edit(d) = e;
    }
}

static void check_splice(rd_doc *d, const rd_message *root, const rd_limits *lim, unsigned seed)
{
    rd_buf out;
    rd_error err;
    rd_buf_init(&out, 1 << 24);
    CHECK(rd_wire_splice(d, &out, &err) == RD_OK);
    CHECK(rd_slice_eq(rd_buf_slice(&out), d->body));

    for (uint32_t i = 0; i < d->n_leaves; i++) {
        seed = seed * 1103515245 + 12345;
        if ((seed >> 16) % 3 != 0)
            edit_leaf(d, &d->leaves[i], seed >> 16);
    }
    rd_buf_clear(&out, 1 << 20);
    CHECK(rd_wire_splice(d, &out, &err) == RD_OK);
    rd_doc again;
    rd_doc_init(&again);
    rd_doc_reset(&again, rd_buf_slice(&out));
    CHECK(rd_wire_walk(root, lim, NULL, &again, &err) == RD_OK);
    check_frames(&again);
    check_leaves(&again);
    CHECK(again.n_items == d->n_items && again.n_groups == d->n_groups);
    rd_doc_release(&again);
    rd_buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const rd_message *root = roots[data[0] % 4];
    const rd_visitor visitor = {judge, NULL};
    const rd_limits lim = {.max_depth = data[0] & 4 ? 3 : 32,
                           .max_elements = 10000,
                           .unknown = data[0] & 8 ? RD_UNKNOWN_REFUSE : RD_UNKNOWN_SCAN,
                           .keep_invalid_utf8 = (data[0] & 16) != 0};
    rd_doc d;
    rd_error err = {RD_OK, NULL, 0};
    rd_doc_init(&d);
    rd_doc_reset(&d, rd_slice_of(data + 2, size - 2));
    rd_outcome o = rd_wire_walk(root, &lim, &visitor, &d, &err);
    if (o != RD_OK) {
        CHECK(err.outcome == o && err.what != NULL && err.offset <= d.body.n);
    } else {
        check_frames(&d);
        check_leaves(&d);
        check_splice(&d, root, &lim, data[1]);
    }
    rd_doc_release(&d);
    return 0;
}
