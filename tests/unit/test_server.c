/* SPDX-License-Identifier: MIT */
/*
 * The data plane in one process: a loop, workers, a store in a temporary directory, and clients on loopback
 * that behave as badly as clients do. What is looked at is what nobody sees from outside: that a request
 * which ends in any state gives back everything it took, also while a worker holds it.
 */
#include "tests/unit/gateway_kit.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "gateway/budget.h"
#include "gateway/exchange.h"
#include "gateway/listener.h"
#include "gateway/worker.h"

enum { WAIT_MS = 20000 };

/* One for all tests, never torn down piecemeal: static, so that what h2o keeps is still reachable at the end.
 */
static struct bench {
    char dir[64];
    uint16_t port;
    h2o_globalconf_t conf;
    gw_generation *gen;
    gw_thread thread;
    gw_http1_server *http;
    gw_listener *listener;
    gw_workers *workers;
    pthread_t tid;
    _Atomic bool stop, parked;
} bench;

/* ---- the loop and questions to it ---- */

static void nap(void)
{
    usleep(2000);
}

static void *loop_main(void *arg)
{
    while (!bench.stop)
        h2o_evloop_run(bench.thread.h2o.loop, 20);
    /* Its thread-local caches of h2o would count as leaks if it ended. */
    bench.parked = true;
    for (;;)
        pause();
    return NULL;
}

typedef struct question {
    gw_message message;
    void (*ask)(struct question *q);
    unsigned answer;
    _Atomic bool done;
} question;

static void on_question(gw_thread *t, gw_message *m)
{
    question *q = H2O_STRUCT_FROM_MEMBER(question, message, m);
    q->ask(q);
    q->done = true;
}

/* Runs `f` on the loop. */
static unsigned on_loop(void (*f)(question *q))
{
    question q = {.message.run = on_question, .ask = f};
    gw_thread_post(&bench.thread, &q.message);
    while (!q.done)
        nap();
    return q.answer;
}

static void ask_alive(question *q)
{
    q->answer = bench.thread.n_requests + gw_http1_connections(bench.http);
}

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

static uint64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void assert_all_given_back(void)
{
    uint64_t until = now_ms() + WAIT_MS;
    while (on_loop(ask_alive) > 0 || gw_budget_requests() + gw_budget_bytes() + gw_budget_connections() > 0) {
        if (now_ms() > until)
            fail_msg("left: %u alive, %llu requests, %llu bytes, %llu connections", on_loop(ask_alive),
                     (unsigned long long)gw_budget_requests(), (unsigned long long)gw_budget_bytes(),
                     (unsigned long long)gw_budget_connections());
        nap();
    }
    assert_int_equal(gw_metrics_sum(GW_METRIC_REQUESTS_IN_FLIGHT, GW_SIGNAL_LOGS, 0, 0), 0);
    assert_int_equal(gw_metrics_sum(GW_METRIC_ITEMS_IN_FLIGHT, GW_SIGNAL_LOGS, 0, 0), 0);
    assert_int_equal(gw_metrics_sum(GW_METRIC_CONNECTIONS, 0, 0, 0), 0);
}

static int set_up(void **state)
{
    static const char config[] = "version: 1\n"
                                 "listeners: [{address: 127.0.0.1:4318}]\n"
                                 "upstreams: {local: {store: %s, request_timeout: 5s}}\n"
                                 "limits: {body_bytes: 8MiB, body_timeout: 1s, header_timeout: 1s}\n"
                                 "workspaces: {anonymous: default}\n";
    char text[512], why[GW_WHY_BYTES];
    signal(SIGPIPE, SIG_IGN);
    h2o_socket_buffer_mmap_settings.threshold = SIZE_MAX;
    snprintf(bench.dir, sizeof bench.dir, "/tmp/redactd-test-XXXXXX");
    assert_non_null(mkdtemp(bench.dir));
    snprintf(text, sizeof text, config, bench.dir);
    bench.gen = kit_generation(text);
    gw_listener_cfg at = {.host = "127.0.0.1", .port = 0};
    const char *reason;
    int fd = gw_listener_bind(&at, 0, &reason);
    assert_true(fd >= 0);
    struct sockaddr_in addr;
    socklen_t n = sizeof addr;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &n), 0);
    bench.port = ntohs(addr.sin_port);
    gw_budget_limits(1000, 1 << 30, 1000);
    h2o_config_init(&bench.conf);
    h2o_config_register_host(&bench.conf, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    gw_thread_init(&bench.thread, 0, &bench.conf);
    bench.thread.counters = gw_counters_new();
    bench.thread.scrubber = gw_scrubber_new(bench.thread.counters);
    bench.workers = bench.thread.workers = gw_workers_new(2);
    bench.thread.binding = gw_binding_new(&bench.thread, bench.gen, why);
    bench.thread.workspaces = kit_workspaces(bench.gen);
    assert_true(bench.thread.scrubber != NULL && bench.workers != NULL && bench.thread.binding != NULL);
    bench.http = gw_http1_server_new(&bench.thread, &gw_exchange_app);
    bench.listener = gw_listener_new(&bench.thread, fd, 0, bench.http);
    return pthread_create(&bench.tid, NULL, loop_main, NULL) != 0 || pthread_detach(bench.tid) != 0;
}

