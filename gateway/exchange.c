/* SPDX-License-Identifier: MIT */
#include "gateway/exchange.h"

#include <stdlib.h>

#include "gateway/admission.h"
#include "gateway/budget.h"
#include "gateway/deliver.h"
#include "gateway/identity.h"
#include "gateway/log.h"
#include "gateway/media.h"
#include "gateway/reply.h"
#include "gateway/worker.h"

enum {
    INLINE_BYTES = 256 << 10, /* larger bodies are scrubbed on a worker */
    CODED_FACTOR = 8,         /* what a coded byte counts as in that */
    MAX_TEXT = 1 << 20,       /* texts of one answer */
    RETRY_AFTER_S = 2,
    MAX_BLOCKED_S = 300 /* a sender asks again at least so often whether its workspace is still blocked */
};

#define STATES(X) X(HEAD) X(BODY) X(VERIFY) X(SCRUB) X(DELIVER) X(DONE)
typedef enum state {
#define X(name) STATE_##name,
    STATES(X)
#undef X
        STATE_COUNT
} state;

typedef struct gw_exchange {
    state state;
    gw_thread *thread;
    gw_binding *binding;           /* shared: the generation this request began with */
    gw_workspaces *workspaces;     /* shared (refs): the table it began with */
    const gw_workspace *workspace; /* the sender's, of that table; NULL until it is known */
    gw_identity_slow *slow;        /* owned: what it depends on, NULL: nothing */
    gw_stream *stream;             /* NULL once answered or aborted */
    const gw_route_cfg *route;     /* NULL: none matched */
    gw_reply_to to;
    gw_format format;
    rd_coding coding;
    rd_slice traceparent, tracestate; /* borrowed from the head */
    gw_body body;                     /* owned until the scrubbed body no longer borrows it */
    bool admitted;                    /* one request taken from the budget */
    bool accepted;                    /* counted as such, with n_items */
    bool on_worker;                   /* a worker holds `scrub` or `slow`: free only when it is back */
    _Atomic bool gone;                /* aborted: the worker need not begin */
    bool delivered;
    uint32_t n_items;
    gw_admission admission;
    gw_scrub scrub;
    gw_work work;
    gw_delivery delivery;
    rd_buf text; /* answer texts */
} gw_exchange;

/* ---- state ---- */

/* Which state may follow which; everything else is a bug. */
static const bool follows[STATE_COUNT][STATE_COUNT] = {
    [STATE_HEAD] = {[STATE_BODY] = true, [STATE_DONE] = true},
    [STATE_BODY] = {[STATE_VERIFY] = true, [STATE_SCRUB] = true, [STATE_DONE] = true},
    [STATE_VERIFY] = {[STATE_SCRUB] = true, [STATE_DONE] = true},
    [STATE_SCRUB] = {[STATE_DELIVER] = true, [STATE_DONE] = true},
    [STATE_DELIVER] = {[STATE_DONE] = true},
};

static void transition(gw_exchange *x, state to)
{
    if (!follows[x->state][to])
        abort();
    x->state = to;
}

static void count(gw_exchange *x, gw_metric m, unsigned second, int64_t n)
{
    gw_count(x->thread->counters, m, x->route->signal, second, 0, n);
}

/* The same for the workspace, once it is known. */
static void count_workspace(gw_exchange *x, gw_metric m, unsigned second, int64_t n)
{
    if (x->workspace != NULL)
        gw_count(x->thread->counters, m, x->workspace->slot, second, 0, n);
}

static void count_rejected(gw_exchange *x, gw_outcome outcome)
{
    count(x, GW_METRIC_REQUESTS_REJECTED, outcome, 1);
    count_workspace(x, GW_METRIC_WS_REQUESTS_REJECTED, outcome, 1);
    if (x->n_items == 0)
        return;
    count(x, GW_METRIC_ITEMS_RECEIVED, 0, x->n_items);
    count(x, GW_METRIC_ITEMS_REJECTED, outcome, x->n_items);
    count_workspace(x, GW_METRIC_WS_ITEMS_RECEIVED, 0, x->n_items);
    count_workspace(x, GW_METRIC_WS_ITEMS_REJECTED, outcome, x->n_items);
}

