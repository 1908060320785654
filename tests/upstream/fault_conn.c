/* SPDX-License-Identifier: MIT */
#include "tests/upstream/fault_conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/upstream/http.h"

enum { MAX_BYTES = 256 * 1024 * 1024, READ_BYTES = 64 * 1024 };

/* Grows; ended by a NUL that does not count. */
typedef struct bytes {
    char *p; /* owned */
    size_t n, room;
} bytes;

static void *make_room(bytes *b, size_t n)
{
    if (b->n + n + 1 > b->room) {
        b->room = 2 * (b->n + n + 1);
        b->p = realloc(b->p, b->room);
        if (b->p == NULL || b->room > 2 * (size_t)MAX_BYTES)
            abort();
    }
    return b->p + b->n;
}

static ssize_t receive(int fd, bytes *b, size_t max)
{
    ssize_t n;
    char *to = make_room(b, max);
    do
        n = recv(fd, to, max, 0);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        b->n += (size_t)n;
    b->p[b->n] = '\0';
    return n;
}

/* --- waiting and ends --- */

/* False: the peer has gone, or the gate wants an end. */
static bool wait_ms(fault_conn *c, long ms)
{
    struct pollfd p = {.fd = c->fd, .events = POLLRDHUP};
    return ms == 0 || poll(&p, 1, (int)ms) == 0;
}

/* What ends the connection; true when it goes on. */
static bool act(fault_conn *c, fault_act what)
{
    char waste[4096];
    switch (what) {
    case FAULT_GO_ON:
    case FAULT_ANSWER:
        return true;
    case FAULT_CLOSE:
        return false;
    case FAULT_RESET:
        c->reset = true; /* only ever set, so it needs no lock here */
        return false;
    case FAULT_HALF_CLOSE:
        shutdown(c->fd, SHUT_WR);
        while (recv(c->fd, waste, sizeof waste, 0) > 0)
            ;
        return false;
    case FAULT_HANG:
        wait_ms(c, -1);
        return false;
    }
    return false;
}

/* --- the request --- */

static bool is_whole(const bytes *request)
{
    const char *end = request->n == 0 ? NULL : strstr(request->p, "\r\n\r\n");
    if (end == NULL)
        return false;
    const char *length = strcasestr(request->p, "\r\ncontent-length:");
    size_t body_n = length == NULL || length > end ? 0 : strtoul(length + 17, NULL, 10);
    return request->n >= (size_t)(end - request->p) + 4 + body_n;
}

/* False: the connection is over. Stops early where the plan has something to do. */
static bool read_request(fault_conn *c, const fault_plan *plan, bytes *request)
{
    size_t stop = plan->request_do == FAULT_GO_ON ? SIZE_MAX : plan->request_at;
    while (!is_whole(request) && request->n < stop) {
        size_t max = plan->request_piece > 0 ? plan->request_piece : READ_BYTES, from = request->n;
        if (max > stop - request->n)
            max = stop - request->n;
        if (from > 0 && !wait_ms(c, plan->request_piece_ms))
            return false;
        if (receive(c->fd, request, max) <= 0)
            return false;
        fault_gate_received(c->gate, request->p + from, request->n - from);
    }
    return request->n < stop || act(c, plan->request_do);
}

/* --- the answer --- */

static int connect_backend(const fault_conn *c)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(fault_gate_backend(c->gate))};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* On a connection of its own, which ends with the answer: nothing has to be understood. */
static bool ask_backend(const fault_conn *c, const bytes *request, bytes *answer)
{
    int fd = connect_backend(c);
    if (fd < 0)
        return false;
    bool sent = up_write(fd, request->p, request->n);
    shutdown(fd, SHUT_WR);
    while (sent && receive(fd, answer, READ_BYTES) > 0)
        ;
    close(fd);
    return answer->n > 0;
}

typedef struct saying {
    fault_conn *c;
    const fault_plan *plan;
    size_t sent;
} saying;

/* False: enough said, the peer gone or the plan's place reached. */
static bool say(saying *s, const void *p, size_t n)
{
    const fault_plan *plan = s->plan;
    for (const char *at = p; n > 0;) {
        size_t part = plan->piece > 0 && plan->piece < n ? plan->piece : n;
        if (plan->answer_at > 0 && part > plan->answer_at - s->sent)
            part = plan->answer_at - s->sent;
        if (part == 0 || (s->sent > 0 && !wait_ms(s->c, plan->piece_ms)) || !up_write(s->c->fd, at, part))
            return false;
        s->sent += part;
        at += part;
        n -= part;
    }
    return true;
}

