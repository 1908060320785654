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
 * The ends of keys are windows, too: three bytes of a name and what may follow a key. There are hundreds, so
 * their exact test is another: a set of hashes of the last four bytes of names, see rd_program_ends.
 *
 * Windows that cost little together share a bucket: see buckets.c.
 */
#ifndef RD_DETECT_PROGRAM_H
#define RD_DETECT_PROGRAM_H

#include <string.h>

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
    RD_MAX_LONG = 64,
    RD_MAX_END_OWNERS = 2,
    RD_MAX_RUN_OWNERS = 4,
    RD_END_BITS = 15
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
    uint8_t end_owners[RD_MAX_END_OWNERS];
    uint32_t n_end_owners;
    uint8_t ends[(1 << RD_END_BITS) / 4]; /* two bits a hash: which end owners have a name that ends so */
    bool small;            /* no long window, no run, one group of short ones: the cheap form of the pass */
    uint32_t digit_owners; /* bit m: matcher m wants these runs */
    uint32_t digit_run, token_run; /* shortest that somebody wants; 0: nobody */
    uint8_t token_owners[RD_MAX_RUN_OWNERS];
    uint32_t n_token_owners;
    uint64_t token_starts[RD_MAX_RUN_OWNERS][64]; /* [first byte & 63] bit (second & 63) */
} rd_program;

/* Builds the program of the matchers that yield something of `wanted`. `names` are those that the matcher of
 * key names (RD_YIELDS_KEYS) is after. False: no memory. */
bool rd_program_build(rd_program *p, uint64_t wanted, const char *const *names, uint32_t n_names);

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

/* A hash of four bytes in a row, the first one lowest; without case. */
static inline uint32_t rd_program_end_hash(uint32_t four)
{
    uint32_t low = four & UINT32_C(0x1f1f1f1f);
    return low * UINT32_C(0x9e3779b1) >> (32 - RD_END_BITS);
}

/* Where a key may end: b[0..2] are its last bytes, b[3] follows it. Bit k: owner k has a name that ends so.
 * Without b[-1], `first` says so, and only names of up to three bytes can be meant. */
static inline unsigned rd_program_ends(const rd_program *p, const uint8_t *b, bool first)
{
    uint32_t four;
    memcpy(&four, b - !first, sizeof four);
    uint32_t h = rd_program_end_hash(first ? four << 8 : four);
    return p->ends[h / 4] >> 2 * (h % 4) & 3;
}

/* Bit k: a run of tokens that starts with these bytes may be what token_owners[k] is after. */
static inline unsigned rd_program_token_starts(const rd_program *p, uint8_t first, uint8_t second)
{
    unsigned owners = 0;
    for (uint32_t k = 0; k < p->n_token_owners; k++)
        owners |= (unsigned)(p->token_starts[k][first & 63] >> (second & 63) & 1) << k;
    return owners;
}

#endif
