/* SPDX-License-Identifier: MIT */
/* The OTLP/JSON walker: which leaves it finds, what it refuses, and that edits of them leave JSON. */
#include "tests/unit/unit.h"

#include "filters/json/otlp_json.h"
#include "filters/json/token.h"
#include "tests/json_edit.h"
#include "tests/json_spaced.h"

#include <jansson.h>
#include <stdlib.h>

static const rd_limits scan = {.max_depth = 32, .max_elements = 1000000};
static const rd_limits refuse = {.max_depth = 32, .max_elements = 1000000, .unknown = RD_UNKNOWN_REFUSE};

static const rd_message *message(const char *name)
{
    for (unsigned i = 0; i < rd_schema_all_count; i++) {
        if (strcmp(rd_schema_all[i]->name, name) == 0)
            return rd_schema_all[i];
    }
    fail_msg("no message %s", name);
    return NULL;
}

static const char *form_letter(rd_form f)
{
    switch (f) {
    case RD_FORM_JSON:
        return "J";
    case RD_FORM_JSON_ESC:
        return "E";
    case RD_FORM_BASE64:
        return "B";
    case RD_FORM_JSON_INT:
        return "I";
    case RD_FORM_JSON_NUM:
        return "N";
    case RD_FORM_PAIR_JSON_ANY:
        return "V";
    case RD_FORM_PAIR_JSON:
        return "P";
    case RD_FORM_PAIR_DROP:
        return "D";
    default:
        return "?";
    }
}

static void assert_same_with_blanks(const char *root, const rd_limits *lim, rd_slice body)
{
    if (!otlp_json_walks_alike(message(root), lim, &by_prefix, body) ||
        !otlp_json_walks_alike(message(root), lim, &by_prefix_once, body))
        fail_msg("not the same with blanks: %.*s", (int)body.n, (const char *)body.p);
}

/* Walks `in` as a message; on success `out` holds one line a leaf: class form[rule] bytes. */
static rd_outcome list(const char *root, const char *in, const rd_limits *lim, rd_buf *out, rd_buf *spliced)
{
    rd_doc d;
    rd_error err = {0};
    size_t n = strlen(in);
    uint8_t *copy = malloc(n > 0 ? n : 1);

    memcpy(copy, in, n);
    rd_doc_init(&d);
    rd_doc_reset(&d, (rd_slice){copy, n});
    rd_outcome o = rd_otlp_json_walk(message(root), lim, &by_prefix, &d, &err);
    assert_same_with_blanks(root, lim, d.body);
    if (o == RD_OK) {
        assert_true(leaves_are_sane(&d));
        for (uint32_t i = 0; i < d.n_leaves; i++) {
            const rd_leaf *l = &d.leaves[i];
            rd_buf_printf(out, "%s %s", rd_class_word(l->cls), form_letter(l->form));
            if (l->rule != 0)
                rd_buf_printf(out, "%u", l->rule);
            rd_buf_printf(out, " %.*s\n", (int)l->len, (const char *)d.body.p + l->off);
        }
        assert_true(edit_and_splice(&d, spliced));
        json_t *tree = json_loadb((const char *)spliced->p, spliced->n, JSON_DECODE_ANY, NULL);
        if (tree == NULL && strstr(in, "\\ud800") == NULL) /* jansson refuses lone surrogates */
            fail_msg("not JSON: %.*s", (int)spliced->n, (const char *)spliced->p);
        json_decref(tree);
    } else {
        assert_non_null(err.what);
        assert_true(err.offset <= n);
    }
    rd_doc_release(&d);
    free(copy);
    return o;
}

static void assert_text(const rd_buf *b, const char *want, const char *in)
{
    if (!rd_slice_eq(rd_buf_slice(b), rd_slice_str(want)))
        fail_msg("%s\ngave:\n%.*s\nwanted:\n%s", in, (int)b->n, (const char *)b->p, want);
}

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