static void say_all(saying *s, const bytes *answer)
{
    const fault_plan *plan = s->plan;
    bool go_on =
        plan->answer.p != NULL ? say(s, plan->answer.p, plan->answer.n) : say(s, answer->p, answer->n);
    for (long i = 0; go_on && plan->repeat.n > 0 && i != plan->repeat_times; i++)
        go_on = say(s, plan->repeat.p, plan->repeat.n);
}

/* Noted before an answer that goes out in one piece, so that who asks again at once is never counted twice.
 */
static void end_exchange(fault_conn *c)
{
    if (c->in_exchange)
        fault_gate_exchange(c->gate, false);
    c->in_exchange = false;
}

static bool answer_it(fault_conn *c, const fault_plan *plan, const bytes *request)
{
    bytes answer = {0};
    saying s = {c, plan, 0};
    long jitter_ms = plan->jitter_ms > 0 ? rand_r(&c->seed) % (plan->jitter_ms + 1) : 0;
    bool early = plan->request_do == FAULT_ANSWER && !is_whole(request);
    bool go_on = plan->answer.p != NULL || ask_backend(c, request, &answer);
    if (go_on && wait_ms(c, plan->delay_ms + jitter_ms)) {
        if (plan->piece == 0 && plan->answer_at == 0 && plan->repeat.n == 0)
            end_exchange(c);
        say_all(&s, &answer);
        /* What is left of a request would be taken for the next one. */
        go_on = act(c, early && plan->answer_do == FAULT_GO_ON ? FAULT_HANG : plan->answer_do);
    } else {
        go_on = false;
    }
    free(answer.p);
    return go_on;
}

/* --- TLS, which is passed on as it comes --- */

/* What there is at `from` goes to `to`; false: that was the end. */
static bool pass(fault_conn *c, int from, int to)
{
    char piece[READ_BYTES];
    ssize_t n = recv(from, piece, sizeof piece, 0);
    if (n <= 0)
        return false;
    if (from == c->fd)
        fault_gate_received(c->gate, piece, (size_t)n);
    return up_write(to, piece, (size_t)n);
}

/* Until one side ends. */
static void tunnel(fault_conn *c)
{
    int fd = connect_backend(c);
    struct pollfd p[2] = {{.fd = c->fd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    bool go_on = fd >= 0;
    while (go_on && poll(p, 2, -1) > 0) {
        go_on = p[0].revents == 0 || pass(c, c->fd, fd);
        go_on = go_on && (p[1].revents == 0 || pass(c, fd, c->fd));
    }
    if (fd >= 0)
        close(fd);
}

static bool is_tunnel(char first, const fault_plan *plan)
{
    enum { TLS_HANDSHAKE = 0x16 };
    return first == TLS_HANDSHAKE && plan->answer.p == NULL && plan->request_do == FAULT_GO_ON;
}

/* --- a connection --- */

static bool exchange(fault_conn *c)
{
    bytes request = {0};
    struct pollfd p = {.fd = c->fd, .events = POLLIN};
    char byte;
    poll(&p, 1, -1);
    if (recv(c->fd, &byte, 1, MSG_PEEK) <= 0)
        return false;
    const fault_plan *plan = fault_gate_plan(c->gate, false);
    fault_gate_exchange(c->gate, true);
    c->in_exchange = true;
    bool go_on = false;
    if (is_tunnel(byte, plan))
        tunnel(c);
    else
        go_on = read_request(c, plan, &request) && answer_it(c, plan, &request);
    end_exchange(c);
    free(request.p);
    return go_on;
}

void *fault_conn_serve(void *arg)
{
    fault_conn *c = arg;
    const fault_plan *plan = fault_gate_plan(c->gate, true);
    bool go_on = plan->greeting.n == 0 || up_write(c->fd, plan->greeting.p, plan->greeting.n);
    go_on = go_on && act(c, plan->on_accept);
    while (go_on)
        go_on = exchange(c);
    fault_gate_leave(c);
    free(c);
    return NULL;
}
