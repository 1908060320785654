/* SPDX-License-Identifier: MIT */
/* The OTLP/JSON walker: which leaves it finds, what it refuses, and that edits of them leave JSON. */
#include "tests/unit/otlp_json_kit.h"

static const rd_limits refuse = {.max_depth = 32, .max_elements = 1000000, .unknown = RD_UNKNOWN_REFUSE};

static void assert_leaves(const char *root, const char *in, const char *want)
{
    rd_buf out, spliced;
    rd_buf_init(&out, 1 << 20);
    rd_buf_init(&spliced, 1 << 20);
    rd_outcome o = list(root, in, &scan, &out, &spliced);
    if (o != RD_OK)
        fail_msg("%s: %s", rd_outcome_word(o), in);
    assert_text(&out, want, in);
    rd_buf_release(&out);
    rd_buf_release(&spliced);
}

static void assert_spliced(const char *root, const char *in, const char *want)
{
    rd_buf out, spliced;
    rd_buf_init(&out, 1 << 20);
    rd_buf_init(&spliced, 1 << 20);
    rd_outcome o = list(root, in, &scan, &out, &spliced);
    if (o != RD_OK)
        fail_msg("%s: %s", rd_outcome_word(o), in);
    assert_text(&spliced, want, in);
    rd_buf_release(&out);
    rd_buf_release(&spliced);
}

static void test_otlp_json__finds_every_text_of_a_log_request(void **state)
{
    assert_leaves(
        "ExportLogsServiceRequest",
        "{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"host\",\"value\":{\"stringValue\":"
        "\"h1\"}}],"
        "\"droppedAttributesCount\":1,\"entityRefs\":[{\"type\":\"t\",\"idKeys\":[\"i\",\"j\"]}]},"
        "\"scopeLogs\":[{\"scope\":{\"name\":\"n\",\"version\":\"v\"},\"logRecords\":[{"
        "\"timeUnixNano\":\"1700000000000000000\",\"severityNumber\":9,\"severityText\":\"INFO\",\"body\":{"
        "\"stringValue\":\"line\"},\"attributes\":[{\"key\":\"a\",\"value\":{\"intValue\":\"12\"}}],"
        "\"traceId\":\"5B8EFFF798038103D269B633813FC60C\",\"spanId\":\"eee19b7ec3c1b174\",\"flags\":1,"
        "\"eventName\":\"e\"}],\"schemaUrl\":\"s1\"}],\"schemaUrl\":\"s2\"}]}",
        "resource J host\nresource J h1\nresource J t\nresource J i\nresource J j\nscope J n\nscope J v\n"
        "other J INFO\nbody J line\nattribute J a\nattribute I \"intValue\":\"12\"\nevent_name J e\nother J "
        "s1\n"
        "other J s2\n");
}

static void test_otlp_json__counts_items_and_groups(void **state)
{
    static const char in[] = "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"name\":\"a\"},{\"name\":"
                             "\"b\"},null]}]},{}, null]}";
    rd_doc d;
    rd_doc_init(&d);
    rd_doc_reset(&d, rd_slice_str(in));
    assert_int_equal(rd_otlp_json_walk(&rd_schema_traces, &scan, NULL, &d, NULL), RD_OK);
    assert_int_equal(d.n_items, 2);
    assert_int_equal(d.n_groups, 2);
    assert_int_equal(d.n_leaves, 2);
    rd_doc_release(&d);
}

static void test_otlp_json__knows_both_spellings_of_names(void **state)
{
    assert_leaves(
        "ExportLogsServiceRequest",
        "{\"resource_logs\":[{\"scope_logs\":[{\"log_records\":[{\"severity_text\":\"I\",\"event_name\":"
        "\"e\",\"body\":{\"string_value\":\"x\"}}]}],\"schema_url\":\"u\"}]}",
        "other J I\nevent_name J e\nbody J x\nother J u\n");
    assert_leaves("ResourceLogs",
                  "{\"instrumentationLibraryLogs\":[{\"logRecords\":[{\"body\":{\"stringValue\":\"x\"}}]}]}",
                  "body J x\n");
    assert_leaves(
        "ResourceSpans",
        "{\"instrumentationLibrarySpans\":[{\"spans\":[{\"attributes\":[{\"key\":\"mask\",\"value\":"
        "{\"stringValue\":\"x\"}}]}]}]}",
        "attribute J mask\nattribute V7 {\"stringValue\":\"x\"}\n");
    assert_leaves("LogRecord", "{\"\\u0062ody\":{\"string\\u0056alue\":\"x\"}}", "body J x\n");
    assert_leaves("KeyValue", "{\"k\\u0065y\":\"mask\",\"value\":{\"stringValue\":\"x\"}}",
                  "other J mask\nother V7 {\"stringValue\":\"x\"}\n");
}