static void assert_outcome(const char *root, const char *in, const rd_limits *lim, rd_outcome want)
{
    rd_buf out, spliced;
    rd_buf_init(&out, 1 << 20);
    rd_buf_init(&spliced, 1 << 20);
    rd_outcome o = list(root, in, lim, &out, &spliced);
    if (o != want)
        fail_msg("%s, not %s: %s", rd_outcome_word(o), rd_outcome_word(want), in);
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

/* The quick path for common pairs and the general one must agree: white space forces the general one. */
static void test_otlp_json__quick_pairs_equal_slow_pairs(void **state)
{
    static const char *const values[] = {"x", "", "a\\u0040b", "\xc3\xa9", "!", "say \\\"hi\\\""};
    static const char *const keys[] = {"a", "", "mask", "drop", "ctx", "\xc3\xa9", "m\\u0061sk"};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            char text[2][200];
            rd_buf out[2], spliced;
            for (int i = 0; i < 2; i++) {
                snprintf(text[i], sizeof text[i],
                         "{\"values\":[{},{\"key\":%s\"%s\",\"value\":{\"stringValue\":\"%s\"}}]}",
                         i == 0 ? "" : " ", keys[k], values[v]);
                rd_buf_init(&out[i], 4096);
                rd_buf_init(&spliced, 4096);
                assert_int_equal(list("KeyValueList", text[i], &scan, &out[i], &spliced), RD_OK);
                rd_buf_release(&spliced);
            }
            if (strncmp(keys[k], "mask", 4) != 0 && strncmp(keys[k], "drop", 4) != 0) {
                rd_buf_append_byte(&out[1], 0);
                assert_text(&out[0], (char *)out[1].p, text[0]);
            }
            rd_buf_release(&out[0]);
            rd_buf_release(&out[1]);
        }
    }
    assert_outcome("KeyValueList", "{\"values\":[{\"key\":\"a\",\"value\":{\"stringValue\":\"\xff\"}}]}",
                   &scan, RD_MALFORMED);
    assert_outcome("KeyValueList", "{\"values\":[{\"key\":\"\xff\",\"value\":{\"stringValue\":\"a\"}}]}",
                   &scan, RD_MALFORMED);
    assert_outcome("KeyValueList", "{\"values\":[{\"key\":\"a\",\"value\":{\"stringValue\":\"b\"}]}", &scan,
                   RD_MALFORMED);
}

/* --- random requests against jansson ------------------------------------------------------------- */

typedef struct gen {
    uint64_t seed;
    rd_buf out;
} gen;

static unsigned pick(gen *g, unsigned n)
{
    g->seed = g->seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(g->seed >> 33) % n;
}

/* Few keys and values, so that most pairs came before, with another one behind. */
static void test_otlp_json__pairs_in_any_order_are_found_like_those_with_blanks(void **state)
{
    static const char *const keys[] = {
        "a",    "n",  "mask", "b", "n", "key.that.is.as.long.as.keys.ever.are.in.a.request.of.some.sender",
        "drop", "ctx"};
#define N_PAIR "{\"key\":\"n\",\"value\":{\"stringValue\":\"x\"}}"
    static const char *const values[] = {
        "{\"stringValue\":\"x\"}",       "{\"stringValue\":\"longer than a block\"}",
        "{\"intValue\":\"7\"}",          "{\"intValue\":\"-12345678901\"}",
        "{\"stringValue\":\"\"}",        "{\"boolValue\":true}",
        "{\"stringValue\":\"\\u0041\"}", "{\"kvlistValue\":{\"values\":[" N_PAIR "," N_PAIR "," N_PAIR "]}}"};
#undef N_PAIR
    enum { N_KEYS = sizeof keys / sizeof *keys, N_VALUES = sizeof values / sizeof *values };
    gen g = {.seed = 1};
    for (int round = 0; round < 2000; round++) {
        rd_buf in;
        rd_buf_init(&in, 1 << 16);
        rd_buf_append_str(&in, "{\"values\":[");
        for (unsigned n = 0; n < 24; n++) {
            unsigned kinds = 2 + (unsigned)round % (N_KEYS - 1);
            unsigned key = ((unsigned)round + pick(&g, kinds)) % N_KEYS;
            rd_buf_printf(&in, "%s{\"key\":\"%s\",\"value\":%s}", n == 0 ? "" : ",", keys[key],
                          values[pick(&g, N_VALUES)]);
        }
        rd_buf_append_str(&in, "]}");
        assert_int_equal(in.failed, RD_OK);
        assert_same_with_blanks("KeyValueList", &scan, rd_buf_slice(&in));
        rd_buf_release(&in);
    }
}

static void put(gen *g, const char *s)
{
    static const char *const spaces[] = {"", "", "", "", "", " ", "\n", "\t "};
    rd_buf_append_str(&g->out, s);
    rd_buf_append_str(&g->out, spaces[pick(g, 8)]);
}

