/* SPDX-License-Identifier: MIT */
/*
 * The breaker against a naive model: every transition and every answer must be the same for millions of steps
 * with random clocks, random results, late results of earlier terms, checks and operators.
 * REDACTD_BREAKER_STEPS in the environment makes it longer.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/breaker.h"

static gw_breaker b;
static uint64_t now;

enum { MAX_CALLS = 4096, MAX_KEPT = 64 };

/* All that ever happened in this term, looked through from the start each time. */
static struct model {
    gw_breaker_cfg cfg;
    gw_breaker_state state;
    uint64_t now, since, until, expires, gone;
    uint32_t term, trips, distrust, row;
    bool by_health;
    struct {
        uint64_t at;
        bool failed, slow;
    } calls[MAX_CALLS];
    unsigned n_calls;
    uint64_t probes[GW_BREAKER_MAX_PROBES];
    unsigned ok;
} m;

static uint64_t min_u64(uint64_t x, uint64_t y)
{
    return x < y ? x : y;
}

static void model_go(gw_breaker_state to, gw_breaker_event e, uint64_t random)
{
    if (to == GW_BREAKER_OPEN) {
        bool fresh = e == GW_BREAKER_EVENT_TRIP && m.now - m.since >= m.cfg.window_ms;
        m.trips = fresh ? 1 : m.trips + 1;
        if (e == GW_BREAKER_EVENT_PROBE_FAILED && m.by_health)
            m.distrust++;
        uint64_t ms = m.trips > 20 ? m.cfg.max_open_ms
                                   : min_u64((uint64_t)m.cfg.open_ms << (m.trips - 1), m.cfg.max_open_ms);
        m.until = m.now + ms - ms / 5 + random % (2 * (ms / 5) + 1);
        m.gone = 0;
    }
    if (to == GW_BREAKER_HALF_OPEN) {
        memset(m.probes, 0, sizeof m.probes);
        m.ok = 0;
        m.by_health = e == GW_BREAKER_EVENT_HEALTHY;
    }
    if (to == GW_BREAKER_CLOSED) {
        m.n_calls = m.row = m.distrust = 0;
        m.trips = e == GW_BREAKER_EVENT_RESET ? 0 : m.trips;
    }
    m.state = to;
    m.since = m.now;
    m.expires = 0;
    m.term++;
}

static bool model_over(void)
{
    bool gone = m.gone != 0 && m.now - m.gone < 3500 &&
                m.now - m.since < (uint64_t)GW_BREAKER_PATIENCE * m.cfg.max_open_ms;
    return m.now >= m.until && !gone;
}

static unsigned model_probing(void)
{
    unsigned n = 0;
    for (unsigned i = 0; i < GW_BREAKER_MAX_PROBES; i++)
        n += m.probes[i] != 0;
    return n;
}

static void model_tick(uint64_t at, uint64_t random)
{
    m.now = at > m.now ? at : m.now;
    if (m.expires != 0 && m.now >= m.expires)
        model_go(m.state == GW_BREAKER_DISABLED ? GW_BREAKER_CLOSED : GW_BREAKER_HALF_OPEN,
                 GW_BREAKER_EVENT_EXPIRED, random);
    if (m.state == GW_BREAKER_OPEN && model_over()) {
        model_go(GW_BREAKER_HALF_OPEN, GW_BREAKER_EVENT_WAITED, random);
        return;
    }
    for (unsigned i = 0; m.state == GW_BREAKER_HALF_OPEN && i < GW_BREAKER_MAX_PROBES; i++) {
        if (m.probes[i] != 0 && m.now - m.probes[i] >= m.cfg.probe_timeout_ms)
            model_go(GW_BREAKER_OPEN, GW_BREAKER_EVENT_PROBE_FAILED, random);
    }
}

static bool model_acquire(uint64_t at, uint64_t random, gw_breaker_permit *out)
{
    model_tick(at, random);
    *out = (gw_breaker_permit){.term = m.term};
    if (m.state == GW_BREAKER_CLOSED || m.state == GW_BREAKER_DISABLED)
        return true;
    if (m.state != GW_BREAKER_HALF_OPEN || model_probing() >= m.cfg.probes)
        return false;
    while (m.probes[out->probe] != 0)
        out->probe++;
    m.probes[out->probe++] = m.now;
    return true;
}

