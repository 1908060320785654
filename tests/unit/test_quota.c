/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"
#include "tests/unit/random.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/budget.h"
#include "gateway/quota_bucket.h"
#include "gateway/quota_calendar.h"
#include "gateway/quota_file.h"
#include "gateway/quota_private.h"
#include "gateway/quota_share.h"

#define BILLION UINT64_C(1000000000)

__extension__ typedef unsigned __int128 wide;

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

/* ---- a workspace ---- */

static gw_quota *new_quota(const gw_limits *l, gw_quota_time now)
{
    gw_quota *q = gw_quota_new("shop", 4, 0, 0);
    assert_non_null(q);
    gw_quota_configure(q, now, 1, l);
    return q;
}

static void test_quota__takes_all_or_nothing(void **state)
{
    gw_limits l = {.v = {[GW_LIMIT_REQUESTS_RATE] = 10,
                         [GW_LIMIT_REQUESTS_BURST] = 10,
                         [GW_LIMIT_WIRE_RATE] = 1000,
                         [GW_LIMIT_WIRE_BURST] = 1000,
                         [GW_LIMIT_ITEMS_RATE] = 5,
                         [GW_LIMIT_ITEMS_BURST] = 5}};
    gw_quota_time now = {.mono_ns = BILLION, .wall_s = 1000};
    gw_quota *q = new_quota(&l, now);
    gw_quota_hold h = {0};
    gw_quota_verdict v;
    gw_quota_need head = {.n = {[GW_RATE_REQUESTS] = 1, [GW_RATE_WIRE] = 400}, .in_flight = true};
    gw_quota_take(q, now, &head, &h, &v);
    assert_int_equal(v.answer, GW_QUOTA_ADMITTED);
    gw_quota_need items = {.n = {[GW_RATE_ITEMS] = 4}};
    gw_quota_take(q, now, &items, &h, &v);
    assert_int_equal(v.answer, GW_QUOTA_ADMITTED);
    gw_quota_hold h2 = {0};
    gw_quota_take(q, now, &head, &h2, &v);
    assert_int_equal(v.answer, GW_QUOTA_ADMITTED);
    gw_quota_take(q, now, &items, &h2, &v); /* one is left */
    assert_int_equal(v.answer, GW_QUOTA_LIMITED);
    assert_int_equal(v.limit, GW_LIMIT_ITEMS_RATE);
    assert_int_equal(v.wait_ns, 3 * BILLION / 5);
    assert_int_equal(q->bucket[GW_RATE_REQUESTS].level, 9); /* the first one's only */
    assert_int_equal(q->bucket[GW_RATE_WIRE].level, 600);
    assert_int_equal(q->bucket[GW_RATE_ITEMS].level, 1);
    assert_int_equal(q->n_requests, 2);
    gw_quota_end(q, &h2);
    gw_quota_end(q, &h2);
    assert_int_equal(q->n_requests, 1);
    gw_quota_end(q, &h);
    gw_quota_free(q);
}

static void test_quota__names_what_takes_longest_and_what_never_fits(void **state)
{
    gw_limits l = {.v = {[GW_LIMIT_REQUESTS_RATE] = 1,
                         [GW_LIMIT_REQUESTS_BURST] = 1,
                         [GW_LIMIT_ITEMS_RATE] = 10,
                         [GW_LIMIT_ITEMS_BURST] = 100,
                         [GW_LIMIT_ITEMS_PER_DAY] = 50}};
    gw_quota_time now = {.mono_ns = BILLION, .wall_s = 86400 * 10 + 100};
    gw_quota *q = new_quota(&l, now);
    gw_quota_hold h = {0};
    gw_quota_verdict v;
    gw_quota_need need = {.n = {[GW_RATE_ITEMS] = 101}};
    gw_quota_take(q, now, &need, &h, &v);
    assert_int_equal(v.answer, GW_QUOTA_NEVER);
    need.n[GW_RATE_ITEMS] = 51;
    gw_quota_take(q, now, &need, &h, &v);
    assert_int_equal(v.answer, GW_QUOTA_NEVER);
    assert_int_equal(v.limit, GW_LIMIT_ITEMS_PER_DAY);
    need.n[GW_RATE_ITEMS] = 40;
    need.n[GW_RATE_REQUESTS] = 1;
    gw_quota_take(q, now, &need, &h, &v);
    assert_int_equal(v.answer, GW_QUOTA_ADMITTED);
    assert_true(v.near_limit); /* 40 of 50, the only request of the burst */
    gw_quota_take(q, now, &need, &(gw_quota_hold){0}, &v);
    assert_int_equal(v.answer, GW_QUOTA_LIMITED);
    assert_int_equal(v.limit, GW_LIMIT_ITEMS_PER_DAY);
    assert_int_equal(v.wait_ns / BILLION, 86400 - 100);
    assert_int_equal(v.used, 40);
    now.wall_s += 86400;
    now.mono_ns += 86400 * BILLION;
    gw_quota_take(q, now, &need, &(gw_quota_hold){0}, &v);
    assert_int_equal(v.answer, GW_QUOTA_ADMITTED);
    gw_quota_free(q);
}

