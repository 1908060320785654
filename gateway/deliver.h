/* SPDX-License-Identifier: MIT */
/*
 * The upstream station: a scrubbed body to the backend of its route, an HTTP endpoint or a store. One
 * delivery at a time in each gw_delivery; it must not move while it runs. The seam for a durable queue: what
 * is decided after a failure is decided here.
 */
#ifndef GW_DELIVER_H
#define GW_DELIVER_H

#include "gateway/thread.h"
#include "gateway/translate.h"

typedef struct gw_delivery gw_delivery;

/* `text` is the buffer given to gw_deliver_start; slices of `t` lie in it. Called once, never from inside
 * gw_deliver_start, unless cancelled. */
typedef void (*gw_delivered_cb)(void *arg, const gw_translated *t);

struct gw_delivery {
    gw_binding *binding; /* borrowed: the exchange holds it */
    const gw_route_cfg *route;
    const gw_reply_to *to;
    rd_buf *text;
    gw_delivered_cb cb;
    void *arg;
    gw_call *call;                  /* HTTP, while under way */
    struct gw_store_ticket *ticket; /* store, while under way */
    gw_header_cfg extra[2];
};

typedef struct gw_deliver_request {
    const gw_scrubbed *body;
    rd_slice content_type, content_encoding;
    rd_slice tenant;
    rd_slice traceparent, tracestate; /* as received; passed on only if they are well-formed */
} gw_deliver_request;

void gw_deliver_start(gw_delivery *d, gw_binding *b, const gw_route_cfg *route, const gw_reply_to *to,
                      const gw_deliver_request *req, rd_buf *text, gw_delivered_cb cb, void *arg);
/* The sender is gone. What a store has queued already is still written. */
void gw_deliver_cancel(gw_delivery *d);

/* W3C trace context, version 00: 00-32hex-16hex-2hex, lower case, ids not zero. */
bool gw_traceparent_valid(rd_slice v);

#endif