static void model_record_closed(bool failed, bool slow, uint64_t random)
{
    uint64_t bucket = m.cfg.window_ms / GW_BREAKER_BUCKETS, newest = m.now / bucket, calls = 0, bad = 0,
             late = 0;
    unsigned kept = 0;
    for (unsigned i = 0; i < m.n_calls; i++) { /* what has left the window never comes back */
        if (m.calls[i].at / bucket + GW_BREAKER_BUCKETS > newest)
            m.calls[kept++] = m.calls[i];
    }
    m.n_calls = kept;
    assert_in_range(m.n_calls, 0, MAX_CALLS - 1);
    m.calls[m.n_calls].at = m.now;
    m.calls[m.n_calls].failed = failed;
    m.calls[m.n_calls++].slow = slow;
    m.row = failed ? m.row + 1 : 0;
    for (unsigned i = 0; i < m.n_calls; i++) {
        calls++;
        bad += m.calls[i].failed;
        late += m.calls[i].slow;
    }
    bool judged = calls >= m.cfg.min_calls;
    if ((m.cfg.consecutive_failures > 0 && m.row >= m.cfg.consecutive_failures) ||
        (judged && m.cfg.failure_percent > 0 && bad * 100 >= calls * m.cfg.failure_percent) ||
        (judged && m.cfg.slow_percent > 0 && late * 100 >= calls * m.cfg.slow_percent))
        model_go(GW_BREAKER_OPEN, GW_BREAKER_EVENT_TRIP, random);
}

static void model_record(gw_breaker_permit p, gw_breaker_result r, uint64_t ms, uint64_t at, uint64_t random)
{
    bool failed = r == GW_BREAKER_FAILURE || r == GW_BREAKER_TIMEOUT, slow = ms >= m.cfg.slow_call_ms;
    m.now = at > m.now ? at : m.now;
    if (p.term != m.term)
        return;
    if (m.state == GW_BREAKER_CLOSED && r != GW_BREAKER_NEUTRAL)
        model_record_closed(failed, slow, random);
    if (m.state != GW_BREAKER_HALF_OPEN || p.probe == 0 || p.term != m.term)
        return;
    m.probes[p.probe - 1] = 0;
    if (failed || (r == GW_BREAKER_SUCCESS && slow && m.cfg.slow_percent > 0))
        model_go(GW_BREAKER_OPEN, GW_BREAKER_EVENT_PROBE_FAILED, random);
    else if (r == GW_BREAKER_SUCCESS && ++m.ok == m.cfg.probes)
        model_go(GW_BREAKER_CLOSED, GW_BREAKER_EVENT_PROBES_OK, random);
}

static void model_healthy(uint64_t at, uint64_t random)
{
    model_tick(at, random);
    m.gone = 0;
    uint64_t after = m.distrust == 0 ? 0
                     : m.distrust > 20
                         ? m.cfg.max_open_ms
                         : min_u64((uint64_t)m.cfg.open_ms << (m.distrust - 1), m.cfg.max_open_ms);
    if (m.state == GW_BREAKER_OPEN && m.now - m.since >= after)
        model_go(GW_BREAKER_HALF_OPEN, GW_BREAKER_EVENT_HEALTHY, random);
}

static uint64_t seed;