static void test_quota__in_shadow_refuses_nothing_and_takes_nothing_of_what_does_not_fit(void **state)
{
    gw_limits l = {.v = {[GW_LIMIT_ITEMS_RATE] = 10, [GW_LIMIT_ITEMS_BURST] = 10}, .mode = GW_QUOTA_SHADOW};
    gw_quota_time now = {.mono_ns = BILLION};
    gw_quota *q = new_quota(&l, now);
    gw_quota_hold h = {0};
    gw_quota_verdict v;
    gw_quota_take(q, now, &(gw_quota_need){.n = {[GW_RATE_ITEMS] = 8}}, &h, &v);
    assert_false(v.shadow);
    gw_quota_hold h2 = {0};
    gw_quota_take(q, now, &(gw_quota_need){.n = {[GW_RATE_ITEMS] = 8}, .in_flight = true}, &h2, &v);
    assert_int_equal(v.answer, GW_QUOTA_ADMITTED);
    assert_true(v.shadow);
    assert_int_equal(v.limit, GW_LIMIT_ITEMS_RATE);
    assert_int_equal(q->bucket[GW_RATE_ITEMS].level, 2);
    gw_quota_end(q, &h2);
    assert_int_equal(q->n_requests, 0);
    gw_quota_free(q);
}

static void test_quota__takes_as_many_items_as_fit(void **state)
{
    gw_limits l = {
        .v = {[GW_LIMIT_ITEMS_RATE] = 10, [GW_LIMIT_ITEMS_BURST] = 10, [GW_LIMIT_ITEMS_PER_DAY] = 12}};
    gw_quota_time now = {.mono_ns = BILLION};
    gw_quota *q = new_quota(&l, now);
    gw_quota_hold h = {0};
    gw_quota_verdict v;
    uint64_t n;
    gw_quota_take_some(q, now, 25, &h, &n, &v);
    assert_int_equal(v.answer, GW_QUOTA_ADMITTED);
    assert_int_equal(n, 10);
    gw_quota_take_some(q, now, 25, &(gw_quota_hold){0}, &n, &v);
    assert_int_not_equal(v.answer, GW_QUOTA_ADMITTED);
    assert_int_equal(n, 0);
    now.mono_ns += BILLION;
    gw_quota_take_some(q, now, 25, &(gw_quota_hold){0}, &n, &v);
    assert_int_equal(n, 2); /* of the day */
    gw_quota_free(q);
}

/* Is a request of so many bytes let in by its head? What it took is given back. */
static bool begins(gw_quota *q, gw_quota_time now, uint64_t wire_bytes, gw_quota_verdict *v)
{
    gw_quota_hold h = {0};
    gw_quota_begin(q, now, &(gw_quota_head){.wire_bytes = wire_bytes, .held_bytes = wire_bytes}, &h, v);
    bool yes = v->answer == GW_QUOTA_ADMITTED;
    assert_int_equal(h.in_flight, yes);
    if (yes) {
        gw_quota_give_bytes(q, wire_bytes);
        gw_quota_forgive(q, now, &h);
        gw_quota_end(q, &h);
    }
    return yes;
}

static void test_quota__refuses_without_decoding_what_cannot_fit_yet(void **state)
{
    gw_limits l = {.v = {[GW_LIMIT_ITEMS_RATE] = 10, [GW_LIMIT_ITEMS_BURST] = 100}};
    gw_quota_time now = {.mono_ns = BILLION};
    gw_quota *q = new_quota(&l, now);
    gw_quota_hold h = {0};
    gw_quota_verdict v;
    gw_quota_take(q, now, &(gw_quota_need){.n = {[GW_RATE_ITEMS] = 95}}, &h, &v);
    assert_true(begins(q, now, 1000, &v));
    gw_quota_take(q, now, &(gw_quota_need){.n = {[GW_RATE_ITEMS] = 15}}, &(gw_quota_hold){0}, &v);
    gw_quota_remember(q, now, 1000, &v);
    assert_false(begins(q, now, 1000, &v));
    assert_int_equal(v.wait_ns, BILLION);
    assert_true(begins(q, now, 999, &v));
    now.mono_ns += BILLION;
    assert_true(begins(q, now, 1000, &v));
    gw_quota_take(q, now, &(gw_quota_need){.n = {[GW_RATE_ITEMS] = 15}}, &(gw_quota_hold){0}, &v);
    assert_int_equal(v.answer, GW_QUOTA_ADMITTED);
    assert_false(begins(q, now, 1, &v)); /* no item is left */
    assert_int_equal(v.limit, GW_LIMIT_ITEMS_RATE);
    gw_quota_free(q);
}

