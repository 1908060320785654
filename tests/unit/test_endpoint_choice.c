/* SPDX-License-Identifier: MIT */
/* What a caller may choose for each call: the endpoint, the time it has, whether there is a body. */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/support/endpoint_bench.h"

#define YES "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 2\r\n\r\nhi"

static void say_yes(line *l, unsigned nth)
{
    while (line_read_request(l) && line_say(l, YES))
        ;
}

static uint16_t closed_port(void)
{
    backend *e = backend_start(say_yes, NULL);
    uint16_t port = backend_port(e);
    backend_stop(&e);
    return port;
}

static void test_endpoint__calls_the_one_it_is_told_to(void **state)
{
    bench b;
    backend *e1 = backend_start(say_yes, NULL), *e2 = backend_start(say_yes, NULL);
    bench_init(&b, backend_port(e1));
    bench_add_endpoint(&b, "127.0.0.1", backend_port(e2), false);
    bench_add_endpoint(&b, "127.0.0.1", closed_port(), false);
    bench_open(&b);
    for (unsigned i = 0; i < 20; i++) {
        b.endpoint = i % 4 == 0;
        assert_int_equal(bench_call(&b, "x").result, GW_CALL_OK);
    }
    assert_int_equal(backend_requests(e1), 15);
    assert_int_equal(backend_requests(e2), 5);
    b.endpoint = 2;
    assert_int_equal(bench_call(&b, "x").result, GW_CALL_CONNECT);
    assert_int_equal(bench_call(&b, "x").result, GW_CALL_CONNECT);
    b.endpoint = 3; /* there is none */
    assert_int_equal(bench_call(&b, "x").result, GW_CALL_BUSY);
    bench_close(&b);
    backend_stop(&e1);
    backend_stop(&e2);
}

static void hold_for_ever(line *l, unsigned nth)
{
    if (line_read_request(l))
        line_hold(l);
}

static void test_endpoint__gives_up_when_the_request_has_no_time_left(void **state)
{
    bench b;
    backend *e = backend_start(hold_for_ever, NULL);
    bench_init(&b, backend_port(e));
    b.up.first_byte_timeout_ms = b.up.total_timeout_ms = 60000;
    b.up.connect_timeout_ms = 400; /* makes the tick short */
    bench_open(&b);
    b.allowed_ms = 300;
    assert_int_equal(bench_call(&b, "x").result, GW_CALL_TOTAL_TIMEOUT);
    bench_close(&b);
    backend_stop(&e);
}

static void test_endpoint__replaces_connections_of_some_age(void **state)
{
    bench b;
    backend *e = backend_start(say_yes, NULL);
    bench_init(&b, backend_port(e));
    b.up.max_connection_age_ms = 100;
    bench_open(&b);
    assert_false(bench_call(&b, "x").reused);
    assert_true(bench_call(&b, "x").reused);
    bench_turn(&b, 150);
    assert_int_equal(gw_pool_connections(b.pool), 1);
    assert_false(bench_call(&b, "x").reused);
    bench_close(&b);
    backend_stop(&e);
}

static void test_endpoint__asks_without_a_body(void **state)
{
    bench b;
    told t = {0};
    backend *e = backend_start(say_yes, NULL);
    bench_init(&b, backend_port(e));
    bench_open(&b);
    bench_start(&b, NULL, &t);
    bench_wait(&b, &t, 1);
    assert_int_equal(t.status, 200);
    char head[4096];
    size_t body_n;
    uint32_t body_sum;
    backend_last_request(e, head, sizeof head, &body_n, &body_sum);
    assert_int_equal(strncmp(head, "GET /v1/logs HTTP/1.1\r\n", 23), 0);
    assert_null(strstr(head, "Content-Length"));
    bench_close(&b);
    backend_stop(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_endpoint__calls_the_one_it_is_told_to),
        cmocka_unit_test(test_endpoint__gives_up_when_the_request_has_no_time_left),
        cmocka_unit_test(test_endpoint__replaces_connections_of_some_age),
        cmocka_unit_test(test_endpoint__asks_without_a_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
