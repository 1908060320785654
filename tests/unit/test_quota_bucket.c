/* SPDX-License-Identifier: MIT */
/* The pure parts under a quota: the bucket, and days and months of a zone. */
#include "tests/unit/quota_kit.h"

#include <stdlib.h>
#include <time.h>

#include "gateway/quota_bucket.h"
#include "gateway/quota_calendar.h"

/* ---- the bucket ---- */

/* A sum of takes in every window [i, j] of a schedule stays within burst + rate * time. Checked in one pass:
 * the largest excess of any window that ends here is the excess carried over, less what time brought, never
 * below 0. */
static void test_bucket__never_gives_more_than_burst_and_rate(void **state)
{
    for (unsigned round = 0; round < rounds(4000); round++) {
        uint64_t rate = 1 + rnd(UINT64_C(1) << rnd(40)), burst = 1 + rnd(UINT64_C(1) << rnd(40));
        uint64_t now = rnd(BILLION) * 1000;
        wide excess = 0; /* in billionths of a token */
        gw_bucket b;
        gw_bucket_init(&b, rate, burst, now);
        for (unsigned step = 0; step < 300; step++) {
            uint64_t dt = rnd(UINT64_C(1) << rnd(34)), n = rnd(rnd(8) == 0 ? 2 * burst + 2 : burst / 4 + 2);
            now += dt;
            wide came = (wide)rate * dt;
            excess = excess > came ? excess - came : 0;
            gw_bucket_fill(&b, now);
            if (gw_bucket_take(&b, n))
                excess += (wide)n * BILLION;
            assert_true(excess <= (wide)burst * BILLION);
        }
    }
}

static void test_bucket__gives_a_greedy_client_all_there_is(void **state)
{
    for (unsigned round = 0; round < rounds(2000); round++) {
        uint64_t rate = 1 + rnd(UINT64_C(1) << (1 + rnd(30))), burst = 3 + rnd(2 * rate), now = 0, got = 0;
        uint64_t most = burst * BILLION / rate; /* asked at least this often, nothing overflows */
        gw_bucket b;
        gw_bucket_init(&b, rate, burst, 0);
        got += gw_bucket_take(&b, burst) ? burst : 0;
        for (unsigned step = 0; step < 2000; step++) {
            now += rnd(most < BILLION ? most / 2 : BILLION / 2);
            gw_bucket_fill(&b, now);
            uint64_t level = b.level;
            assert_true(gw_bucket_take(&b, level));
            got += level;
        }
        assert_true(got == burst + (uint64_t)((wide)rate * now / BILLION));
    }
}

static void test_bucket__wait_is_the_real_deficit(void **state)
{
    for (unsigned round = 0; round < rounds(20000); round++) {
        uint64_t rate = 1 + rnd(UINT64_C(1) << rnd(45)), burst = 1 + rnd(UINT64_C(1) << rnd(33)),
                 now = rnd(BILLION);
        gw_bucket b;
        gw_bucket_init(&b, rate, burst, now);
        assert_true(gw_bucket_take(&b, rnd(burst + 1)));
        gw_bucket_fill(&b, now += rnd(BILLION));
        uint64_t n = 1 + rnd(burst), wait = gw_bucket_wait_ns(&b, n);
        assert_int_not_equal(wait, UINT64_MAX);
        gw_bucket before = b;
        if (wait > 0) {
            gw_bucket_fill(&before, now + wait - 1);
            assert_false(gw_bucket_take(&before, n));
        }
        gw_bucket_fill(&b, now + wait);
        assert_true(gw_bucket_take(&b, n));
        assert_int_equal(gw_bucket_wait_ns(&b, burst + 1), UINT64_MAX);
    }
}

static void test_bucket__giving_back_never_makes_more(void **state)
{
    for (unsigned round = 0; round < rounds(2000); round++) {
        uint64_t rate = 1 + rnd(1000000), burst = 1 + rnd(1000000), now = 0;
        gw_bucket with, without; /* the same takes, but one of them takes more and gives it back later */
        gw_bucket_init(&with, rate, burst, 0);
        without = with;
        for (unsigned step = 0; step < 100; step++) {
            gw_bucket_fill(&with, now += rnd(BILLION));
            uint64_t n = rnd(burst + 1);
            bool took = gw_bucket_take(&with, n);
            gw_bucket_fill(&with, now += rnd(BILLION / 10));
            if (took)
                gw_bucket_give(&with, n);
            gw_bucket_fill(&without, now);
            assert_true(with.level <= without.level);
        }
    }
}

static void test_bucket__a_clock_that_goes_back_brings_nothing(void **state)
{
    gw_bucket b;
    gw_bucket_init(&b, 1000, 10, 5 * BILLION);
    assert_true(gw_bucket_take(&b, 10));
    gw_bucket_fill(&b, 1 * BILLION);
    gw_bucket_fill(&b, 5 * BILLION);
    assert_int_equal(b.level, 0);
    gw_bucket_fill(&b, 5 * BILLION + 1000000);
    assert_int_equal(b.level, 1);
}

/* ---- calendar ---- */

static void zone(const char *name)
{
    setenv("TZ", name, 1);
    tzset();
}

static void test_calendar__days_are_those_of_the_zone(void **state)
{
    gw_period day, month;
    zone("UTC");
    gw_calendar_periods(1774702800, &day, &month); /* 2026-03-28 13:00 UTC */
    assert_int_equal(day.start, 1774656000);
    assert_int_equal(day.end - day.start, 86400);
    assert_int_equal(month.start, 1772323200);
    assert_int_equal(month.end, 1775001600);
    zone("CET-1CEST,M3.5.0,M10.5.0/3");
    gw_calendar_periods(1774780000, &day, &month); /* 2026-03-29: summer time begins */
    assert_int_equal(day.start, 1774738800);
    assert_int_equal(day.end - day.start, 23 * 3600);
    zone("UTC");
}

static void test_calendar__turns_at_the_end_and_never_back(void **state)
{
    gw_calendar c = {0};
    zone("UTC");
    gw_calendar_turn(&c, 1774702800);
    for (unsigned i = 0; i < GW_CALENDAR_COUNT; i++)
        c.used[i] = 7;
    gw_calendar_turn(&c, 1774702800 - 86400); /* the clock was set back */
    assert_int_equal(c.used[GW_CALENDAR_ITEMS_DAY], 7);
    gw_calendar_turn(&c, 1774742399);
    assert_int_equal(c.used[GW_CALENDAR_ITEMS_DAY], 7);
    gw_calendar_turn(&c, 1774742400);
    assert_int_equal(c.used[GW_CALENDAR_ITEMS_DAY], 0);
    assert_int_equal(c.used[GW_CALENDAR_ITEMS_MONTH], 7);
    gw_calendar_turn(&c, 1775001600);
    assert_int_equal(c.used[GW_CALENDAR_BYTES_MONTH], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bucket__never_gives_more_than_burst_and_rate),
        cmocka_unit_test(test_bucket__gives_a_greedy_client_all_there_is),
        cmocka_unit_test(test_bucket__wait_is_the_real_deficit),
        cmocka_unit_test(test_bucket__giving_back_never_makes_more),
        cmocka_unit_test(test_bucket__a_clock_that_goes_back_brings_nothing),
        cmocka_unit_test(test_calendar__days_are_those_of_the_zone),
        cmocka_unit_test(test_calendar__turns_at_the_end_and_never_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
