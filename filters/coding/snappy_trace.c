/* SPDX-License-Identifier: MIT */
/*
 * Decodes a snappy block and notes where its elements are, so that the splicer need not read it again.
 *
 * What is accepted, and what comes out, is what libsnappy accepts and makes; the fuzz target compares. Most
 * elements are short and away from both ends: those are moved with loads and stores of constant size that may
 * write past the element but never past the content. All others are taken one by one with every bound
 * checked. Only blocks up to RD_SNAPPY_TRACED bytes: the notes take six times the block. Caller: snappy.c.
 */
#include "filters/coding/snappy_element.h"

#include <stdlib.h>

enum { CHUNK = 32, KEPT_NOTES = 64 << 10 /* not given back for a smaller block */ };

bool rd_snappy_trace_init(rd_coder *c)
{
    c->trace = calloc(1, sizeof *c->trace);
    if (c->trace == NULL)
        return false;
    for (unsigned t = 0; t < 256; t++) {
        uint8_t upper = (uint8_t)(t >> 2);
        rd_snappy_tag *tag = &c->trace->tags[t];
        if ((t & 3) == 0 && upper < RD_SNAPPY_SHORT_LITERAL)
            *tag = (rd_snappy_tag){.n = upper + 2, .len = upper + 1};
        else if ((t & 3) == 1)
            *tag = (rd_snappy_tag){2, (upper & 7) + 4, (upper & 7) + 4, (uint16_t)(t >> 5 << 8), 0xff};
        else if ((t & 3) == 2)
            *tag = (rd_snappy_tag){3, upper + 1, upper + 1, 0, 0xffff};
    }
    return true;
}

void rd_snappy_trace_release(rd_coder *c)
{
    if (c->trace == NULL)
        return;
    free(c->trace->list);
    free(c->trace);
    c->trace = NULL;
}

/* An element is at least two bytes; one more for the end. */
bool rd_snappy_trace_room(rd_coder *c, size_t n_block)
{
    rd_snappy_trace *t = c->trace;
    size_t need = n_block / 2 + 2;
    if (need <= t->cap && (t->cap <= KEPT_NOTES || t->cap / 8 < need))
        return true;
    free(t->list);
    t->cap = 0;
    t->list = malloc(need * sizeof *t->list);
    if (t->list != NULL)
        t->cap = need;
    return t->list != NULL;
}

typedef struct place {
    const uint8_t *p;
    uint8_t *to;
    rd_snappy_note *note;
} place;

static inline void move(uint8_t *to, const uint8_t *from)
{
    uint8_t chunk[CHUNK];
    memcpy(chunk, from, CHUNK);
    memcpy(to, chunk, CHUNK);
}

/* Short elements while both ends are far. Stops before what it does not take, broken elements included. */
static place take_short(const rd_snappy_tag *tags, rd_slice block, place w, const uint8_t *base,
                        const uint8_t *to_end)
{
    const uint8_t *p = w.p, *end = block.p + block.n;
    uint8_t *to = w.to;
    rd_snappy_note *note = w.note;
    while (end - p > RD_SNAPPY_MAX_SHORT && to_end - to >= RD_SNAPPY_MAX_SHORT) {
        unsigned c = *p;
        rd_snappy_tag t = tags[c];
        size_t at = (size_t)(to - base);
        size_t distance = t.high | (((size_t)p[2] << 8 | p[1]) & t.mask);
        if (t.n == 0 || distance < t.apart || distance > at)
            break;
        const uint8_t *from = (c & 3) == 0 ? p + 1 : to - distance;
        *note++ = (rd_snappy_note){(uint32_t)at, (uint32_t)(p - block.p), (uint32_t)(at - distance)};
        move(to, from);
        if (t.len > CHUNK)
            move(to + CHUNK, from + CHUNK);
        p += t.n;
        to += t.len;
    }
    return (place){p, to, note};
}

static bool take_any(rd_slice block, place *w, const uint8_t *base, const uint8_t *to_end)
{
    rd_snappy_element e;
    uint64_t at = (uint64_t)(w->to - base);
    if (!rd_snappy_read(w->p, block.p + block.n, at, &e) || e.len > (uint64_t)(to_end - w->to))
        return false;
    *w->note++ = (rd_snappy_note){(uint32_t)at, (uint32_t)(w->p - block.p), (uint32_t)(at - e.distance)};
    if (e.distance == 0)
        memcpy(w->to, w->p + (e.n - e.len), e.len);
    else
        for (uint64_t i = 0; i < e.len; i++)
            w->to[i] = *(w->to + i - e.distance);
    w->to += e.len;
    w->p += e.n;
    return true;
}

bool rd_snappy_trace_decode(rd_coder *c, rd_slice block, uint8_t *out, size_t n_out)
{
    rd_snappy_trace *t = c->trace;
    const uint8_t *end = block.p + block.n;
    size_t head = rd_snappy_head(block);
    if (head == 0)
        return false;
    place w = {block.p + head, out, t->list};
    while (w.p < end) {
        w = take_short(t->tags, block, w, out, out + n_out);
        if (w.p < end && !take_any(block, &w, out, out + n_out))
            return false;
    }
    *w.note = (rd_snappy_note){(uint32_t)n_out, (uint32_t)block.n, (uint32_t)n_out};
    if (w.to != out + n_out)
        return false;
    t->n = (size_t)(w.note - t->list);
    t->block = block;
    return true;
}