/* A string with some characters spelled as escapes. */
static void put_string(gen *g, const char *s)
{
    rd_buf_append_byte(&g->out, '"');
    bool plain = pick(g, 3) > 0;
    for (; *s != '\0'; s++) {
        if (!plain && (uint8_t)*s < 0x80 && pick(g, 4) == 0)
            rd_buf_printf(&g->out, "\\u%04x", (unsigned)*s);
        else
            rd_buf_append_byte(&g->out, (uint8_t)*s);
    }
    put(g, "\"");
}

static const char *some_text(gen *g)
{
    static const char *const texts[] = {
        "", "x", "plain text of some length, no secret", "se!cret", "!", "\xc3\xa9", "key", "a{b}[c],d:e"};
    return texts[pick(g, 8)];
}

static void put_any_json(gen *g, unsigned depth);

static void put_unknown(gen *g, unsigned i, unsigned depth)
{
    static const char *const names[] = {"drop", "mask", "ctx", "new"};
    char name[16];
    snprintf(name, sizeof name, "%s%u", names[pick(g, 4)], i);
    put_string(g, name);
    put(g, ":");
    put_any_json(g, depth);
}

static void put_any_json(gen *g, unsigned depth)
{
    static const char *const scalars[] = {"1", "-777.5e1", "true", "null"};
    unsigned n = pick(g, 4), kind = depth > 3 ? pick(g, 2) : pick(g, 4);
    if (kind == 0) {
        put(g, scalars[pick(g, 4)]);
    } else if (kind == 1) {
        put_string(g, some_text(g));
    } else {
        put(g, kind == 2 ? "[" : "{");
        for (unsigned i = 0; i < n; i++) {
            if (i > 0)
                put(g, ",");
            if (kind == 2)
                put_any_json(g, depth + 1);
            else
                put_unknown(g, i, depth + 1);
        }
        put(g, kind == 2 ? "]" : "}");
    }
}

static void put_pairs(gen *g, unsigned depth);

static void put_any_value(gen *g, unsigned depth)
{
    put(g, "{");
    switch (depth > 3 ? pick(g, 4) : pick(g, 7)) {
    case 0:
    case 1:
        put_string(g, pick(g, 4) > 0 ? "stringValue" : "string_value");
        put(g, ":");
        put_string(g, some_text(g));
        break;
    case 2:
        put(g, pick(g, 2) > 0 ? "\"intValue\":\"177712\"" : "\"intValue\" : 5");
        break;
    case 3:
        break;
    case 4:
        put_unknown(g, 0, depth);
        break;
    case 5:
        put(g, "\"arrayValue\":{\"values\":[");
        for (unsigned i = 0, n = pick(g, 3); i < n; i++) {
            if (i > 0)
                put(g, ",");
            put_any_value(g, depth + 1);
        }
        put(g, "]}");
        break;
    default:
        put(g, "\"kvlistValue\":{\"values\":");
        put_pairs(g, depth + 1);
        put(g, "}");
        break;
    }
    put(g, "}");
}

static void put_pairs(gen *g, unsigned depth)
{
    static const char *const keys[] = {"drop", "mask", "ctx", "a", "b!", ""};
    put(g, "[");
    for (unsigned i = 0, n = pick(g, 5); i < n; i++) {
        if (i > 0)
            put(g, ",");
        bool value_first = pick(g, 3) == 0;
        put(g, "{");
        for (int part = 0; part < 2; part++) {
            if (part == 1)
                put(g, ",");
            bool value = value_first == (part == 0);
            put_string(g, value ? "value" : "key");
            put(g, ":");
            if (value)
                put_any_value(g, depth);
            else
                put_string(g, keys[pick(g, 6)]);
        }
        if (pick(g, 8) == 0) {
            put(g, ",");
            put_unknown(g, 7, depth);
        }
        put(g, "}");
    }
    put(g, "]");
}

static void put_record(gen *g)
{
    put(g, "{\"body\":");
    put_any_value(g, 0);
    if (pick(g, 3) == 0) {
        put(g, ",");
        put_unknown(g, 1, 0);
    }
    put(g, ",\"attributes\":");
    put_pairs(g, 0);
    put(g, "}");
}