/* What is remembered of a refusal is as good as the limits and the bucket it came from. */
static void test_quota__forgets_refusals_when_limits_change_or_room_comes_back(void **state)
{
    gw_limits l = {.v = {[GW_LIMIT_ITEMS_RATE] = 1, [GW_LIMIT_ITEMS_BURST] = 1000}};
    const gw_limits more = {.v = {[GW_LIMIT_ITEMS_RATE] = 100000}};
    const gw_quota_need need = {.n = {[GW_RATE_ITEMS] = 900}};
    gw_quota_time now = {.mono_ns = BILLION, .wall_s = 1000};
    gw_quota *q = new_quota(&l, now);
    gw_quota_hold first = {0};
    gw_quota_verdict v;
    gw_quota_take(q, now, &need, &first, &v);
    gw_quota_take(q, now, &need, &(gw_quota_hold){0}, &v);
    gw_quota_remember(q, now, 1000, &v);
    assert_false(begins(q, now, 1000, &v));
    gw_quota_forgive(q, now, &first); /* its delivery failed */
    assert_true(begins(q, now, 1000, &v));

    gw_quota_take(q, now, &need, &first, &v);
    gw_quota_take(q, now, &need, &(gw_quota_hold){0}, &v);
    gw_quota_remember(q, now, 1000, &v);
    assert_false(begins(q, now, 1000, &v));
    gw_quota_override(q, now, &more, now.wall_s + 60);
    now.mono_ns += BILLION;
    assert_true(begins(q, now, 1000, &v));

    gw_quota_override(q, now, &(gw_limits){0}, 0);
    gw_quota_take(q, now, &need, &first, &v);
    gw_quota_take(q, now, &need, &(gw_quota_hold){0}, &v);
    gw_quota_remember(q, now, 1000, &v);
    assert_false(begins(q, now, 1000, &v));
    gw_quota_configure(q, now, 2, &(gw_limits){0}); /* none at all any more */
    assert_true(begins(q, now, 1000, &v));
    gw_quota_free(q);
}

static void test_quota__a_head_takes_all_or_nothing(void **state)
{
    gw_limits l = {.v = {[GW_LIMIT_REQUESTS_RATE] = 10,
                         [GW_LIMIT_REQUESTS_BURST] = 10,
                         [GW_LIMIT_WIRE_RATE] = 1000,
                         [GW_LIMIT_WIRE_BURST] = 1000,
                         [GW_LIMIT_BYTES_IN_FLIGHT] = 300}};
    gw_quota_time now = {.mono_ns = BILLION};
    gw_quota *q = new_quota(&l, now);
    gw_quota_hold h = {0}, none = {0};
    gw_quota_verdict v;
    gw_quota_view view;
    gw_quota_begin(q, now, &(gw_quota_head){200, 200}, &h, &v);
    assert_int_equal(v.answer, GW_QUOTA_ADMITTED);
    gw_quota_begin(q, now, &(gw_quota_head){200, 200}, &none, &v);
    assert_int_equal(v.answer, GW_QUOTA_LIMITED);
    assert_int_equal(v.limit, GW_LIMIT_BYTES_IN_FLIGHT);
    assert_int_equal(v.used, 200);
    gw_quota_look(q, now, &view);
    assert_int_equal(view.used[GW_LIMIT_REQUESTS_BURST], 1);
    assert_int_equal(view.used[GW_LIMIT_WIRE_BURST], 200);
    assert_int_equal(view.used[GW_LIMIT_BYTES_IN_FLIGHT], 200);
    gw_quota_begin(q, now, &(gw_quota_head){801, 1}, &none, &v);
    assert_int_equal(v.limit, GW_LIMIT_WIRE_RATE);
    l.mode = GW_QUOTA_SHADOW;
    gw_quota_configure(q, now, 2, &l);
    gw_quota_begin(q, now, &(gw_quota_head){801, 200}, &none, &v);
    assert_int_equal(v.answer, GW_QUOTA_ADMITTED);
    assert_true(v.shadow);
    gw_quota_look(q, now, &view);
    assert_int_equal(view.used[GW_LIMIT_WIRE_BURST], 200);
    assert_int_equal(view.used[GW_LIMIT_BYTES_IN_FLIGHT],
                     400); /* memory that is there is counted in any mode */
    gw_quota_free(q);
}

static void test_quota__streams_in_use_go_on_when_their_limit_is_lowered(void **state)
{
    gw_limits l = {.v = {[GW_LIMIT_LOKI_STREAMS] = 4}};
    gw_quota_time now = {.mono_ns = 10000 * BILLION, .wall_s = 1000};
    const uint64_t known[] = {11, 12, 13, 14}, one_new[] = {11, 15};
    gw_quota *q = new_quota(&l, now);
    gw_quota_verdict v;
    assert_true(gw_quota_take_streams(q, now, known, 4, &v));
    assert_false(gw_quota_take_streams(q, now, one_new, 2, &v));
    l.v[GW_LIMIT_LOKI_STREAMS] = 2;
    gw_quota_configure(q, now, 2, &l);
    assert_true(gw_quota_take_streams(q, now, known, 2, &v));
    assert_false(gw_quota_take_streams(q, now, one_new, 2, &v));
    assert_int_equal(v.answer, GW_QUOTA_LIMITED);
    assert_int_equal(v.used, 4);
    assert_true(gw_quota_take_streams(q, now, known + 3, 1, &v)); /* nothing of the others was lost */
    now.mono_ns += 3600 * BILLION;
    assert_true(gw_quota_take_streams(q, now, one_new, 2, &v));
    assert_int_equal(v.used, 2);
    gw_streams_release(&q->streams);
    gw_quota_free(q);
}

