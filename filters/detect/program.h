/* SPDX-License-Identifier: MIT */
/*
 * The candidate program: all windows of a set's matchers as tables, for the exact test of one position
 * and for the vector prefilter. Short windows have up to four bytes, long ones up to eight; each kind has
 * its own tables.
 *
 *   exact    allow[j][class of byte]: bit w is set when window w takes the byte as its j-th; the AND over
 *            j names the windows that start at a position
 *   codes    what the prefilter knows of a byte: its shape (digit, capital, dot, ...) and which of a few
 *            letters; sixteen of each, so that one shuffle looks up what sixteen codes mean
 *   filter   windows are put into buckets, eight to a group; takes[j][code of c] has bit b set when bucket b
 *            may take c as its j-th byte, and the AND over j is not zero where a window may start. Of a short
 *            window either the letters are looked at or the shapes, whichever say more; of a long one the
 *            shapes. Of small programs only the shapes of the first two bytes count, of programs of literals
 *            letters and shapes, with the same buckets. Never says no where exact says yes.
 *   wide     the same by codes that are finer (codes.h), for CPUs that can: all bytes of all windows count,
 * and hardly any hit is none words    long windows that begin with letters are filtered by their first four
 * bytes, as short ones are, for the shapes of letters say little ends     the last bytes of the names of
 * keys, hashed, see rd_program_ends
 *
 * Windows that cost little together share a bucket: see buckets.c.
 */
#ifndef RD_DETECT_PROGRAM_H
#define RD_DETECT_PROGRAM_H

#include <string.h>

#include "filters/base/outcome.h"
#include "filters/detect/codes.h"
#include "filters/detect/matcher.h"

enum {
    RD_SMALL = 2, /* bytes of a window that the filter of a small program looks at */
    RD_SHORT = 4,
    RD_LONG = 8,
    RD_LETTER_GROUPS = 2, /* of short windows */
    RD_SHAPE_GROUPS = 2,
    RD_LONG_GROUPS = 2, /* of long windows */
    RD_MAX_CLASSES = 128,
    RD_MAX_SHORT = 128,
    RD_MAX_LONG = 64,
    RD_MAX_END_OWNERS = 2,
    RD_MAX_RUN_OWNERS = 4,
    RD_SHORTEST_RUN = 11, /* that anybody may want */
    RD_RUN_FIRST = '-',   /* the bytes of RD_C_RUN are among those from here */
    RD_RUN_BYTES = 'z' - RD_RUN_FIRST + 1,
    RD_END_BITS = 16,
    RD_SHORT_END_BITS = 13,
    RD_WIDE_GROUPS = 4, /* of short windows, by wide codes */
    RD_ROWS = 6,        /* rows of sixteen bytes, from the space on, have shapes */
    RD_LETTER_ROWS = 2, /* rows of capitals; those of small letters are the same */
    /* In the table of classes. */
    RD_IS_DIGIT = 0x80,
    RD_IS_TOKEN = 0x40,  /* RD_C_RUN */
    RD_IS_BEHIND = 0x20, /* may follow a key (by shape: but for the tab) */
    RD_IS_IN_KEY = 0x10  /* may be the last byte of one: RD_C_RUN or UTF-8 (by wide code alone) */
};

/* By code: bit b says that bucket b takes it. */
typedef struct rd_takes {
    uint8_t by_code[RD_CODES];
} rd_takes;

/* The same of wide codes. */
typedef struct rd_wide_takes {
    uint8_t by_code[RD_WIDE_CODES];
} rd_wide_takes;

/* Filters by wide codes. */
typedef struct rd_wide {
    uint8_t code_of[128]; /* of ASCII */
    uint8_t classes[RD_WIDE_CODES];
    rd_wide_takes short_filter[RD_WIDE_GROUPS][RD_SHORT], long_filter[RD_LONG_GROUPS][RD_LONG];
} rd_wide;

/* Bit w % 64 of half[w / 64]: short window w. */
typedef struct rd_short_windows {
    uint64_t half[RD_MAX_SHORT / 64];
} rd_short_windows;

