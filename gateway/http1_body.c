/* SPDX-License-Identifier: MIT */
/*
 * The body of a request on its way in: by length it stays in the socket's buffer, which then goes to the app
 * as it is; chunked it is copied together. Every byte of it is charged before there is memory for it, as far
 * as the body has come; the app is charged from the moment that it has it.
 */
#include "gateway/budget.h"
#include "gateway/http1_conn.h"

enum {
    MAX_PIPELINED = 64 << 10, /* bytes read ahead while a request is worked on */
    FIRST_ROOM = 128 << 10,   /* for a body of which nothing has come yet */
    ROOM_FACTOR = 4           /* then so many times what has come */
};

void gw_http1_give_charge(conn *c)
{
    if (c->charged > 0)
        gw_budget_give_bytes(c->charged);
    c->charged = 0;
}

bool gw_http1_charge_up_to(conn *c, uint64_t n)
{
    if (n <= c->charged)
        return true;
    if (!gw_budget_take_bytes(n - c->charged))
        return false;
    c->charged = n;
    return true;
}

/*
 * What is read ahead while a request is worked on. A read takes all that the kernel has, which may be
 * megabytes; beyond what the connection is charged anyway it is charged like a body. If it does not fit it is
 * thrown away, and the answer under way is the last one here: the sender sends the rest again.
 */
void gw_http1_hold_pipelined(conn *c)
{
    h2o_buffer_t *in = c->sock->input;
    if (in->size <= KEEP_BYTES)
        return;
    if (in->size > MAX_PIPELINED)
        h2o_socket_read_stop(c->sock);
    if (gw_http1_charge_up_to(c, in->capacity))
        return;
    consume(c, in->size);
    c->keep_alive = c->body_read = false;
}

static void give_body(conn *c, gw_body body)
{
    c->body_read = true;
    gw_http1_give_charge(c); /* the app charges what it holds from here on */
    consume(c, 0);
    gw_http1_hold_pipelined(c);
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

void gw_http1_bad_body(conn *c, gw_outcome outcome)
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
    if (!gw_http1_charge_up_to(c, room)) {
        gw_http1_bad_body(c, GW_OUTCOME_OVERLOAD);
        return false;
    }
    if (room > has)
        h2o_buffer_reserve(&c->sock->input, room - has);
    return true;
}

void gw_http1_read_length(conn *c)
{
    if (make_room(c) && c->sock->input->size >= c->parsed.head.content_length)
        take_length_body(c);
}

void gw_http1_read_chunked(conn *c)
{
    size_t used = 0;
    rd_slice in = {(const uint8_t *)c->sock->input->bytes, c->sock->input->size};
    if (!gw_http1_charge_up_to(c, c->sock->input->capacity + c->chunked_body.n + in.n)) {
        gw_http1_bad_body(c, GW_OUTCOME_OVERLOAD);
        return;
    }
    gw_parse p = gw_chunked_feed(&c->chunks, in, &c->chunked_body, &used);
    if (p == GW_PARSE_BAD || p == GW_PARSE_TOO_LARGE) {
        gw_http1_bad_body(c, p == GW_PARSE_BAD ? GW_OUTCOME_FRAMING : GW_OUTCOME_TOO_LARGE);
        return;
    }
    h2o_buffer_consume(&c->sock->input, used);
    if (!gw_http1_charge_up_to(c, c->sock->input->capacity + c->chunked_body.cap)) {
        gw_http1_bad_body(c, GW_OUTCOME_OVERLOAD);
        return;
    }
    if (p == GW_PARSE_INCOMPLETE)
        return;
    gw_body body = gw_http1_body_of_buf(&c->chunked_body);
    if (body.release == NULL) {
        gw_http1_bad_body(c, GW_OUTCOME_NO_MEMORY);
        return;
    }
    rd_buf_init(&c->chunked_body, c->max_body);
    give_body(c, body);
}

static void on_continue_written(h2o_socket_t *sock, const char *err)
{
    conn *c = sock->data;
    if (err != NULL) {
        gw_http1_close(c);
        return;
    }
    enter(c, c->parsed.chunked ? STATE_BODY_CHUNKED : STATE_BODY_LENGTH, limits(c)->body_timeout_ms);
    h2o_socket_read_start(c->sock, gw_http1_on_read);
    gw_http1_proceed(c);
}

void gw_http1_start_body(conn *c)
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
