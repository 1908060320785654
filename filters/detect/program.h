/* SPDX-License-Identifier: MIT */
/*
 * The candidate program: all windows of a set's matchers as tables, for the exact test of one position
 * and for the vector prefilter. Short windows have up to four bytes, long ones up to eight; each kind has
 * its own tables.
 *
 *   exact    allow[j][class of byte]: bit w is set when window w takes the byte as its j-th; the AND over
 *            j names the windows that start at a position
 *   filter   windows are put into buckets, eight to a group; lo[j][c & 15] & hi[j][c >> 4] has bit b set
 *            when bucket b may take c as its j-th byte. Never says no where exact says yes.
 *   runs     digits (bit 0), letters (bits 1 and 2), '_' and '-', in the same nibble form
 *
 * Windows that cost little together share a bucket: see buckets.c.
 */
#ifndef RD_DETECT_PROGRAM_H
#define RD_DETECT_PROGRAM_H

#include "filters/base/outcome.h"
#include "filters/detect/matcher.h"

enum {
    RD_SHORT = 4,
    RD_LONG = 8,
    RD_ENDING_GROUPS = 1, /* short windows that are endings of keys */
    RD_SHORT_GROUPS = RD_ENDING_GROUPS + 2,
    RD_LONG_GROUPS = 1,
    RD_GROUPS = RD_SHORT_GROUPS + RD_LONG_GROUPS,
    RD_MAX_CLASSES = 128,
    RD_MAX_SHORT = 64,
    RD_MAX_LONG = 64
};

typedef struct rd_nibbles {
    uint8_t lo[16], hi[16];
} rd_nibbles;

typedef struct rd_program {
    rd_nibbles filter[RD_GROUPS][RD_LONG]; /* groups of short windows use the first four */
    rd_nibbles runs;
    uint8_t class_of[256];
    uint64_t allow_short[RD_SHORT][RD_MAX_CLASSES];
    uint64_t allow_long[RD_LONG][RD_MAX_CLASSES];
    uint8_t owner_short[RD_MAX_SHORT], owner_long[RD_MAX_LONG]; /* index in rd_matchers */
    uint8_t len_short[RD_MAX_SHORT], len_long[RD_MAX_LONG];
    uint32_t n_short, n_long;
    bool has_endings;                    /* the last short window stands for the ends of keys */
    uint32_t digit_owners, token_owners; /* bit m: matcher m wants these runs */
    uint32_t digit_run, token_run;       /* shortest that somebody wants; 0: nobody */
} rd_program;

/* Builds the program of the matchers that yield something of `wanted`. False: no memory. */
bool rd_program_build(rd_program *p, uint64_t wanted);

/* Bits of the short windows that start exactly at b[0..3]. */
static inline uint64_t rd_program_short(const rd_program *p, const uint8_t *b)
{
    uint64_t m = p->allow_short[0][p->class_of[b[0]]];
    for (unsigned j = 1; j < RD_SHORT; j++)
        m &= p->allow_short[j][p->class_of[b[j]]];
    return m;
}

/* Bits of the long windows that start exactly at b[0..7]. */
static inline uint64_t rd_program_long(const rd_program *p, const uint8_t *b)
{
    uint64_t m = p->allow_long[0][p->class_of[b[0]]];
    for (unsigned j = 1; j < RD_LONG; j++)
        m &= p->allow_long[j][p->class_of[b[j]]];
    return m;
}

#endif
