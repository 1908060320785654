/* SPDX-License-Identifier: MIT */
/* The breaker by hand; against a model in test_breaker_model.c. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/breaker.h"

static const gw_breaker_cfg cfg = {.enabled = true,
                                   .window_ms = 10000,
                                   .min_calls = 10,
                                   .failure_percent = 50,
                                   .slow_percent = 80,
                                   .slow_call_ms = 5000,
                                   .consecutive_failures = 5,
                                   .open_ms = 1000,
                                   .max_open_ms = 10000,
                                   .probes = 3,
                                   .probe_timeout_ms = 3000};
enum { START = 1000000 };
static gw_breaker b;
static uint64_t now;
static unsigned n_told;
static gw_breaker_change told;

static void on_change(void *arg, const gw_breaker_change *c)
{
    assert_ptr_equal(arg, &b);
    told = *c;
    n_told++;
}

static int set_up(void **state)
{
    now = START;
    n_told = 0;
    gw_breaker_init(&b, &cfg, now, on_change, &b);
    return 0;
}

/* Middle of the jitter: exactly the open time. */
static uint64_t middle(uint64_t ms)
{
    return ms / 5;
}

static gw_breaker_permit acquire(void)
{
    gw_breaker_permit p = {0};
    assert_true(gw_breaker_admits(&b, now));
    assert_true(gw_breaker_acquire(&b, now, middle(1000), &p));
    return p;
}

static void refuse(void)
{
    gw_breaker_permit p;
    assert_false(gw_breaker_admits(&b, now));
    assert_false(gw_breaker_acquire(&b, now, middle(1000), &p));
}

static void record(gw_breaker_permit p, gw_breaker_result r)
{
    gw_breaker_record(&b, p, r, r == GW_BREAKER_TIMEOUT ? 8000 : 10, now, middle(1000));
}

static void call(gw_breaker_result r)
{
    record(acquire(), r);
}

static void trip(void)
{
    for (unsigned i = 0; i < cfg.consecutive_failures; i++)
        call(GW_BREAKER_FAILURE);
    assert_int_equal(b.state, GW_BREAKER_OPEN);
}

static void close_again(void)
{
    for (unsigned i = 0; i < cfg.probes; i++)
        call(GW_BREAKER_SUCCESS);
    assert_int_equal(b.state, GW_BREAKER_CLOSED);
}

static const char *reason(void)
{
    static char text[GW_BREAKER_REASON_BYTES];
    gw_breaker_explain(&b, now, (3 * 3600 + 2 * 60 + 11) * UINT64_C(1000) + (now - START), text);
    return text;
}

static void test_breaker__opens_on_failures_in_a_row(void **state)
{
    for (int i = 0; i < 4; i++)
        call(GW_BREAKER_FAILURE);
    call(GW_BREAKER_SUCCESS);
    for (int i = 0; i < 4; i++)
        call(GW_BREAKER_TIMEOUT);
    call(GW_BREAKER_NEUTRAL);
    assert_int_equal(b.state, GW_BREAKER_CLOSED);
    b.cfg.failure_percent = 0;
    call(GW_BREAKER_FAILURE);
    assert_int_equal(b.state, GW_BREAKER_OPEN);
    assert_int_equal(n_told, 1);
    assert_int_equal(told.event, GW_BREAKER_EVENT_TRIP);
    assert_int_equal(told.in_a_row, 5);
    assert_string_equal(reason(),
                        "open since 03:02:11 UTC: 5 calls in a row failed, 4 timeouts; next probe in 1 s");
    refuse();
}

static void test_breaker__opens_on_the_ratio(void **state)
{
    for (int i = 0; i < 9; i++)
        call(i % 2 == 0 ? GW_BREAKER_SUCCESS : GW_BREAKER_FAILURE);
    assert_int_equal(b.state, GW_BREAKER_CLOSED);
    call(GW_BREAKER_TIMEOUT);
    assert_int_equal(b.state, GW_BREAKER_OPEN);
    assert_string_equal(reason(),
                        "open since 03:02:11 UTC: 5 of 10 calls failed, 1 timeouts; next probe in 1 s");
}

static void test_breaker__too_few_calls_are_not_judged(void **state)
{
    for (int i = 0; i < 4; i++) {
        call(GW_BREAKER_FAILURE);
        call(GW_BREAKER_FAILURE);
        call(GW_BREAKER_SUCCESS);
        now += 10000;
    }
    assert_int_equal(b.state, GW_BREAKER_CLOSED);
}

