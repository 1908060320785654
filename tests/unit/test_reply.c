/* SPDX-License-Identifier: MIT */
/* Answers: every outcome in every dialect, decoded by other people's libraries; and what answers of backends
 * become. */
#include "tests/unit/gateway_kit.h"

#include <jansson.h>

#include "collector.pb-c.h"
#include "filters/base/utf8.h"
#include "gateway/reply.h"
#include "gateway/translate.h"
#include "status.pb-c.h"

typedef Google__Rpc__Status Status;
typedef Opentelemetry__Proto__Collector__V1__ExportLogsServiceResponse LogsResponse;
#define logs_response(x) opentelemetry__proto__collector__v1__export_logs_service_response__##x

static const struct row {
    int otlp, loki, code;
    const char *text;
} rows[] = {
#define X(name, word, otlp, loki, code, text) [GW_OUTCOME_##name] = {otlp, loki, code, text},
    GW_OUTCOMES(X)
#undef X
};

static const gw_dialect dialects[] = {GW_DIALECT_OTLP_PROTOBUF, GW_DIALECT_OTLP_JSON, GW_DIALECT_LOKI,
                                      GW_DIALECT_TEXT};

/* The one header of this name; empty when there is none. */
static rd_slice header(const gw_response *r, const char *name)
{
    rd_slice found = {0};
    for (unsigned i = 0; i < r->n_headers; i++) {
        if (strcmp(r->headers[i].name, name) == 0) {
            assert_int_equal(found.n, 0);
            found = r->headers[i].value;
        }
    }
    return found;
}

static void assert_header(const gw_response *r, const char *name, const char *want)
{
    rd_slice got = header(r, name);
    if (!rd_slice_eq(got, rd_slice_str(want)))
        fail_msg("%s: %.*s, not %s", name, (int)got.n, (const char *)got.p, want);
}

/* The message in an error body; owned by the caller. *out_code: -1 in plain text. */
static char *message_of(const gw_response *r, gw_dialect d, int *out_code)
{
    char *message;
    *out_code = -1;
    if (d == GW_DIALECT_OTLP_PROTOBUF) {
        Status *s = google__rpc__status__unpack(NULL, r->body.n, r->body.p);
        assert_non_null(s);
        *out_code = s->code;
        message = strdup(s->message);
        google__rpc__status__free_unpacked(s, NULL);
        return message;
    }
    if (d == GW_DIALECT_OTLP_JSON) {
        json_t *j = json_loadb((const char *)r->body.p, r->body.n, 0, NULL);
        assert_non_null(j);
        *out_code = (int)json_integer_value(json_object_get(j, "code"));
        message = strdup(json_string_value(json_object_get(j, "message")));
        json_decref(j);
        return message;
    }
    assert_true(r->body.n > 0 && r->body.p[r->body.n - 1] == '\n');
    message = calloc(1, r->body.n);
    assert_non_null(message);
    memcpy(message, r->body.p, r->body.n - 1);
    return message;
}

static gw_dialect answered_in(gw_dialect d, gw_outcome o)
{
    bool plain = o == GW_OUTCOME_METHOD || o == GW_OUTCOME_MEDIA_TYPE || o == GW_OUTCOME_FRAMING ||
                 o == GW_OUTCOME_HEADERS;
    return plain && d != GW_DIALECT_LOKI ? GW_DIALECT_TEXT : d;
}

static const char *type_in(gw_dialect d)
{
    return d == GW_DIALECT_OTLP_PROTOBUF ? "application/x-protobuf"
           : d == GW_DIALECT_OTLP_JSON   ? "application/json"
                                         : "text/plain; charset=utf-8";
}

