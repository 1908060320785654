/* SPDX-License-Identifier: MIT */
/*
 * What keys said before: the lines of a service have the same few keys over and over. Two-way: keys that end
 * alike (pod.name, thread.name) share a set. An entry holds the bytes at the end of a key that were looked
 * at, and its class. That depends on nothing else, so entries never grow old. Keys whose look goes further
 * back than an entry, or to an end of the text, are looked up each time.
 *
 * Owner: the scratch. Zero is an empty memo.
 */
#ifndef RD_DETECT_CLASS_MEMO_H
#define RD_DETECT_CLASS_MEMO_H

#include <string.h>

#include "filters/detect/matcher.h"

enum { RD_CLASS_MEMO_BITS = 6, RD_CLASS_MEMO_BYTES = 16 };

typedef struct rd_class_memo_entry {
    uint64_t bytes[2], mask[2]; /* the last one is the byte behind the key */
    uint8_t depth;              /* how many of them count, 0: free */
    uint8_t cls;
} rd_class_memo_entry;

typedef struct rd_class_memo_set {
    rd_class_memo_entry last, before; /* the last one that came in */
} rd_class_memo_set;

struct rd_class_memo {
    rd_class_memo_set sets[1 << RD_CLASS_MEMO_BITS];
};

/* Where keys with these last bytes are. What stands before a short key must not scatter it: of the seven
 * bytes of the key those count that stand behind the last blank, quote or comma (all bytes below '-'). */
static inline rd_class_memo_set *rd_class_memo_set_of(rd_class_memo *m, uint64_t last)
{
    const uint64_t high = UINT64_C(0x8080808080808080), each = UINT64_C(0x0101010101010101);
    uint64_t key = last << 8; /* the lowest byte is zero, and so ends it at the latest */
    uint64_t ends = ~(((key & ~high) + each * (0x80 - '-')) | key) & high;
    key = key >> (63 - __builtin_clzll(ends)) >> 1;
    return &m->sets[key * UINT64_C(0x9e3779b97f4a7c15) >> (64 - RD_CLASS_MEMO_BITS)];
}

static inline bool rd_class_memo_is(const rd_class_memo_entry *e, const uint64_t x[2], uint32_t before)
{
    return e->depth - 1U <= before &&
           (((x[0] ^ e->bytes[0]) & e->mask[0]) | ((x[1] ^ e->bytes[1]) & e->mask[1])) == 0;
}

/* Looks the key up, and remembers what it says if it can. */
static __attribute__((noinline, unused)) rd_key_class
rd_class_memo_learn(rd_class_memo_set *set, const rd_key_table *t, const rd_view *v, uint32_t end)
{
    uint32_t from;
    rd_key_class cls = rd_key_class_seen(t, v, end, &from);
    uint32_t depth = end + 1 - from;
    if (from - v->lo > end - v->lo || depth > RD_CLASS_MEMO_BYTES)
        return cls;
    uint8_t mask[RD_CLASS_MEMO_BYTES] = {0};
    memset(mask + RD_CLASS_MEMO_BYTES - depth, 0xff, depth);
    set->before = set->last;
    set->last.depth = (uint8_t)depth;
    set->last.cls = (uint8_t)cls;
    memcpy(set->last.bytes, v->b + end + 1 - RD_CLASS_MEMO_BYTES, sizeof set->last.bytes);
    memcpy(set->last.mask, mask, sizeof mask);
    return cls;
}

/* As rd_key_class_of. `m` NULL: nothing is remembered. */
static inline rd_key_class rd_class_memo_ask(rd_class_memo *m, const rd_key_table *t, const rd_view *v,
                                             uint32_t end)
{
    uint64_t x[2];
    uint32_t before = end - v->lo;
    if (m == NULL || end < RD_CLASS_MEMO_BYTES || before >= v->hi - v->lo)
        return rd_key_class_of(t, v, end);
    memcpy(x, v->b + end + 1 - RD_CLASS_MEMO_BYTES, sizeof x);
    rd_class_memo_set *set = rd_class_memo_set_of(m, x[1]);
    RD_DETECT_STEP();
    if (rd_class_memo_is(&set->last, x, before))
        return (rd_key_class)set->last.cls;
    if (rd_class_memo_is(&set->before, x, before))
        return (rd_key_class)set->before.cls;
    return rd_class_memo_learn(set, t, v, end);
}

#endif