typedef struct rd_program {
    rd_takes letter_filter[RD_LETTER_GROUPS][RD_SHORT], shape_filter[RD_SHAPE_GROUPS][RD_SHORT];
    rd_takes long_filter[RD_LONG_GROUPS][RD_LONG];
    /* Codes of bytes, see rd_shape_of and rd_letter_of. */
    uint8_t shapes[RD_ROWS][RD_CODES], letters[RD_LETTER_ROWS][RD_CODES];
    uint8_t classes[RD_CODES]; /* by shape */
    rd_wide wide;
    uint8_t class_of[256];
    rd_short_windows allow_short[RD_SHORT][RD_MAX_CLASSES];
    uint64_t allow_long[RD_LONG][RD_MAX_CLASSES];
    uint8_t owner_short[RD_MAX_SHORT], owner_long[RD_MAX_LONG]; /* index in rd_matchers */
    uint8_t len_short[RD_MAX_SHORT], len_long[RD_MAX_LONG];
    uint32_t n_short, n_long;
    uint64_t long_words;          /* long windows that begin with letters */
    rd_short_windows short_words; /* and the short ones that are their beginnings; those have no owner */
    uint8_t end_owners[RD_MAX_END_OWNERS];
    uint32_t n_end_owners;
    uint8_t behind_key[256]; /* 3 for bytes that may follow a key, else 0 */
    /* Two bits a hash: which end owners have a name that ends in these four bytes; that is these three bytes
     * or the last of them. */
    uint8_t ends[(1 << RD_END_BITS) / 4], short_ends[(1 << RD_SHORT_END_BITS) / 4];
    /* A bit a hash: some owner has. */
    uint64_t any_ends[(1 << RD_END_BITS) / 64], any_short_ends[(1 << RD_SHORT_END_BITS) / 64];
    bool numbered_ends; /* some name ends in two digits */
    bool small;         /* no long window, no run, one group of short ones: the cheap form of the pass */
    bool literals; /* short windows in the first group of both filters, nothing else: only hit_short counts */
    uint32_t digit_owners;         /* bit m: matcher m wants these runs */
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

/* The short windows that start exactly at b[0..3]. */
static inline rd_short_windows rd_program_short(const rd_program *p, const uint8_t *b)
{
    rd_short_windows m = p->allow_short[0][p->class_of[b[0]]];
    for (unsigned j = 1; j < RD_SHORT; j++) {
        const rd_short_windows *x = &p->allow_short[j][p->class_of[b[j]]];
        m.half[0] &= x->half[0];
        m.half[1] &= x->half[1];
    }
    return m;
}

/* Is there any? */
static inline bool rd_program_any_short(const rd_program *p, const uint8_t *b)
{
    typedef uint64_t both __attribute__((vector_size(sizeof(rd_short_windows))));
    both m = {0}, x;
    for (unsigned j = 0; j < RD_SHORT; j++) {
        memcpy(&x, &p->allow_short[j][p->class_of[b[j]]], sizeof x);
        m = j == 0 ? x : m & x;
    }
    return (m[0] | m[1]) != 0;
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

/* As the next, of less than four bytes. */
uint32_t rd_program_few_before(const uint8_t *b, uint32_t at);

/* The four bytes before b[at]; zero bytes for those before b. */
static inline uint32_t rd_program_four_before(const uint8_t *b, uint32_t at)
{
    uint32_t four;
    if (at < sizeof four)
        return rd_program_few_before(b, at);
    memcpy(&four, b + at - sizeof four, sizeof four);
    return four;
}

/* Does any name end before b[at], which may follow a key? */
static inline uint64_t rd_program_may_end(const rd_program *p, const uint8_t *b, uint32_t at)
{
    uint32_t four = rd_program_four_before(b, at);
    uint32_t h = rd_program_end_hash(four, RD_END_BITS);
    uint32_t s = rd_program_end_hash(four & UINT32_C(0xffffff00), RD_SHORT_END_BITS);
    return (p->any_ends[h / 64] >> h % 64 | p->any_short_ends[s / 64] >> s % 64) & 1;
}

/* A key may end before b[at]: bit k says that owner k has a name that ends like that. */
static inline unsigned rd_program_ends(const rd_program *p, const uint8_t *b, uint32_t at)
{
    uint32_t four = rd_program_four_before(b, at);
    uint32_t h = rd_program_end_hash(four, RD_END_BITS);
    uint32_t s = rd_program_end_hash(four & UINT32_C(0xffffff00), RD_SHORT_END_BITS);
    return (p->ends[h / 4] >> 2 * (h % 4) | p->short_ends[s / 4] >> 2 * (s % 4)) & p->behind_key[b[at]];
}

/* Bit k: the run of tokens at b[0] may be what token_owners[k] is after. */
static inline unsigned rd_program_token_starts(const rd_program *p, const uint8_t *b)
{
    unsigned pair = p->token_pairs[b[0] - RD_RUN_FIRST][b[1] - RD_RUN_FIRST];
    return pair & p->token_thirds[b[2] - RD_RUN_FIRST];
}

#endif
