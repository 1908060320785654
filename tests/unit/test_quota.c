/* SPDX-License-Identifier: MIT */

#include "tests/unit/quota_kit.h"

#include <pthread.h>
#include <stdatomic.h>

#include "gateway/budget.h"
#include "gateway/quota_bucket.h"
#include "gateway/quota_private.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
        cmocka_unit_test(test_quota__is_exact_across_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
