/* SPDX-License-Identifier: MIT */
#include "gateway/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/budget.h"
#include "gateway/log.h"
#include "gateway/turnaway.h"

enum {
    BACKLOG = 4096,
    ACCEPTS_PER_TURN = 32,
    HANDSHAKE_MS = 10000,
    UNACKED_MS =
        60000 /* a peer that takes nothing for so long is gone; also while h2o waits to say goodbye in TLS */
};

struct gw_listener {
    gw_thread *thread;
    gw_http1_server *http;
    int index;
    h2o_socket_t *sock;
    h2o_timeout_t handshake_timeout; /* of handshakes begun here */
    gw_turnaway *away;               /* owned, as long as the thread lives */
};

/* A TLS handshake under way. */
typedef struct handshake {
    gw_thread *thread;
    gw_http1_server *http;
    gw_binding *binding; /* shared: keeps the SSL_CTX alive, which h2o uses lazily */
    h2o_socket_t *sock;
    h2o_timeout_entry_t deadline;
    SSL *ssl; /* of `sock`, once the handshake is done; owned by h2o */
    bool turned_away;
} handshake;

static int try_bind(const struct addrinfo *a, bool share)
{
    int one = 1, unacked_ms = UNACKED_MS,
        fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacked_ms, sizeof unacked_ms);
    if (share)
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    if (a->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && (!share || listen(fd, BACKLOG) == 0))
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static int bind_address(const gw_listener_cfg *cfg, uint16_t port_number, bool share, const char **out_why)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV},
                    *list = NULL;
    char port[8];
    snprintf(port, sizeof port, "%u", port_number);
    int e = getaddrinfo(cfg->host, port, &hints, &list);
    if (e != 0) {
        *out_why = gai_strerror(e);
        return -1;
    }
    int fd = try_bind(list, share);
    *out_why = fd < 0 ? strerror(errno) : "";
    freeaddrinfo(list);
    return fd;
}

bool gw_listener_free(const gw_listener_cfg *cfg, const char **out_why)
{
    int fd = bind_address(cfg, cfg->port, false, out_why);
    if (fd < 0)
        return false;
    close(fd);
    return true;
}

int gw_listener_bind(const gw_listener_cfg *cfg, uint16_t port, const char **out_why)
{
    return bind_address(cfg, port, true, out_why);
}

uint16_t gw_listener_port(int fd)
{
    struct sockaddr_storage a = {0};
    socklen_t n = sizeof a;
    if (getsockname(fd, (struct sockaddr *)&a, &n) != 0)
        return 0;
    return ntohs(a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&a)->sin6_port
                                         : ((struct sockaddr_in *)&a)->sin_port);
}

/* ---- TLS ---- */

static void handshake_free(handshake *h)
{
    h2o_timeout_unlink(&h->deadline);
    gw_binding_unref(&h->binding);
    free(h);
}

static void handshake_failed(handshake *h)
{
    h2o_socket_t *sock = h->sock;
    gw_count(h->thread->counters, GW_METRIC_TLS_FAILURES, 0, 0, 0, 1);
    gw_log(TLS_HANDSHAKE_FAILED, gw_u64("thread", h->thread->index));
    if (h->turned_away)
        gw_budget_give_turned_away();
    else
        gw_budget_give_connection(GW_TLS_CONNECTION_BYTES);
    handshake_free(h);
    h2o_socket_close(sock);
}

/* h2o hides the SSL of a socket, but makes the socket the data of its BIO. */
static void on_ssl_info(const SSL *ssl, int where, int value)
{
    h2o_socket_t *sock = (where & SSL_CB_HANDSHAKE_DONE) != 0 ? BIO_get_data(SSL_get_rbio(ssl)) : NULL;
    if (sock != NULL && sock->data != NULL)
        ((handshake *)sock->data)->ssl = (SSL *)ssl;
}

/* Key updates are handshakes as well; by then the socket's data is something else. */
static void on_later_info(const SSL *ssl, int where, int value)
{
}