/* What the policy of json_edit.h makes of a tree. */
static json_t *edited(json_t *v)
{
    if (json_is_string(v))
        return strchr(json_string_value(v), '!') != NULL ? json_string("#") : json_incref(v);
    if (json_is_number(v)) {
        char *text = json_dumps(v, JSON_ENCODE_ANY);
        json_t *out = strstr(text, "777") != NULL ? json_string("***") : json_incref(v);
        free(text);
        return out;
    }
    if (json_is_array(v)) {
        json_t *out = json_array();
        for (size_t i = 0; i < json_array_size(v); i++) {
            json_t *e = json_array_get(v, i), *key = json_object_get(e, "key");
            if (key == NULL || strncmp(json_string_value(key), "drop", 4) != 0)
                json_array_append_new(out, edited(e));
        }
        return out;
    }
    if (!json_is_object(v))
        return json_incref(v);
    json_t *out = json_object(), *key = json_object_get(v, "key"), *member;
    const char *name;
    bool mask = key != NULL && strncmp(json_string_value(key), "mask", 4) == 0;
    json_object_foreach(v, name, member)
    {
        const char *digits = json_is_string(member) ? json_string_value(member) : "";
        if (strncmp(name, "drop", 4) == 0)
            continue;
        if (strncmp(name, "mask", 4) == 0)
            json_object_set_new(out, name, json_string("***"));
        else if (mask && strcmp(name, "value") == 0)
            json_object_set_new(out, name, json_pack("{s:s}", "stringValue", "***"));
        else if (strcmp(name, "intValue") == 0 && strstr(digits, "777") != NULL)
            json_object_set_new(out, "stringValue", json_string("***"));
        else
            json_object_set_new(out, name, edited(member));
    }
    return out;
}

static void test_otlp_json__random_requests_match_a_tree_edit(void **state)
{
    enum { FLAGS = JSON_DECODE_ANY | JSON_ALLOW_NUL };
    gen g = {.seed = 20240117};
    unsigned n_dropped = 0, n_masked = 0;
    rd_buf spliced;
    rd_doc d;

    rd_buf_init(&g.out, 1 << 24);
    rd_buf_init(&spliced, 1 << 24);
    rd_doc_init(&d);
    for (int round = 0; round < 3000; round++) {
        rd_buf_clear(&g.out, SIZE_MAX);
        rd_buf_clear(&spliced, SIZE_MAX);
        put_record(&g);
        rd_doc_reset(&d, rd_buf_slice(&g.out));
        assert_int_equal(rd_otlp_json_walk(message("LogRecord"), &scan, &by_prefix, &d, NULL), RD_OK);
        assert_true(leaves_are_sane(&d));
        for (uint32_t i = 0; i < d.n_leaves; i++) {
            n_dropped += d.leaves[i].form == RD_FORM_PAIR_DROP;
            n_masked += d.leaves[i].form == RD_FORM_PAIR_JSON_ANY;
        }
        assert_true(edit_and_splice(&d, &spliced));
        json_t *in = json_loadb((char *)g.out.p, g.out.n, FLAGS, NULL);
        json_t *out = json_loadb((char *)spliced.p, spliced.n, FLAGS, NULL);
        json_t *want = edited(in);
        if (!json_equal(want, out))
            fail_msg("round %d:\n%.*s\n%.*s", round, (int)g.out.n, (char *)g.out.p, (int)spliced.n,
                     (char *)spliced.p);
        json_decref(want);
        json_decref(out);
        json_decref(in);
        d.n_edits = 0; /* nothing to change: the very bytes */
        rd_buf_clear(&spliced, SIZE_MAX);
        assert_int_equal(rd_doc_splice(&d, &spliced, NULL), RD_OK);
        assert_true(rd_slice_eq(rd_buf_slice(&spliced), rd_buf_slice(&g.out)));
    }
    assert_true(n_dropped > 500 && n_masked > 500);
    rd_doc_release(&d);
    rd_buf_release(&spliced);
    rd_buf_release(&g.out);
}

/* The same of members that hold no message. */
static void test_otlp_json__short_cuts_of_scalars_refuse_what_the_long_way_refuses(void **state)
{
    static const char *const names[] = {"timeUnixNano", "severityNumber", "severityText",
                                        "traceId",      "spanId",         "flags"};
    static const char *const values[] = {"1",
                                         "0",
                                         "01",
                                         "12345678901234567890",
                                         "-1",
                                         "1.5",
                                         "1e3",
                                         "1x",
                                         "\"1\"",
                                         "\"0\"",
                                         "\"01\"",
                                         "\"1",
                                         "\"12345678\"",
                                         "\"1234567x\"",
                                         "\"12345678901234567\"",
                                         "\"\"",
                                         "\"INFO\"",
                                         "\"a\xc3\xa9\"",
                                         "\"a\xff\"",
                                         "\"\\u0041\"",
                                         "\"\n\"",
                                         "true",
                                         "null",
                                         "{}",
                                         "\"5b8efff798038103d269b633813fc60c\"",
                                         "\"5B8EFFF798038103D269B633813FC60C\"",
                                         "\"5b8efff798038103d269b633813fc60g\"",
                                         "\"5b8efff798038103d269b633813fc60\"",
                                         "\"eee19b7ec3c1b174\"",
                                         "\"eee19b7ec3c1b17/\"",
                                         "\"eee19b7ec3c1b17:\"",
                                         "\"@ee19b7ec3c1b174\"",
                                         "\"`ee19b7ec3c1b174\"",
                                         "\"eee19b7ec3c1b174",
                                         "\"eee19b7ec3c1b1\\u0034\""};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            for (int last = 0; last < 3; last++) {
                static const char *const ends[] = {"}", ",\"flags\":1}", ""};
                rd_buf in;
                rd_buf_init(&in, 1 << 10);
                rd_buf_printf(&in, "{\"body\":{\"stringValue\":\"x\"},\"%s\":%s%s", names[n], values[v],
                              ends[last]);
                assert_same_with_blanks("LogRecord", &scan, rd_buf_slice(&in));
                rd_buf_release(&in);
            }
        }
    }
}

