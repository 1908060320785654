/* SPDX-License-Identifier: MIT */
#include "gateway/quota_share.h"

#include <string.h>

enum { LARGEST_ROUNDS = 300 };

#define MILLION UINT64_C(1000000)

const char gw_share_script[] =
    "local now = redis.call('TIME')\n"
    "local t = now[1] * 1000000 + now[2]\n"
    "local out = {}\n"
    "local longest = 0\n"
    "for k = 0, 3 do\n"
    "  local a = 5 * k\n"
    "  local rate, burst = tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2])\n"
    "  local owed, want = tonumber(ARGV[a + 3]), tonumber(ARGV[a + 4])\n"
    "  local grant, left = 0, 0\n"
    "  if rate > 0 then\n"
    "    local v = redis.call('HMGET', KEYS[1], 'l' .. k, 't' .. k)\n"
    "    local level, at = tonumber(v[1]), tonumber(v[2])\n"
    "    if not level then\n"
    "      level = ARGV[a + 5] == '1' and 0 or burst\n"
    "      at = t\n"
    "    end\n"
    "    if t > at then level = level + rate * (t - at) / 1000000 end\n"
    "    level = math.max(math.min(level, burst) - owed, -burst)\n"
    "    if want < 0 then\n"
    "      level = math.min(level - want, burst)\n"
    "    elseif level >= 1 then\n"
    "      grant = math.min(want, math.floor(level))\n"
    "      level = level - grant\n"
    "    end\n"
    "    redis.call('HSET', KEYS[1], 'l' .. k, string.format('%.6f', level), 't' .. k, string.format('%.0f', "
    "t))\n"
    "    longest = math.max(longest, 2 * burst / rate)\n"
    "    left = math.floor(math.max(level, 0))\n"
    "  end\n"
    "  out[k + 1] = grant\n"
    "  out[k + 9] = left\n"
    "end\n"
    "if longest > 0 then redis.call('EXPIRE', KEYS[1], string.format('%.0f', math.ceil(longest) + 60)) end\n"
    "for c = 0, 3 do\n"
    "  local a = 20 + 3 * c\n"
    "  local period, delta, known = tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2]), tonumber(ARGV[a + 3])\n"
    "  local v = redis.call('HMGET', KEYS[2], 'p' .. c, 'u' .. c)\n"
    "  local p, u = tonumber(v[1]) or 0, tonumber(v[2]) or 0\n"
    "  if p < period then u = 0 end\n"
    "  if p <= period then\n"
    "    u = math.max(0, math.max(u, known) + delta)\n"
    "    if u > 0 then\n"
    "      redis.call('HSET', KEYS[2], 'p' .. c, string.format('%.0f', period), 'u' .. c, "
    "string.format('%.0f', u))\n"
    "      redis.call('EXPIRE', KEYS[2], 3456000)\n"
    "    end\n"
    "  end\n"
    "  out[c + 5] = u\n"
    "end\n"
    "return out\n";

bool gw_share_due(gw_quota *q, uint64_t now_ns)
{
    pthread_mutex_lock(&q->lock);
    uint64_t since = now_ns - q->synced_ns;
    bool due = since >= GW_SHARE_ROUND_MS * MILLION || (q->starved && since >= GW_SHARE_URGENT_MS * MILLION);
    pthread_mutex_unlock(&q->lock);
    return due;
}

/* Up at once, down by half a round. */
static uint64_t target_of(gw_lease *l, uint64_t burst, bool idle)
{
    uint64_t smooth = l->demand / 2 + l->asked / 2;
    l->demand = l->asked > smooth ? l->asked : smooth;
    l->asked = 0;
    uint64_t target = idle ? 0 : gw_less(burst, 2 * gw_less(l->demand, burst) + l->largest);
    if (++l->largest_rounds >= LARGEST_ROUNDS) {
        l->largest = l->largest_now;
        l->largest_now = 0;
        l->largest_rounds = 0;
    }
    return target;
}

