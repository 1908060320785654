/* SPDX-License-Identifier: MIT */
/* Active streams, and the limits on content that are in force. */
#include "tests/unit/unit.h"
#include "tests/unit/random.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/budget.h"
#include "gateway/quota_private.h"

#define BILLION UINT64_C(1000000000)

static void test_streams__counts_exactly_and_takes_all_or_none(void **state)
{
    gw_streams s = {0};
    uint64_t h[300];
    for (unsigned i = 0; i < 300; i++)
        h[i] = i / 2 * 0x9E3779B97F4A7C15u; /* each twice, one of them 0 */
    assert_true(gw_streams_admit(&s, h, 200, 100, 5000));
    assert_int_equal(s.n, 100);
    assert_false(gw_streams_admit(&s, h + 190, 20, 100, 5001));
    assert_int_equal(s.n, 100);
    for (unsigned i = 0; i < 200; i++)
        assert_true(gw_streams_admit(&s, h + i, 1, 100, 5002 + i));
    assert_false(gw_streams_admit(&s, h + 200, 1, 100, 5002));
    /* After the window the old ones are gone. */
    assert_true(gw_streams_admit(&s, h + 200, 100, 100, 5202 + GW_STREAMS_WINDOW_S));
    assert_int_equal(s.n, 50);
    gw_streams_release(&s);
}

static void test_streams__against_a_model(void **state)
{
    for (unsigned round = 0; round < rounds(200); round++) {
        gw_streams s = {0};
        bool in[256] = {false};
        unsigned n_in = 0, limit = 1 + (unsigned)rnd(200);
        for (unsigned step = 0; step < 100; step++) {
            uint64_t h[40];
            unsigned n = (unsigned)rnd(40), fresh = 0;
            bool now_in[256];
            memcpy(now_in, in, sizeof in);
            for (unsigned i = 0; i < n; i++) {
                unsigned which = (unsigned)rnd(256);
                h[i] = which * UINT64_C(0x100000001); /* collides often */
                fresh += !now_in[which];
                now_in[which] = true;
            }
            bool ok = n_in + fresh <= limit;
            assert_int_equal(gw_streams_admit(&s, h, n, limit, 5), ok);
            if (ok) {
                memcpy(in, now_in, sizeof in);
                n_in += fresh;
            }
            assert_int_equal(s.n, n_in);
        }
        gw_streams_release(&s);
    }
}

/* Memory is the process's, and comes back when nothing is in use any more. */
static void test_streams__are_charged_and_given_back(void **state)
{
    gw_streams s = {0};
    uint64_t before = gw_budget_bytes(), now = GW_STREAMS_WINDOW_S, h[1000];
    for (unsigned i = 0; i < 1000; i++)
        h[i] = (i + 1) * UINT64_C(0x9E3779B97F4A7C15);
    assert_true(gw_streams_admit(&s, h, 1000, 1000, (uint32_t)now));
    uint64_t full = gw_budget_bytes() - before;
    assert_true(full > 0 && full <= 1000 * 64);
    assert_true(gw_streams_admit(&s, h, 10, 1000, (uint32_t)now + 100));
    gw_streams_sweep(&s, (uint32_t)now + GW_STREAMS_WINDOW_S);
    assert_int_equal(s.n, 10);
    assert_true(gw_budget_bytes() - before < full / 4);
    for (unsigned i = 0; i < 10; i++)
        assert_true(gw_streams_admit(&s, h + i, 1, 10, (uint32_t)now + GW_STREAMS_WINDOW_S));
    assert_false(gw_streams_admit(&s, h + 10, 1, 10, (uint32_t)now + GW_STREAMS_WINDOW_S));
    gw_streams_sweep(&s, (uint32_t)now + 2 * GW_STREAMS_WINDOW_S);
    assert_int_equal(s.n, 0);
    assert_int_equal(gw_budget_bytes(), before);
}

