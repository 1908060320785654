/* SPDX-License-Identifier: MIT */
/*
 * The pool: peers, idle connections, recycling, retirement. See endpoint.h and endpoint_private.h.
 *
 * h2o's loop walks its list of h2o_timeout_t while it runs timer callbacks, so one may not leave the list
 * from inside its own callbacks, nor may we know which one is running. The pool's own are made with the pool
 * and leave in a callback of the context's zero_timeout, where the one being walked is never ours.
 */
#include "gateway/endpoint_private.h"

#include <errno.h>

#include "gateway/budget.h"

/* --- peers --- */

static const char *peer_init(gw_peer *peer, gw_pool *pool, const gw_endpoint_cfg *cfg, SSL_CTX *share)
{
    const char *why = NULL;
    peer->pool = pool;
    peer->cfg = cfg;
    rd_buf_init(&peer->fixed_head, GW_REQUEST_HEAD_MAX / 2);
    if (!gw_request_fixed_head(&peer->fixed_head, pool->cfg, cfg))
        return "a configured header, host or path cannot be sent as it is";
    peer->has_literal = gw_address_parse(cfg->host, cfg->port, &peer->literal);
    if (!cfg->tls)
        return NULL;
    gw_address unused;
    peer->sni = gw_tls_name(&pool->cfg->tls, cfg->host);
    if (gw_address_parse(peer->sni, 0, &unused))
        peer->sni[0] = '\0'; /* RFC 6066 section 3: no addresses */
    peer->tls = gw_tls_client_new(&pool->cfg->tls, cfg->host, share, &why);
    return why;
}

static void peer_release(gw_peer *peer)
{
    rd_buf_wipe(&peer->fixed_head);
    rd_buf_release(&peer->fixed_head);
    SSL_CTX_free(peer->tls);
    free(peer->sni);
}

/* --- connections --- */

static void maybe_gone(gw_pool *p);

gw_conn *gw_conn_take(gw_peer *peer)
{
    gw_pool *p = peer->pool;
    gw_conn *conn = p->spare_conns;
    if (conn != NULL) {
        p->spare_conns = conn->older;
        p->n_spare_conns--;
    } else {
        conn = h2o_mem_alloc(sizeof *conn);
    }
    memset(conn, 0, sizeof *conn);
    conn->peer = peer;
    conn->born_us = gw_clock_us();
    peer->n_conns++;
    p->n_conns++;
    return conn;
}

bool gw_conn_charge(gw_conn *conn)
{
    size_t has = conn->sock->input->capacity;
    if (has <= GW_IDLE_INPUT_BYTES || has <= conn->charged)
        return true;
    if (!gw_budget_take_bytes(has - conn->charged))
        return false;
    conn->charged = has;
    return true;
}

static void give_charge(gw_conn *conn)
{
    if (conn->charged > 0)
        gw_budget_give_bytes(conn->charged);
    conn->charged = 0;
}

void gw_conn_recycle(gw_conn *conn)
{
    gw_pool *p = conn->peer->pool;
    give_charge(conn);
    conn->peer->n_conns--;
    p->n_conns--;
    if (p->n_spare_conns < GW_SPARE_MAX) {
        conn->older = p->spare_conns;
        p->spare_conns = conn;
        p->n_spare_conns++;
    } else {
        free(conn);
    }
    maybe_gone(p);
}

static void unpark(gw_conn *conn)
{
    gw_peer *peer = conn->peer;
    if (conn->newer != NULL)
        conn->newer->older = conn->older;
    else
        peer->idle = conn->older;
    if (conn->older != NULL)
        conn->older->newer = conn->newer;
    conn->older = conn->newer = NULL;
    peer->n_idle--;
    h2o_timeout_unlink(&conn->idle_timer);
}

/* Anything but a TLS record without content (a session ticket) ends an idle connection: the peer closes, or
 * says something nobody asked for, which the next call would take for its answer. */
