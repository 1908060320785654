/* SPDX-License-Identifier: MIT */
#include "gateway/reply.h"

#include "filters/base/utf8.h"
#include "filters/json/json.h"
#include "filters/wire/wire.h"

static const struct row {
    int otlp, loki, code;
    const char *text;
} rows[] = {
#define X(name, word, otlp, loki, code, text) [GW_OUTCOME_##name] = {otlp, loki, code, text},
    GW_OUTCOMES(X)
#undef X
};

int gw_reply_status(gw_dialect d, gw_outcome o)
{
    return d == GW_DIALECT_LOKI ? rows[o].loki : rows[o].otlp;
}

/* A message, and what an answer with one takes at most: six bytes a byte in JSON, and the frame around it. */
enum { MAX_MESSAGE = 8 << 10, MAX_ANSWER = 6 * MAX_MESSAGE + 256 };

/* ---- headers every answer may carry ---- */

static void add_common(const gw_reply_to *to, gw_response *res)
{
    if (to->cors_origin.n > 0) {
        gw_response_add(res, "access-control-allow-origin", to->cors_origin);
        gw_response_add(res, "access-control-expose-headers",
                        RD_SLICE_LIT("Retry-After, RateLimit, RateLimit-Policy"));
        gw_response_add(res, "vary", RD_SLICE_LIT("Origin"));
        if (to->cors_credentials)
            gw_response_add(res, "access-control-allow-credentials", RD_SLICE_LIT("true"));
    }
    if (to->route == NULL)
        return;
    const gw_route_headers *h = gw_routes_headers(to->routes, to->route);
    if (h->deprecation.n > 0)
        gw_response_add(res, "deprecation", h->deprecation);
    if (h->sunset.n > 0)
        gw_response_add(res, "sunset", h->sunset);
    if (h->link.n > 0)
        gw_response_add(res, "link", h->link);
}

static rd_slice type_of(gw_dialect d)
{
    switch (d) {
    case GW_DIALECT_OTLP_PROTOBUF:
        return RD_SLICE_LIT("application/x-protobuf");
    case GW_DIALECT_OTLP_JSON:
        return RD_SLICE_LIT("application/json");
    default:
        return RD_SLICE_LIT("text/plain; charset=utf-8");
    }
}

/* The body is what `text` got since `from`; buffers may have moved, so this comes last. */
static void set_body(gw_response *res, gw_dialect d, const rd_buf *text, size_t from)
{
    gw_response_add(res, "content-type", type_of(d));
    size_t n = text->failed == RD_OK ? text->n - from : 0;
    res->body = n == 0 ? (rd_slice){0} : (rd_slice){text->p + from, n}; /* an empty buffer has no memory */
}

/* ---- protobuf pieces ---- */

static void put_varint_field(rd_buf *b, uint8_t tag, uint64_t v)
{
    uint8_t bytes[10];
    rd_buf_append_byte(b, tag);
    rd_buf_append(b, bytes, rd_varint_put(v, bytes));
}

static void put_bytes_field(rd_buf *b, uint8_t tag, rd_slice s)
{
    put_varint_field(b, tag, s.n);
    rd_buf_append(b, s.p, s.n);
}

/* Words that name the rejected count, by signal (OTLP/JSON). */
static const char *rejected_word(const gw_reply_to *to)
{
    gw_signal s = to->route == NULL ? GW_SIGNAL_LOGS : to->route->signal;
    return s == GW_SIGNAL_TRACES    ? "rejectedSpans"
           : s == GW_SIGNAL_METRICS ? "rejectedDataPoints"
                                    : "rejectedLogRecords";
}

static void partial_protobuf(const gw_partial *p, rd_buf *b)
{
    size_t message = p->message.n == 0 ? 0 : 1 + rd_varint_size(p->message.n) + p->message.n;
    size_t rejected = p->rejected == 0 ? 0 : 1 + rd_varint_size((uint64_t)p->rejected);
    put_varint_field(b, 0x0a, message + rejected);
    if (p->rejected != 0)
        put_varint_field(b, 0x08, (uint64_t)p->rejected);
    if (p->message.n != 0)
        put_bytes_field(b, 0x12, p->message);
}

