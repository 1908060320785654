/* SPDX-License-Identifier: MIT */
#include "gateway/breaker.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { NO_PROBES_WAIT_MS = 1000, CHECK_MEMORY_MS = 3500 /* how long a failed check counts */ };

static const char *const state_words[] = {
#define X(name, word) word,
    GW_BREAKER_STATES(X)
#undef X
};

static const char *const event_words[] = {
#define X(name, word) word,
    GW_BREAKER_EVENTS(X)
#undef X
};

const char *gw_breaker_state_word(gw_breaker_state s)
{
    return (unsigned)s < GW_BREAKER_STATE_COUNT ? state_words[s] : "?";
}

const char *gw_breaker_event_word(gw_breaker_event e)
{
    return (unsigned)e < GW_BREAKER_EVENT_COUNT ? event_words[e] : "?";
}

/* ---- transitions ---- */

#define NONE GW_BREAKER_STATE_COUNT
#define EVERYWHERE                                                                                           \
    [GW_BREAKER_EVENT_FORCE_OPEN] = GW_BREAKER_FORCED_OPEN,                                                  \
    [GW_BREAKER_EVENT_DISABLE] = GW_BREAKER_DISABLED, [GW_BREAKER_EVENT_RESET] = GW_BREAKER_CLOSED

/* clang-format off */
static const gw_breaker_state next_state[][GW_BREAKER_EVENT_COUNT] = {
    [GW_BREAKER_CLOSED] = {
        [GW_BREAKER_EVENT_TRIP] = GW_BREAKER_OPEN, [GW_BREAKER_EVENT_WAITED] = NONE,
        [GW_BREAKER_EVENT_HEALTHY] = NONE, [GW_BREAKER_EVENT_PROBE_FAILED] = NONE,
        [GW_BREAKER_EVENT_PROBES_OK] = NONE, [GW_BREAKER_EVENT_EXPIRED] = NONE, EVERYWHERE},
    [GW_BREAKER_OPEN] = {
        [GW_BREAKER_EVENT_TRIP] = NONE, [GW_BREAKER_EVENT_WAITED] = GW_BREAKER_HALF_OPEN,
        [GW_BREAKER_EVENT_HEALTHY] = GW_BREAKER_HALF_OPEN, [GW_BREAKER_EVENT_PROBE_FAILED] = NONE,
        [GW_BREAKER_EVENT_PROBES_OK] = NONE, [GW_BREAKER_EVENT_EXPIRED] = NONE, EVERYWHERE},
    [GW_BREAKER_HALF_OPEN] = {
        [GW_BREAKER_EVENT_TRIP] = NONE, [GW_BREAKER_EVENT_WAITED] = NONE,
        [GW_BREAKER_EVENT_HEALTHY] = NONE, [GW_BREAKER_EVENT_PROBE_FAILED] = GW_BREAKER_OPEN,
        [GW_BREAKER_EVENT_PROBES_OK] = GW_BREAKER_CLOSED, [GW_BREAKER_EVENT_EXPIRED] = NONE, EVERYWHERE},
    [GW_BREAKER_FORCED_OPEN] = {
        [GW_BREAKER_EVENT_TRIP] = NONE, [GW_BREAKER_EVENT_WAITED] = NONE,
        [GW_BREAKER_EVENT_HEALTHY] = NONE, [GW_BREAKER_EVENT_PROBE_FAILED] = NONE,
        [GW_BREAKER_EVENT_PROBES_OK] = NONE, [GW_BREAKER_EVENT_EXPIRED] = GW_BREAKER_HALF_OPEN, EVERYWHERE},
    [GW_BREAKER_DISABLED] = {
        [GW_BREAKER_EVENT_TRIP] = NONE, [GW_BREAKER_EVENT_WAITED] = NONE,
        [GW_BREAKER_EVENT_HEALTHY] = NONE, [GW_BREAKER_EVENT_PROBE_FAILED] = NONE,
        [GW_BREAKER_EVENT_PROBES_OK] = NONE, [GW_BREAKER_EVENT_EXPIRED] = GW_BREAKER_CLOSED, EVERYWHERE},
};
/* clang-format on */
_Static_assert(sizeof next_state / sizeof next_state[0] == GW_BREAKER_STATE_COUNT, "a row for each state");

/* Doubles per trip; a fifth more or less, so that the breakers of many gateways do not come back together. */
static uint32_t open_time(const gw_breaker *b, uint64_t random)
{
    uint64_t ms = b->cfg.open_ms;
    for (uint32_t i = 1; i < b->trips && ms < b->cfg.max_open_ms; i++)
        ms *= 2;
    ms = ms < b->cfg.max_open_ms ? ms : b->cfg.max_open_ms;
    uint64_t fifth = ms / 5;
    return (uint32_t)(ms - fifth + random % (2 * fifth + 1));
}