static void test_breaker__what_left_the_window_counts_no_more(void **state)
{
    for (int i = 0; i < 4; i++)
        call(GW_BREAKER_FAILURE);
    call(GW_BREAKER_SUCCESS);
    now += 9999 - START % 1000;
    assert_int_equal(b.sum.calls, 5);
    call(GW_BREAKER_SUCCESS);
    assert_int_equal(b.sum.calls, 6);
    now += 1;
    call(GW_BREAKER_SUCCESS);
    assert_int_equal(b.sum.calls, 2);
    assert_int_equal(b.sum.failures, 0);
    now += 1000000;
    call(GW_BREAKER_SUCCESS);
    assert_int_equal(b.sum.calls, 1);
}

static void test_breaker__opens_on_slow_calls(void **state)
{
    for (int i = 0; i < 9; i++)
        gw_breaker_record(&b, acquire(), GW_BREAKER_SUCCESS, i < 2 ? 4999 : 5000, now, 0);
    assert_int_equal(b.state, GW_BREAKER_CLOSED);
    gw_breaker_record(&b, acquire(), GW_BREAKER_SUCCESS, 5000, now, middle(1000));
    assert_int_equal(b.state, GW_BREAKER_OPEN);
    assert_string_equal(reason(), "open since 03:02:11 UTC: 8 of 10 calls were slow; next probe in 1 s");
}

static void test_breaker__half_open_lets_a_few_through_at_once(void **state)
{
    trip();
    now += 999;
    refuse();
    assert_int_equal(gw_breaker_wait_ms(&b, now), 1);
    now += 1;
    gw_breaker_permit p[] = {acquire(), acquire(), acquire()};
    assert_int_equal(b.state, GW_BREAKER_HALF_OPEN);
    refuse();
    record(p[1], GW_BREAKER_SUCCESS);
    gw_breaker_permit more = acquire();
    refuse();
    record(p[0], GW_BREAKER_SUCCESS);
    record(more, GW_BREAKER_NEUTRAL);
    assert_int_equal(b.state, GW_BREAKER_HALF_OPEN);
    assert_string_equal(reason(), "half open since 03:02:12 UTC: 2 of 3 probes succeeded, 1 under way");
    record(p[2], GW_BREAKER_SUCCESS);
    assert_int_equal(b.state, GW_BREAKER_CLOSED);
    assert_int_equal(told.event, GW_BREAKER_EVENT_PROBES_OK);
}

static void test_breaker__open_time_doubles_to_its_ceiling(void **state)
{
    static const uint64_t open_ms[] = {1000, 2000, 4000, 8000, 10000, 10000};
    trip();
    for (unsigned i = 1; i < 6; i++) {
        now = b.until_ms;
        gw_breaker_permit p = acquire();
        gw_breaker_record(&b, p, GW_BREAKER_FAILURE, 1, now, middle(open_ms[i]));
        assert_int_equal(b.state, GW_BREAKER_OPEN);
        assert_int_equal(told.open_ms, open_ms[i]);
        assert_int_equal(b.until_ms - now, open_ms[i]);
    }
    /* Health for less than a window keeps the length, a whole one forgets it. */
    now = b.until_ms;
    close_again();
    now += cfg.window_ms - 1;
    trip();
    assert_in_range(b.until_ms - now, 8000, 12000);
    now = b.until_ms;
    close_again();
    now += cfg.window_ms;
    trip();
    assert_in_range(b.until_ms - now, 800, 1200);
}

static void test_breaker__jitter_stays_within_a_fifth(void **state)
{
    uint64_t low = UINT64_MAX, high = 0;
    for (uint64_t random = 0; random < 401; random++) {
        (void)set_up(state);
        for (unsigned i = 0; i < cfg.consecutive_failures; i++)
            gw_breaker_record(&b, acquire(), GW_BREAKER_FAILURE, 1, now, random);
        uint64_t ms = b.until_ms - now;
        low = ms < low ? ms : low;
        high = ms > high ? ms : high;
    }
    assert_int_equal(low, 800);
    assert_int_equal(high, 1200);
}

