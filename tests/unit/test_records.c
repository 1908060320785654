/* SPDX-License-Identifier: MIT */
/* Rules that take out whole records: what goes, what stays around it, what is counted. */
#include "tests/unit/redact_kit.h"

#include "filters/json/json.h"

#define PB   RD_FORMAT_PROTOBUF
#define JSON RD_FORMAT_JSON

static rd_policy *policy;

enum { DEBUG, EVIL, SECRET, N_RULES };

static int set_up(void **state)
{
    const rd_rule_spec rules[N_RULES] = {
        [DEBUG] = {.name = "debug",
                   KIT_KEYS("debug"),
                   .action = RD_ACTION_DROP_RECORD,
                   .label_action = RD_ACTION_DROP_RECORD},
        [EVIL] = {.name = "evil",
                  KIT_PATTERN("evil"),
                  .action = RD_ACTION_DROP_RECORD,
                  .label_action = RD_ACTION_DROP_RECORD},
        [SECRET] = {.name = "secret", KIT_PATTERN("secret"), .action = RD_ACTION_REPLACE},
    };
    policy = kit_policy(rules, N_RULES);
    return 0;
}

static int tear_down(void **state)
{
    rd_policy_free(&policy);
    return 0;
}

static void expect(rd_signal s, rd_format f, const char *in, const char *want, uint32_t by_debug,
                   uint32_t by_evil)
{
    kit_expect(policy, s, f, in, want);
    rd_buf from = kit_body(f, in);
    kit_result k = kit_run(policy, s, f, rd_buf_slice(&from));
    assert_int_equal(k.outcome, RD_OK);
    assert_int_equal(k.r.n_taken, by_debug + by_evil);
    assert_int_equal(k.r.taken[DEBUG], by_debug);
    assert_int_equal(k.r.taken[EVIL], by_evil);
    kit_free(&k);
    rd_buf_release(&from);
}

static void test_records__protobuf_logs(void **state)
{
    const rd_signal s = RD_SIGNAL_LOGS;
    expect(s, PB, "1{2{2{5{1'fine'}} 2{5{1'so evil'}} 2{5{1'a secret'}}}}",
           "1{2{2{5{1'fine'}} 2{5{1'a ***'}}}}", 0, 1);
    /* Edits inside of it do not matter, nor what it is about first; one rule is to blame. */
    expect(s, PB, "1{2{2{5{1'secret'} 6{1'debug' 2{1'x'}} 6{1'k' 2{1'evil'}}} 2{3'secret'}}}",
           "1{2{2{3'***'}}}", 1, 0);
    /* The key of an attribute in an attribute; a pair without a value; a pair inside a text. */
    expect(s, PB, "1{2{2{6{1'a' 2{6{1{1'debug' 2{3=1}}}}}} 2{6{1'debug'}} 2{5{1'x debug=5 y'}} 2{3'k'}}}",
           "1{2{2{3'k'}}}", 3, 0);
    /* All of them: empty scopes are what stays, and the gateway knows. */
    expect(s, PB, "1{1{1{1'a' 2{1'b'}}} 2{2{5{1'evil'}} 2{3'evil'}} 2{2{3'evil'}}}",
           "1{1{1{1'a' 2{1'b'}}} 2{} 2{}}", 0, 3);
    expect(s, PB, "1{2{2{3'a'}}}", NULL, 0, 0);
}

static void test_records__protobuf_holders(void **state)
{
    /* In a scope: the records of that scope; what was found is replaced as well. */
    expect(RD_SIGNAL_LOGS, PB, "1{2{1{1'evil'} 2{3'a'} 2{3'b'}} 2{2{3'c'}}}", "1{2{1{1'***'}} 2{2{3'c'}}}", 0,
           2);
    /* In a resource, wherever it stands: all records of the group. */
    expect(RD_SIGNAL_LOGS, PB, "1{2{2{3'a'}} 2{2{3'b'}} 1{1{1'debug' 2{1'x'}}}} 1{2{2{3'c'}}}",
           "1{2{} 2{} 1{}} 1{2{2{3'c'}}}", 2, 0);
    /* A metric's name: its points. */
    expect(RD_SIGNAL_METRICS, PB,
           "1{2{2{1'evil' 5{1{4!} 1{4!}}} 2{1'good' 7{1{4!} 1{4! 7{1'debug' 2{1'x'}}}}}}}",
           "1{2{2{1'***' 5{}} 2{1'good' 7{1{4!}}}}}", 1, 2);
    expect(RD_SIGNAL_TRACES, PB,
           "1{2{2{5'GET /evil'} 2{5'GET /' 11{2'evil'} 13{4{1'b' 2{1'c'}}}} 2{5'GET /'}}}",
           "1{2{2{5'GET /'}}}", 0, 2);
    /* A scope without records has none to take out. */
    expect(RD_SIGNAL_LOGS, PB, "1{2{1{1'evil'}} 2{2{3'c'}}}", "1{2{1{1'***'}} 2{2{3'c'}}}", 0, 0);
}