static void on_idle_read(h2o_socket_t *sock, const char *err)
{
    gw_conn *conn = sock->data;
    if (err == NULL && sock->input->size == 0 && sock->ssl != NULL)
        return;
    unpark(conn);
    gw_conn_close(conn, err == NULL);
}

static void on_idle_timeout(h2o_timeout_entry_t *entry)
{
    gw_conn *conn = H2O_STRUCT_FROM_MEMBER(gw_conn, idle_timer, entry);
    unpark(conn);
    gw_conn_close(conn, true);
}

/* It may lead to where the name led long ago. */
static bool is_old(const gw_conn *conn)
{
    uint32_t most_ms = conn->peer->pool->cfg->max_connection_age_ms;
    return most_ms != 0 && gw_clock_us() - conn->born_us >= most_ms * UINT64_C(1000);
}

void gw_conn_park(gw_conn *conn)
{
    gw_peer *peer = conn->peer;
    gw_pool *p = peer->pool;
    if (p->retired || peer->n_idle >= p->cfg->max_idle_connections || is_old(conn)) {
        gw_conn_close(conn, true);
        return;
    }
    if (conn->sock->input->capacity > GW_IDLE_INPUT_BYTES) {
        h2o_buffer_dispose(&conn->sock->input);
        h2o_buffer_init(&conn->sock->input, &h2o_socket_buffer_prototype);
    } else {
        h2o_buffer_consume(&conn->sock->input, conn->sock->input->size);
    }
    give_charge(conn);
    conn->call = NULL;
    conn->older = peer->idle;
    conn->newer = NULL;
    if (peer->idle != NULL)
        peer->idle->newer = conn;
    peer->idle = conn;
    peer->n_idle++;
    conn->idle_timer = (h2o_timeout_entry_t){.cb = on_idle_timeout};
    h2o_timeout_link(p->ctx->loop, &p->idle, &conn->idle_timer);
    h2o_socket_read_start(conn->sock, on_idle_read);
}

