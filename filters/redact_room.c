/* SPDX-License-Identifier: MIT */
/*
 * Room for the labels that are put into a stream of protobuf: labels of the sender's that may give way become
 * structured metadata of each entry. They were redacted as labels by then, and are once more as what they
 * become, so a rule for metadata alone sees them too.
 *
 * An entry that has metadata of that name already keeps the label where it is: of two values under one name a
 * backend shows one. Called by redact*.c.
 */
#include "filters/redact_private.h"

#include "filters/wire/item.h"
#include "filters/wire/wire.h"

/* EntryAdapter.structuredMetadata: a LabelPairAdapter. Field numbers: 3; 1 and 2. StreamAdapter.entries: 2.
 */
enum { ENTRIES = 2, METADATA = 3, NAME = 1, VALUE = 2 };

rd_outcome rd_redact_no_room(rd_error *err)
{
    return rd_fail(err, RD_REFUSED, "a stream has no room for the labels of its workspace", SIZE_MAX);
}

static void put_field(uint8_t number, rd_slice s, rd_buf *out)
{
    uint8_t prefix[10];
    rd_buf_append_byte(out, (uint8_t)(number << 3 | RD_WIRE_LEN));
    rd_buf_append(out, prefix, rd_varint_put(s.n, prefix));
    rd_buf_append(out, s.p, s.n);
}

/* The next entry of the stream behind frame `*at`: the messages of a stream are its entries, and nothing
 * else. */
static const rd_frame *next_entry(const rd_doc *d, uint32_t stream, uint32_t *at)
{
    const rd_frame *s = &d->frames[stream];
    for (++*at; *at < d->n_frames; ++*at) {
        const rd_frame *f = &d->frames[*at];
        if (f->prefix_off >= s->content_off + s->content_len)
            return NULL;
        if (f->parent == stream)
            return f;
    }
    return NULL;
}

/* A pair may say its name several times. What cannot be read counts as a name that is there. */
static bool pair_has(const rd_message *m, rd_slice pair, rd_slice name)
{
    rd_item item;
    rd_item_reader r = {.body = pair.p, .p = pair.p, .end = pair.p + pair.n};
    while (rd_item_next(&r, m, &item)) {
        if (item.field != NULL && item.id == NAME && rd_stamp_is_same_name(item.bytes, name))
            return true;
    }
    return r.failed != RD_OK;
}

static bool entry_has(const rd_doc *d, const rd_frame *entry, const rd_message *m, rd_slice name)
{
    rd_item item;
    const uint8_t *p = d->body.p + entry->content_off;
    rd_item_reader r = {.body = p, .p = p, .end = p + entry->content_len};
    while (rd_item_next(&r, m, &item)) {
        if (item.field != NULL && item.id == METADATA && pair_has(item.field->child, item.bytes, name))
            return true;
    }
    return r.failed != RD_OK;
}

static bool stream_has(const rd_doc *d, uint32_t stream, rd_slice name)
{
    const rd_message *m = rd_message_field(rd_message_field(&rd_schema_loki_push, 1)->child, ENTRIES)->child;
    uint32_t at = stream;
    for (const rd_frame *f = next_entry(d, stream, &at); f != NULL; f = next_entry(d, stream, &at)) {
        if (entry_has(d, f, m, name))
            return true;
    }
    return false;
}

/* The same text for all entries. */
static rd_outcome put_into_entries(rd_redactor *r, uint32_t stream, rd_slice field)
{
    uint8_t *copy = rd_arena_alloc(&r->replacements, field.n);
    uint32_t at = stream;
    rd_outcome o = copy == NULL ? RD_NO_MEMORY : RD_OK;
    if (o == RD_OK)
        memcpy(copy, field.p, field.n);
    while (o == RD_OK) {
        const rd_frame *f = next_entry(&r->doc, stream, &at);
        if (f == NULL)
            break;
        o = rd_redactor_edit_shared(r, f->content_off, at, (rd_slice){copy, field.n});
    }
    return o;
}

static rd_outcome move_label(rd_redactor *r, const rd_leaf *leaf, uint32_t at)
{
    bool stays;
    rd_outcome o = rd_redact_label_as_metadata(r, leaf->off, at, &stays);
    if (o != RD_OK)
        return o;
    const rd_label l = r->labels.list[at];
    memmove(&r->labels.list[at], &r->labels.list[at + 1], (r->labels.n - at - 1) * sizeof l);
    r->labels.n--;
    if (!stays)
        return RD_OK;
    r->work.n = r->work2.n = 0;
    put_field(NAME, l.name, &r->work);
    put_field(VALUE, l.value, &r->work);
    put_field(METADATA, rd_buf_slice(&r->work), &r->work2);
    if (r->work.failed != RD_OK || r->work2.failed != RD_OK)
        return RD_NO_MEMORY;
    return put_into_entries(r, leaf->frame, rd_buf_slice(&r->work2));
}

static bool has_room(const rd_redactor *r)
{
    const rd_stamp *s = r->job->stamp;
    return s->max_stream_labels == 0 || r->labels.n + s->n_labels <= s->max_stream_labels;
}

/* Where the label stands, r->labels.n: there is none. */
static uint32_t find_label(const rd_labels *labels, rd_slice name)
{
    uint32_t i = 0;
    while (i < labels->n && !rd_slice_eq(labels->list[i].name, name))
        i++;
    return i;
}

rd_outcome rd_redact_room(rd_redactor *r, const rd_leaf *leaf, rd_error *err)
{
    const rd_stamp *s = r->job->stamp;
    /* Entries of the old JSON form, which has label text, have no metadata. */
    for (uint32_t m = 0; leaf->form == RD_FORM_LABELS && m < s->n_movable && !has_room(r); m++) {
        uint32_t i = find_label(&r->labels, s->movable[m]);
        if (i == r->labels.n || stream_has(&r->doc, leaf->frame, s->movable[m]))
            continue;
        rd_outcome o = move_label(r, leaf, i);
        if (o != RD_OK)
            return o;
    }
    return has_room(r) ? RD_OK : rd_redact_no_room(err);
}
