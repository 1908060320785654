/* SPDX-License-Identifier: MIT */
/*
 * The data plane in one process: a loop, workers, a store in a temporary directory, and clients on loopback
 * that behave as badly as clients do. What is looked at is what nobody sees from outside: that a request
 * which ends in any state gives back everything it took, also while a worker holds it.
 */
#include "tests/unit/server_kit.h"

static void ask_close_all(question *q)
{
    gw_http1_close_all(bench.http);
}

static void ask_drain(question *q)
{
    bench.thread.draining = true;
    gw_listener_close(&bench.listener);
    gw_http1_drain(bench.http);
}

/* ---- a disk that hangs ---- */

int __real_fdatasync(int fd);

int __wrap_fdatasync(int fd);

static _Atomic bool disk_hangs;

int __wrap_fdatasync(int fd)
{
    while (disk_hangs)
        nap();
    return __real_fdatasync(fd);
}

/* ---- tests ---- */

static void test_server__keeps_connections(void **state)
{
    int fd = client();
    for (unsigned i = 0; i < 6; i++) {
        rd_buf r = request(i == 4 ? LARGE : SMALL, i % 2 == 1, "");
        assert_true(say(fd, rd_buf_slice(&r)));
        answer a = hear(fd);
        assert_true(a.status == 200 && !a.close);
        rd_buf_release(&r);
    }
    rd_buf last = request(SMALL, false, "Connection: close\r\n");
    assert_true(say(fd, rd_buf_slice(&last)));
    answer a = hear(fd);
    assert_true(a.status == 200 && a.close && ended(fd));
    close(fd);
    rd_buf_release(&last);
    assert_all_given_back();
}

static void test_server__answers_pipelined_requests_in_order(void **state)
{
    int fd = client();
    rd_buf all;
    rd_buf_init(&all, 64 << 20);
    for (unsigned i = 0; i < 20; i++) {
        rd_buf r = request(i == 3 ? LARGE : SMALL, i % 3 == 1, "");
        if (i % 5 == 2)
            rd_buf_append_str(&all, "GET /v1/logs HTTP/1.1\r\nHost: a\r\n\r\n");
        else
            rd_buf_append(&all, r.p, r.n);
        rd_buf_release(&r);
    }
    assert_true(say(fd, rd_buf_slice(&all)));
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(hear(fd).status, i % 5 == 2 ? 405 : 200);
    close(fd);
    rd_buf_release(&all);
    assert_all_given_back();
}

/* The client leaves after each prefix of a request, in order and with a reset. */
static void test_server__gives_back_what_an_aborted_request_took(void **state)
{
    for (unsigned chunked = 0; chunked < 2; chunked++) {
        rd_buf r = request(SMALL, chunked != 0, "");
        for (size_t n = 0; n <= r.n; n += 1 + n / 40) {
            int fd = client();
            assert_true(say(fd, (rd_slice){r.p, n}));
            if (n % 2 == 0)
                reset(fd);
            else
                close(fd);
        }
        rd_buf_release(&r);
        assert_all_given_back();
    }
}

/* The worker has the body when its sender goes. */
static void test_server__survives_senders_who_leave_a_worker_behind(void **state)
{
    rd_buf r = request(LARGE, false, "");
    for (unsigned i = 0; i < 12; i++) {
        int fd = client();
        assert_true(say(fd, rd_buf_slice(&r)));
        usleep(i * 1500);
        if (i % 3 == 0)
            close(fd);
        else
            reset(fd);
    }
    assert_all_given_back();
    /* and when the server closes its connections itself */
    int fds[4];
    for (unsigned i = 0; i < 4; i++) {
        fds[i] = client();
        assert_true(say(fds[i], rd_buf_slice(&r)));
    }
    (void)on_loop(ask_close_all);
    for (unsigned i = 0; i < 4; i++)
        close(fds[i]);
    rd_buf_release(&r);
    assert_all_given_back();
}

