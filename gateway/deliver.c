/* SPDX-License-Identifier: MIT */
#include "gateway/deliver.h"

#include <stdlib.h>

#include "gateway/log.h"

static void finish(gw_delivery *d, const gw_translated *t)
{
    gw_delivered_cb cb = d->cb;
    d->cb = NULL;
    cb(d->arg, t);
}

/* ---- HTTP endpoints ---- */

static void count_call(const gw_delivery *d, gw_call_result r, const gw_call_response *res)
{
    gw_counters *c = d->binding->thread->counters;
    unsigned slot = d->binding->gen->upstream_slots[d->route->upstream_index];
    gw_count(c, GW_METRIC_UPSTREAM_CALLS, slot, r, 0, 1);
    if (r == GW_CALL_OK)
        gw_count(c, GW_METRIC_UPSTREAM_ANSWERS, slot, gw_metrics_status(res->status), 0, 1);
}

static void on_call(void *arg, gw_call_result r, const gw_call_response *res)
{
    gw_delivery *d = arg;
    gw_translated t;
    d->call = NULL;
    count_call(d, r, res);
    gw_translate(r, res, d->to, d->binding->thread->scrubber, d->binding->gen, d->text, &t);
    if (t.outcome != GW_OUTCOME_DELIVERED)
        gw_log(UPSTREAM_FAILED, gw_word("upstream", d->route->upstream),
               gw_word("signal", gw_signal_word(d->route->signal)), gw_word("result", gw_call_result_word(r)),
               gw_i64("status", r == GW_CALL_OK ? res->status : 0),
               gw_word("answered", gw_outcome_word(t.outcome)));
    finish(d, &t);
}

/* ---- stores ---- */

/* Lives until the writer's message came back, whether or not the delivery still waits for it. */
typedef struct gw_store_ticket {
    gw_message message;
    gw_thread *thread;
    gw_delivery *delivery; /* NULL: cancelled */
    gw_store_result result;
    const gw_ack *ack;
} gw_store_ticket;

static gw_outcome outcome_of_store(gw_store_result r)
{
    switch (r) {
    case GW_STORE_OK:
        return GW_OUTCOME_DELIVERED;
    case GW_STORE_QUEUE_FULL:
        return GW_OUTCOME_OVERLOAD;
    case GW_STORE_TOO_LARGE:
        return GW_OUTCOME_TOO_LARGE;
    case GW_STORE_FULL:
        return GW_OUTCOME_STORE_FULL;
    default:
        return GW_OUTCOME_STORE_FAILED;
    }
}

/* On the loop. */
static void on_stored(gw_thread *t, gw_message *m)
{
    gw_store_ticket *ticket = H2O_STRUCT_FROM_MEMBER(gw_store_ticket, message, m);
    gw_delivery *d = ticket->delivery;
    gw_translated out = {.outcome = outcome_of_store(ticket->result), .ack = ticket->ack};
    free(ticket);
    if (d == NULL)
        return;
    d->ticket = NULL;
    finish(d, &out);
}

/* On the writer's thread, or on the loop for an append that was refused. */
static void on_written(void *arg, gw_store_result r, const gw_ack *ack)
{
    gw_store_ticket *ticket = arg;
    ticket->result = r;
    ticket->ack = ack;
    ticket->message.run = on_stored;
    gw_thread_post(ticket->thread, &ticket->message);
}

static void start_store(gw_delivery *d, gw_store *store, const gw_scrubbed *body)
{
    gw_store_ticket *ticket = calloc(1, sizeof *ticket);
    if (ticket == NULL)
        abort(); /* as h2o's allocators do: a few bytes that are not there end the process */
    *ticket = (gw_store_ticket){.thread = d->binding->thread, .delivery = d};
    d->ticket = ticket;
    gw_store_result r = gw_store_append(store, d->route->signal, body, on_written, ticket);
    if (r == GW_STORE_OK)
        return;
    on_written(ticket, r, NULL); /* by the inbox as well: a delivery never ends inside its start */
}

/* ---- both ---- */

static bool is_hex(rd_slice s)
{
    bool zero = true;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        zero = zero && c == '0';
    }
    return !zero;
}

bool gw_traceparent_valid(rd_slice v)
{
    if (v.n != 55 || memcmp(v.p, "00-", 3) != 0 || v.p[35] != '-' || v.p[52] != '-')
        return false;
    static const char hex[] = "0123456789abcdef";
    bool flags = memchr(hex, v.p[53], 16) != NULL && memchr(hex, v.p[54], 16) != NULL;
    return flags && is_hex((rd_slice){v.p + 3, 32}) && is_hex((rd_slice){v.p + 36, 16});
}

static size_t extra_headers(gw_delivery *d, const gw_deliver_request *req)
{
    /* tracestate holds values of vendors, so of users: it stays here. */
    if (!gw_traceparent_valid(req->traceparent))
        return 0;
    size_t at = d->text->n;
    (void)rd_buf_reserve(d->text, req->traceparent.n + 1);
    rd_buf_append(d->text, req->traceparent.p, req->traceparent.n);
    rd_buf_append_byte(d->text, '\0');
    if (d->text->failed != RD_OK)
        return 0;
    d->extra[0] = (gw_header_cfg){"traceparent", (const char *)d->text->p + at};
    return 1;
}

void gw_deliver_start(gw_delivery *d, gw_binding *b, const gw_route_cfg *route, const gw_reply_to *to,
                      const gw_deliver_request *req, rd_buf *text, gw_delivered_cb cb, void *arg)
{
    *d = (gw_delivery){.binding = b, .route = route, .to = to, .text = text, .cb = cb, .arg = arg};
    if (b->gen->stores[route->upstream_index] != NULL) {
        start_store(d, b->gen->stores[route->upstream_index], req->body);
        return;
    }
    gw_call_request call = {.path = rd_slice_str(route->path),
                            .content_type = req->content_type,
                            .content_encoding = req->content_encoding,
                            .tenant = req->tenant,
                            .headers = d->extra,
                            .n_headers = extra_headers(d, req),
                            .body = req->body};
    d->call = gw_call_start(b->pools[route->upstream_index], &call, on_call, d);
}

void gw_deliver_cancel(gw_delivery *d)
{
    if (d->call != NULL)
        gw_call_cancel(d->call);
    if (d->ticket != NULL)
        d->ticket->delivery = NULL;
    d->call = NULL;
    d->ticket = NULL;
    d->cb = NULL;
}