static void test_reply__every_outcome_in_every_dialect(void **state)
{
    for (unsigned o = GW_OUTCOME_DELIVERED + 1; o < GW_OUTCOME_COUNT; o++) {
        for (unsigned i = 0; i < 4; i++) {
            gw_reply_to to = {.dialect = dialects[i]};
            gw_dialect in = answered_in(dialects[i], (gw_outcome)o);
            gw_response r;
            rd_buf text;
            int code;
            rd_buf_init(&text, 1 << 20);
            gw_reply_error(&to, (gw_outcome)o, RD_SLICE_LIT("why \"so\"\n\xc3\xa4"), 0, &text, &r);
            /* No error looks like a success, and none of ours is one that an OTLP sender gives up on. */
            assert_int_equal(r.status, dialects[i] == GW_DIALECT_LOKI ? rows[o].loki : rows[o].otlp);
            assert_true(r.status >= 400 && r.status != 500);
            assert_header(&r, "content-type", type_in(in));
            char *message = message_of(&r, in, &code);
            size_t n = strlen(rows[o].text);
            assert_memory_equal(message, rows[o].text, n);
            assert_string_equal(message + n, ": why \"so\"\n\xc3\xa4");
            if (code >= 0)
                assert_int_equal(code, rows[o].code);
            assert_header(&r, "allow", o == GW_OUTCOME_METHOD ? "POST" : "");
            assert_header(&r, "retry-after", "");
            free(message);
            rd_buf_release(&text);
        }
    }
}

/* A sender repeats exactly what is worth it: gateway trouble is 429, 502, 503 or 504, the sender's own is
 * not. */
static void test_reply__retryable_is_what_may_succeed_later(void **state)
{
    for (unsigned o = GW_OUTCOME_CLIENT_TIMEOUT; o < GW_OUTCOME_COUNT; o++) {
        int s = gw_reply_status(GW_DIALECT_OTLP_JSON, (gw_outcome)o);
        bool retryable = s == 429 || s == 502 || s == 503 || s == 504;
        assert_int_equal(retryable, o != GW_OUTCOME_UPSTREAM_REFUSED);
    }
    for (unsigned o = GW_OUTCOME_NOT_FOUND; o < GW_OUTCOME_CLIENT_TIMEOUT; o++) {
        int s = gw_reply_status(GW_DIALECT_OTLP_JSON, (gw_outcome)o);
        assert_true(s >= 400 && s < 500 && s != 429);
    }
}

static void test_reply__retry_after(void **state)
{
    static const struct {
        uint32_t s;
        const char *want;
    } cases[] = {{0, ""}, {1, "1"}, {9, "9"}, {10, "10"}, {3600, "3600"}, {UINT32_MAX, "4294967295"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gw_reply_to to = {.dialect = GW_DIALECT_OTLP_JSON};
        gw_response r;
        rd_buf text, detail;
        int code;
        rd_buf_init(&text, 1 << 20);
        rd_buf_init(&detail, 1 << 20);
        /* The worst text: six bytes for each of its own. The header lies in the same buffer and must not
         * move. */
        for (unsigned k = 0; k < 8000; k++)
            rd_buf_append_byte(&detail, 1);
        gw_reply_error(&to, GW_OUTCOME_OVERLOAD, rd_buf_slice(&detail), cases[i].s, &text, &r);
        assert_header(&r, "retry-after", cases[i].want);
        free(message_of(&r, GW_DIALECT_OTLP_JSON, &code));
        rd_buf_release(&text);
        rd_buf_release(&detail);
    }
}

static void test_reply__no_text_that_is_not_text(void **state)
{
    for (unsigned i = 0; i < 4; i++) {
        gw_reply_to to = {.dialect = dialects[i]};
        gw_response r;
        rd_buf text;
        int code;
        rd_buf_init(&text, 1 << 20);
        gw_reply_error(&to, GW_OUTCOME_UPSTREAM_REFUSED, RD_SLICE_LIT("a\xff\xfe"), 0, &text, &r);
        char *message = message_of(&r, dialects[i], &code);
        assert_string_equal(message, "backend refused the data: (not text)");
        assert_true(rd_utf8_valid(r.body));
        free(message);
        rd_buf_release(&text);
    }
}

static void test_reply__success_needs_an_acknowledgement(void **state)
{
    gw_partial partial = {.rejected = 1};
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned k = 0; k < 2; k++) {
            gw_reply_to to = {.dialect = dialects[i]};
            gw_response r;
            rd_buf text;
            rd_buf_init(&text, 1 << 20);
            gw_reply_success(&to, NULL, k == 0 ? NULL : &partial, k == 0 ? 0 : 260, &text, &r);
            assert_int_equal(r.status, 502);
            rd_buf_release(&text);
        }
    }
    assert_null(gw_ack_of_backend(199));
    assert_null(gw_ack_of_backend(300));
    assert_null(gw_ack_of_backend(0));
    assert_non_null(gw_ack_of_backend(200));
}