static void test_server__refuses_and_lets_go(void **state)
{
    static const struct {
        const char *in;
        int status;
    } cases[] = {
        {"POST /v1/logs HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: "
         "9000000\r\n\r\n",
         413},
        {"POST /v1/logs HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: "
         "chunked\r\n\r\n5\r\nhelloX",
         400},
        {"POST /v1/logs HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: "
         "chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
         400},
        {"POST /v1/logs HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n",
         400},
        {"POST /v1/logs HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc",
         415},
        {"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 404},
        {"POST /v1/logs HTTP/1.1\r\nHost: a\r\nExpect: x\r\nContent-Length: 3\r\n\r\n", 417},
        {"nonsense\r\n\r\n", 400},
        {"POST /v1/logs HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-protobuf\r\nContent-Length: "
         "0\r\n\r\n",
         200},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int fd = client();
        assert_true(say(fd, rd_slice_str(cases[i].in)));
        answer a = hear(fd);
        if (a.status != cases[i].status)
            fail_msg("%s: %d", cases[i].in, a.status);
        close(fd);
    }
    assert_all_given_back();
}

static void test_server__ends_slow_requests(void **state)
{
    int head = client(), body = client(), chunked = client();
    assert_true(say(head, RD_SLICE_LIT("POST /v1/logs HTTP/1.1\r\nHost: a\r\n")));
    assert_true(say(body, RD_SLICE_LIT("POST /v1/logs HTTP/1.1\r\nHost: a\r\nContent-Type: "
                                       "application/json\r\nContent-Length: 9\r\n\r\n{")));
    assert_true(say(chunked, RD_SLICE_LIT("POST /v1/logs HTTP/1.1\r\nHost: a\r\nContent-Type: "
                                          "application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc")));
    assert_int_equal(hear(head).status, 503);
    assert_int_equal(hear(body).status, 503);
    assert_int_equal(hear(chunked).status, 503);
    close(head);
    close(body);
    close(chunked);
    assert_all_given_back();
}

static void test_server__asks_for_the_body_when_told_to_wait(void **state)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    char got[sizeof go_on];
    rd_buf r = request(SMALL, false, "Expect: 100-continue\r\n");
    size_t head = (size_t)((uint8_t *)memmem(r.p, r.n, "\r\n\r\n", 4) - r.p) + 4;
    for (unsigned i = 0; i < 3; i++) {
        int fd = client();
        assert_true(say(fd, (rd_slice){r.p, head}));
        assert_int_equal(recv(fd, got, sizeof go_on - 1, MSG_WAITALL), sizeof go_on - 1);
        assert_memory_equal(got, go_on, sizeof go_on - 1);
        if (i == 0) {
            assert_true(say(fd, (rd_slice){r.p + head, r.n - head}));
            assert_int_equal(hear(fd).status, 200);
        }
        if (i == 1)
            reset(fd);
        else
            close(fd);
    }
    rd_buf_release(&r);
    assert_all_given_back();
}

static void test_server__serves_many_at_once(void **state)
{
    enum { N = 200 };
    static int fds[N];
    int64_t before = gw_metrics_sum(GW_METRIC_REQUESTS_DELIVERED, GW_SIGNAL_LOGS, 0, 0);
    rd_buf r = request(SMALL, false, "");
    for (unsigned i = 0; i < N; i++)
        fds[i] = client();
    for (unsigned part = 0; part < 2; part++) {
        for (unsigned i = 0; i < N; i++)
            assert_true(
                say(fds[i], part == 0 ? (rd_slice){r.p, r.n / 2} : (rd_slice){r.p + r.n / 2, r.n - r.n / 2}));
    }
    for (unsigned i = 0; i < N; i++)
        assert_int_equal(hear(fds[i]).status, 200);
    for (unsigned i = 0; i < N; i++)
        close(fds[i]);
    rd_buf_release(&r);
    assert_int_equal(gw_metrics_sum(GW_METRIC_REQUESTS_DELIVERED, GW_SIGNAL_LOGS, 0, 0) - before, N);
    assert_all_given_back();
}

/* Every request that came is accounted for at both ends. */
static void test_server__books_balance(void **state)
{
    int64_t rejected = 0, dropped = 0;
    for (unsigned o = 0; o < GW_OUTCOME_COUNT; o++) {
        rejected += gw_metrics_sum(GW_METRIC_REQUESTS_REJECTED, GW_SIGNAL_LOGS, o, 0);
        dropped += gw_metrics_sum(GW_METRIC_REQUESTS_DROPPED, GW_SIGNAL_LOGS, o, 0);
    }
    int64_t accepted = gw_metrics_sum(GW_METRIC_REQUESTS_ACCEPTED, GW_SIGNAL_LOGS, 0, 0);
    assert_int_equal(gw_metrics_sum(GW_METRIC_REQUESTS_RECEIVED, GW_SIGNAL_LOGS, 0, 0), accepted + rejected);
    assert_int_equal(accepted, gw_metrics_sum(GW_METRIC_REQUESTS_DELIVERED, GW_SIGNAL_LOGS, 0, 0) + dropped);
    assert_true(accepted > 200 && rejected > 0);
}