static void test_records__loki_protobuf(void **state)
{
    const rd_signal s = RD_SIGNAL_LOKI_PUSH;
    expect(s, PB, "1{1'{a=\"b\"}' 2{1{1=5} 2'fine'} 2{1{1=6} 2'evil'} 2{1{1=7} 2'x' 3{1'debug' 2'y'}} 3=77}",
           "1{1'{a=\"b\"}' 2{1{1=5} 2'fine'} 3=77}", 1, 1);
    /* A label: the whole stream; its hash is stale as its labels changed. */
    expect(s, PB, "1{1'{a=\"b\", debug=\"c\"}' 2{2'x'} 2{2'y'} 3=77} 1{1'{a=\"b\"}' 2{2'z'}}",
           "1{1'{a=\"b\"}'} 1{1'{a=\"b\"}' 2{2'z'}}", 2, 0);
    expect(s, PB, "1{1'{a=\"evil\"}' 2{2'x'}}", "1{1'{a=\"***\"}'}", 0, 1);
}

static void test_records__otlp_json(void **state)
{
    const rd_signal s = RD_SIGNAL_LOGS;
#define RECORDS(list) "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[" list "]}]}]}"
#define R(text)       "{\"body\":{\"stringValue\":\"" text "\"}}"
    expect(s, JSON, RECORDS(R("a") " , " R("evil") "," R("b")), RECORDS(R("a") " ," R("b")), 0, 1);
    expect(s, JSON, RECORDS(R("evil") " , " R("evil") "," R("b")), RECORDS(" " R("b")), 0, 2);
    expect(s, JSON, RECORDS(R("a") "," R("evil") " ," R("evil")), RECORDS(R("a") " "), 0, 2);
    expect(s, JSON, RECORDS(" " R("evil") " "), RECORDS("  "), 0, 1);
    expect(s, JSON, RECORDS("null," R("evil") ",null," R("evil")), RECORDS("null,null"), 0, 2);
    expect(s, JSON, RECORDS(R("evil") ",null"), RECORDS("null"), 0, 1);
    expect(s, JSON, RECORDS(R("\\u0065vil") "," R("secret")), RECORDS(R("***")), 0, 1);
    expect(s, JSON, RECORDS("{\"debug\":1},{\"attributes\":[{\"key\":\"debug\"}]},{}"), RECORDS("{}"), 2, 0);
    expect(s, JSON,
           "{\"resourceLogs\":[{\"scopeLogs\":[{\"scope\":{\"name\":\"evil\"},\"logRecords\":[{},{}]},"
           "{\"logRecords\":[{}]}]},{\"scopeLogs\":[{\"logRecords\":[{}]}],"
           "\"resource\":{\"attributes\":[{\"key\":\"debug\",\"value\":{\"intValue\":1}}]}}]}",
           "{\"resourceLogs\":[{\"scopeLogs\":[{\"scope\":{\"name\":\"***\"},\"logRecords\":[]},"
           "{\"logRecords\":[{}]}]},{\"scopeLogs\":[{\"logRecords\":[]}],"
           "\"resource\":{\"attributes\":[]}}]}",
           1, 2);
    expect(
        RD_SIGNAL_METRICS, JSON,
        "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"evil\",\"sum\":{\"dataPoints\":"
        "[{\"asInt\":\"1\"},{}]}},{\"gauge\":{\"dataPoints\":[{}]}}]}]}]}",
        "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"***\",\"sum\":{\"dataPoints\":"
        "[]}},{\"gauge\":{\"dataPoints\":[{}]}}]}]}]}",
        0, 2);
}

