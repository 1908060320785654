/* SPDX-License-Identifier: MIT */
/*
 * Sends a fixed number of requests over keep-alive connections, each connection one at a time, and wants a
 * 2xx for every one of them. Prints requests per second.
 *
 *    load PORT PATH CONTENT_TYPE CONNECTIONS REQUESTS BODY_FILE...
 *
 * LOAD_HEADER in the environment is one more header line, e.g. `Authorization: Bearer abc`.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { MAX_FILES = 64, ANSWER_MAX = 8192 };

typedef struct request {
    char *p;
    size_t n;
} request;

typedef struct conn {
    int fd;
    const request *sending;
    size_t sent, n;
    char answer[ANSWER_MAX];
} conn;

static request requests[MAX_FILES];
static size_t n_requests;
static unsigned long to_start, to_finish, started;

static _Noreturn void die(const char *what)
{
    perror(what);
    exit(1);
}

static void load_request(const char *path, const char *type, const char *file)
{
    FILE *f = fopen(file, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0 || n_requests == MAX_FILES)
        die(file);
    size_t n = (size_t)ftell(f);
    rewind(f);
    char *p = malloc(n + 1024);
    if (p == NULL)
        abort();
    const char *header = getenv("LOAD_HEADER");
    int head = snprintf(
        p, 1024, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s%s\r\n",
        path, type, n, header != NULL ? header : "", header != NULL ? "\r\n" : "");
    if (head >= 1024 || fread(p + head, 1, n, f) != n)
        die(file);
    fclose(f);
    requests[n_requests++] = (request){p, (size_t)head + n};
}

/* Sends what the socket takes. */
static void go_on_sending(conn *c)
{
    while (c->sent < c->sending->n) {
        ssize_t n = send(c->fd, c->sending->p + c->sent, c->sending->n - c->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0)
            die("send");
        c->sent += (size_t)n;
    }
}

static void start_one(conn *c)
{
    if (to_start == 0)
        return;
    to_start--;
    c->sending = &requests[started++ % n_requests];
    c->sent = c->n = 0;
    go_on_sending(c);
}

/* Bytes of a whole answer at the start of c->answer, 0: not complete. */
static size_t answer_size(conn *c)
{
    c->answer[c->n] = '\0';
    char *end = strstr(c->answer, "\r\n\r\n");
    if (end == NULL)
        return 0;
    if (strncmp(c->answer, "HTTP/1.1 2", 10) != 0) {
        fprintf(stderr, "load: the answer was %.200s\n", c->answer);
        exit(1);
    }
    const char *length = strcasestr(c->answer, "\r\ncontent-length:");
    size_t want =
        (size_t)(end - c->answer) + 4 + (length != NULL && length < end ? strtoul(length + 17, NULL, 10) : 0);
    return c->n >= want ? want : 0;
}

static void on_readable(conn *c)
{
    ssize_t n = recv(c->fd, c->answer + c->n, ANSWER_MAX - 1 - c->n, 0);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0)
        die("recv");
    c->n += (size_t)n;
    if (answer_size(c) == 0)
        return;
    to_finish--;
    start_one(c);
}

static conn *conn_open(uint16_t port, int epfd)
{
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    conn *c = calloc(1, sizeof *c);
    int one = 1;
    if (c == NULL)
        abort();
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(c->fd, (struct sockaddr *)&a, sizeof a) != 0)
        die("connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (fcntl(c->fd, F_SETFL, O_NONBLOCK) != 0)
        die("fcntl");
    struct epoll_event ev = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
    if (epoll_ctl(epfd, EPOLL_CTL_ADD, c->fd, &ev) != 0)
        die("epoll_ctl");
    return c;
}

int main(int argc, char **argv)
{
    struct timespec from, to;
    struct epoll_event events[64];
    if (argc < 7) {
        fputs("usage: load PORT PATH CONTENT_TYPE CONNECTIONS REQUESTS BODY_FILE...\n", stderr);
        return 2;
    }
    unsigned long n_conns = strtoul(argv[4], NULL, 10), total = strtoul(argv[5], NULL, 10);
    for (int i = 6; i < argc; i++)
        load_request(argv[2], argv[3], argv[i]);
    to_start = to_finish = total;
    int epfd = epoll_create1(0);
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (unsigned long i = 0; i < n_conns && to_start > 0; i++)
        start_one(conn_open((uint16_t)strtoul(argv[1], NULL, 10), epfd));
    while (to_finish > 0) {
        int n = epoll_wait(epfd, events, 64, 30000);
        if (n == 0) {
            fputs("load: no answer for 30 s\n", stderr);
            return 1;
        }
        for (int i = 0; i < n; i++) {
            conn *c = events[i].data.ptr;
            go_on_sending(c);
            on_readable(c);
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    double s = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    printf("%.0f\n", (double)total / s);
    return 0;
}
