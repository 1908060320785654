/* SPDX-License-Identifier: MIT */
/*
 * What the files of the client share; nobody else includes this.
 *
 *   endpoint.c           pool, peers (one per configured endpoint), idle connections, choice of a peer
 *   endpoint_conn.c      a connection from name to ready: lookup, TCP, TLS
 *   endpoint_call.c      a call: sending, reading, deadlines, its end
 *   endpoint_outbox.c    requests that wait for the end of the loop's turn
 *   endpoint_request.c   request head from checked parts (pure)
 *   endpoint_response.c  answer from bytes (pure)
 *   endpoint_tls.c       SSL_CTX of a peer
 *   endpoint_progress.c  what the kernel knows about delivery
 *
 * A connection belongs to its peer; it is either idle (in peer->idle) or serves exactly one call (conn->call,
 * call->conn). Calls and connections are recycled within their pool. One thread, no locks.
 */
#ifndef GW_ENDPOINT_PRIVATE_H
#define GW_ENDPOINT_PRIVATE_H

#include <netinet/in.h>

#include "filters/base/buf.h"
#include "gateway/clock.h"
#include "gateway/endpoint.h"
#include "gateway/endpoint_response.h"

enum {
    GW_CONN_MAX_ADDRESSES = 8,
    GW_TLS_SLICE_BYTES = 256 * 1024, /* h2o encrypts all it is given at once */
    GW_SPARE_MAX = 64,               /* recycled calls, and connections, a pool keeps */
    GW_SPARE_HEAD_BYTES = 8 * 1024,  /* request head memory that a recycled call keeps */
    GW_REQUEST_HEAD_MAX = 64 * 1024,
    GW_OUTBOX_MAX = 16, /* requests that wait for each other, and how long */
    GW_OUTBOX_US = 250,
    GW_IDLE_INPUT_BYTES =
        16 * 1024 /* an idle connection keeps no input buffer above this; nor is it charged */
};

typedef union gw_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} gw_address;

typedef struct gw_peer gw_peer;
typedef struct gw_conn gw_conn;

struct gw_conn {
    gw_peer *peer;                      /* borrowed: outlives all its connections */
    gw_call *call;                      /* borrowed; NULL: idle */
    h2o_socket_t *sock;                 /* owned; NULL until the first connect */
    SSL *ssl;                           /* borrowed from sock */
    h2o_hostinfo_getaddr_req_t *lookup; /* owned while the lookup runs */
    h2o_timeout_entry_t idle_timer;
    gw_conn *older, *newer; /* in peer->idle; `older` also links the spare ones */
    gw_address addresses[GW_CONN_MAX_ADDRESSES];
    unsigned n_addresses, next_address;
    uint64_t born_us;
    uint64_t charged; /* bytes of the budget, for an answer that is longer than usual */
    bool alerted;     /* the peer has sent a fatal TLS alert */
};

struct gw_peer {
    gw_pool *pool;              /* borrowed */
    const gw_endpoint_cfg *cfg; /* borrowed with the pool's configuration */
    SSL_CTX *tls;               /* owned; NULL: plain */
    char *sni;                  /* owned; "" for addresses, which are never sent as SNI */
    rd_buf fixed_head;          /* header lines that are the same for all requests */
    gw_address literal;         /* when has_literal: the host is an address */
    bool has_literal;
    gw_conn *idle; /* newest first */
    uint32_t n_idle, n_conns;
    gw_address known[GW_CONN_MAX_ADDRESSES]; /* what the resolver last gave */
    unsigned n_known, turn;                  /* turn: where the next connection begins */
};

typedef struct gw_outbox {
    gw_call *calls[GW_OUTBOX_MAX]; /* borrowed; in order */
    unsigned n;
    uint64_t since_us;         /* the first of them */
    h2o_timeout_entry_t timer; /* linked while there are any */
} gw_outbox;

struct gw_pool {
    h2o_context_t *ctx;         /* borrowed */
    const gw_upstream_cfg *cfg; /* borrowed */
    gw_peer *peers;             /* owned */
    size_t n_peers;
    h2o_timeout_t tick, idle; /* their durations are fixed when the pool is made */
    uint32_t tick_ms;
    gw_call *spare_calls; /* owned */
    gw_conn *spare_conns; /* owned */
    uint32_t n_spare_calls, n_spare_conns, n_calls, n_conns;
    gw_outbox outbox;
    bool retired;
    h2o_timeout_entry_t gone_timer;
    void (*on_gone)(void *arg);
    void *on_gone_arg;
};