static void test_records__loki_json(void **state)
{
    const rd_signal s = RD_SIGNAL_LOKI_PUSH;
#define STREAM(list) "{\"streams\":[{\"stream\":{\"a\":\"b\"},\"values\":[" list "]}]}"
    expect(s, JSON, STREAM("[\"1\",\"evil\"], [\"2\",\"secret\"],[\"3\",\"x\",{\"debug\":\"1\"}]"),
           STREAM(" [\"2\",\"***\"]"), 1, 1);
    expect(s, JSON, STREAM("[\"1\",\"evil\"]"), STREAM(""), 0, 1);
    expect(s, JSON, "{\"streams\":[{\"stream\":{\"a\":\"b\",\"debug\":\"x\"},\"values\":[[\"1\",\"x\"]]}]}",
           STREAM(""), 1, 0);
    expect(s, JSON,
           "{\"streams\":[{\"labels\":\"{a=\\\"evil\\\"}\",\"entries\":[{\"ts\":\"2026-01-01T00:00:00Z\","
           "\"line\":\"x\"}]},{\"labels\":\"{a=\\\"b\\\"}\",\"entries\":[{\"ts\":\"2026-01-01T00:00:00Z\","
           "\"line\":\"evil\"},{\"ts\":\"2026-01-01T00:00:00Z\",\"line\":\"y\"}]}]}",
           "{\"streams\":[{\"labels\":\"{a=\\\"***\\\"}\",\"entries\":[]},{\"labels\":\"{a=\\\"b\\\"}\","
           "\"entries\":[{\"ts\":\"2026-01-01T00:00:00Z\",\"line\":\"y\"}]}]}",
           0, 2);
}

/* The stamp is put in where the first entry of a stream without labels begins. */
static void test_records__stamp_stays(void **state)
{
    static const rd_stamp_label label = {{(const uint8_t *)"w", 1}, {(const uint8_t *)"x", 1}};
    static const rd_stamp stamp = {.labels = &label, .n_labels = 1};
    kit_stamp = &stamp;
    expect(RD_SIGNAL_LOKI_PUSH, PB, "1{2{2'evil'} 2{2'a'}}", "1{1'{w=\"x\"}' 2{2'a'}}", 0, 1);
    expect(RD_SIGNAL_LOGS, PB, "1{2{2{3'evil'}}}", "1{1{1{1'w' 2{1'x'}}} 2{}}", 0, 1);
    expect(
        RD_SIGNAL_LOGS, JSON, RECORDS(R("evil")),
        "{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"w\",\"value\":{\"stringValue\":\"x\"}}"
        "]},\"scopeLogs\":[{\"logRecords\":[]}]}]}",
        0, 1);
    kit_stamp = NULL;
}

/* A key that stands for all that are equal. */
static void test_records__finds_in_keys(void **state)
{
    expect(RD_SIGNAL_LOGS, PB,
           "1{2{2{6{1'evil_key' 2{1'v'}}} 2{6{1'other' 2{1'v'}}} 2{6{1'evil_key' 2{1'v'}}}}}",
           "1{2{2{6{1'other' 2{1'v'}}}}}", 0, 2);
}

static void test_records__shadow_and_off_take_nothing(void **state)
{
    const rd_rule_spec rules[] = {
        {.name = "shadow", KIT_PATTERN("evil"), .action = RD_ACTION_DROP_RECORD, .mode = RD_MODE_SHADOW},
        {.name = "off", KIT_PATTERN("evil"), .action = RD_ACTION_DROP_RECORD, .mode = RD_MODE_OFF}};
    rd_policy *p = kit_policy(rules, 2);
    assert_false(rd_policy_drops_records(p));
    kit_expect(p, RD_SIGNAL_LOGS, PB, "1{2{2{3'evil'}}}", NULL);
    rd_policy_free(&p);
}

static void test_records__a_text_alone_is_a_record(void **state)
{
    rd_redactor *r = rd_redactor_new();
    rd_buf in, out;
    rd_buf_init(&in, 1000);
    rd_buf_init(&out, 1000);
    rd_buf_append_str(&in, "some evil text");
    assert_int_equal(
        rd_redact_text(r, &(rd_text_job){.policy = policy, .cls = RD_CLASS_BODY}, rd_buf_slice(&in), &out),
        RD_OK);
    assert_true(rd_slice_eq(rd_buf_slice(&out), RD_SLICE_LIT("***")));
    rd_buf_release(&in);
    rd_buf_release(&out);
    rd_redactor_free(&r);
}

/* ---- any lists ---- */

static uint32_t random_below(uint64_t *state, uint32_t n)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(*state >> 33) % n;
}

static void random_space(uint64_t *state, rd_buf *b)
{
    rd_buf_append_str(b, (const char *[]){"", "", " ", "\n "}[random_below(state, 4)]);
}

/* A list of records that stay (with a secret or without), that go, and nulls; and, without white space, what
 * has to come of it. Returns how many go. */
