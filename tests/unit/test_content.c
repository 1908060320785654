/* SPDX-License-Identifier: MIT */
/* Limits on what records and streams hold, and shedding: which records go, what is told of them. */
#include "tests/unit/redact_kit.h"
#include "tests/unit/random.h"

#include "filters/base/siphash.h"

#define PB   RD_FORMAT_PROTOBUF
#define JSON RD_FORMAT_JSON
#define SEC  INT64_C(1000000000)

enum { NOW_S = 1000000, MAX_AGE_S = 3600, MAX_AHEAD_S = 60, STAY_ALL = UINT32_MAX };

static rd_policy *policy;
static rd_content content;

/* What the admission was asked, and says. */
static struct {
    rd_walked walked;
    rd_breach breach[RD_CONTENT_COUNT];
    uint64_t streams[16];
    uint32_t stay;
    unsigned asked;
} asked;

static uint32_t ask(void *ctx, const rd_walked *w)
{
    asked.asked++;
    asked.walked = *w;
    if (w->breach != NULL)
        memcpy(asked.breach, w->breach, sizeof asked.breach);
    assert_true(w->n_streams <= 16);
    if (w->n_streams > 0)
        memcpy(asked.streams, w->streams, w->n_streams * sizeof *asked.streams);
    return asked.stay < w->n_left ? asked.stay : w->n_left;
}

static int set_up(void **state)
{
    const rd_rule_spec rules[] = {
        {.name = "evil", KIT_PATTERN("evil"), .action = RD_ACTION_DROP_RECORD},
        {.name = "secret", KIT_PATTERN("secret"), .action = RD_ACTION_REPLACE},
    };
    policy = kit_policy(rules, 2);
    return 0;
}

static int tear_down(void **state)
{
    rd_policy_free(&policy);
    return 0;
}

static int begin(void **state)
{
    content = (rd_content){.oldest_ns = (NOW_S - MAX_AGE_S) * SEC, .newest_ns = (NOW_S + MAX_AHEAD_S) * SEC};
    memset(&asked, 0, sizeof asked);
    asked.stay = STAY_ALL;
    kit_content = &content;
    kit_admit = (rd_admit){.ask = ask};
    return 0;
}

static int end(void **state)
{
    kit_content = NULL;
    kit_admit = (rd_admit){0};
    return 0;
}

static kit_result run(rd_signal s, rd_format f, const char *in)
{
    rd_buf from = kit_body(f, in);
    kit_result k = kit_run(policy, s, f, rd_buf_slice(&from));
    assert_int_equal(asked.asked, 1);
    asked.asked = 0;
    rd_buf_release(&from);
    return k;
}

/* `in` becomes `want`, of which limit `l` took `n` records; `worst` is what is told. */
static void expect(rd_signal s, rd_format f, const char *in, const char *want, rd_content_limit l, uint32_t n,
                   int64_t worst)
{
    rd_buf to = kit_body(f, want);
    kit_result k = run(s, f, in);
    if (k.outcome != RD_OK)
        fail_msg("%s\nis refused: %s", in, k.err.what);
    if (!rd_slice_eq(k.r.body, rd_buf_slice(&to)))
        fail_msg("%s\nbecame: %.*s\nwanted: %s", in, (int)k.body.n, (const char *)k.body.p, want);
    assert_int_equal(k.r.n_refused, n);
    assert_int_equal(asked.breach[l].n, n);
    assert_int_equal(asked.walked.n_left, asked.walked.n_items - n);
    if (n > 0)
        assert_int_equal(asked.breach[l].worst, worst);
    kit_free(&k);
    rd_buf_release(&to);
}

/* ---- the hash ---- */

/* Source: vectors_sip64 of the reference implementation: key 00..0f, input 00, 00 01, ... */
static void test_siphash__vectors(void **state)
{
    static const struct {
        size_t n;
        uint64_t want;
    } rows[] = {{0, UINT64_C(0x726fdb47dd0e0e31)},
                {1, UINT64_C(0x74f839c593dc67fd)},
                {7, UINT64_C(0xab0200f58b01d137)},
                {8, UINT64_C(0x93f5f5799a932462)},
                {15, UINT64_C(0xa129ca6149be45e5)}};
    uint8_t in[16];
    for (unsigned i = 0; i < 16; i++)
        in[i] = (uint8_t)i;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(
            rd_siphash(UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908), in, rows[i].n),
            rows[i].want);
}