static void partial_json(const gw_reply_to *to, const gw_partial *p, rd_buf *b)
{
    rd_buf_printf(b, "{\"partialSuccess\":{\"%s\":\"%lld\",\"errorMessage\":\"", rejected_word(to),
                  (long long)p->rejected);
    rd_json_escape(p->message, b);
    rd_buf_append_str(b, "\"}}");
}

/* ---- success ---- */

static void success_body(const gw_reply_to *to, const gw_partial *partial, rd_buf *text, gw_response *res)
{
    size_t from = text->n;
    bool some = partial != NULL && (partial->rejected != 0 || partial->message.n > 0);
    if (to->dialect == GW_DIALECT_OTLP_JSON) {
        if (some)
            partial_json(to, partial, text);
        else
            rd_buf_append_str(text, "{}");
    } else if (some) {
        partial_protobuf(partial, text);
    }
    set_body(res, to->dialect, text, from);
}

void gw_reply_success(const gw_reply_to *to, const gw_ack *ack, const gw_partial *partial, int loki_status,
                      rd_buf *text, gw_response *res)
{
    if (ack == NULL) { /* nobody has the data: never a success */
        gw_reply_error(to, GW_OUTCOME_UPSTREAM_BAD, (rd_slice){0}, 0, text, res);
        return;
    }
    *res = (gw_response){.status =
                             to->dialect == GW_DIALECT_LOKI ? (loki_status != 0 ? loki_status : 204) : 200};
    add_common(to, res);
    if (to->dialect != GW_DIALECT_LOKI)
        success_body(to, partial, text, res);
}

void gw_reply_nothing(const gw_reply_to *to, const gw_partial *partial, rd_buf *text, gw_response *res)
{
    *res = (gw_response){.status = to->dialect == GW_DIALECT_LOKI ? 204 : 200};
    add_common(to, res);
    if (to->dialect != GW_DIALECT_LOKI)
        success_body(to, partial, text, res);
}

/* ---- errors ---- */

static void append_message(rd_buf *b, gw_outcome o, rd_slice detail)
{
    rd_buf_append_str(b, rows[o].text);
    if (detail.n == 0)
        return;
    rd_buf_append_str(b, ": ");
    if (rd_utf8_valid(detail))
        rd_buf_append(b, detail.p, detail.n);
    else
        rd_buf_append_str(b, "(not text)");
}

/* google.rpc.Status.details: one Any that holds a RetryInfo. */
#define RETRY_TYPE "type.googleapis.com/google.rpc.RetryInfo"

static void retry_protobuf(uint32_t seconds, rd_buf *b)
{
    size_t duration = 1 + rd_varint_size(seconds), info = 2 + duration, type = sizeof RETRY_TYPE - 1;
    put_varint_field(b, 0x1a, 2 + type + 2 + info); /* all lengths are below 128 */
    put_bytes_field(b, 0x0a, RD_SLICE_LIT(RETRY_TYPE));
    put_varint_field(b, 0x12, info);
    put_varint_field(b, 0x0a, duration);
    put_varint_field(b, 0x08, seconds);
}

static void retry_json(uint32_t seconds, rd_buf *b)
{
    rd_buf_printf(b, ",\"details\":[{\"@type\":\"" RETRY_TYPE "\",\"retryDelay\":\"%us\"}]", seconds);
}

