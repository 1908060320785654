/* SPDX-License-Identifier: MIT */
/* What threads share about backends: limits hold and nothing is lost whatever they do at once, results end
 * where they belong, settings and overrides outlive a reload. */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/upstream.h"

static gw_endpoint_cfg endpoints[] = {{.url = "http://a:1", .host = "a", .path = "", .port = 1},
                                      {.url = "http://b:2", .host = "b", .path = "", .port = 2},
                                      {.url = "http://c:3", .host = "c", .path = "", .port = 3}};
static gw_upstream_cfg cfg;
static gw_upstream *u;
static uint64_t now, seed;

static uint64_t roll(void)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return seed ^ seed >> 29;
}

static int set_up(void **state)
{
    now = 1000000;
    seed = 1;
    cfg = (gw_upstream_cfg){.name = "up",
                            .endpoints = endpoints,
                            .n_endpoints = 2,
                            .total_timeout_ms = 9000,
                            .request_timeout_ms = 9000,
                            .max_requests = 100,
                            .max_bytes = 1000,
                            .adaptive_limit = true,
                            .breaker = {.enabled = true,
                                        .window_ms = 10000,
                                        .min_calls = 20,
                                        .failure_percent = 50,
                                        .slow_percent = 80,
                                        .slow_call_ms = 5000,
                                        .consecutive_failures = 5,
                                        .open_ms = 1000,
                                        .max_open_ms = 10000,
                                        .probes = 3,
                                        .probe_timeout_ms = 3000},
                            .health_check = {.when = GW_CHECK_OPEN, .unhealthy_after = 2},
                            .retry = {.attempts = 2, .budget_percent = 20}};
    u = gw_upstream_new(&cfg, now);
    return u == NULL;
}

static int tear_down(void **state)
{
    gw_upstream_free(&u);
    return 0;
}

static gw_leave acquire(gw_signal s, uint64_t tried, gw_ticket *t)
{
    return gw_upstream_acquire(u, s, tried, 0, now, roll(), t);
}

static void end_with(gw_signal s, const gw_ticket *t, gw_call_end e)
{
    e.allowed_ms = e.allowed_ms == 0 ? 9000 : e.allowed_ms;
    gw_upstream_done(u, s, t, &e, now, roll());
}

static void fail_endpoint(size_t endpoint, gw_signal s)
{
    for (unsigned i = 0; i < 5; i++) {
        gw_ticket t;
        assert_int_equal(acquire(s, endpoint == 0 ? 2 : 1, &t), GW_LEAVE_GIVEN);
        assert_int_equal(t.endpoint, endpoint);
        end_with(s, &t, (gw_call_end){.result = GW_CALL_CONNECT});
    }
}

static gw_breaker_state state_of(size_t endpoint, gw_signal s)
{
    gw_lane_report r;
    gw_upstream_lane(u, endpoint, s, now, 0, &r);
    return r.breaker.state;
}

static void test_upstream__a_sick_endpoint_is_left_out_and_a_sick_signal_alone(void **state)
{
    gw_ticket t;
    gw_refusal no;
    fail_endpoint(0, GW_SIGNAL_LOGS);
    assert_int_equal(state_of(0, GW_SIGNAL_LOGS), GW_BREAKER_OPEN);
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(acquire(GW_SIGNAL_LOGS, 0, &t), GW_LEAVE_GIVEN);
        assert_int_equal(t.endpoint, 1);
        end_with(GW_SIGNAL_LOGS, &t, (gw_call_end){.result = GW_CALL_OK, .status = 200});
    }
    assert_false(gw_upstream_refuses(u, GW_SIGNAL_LOGS, RD_SLICE_LIT("x"), now, 0, &no));
    fail_endpoint(1, GW_SIGNAL_LOGS);
    assert_int_equal(acquire(GW_SIGNAL_LOGS, 0, &t), GW_LEAVE_OPEN);
    assert_true(gw_upstream_refuses(u, GW_SIGNAL_LOGS, RD_SLICE_LIT("x"), now, 0, &no));
    assert_int_equal(no.leave, GW_LEAVE_OPEN);
    assert_non_null(strstr(no.why, "upstream up: open since "));
    assert_in_range(no.retry_after_s, 1, 2);
    assert_int_equal(acquire(GW_SIGNAL_TRACES, 0, &t), GW_LEAVE_GIVEN);
    end_with(GW_SIGNAL_TRACES, &t, (gw_call_end){.result = GW_CALL_OK, .status = 200});
}