static void release(gw_exchange *x)
{
    if (x->on_worker)
        return; /* on_worker_done comes back here */
    gw_identity_slow_free(&x->slow);
    gw_scrub_release(&x->scrub);
    gw_admission_end(&x->admission, x->delivered  ? GW_ADMISSION_DELIVERED
                                    : x->accepted ? GW_ADMISSION_DROPPED
                                                  : GW_ADMISSION_REFUSED);
    gw_body_release(&x->body);
    rd_buf_release(&x->text);
    if (x->admitted)
        gw_budget_give_request();
    x->thread->n_requests--;
    gw_binding_unref(&x->binding);
    gw_workspaces_unref(&x->workspaces);
    free(x);
}

/* The one end of every exchange: accounts, and answers if somebody still listens. */
static void end(gw_exchange *x, gw_outcome outcome, gw_response *res)
{
    bool delivered = outcome == GW_OUTCOME_DELIVERED;
    transition(x, STATE_DONE);
    x->delivered = delivered;
    if (x->route != NULL) {
        if (x->accepted) {
            count(x, delivered ? GW_METRIC_REQUESTS_DELIVERED : GW_METRIC_REQUESTS_DROPPED,
                  delivered ? 0 : outcome, 1);
            uint32_t n_discarded = delivered ? x->scrub.n_taken : 0;
            count(x, delivered ? GW_METRIC_ITEMS_DELIVERED : GW_METRIC_ITEMS_DROPPED, delivered ? 0 : outcome,
                  x->n_items - n_discarded);
            count(x, GW_METRIC_ITEMS_DISCARDED, 0, n_discarded);
            count(x, GW_METRIC_ITEMS_IN_FLIGHT, 0, -(int64_t)x->n_items);
        } else {
            count_rejected(x, outcome);
        }
        count(x, GW_METRIC_REQUESTS_IN_FLIGHT, 0, -1);
    }
    if (x->stream != NULL) {
        unsigned signal = x->route == NULL ? GW_SIGNAL_COUNT : x->route->signal;
        gw_stream *s = x->stream;
        x->stream = NULL;
        res->close = res->close || x->thread->draining;
        gw_count(x->thread->counters, GW_METRIC_HTTP_REQUESTS, signal, gw_metrics_status(res->status), 0, 1);
        s->ops->respond(s, res);
    }
    release(x);
}

static void refuse_with(gw_exchange *x, gw_outcome outcome, rd_slice detail, uint32_t retry_after_s)
{
    gw_response res;
    bool retryable = gw_reply_status(x->to.dialect, outcome) == 503;
    if (retry_after_s == 0 && retryable)
        retry_after_s = RETRY_AFTER_S;
    gw_reply_error(&x->to, outcome, detail, retry_after_s, &x->text, &res);
    gw_log(REQUEST_REFUSED, gw_word("signal", x->route == NULL ? "other" : gw_signal_word(x->route->signal)),
           gw_word("reason", gw_outcome_word(outcome)), gw_i64("status", res.status));
    end(x, outcome, &res);
}

static void refuse(gw_exchange *x, gw_outcome outcome)
{
    refuse_with(x, outcome, (rd_slice){0}, 0);
}

/* What admission refused, in its words. */
static void refuse_limited(gw_exchange *x, gw_outcome outcome)
{
    rd_slice detail;
    gw_admission_count(&x->admission, x->workspace, x->thread->counters);
    if (outcome == GW_OUTCOME_CONTENT) {
        char words[GW_ADMISSION_REFUSED_TEXT];
        size_t n = gw_admission_say_refused(&x->admission, x->workspace, words, sizeof words);
        refuse_with(x, outcome, (rd_slice){(const uint8_t *)words, n}, 0);
        return;
    }
    uint32_t retry_after_s =
        gw_admission_words(&x->admission, x->workspace, &detail, &x->to.ratelimit_policy, &x->to.ratelimit);
    refuse_with(x, outcome, detail, retry_after_s);
}

