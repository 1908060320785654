/* SPDX-License-Identifier: MIT */
/* The adaptive limit by hand, and against simulated backends in virtual time. */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "gateway/adaptive.h"

static gw_adaptive l;
static uint64_t now;

/* One round of calls that all took `ms`, with as many under way as allowed. */
static void round_of(double ms, gw_adaptive_sample s)
{
    for (unsigned i = 0; i < 10; i++)
        gw_adaptive_record(&l, s, ms, gw_adaptive_get(&l), now);
    now += 1000;
    gw_adaptive_record(&l, s, ms, gw_adaptive_get(&l), now);
}

static int set_up(void **state)
{
    now = 5000;
    gw_adaptive_init(&l, 64, 1000, now);
    return 0;
}

static void test_adaptive__doubles_at_first_then_adds(void **state)
{
    assert_int_equal(gw_adaptive_get(&l), 64);
    round_of(10, GW_ADAPTIVE_ANSWERED);
    assert_int_equal(gw_adaptive_get(&l), 128);
    round_of(10, GW_ADAPTIVE_ANSWERED);
    assert_int_equal(gw_adaptive_get(&l), 256);
    round_of(10, GW_ADAPTIVE_OVERLOADED);
    assert_int_equal(gw_adaptive_get(&l), 179);
    round_of(10, GW_ADAPTIVE_ANSWERED);
    assert_int_equal(gw_adaptive_get(&l), 180);
}

static void test_adaptive__stays_between_least_and_most(void **state)
{
    for (unsigned i = 0; i < 100; i++)
        round_of(10, GW_ADAPTIVE_ANSWERED);
    assert_int_equal(gw_adaptive_get(&l), 1000);
    for (unsigned i = 0; i < 100; i++)
        round_of(10, GW_ADAPTIVE_OVERLOADED);
    assert_int_equal(gw_adaptive_get(&l), GW_ADAPTIVE_LEAST);
    gw_adaptive_init(&l, 64, 2, now);
    assert_int_equal(gw_adaptive_get(&l), 2);
    for (unsigned i = 0; i < 10; i++)
        round_of(10, GW_ADAPTIVE_OVERLOADED);
    assert_int_equal(gw_adaptive_get(&l), 2);
}

static void test_adaptive__unused_room_proves_nothing(void **state)
{
    for (unsigned i = 0; i < 100; i++) {
        now += 200;
        gw_adaptive_record(&l, GW_ADAPTIVE_ANSWERED, 10, 3, now);
    }
    assert_int_equal(gw_adaptive_get(&l), 64);
}

static void test_adaptive__what_says_nothing_changes_nothing(void **state)
{
    for (unsigned i = 0; i < 100; i++) {
        now += 200;
        gw_adaptive_record(&l, GW_ADAPTIVE_UNKNOWN, 9000, 64, now);
    }
    assert_int_equal(gw_adaptive_get(&l), 64);
}

static void test_adaptive__one_decrease_a_round(void **state)
{
    for (unsigned i = 0; i < 1000; i++)
        gw_adaptive_record(&l, GW_ADAPTIVE_OVERLOADED, 10, 64, now);
    assert_int_equal(gw_adaptive_get(&l), 64);
    gw_adaptive_record(&l, GW_ADAPTIVE_OVERLOADED, 10, 64, now + 100);
    assert_int_equal(gw_adaptive_get(&l), 44);
}

static void test_adaptive__begins_small_after_an_outage(void **state)
{
    for (unsigned i = 0; i < 6; i++)
        round_of(10, GW_ADAPTIVE_ANSWERED);
    gw_adaptive_restart(&l, 3, now);
    unsigned most = 3;
    for (unsigned i = 0; i < 5; i++, most *= 2) {
        assert_in_range(gw_adaptive_get(&l), 1, most);
        round_of(10, GW_ADAPTIVE_ANSWERED);
    }
    assert_int_equal(gw_adaptive_get(&l), 96);
}

