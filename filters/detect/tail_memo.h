/* SPDX-License-Identifier: MIT */
/*
 * What was said before of the end of a key, by who reads it backwards: the lines of a service have the same
 * few keys over and over. Two-way: keys that end alike (pod.name, thread.name) share a set. An entry holds
 * the bytes at the end of a key that were looked at, and what was said. If that depends on nothing else,
 * entries never grow old. Keys whose look goes further back than an entry, or to an end of the text, are not
 * remembered.
 *
 * Owner: the scratch. Zero is an empty memo.
 */
#ifndef RD_DETECT_TAIL_MEMO_H
#define RD_DETECT_TAIL_MEMO_H

#include <string.h>

#include "filters/detect/text.h"

enum { RD_TAIL_MEMO_BITS = 6, RD_TAIL_MEMO_BYTES = 16 };

typedef struct rd_tail {
    uint64_t bytes[2], mask[2]; /* the last one is the byte behind the key */
    uint64_t era;               /* of the memo when it came in */
    uint8_t depth;              /* how many bytes count, 0: free */
    uint8_t says;
} rd_tail;

typedef struct rd_tail_set {
    rd_tail last, before; /* the last one that came in */
} rd_tail_set;

typedef struct rd_tail_memo {
    rd_tail_set sets[1 << RD_TAIL_MEMO_BITS];
    uint64_t era; /* entries of an earlier one do not count */
} rd_tail_memo;

/* Who is asked from now on is number `era`, who may say something else than the others. */
static inline void rd_tail_memo_turn(rd_tail_memo *m, uint64_t era)
{
    m->era = era;
}

/* Where keys with these last bytes are. What stands before a short key must not scatter it: of the seven
 * bytes of the key those count that stand behind the last blank, quote or comma (all bytes below '-'). */
static inline rd_tail_set *rd_tail_memo_set(rd_tail_memo *m, uint64_t last)
{
    const uint64_t high = UINT64_C(0x8080808080808080), each = UINT64_C(0x0101010101010101);
    uint64_t key = last << 8; /* the lowest byte is zero, and so ends it at the latest */
    uint64_t ends = ~(((key & ~high) + each * (0x80 - '-')) | key) & high;
    key = key >> (63 - __builtin_clzll(ends)) >> 1;
    return &m->sets[key * UINT64_C(0x9e3779b97f4a7c15) >> (64 - RD_TAIL_MEMO_BITS)];
}

static inline bool rd_tail_is(const rd_tail *e, const uint64_t x[2], uint32_t before, uint64_t era)
{
    return e->depth - 1U <= before && e->era == era &&
           (((x[0] ^ e->bytes[0]) & e->mask[0]) | ((x[1] ^ e->bytes[1]) & e->mask[1])) == 0;
}

/* What was said of the key that ends at `end`; NULL: it is not known. */
static inline const rd_tail *rd_tail_memo_find(rd_tail_memo *m, const rd_view *v, uint32_t end)
{
    uint64_t x[2];
    uint32_t before = end - v->lo;
    if (end < RD_TAIL_MEMO_BYTES || before >= v->hi - v->lo)
        return NULL;
    memcpy(x, v->b + end + 1 - RD_TAIL_MEMO_BYTES, sizeof x);
    const rd_tail_set *set = rd_tail_memo_set(m, x[1]);
    RD_DETECT_STEP();
    if (rd_tail_is(&set->last, x, before, m->era))
        return &set->last;
    return rd_tail_is(&set->before, x, before, m->era) ? &set->before : NULL;
}

/* Remembers what is said of the key that ends at `end`, which depends on the byte there and on `looked` bytes
 * before it; more than the text has: it depends on where that starts. */
void rd_tail_memo_learn(rd_tail_memo *m, const rd_view *v, uint32_t end, uint32_t looked, uint8_t says);

#endif