/* ---- HEAD ---- */

static bool cors_allows(const gw_cors_cfg *cfg, rd_slice origin, bool *out_credentials)
{
    for (size_t i = 0; origin.n > 0 && i < cfg->n_origins; i++) {
        bool any = strcmp(cfg->origins[i], "*") == 0;
        if (!any && !rd_slice_eq(origin, rd_slice_str(cfg->origins[i])))
            continue;
        *out_credentials = !any; /* an explicit origin was meant, so cookies of a beacon may come */
        return true;
    }
    return false;
}

static gw_dialect dialect_of(const gw_route_cfg *route, gw_media media)
{
    if (route != NULL && route->signal == GW_SIGNAL_LOKI_PUSH)
        return GW_DIALECT_LOKI;
    if (media == GW_MEDIA_JSON)
        return GW_DIALECT_OTLP_JSON;
    return media == GW_MEDIA_PROTOBUF ? GW_DIALECT_OTLP_PROTOBUF : GW_DIALECT_TEXT;
}

/* The sender is known: what is decided by workspace. Once a request, before the body is looked at. */
static gw_outcome on_identified(gw_exchange *x)
{
    count_workspace(x, GW_METRIC_WS_REQUESTS_RECEIVED, 0, 1);
    if (x->route->state == GW_VERSION_DEPRECATED)
        gw_count(x->thread->counters, GW_METRIC_DEPRECATED, x->workspace->slot, x->route->signal, 0, 1);
    bool blocked = gw_quota_blocked_until(gw_workspace_quota(x->workspace)) > time(NULL);
    return blocked ? GW_OUTCOME_BLOCKED : GW_OUTCOME_DELIVERED;
}

/* How long a sender should wait, as far as the outcome says more than the default. */
static uint32_t retry_after(const gw_exchange *x, gw_outcome o)
{
    if (o != GW_OUTCOME_BLOCKED)
        return 0;
    int64_t left = gw_quota_blocked_until(gw_workspace_quota(x->workspace)) - time(NULL);
    return left < 1 ? 1 : left > MAX_BLOCKED_S ? MAX_BLOCKED_S : (uint32_t)left;
}

static gw_outcome begin_admission(gw_exchange *x, bool has_length, uint64_t content_length)
{
    return gw_admission_begin(&x->admission, x->workspaces, x->workspace, has_length, content_length);
}

/* What goes with a no. */
typedef struct refusal {
    gw_translated said; /* detail, Retry-After */
    gw_refusal words;   /* memory of the detail */
} refusal;

/* A backend that is not called now will hardly be when the body is here; nor one that asked for a pause for
 * this tenant. */
static bool backend_refuses(gw_exchange *x, refusal *no)
{
    rd_slice tenant = x->workspace != NULL ? rd_slice_str(x->workspace->tenant) : (rd_slice){0};
    return gw_deliver_refuses(x->binding, x->route, tenant, &no->words, &no->said);
}

/* Everything that can be said no to before a byte of the body is read. */
static gw_outcome judge_head(gw_exchange *x, const gw_head *h, gw_media media, refusal *no)
{
    const gw_config *cfg = x->binding->gen->cfg;
    if (!rd_slice_eq(h->method, RD_SLICE_LIT("POST")))
        return GW_OUTCOME_METHOD;
    if (x->route->state == GW_VERSION_RETIRED) {
        if (x->route->successor != NULL)
            no->said.detail = rd_slice_str(x->route->successor);
        return GW_OUTCOME_RETIRED;
    }
    if (media == GW_MEDIA_OTHER)
        return GW_OUTCOME_MEDIA_TYPE;
    x->format = media == GW_MEDIA_JSON ? GW_FORMAT_JSON : GW_FORMAT_PROTOBUF;
    gw_outcome o = gw_scrub_coding(x->route->signal, x->format, h->content_encoding, &x->coding);
    if (o != GW_OUTCOME_DELIVERED)
        return o;
    const gw_identity_request who = {.table = x->workspaces, .head = h, .now = time(NULL)};
    gw_identity found;
    o = gw_identity_resolve(&who, &found);
    x->workspace = found.workspace;
    x->slow = found.slow;
    if (o == GW_OUTCOME_DELIVERED && x->workspace != NULL)
        o = on_identified(x);
    if (o != GW_OUTCOME_DELIVERED)
        return o;
    if (h->has_length && h->content_length > cfg->limits.body_bytes)
        return GW_OUTCOME_TOO_LARGE;
    if (backend_refuses(x, no))
        return no->said.outcome;
    if (x->workspace != NULL)
        o = begin_admission(x, h->has_length, h->content_length);
    if (o != GW_OUTCOME_DELIVERED)
        return o;
    x->admitted = gw_budget_take_request();
    return x->admitted ? GW_OUTCOME_DELIVERED : GW_OUTCOME_OVERLOAD;
}

