/* SPDX-License-Identifier: MIT */
#include "gateway/deliver.h"

#include <stdlib.h>

#include "gateway/log.h"

static gw_gate *gate_of(const gw_delivery *d)
{
    return &d->binding->gates[d->route->upstream_index * GW_SIGNAL_COUNT + d->route->signal];
}

static gw_delivery *delivery_of(gw_waiting *w)
{
    return H2O_STRUCT_FROM_MEMBER(gw_delivery, waiting, w);
}

static void finish(gw_delivery *d, const gw_translated *t)
{
    gw_delivered_cb cb = d->cb;
    d->cb = NULL;
    cb(d->arg, t);
}

/* ---- HTTP endpoints: the end ---- */

static void leave_line(gw_delivery *d)
{
    if (!d->waiting.in_line)
        return;
    gw_waitq_remove(&gate_of(d)->line, &d->waiting);
    gw_upstream_count_waiting(d->up, -1);
}

static void settle(gw_delivery *d)
{
    leave_line(d);
    gw_upstream_give_bytes(d->up, d->charged);
    d->charged = 0;
}

static gw_outcome outcome_of_leave(gw_leave a)
{
    switch (a) {
    case GW_LEAVE_OPEN:
        return GW_OUTCOME_UPSTREAM_OPEN;
    case GW_LEAVE_LIMITED:
        return GW_OUTCOME_UPSTREAM_LIMITED;
    case GW_LEAVE_BUSY:
        return GW_OUTCOME_UPSTREAM_BUSY;
    default:
        return GW_OUTCOME_OVERLOAD;
    }
}

static gw_translated translation_of(const gw_refusal *v)
{
    return (gw_translated){.outcome = outcome_of_leave(v->leave),
                           .detail = rd_slice_str(v->why),
                           .retry_after_s = v->retry_after_s};
}

/* No backend took it. The sender still has it and is told to try again; a durable queue would take it here,
 * before that is said. */
static void give_up(gw_delivery *d, const gw_translated *t)
{
    settle(d);
    finish(d, t);
}

static void refuse(gw_delivery *d, gw_leave a)
{
    gw_thread *thread = d->binding->thread;
    gw_upstream_explain(d->up, d->route->signal, a, gw_now_ms(), gw_thread_random(thread), &d->verdict);
    gw_translated t = translation_of(&d->verdict);
    give_up(d, &t);
}

static void on_later(h2o_timeout_entry_t *entry)
{
    gw_delivery *d = H2O_STRUCT_FROM_MEMBER(gw_delivery, later, entry);
    refuse(d, d->verdict.leave);
}

/* A delivery never ends inside its start. */
static void refuse_later(gw_delivery *d, gw_leave a)
{
    d->verdict.leave = a;
    d->later.cb = on_later;
    h2o_timeout_link(d->binding->thread->h2o.loop, &d->binding->thread->h2o.zero_timeout, &d->later);
}

/* ---- HTTP endpoints: calls ---- */

static void count_call(const gw_delivery *d, gw_call_result r, const gw_call_response *res)
{
    gw_counters *c = d->binding->thread->counters;
    unsigned slot = d->binding->gen->upstream_slots[d->route->upstream_index];
    gw_count(c, GW_METRIC_UPSTREAM_CALLS, slot, r, 0, 1);
    if (r == GW_CALL_OK)
        gw_count(c, GW_METRIC_UPSTREAM_ANSWERS, slot, gw_metrics_status(res->status), 0, 1);
}

static uint64_t time_left(const gw_delivery *d, uint64_t now_ms)
{
    return d->deadline_ms > now_ms ? d->deadline_ms - now_ms : 0;
}

static void give_back(gw_delivery *d, const gw_call_end *end)
{
    gw_upstream_done(d->up, d->route->signal, &d->leave, end, gw_now_ms(),
                     gw_thread_random(d->binding->thread));
}

static void start_call(gw_delivery *d);