static void test_adaptive__a_lower_ceiling_holds_at_once(void **state)
{
    gw_adaptive_set_most(&l, 10);
    assert_int_equal(gw_adaptive_get(&l), 10);
    gw_adaptive_set_most(&l, 100);
    for (unsigned i = 0; i < 10; i++)
        round_of(10, GW_ADAPTIVE_ANSWERED);
    assert_int_equal(gw_adaptive_get(&l), 100);
}

/*
 * A backend that works on `width` calls at a time for `work_ms` each, the others wait in it; senders that
 * always have more. A call that finds n under way takes work_ms × max(1, n / width).
 */
typedef struct backend {
    double width, work_ms;
} backend;

enum { SENDERS = 400 };

/* Runs for `for_ms`; returns calls done per second. */
static double run(backend b, uint64_t for_ms)
{
    static double ends[SENDERS];
    static double took[SENDERS];
    unsigned n = 0;
    unsigned long done = 0;
    uint64_t until = now + for_ms;
    for (; now < until; now++) {
        for (unsigned i = 0; i < n;) {
            if (ends[i] > (double)now) {
                i++;
                continue;
            }
            gw_adaptive_record(&l, GW_ADAPTIVE_ANSWERED, took[i], n, now);
            done++;
            n--;
            ends[i] = ends[n];
            took[i] = took[n];
        }
        while (n < SENDERS && n < gw_adaptive_get(&l)) {
            double ms = b.work_ms * (n + 1 > b.width ? (n + 1) / b.width : 1);
            took[n] = ms;
            ends[n] = (double)now + ms;
            n++;
        }
    }
    return (double)done * 1000 / (double)for_ms;
}

static void test_adaptive__finds_the_capacity(void **state)
{
    static const backend backends[] = {{32, 20}, {8, 5}, {100, 50}, {10, 200}};
    for (unsigned i = 0; i < sizeof backends / sizeof backends[0]; i++) {
        (void)set_up(state);
        gw_adaptive_init(&l, GW_ADAPTIVE_INITIAL, 1000, now);
        (void)run(backends[i], 20000);
        double best = backends[i].width * 1000 / backends[i].work_ms;
        double got = run(backends[i], 60000);
        /* Nearly all of the throughput, with a queue at the backend of a few times its width. */
        if (got < 0.9 * best || gw_adaptive_get(&l) > 12 * backends[i].width)
            fail_msg("width %.0f: %.0f of %.0f a second with a limit of %u", backends[i].width, got, best,
                     gw_adaptive_get(&l));
    }
}

static void test_adaptive__does_not_run_away(void **state)
{
    gw_adaptive_init(&l, GW_ADAPTIVE_INITIAL, 1000, now);
    (void)run((backend){32, 20}, 20000);
    uint32_t before = gw_adaptive_get(&l);
    (void)run((backend){32, 20}, 600000);
    assert_in_range(gw_adaptive_get(&l), 1, 2 * before);
}

static void test_adaptive__follows_a_backend_that_changes(void **state)
{
    (void)run((backend){32, 20}, 20000);
    /* A quarter of the width: the queue there must not stay. */
    (void)run((backend){8, 20}, 20000);
    assert_in_range(gw_adaptive_get(&l), 4, 40);
    /* Wide again. */
    (void)run((backend){32, 20}, 20000);
    double got = run((backend){32, 20}, 10000);
    assert_true(got > 0.9 * 32 * 50);
    /* Five times slower for good, as wide as before: no reason to stay at the least limit. */
    (void)run((backend){32, 100}, 60000);
    got = run((backend){32, 100}, 60000);
    assert_true(got > 0.7 * 32 * 10);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, set_up)
    const struct CMUnitTest tests[] = {
        T(test_adaptive__doubles_at_first_then_adds),
        T(test_adaptive__stays_between_least_and_most),
        T(test_adaptive__unused_room_proves_nothing),
        T(test_adaptive__what_says_nothing_changes_nothing),
        T(test_adaptive__one_decrease_a_round),
        T(test_adaptive__begins_small_after_an_outage),
        T(test_adaptive__a_lower_ceiling_holds_at_once),
        T(test_adaptive__finds_the_capacity),
        T(test_adaptive__does_not_run_away),
        T(test_adaptive__follows_a_backend_that_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
