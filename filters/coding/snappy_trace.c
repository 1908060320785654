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
        const uint16_t upper = (uint16_t)(t >> 2), near_len = (upper & 7) + 4, far_len = upper + 1;
        rd_snappy_tag *tag = &c->trace->tags[t];
        *tag = (rd_snappy_tag){.apart = RD_SNAPPY_MAX_SHORT};
        if ((t & 3) == 0 && upper < RD_SNAPPY_SHORT_LITERAL)
            *tag = (rd_snappy_tag){.len = upper + 1};
        else if ((t & 3) == 1)
            *tag = (rd_snappy_tag){near_len, near_len, (uint16_t)(t >> 5 << 8), 0xff};
        else if ((t & 3) == 2)
            *tag = (rd_snappy_tag){far_len, far_len, 0, 0xffff};
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

/* Not through an array, which would be stored and loaded once more. */
static inline void move(uint8_t *to, const uint8_t *from)
{
    typedef uint64_t half __attribute__((vector_size(CHUNK / 2)));
    half a, b;
    memcpy(&a, from, sizeof a);
    memcpy(&b, from + sizeof a, sizeof b);
    memcpy(to, &a, sizeof a);
    memcpy(to + sizeof a, &b, sizeof b);
}

/* Where the next element begins. All else waits for that, so it is reckoned rather than looked up; and which
 * of literal and copy an element is cannot be predicted, so no branch, which compilers would make of it. */
static inline const uint8_t *behind(const uint8_t *p, unsigned tag)
{
    size_t n = (tag & 3) + 1, literal_n = (tag >> 2) + 2;
#ifdef __x86_64__
    __asm__("testb $3, %b2\n\tcmovz %1, %0" : "+r"(n) : "r"(literal_n), "q"(tag) : "cc");
#else
    n = (tag & 3) == 0 ? literal_n : n;
#endif
    return p + n;
}

/* Short elements while both ends are far, as the start of the content is. Stops before what it does not take,
 * broken elements included. */
static place take_short(const rd_snappy_tag *tags, rd_slice block, place w, uint8_t *out, size_t n_out)
{
    const uint8_t *last = block.p + (block.n > RD_SNAPPY_MAX_SHORT ? block.n - RD_SNAPPY_MAX_SHORT : 0);
    const size_t last_at = n_out >= RD_SNAPPY_MAX_SHORT ? n_out - RD_SNAPPY_MAX_SHORT + 1 : 0;
    const uint8_t *p = w.p;
    size_t at = (size_t)(w.to - out);
    rd_snappy_note *note = w.note;
    if (at < RD_SNAPPY_MAX_SHORT)
        return w;
    while (p < last && at < last_at) {
        const unsigned c = *p;
        const rd_snappy_tag *t = &tags[c];
        size_t distance = t->high | (((size_t)p[2] << 8 | p[1]) & t->mask), source = at - distance;
        if (distance - t->apart > at - t->apart)
            break;
        const uint8_t *from = (c & 3) == 0 ? p + 1 : out + source, *next = behind(p, c);
        *note++ = (rd_snappy_note){(uint32_t)at, (uint32_t)(p - block.p), (uint32_t)source};
        move(out + at, from);
        if (t->len > CHUNK)
            move(out + at + CHUNK, from + CHUNK);
        p = next;
        at += t->len;
    }
    return (place){p, out + at, note};
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
        w = take_short(t->tags, block, w, out, n_out);
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