static uint64_t roll(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static gw_breaker_cfg random_cfg(void)
{
    return (gw_breaker_cfg){.enabled = true,
                            .window_ms = (uint32_t)(1000 + roll() % 20000),
                            .min_calls = (uint32_t)(1 + roll() % 30),
                            .failure_percent = (uint32_t)(roll() % 101),
                            .slow_percent = (uint32_t)(roll() % 101),
                            .slow_call_ms = (uint32_t)(1 + roll() % 6000),
                            .consecutive_failures = (uint32_t)(roll() % 12),
                            .open_ms = (uint32_t)(10 + roll() % 2000),
                            .max_open_ms = (uint32_t)(2010 + roll() % 30000),
                            .probes = (uint32_t)(1 + roll() % GW_BREAKER_MAX_PROBES),
                            .probe_timeout_ms = (uint32_t)(10 + roll() % 5000)};
}

static struct kept {
    gw_breaker_permit p;
    uint64_t at;
} kept[MAX_KEPT];
static unsigned n_kept;

static void step_acquire(uint64_t at)
{
    gw_breaker_permit p = {0}, q = {0};
    uint64_t random = roll();
    bool admits = gw_breaker_admits(&b, at);
    uint32_t term = b.term;
    bool yes = gw_breaker_acquire(&b, at, random, &p), also = model_acquire(at, random, &q);
    assert_int_equal(yes, also);
    if (term == b.term ||
        yes) /* a stuck probe is noticed by both, but only acquire ends the half-open state */
        assert_int_equal(admits, yes);
    if (!yes)
        return;
    assert_int_equal(p.probe, q.probe);
    if (n_kept == MAX_KEPT) { /* some never come back */
        n_kept--;
        kept[roll() % MAX_KEPT] = kept[n_kept];
    }
    kept[n_kept++] = (struct kept){p, at};
}

/* Often a fresh one, sometimes one of long ago. */
static void step_record(uint64_t at, unsigned failing)
{
    if (n_kept == 0)
        return;
    unsigned i = roll() % 4 == 0 ? (unsigned)(roll() % n_kept) : n_kept - 1;
    uint64_t random = roll(), ms = roll() % 8 == 0 ? roll() % 10000 : roll() % 50;
    unsigned kind = (unsigned)(roll() % 100);
    gw_breaker_result r = kind < failing / 2 ? GW_BREAKER_FAILURE
                          : kind < failing   ? GW_BREAKER_TIMEOUT
                          : kind > 96        ? GW_BREAKER_NEUTRAL
                                             : GW_BREAKER_SUCCESS;
    gw_breaker_permit p = kept[i].p;
    kept[i] = kept[--n_kept];
    gw_breaker_record(&b, p, r, ms, at, random);
    model_record(p, r, ms, at, random);
}

static void step_other(uint64_t at)
{
    uint64_t random = roll(), ttl = roll() % 2 == 0 ? 0 : roll() % 20000;
    switch (roll() % 40) {
    case 0:
        gw_breaker_force_open(&b, at, ttl, random);
        model_tick(at, random);
        model_go(GW_BREAKER_FORCED_OPEN, GW_BREAKER_EVENT_FORCE_OPEN, random);
        m.expires = ttl == 0 ? 0 : m.now + ttl;
        break;
    case 1:
        gw_breaker_disable(&b, at, ttl, random);
        model_tick(at, random);
        model_go(GW_BREAKER_DISABLED, GW_BREAKER_EVENT_DISABLE, random);
        m.expires = ttl == 0 ? 0 : m.now + ttl;
        break;
    case 2:
    case 3:
        gw_breaker_reset(&b, at, random);
        model_tick(at, random);
        model_go(GW_BREAKER_CLOSED, GW_BREAKER_EVENT_RESET, random);
        break;
    case 4:
    case 5:
    case 6:
    case 7:
        gw_breaker_healthy(&b, at, random);
        model_healthy(at, random);
        break;
    case 8:
    case 9:
    case 10:
        gw_breaker_unreachable(&b, at);
        m.now = at > m.now ? at : m.now;
        m.gone = m.now;
        break;
    default:
        gw_breaker_tick(&b, at, random);
        model_tick(at, random);
        break;
    }
}

static void compare(void)
{
    assert_int_equal(b.state, m.state);
    assert_int_equal(b.term, m.term);
    assert_int_equal(b.n_history, m.term);
    assert_int_equal(b.since_ms, m.since);
    if (b.state == GW_BREAKER_OPEN)
        assert_int_equal(b.until_ms, m.until);
    if (b.state == GW_BREAKER_HALF_OPEN)
        assert_int_equal(b.n_probes, model_probing());
    if (b.state == GW_BREAKER_CLOSED)
        assert_in_range(b.sum.failures, 0, b.sum.calls);
    assert_in_range(gw_breaker_wait_ms(&b, b.now_ms), 1, 60000);
}

/* One life of a breaker under a backend that is sometimes well and sometimes not. */
static unsigned long life(unsigned long steps, unsigned long visits[])
{
    gw_breaker_cfg c = random_cfg();
    unsigned failing = 0;
    now = 1 + roll() % 1000000;
    m = (struct model){.cfg = c, .state = GW_BREAKER_CLOSED, .now = now, .since = now};
    gw_breaker_init(&b, &c, now, NULL, NULL);
    n_kept = 0;
    for (unsigned long i = 0; i < steps; i++) {
        uint64_t kind = roll() % 16;
        if (roll() % 300 == 0)
            failing = (unsigned)(roll() % 4 * 33);
        now += kind < 10 ? roll() % 20 : kind < 15 ? roll() % 500 : roll() % 5 == 0 ? roll() % 40000 : 0;
        uint64_t at = now - (now > 1000 ? roll() % 3 : 0); /* threads read clocks a little apart */
        if (kind % 3 == 0)
            step_record(at, failing);
        else if (kind < 14)
            step_acquire(at);
        else
            step_other(at);
        compare();
        visits[b.state]++;
    }
    return steps;
}

static void test_breaker__is_its_model(void **state)
{
    const char *more = getenv("REDACTD_BREAKER_STEPS");
    unsigned long steps = more != NULL ? strtoul(more, NULL, 10) : 5000000, done = 0;
    unsigned long visits[GW_BREAKER_STATE_COUNT] = {0};
    seed = UINT64_C(0x9e3779b97f4a7c15);
    while (done < steps)
        done += life(3000, visits);
    for (unsigned s = 0; s < GW_BREAKER_STATE_COUNT; s++) {
        if (visits[s] < steps / 200)
            fail_msg("%s was seen only %lu times", gw_breaker_state_word((gw_breaker_state)s), visits[s]);
    }
}
int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_breaker__is_its_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
