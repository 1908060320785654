/* SPDX-License-Identifier: MIT */
#include "gateway/turnaway.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
    AWAIT_MS = 10000,        /* for the beginning of a request */
    LINGER_MS = 2000,        /* from the answer to the close */
    DISCARD_BYTES = 4 << 20, /* of a request that nobody reads */
    TURN_BYTES = 64 << 10    /* of them in one turn of the loop */
};

struct gw_turnaway {
    gw_thread *thread;
    h2o_linklist_t answered; /* the first of them first */
};

typedef struct away {
    gw_turnaway *all;
    h2o_linklist_t link; /* once answered */
    h2o_socket_t *sock;  /* says when there is something to read; reads nothing itself */
    h2o_timeout_entry_t tick;
    uint64_t until_ms;
    size_t discarded;
    bool answered;
} away;

static _Atomic unsigned n_away;

static void end(away *a)
{
    h2o_timeout_unlink(&a->tick);
    if (a->answered)
        h2o_linklist_unlink(&a->link);
    h2o_socket_close(a->sock);
    free(a);
    atomic_fetch_sub(&n_away, 1);
}

/* Nothing was sent on this socket yet, so the kernel has room for it. */
static bool answer(away *a, int fd)
{
    static const char text[] = "HTTP/1.1 503 Service Unavailable\r\n"
                               "content-type: text/plain; charset=utf-8\r\n"
                               "retry-after: 2\r\n"
                               "connection: close\r\n"
                               "content-length: 32\r\n"
                               "\r\n"
                               "too many connections, try again\n";
    a->answered = true;
    h2o_linklist_insert(&a->all->answered, &a->link);
    a->until_ms = gw_now_ms() + LINGER_MS;
    if (send(fd, text, sizeof text - 1, MSG_NOSIGNAL | MSG_DONTWAIT) != sizeof text - 1)
        return false;
    gw_count(a->all->thread->counters, GW_METRIC_HTTP_REQUESTS, GW_SIGNAL_COUNT, gw_metrics_status(503), 0,
             1);
    return shutdown(fd, SHUT_WR) == 0;
}

/* Throws away what has come; closing while bytes of the sender are unread would reset the connection, and the
 * answer may go with it. False: it is time to close. */
static bool look(away *a)
{
    char nothing[TURN_BYTES];
    int fd = h2o_socket_get_fd(a->sock);
    ssize_t n = recv(fd, nothing, sizeof nothing, MSG_DONTWAIT);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    a->discarded += (size_t)n;
    if (n == 0 || a->discarded > DISCARD_BYTES)
        return false;
    return a->answered || answer(a, fd);
}

static void on_readable(h2o_socket_t *sock, const char *err)
{
    away *a = sock->data;
    if (err != NULL || !look(a))
        end(a);
}

/* A request may have come while the loop was busy with others. */
static void on_tick(h2o_timeout_entry_t *entry)
{
    away *a = H2O_STRUCT_FROM_MEMBER(away, tick, entry);
    if (gw_now_ms() >= a->until_ms && (!look(a) || gw_now_ms() >= a->until_ms))
        end(a);
    else
        h2o_timeout_link(a->all->thread->h2o.loop, &a->all->thread->tick, entry);
}

gw_turnaway *gw_turnaway_new(gw_thread *t)
{
    gw_turnaway *all = calloc(1, sizeof *all);
    if (all == NULL)
        abort();
    all->thread = t;
    h2o_linklist_init_anchor(&all->answered);
    return all;
}

/* False: there is no place. */
static bool take_place(gw_turnaway *all)
{
    if (atomic_fetch_add(&n_away, 1) < GW_TURNAWAY_MOST)
        return true;
    if (h2o_linklist_is_empty(&all->answered))
        return false;
    end(H2O_STRUCT_FROM_MEMBER(away, link, all->answered.next));
    return true;
}

void gw_turn_away(gw_turnaway *all, h2o_socket_t *sock)
{
    h2o_loop_t *loop = all->thread->h2o.loop;
    h2o_socket_export_t fresh;
    away *a = take_place(all) ? calloc(1, sizeof *a) : NULL;
    if (a == NULL || h2o_socket_export(sock, &fresh) != 0) {
        atomic_fetch_sub(&n_away, 1);
        free(a);
        h2o_socket_close(sock);
        return;
    }
    h2o_buffer_dispose(&fresh.input); /* nothing was read yet */
    *a = (away){.all = all, .tick.cb = on_tick, .until_ms = gw_now_ms() + AWAIT_MS};
    a->sock = h2o_evloop_socket_create(loop, fresh.fd, H2O_SOCKET_FLAG_DONT_READ);
    a->sock->data = a;
    h2o_timeout_link(loop, &all->thread->tick, &a->tick);
    h2o_socket_read_start(a->sock, on_readable);
}