static void test_breaker__a_stuck_probe_is_a_failed_one(void **state)
{
    trip();
    now += 1000;
    gw_breaker_permit stuck = acquire();
    now += 2999;
    (void)acquire();
    assert_int_equal(b.state, GW_BREAKER_HALF_OPEN);
    now += 1;
    assert_false(gw_breaker_admits(&b, now));
    gw_breaker_tick(&b, now, 0);
    assert_int_equal(b.state, GW_BREAKER_OPEN);
    assert_int_equal(told.event, GW_BREAKER_EVENT_PROBE_FAILED);
    assert_int_equal(told.counts.timeouts, 1);
    record(stuck, GW_BREAKER_SUCCESS);
    assert_int_equal(b.state, GW_BREAKER_OPEN);
}

static void test_breaker__late_results_say_nothing(void **state)
{
    gw_breaker_permit early[20];
    for (unsigned i = 0; i < 20; i++)
        early[i] = acquire();
    trip();
    for (unsigned i = 0; i < 10; i++)
        record(early[i], GW_BREAKER_SUCCESS);
    assert_int_equal(n_told, 1);
    now += 1000;
    gw_breaker_permit probe = acquire();
    for (unsigned i = 10; i < 15; i++)
        record(early[i], GW_BREAKER_FAILURE);
    assert_int_equal(b.state, GW_BREAKER_HALF_OPEN);
    assert_int_equal(b.n_probes, 1);
    record(probe, GW_BREAKER_SUCCESS);

    call(GW_BREAKER_SUCCESS);
    call(GW_BREAKER_SUCCESS);
    assert_int_equal(b.state, GW_BREAKER_CLOSED);
    for (unsigned i = 15; i < 20; i++)
        record(early[i], GW_BREAKER_FAILURE);
    assert_int_equal(b.state, GW_BREAKER_CLOSED);
    assert_int_equal(b.sum.calls, 0);
}

static void test_breaker__a_good_check_ends_the_open_time(void **state)
{
    trip();
    now += 10;
    assert_true(gw_breaker_wants_checks(&b));
    gw_breaker_healthy(&b, now, 0);
    assert_int_equal(b.state, GW_BREAKER_HALF_OPEN);
    assert_int_equal(told.event, GW_BREAKER_EVENT_HEALTHY);
    assert_false(gw_breaker_wants_checks(&b));
    close_again();
}

static void test_breaker__checks_that_lie_are_believed_later(void **state)
{
    static const uint64_t after[] = {0, 1000, 2000, 4000, 8000, 10000, 10000};
    trip();
    for (unsigned i = 0; i < 7; i++) {
        b.until_ms = UINT64_MAX; /* time alone shall not do it */
        if (after[i] > 0) {
            gw_breaker_healthy(&b, now + after[i] - 1, 0);
            assert_int_equal(b.state, GW_BREAKER_OPEN);
        }
        now += after[i];
        gw_breaker_healthy(&b, now, 0);
        assert_int_equal(b.state, GW_BREAKER_HALF_OPEN);
        call(GW_BREAKER_FAILURE);
        assert_int_equal(b.state, GW_BREAKER_OPEN);
    }
}

static void test_breaker__no_probe_for_a_backend_that_is_gone(void **state)
{
    trip();
    uint64_t opened = now;
    for (; now < opened + GW_BREAKER_PATIENCE * cfg.max_open_ms; now += 1000) {
        gw_breaker_unreachable(&b, now);
        refuse();
        assert_in_range(gw_breaker_wait_ms(&b, now), 1000, 10000);
        if (now >= opened + cfg.max_open_ms)
            assert_int_equal(gw_breaker_wait_ms(&b, now), 10000);
        assert_string_equal(
            reason(),
            "open since 03:02:11 UTC: 5 calls in a row failed, 0 timeouts; checks find nobody there");
    }
    gw_breaker_unreachable(&b, now);
    call(GW_BREAKER_FAILURE); /* the check itself may be what is broken */
    now += 2400;
    gw_breaker_unreachable(&b, now);
    refuse();
    now += 3500; /* checks have stopped */
    call(GW_BREAKER_SUCCESS);
}