/* Asks the kernel, because what has arrived since the loop last polled is not yet known here. */
static bool is_quiet(gw_conn *conn)
{
    char c;
    ssize_t n = recv(h2o_socket_get_fd(conn->sock), &c, 1, MSG_PEEK | MSG_DONTWAIT);
    return n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

gw_conn *gw_peer_reuse(gw_peer *peer)
{
    gw_conn *conn;
    while ((conn = peer->idle) != NULL) {
        unpark(conn);
        if (!is_old(conn) && is_quiet(conn))
            return conn;
        gw_conn_close(conn, false);
    }
    return NULL;
}

void gw_peer_drop_idle(gw_peer *peer, bool in_order)
{
    for (gw_conn *conn; (conn = peer->idle) != NULL;) {
        unpark(conn);
        gw_conn_close(conn, in_order);
    }
}

bool gw_peer_has_room(const gw_peer *peer)
{
    return peer->n_idle > 0 || peer->n_conns < peer->pool->cfg->max_connections;
}

/* --- calls --- */

gw_call *gw_call_take(gw_pool *p)
{
    gw_call *c = p->spare_calls;
    rd_buf head;
    if (c != NULL) {
        p->spare_calls = c->next_spare;
        p->n_spare_calls--;
        head = c->head;
    } else {
        c = h2o_mem_alloc(sizeof *c);
        rd_buf_init(&head, GW_REQUEST_HEAD_MAX);
    }
    memset(c, 0, sizeof *c);
    c->head = head;
    c->pool = p;
    p->n_calls++;
    return c;
}

void gw_call_recycle(gw_call *c)
{
    gw_pool *p = c->pool;
    p->n_calls--;
    rd_buf_wipe(&c->head);
    if (p->n_spare_calls < GW_SPARE_MAX) {
        rd_buf_clear(&c->head, GW_SPARE_HEAD_BYTES);
        c->next_spare = p->spare_calls;
        p->spare_calls = c;
        p->n_spare_calls++;
    } else {
        rd_buf_release(&c->head);
        free(c);
    }
    maybe_gone(p);
}

/* --- the pool --- */

static void pool_free(gw_pool *p)
{
    for (gw_call *c; (c = p->spare_calls) != NULL;) {
        p->spare_calls = c->next_spare;
        rd_buf_release(&c->head);
        free(c);
    }
    for (gw_conn *conn; (conn = p->spare_conns) != NULL;) {
        p->spare_conns = conn->older;
        free(conn);
    }
    for (size_t i = 0; i < p->n_peers; i++)
        peer_release(&p->peers[i]);
    free(p->peers);
    free(p);
}

static void on_gone_timer(h2o_timeout_entry_t *entry)
{
    gw_pool *p = H2O_STRUCT_FROM_MEMBER(gw_pool, gone_timer, entry);
    void (*on_gone)(void *arg) = p->on_gone;
    void *arg = p->on_gone_arg;
    h2o_timeout_dispose(p->ctx->loop, &p->tick);
    h2o_timeout_dispose(p->ctx->loop, &p->idle);
    pool_free(p);
    if (on_gone != NULL)
        on_gone(arg);
}

static void maybe_gone(gw_pool *p)
{
    if (!p->retired || p->n_calls > 0 || p->n_conns > 0 || h2o_timeout_is_linked(&p->gone_timer))
        return;
    p->gone_timer.cb = on_gone_timer;
    h2o_timeout_link(p->ctx->loop, &p->ctx->zero_timeout, &p->gone_timer);
}

/* Deadlines are checked against the monotonic clock at each tick, an eighth of the shortest, so that steps of
 * the wall clock, which h2o's timers follow, cannot end a call early. */
static uint32_t tick_of(const gw_upstream_cfg *cfg)
{
    uint32_t shortest = cfg->connect_timeout_ms;
    if (cfg->first_byte_timeout_ms < shortest)
        shortest = cfg->first_byte_timeout_ms;
    if (cfg->total_timeout_ms < shortest)
        shortest = cfg->total_timeout_ms;
    uint32_t tick = shortest / 8;
    return tick < 1 ? 1 : tick > 250 ? 250 : tick;
}

gw_pool *gw_pool_new(h2o_context_t *ctx, const gw_upstream_cfg *cfg, const char **out_why)
{
    const char *why = NULL;
    SSL_CTX *share = NULL;
    gw_pool *p = h2o_mem_alloc(sizeof *p);
    memset(p, 0, sizeof *p);
    p->ctx = ctx;
    p->cfg = cfg;
    p->peers = h2o_mem_alloc(sizeof *p->peers * (cfg->n_endpoints + 1));
    memset(p->peers, 0, sizeof *p->peers * (cfg->n_endpoints + 1));
    for (size_t i = 0; i < cfg->n_endpoints && why == NULL; i++) {
        p->n_peers++;
        why = peer_init(&p->peers[i], p, &cfg->endpoints[i], share);
        share = share != NULL ? share : p->peers[i].tls;
    }
    if (why != NULL) {
        pool_free(p);
        *out_why = why;
        return NULL;
    }
    p->tick_ms = tick_of(cfg);
    h2o_timeout_init(ctx->loop, &p->tick, p->tick_ms);
    h2o_timeout_init(ctx->loop, &p->idle, cfg->idle_timeout_ms);
    return p;
}

void gw_pool_retire(gw_pool *p, void (*on_gone)(void *arg), void *arg)
{
    p->retired = true;
    p->on_gone = on_gone;
    p->on_gone_arg = arg;
    for (size_t i = 0; i < p->n_peers; i++)
        gw_peer_drop_idle(&p->peers[i], true);
    maybe_gone(p);
}

bool gw_pool_has_room(const gw_pool *p, size_t endpoint)
{
    return endpoint < p->n_peers && gw_peer_has_room(&p->peers[endpoint]);
}

uint32_t gw_pool_connections(const gw_pool *p)
{
    return p->n_conns;
}
