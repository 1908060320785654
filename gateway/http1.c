/* SPDX-License-Identifier: MIT */
#include "gateway/http1.h"

#include <stdlib.h>

#include "gateway/budget.h"
#include "gateway/http1_conn.h"
#include "gateway/http1_socket.h"

enum {
    SWEEP_MS = 500,
    TURN_AWAY_MS = 10000, /* for the head of a request that will be turned away */
    WRITE_MS = 30000,     /* for a whole answer */
    DRAIN_MS = 1000       /* for a request that is on its way when the end begins */
};

static rd_slice date_now(gw_http1_server *s)
{
    return gw_http1_date_at(&s->date, h2o_get_timestamp(&s->thread->h2o, NULL, NULL)->tv_sec);
}

/* ---- what a body under way may hold ---- */

static void give_head(conn *c)
{
    if (c->head_charged > 0)
        gw_budget_give_bytes(c->head_charged);
    c->head_charged = 0;
}

/* ---- end of a connection ---- */

void gw_http1_close(conn *c)
{
    gw_http1_server *s = c->server;
    if (c->state == STATE_CLOSED)
        return;
    c->state = STATE_CLOSED;
    h2o_linklist_unlink(&c->link);
    gw_pace_leave(&c->pace);
    s->n_conns--;
    if (c->request != NULL) {
        void *request = c->request;
        c->request = NULL;
        s->app->on_abort(request);
    }
    gw_http1_give_charge(c);
    give_head(c);
    h2o_socket_close(c->sock);
    rd_buf_release(&c->head);
    rd_buf_release(&c->chunked_body);
    rd_buf_release(&c->out);
    gw_peer_free(&c->peer);
    gw_count(s->thread->counters, GW_METRIC_CONNECTIONS, 0, 0, 0, -1);
    if (c->turned_away)
        gw_budget_give_turned_away();
    else
        gw_budget_give_connection(c->n_bytes);
    free(c);
}

/* ---- answers ---- */

void gw_http1_await_request(conn *c)
{
    enter(c, STATE_HEAD,
          c->server->draining ? DRAIN_MS
          : c->turned_away    ? TURN_AWAY_MS
                              : limits(c)->idle_timeout_ms);
    c->head_seen = 0;
    c->body_read = c->half_closed = false;
    rd_buf_clear(&c->head, KEEP_BYTES);
    give_head(c);
    rd_buf_clear(&c->chunked_body, KEEP_BYTES);
    rd_buf_clear(&c->out, KEEP_BYTES);
    consume(c, 0);
    if (c->sock->input->size <= KEEP_BYTES)
        gw_http1_give_charge(c);
    h2o_socket_read_start(c->sock, gw_http1_on_read);
}

void gw_http1_next_request(conn *c)
{
    gw_http1_await_request(c);
    gw_http1_proceed(c);
}

static bool has_unread(const conn *c)
{
    return c->sock->input->size > 0 || gw_http1_has_unread(h2o_socket_get_fd(c->sock));
}

static void on_written(h2o_socket_t *sock, const char *err)
{
    conn *c = sock->data;
    if (err != NULL)
        gw_http1_close(c);
    else if (c->keep_alive && c->body_read && c->dropped && !gw_pace_may_go_on(&c->server->pace, &c->pace))
        gw_http1_await_turn(c);
    else if (c->keep_alive && c->body_read)
        gw_http1_next_request(c); /* also when draining: this answer did not say close */
    else if (c->keep_alive)
        gw_http1_start_discard(c);
    else if (c->body_read && !has_unread(c))
        gw_http1_close(c);
    else
        gw_http1_linger(c);
}

static void respond(gw_stream *stream, const gw_response *res)
{
    conn *c = (conn *)stream;
    c->request = NULL;
    if (res->close || c->server->draining)
        c->keep_alive = false;
    if (!c->body_read && !gw_http1_may_discard(c))
        c->keep_alive = false;
    if (!c->body_read)
        gw_http1_drop_body(c);
    bool has_body = !rd_slice_eq(c->parsed.head.method, RD_SLICE_LIT("HEAD"));
    gw_http1_write_response(res, c->keep_alive, has_body, date_now(c->server), &c->out);
    rd_buf_clear(&c->chunked_body, KEEP_BYTES); /* of a body that was refused on its way */
    if (c->sock->input->size <= KEEP_BYTES)
        gw_http1_give_charge(c);
    if (c->out.failed != RD_OK) {
        gw_http1_end_soon(c);
        return;
    }
    enter(c, STATE_WRITE, WRITE_MS);
    h2o_socket_read_stop(c->sock);
    h2o_iovec_t v = h2o_iovec_init((char *)c->out.p, c->out.n);
    h2o_socket_write(c->sock, &v, 1, on_written);
}

static const gw_stream_ops stream_ops = {.respond = respond};

