/* SPDX-License-Identifier: MIT */
#include "gateway/http1.h"

#include <stdlib.h>

#include "gateway/budget.h"
#include "gateway/http1_conn.h"
#include "gateway/http1_socket.h"

enum {
    SWEEP_MS = 500,
    MAX_PIPELINED = 64 << 10, /* bytes read ahead while a request is worked on */
    LINGER_MS = 2000,         /* how long nothing may come of what a refused sender goes on sending */
    DISCARD_MS = 10000,       /* for a body that nobody wants, so that its connection can be used again */
    WRITE_MS = 30000,         /* for a whole answer */
    TURN_AWAY_MS = 10000,     /* for the head of a request that will be turned away */
    DRAIN_MS = 1000,          /* for a request that is on its way when the end begins */
    KEEP_BYTES = 8 << 10,     /* each buffer kept by an idle connection */
    FIRST_ROOM = 128 << 10,   /* for a body of which nothing has come yet */
    ROOM_FACTOR = 4           /* then so many times what has come */
};

static void on_read(h2o_socket_t *sock, const char *err);
static void proceed(conn *c);

static const gw_limits_cfg *limits(const conn *c)
{
    return &c->server->thread->binding->gen->cfg->limits;
}

static uint64_t now_ms(const conn *c)
{
    return h2o_now(c->server->thread->h2o.loop);
}

static void enter(conn *c, state s, uint32_t for_ms)
{
    c->state = s;
    c->deadline_ms = for_ms == 0 ? UINT64_MAX : now_ms(c) + for_ms;
}

static rd_slice date_now(gw_http1_server *s)
{
    return gw_http1_date_at(&s->date, h2o_get_timestamp(&s->thread->h2o, NULL, NULL)->tv_sec);
}

/* ---- what a body under way may hold ---- */

static void give_charge(conn *c)
{
    if (c->charged > 0)
        gw_budget_give_bytes(c->charged);
    c->charged = 0;
}

static bool charge_up_to(conn *c, uint64_t n)
{
    if (n <= c->charged)
        return true;
    if (!gw_budget_take_bytes(n - c->charged))
        return false;
    c->charged = n;
    return true;
}

static void give_head(conn *c)
{
    if (c->head_charged > 0)
        gw_budget_give_bytes(c->head_charged);
    c->head_charged = 0;
}

static void consume(conn *c, size_t n)
{
    gw_http1_rooms_consume(&c->server->rooms, c->sock, n, KEEP_BYTES);
}

/*
 * What is read ahead while a request is worked on. A read takes all that the kernel has, which may be
 * megabytes; beyond what the connection is charged anyway it is charged like a body. If it does not fit it is
 * thrown away, and the answer under way is the last one here: the sender sends the rest again.
 */
static void hold_pipelined(conn *c)
{
    h2o_buffer_t *in = c->sock->input;
    if (in->size <= KEEP_BYTES)
        return;
    if (in->size > MAX_PIPELINED)
        h2o_socket_read_stop(c->sock);
    if (charge_up_to(c, in->capacity))
        return;
    consume(c, in->size);
    c->keep_alive = c->body_read = false;
}

/* ---- end of a connection ---- */

static void conn_close(conn *c)
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
    give_charge(c);
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

static void await_request(conn *c)
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
        give_charge(c);
    h2o_socket_read_start(c->sock, on_read);
}

static void next_request(conn *c)
{
    await_request(c);
    proceed(c);
}

/*
 * An answer given on the head alone leaves a body that would be taken for the next request. Closing would
 * cost the sender, and this side, a new connection for each refusal; so the body is read to its end, unless
 * it is not on its way yet, or larger than any that is taken.
 */
static bool may_discard(const conn *c)
{
    return c->at_head && !c->parsed.expect_continue &&
           (c->parsed.chunked || c->parsed.head.content_length <= limits(c)->body_bytes);
}

/* Throws away what has come of the body. OK: that was all of it. */
static void throw_away(conn *c, size_t n)
{
    c->dropped |= n > 0;
    gw_pace_took(&c->server->pace, n);
    consume(c, n);
}

/* No clock of the sender's runs while he is not read. */
static void read_on_or_wait(conn *c)
{
    if (gw_pace_may_go_on(&c->server->pace, &c->pace))
        return;
    h2o_socket_read_stop(c->sock);
    c->deadline_ms = UINT64_MAX;
}

/* For the next request: this one's body came as a whole, before it was refused. */
static void await_turn(conn *c)
{
    await_request(c);
    h2o_socket_read_stop(c->sock);
    c->deadline_ms = UINT64_MAX;
}

