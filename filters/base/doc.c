/* SPDX-License-Identifier: MIT */
#include "filters/base/doc.h"

#include <stdlib.h>

/* Arrays larger than this are given back at the next reset: one huge request must not keep
 * its memory for the life of the thread. */
enum { KEEP_ELEMENTS = 1 << 16, FIRST_ELEMENTS = 1 << 10 };

static const char *const class_words[] = {
#define X(name, word) [RD_CLASS_##name] = word,
    RD_CLASSES(X)
#undef X
};

const char *rd_class_word(rd_class c)
{
    return (unsigned)c < RD_CLASS_COUNT ? class_words[c] : "?";
}

void rd_doc_init(rd_doc *d)
{
    *d = (rd_doc){0};
}

static void release_arrays(rd_doc *d)
{
    free(d->leaves);
    free(d->frames);
    free(d->edits);
    free(d->kept);
    free(d->places);
    *d = (rd_doc){.records = d->records};
}

void rd_doc_release(rd_doc *d)
{
    release_arrays(d);
    rd_records_release(&d->records);
}

void rd_doc_reset(rd_doc *d, rd_slice body)
{
    if (d->cap_leaves > KEEP_ELEMENTS || d->cap_frames > KEEP_ELEMENTS || d->cap_edits > KEEP_ELEMENTS ||
        d->cap_kept > KEEP_ELEMENTS || d->cap_places > KEEP_ELEMENTS)
        release_arrays(d);
    rd_records_reset(&d->records);
    d->body = body;
    d->n_leaves = d->n_frames = d->n_edits = d->n_kept = d->n_places = d->n_items = d->n_groups = 0;
}

/* Doubles an array of `size`-byte elements; false leaves it as it was. */
static bool grow(void **array, uint32_t *cap, size_t size)
{
    uint32_t want = *cap == 0 ? FIRST_ELEMENTS : *cap * 2;
    if (want <= *cap)
        return false;
    void *p = realloc(*array, (size_t)want * size);
    if (p == NULL)
        return false;
    *array = p;
    *cap = want;
    return true;
}

rd_leaf *rd_doc_grow_leaf(rd_doc *d)
{
    return grow((void **)&d->leaves, &d->cap_leaves, sizeof *d->leaves) ? &d->leaves[d->n_leaves++] : NULL;
}

rd_frame *rd_doc_grow_frame(rd_doc *d)
{
    return grow((void **)&d->frames, &d->cap_frames, sizeof *d->frames) ? &d->frames[d->n_frames++] : NULL;
}

rd_edit *rd_doc_grow_edit(rd_doc *d)
{
    return grow((void **)&d->edits, &d->cap_edits, sizeof *d->edits) ? &d->edits[d->n_edits++] : NULL;
}

rd_kept *rd_doc_grow_kept(rd_doc *d)
{
    return grow((void **)&d->kept, &d->cap_kept, sizeof *d->kept) ? &d->kept[d->n_kept++] : NULL;
}

rd_place *rd_doc_push_place(rd_doc *d)
{
    if (d->n_places == d->cap_places && !grow((void **)&d->places, &d->cap_places, sizeof *d->places))
        return NULL;
    return &d->places[d->n_places++];
}

static int by_offset(const void *va, const void *vb)
{
    const rd_edit *a = va, *b = vb;
    if (a->off != b->off)
        return a->off < b->off ? -1 : 1;
    return (a->len > 0) - (b->len > 0);
}

void rd_doc_sort_edits(rd_doc *d)
{
    for (uint32_t i = 1; i < d->n_edits; i++) {
        if (by_offset(&d->edits[i - 1], &d->edits[i]) > 0) {
            qsort(d->edits, d->n_edits, sizeof *d->edits, by_offset);
            return;
        }
    }
}

rd_outcome rd_doc_splice(const rd_doc *d, rd_buf *out, rd_error *err)
{
    size_t at = 0;
    for (uint32_t i = 0; i < d->n_edits; i++) {
        const rd_edit *e = &d->edits[i];
        if (e->off < at || (size_t)e->off + e->len > d->body.n)
            return rd_fail(err, RD_INVALID, "edits overlap", e->off);
        rd_buf_append(out, d->body.p + at, e->off - at);
        rd_buf_append(out, e->text, e->text_len);
        at = (size_t)e->off + e->len;
    }
    rd_buf_append(out, d->body.p + at, d->body.n - at);
    return out->failed == RD_OK ? RD_OK : rd_fail(err, out->failed, "output buffer", SIZE_MAX);
}