static void test_reply__success(void **state)
{
    static const struct {
        gw_dialect d;
        int loki_status, status;
        const char *type, *body;
    } cases[] = {{GW_DIALECT_OTLP_PROTOBUF, 0, 200, "application/x-protobuf", ""},
                 {GW_DIALECT_OTLP_JSON, 0, 200, "application/json", "{}"},
                 {GW_DIALECT_LOKI, 0, 204, "", ""},
                 {GW_DIALECT_LOKI, 260, 260, "", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gw_reply_to to = {.dialect = cases[i].d};
        gw_partial none = {0};
        gw_response r;
        rd_buf text;
        rd_buf_init(&text, 1 << 20);
        gw_reply_success(&to, gw_ack_of_store(), &none, cases[i].loki_status, &text, &r);
        assert_int_equal(r.status, cases[i].status);
        assert_header(&r, "content-type", cases[i].type);
        assert_true(rd_slice_eq(r.body, rd_slice_str(cases[i].body)));
        if (cases[i].loki_status == 0) {
            gw_reply_nothing(&to, NULL, &text, &r);
            assert_int_equal(r.status, cases[i].status);
            assert_true(rd_slice_eq(r.body, rd_slice_str(cases[i].body)));
        }
        rd_buf_release(&text);
    }
}

static void test_reply__partial_success(void **state)
{
    static const char *const words[] = {"rejectedLogRecords", "rejectedSpans", "rejectedDataPoints"};
    static const struct {
        int64_t rejected;
        const char *message;
    } cases[] = {{3, "too \"old\"\n\xc3\xa4"}, {0, "a warning"}, {INT64_MAX, ""}};
    gw_generation *g = kit_generation(kit_config);
    for (unsigned s = 0; s < 3; s++) {
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            gw_reply_to to = {
                .dialect = GW_DIALECT_OTLP_JSON, .routes = g->routes, .route = kit_route(g, (gw_signal)s)};
            gw_partial partial = {cases[i].rejected, rd_slice_str(cases[i].message)};
            gw_response r;
            rd_buf text;
            rd_buf_init(&text, 1 << 20);
            gw_reply_success(&to, gw_ack_of_store(), &partial, 0, &text, &r);
            json_t *j = json_loadb((const char *)r.body.p, r.body.n, 0, NULL),
                   *p = json_object_get(j, "partialSuccess");
            assert_int_equal(r.status, 200);
            assert_int_equal(strtoll(json_string_value(json_object_get(p, words[s])), NULL, 10),
                             cases[i].rejected);
            assert_string_equal(json_string_value(json_object_get(p, "errorMessage")), cases[i].message);
            json_decref(j);
            to.dialect = GW_DIALECT_OTLP_PROTOBUF;
            gw_reply_success(&to, gw_ack_of_store(), &partial, 0, &text, &r);
            LogsResponse *m = logs_response(unpack)(NULL, r.body.n, r.body.p);
            assert_int_equal(m->partial_success->rejected_log_records, cases[i].rejected);
            assert_string_equal(m->partial_success->error_message, cases[i].message);
            logs_response(free_unpacked)(m, NULL);
            rd_buf_release(&text);
        }
    }
    gw_generation_unref(&g);
}