static gw_exchange *exchange_new(gw_thread *t, gw_stream *s)
{
    gw_exchange *x = malloc(sizeof *x);
    if (x == NULL)
        abort();
    *x = (gw_exchange){.thread = t,
                       .binding = gw_binding_ref(t->binding),
                       .workspaces = gw_workspaces_ref(t->workspaces),
                       .stream = s};
    gw_scrub_init(&x->scrub);
    rd_buf_init(&x->text, MAX_TEXT);
    t->n_requests++;
    return x;
}

static void preflight(gw_exchange *x, const gw_head *h)
{
    gw_response res;
    gw_reply_preflight(&x->to, h->request_headers, x->binding->gen->cfg->cors.max_age_s, &x->text, &res);
    x->route = NULL; /* a question of the browser, not a request of the signal */
    end(x, GW_OUTCOME_DELIVERED, &res);
}

static bool is_preflight(const gw_exchange *x, const gw_head *h)
{
    return x->binding->gen->cfg->cors.n_origins > 0 && h->origin.n > 0 && h->request_method.n > 0 &&
           rd_slice_eq(h->method, RD_SLICE_LIT("OPTIONS"));
}

static void *on_head(gw_thread *t, gw_stream *s, const gw_head *h, uint64_t *out_max_body)
{
    gw_exchange *x = exchange_new(t, s);
    const gw_generation *gen = x->binding->gen;
    const gw_route_cfg *route = gw_routes_find(gen->routes, h->path);
    gw_media media = gw_media_of(h->content_type, route != NULL && route->signal == GW_SIGNAL_LOKI_PUSH);
    x->to = (gw_reply_to){.dialect = dialect_of(route, media), .routes = gen->routes, .route = route};
    x->to.challenge = gw_workspaces_rules(x->workspaces)->challenge;
    if (cors_allows(&gen->cfg->cors, h->origin, &x->to.cors_credentials))
        x->to.cors_origin = h->origin;
    x->traceparent = h->traceparent;
    x->tracestate = h->tracestate;
    if (route != NULL && is_preflight(x, h)) {
        preflight(x, h);
        return NULL;
    }
    if (route == NULL) {
        refuse_with(x, GW_OUTCOME_NOT_FOUND, gw_routes_supported(gen->routes), 0);
        return NULL;
    }
    x->route = route;
    count(x, GW_METRIC_REQUESTS_RECEIVED, 0, 1);
    count(x, GW_METRIC_REQUESTS_IN_FLIGHT, 0, 1);
    refusal no;
    no.said = (gw_translated){0};
    gw_outcome o = judge_head(x, h, media, &no);
    if (o == GW_OUTCOME_QUOTA || o == GW_OUTCOME_QUOTA_NEVER) {
        refuse_limited(x, o);
        return NULL;
    }
    if (o != GW_OUTCOME_DELIVERED) {
        refuse_with(x, o, no.said.detail,
                    no.said.retry_after_s > 0 ? no.said.retry_after_s : retry_after(x, o));
        return NULL;
    }
    transition(x, STATE_BODY);
    *out_max_body = gen->cfg->limits.body_bytes;
    return x;
}

/* ---- BODY ---- */