/* Refused for good is only what was counted: without memory for that the sender comes again. */
static void test_quota__streams_are_not_refused_for_good_for_want_of_memory(void **state)
{
    gw_limits l = {.v = {[GW_LIMIT_LOKI_STREAMS] = 2}};
    gw_quota_time now = {.mono_ns = 10000 * BILLION, .wall_s = 1000};
    const uint64_t same[] = {11, 11, 12}, many[] = {11, 12, 13};
    gw_quota *q = new_quota(&l, now);
    gw_quota_verdict v;
    gw_budget_limits(UINT32_MAX, 100, UINT32_MAX);
    assert_false(gw_quota_take_streams(q, now, same, 3, &v));
    assert_int_equal(v.answer, GW_QUOTA_LIMITED);
    gw_budget_limits(UINT32_MAX, UINT64_MAX, UINT32_MAX);
    assert_true(gw_quota_take_streams(q, now, same, 3, &v));
    assert_false(gw_quota_take_streams(q, now, many, 3, &v));
    assert_int_equal(v.answer, GW_QUOTA_NEVER);
    gw_streams_release(&q->streams);
    gw_quota_free(q);
}

static void test_quota__an_override_ends_by_itself(void **state)
{
    gw_limits l = {.v = {[GW_LIMIT_ITEMS_RATE] = 10, [GW_LIMIT_ITEMS_BURST] = 20}}, own = {0};
    gw_quota_time now = {.mono_ns = BILLION, .wall_s = 1000};
    gw_quota *q = new_quota(&l, now);
    own.v[GW_LIMIT_ITEMS_RATE] = 500;
    gw_quota_override(q, now, &own, 1100);
    assert_int_equal(gw_quota_limits(q).v[GW_LIMIT_ITEMS_RATE], 500);
    assert_int_equal(gw_quota_limits(q).v[GW_LIMIT_ITEMS_BURST], 1000);
    gw_quota_view view;
    gw_quota_look(q, now, &view);
    assert_int_equal(view.override_until_s, 1100);
    assert_int_equal(view.own.v[GW_LIMIT_ITEMS_RATE], 500);
    now.wall_s = 1099;
    gw_quota_verdict v;
    gw_quota_take(q, now, &(gw_quota_need){.n = {[GW_RATE_ITEMS] = 21}}, &(gw_quota_hold){0}, &v);
    assert_int_equal(v.answer, GW_QUOTA_LIMITED); /* it fits the burst */
    now.wall_s = 1100;
    gw_quota_take(q, now, &(gw_quota_need){.n = {[GW_RATE_ITEMS] = 21}}, &(gw_quota_hold){0}, &v);
    assert_int_equal(v.answer, GW_QUOTA_NEVER);
    assert_int_equal(v.max, 20);
    gw_quota_look(q, now, &view);
    assert_int_equal(view.override_until_s, 0);
    assert_int_equal(view.own.v[GW_LIMIT_ITEMS_RATE], 0);
    assert_int_equal(view.limits.v[GW_LIMIT_ITEMS_RATE], 10);
    gw_quota_free(q);
}

static void test_quota__an_override_can_be_taken_back_and_outlives_a_new_configuration(void **state)
{
    gw_limits l = {.v = {[GW_LIMIT_ITEMS_RATE] = 10}}, own = {.v = {[GW_LIMIT_ITEMS_RATE] = 500}};
    gw_quota_time now = {.mono_ns = BILLION, .wall_s = 1000};
    gw_quota *q = new_quota(&l, now);
    gw_quota_override(q, now, &own, 1100);
    l.v[GW_LIMIT_ITEMS_RATE] = 20;
    gw_quota_configure(q, now, 2, &l);
    assert_int_equal(gw_quota_limits(q).v[GW_LIMIT_ITEMS_RATE], 500);
    gw_quota_override(q, now, &(gw_limits){0}, 0);
    assert_int_equal(gw_quota_limits(q).v[GW_LIMIT_ITEMS_RATE], 20);
    l.v[GW_LIMIT_ITEMS_RATE] = 30; /* of a table that is older than the one in force */
    gw_quota_configure(q, now, 1, &l);
    assert_int_equal(gw_quota_limits(q).v[GW_LIMIT_ITEMS_RATE], 20);
    gw_quota_free(q);
}

/* ---- the state file ---- */

static void note_record(void *arg, const gw_quota_record *r)
{
    gw_quota_record *out = arg;
    *out = *r;
}

static bool parse_framed(rd_buf *text, gw_quota_record *out)
{
    gw_quota_frame_end(text);
    return gw_quota_file_parse(rd_buf_slice(text), note_record, out);
}