static uint32_t random_list(uint64_t *state, rd_buf *in, rd_buf *want)
{
    static const char *const bodies[] = {R("a"), R("secret"), R("\\u0073ecret"),
                                         "null", R("evil"),   "{\"debug\":[{}]}"};
    static const char *const becomes[] = {R("a"), R("***"), R("***"), "null"};
    uint32_t n = random_below(state, 7), gone = 0;
    bool first = true;
    rd_buf_append_byte(in, '[');
    rd_buf_append_byte(want, '[');
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = random_below(state, 6);
        random_space(state, in);
        rd_buf_append_str(in, bodies[k]);
        random_space(state, in);
        if (i + 1 < n)
            rd_buf_append_byte(in, ',');
        gone += k > 3;
        if (k > 3)
            continue;
        if (!first)
            rd_buf_append_byte(want, ',');
        rd_buf_append_str(want, becomes[k]);
        first = false;
    }
    rd_buf_append_byte(in, ']');
    rd_buf_append_byte(want, ']');
    return gone;
}

static void test_records__any_json_lists(void **state)
{
    uint64_t seed = 1;
    for (unsigned round = 0; round < 3000; round++) {
        rd_buf in, want, small;
        rd_error err;
        uint32_t gone = 0, scopes = 1 + random_below(&seed, 3);
        rd_buf_init(&in, 1 << 20);
        rd_buf_init(&want, 1 << 20);
        rd_buf_init(&small, 1 << 20);
        rd_buf_append_str(&in, "{\"resourceLogs\":[{\"scopeLogs\":[");
        rd_buf_append_str(&want, "{\"resourceLogs\":[{\"scopeLogs\":[");
        for (uint32_t s = 0; s < scopes; s++) {
            rd_buf_append_str(&in, s > 0 ? ",{\"logRecords\":" : "{\"logRecords\":");
            rd_buf_append_str(&want, s > 0 ? ",{\"logRecords\":" : "{\"logRecords\":");
            gone += random_list(&seed, &in, &want);
            rd_buf_append_byte(&in, '}');
            rd_buf_append_byte(&want, '}');
        }
        rd_buf_append_str(&in, "]}]}");
        rd_buf_append_str(&want, "]}]}");
        kit_result k = kit_run(policy, RD_SIGNAL_LOGS, JSON, rd_buf_slice(&in));
        assert_int_equal(k.outcome, RD_OK);
        assert_int_equal(k.r.n_taken, gone);
        assert_int_equal(rd_json_minify(k.r.body, &small, &err), RD_OK);
        if (!rd_slice_eq(rd_buf_slice(&small), rd_buf_slice(&want)))
            fail_msg("%.*s\nbecame %.*s", (int)in.n, (const char *)in.p, (int)small.n, (const char *)small.p);
        kit_free(&k);
        rd_buf_release(&in);
        rd_buf_release(&want);
        rd_buf_release(&small);
    }
}

/* Finds over many records cost no more than the records. */
static void test_records__many_finds_over_many_records(void **state)
{
    enum { N = 20000 };
    rd_buf text;
    rd_buf_init(&text, 1 << 24);
    rd_buf_append_str(&text, "1{1{");
    for (unsigned i = 0; i < N; i++)
        rd_buf_append_str(&text, "1{1'a' 2{1'evil'}}");
    rd_buf_append_str(&text, "} 2{");
    for (unsigned i = 0; i < N; i++)
        rd_buf_append_str(&text, "2{3'x'}");
    rd_buf_append_str(&text, "}}");
    rd_buf_append_byte(&text, 0);
    rd_buf from = kit_body(PB, (const char *)text.p);
    kit_result k = kit_run(policy, RD_SIGNAL_LOGS, PB, rd_buf_slice(&from));
    assert_int_equal(k.outcome, RD_OK);
    assert_int_equal(k.r.n_taken, N);
    kit_free(&k);
    rd_buf_release(&from);
    rd_buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records__protobuf_logs),
        cmocka_unit_test(test_records__protobuf_holders),
        cmocka_unit_test(test_records__loki_protobuf),
        cmocka_unit_test(test_records__otlp_json),
        cmocka_unit_test(test_records__loki_json),
        cmocka_unit_test(test_records__stamp_stays),
        cmocka_unit_test(test_records__finds_in_keys),
        cmocka_unit_test(test_records__shadow_and_off_take_nothing),
        cmocka_unit_test(test_records__a_text_alone_is_a_record),
        cmocka_unit_test(test_records__any_json_lists),
        cmocka_unit_test(test_records__many_finds_over_many_records),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