static void on_bad_body(void *request, int outcome)
{
    refuse(request, (gw_outcome)outcome);
}

static void start_scrub(gw_exchange *x);
static void start_verify(gw_exchange *x);

/* The body counts as its workspace's. False: refused. */
static bool admit_body(gw_exchange *x)
{
    gw_outcome o = gw_admission_body(&x->admission, x->body.bytes.n);
    if (o != GW_OUTCOME_DELIVERED) {
        refuse_limited(x, o);
        return false;
    }
    gw_admission_count(&x->admission, x->workspace, x->thread->counters);
    if (gw_scrub_belong(&x->scrub, x->admission.quota))
        return true;
    refuse(x, GW_OUTCOME_OVERLOAD);
    return false;
}

static void on_body(void *request, gw_body body)
{
    gw_exchange *x = request;
    x->body = body;
    count(x, GW_METRIC_WIRE_BYTES, 0, (int64_t)body.bytes.n);
    /* What comes out of a coding is not known yet; its worst case would refuse honest requests, so charge
     * what is typical. scrub charges the rest when it knows. */
    uint64_t charge = body.bytes.n * (x->coding == RD_CODING_IDENTITY ? 2 : CODED_FACTOR);
    if (!gw_scrub_charge(&x->scrub, charge)) {
        gw_log(MEMORY_LIMIT, gw_u64("bytes_in_flight", gw_budget_bytes()));
        refuse(x, GW_OUTCOME_OVERLOAD);
        return;
    }
    if (x->slow != NULL)
        start_verify(x);
    else if (admit_body(x))
        start_scrub(x);
}

/* ---- VERIFY ---- */

static void on_verify_run(gw_work *w, gw_scrubber *s)
{
    gw_exchange *x = H2O_STRUCT_FROM_MEMBER(gw_exchange, work, w);
    if (!x->gone)
        gw_identity_slow_run(x->slow);
}

static void on_verify_done(gw_work *w)
{
    gw_exchange *x = H2O_STRUCT_FROM_MEMBER(gw_exchange, work, w);
    x->on_worker = false;
    if (x->state == STATE_DONE) {
        release(x); /* the sender went away meanwhile */
        return;
    }
    gw_outcome o = gw_identity_slow_result(x->slow, &x->workspace);
    gw_identity_slow_free(&x->slow);
    if (o == GW_OUTCOME_DELIVERED)
        o = on_identified(x);
    refusal no;
    no.said = (gw_translated){0};
    if (o == GW_OUTCOME_DELIVERED && backend_refuses(x, &no))
        o = no.said.outcome;
    if (o == GW_OUTCOME_DELIVERED)
        o = begin_admission(x, true, x->body.bytes.n);
    if (o == GW_OUTCOME_QUOTA || o == GW_OUTCOME_QUOTA_NEVER)
        refuse_limited(x, o);
    else if (o != GW_OUTCOME_DELIVERED)
        refuse_with(x, o, no.said.detail,
                    no.said.retry_after_s > 0 ? no.said.retry_after_s : retry_after(x, o));
    else if (admit_body(x))
        start_scrub(x);
}

/* On any thread. */
static void on_verify_turn(void *arg)
{
    gw_exchange *x = arg;
    gw_workers_submit(x->thread->workers, &x->work);
}

/* The body is here; whether its sender is who he says is not known yet. */
static void start_verify(gw_exchange *x)
{
    transition(x, STATE_VERIFY);
    x->on_worker = true;
    x->work = (gw_work){.thread = x->thread, .run = on_verify_run, .done = on_verify_done};
    if (gw_identity_slow_go(x->slow, on_verify_turn, x))
        return;
    x->on_worker = false;
    refuse(x, GW_OUTCOME_OVERLOAD);
}

/* ---- SCRUB ---- */

static void on_scrubbed(gw_exchange *x);

/* On whatever thread scrubs. */
static uint32_t on_decoded(void *arg, size_t decoded_bytes, const rd_walked *walked)
{
    gw_exchange *x = arg;
    return gw_admission_decoded(&x->admission, decoded_bytes, walked);
}