typedef enum gw_call_phase {
    GW_CALL_CONNECTING, /* connection is not ready */
    GW_CALL_SENDING,    /* in the outbox, or a write is under way */
    GW_CALL_WAITING,    /* request written, answer not complete */
    GW_CALL_ENDING,     /* failed at the start; waits to tell */
    GW_CALL_ENDED       /* told, or cancelled */
} gw_call_phase;

struct gw_call {
    gw_pool *pool; /* borrowed */
    gw_peer *peer; /* borrowed; NULL: it had no room */
    gw_conn *conn; /* NULL before the connection and after its end */
    gw_call *next_spare;
    gw_call_cb cb;
    void *arg;
    gw_call_phase phase;
    gw_call_result early_result; /* of ENDING */
    bool reused, answered, write_failed;
    rd_buf head;   /* owned; wiped after use, it carries credentials */
    rd_slice body; /* borrowed until the end */
    size_t sent;   /* bytes of the body handed to the socket */
    gw_response response;
    bool seen; /* any byte of an answer came on this connection */
    h2o_timeout_entry_t timer;
    uint64_t started_us, connecting_us; /* this call; this attempt to connect */
    uint32_t connect_us, allowed_ms;
    uint64_t quiet_us, acked; /* since when the peer shows no sign of life; bytes it had acknowledged then */
};

/* endpoint.c */
gw_conn *gw_conn_take(gw_peer *peer); /* a blank connection, counted */
void gw_conn_recycle(gw_conn *conn);  /* its socket is closed already */
bool gw_peer_has_room(const gw_peer *peer);
/* Charges what an answer has grown to; false: memory is used up. */
RD_MUST_CHECK bool gw_conn_charge(gw_conn *conn);
gw_conn *gw_peer_reuse(gw_peer *peer); /* NULL: no usable idle connection */
void gw_peer_drop_idle(gw_peer *peer, bool in_order);
void gw_conn_park(gw_conn *conn);  /* makes it idle, or closes it when there is no room */
gw_call *gw_call_take(gw_pool *p); /* counted */
void gw_call_recycle(gw_call *c);  /* may start the end of a retired pool */

/* endpoint_conn.c: tells the call by gw_call_on_ready or gw_call_on_unreachable, never from inside
 * gw_conn_open. */
RD_MUST_CHECK bool gw_conn_open(gw_conn *conn); /* false: unreachable at once, result GW_CALL_CONNECT */
/* Ends it in any state. In order: polite to the peer; otherwise nothing may linger. Frees `conn`. */
void gw_conn_close(gw_conn *conn, bool in_order);

/* endpoint_call.c */
void gw_call_on_ready(gw_call *c);
void gw_call_send(gw_call *c); /* the next bytes of its request */
void gw_call_on_unreachable(gw_call *c, gw_call_result r);

/* endpoint_outbox.c */
void gw_outbox_put(gw_call *c); /* is sent in this turn of the loop, unless removed */
void gw_outbox_remove(const gw_call *c);

/* endpoint_request.c. False: a part that cannot be put on the wire as it is. */
RD_MUST_CHECK bool gw_request_fixed_head(rd_buf *out, const gw_upstream_cfg *up, const gw_endpoint_cfg *ep);
RD_MUST_CHECK bool gw_request_head(rd_buf *out, rd_slice fixed, const char *tenant_header,
                                   const gw_endpoint_cfg *ep, const gw_call_request *req, size_t body_n);

/* endpoint_tls.c. NULL: *out_why says what; `share` (may be NULL) lends its CA store. */
SSL_CTX *gw_tls_client_new(const gw_upstream_tls_cfg *cfg, const char *host, SSL_CTX *share,
                           const char **out_why);
/* Bare name to send and verify: without the trailing dot of an absolute name. Owned by the caller. */
char *gw_tls_name(const gw_upstream_tls_cfg *cfg, const char *host);
bool gw_address_parse(const char *host, uint16_t port, gw_address *out);

/* endpoint_progress.c. False: the kernel does not say. */
bool gw_socket_progress(int fd, uint64_t *out_acked, uint32_t *out_unsent);

#endif
