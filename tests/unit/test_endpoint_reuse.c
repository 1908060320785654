/* SPDX-License-Identifier: MIT */
/* Connections that are kept: which one the next request takes, and what an idle one may do to it. */
#include "tests/unit/endpoint_kit.h"

static void test_endpoint__keeps_the_connection_and_uses_the_newest(void **state)
{
    bench b;
    backend *e = backend_start(say_yes, NULL);
    bench_init(&b, backend_port(e));
    bench_open(&b);
    for (unsigned i = 0; i < 50; i++) {
        told t = bench_call(&b, "x");
        assert_int_equal(t.result, GW_CALL_OK);
        assert_int_equal(t.reused, i > 0);
    }
    assert_int_equal(backend_connections(e), 1);
    assert_int_equal(gw_pool_connections(b.pool), 1);
    bench_close(&b);
    backend_stop(&e);
}

/* --- connections that went stale --- */

static void reset_second_request(line *l, unsigned nth)
{
    if (!line_read_request(l) || !line_say(l, YES))
        return;
    if (nth == 0 && line_read_head(l))
        line_reset(l);
    else
        say_yes(l, nth);
}

static void close_second_request(line *l, unsigned nth)
{
    if (line_read_request(l) && line_say(l, YES) && nth > 0)
        say_yes(l, nth);
    else
        line_read_head(l);
}