/* ---- the fields that are looked at are those of the schema ---- */

static const rd_message *message(const char *name)
{
    for (unsigned i = 0; i < rd_schema_all_count; i++) {
        if (strcmp(rd_schema_all[i]->name, name) == 0)
            return rd_schema_all[i];
    }
    fail_msg("no message %s", name);
    return NULL;
}

static void is_field(const char *of, uint32_t number, const char *name, rd_wire_type wire)
{
    const rd_field *f = rd_message_field(message(of), number);
    assert_non_null(f);
    assert_string_equal(f->name, name);
    assert_int_equal(f->wire, wire);
}

static void test_fields__are_those_of_the_schema(void **state)
{
    is_field("LogRecord", 1, "time_unix_nano", RD_WIRE_FIXED64);
    is_field("LogRecord", 11, "observed_time_unix_nano", RD_WIRE_FIXED64);
    is_field("LogRecord", 2, "severity_number", RD_WIRE_VARINT);
    is_field("Span", 7, "start_time_unix_nano", RD_WIRE_FIXED64);
    is_field("Span", 8, "end_time_unix_nano", RD_WIRE_FIXED64);
    is_field("EntryAdapter", 1, "timestamp", RD_WIRE_LEN);
    is_field("EntryAdapter", 2, "line", RD_WIRE_LEN);
    unsigned points = 0;
    for (unsigned i = 0; i < rd_schema_all_count; i++) {
        const rd_message *m = rd_schema_all[i];
        if (m->kind != RD_KIND_ITEM || strstr(m->name, "DataPoint") == NULL)
            continue;
        is_field(m->name, 3, "time_unix_nano", RD_WIRE_FIXED64);
        points++;
    }
    assert_int_equal(points, 6); /* two of them of old senders */
}

/* ---- Loki ---- */

static void test_lines__that_are_too_long_go_alone(void **state)
{
    content.max[RD_CONTENT_LINE_BYTES] = 4;
    expect(RD_SIGNAL_LOKI_PUSH, PB, "1{1'{a=\"b\"}' 2{2'1234'} 2{2'12345'} 2{2'123456'} 2{2'secret'} 2{}}",
           "1{1'{a=\"b\"}' 2{2'1234'} 2{}}", RD_CONTENT_LINE_BYTES, 3, 6);
    /* The length is that of the text, not of how it is written. */
    expect(
        RD_SIGNAL_LOKI_PUSH, JSON,
        "{\"streams\":[{\"stream\":{\"a\":\"b\"},\"values\":[[\"1\",\"12345\"],[\"2\",\"\\u0061\\n\\n\\n\"],"
        "[\"3\",\"\\u0061\\n\\n\\n\\n\"]]}]}",
        "{\"streams\":[{\"stream\":{\"a\":\"b\"},\"values\":[[\"2\",\"\\u0061\\n\\n\\n\"]]}]}",
        RD_CONTENT_LINE_BYTES, 2, 5);
    expect(RD_SIGNAL_LOKI_PUSH, JSON,
           "{\"streams\":[{\"labels\":\"{a=\\\"b\\\"}\",\"entries\":[{\"line\":\"12345\",\"line\":\"1\"},{"
           "\"line\":\"1\"}]}]}",
           "{\"streams\":[{\"labels\":\"{a=\\\"b\\\"}\",\"entries\":[{\"line\":\"1\"}]}]}",
           RD_CONTENT_LINE_BYTES, 1, 5);
    /* Two lines in one entry: the longer one counts. */
    expect(RD_SIGNAL_LOKI_PUSH, PB, "1{1'{a=\"b\"}' 2{2'12345' 2'1'} 2{2'1'}}", "1{1'{a=\"b\"}' 2{2'1'}}",
           RD_CONTENT_LINE_BYTES, 1, 5);
}