static void test_reply__life_of_a_version(void **state)
{
    static const struct {
        gw_signal s;
        const char *deprecation, *sunset, *link;
    } cases[] = {{GW_SIGNAL_LOGS, "", "", ""},
                 {GW_SIGNAL_TRACES, "@1735776000", "Wed, 04 Mar 2026 00:00:00 GMT",
                  "</v2/traces>; rel=\"successor-version\""},
                 {GW_SIGNAL_METRICS, "@1", "Tue, 04 Mar 2025 00:00:00 GMT",
                  "</v2/metrics>; rel=\"successor-version\""}};
    gw_generation *g = kit_generation(kit_config);
    for (size_t i = 0; i < 3; i++) {
        gw_reply_to to = {
            .dialect = GW_DIALECT_OTLP_JSON, .routes = g->routes, .route = kit_route(g, cases[i].s)};
        gw_response r[3];
        rd_buf text;
        rd_buf_init(&text, 1 << 20);
        gw_reply_success(&to, gw_ack_of_store(), NULL, 0, &text, &r[0]);
        gw_reply_error(&to, GW_OUTCOME_RETIRED, (rd_slice){0}, 0, &text, &r[1]);
        gw_reply_nothing(&to, NULL, &text, &r[2]);
        for (unsigned k = 0; k < 3; k++) {
            assert_header(&r[k], "deprecation", cases[i].deprecation);
            assert_header(&r[k], "sunset", cases[i].sunset);
            assert_header(&r[k], "link", cases[i].link);
        }
        rd_buf_release(&text);
    }
    gw_generation_unref(&g);
}

static void test_reply__cors(void **state)
{
    gw_reply_to to = {
        .dialect = GW_DIALECT_OTLP_JSON, .cors_origin = RD_SLICE_LIT("http://o"), .cors_credentials = true};
    gw_response r;
    rd_buf text;
    rd_buf_init(&text, 1 << 20);
    /* On errors too: a browser shows no answer without it, and repeats. */
    gw_reply_error(&to, GW_OUTCOME_MALFORMED, (rd_slice){0}, 0, &text, &r);
    assert_header(&r, "access-control-allow-origin", "http://o");
    assert_header(&r, "access-control-allow-credentials", "true");
    assert_header(&r, "access-control-expose-headers", "Retry-After, RateLimit, RateLimit-Policy");
    assert_header(&r, "vary", "Origin");
    gw_reply_preflight(&to, RD_SLICE_LIT("content-type,x"), 600, &text, &r);
    assert_int_equal(r.status, 204);
    assert_header(&r, "access-control-allow-methods", "POST");
    assert_header(&r, "access-control-allow-headers", "content-type,x");
    assert_header(&r, "access-control-max-age", "600");
    to.cors_credentials = false;
    gw_reply_preflight(&to, (rd_slice){0}, 600, &text, &r);
    assert_header(&r, "access-control-allow-credentials", "");
    assert_header(&r, "access-control-allow-headers", "");
    to.cors_origin.n = 0;
    gw_reply_preflight(&to, RD_SLICE_LIT("x"), 600, &text, &r);
    assert_int_equal(r.status, 204);
    assert_header(&r, "access-control-allow-origin", "");
    assert_header(&r, "access-control-allow-methods", "");
    rd_buf_release(&text);
}

/* ---- translate ---- */

typedef struct bench {
    gw_generation *gen;
    gw_scrubber *scrubber;
    gw_scrub of;
    rd_buf text;
} bench;

static gw_counters *counters;

static bench bench_new(void)
{
    bench b = {.gen = kit_generation(kit_config)};
    b.of.gen = b.gen;
    if (counters == NULL)
        counters = gw_counters_new();
    b.scrubber = gw_scrubber_new(counters);
    rd_buf_init(&b.text, 1 << 20);
    return b;
}

