/* SPDX-License-Identifier: MIT */
/* Limits on what records and streams hold, and shedding: which records go, what is told of them. */
#include "tests/unit/content_kit.h"

#include "filters/base/siphash.h"

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
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_siphash__vectors),
        cmocka_unit_test(test_fields__are_those_of_the_schema),
        TEST(test_lines__that_are_too_long_go_alone),
        TEST(test_labels__too_many_or_too_long_take_the_entries_of_their_stream),
        TEST(test_times__of_loki),
        TEST(test_times__of_spans_and_points),
        TEST(test_streams__have_one_hash_whatever_the_order_and_form),
        TEST(test_content__all_refused_or_shadow),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
