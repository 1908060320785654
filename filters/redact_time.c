/* SPDX-License-Identifier: MIT */
/*
 * What rules cost, of a body that is timed. The engine says how long each matcher and pattern took; which
 * rules a matcher works for depends on the group and the mode of the search, so that is settled after each.
 * Called by redact*.c.
 */
#include "filters/redact_private.h"

rd_times *rd_redact_times(rd_redactor *r)
{
    return r->job->clock != NULL ? &r->times : NULL;
}

void rd_redact_time_begin(rd_redactor *r)
{
    if (r->job->clock == NULL)
        return;
    memset(r->cost, 0, rd_policy_rules(r->job->policy) * sizeof *r->cost);
    r->exact_ns = r->n_readings = 0;
    rd_times_begin(&r->times, r->job->clock);
    r->timed_since = rd_times_start(&r->times);
}

/* Rules as bits. */
typedef struct rule_set {
    uint64_t bits[RD_MAX_RULES / 64];
    uint32_t n;
} rule_set;

static void add_rule(rule_set *set, uint32_t rule)
{
    set->bits[rule / 64] |= UINT64_C(1) << rule % 64;
    set->n++;
}

/* A rule has one detector, and a detector one rule: none comes twice. */
static rule_set rules_of_detectors(const rd_redactor *r, uint64_t detectors, uint32_t group, rd_mode mode)
{
    rule_set set = {0};
    for (; detectors != 0; detectors &= detectors - 1) {
        uint16_t rule = rd_policy_rule_of_match(r->job->policy, r->job->signal, group, mode,
                                                (uint16_t)__builtin_ctzll(detectors));
        if (rule != RD_NO_RULE)
            add_rule(&set, rule);
    }
    return set;
}

static rule_set rules_of_keys(const rd_redactor *r, rd_mode mode)
{
    rule_set set = {0};
    for (uint32_t i = 0; i < rd_policy_rules(r->job->policy); i++) {
        if (rd_policy_reads_keys(r->job->policy, r->job->signal, mode, i))
            add_rule(&set, i);
    }
    return set;
}

/* What works for no rule is a part of the rest. */
static void charge(rd_redactor *r, const rule_set *set, uint64_t ns)
{
    if (set->n == 0)
        return;
    r->exact_ns += ns;
    for (uint32_t i = 0; ns > 0 && i < rd_policy_rules(r->job->policy); i++) {
        if ((set->bits[i / 64] >> i % 64 & 1) != 0)
            *(set->n == 1 ? &r->cost[i].own_ns : &r->cost[i].shared_ns) += ns;
    }
}

static void charge_patterns(rd_redactor *r, uint32_t group, rd_mode mode)
{
    for (uint32_t i = 0; i < RD_MAX_PATTERNS; i++) {
        uint16_t rule = r->times.pattern[i] == 0
                            ? RD_NO_RULE
                            : rd_policy_rule_of_match(r->job->policy, r->job->signal, group, mode,
                                                      (uint16_t)(RD_DETECTOR_COUNT + i));
        if (rule == RD_NO_RULE)
            continue;
        r->cost[rule].own_ns += r->times.pattern[i];
        r->exact_ns += r->times.pattern[i];
    }
}

void rd_redact_time_share(rd_redactor *r, uint32_t group, rd_mode mode)
{
    rd_times *t = &r->times;
    if (r->job->clock == NULL)
        return;
    const rule_set of_keys = rules_of_keys(r, mode);
    for (uint32_t i = 0; i < RD_MAX_MATCHERS; i++) {
        uint64_t detectors = rd_times_detectors(i);
        rule_set set = rd_times_finds_keys(i) ? of_keys : rules_of_detectors(r, detectors, group, mode);
        charge(r, &set, t->matcher[i]);
    }
    charge(r, &of_keys, t->keys);
    charge_patterns(r, group, mode);
    r->n_readings += t->n_readings;
    t->keys = t->n_readings = 0;
    memset(t->matcher, 0, sizeof t->matcher);
    memset(t->pattern, 0, sizeof t->pattern);
}

rd_cost rd_redact_time_end(rd_redactor *r)
{
    if (r->job->clock == NULL)
        return (rd_cost){0};
    uint64_t all = rd_times_start(&r->times) - r->timed_since, spent = r->n_readings * r->times.reading;
    return (rd_cost){.search_ns = all > spent + r->exact_ns ? all - spent : r->exact_ns,
                     .exact_ns = r->exact_ns,
                     .rules = r->cost};
}
