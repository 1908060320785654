/* SPDX-License-Identifier: MIT */
#include "gateway/retry_budget.h"

enum { WHOLE = 1000, FULL = GW_RETRY_BURST * WHOLE };

void gw_retry_budget_init(gw_retry_budget *b, uint64_t now_ms)
{
    atomic_init(&b->milli, FULL);
    atomic_init(&b->second, now_ms / 1000);
}

/* Two threads may fill the last bit at once: what is over is cut off by the next one. */
static void put(gw_retry_budget *b, int64_t milli)
{
    if (atomic_load_explicit(&b->milli, memory_order_relaxed) < FULL)
        atomic_fetch_add_explicit(&b->milli, milli, memory_order_relaxed);
}

void gw_retry_budget_deposit(gw_retry_budget *b, uint32_t percent)
{
    put(b, (int64_t)percent * WHOLE / 100);
}

/* Only whoever moves the clock on puts in what time brought. */
static void by_time(gw_retry_budget *b, uint64_t now_ms)
{
    uint64_t second = now_ms / 1000, seen = atomic_load(&b->second);
    if (second <= seen || !atomic_compare_exchange_strong(&b->second, &seen, second))
        return;
    uint64_t n = second - seen < GW_RETRY_BURST ? second - seen : GW_RETRY_BURST;
    put(b, (int64_t)n * GW_RETRY_RESERVE_PER_S * WHOLE);
}

bool gw_retry_budget_withdraw(gw_retry_budget *b, uint32_t percent, uint64_t now_ms)
{
    if (percent == 0)
        return false;
    by_time(b, now_ms);
    int64_t seen = atomic_load(&b->milli);
    do {
        if (seen < WHOLE)
            return false;
    } while (!atomic_compare_exchange_weak(&b->milli, &seen, (seen > FULL ? FULL : seen) - WHOLE));
    return true;
}