static void one_call(gw_signal s, gw_call_end e)
{
    gw_ticket t;
    assert_int_equal(acquire(s, 2, &t), GW_LEAVE_GIVEN);
    if (e.result == GW_CALL_TOTAL_TIMEOUT || e.cancelled)
        now += 6000;
    end_with(s, &t, e);
}

static void test_upstream__what_counts_as_a_failure(void **state)
{
    static const struct {
        gw_call_end end;
        bool trips;
    } cases[] = {
        {{.result = GW_CALL_OK, .status = 200}, false},
        {{.result = GW_CALL_OK, .status = 400}, false},
        {{.result = GW_CALL_OK, .status = 404}, false},
        {{.result = GW_CALL_OK, .status = 429}, false},
        {{.result = GW_CALL_OK, .status = 500}, true},
        {{.result = GW_CALL_OK, .status = 503}, true},
        {{.result = GW_CALL_RESET}, true},
        {{.result = GW_CALL_PROTOCOL}, true},
        {{.result = GW_CALL_TLS}, true},
        {{.result = GW_CALL_TOTAL_TIMEOUT, .allowed_ms = 9000}, true},
        {{.result = GW_CALL_TOTAL_TIMEOUT, .allowed_ms = 500}, false}, /* had no time to begin with */
        {{.result = GW_CALL_BUSY}, false},
        {{.result = GW_CALL_INVALID}, false},
        {{.cancelled = true}, true}, /* by a sender, after the time of a slow call */
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tear_down(state);
        set_up(state);
        cfg.breaker.slow_percent = 0;
        tear_down(state);
        u = gw_upstream_new(&cfg, now);
        for (unsigned k = 0; k < 5; k++)
            one_call(GW_SIGNAL_LOGS, cases[i].end);
        bool open = state_of(0, GW_SIGNAL_LOGS) != GW_BREAKER_CLOSED;
        if (open != cases[i].trips)
            fail_msg("case %u", i);
    }
}

static void test_upstream__back_pressure_holds_who_it_means(void **state)
{
    gw_ticket t;
    gw_refusal no;
    rd_slice a = RD_SLICE_LIT("a"), b = RD_SLICE_LIT("b");
    one_call(GW_SIGNAL_LOGS,
             (gw_call_end){.result = GW_CALL_OK, .status = 429, .retry_after_s = 7, .tenant = a});
    assert_true(gw_upstream_refuses(u, GW_SIGNAL_LOGS, a, now, 0, &no));
    assert_int_equal(no.leave, GW_LEAVE_LIMITED);
    assert_int_equal(no.retry_after_s, 7);
    assert_false(gw_upstream_refuses(u, GW_SIGNAL_LOGS, b, now, 0, &no));
    assert_false(gw_upstream_refuses(u, GW_SIGNAL_TRACES, a, now, 0, &no));
    now += 7000;
    assert_false(gw_upstream_refuses(u, GW_SIGNAL_LOGS, a, now, 0, &no));
    /* 503: this endpoint, for everybody. */
    one_call(GW_SIGNAL_LOGS,
             (gw_call_end){.result = GW_CALL_OK, .status = 503, .retry_after_s = 7, .tenant = a});
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(acquire(GW_SIGNAL_LOGS, 0, &t), GW_LEAVE_GIVEN);
        assert_int_equal(t.endpoint, 1);
        end_with(GW_SIGNAL_LOGS, &t, (gw_call_end){.result = GW_CALL_OK, .status = 200});
    }
    assert_int_equal(acquire(GW_SIGNAL_LOGS, 2, &t), GW_LEAVE_BUSY);
    assert_int_equal(state_of(0, GW_SIGNAL_LOGS), GW_BREAKER_CLOSED);
    now += 7000;
    one_call(GW_SIGNAL_LOGS, (gw_call_end){.result = GW_CALL_OK, .status = 200});
}