static void enter_closed(gw_breaker *b, gw_breaker_event e)
{
    memset(b->buckets, 0, sizeof b->buckets);
    b->sum = (gw_breaker_counts){0};
    b->in_a_row = b->row_timeouts = 0;
    b->distrust = 0;
    b->cause = (gw_breaker_change){0};
    if (e == GW_BREAKER_EVENT_RESET)
        b->trips = 0;
}

static void enter_open(gw_breaker *b, gw_breaker_event e, uint64_t random, gw_breaker_change *c)
{
    bool quiet = e == GW_BREAKER_EVENT_TRIP && b->now_ms - b->since_ms >= b->cfg.window_ms;
    b->trips = quiet ? 1 : b->trips + 1;
    if (e == GW_BREAKER_EVENT_PROBE_FAILED && b->by_health)
        b->distrust++;
    b->unreachable_ms = 0;
    c->open_ms = open_time(b, random);
    b->until_ms = b->now_ms + c->open_ms;
}

static void enter_half_open(gw_breaker *b, gw_breaker_event e)
{
    memset(b->probe_ms, 0, sizeof b->probe_ms);
    b->n_probes = b->n_ok = 0;
    b->by_health = e == GW_BREAKER_EVENT_HEALTHY;
}

/* The only writer of b->state. `counts` is for the history. */
static void transition(gw_breaker *b, gw_breaker_event e, const gw_breaker_counts *counts, uint64_t random)
{
    gw_breaker_state to = next_state[b->state][e];
    if (to == NONE)
        return;
    gw_breaker_change c = {.at_ms = b->now_ms,
                           .from = b->state,
                           .to = to,
                           .event = e,
                           .counts = *counts,
                           .in_a_row = b->in_a_row};
    b->state = to;
    b->term++;
    if (to == GW_BREAKER_CLOSED)
        enter_closed(b, e);
    else if (to == GW_BREAKER_OPEN)
        enter_open(b, e, random, &c);
    else if (to == GW_BREAKER_HALF_OPEN)
        enter_half_open(b, e);
    b->expires_ms = 0;
    b->since_ms = b->now_ms;
    if (e == GW_BREAKER_EVENT_TRIP)
        b->cause = c;
    else if (e == GW_BREAKER_EVENT_FORCE_OPEN)
        b->cause = (gw_breaker_change){0};
    b->history[b->n_history++ % GW_BREAKER_HISTORY] = c;
    if (b->cb != NULL)
        b->cb(b->arg, &c);
}

/* ---- time and the window ---- */

/* Threads read the clock before they get here, so it may be a little behind. */
static void see_time(gw_breaker *b, uint64_t now_ms)
{
    if (now_ms > b->now_ms)
        b->now_ms = now_ms;
}

static uint64_t bucket_ms(const gw_breaker *b)
{
    uint64_t ms = b->cfg.window_ms / GW_BREAKER_BUCKETS;
    return ms > 0 ? ms : 1;
}

/* Empties what has left the window. */
static void slide(gw_breaker *b)
{
    uint64_t newest = b->now_ms / bucket_ms(b);
    for (unsigned i = 0; i < GW_BREAKER_BUCKETS && b->bucket < newest; i++) {
        gw_breaker_counts *old = &b->buckets[++b->bucket % GW_BREAKER_BUCKETS];
        b->sum.calls -= old->calls;
        b->sum.failures -= old->failures;
        b->sum.timeouts -= old->timeouts;
        b->sum.slow -= old->slow;
        *old = (gw_breaker_counts){0};
    }
    b->bucket = newest;
}

static void add(gw_breaker_counts *c, bool failed, bool timeout, bool slow)
{
    c->calls++;
    c->failures += failed;
    c->timeouts += timeout;
    c->slow += slow;
}

static bool reached(uint32_t part, uint32_t whole, uint32_t percent)
{
    return percent > 0 && (uint64_t)part * 100 >= (uint64_t)whole * percent;
}

static bool should_trip(const gw_breaker *b)
{
    if (b->cfg.consecutive_failures > 0 && b->in_a_row >= b->cfg.consecutive_failures)
        return true;
    return b->sum.calls >= b->cfg.min_calls &&
           (reached(b->sum.failures, b->sum.calls, b->cfg.failure_percent) ||
            reached(b->sum.slow, b->sum.calls, b->cfg.slow_percent));
}