static void test_server__stores_nothing_unredacted(void **state)
{
    char name[128];
    snprintf(name, sizeof name, "%s/logs.jsonl", bench.dir);
    FILE *f = fopen(name, "r");
    assert_non_null(f);
    char *line = NULL;
    size_t cap = 0, n_lines = 0;
    for (ssize_t n; (n = getline(&line, &cap, f)) > 0; n_lines++) {
        assert_null(memmem(line, (size_t)n, "ecretname", 9));
        assert_non_null(memmem(line, (size_t)n, "s***@example.com", 16));
        assert_int_equal(line[n - 1], '\n');
    }
    assert_true(n_lines >= 200);
    free(line);
    fclose(f);
}

static void test_server__answers_in_time_when_the_disk_hangs(void **state)
{
    int64_t before = gw_metrics_sum(GW_METRIC_REQUESTS_DROPPED, GW_SIGNAL_LOGS, GW_OUTCOME_STORE_TIMEOUT, 0);
    int64_t delivered = gw_metrics_sum(GW_METRIC_REQUESTS_DELIVERED, GW_SIGNAL_LOGS, 0, 0);
    rd_buf small = request(SMALL, false, "");
    int one = client(), gone = client();
    disk_hangs = true;
    assert_true(say(one, rd_buf_slice(&small)) && say(gone, rd_buf_slice(&small)));
    close(gone);
    answer a = hear(one);
    assert_int_equal(a.status, 503);
    assert_true(a.retry_after && !a.close);
    disk_hangs = false;
    /* What comes later is nobody's answer: the next one is that of the next request. */
    assert_true(say(one, rd_buf_slice(&small)));
    assert_int_equal(hear(one).status, 200);
    close(one);
    assert_all_given_back();
    assert_in_range(gw_metrics_sum(GW_METRIC_REQUESTS_DROPPED, GW_SIGNAL_LOGS, GW_OUTCOME_STORE_TIMEOUT, 0) -
                        before,
                    1, 2);
    assert_int_equal(gw_metrics_sum(GW_METRIC_REQUESTS_DELIVERED, GW_SIGNAL_LOGS, 0, 0) - delivered, 1);
    rd_buf_release(&small);
}

/* The last one: it ends the server. */
static void test_server__drains(void **state)
{
    int idle = client(), late = client(), busy = client();
    rd_buf small = request(SMALL, false, ""), large = request(LARGE, false, "");
    assert_true(say(idle, rd_buf_slice(&small)) && hear(idle).status == 200);
    assert_true(say(late, rd_buf_slice(&small)) && hear(late).status == 200);
    assert_true(say(busy, rd_buf_slice(&large)));
    uint64_t began = now_ms();
    (void)on_loop(ask_drain);
    /* a request that was on its way is answered, and the connection ends with it */
    assert_true(say(late, rd_buf_slice(&small)));
    bool in_time = now_ms() - began < 500; /* else this machine was too busy to ask at all */
    answer a = hear(late);
    assert_true(!in_time || (a.status == 200 && a.close && ended(late)));
    a = hear(busy);
    assert_true(a.status == 200 && a.close && ended(busy));
    assert_true(ended(idle));
    assert_true(now_ms() - began < WAIT_MS);
    close(idle);
    close(late);
    close(busy);
    rd_buf_release(&small);
    rd_buf_release(&large);
    assert_all_given_back();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_server__keeps_connections),
        cmocka_unit_test(test_server__answers_pipelined_requests_in_order),
        cmocka_unit_test(test_server__gives_back_what_an_aborted_request_took),
        cmocka_unit_test(test_server__survives_senders_who_leave_a_worker_behind),
        cmocka_unit_test(test_server__refuses_and_lets_go),
        cmocka_unit_test(test_server__ends_slow_requests),
        cmocka_unit_test(test_server__asks_for_the_body_when_told_to_wait),
        cmocka_unit_test(test_server__serves_many_at_once),
        cmocka_unit_test(test_server__books_balance),
        cmocka_unit_test(test_server__stores_nothing_unredacted),
        cmocka_unit_test(test_server__answers_in_time_when_the_disk_hangs),
        cmocka_unit_test(test_server__drains),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
