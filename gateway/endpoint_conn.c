/* SPDX-License-Identifier: MIT */
/*
 * A connection on its way to being ready:
 *
 *   lookup (unless the host is an address) -> TCP, address after address -> TLS (https) -> gw_call_on_ready
 *
 * and its end. The deadline for all of this is the call's; closing the connection stops whatever is under
 * way.
 */
#include "gateway/endpoint_private.h"

#include <arpa/inet.h>
#include <inttypes.h>

static void on_connect(h2o_socket_t *sock, const char *err);

static socklen_t address_n(const gw_address *a)
{
    return a->any.sa_family == AF_INET6 ? (socklen_t)sizeof a->v6 : (socklen_t)sizeof a->v4;
}

/* The next address that accepts the attempt; false: none left. */
static bool try_next(gw_conn *conn)
{
    while (conn->next_address < conn->n_addresses) {
        gw_address *a = &conn->addresses[conn->next_address++];
        conn->sock = h2o_socket_connect(conn->peer->pool->ctx->loop, &a->any, address_n(a), on_connect);
        if (conn->sock != NULL) {
            conn->sock->data = conn;
            return true;
        }
    }
    return false;
}

static void drop_socket(gw_conn *conn, bool in_order)
{
    if (conn->sock == NULL)
        return;
    h2o_socket_t *sock = conn->sock;
    conn->sock = NULL;
    conn->ssl = NULL;
    sock->data = NULL;
    /* h2o would wait for room to write close_notify, without any deadline. */
    if (sock->ssl != NULL && !in_order)
        shutdown(h2o_socket_get_fd(sock), SHUT_RDWR);
    h2o_socket_close(sock);
}

static void on_handshake(h2o_socket_t *sock, const char *err)
{
    gw_conn *conn = sock->data;
    /* OpenSSL has checked the name by then, in every TLS version; h2o's own check knows no IP addresses. */
    if (err != NULL && err != h2o_socket_error_ssl_cert_name_mismatch) {
        gw_call_on_unreachable(conn->call, GW_CALL_TLS);
        return;
    }
    /* Full records: h2o's default of one packet each suits browsers that render as they read. */
    sock->_latency_optimization.state = H2O_SOCKET_LATENCY_OPTIMIZATION_STATE_NEEDS_UPDATE;
    sock->_latency_optimization.suggested_tls_payload_size = 16384;
    gw_call_on_ready(conn->call);
}

static void on_connect(h2o_socket_t *sock, const char *err)
{
    gw_conn *conn = sock->data;
    if (err != NULL) {
        drop_socket(conn, false);
        if (!try_next(conn))
            gw_call_on_unreachable(conn->call, GW_CALL_CONNECT);
        return;
    }
    if (conn->peer->tls != NULL) {
        h2o_socket_ssl_handshake(sock, conn->peer->tls, conn->peer->sni, on_handshake);
        return;
    }
    gw_call_on_ready(conn->call);
}

static void learn_addresses(gw_peer *peer, const struct addrinfo *list)
{
    unsigned n = 0;
    for (const struct addrinfo *ai = list; ai != NULL && n < GW_CONN_MAX_ADDRESSES; ai = ai->ai_next) {
        bool known = ai->ai_family == AF_INET || ai->ai_family == AF_INET6;
        if (known && ai->ai_addrlen <= sizeof peer->known[0])
            memcpy(&peer->known[n++], ai->ai_addr, ai->ai_addrlen);
    }
    if (n > 0)
        peer->n_known = n;
}

/* Each connection begins at the next address of the first one's kind; the order of kinds is the resolver's.
 */
static void use_addresses(gw_conn *conn)
{
    gw_peer *peer = conn->peer;
    unsigned alike = 0;
    while (alike < peer->n_known && peer->known[alike].any.sa_family == peer->known[0].any.sa_family)
        alike++;
    for (unsigned i = 0; i < peer->n_known; i++)
        conn->addresses[i] = peer->known[i < alike ? (peer->turn + i) % alike : i];
    conn->n_addresses = peer->n_known;
    peer->turn++;
}

static void on_addresses(h2o_hostinfo_getaddr_req_t *req, const char *err, struct addrinfo *list, void *data)
{
    gw_conn *conn = data;
    conn->lookup = NULL;
    if (err == NULL)
        learn_addresses(conn->peer, list);
    use_addresses(conn);
    if (conn->n_addresses == 0)
        gw_call_on_unreachable(conn->call, GW_CALL_RESOLVE);
    else if (!try_next(conn))
        gw_call_on_unreachable(conn->call, GW_CALL_CONNECT);
}

bool gw_conn_open(gw_conn *conn)
{
    gw_peer *peer = conn->peer;
    if (peer->has_literal) {
        conn->addresses[0] = peer->literal;
        conn->n_addresses = 1;
        return try_next(conn);
    }
    char port[sizeof "65535"];
    int n = snprintf(port, sizeof port, "%" PRIu16, peer->cfg->port);
    conn->lookup = h2o_hostinfo_getaddr(&peer->pool->ctx->receivers.hostinfo_getaddr,
                                        h2o_iovec_init(peer->cfg->host, strlen(peer->cfg->host)),
                                        h2o_iovec_init(port, (size_t)n), AF_UNSPEC, SOCK_STREAM, IPPROTO_TCP,
                                        AI_ADDRCONFIG | AI_NUMERICSERV, on_addresses, conn);
    return true;
}

void gw_conn_close(gw_conn *conn, bool in_order)
{
    if (conn->lookup != NULL) {
        h2o_hostinfo_getaddr_cancel(conn->lookup);
        conn->lookup = NULL;
    }
    drop_socket(conn, in_order);
    gw_conn_recycle(conn);
}

bool gw_address_parse(const char *host, uint16_t port, gw_address *out)
{
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, host, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons(port);
        return true;
    }
    if (inet_pton(AF_INET6, host, &out->v6.sin6_addr) == 1) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons(port);
        return true;
    }
    return false;
}