/* ---- results ---- */

static void record_closed(gw_breaker *b, gw_breaker_result r, bool slow, uint64_t random)
{
    bool timeout = r == GW_BREAKER_TIMEOUT, failed = timeout || r == GW_BREAKER_FAILURE;
    slide(b);
    add(&b->buckets[b->bucket % GW_BREAKER_BUCKETS], failed, timeout, slow);
    add(&b->sum, failed, timeout, slow);
    b->in_a_row = failed ? b->in_a_row + 1 : 0;
    b->row_timeouts = failed ? b->row_timeouts + timeout : 0;
    if (should_trip(b)) {
        gw_breaker_counts counts = b->sum;
        transition(b, GW_BREAKER_EVENT_TRIP, &counts, random);
    }
}

static void record_probe(gw_breaker *b, uint32_t slot, gw_breaker_result r, bool slow, uint64_t random)
{
    bool timeout = r == GW_BREAKER_TIMEOUT, failed = timeout || r == GW_BREAKER_FAILURE;
    gw_breaker_counts counts = {1, failed, timeout, slow};
    b->probe_ms[slot] = 0;
    b->n_probes--;
    if (failed || (slow && r == GW_BREAKER_SUCCESS && b->cfg.slow_percent > 0))
        transition(b, GW_BREAKER_EVENT_PROBE_FAILED, &counts, random);
    else if (r == GW_BREAKER_SUCCESS && ++b->n_ok >= b->cfg.probes)
        transition(b, GW_BREAKER_EVENT_PROBES_OK, &counts, random);
}

void gw_breaker_record(gw_breaker *b, gw_breaker_permit permit, gw_breaker_result r, uint64_t duration_ms,
                       uint64_t now_ms, uint64_t random)
{
    bool slow = duration_ms >= b->cfg.slow_call_ms;
    see_time(b, now_ms);
    if (permit.term != b->term)
        return;
    if (b->state == GW_BREAKER_HALF_OPEN && permit.probe > 0)
        record_probe(b, permit.probe - 1, r, slow, random);
    else if (b->state == GW_BREAKER_CLOSED && r != GW_BREAKER_NEUTRAL)
        record_closed(b, r, slow, random);
}

/* ---- what time does ---- */

/* Is it known that nobody is there? */
static bool is_gone(const gw_breaker *b, uint64_t now_ms)
{
    uint64_t patience = (uint64_t)GW_BREAKER_PATIENCE * b->cfg.max_open_ms;
    return b->unreachable_ms != 0 && now_ms - b->unreachable_ms < CHECK_MEMORY_MS &&
           now_ms - b->since_ms < patience;
}

static bool is_over(const gw_breaker *b, uint64_t now_ms)
{
    return now_ms >= b->until_ms && !is_gone(b, now_ms);
}

static bool has_stuck_probe(const gw_breaker *b, uint64_t now_ms)
{
    for (unsigned i = 0; i < GW_BREAKER_MAX_PROBES; i++) {
        if (b->probe_ms[i] != 0 && now_ms - b->probe_ms[i] >= b->cfg.probe_timeout_ms)
            return true;
    }
    return false;
}

void gw_breaker_tick(gw_breaker *b, uint64_t now_ms, uint64_t random)
{
    static const gw_breaker_counts none, stuck = {.calls = 1, .failures = 1, .timeouts = 1, .slow = 1};
    see_time(b, now_ms);
    if (b->expires_ms != 0 && b->now_ms >= b->expires_ms)
        transition(b, b->cfg.enabled ? GW_BREAKER_EVENT_EXPIRED : GW_BREAKER_EVENT_DISABLE, &none, random);
    if (b->state == GW_BREAKER_OPEN && is_over(b, b->now_ms))
        transition(b, GW_BREAKER_EVENT_WAITED, &none, random);
    else if (b->state == GW_BREAKER_HALF_OPEN && has_stuck_probe(b, b->now_ms))
        transition(b, GW_BREAKER_EVENT_PROBE_FAILED, &stuck, random);
}

/* ---- leave to call ---- */

static uint32_t most_probes(const gw_breaker *b)
{
    return b->cfg.probes < GW_BREAKER_MAX_PROBES ? b->cfg.probes : GW_BREAKER_MAX_PROBES;
}

static bool take_probe(gw_breaker *b, gw_breaker_permit *out)
{
    if (b->n_probes >= most_probes(b))
        return false;
    for (unsigned i = 0; i < GW_BREAKER_MAX_PROBES; i++) {
        if (b->probe_ms[i] != 0)
            continue;
        b->probe_ms[i] = b->now_ms > 0 ? b->now_ms : 1;
        b->n_probes++;
        *out = (gw_breaker_permit){.term = b->term, .probe = i + 1};
        return true;
    }
    return false;
}

