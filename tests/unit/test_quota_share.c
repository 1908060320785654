/* SPDX-License-Identifier: MIT */
/* Quotas shared between instances, against a model of the store. */
#include "tests/unit/quota_kit.h"

#include "gateway/quota_private.h"
#include "gateway/quota_share.h"

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
        cmocka_unit_test(test_share__admits_within_the_bound),
        cmocka_unit_test(test_share__first_request_outlives_the_first_lease),
        cmocka_unit_test(test_share__says_what_is_used),
        cmocka_unit_test(test_share__wastes_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
