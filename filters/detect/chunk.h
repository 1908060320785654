/* SPDX-License-Identifier: MIT */
/*
 * The candidates of one chunk of texts: what the prefilter sees, mostly only where the exact tests say yes.
 * On the way they are bit masks: bit i of word w speaks of byte 64 w + i of the chunk.
 *
 *    scan     hits of windows and ends of keys, digits, tokens (scan.h)
 *    runs     of digits and of tokens only the starts of long ones stay
 *    exact    hits that are none are dropped, without a branch that depends on the test; those of windows by
 *             wide codes stay, for they are few
 *    list     of the places where something is left
 */
#ifndef RD_DETECT_CHUNK_H
#define RD_DETECT_CHUNK_H

#include "filters/detect/detect.h"
#include "filters/detect/scan.h"

enum {
    RD_CHUNK_WORDS = 64,
    RD_CHUNK = RD_CHUNK_WORDS * 64,
    RD_LOOK_WORDS = 1, /* behind a chunk: runs that reach over its end */
    RD_MASK_WORDS = RD_CHUNK_WORDS + RD_LOOK_WORDS,
    RD_AT_ONCE = 32 /* so many places are written at once at most, needed or not */
};

/* What may be at a place, in the order in which it is looked at. */
enum {
    RD_AT_DIGITS = 1 << 0, /* a run of digits starts */
    RD_AT_TOKEN = 1 << 1,  /* a run of tokens */
    RD_AT_END = 1 << 2,    /* this may follow a key */
    RD_AT_SHORT = 1 << 3,  /* a window starts */
    RD_AT_LONG = 1 << 4
};

typedef struct rd_chunk {
    /* The result. */
    uint16_t places[RD_CHUNK + RD_AT_ONCE]; /* bytes of the chunk where something may be, upwards */
    uint32_t n_places;
    uint64_t hit_end[RD_MASK_WORDS], hit_short[RD_MASK_WORDS], hit_long[RD_MASK_WORDS];
    uint64_t digits[RD_MASK_WORDS + 1], tokens[RD_MASK_WORDS + 1]; /* where runs start */
    /* On the way. */
    uint32_t n_words;
    uint64_t digit[RD_MASK_WORDS + 1], token[RD_MASK_WORDS + 1];
    uint64_t digit_carry, token_carry; /* bit 0: the byte before the chunk belongs to a run */
} rd_chunk;

/* What is at a place of the chunk? Digits and tokens are told of large programs only. */
static inline unsigned rd_chunk_kinds(const rd_chunk *c, uint32_t place, bool small)
{
    uint32_t i = place / 64, bit = place % 64;
    unsigned kinds = (unsigned)(c->hit_end[i] >> bit & 1) * RD_AT_END |
                     (unsigned)(c->hit_short[i] >> bit & 1) * RD_AT_SHORT;
    if (small)
        return kinds;
    return kinds | (unsigned)(c->digits[i] >> bit & 1) * RD_AT_DIGITS |
           (unsigned)(c->tokens[i] >> bit & 1) * RD_AT_TOKEN |
           (unsigned)(c->hit_long[i] >> bit & 1) * RD_AT_LONG;
}

/* What chunks are made of. */
typedef struct rd_chunk_source {
    const rd_program *program;
    rd_scan_fn scan;
    const uint8_t *base;
    uint32_t end; /* of the last text; between two texts are zero bytes */
} rd_chunk_source;

/* Before the first chunk. */
void rd_chunk_reset(rd_chunk *c);
/* The next chunk, RD_CHUNK bytes behind the one before. Nothing starts behind the end; what starts
 * before it may be seen with bytes behind it, of which RD_LONG are readable. */
void rd_chunk_fill(rd_chunk *c, const rd_chunk_source *from, uint32_t at);

#endif