static void test_quota_file__keeps_blocks_and_overrides(void **state)
{
    gw_quota_record r = {.name = RD_SLICE_LIT("shop"),
                         .day_start = 1,
                         .day_end = 2,
                         .month_start = 3,
                         .month_end = 4,
                         .used = {5, 6, 7, 8},
                         .blocked_until = 1795463128,
                         .override_until = 1795463129,
                         .own = {.v = {[GW_LIMIT_ITEMS_RATE] = 7, [GW_LIMIT_BYTES_PER_DAY] = 9},
                                 .mode = GW_QUOTA_SHADOW}},
                    back;
    rd_buf text;
    rd_buf_init(&text, 1 << 16);
    gw_quota_frame_begin(&text);
    gw_quota_record_write(&r, &text);
    assert_true(parse_framed(&text, &back));
    assert_true(rd_slice_eq(back.name, r.name));
    assert_memory_equal(back.used, r.used, sizeof r.used);
    assert_int_equal(back.month_end, 4);
    assert_int_equal(back.blocked_until, r.blocked_until);
    assert_int_equal(back.override_until, r.override_until);
    assert_memory_equal(&back.own, &r.own, sizeof r.own);
    text.p[text.n / 3] ^= 1;
    assert_false(gw_quota_file_parse(rd_buf_slice(&text), note_record, &back));
    rd_buf_release(&text);
}

static void test_quota_file__believes_no_line_that_is_not_one(void **state)
{
    static const struct {
        const char *text;
        bool ok;
    } rows[] = {
        {"redactd quota 1\nshop 1 2 3 4 5 6 7 8\n", true},
        {"redactd quota 1\nshop 1 2 3 4 5 6 7 8 9\n", false},
        {"redactd quota 2\nshop 1 2 3 4 5 6 7 8\n", false},
        {"redactd quota 2\nshop 1 2 3 4 5 6 7 8 9\n", true},
        {"redactd quota 3\nshop 1 2 3 4 5 6 7 8 9\n", false},
        {"redactd quota 2\nshop 1 2 3 4 5 6 7 8 9 \n", false},
        {"redactd quota 2\nb-1.(x)!*'_ 1 2 3 4 5 6 7 8 9\n", true},
        {"redactd quota 2\n 1 2 3 4 5 6 7 8 9\n", false},
        {"redactd quota 2\na\"b 1 2 3 4 5 6 7 8 9\n", false},
        {"redactd quota 2\na{ 1 2 3 4 5 6 7 8 9\n", false},
        {"redactd quota 2\na\\ 1 2 3 4 5 6 7 8 9\n", false},
        {"redactd quota 2\na\x80 1 2 3 4 5 6 7 8 9\n", false},
        {"redactd quota 2\nshop 1 2 3 4 5 6 7 8 0 override 7 default\n", true},
        {"redactd quota 2\nshop 1 2 3 4 5 6 7 8 0 override 7 enforce items_per_second=1\n", true},
        {"redactd quota 2\nshop 1 2 3 4 5 6 7 8 0 override 0 enforce items_per_second=1\n", false},
        {"redactd quota 2\nshop 1 2 3 4 5 6 7 8 0 override 7 other items_per_second=1\n", false},
        {"redactd quota 2\nshop 1 2 3 4 5 6 7 8 0 override 7 enforce items_per_second=0\n", false},
        {"redactd quota 2\nshop 1 2 3 4 5 6 7 8 0 override 7 enforce items_per_second\n", false},
        {"redactd quota 2\nshop 1 2 3 4 5 6 7 8 0 override 7 enforce no_such=1\n", false},
        {"redactd quota 2\nshop 1 2 3 4 5 6 7 8 0 override 7 enforce items_burst=1 items_burst=2\n", false},
        {"redactd quota 2\nshop 1 2 3 4 5 6 7 8 0 override 7 enforce items_burst=99999999999999999\n", false},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        gw_quota_record r;
        rd_buf text;
        rd_buf_init(&text, 1 << 16);
        rd_buf_append_str(&text, rows[i].text);
        if (parse_framed(&text, &r) != rows[i].ok)
            fail_msg("row %u", i);
        rd_buf_release(&text);
    }
}

static void test_quota_file__what_is_over_says_nothing(void **state)
{
    const gw_quota_record none = {
        .day_end = 100, .month_end = 100, .blocked_until = 100, .override_until = 100};
    gw_quota_record r = none;
    assert_true(gw_quota_record_is_over(&none, 100));
    assert_false(gw_quota_record_is_over(&none, 99));
    int64_t *const each[] = {&r.day_end, &r.month_end, &r.blocked_until, &r.override_until};
    for (unsigned i = 0; i < sizeof each / sizeof *each; i++) {
        r = none;
        *each[i] = 101;
        assert_false(gw_quota_record_is_over(&r, 100));
    }
}

/* ---- threads: virtual time that all advance ---- */

enum { THREADS = 8, PER_THREAD = 20000 };

