/* SPDX-License-Identifier: MIT */
#include "gateway/adaptive.h"

static const double after_overload = 0.7, after_slowing = 0.9, falls = 0.5, rises = 0.02, slack = 2.0,
                    slack_ms = 20;

static void begin_round(gw_adaptive *l, uint64_t now_ms)
{
    l->since_ms = now_ms;
    l->sum_ms = 0;
    l->n_answered = l->n_overloaded = l->peak = 0;
}

static void clamp(gw_adaptive *l)
{
    double least = l->least < l->most ? l->least : l->most;
    l->limit = l->limit < least ? least : l->limit > l->most ? l->most : l->limit;
}

void gw_adaptive_init(gw_adaptive *l, uint32_t initial, uint32_t most, uint64_t now_ms)
{
    *l = (gw_adaptive){.least = GW_ADAPTIVE_LEAST, .most = most, .limit = initial, .starting = true};
    clamp(l);
    begin_round(l, now_ms);
}

void gw_adaptive_set_most(gw_adaptive *l, uint32_t most)
{
    bool was_at_it = l->limit >= l->most;
    l->most = most;
    l->starting = l->starting || was_at_it; /* a raised ceiling is there to be used */
    clamp(l);
}

void gw_adaptive_restart(gw_adaptive *l, uint32_t from, uint64_t now_ms)
{
    l->limit = from;
    l->limit = l->limit > l->most ? l->most : l->limit;
    l->starting = true;
    begin_round(l, now_ms);
}

static bool is_reached(const gw_adaptive *l)
{
    return l->peak >= (uint32_t)l->limit;
}

static void learn(gw_adaptive *l, double mean_ms, bool was_reached, bool at_least)
{
    double weight = mean_ms < l->usual_ms || at_least ? falls : was_reached ? 0 : rises;
    l->usual_ms = l->usual_ms == 0 ? mean_ms : l->usual_ms + weight * (mean_ms - l->usual_ms);
}

static void decrease(gw_adaptive *l, double factor)
{
    l->limit *= factor;
    l->starting = false;
    clamp(l);
}

static void end_round(gw_adaptive *l)
{
    double mean_ms = l->n_answered > 0 ? l->sum_ms / l->n_answered : 0;
    bool slowed = l->n_answered > 0 && l->usual_ms > 0 && mean_ms > l->usual_ms * slack + slack_ms;
    bool was_reached = is_reached(l), at_least = l->limit <= l->least;
    if (l->n_overloaded > 0)
        decrease(l, after_overload);
    else if (slowed && !at_least)
        decrease(l, after_slowing);
    else if (was_reached)
        l->limit += l->starting ? l->limit : 1;
    if (l->limit > l->most)
        l->limit = l->most;
    if (l->n_answered > 0)
        learn(l, mean_ms, was_reached, at_least);
    if (slowed && at_least)
        l->starting = true;
}

void gw_adaptive_record(gw_adaptive *l, gw_adaptive_sample s, double duration_ms, uint32_t in_flight,
                        uint64_t now_ms)
{
    uint64_t round_ms = l->usual_ms > GW_ADAPTIVE_ROUND_MS ? (uint64_t)l->usual_ms : GW_ADAPTIVE_ROUND_MS;
    l->peak = in_flight > l->peak ? in_flight : l->peak;
    l->n_overloaded += s == GW_ADAPTIVE_OVERLOADED;
    if (s == GW_ADAPTIVE_ANSWERED) {
        l->n_answered++;
        l->sum_ms += duration_ms;
    }
    if (now_ms < l->since_ms + round_ms || l->n_answered + l->n_overloaded == 0)
        return;
    end_round(l);
    begin_round(l, now_ms);
}

uint32_t gw_adaptive_get(const gw_adaptive *l)
{
    return l->limit < 1 ? 1 : (uint32_t)l->limit;
}
