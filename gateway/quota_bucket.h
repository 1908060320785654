/* SPDX-License-Identifier: MIT */
/*
 * A token bucket in whole numbers: what it gives out in any stretch of time is at most burst + rate * time,
 * to the token, and nothing that came in while it was not full is lost to rounding (the part of a token is
 * kept, in billionths). Pure: time is an argument, in nanoseconds of one clock that does not go back; a time
 * before the last one counts as the last one. No lock: the owner has it.
 *
 * A bucket is filled by time, or, when its tokens are leased from elsewhere, only by gw_bucket_give.
 */
#ifndef GW_QUOTA_BUCKET_H
#define GW_QUOTA_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

/* Rates and bursts beyond this are no limits of this world; below it no sum here overflows. */
#define GW_BUCKET_MAX (UINT64_C(1) << 50)

typedef struct gw_bucket {
    uint64_t rate;  /* tokens a second; 0: filled by gw_bucket_give only */
    uint64_t burst; /* most tokens it holds */
    uint64_t level; /* tokens in it */
    uint32_t part;  /* billionths of the next token */
    uint64_t at_ns; /* filled up to here */
} gw_bucket;

/* A full bucket. */
void gw_bucket_init(gw_bucket *b, uint64_t rate, uint64_t burst, uint64_t now_ns);
/* Another rate or burst from now on; what is in it stays, up to the new burst. */
void gw_bucket_change(gw_bucket *b, uint64_t rate, uint64_t burst, uint64_t now_ns);
/* Lets in what time brought. */
void gw_bucket_fill(gw_bucket *b, uint64_t now_ns);
/* Takes `n` of what is in it, or nothing. Fill first. */
bool gw_bucket_take(gw_bucket *b, uint64_t n);
/* Gives back, or in; what is over the burst is lost. */
void gw_bucket_give(gw_bucket *b, uint64_t n);
/* How long until `n` tokens are in it, if nobody takes any: 0 now, UINT64_MAX never (n > burst, or no rate).
 */
uint64_t gw_bucket_wait_ns(const gw_bucket *b, uint64_t n);

#endif
