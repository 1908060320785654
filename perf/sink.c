/* SPDX-License-Identifier: MIT */
/*
 * A backend that costs as little as possible: reads requests with Content-Length and says yes. One thread;
 * what is measured is the server in front of it.
 *
 *    sink PORT
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { HEAD_MAX = 16384, MAX_EVENTS = 64 };

typedef struct conn {
    int fd;
    size_t n;         /* bytes of a head being read */
    size_t body_left; /* bytes of a body still to come */
    char head[HEAD_MAX];
} conn;

static const char otlp_yes[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n";
static const char json_yes[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
static const char loki_yes[] = "HTTP/1.1 204 No Content\r\n\r\n";

static _Noreturn void die(const char *what)
{
    perror(what);
    exit(1);
}

static void answer(conn *c)
{
    const char *yes = strncmp(c->head, "POST /loki", 10) == 0   ? loki_yes
                      : strcasestr(c->head, "application/json") ? json_yes
                                                                : otlp_yes;
    size_t n = strlen(yes);
    if (send(c->fd, yes, n, MSG_NOSIGNAL) != (ssize_t)n)
        die("send");
}

/* Takes the head at the start of c->head, and what is there of its body. False: not complete. */
static int take_head(conn *c)
{
    c->head[c->n] = '\0';
    char *end = strstr(c->head, "\r\n\r\n");
    if (end == NULL)
        return 0;
    *end = '\0';
    const char *length = strcasestr(c->head, "\r\ncontent-length:");
    size_t head_n = (size_t)(end - c->head) + 4, body_n = length == NULL ? 0 : strtoul(length + 17, NULL, 10);
    size_t have = c->n - head_n;
    if (have > body_n) {
        fputs("sink: pipelined request\n", stderr);
        exit(1);
    }
    c->body_left = body_n - have;
    if (c->body_left == 0)
        answer(c);
    c->n = 0;
    return 1;
}

/* False: the connection is over. */
static int on_readable(conn *c)
{
    static char waste[1 << 20];
    for (;;) {
        ssize_t n = c->body_left > 0
                        ? recv(c->fd, waste, c->body_left < sizeof waste ? c->body_left : sizeof waste, 0)
                        : recv(c->fd, c->head + c->n, HEAD_MAX - 1 - c->n, 0);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
            return 0;
        if (n < 0)
            return 1;
        if (c->body_left == 0) {
            c->n += (size_t)n;
            take_head(c);
        } else if ((c->body_left -= (size_t)n) == 0) {
            answer(c);
        }
    }
}

static void accept_all(int listener, int epfd)
{
    for (int fd, one = 1; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
        conn *c = calloc(1, sizeof *c);
        if (c == NULL)
            abort();
        c->fd = fd;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
        if (epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &ev) != 0)
            die("epoll_ctl");
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), epfd = epoll_create1(0);
    struct epoll_event events[MAX_EVENTS], ev = {.events = EPOLLIN};
    if (argc != 2) {
        fputs("usage: sink PORT\n", stderr);
        return 2;
    }
    a.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&a, sizeof a) != 0 || listen(listener, 511) != 0)
        die("listen");
    epoll_ctl(epfd, EPOLL_CTL_ADD, listener, &ev);
    for (;;) {
        int n = epoll_wait(epfd, events, MAX_EVENTS, -1);
        for (int i = 0; i < n; i++) {
            conn *c = events[i].data.ptr;
            if (c == NULL) {
                accept_all(listener, epfd);
            } else if (!on_readable(c)) {
                close(c->fd);
                free(c);
            }
        }
    }
}
