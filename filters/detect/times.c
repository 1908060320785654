/* SPDX-License-Identifier: MIT */
#include "filters/detect/times.h"

#include <string.h>

/* The least of some: the first readings find nothing in the cache, and any can be interrupted. */
static uint64_t reading_of(const rd_clock *c)
{
    uint64_t least = UINT64_MAX, before = c->now(c->ctx);
    for (unsigned i = 1; i < RD_TIMES_TRIALS; i++) {
        uint64_t now = c->now(c->ctx);
        least = now - before < least ? now - before : least;
        before = now;
    }
    return least;
}

void rd_times_begin(rd_times *t, const rd_clock *clock)
{
    memset(t, 0, sizeof *t);
    t->clock = *clock;
    t->reading = reading_of(clock);
}

void rd_times_add(rd_times *t, uint64_t start, uint64_t *into)
{
    uint64_t took = t->clock.now(t->clock.ctx) - start;
    t->n_readings += 2;
    *into += took > t->reading ? took - t->reading : 0;
}

uint64_t rd_times_detectors(uint32_t i)
{
    bool of_all = i >= rd_n_matchers || (rd_matchers[i]->yields & RD_YIELDS_PERCENT) != 0;
    return of_all ? 0 : rd_matchers[i]->yields & ~RD_YIELDS_KEYS;
}

bool rd_times_finds_keys(uint32_t i)
{
    return i < rd_n_matchers && rd_matchers[i]->yields == RD_YIELDS_KEYS;
}
