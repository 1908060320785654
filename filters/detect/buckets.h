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

enum { RD_CODINGS = 2 };

/* Of a bucket, by coding and position: which codes it takes. */
typedef struct rd_bucket {
    uint64_t codes[RD_CODINGS][RD_LONG];
} rd_bucket;

typedef struct rd_bucket_spec {
    rd_code_fn *codings[RD_CODINGS]; /* that are looked at; NULL: no (more) */
    uint32_t len;                    /* bytes of a window that are looked at */
    uint32_t n_buckets;
} rd_bucket_spec;

/* Spreads `n` windows over the buckets of `out`; those that nobody needs take nothing. False: no memory. */
bool rd_buckets_assign(const rd_window_sets *windows, uint32_t n, const rd_bucket_spec *spec, rd_bucket *out);

#endif
