/* SPDX-License-Identifier: MIT */
/*
 * Quotas across instances: each leases slices of a workspace's rates from a shared store ahead of need, and
 * tells it what of the calendar quotas was used. Pure: what to ask and what an answer changes; quota_sync.c
 * does the talking.
 *
 *    local    filled by time at this instance's share of the rate      at first, and while the store is away
 *    leased   filled by leases alone                                   from the first answer on
 *
 * A round asks for what the next two rounds need, going by the last ones, and for room for the largest
 * request seen; what is held beyond that is given back. After two seconds without requests all of it is, and
 * the workspace is local again, so that its next request finds something. The store's bucket never leases
 * more than burst + rate * time. What is taken while local is told to the store and subtracted there (its
 * bucket may go down to minus one burst for it). A local bucket holds its share of the burst, or the largest
 * request seen. So what all instances admit in any stretch of time is at most
 *
 *    burst + rate * time + (sum of the shares) * burst      while the store is there, or away
 *    one burst more                                         when it came back empty
 *
 * as long as the shares are 100 % together and no request is larger than a share of the burst. The first term
 * alone holds while the workspace is in use. An instance that has leased before tells a store that knows
 * nothing to begin with an empty bucket. Tokens of an answer that got lost are lost. Calendar quotas can be
 * overrun by what the other instances admit between two rounds.
 */
#ifndef GW_QUOTA_SHARE_H
#define GW_QUOTA_SHARE_H

#include "gateway/quota_private.h"

/* At most so many rounds a second for one workspace: 10, and up to 20 when something was refused for want of
 * a lease. */
enum { GW_SHARE_ROUND_MS = 100, GW_SHARE_URGENT_MS = 50, GW_SHARE_IDLE_ROUNDS = 20 };

typedef struct gw_share_ask {
    struct {
        uint64_t rate, burst; /* rate 0: not limited */
        uint64_t owed;
        int64_t want; /* negative: given back */
    } rate[GW_RATE_COUNT];
    bool known; /* has leased before */
    struct {
        int64_t period; /* its start */
        int64_t delta;
        uint64_t known; /* total, as far as known before the delta */
    } calendar[GW_CALENDAR_COUNT];
} gw_share_ask;

typedef struct gw_share_answer {
    uint64_t grant[GW_RATE_COUNT];
    uint64_t total[GW_CALENDAR_COUNT];
    uint64_t left[GW_RATE_COUNT]; /* in the store's bucket, behind the grant; 0 where there is no rate */
} gw_share_answer;

/* The script that answers: KEYS rates, calendar; ARGV as gw_share_ask in order; an array as gw_share_answer.
 */
extern const char gw_share_script[];
enum { GW_SHARE_ARGS = 5 * GW_RATE_COUNT + 3 * GW_CALENDAR_COUNT };

/* Is it time for a round? */
bool gw_share_due(gw_quota *q, uint64_t now_ns);
/* False: nothing to say, now or until the next request: it is idle. */
bool gw_share_prepare(gw_quota *q, gw_quota_time now, gw_share_ask *out);
void gw_share_apply(gw_quota *q, gw_quota_time now, const gw_share_ask *asked, const gw_share_answer *answer);
/* The store is away: local from now on. */
void gw_share_lost(gw_quota *q, gw_quota_time now);

#endif
