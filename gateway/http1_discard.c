/* SPDX-License-Identifier: MIT */
/*
 * Bodies that nobody wants, because their request was refused before they had come:
 *
 *    the connection can be used again   DISCARD: read to the end of the body, then the next request
 *    it cannot                          LINGER: read until the sender has had the time to take the answer
 *
 * Both at the thread's pace (http1_pace.h); nothing of it is kept.
 */
#include "gateway/http1_conn.h"

enum {
    LINGER_MS = 2000,  /* how long nothing may come of what a refused sender goes on sending */
    DISCARD_MS = 10000 /* for a body that nobody wants, so that its connection can be used again */
};

/*
 * An answer given on the head alone leaves a body that would be taken for the next request. Closing would
 * cost the sender, and this side, a new connection for each refusal; so the body is read to its end, unless
 * it is not on its way yet, or larger than any that is taken.
 */
bool gw_http1_may_discard(const conn *c)
{
    return c->at_head && !c->parsed.expect_continue &&
           (c->parsed.chunked || c->parsed.head.content_length <= limits(c)->body_bytes);
}

/* Throws away what has come. */
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
void gw_http1_await_turn(conn *c)
{
    gw_http1_await_request(c);
    h2o_socket_read_stop(c->sock);
    c->deadline_ms = UINT64_MAX;
}

void gw_http1_on_turn(gw_pace_entry *e, uint64_t waited_ms)
{
    conn *c = H2O_STRUCT_FROM_MEMBER(conn, pace, e);
    c->linger_until_ms += waited_ms;
    if (c->state == STATE_HEAD) {
        gw_http1_next_request(c);
        return;
    }
    enter(c, c->state, c->state == STATE_LINGER ? LINGER_MS : DISCARD_MS);
    h2o_socket_read_start(c->sock, gw_http1_on_read);
}

/* The same, of a body as far as it goes. OK: that was all of it. */
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
void gw_http1_drop_body(conn *c)
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

void gw_http1_start_discard(conn *c)
{
    enter(c, STATE_DISCARD, DISCARD_MS);
    h2o_socket_read_start(c->sock, gw_http1_on_read);
    read_on_or_wait(c);
}

/* The sweep closes it: a caller up the stack still uses the connection. */
void gw_http1_end_soon(conn *c)
{
    c->to_discard = 0;
    enter(c, STATE_LINGER, 1);
}

void gw_http1_read_discarded(conn *c)
{
    gw_parse p = discard_input(c);
    if (p == GW_PARSE_BAD)
        gw_http1_end_soon(c);
    else if (p == GW_PARSE_OK)
        gw_http1_await_request(c);
    if (p != GW_PARSE_BAD)
        read_on_or_wait(c);
}

/* The sender may still be writing; closing now would make its kernel throw our answer away. */
void gw_http1_linger(conn *c)
{
    c->to_discard = limits(c)->body_bytes;
    c->linger_until_ms = now_ms(c) + LINGER_MS + limits(c)->body_timeout_ms;
    gw_http1_give_charge(c);
    enter(c, STATE_LINGER, LINGER_MS);
    throw_away(c, c->sock->input->size);
    if (shutdown(h2o_socket_get_fd(c->sock), SHUT_WR) != 0) {
        gw_http1_close(c);
        return;
    }
    h2o_socket_read_start(c->sock, gw_http1_on_read);
}

/* A slow sender gets to the answer only after the rest of its body: it has as long as it goes on sending, up
 * to what a body may take in bytes and in time. */
void gw_http1_read_lingering(conn *c)
{
    size_t n = c->sock->input->size;
    uint64_t until = now_ms(c) + LINGER_MS;
    throw_away(c, n);
    c->to_discard = n < c->to_discard ? c->to_discard - n : 0;
    if (c->to_discard == 0)
        h2o_socket_read_stop(c->sock); /* that was enough: the sweep closes it */
    if (c->to_discard == 0 || c->server->draining)
        return;
    c->deadline_ms = until < c->linger_until_ms ? until : c->linger_until_ms;
    read_on_or_wait(c);
}