static void test_labels__too_many_or_too_long_take_the_entries_of_their_stream(void **state)
{
    content.max[RD_CONTENT_LABEL_NAMES] = 2;
    content.max[RD_CONTENT_LABEL_NAME_BYTES] = 4;
    content.max[RD_CONTENT_LABEL_VALUE_BYTES] = 5;
#define OTHER "1{1'{a=\"b\", c=\"12345\"}' 2{2'z'}}"
    expect(RD_SIGNAL_LOKI_PUSH, PB, "1{2{2'x'} 1'{a=\"b\", b=\"c\", d=\"e\"}' 2{2'y'}}" OTHER,
           "1{1'{a=\"b\", b=\"c\", d=\"e\"}'}" OTHER, RD_CONTENT_LABEL_NAMES, 2, 3);
    expect(RD_SIGNAL_LOKI_PUSH, PB, "1{1'{abcde=\"b\"}' 2{2'y'}}" OTHER, "1{1'{abcde=\"b\"}'}" OTHER,
           RD_CONTENT_LABEL_NAME_BYTES, 1, 5);
    expect(RD_SIGNAL_LOKI_PUSH, PB, "1{1'{a=\"1\\x32\\u003345\\t\"}' 2{2'y'}}" OTHER,
           "1{1'{a=\"1\\x32\\u003345\\t\"}'}" OTHER, RD_CONTENT_LABEL_VALUE_BYTES, 1, 6);
    /* An empty label is none. */
    expect(RD_SIGNAL_LOKI_PUSH, PB, "1{1'{a=\"b\", b=\"c\", d=\"\"}' 2{2'y'}}",
           "1{1'{a=\"b\", b=\"c\"}' 2{2'y'}}", RD_CONTENT_LABEL_NAMES, 0, 0);
#define STREAM(labels, values) "{\"stream\":{" labels "},\"values\":[" values "]}"
#define PUSH(list)             "{\"streams\":[" list "]}"
#define LAST                   STREAM("\"a\":\"b\",\"c\":\"\",\"d\":\"12345\"", "[\"1\",\"z\"]")
#define ENTRY                  "[\"1\",\"x\"],[\"2\",\"y\"]"
    expect(RD_SIGNAL_LOKI_PUSH, JSON, PUSH(STREAM("\"a\":\"b\",\"b\":\"c\",\"d\":\"e\"", ENTRY) "," LAST),
           PUSH(STREAM("\"a\":\"b\",\"b\":\"c\",\"d\":\"e\"", "") "," LAST), RD_CONTENT_LABEL_NAMES, 2, 3);
    expect(RD_SIGNAL_LOKI_PUSH, JSON, PUSH(STREAM("\"a\\u0062cde\":\"\\u0031\"", ENTRY) "," LAST),
           PUSH(STREAM("\"a\\u0062cde\":\"\\u0031\"", "") "," LAST), RD_CONTENT_LABEL_NAME_BYTES, 2, 5);
    /* Values of other types count as their text. */
    expect(RD_SIGNAL_LOKI_PUSH, JSON, PUSH(STREAM("\"a\":123456", ENTRY) "," LAST),
           PUSH(STREAM("\"a\":123456", "") "," LAST), RD_CONTENT_LABEL_VALUE_BYTES, 2, 6);
    expect(RD_SIGNAL_LOKI_PUSH, JSON,
           "{\"streams\":[{\"entries\":[{\"line\":\"x\"}],\"labels\":\"{a=\\\"123456\\\"}\"}," LAST "]}",
           "{\"streams\":[{\"entries\":[],\"labels\":\"{a=\\\"123456\\\"}\"}," LAST "]}",
           RD_CONTENT_LABEL_VALUE_BYTES, 1, 6);
}