/* Endpoints whose connections are all busy. */
static uint64_t without_connection(const gw_delivery *d)
{
    const gw_pool *pool = d->binding->pools[d->route->upstream_index];
    uint64_t full = 0;
    for (size_t i = 0; i < gw_upstream_config(d->up)->n_endpoints; i++)
        full |= (uint64_t)!gw_pool_has_room(pool, i) << i;
    return full;
}

static gw_leave acquire(gw_delivery *d, uint64_t now_ms)
{
    return gw_upstream_acquire(d->up, d->route->signal, d->tried, without_connection(d), now_ms,
                               gw_thread_random(d->binding->thread), &d->leave);
}

/* Is another endpoint tried after this? Without an answer it must be certain that nothing was processed. */
static bool is_retryable(const gw_retry_cfg *cfg, gw_call_result r, const gw_call_response *res)
{
    gw_retry_on on = GW_RETRY_CONNECT;
    if (r == GW_CALL_OK && res->status == 502)
        on = GW_RETRY_502;
    else if (r == GW_CALL_OK && res->status == 503)
        on = GW_RETRY_503;
    else if (r == GW_CALL_OK && res->status == 504)
        on = GW_RETRY_504;
    else if (r != GW_CALL_CONNECT && r != GW_CALL_RESOLVE && r != GW_CALL_CONNECT_TIMEOUT &&
             r != GW_CALL_BUSY)
        return false;
    return (cfg->on >> on & 1) != 0;
}

static bool try_another(gw_delivery *d, gw_call_result r, const gw_call_response *res)
{
    const gw_upstream_cfg *cfg = gw_upstream_config(d->up);
    uint64_t now_ms = gw_now_ms();
    if (d->attempts >= cfg->retry.attempts || d->attempts >= cfg->n_endpoints || time_left(d, now_ms) == 0 ||
        !is_retryable(&cfg->retry, r, res))
        return false;
    if (acquire(d, now_ms) != GW_LEAVE_GIVEN)
        return false;
    if (!gw_upstream_may_retry(d->up, now_ms)) {
        give_back(d, &(gw_call_end){.cancelled = true});
        return false;
    }
    start_call(d);
    return true;
}

/* A place is free, or a connection, which the signals share: who waits is served in the next turn of the
 * loop. Not at once, because a call still has its connection while it tells its end, and that may be the only
 * one there may be. */
static void wake(gw_binding *b, size_t upstream)
{
    gw_thread *t = b->thread;
    for (unsigned s = 0; s < GW_SIGNAL_COUNT; s++) {
        gw_gate *g = &b->gates[upstream * GW_SIGNAL_COUNT + s];
        if (gw_waitq_first(&g->line) == NULL)
            continue;
        h2o_timeout_unlink(&g->timer);
        h2o_timeout_link(t->h2o.loop, &t->h2o.zero_timeout, &g->timer);
    }
}

static void on_call(void *arg, gw_call_result r, const gw_call_response *res)
{
    gw_delivery *d = arg;
    uint32_t retry_after_s = r == GW_CALL_OK ? gw_translate_retry_after(res->retry_after, time(NULL)) : 0;
    gw_translated t;
    d->call = NULL;
    count_call(d, r, res);
    give_back(d, &(gw_call_end){.result = r,
                                .status = r == GW_CALL_OK ? res->status : 0,
                                .retry_after_s = retry_after_s,
                                .allowed_ms = d->deadline_ms - d->leave.started_ms,
                                .tenant = d->req.tenant});
    wake(d->binding, d->route->upstream_index);
    if (try_another(d, r, res))
        return;
    gw_translate(r, res, d->to, d->binding->thread->scrubber, d->req.scrub, d->text, &t);
    if (t.outcome != GW_OUTCOME_DELIVERED)
        gw_log(UPSTREAM_FAILED, gw_word("upstream", d->route->upstream),
               gw_word("signal", gw_signal_word(d->route->signal)), gw_word("result", gw_call_result_word(r)),
               gw_i64("status", r == GW_CALL_OK ? res->status : 0),
               gw_word("answered", gw_outcome_word(t.outcome)));
    give_up(d, &t);
}

