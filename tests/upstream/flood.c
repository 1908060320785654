/* SPDX-License-Identifier: MIT */
/*
 * Many senders at once, each with a large body, none of whom gives up: every connection sends an OTLP/JSON
 * log request of about BYTES, waits for the answer, and sends again a second after each refusal.
 *
 *   flood PORT CONNECTIONS BYTES SECONDS
 *
 * Prints one line of JSON at the end: {"requests": begun, "answers": {"503": n, ...}, "lost": connections that
 * ended without an answer, "sent_bytes"}. Bodies are the same bytes for all, with a secret for the gateway to
 * find.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_MAX = 2048, MAX_EVENTS = 256, PAUSE_MS = 1000 };

typedef struct sender {
    int fd; /* -1: to be connected anew */
    size_t sent, n_answer;
    long long again_ms; /* 0: a request is under way */
    char answer[ANSWER_MAX];
} sender;

static char *request;
static size_t n_request;
static uint16_t port;
static int epfd;
static unsigned long answers[600], begun, lost;
static unsigned long long sent_bytes;

static _Noreturn void die(const char *what)
{
    perror(what);
    exit(1);
}

static long long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void make_request(size_t n_text)
{
    static const char before[] =
        "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"stringValue\":\"";
    static const char after[] = "\"}}]}]}]}",
                      words[] = "mail ana.leakword@shop.example about order 4711, thank you; ";
    size_t n_body = sizeof before - 1 + n_text + sizeof after - 1;
    request = malloc(n_body + 512);
    if (request == NULL)
        die("malloc");
    n_request =
        (size_t)snprintf(request, 512,
                         "POST /v1/logs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                         "Content-Length: %zu\r\n\r\n%s",
                         n_body, before);
    for (size_t i = 0; i < n_text; i++)
        request[n_request++] = words[i % (sizeof words - 1)];
    memcpy(request + n_request, after, sizeof after - 1);
    n_request += sizeof after - 1;
}

static void connect_one(sender *s)
{
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event ev = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = s};
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    s->sent = s->n_answer = 0;
    s->again_ms = 0;
    if (s->fd < 0)
        die("socket");
    if (connect(s->fd, (struct sockaddr *)&a, sizeof a) != 0 && errno != EINPROGRESS)
        die("connect");
    if (epoll_ctl(epfd, EPOLL_CTL_ADD, s->fd, &ev) != 0)
        die("epoll_ctl");
}

static void end_conn(sender *s, long long again_ms)
{
    close(s->fd);
    s->fd = -1;
    s->again_ms = again_ms;
}

static void go_on_sending(sender *s)
{
    while (s->again_ms == 0 && s->sent < n_request) {
        ssize_t n = send(s->fd, request + s->sent, n_request - s->sent, MSG_NOSIGNAL);
        if (n <= 0)
            return; /* full, not connected yet, or gone: reading tells */
        begun += s->sent == 0;
        s->sent += (size_t)n;
        sent_bytes += (unsigned long long)n;
    }
}

/* True: a whole answer is there, and counted. */
static bool take_answer(sender *s)
{
    s->answer[s->n_answer] = '\0';
    char *end = strstr(s->answer, "\r\n\r\n");
    unsigned status = 0;
    if (end == NULL)
        return false;
    const char *length = strcasestr(s->answer, "\r\ncontent-length:");
    size_t n =
        (size_t)(end - s->answer) + 4 + (length != NULL && length < end ? strtoul(length + 17, NULL, 10) : 0);
    if (s->n_answer < n || sscanf(s->answer, "HTTP/1.1 %u", &status) != 1 || status >= 600)
        return false;
    answers[status]++;
    s->n_answer = 0;
    return true;
}

static void on_event(sender *s)
{
    go_on_sending(s);
    for (;;) {
        ssize_t n = recv(s->fd, s->answer + s->n_answer, ANSWER_MAX - 1 - s->n_answer, 0);
        if (n < 0 && (errno == EAGAIN || errno == ENOTCONN))
            return;
        if (n <= 0) {
            lost += s->again_ms == 0;
            end_conn(s, now_ms() + PAUSE_MS);
            return;
        }
        s->n_answer += (size_t)n;
        if (take_answer(s)) {
            bool whole = s->sent == n_request, close = strcasestr(s->answer, "connection: close") != NULL;
            s->again_ms = now_ms() + PAUSE_MS;
            if (!whole || close) {
                end_conn(s, s->again_ms);
                return;
            }
        }
    }
}

static void start_again(sender *senders, unsigned long n)
{
    long long now = now_ms();
    for (unsigned long i = 0; i < n; i++) {
        sender *s = &senders[i];
        if (s->again_ms == 0 || s->again_ms > now)
            continue;
        if (s->fd < 0) {
            connect_one(s);
            continue;
        }
        s->again_ms = 0;
        s->sent = 0;
        go_on_sending(s);
    }
}

static void report(void)
{
    printf("{\"requests\":%lu,\"lost\":%lu,\"sent_bytes\":%llu,\"answers\":{", begun, lost, sent_bytes);
    const char *comma = "";
    for (unsigned i = 0; i < 600; i++) {
        if (answers[i] > 0)
            printf("%s\"%u\":%lu", comma, i, answers[i]);
        comma = answers[i] > 0 ? "," : comma;
    }
    puts("}}");
}

int main(int argc, char **argv)
{
    struct epoll_event events[MAX_EVENTS];
    struct rlimit files;
    if (argc != 5) {
        fputs("usage: flood PORT CONNECTIONS BYTES SECONDS\n", stderr);
        return 2;
    }
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    port = (uint16_t)strtoul(argv[1], NULL, 10);
    unsigned long n_senders = strtoul(argv[2], NULL, 10);
    make_request(strtoul(argv[3], NULL, 10));
    long long end_ms = now_ms() + strtol(argv[4], NULL, 10) * 1000;
    sender *senders = calloc(n_senders, sizeof *senders);
    epfd = epoll_create1(EPOLL_CLOEXEC);
    if (senders == NULL || epfd < 0)
        die("flood");
    for (unsigned long i = 0; i < n_senders; i++)
        connect_one(&senders[i]);
    for (long long next_ms = 0; now_ms() < end_ms;) {
        int n = epoll_wait(epfd, events, MAX_EVENTS, 50);
        for (int i = 0; i < n; i++)
            on_event(events[i].data.ptr);
        if (now_ms() >= next_ms) {
            start_again(senders, n_senders);
            next_ms = now_ms() + 50;
        }
    }
    report();
    free(senders);
    free(request);
    return 0;
}