/* `retry_s`: 0: no RetryInfo. */
static void status_body(const gw_reply_to *to, gw_outcome o, rd_slice detail, uint32_t retry_s, rd_buf *text)
{
    rd_buf message;
    rd_buf_init(&message, MAX_MESSAGE);
    append_message(&message, o, detail);
    switch (to->dialect) {
    case GW_DIALECT_OTLP_PROTOBUF:
        put_varint_field(text, 0x08, (uint64_t)rows[o].code);
        put_bytes_field(text, 0x12, rd_buf_slice(&message));
        if (retry_s > 0)
            retry_protobuf(retry_s, text);
        break;
    case GW_DIALECT_OTLP_JSON:
        rd_buf_printf(text, "{\"code\":%d,\"message\":\"", rows[o].code);
        rd_json_escape(rd_buf_slice(&message), text);
        rd_buf_append_byte(text, '"');
        if (retry_s > 0)
            retry_json(retry_s, text);
        rd_buf_append_byte(text, '}');
        break;
    default:
        rd_buf_append(text, message.p, message.n);
        rd_buf_append_byte(text, '\n');
        break;
    }
    rd_buf_release(&message);
}

/* What the protocols leave to plain text: an OTLP sender that used a wrong method or type has no format to
 * answer in. */
static bool is_plain(gw_outcome o)
{
    return o == GW_OUTCOME_METHOD || o == GW_OUTCOME_MEDIA_TYPE || o == GW_OUTCOME_FRAMING ||
           o == GW_OUTCOME_HEADERS;
}

void gw_reply_error(const gw_reply_to *to, gw_outcome outcome, rd_slice detail, uint32_t retry_after_s,
                    rd_buf *text, gw_response *res)
{
    static const char *const digits = "0123456789";
    gw_reply_to plain = *to;
    if (is_plain(outcome) && to->dialect != GW_DIALECT_LOKI)
        plain.dialect = GW_DIALECT_TEXT;
    *res = (gw_response){.status = gw_reply_status(to->dialect, outcome)};
    add_common(to, res);
    if (outcome == GW_OUTCOME_METHOD)
        gw_response_add(res, "allow", RD_SLICE_LIT("POST"));
    if (res->status == 401)
        gw_response_add(res, "www-authenticate",
                        to->challenge != NULL ? rd_slice_str(to->challenge)
                                              : RD_SLICE_LIT("Bearer realm=\"redactd\""));
    if (outcome == GW_OUTCOME_CODING)
        gw_response_add(res, "accept-encoding", RD_SLICE_LIT("gzip, deflate, zstd, snappy"));
    if (to->ratelimit.n > 0) {
        gw_response_add(res, "ratelimit-policy", to->ratelimit_policy);
        gw_response_add(res, "ratelimit", to->ratelimit);
    }
    if (retry_after_s > 0 && retry_after_s < 10) {
        gw_response_add(res, "retry-after", rd_slice_of(digits + retry_after_s, 1));
    } else if (retry_after_s > 0) {
        /* Written in front of the body, so that both lie in `text`; reserved at once, so that it does not
         * move. */
        size_t at = text->n;
        (void)rd_buf_reserve(text, MAX_ANSWER);
        rd_buf_append_u64(text, retry_after_s);
        gw_response_add(res, "retry-after", (rd_slice){text->p + at, text->n - at});
    }
    size_t from = text->n;
    status_body(&plain, outcome, detail, outcome == GW_OUTCOME_QUOTA ? retry_after_s : 0, text);
    set_body(res, plain.dialect, text, from);
}

void gw_reply_preflight(const gw_reply_to *to, rd_slice requested_headers, uint32_t max_age_s, rd_buf *text,
                        gw_response *res)
{
    size_t from = text->n;
    *res = (gw_response){.status = 204};
    if (to->cors_origin.n == 0) { /* origin not allowed: no header says so, and the browser stops */
        gw_response_add(res, "vary", RD_SLICE_LIT("Origin"));
        return;
    }
    add_common(to, res);
    gw_response_add(res, "access-control-allow-methods", RD_SLICE_LIT("POST"));
    if (requested_headers.n > 0)
        gw_response_add(res, "access-control-allow-headers", requested_headers);
    rd_buf_append_u64(text, max_age_s);
    gw_response_add(res, "access-control-max-age", (rd_slice){text->p + from, text->n - from});
}
