/* SPDX-License-Identifier: MIT */
#include "gateway/quota_bucket.h"

#define BILLION UINT64_C(1000000000)

__extension__ typedef unsigned __int128 wide;

static uint64_t within(uint64_t v)
{
    return v > GW_BUCKET_MAX ? GW_BUCKET_MAX : v;
}

void gw_bucket_init(gw_bucket *b, uint64_t rate, uint64_t burst, uint64_t now_ns)
{
    *b = (gw_bucket){.rate = within(rate), .burst = within(burst), .level = within(burst), .at_ns = now_ns};
}

/* What fits 64 bits, as nearly everything does, is divided with one instruction. */
static void fill_few(gw_bucket *b, uint64_t now_ns, uint64_t came)
{
    uint64_t level = b->level + came / BILLION;
    bool full = level >= b->burst; /* then there is no part of a next token */
    b->at_ns = now_ns;
    b->level = full ? b->burst : level;
    b->part = full ? 0 : (uint32_t)(came % BILLION);
}

void gw_bucket_fill(gw_bucket *b, uint64_t now_ns)
{
    if (now_ns <= b->at_ns)
        return;
    uint64_t few;
    if (!__builtin_mul_overflow(b->rate, now_ns - b->at_ns, &few) && few < UINT64_MAX - BILLION) {
        fill_few(b, now_ns, few + b->part);
        return;
    }
    wide came = (wide)b->rate * (now_ns - b->at_ns) + b->part;
    b->at_ns = now_ns;
    wide level = b->level + came / BILLION;
    if (level >= b->burst) { /* full: there is no part of a next token */
        b->level = b->burst;
        b->part = 0;
        return;
    }
    b->level = (uint64_t)level;
    b->part = (uint32_t)(came % BILLION);
}

void gw_bucket_change(gw_bucket *b, uint64_t rate, uint64_t burst, uint64_t now_ns)
{
    gw_bucket_fill(b, now_ns);
    b->rate = within(rate);
    b->burst = within(burst);
    if (b->level >= b->burst) {
        b->level = b->burst;
        b->part = 0;
    }
}

bool gw_bucket_take(gw_bucket *b, uint64_t n)
{
    if (n > b->level)
        return false;
    b->level -= n;
    return true;
}

void gw_bucket_give(gw_bucket *b, uint64_t n)
{
    if (n >= b->burst - b->level) {
        b->level = b->burst;
        b->part = 0;
        return;
    }
    b->level += n;
}

uint64_t gw_bucket_wait_ns(const gw_bucket *b, uint64_t n)
{
    if (n <= b->level)
        return 0;
    if (n > b->burst || b->rate == 0)
        return UINT64_MAX;
    wide missing = (wide)(n - b->level) * BILLION - b->part;
    wide ns = (missing + b->rate - 1) / b->rate;
    return ns > UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
}