static void on_handshake(h2o_socket_t *sock, const char *err)
{
    handshake *h = sock->data;
    if (err != NULL) {
        handshake_failed(h);
        return;
    }
    gw_http1_server *http = h->http;
    gw_peer *peer = gw_peer_of_ssl(h->ssl);
    if (h->ssl != NULL)
        SSL_set_info_callback(h->ssl, on_later_info);
    bool turned_away = h->turned_away;
    handshake_free(h);
    if (turned_away)
        gw_http1_turn_away(http, sock, peer);
    else
        gw_http1_accept(http, sock, peer, GW_TLS_CONNECTION_BYTES);
}

static void on_handshake_deadline(h2o_timeout_entry_t *entry)
{
    handshake_failed(H2O_STRUCT_FROM_MEMBER(handshake, deadline, entry));
}

static void start_handshake(gw_listener *l, h2o_socket_t *sock, SSL_CTX *ctx, bool turned_away)
{
    handshake *h = malloc(sizeof *h);
    if (h == NULL)
        abort();
    *h = (handshake){.thread = l->thread,
                     .http = l->http,
                     .binding = gw_binding_ref(l->thread->binding),
                     .sock = sock,
                     .turned_away = turned_away};
    h->deadline.cb = on_handshake_deadline;
    h2o_timeout_link(l->thread->h2o.loop, &l->handshake_timeout, &h->deadline);
    sock->data = h;
    SSL_CTX_set_info_callback(ctx, on_ssl_info);
    h2o_socket_ssl_handshake(sock, ctx, NULL, on_handshake);
}

/* ---- accept ---- */

static void take(gw_listener *l, h2o_socket_t *sock)
{
    gw_thread *t = l->thread;
    SSL_CTX *ctx = l->index < 0 ? NULL : t->binding->gen->tls[l->index];
    uint64_t n_bytes = l->index < 0 ? 0 : ctx != NULL ? GW_TLS_CONNECTION_BYTES : GW_CONNECTION_BYTES;
    if (l->index < 0 ? !gw_budget_take_admin_connection() : !gw_budget_take_connection(n_bytes)) {
        gw_count(t->counters, GW_METRIC_CONNECTIONS_REFUSED, 0, 0, 0, 1);
        gw_log(CONNECTION_LIMIT, gw_u64("connections", gw_budget_connections()),
               gw_u64("memory_bytes", gw_budget_bytes()));
        if (ctx == NULL)
            gw_turn_away(l->away, sock);
        else if (gw_budget_take_turned_away())
            start_handshake(l, sock, ctx, true);
        else
            h2o_socket_close(sock);
        return;
    }
    gw_count(t->counters, GW_METRIC_CONNECTIONS_ACCEPTED, 0, 0, 0, 1);
    if (ctx != NULL)
        start_handshake(l, sock, ctx, false);
    else
        gw_http1_accept(l->http, sock, NULL, n_bytes);
}

static void accept_some(gw_listener *l, unsigned n)
{
    h2o_socket_t *sock;
    while (n-- > 0 && (sock = h2o_evloop_socket_accept(l->sock)) != NULL)
        take(l, sock);
}

static void on_acceptable(h2o_socket_t *sock, const char *err)
{
    if (err == NULL)
        accept_some(sock->data, ACCEPTS_PER_TURN);
}

gw_listener *gw_listener_new(gw_thread *t, int fd, int index, gw_http1_server *http)
{
    gw_listener *l = calloc(1, sizeof *l);
    if (l == NULL)
        abort();
    *l = (gw_listener){.thread = t, .http = http, .index = index, .away = gw_turnaway_new(t)};
    h2o_timeout_init(t->h2o.loop, &l->handshake_timeout, HANDSHAKE_MS);
    l->sock = h2o_evloop_socket_create(t->h2o.loop, fd, H2O_SOCKET_FLAG_DONT_READ);
    l->sock->data = l;
    h2o_socket_read_start(l->sock, on_acceptable);
    return l;
}

void gw_listener_close(gw_listener **pl)
{
    gw_listener *l = *pl;
    if (l == NULL)
        return;
    *pl = NULL;
    accept_some(l, BACKLOG);
    h2o_socket_read_stop(l->sock);
    h2o_socket_close(l->sock);
    /* `l` stays: handshakes use its timeout until the thread ends. */
    l->sock = NULL;
}