/* Each is what a short cut takes, but for one thing. */
static void test_otlp_json__short_cuts_refuse_what_the_long_way_refuses(void **state)
{
    static const char *const values[] = {
        "{\"stringValue\":\"v\"}",
        "{\"stringValue\":\"\"}",
        "{\"stringValue\":\"v\",}",
        "{\"stringValue\":\"v\"",
        "{\"stringValue\":\"\xff\"}",
        "{\"stringValue\":\"\x01\"}",
        "{\"stringValue\":\"\\n\"}",
        "{\"stringValue\":\"\xc3\xa9\"}",
        "{\"intValue\":\"1\"}",
        "{\"intValue\":\"-1\"}",
        "{\"intValue\":\"-\"}",
        "{\"intValue\":\"\"}",
        "{\"intValue\":\"1234567890123456789\"}",
        "{\"intValue\":\"12345678x\"}",
        "{\"intValue\":12}",
        "{\"intValue\":\"12\"]",
        "{\"intValue\":\"12\"",
        "{\"intValue\":\"1\",\"intValue\":\"2\"}",
        "{}",
        "null",
        "[]",
        "{\"stringValue\":null}",
    };
    static const char *const around[] = {
        "{\"body\":%s}",
        "{\"attributes\":[{\"key\":\"k\",\"value\":%s}]}",
        ("{\"attributes\":[{\"key\":\"a\",\"value\":{\"stringValue\":\"b\"}},{\"key\":\"k\",\"value\":%s},{"
         "\"key\":\"ctxk\",\"value\":%s}]}"),
        "{\"attributes\":[{\"key\":\"mask\",\"value\":%s},{\"key\":\"drop\",\"value\":%s}]}",
        "{\"attributes\":[{\"key\":\"\",\"value\":%s},{\"key\":\"k\",\"value\":%s,}]}",
        "{\"attributes\":[{\"key\":\"k\",\"value\":%s},]}",
        "{\"timeUnixNano\":\"12\",\"body\":%s,\"timeUnixNano\":\"01\",\"body\":%s}",
        "{\"severityText\":\"a\",\"body\":%s,\"severityText\":\"b\",\"body\":%s,}",
    };
    for (size_t a = 0; a < sizeof around / sizeof *around; a++) {
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            rd_buf in, out, spliced;
            rd_buf_init(&in, 1 << 10);
            rd_buf_init(&out, 1 << 20);
            rd_buf_init(&spliced, 1 << 20);
            rd_buf_printf(&in, around[a], values[v], values[v]);
            rd_buf_append_byte(&in, 0);
            (void)!list("LogRecord", (const char *)in.p, &scan, &out, &spliced);
            for (uint32_t max = 1; max < 12; max++) {
                const rd_limits few = {.max_depth = 1, .max_elements = max};
                out.n = spliced.n = 0;
                (void)!list("LogRecord", (const char *)in.p, &few, &out, &spliced);
            }
            rd_buf_release(&in);
            rd_buf_release(&out);
            rd_buf_release(&spliced);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_otlp_json__short_cuts_refuse_what_the_long_way_refuses),
        cmocka_unit_test(test_otlp_json__short_cuts_of_scalars_refuse_what_the_long_way_refuses),
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
        cmocka_unit_test(test_otlp_json__quick_pairs_equal_slow_pairs),
        cmocka_unit_test(test_otlp_json__pairs_in_any_order_are_found_like_those_with_blanks),
        cmocka_unit_test(test_otlp_json__random_requests_match_a_tree_edit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