static void test_streams__of_a_workspace(void **state)
{
    gw_quota *q = gw_quota_new("a", 1, 0, 0);
    gw_quota_time now = {.mono_ns = 5 * BILLION, .wall_s = 1000000};
    const uint64_t h[] = {1, 2, 3, 3, 4};
    gw_quota_verdict v;
    gw_limits l = {.v = {[GW_LIMIT_LOKI_STREAMS] = 3}};
    gw_quota_configure(q, now, 1, &l);
    assert_true(gw_quota_looks_inside(q));
    assert_true(gw_quota_take_streams(q, now, h, 2, &v));
    assert_true(v.near_limit); /* 80 % of 3 */
    assert_int_equal(v.limit, GW_LIMIT_LOKI_STREAMS);
    assert_false(gw_quota_take_streams(q, now, h + 2, 3, &v));
    assert_int_equal(v.answer, GW_QUOTA_LIMITED);
    assert_int_equal(v.limit, GW_LIMIT_LOKI_STREAMS);
    assert_int_equal(v.max, 3);
    assert_int_equal(v.used, 2);
    assert_true(v.wait_ns > 0);
    assert_true(gw_quota_take_streams(q, now, h + 2, 2, &v)); /* the same one, twice */
    assert_false(gw_quota_take_streams(q, now, h, 5, &v));
    assert_int_equal(v.answer, GW_QUOTA_NEVER);
    l.mode = GW_QUOTA_SHADOW;
    gw_quota_configure(q, now, 2, &l);
    assert_true(gw_quota_take_streams(q, now, h + 4, 1, &v));
    assert_true(v.shadow);
    /* A clock that was set back changes nothing; an hour does. */
    l.mode = GW_QUOTA_ENFORCE;
    gw_quota_configure(q, now, 3, &l);
    now.wall_s -= 100000;
    assert_false(gw_quota_take_streams(q, now, h + 4, 1, &v));
    now.mono_ns += 3600 * BILLION;
    assert_true(gw_quota_take_streams(q, now, h + 4, 1, &v));
    gw_quota_free(q);
}

static void test_limits__of_loki_where_nothing_is_said(void **state)
{
    gw_limits base = {.v = {[GW_LIMIT_MAX_AGE] = 60, [GW_LIMIT_LOKI_STREAMS] = UINT64_C(1) << 40},
                      .content = GW_CONTENT_LOKI,
                      .shed = GW_SHED_LEAST_SEVERE};
    gw_limits own = {.v = {[GW_LIMIT_LINE_BYTES] = 5}, .shed = GW_SHED_NONE}, l;
    gw_limits_over(&base, &own, &l);
    gw_limits_complete(&l);
    assert_int_equal(l.v[GW_LIMIT_LINE_BYTES], 5);
    assert_int_equal(l.v[GW_LIMIT_MAX_AGE], 60);
    assert_int_equal(l.v[GW_LIMIT_LABEL_NAMES], 15);
    assert_int_equal(l.v[GW_LIMIT_MAX_AHEAD], 600);
    assert_int_equal(l.v[GW_LIMIT_LOKI_STREAMS], GW_LIMIT_MAX_STREAMS);
    assert_int_equal(l.v[GW_LIMIT_ITEMS_RATE], 0);
    assert_int_equal(l.shed, GW_SHED_NONE);
    own.content = GW_CONTENT_OPEN;
    gw_limits_over(&base, &own, &l);
    gw_limits_complete(&l);
    assert_int_equal(l.v[GW_LIMIT_LABEL_NAMES], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streams__counts_exactly_and_takes_all_or_none),
        cmocka_unit_test(test_streams__against_a_model),
        cmocka_unit_test(test_streams__are_charged_and_given_back),
        cmocka_unit_test(test_streams__of_a_workspace),
        cmocka_unit_test(test_limits__of_loki_where_nothing_is_said),
    };
    gw_budget_limits(UINT32_MAX, UINT64_MAX, UINT32_MAX);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