static void test_times__of_loki(void **state)
{
    content.max[RD_CONTENT_MAX_AGE] = MAX_AGE_S;
    content.max[RD_CONTENT_MAX_AHEAD] = MAX_AHEAD_S;
    /* Seconds and nanoseconds; none is 1970, negative ones are long ago, and so is what is over 64 bits
     * ahead. */
    expect(RD_SIGNAL_LOKI_PUSH, PB,
           "1{1'{a=\"b\"}' 2{1{1=996400} 2'ok'} 2{1{1=996399 2=999999999} 2'old'} 2{2'none'} 2{1{} 2'none'}}",
           "1{1'{a=\"b\"}' 2{1{1=996400} 2'ok'}}", RD_CONTENT_MAX_AGE, 3, 0);
    expect(RD_SIGNAL_LOKI_PUSH, PB,
           "1{1'{a=\"b\"}' 2{1{1=1000060 2=1} 2'x'} 2{1{1=9223372036854775807} 2'y'} 2{1{1=1000060} 2'ok'}}",
           "1{1'{a=\"b\"}' 2{1{1=1000060} 2'ok'}}", RD_CONTENT_MAX_AHEAD, 2, INT64_MAX);
    /* Two timestamps: both must be right. */
    expect(RD_SIGNAL_LOKI_PUSH, PB, "1{1'{a=\"b\"}' 2{1{1=5} 1{1=1000000} 2'x'} 2{1{1=1000000} 2'ok'}}",
           "1{1'{a=\"b\"}' 2{1{1=1000000} 2'ok'}}", RD_CONTENT_MAX_AGE, 1, 5 * SEC);
#define AT(text) "[\"" text "\",\"x\"]"
    expect(RD_SIGNAL_LOKI_PUSH, JSON,
           PUSH(STREAM("\"a\":\"b\"",
                       AT("996400000000000") "," AT("996399999999999") "," AT("-5") "," AT("+0"))),
           PUSH(STREAM("\"a\":\"b\"", AT("996400000000000"))), RD_CONTENT_MAX_AGE, 3, -5);
    expect(RD_SIGNAL_LOKI_PUSH, JSON,
           PUSH(STREAM("\"a\":\"b\"", AT("99999999999999999999") "," AT("1000060000000000"))),
           PUSH(STREAM("\"a\":\"b\"", AT("1000060000000000"))), RD_CONTENT_MAX_AHEAD, 1, INT64_MAX);
#define ENTRIES(list) "{\"streams\":[{\"labels\":\"{a=\\\"b\\\"}\",\"entries\":[" list "]}]}"
#define TS(text)      "{\"ts\":\"" text "\",\"line\":\"x\"}"
    /* 1970-01-12T13:46:40Z is now. */
    expect(RD_SIGNAL_LOKI_PUSH, JSON,
           ENTRIES(TS("1970-01-12T13:46:40Z") "," TS("1970-01-12t14:46:40.000000001+01:00") "," TS(
               "1970-01-12T12:46:39.9z") "," TS("1970-01-12T13:46:40") "," TS("12.1.1970") "," TS("1970-13-"
                                                                                                  "12T13:46:"
                                                                                                  "40Z")),
           ENTRIES(TS("1970-01-12T13:46:40Z") "," TS("1970-01-12t14:46:40.000000001+01:00")),
           RD_CONTENT_MAX_AGE, 4, 0);
    expect(RD_SIGNAL_LOKI_PUSH, JSON, ENTRIES(TS("1970-01-12T13:46:40-00:02") "," TS("1970-01-12T13:47:40Z")),
           ENTRIES(TS("1970-01-12T13:47:40Z")), RD_CONTENT_MAX_AHEAD, 1, (NOW_S + 120) * SEC);
    expect(RD_SIGNAL_LOKI_PUSH, JSON, ENTRIES(TS("2000-02-29T00:00:00Z") "," TS("1970-01-12T13:46:40Z")),
           ENTRIES(TS("1970-01-12T13:46:40Z")), RD_CONTENT_MAX_AHEAD, 1, INT64_C(951782400) * SEC);
}

