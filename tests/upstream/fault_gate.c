/* SPDX-License-Identifier: MIT */
#include "tests/upstream/fault_gate.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/upstream/fault_conn.h"

enum { BACKLOG = 256, FILLERS = 2 };

struct fault_gate {
    uint16_t port, backend;
    int listener, wake;
    int fillers[FILLERS]; /* connections of ours that keep a full queue full; -1: none */
    FILE *bytes, *log;
    pthread_mutex_t lock; /* for all that follows, and for the files */
    fault_plan *plan;
    fault_conn *conns;
    unsigned accepted, open, exchanges, in_flight, max_in_flight;
};

static fault_plan pass_through = {.times = -1, .repeat_times = -1};

static _Noreturn void die(const char *what)
{
    perror(what);
    exit(1);
}

/* --- listening --- */

static int connect_to(uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connect(fd, (struct sockaddr *)&a, sizeof a); /* under way, or nothing: both fill the queue */
    return fd;
}

/* On Linux a listener that is shut down keeps its port and can listen again, so that nobody takes the port
 * meanwhile. A queue of length 0 has room for one connection that is never accepted; who comes after it is
 * not answered. Under the lock. */
static void apply_listen(fault_gate *g, fault_listen want)
{
    for (unsigned i = 0; i < FILLERS; i++) {
        if (g->fillers[i] >= 0)
            close(g->fillers[i]);
        g->fillers[i] = -1;
    }
    if (want != FAULT_LISTEN_ON)
        shutdown(g->listener, SHUT_RD);
    if (want != FAULT_LISTEN_OFF && listen(g->listener, want == FAULT_LISTEN_ON ? BACKLOG : 0) != 0)
        die("listen");
    for (unsigned i = 0; want == FAULT_LISTEN_FULL && i < FILLERS; i++)
        g->fillers[i] = connect_to(g->port);
}

static fault_plan *current(fault_gate *g)
{
    pthread_mutex_lock(&g->lock);
    fault_plan *plan = g->plan;
    pthread_mutex_unlock(&g->lock);
    return plan;
}

static void start_conn(fault_gate *g, int fd)
{
    pthread_attr_t detached;
    pthread_t thread;
    int on = 1;
    fault_conn *c = calloc(1, sizeof *c);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    pthread_mutex_lock(&g->lock);
    *c = (fault_conn){.fd = fd, .gate = g, .seed = ++g->accepted, .next = g->conns};
    g->conns = c;
    g->open++;
    pthread_mutex_unlock(&g->lock);
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&detached, 256 * 1024);
    if (pthread_create(&thread, &detached, fault_conn_serve, c) != 0)
        die("pthread_create");
    pthread_attr_destroy(&detached);
}

static void accept_one(fault_gate *g)
{
    long ms = current(g)->accept_delay_ms;
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
    int fd = accept4(g->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        start_conn(g, fd);
}

static void *accept_all(void *arg)
{
    fault_gate *g = arg;
    for (;;) {
        bool on = current(g)->listen == FAULT_LISTEN_ON;
        struct pollfd fds[2] = {{.fd = g->wake, .events = POLLIN},
                                {.fd = on ? g->listener : -1, .events = POLLIN}};
        uint64_t ignored;
        poll(fds, 2, -1);
        if (fds[0].revents != 0 && read(g->wake, &ignored, sizeof ignored) < 0)
            die("eventfd");
        else if (fds[0].revents == 0 && fds[1].revents != 0)
            accept_one(g);
    }
    return NULL;
}

static FILE *open_file(const char *dir, unsigned index, const char *suffix)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/gate-%u.%s", dir, index, suffix);
    FILE *f = fopen(path, "ab");
    if (f == NULL)
        die(path);
    return f;
}

/* A port that was asked for by number stays with the socket when it stops listening, one that the kernel
 * chose does not: so it is asked for twice. */
static int bound_socket(uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&a, sizeof a) != 0)
        die("bind");
    return fd;
}

