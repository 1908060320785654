/* SPDX-License-Identifier: MIT */

#include "tests/unit/endpoint_kit.h"

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
    char *version = strstr(head, "redactd/") + 8, *version_end = strchr(version, '\r');
    memmove(version + 1, version_end, strlen(version_end) + 1);
    version[0] = 'V';
    snprintf(expect, sizeof expect,
             "POST /otlp/v1/logs HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUser-Agent: redactd/V\r\n"
             "Authorization: Bearer abc\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
             "X-Scope-OrgID: team-a\r\ntraceparent: 00-11-22-01\r\nContent-Length: 7\r\n\r\n",
             backend_port(e));
    assert_string_equal(head, expect);
    assert_int_equal(body_n, 7);
    assert_int_equal(body_sum, backend_sum("payload", 7));

    /* The memory that is kept for the next call remembers no credential. */
    const rd_buf *kept = &b.pool->spare_calls->head;
    assert_non_null(kept->p);
    assert_null(memmem(kept->p, kept->cap, "Bearer", 6));
    bench_close(&b);
    backend_stop(&e);
}

/* --- answers, one a connection --- */

typedef enum after { CLOSE, HOLD, RESET, FIN } after;

typedef struct scripted {
    const char *say;
    after after;
    gw_call_result result;
    int status;
    const char *body;
} scripted;

static const scripted answers[] = {
    {YES, CLOSE, GW_CALL_OK, 200, "hi"},
    {YES, HOLD, GW_CALL_OK, 200, "hi"},
    {YES, RESET, GW_CALL_OK, 200, "hi"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", HOLD, GW_CALL_OK, 200,
     "hi"},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" YES, HOLD, GW_CALL_OK, 200, "hi"},
    {"HTTP/1.1 204 No Content\r\n\r\n", HOLD, GW_CALL_OK, 204, ""},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", HOLD, GW_CALL_OK, 304, ""},
    {"HTTP/1.1 400 Bad\r\nContent-Length: 3\r\n\r\nbad", HOLD, GW_CALL_OK, 400, "bad"},
    {"HTTP/1.1 408 Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", CLOSE, GW_CALL_OK, 408, ""},
    {"HTTP/1.1 200 OK\r\n\r\nto the end", CLOSE, GW_CALL_OK, 200, "to the end"},
    {"HTTP/1.1 200 OK\r\n\r\nto the end", FIN, GW_CALL_OK, 200, "to the end"},
    {"HTTP/1.1 200 OK\r\n\r\nto the end", RESET, GW_CALL_RESET, 0, NULL},
    {"HTTP/1.0 200 OK\r\n\r\nold", CLOSE, GW_CALL_OK, 200, "old"},
    {"", CLOSE, GW_CALL_RESET, 0, NULL},
    {"", RESET, GW_CALL_RESET, 0, NULL},
    {"", FIN, GW_CALL_RESET, 0, NULL},
    {"HTTP/1.1 2", CLOSE, GW_CALL_RESET, 0, NULL},
    {"HTTP/1.1 2", RESET, GW_CALL_RESET, 0, NULL},
    {"HTTP/1.1 100 Continue\r\n\r\n", CLOSE, GW_CALL_RESET, 0, NULL},
    {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhi", CLOSE, GW_CALL_RESET, 0, NULL},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", CLOSE, GW_CALL_RESET, 0, NULL},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhi", HOLD, GW_CALL_PROTOCOL, 0, NULL},
    {"HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\nhi", HOLD, GW_CALL_PROTOCOL, 0, NULL},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi", HOLD, GW_CALL_PROTOCOL, 0, NULL},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", HOLD,
     GW_CALL_PROTOCOL, 0, NULL},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", HOLD, GW_CALL_PROTOCOL, 0, NULL},
    {"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n", HOLD, GW_CALL_PROTOCOL, 0, NULL},
    {"HTTP/1.1 101 Switching\r\n\r\n", HOLD, GW_CALL_PROTOCOL, 0, NULL},
    {"HTTP/2.0 200 OK\r\n\r\n", HOLD, GW_CALL_PROTOCOL, 0, NULL},
    {"SSH-2.0-OpenSSH\r\n", HOLD, GW_CALL_PROTOCOL, 0, NULL},
    {"EHLO", CLOSE, GW_CALL_PROTOCOL, 0, NULL},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n", HOLD, GW_CALL_TOO_LARGE, 0, NULL},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n", HOLD, GW_CALL_TOO_LARGE, 0, NULL},
};

static const scripted *playing; /* set while no connection exists */

static void play(line *l, unsigned nth)
{
    if (!line_read_request(l) || !line_say(l, playing->say))
        return;
    if (playing->after == HOLD)
        line_wait_for_end(l);
    if (playing->after == RESET) {
        line_pause(l, 2);
        line_reset(l);
    }
    if (playing->after == FIN) {
        line_close_write(l);
        line_wait_for_end(l);
    }
}

