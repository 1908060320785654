/* SPDX-License-Identifier: MIT */
/* The door to redaction: codings in and out, when the bytes that came may go on, lines for a store, what is
 * refused. */
#include "tests/unit/gateway_kit.h"

#include <jansson.h>
#include <zlib.h>

#include "filters/wire/wire.h"
#include "gateway/budget.h"
#include "gateway/metrics_redactions.h"
#include "gateway/scrub.h"

static gw_counters *counters;

typedef struct bench {
    gw_generation *gen;
    gw_scrubber *scrubber;
    rd_coder *coder;
    rd_buf body; /* of the last `received` */
} bench;

static int set_up(void **state)
{
    bench *b = calloc(1, sizeof *b);
    if (counters == NULL)
        counters = gw_counters_new();
    b->gen = kit_generation(kit_config);
    b->scrubber = gw_scrubber_new(counters);
    b->coder = rd_coder_new();
    rd_buf_init(&b->body, 1 << 24);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    bench *b = *state;
    gw_generation_unref(&b->gen);
    gw_scrubber_free(&b->scrubber);
    rd_coder_free(&b->coder);
    rd_buf_release(&b->body);
    free(b);
    return 0;
}

static rd_buf encoded(bench *b, rd_coding c, rd_slice in)
{
    rd_buf out;
    rd_error err;
    rd_buf_init(&out, 1 << 20);
    assert_int_equal(rd_encode(b->coder, c, in, &out, &err), RD_OK);
    return out;
}

static rd_buf decoded(bench *b, rd_coding c, rd_slice in)
{
    rd_buf out;
    rd_error err;
    const rd_decode_limits lim = {.max_bytes = 1 << 20, .max_ratio = 1000};
    rd_buf_init(&out, 1 << 20);
    assert_int_equal(rd_decode(b->coder, c, in, &lim, &out, &err), RD_OK);
    return out;
}

/* A literal, with the tail that received bytes have; until the next call. */
static rd_slice received(bench *b, const char *body)
{
    b->body.n = 0;
    rd_buf_append_str(&b->body, body);
    return rd_buf_slice(&b->body);
}

static void run(bench *b, gw_scrub *x, gw_signal s, gw_format f, rd_coding in, rd_coding out, bool to_store,
                rd_slice wire)
{
    gw_scrub_init(x);
    x->gen = b->gen;
    x->signal = s;
    x->format = f;
    x->coding = in;
    x->out_coding = out;
    x->to_store = to_store;
    x->wire = wire;
    gw_scrub_run(b->scrubber, x);
}

#define JSON_LOG(text)                                                                                       \
    "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"stringValue\":\"" text "\"}}]}]}]}"
#define LOKI_V1(text) "{\"streams\": [{\"stream\":{\"a\":\"b\"},\"values\":[[\"1\",\"" text "\"]]}]}"
/* streams{ labels, entries{ timestamp, line } } */
#define LOKI_PB(line, n, m) "\x0a" m "\x0a\x07{a=\"b\"}\x12" n "\x0a\x00\x12" line