static void test_upstream__who_has_no_connection_waits_unless_another_endpoint_has_one(void **state)
{
    gw_ticket t;
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(gw_upstream_acquire(u, GW_SIGNAL_LOGS, 0, 1, now, roll(), &t), GW_LEAVE_GIVEN);
        assert_int_equal(t.endpoint, 1);
        end_with(GW_SIGNAL_LOGS, &t, (gw_call_end){.result = GW_CALL_OK, .status = 200});
    }
    assert_int_equal(gw_upstream_acquire(u, GW_SIGNAL_LOGS, 0, 3, now, roll(), &t), GW_LEAVE_FULL);
    /* Where nothing is called anyway, a free connection would not help. */
    fail_endpoint(0, GW_SIGNAL_LOGS);
    assert_int_equal(gw_upstream_acquire(u, GW_SIGNAL_LOGS, 2, 1, now, roll(), &t), GW_LEAVE_OPEN);
    assert_int_equal(gw_upstream_acquire(u, GW_SIGNAL_LOGS, 0, 3, now, roll(), &t), GW_LEAVE_FULL);
}

static void test_upstream__a_reload_keeps_what_is_known(void **state)
{
    gw_upstream_cfg next = cfg;
    gw_endpoint_cfg reordered[] = {endpoints[2], endpoints[0]};
    fail_endpoint(0, GW_SIGNAL_LOGS);
    gw_upstream_override(u, 0, GW_SIGNAL_TRACES, GW_OVERRIDE_OPEN, 0, now, 0);
    next.endpoints = reordered;
    gw_upstream *old = u;
    u = gw_upstream_new(&next, now);
    gw_upstream_free(&old);
    assert_int_equal(state_of(1, GW_SIGNAL_LOGS), GW_BREAKER_OPEN);
    assert_int_equal(state_of(1, GW_SIGNAL_TRACES), GW_BREAKER_FORCED_OPEN);
    assert_int_equal(state_of(0, GW_SIGNAL_LOGS), GW_BREAKER_CLOSED);
    gw_upstream_free(&u);
    u = gw_upstream_new(&cfg, now); /* nobody remembered it meanwhile */
    assert_int_equal(state_of(0, GW_SIGNAL_LOGS), GW_BREAKER_CLOSED);
}

static void test_upstream__checks_open_the_way_and_never_close_the_last(void **state)
{
    gw_ticket t;
    cfg.health_check.when = GW_CHECK_ALWAYS;
    gw_upstream_checked(u, 0, GW_CHECK_BAD, now, 0);
    gw_upstream_checked(u, 0, GW_CHECK_BAD, now, 0);
    assert_int_equal(acquire(GW_SIGNAL_LOGS, 2, &t), GW_LEAVE_OPEN); /* only the ill one is asked for */
    gw_upstream_checked(u, 1, GW_CHECK_BAD, now, 0);
    gw_upstream_checked(u, 1, GW_CHECK_BAD, now, 0);
    one_call(GW_SIGNAL_LOGS, (gw_call_end){.result = GW_CALL_OK, .status = 200}); /* both are: it is used */
    gw_upstream_checked(u, 0, GW_CHECK_OK, now, 0);
    assert_int_equal(acquire(GW_SIGNAL_LOGS, 1, &t), GW_LEAVE_OPEN);
    /* Checks are switched off while one is ill: nobody would ever take that back. */
    cfg.health_check.when = GW_CHECK_NEVER;
    gw_upstream *next = gw_upstream_new(&cfg, now);
    assert_int_equal(acquire(GW_SIGNAL_LOGS, 1, &t), GW_LEAVE_OPEN); /* not before it is in force */
    gw_upstream_apply(next, now);
    gw_upstream_free(&next);
    assert_int_equal(acquire(GW_SIGNAL_LOGS, 1, &t), GW_LEAVE_GIVEN);
    end_with(GW_SIGNAL_LOGS, &t, (gw_call_end){.result = GW_CALL_OK, .status = 200});
    cfg.health_check.when = GW_CHECK_ALWAYS;
    gw_upstream_checked(u, 1, GW_CHECK_OK, now, 0);
    fail_endpoint(0, GW_SIGNAL_LOGS);
    assert_true(gw_upstream_wants_check(u, 0));
    gw_upstream_checked(u, 0, GW_CHECK_OK, now, 0);
    assert_int_equal(state_of(0, GW_SIGNAL_LOGS), GW_BREAKER_HALF_OPEN);
}

