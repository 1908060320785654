/* SPDX-License-Identifier: MIT */
/*
 * The candidate program: all windows of a set's matchers as tables, for the exact test of one position and
 * for the vector prefilter.
 *
 *   exact    allow[j][c]: bit w is set when window w takes byte c as its j-th; the AND over j names the
 * windows that start at a position. At most 128 windows, in two planes of 64. filter   windows are put into
 * 16 buckets; lo[j][c & 15] & hi[j][c >> 4] has bit b set when bucket b may take c as its j-th byte (two
 * tables of 8 buckets). Never says no where exact says yes. runs     digits and joiners, in the same nibble
 * form (bit 0 and bit 1).
 *
 * Windows that would fire together often share a bucket: see buckets.c.
 */
#ifndef RD_DETECT_PROGRAM_H
#define RD_DETECT_PROGRAM_H

#include "filters/base/outcome.h"
#include "filters/detect/matcher.h"

enum { RD_WINDOW_LEN = 4, RD_MAX_WINDOWS = 128, RD_N_BUCKETS = 16 };

typedef struct rd_program {
    uint64_t allow[RD_WINDOW_LEN][256][2];
    uint8_t lo[RD_WINDOW_LEN][2][16], hi[RD_WINDOW_LEN][2][16];
    uint8_t run_lo[16], run_hi[16];
    uint8_t owner[RD_MAX_WINDOWS]; /* index in rd_matchers */
    uint32_t n_windows;
    bool one_table;      /* the buckets of the second table are empty */
    uint32_t run_owners; /* bit m: matcher m wants runs */
    uint32_t min_run;    /* 0: nobody wants runs */
} rd_program;

/* Builds the program of the matchers that yield something of `wanted`. */
void rd_program_build(rd_program *p, uint64_t wanted);

/* Bits of the windows of one plane that start exactly at b[0..3]. */
static inline uint64_t rd_program_exact(const rd_program *p, const uint8_t *b, unsigned plane)
{
    return p->allow[0][b[0]][plane] & p->allow[1][b[1]][plane] & p->allow[2][b[2]][plane] &
           p->allow[3][b[3]][plane];
}

#endif