bool gw_breaker_acquire(gw_breaker *b, uint64_t now_ms, uint64_t random, gw_breaker_permit *out_permit)
{
    gw_breaker_tick(b, now_ms, random);
    if (b->state == GW_BREAKER_HALF_OPEN)
        return take_probe(b, out_permit);
    if (b->state != GW_BREAKER_CLOSED && b->state != GW_BREAKER_DISABLED)
        return false;
    *out_permit = (gw_breaker_permit){.term = b->term};
    return true;
}

bool gw_breaker_admits(const gw_breaker *b, uint64_t now_ms)
{
    now_ms = now_ms > b->now_ms ? now_ms : b->now_ms;
    if (b->expires_ms != 0 && now_ms >= b->expires_ms)
        return true;
    switch (b->state) {
    case GW_BREAKER_OPEN:
        return is_over(b, now_ms);
    case GW_BREAKER_HALF_OPEN:
        return b->n_probes < most_probes(b) && !has_stuck_probe(b, now_ms);
    case GW_BREAKER_FORCED_OPEN:
        return false;
    default:
        return true;
    }
}

/* ---- active checks ---- */

/* Doubling from the first open time on: with the first distrust, that much has to pass. */
static uint64_t believed_after_ms(const gw_breaker *b)
{
    uint64_t ms = b->distrust == 0 ? 0 : b->cfg.open_ms;
    for (uint32_t i = 1; i < b->distrust && ms < b->cfg.max_open_ms; i++)
        ms *= 2;
    return ms < b->cfg.max_open_ms ? ms : b->cfg.max_open_ms;
}

void gw_breaker_healthy(gw_breaker *b, uint64_t now_ms, uint64_t random)
{
    static const gw_breaker_counts none;
    gw_breaker_tick(b, now_ms, random);
    b->unreachable_ms = 0;
    if (b->state == GW_BREAKER_OPEN && b->now_ms - b->since_ms >= believed_after_ms(b))
        transition(b, GW_BREAKER_EVENT_HEALTHY, &none, random);
}

void gw_breaker_unreachable(gw_breaker *b, uint64_t now_ms)
{
    see_time(b, now_ms);
    b->unreachable_ms = b->now_ms > 0 ? b->now_ms : 1;
}

bool gw_breaker_wants_checks(const gw_breaker *b)
{
    return b->state == GW_BREAKER_OPEN;
}

/* ---- the operator and the configuration ---- */

static void override(gw_breaker *b, gw_breaker_event e, uint64_t now_ms, uint64_t ttl_ms, uint64_t random)
{
    gw_breaker_tick(b, now_ms, random);
    slide(b);
    gw_breaker_counts counts = b->sum;
    transition(b, e, &counts, random);
    b->expires_ms = ttl_ms == 0 ? 0 : b->now_ms + ttl_ms;
}

void gw_breaker_force_open(gw_breaker *b, uint64_t now_ms, uint64_t ttl_ms, uint64_t random)
{
    override(b, GW_BREAKER_EVENT_FORCE_OPEN, now_ms, ttl_ms, random);
}

void gw_breaker_disable(gw_breaker *b, uint64_t now_ms, uint64_t ttl_ms, uint64_t random)
{
    override(b, GW_BREAKER_EVENT_DISABLE, now_ms, ttl_ms, random);
}

void gw_breaker_reset(gw_breaker *b, uint64_t now_ms, uint64_t random)
{
    override(b, b->cfg.enabled ? GW_BREAKER_EVENT_RESET : GW_BREAKER_EVENT_DISABLE, now_ms, 0, random);
}

void gw_breaker_configure(gw_breaker *b, const gw_breaker_cfg *cfg, uint64_t now_ms, uint64_t random)
{
    bool was = b->cfg.enabled, resized = b->cfg.window_ms != cfg->window_ms;
    see_time(b, now_ms);
    b->cfg = *cfg;
    if (resized) { /* the old buckets are of another length */
        memset(b->buckets, 0, sizeof b->buckets);
        b->sum = (gw_breaker_counts){0};
        b->bucket = b->now_ms / bucket_ms(b);
    }
    if (was != cfg->enabled)
        gw_breaker_reset(b, now_ms, random);
}