static void on_turn(gw_pace_entry *e, uint64_t waited_ms)
{
    conn *c = H2O_STRUCT_FROM_MEMBER(conn, pace, e);
    c->linger_until_ms += waited_ms;
    if (c->state == STATE_HEAD) {
        next_request(c);
        return;
    }
    enter(c, c->state, c->state == STATE_LINGER ? LINGER_MS : DISCARD_MS);
    h2o_socket_read_start(c->sock, on_read);
}

static gw_parse discard_input(conn *c)
{
    rd_slice in = {(const uint8_t *)c->sock->input->bytes, c->sock->input->size};
    size_t used = in.n < c->to_discard ? in.n : (size_t)c->to_discard, n = used;
    gw_parse p = used == c->to_discard ? GW_PARSE_OK : GW_PARSE_INCOMPLETE;
    if (c->parsed.chunked) {
        p = gw_chunked_feed(&c->chunks, in, &c->chunked_body, &used);
        n = c->chunked_body.n;
        rd_buf_clear(&c->chunked_body, KEEP_BYTES);
    }
    if (n > c->to_discard || p == GW_PARSE_TOO_LARGE)
        p = GW_PARSE_BAD;
    c->to_discard -= p == GW_PARSE_BAD ? c->to_discard : n;
    throw_away(c, p == GW_PARSE_BAD ? in.n : used);
    return p;
}

/* Nobody is charged for what has come of a body that is refused, so it goes before the answer does. */
static void drop_body(conn *c)
{
    if (!c->keep_alive) {
        throw_away(c, c->sock->input->size);
        return;
    }
    c->to_discard = c->parsed.chunked ? limits(c)->body_bytes : c->parsed.head.content_length;
    c->chunks = (gw_chunked){0};
    c->chunked_body.max = SIZE_MAX; /* empty: what it kept is used again */
    gw_parse p = discard_input(c);
    c->body_read = p == GW_PARSE_OK;
    c->keep_alive = p != GW_PARSE_BAD;
}

static void start_discard(conn *c)
{
    enter(c, STATE_DISCARD, DISCARD_MS);
    h2o_socket_read_start(c->sock, on_read);
    read_on_or_wait(c);
}

/* The sweep closes it: a caller up the stack still uses the connection. */
static void end_soon(conn *c)
{
    c->to_discard = 0;
    enter(c, STATE_LINGER, 1);
}

static void read_discarded(conn *c)
{
    gw_parse p = discard_input(c);
    if (p == GW_PARSE_BAD)
        end_soon(c);
    else if (p == GW_PARSE_OK)
        await_request(c);
    if (p != GW_PARSE_BAD)
        read_on_or_wait(c);
}

/* The sender may still be writing; closing now would make its kernel throw our answer away. */
static void linger(conn *c)
{
    c->to_discard = limits(c)->body_bytes;
    c->linger_until_ms = now_ms(c) + LINGER_MS + limits(c)->body_timeout_ms;
    give_charge(c);
    enter(c, STATE_LINGER, LINGER_MS);
    throw_away(c, c->sock->input->size);
    if (shutdown(h2o_socket_get_fd(c->sock), SHUT_WR) != 0) {
        conn_close(c);
        return;
    }
    h2o_socket_read_start(c->sock, on_read);
}

/* A slow sender gets to the answer only after the rest of its body: it has as long as it goes on sending, up
 * to what a body may take in bytes and in time. */
static void read_lingering(conn *c)
{
    size_t n = c->sock->input->size;
    uint64_t until = now_ms(c) + LINGER_MS;
    throw_away(c, n);
    c->to_discard = n < c->to_discard ? c->to_discard - n : 0;
    if (c->to_discard == 0 || c->server->draining)
        return;
    c->deadline_ms = until < c->linger_until_ms ? until : c->linger_until_ms;
    read_on_or_wait(c);
}

static bool has_unread(const conn *c)
{
    return c->sock->input->size > 0 || gw_http1_has_unread(h2o_socket_get_fd(c->sock));
}

static void on_written(h2o_socket_t *sock, const char *err)
{
    conn *c = sock->data;
    if (err != NULL)
        conn_close(c);
    else if (c->keep_alive && c->body_read && c->dropped && !gw_pace_may_go_on(&c->server->pace, &c->pace))
        await_turn(c);
    else if (c->keep_alive && c->body_read)
        next_request(c); /* also when draining: this answer did not say close */
    else if (c->keep_alive)
        start_discard(c);
    else if (c->body_read && !has_unread(c))
        conn_close(c);
    else
        linger(c);
}