static void on_worker_run(gw_work *w, gw_scrubber *s)
{
    gw_exchange *x = H2O_STRUCT_FROM_MEMBER(gw_exchange, work, w);
    if (!x->gone)
        gw_scrub_run(s, &x->scrub);
}

static void on_worker_done(gw_work *w)
{
    gw_exchange *x = H2O_STRUCT_FROM_MEMBER(gw_exchange, work, w);
    x->on_worker = false;
    if (x->state == STATE_DONE)
        release(x); /* the sender went away meanwhile */
    else
        on_scrubbed(x);
}

static void start_scrub(gw_exchange *x)
{
    transition(x, STATE_SCRUB);
    const gw_generation *gen = x->binding->gen;
    const gw_upstream_cfg *up = &gen->cfg->upstreams[x->route->upstream_index];
    x->scrub.gen = gen;
    x->scrub.workspace = x->workspace;
    x->scrub.now = time(NULL);
    x->scrub.signal = x->route->signal;
    x->scrub.format = x->format;
    x->scrub.coding = x->coding;
    x->scrub.out_coding = gw_scrub_out_coding(x->route->signal, x->format, up->encoding);
    x->scrub.to_store = up->store != NULL;
    x->scrub.has_content =
        gw_admission_content(&x->admission, x->route->signal, x->scrub.now, &x->scrub.content);
    x->scrub.admit = on_decoded;
    x->scrub.admit_arg = x;
    x->scrub.wire = x->body.bytes;
    uint64_t work = x->body.bytes.n * (x->coding == RD_CODING_IDENTITY ? 1 : CODED_FACTOR);
    if (work <= INLINE_BYTES) {
        gw_scrub_run(x->thread->scrubber, &x->scrub);
        on_scrubbed(x);
        return;
    }
    x->on_worker = true;
    x->work = (gw_work){.thread = x->thread, .run = on_worker_run, .done = on_worker_done};
    gw_workers_submit(x->thread->workers, &x->work);
}

static void on_delivered(void *arg, const gw_translated *t);

/* Items that limits refused one by one are rejected, all others accepted. */
static void count_accepted(gw_exchange *x)
{
    const gw_scrub *s = &x->scrub;
    const struct {
        gw_outcome reason;
        uint32_t n;
    } rejected[] = {{GW_OUTCOME_CONTENT, s->n_refused}, {GW_OUTCOME_QUOTA, s->n_shed}};
    x->accepted = true;
    x->n_items = s->n_items - s->n_refused - s->n_shed;
    gw_admission_count(&x->admission, x->workspace, x->thread->counters);
    gw_admission_count_items(&x->admission, x->workspace, x->thread->counters);
    count_workspace(x, GW_METRIC_WS_REQUESTS_ACCEPTED, 0, 1);
    count_workspace(x, GW_METRIC_WS_ITEMS_RECEIVED, 0, s->n_items);
    count_workspace(x, GW_METRIC_WS_ITEMS_ACCEPTED, 0, x->n_items);
    count_workspace(x, GW_METRIC_WS_BYTES, 0, (int64_t)s->decoded_bytes);
    count(x, GW_METRIC_REQUESTS_ACCEPTED, 0, 1);
    count(x, GW_METRIC_ITEMS_RECEIVED, 0, s->n_items);
    count(x, GW_METRIC_ITEMS_ACCEPTED, 0, x->n_items);
    count(x, GW_METRIC_ITEMS_IN_FLIGHT, 0, x->n_items);
    for (unsigned i = 0; i < 2; i++) {
        if (rejected[i].n == 0)
            continue;
        count(x, GW_METRIC_ITEMS_REJECTED, rejected[i].reason, rejected[i].n);
        count_workspace(x, GW_METRIC_WS_ITEMS_REJECTED, rejected[i].reason, rejected[i].n);
    }
}

/* Who has the data said so, in `t`; NULL: there is nothing that anybody could have. What limits refused is
 * told with it: OTLP has partial success for that, Loki answers 400 when it took the rest, and so is this
 * one. */
