/* SPDX-License-Identifier: MIT */
/* The small parts of what decides about upstreams: choice of an endpoint, retry budget, holds, the waiting
 * line. */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/balance.h"
#include "gateway/hold.h"
#include "gateway/retry_budget.h"
#include "gateway/waitq.h"

static uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);

static uint64_t roll(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* ---- balance ---- */

static void test_balance__only_usable_ones(void **state)
{
    gw_candidate c[8];
    for (unsigned round = 0; round < 100000; round++) {
        size_t n = 1 + roll() % 8, usable = 0;
        for (size_t i = 0; i < n; i++) {
            c[i] = (gw_candidate){roll() % 2 == 0, (uint32_t)(roll() % 10), (uint32_t)(1 + roll() % 10)};
            usable += c[i].usable;
        }
        size_t at = gw_balance_choose(c, n, roll());
        if (usable == 0)
            assert_int_equal(at, n);
        else
            assert_true(at < n && c[at].usable);
    }
}

static void test_balance__never_the_busiest_of_two(void **state)
{
    gw_candidate c[2] = {{true, 9, 10}, {true, 5, 10}};
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(gw_balance_choose(c, 2, roll()), 1);
    c[1].limit = 4; /* 6 of 4 is more than 10 of 10 */
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(gw_balance_choose(c, 2, roll()), 0);
}

/* Each call goes where the choice says, and ends a random time later. */
static void test_balance__spreads_by_what_each_can_take(void **state)
{
    gw_candidate c[4] = {{true, 0, 100}, {true, 0, 100}, {true, 0, 100}, {true, 0, 10}};
    unsigned long chosen[4] = {0};
    unsigned n = 0;
    for (unsigned i = 0; i < 200000; i++) {
        size_t at = gw_balance_choose(c, 4, roll());
        chosen[at]++;
        c[at].in_flight++;
        if (++n <= 60)
            continue;
        size_t ended = 0; /* any call, they all take the same time */
        for (uint64_t k = roll() % n--; k >= c[ended].in_flight; ended++)
            k -= c[ended].in_flight;
        c[ended].in_flight--;
    }
    for (unsigned i = 0; i < 3; i++)
        assert_in_range(chosen[i], 50000, 80000);
    assert_in_range(chosen[3], 1, 30000);
}

/* ---- retry budget ---- */

static void test_retry_budget__is_a_share_of_requests(void **state)
{
    gw_retry_budget b;
    uint64_t now = 1000000, start = now;
    unsigned long requests = 0, retries = 0;
    gw_retry_budget_init(&b, now);
    for (unsigned i = 0; i < 1000000; i++) {
        now += roll() % 3;
        if (roll() % 5 < 3) {
            requests++;
            gw_retry_budget_deposit(&b, 20);
        } else if (gw_retry_budget_withdraw(&b, 20, now)) {
            retries++;
        }
        double most = (double)requests * 0.2 + (double)(now - start) / 1000 + 1 + GW_RETRY_BURST;
        if ((double)retries > most)
            fail_msg("%lu retries for %lu requests", retries, requests);
    }
    assert_true((double)retries > (double)requests * 0.19);
}

static void test_retry_budget__none_means_none(void **state)
{
    gw_retry_budget b;
    gw_retry_budget_init(&b, 0);
    assert_false(gw_retry_budget_withdraw(&b, 0, 1000000));
}

static void test_retry_budget__a_few_come_by_time(void **state)
{
    gw_retry_budget b;
    gw_retry_budget_init(&b, 5000);
    for (unsigned i = 0; i < GW_RETRY_BURST; i++)
        assert_true(gw_retry_budget_withdraw(&b, 10, 5000));
    assert_false(gw_retry_budget_withdraw(&b, 10, 5999));
    assert_true(gw_retry_budget_withdraw(&b, 10, 6000));
    assert_false(gw_retry_budget_withdraw(&b, 10, 6999));
    for (unsigned i = 0; i < GW_RETRY_BURST; i++)
        assert_true(gw_retry_budget_withdraw(&b, 10, 10000000));
    assert_false(gw_retry_budget_withdraw(&b, 10, 10000000));
}

enum { THREADS = 4, TRIES = 100000 };

static void *withdraw_all(void *arg)
{
    uintptr_t n = 0;
    for (unsigned i = 0; i < TRIES; i++) {
        if (i % 10 == 0)
            gw_retry_budget_deposit(arg, 100);
        n += gw_retry_budget_withdraw(arg, 100, 1000);
    }
    return (void *)n;
}

static void test_retry_budget__threads_share_it(void **state)
{
    gw_retry_budget b;
    pthread_t t[THREADS];
    uintptr_t sum = 0;
    gw_retry_budget_init(&b, 1000);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, withdraw_all, &b), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        void *n;
        pthread_join(t[i], &n);
        sum += (uintptr_t)n;
    }
    assert_in_range(sum, 1, THREADS * TRIES / 10 + GW_RETRY_BURST);
}

/* ---- holds ---- */

static uint64_t key_of(unsigned i)
{
    char name[32];
    int n = snprintf(name, sizeof name, "tenant-%u", i);
    return gw_hold_key(rd_slice_of(name, (size_t)n), 42);
}