static void test_otlp_json__walks_every_kind_of_any_value(void **state)
{
    assert_leaves("AnyValue", "{}", "");
    assert_leaves("AnyValue", "{\"stringValue\":\"\"}", "");
    assert_leaves("AnyValue", "{\"stringValue\":null}", "");
    assert_leaves("AnyValue", "{\"stringValue\":\"a\\u0040b\"}", "other E a\\u0040b\n");
    assert_leaves("AnyValue", "{\"stringValue\":\"\\ud800\"}", "other E \\ud800\n");
    assert_leaves("AnyValue", "{\"boolValue\":true}", "");
    assert_leaves("AnyValue", "{\"boolValue\":\"false\"}", "");
    assert_leaves("AnyValue", "{\"doubleValue\":1.5e300}", "");
    assert_leaves("AnyValue", "{\"doubleValue\":\"NaN\"}", "");
    assert_leaves("AnyValue", "{\"doubleValue\":\"-Infinity\"}", "");
    assert_leaves("AnyValue", "{\"doubleValue\":null}", "");
    assert_leaves("AnyValue", "{ \"intValue\" : 12 }", "other I \"intValue\" : 12\n");
    assert_leaves("AnyValue", "{\"intValue\":-1e+21}", "other I \"intValue\":-1e+21\n");
    assert_leaves("AnyValue", "{\"int_value\":\"-9223372036854775808\"}",
                  "other I \"int_value\":\"-9223372036854775808\"\n");
    assert_leaves("AnyValue", "{\"intValue\":null}", "");
    assert_leaves("AnyValue", "{\"bytesValue\":\"YUBiLmNv\"}", "other B YUBiLmNv\n");
    assert_leaves("AnyValue", "{\"bytesValue\":\"YUBiLmNv\",\"stringValue\":\"x\"}",
                  "other B YUBiLmNv\nother J x\n");
    assert_leaves("AnyValue",
                  "{\"arrayValue\":{\"values\":[{\"stringValue\":\"x\"},{},null,{\"intValue\":\"1\"}]}}",
                  "other J x\nother I \"intValue\":\"1\"\n");
    assert_leaves(
        "AnyValue",
        "{\"kvlistValue\":{\"values\":[{\"key\":\"k\",\"value\":{\"stringValue\":\"x\"}},{\"key\":\"l\"}]}}",
        "other J k\nother J x\nother J l\n");
    assert_leaves("AnyValue", "{\"arrayValue\":{},\"arrayValue\":{\"values\":[{\"stringValue\":\"x\"}]}}",
                  "other J x\n");
}

static void test_otlp_json__takes_base64_in_all_dialects(void **state)
{
    static const char *const good[] = {"", "YQ==", "YQ", "YWI=", "YWI", "YWJj", "+/+/", "-_-_", "YQ\\u003d="};
    static const char *const bad[] = {"Y",    "YQ=",   "YQ===",   "Y===",     "====",
                                      "=",    "Y=Q=",  "YWJj=",   "YWJjY",    "a@b.co",
                                      "+/-_", "YW Jj", "YWJj\\n", "YQ==YQ==", "\xc3\xa9YY"};
    char in[80];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        snprintf(in, sizeof in, "{\"bytesValue\":\"%s\"}", good[i]);
        assert_outcome("AnyValue", in, &scan, RD_OK);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(in, sizeof in, "{\"bytesValue\":\"%s\"}", bad[i]);
        assert_outcome("AnyValue", in, &scan, RD_MALFORMED);
    }
}