static void respond(gw_stream *stream, const gw_response *res)
{
    conn *c = (conn *)stream;
    c->request = NULL;
    if (res->close || c->server->draining)
        c->keep_alive = false;
    if (!c->body_read && !may_discard(c))
        c->keep_alive = false;
    if (!c->body_read)
        drop_body(c);
    bool has_body = !rd_slice_eq(c->parsed.head.method, RD_SLICE_LIT("HEAD"));
    gw_http1_write_response(res, c->keep_alive, has_body, date_now(c->server), &c->out);
    rd_buf_clear(&c->chunked_body, KEEP_BYTES); /* of a body that was refused on its way */
    if (c->sock->input->size <= KEEP_BYTES)
        give_charge(c);
    if (c->out.failed != RD_OK) {
        end_soon(c);
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

/* ---- bodies ---- */

static void give_body(conn *c, gw_body body)
{
    c->body_read = true;
    give_charge(c); /* the app charges what it holds from here on */
    consume(c, 0);
    hold_pipelined(c);
    enter(c, STATE_WORK, 0);
    c->server->app->on_body(c->request, body);
}

/* Hands the socket's buffer itself to the app, without a copy; what was pipelined behind the body moves to a
 * fresh one. */
static void take_length_body(conn *c)
{
    size_t n = (size_t)c->parsed.head.content_length;
    h2o_buffer_t *whole = c->sock->input;
    /* h2o reads only into room for 4096 bytes. */
    unsigned room = gw_http1_rooms_fit(&c->server->rooms, c->head.n + n + 4096);
    h2o_buffer_init(&c->sock->input, &c->server->rooms.sizes[room]);
    if (whole->size > n) {
        h2o_iovec_t rest = h2o_buffer_reserve(&c->sock->input, whole->size - n);
        memcpy(rest.base, whole->bytes + n, whole->size - n);
        c->sock->input->size += whole->size - n;
    }
    give_body(c, gw_http1_body_of_input(whole, n));
}

static void bad_body(conn *c, gw_outcome outcome)
{
    void *request = c->request;
    c->server->app->on_bad_body(request, outcome);
}

/*
 * Room for the body and the tail that scanning needs, as far as the body has come: a length that is only
 * announced takes nothing from the others. The app checked the length against its limit. False: the request
 * has been answered.
 */
static bool make_room(conn *c)
{
    size_t whole = (size_t)c->parsed.head.content_length + RD_BUF_TAIL, has = c->sock->input->size;
    if (c->charged >= whole || (c->charged > 0 && has + 4096 <= c->charged))
        return true;
    size_t room = has > FIRST_ROOM / ROOM_FACTOR ? has * ROOM_FACTOR : FIRST_ROOM;
    if (room > whole)
        room = whole;
    if (!charge_up_to(c, room)) {
        bad_body(c, GW_OUTCOME_OVERLOAD);
        return false;
    }
    if (room > has)
        h2o_buffer_reserve(&c->sock->input, room - has);
    return true;
}

static void read_length(conn *c)
{
    if (make_room(c) && c->sock->input->size >= c->parsed.head.content_length)
        take_length_body(c);
}

static void read_chunked(conn *c)
{
    size_t used = 0;
    rd_slice in = {(const uint8_t *)c->sock->input->bytes, c->sock->input->size};
    if (!charge_up_to(c, c->sock->input->capacity + c->chunked_body.n + in.n)) {
        bad_body(c, GW_OUTCOME_OVERLOAD);
        return;
    }
    gw_parse p = gw_chunked_feed(&c->chunks, in, &c->chunked_body, &used);
    if (p == GW_PARSE_BAD || p == GW_PARSE_TOO_LARGE) {
        bad_body(c, p == GW_PARSE_BAD ? GW_OUTCOME_FRAMING : GW_OUTCOME_TOO_LARGE);
        return;
    }
    h2o_buffer_consume(&c->sock->input, used);
    if (!charge_up_to(c, c->sock->input->capacity + c->chunked_body.cap)) {
        bad_body(c, GW_OUTCOME_OVERLOAD);
        return;
    }
    if (p == GW_PARSE_INCOMPLETE)
        return;
    gw_body body = gw_http1_body_of_buf(&c->chunked_body);
    if (body.release == NULL) {
        bad_body(c, GW_OUTCOME_NO_MEMORY);
        return;
    }
    rd_buf_init(&c->chunked_body, c->max_body);
    give_body(c, body);
}

static void on_continue_written(h2o_socket_t *sock, const char *err)
{
    conn *c = sock->data;
    if (err != NULL) {
        conn_close(c);
        return;
    }
    enter(c, c->parsed.chunked ? STATE_BODY_CHUNKED : STATE_BODY_LENGTH, limits(c)->body_timeout_ms);
    h2o_socket_read_start(c->sock, on_read);
    proceed(c);
}

static void start_body(conn *c)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    bool none = !c->parsed.chunked && c->parsed.head.content_length == 0;
    c->chunked_body.max = c->max_body;
    enter(c, c->parsed.chunked ? STATE_BODY_CHUNKED : STATE_BODY_LENGTH, limits(c)->body_timeout_ms);
    if (!c->parsed.chunked && !make_room(c))
        return;
    if (!c->parsed.expect_continue || none || c->sock->input->size > 0)
        return;
    c->state = STATE_CONTINUE;
    h2o_socket_read_stop(c->sock); /* a sender who does not read this may send all the same */
    h2o_iovec_t v = h2o_iovec_init(go_on, sizeof go_on - 1);
    h2o_socket_write(c->sock, &v, 1, on_continue_written);
}

/* ---- heads ---- */

/* The parsed head must outlive the socket's buffer: parse again from a copy. False: no memory. */
static bool keep_head(conn *c, size_t n)
{
    size_t max = limits(c)->header_bytes;
    rd_buf_clear(&c->head, KEEP_BYTES);
    if (n > KEEP_BYTES && !gw_budget_take_bytes(n))
        return false;
    c->head_charged = n > KEEP_BYTES ? n : 0;
    rd_buf_append(&c->head, c->sock->input->bytes, n);
    h2o_buffer_consume(&c->sock->input, n);
    return c->head.failed == RD_OK &&
           gw_http1_parse_head(rd_buf_slice(&c->head), max, 0, &c->parsed) == GW_PARSE_OK;
}

static void begin_request(conn *c)
{
    c->dropped = false;
    give_charge(c);
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
    start_body(c);
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
        if (keep_head(c, c->parsed.n_bytes))
            begin_request(c);
        else
            refuse_head(c, 503, "out of memory, try again\n");
        break;
    case GW_PARSE_INCOMPLETE: /* few heads are that long, so those that are count like bodies */
        if (in.n > KEEP_BYTES && !charge_up_to(c, limits(c)->header_bytes))
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
static void proceed(conn *c)
{
    state before;
    do {
        before = c->state;
        switch (before) {
        case STATE_HEAD:
            read_head(c);
            break;
        case STATE_BODY_LENGTH:
            read_length(c);
            break;
        case STATE_BODY_CHUNKED:
            read_chunked(c);
            break;
        case STATE_DISCARD:
            read_discarded(c);
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

static void on_read(h2o_socket_t *sock, const char *err)
{
    conn *c = sock->data;
    /* Who ends TLS is gone: it cannot be asked of him whether he is. */
    bool waits = err == h2o_socket_error_closed && c->state == STATE_WORK && sock->ssl == NULL;
    if (waits)
        on_half_close(c);
    else if (err != NULL)
        conn_close(c);
    if (err != NULL)
        return;
    switch (c->state) {
    case STATE_LINGER:
        read_lingering(c);
        break;
    case STATE_WORK:
        hold_pipelined(c);
        break;
    default:
        proceed(c);
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
        bad_body(c, GW_OUTCOME_CLIENT_TIMEOUT);
    else if (c->state == STATE_DISCARD)
        linger(c);
    else
        conn_close(c);
}

static void on_sweep(h2o_timeout_entry_t *entry)
{
    gw_http1_server *s = H2O_STRUCT_FROM_MEMBER(gw_http1_server, sweep, entry);
    uint64_t now = h2o_now(s->thread->h2o.loop);
    for (h2o_linklist_t *l = s->conns.next, *next; l != &s->conns; l = next) {
        conn *c = H2O_STRUCT_FROM_MEMBER(conn, link, l);
        next = l->next;
        if (c->half_closed && gw_http1_is_reset(h2o_socket_get_fd(c->sock)))
            conn_close(c);
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
    gw_pace_init(&s->pace, t->h2o.loop, on_turn);
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
    next_request(c);
}

void gw_http1_turn_away(gw_http1_server *s, h2o_socket_t *sock, gw_peer *peer)
{
    conn *c = conn_new(s, sock, peer);
    c->turned_away = true;
    next_request(c);
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
        conn_close(H2O_STRUCT_FROM_MEMBER(conn, link, s->conns.next));
}

unsigned gw_http1_connections(const gw_http1_server *s)
{
    return s->n_conns;
}
