/* SPDX-License-Identifier: MIT */
/*
 * One call:
 *
 *   start --reused--> SENDING --written--> WAITING --answer--> ENDED (callback)
 *     |                 ^  |                  |
 *     +-> CONNECTING ---+  +--early answer----+--> ENDED
 *     +-> ENDING (nothing could be tried) --> ENDED
 *
 * A reused connection that ends before any byte of an answer leads back to CONNECTING, once.
 *
 * When is a 2xx an acknowledgement? Only when the whole body had been handed to the kernel before it was
 * taken: a backend that says yes to half a body has not stored the rest. Refusals are believed at any time.
 */
#include "gateway/endpoint_private.h"

static void on_tick(h2o_timeout_entry_t *entry);
static void on_read(h2o_socket_t *sock, const char *err);
static void on_sent(h2o_socket_t *sock, const char *err);

/* --- ends --- */

static void drop_conn(gw_call *c, bool in_order)
{
    gw_conn *conn = c->conn;
    gw_outbox_remove(c);
    c->conn = NULL;
    if (conn != NULL)
        gw_conn_close(conn, in_order);
}

static void end(gw_call *c, gw_call_result r, const gw_call_response *res)
{
    h2o_timeout_unlink(&c->timer);
    gw_outbox_remove(c);
    c->phase = GW_CALL_ENDED;
    c->cb(c->arg, r, res);
}

static void fail(gw_call *c, gw_call_result r)
{
    /* Nothing is acknowledged any more: a host or a path that has gone without a word, and with it the idle
     * ones. */
    if (r == GW_CALL_SEND_TIMEOUT && c->reused)
        gw_peer_drop_idle(c->peer, false);
    drop_conn(c, false);
    end(c, r, NULL);
    gw_call_recycle(c);
}

static void on_later(h2o_timeout_entry_t *entry)
{
    gw_call *c = H2O_STRUCT_FROM_MEMBER(gw_call, timer, entry);
    fail(c, c->early_result);
}

static void fail_later(gw_call *c, gw_call_result r)
{
    h2o_timeout_unlink(&c->timer);
    c->phase = GW_CALL_ENDING;
    c->early_result = r;
    c->timer.cb = on_later;
    h2o_timeout_link(c->pool->ctx->loop, &c->pool->ctx->zero_timeout, &c->timer);
}

/* --- connecting --- */

static void connect_fresh(gw_call *c)
{
    c->phase = GW_CALL_CONNECTING;
    c->connecting_us = gw_clock_us();
    c->reused = c->seen = c->answered = c->write_failed = false;
    c->conn = gw_conn_take(c->peer);
    c->conn->call = c;
    if (!gw_conn_open(c->conn))
        fail_later(c, GW_CALL_CONNECT);
}

void gw_call_on_unreachable(gw_call *c, gw_call_result r)
{
    fail(c, r);
}

/* The connection is of no use any more and there is no whole answer. */
static void on_lost(gw_call *c, const char *err)
{
    if (c->reused && !c->seen) {
        drop_conn(c, false);
        connect_fresh(c);
        return;
    }
    /* Under TLS 1.3 a server refuses our certificate, or its absence, after our handshake has ended well. */
    bool broken = err != NULL && err != h2o_socket_error_closed && err != h2o_socket_error_io;
    bool tls = c->conn->alerted || (c->peer->tls != NULL && broken); /* h2o has several words for that */
    fail(c, tls && !c->seen ? GW_CALL_TLS : GW_CALL_RESET);
}

/* --- sending --- */

void gw_call_send(gw_call *c)
{
    h2o_iovec_t parts[2];
    size_t n_parts = 0, room = SIZE_MAX;
    if (c->peer->tls != NULL)
        room = GW_TLS_SLICE_BYTES;
    if (c->sent == 0) {
        parts[n_parts++] = h2o_iovec_init(c->head.p, c->head.n);
        room -= c->head.n;
    }
    size_t left = c->body.n - c->sent, n = left < room ? left : room;
    if (n > 0)
        parts[n_parts++] = h2o_iovec_init(c->body.p + c->sent, n);
    c->sent += n;
    h2o_socket_write(c->conn->sock, parts, n_parts, on_sent);
}