static void bench_free(bench *b)
{
    gw_scrubber_free(&b->scrubber);
    gw_generation_unref(&b->gen);
    rd_buf_release(&b->text);
}

static gw_translated translate(bench *b, gw_dialect d, int status, const char *type, rd_slice body,
                               const char *retry_after)
{
    gw_reply_to to = {.dialect = d};
    gw_call_response res = {.status = status,
                            .content_type = rd_slice_str(type),
                            .retry_after = rd_slice_str(retry_after),
                            .body = body,
                            .ack = gw_ack_of_backend(status)};
    gw_translated t;
    rd_buf_clear(&b->text, SIZE_MAX);
    gw_translate(GW_CALL_OK, &res, &to, b->scrubber, &b->of, &b->text, &t);
    return t;
}

static void test_translate__statuses(void **state)
{
    bench b = bench_new();
    for (int status = 200; status <= 599; status++) {
        gw_outcome want = status < 300                     ? GW_OUTCOME_DELIVERED
                          : status == 400 || status == 422 ? GW_OUTCOME_UPSTREAM_REFUSED
                          : status == 413                  ? GW_OUTCOME_TOO_LARGE
                          : status == 429                  ? GW_OUTCOME_UPSTREAM_LIMITED
                          : status == 502                  ? GW_OUTCOME_UPSTREAM_BAD
                          : status == 504                  ? GW_OUTCOME_UPSTREAM_TIMEOUT
                          : status >= 500                  ? GW_OUTCOME_UPSTREAM_BUSY
                                                           : GW_OUTCOME_UPSTREAM_MISCONFIGURED;
        gw_translated t = translate(&b, GW_DIALECT_LOKI, status, "", (rd_slice){0}, "");
        assert_int_equal(t.outcome, want);
        assert_int_equal(t.ack != NULL, want == GW_OUTCOME_DELIVERED);
        assert_int_equal(t.loki_status, status == 260 ? 260 : 0);
    }
    bench_free(&b);
}

static void test_translate__calls_without_an_answer(void **state)
{
    bench b = bench_new();
    for (unsigned r = GW_CALL_OK + 1; r < GW_CALL_RESULT_COUNT; r++) {
        gw_reply_to to = {.dialect = GW_DIALECT_OTLP_JSON};
        gw_translated t;
        gw_translate((gw_call_result)r, NULL, &to, b.scrubber, &b.of, &b.text, &t);
        int status = gw_reply_status(GW_DIALECT_OTLP_JSON, t.outcome);
        assert_true(status >= 502 && status <= 504);
        assert_null(t.ack);
        bool timeout =
            r == GW_CALL_SEND_TIMEOUT || r == GW_CALL_FIRST_BYTE_TIMEOUT || r == GW_CALL_TOTAL_TIMEOUT;
        assert_int_equal(status == 504, timeout);
    }
    bench_free(&b);
}

