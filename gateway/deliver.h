/* SPDX-License-Identifier: MIT */
/*
 * The upstream station: a scrubbed body to the backend of its route, an HTTP endpoint or a store. One
 * delivery at a time in each gw_delivery; it must not move while it runs.
 *
 *   start ──► acquire ──given──► call ──answer──────────────────────────► delivered
 *             ▲  │                 └─failed─► acquire another endpoint, if that is safe or configured
 *    its turn │  │ full                       │ in time, and the retry budget allows it; else:
 *             └─ waiting ──out of time─────┐  ▼
 *                │ open, held back         └► give up: an answer that is tried again
 *
 *   start ──► queued in the store ──synced──► delivered
 *               └─failed, or out of time─────► an answer that is tried again
 *
 * What is decided about backends is decided in upstream.h; here it becomes calls, timers and answers. The
 * seam for a durable queue is give_up in deliver.c: every body that no backend took comes through there.
 */
#ifndef GW_DELIVER_H
#define GW_DELIVER_H

#include "gateway/thread.h"
#include "gateway/translate.h"

typedef struct gw_delivery gw_delivery;

/* `text` is the buffer given to gw_deliver_start; slices of `t` lie in it. Called once, never from inside
 * gw_deliver_start, unless cancelled. */
typedef void (*gw_delivered_cb)(void *arg, const gw_translated *t);

typedef struct gw_deliver_request {
    const gw_scrubbed *body;
    const gw_scrub *scrub; /* that made it */
    rd_slice content_type, content_encoding;
    rd_slice tenant;
    rd_slice traceparent, tracestate; /* as received; passed on only if they are well-formed */
} gw_deliver_request;

struct gw_delivery {
    gw_binding *binding; /* borrowed: the exchange holds it */
    const gw_route_cfg *route;
    const gw_reply_to *to;
    rd_buf *text;
    gw_delivered_cb cb;
    void *arg;
    gw_call *call;                  /* HTTP, while under way */
    struct gw_store_ticket *ticket; /* store, while under way */
    gw_deliver_request req;         /* what it points to is the caller's until the end */
    gw_upstream *up;                /* borrowed from the generation */
    gw_ticket leave;                /* while a call is under way */
    uint64_t deadline_ms, charged;  /* of the whole request; bytes held at the upstream */
    uint64_t tried;                 /* bit per endpoint */
    unsigned attempts;
    gw_waiting waiting;
    h2o_timeout_entry_t later; /* to say what was known at once */
    gw_refusal verdict;
    gw_header_cfg extra[2];
    size_t n_extra;
};

void gw_deliver_start(gw_delivery *d, gw_binding *b, const gw_route_cfg *route, const gw_reply_to *to,
                      const gw_deliver_request *req, rd_buf *text, gw_delivered_cb cb, void *arg);
/* Would a delivery on this route be refused whatever the body is? Asked before the body is read, so that a
 * refusal costs next to nothing. True: `out` has outcome, words (in `verdict`) and Retry-After. */
bool gw_deliver_refuses(gw_binding *b, const gw_route_cfg *route, rd_slice tenant, gw_refusal *verdict,
                        gw_translated *out);

/* The sender is gone. What a store has queued already is still written. */
void gw_deliver_cancel(gw_delivery *d);

/* W3C trace context, version 00: 00-32hex-16hex-2hex, lower case, ids not zero. */
bool gw_traceparent_valid(rd_slice v);

#endif
