/* SPDX-License-Identifier: MIT */
#include "gateway/scrub.h"

#include <stdlib.h>

#include "filters/base/utf8.h"
#include "filters/json/json.h"
#include "filters/loki/loki_to_json.h"
#include "filters/wire/to_json.h"
#include "gateway/budget.h"
#include "gateway/metrics_redactions.h"
#include "gateway/policies.h"
#include "gateway/scrub_stamp.h"
#include "gateway/scrub_time.h"
#include "gateway/scrubbed_private.h"

struct gw_scrubber {
    rd_redactor *redactor;
    rd_coder *coder;
    gw_counters *counters; /* borrowed */
    gw_scrub_time time;
    rd_buf text;
};

enum { MAX_TEXT = 64 << 10, MAX_TEXT_REDACTED = 1 << 20, KEEP_TEXT = 16 << 10 };

gw_scrubber *gw_scrubber_new(gw_counters *counters)
{
    gw_scrubber *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->counters = counters;
    gw_scrub_time_init(&s->time);
    s->redactor = rd_redactor_new();
    s->coder = rd_coder_new();
    rd_buf_init(&s->text, MAX_TEXT + RD_BUF_TAIL);
    if (s->redactor == NULL || s->coder == NULL)
        gw_scrubber_free(&s);
    return s;
}

void gw_scrubber_free(gw_scrubber **ps)
{
    gw_scrubber *s = *ps;
    if (s == NULL)
        return;
    rd_redactor_free(&s->redactor);
    rd_coder_free(&s->coder);
    rd_buf_release(&s->text);
    free(s);
    *ps = NULL;
}

/* ---- what a body holds ---- */

/* From the workspace's share first, so that one that used it up leaves the others' alone. */
static bool take_bytes(gw_scrub *x, uint64_t n)
{
    if (x->quota != NULL && !gw_quota_take_bytes(x->quota, n))
        return false;
    if (gw_budget_take_bytes(n))
        return true;
    if (x->quota != NULL)
        gw_quota_give_bytes(x->quota, n);
    return false;
}

static void give_bytes(gw_scrub *x, uint64_t n)
{
    if (x->quota != NULL && n > 0)
        gw_quota_give_bytes(x->quota, n);
    gw_budget_give_bytes(n);
}

static bool charge_up_to(gw_scrub *x, uint64_t n)
{
    if (n <= x->charged)
        return true;
    if (!take_bytes(x, n - x->charged))
        return false;
    x->charged = n;
    return true;
}

/* Before a buffer of the body grows. */
static bool pay(rd_buf_payer *payer, size_t n_more)
{
    gw_scrub *x = (gw_scrub *)((char *)payer - offsetof(gw_scrub, payer));
    if (!charge_up_to(x, x->held + n_more)) {
        x->no_room = true;
        return false;
    }
    x->held += n_more;
    return true;
}

static void paid_buf(gw_scrub *x, rd_buf *b, size_t max)
{
    rd_buf_init(b, max);
    b->payer = &x->payer;
}

bool gw_scrub_charge(gw_scrub *x, uint64_t n)
{
    return charge_up_to(x, n);
}

bool gw_scrub_belong(gw_scrub *x, gw_quota *quota)
{
    if (!gw_quota_take_bytes(quota, x->charged))
        return false;
    x->quota = quota;
    return true;
}

void gw_scrub_init(gw_scrub *x)
{
    *x = (gw_scrub){.outcome = GW_OUTCOME_DELIVERED, .payer.pay = pay};
}

void gw_scrub_release(gw_scrub *x)
{
    rd_buf_release(&x->decoded);
    rd_buf_release(&x->redacted);
    rd_buf_release(&x->coded);
    free(x->token);
    x->token = NULL;
    x->scrubbed = NULL;
    give_bytes(x, x->charged);
    x->charged = 0;
}

bool gw_scrub_settle(gw_scrub *x)
{
    uint64_t held = (uint64_t)x->decoded.cap + x->redacted.cap + x->coded.cap + (x->on_wire ? x->wire.n : 0);
    if (held >= x->charged)
        return charge_up_to(x, held);
    give_bytes(x, x->charged - held);
    x->charged = held;
    return true;
}

/* ---- codings ---- */

gw_outcome gw_scrub_coding(gw_signal signal, gw_format format, rd_slice content_encoding,
                           rd_coding *out_coding)
{
    rd_coding c;
    if (rd_coding_parse(content_encoding, &c) != RD_OK)
        return GW_OUTCOME_CODING;
    if (signal == GW_SIGNAL_LOKI_PUSH) {
        bool snappy = c == RD_CODING_SNAPPY || c == RD_CODING_SNAPPY_BLOCK;
        if (c == RD_CODING_ZSTD || (snappy && format == GW_FORMAT_JSON))
            return GW_OUTCOME_CODING;
        /* Loki protobuf is one snappy block, whether or not the header says so; gzip goes around it. */
        if (format == GW_FORMAT_PROTOBUF && (snappy || c == RD_CODING_IDENTITY))
            c = RD_CODING_SNAPPY_BLOCK;
    }
    *out_coding = c;
    return GW_OUTCOME_DELIVERED;
}