static void test_scrub__reads_content_codings(void **state)
{
    enum { REFUSED = -1 };
    static const struct {
        const char *value;
        int otlp, loki_protobuf, loki_json;
    } cases[] = {
        {"", RD_CODING_IDENTITY, RD_CODING_SNAPPY_BLOCK, RD_CODING_IDENTITY},
        {"identity", RD_CODING_IDENTITY, RD_CODING_SNAPPY_BLOCK, RD_CODING_IDENTITY},
        {"gzip", RD_CODING_GZIP, RD_CODING_GZIP, RD_CODING_GZIP},
        {"GZIP", RD_CODING_GZIP, RD_CODING_GZIP, RD_CODING_GZIP},
        {"deflate", RD_CODING_DEFLATE, RD_CODING_DEFLATE, RD_CODING_DEFLATE},
        {"zstd", RD_CODING_ZSTD, REFUSED, REFUSED},
        {"snappy", RD_CODING_SNAPPY, RD_CODING_SNAPPY_BLOCK, REFUSED},
        {"br", REFUSED, REFUSED, REFUSED},
        {"gzip, gzip", REFUSED, REFUSED, REFUSED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int want[] = {cases[i].otlp, cases[i].otlp, cases[i].loki_protobuf, cases[i].loki_json};
        for (unsigned k = 0; k < 4; k++) {
            rd_coding c;
            gw_outcome o = gw_scrub_coding(k < 2 ? GW_SIGNAL_TRACES : GW_SIGNAL_LOKI_PUSH,
                                           k % 2 == 0 ? GW_FORMAT_PROTOBUF : GW_FORMAT_JSON,
                                           rd_slice_str(cases[i].value), &c);
            if (want[k] == REFUSED)
                assert_int_equal(o, GW_OUTCOME_CODING);
            else
                assert_true(o == GW_OUTCOME_DELIVERED && (int)c == want[k]);
        }
    }
    assert_int_equal(gw_scrub_out_coding(GW_SIGNAL_LOKI_PUSH, GW_FORMAT_PROTOBUF, GW_UPSTREAM_GZIP),
                     RD_CODING_SNAPPY_BLOCK);
    assert_int_equal(gw_scrub_out_coding(GW_SIGNAL_LOKI_PUSH, GW_FORMAT_JSON, GW_UPSTREAM_GZIP),
                     RD_CODING_GZIP);
    assert_int_equal(gw_scrub_out_coding(GW_SIGNAL_LOGS, GW_FORMAT_PROTOBUF, GW_UPSTREAM_ZSTD),
                     RD_CODING_ZSTD);
    assert_int_equal(gw_scrub_out_coding(GW_SIGNAL_LOGS, GW_FORMAT_PROTOBUF, GW_UPSTREAM_IDENTITY),
                     RD_CODING_IDENTITY);
}

/* Every coding in, every coding out, changed or not: what arrives decodes to the redacted body. */
static void test_scrub__recodes(void **state)
{
    bench *b = *state;
    static const rd_coding ins[] = {RD_CODING_IDENTITY, RD_CODING_GZIP, RD_CODING_ZSTD,
                                    RD_CODING_SNAPPY_BLOCK};
    static const rd_coding outs[] = {RD_CODING_IDENTITY, RD_CODING_GZIP, RD_CODING_ZSTD};
    static const struct {
        const char *in, *want;
    } bodies[] = {{JSON_LOG("nothing"), JSON_LOG("nothing")},
                  {JSON_LOG("jane@example.com"), JSON_LOG("j***@example.com")}};
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned o = 0; o < 3; o++) {
            for (unsigned k = 0; k < 2; k++) {
                rd_buf wire = encoded(b, ins[i], rd_slice_str(bodies[k].in));
                gw_scrub x;
                run(b, &x, GW_SIGNAL_LOGS, GW_FORMAT_JSON, ins[i], outs[o], false, rd_buf_slice(&wire));
                assert_int_equal(x.outcome, GW_OUTCOME_DELIVERED);
                assert_int_equal(x.n_items, 1);
                assert_int_equal(x.decoded_bytes, strlen(bodies[k].in));
                rd_slice got = gw_scrubbed_bytes(x.scrubbed);
                /* the very bytes that came, if they may go on */
                assert_int_equal(x.on_wire, k == 0 && ins[i] == outs[o]);
                assert_int_equal(got.p == wire.p, x.on_wire);
                rd_buf plain = decoded(b, outs[o], got);
                assert_true(rd_slice_eq(rd_buf_slice(&plain), rd_slice_str(bodies[k].want)));
                rd_buf_release(&plain);
                gw_scrub_release(&x);
                rd_buf_release(&wire);
            }
        }
    }
}