static void test_breaker__operators(void **state)
{
    gw_breaker_permit before = acquire();
    gw_breaker_force_open(&b, now, 0, 0);
    refuse();
    now += 1000000000;
    refuse();
    gw_breaker_healthy(&b, now, 0);
    refuse();
    assert_non_null(strstr(reason(), "forced open by an operator since 03:02:11 UTC"));
    gw_breaker_disable(&b, now, 0, 0);
    for (unsigned i = 0; i < 100; i++)
        call(GW_BREAKER_FAILURE);
    assert_int_equal(b.state, GW_BREAKER_DISABLED);
    gw_breaker_reset(&b, now, 0);
    assert_int_equal(b.state, GW_BREAKER_CLOSED);
    record(before, GW_BREAKER_FAILURE);
    assert_int_equal(b.sum.calls, 0);
    gw_breaker_force_open(&b, now, 5000, 0);
    assert_int_equal(gw_breaker_wait_ms(&b, now), 5000);
    now += 4999;
    refuse();
    now += 1;
    (void)acquire();
    assert_int_equal(b.state, GW_BREAKER_HALF_OPEN);
    assert_int_equal(told.event, GW_BREAKER_EVENT_EXPIRED);
    gw_breaker_disable(&b, now, 1000, 0);
    now += 1000;
    call(GW_BREAKER_SUCCESS);
    assert_int_equal(b.state, GW_BREAKER_CLOSED);
    assert_int_equal(b.sum.calls, 1);
}

static void test_breaker__configuration(void **state)
{
    gw_breaker_cfg off = cfg, longer = cfg;
    off.enabled = false;
    longer.window_ms = 60000;
    call(GW_BREAKER_FAILURE);
    gw_breaker_configure(&b, &cfg, now, 0);
    assert_int_equal(b.sum.calls, 1);
    gw_breaker_configure(&b, &longer, now, 0);
    assert_int_equal(b.sum.calls, 0);
    call(GW_BREAKER_SUCCESS);
    trip();
    gw_breaker_configure(&b, &longer, now, 0);
    assert_int_equal(b.state, GW_BREAKER_OPEN);
    gw_breaker_configure(&b, &off, now, 0);
    assert_int_equal(b.state, GW_BREAKER_DISABLED);
    assert_non_null(strstr(reason(), "disabled since"));
    gw_breaker_reset(&b, now, 0);
    assert_int_equal(b.state, GW_BREAKER_DISABLED);
    /* What an operator says for a time ends in what the configuration says. */
    for (unsigned i = 0; i < 2; i++) {
        (i == 0 ? gw_breaker_force_open : gw_breaker_disable)(&b, now, 1000, 0);
        now += 1000;
        gw_breaker_tick(&b, now, 0);
        assert_int_equal(b.state, GW_BREAKER_DISABLED);
        assert_int_equal(b.expires_ms, 0);
    }
    gw_breaker_configure(&b, &cfg, now, 0);
    assert_int_equal(b.state, GW_BREAKER_CLOSED);
}

static void test_breaker__history(void **state)
{
    assert_null(gw_breaker_past(&b, 0));
    for (unsigned i = 0; i < 20; i++) {
        now += 1000;
        gw_breaker_force_open(&b, now, 0, 0);
        gw_breaker_reset(&b, now, 0);
    }
    for (unsigned i = 0; i < GW_BREAKER_HISTORY; i++) {
        const gw_breaker_change *c = gw_breaker_past(&b, i);
        assert_int_equal(c->event, i % 2 == 0 ? GW_BREAKER_EVENT_RESET : GW_BREAKER_EVENT_FORCE_OPEN);
        assert_int_equal(c->at_ms, now - i / 2 * 1000);
    }
    assert_null(gw_breaker_past(&b, GW_BREAKER_HISTORY));
    assert_int_equal(b.n_history, 40);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, set_up)
    const struct CMUnitTest tests[] = {
        T(test_breaker__opens_on_failures_in_a_row),
        T(test_breaker__opens_on_the_ratio),
        T(test_breaker__too_few_calls_are_not_judged),
        T(test_breaker__what_left_the_window_counts_no_more),
        T(test_breaker__opens_on_slow_calls),
        T(test_breaker__half_open_lets_a_few_through_at_once),
        T(test_breaker__open_time_doubles_to_its_ceiling),
        T(test_breaker__jitter_stays_within_a_fifth),
        T(test_breaker__a_stuck_probe_is_a_failed_one),
        T(test_breaker__late_results_say_nothing),
        T(test_breaker__a_good_check_ends_the_open_time),
        T(test_breaker__checks_that_lie_are_believed_later),
        T(test_breaker__no_probe_for_a_backend_that_is_gone),
        T(test_breaker__operators),
        T(test_breaker__configuration),
        T(test_breaker__history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
