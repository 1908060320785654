/* SPDX-License-Identifier: MIT */
/*
 * Sends at a pace, whatever comes back, and says how long answers took: from when a request was due, so that
 * a server that stalls is charged for what could not be sent meanwhile.
 *
 *    pace PORT PATH CONTENT_TYPE CONNECTIONS RATE SECONDS BODY_FILE
 *
 * RATE requests a second, spread evenly; a request that is due while every connection waits for an answer is
 * sent late. LOAD_HEADER in the environment is one more header line. Prints one line:
 *
 *    sent N ok N refused N (429) other N lost N p50_us N p99_us N max_us N
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_MAX = 8192, MAX_CONNS = 1024, GRACE_S = 5 };

typedef struct conn {
    int fd; /* -1: to be opened */
    int busy;
    uint64_t due_ns;
    size_t sent, n;
    char answer[ANSWER_MAX];
} conn;

static conn conns[MAX_CONNS];
static unsigned n_conns;
static uint16_t port;
static int epfd;
static char *request;
static size_t request_n;
static uint32_t *latencies_us;
static size_t n_latencies, n_sent, n_ok, n_refused, n_other, n_lost;

static _Noreturn void die(const char *what)
{
    perror(what);
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void make_request(const char *path, const char *type, const char *file)
{
    const char *header = getenv("LOAD_HEADER");
    FILE *f = fopen(file, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0)
        die(file);
    size_t n = (size_t)ftell(f);
    rewind(f);
    request = malloc(n + 2048);
    if (request == NULL)
        abort();
    int head =
        snprintf(request, 2048,
                 "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s%s\r\n",
                 path, type, n, header != NULL ? header : "", header != NULL ? "\r\n" : "");
    if (head >= 2048 || fread(request + head, 1, n, f) != n)
        die(file);
    fclose(f);
    request_n = (size_t)head + n;
}

static void open_conn(conn *c)
{
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(c->fd, (struct sockaddr *)&a, sizeof a) != 0)
        die("connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (fcntl(c->fd, F_SETFL, O_NONBLOCK) != 0)
        die("fcntl");
    struct epoll_event ev = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
    if (epoll_ctl(epfd, EPOLL_CTL_ADD, c->fd, &ev) != 0)
        die("epoll_ctl");
}

/* The server may close behind an answer; whoever was waiting for one has lost it. */
static void lose(conn *c)
{
    n_lost += (size_t)c->busy;
    c->busy = 0;
    close(c->fd);
    c->fd = -1;
}

static void go_on_sending(conn *c)
{
    while (c->busy && c->sent < request_n) {
        ssize_t n = send(c->fd, request + c->sent, request_n - c->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0)
            return; /* an answer may be there nevertheless: reading finds out */
        c->sent += (size_t)n;
    }
}

static void begin(conn *c, uint64_t due_ns)
{
    if (c->fd < 0)
        open_conn(c);
    c->busy = 1;
    c->due_ns = due_ns;
    c->sent = c->n = 0;
    n_sent++;
    go_on_sending(c);
}

/* Bytes of a whole answer, 0: not complete. */
static size_t answer_size(conn *c)
{
    c->answer[c->n] = '\0';
    char *end = strstr(c->answer, "\r\n\r\n");
    if (end == NULL)
        return 0;
    const char *length = strcasestr(c->answer, "\r\ncontent-length:");
    size_t want =
        (size_t)(end - c->answer) + 4 + (length != NULL && length < end ? strtoul(length + 17, NULL, 10) : 0);
    return c->n >= want ? want : 0;
}

static void note(conn *c)
{
    uint64_t took = now_ns() - c->due_ns;
    latencies_us[n_latencies++] = (uint32_t)(took / 1000 > UINT32_MAX ? UINT32_MAX : took / 1000);
    long status = strtol(c->answer + 9, NULL, 10);
    n_ok += status / 100 == 2;
    n_refused += status == 429;
    n_other += status / 100 != 2 && status != 429;
    c->busy = 0;
    if (strcasestr(c->answer, "\r\nconnection: close") != NULL)
        lose(c);
}

static void on_event(conn *c)
{
    go_on_sending(c);
    while (c->fd >= 0) {
        ssize_t n = recv(c->fd, c->answer + c->n, ANSWER_MAX - 1 - c->n, 0);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            lose(c);
            return;
        }
        c->n += (size_t)n;
        if (c->busy && answer_size(c) > 0)
            note(c);
    }
}

static conn *idle_conn(void)
{
    static unsigned at;
    for (unsigned i = 0; i < n_conns; i++) {
        conn *c = &conns[at++ % n_conns];
        if (!c->busy)
            return c;
    }
    return NULL;
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static unsigned busy_conns(void)
{
    unsigned n = 0;
    for (unsigned i = 0; i < n_conns; i++)
        n += (unsigned)conns[i].busy;
    return n;
}

static void wait_until(uint64_t ns)
{
    struct epoll_event events[64];
    uint64_t now = now_ns();
    struct timespec left = {0, 0};
    if (ns > now)
        left = (struct timespec){(time_t)((ns - now) / 1000000000), (long)((ns - now) % 1000000000)};
    int n = epoll_pwait2(epfd, events, 64, &left, NULL);
    for (int i = 0; i < n; i++)
        on_event(events[i].data.ptr);
}

static void run(double rate, double seconds)
{
    uint64_t begun = now_ns(), step = (uint64_t)(1e9 / rate), due = begun;
    uint64_t over = begun + (uint64_t)(seconds * 1e9);
    while (due < over) {
        conn *c = due <= now_ns() ? idle_conn() : NULL;
        if (c != NULL) {
            begin(c, due);
            due += step;
        } else {
            wait_until(due > now_ns() ? due : now_ns() + 1000000);
        }
        if (now_ns() > over + GRACE_S * UINT64_C(1000000000))
            break; /* hopelessly behind: what was due and not sent is not counted as sent */
    }
    while (busy_conns() > 0 && now_ns() < over + GRACE_S * UINT64_C(1000000000))
        wait_until(now_ns() + 10000000);
    n_lost += busy_conns();
}

int main(int argc, char **argv)
{
    if (argc != 8) {
        fputs("usage: pace PORT PATH CONTENT_TYPE CONNECTIONS RATE SECONDS BODY_FILE\n", stderr);
        return 2;
    }
    port = (uint16_t)strtoul(argv[1], NULL, 10);
    n_conns = (unsigned)strtoul(argv[4], NULL, 10);
    double rate = strtod(argv[5], NULL), seconds = strtod(argv[6], NULL);
    if (n_conns == 0 || n_conns > MAX_CONNS || rate <= 0 || seconds <= 0)
        die("pace: numbers");
    make_request(argv[2], argv[3], argv[7]);
    latencies_us = calloc((size_t)(rate * (seconds + GRACE_S)) + MAX_CONNS, sizeof *latencies_us);
    epfd = epoll_create1(0);
    if (latencies_us == NULL || epfd < 0)
        die("pace");
    for (unsigned i = 0; i < n_conns; i++)
        open_conn(&conns[i]);
    run(rate, seconds);
    qsort(latencies_us, n_latencies, sizeof *latencies_us, by_size);
    size_t last = n_latencies > 0 ? n_latencies - 1 : 0;
    printf("sent %zu ok %zu refused %zu other %zu lost %zu p50_us %u p99_us %u max_us %u\n", n_sent, n_ok,
           n_refused, n_other, n_lost, latencies_us[n_latencies / 2], latencies_us[last * 99 / 100],
           latencies_us[last]);
    return 0;
}