static void test_endpoint__tells_exactly_how_a_call_ended(void **state)
{
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        bench b;
        playing = &answers[i];
        backend *e = backend_start(play, NULL);
        bench_init(&b, backend_port(e));
        bench_open(&b);
        told t = bench_call(&b, "x");
        if (t.result != answers[i].result)
            fail_msg("%s, not %s, after: %s", gw_call_result_word(t.result),
                     gw_call_result_word(answers[i].result), answers[i].say);
        if (t.result == GW_CALL_OK) {
            assert_int_equal(t.status, answers[i].status);
            assert_string_equal(t.body, answers[i].body);
            assert_int_equal(t.has_ack, t.status / 100 == 2);
        } else {
            assert_int_equal(gw_pool_connections(b.pool), 0);
        }
        assert_int_equal(backend_connections(e), 1);
        bench_close(&b);
        backend_stop(&e);
    }
}

/* --- many interim answers, endless and slow ones --- */

static void say_interim_for_ever(line *l, unsigned nth)
{
    if (!line_read_request(l))
        return;
    while (line_say(l, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"))
        ;
}

static void say_head_for_ever(line *l, unsigned nth)
{
    if (!line_read_request(l) || !line_say(l, "HTTP/1.1 200 OK\r\nX: "))
        return;
    while (line_say(l, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"))
        ;
}

static void say_body_for_ever(line *l, unsigned nth)
{
    static char many[10000];
    if (!line_read_request(l) || !line_say(l, "HTTP/1.1 200 OK\r\n\r\n"))
        return;
    while (line_send(l, many, sizeof many))
        ;
}

static void say_chunks_for_ever(line *l, unsigned nth)
{
    if (!line_read_request(l) || !line_say(l, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))
        return;
    while (line_say(l, "30\r\n012345678901234567890123456789012345678901234567\r\n"))
        ;
}

static void test_endpoint__bounds_answers_that_do_not_end(void **state)
{
    static const struct {
        backend_script script;
        gw_call_result result;
    } endless[] = {{say_interim_for_ever, GW_CALL_PROTOCOL},
                   {say_head_for_ever, GW_CALL_TOO_LARGE},
                   {say_body_for_ever, GW_CALL_TOO_LARGE},
                   {say_chunks_for_ever, GW_CALL_TOO_LARGE}};
    for (size_t i = 0; i < 4; i++) {
        bench b;
        backend *e = backend_start(endless[i].script, NULL);
        bench_init(&b, backend_port(e));
        bench_open(&b);
        assert_int_equal(bench_call(&b, "x").result, endless[i].result);
        bench_close(&b);
        backend_stop(&e);
    }
}

static void say_much(line *l, unsigned nth)
{
    static char many[200000];
    if (line_read_request(l) && line_say(l, "HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n"))
        (void)line_send(l, many, sizeof many);
}

static void test_endpoint__charges_long_answers(void **state)
{
    bench b;
    backend *e = backend_start(say_much, NULL);
    bench_init(&b, backend_port(e));
    bench_open(&b);
    told t = bench_call(&b, "x");
    assert_int_equal(t.result, GW_CALL_OK);
    assert_int_equal(t.body_n, 200000);
    assert_int_equal(gw_budget_bytes(), 0);
    gw_budget_limits(UINT32_MAX, 100000, UINT32_MAX);
    assert_int_equal(bench_call(&b, "x").result, GW_CALL_TOO_LARGE);
    assert_int_equal(gw_budget_bytes(), 0);
    gw_budget_limits(UINT32_MAX, UINT64_MAX, UINT32_MAX);
    bench_close(&b);
    backend_stop(&e);
}

static void drip(line *l, unsigned nth)
{
    if (!line_read_request(l) || !line_say(l, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"))
        return;
    while (line_pause(l, 10) && line_say(l, "x"))
        ;
}

static void read_nothing(line *l, unsigned nth)
{
    line_small_window(l);
    line_hold(l);
}

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void test_endpoint__gives_up_at_its_deadlines(void **state)
{
    static char large[16 << 20];
    static const struct {
        backend_script script; /* NULL: nobody accepts */
        size_t body_n;
        uint32_t connect_ms, first_byte_ms, total_ms;
        gw_call_result result;
        uint32_t after_ms;
    } cases[] = {
        {NULL, 1, 160, 2000, 4000, GW_CALL_CONNECT_TIMEOUT, 160},
        {NULL, 1, 2000, 2000, 160, GW_CALL_TOTAL_TIMEOUT, 160},
        {say_nothing, 1, 2000, 160, 4000, GW_CALL_FIRST_BYTE_TIMEOUT, 160},
        {say_nothing, 1, 2000, 2000, 160, GW_CALL_TOTAL_TIMEOUT, 160},
        {read_nothing, sizeof large, 2000, 160, 4000, GW_CALL_SEND_TIMEOUT, 160},
        {read_nothing, 1 << 20, 2000, 160, 4000, GW_CALL_SEND_TIMEOUT, 160}, /* all of it in the kernel */
        {drip, 1, 2000, 100, 300, GW_CALL_TOTAL_TIMEOUT, 300},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bench b;
        backend *e = cases[i].script != NULL ? backend_start(cases[i].script, NULL) : backend_start_deaf();
        bench_init(&b, backend_port(e));
        b.up.connect_timeout_ms = cases[i].connect_ms;
        b.up.first_byte_timeout_ms = cases[i].first_byte_ms;
        b.up.total_timeout_ms = cases[i].total_ms;
        bench_open(&b);
        uint64_t start_ms = now_ms();
        told t = bench_call_n(&b, large, cases[i].body_n);
        uint64_t took_ms = now_ms() - start_ms;
        if (t.result != cases[i].result)
            fail_msg("%s, not %s, in case %zu", gw_call_result_word(t.result),
                     gw_call_result_word(cases[i].result), i);
        assert_in_range(took_ms, cases[i].after_ms * 7 / 8, cases[i].after_ms * 5 / 2 + 200);
        assert_int_equal(gw_pool_connections(b.pool), 0);
        bench_close(&b);
        backend_stop(&e);
    }
}

static void read_slowly(line *l, unsigned nth)
{
    line_small_window(l);
    for (size_t n = 0; n < 3 << 19; n += 16 * 1024) {
        if (!line_read_some(l, 16 * 1024) || !line_pause(l, 8))
            return;
    }
    line_say(l, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    line_wait_for_end(l);
}

static void test_endpoint__is_patient_with_a_backend_that_reads_slowly(void **state)
{
    static char large[3 << 19];
    bench b;
    backend *e = backend_start(read_slowly, NULL);
    bench_init(&b, backend_port(e));
    b.up.first_byte_timeout_ms = 400;
    bench_open(&b);
    told t = bench_call_n(&b, large, sizeof large);
    assert_int_equal(t.result, GW_CALL_OK);
    assert_true(t.total_us > 500 * 1000);
    bench_close(&b);
    backend_stop(&e);
}

/* --- answers before the request is sent --- */

static void refuse_early_and_close(line *l, unsigned nth)
{
    if (line_read_head(l) && line_say(l, "HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nlarge")) {
        line_close_write(l);
        line_wait_for_end(l);
    }
}

static void refuse_early_and_stare(line *l, unsigned nth)
{
    line_small_window(l);
    if (line_read_head(l) && line_say(l, "HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nlarge"))
        line_hold(l);
}

static void accept_early_and_close(line *l, unsigned nth)
{
    if (line_read_head(l) && line_say(l, YES))
        line_pause(l, 50);
}

static void accept_early_and_stare(line *l, unsigned nth)
{
    line_small_window(l);
    if (line_read_head(l) && line_say(l, YES))
        line_hold(l);
}

static void accept_early_and_say_goodbye(line *l, unsigned nth)
{
    line_small_window(l);
    if (line_read_head(l) && line_say(l, YES)) {
        line_close_write(l);
        line_hold(l);
    }
}

static void test_endpoint__believes_early_refusals_but_not_early_success(void **state)
{
    static char large[64 << 20]; /* more than the buffers of any kernel take */
    static const struct {
        backend_script script;
        gw_call_result result;
    } cases[] = {{refuse_early_and_close, GW_CALL_OK},
                 {refuse_early_and_stare, GW_CALL_OK},
                 {accept_early_and_close, GW_CALL_RESET},
                 {accept_early_and_stare, GW_CALL_SEND_TIMEOUT},
                 {accept_early_and_say_goodbye, GW_CALL_RESET}};
    for (size_t i = 0; i < 5; i++) {
        bench b;
        backend *e = backend_start(cases[i].script, NULL);
        bench_init(&b, backend_port(e));
        /* Only who stares shall run into it, however busy the machine is. */
        b.up.first_byte_timeout_ms = cases[i].result == GW_CALL_SEND_TIMEOUT ? 300 : 10000;
        bench_open(&b);
        told t = bench_call_n(&b, large, sizeof large);
        if (t.result != cases[i].result)
            fail_msg("%s, not %s, in case %zu", gw_call_result_word(t.result),
                     gw_call_result_word(cases[i].result), i);
        if (t.result == GW_CALL_OK) {
            assert_int_equal(t.status, 413);
            assert_string_equal(t.body, "large");
            assert_false(t.has_ack);
        }
        assert_int_equal(gw_pool_connections(b.pool), 0);
        bench_close(&b);
        backend_stop(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_endpoint__sends_the_request_and_hands_over_the_answer),
        cmocka_unit_test(test_endpoint__tells_exactly_how_a_call_ended),
        cmocka_unit_test(test_endpoint__bounds_answers_that_do_not_end),
        cmocka_unit_test(test_endpoint__charges_long_answers),
        cmocka_unit_test(test_endpoint__gives_up_at_its_deadlines),
        cmocka_unit_test(test_endpoint__is_patient_with_a_backend_that_reads_slowly),
        cmocka_unit_test(test_endpoint__believes_early_refusals_but_not_early_success),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