void gw_breaker_init(gw_breaker *b, const gw_breaker_cfg *cfg, uint64_t now_ms, gw_breaker_cb cb, void *arg)
{
    *b = (gw_breaker){.cfg = *cfg,
                      .cb = cb,
                      .arg = arg,
                      .state = cfg->enabled ? GW_BREAKER_CLOSED : GW_BREAKER_DISABLED,
                      .now_ms = now_ms,
                      .since_ms = now_ms};
    b->bucket = now_ms / bucket_ms(b);
}

/* ---- words ---- */

/* As if it were tried again and again: the longer it is gone, the longer it will be. */
static uint64_t gone_wait_ms(const gw_breaker *b, uint64_t now_ms)
{
    uint64_t age = now_ms > b->since_ms ? now_ms - b->since_ms : 0;
    return age < b->cfg.open_ms ? b->cfg.open_ms : age < b->cfg.max_open_ms ? age : b->cfg.max_open_ms;
}

uint64_t gw_breaker_wait_ms(const gw_breaker *b, uint64_t now_ms)
{
    uint64_t until = 0;
    if (b->state == GW_BREAKER_OPEN)
        until = now_ms >= b->until_ms && is_gone(b, now_ms) ? now_ms + gone_wait_ms(b, now_ms) : b->until_ms;
    else if (b->state == GW_BREAKER_FORCED_OPEN)
        until = b->expires_ms != 0 ? b->expires_ms : now_ms + b->cfg.max_open_ms;
    return until > now_ms ? until - now_ms : NO_PROBES_WAIT_MS;
}

static void clock_word(uint64_t wall_ms, char out[sizeof "00:00:00"])
{
    time_t t = (time_t)(wall_ms / 1000);
    struct tm tm;
    gmtime_r(&t, &tm);
    (void)strftime(out, sizeof "00:00:00", "%H:%M:%S", &tm);
}

/* Why the outage began. */
static void cause_words(const gw_breaker *b, char *out, size_t n)
{
    const gw_breaker_change *c = &b->cause;
    if (c->counts.calls == 0 && c->in_a_row == 0)
        snprintf(out, n, "a probe failed");
    else if (b->cfg.consecutive_failures > 0 && c->in_a_row >= b->cfg.consecutive_failures)
        snprintf(out, n, "%u calls in a row failed, %u timeouts", c->in_a_row, b->row_timeouts);
    else if (reached(c->counts.failures, c->counts.calls, b->cfg.failure_percent))
        snprintf(out, n, "%u of %u calls failed, %u timeouts", c->counts.failures, c->counts.calls,
                 c->counts.timeouts);
    else
        snprintf(out, n, "%u of %u calls were slow", c->counts.slow, c->counts.calls);
}

static unsigned seconds_up(uint64_t ms)
{
    return (unsigned)((ms + 999) / 1000);
}

void gw_breaker_explain(const gw_breaker *b, uint64_t now_ms, uint64_t wall_ms,
                        char out[GW_BREAKER_REASON_BYTES])
{
    char since[sizeof "00:00:00"], cause[96];
    uint64_t age = now_ms > b->since_ms ? now_ms - b->since_ms : 0;
    size_t n = GW_BREAKER_REASON_BYTES;
    clock_word(wall_ms > age ? wall_ms - age : 0, since);
    cause_words(b, cause, sizeof cause);
    switch (b->state) {
    case GW_BREAKER_OPEN:
        if (is_gone(b, now_ms))
            snprintf(out, n, "open since %s UTC: %s; checks find nobody there", since, cause);
        else
            snprintf(out, n, "open since %s UTC: %s; next probe in %u s", since, cause,
                     seconds_up(b->until_ms > now_ms ? b->until_ms - now_ms : 0));
        break;
    case GW_BREAKER_HALF_OPEN:
        snprintf(out, n, "half open since %s UTC: %u of %u probes succeeded, %u under way", since, b->n_ok,
                 b->cfg.probes, b->n_probes);
        break;
    case GW_BREAKER_FORCED_OPEN:
    case GW_BREAKER_DISABLED:
        snprintf(out, n, "%s since %s UTC%s",
                 b->state == GW_BREAKER_FORCED_OPEN ? "forced open by an operator"
                 : b->cfg.enabled                   ? "forced closed by an operator"
                                                    : "disabled",
                 since, b->expires_ms != 0 ? ", for a time" : "");
        break;
    default:
        snprintf(out, n, "closed: %u of %u calls failed lately", b->sum.failures, b->sum.calls);
        break;
    }
}

const gw_breaker_change *gw_breaker_past(const gw_breaker *b, unsigned i)
{
    if (i >= GW_BREAKER_HISTORY || i >= b->n_history)
        return NULL;
    return &b->history[(b->n_history - 1 - i) % GW_BREAKER_HISTORY];
}