/* Answers without an app: the head itself was not HTTP. */
static void refuse_head(conn *c, int status, const char *text)
{
    gw_response res = {.status = status, .body = rd_slice_str(text), .close = true};
    gw_response_add(&res, "content-type", RD_SLICE_LIT("text/plain; charset=utf-8"));
    if (status == 503)
        gw_response_add(&res, "retry-after", RD_SLICE_LIT("2"));
    c->parsed.head.method = RD_SLICE_LIT("POST");
    c->body_read = false;
    gw_count(c->server->thread->counters, GW_METRIC_HTTP_REQUESTS, GW_SIGNAL_COUNT, gw_metrics_status(status),
             0, 1);
    respond(&c->stream, &res);
}

/* ---- heads ---- */

/* The parsed head must outlive the socket's buffer. False: no memory. */
static bool keep_head(conn *c)
{
    size_t n = c->parsed.n_bytes;
    const uint8_t *from = (const uint8_t *)c->sock->input->bytes;
    rd_buf_clear(&c->head, KEEP_BYTES);
    if (n > KEEP_BYTES && !gw_budget_take_bytes(n))
        return false;
    c->head_charged = n > KEEP_BYTES ? n : 0;
    rd_buf_append(&c->head, from, n);
    if (c->head.failed != RD_OK)
        return false;
    gw_http1_move_head(&c->parsed, from, c->head.p);
    h2o_buffer_consume(&c->sock->input, n);
    return true;
}

static void begin_request(conn *c)
{
    c->dropped = false;
    gw_http1_give_charge(c);
    c->keep_alive = c->parsed.keep_alive;
    c->body_read = !c->parsed.chunked && c->parsed.head.content_length == 0;
    c->max_body = 0;
    if (c->turned_away) {
        refuse_head(c, 503, "too many connections, try again\n");
        return;
    }
    if (c->parsed.bad_expect) {
        refuse_head(c, 417, "unknown expectation\n");
        return;
    }
    /* From here on the app may respond at once, even inside on_head. */
    enter(c, STATE_WORK, 0);
    c->parsed.head.peer = c->peer;
    c->at_head = true;
    void *request = c->server->app->on_head(c->server->thread, &c->stream, &c->parsed.head, &c->max_body);
    c->at_head = false;
    if (request == NULL)
        return;
    c->request = request;
    c->chunks = (gw_chunked){0};
    gw_http1_start_body(c);
}

static void read_head(conn *c)
{
    rd_slice in = {(const uint8_t *)c->sock->input->bytes, c->sock->input->size};
    if (in.n == 0)
        return;
    if (c->head_seen == 0)
        enter(c, STATE_HEAD, limits(c)->header_timeout_ms);
    gw_parse p = gw_http1_parse_head(in, limits(c)->header_bytes, c->head_seen, &c->parsed);
    c->head_seen = in.n;
    switch (p) {
    case GW_PARSE_OK:
        if (keep_head(c))
            begin_request(c);
        else
            refuse_head(c, 503, "out of memory, try again\n");
        break;
    case GW_PARSE_INCOMPLETE: /* few heads are that long, so those that are count like bodies */
        if (in.n > KEEP_BYTES && !gw_http1_charge_up_to(c, limits(c)->header_bytes))
            refuse_head(c, 503, "too much in flight, try again\n");
        break;
    case GW_PARSE_BAD:
        refuse_head(c, 400, "request framing is not valid HTTP/1.1\n");
        break;
    case GW_PARSE_TOO_LARGE:
        refuse_head(c, 431, "request headers are too large\n");
        break;
    }
}

/* ---- reading ---- */

/* Runs the states that can go on with what is in the buffer, until one needs more. No recursion: respond()
 * only ever starts a write. */
void gw_http1_proceed(conn *c)
{
    state before;
    do {
        before = c->state;
        switch (before) {
        case STATE_HEAD:
            read_head(c);
            break;
        case STATE_BODY_LENGTH:
            gw_http1_read_length(c);
            break;
        case STATE_BODY_CHUNKED:
            gw_http1_read_chunked(c);
            break;
        case STATE_DISCARD:
            gw_http1_read_discarded(c);
            break;
        default:
            return;
        }
    } while (c->state != before);
}

/* The sender has stopped sending: all of his request is here, and he may wait for the answer. */
static void on_half_close(conn *c)
{
    c->half_closed = true;
    if (c->sock->input->size == 0)
        c->keep_alive = false;
    h2o_socket_read_stop(c->sock);
    if (c->parsed.http11)
        gw_http1_ask_half_closed(h2o_socket_get_fd(c->sock));
}

void gw_http1_on_read(h2o_socket_t *sock, const char *err)
{
    conn *c = sock->data;
    /* Who ends TLS is gone: it cannot be asked of him whether he is. */
    bool waits = err == h2o_socket_error_closed && c->state == STATE_WORK && sock->ssl == NULL;
    if (waits)
        on_half_close(c);
    else if (err != NULL)
        gw_http1_close(c);
    if (err != NULL)
        return;
    switch (c->state) {
    case STATE_LINGER:
        gw_http1_read_lingering(c);
        break;
    case STATE_WORK:
        gw_http1_hold_pipelined(c);
        break;
    default:
        gw_http1_proceed(c);
        break;
    }
}

