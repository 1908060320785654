/* SPDX-License-Identifier: MIT */
/*
 * HTTP/1.1 client for upstreams, on h2o sockets. h2o's own client aborts the process on odd replies and
 * skips host names under TLS 1.3; this one does neither.
 *
 * One pool per thread and upstream: keep-alive connections in LIFO order, idle ones stay polled, so that a
 * close by the backend is seen at once. One call is one attempt at one endpoint plus at most one more when a
 * reused connection turned out to be stale before any byte of the answer (RFC 9110 section 9.2.2 leaves that
 * to the client: the body was not processed).
 *
 * Which endpoint is called, and whether another one is called after it, is the caller's decision. A 2xx that
 * comes before the whole body was written is no answer. Names are looked up for each new connection, which
 * begins at the next of their addresses; when the resolver fails, the addresses it last gave are used.
 *
 * Everything runs on the pool's loop; no function here blocks.
 */
#ifndef GW_ENDPOINT_H
#define GW_ENDPOINT_H

#include <h2o.h>

#include "filters/base/slice.h"
#include "gateway/call_result.h"
#include "gateway/config.h"
#include "gateway/scrubbed.h"

typedef struct gw_pool gw_pool;
typedef struct gw_call gw_call;

/* A pool for `cfg`, which must live until `on_gone` of gw_pool_retire. `ctx` gives the loop and the
 * resolver's queue. NULL: TLS files do not load, or a header, host or path cannot be sent; the reason goes to
 * *out_why, a literal. */
gw_pool *gw_pool_new(h2o_context_t *ctx, const gw_upstream_cfg *cfg, const char **out_why);
/* Closes idle connections at once; the rest when their calls end; then frees itself. `on_gone` (may be NULL)
 * is called then. */
void gw_pool_retire(gw_pool *p, void (*on_gone)(void *arg), void *arg);
uint32_t gw_pool_connections(const gw_pool *p);
/* False: max_connections of that endpoint are all busy, and a call would end with GW_CALL_BUSY. */
bool gw_pool_has_room(const gw_pool *p, size_t endpoint);

typedef struct gw_call_request {
    rd_slice path;                /* upstream path, without the endpoint's prefix */
    rd_slice content_type;        /* e.g. application/x-protobuf */
    rd_slice content_encoding;    /* empty: none */
    rd_slice tenant;              /* value of cfg->tenant_header; empty: header not sent */
    const gw_header_cfg *headers; /* extra headers, already judged safe (traceparent ...) */
    size_t n_headers;
    size_t endpoint;         /* index in the configuration */
    uint64_t allowed_ms;     /* for the whole call, if that is less than total_timeout; 0: not less */
    const gw_scrubbed *body; /* borrowed until the callback or the cancel; NULL: GET, without a body */
} gw_call_request;

/* Valid during the callback only. */
typedef struct gw_call_response {
    int status;
    rd_slice content_type; /* empty: absent */
    rd_slice retry_after;
    rd_slice body;
    const gw_ack *ack; /* set for 2xx */
    uint32_t total_us, connect_us;
    bool reused; /* connection came from the pool */
} gw_call_response;

/* Called once, never from inside gw_call_start. `res` is NULL unless r is GW_CALL_OK. */
typedef void (*gw_call_cb)(void *arg, gw_call_result r, const gw_call_response *res);

/* Copies what it needs of `req`, except the body, which must live until the end of the call. The process must
 * ignore SIGPIPE. */
gw_call *gw_call_start(gw_pool *p, const gw_call_request *req, gw_call_cb cb, void *arg);
/* Ends the call without callback and closes its connection. Does nothing from inside the call's own callback.
 */
void gw_call_cancel(gw_call *c);

#endif