static void start_sending(gw_call *c)
{
    c->phase = GW_CALL_SENDING;
    c->sent = 0;
    c->acked = 0;
    c->quiet_us = gw_clock_us();
    gw_response_init(&c->response, c->pool->cfg->max_response_bytes);
    h2o_socket_read_start(c->conn->sock, on_read);
    gw_outbox_put(c);
}

void gw_call_on_ready(gw_call *c)
{
    c->connect_us = (uint32_t)(gw_clock_us() - c->connecting_us);
    start_sending(c);
}

/* --- the answer --- */

static rd_slice slice_of(const gw_call *c, gw_response_span s)
{
    return rd_slice_of(c->conn->sock->input->bytes + s.at, s.n);
}

static void complete(gw_call *c)
{
    gw_conn *conn = c->conn;
    const gw_response *r = &c->response;
    bool written = c->phase != GW_CALL_SENDING && !c->write_failed;
    bool reusable = written && r->reusable && conn->sock->input->size == r->head_n + r->body_n;
    gw_call_response res = {
        .status = r->status,
        .content_type = slice_of(c, r->content_type),
        .retry_after = slice_of(c, r->retry_after),
        .body = slice_of(c, (gw_response_span){r->head_n, (size_t)r->body_n}),
        .ack = gw_ack_of_backend(r->status),
        .total_us = (uint32_t)(gw_clock_us() - c->started_us),
        .connect_us = c->connect_us,
        .reused = c->reused,
    };
    end(c, GW_CALL_OK, &res);
    c->conn = NULL;
    if (reusable)
        gw_conn_park(conn);
    else
        gw_conn_close(conn, written);
    gw_call_recycle(c);
}

static void on_answer(gw_call *c)
{
    int status = c->response.status;
    bool ack = gw_ack_of_backend(status) != NULL;
    if (c->answered)
        return;
    /* Some servers say 408 while they close an idle connection; that is no answer to this request. */
    if (status == 408 && c->reused && !c->response.reusable) {
        c->seen = false;
        on_lost(c, NULL);
    } else if (ack && c->write_failed) {
        fail(c, GW_CALL_RESET);
    } else if (ack && c->phase == GW_CALL_SENDING && c->sent < c->body.n) {
        fail(c, GW_CALL_PROTOCOL);
    } else if (ack && c->phase == GW_CALL_SENDING) {
        c->answered = true; /* on_sent decides */
    } else {
        complete(c);
    }
}

static void on_sent(h2o_socket_t *sock, const char *err)
{
    gw_conn *conn = sock->data;
    gw_call *c = conn->call;
    c->quiet_us = gw_clock_us();
    if (err == NULL && c->sent < c->body.n) {
        gw_call_send(c);
        return;
    }
    c->phase = GW_CALL_WAITING;
    if (err == NULL && c->answered) {
        complete(c);
    } else if (err != NULL && c->answered) {
        fail(c, GW_CALL_RESET);
    } else if (err != NULL) {
        c->write_failed =
            true; /* the peer's last words may still be in the receive queue: the read side ends the call */
    }
}

