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

/* Fills p->lo and p->hi from the byte sets of the p->n_windows windows. */
void rd_buckets_assign(const rd_byteset (*sets)[RD_WINDOW_LEN], rd_program *p);

#endif
