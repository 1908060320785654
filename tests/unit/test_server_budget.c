/* SPDX-License-Identifier: MIT */
/* What requests may take: bodies that are not asked for, bytes and connections that are charged, and that all
 * of it is given back. */
#include "tests/unit/server_kit.h"

/* The server's end of a connection of this process. */
static int other_end(int fd)
{
    struct sockaddr_in mine, its;
    socklen_t n = sizeof mine;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&mine, &n), 0);
    for (int other = 3; other < 1024; other++) {
        n = sizeof its;
        if (getpeername(other, (struct sockaddr *)&its, &n) == 0 && n == sizeof its &&
            its.sin_port == mine.sin_port)
            return other;
    }
    return -1;
}

static int await_other_end(int fd)
{
    int other;
    while ((other = other_end(fd)) < 0)
        nap();
    return other;
}

/* Until neither takes any more: what a sender sees who reads nothing. */
static void fill(int fd)
{
    static const char junk[4096];
    int small = 4096; /* the kernel would give it more room as time goes by */
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
    for (int full = 0; full < 20; nap())
        full = send(fd, junk, sizeof junk, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? full + 1 : 0;
    while (send(fd, junk, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1)
        continue;
}

/* How much is taken from a sender who never stops, up to the end of the connection or MUCH. */
static size_t push(int fd)
{
    enum { MUCH = 256 << 20 };
    static const char piece[1 << 16];
    size_t n = 0;
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    for (ssize_t sent = 0; n < MUCH && poll(&p, 1, WAIT_MS) == 1; n += (size_t)sent) {
        sent = send(fd, piece, sizeof piece, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0)
            break;
    }
    return n;
}

/* More than both ends have room for in the kernel, one body, and what is read of a refused one (if the fill
 * above was too short for the kernel, an answer goes out); who reads on without end gets to MUCH. */
enum { BOUNDED = 128 << 20 };

static void test_server__does_not_read_a_body_that_it_has_not_asked_for(void **state)
{
    int fd = client();
    rd_buf first = request(SMALL, true, "");
    assert_true(say(fd, rd_buf_slice(&first))); /* once answered, the other end is known to be whole */
    assert_int_equal(hear(fd).status, 200);
    rd_buf_release(&first);
    fill(await_other_end(fd));
    assert_true(say(fd, RD_SLICE_LIT("POST /v1/logs HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                                     "Content-Length: 8000000\r\nExpect: 100-continue\r\n\r\n")));
    while (gw_budget_bytes() <= GW_CONNECTION_BYTES)
        nap(); /* until the head has been taken */
    size_t n = push(fd);
    if (n >= BOUNDED)
        fail_msg("%zu bytes were read", n);
    close(fd);
    assert_all_given_back();
}

static void test_server__does_not_read_for_ever_what_it_has_refused(void **state)
{
    int fd = client();
    assert_true(say(fd, RD_SLICE_LIT("POST /v1/logs HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                                     "Content-Length: 20000000000\r\n\r\n")));
    assert_int_equal(hear(fd).status, 413);
    size_t n = push(fd);
    if (n >= BOUNDED)
        fail_msg("%zu bytes were read", n);
    close(fd);
    assert_all_given_back();
}

static void test_server__stays_in_its_budget(void **state)
{
    rd_buf large = request(LARGE, false, ""), small = request(SMALL, true, "");
    gw_budget_limits(1000, 1 << 20, 1000);
    for (unsigned i = 0; i < 3; i++) {
        int fd = client();
        (void)say(fd, rd_buf_slice(&large));
        assert_int_equal(hear(fd).status, 503);
        reset(fd);
        fd = client();
        assert_true(say(fd, rd_buf_slice(&small)));
        assert_int_equal(hear(fd).status, 200);
        close(fd);
    }
    gw_budget_limits(0, 1 << 30, 1000);
    int fd = client();
    assert_true(say(fd, rd_buf_slice(&small)));
    assert_int_equal(hear(fd).status, 503);
    close(fd);
    assert_all_given_back();
    gw_budget_limits(1000, 1 << 30, 2);
    int first = client(), second = client(), third = client();
    assert_true(say(first, rd_buf_slice(&small)) && hear(first).status == 200);
    assert_true(say(second, rd_buf_slice(&small)) && hear(second).status == 200);
    assert_true(ended(third));
    close(first);
    close(second);
    close(third);
    gw_budget_limits(1000, 1 << 30, 1000);
    rd_buf_release(&large);
    rd_buf_release(&small);
    assert_all_given_back();
}

/* What is pipelined behind a request is charged too; what does not fit is thrown away with the connection. */
static void test_server__charges_what_is_pipelined(void **state)
{
    enum { PIPELINED = 2000 };
    rd_buf small = request(SMALL, false, ""), many;
    rd_buf_init(&many, 64 << 20);
    for (unsigned i = 0; i < PIPELINED; i++)
        rd_buf_append(&many, small.p, small.n);
    gw_budget_limits(1000, 1 << 17, 1000);
    int fd = client();
    (void)say(fd, rd_buf_slice(&many));
    unsigned stored = 0, later = 0;
    for (answer a; (a = hear(fd)).status != 0;) {
        stored += a.status == 200;
        later += a.status == 503;
        assert_true(a.status == 200 || a.status == 503);
    }
    assert_true(stored + later >= 1 && stored + later < PIPELINED);
    close(fd);
    assert_all_given_back();
    fd = client();
    assert_true(say(fd, rd_buf_slice(&small)));
    assert_int_equal(hear(fd).status, 200);
    close(fd);
    gw_budget_limits(1000, 1 << 30, 1000);
    rd_buf_release(&small);
    rd_buf_release(&many);
    assert_all_given_back();
}

/* No room for a connection's own bytes: its sender is told so once it says something, and counted. */
static void test_server__charges_connections(void **state)
{
    int64_t before = gw_metrics_sum(GW_METRIC_CONNECTIONS_REFUSED, 0, 0, 0);
    rd_buf small = request(SMALL, false, "");
    gw_budget_limits(1000, 4 * GW_CONNECTION_BYTES, 1000); /* half of it is for connections */
    int first = client(), second = client(), third = client();
    assert_true(say(first, rd_buf_slice(&small)) && hear(first).status == 200);
    assert_true(say(second, rd_buf_slice(&small)) && hear(second).status == 200);
    assert_true(say(third, rd_buf_slice(&small)));
    answer away = hear(third);
    assert_int_equal(away.status, 503);
    assert_true(away.close && ended(third));
    assert_int_equal(gw_metrics_sum(GW_METRIC_CONNECTIONS_REFUSED, 0, 0, 0) - before, 1);
    close(first);
    close(second);
    close(third);
    gw_budget_limits(1000, 1 << 30, 1000);
    rd_buf_release(&small);
    assert_all_given_back();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_server__does_not_read_a_body_that_it_has_not_asked_for),
        cmocka_unit_test(test_server__does_not_read_for_ever_what_it_has_refused),
        cmocka_unit_test(test_server__stays_in_its_budget),
        cmocka_unit_test(test_server__charges_what_is_pipelined),
        cmocka_unit_test(test_server__charges_connections),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