/* `d->leave` has been given. */
static void start_call(gw_delivery *d)
{
    gw_call_request call = {.path = rd_slice_str(d->route->path),
                            .content_type = d->req.content_type,
                            .content_encoding = d->req.content_encoding,
                            .tenant = d->req.tenant,
                            .headers = d->extra,
                            .n_headers = d->n_extra,
                            .endpoint = d->leave.endpoint,
                            .allowed_ms = time_left(d, d->leave.started_ms),
                            .body = d->req.body};
    d->tried |= UINT64_C(1) << d->leave.endpoint;
    d->attempts++;
    d->call = gw_call_start(d->binding->pools[d->route->upstream_index], &call, on_call, d);
}

/* ---- HTTP endpoints: waiting ---- */

/* Whose turn it is; and when the breaker has opened meanwhile, nobody waits any longer. */
static void serve(gw_gate *g)
{
    gw_waiting *w;
    while ((w = gw_waitq_first(&g->line)) != NULL) {
        gw_delivery *d = delivery_of(w);
        gw_leave a = acquire(d, gw_now_ms());
        if (a == GW_LEAVE_FULL)
            return;
        leave_line(d);
        if (a == GW_LEAVE_GIVEN)
            start_call(d);
        else
            refuse(d, a);
    }
}

/* Room may have come about, here or on another thread, or time has passed. */
static void on_gate_timer(h2o_timeout_entry_t *entry)
{
    gw_gate *g = H2O_STRUCT_FROM_MEMBER(gw_gate, timer, entry);
    gw_binding *binding = gw_binding_ref(g->binding);
    gw_waiting *w;
    uint64_t now_ms = gw_now_ms();
    while ((w = gw_waitq_expired(&g->line, now_ms)) != NULL)
        refuse(delivery_of(w), GW_LEAVE_FULL);
    serve(g);
    if (gw_waitq_first(&g->line) != NULL)
        h2o_timeout_link(binding->thread->h2o.loop, &binding->thread->tick, &g->timer);
    gw_binding_unref(&binding);
}

static void wait_or_refuse(gw_delivery *d, uint64_t now_ms)
{
    const gw_upstream_cfg *cfg = gw_upstream_config(d->up);
    gw_gate *g = gate_of(d);
    gw_thread *t = d->binding->thread;
    uint64_t left = time_left(d, now_ms),
             patience = left < cfg->queue_timeout_ms ? left : cfg->queue_timeout_ms;
    uint32_t limit;
    double call_ms;
    gw_upstream_pace(d->up, d->route->signal, &limit, &call_ms);
    uint64_t connections = (uint64_t)cfg->max_connections * cfg->n_endpoints;
    limit = limit < connections ? limit : (uint32_t)connections;
    if (!gw_waitq_worth(&g->line, cfg->queue, limit, call_ms, patience)) {
        refuse_later(d, GW_LEAVE_FULL);
        return;
    }
    gw_waitq_push(&g->line, &d->waiting, now_ms + patience);
    gw_upstream_count_waiting(d->up, 1);
    g->timer.cb = on_gate_timer;
    if (!h2o_timeout_is_linked(&g->timer))
        h2o_timeout_link(t->h2o.loop, &t->tick, &g->timer);
}

static void start_http(gw_delivery *d)
{
    uint64_t now_ms = gw_now_ms(), n = gw_scrubbed_bytes(d->req.body).n;
    d->deadline_ms = now_ms + gw_upstream_config(d->up)->request_timeout_ms;
    gw_upstream_count_request(d->up);
    if (!gw_upstream_take_bytes(d->up, n)) {
        refuse_later(d, GW_LEAVE_FULL);
        return;
    }
    d->charged = n;
    /* Who waits already goes first. */
    gw_leave a = gw_waitq_first(&gate_of(d)->line) != NULL ? GW_LEAVE_FULL : acquire(d, now_ms);
    if (a == GW_LEAVE_GIVEN)
        start_call(d);
    else if (a == GW_LEAVE_FULL)
        wait_or_refuse(d, now_ms);
    else
        refuse_later(d, a);
}

