/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "gateway/budget.h"
#include "gateway/endpoint_private.h"
#include "tests/support/endpoint_bench.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <time.h>

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

static void say_nothing(line *l, unsigned nth)
{
    line_wait_for_end(l);
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
    static char large[32 << 20];
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

static uint16_t closed_port(void)
{
    backend *e = backend_start(say_yes, NULL);
    uint16_t port = backend_port(e);
    backend_stop(&e);
    return port;
}

/* The resolver of this test: libh2o's lookup thread ends up here instead of in libc. No query leaves the
 * machine. */
static struct addrinfo *address(const char *ip, const char *port, struct addrinfo *next)
{
    struct {
        struct addrinfo ai;
        struct sockaddr_in sin;
    } *a = calloc(1, sizeof *a);
    a->sin.sin_family = AF_INET;
    a->sin.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
    inet_pton(AF_INET, ip, &a->sin.sin_addr);
    a->ai = (struct addrinfo){.ai_family = AF_INET,
                              .ai_socktype = SOCK_STREAM,
                              .ai_addrlen = sizeof a->sin,
                              .ai_addr = (struct sockaddr *)&a->sin,
                              .ai_next = next};
    return &a->ai;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
    if (strcmp(name, "slow.test") == 0)
        nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    else if (strcmp(name, "two.test") == 0) /* nobody listens at the first */
        return *out = address("127.0.0.2", service, address("127.0.0.1", service, NULL)), 0;
    else if (strcmp(name, "dead.test") == 0)
        return *out = address("127.0.0.2", service, address("127.0.0.3", service, NULL)), 0;
    else if (strcmp(name, "many.test") == 0) {
        *out = address("127.0.0.1", service, NULL);
        for (int i = 0; i < GW_CONN_MAX_ADDRESSES + 5; i++)
            *out = address("127.0.0.2", service, *out);
        return 0;
    } else if (strcmp(name, "localhost") != 0)
        return EAI_NONAME;
    *out = address("127.0.0.1", service, NULL);
    return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
    while (list != NULL) {
        struct addrinfo *next = list->ai_next;
        free(list);
        list = next;
    }
}

static void test_endpoint__looks_names_up_and_tries_every_address(void **state)
{
    static const struct {
        const char *name;
        gw_call_result result;
    } cases[] = {{"localhost", GW_CALL_OK},
                 {"two.test", GW_CALL_OK},
                 {"dead.test", GW_CALL_CONNECT},
                 {"many.test", GW_CALL_CONNECT},
                 {"none.test", GW_CALL_RESOLVE}};
    for (size_t i = 0; i < 5; i++) {
        bench b;
        backend *e = backend_start(say_yes, NULL);
        bench_init(&b, 0);
        bench_add_endpoint(&b, cases[i].name, backend_port(e), false);
        bench_open(&b);
        told t = bench_call(&b, "x");
        if (t.result != cases[i].result)
            fail_msg("%s for %s", gw_call_result_word(t.result), cases[i].name);
        if (t.result == GW_CALL_OK)
            assert_true(bench_call(&b, "x").reused);
        bench_close(&b);
        backend_stop(&e);
    }
}

static void test_endpoint__does_not_wait_for_a_slow_resolver(void **state)
{
    bench b;
    bench_init(&b, 0);
    bench_add_endpoint(&b, "slow.test", closed_port(), false);
    b.up.connect_timeout_ms = 40;
    bench_open(&b);
    gw_scrubbed body = {RD_SLICE_LIT("x")};
    told t[3] = {{0}};
    gw_call *running = bench_start(&b, &body, &t[0]), *queued = bench_start(&b, &body, &t[1]);
    bench_start(&b, &body, &t[2]);
    bench_turn(&b, 10);
    gw_call_cancel(running);
    gw_call_cancel(queued);
    bench_wait(&b, &t[2], 1);
    assert_int_equal(t[2].result, GW_CALL_RESOLVE);
    bench_retire(&b);
    bench_turn(&b, 300); /* the resolver's late answer finds nobody */
    assert_int_equal(t[0].n + t[1].n, 0);
    bench_close(&b);
}

static void test_endpoint__refuses_what_would_break_the_request(void **state)
{
    bench b;
    backend *e = backend_start(say_yes, NULL);
    bench_init(&b, backend_port(e));
    b.up.tenant_header = "X-Scope-OrgID";
    bench_open(&b);
    gw_scrubbed body = {RD_SLICE_LIT("x")};
    const gw_call_request good = {.path = RD_SLICE_LIT("/v1/logs"), .body = &body};
    gw_call_request bad[5] = {good, good, good, good, good};
    bad[0].path = RD_SLICE_LIT("/v1 HTTP/1.1\r\nX: y");
    bad[1].path = RD_SLICE_LIT("v1");
    bad[2].tenant = RD_SLICE_LIT("a\r\nX-Scope-OrgID: b");
    bad[3].content_encoding = RD_SLICE_LIT("gzip\n");
    bad[4].content_type = rd_slice_of("a\0b", 3);
    for (unsigned i = 0; i < 5; i++) {
        told t = {0};
        gw_call_start(b.pool, &bad[i], bench_told, &t);
        bench_wait(&b, &t, 1);
        assert_int_equal(t.result, GW_CALL_INVALID);
    }
    assert_int_equal(backend_connections(e), 0);
    const char *why = NULL;
    b.up.headers = (gw_header_cfg[]){{"X-Key", "a\r\nb"}};
    b.up.n_headers = 1;
    assert_null(gw_pool_new(&b.ctx, &b.up, &why));
    assert_non_null(why);
    b.up.headers = (gw_header_cfg[]){{"Content-Length", "0"}};
    assert_null(gw_pool_new(&b.ctx, &b.up, &why));
    bench_close(&b);
    backend_stop(&e);
}

/* --- cancel, retire, re-entry --- */

static void answer_in_pieces(line *l, unsigned nth)
{
    static const char answer[] =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n";
    while (line_read_request(l)) {
        for (size_t i = 0; i < sizeof answer - 1; i += 7) {
            size_t n = sizeof answer - 1 - i;
            if (!line_send(l, answer + i, n < 7 ? n : 7) || !line_pause(l, 1))
                return;
        }
    }
}

static void test_endpoint__can_be_cancelled_at_every_stage(void **state)
{
    static char large[1 << 20];
    bench b;
    backend *e = backend_start(answer_in_pieces, NULL);
    bench_init(&b, 0);
    bench_add_endpoint(&b, "localhost", backend_port(e), false);
    bench_open(&b);
    gw_scrubbed body = {rd_slice_of(large, sizeof large)};
    bool finished = false;
    for (unsigned turns = 0; turns < 400 && !finished; turns++) {
        told t = {0};
        gw_call *c = bench_start(&b, &body, &t);
        for (unsigned i = 0; i < turns && t.n == 0; i++)
            h2o_evloop_run(b.ctx.loop, 1);
        finished = t.n > 0;
        if (finished)
            break;
        gw_call_cancel(c);
        assert_int_equal(gw_pool_connections(b.pool), 0);
        bench_turn(&b, 1);
        assert_int_equal(t.n, 0);
    }
    assert_true(finished);
    assert_int_equal(bench_call_n(&b, large, sizeof large).result, GW_CALL_OK);
    bench_close(&b);
    backend_stop(&e);
}

static void test_endpoint__can_be_cancelled_before_it_told_a_failure(void **state)
{
    bench b;
    bench_init(&b, closed_port());
    b.up.max_connections = 0;
    bench_open(&b);
    gw_scrubbed body = {RD_SLICE_LIT("x")};
    told t = {0};
    gw_call_cancel(bench_start(&b, &body, &t));
    bench_turn(&b, 10);
    assert_int_equal(t.n, 0);
    assert_int_equal(bench_call(&b, "x").result, GW_CALL_BUSY);
    bench_close(&b);
}

static void say_yes_later(line *l, unsigned nth)
{
    while (line_read_request(l) && line_pause(l, 60) && line_say(l, YES))
        ;
}

static void test_endpoint__retires_after_the_last_call(void **state)
{
    bench b;
    backend *e = backend_start(say_yes_later, NULL);
    bench_init(&b, backend_port(e));
    bench_open(&b);
    assert_int_equal(bench_call(&b, "x").result, GW_CALL_OK);
    gw_scrubbed body = {RD_SLICE_LIT("x")};
    told t[3] = {{0}};
    bench_start(&b, &body, &t[0]);
    bench_start(&b, &body, &t[1]);
    gw_pool_retire(b.pool, NULL, NULL);
    bench_start(&b, &body, &t[2]);
    bench_wait(&b, &t[2], 1);
    assert_int_equal(t[2].result, GW_CALL_BUSY);
    bench_retire(&b); /* again, to hear of the end */
    assert_int_equal(t[0].n, 1);
    assert_int_equal(t[0].result, GW_CALL_OK);
    assert_int_equal(t[1].result, GW_CALL_OK);
    bench_close(&b);
    backend_stop(&e);
}

typedef struct chain {
    bench *b;
    gw_scrubbed body;
    unsigned left;
    gw_call *self;
    bool ended;
} chain;

static void on_link(void *arg, gw_call_result r, const gw_call_response *res)
{
    chain *c = arg;
    gw_call_cancel(c->self); /* without effect here */
    if (c->left-- > 0) {
        gw_call_request req = {.path = RD_SLICE_LIT("/"), .body = &c->body};
        c->self = gw_call_start(c->b->pool, &req, on_link, c);
        return;
    }
    gw_pool_retire(c->b->pool, NULL, NULL);
    c->ended = true;
}

static void test_endpoint__may_be_called_from_its_own_callback(void **state)
{
    /* An answer, a refused connection (its callback runs in another place), a timeout (in a timer). */
    for (unsigned i = 0; i < 3; i++) {
        bench b;
        backend *e = backend_start(i == 0 ? say_yes : say_nothing, NULL);
        bench_init(&b, i == 1 ? closed_port() : backend_port(e));
        b.up.first_byte_timeout_ms = 20;
        bench_open(&b);
        chain c = {.b = &b, .body = {RD_SLICE_LIT("x")}, .left = 10};
        gw_call_request req = {.path = RD_SLICE_LIT("/"), .body = &c.body};
        c.self = gw_call_start(b.pool, &req, on_link, &c);
        for (unsigned turns = 0; turns < 1000 && !c.ended; turns++)
            h2o_evloop_run(b.ctx.loop, 5);
        assert_true(c.ended);
        b.pool = NULL;
        bench_close(&b);
        backend_stop(&e);
    }
}

/* --- many --- */

static void say_this_and_that(line *l, unsigned nth)
{
    static const char *const say[] = {
        YES,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
        "HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
        ("HTTP/1.1 100 Continue\r\n\r\n" YES),
        "HTTP/1.1 204 No Content\r\n\r\n",
    };
    for (unsigned i = nth; line_read_request(l); i++) {
        if (i % 41 == 40) {
            line_reset(l);
            return;
        }
        if (i % 37 == 36)
            return;
        if (!line_say(l, i % 29 == 28 ? "HTTP/1.1 200 OK\r\n\r\nx" : say[i % 5]) || i % 29 == 28)
            return;
    }
}

static void test_endpoint__survives_many_calls(void **state)
{
    enum { WIDTH = 8, ROUNDS = 250 };
    static char bodies[300000];
    bench b;
    backend *e = backend_start(say_this_and_that, NULL);
    bench_init(&b, backend_port(e));
    bench_open(&b);
    unsigned n_ok = 0, n_reset = 0, n_cancelled = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        told t[WIDTH] = {{0}};
        gw_call *calls[WIDTH];
        gw_scrubbed body[WIDTH];
        for (unsigned i = 0; i < WIDTH; i++) {
            body[i].bytes =
                rd_slice_of(bodies, round % 50 == 0 ? sizeof bodies : (round * 31 + i * 977) % 5000);
            calls[i] = bench_start(&b, &body[i], &t[i]);
        }
        unsigned cancelled = round % 3 == 0 ? round % WIDTH : WIDTH;
        if (cancelled < WIDTH)
            h2o_evloop_run(b.ctx.loop, 1);
        if (cancelled < WIDTH && t[cancelled].n == 0) {
            gw_call_cancel(calls[cancelled]);
            n_cancelled++;
            t[cancelled].n = 1;
            t[cancelled].result = GW_CALL_RESULT_COUNT;
        }
        for (unsigned i = 0; i < WIDTH; i++) {
            bench_wait(&b, &t[i], 1);
            n_ok += t[i].result == GW_CALL_OK;
            n_reset += t[i].result == GW_CALL_RESET;
        }
    }
    assert_int_equal(n_ok + n_reset + n_cancelled, WIDTH * ROUNDS);
    assert_true(n_ok > WIDTH * ROUNDS * 8 / 10);
    assert_true(backend_connections(e) < WIDTH * ROUNDS / 3);
    bench_close(&b);
    backend_stop(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_endpoint__sends_the_request_and_hands_over_the_answer),
        cmocka_unit_test(test_endpoint__keeps_the_connection_and_uses_the_newest),
        cmocka_unit_test(test_endpoint__tells_exactly_how_a_call_ended),
        cmocka_unit_test(test_endpoint__bounds_answers_that_do_not_end),
        cmocka_unit_test(test_endpoint__charges_long_answers),
        cmocka_unit_test(test_endpoint__gives_up_at_its_deadlines),
        cmocka_unit_test(test_endpoint__is_patient_with_a_backend_that_reads_slowly),
        cmocka_unit_test(test_endpoint__believes_early_refusals_but_not_early_success),
        cmocka_unit_test(test_endpoint__sends_again_once_when_a_kept_connection_was_stale),
        cmocka_unit_test(test_endpoint__does_not_send_a_third_time_nor_after_an_answer_began),
        cmocka_unit_test(test_endpoint__never_takes_stray_bytes_for_the_next_answer),
        cmocka_unit_test(test_endpoint__sees_idle_connections_end),
        cmocka_unit_test(test_endpoint__holds_connections_to_their_ceilings),
        cmocka_unit_test(test_endpoint__drops_idle_connections_of_a_backend_that_went_silent),
        cmocka_unit_test(test_endpoint__looks_names_up_and_tries_every_address),
        cmocka_unit_test(test_endpoint__does_not_wait_for_a_slow_resolver),
        cmocka_unit_test(test_endpoint__refuses_what_would_break_the_request),
        cmocka_unit_test(test_endpoint__can_be_cancelled_at_every_stage),
        cmocka_unit_test(test_endpoint__can_be_cancelled_before_it_told_a_failure),
        cmocka_unit_test(test_endpoint__retires_after_the_last_call),
        cmocka_unit_test(test_endpoint__may_be_called_from_its_own_callback),
        cmocka_unit_test(test_endpoint__survives_many_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