rd_coding gw_scrub_out_coding(gw_signal signal, gw_format format, gw_upstream_coding configured)
{
    if (signal == GW_SIGNAL_LOKI_PUSH && format == GW_FORMAT_PROTOBUF)
        return RD_CODING_SNAPPY_BLOCK;
    switch (configured) {
    case GW_UPSTREAM_GZIP:
        return RD_CODING_GZIP;
    case GW_UPSTREAM_ZSTD:
        return RD_CODING_ZSTD;
    default:
        return RD_CODING_IDENTITY;
    }
}

/* ---- the run ---- */

static gw_outcome outcome_of(rd_outcome o)
{
    static const gw_outcome map[RD_OUTCOME_COUNT] = {
        [RD_OK] = GW_OUTCOME_DELIVERED,        [RD_TRUNCATED] = GW_OUTCOME_TRUNCATED,
        [RD_MALFORMED] = GW_OUTCOME_MALFORMED, [RD_INVALID] = GW_OUTCOME_INVALID,
        [RD_TOO_DEEP] = GW_OUTCOME_TOO_DEEP,   [RD_TOO_MANY] = GW_OUTCOME_TOO_MANY,
        [RD_TOO_LARGE] = GW_OUTCOME_TOO_LARGE, [RD_RATIO] = GW_OUTCOME_RATIO,
        [RD_UNSUPPORTED] = GW_OUTCOME_CODING,  [RD_EMPTY] = GW_OUTCOME_EMPTY,
        [RD_REFUSED] = GW_OUTCOME_REFUSED,     [RD_BUDGET] = GW_OUTCOME_REFUSED,
        [RD_NO_MEMORY] = GW_OUTCOME_NO_MEMORY, [RD_LIMITED] = GW_OUTCOME_QUOTA,
    };
    return map[o];
}

static void fail(gw_scrub *x, rd_outcome o, const rd_error *err)
{
    bool no_room = o == RD_NO_MEMORY && x->no_room;
    x->outcome = no_room ? GW_OUTCOME_OVERLOAD : outcome_of(o);
    x->detail = no_room ? NULL : err->what;
}

/* Content coding, and for Loki protobuf the snappy block inside it. */
static rd_outcome uncode(gw_scrubber *s, gw_scrub *x, rd_slice *out_body, rd_error *err)
{
    const gw_limits_cfg *cfg = &x->gen->cfg->limits;
    rd_decode_limits lim = {.max_bytes = cfg->decoded_bytes, .max_ratio = cfg->decode_ratio};
    bool inner_snappy = x->signal == GW_SIGNAL_LOKI_PUSH && x->format == GW_FORMAT_PROTOBUF &&
                        x->coding != RD_CODING_SNAPPY_BLOCK;
    rd_outcome o = RD_OK;
    *out_body = x->wire;
    if (x->coding != RD_CODING_IDENTITY) {
        paid_buf(x, &x->decoded, lim.max_bytes);
        o = rd_decode(s->coder, x->coding, x->wire, &lim, &x->decoded, err);
        *out_body = rd_buf_slice(&x->decoded);
    }
    if (o == RD_OK && inner_snappy) {
        rd_buf outer = x->decoded;
        paid_buf(x, &x->decoded, lim.max_bytes);
        o = rd_decode(s->coder, RD_CODING_SNAPPY_BLOCK, rd_buf_slice(&outer), &lim, &x->decoded, err);
        x->held -= outer.cap;
        rd_buf_release(&outer);
        *out_body = rd_buf_slice(&x->decoded);
    }
    x->decoded_bytes = out_body->n;
    return o;
}

static void count(const gw_scrubber *s, const gw_scrub *x, const rd_redaction *r)
{
    unsigned workspace = x->workspace != NULL ? x->workspace->slot : 0;
    for (uint32_t i = 0; i < r->n_hits; i++) {
        unsigned rule = gw_policy_slot(x->gen, x->workspace, r->hits[i].rule);
        gw_count(s->counters, GW_METRIC_REDACTIONS, x->signal, rule, r->hits[i].cls, r->hits[i].n);
        gw_count_redactions(s->counters, workspace, rule, (rd_class)r->hits[i].cls, r->hits[i].done,
                            r->hits[i].n);
    }
    for (uint32_t i = 0; r->n_taken > 0 && i < rd_policy_rules(gw_policy_of(x->gen, x->workspace)); i++) {
        if (r->taken[i] > 0)
            gw_count(s->counters, GW_METRIC_WS_RECORDS_DROPPED, workspace,
                     gw_policy_slot(x->gen, x->workspace, i), 0, r->taken[i]);
    }
    if (r->n_reserved > 0)
        gw_count(s->counters, GW_METRIC_LABELS_OVERWRITTEN, workspace, x->signal, 0, r->n_reserved);
    if (r->timed)
        gw_scrub_time_count(s->counters, x->gen, x->workspace, &r->cost, x->decoded_bytes);
    if (r->n_over_budget > 0)
        gw_count(s->counters, GW_METRIC_OVER_BUDGET, x->signal, 0, 0, r->n_over_budget);
}