bool gw_deliver_refuses(gw_binding *b, const gw_route_cfg *route, rd_slice tenant, gw_refusal *verdict,
                        gw_translated *out)
{
    gw_upstream *up = b->gen->upstreams[route->upstream_index];
    uint64_t now_ms = gw_now_ms();
    if (up == NULL)
        return false;
    uint64_t random = gw_thread_random(b->thread);
    const gw_gate *g = &b->gates[route->upstream_index * GW_SIGNAL_COUNT + route->signal];
    if (g->line.n >= gw_upstream_config(up)->queue && g->line.n > 0)
        gw_upstream_explain(up, route->signal, GW_LEAVE_FULL, now_ms, random, verdict);
    else if (!gw_upstream_refuses(up, route->signal, tenant, now_ms, random, verdict))
        return false;
    *out = translation_of(verdict);
    return true;
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
    gw_waitq_remove(&gate_of(d)->line, &d->waiting);
    finish(d, &out);
}

static void let_go_of_store(gw_delivery *d)
{
    gw_waitq_remove(&gate_of(d)->line, &d->waiting);
    if (d->ticket != NULL)
        d->ticket->delivery = NULL;
    d->ticket = NULL;
}

/* A disk may hang for ever. The line may still be written, so the sender, who is told to try again, may have
 * it stored twice; an answer that comes later goes to nobody. All wait equally long: the first is the first.
 */
static void on_store_timer(h2o_timeout_entry_t *entry)
{
    gw_gate *g = H2O_STRUCT_FROM_MEMBER(gw_gate, timer, entry);
    gw_binding *binding = gw_binding_ref(g->binding);
    const gw_translated late = {.outcome = GW_OUTCOME_STORE_TIMEOUT};
    gw_waiting *w;
    uint64_t now_ms = gw_now_ms();
    while ((w = gw_waitq_first(&g->line)) != NULL && w->deadline_ms <= now_ms) {
        gw_delivery *d = delivery_of(w);
        let_go_of_store(d);
        gw_log(STORE_TIMEOUT, gw_word("upstream", d->route->upstream),
               gw_word("signal", gw_signal_word(d->route->signal)));
        finish(d, &late);
    }
    if (gw_waitq_first(&g->line) != NULL)
        h2o_timeout_link(binding->thread->h2o.loop, &binding->thread->tick, &g->timer);
    gw_binding_unref(&binding);
}

static void wait_for_store(gw_delivery *d)
{
    const gw_upstream_cfg *cfg = &d->binding->gen->cfg->upstreams[d->route->upstream_index];
    gw_gate *g = gate_of(d);
    gw_thread *t = d->binding->thread;
    gw_waitq_push(&g->line, &d->waiting, gw_now_ms() + cfg->request_timeout_ms);
    g->timer.cb = on_store_timer;
    if (!h2o_timeout_is_linked(&g->timer))
        h2o_timeout_link(t->h2o.loop, &t->tick, &g->timer);
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
        wait_for_store(d);
    else
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
    *d = (gw_delivery){
        .binding = b, .route = route, .to = to, .text = text, .cb = cb, .arg = arg, .req = *req};
    if (b->gen->stores[route->upstream_index] != NULL) {
        start_store(d, b->gen->stores[route->upstream_index], req->body);
        return;
    }
    d->up = b->gen->upstreams[route->upstream_index];
    d->n_extra = extra_headers(d, req);
    start_http(d);
}

void gw_deliver_cancel(gw_delivery *d)
{
    if (d->call != NULL) {
        gw_call_cancel(d->call);
        give_back(d, &(gw_call_end){.cancelled = true});
        wake(d->binding, d->route->upstream_index);
    }
    if (d->ticket != NULL)
        let_go_of_store(d);
    if (d->up != NULL) {
        h2o_timeout_unlink(&d->later);
        settle(d);
    }
    d->call = NULL;
    d->cb = NULL;
}