static void say_408_to_second_request(line *l, unsigned nth)
{
    if (!line_read_request(l) || !line_say(l, YES))
        return;
    if (nth == 0 && line_read_head(l))
        line_say(l, "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    else
        say_yes(l, nth);
}

static void test_endpoint__sends_again_once_when_a_kept_connection_was_stale(void **state)
{
    static const backend_script scripts[] = {reset_second_request, close_second_request,
                                             say_408_to_second_request};
    for (size_t i = 0; i < 3; i++) {
        bench b;
        backend *e = backend_start(scripts[i], NULL);
        bench_init(&b, backend_port(e));
        bench_open(&b);
        assert_int_equal(bench_call(&b, "first").result, GW_CALL_OK);
        told t = bench_call(&b, "second");
        assert_int_equal(t.result, GW_CALL_OK);
        assert_int_equal(t.status, 200);
        assert_false(t.reused);
        assert_int_equal(backend_connections(e), 2);
        char head[4096];
        size_t body_n;
        uint32_t body_sum;
        backend_last_request(e, head, sizeof head, &body_n, &body_sum);
        assert_int_equal(body_sum, backend_sum("second", 6));
        bench_close(&b);
        backend_stop(&e);
    }
}

static void answer_only_the_very_first(line *l, unsigned nth)
{
    if (line_read_request(l) && nth == 0 && line_say(l, YES))
        line_read_head(l);
    line_reset(l);
}

static void break_off_second_answer(line *l, unsigned nth)
{
    if (line_read_request(l) && line_say(l, YES) && line_read_request(l))
        line_say(l, "H");
}

static void test_endpoint__does_not_send_a_third_time_nor_after_an_answer_began(void **state)
{
    static const backend_script scripts[] = {answer_only_the_very_first, break_off_second_answer};
    for (unsigned i = 0; i < 2; i++) {
        bench b;
        backend *e = backend_start(scripts[i], NULL);
        bench_init(&b, backend_port(e));
        bench_open(&b);
        assert_int_equal(bench_call(&b, "first").result, GW_CALL_OK);
        assert_int_equal(bench_call(&b, "second").result, GW_CALL_RESET);
        assert_int_equal(backend_connections(e), 2 - i);
        bench_close(&b);
        backend_stop(&e);
    }
}

static atomic_bool has_strayed;

static void say_more_than_asked(line *l, unsigned nth)
{
    if (!line_read_request(l))
        return;
    if (nth == 0) {
        line_say(l, YES YES);
    } else if (nth == 1) {
        line_say(l, YES);
        line_pause(l, 20);
        line_say(l, YES);
        atomic_store(&has_strayed, true);
    } else {
        line_say(l, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    }
    line_wait_for_end(l);
}

static void test_endpoint__never_takes_stray_bytes_for_the_next_answer(void **state)
{
    bench b;
    backend *e = backend_start(say_more_than_asked, NULL);
    bench_init(&b, backend_port(e));
    bench_open(&b);
    assert_int_equal(bench_call(&b, "x").status, 200);
    assert_int_equal(gw_pool_connections(b.pool), 0); /* the second answer came with the first */
    assert_int_equal(bench_call(&b, "x").status, 200);
    assert_int_equal(gw_pool_connections(b.pool), 1);
    while (!atomic_load(&has_strayed)) /* the loop does not see it come */
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    assert_int_equal(bench_call(&b, "x").status, 201);
    assert_int_equal(backend_connections(e), 3);
    bench_close(&b);
    backend_stop(&e);
}

static void say_yes_then_close(line *l, unsigned nth)
{
    if (line_read_request(l))
        line_say(l, YES);
}

static void test_endpoint__sees_idle_connections_end(void **state)
{
    bench b;
    backend *e = backend_start(say_yes_then_close, NULL);
    bench_init(&b, backend_port(e));
    bench_open(&b);
    for (unsigned i = 0; i < 5; i++) {
        told t = bench_call(&b, "x");
        assert_int_equal(t.result, GW_CALL_OK);
        bench_turn(&b, 20);
        assert_int_equal(gw_pool_connections(b.pool), 0);
    }
    bench_close(&b);
    backend_stop(&e);

    e = backend_start(say_yes, NULL);
    bench_init(&b, backend_port(e));
    b.up.idle_timeout_ms = 40;
    bench_open(&b);
    assert_int_equal(bench_call(&b, "x").result, GW_CALL_OK);
    assert_int_equal(gw_pool_connections(b.pool), 1);
    bench_turn(&b, 120);
    assert_int_equal(gw_pool_connections(b.pool), 0);
    bench_close(&b);
    backend_stop(&e);
}

/* --- ceilings, choice of endpoints --- */

static void test_endpoint__holds_connections_to_their_ceilings(void **state)
{
    bench b;
    backend *e = backend_start(say_yes, NULL);
    bench_init(&b, backend_port(e));
    b.up.max_connections = 3;
    b.up.max_idle_connections = 1;
    bench_open(&b);
    gw_scrubbed body = {RD_SLICE_LIT("x")};
    told t[5] = {{0}};
    for (unsigned i = 0; i < 5; i++)
        bench_start(&b, &body, &t[i]);
    assert_int_equal(gw_pool_connections(b.pool), 3);
    for (unsigned i = 0; i < 5; i++) {
        bench_wait(&b, &t[i], 1);
        assert_int_equal(t[i].result, i < 3 ? GW_CALL_OK : GW_CALL_BUSY);
    }
    assert_int_equal(gw_pool_connections(b.pool), 1);
    bench_close(&b);
    backend_stop(&e);
}

static void read_one_request_only(line *l, unsigned nth)
{
    line_small_window(l);
    if (line_read_request(l) && line_pause(l, 20) && line_say(l, YES))
        line_hold(l);
}

static void test_endpoint__drops_idle_connections_of_a_backend_that_went_silent(void **state)
{
    static char large[16 << 20];
    bench b;
    backend *e = backend_start(read_one_request_only, NULL);
    bench_init(&b, backend_port(e));
    b.up.first_byte_timeout_ms = 160;
    bench_open(&b);
    gw_scrubbed body = {RD_SLICE_LIT("x")};
    told t[3] = {{0}};
    for (unsigned i = 0; i < 3; i++)
        bench_start(&b, &body, &t[i]);
    for (unsigned i = 0; i < 3; i++)
        bench_wait(&b, &t[i], 1);
    assert_int_equal(gw_pool_connections(b.pool), 3);
    assert_int_equal(bench_call_n(&b, large, sizeof large).result, GW_CALL_SEND_TIMEOUT);
    assert_int_equal(gw_pool_connections(b.pool), 0);
    bench_close(&b);
    backend_stop(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_endpoint__keeps_the_connection_and_uses_the_newest),
        cmocka_unit_test(test_endpoint__sends_again_once_when_a_kept_connection_was_stale),
        cmocka_unit_test(test_endpoint__does_not_send_a_third_time_nor_after_an_answer_began),
        cmocka_unit_test(test_endpoint__never_takes_stray_bytes_for_the_next_answer),
        cmocka_unit_test(test_endpoint__sees_idle_connections_end),
        cmocka_unit_test(test_endpoint__holds_connections_to_their_ceilings),
        cmocka_unit_test(test_endpoint__drops_idle_connections_of_a_backend_that_went_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