static void test_otlp_json__leaves_no_place_to_hide_text(void **state)
{
    static const char *const cases[][2] = {
        {"LogRecord", "{\"timeUnixNano\":\"a@b.co\"}"},
        {"LogRecord", "{\"timeUnixNano\":\"\"}"},
        {"LogRecord", "{\"timeUnixNano\":\"NaN\"}"},
        {"LogRecord", "{\"timeUnixNano\":\" 1\"}"},
        {"LogRecord", "{\"timeUnixNano\":true}"},
        {"LogRecord", "{\"timeUnixNano\":{\"a\":\"b\"}}"},
        {"LogRecord", "{\"timeUnixNano\":[1]}"},
        {"LogRecord", "{\"severityNumber\":\"info\"}"},
        {"LogRecord", "{\"severityNumber\":\"A B\"}"},
        {"LogRecord", "{\"severityNumber\":\"\"}"},
        {"LogRecord", "{\"flags\":\"x\"}"},
        {"LogRecord", "{\"severityText\":1}"},
        {"LogRecord", "{\"severityText\":{\"a\":\"b\"}}"},
        {"LogRecord", "{\"body\":\"text\"}"},
        {"LogRecord", "{\"body\":[{\"stringValue\":\"x\"}]}"},
        {"LogRecord", "{\"attributes\":{\"key\":\"k\"}}"},
        {"LogRecord", "{\"attributes\":\"text\"}"},
        {"LogRecord", "{\"attributes\":[\"text\"]}"},
        {"LogRecord", "{\"attributes\":[[]]}"},
        {"LogRecord", "{\"traceId\":[1,2]}"},
        {"AnyValue", "{\"boolValue\":\"maybe\"}"},
        {"AnyValue", "{\"boolValue\":1}"},
        {"AnyValue", "{\"doubleValue\":\"a@b.co\"}"},
        {"AnyValue", "{\"doubleValue\":\"nan\"}"},
        {"AnyValue", "{\"intValue\":\"4111 1111\"}"},
        {"AnyValue", "{\"intValue\":\"1.5\"}"},
        {"AnyValue", "{\"intValue\":\"-\"}"},
        {"AnyValue", "{\"intValue\":\"\"}"},
        {"AnyValue", "{\"intValue\":[1]}"},
        {"AnyValue", "{\"bytesValue\":[97]}"},
        {"AnyValue", "{\"arrayValue\":[{\"stringValue\":\"x\"}]}"},
        {"AnyValue", "{\"arrayValue\":{\"values\":{\"stringValue\":\"x\"}}}"},
        {"KeyValue", "{\"key\":1}"},
        {"KeyValue", "{\"key\":\"k\",\"value\":\"text\"}"},
        {"HistogramDataPoint", "{\"bucketCounts\":[\"text\"]}"},
        {"HistogramDataPoint", "{\"explicitBounds\":1}"},
        {"ExportLogsServiceRequest", "[]"},
        {"ExportLogsServiceRequest", "null"},
        {"ExportLogsServiceRequest", "\"text\""},
        {"ExportLogsServiceRequest", "{}{}"},
        {"ExportLogsServiceRequest", "{}\n{}"},
        {"ExportLogsServiceRequest", "\xef\xbb\xbf{}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_outcome(cases[i][0], cases[i][1], &scan, RD_MALFORMED);
    assert_outcome("ExportLogsServiceRequest", "", &scan, RD_TRUNCATED);
    assert_outcome("ExportLogsServiceRequest", "{\"resourceLogs\":[", &scan, RD_TRUNCATED);
}

static void test_otlp_json__takes_numbers_in_all_spellings(void **state)
{
    assert_leaves("LogRecord",
                  "{\"timeUnixNano\":1700000000000000000,\"observedTimeUnixNano\":\"17\",\"flags\":\"1\"}",
                  "");
    assert_leaves("LogRecord", "{\"severityNumber\":\"9\"}", "");
    assert_leaves("LogRecord", "{\"severityNumber\":\"SEVERITY_NUMBER_INFO\"}",
                  "other J SEVERITY_NUMBER_INFO\n");
    assert_leaves("HistogramDataPoint",
                  "{\"bucketCounts\":[1,\"2\",3],\"explicitBounds\":[0.5,\"Infinity\"],\"sum\":\"1.5\","
                  "\"count\":\"6\"}",
                  "");
    assert_leaves("NumberDataPoint", "{\"asInt\":\"-5\",\"asDouble\":null}", "");
}

static void test_otlp_json__checks_ids(void **state)
{
    assert_outcome("LogRecord", "{\"traceId\":\"\",\"spanId\":null}", &scan, RD_OK);
    assert_outcome("LogRecord", "{\"traceId\":\"00112233445566778899aAbBcCdDeEfF\"}", &scan, RD_OK);
    assert_outcome("LogRecord", "{\"traceId\":\"00112233445566778899aabbccddeef\"}", &scan, RD_INVALID);
    assert_outcome("LogRecord", "{\"traceId\":\"00112233445566778899aabbccddeeffg\"}", &scan, RD_INVALID);
    assert_outcome("LogRecord", "{\"traceId\":\"00112233445566778899aabbccddeefg\"}", &scan, RD_INVALID);
    assert_outcome("LogRecord", "{\"traceId\":\"ABEiM0RVZneImaq7zN3u/w==\"}", &scan,
                   RD_INVALID); /* Swift, Dart */
    assert_outcome("LogRecord", "{\"spanId\":\"a@b.co a@b.co xx\"}", &scan, RD_INVALID);
    assert_outcome("LogRecord", "{\"spanId\":\"\\u0030011223344\"}", &scan, RD_INVALID);
}

static void test_otlp_json__judges_pairs_at_their_end(void **state)
{
    assert_leaves("KeyValue", "{\"value\":{\"stringValue\":\"x\"},\"key\":\"mask\"}",
                  "other V7 {\"stringValue\":\"x\"}\nother J mask\n");
    assert_leaves("KeyValue", "{\"key\":\"mask\",\"value\":{}}", "other J mask\nother V7 {}\n");
    assert_leaves("KeyValue", "{\"key\":\"mask\",\"value\":null}", "other J mask\n");
    assert_leaves("KeyValue", "{\"key\":\"mask\",\"value\":{\"boolValue\":true}}",
                  "other J mask\nother V7 {\"boolValue\":true}\n");
    assert_leaves("KeyValue", "{\"key\":\"a\",\"value\":{\"stringValue\":\"x\"},\"key\":\"mask\"}",
                  "other J a\nother V7 {\"stringValue\":\"x\"}\nother J mask\n");
    assert_leaves("KeyValue", "{\"key\":\"mask\",\"value\":{\"stringValue\":\"x\"},\"key\":\"a\"}",
                  "other J mask\nother V7 {\"stringValue\":\"x\"}\nother J a\n");
    assert_leaves("KeyValue", "{\"key\":\"m\\u0061sk\",\"value\":{\"stringValue\":\"x\"}}",
                  "other E m\\u0061sk\nother V7 {\"stringValue\":\"x\"}\n");
    assert_leaves(
        "KeyValue",
        "{\"value\":{\"intValue\":1,\"stringValue\":\"y\"},\"key\":\"mask\",\"value\":{\"stringValue\":\"x\"}"
        "}",
        "other V7 {\"intValue\":1,\"stringValue\":\"y\"}\nother J mask\nother V7 {\"stringValue\":\"x\"}\n");
    assert_leaves("KeyValue", "{\"value\":{},\"value\":{},\"new\":\"n\",\"key\":\"mask\"}",
                  "other V7 {}\nother V7 {}\nunknown J new\nunknown J n\nother J mask\n");
    assert_leaves("StringKeyValue", "{\"key\":\"mask\",\"value\":\"x\"}", "other J mask\nother P7 \"x\"\n");
    assert_leaves("StringKeyValue", "{\"key\":\"\",\"value\":\"x\"}", "other J x\n");
    assert_outcome(
        "KeyValue",
        "{\"value\":{},\"value\":{},\"value\":{},\"value\":{},\"value\":{},\"value\":{},\"value\":{},"
        "\"value\":{},\"value\":{}}",
        &scan, RD_TOO_MANY);
}

static void test_otlp_json__hands_context_down(void **state)
{
    assert_leaves("KeyValue", "{\"key\":\"ctx\",\"value\":{\"stringValue\":\"x\"}}",
                  "other J ctx\nother J3 x\n");
    assert_leaves("KeyValue", "{\"value\":{\"intValue\":\"1\"},\"key\":\"ctx\"}",
                  "other I3 \"intValue\":\"1\"\nother J ctx\n");
    assert_leaves(
        "KeyValue",
        "{\"key\":\"ctx\",\"value\":{\"kvlistValue\":{\"values\":[{\"key\":\"a\",\"value\":{\"stringValue\":"
        "\"x\"}},{\"key\":\"mask\",\"value\":{\"stringValue\":\"y\"}}]}}}",
        "other J ctx\nother J3 a\nother J3 x\nother J3 mask\nother V7 {\"stringValue\":\"y\"}\n");
}

static void test_otlp_json__masks_nested_pairs_as_a_whole(void **state)
{
    assert_spliced(
        "KeyValueList",
        "{\"values\":[{\"key\":\"mask\",\"value\":{\"kvlistValue\":{\"values\":[{\"key\":\"drop\"},{\"key\":"
        "\"mask\",\"value\":{\"stringValue\":\"y\"}}]}}},{\"key\":\"b\",\"value\":{\"stringValue\":\"!\"}}]}",
        "{\"values\":[{\"key\":\"mask\",\"value\":{\"stringValue\":\"***\"}},{\"key\":\"b\",\"value\":{"
        "\"stringValue\":\"#\"}}]}");
}

static void test_otlp_json__drops_with_one_comma(void **state)
{
#define D "{\"key\":\"drop\",\"value\":{\"stringValue\":\"x\"}}"
#define K "{\"key\":\"k\",\"value\":{\"stringValue\":\"y\"}}"
    static const char *const cases[][2] = {
        {"[" D "]", "[]"},
        {"[ " D " ]", "[  ]"},
        {"[" D "," K "]", "[" K "]"},
        {"[" K "," D "]", "[" K "]"},
        {"[" K " , " D " ]", "[" K "  ]"},
        {"[ " D " , " K "]", "[  " K "]"},
        {"[" K "," D "," K "]", "[" K "," K "]"},
        {"[" D "," D "," K "]", "[" K "]"},
        {"[" K "," D "," D "]", "[" K "]"},
        {"[" D "," D "," D "]", "[]"},
        {"[" D "," K "," D "," D "," K "," D "]", "[" K "," K "]"},
        {"[null," D "]", "[null]"},
        {"[" D ",null]", "[null]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char in[512], want[512];
        snprintf(in, sizeof in, "{\"values\":%s}", cases[i][0]);
        snprintf(want, sizeof want, "{\"values\":%s}", cases[i][1]);
        assert_spliced("KeyValueList", in, want);
    }
#undef D
#undef K
}

static void test_otlp_json__scans_unknown_members(void **state)
{
    assert_leaves(
        "Resource",
        "{\"schemaUrl\":\"s\",\"x\":{\"y\":[\"a\",1,true,null,{\"z\":\"b\\n\"}]},\"e\":\"\",\"\":{}}",
        "unknown J schemaUrl\nunknown J s\nunknown J x\nunknown J y\nunknown J a\nunknown N 1\nunknown J z\n"
        "unknown E b\\n\nunknown J e\n");
    assert_leaves("LogRecord", "{\"Body\":{\"stringValue\":\"x\"}}",
                  "unknown J Body\nunknown J stringValue\nunknown J x\n"); /* names are case-sensitive */
    assert_leaves("LogRecord", "{\"ctx\":{\"a\":\"x\",\"mask\":[1]}}",
                  "unknown J ctx\nunknown J3 a\nunknown J3 x\nunknown J3 mask\nunknown P7 [1]\n");
    assert_leaves("LogRecord", "{\"m\\u0061sk\":{\"drop\":1},\"mask2\":1.5}",
                  "unknown E m\\u0061sk\nunknown P7 {\"drop\":1}\nunknown J mask2\nunknown P7 1.5\n");
}

static void test_otlp_json__drops_unknown_members(void **state)
{
    static const char *const cases[][2] = {
        {"{\"drop\":\"x\"}", "{}"},
        {"{\"drop\":\"x\",\"flags\":1}", "{\"flags\":1}"},
        {"{\"flags\":1,\"drop\":[\"x\"]}", "{\"flags\":1}"},
        {"{\"flags\":1,\"drop\":{},\"flags\":2}", "{\"flags\":1,\"flags\":2}"},
        {"{\"drop\":1,\"drop\":2,\"drop\":3}", "{}"},
        {"{\"drop\":1,\"drop\":2,\"body\":null}", "{\"body\":null}"},
        {"{\"u\":{\"drop\":1,\"v\":\"!\"},\"w\":[{\"drop\":1}]}", "{\"u\":{\"v\":\"#\"},\"w\":[{}]}"},
        {"{\"u\":777,\"mask\":777}", "{\"u\":\"***\",\"mask\":\"***\"}"},
        {"{ \"drop\" : 1 , \"flags\" : 1 }", "{  \"flags\" : 1 }"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_spliced("LogRecord", cases[i][0], cases[i][1]);
}

static void test_otlp_json__can_refuse_unknown_members(void **state)
{
    assert_outcome("LogRecord", "{\"flags\":1}", &refuse, RD_OK);
    assert_outcome("LogRecord", "{\"new\":1}", &refuse, RD_REFUSED);
    assert_outcome("KeyValue", "{\"key\":\"k\",\"value\":{\"newValue\":\"x\"}}", &refuse, RD_REFUSED);
}

/* `n` array_values around a string. */
static rd_outcome nest_any(unsigned n, uint32_t max_depth)
{
    static const char open[] = "{\"arrayValue\":{\"values\":[", close[] = "]}}";
    rd_limits lim = {.max_depth = max_depth, .max_elements = UINT32_MAX};
    rd_buf in;
    rd_doc d;

    rd_buf_init(&in, 1 << 28);
    for (unsigned i = 0; i < n; i++)
        rd_buf_append_str(&in, open);
    rd_buf_append_str(&in, "{\"stringValue\":\"x\"}");
    for (unsigned i = 0; i < n; i++)
        rd_buf_append_str(&in, close);
    rd_doc_init(&d);
    rd_doc_reset(&d, rd_buf_slice(&in));
    rd_outcome o = rd_otlp_json_walk(message("AnyValue"), &lim, &by_prefix, &d, NULL);
    rd_doc_release(&d);
    rd_buf_release(&in);
    return o;
}

static void test_otlp_json__limits_depth(void **state)
{
    assert_int_equal(nest_any(4, 4), RD_OK);
    assert_int_equal(nest_any(5, 4), RD_TOO_DEEP);
    assert_int_equal(nest_any(RD_JSON_MAX_DEPTH - 1, UINT32_MAX), RD_OK);
    assert_int_equal(nest_any(RD_JSON_MAX_DEPTH, UINT32_MAX), RD_TOO_DEEP);
    assert_int_equal(nest_any(200000, UINT32_MAX), RD_TOO_DEEP);

    char *deep = malloc(400010);
    memcpy(deep, "{\"u\":", 5);
    memset(deep + 5, '[', 200000);
    deep[200005] = '\0';
    assert_outcome("LogRecord", deep, &scan, RD_TOO_DEEP);
    memcpy(deep, "{\"mask\":", 8);
    assert_outcome("LogRecord", deep, &scan, RD_TOO_DEEP);
    free(deep);
}

static void test_otlp_json__limits_values(void **state)
{
    rd_limits lim = {.max_depth = 8, .max_elements = 4};
    assert_outcome("KeyValueList", "{\"values\":[{\"key\":\"a\",\"value\":{}}]}", &lim, RD_OK);
    assert_outcome("KeyValueList", "{\"values\":[{\"key\":\"a\",\"value\":{\"stringValue\":\"x\"}}]}", &lim,
                   RD_TOO_MANY);
    assert_outcome("KeyValueList", "{\"values\":[null,null,null,null]}", &lim, RD_TOO_MANY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_otlp_json__finds_every_text_of_a_log_request),
        cmocka_unit_test(test_otlp_json__counts_items_and_groups),
        cmocka_unit_test(test_otlp_json__knows_both_spellings_of_names),
        cmocka_unit_test(test_otlp_json__walks_every_kind_of_any_value),
        cmocka_unit_test(test_otlp_json__takes_base64_in_all_dialects),
        cmocka_unit_test(test_otlp_json__leaves_no_place_to_hide_text),
        cmocka_unit_test(test_otlp_json__takes_numbers_in_all_spellings),
        cmocka_unit_test(test_otlp_json__checks_ids),
        cmocka_unit_test(test_otlp_json__judges_pairs_at_their_end),
        cmocka_unit_test(test_otlp_json__hands_context_down),
        cmocka_unit_test(test_otlp_json__masks_nested_pairs_as_a_whole),
        cmocka_unit_test(test_otlp_json__drops_with_one_comma),
        cmocka_unit_test(test_otlp_json__scans_unknown_members),
        cmocka_unit_test(test_otlp_json__drops_unknown_members),
        cmocka_unit_test(test_otlp_json__can_refuse_unknown_members),
        cmocka_unit_test(test_otlp_json__limits_depth),
        cmocka_unit_test(test_otlp_json__limits_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
