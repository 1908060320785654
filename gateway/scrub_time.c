/* SPDX-License-Identifier: MIT */
#include "gateway/scrub_time.h"

#include "gateway/policies.h"

/* Values of the dimensions COST and SEARCH of metrics.def. */
enum { OWN, SHARED };
enum { EXACT, REST };

void gw_scrub_time_init(gw_scrub_time *t)
{
    gw_clock_cpu_init(&t->cpu);
    t->clock = gw_clock_cpu_clock(&t->cpu);
    t->random = UINT64_C(0x9e3779b97f4a7c15);
    t->pass = 0;
}

/* xorshift64 */
static uint64_t draw(gw_scrub_time *t)
{
    t->random ^= t->random << 13;
    t->random ^= t->random >> 7;
    t->random ^= t->random << 17;
    return t->random;
}

/* Distances from 1 to twice the mean. */
const rd_clock *gw_scrub_time_next(gw_scrub_time *t, uint32_t one_in)
{
    if (one_in == 0)
        return NULL;
    if (t->pass >= 2 * one_in - 1)
        t->pass = 2 * one_in - 2; /* a reload made it smaller */
    if (t->pass-- > 0)
        return NULL;
    t->pass = (uint32_t)(draw(t) % (2 * (uint64_t)one_in - 1));
    return &t->clock;
}

static void count_part(gw_counters *c, unsigned slot, unsigned part, uint64_t ns)
{
    if (ns > 0)
        gw_count(c, GW_METRIC_RULE_SECONDS, slot, part, 0, (int64_t)ns);
}

void gw_scrub_time_count(gw_counters *c, const gw_generation *gen, const gw_workspace *w, const rd_cost *cost,
                         size_t decoded)
{
    uint32_t n = rd_policy_rules(gw_policy_of(gen, w));
    for (uint32_t i = 0; i < n; i++) {
        if (cost->rules[i].own_ns + cost->rules[i].shared_ns == 0)
            continue;
        unsigned slot = gw_policy_slot(gen, w, i);
        count_part(c, slot, OWN, cost->rules[i].own_ns);
        count_part(c, slot, SHARED, cost->rules[i].shared_ns);
    }
    gw_count(c, GW_METRIC_SEARCH_SECONDS, EXACT, 0, 0, (int64_t)cost->exact_ns);
    gw_count(c, GW_METRIC_SEARCH_SECONDS, REST, 0, 0, (int64_t)(cost->search_ns - cost->exact_ns));
    gw_count(c, GW_METRIC_TIMED_REQUESTS, 0, 0, 0, 1);
    gw_count(c, GW_METRIC_TIMED_BYTES, 0, 0, 0, (int64_t)decoded);
}