static struct {
    gw_quota *q;
    _Atomic uint64_t now_ns, admitted, taken_back;
} shared;

static void *hammer(void *arg)
{
    uint64_t x = (uint64_t)(uintptr_t)arg * 0x9E3779B97F4A7C15u | 1;
    for (unsigned i = 0; i < PER_THREAD; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        uint64_t n = 1 + (x >> 33) % 20;
        gw_quota_time now = {.mono_ns = atomic_fetch_add(&shared.now_ns, (x >> 40) % 100000)};
        gw_quota_hold h = {0};
        gw_quota_verdict v;
        gw_quota_take(shared.q, now, &(gw_quota_need){.n = {[GW_RATE_REQUESTS] = 1}, .in_flight = true}, &h,
                      &v);
        if (v.answer != GW_QUOTA_ADMITTED)
            continue;
        gw_quota_take(shared.q, now,
                      &(gw_quota_need){.n = {[GW_RATE_ITEMS] = n, [GW_RATE_DECODED] = 100 * n}}, &h, &v);
        if (v.answer == GW_QUOTA_ADMITTED && n % 7 == 0)
            gw_quota_forgive(shared.q, now, &h);
        else if (v.answer == GW_QUOTA_ADMITTED)
            atomic_fetch_add(&shared.admitted, n);
        gw_quota_end(shared.q, &h);
    }
    return NULL;
}

static void test_quota__is_exact_across_threads(void **state)
{
    gw_limits l = {.v = {[GW_LIMIT_REQUESTS_RATE] = 1000000000,
                         [GW_LIMIT_ITEMS_RATE] = 70000,
                         [GW_LIMIT_ITEMS_BURST] = 500,
                         [GW_LIMIT_DECODED_RATE] = 1 << 30,
                         [GW_LIMIT_ITEMS_PER_DAY] = GW_BUCKET_MAX,
                         [GW_LIMIT_BYTES_PER_MONTH] = GW_BUCKET_MAX}};
    pthread_t t[THREADS];
    shared.now_ns = BILLION;
    shared.q = new_quota(&l, (gw_quota_time){.mono_ns = BILLION});
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, hammer, (void *)(uintptr_t)(i + 1)), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    uint64_t ns = shared.now_ns - BILLION, most = 500 + (uint64_t)((wide)70000 * ns / BILLION);
    assert_true(shared.admitted <= most);
    assert_true(shared.admitted >= most / 100 * 99);
    assert_int_equal(shared.q->n_requests, 0);
    assert_int_equal(shared.q->calendar.used[GW_CALENDAR_ITEMS_DAY], shared.admitted);
    assert_int_equal(shared.q->calendar.used[GW_CALENDAR_BYTES_MONTH], 100 * shared.admitted);
    gw_quota_free(shared.q);
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

/* ---- shared between instances: a model of the store, in virtual time ---- */

typedef struct store {
    bool there;
    double level;
    uint64_t at_ns;
} store;

/* What the script does for one rate. */
static uint64_t store_answer(store *s, const gw_share_ask *a, uint64_t now_ns)
{
    double rate = (double)a->rate[GW_RATE_ITEMS].rate, burst = (double)a->rate[GW_RATE_ITEMS].burst;
    double want = (double)a->rate[GW_RATE_ITEMS].want, granted = 0;
    if (!s->there) {
        s->there = true;
        s->level = a->known ? 0 : burst;
        s->at_ns = now_ns;
    }
    s->level += rate * (double)(now_ns - s->at_ns) / 1e9;
    s->at_ns = now_ns;
    s->level = (s->level < burst ? s->level : burst) - (double)a->rate[GW_RATE_ITEMS].owed;
    if (s->level < -burst)
        s->level = -burst;
    if (want < 0) {
        s->level = s->level - want < burst ? s->level - want : burst;
    } else if (s->level >= 1) {
        granted = want < (double)(uint64_t)s->level ? want : (double)(uint64_t)s->level;
        s->level -= granted;
    }
    return (uint64_t)granted;
}

enum { INSTANCES = 3, SHARE = 33, SHARED_RATE = 900, SHARED_BURST = 300 };

/* One instance in one millisecond: perhaps requests, perhaps a round. */
static uint64_t step_instance(gw_quota *q, store *s, gw_quota_time now, unsigned load, bool up)
{
    uint64_t admitted = 0;
    for (unsigned n = (unsigned)rnd(load + 1); n > 0; n--) {
        gw_quota_hold h = {0};
        gw_quota_verdict v;
        gw_quota_take(q, now, &(gw_quota_need){.n = {[GW_RATE_ITEMS] = 1 + rnd(5)}}, &h, &v);
        if (v.answer == GW_QUOTA_ADMITTED)
            admitted += h.taken[GW_RATE_ITEMS];
    }
    if (!up)
        gw_share_lost(q, now);
    if (!up || !gw_share_due(q, now.mono_ns))
        return admitted;
    gw_share_ask ask;
    if (!gw_share_prepare(q, now, &ask))
        return admitted;
    gw_share_answer answer = {0};
    answer.grant[GW_RATE_ITEMS] = store_answer(s, &ask, now.mono_ns);
    if (rnd(50) != 0) /* else it got lost */
        gw_share_apply(q, now, &ask, &answer);
    return admitted;
}