static int tear_down(void **state)
{
    bench.stop = true;
    while (!bench.parked)
        nap();
    gw_workers_free(&bench.workers);
    gw_binding_unref(&bench.thread.binding);
    gw_workspaces_unref(&bench.thread.workspaces);
    gw_generation_unref(&bench.gen);
    gw_generation_close_stores();
    gw_scrubber_free(&bench.thread.scrubber);
    DIR *d = opendir(bench.dir);
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;)
        (void)unlinkat(dirfd(d), e->d_name, 0);
    closedir(d);
    return rmdir(bench.dir);
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

/* ---- clients ---- */

static int client(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in addr = {
        .sin_family = AF_INET, .sin_port = htons(bench.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval tv = {WAIT_MS / 1000, 0};
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
    assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof addr), 0);
    return fd;
}

static bool say(int fd, rd_slice s)
{
    while (s.n > 0) {
        ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        s.p += n;
        s.n -= (size_t)n;
    }
    return true;
}

/* The client vanishes: everything in flight is thrown away. */
static void reset(int fd)
{
    struct linger hard = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(fd);
}

typedef struct answer {
    int status; /* 0: the connection ended */
    bool close, retry_after;
} answer;

/* One answer with a Content-Length; nothing of the next one is read. */
static answer hear(int fd)
{
    char head[4096];
    size_t n = 0;
    while (n < 4 || memcmp(head + n - 4, "\r\n\r\n", 4) != 0) {
        if (n == sizeof head - 1 || recv(fd, head + n, 1, 0) != 1)
            return (answer){0};
        n++;
    }
    head[n] = '\0';
    const char *length = strstr(head, "content-length: ");
    for (unsigned long left = length != NULL ? strtoul(length + 16, NULL, 10) : 0; left > 0; left--) {
        char c;
        if (recv(fd, &c, 1, 0) != 1)
            return (answer){0};
    }
    return (answer){(int)strtol(head + 9, NULL, 10), strstr(head, "connection: close") != NULL,
                    strstr(head, "retry-after: ") != NULL};
}

static bool ended(int fd)
{
    char c;
    ssize_t n = recv(fd, &c, 1, 0);
    return n == 0 || (n < 0 && errno == ECONNRESET);
}

/* A logs request with `n` records of one address each; Content-Length or one chunk. */
static rd_buf request(unsigned n_records, bool chunked, const char *headers)
{
    rd_buf body, out;
    rd_buf_init(&body, 64 << 20);
    rd_buf_init(&out, 64 << 20);
    rd_buf_append_str(&body, "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[");
    for (unsigned i = 0; i < n_records; i++)
        rd_buf_append_str(&body, i == 0 ? "{\"body\":{\"stringValue\":\"secretname@example.com\"}}"
                                        : ",{\"body\":{\"stringValue\":\"secretname@example.com\"}}");
    rd_buf_append_str(&body, "]}]}]}");
    rd_buf_printf(&out, "POST /v1/logs HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n%s", headers);
    if (chunked)
        rd_buf_printf(&out, "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", body.n);
    else
        rd_buf_printf(&out, "Content-Length: %zu\r\n\r\n", body.n);
    rd_buf_append(&out, body.p, body.n);
    if (chunked)
        rd_buf_append_str(&out, "\r\n0\r\n\r\n");
    rd_buf_release(&body);
    return out;
}

/* Scrubbed on the loop; on a worker, long enough to be overtaken. */
enum { SMALL = 1, LARGE = 60000 };

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

enum { KERNELS = 48 << 20 /* more than both ends have room for in the kernel */ };

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
    if (n >= KERNELS)
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
    if (n >= KERNELS)
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
        cmocka_unit_test(test_server__does_not_read_a_body_that_it_has_not_asked_for),
        cmocka_unit_test(test_server__does_not_read_for_ever_what_it_has_refused),
        cmocka_unit_test(test_server__stays_in_its_budget),
        cmocka_unit_test(test_server__charges_what_is_pipelined),
        cmocka_unit_test(test_server__charges_connections),
        cmocka_unit_test(test_server__serves_many_at_once),
        cmocka_unit_test(test_server__books_balance),
        cmocka_unit_test(test_server__stores_nothing_unredacted),
        cmocka_unit_test(test_server__answers_in_time_when_the_disk_hangs),
        cmocka_unit_test(test_server__drains),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