static void test_streams__have_one_hash_whatever_the_order_and_form(void **state)
{
    uint64_t h;
    kit_result k;
    content.streams = true;
    content.stream_key[0] = 7;
    k = run(RD_SIGNAL_LOKI_PUSH, PB,
            "1{1'{a=\"b\", c=\"d\"}' 2{2'x'}} 1{1'{c=\"\\x64\",a=\"b\"}' 2{2'y'}} 1{1'{a=\"b\"}' 2{2'x'}} "
            "1{1'{e=\"f\"}'}");
    assert_int_equal(asked.walked.n_streams, 3); /* the last one has no entry */
    h = asked.streams[0];
    assert_int_equal(asked.streams[1], h);
    assert_int_not_equal(asked.streams[2], h);
    kit_free(&k);
    k = run(RD_SIGNAL_LOKI_PUSH, JSON,
            "{\"streams\":[{\"stream\":{\"c\":\"\\u0064\",\"\\u0061\":\"b\",\"x\":\"\"},\"values\":[[\"1\","
            "\"x\"]]},"
            "{\"labels\":\"{a=\\\"b\\\", c=\\\"d\\\"}\",\"entries\":[{\"line\":\"x\"}]}]}");
    assert_int_equal(asked.walked.n_streams, 2);
    assert_int_equal(asked.streams[0], h);
    assert_int_equal(asked.streams[1], h);
    kit_free(&k);
    /* Texts do not run into each other, and the key matters. */
    k = run(RD_SIGNAL_LOKI_PUSH, PB,
            "1{1'{ab=\"c\"}' 2{2'x'}} 1{1'{a=\"bc\"}' 2{2'y'}} 1{1'{a=\"d\", c=\"b\"}' 2{2'y'}}");
    assert_int_equal(asked.walked.n_streams, 3);
    assert_int_not_equal(asked.streams[0], asked.streams[1]);
    assert_int_not_equal(asked.streams[2], h);
    kit_free(&k);
    content.stream_key[0] = 8;
    k = run(RD_SIGNAL_LOKI_PUSH, PB, "1{1'{a=\"b\", c=\"d\"}' 2{2'x'}}");
    assert_int_not_equal(asked.streams[0], h);
    kit_free(&k);
    /* One of which nothing stays does not count. */
    content.max[RD_CONTENT_LINE_BYTES] = 1;
    k = run(RD_SIGNAL_LOKI_PUSH, PB, "1{1'{a=\"b\"}' 2{2'xx'}} 1{1'{c=\"d\"}' 2{2'x'}}");
    assert_int_equal(asked.walked.n_streams, 1);
    kit_free(&k);
    asked.stay = 0;
    k = run(RD_SIGNAL_LOKI_PUSH, PB, "1{1'{c=\"d\"}' 2{2'x'}}");
    assert_int_equal(k.outcome, RD_LIMITED);
    kit_free(&k);
}

static void test_content__all_refused_or_shadow(void **state)
{
    content.max[RD_CONTENT_LINE_BYTES] = 1;
    kit_result k = run(RD_SIGNAL_LOKI_PUSH, PB, "1{1'{a=\"b\"}' 2{2'xx'} 2{2'yyy'}}");
    assert_int_equal(k.outcome, RD_LIMITED);
    assert_int_equal(asked.walked.n_left, 0);
    assert_int_equal(asked.breach[RD_CONTENT_LINE_BYTES].n, 2);
    kit_free(&k);
    content.shadow = true;
    k = run(RD_SIGNAL_LOKI_PUSH, PB, "1{1'{a=\"b\"}' 2{2'xx'} 2{2'yyy'}}");
    assert_int_equal(k.outcome, RD_OK);
    assert_true(k.same);
    assert_int_equal(asked.walked.n_left, 2);
    assert_int_equal(asked.breach[RD_CONTENT_LINE_BYTES].n, 2);
    assert_int_equal(asked.breach[RD_CONTENT_LINE_BYTES].worst, 3);
    assert_int_equal(k.r.n_refused, 0);
    kit_free(&k);
}

/* ---- against a model: OTLP logs with times, severities and rules ---- */

typedef struct record {
    int64_t time, observed; /* 0: not said */
    int severity;
    unsigned text; /* of `texts` */
    bool stays;
} record;

static const char *const texts[] = {"fine", "so evil", "a secret"};

static void put_fixed(rd_buf *b, unsigned number, int64_t v)
{
    kit_tag(b, number, RD_WIRE_FIXED64);
    rd_buf_append(b, &v, sizeof v); /* little-endian, as this machine */
}