/* gzip with a file name in its header; the name is no content, so no rule sees it. */
static rd_buf gzip_with_name(const char *name, rd_slice body)
{
    rd_buf out;
    z_stream z = {0};
    gz_header head = {.name = (Bytef *)name};
    rd_buf_init(&out, 1 << 16);
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    if (name != NULL)
        assert_int_equal(deflateSetHeader(&z, &head), Z_OK);
    z.next_in = (Bytef *)body.p;
    z.avail_in = (uInt)body.n;
    z.next_out = rd_buf_reserve(&out, 4096);
    z.avail_out = 4096;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out.n = 4096 - z.avail_out;
    deflateEnd(&z);
    return out;
}

static void test_scrub__no_bytes_go_on_that_no_rule_saw(void **state)
{
    bench *b = *state;
    static const uint8_t skippable[] = "\x50\x2a\x4d\x18\x10\x00\x00\x00jane@example.com";
    rd_buf plain = gzip_with_name(NULL, RD_SLICE_LIT(JSON_LOG("x")));
    rd_buf gzip = gzip_with_name("jane@example.com", RD_SLICE_LIT(JSON_LOG("x")));
    rd_buf second = gzip_with_name(NULL, RD_SLICE_LIT("{\"resourceLogs\":"));
    rd_buf member = gzip_with_name("jane@example.com", RD_SLICE_LIT("[{}]}"));
    rd_buf zstd = encoded(b, RD_CODING_ZSTD, RD_SLICE_LIT(JSON_LOG("x")));
    gw_scrub x;
    rd_buf_append(&zstd, skippable, sizeof skippable - 1);
    rd_buf_append(&second, member.p, member.n);
    const rd_buf *const hidden[] = {&gzip, &second, &zstd};
    for (unsigned i = 0; i < 3; i++) {
        rd_coding c = i < 2 ? RD_CODING_GZIP : RD_CODING_ZSTD;
        run(b, &x, GW_SIGNAL_LOGS, GW_FORMAT_JSON, c, c, false, rd_buf_slice(hidden[i]));
        assert_int_equal(x.outcome, GW_OUTCOME_DELIVERED);
        assert_false(x.on_wire);
        rd_slice got = gw_scrubbed_bytes(x.scrubbed);
        assert_null(memmem(got.p, got.n, "jane", 4));
        gw_scrub_release(&x);
        /* what was seen of it is forgotten with the next body */
        run(b, &x, GW_SIGNAL_LOGS, GW_FORMAT_JSON, RD_CODING_GZIP, RD_CODING_GZIP, false,
            rd_buf_slice(&plain));
        assert_true(x.on_wire);
        gw_scrub_release(&x);
    }
    rd_buf_release(&plain);
    rd_buf_release(&gzip);
    rd_buf_release(&second);
    rd_buf_release(&member);
    rd_buf_release(&zstd);
}

static void test_scrub__loki_protobuf_is_snappy_inside_gzip(void **state)
{
    bench *b = *state;
    static const struct {
        const char *in;
        size_t n;
        const char *want;
        size_t n_want;
    } bodies[] = {{LOKI_PB("\x01x", "\x05", "\x10"), 18, LOKI_PB("\x01x", "\x05", "\x10"), 18},
                  {LOKI_PB("\x06"
                           "a@b.co",
                           "\x0a", "\x15"),
                   23, LOKI_PB("\x08***@b.co", "\x0c", "\x17"), 25}};
    for (unsigned k = 0; k < 2; k++) {
        rd_buf snappy = encoded(b, RD_CODING_SNAPPY_BLOCK, rd_slice_of(bodies[k].in, bodies[k].n));
        rd_buf gzip = encoded(b, RD_CODING_GZIP, rd_buf_slice(&snappy));
        for (unsigned outer = 0; outer < 2; outer++) {
            gw_scrub x;
            run(b, &x, GW_SIGNAL_LOKI_PUSH, GW_FORMAT_PROTOBUF,
                outer == 0 ? RD_CODING_SNAPPY_BLOCK : RD_CODING_GZIP, RD_CODING_SNAPPY_BLOCK, false,
                rd_buf_slice(outer == 0 ? &snappy : &gzip));
            if (x.outcome != GW_OUTCOME_DELIVERED)
                fail_msg("%s: %s", gw_outcome_word(x.outcome), x.detail);
            assert_int_equal(x.on_wire, k == 0 && outer == 0);
            rd_buf plain = decoded(b, RD_CODING_SNAPPY_BLOCK, gw_scrubbed_bytes(x.scrubbed));
            assert_true(rd_slice_eq(rd_buf_slice(&plain), rd_slice_of(bodies[k].want, bodies[k].n_want)));
            rd_buf_release(&plain);
            gw_scrub_release(&x);
        }
        rd_buf_release(&snappy);
        rd_buf_release(&gzip);
    }
}