static void start_listening(fault_gate *g)
{
    struct sockaddr_in a;
    socklen_t n = sizeof a;
    int any = bound_socket(0);
    if (getsockname(any, (struct sockaddr *)&a, &n) != 0)
        die("getsockname");
    close(any);
    g->port = ntohs(a.sin_port);
    g->listener = bound_socket(g->port);
    if (listen(g->listener, BACKLOG) != 0)
        die("listen");
}

fault_gate *fault_gate_new(unsigned index, const char *dir, uint16_t backend)
{
    pthread_t thread;
    fault_gate *g = calloc(1, sizeof *g);
    *g = (fault_gate){.backend = backend, .plan = &pass_through, .fillers = {-1, -1}};
    pthread_mutex_init(&g->lock, NULL);
    g->bytes = open_file(dir, index, "bytes");
    g->log = open_file(dir, index, "log");
    g->wake = eventfd(0, EFD_CLOEXEC);
    start_listening(g);
    if (pthread_create(&thread, NULL, accept_all, g) != 0)
        die("pthread_create");
    return g;
}

uint16_t fault_gate_port(const fault_gate *g)
{
    return g->port;
}

uint16_t fault_gate_backend(const fault_gate *g)
{
    return g->backend;
}

/* --- plans --- */

void fault_gate_set(fault_gate *g, fault_plan *plan)
{
    uint64_t one = 1;
    pthread_mutex_lock(&g->lock);
    g->plan = plan;
    g->max_in_flight = g->in_flight;
    apply_listen(g, plan->listen);
    for (fault_conn *c = g->conns; plan->drop != FAULT_DROP_NO && c != NULL; c = c->next) {
        c->reset = plan->drop == FAULT_DROP_RESET;
        shutdown(c->fd, c->reset ? SHUT_RD : SHUT_RDWR); /* its thread notices, and closes */
    }
    pthread_mutex_unlock(&g->lock);
    if (write(g->wake, &one, sizeof one) < 0)
        die("eventfd");
}

const fault_plan *fault_gate_plan(fault_gate *g, bool at_accept)
{
    pthread_mutex_lock(&g->lock);
    fault_plan *plan = g->plan;
    bool counts_accepts = plan->on_accept != FAULT_GO_ON || plan->greeting.n > 0;
    if (plan->times == 0)
        plan = &pass_through;
    else if (plan->times > 0 && counts_accepts == at_accept)
        plan->times--;
    pthread_mutex_unlock(&g->lock);
    return plan;
}

/* --- the record --- */

json_t *fault_gate_stats(fault_gate *g)
{
    pthread_mutex_lock(&g->lock);
    json_t *stats = json_pack("{si si si si si}", "accepted", g->accepted, "open", g->open, "exchanges",
                              g->exchanges, "in_flight", g->in_flight, "max_in_flight", g->max_in_flight);
    pthread_mutex_unlock(&g->lock);
    return stats;
}

void fault_gate_received(fault_gate *g, const void *p, size_t n)
{
    pthread_mutex_lock(&g->lock);
    if (fwrite(p, 1, n, g->bytes) != n || fflush(g->bytes) != 0)
        die("write");
    pthread_mutex_unlock(&g->lock);
}

void fault_gate_exchange(fault_gate *g, bool begins)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    pthread_mutex_lock(&g->lock);
    g->exchanges += begins;
    g->in_flight += begins ? 1u : -1u;
    if (g->in_flight > g->max_in_flight)
        g->max_in_flight = g->in_flight;
    fprintf(g->log, "%lld%06ld %c %u\n", (long long)t.tv_sec, t.tv_nsec / 1000, begins ? '+' : '-',
            g->in_flight);
    fflush(g->log);
    pthread_mutex_unlock(&g->lock);
}

void fault_gate_leave(fault_conn *c)
{
    fault_gate *g = c->gate;
    pthread_mutex_lock(&g->lock);
    for (fault_conn **at = &g->conns; *at != NULL; at = &(*at)->next) {
        if (*at == c) {
            *at = c->next;
            break;
        }
    }
    g->open--;
    if (c->reset)
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1}, sizeof(struct linger));
    close(c->fd);
    pthread_mutex_unlock(&g->lock);
}
