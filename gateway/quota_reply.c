/* SPDX-License-Identifier: MIT */
#include "gateway/quota_reply.h"

enum { LEFT = GW_RATE_COUNT + GW_CALENDAR_COUNT, NUMBERS = LEFT + GW_RATE_COUNT };

/* Whole numbers, none negative. */
static bool are_numbers(const redisReply *r)
{
    if (r == NULL || r->type != REDIS_REPLY_ARRAY || r->elements != NUMBERS)
        return false;
    for (unsigned i = 0; i < NUMBERS; i++) {
        const redisReply *e = r->element[i];
        if (e == NULL || e->type != REDIS_REPLY_INTEGER || e->integer < 0 || e->integer > GW_QUOTA_MAX_TOTAL)
            return false;
    }
    return true;
}

bool gw_quota_reply_parse(const redisReply *r, const gw_share_ask *asked, gw_share_answer *out)
{
    if (!are_numbers(r))
        return false;
    for (unsigned k = 0; k < GW_RATE_COUNT; k++) {
        uint64_t most = asked->rate[k].want > 0 ? (uint64_t)asked->rate[k].want : 0;
        out->grant[k] = gw_less((uint64_t)r->element[k]->integer, most);
        out->left[k] = (uint64_t)r->element[LEFT + k]->integer;
    }
    for (unsigned c = 0; c < GW_CALENDAR_COUNT; c++)
        out->total[c] = (uint64_t)r->element[GW_RATE_COUNT + c]->integer;
    return true;
}