static void test_scrub__makes_lines_for_a_store(void **state)
{
    bench *b = *state;
    static const struct {
        gw_signal s;
        gw_format f;
        const char *in;
        size_t n;
        const char *has;
    } cases[] = {
#define BYTES(x) x, sizeof(x) - 1
        {GW_SIGNAL_LOGS, GW_FORMAT_JSON,
         BYTES("{\n \"resourceLogs\" : [\n{\"schemaUrl\": \"jane@example.com\"} ] }\n"),
         "\"j***@example.com\""},
        {GW_SIGNAL_LOGS, GW_FORMAT_PROTOBUF,
         BYTES("\x0a\x08\x1a\x06"
               "a@b.co"),
         "\"***@b.co\""},
        {GW_SIGNAL_TRACES, GW_FORMAT_PROTOBUF,
         BYTES("\x0a\x08\x1a\x06"
               "a@b.co"),
         "\"***@b.co\""},
        {GW_SIGNAL_METRICS, GW_FORMAT_PROTOBUF,
         BYTES("\x0a\x08\x1a\x06"
               "a@b.co"),
         "\"***@b.co\""},
        {GW_SIGNAL_LOKI_PUSH, GW_FORMAT_JSON, BYTES(LOKI_V1("jane@example.com\\n")),
         "\"j***@example.com\\n\""},
        {GW_SIGNAL_LOKI_PUSH, GW_FORMAT_PROTOBUF,
         BYTES(LOKI_PB("\x06"
                       "a@b.co",
                       "\x0a", "\x15")),
         "\"***@b.co\""},
#undef BYTES
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rd_coding c = cases[i].s == GW_SIGNAL_LOKI_PUSH && cases[i].f == GW_FORMAT_PROTOBUF
                          ? RD_CODING_SNAPPY_BLOCK
                          : RD_CODING_IDENTITY;
        rd_buf wire = encoded(b, c, rd_slice_of(cases[i].in, cases[i].n));
        gw_scrub x;
        run(b, &x, cases[i].s, cases[i].f, c, c, true, rd_buf_slice(&wire));
        assert_int_equal(x.outcome, GW_OUTCOME_DELIVERED);
        assert_false(x.on_wire);
        rd_slice line = gw_scrubbed_bytes(x.scrubbed);
        assert_null(memchr(line.p, '\n', line.n));
        assert_non_null(memmem(line.p, line.n, cases[i].has, strlen(cases[i].has)));
        json_t *j = json_loadb((const char *)line.p, line.n, 0, NULL);
        assert_non_null(j);
        json_decref(j);
        gw_scrub_release(&x);
        rd_buf_release(&wire);
    }
}

