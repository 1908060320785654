/* SPDX-License-Identifier: MIT */
#include "gateway/balance.h"

/* The k-th usable one. */
static size_t usable_at(const gw_candidate *c, size_t n, size_t k)
{
    for (size_t i = 0; i < n; i++) {
        if (c[i].usable && k-- == 0)
            return i;
    }
    return n;
}

static bool is_busier(const gw_candidate *a, const gw_candidate *b)
{
    return (uint64_t)(a->in_flight + 1) * b->limit > (uint64_t)(b->in_flight + 1) * a->limit;
}

size_t gw_balance_choose(const gw_candidate *c, size_t n, uint64_t random)
{
    size_t usable = 0;
    for (size_t i = 0; i < n; i++)
        usable += c[i].usable;
    if (usable == 0)
        return n;
    size_t first = (size_t)((random & 0xffffffff) % usable);
    size_t a = usable_at(c, n, first);
    if (usable == 1)
        return a;
    size_t second = (size_t)((random >> 32) % (usable - 1));
    size_t b = usable_at(c, n, second < first ? second : second + 1);
    return is_busier(&c[a], &c[b]) ? b : a;
}
