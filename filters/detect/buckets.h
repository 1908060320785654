/* SPDX-License-Identifier: MIT */
/* Which windows share a bucket of the vector prefilter. */
#ifndef RD_DETECT_BUCKETS_H
#define RD_DETECT_BUCKETS_H

#include "filters/detect/program.h"

typedef struct rd_byteset {
    uint64_t bits[4];
} rd_byteset;

static inline bool rd_byteset_has(const rd_byteset *s, uint8_t c)
{
    return (s->bits[c >> 6] >> (c & 63) & 1) != 0;
}

/* A window as byte sets; positions past its end take every byte. */
typedef struct rd_window_sets {
    rd_byteset at[RD_LONG];
} rd_window_sets;

/* Do the letters of a short window say more about it than its shapes, in log text? */
bool rd_buckets_by_letters(const rd_window_sets *window);

/* Spreads `n` windows over the buckets of `n_groups` groups by their first `len` bytes, of which shapes,
 * letters or both are looked at: those that are not NULL, tables of the j-th byte in group g at [g * len +
 * j]. False: no memory. */
bool rd_buckets_assign(const rd_window_sets *windows, uint32_t n, uint32_t len, unsigned n_groups,
                       rd_takes *shapes, rd_takes *letters);

#endif
