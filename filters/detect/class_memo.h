/* SPDX-License-Identifier: MIT */
/*
 * What keys said before: the lines of a service have the same few keys over and over. Direct-mapped; an entry
 * holds the bytes at the end of a key that were looked at, and its class. That depends on nothing else, so
 * entries never grow old. Keys whose look goes further back than an entry, or to an end of the text, are
 * looked up each time.
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

struct rd_class_memo {
    rd_class_memo_entry entries[1 << RD_CLASS_MEMO_BITS];
};

/* As rd_key_class_of. `m` NULL: nothing is remembered. */
static inline rd_key_class rd_class_memo_ask(rd_class_memo *m, const rd_key_table *t, const rd_view *v,
                                             uint32_t end)
{
    uint64_t x[2];
    uint32_t from, before = end - v->lo;
    if (m == NULL || end < RD_CLASS_MEMO_BYTES || before >= v->hi - v->lo)
        return rd_key_class_of(t, v, end);
    memcpy(x, v->b + end + 1 - RD_CLASS_MEMO_BYTES, sizeof x);
    uint64_t six = x[1] >> 8 & UINT64_C(0xffffffffffff); /* the last of the key */
    rd_class_memo_entry *e = &m->entries[six * UINT64_C(0x9e3779b97f4a7c15) >> (64 - RD_CLASS_MEMO_BITS)];
    if (e->depth - 1U <= before &&
        (((x[0] ^ e->bytes[0]) & e->mask[0]) | ((x[1] ^ e->bytes[1]) & e->mask[1])) == 0) {
        RD_DETECT_STEP();
        return (rd_key_class)e->cls;
    }
    rd_key_class cls = rd_key_class_seen(t, v, end, &from);
    uint32_t depth = end + 1 - from;
    if (from - v->lo <= before && depth <= RD_CLASS_MEMO_BYTES) {
        uint8_t mask[RD_CLASS_MEMO_BYTES] = {0};
        memset(mask + RD_CLASS_MEMO_BYTES - depth, 0xff, depth);
        *e = (rd_class_memo_entry){.bytes = {x[0], x[1]}, .depth = (uint8_t)depth, .cls = (uint8_t)cls};
        memcpy(e->mask, mask, sizeof mask);
    }
    return cls;
}

#endif
