/* SPDX-License-Identifier: MIT */
/* What a connection and a thread's server consist of; nobody but http1.c includes this. */
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

#endif
