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

/* Spreads `n` windows over `n_buckets` buckets from number `first` on (eight to a group) by their first `len`
 * bytes, of which `letters` says whether more than the shapes is looked at. False: no memory. */
bool rd_buckets_assign(const rd_window_sets *windows, uint32_t n, uint32_t len, bool letters, unsigned first,
                       unsigned n_buckets, rd_program *p);

#endif