/* Of one of two records, and of both; a body without any is another matter. */
static void test_scrub__dropped_records(void **state)
{
    bench *b = *state;
    gw_generation *usual = b->gen;
    gw_scrub x;
    b->gen = kit_generation("version: 1\nlisteners: [{address: 127.0.0.1:0}]\n"
                            "upstreams: {up: {endpoints: ['http://127.0.0.1:1']}}\n"
                            "routes: [{version: v1, signal: loki_push, upstream: up}]\n"
                            "workspaces: {anonymous: a}\n"
                            "redaction: {rules: [{name: noise, pattern: healthz, action: drop_record}]}\n");
    run(b, &x, GW_SIGNAL_LOKI_PUSH, GW_FORMAT_JSON, RD_CODING_IDENTITY, RD_CODING_IDENTITY, false,
        received(
            b, "{\"streams\":[{\"stream\":{\"a\":\"b\"},\"values\":[[\"1\",\"healthz\"],[\"2\",\"x\"]]}]}"));
    assert_true(x.outcome == GW_OUTCOME_DELIVERED && !x.nothing && x.n_items == 2 && x.n_taken == 1);
    assert_true(x.scrubbed != NULL && memmem(x.redacted.p, x.redacted.n, "healthz", 7) == NULL);
    gw_scrub_release(&x);
    run(b, &x, GW_SIGNAL_LOKI_PUSH, GW_FORMAT_JSON, RD_CODING_IDENTITY, RD_CODING_IDENTITY, false,
        received(b, LOKI_V1("GET /healthz")));
    assert_true(x.outcome == GW_OUTCOME_DELIVERED && x.nothing && x.n_taken == 1 && x.scrubbed == NULL);
    gw_scrub_release(&x);
    run(b, &x, GW_SIGNAL_LOKI_PUSH, GW_FORMAT_JSON, RD_CODING_IDENTITY, RD_CODING_IDENTITY, false,
        received(b, "{\"streams\":[{\"stream\":{\"a\":\"b\"},\"values\":[]}]}"));
    assert_true(x.outcome == GW_OUTCOME_DELIVERED && !x.nothing && x.n_taken == 0);
    gw_scrub_release(&x);
    gw_generation_unref(&b->gen);
    b->gen = usual;
}

static void test_scrub__empty_otlp_is_nothing(void **state)
{
    bench *b = *state;
    gw_scrub x;
    run(b, &x, GW_SIGNAL_LOGS, GW_FORMAT_PROTOBUF, RD_CODING_IDENTITY, RD_CODING_IDENTITY, false,
        received(b, ""));
    assert_true(x.outcome == GW_OUTCOME_DELIVERED && x.nothing && x.scrubbed == NULL);
    gw_scrub_release(&x);
    run(b, &x, GW_SIGNAL_METRICS, GW_FORMAT_JSON, RD_CODING_IDENTITY, RD_CODING_IDENTITY, true,
        received(b, "{}"));
    assert_true(x.outcome == GW_OUTCOME_DELIVERED && x.nothing && x.scrubbed == NULL);
    gw_scrub_release(&x);
}