/* The peer has closed in order; what does that make of the answer so far? */
static gw_response_step at_close(gw_call *c)
{
    h2o_buffer_t *in = c->conn->sock->input;
    gw_response_step step = gw_response_close(&c->response, in->bytes, in->size);
    /* Without close_notify anybody on the path may have cut it. OpenSSL counts fatal alerts as one. */
    gw_conn *conn = c->conn;
    bool notified = conn->ssl != NULL && (SSL_get_shutdown(conn->ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
    bool cut = c->peer->tls != NULL && (!notified || conn->alerted);
    return step == GW_RESPONSE_DONE && cut ? GW_RESPONSE_MORE : step;
}

static void on_read(h2o_socket_t *sock, const char *err)
{
    gw_conn *conn = sock->data;
    gw_call *c = conn->call;
    gw_response_step step = GW_RESPONSE_MORE;
    if (!gw_conn_charge(conn)) {
        fail(c, GW_CALL_TOO_LARGE);
        return;
    }
    if (sock->input->size > 0) {
        c->seen = true;
        step = gw_response_feed(&c->response, sock->input->bytes, &sock->input->size);
    }
    if (step == GW_RESPONSE_MORE && err == h2o_socket_error_closed)
        step = at_close(c);
    if (err != NULL && c->answered)
        fail(c, GW_CALL_RESET);
    else if (step == GW_RESPONSE_DONE)
        on_answer(c);
    else if (step == GW_RESPONSE_BAD)
        fail(c, GW_CALL_PROTOCOL);
    else if (step == GW_RESPONSE_TOO_LARGE)
        fail(c, GW_CALL_TOO_LARGE);
    else if (err != NULL)
        on_lost(c, err);
}

/* --- deadlines --- */

/* Rounded to the nearest tick. */
static bool is_due(const gw_call *c, uint64_t since_us, uint32_t limit_ms, uint64_t now_us)
{
    return now_us - since_us + c->pool->tick_ms * 500u >= limit_ms * UINT64_C(1000);
}

/* Sending lasts until the peer's kernel has acknowledged everything; as long as that moves on, nobody is
 * impatient. */
static gw_call_result check_silence(gw_call *c, uint64_t now_us)
{
    uint64_t acked = c->acked;
    uint32_t unsent = 0;
    bool known = gw_socket_progress(h2o_socket_get_fd(c->conn->sock), &acked, &unsent);
    bool sending = c->phase == GW_CALL_SENDING || (known && unsent > 0);
    if (sending && acked != c->acked)
        c->quiet_us = now_us;
    c->acked = acked;
    if (!is_due(c, c->quiet_us, c->pool->cfg->first_byte_timeout_ms, now_us))
        return GW_CALL_OK;
    return sending ? GW_CALL_SEND_TIMEOUT : GW_CALL_FIRST_BYTE_TIMEOUT;
}

static gw_call_result check_deadlines(gw_call *c)
{
    const gw_upstream_cfg *cfg = c->pool->cfg;
    uint64_t now_us = gw_clock_us();
    if (is_due(c, c->started_us, c->allowed_ms, now_us))
        return GW_CALL_TOTAL_TIMEOUT;
    if (c->phase == GW_CALL_CONNECTING) {
        if (!is_due(c, c->connecting_us, cfg->connect_timeout_ms, now_us))
            return GW_CALL_OK;
        return c->conn->lookup != NULL ? GW_CALL_RESOLVE : GW_CALL_CONNECT_TIMEOUT;
    }
    if (c->write_failed)
        return GW_CALL_RESET;
    if (c->phase == GW_CALL_WAITING && c->seen)
        return GW_CALL_OK;
    return check_silence(c, now_us);
}

static void on_tick(h2o_timeout_entry_t *entry)
{
    gw_call *c = H2O_STRUCT_FROM_MEMBER(gw_call, timer, entry);
    gw_call_result r = check_deadlines(c);
    if (r == GW_CALL_OK)
        h2o_timeout_link(c->pool->ctx->loop, &c->pool->tick, entry);
    else
        fail(c, r);
}

/* --- public --- */

gw_call *gw_call_start(gw_pool *p, const gw_call_request *req, gw_call_cb cb, void *arg)
{
    gw_call *c = gw_call_take(p);
    c->cb = cb;
    c->arg = arg;
    c->body = req->body != NULL ? gw_scrubbed_bytes(req->body) : (rd_slice){0};
    c->allowed_ms = p->cfg->total_timeout_ms;
    if (req->allowed_ms != 0 && req->allowed_ms < c->allowed_ms)
        c->allowed_ms = (uint32_t)req->allowed_ms;
    c->started_us = gw_clock_us();
    c->timer.cb = on_tick;
    h2o_timeout_link(p->ctx->loop, &p->tick, &c->timer);

    if (!p->retired && gw_pool_has_room(p, req->endpoint))
        c->peer = &p->peers[req->endpoint];
    if (c->peer == NULL) {
        fail_later(c, GW_CALL_BUSY);
        return c;
    }
    if (!gw_request_head(&c->head, rd_buf_slice(&c->peer->fixed_head), p->cfg->tenant_header, c->peer->cfg,
                         req, c->body.n)) {
        fail_later(c, GW_CALL_INVALID);
        return c;
    }
    c->conn = gw_peer_reuse(c->peer);
    if (c->conn == NULL) {
        connect_fresh(c);
        return c;
    }
    c->conn->call = c;
    c->reused = true;
    start_sending(c);
    return c;
}

void gw_call_cancel(gw_call *c)
{
    if (c->phase == GW_CALL_ENDED) /* from inside its own callback */
        return;
    h2o_timeout_unlink(&c->timer);
    c->phase = GW_CALL_ENDED;
    drop_conn(c, false);
    gw_call_recycle(c);
}