static void test_hold__one_tenant_holds_up_no_other(void **state)
{
    static gw_hold h;
    memset(&h, 0, sizeof h);
    assert_int_equal(gw_hold_left(&h, key_of(1), 0), 0);
    gw_hold_set(&h, key_of(1), 1000, 5000);
    assert_int_equal(gw_hold_left(&h, key_of(1), 1000), 5000);
    assert_int_equal(gw_hold_left(&h, key_of(1), 5999), 1);
    assert_int_equal(gw_hold_left(&h, key_of(1), 6000), 0);
    for (unsigned i = 2; i < 100000; i++)
        assert_int_equal(gw_hold_left(&h, key_of(i), 1000), 0);
    gw_hold_set(&h, key_of(1), 2000, 1);
    assert_int_equal(gw_hold_left(&h, key_of(1), 2000), 1);
    gw_hold_set(&h, key_of(1), 2000, 3600000);
    assert_int_equal(gw_hold_left(&h, key_of(1), 2000), GW_HOLD_MOST_MS);
}

static void test_hold__more_tenants_than_places(void **state)
{
    static gw_hold h;
    unsigned held = 0;
    memset(&h, 0, sizeof h);
    for (unsigned i = 0; i < 10000; i++)
        gw_hold_set(&h, key_of(i), 1000, 5000);
    for (unsigned i = 0; i < 10000; i++)
        held += gw_hold_left(&h, key_of(i), 1000) > 0;
    assert_in_range(held, GW_HOLD_SLOTS * 9 / 10, GW_HOLD_SLOTS);
    for (unsigned i = 20000; i < 20100; i++)
        gw_hold_set(&h, key_of(i), 6000, 5000); /* the places are free again */
    for (unsigned i = held = 0; i < 100; i++)
        held += gw_hold_left(&h, key_of(20000 + i), 6000) > 0;
    assert_in_range(held, 98, 100);
}

/* ---- the waiting line ---- */

static void test_waitq__in_order_with_deadlines(void **state)
{
    gw_waitq q = {0};
    gw_waiting w[5];
    assert_null(gw_waitq_first(&q));
    for (unsigned i = 0; i < 5; i++)
        gw_waitq_push(&q, &w[i], 100 + 10 * ((i * 3) % 5)); /* 100 130 110 140 120 */
    assert_ptr_equal(gw_waitq_first(&q), &w[0]);
    assert_null(gw_waitq_expired(&q, 99));
    assert_ptr_equal(gw_waitq_expired(&q, 100), &w[0]);
    gw_waitq_remove(&q, &w[0]);
    gw_waitq_remove(&q, &w[0]);
    assert_ptr_equal(gw_waitq_expired(&q, 115), &w[2]);
    gw_waitq_remove(&q, &w[2]);
    assert_ptr_equal(gw_waitq_first(&q), &w[1]);
    gw_waitq_remove(&q, &w[4]);
    gw_waitq_remove(&q, &w[1]);
    assert_ptr_equal(gw_waitq_first(&q), &w[3]);
    assert_int_equal(q.n, 1);
    gw_waitq_remove(&q, &w[3]);
    assert_null(gw_waitq_first(&q));
    assert_null(q.last);
}

static void test_waitq__random_against_an_array(void **state)
{
    enum { N = 50 };
    gw_waitq q = {0};
    static gw_waiting w[N];
    unsigned line[N], n = 0;
    memset(w, 0, sizeof w);
    for (unsigned step = 0; step < 300000; step++) {
        unsigned i = (unsigned)(roll() % N), at = 0;
        while (at < n && line[at] != i)
            at++;
        if (at == n) {
            gw_waitq_push(&q, &w[i], roll() % 1000);
            line[n++] = i;
        } else {
            gw_waitq_remove(&q, &w[i]);
            memmove(&line[at], &line[at + 1], (--n - at) * sizeof line[0]);
        }
        assert_int_equal(q.n, n);
        assert_ptr_equal(gw_waitq_first(&q), n == 0 ? NULL : &w[line[0]]);
        uint64_t now = roll() % 1000;
        unsigned due = 0;
        while (due < n && w[line[due]].deadline_ms > now)
            due++;
        assert_ptr_equal(gw_waitq_expired(&q, now), due == n ? NULL : &w[line[due]]);
    }
}

static void test_waitq__worth_it(void **state)
{
    gw_waitq q = {.n = 9};
    assert_true(gw_waitq_worth(&q, 10, 1, 0, 1));     /* nothing known */
    assert_false(gw_waitq_worth(&q, 9, 1, 0, 1));     /* full */
    assert_true(gw_waitq_worth(&q, 10, 10, 99, 100)); /* one round of 99 ms */
    assert_false(gw_waitq_worth(&q, 10, 10, 100, 100));
    assert_false(gw_waitq_worth(&q, 10, 5, 50, 100));
    assert_false(gw_waitq_worth(&q, 10, 10, 1, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_balance__only_usable_ones),
        cmocka_unit_test(test_balance__never_the_busiest_of_two),
        cmocka_unit_test(test_balance__spreads_by_what_each_can_take),
        cmocka_unit_test(test_retry_budget__is_a_share_of_requests),
        cmocka_unit_test(test_retry_budget__none_means_none),
        cmocka_unit_test(test_retry_budget__a_few_come_by_time),
        cmocka_unit_test(test_retry_budget__threads_share_it),
        cmocka_unit_test(test_hold__one_tenant_holds_up_no_other),
        cmocka_unit_test(test_hold__more_tenants_than_places),
        cmocka_unit_test(test_waitq__in_order_with_deadlines),
        cmocka_unit_test(test_waitq__random_against_an_array),
        cmocka_unit_test(test_waitq__worth_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
