/* SPDX-License-Identifier: MIT */
/*
 * One element of a snappy block: a literal or a copy of earlier content. Shared by the decoder and the
 * splicer. Source: format_description.txt of snappy.
 */
#ifndef RD_CODING_SNAPPY_ELEMENT_H
#define RD_CODING_SNAPPY_ELEMENT_H

#include "filters/coding/codec.h"

enum { RD_SNAPPY_SHORT_LITERAL = 60, RD_SNAPPY_MAX_SHORT = 64 };

typedef struct rd_snappy_element {
    size_t n;          /* bytes in the block */
    uint64_t len;      /* bytes of content */
    uint64_t distance; /* of a copy; 0: literal */
} rd_snappy_element;

static inline uint64_t rd_snappy_number(const uint8_t *p, unsigned n)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < n; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

/* The element at `p`, before `end`, when `at` bytes of content came before it. False: there is no whole one.
 */
static inline bool rd_snappy_read(const uint8_t *p, const uint8_t *end, uint64_t at, rd_snappy_element *out)
{
    size_t left = (size_t)(end - p);
    if (left == 0)
        return false;
    unsigned c = *p, upper = c >> 2;
    unsigned more = (c & 3) == 0   ? (upper < RD_SNAPPY_SHORT_LITERAL ? 0 : upper - 59)
                    : (c & 3) == 3 ? 4
                                   : c & 3;
    if (left < 1 + more)
        return false;
    uint64_t number = rd_snappy_number(p + 1, more);
    if ((c & 3) == 0) {
        uint64_t len = (more == 0 ? upper : number) + 1;
        *out = (rd_snappy_element){.n = 1 + more + len, .len = len};
        return len <= left - 1 - more;
    }
    bool is_near = (c & 3) == 1;
    *out = (rd_snappy_element){.n = 1 + more,
                               .len = is_near ? (upper & 7) + 4 : upper + 1,
                               .distance = is_near ? (uint64_t)(c >> 5) << 8 | number : number};
    return out->distance > 0 && out->distance <= at;
}

/* Bytes of the block's statement of its size; 0: it has no end. */
static inline size_t rd_snappy_head(rd_slice block)
{
    for (size_t i = 0; i < 5 && i < block.n; i++) {
        if (block.p[i] < 0x80)
            return i + 1;
    }
    return 0;
}

#endif