static void test_translate__retry_after(void **state)
{
    const time_t now = 784111777; /* Sun, 06 Nov 1994 08:49:37 GMT */
    static const struct {
        const char *value;
        uint32_t want;
    } cases[] = {
        {"", 0},
        {"0", 0},
        {"7", 7},
        {"007", 7},
        {"3600", 3600},
        {"3601", 3600},
        {"99999999999999999999", 3600},
        {"-1", 0},
        {"1.5", 0},
        {"1 ", 0},
        {"soon", 0},
        {"Sun, 06 Nov 1994 08:49:37 GMT", 0},
        {"Sun, 06 Nov 1994 08:49:47 GMT", 10},
        {"Sun, 06 Nov 1994 08:49:27 GMT", 0},
        {"Mon, 06 Nov 2034 08:49:37 GMT", 3600},
        {"Sun, 06 Nov 1994 08:49:47 GMT+1", 0},
        {"1111111111111111111111111111111111111111111111111111111111111111111111", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t got = gw_translate_retry_after(rd_slice_str(cases[i].value), now);
        if (got != cases[i].want)
            fail_msg("%s: %u", cases[i].value, got);
    }
    bench b = bench_new();
    assert_int_equal(translate(&b, GW_DIALECT_LOKI, 429, "", (rd_slice){0}, "17").retry_after_s, 17);
    bench_free(&b);
}

static void assert_detail(gw_translated t, const char *want)
{
    if (!rd_slice_eq(t.detail, rd_slice_str(want)))
        fail_msg("%.*s, not %s", (int)t.detail.n, (const char *)t.detail.p, want);
}

static void test_translate__error_texts_are_redacted(void **state)
{
    bench b = bench_new();
    uint8_t packed[256];
    Status s = GOOGLE__RPC__STATUS__INIT;
    s.message = "bad: jane@example.com";
    rd_slice protobuf = {packed, google__rpc__status__pack(&s, packed)};
    assert_detail(translate(&b, GW_DIALECT_OTLP_JSON, 400, "application/x-protobuf", protobuf, ""),
                  "bad: j***@example.com");
    assert_detail(translate(&b, GW_DIALECT_LOKI, 400, "text/plain; charset=utf-8",
                            RD_SLICE_LIT("bad: jane@example.com\r\n\n"), ""),
                  "bad: j***@example.com");
    assert_detail(translate(&b, GW_DIALECT_OTLP_JSON, 400, "APPLICATION/JSON;x",
                            RD_SLICE_LIT("{\"message\":\"bad: jane\\u0040example.com\"}"), ""),
                  "bad: j***@example.com");
    /* what cannot be read is not shown */
    assert_detail(
        translate(&b, GW_DIALECT_OTLP_JSON, 400, "application/json", RD_SLICE_LIT("{\"message\":"), ""), "");
    assert_detail(translate(&b, GW_DIALECT_OTLP_JSON, 400, "application/json", RD_SLICE_LIT("[\"x\"]"), ""),
                  "");
    assert_detail(
        translate(&b, GW_DIALECT_OTLP_JSON, 400, "application/x-protobuf", RD_SLICE_LIT("\x12\xff"), ""), "");
    assert_detail(translate(&b, GW_DIALECT_LOKI, 400, "text/plain", RD_SLICE_LIT("a\xff"), ""), "");
    assert_detail(translate(&b, GW_DIALECT_LOKI, 400, "text/html", RD_SLICE_LIT("<p>x"), ""), "");
    assert_detail(translate(&b, GW_DIALECT_LOKI, 400, "text/plainer", RD_SLICE_LIT("x"), ""), "");
    assert_detail(translate(&b, GW_DIALECT_LOKI, 400, "", RD_SLICE_LIT("x"), ""), "");
    bench_free(&b);
}

/* Wherever a long text is cut, no part of an address is left that a whole one would not leave. */
static void test_translate__long_texts_are_cut_after_redaction(void **state)
{
    bench b = bench_new();
    for (unsigned pad = 980; pad < 1040; pad++) {
        rd_buf body;
        rd_buf_init(&body, 1 << 16);
        for (unsigned i = 0; i < pad / 2; i++)
            rd_buf_append_str(&body, "\xc3\xa4");
        rd_buf_append_str(&body, pad % 2 == 0 ? " " : "  ");
        rd_buf_append_str(&body, "secretname@example.com and more and more");
        gw_translated t = translate(&b, GW_DIALECT_LOKI, 400, "text/plain", rd_buf_slice(&body), "");
        assert_true(t.detail.n > 900 && t.detail.n <= 1024);
        assert_true(rd_utf8_valid(t.detail));
        assert_null(memmem(t.detail.p, t.detail.n, "se", 2));
        rd_buf_release(&body);
    }
    bench_free(&b);
}

static void test_translate__partial_success_in_both_formats(void **state)
{
    static const char *const json[] = {
        "{\"partialSuccess\":{\"rejectedLogRecords\":\"3\",\"errorMessage\":\"jane@example.com\"}}",
        "{\"partialSuccess\":{\"rejectedSpans\":3,\"errorMessage\":\"jane@example.com\"}}",
        "{\"partialSuccess\":{\"rejectedDataPoints\":\"3\",\"errorMessage\":\"jane@example.com\"}}"};
    bench b = bench_new();
    const gw_dialect otlp[] = {GW_DIALECT_OTLP_JSON, GW_DIALECT_OTLP_PROTOBUF};
    for (unsigned d = 0; d < 2; d++) {
        for (unsigned i = 0; i < 4; i++) {
            rd_slice body =
                i < 3 ? rd_slice_str(json[i]) : RD_SLICE_LIT("\x0a\x14\x08\x03\x12\x10jane@example.com");
            gw_translated t =
                translate(&b, otlp[d], 200, i < 3 ? "application/json" : "application/x-protobuf", body, "");
            assert_int_equal(t.outcome, GW_OUTCOME_DELIVERED);
            assert_int_equal(t.partial.rejected, 3);
            assert_true(rd_slice_eq(t.partial.message, RD_SLICE_LIT("j***@example.com")));
        }
        /* a body that is broken, or none: the status says success */
        static const struct {
            const char *type, *body;
        } odd[] = {{"application/json", "{\"partialSuccess\":"},
                   {"application/json", "[1,2]"},
                   {"application/x-protobuf", "\x0a\xff\x01"},
                   {"application/json", "{}"},
                   {"application/json", "{\"partialSuccess\":{}}"},
                   {"text/plain", "fine"},
                   {"", ""}};
        for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
            gw_translated t = translate(&b, otlp[d], 200, odd[i].type, rd_slice_str(odd[i].body), "");
            assert_int_equal(t.outcome, GW_OUTCOME_DELIVERED);
            assert_int_equal(t.partial.rejected, 0);
            assert_int_equal(t.partial.message.n, 0);
        }
    }
    gw_translated t = translate(&b, GW_DIALECT_LOKI, 200, "application/json", rd_slice_str(json[0]), "");
    assert_int_equal(t.partial.rejected, 0);
    bench_free(&b);
}