static void prepare_rate(gw_quota *q, unsigned k, bool idle, gw_share_ask *out)
{
    gw_bucket *b = &q->bucket[k];
    gw_lease *l = &q->lease[k];
    if (q->limits.v[2 * k] == 0)
        return;
    uint64_t target = target_of(l, b->burst, idle), held = q->leased ? b->level : 0;
    /* The first lease comes between the head of a request, which is what woke this, and its items: for those
     * it leaves as much as there was before it. */
    if (!q->leased && !idle && target < b->level)
        target = b->level;
    out->rate[k].rate = q->limits.v[2 * k];
    out->rate[k].burst = b->burst;
    out->rate[k].owed = l->owed;
    out->rate[k].want = (int64_t)target - (int64_t)held;
    if (held > target)
        b->level = target; /* what is given back cannot be spent meanwhile */
}

bool gw_share_prepare(gw_quota *q, gw_quota_time now, gw_share_ask *out)
{
    bool any = false;
    *out = (gw_share_ask){0};
    pthread_mutex_lock(&q->lock);
    for (unsigned k = 0; k < GW_RATE_COUNT; k++)
        any |= q->lease[k].asked > 0;
    q->idle_rounds = any ? 0 : q->idle_rounds + 1;
    bool idle = q->idle_rounds >= GW_SHARE_IDLE_ROUNDS;
    for (unsigned k = 0; k < GW_RATE_COUNT; k++)
        prepare_rate(q, k, idle, out);
    out->known = q->known;
    for (unsigned c = 0; c < GW_CALENDAR_COUNT; c++) {
        out->calendar[c].period = gw_calendar_period(&q->calendar, (gw_calendar_quota)c)->start;
        out->calendar[c].delta = q->unreported[c];
        int64_t before = (int64_t)q->calendar.used[c] - q->unreported[c]; /* of this period */
        out->calendar[c].known = before > 0 ? (uint64_t)before : 0;
    }
    q->starved = false;
    q->synced_ns = now.mono_ns;
    if (idle && q->leased) { /* the next request finds what time brings; what it takes is told later */
        q->leased = q->known = false;
        gw_quota_apply(q, now.mono_ns);
    }
    bool more = q->idle_rounds <= GW_SHARE_IDLE_ROUNDS;
    pthread_mutex_unlock(&q->lock);
    return more;
}

static void apply_calendar(gw_quota *q, const gw_share_ask *asked, const gw_share_answer *answer)
{
    for (unsigned c = 0; c < GW_CALENDAR_COUNT; c++) {
        if (gw_calendar_period(&q->calendar, (gw_calendar_quota)c)->start != asked->calendar[c].period)
            continue;
        q->unreported[c] -= asked->calendar[c].delta;
        int64_t used = (int64_t)answer->total[c] + q->unreported[c];
        q->calendar.used[c] = used > 0 ? (uint64_t)used : 0;
    }
}

void gw_share_apply(gw_quota *q, gw_quota_time now, const gw_share_ask *asked, const gw_share_answer *answer)
{
    pthread_mutex_lock(&q->lock);
    bool idle = q->idle_rounds >= GW_SHARE_IDLE_ROUNDS, was_local = !q->leased && !idle;
    if (was_local) {
        q->leased = q->known = true;
        gw_quota_apply(q, now.mono_ns);
    }
    for (unsigned k = 0; k < GW_RATE_COUNT; k++) {
        gw_lease *l = &q->lease[k];
        if (asked->rate[k].rate == 0 || q->limits.v[2 * k] == 0)
            continue;
        if (was_local) /* what was filled by time is not paid for; what was leased before still counts */
            q->bucket[k].level = gw_less(q->bucket[k].level, l->prepaid);
        l->owed -= gw_less(l->owed, asked->rate[k].owed);
        if (idle)
            continue; /* nothing was asked for */
        l->prepaid = 0;
        l->left = answer->left[k];
        gw_bucket_give(&q->bucket[k], answer->grant[k]);
    }
    apply_calendar(q, asked, answer);
    pthread_mutex_unlock(&q->lock);
}

void gw_share_lost(gw_quota *q, gw_quota_time now)
{
    pthread_mutex_lock(&q->lock);
    if (q->leased) {
        q->leased = false;
        for (unsigned k = 0; k < GW_RATE_COUNT; k++)
            q->lease[k].prepaid = q->bucket[k].level;
        gw_quota_apply(q, now.mono_ns);
    }
    pthread_mutex_unlock(&q->lock);
}