static void answer_taken(gw_exchange *x, const gw_translated *t)
{
    enum { MAX_BACKEND_WORDS = 8 << 10 };
    gw_response res;
    char words[GW_ADMISSION_REFUSED_TEXT + MAX_BACKEND_WORDS];
    gw_partial partial = t != NULL ? t->partial : (gw_partial){0};
    uint32_t n_refused = x->scrub.n_refused + x->scrub.n_shed;
    if (n_refused > 0) {
        size_t n = gw_admission_say_refused(&x->admission, x->workspace, words, GW_ADMISSION_REFUSED_TEXT);
        if (partial.message.n > 0 && partial.message.n < MAX_BACKEND_WORDS - 2) {
            memcpy(words + n, "; ", 2);
            memcpy(words + n + 2, partial.message.p, partial.message.n);
            n += 2 + partial.message.n;
        }
        partial.message = (rd_slice){(const uint8_t *)words, n};
        gw_partial_add(&partial, n_refused);
    }
    if (n_refused > 0 && x->to.dialect == GW_DIALECT_LOKI)
        gw_reply_error(&x->to, GW_OUTCOME_CONTENT, partial.message, 0, &x->text, &res);
    else if (t == NULL)
        gw_reply_nothing(&x->to, &partial, &x->text, &res);
    else
        gw_reply_success(&x->to, t->ack, &partial, t->loki_status, &x->text, &res);
    end(x, GW_OUTCOME_DELIVERED, &res);
}

static void on_scrubbed(gw_exchange *x)
{
    const gw_scrub *s = &x->scrub;
    if (!s->on_wire)
        gw_body_release(&x->body);
    if (!gw_scrub_settle(&x->scrub) && s->outcome == GW_OUTCOME_DELIVERED)
        x->scrub.outcome = GW_OUTCOME_OVERLOAD;
    count(x, GW_METRIC_DECODED_BYTES, 0, (int64_t)s->decoded_bytes);
    x->n_items = x->admission.n_items;
    if (s->outcome == GW_OUTCOME_QUOTA) {
        gw_admission_count_items(&x->admission, x->workspace, x->thread->counters);
        refuse_limited(x, gw_admission_outcome(&x->admission));
        return;
    }
    if (s->outcome != GW_OUTCOME_DELIVERED) {
        refuse_with(x, s->outcome, s->detail == NULL ? (rd_slice){0} : rd_slice_str(s->detail), 0);
        return;
    }
    count_accepted(x);
    if (s->nothing) {
        answer_taken(x, NULL);
        return;
    }
    transition(x, STATE_DELIVER);
    gw_deliver_request req = {.body = s->scrubbed,
                              .scrub = s,
                              .content_type = gw_media_upstream(x->format),
                              .content_encoding =
                                  gw_media_upstream_coding(x->route->signal, x->format, s->out_coding),
                              .tenant = rd_slice_str(x->workspace->tenant),
                              .traceparent = x->traceparent,
                              .tracestate = x->tracestate};
    gw_deliver_start(&x->delivery, x->binding, x->route, &x->to, &req, &x->text, on_delivered, x);
}

/* ---- DELIVER ---- */

static void on_delivered(void *arg, const gw_translated *t)
{
    gw_exchange *x = arg;
    if (t->outcome != GW_OUTCOME_DELIVERED)
        refuse_with(x, t->outcome, t->detail, t->retry_after_s);
    else
        answer_taken(x, t);
}

static void on_abort(void *request)
{
    gw_exchange *x = request;
    gw_response none = {0};
    x->stream = NULL;
    x->gone = true;
    if (x->state == STATE_DELIVER)
        gw_deliver_cancel(&x->delivery);
    gw_count(x->thread->counters, GW_METRIC_CLIENT_GONE, 0, 0, 0, 1);
    end(x, GW_OUTCOME_CLIENT_GONE, &none);
}

const gw_app gw_exchange_app = {
    .on_head = on_head, .on_body = on_body, .on_bad_body = on_bad_body, .on_abort = on_abort};