static rd_outcome to_line(gw_scrub *x, rd_slice body, rd_error *err)
{
    static const rd_message *const roots[] = {&rd_schema_logs, &rd_schema_traces, &rd_schema_metrics};
    if (x->format == GW_FORMAT_JSON)
        return rd_json_minify(body, &x->coded, err);
    if (x->signal == GW_SIGNAL_LOKI_PUSH)
        return rd_loki_to_json(body, &x->gen->limits, &x->coded, err);
    return rd_wire_to_json(roots[x->signal], body, &x->gen->limits, &x->coded, err);
}

/* Are the bytes that came, if nothing in them had to change, what the backend gets, and did the rules see all
 * of them? */
static bool may_go_as_is(const gw_scrubber *s, const gw_scrub *x)
{
    return x->coding == x->out_coding &&
           (x->coding == RD_CODING_IDENTITY || !rd_coder_saw_side_text(s->coder));
}

/* A snappy block in which a little changed is changed, not made anew; unless too much of it became literal.
 */
static rd_outcome encode(gw_scrubber *s, gw_scrub *x, const rd_redaction *r, rd_error *err)
{
    if (x->coding == RD_CODING_SNAPPY_BLOCK && x->out_coding == RD_CODING_SNAPPY_BLOCK && r->changed) {
        rd_outcome o = rd_snappy_splice(s->coder, x->wire, r->kept, r->n_kept, r->body, &x->coded, err);
        if (o == RD_OK && x->coded.n <= x->wire.n + x->wire.n / 8)
            return RD_OK;
        rd_buf_clear(&x->coded, SIZE_MAX);
    }
    return rd_encode(s->coder, x->out_coding, r->body, &x->coded, err);
}

/* The form the backend gets. */
static rd_outcome code(gw_scrubber *s, gw_scrub *x, const rd_redaction *r, rd_slice *out_bytes, rd_error *err)
{
    rd_outcome o;
    x->on_wire = false;
    /* JSON for a store can be longer than what it was made from; so can an encoding of what does not
     * compress. */
    paid_buf(x, &x->coded, r->body.n > SIZE_MAX / 16 ? SIZE_MAX : r->body.n * 8 + (1 << 20));
    if (x->to_store) {
        o = to_line(x, r->body, err);
    } else if (!r->changed && may_go_as_is(s, x)) {
        *out_bytes = x->wire;
        x->on_wire = true;
        return RD_OK;
    } else if (x->out_coding == RD_CODING_IDENTITY) {
        *out_bytes = r->body;
        x->on_wire = !r->changed && x->coding == RD_CODING_IDENTITY;
        return RD_OK;
    } else {
        o = encode(s, x, r, err);
    }
    *out_bytes = rd_buf_slice(&x->coded);
    return o == RD_OK ? x->coded.failed : o;
}

/* What is not needed for delivery any more is given back before the wait for the backend begins. */
static void trim(gw_scrub *x, rd_slice bytes)
{
    rd_buf *bufs[] = {&x->decoded, &x->redacted, &x->coded};
    for (unsigned i = 0; i < 3; i++) {
        bool used =
            bufs[i]->p != NULL && bytes.p >= bufs[i]->p && bytes.p < bufs[i]->p + bufs[i]->cap + RD_BUF_TAIL;
        if (!used)
            rd_buf_release(bufs[i]);
    }
}

static uint32_t ask_admission(void *ctx, const rd_walked *walked)
{
    gw_scrub *x = ctx;
    return x->admit(x->admit_arg, x->decoded_bytes, walked);
}

static rd_slice name_of(const gw_workspace *w)
{
    return w == NULL ? (rd_slice){0} : rd_slice_str(w->name);
}

uint32_t gw_scrub_epoch(const gw_redaction_cfg *cfg, time_t now)
{
    uint32_t day = (uint32_t)(now / (24 * 60 * 60));
    return cfg->digest_epoch_days == 0 ? 0 : day - day % cfg->digest_epoch_days;
}

