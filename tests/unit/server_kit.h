/* SPDX-License-Identifier: MIT */
/* The data plane in one process: a loop, workers, a store in a temporary directory, and clients on loopback.
 */
#ifndef TESTS_UNIT_SERVER_KIT_H
#define TESTS_UNIT_SERVER_KIT_H

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

static inline void nap(void)
{
    usleep(2000);
}

static inline void *loop_main(void *arg)
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

static inline void on_question(gw_thread *t, gw_message *m)
{
    question *q = H2O_STRUCT_FROM_MEMBER(question, message, m);
    q->ask(q);
    q->done = true;
}

/* Runs `f` on the loop. */
static inline unsigned on_loop(void (*f)(question *q))
{
    question q = {.message.run = on_question, .ask = f};
    gw_thread_post(&bench.thread, &q.message);
    while (!q.done)
        nap();
    return q.answer;
}

static inline void ask_alive(question *q)
{
    q->answer = bench.thread.n_requests + gw_http1_connections(bench.http);
}

static inline uint64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static inline void assert_all_given_back(void)
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

static inline int set_up(void **state)
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

static inline int tear_down(void **state)
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

/* ---- clients ---- */

static inline int client(void)
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

static inline bool say(int fd, rd_slice s)
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
static inline void reset(int fd)
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
static inline answer hear(int fd)
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

static inline bool ended(int fd)
{
    char c;
    ssize_t n = recv(fd, &c, 1, 0);
    return n == 0 || (n < 0 && errno == ECONNRESET);
}

/* A logs request with `n` records of one address each; Content-Length or one chunk. */
static inline rd_buf request(unsigned n_records, bool chunked, const char *headers)
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

#endif