static void test_reply__adds_to_any_number_a_backend_says(void **state)
{
    static const int64_t said[] = {0, 5, -7, INT64_MIN, INT64_MAX - 1}, sums[] = {3, 8, 3, 3, INT64_MAX};
    for (unsigned i = 0; i < sizeof said / sizeof *said; i++) {
        gw_partial p = {.rejected = said[i]};
        gw_partial_add(&p, 3);
        assert_true(p.rejected == sums[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reply__every_outcome_in_every_dialect),
        cmocka_unit_test(test_reply__retryable_is_what_may_succeed_later),
        cmocka_unit_test(test_reply__retry_after),
        cmocka_unit_test(test_reply__no_text_that_is_not_text),
        cmocka_unit_test(test_reply__success_needs_an_acknowledgement),
        cmocka_unit_test(test_reply__success),
        cmocka_unit_test(test_reply__partial_success),
        cmocka_unit_test(test_reply__life_of_a_version),
        cmocka_unit_test(test_reply__cors),
        cmocka_unit_test(test_translate__statuses),
        cmocka_unit_test(test_translate__calls_without_an_answer),
        cmocka_unit_test(test_translate__retry_after),
        cmocka_unit_test(test_translate__error_texts_are_redacted),
        cmocka_unit_test(test_translate__long_texts_are_cut_after_redaction),
        cmocka_unit_test(test_reply__adds_to_any_number_a_backend_says),
        cmocka_unit_test(test_translate__partial_success_in_both_formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