static void test_upstream__bytes_have_a_ceiling_but_one_body_always_fits(void **state)
{
    assert_true(gw_upstream_take_bytes(u, 5000));
    assert_false(gw_upstream_take_bytes(u, 1));
    gw_upstream_give_bytes(u, 5000);
    assert_true(gw_upstream_take_bytes(u, 600));
    assert_true(gw_upstream_take_bytes(u, 400));
    assert_false(gw_upstream_take_bytes(u, 1));
    gw_upstream_give_bytes(u, 1000);
}

/* ---- threads ---- */

enum { THREADS = 4, CALLS = 30000 };
static _Atomic uint32_t under_way, most_seen;
static _Atomic uint64_t clock_ms;

static void *call_and_call(void *arg)
{
    uint64_t r = (uint64_t)(uintptr_t)arg | 1;
    gw_ticket held[16];
    unsigned n = 0;
    for (unsigned i = 0; i < CALLS; i++) {
        r = r * UINT64_C(6364136223846793005) + 1442695040888963407u;
        uint64_t at = atomic_fetch_add(&clock_ms, r >> 60 == 0), kind = r >> 40 & 255;
        gw_signal s = GW_SIGNAL_LOGS;
        if (n < 16 && kind % 2 == 0 &&
            gw_upstream_acquire(u, s, 0, 0, at, r >> 8, &held[n]) == GW_LEAVE_GIVEN) {
            uint32_t all = atomic_fetch_add(&under_way, 1) + 1, seen = atomic_load(&most_seen);
            while (all > seen && !atomic_compare_exchange_weak(&most_seen, &seen, all))
                continue;
            n++;
        } else if (n > 0) {
            gw_call_end e = {.result = kind < 20 ? GW_CALL_RESET : GW_CALL_OK,
                             .status = kind < 24 ? 503 : 200};
            atomic_fetch_sub(&under_way, 1);
            gw_upstream_done(u, s, &held[--n], &e, at, r >> 8);
        }
        if (kind == 255)
            gw_upstream_override(u, r >> 50 & 1, s, (gw_override)(r >> 52 & 3) % 3, 5, at, r);
        if (kind == 253)
            gw_upstream_checked(u, r >> 50 & 1, (gw_check_result)((r >> 52 & 3) % 3), at, r);
        if (kind == 251) { /* a reload */
            gw_upstream *other = gw_upstream_new(&cfg, at);
            gw_upstream_apply(other, at);
            gw_upstream_free(&other);
        }
    }
    for (; n > 0; n--) {
        gw_call_end e = {.cancelled = true};
        atomic_fetch_sub(&under_way, 1);
        gw_upstream_done(u, GW_SIGNAL_LOGS, &held[n - 1], &e, atomic_load(&clock_ms), 0);
    }
    return NULL;
}

static void test_upstream__threads_lose_nothing(void **state)
{
    pthread_t t[THREADS];
    gw_upstream_report all;
    gw_lane_report lane;
    clock_ms = now;
    cfg.max_requests = 20;
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, call_and_call, (void *)(i * 7919 + 13)), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    gw_upstream_totals(u, &all);
    assert_int_equal(all.in_flight, 0);
    for (size_t e = 0; e < 2; e++) {
        gw_upstream_lane(u, e, GW_SIGNAL_LOGS, clock_ms, 0, &lane);
        assert_int_equal(lane.in_flight, 0);
        assert_true(lane.transitions[GW_BREAKER_OPEN] > 0);
    }
    assert_in_range(most_seen, 10, 20);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_upstream__a_sick_endpoint_is_left_out_and_a_sick_signal_alone),
        T(test_upstream__what_counts_as_a_failure),
        T(test_upstream__back_pressure_holds_who_it_means),
        T(test_upstream__who_has_no_connection_waits_unless_another_endpoint_has_one),
        T(test_upstream__a_reload_keeps_what_is_known),
        T(test_upstream__checks_open_the_way_and_never_close_the_last),
        T(test_upstream__bytes_have_a_ceiling_but_one_body_always_fits),
        T(test_upstream__threads_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
