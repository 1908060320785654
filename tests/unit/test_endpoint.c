/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "tests/support/endpoint_bench.h"

#define YES "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 2\r\n\r\nhi"

static void say_yes(line *l, unsigned nth)
{
    while (line_read_request(l) && line_say(l, YES))
        ;
}

static void test_endpoint__sends_the_request_and_hands_over_the_answer(void **state)
{
    bench b;
    backend *e = backend_start(say_yes, NULL);
    bench_init(&b, backend_port(e));
    b.endpoints[0].path = "/otlp";
    b.up.tenant_header = "X-Scope-OrgID";
    b.up.headers = (gw_header_cfg[]){{"Authorization", "Bearer abc"}};
    b.up.n_headers = 1;
    bench_open(&b);

    gw_header_cfg extra[] = {{"traceparent", "00-11-22-01"},
                             {"X-Bad", "a\r\nX-Injected: 1"},
                             {"Bad Name", "x"},
                             {"Transfer-Encoding", "chunked"},
                             {"x-scope-orgid", "other"}};
    gw_scrubbed body = {RD_SLICE_LIT("payload")};
    gw_call_request req = {.path = RD_SLICE_LIT("/v1/logs"),
                           .content_type = RD_SLICE_LIT("application/json"),
                           .content_encoding = RD_SLICE_LIT("gzip"),
                           .tenant = RD_SLICE_LIT("team-a"),
                           .headers = extra,
                           .n_headers = 5,
                           .body = &body};
    told t = {0};
    gw_call_start(b.pool, &req, bench_told, &t);
    assert_int_equal(t.n, 0);
    bench_wait(&b, &t, 1);
    assert_int_equal(t.result, GW_CALL_OK);
    assert_int_equal(t.status, 200);
    assert_true(t.has_ack);
    assert_false(t.reused);
    assert_string_equal(t.content_type, "application/x-protobuf");
    assert_string_equal(t.body, "hi");

    char head[4096], expect[4096];
    size_t body_n;
    uint32_t body_sum;
    backend_last_request(e, head, sizeof head, &body_n, &body_sum);
    snprintf(expect, sizeof expect,
             "POST /otlp/v1/logs HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUser-Agent: redactd/0.1.0\r\n"
             "Authorization: Bearer abc\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
             "X-Scope-OrgID: team-a\r\ntraceparent: 00-11-22-01\r\nContent-Length: 7\r\n\r\n",
             backend_port(e));
    assert_string_equal(head, expect);
    assert_int_equal(body_n, 7);
    assert_int_equal(body_sum, backend_sum("payload", 7));
    bench_close(&b);
    backend_stop(&e);
}

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_endpoint__sends_the_request_and_hands_over_the_answer),
        cmocka_unit_test(test_endpoint__keeps_the_connection_and_uses_the_newest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
