/* SPDX-License-Identifier: MIT */
/*
 * The seam between front ends (who speak HTTP/1 or, later, HTTP/2 on sockets) and what they serve (an
 * exchange of the data plane, an admin page). A front end implements gw_stream_ops, an application gw_app;
 * neither knows the other's file.
 *
 *    front end ──on_head──► app       head complete; the app may answer at once
 *    front end ──on_body──► app       whole body
 *    front end ◄──respond── app       exactly once, unless aborted first
 *    front end ──on_abort─► app       the sender is gone; the app must not respond any more
 */
#ifndef GW_FRONTEND_H
#define GW_FRONTEND_H

#include <stdbool.h>
#include <stdint.h>

#include "filters/base/slice.h"

enum { GW_MAX_RESPONSE_HEADERS = 16 };

typedef struct gw_thread gw_thread;

typedef struct gw_response_header {
    const char *name; /* literal */
    rd_slice value;
} gw_response_header;

/* Borrowed for the call of respond: the front end copies. */
typedef struct gw_response {
    int status;
    gw_response_header headers[GW_MAX_RESPONSE_HEADERS];
    unsigned n_headers;
    rd_slice body;
    bool close; /* end the connection after this answer */
} gw_response;

static inline void gw_response_add(gw_response *r, const char *name, rd_slice value)
{
    if (r->n_headers < GW_MAX_RESPONSE_HEADERS)
        r->headers[r->n_headers++] = (gw_response_header){name, value};
}

/* What a request's head says, as far as anything here asks. Absent fields are empty. Borrowed until respond
 * or abort. */
typedef struct gw_head {
    rd_slice method, path, query;
    rd_slice content_type, content_encoding;
    rd_slice origin, request_method, request_headers; /* CORS */
    rd_slice traceparent, tracestate;
    rd_slice authorization;
    rd_slice fields;      /* all header lines, for headers that only the configuration names */
    struct gw_peer *peer; /* who is at the other end; NULL: not known */
    bool has_length;
    uint64_t content_length;
} gw_head;

typedef struct gw_stream gw_stream;

typedef struct gw_stream_ops {
    void (*respond)(gw_stream *s, const gw_response *r);
} gw_stream_ops;

struct gw_stream {
    const gw_stream_ops *ops;
};

/* A body and who frees it. `bytes` is followed by RD_BUF_TAIL readable bytes. */
typedef struct gw_body {
    rd_slice bytes;
    void (*release)(void *owner);
    void *owner;
} gw_body;

static inline void gw_body_release(gw_body *b)
{
    if (b->release != NULL)
        b->release(b->owner);
    *b = (gw_body){0};
}

typedef struct gw_app {
    /* Returns the request's handle for the calls below, or NULL when it answered already (then the body is
     * not wanted). *out_max_body: how many body bytes may come. */
    void *(*on_head)(gw_thread *t, gw_stream *s, const gw_head *h, uint64_t *out_max_body);
    /* The app owns `body` from here on. */
    void (*on_body)(void *request, gw_body body);
    /* The body cannot be read (too large, bad framing, too slow): the app answers with `outcome`. */
    void (*on_bad_body)(void *request, int outcome);
    void (*on_abort)(void *request);
} gw_app;

#endif