void gw_scrub_run(gw_scrubber *s, gw_scrub *x)
{
    rd_error err = {0};
    rd_slice body, bytes = {0};
    rd_redaction r;
    x->held = x->wire.n;
    rd_outcome o = uncode(s, x, &body, &err);
    if (o != RD_OK) {
        fail(x, o, &err);
        return;
    }
    rd_job job = {.policy = gw_policy_of(x->gen, x->workspace),
                  .signal = (rd_signal)x->signal,
                  .format = x->format == GW_FORMAT_JSON ? RD_FORMAT_JSON : RD_FORMAT_PROTOBUF,
                  .body = body,
                  .limits = x->gen->limits,
                  .workspace = name_of(x->workspace),
                  .stamp = x->workspace == NULL ? NULL : gw_scrub_stamp(x->workspace, x->signal),
                  .content = x->has_content ? &x->content : NULL,
                  .payer = &x->payer,
                  .clock = gw_scrub_time_next(&s->time, x->gen->cfg->redaction.time_one_in),
                  .epoch = gw_scrub_epoch(&x->gen->cfg->redaction, x->now)};
    if (x->admit != NULL)
        job.admit = (rd_admit){.ask = ask_admission, .ctx = x};
    paid_buf(x, &x->redacted,
             x->gen->cfg->limits.decoded_bytes + x->gen->cfg->limits.decoded_bytes / 2 + (1 << 20));
    o = rd_redact(s->redactor, &job, &x->redacted, &r, &err);
    x->held = x->wire.n + x->decoded.cap + x->redacted.cap; /* lists of records are gone */
    if (o != RD_OK) {
        fail(x, o, &err);
        return;
    }
    count(s, x, &r);
    x->n_items = r.n_items;
    x->n_taken = r.n_taken;
    x->n_refused = r.n_refused;
    x->n_shed = r.n_shed;
    uint32_t n_gone = r.n_taken + r.n_refused + r.n_shed;
    x->nothing = (r.nothing && x->signal != GW_SIGNAL_LOKI_PUSH) || (n_gone > 0 && n_gone == r.n_items);
    if (x->nothing)
        return;
    gw_scrubbed *token = malloc(sizeof *token);
    o = token == NULL ? RD_NO_MEMORY : code(s, x, &r, &bytes, &err);
    if (o != RD_OK) {
        free(token);
        /* What cannot be written in the backend's form now cannot be written later either: repeating it is of
         * no use, unless memory was the reason. */
        fail(x, o, &err);
        return;
    }
    trim(x, bytes);
    token->bytes = bytes;
    x->token = token;
    x->scrubbed = token;
}

/* ---- texts of backends ---- */

/* The first `max` bytes, but no half character. */
static rd_slice first_bytes(rd_slice text, size_t max)
{
    if (text.n <= max)
        return text;
    while (max > 0 && (text.p[max] & 0xC0) == 0x80)
        max--;
    return (rd_slice){text.p, max};
}

/* In turn as the text of each kind of place: nobody knows what of the request a backend repeats. */
static rd_outcome redact_as_all(gw_scrubber *s, const gw_scrub *of)
{
    rd_text_job job = {.policy = gw_policy_of(of->gen, of->workspace),
                       .signal = (rd_signal)of->signal,
                       .workspace = name_of(of->workspace),
                       .epoch = gw_scrub_epoch(&of->gen->cfg->redaction, of->now)};
    rd_outcome o = RD_OK;
    for (uint64_t left = rd_policy_distinct_classes(job.policy, job.signal); o == RD_OK && left != 0;
         left &= left - 1) {
        rd_buf before = s->text;
        rd_buf_init(&s->text, MAX_TEXT_REDACTED);
        job.cls = (rd_class)__builtin_ctzll(left);
        o = rd_redact_text(s->redactor, &job, rd_buf_slice(&before), &s->text);
        (void)rd_buf_reserve(&s->text, 1); /* an empty text, too, has bytes behind it */
        rd_buf_release(&before);
    }
    return o == RD_OK ? s->text.failed : o;
}

/* Shortened after redaction: what is cut off before could be the part by which the rest would have been
 * known. */
void gw_scrub_text(gw_scrubber *s, const gw_scrub *of, rd_slice text, size_t max, rd_buf *out)
{
    text = first_bytes(text, MAX_TEXT);
    if (text.n == 0 || max > MAX_TEXT / 2 || !rd_utf8_valid(text))
        return;
    rd_buf_clear(&s->text, KEEP_TEXT);
    rd_buf_append(&s->text, text.p, text.n); /* the copy has the readable tail that detectors need */
    if (s->text.failed != RD_OK || redact_as_all(s, of) != RD_OK)
        return;
    rd_slice all = first_bytes(rd_buf_slice(&s->text), max);
    rd_buf_append(out, all.p, all.n);
}
