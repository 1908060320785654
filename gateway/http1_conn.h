/* SPDX-License-Identifier: MIT */
/*
 * What a connection and a thread's server consist of. What the files of the front end share; nobody else
 * includes this.
 *
 *   http1.c           heads, answers, deadlines, the server
 *   http1_body.c      bodies of requests
 *   http1_discard.c   bodies that nobody wants
 */
#ifndef GW_HTTP1_CONN_H
#define GW_HTTP1_CONN_H

#include "gateway/http1.h"
#include "gateway/http1_pace.h"
#include "gateway/http1_parse.h"
#include "gateway/http1_response.h"
#include "gateway/http1_rooms.h"

#define STATES(X)                                                                                            \
    X(HEAD) X(CONTINUE) X(BODY_LENGTH) X(BODY_CHUNKED) X(WORK) X(WRITE) X(DISCARD) X(LINGER) X(CLOSED)
typedef enum state {
#define X(name) STATE_##name,
    STATES(X)
#undef X
} state;

typedef struct conn {
    gw_stream stream; /* first: the app holds a pointer to it */
    h2o_linklist_t link;
    gw_http1_server *server;
    h2o_socket_t *sock;
    state state;
    uint64_t deadline_ms;
    size_t head_seen;
    rd_buf head; /* copy of the head being served: the socket's buffer moves */
    gw_http1_head parsed;
    rd_buf chunked_body;
    gw_chunked chunks;
    uint64_t max_body;
    void *request; /* the app's handle; NULL: none under way */
    rd_buf out;
    uint64_t n_bytes;      /* of the budget, as long as it is open */
    uint64_t charged;      /* besides: room of a long head or a body being read, taken from the budget */
    uint64_t head_charged; /* besides: `head`, when it is a long one */
    bool keep_alive, body_read;
    bool half_closed;    /* in WORK: the sender has stopped sending */
    gw_peer *peer;       /* owned; NULL: out of memory, and so nobody in particular */
    bool at_head;        /* the app has the head only */
    uint64_t to_discard; /* of the body: what may still come */
    uint64_t linger_until_ms;
    bool turned_away;   /* there was no room for it: it has a place of the budget's turned away instead */
    bool dropped;       /* of the body of this request something was thrown away */
    gw_pace_entry pace; /* in line to go on reading */
} conn;

struct gw_http1_server {
    gw_thread *thread;
    const gw_app *app;
    h2o_linklist_t conns;
    gw_pace pace; /* of bodies that nobody wants */
    unsigned n_conns;
    bool draining;
    h2o_timeout_t timeout;
    h2o_timeout_entry_t sweep;
    gw_http1_date date;
    gw_http1_rooms rooms;
};

enum { KEEP_BYTES = 8 << 10 /* each buffer kept by an idle connection */ };

static inline const gw_limits_cfg *limits(const conn *c)
{
    return &c->server->thread->binding->gen->cfg->limits;
}

static inline uint64_t now_ms(const conn *c)
{
    return h2o_now(c->server->thread->h2o.loop);
}

static inline void enter(conn *c, state s, uint32_t for_ms)
{
    c->state = s;
    c->deadline_ms = for_ms == 0 ? UINT64_MAX : now_ms(c) + for_ms;
}

static inline void consume(conn *c, size_t n)
{
    gw_http1_rooms_consume(&c->server->rooms, c->sock, n, KEEP_BYTES);
}

/* http1.c */
void gw_http1_on_read(h2o_socket_t *sock, const char *err);
/* Runs the states that can go on with what is in the buffer, until one needs more. */
void gw_http1_proceed(conn *c);
void gw_http1_await_request(conn *c);
void gw_http1_next_request(conn *c); /* the same, and goes on with what has come of it */
void gw_http1_close(conn *c);        /* frees it, and aborts its request */

/* http1_body.c. All but the last two may end in an answer. */
void gw_http1_start_body(conn *c);
void gw_http1_read_length(conn *c);
void gw_http1_read_chunked(conn *c);
void gw_http1_bad_body(conn *c, gw_outcome outcome); /* answers it */
void gw_http1_hold_pipelined(conn *c);
bool gw_http1_charge_up_to(conn *c, uint64_t n); /* false: memory is used up */
void gw_http1_give_charge(conn *c);

/* http1_discard.c */
bool gw_http1_may_discard(const conn *c);
void gw_http1_drop_body(conn *c); /* what has come; `keep_alive`: may the rest be read? */
void gw_http1_start_discard(conn *c);
void gw_http1_read_discarded(conn *c);
void gw_http1_await_turn(conn *c);
void gw_http1_on_turn(gw_pace_entry *e, uint64_t waited_ms);
void gw_http1_linger(conn *c); /* may close it */
void gw_http1_read_lingering(conn *c);
void gw_http1_end_soon(conn *c);

#endif