static void test_scrub__refuses(void **state)
{
    bench *b = *state;
    rd_buf bomb_in, deep;
    rd_buf_init(&bomb_in, 32 << 20);
    rd_buf_init(&deep, 1 << 16);
    assert_non_null(rd_buf_reserve(&bomb_in, 32 << 20));
    memset(bomb_in.p, ' ', 32 << 20);
    bomb_in.n = 32 << 20;
    rd_buf bomb = encoded(b, RD_CODING_GZIP, rd_buf_slice(&bomb_in));
    rd_buf_append_str(&deep, "{\"x\":");
    for (unsigned i = 0; i < 1000; i++)
        rd_buf_append_byte(&deep, '[');
    const struct {
        gw_signal s;
        gw_format f;
        rd_coding c;
        rd_slice in;
        gw_outcome want;
    } cases[] = {
        {GW_SIGNAL_LOGS, GW_FORMAT_JSON, RD_CODING_IDENTITY, RD_SLICE_LIT(""), GW_OUTCOME_TRUNCATED},
        {GW_SIGNAL_LOGS, GW_FORMAT_JSON, RD_CODING_IDENTITY, RD_SLICE_LIT("nonsense"), GW_OUTCOME_MALFORMED},
        {GW_SIGNAL_LOGS, GW_FORMAT_PROTOBUF, RD_CODING_IDENTITY, RD_SLICE_LIT("\x0a\x05x"),
         GW_OUTCOME_TRUNCATED},
        {GW_SIGNAL_LOGS, GW_FORMAT_PROTOBUF, RD_CODING_GZIP, RD_SLICE_LIT("not gzip"), GW_OUTCOME_MALFORMED},
        {GW_SIGNAL_LOGS, GW_FORMAT_PROTOBUF, RD_CODING_GZIP, RD_SLICE_LIT(""), GW_OUTCOME_TRUNCATED},
        {GW_SIGNAL_LOGS, GW_FORMAT_JSON, RD_CODING_GZIP, rd_buf_slice(&bomb), GW_OUTCOME_RATIO},
        {GW_SIGNAL_LOGS, GW_FORMAT_JSON, RD_CODING_IDENTITY, rd_buf_slice(&deep), GW_OUTCOME_TOO_DEEP},
        {GW_SIGNAL_LOKI_PUSH, GW_FORMAT_JSON, RD_CODING_IDENTITY, RD_SLICE_LIT("{\"streams\":[]}"),
         GW_OUTCOME_EMPTY},
        {GW_SIGNAL_LOKI_PUSH, GW_FORMAT_PROTOBUF, RD_CODING_SNAPPY_BLOCK,
         RD_SLICE_LIT("\xff\xff\xff\xff\x0f"), GW_OUTCOME_RATIO},
        {GW_SIGNAL_LOKI_PUSH, GW_FORMAT_PROTOBUF, RD_CODING_SNAPPY_BLOCK, RD_SLICE_LIT("\x00"),
         GW_OUTCOME_EMPTY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gw_scrub x;
        rd_buf wire; /* with a readable tail */
        rd_buf_init(&wire, 1 << 20);
        rd_buf_append(&wire, cases[i].in.p, cases[i].in.n);
        (void)rd_buf_reserve(&wire, 0);
        run(b, &x, cases[i].s, cases[i].f, cases[i].c, RD_CODING_IDENTITY, false, rd_buf_slice(&wire));
        if (x.outcome != cases[i].want)
            fail_msg("%zu: %s, not %s", i, gw_outcome_word(x.outcome), gw_outcome_word(cases[i].want));
        assert_null(x.scrubbed);
        assert_non_null(x.detail);
        gw_scrub_release(&x);
        rd_buf_release(&wire);
    }
    rd_buf_release(&bomb_in);
    rd_buf_release(&bomb);
    rd_buf_release(&deep);
}

static void add_hits(void *arg, const gw_redactions *r)
{
    assert_string_equal(gw_metrics_slot_name(GW_SLOTS_RULE, r->rule), "email");
    assert_string_equal(gw_redactions_field(r), "body");
    assert_string_equal(gw_redactions_action(r), "mask");
    *(int64_t *)arg += r->n;
}

static void test_scrub__counts(void **state)
{
    int64_t of_shop = 0;
    bench *b = *state;
    unsigned slot = gw_metrics_slot(GW_SLOTS_RULE, "email");
    int64_t before = gw_metrics_sum(GW_METRIC_REDACTIONS, GW_SIGNAL_LOGS, slot, RD_CLASS_BODY);
    static const gw_workspace_cfg plain;
    const gw_workspace shop = {.name = "shop",
                               .tenant = "shop",
                               .cfg = &plain,
                               .all = &b->gen->cfg->workspaces,
                               .slot = gw_metrics_slot(GW_SLOTS_WORKSPACE, "shop")};
    gw_scrub x;
    rd_buf wire = encoded(b, RD_CODING_IDENTITY, RD_SLICE_LIT(JSON_LOG("jane@example.com, joe@example.com")));
    gw_scrub_init(&x);
    x.gen = b->gen;
    x.signal = GW_SIGNAL_LOGS;
    x.format = GW_FORMAT_JSON;
    x.wire = rd_buf_slice(&wire);
    x.workspace = &shop;
    gw_scrub_run(b->scrubber, &x);
    assert_int_equal(x.outcome, GW_OUTCOME_DELIVERED);
    gw_scrub_release(&x);
    rd_buf_release(&wire);
    assert_int_equal(gw_metrics_sum(GW_METRIC_REDACTIONS, GW_SIGNAL_LOGS, slot, RD_CLASS_BODY) - before, 2);
    gw_redactions_each(shop.slot, add_hits, &of_shop);
    assert_int_equal(of_shop, 2);
    free(atomic_load(&shop.stamps[0]));
}

/* What a body holds is taken from the budget, whatever was announced for it, and given back. */
static void test_scrub__charges_what_it_holds(void **state)
{
    enum { N = 20000 };
    bench *b = *state;
    static char text[N + 1];
    rd_buf json;
    gw_scrub x;
    rd_buf_init(&json, 1 << 20);
    for (unsigned i = 0; i < N; i++)
        text[i] = (char)('a' + i * i / 7 % 19);
    rd_buf_printf(&json,
                  "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"stringValue\":\"%s "
                  "jane@example.com\"}}]}]}]}",
                  text);
    rd_buf wire = encoded(b, RD_CODING_GZIP, rd_buf_slice(&json));
    uint64_t before = gw_budget_bytes();
    run(b, &x, GW_SIGNAL_LOGS, GW_FORMAT_JSON, RD_CODING_GZIP, RD_CODING_IDENTITY, false,
        rd_buf_slice(&wire));
    assert_in_range(gw_budget_bytes() - before, wire.n + 2 * json.n, wire.n + 3 * json.n + 4096);
    assert_true(gw_scrub_settle(&x));
    assert_int_equal(gw_budget_bytes() - before, x.redacted.cap);
    assert_in_range(x.redacted.cap, gw_scrubbed_bytes(x.scrubbed).n, json.n + 4096);
    gw_scrub_release(&x);
    assert_int_equal(gw_budget_bytes(), before);

    gw_budget_limits(UINT32_MAX, before + wire.n + json.n, UINT32_MAX);
    run(b, &x, GW_SIGNAL_LOGS, GW_FORMAT_JSON, RD_CODING_GZIP, RD_CODING_IDENTITY, false,
        rd_buf_slice(&wire));
    assert_int_equal(x.outcome, GW_OUTCOME_OVERLOAD);
    gw_scrub_release(&x);

    /* Room for what was redacted, but not for the form that the backend gets. A quarter is for connections.
     */
    gw_budget_limits(UINT32_MAX, before + (2 * json.n + 4096) * 4 / 3, UINT32_MAX);
    run(b, &x, GW_SIGNAL_LOGS, GW_FORMAT_JSON, RD_CODING_IDENTITY, RD_CODING_GZIP, false,
        rd_buf_slice(&json));
    assert_int_equal(x.outcome, GW_OUTCOME_OVERLOAD);
    assert_in_range(gw_budget_bytes(), before + 2 * json.n, before + 2 * json.n + 4096);
    gw_scrub_release(&x);
    gw_budget_limits(UINT32_MAX, UINT64_MAX, UINT32_MAX);
    assert_int_equal(gw_budget_bytes(), before);
    rd_buf_release(&wire);
    rd_buf_release(&json);
}

/* A body of nothing but empty records, of which limits on content want to know. */
enum { EMPTY_RECORDS = 200000 };

static rd_buf empty_records(gw_format format)
{
    static const char json[] = "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{}";
    rd_buf b;
    uint8_t head[32] = {0x0a};
    rd_buf_init(&b, 1 << 22);
    size_t records = 2 * EMPTY_RECORDS, at = 1;
    if (format == GW_FORMAT_PROTOBUF) { /* ResourceLogs{ScopeLogs{records}} */
        at += rd_varint_put(records + 1 + rd_varint_size(records), head + at);
        head[at++] = 0x12;
        at += rd_varint_put(records, head + at);
        rd_buf_append(&b, head, at);
    } else {
        rd_buf_append(&b, json, sizeof json - 1);
    }
    for (unsigned i = format == GW_FORMAT_JSON; i < EMPTY_RECORDS; i++)
        rd_buf_append(&b, format == GW_FORMAT_JSON ? ",{}" : "\x12\0", format == GW_FORMAT_JSON ? 3 : 2);
    if (format == GW_FORMAT_JSON)
        rd_buf_append_str(&b, "]}]}]}");
    (void)rd_buf_reserve(&b, RD_BUF_TAIL);
    return b;
}

static uint32_t see_budget(void *arg, size_t decoded_bytes, const rd_walked *walked)
{
    *(uint64_t *)arg = gw_budget_bytes();
    return walked->n_left;
}

static gw_outcome run_with_limits(bench *b, gw_format format, rd_slice wire, uint64_t *out_seen)
{
    gw_scrub x;
    gw_scrub_init(&x);
    x.gen = b->gen;
    x.signal = GW_SIGNAL_LOGS;
    x.format = format;
    x.coding = x.out_coding = RD_CODING_IDENTITY;
    x.wire = wire;
    x.has_content = true;
    x.content.max[RD_CONTENT_MAX_AGE] = 1;
    x.content.oldest_ns = 1;
    x.admit = see_budget;
    x.admit_arg = out_seen;
    *out_seen = 0;
    gw_scrub_run(b->scrubber, &x);
    gw_outcome o = x.outcome;
    assert_int_equal(o == GW_OUTCOME_DELIVERED ? x.n_items : EMPTY_RECORDS, EMPTY_RECORDS);
    assert_true(gw_scrub_settle(&x));
    assert_in_range(x.charged, 0, 4 * wire.n); /* the lists are gone */
    gw_scrub_release(&x);
    return o;
}

/* Lists of records are taken from the budget before they exist, and given back behind the body. */
static void test_scrub__charges_lists_of_records(void **state)
{
    bench *b = *state;
    for (unsigned i = 0; i < 2; i++) {
        gw_format format = i == 0 ? GW_FORMAT_PROTOBUF : GW_FORMAT_JSON;
        rd_buf wire = empty_records(format);
        uint64_t before = gw_budget_bytes(), seen;
        const uint64_t least = EMPTY_RECORDS * (sizeof(rd_record) + sizeof(rd_facts));
        assert_int_equal(run_with_limits(b, format, rd_buf_slice(&wire), &seen), GW_OUTCOME_DELIVERED);
        assert_in_range(seen - before, wire.n + least / 2, wire.n + 3 * least);
        assert_int_equal(gw_budget_bytes(), before);
        gw_budget_limits(UINT32_MAX, before + wire.n + least / 2, UINT32_MAX);
        assert_int_equal(run_with_limits(b, format, rd_buf_slice(&wire), &seen), GW_OUTCOME_OVERLOAD);
        assert_int_equal(seen, 0); /* nobody was asked */
        assert_int_equal(gw_budget_bytes(), before);
        gw_budget_limits(UINT32_MAX, UINT64_MAX, UINT32_MAX);
        /* what was refused leaves nothing behind that would be charged to the next body */
        assert_int_equal(run_with_limits(b, format, rd_buf_slice(&wire), &seen), GW_OUTCOME_DELIVERED);
        rd_buf_release(&wire);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_scrub__##name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_content_codings),
        TEST(recodes),
        TEST(no_bytes_go_on_that_no_rule_saw),
        TEST(loki_protobuf_is_snappy_inside_gzip),
        TEST(makes_lines_for_a_store),
        TEST(dropped_records),
        TEST(empty_otlp_is_nothing),
        TEST(refuses),
        TEST(counts),
        TEST(charges_what_it_holds),
        TEST(charges_lists_of_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