/* ---- deadlines ---- */

static void on_deadline(conn *c)
{
    /* A request may have come while the loop was busy with others: then the connection is not idle. */
    if (c->state == STATE_HEAD && c->head_seen == 0 && has_unread(c)) {
        enter(c, STATE_HEAD, limits(c)->header_timeout_ms);
        return;
    }
    bool mid_request =
        c->state == STATE_HEAD ? c->head_seen > 0 : c->state != STATE_LINGER && c->state != STATE_WRITE;
    if (mid_request)
        gw_count(c->server->thread->counters, GW_METRIC_SLOW_CLIENTS, 0, 0, 0, 1);
    if (c->state == STATE_HEAD && c->head_seen > 0)
        /* 408 would be true, but senders of OTLP and Loki drop their data on it. */
        refuse_head(c, 503, "request did not arrive in time, try again\n");
    else if (c->state == STATE_BODY_LENGTH || c->state == STATE_BODY_CHUNKED)
        gw_http1_bad_body(c, GW_OUTCOME_CLIENT_TIMEOUT);
    else if (c->state == STATE_DISCARD)
        gw_http1_linger(c);
    else
        gw_http1_close(c);
}

static void on_sweep(h2o_timeout_entry_t *entry)
{
    gw_http1_server *s = H2O_STRUCT_FROM_MEMBER(gw_http1_server, sweep, entry);
    uint64_t now = h2o_now(s->thread->h2o.loop);
    for (h2o_linklist_t *l = s->conns.next, *next; l != &s->conns; l = next) {
        conn *c = H2O_STRUCT_FROM_MEMBER(conn, link, l);
        next = l->next;
        if (c->half_closed && gw_http1_is_reset(h2o_socket_get_fd(c->sock)))
            gw_http1_close(c);
        else if (now >= c->deadline_ms)
            on_deadline(c);
    }
    h2o_timeout_link(s->thread->h2o.loop, &s->timeout, &s->sweep);
}

/* ---- the server ---- */

gw_http1_server *gw_http1_server_new(gw_thread *t, const gw_app *app)
{
    gw_http1_server *s = calloc(1, sizeof *s);
    if (s == NULL)
        abort();
    *s = (gw_http1_server){.thread = t, .app = app};
    gw_http1_rooms_init(&s->rooms);
    h2o_linklist_init_anchor(&s->conns);
    gw_pace_init(&s->pace, t->h2o.loop, gw_http1_on_turn);
    h2o_timeout_init(t->h2o.loop, &s->timeout, SWEEP_MS);
    s->sweep.cb = on_sweep;
    h2o_timeout_link(t->h2o.loop, &s->timeout, &s->sweep);
    return s;
}

static void set_address(gw_peer *peer, h2o_socket_t *sock)
{
    struct sockaddr_storage sa = {0};
    if (h2o_socket_getpeername(sock, (struct sockaddr *)&sa) != 0)
        gw_peer_set_address(peer, (struct sockaddr *)&sa);
}

static conn *conn_new(gw_http1_server *s, h2o_socket_t *sock, gw_peer *peer)
{
    conn *c = calloc(1, sizeof *c);
    if (c == NULL)
        abort();
    *c = (conn){.stream = {&stream_ops}, .server = s, .sock = sock};
    c->peer = peer != NULL ? peer : calloc(1, sizeof *peer);
    if (c->peer != NULL)
        set_address(c->peer, sock);
    rd_buf_init(&c->head, SIZE_MAX);
    rd_buf_init(&c->out, SIZE_MAX);
    sock->data = c;
    h2o_linklist_insert(&s->conns, &c->link);
    s->n_conns++;
    gw_count(s->thread->counters, GW_METRIC_CONNECTIONS, 0, 0, 0, 1);
    return c;
}

void gw_http1_accept(gw_http1_server *s, h2o_socket_t *sock, gw_peer *peer, uint64_t n_bytes)
{
    conn *c = conn_new(s, sock, peer);
    c->n_bytes = n_bytes;
    gw_http1_next_request(c);
}

void gw_http1_turn_away(gw_http1_server *s, h2o_socket_t *sock, gw_peer *peer)
{
    conn *c = conn_new(s, sock, peer);
    c->turned_away = true;
    gw_http1_next_request(c);
}

void gw_http1_drain(gw_http1_server *s)
{
    s->draining = true;
    for (h2o_linklist_t *l = s->conns.next, *next; l != &s->conns; l = next) {
        conn *c = H2O_STRUCT_FROM_MEMBER(conn, link, l);
        next = l->next;
        if ((c->state == STATE_HEAD && c->head_seen == 0) || c->state == STATE_LINGER)
            enter(c, c->state, DRAIN_MS);
    }
}

void gw_http1_close_all(gw_http1_server *s)
{
    while (!h2o_linklist_is_empty(&s->conns))
        gw_http1_close(H2O_STRUCT_FROM_MEMBER(conn, link, s->conns.next));
}

unsigned gw_http1_connections(const gw_http1_server *s)
{
    return s->n_conns;
}