/* Random loads, a store that goes away and comes back, whole or empty: the sum stays within the bound. */
static void test_share__admits_within_the_bound(void **state)
{
    gw_limits l = {.v = {[GW_LIMIT_ITEMS_RATE] = SHARED_RATE, [GW_LIMIT_ITEMS_BURST] = SHARED_BURST}};
    for (unsigned round = 0; round < rounds(40); round++) {
        gw_quota *q[INSTANCES];
        store s = {0};
        bool up = rnd(2) == 0;
        unsigned load[INSTANCES] = {0}, emptied = 0;
        uint64_t admitted = 0, ms;
        for (unsigned i = 0; i < INSTANCES; i++) {
            q[i] = gw_quota_new("shop", 4, 0, SHARE);
            gw_quota_configure(q[i], (gw_quota_time){.mono_ns = BILLION}, 1, &l);
        }
        for (ms = 0; ms < 20000; ms++) {
            gw_quota_time now = {.mono_ns = BILLION + ms * 1000000};
            if (rnd(3000) == 0)
                up = !up;
            if (!up && emptied == 0 && rnd(2000) == 0) {
                s.there = false;
                emptied++;
            }
            for (unsigned i = 0; i < INSTANCES; i++) {
                if (rnd(800) == 0)
                    load[i] = (unsigned)rnd(4) * (unsigned)rnd(4);
                admitted += step_instance(q[i], &s, now, load[i], up);
            }
        }
        uint64_t bound = SHARED_BURST + SHARED_RATE * ms / 1000 + INSTANCES * SHARE * SHARED_BURST / 100 +
                         emptied * SHARED_BURST;
        assert_true(admitted <= bound);
        for (unsigned i = 0; i < INSTANCES; i++)
            gw_quota_free(q[i]);
    }
}

/* The head of a first request wakes the round that leases; its items come after that. */
static void test_share__first_request_outlives_the_first_lease(void **state)
{
    gw_limits l = {.v = {[GW_LIMIT_REQUESTS_RATE] = 100,
                         [GW_LIMIT_REQUESTS_BURST] = 100,
                         [GW_LIMIT_ITEMS_RATE] = SHARED_RATE,
                         [GW_LIMIT_ITEMS_BURST] = SHARED_BURST}};
    gw_quota_time now = {.mono_ns = BILLION};
    gw_quota *q = gw_quota_new("shop", 4, 0, SHARE);
    store s = {0};
    gw_quota_hold h = {0};
    gw_quota_verdict v;
    gw_share_ask ask;
    gw_share_answer answer = {0};
    gw_quota_configure(q, now, 1, &l);
    gw_quota_take(q, now, &(gw_quota_need){.n = {[GW_RATE_REQUESTS] = 1}}, &h, &v);
    assert_int_equal(v.answer, GW_QUOTA_ADMITTED);
    assert_true(gw_share_prepare(q, now, &ask));
    answer.grant[GW_RATE_ITEMS] = store_answer(&s, &ask, now.mono_ns);
    gw_share_apply(q, now, &ask, &answer);
    gw_quota_take(q, now, &(gw_quota_need){.n = {[GW_RATE_ITEMS] = SHARED_BURST * SHARE / 100}}, &h, &v);
    assert_int_equal(v.answer, GW_QUOTA_ADMITTED);
    gw_quota_free(q);
}

/* What is used of a shared burst: as the store says, less what is held here; without the store as of the own
 * part. */
static void test_share__says_what_is_used(void **state)
{
    gw_limits l = {.v = {[GW_LIMIT_ITEMS_RATE] = SHARED_RATE, [GW_LIMIT_ITEMS_BURST] = SHARED_BURST}};
    gw_quota_time now = {.mono_ns = BILLION};
    gw_quota *q = gw_quota_new("shop", 4, 0, SHARE);
    gw_quota_hold h = {0};
    gw_quota_verdict v;
    gw_quota_view view;
    gw_share_ask ask;
    gw_share_answer answer = {0};
    gw_quota_configure(q, now, 1, &l);
    const uint64_t own = SHARED_BURST * SHARE / 100, *used = &view.used[GW_LIMIT_ITEMS_BURST];
    gw_quota_take(q, now, &(gw_quota_need){.n = {[GW_RATE_ITEMS] = own / 3}}, &h, &v);
    gw_quota_look(q, now, &view);
    assert_in_range(*used, SHARED_BURST / 3 - 1, SHARED_BURST / 3 + 1); /* local */

    assert_true(gw_share_prepare(q, now, &ask));
    answer.grant[GW_RATE_ITEMS] = 20;
    answer.left[GW_RATE_ITEMS] = 40;
    gw_share_apply(q, now, &ask, &answer);
    uint64_t held = q->bucket[GW_RATE_ITEMS].level;
    gw_quota_look(q, now, &view);
    assert_true(view.leased && held >= 20);
    assert_int_equal(*used, SHARED_BURST - 40 - held);
    h = (gw_quota_hold){0};
    gw_quota_take(q, now, &(gw_quota_need){.n = {[GW_RATE_ITEMS] = 1}}, &h, &v);
    assert_int_equal(v.answer, GW_QUOTA_ADMITTED);
    assert_int_equal(v.near_limit, SHARED_BURST - 40 - held + 1 >= SHARED_BURST * 8 / 10);
    gw_quota_look(q, now, &view);
    assert_int_equal(*used, SHARED_BURST - 40 - held + 1);

    now.mono_ns += BILLION / 5;
    assert_true(gw_share_prepare(q, now, &ask));
    answer.grant[GW_RATE_ITEMS] = 0;
    answer.left[GW_RATE_ITEMS] = SHARED_BURST; /* another one gave back what it had */
    gw_share_apply(q, now, &ask, &answer);
    gw_quota_look(q, now, &view);
    assert_int_equal(*used, 0);
    gw_quota_free(q);
}

