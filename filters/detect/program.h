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
 *   kinds    what a byte is, in the same nibble form: RD_KIND_RUN bits for digits (bit 0), letters, '_' and
 *            '-', RD_KIND_BEHIND bits for what may follow the last byte of a key (but '`')
 *   ends     the last bytes of the names of keys, hashed, see rd_program_ends
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
    RD_SHORT_GROUPS = 2,
    RD_LONG_GROUPS = 1,
    RD_GROUPS = RD_SHORT_GROUPS + RD_LONG_GROUPS,
    RD_MAX_CLASSES = 128,
    RD_MAX_SHORT = 64,
    RD_MAX_LONG = 64,
    RD_MAX_END_OWNERS = 2,
    RD_MAX_RUN_OWNERS = 4,
    RD_SHORTEST_RUN = 11, /* that anybody may want */
    RD_RUN_FIRST = '-',   /* the bytes of RD_C_RUN are among those from here */
    RD_RUN_BYTES = 'z' - RD_RUN_FIRST + 1,
    RD_END_BITS = 16,
    RD_SHORT_END_BITS = 13,
    RD_KIND_RUN = 0x1f,
    RD_KIND_BEHIND = 0xe0
};

typedef struct rd_nibbles {
    uint8_t lo[16], hi[16];
} rd_nibbles;

typedef struct rd_program {
    rd_nibbles filter[RD_GROUPS][RD_LONG]; /* groups of short windows use the first four */
    rd_nibbles kinds;
    uint8_t class_of[256];
    uint64_t allow_short[RD_SHORT][RD_MAX_CLASSES];
    uint64_t allow_long[RD_LONG][RD_MAX_CLASSES];
    uint8_t owner_short[RD_MAX_SHORT], owner_long[RD_MAX_LONG]; /* index in rd_matchers */
    uint8_t len_short[RD_MAX_SHORT], len_long[RD_MAX_LONG];
    uint32_t n_short, n_long;
    uint8_t end_owners[RD_MAX_END_OWNERS];
    uint32_t n_end_owners;
    uint8_t behind_key[256]; /* 3 for bytes that may follow a key, else 0 */
    /* Two bits a hash: which end owners have a name that ends in these four bytes; that is these three bytes
     * or the last of them. */
    uint8_t ends[(1 << RD_END_BITS) / 4], short_ends[(1 << RD_SHORT_END_BITS) / 4];
    bool small;            /* no long window, no run, one group of short ones: the cheap form of the pass */
    uint32_t digit_owners; /* bit m: matcher m wants these runs */
    uint32_t digit_run, token_run; /* shortest that somebody wants; 0: nobody */
    uint8_t token_owners[RD_MAX_RUN_OWNERS];
    uint32_t n_token_owners;
    /* Bit k: runs that token_owners[k] is after have these first two bytes, this third byte, or this one
     * before them. */
    uint8_t token_pairs[RD_RUN_BYTES][RD_RUN_BYTES], token_thirds[RD_RUN_BYTES], token_behind[256];
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

/* Of a byte of a key's end what its hash is made of: no case, letters apart from digits and punctuation. */
static inline uint32_t rd_program_end_fold(uint8_t c)
{
    return c & 0x5fU;
}

/* A hash of four bytes in a row, the first one lowest; of three with a zero byte before them. */
static inline uint32_t rd_program_end_hash(uint32_t four, unsigned bits)
{
    return (four & UINT32_C(0x5f5f5f5f)) * UINT32_C(0x9e3779b1) >> (32 - bits);
}

/* A key may end before b[at]: bit k says that owner k has a name that ends like that. */
static inline unsigned rd_program_ends(const rd_program *p, const uint8_t *b, uint32_t at)
{
    uint32_t four = 0;
    if (at >= sizeof four)
        memcpy(&four, b + at - sizeof four, sizeof four);
    else
        memcpy((uint8_t *)&four + sizeof four - at, b, at);
    uint32_t h = rd_program_end_hash(four, RD_END_BITS);
    uint32_t s = rd_program_end_hash(four & UINT32_C(0xffffff00), RD_SHORT_END_BITS);
    return (p->ends[h / 4] >> 2 * (h % 4) | p->short_ends[s / 4] >> 2 * (s % 4)) & p->behind_key[b[at]];
}

/* Bit k: the run of tokens at b[0], with `before` before it, may be what token_owners[k] is after. */
static inline unsigned rd_program_token_starts(const rd_program *p, uint8_t before, const uint8_t *b)
{
    unsigned pair = p->token_pairs[b[0] - RD_RUN_FIRST][b[1] - RD_RUN_FIRST];
    return (pair & p->token_thirds[b[2] - RD_RUN_FIRST]) | p->token_behind[before];
}

#endif