static void put_protobuf(rd_buf *b, const record *r, uint32_t n)
{
    rd_buf scope, one, body;
    rd_buf_init(&scope, 1 << 20);
    for (uint32_t i = 0; i < n; i++) {
        rd_buf_init(&one, 1 << 10);
        rd_buf_init(&body, 1 << 10);
        if (r[i].time != 0)
            put_fixed(&one, 1, r[i].time);
        kit_region(&body, 1, texts[r[i].text], strlen(texts[r[i].text]));
        kit_region(&one, 5, body.p, body.n);
        if (r[i].severity != 0) {
            uint8_t v[10];
            kit_tag(&one, 2, RD_WIRE_VARINT);
            rd_buf_append(&one, v, rd_varint_put((uint64_t)(int64_t)r[i].severity, v));
        }
        if (r[i].observed != 0)
            put_fixed(&one, 11, r[i].observed);
        kit_region(&scope, 2, one.p, one.n);
        rd_buf_release(&one);
        rd_buf_release(&body);
    }
    rd_buf group;
    rd_buf_init(&group, 1 << 20);
    kit_region(&group, 2, scope.p, scope.n);
    kit_region(b, 1, group.p, group.n);
    rd_buf_release(&scope);
    rd_buf_release(&group);
}

static void put_json(rd_buf *b, const record *r, uint32_t n)
{
    static const char *const words[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
    rd_buf_append_str(b, "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[");
    for (uint32_t i = 0; i < n; i++) {
        int s = r[i].severity;
        rd_buf_printf(b, "%s{\"body\":{\"stringValue\":\"%s\"}", i == 0 ? "" : ",", texts[r[i].text]);
        if (r[i].time % 2 == 0)
            rd_buf_printf(b, ",\"timeUnixNano\":\"%lld\"", (long long)r[i].time);
        else
            rd_buf_printf(b, ",\"time_unix_nano\":%lld", (long long)r[i].time);
        if (s > 0 && s <= 24 && s % 3 == 0)
            rd_buf_printf(b, ",\"severityNumber\":\"SEVERITY_NUMBER_%s%.*s\"", words[(s - 1) / 4],
                          (s - 1) % 4 > 0, &"1234"[(s - 1) % 4]);
        else
            rd_buf_printf(b, s % 2 == 0 ? ",\"severityNumber\":%d" : ",\"severityNumber\":\"%d\"", s);
        if (r[i].observed != 0)
            rd_buf_printf(b, ",\"observedTimeUnixNano\":\"%lld\"", (long long)r[i].observed);
        rd_buf_append_str(b, "}");
    }
    rd_buf_append_str(b, "]}]}]}");
}

static int rank(const record *r)
{
    return r->severity <= 0 ? 9 : r->severity > 24 ? 24 : r->severity;
}

/* Takes out the least severe, the last one first, one at a time. */
static void model_shed(record *r, uint32_t n, uint32_t surplus)
{
    for (; surplus > 0; surplus--) {
        uint32_t least = UINT32_MAX;
        for (uint32_t i = 0; i < n; i++) {
            if (r[i].stays && (least == UINT32_MAX || rank(&r[i]) <= rank(&r[least])))
                least = i;
        }
        r[least].stays = false;
    }
}

static void one_round(rd_format f)
{
    record r[40];
    uint32_t n = 1 + (uint32_t)rnd(40), left = 0, stay;
    for (uint32_t i = 0; i < n; i++) {
        int64_t t = (NOW_S - 4000 + (int64_t)rnd(4100)) * SEC + (int64_t)rnd(3);
        r[i] = (record){.time = rnd(4) == 0 ? 0 : t, .severity = (int)rnd(30) - 2, .text = (unsigned)rnd(3)};
        r[i].observed = rnd(2) == 0 ? 0 : (NOW_S - 4000 + (int64_t)rnd(4100)) * SEC;
        int64_t counts = r[i].time != 0 ? r[i].time : r[i].observed;
        r[i].stays = counts == 0 || (counts >= content.oldest_ns && counts <= content.newest_ns);
        left += r[i].stays;
    }
    asked.stay = stay = (uint32_t)rnd(left + 2);
    rd_buf in, want;
    rd_buf_init(&in, 1 << 20);
    rd_buf_init(&want, 1 << 20);
    (f == PB ? put_protobuf : put_json)(&in, r, n);
    kit_result k = kit_run(policy, RD_SIGNAL_LOGS, f, rd_buf_slice(&in));
    assert_int_equal(asked.walked.n_left, left);
    if (left == 0 || stay == 0) {
        assert_int_equal(k.outcome, RD_LIMITED);
    } else {
        assert_int_equal(k.outcome, RD_OK);
        if (stay < left)
            model_shed(r, n, left - stay);
        uint32_t kept = 0, by_rule = 0;
        for (uint32_t i = 0; i < n; i++) {
            by_rule += r[i].stays && r[i].text == 1;
            if (r[i].stays && r[i].text != 1)
                r[kept++] = r[i];
        }
        assert_int_equal(k.r.n_refused, n - left);
        assert_int_equal(k.r.n_shed, stay < left ? left - stay : 0);
        assert_int_equal(k.r.n_taken, by_rule);
        assert_int_equal(k.r.n_items, n);
        (f == PB ? put_protobuf : put_json)(&want, r, kept);
        /* Only the texts may differ from the records that should have stayed. */
        kit_content = NULL;
        kit_admit = (rd_admit){0};
        kit_result clean = kit_run(policy, RD_SIGNAL_LOGS, f, rd_buf_slice(&want));
        assert_true(rd_slice_eq(k.r.body, clean.r.body));
        kit_free(&clean);
        (void)begin(NULL);
    }
    kit_free(&k);
    rd_buf_release(&in);
    rd_buf_release(&want);
}

static void test_content__against_a_model(void **state)
{
    for (unsigned i = 0; i < rounds(3000); i++) {
        content.max[RD_CONTENT_MAX_AGE] = MAX_AGE_S;
        content.max[RD_CONTENT_MAX_AHEAD] = MAX_AHEAD_S;
        content.shed = true;
        one_round(i % 2 == 0 ? PB : JSON);
    }
}

static void test_times__of_spans_and_points(void **state)
{
    content.max[RD_CONTENT_MAX_AGE] = MAX_AGE_S;
#define SPANS(list) "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[" list "]}]}]}"
#define POINTS(list)                                                                                         \
    "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"sum\":{\"dataPoints\":[" list "]}}]}]}]}"
    /* A long span counts by its end; one without an end by its start. Times inside of it do not matter. */
    expect(RD_SIGNAL_TRACES, JSON,
           SPANS("{\"startTimeUnixNano\":\"5\",\"endTimeUnixNano\":\"1000000000000000\"},"
                 "{\"startTimeUnixNano\":\"5\"},{\"endTimeUnixNano\":\"6\"},{\"events\":[{\"timeUnixNano\":"
                 "\"5\"}]}"),
           SPANS("{\"startTimeUnixNano\":\"5\",\"endTimeUnixNano\":\"1000000000000000\"},"
                 "{\"events\":[{\"timeUnixNano\":\"5\"}]}"),
           RD_CONTENT_MAX_AGE, 2, 5);
    expect(RD_SIGNAL_METRICS, JSON,
           POINTS("{\"timeUnixNano\":1e15,\"exemplars\":[{\"timeUnixNano\":\"5\"}]},{\"timeUnixNano\":1e5},{"
                  "\"timeUnixNano\":\"7\",\"timeUnixNano\":\"1000000000000000\"}"),
           POINTS("{\"timeUnixNano\":1e15,\"exemplars\":[{\"timeUnixNano\":\"5\"}]}"), RD_CONTENT_MAX_AGE, 2,
           7);
    content.max[RD_CONTENT_MAX_AHEAD] = MAX_AHEAD_S;
    /* Eight bytes that say 2098. */
    expect(RD_SIGNAL_METRICS, PB, "1{2{2{5{1{3!} 1{}} 9{1{3!}} 10{1{3!}} 11{1{3!}}}}}",
           "1{2{2{5{1{}} 9{} 10{} 11{}}}}", RD_CONTENT_MAX_AHEAD, 4, INT64_C(0x3837363534333231));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_siphash__vectors),
        cmocka_unit_test(test_fields__are_those_of_the_schema),
        TEST(test_lines__that_are_too_long_go_alone),
        TEST(test_labels__too_many_or_too_long_take_the_entries_of_their_stream),
        TEST(test_times__of_loki),
        TEST(test_times__of_spans_and_points),
        TEST(test_streams__have_one_hash_whatever_the_order_and_form),
        TEST(test_content__all_refused_or_shadow),
        TEST(test_content__against_a_model),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