/* All that the rate allows is used, wherever the load is. */
static void test_share__wastes_little(void **state)
{
    gw_limits l = {.v = {[GW_LIMIT_ITEMS_RATE] = SHARED_RATE, [GW_LIMIT_ITEMS_BURST] = SHARED_BURST}};
    for (unsigned round = 0; round < rounds(20); round++) {
        gw_quota *q[INSTANCES];
        store s = {0};
        uint64_t admitted = 0, rounds_done = 0;
        for (unsigned i = 0; i < INSTANCES; i++) {
            q[i] = gw_quota_new("shop", 4, 0, SHARE);
            gw_quota_configure(q[i], (gw_quota_time){.mono_ns = BILLION}, 1, &l);
        }
        unsigned busy = 0;
        for (uint64_t ms = 0; ms < 11000; ms++) {
            gw_quota_time now = {.mono_ns = BILLION + ms * 1000000};
            if (rnd(1000) == 0)
                busy = (unsigned)rnd(INSTANCES);
            for (unsigned i = 0; i < INSTANCES; i++) {
                uint64_t before = q[i]->synced_ns,
                         got = step_instance(q[i], &s, now, i == busy ? 6 : 1, true);
                admitted += ms >= 1000 ? got : 0;
                rounds_done += q[i]->synced_ns != before;
            }
        }
        assert_true(admitted >= SHARED_RATE * 10 * 95 / 100); /* answers get lost in this test */
        assert_true(admitted <= SHARED_RATE * 10 * 103 / 100);
        assert_true(rounds_done <= INSTANCES * 20 * 11);
        for (unsigned i = 0; i < INSTANCES; i++)
            gw_quota_free(q[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bucket__never_gives_more_than_burst_and_rate),
        cmocka_unit_test(test_bucket__gives_a_greedy_client_all_there_is),
        cmocka_unit_test(test_bucket__wait_is_the_real_deficit),
        cmocka_unit_test(test_bucket__giving_back_never_makes_more),
        cmocka_unit_test(test_bucket__a_clock_that_goes_back_brings_nothing),
        cmocka_unit_test(test_quota__takes_all_or_nothing),
        cmocka_unit_test(test_quota__names_what_takes_longest_and_what_never_fits),
        cmocka_unit_test(test_quota__in_shadow_refuses_nothing_and_takes_nothing_of_what_does_not_fit),
        cmocka_unit_test(test_quota__takes_as_many_items_as_fit),
        cmocka_unit_test(test_quota__refuses_without_decoding_what_cannot_fit_yet),
        cmocka_unit_test(test_quota__forgets_refusals_when_limits_change_or_room_comes_back),
        cmocka_unit_test(test_quota__streams_in_use_go_on_when_their_limit_is_lowered),
        cmocka_unit_test(test_quota__streams_are_not_refused_for_good_for_want_of_memory),
        cmocka_unit_test(test_quota__a_head_takes_all_or_nothing),
        cmocka_unit_test(test_quota__an_override_ends_by_itself),
        cmocka_unit_test(test_quota__an_override_can_be_taken_back_and_outlives_a_new_configuration),
        cmocka_unit_test(test_quota_file__keeps_blocks_and_overrides),
        cmocka_unit_test(test_quota_file__believes_no_line_that_is_not_one),
        cmocka_unit_test(test_quota_file__what_is_over_says_nothing),
        cmocka_unit_test(test_quota__is_exact_across_threads),
        cmocka_unit_test(test_share__admits_within_the_bound),
        cmocka_unit_test(test_share__first_request_outlives_the_first_lease),
        cmocka_unit_test(test_share__says_what_is_used),
        cmocka_unit_test(test_share__wastes_little),
        cmocka_unit_test(test_calendar__days_are_those_of_the_zone),
        cmocka_unit_test(test_calendar__turns_at_the_end_and_never_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
