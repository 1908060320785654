/* SPDX-License-Identifier: MIT */
/* Redaction of whole bodies: every format and every form of a leaf. The whole output is compared, so what no
 * rule means must have stayed byte for byte. */
#include "tests/unit/redact_kit.h"

#include <stdio.h>

enum { R_EMAIL, R_KEYS, R_GONE, R_CARD, R_STAFF, R_QUOTE, R_LABEL_CUT, R_COUNT };

static const rd_rule_spec rules[R_COUNT] = {
    [R_EMAIL] = {.name = "email", KIT_DETECTOR(EMAIL)},
    [R_KEYS] = {.name = "keys", KIT_KEYS("user_id", "token"), .label_action = RD_ACTION_DROP},
    [R_GONE] = {.name = "gone", KIT_KEYS("gone"), .action = RD_ACTION_DROP, .label_action = RD_ACTION_MASK},
    [R_CARD] = {.name = "card",
                KIT_PATTERN("\\b4111\\d{12}\\b"),
                .action = RD_ACTION_REPLACE,
                .label_action = RD_ACTION_REPLACE,
                .replacement = "[card]"},
    [R_STAFF] = {.name = "staff", KIT_PATTERN("\\bP-(\\d{6})\\b"), .group = 1},
    [R_QUOTE] = {.name = "quote",
                 KIT_PATTERN("quoteme"),
                 .action = RD_ACTION_REPLACE,
                 .label_action = RD_ACTION_REPLACE,
                 .replacement = "q\"\\\n\xc3\xa4"},
    [R_LABEL_CUT] = {.name = "cut",
                     KIT_PATTERN("cutme"),
                     .action = RD_ACTION_DROP,
                     .label_action = RD_ACTION_DROP},
};

typedef struct example {
    const char *in, *want; /* NULL: unchanged */
} example;

static void expect_all(rd_signal s, rd_format f, const example *list, size_t n)
{
    rd_policy *p = kit_policy(rules, R_COUNT);
    for (size_t i = 0; i < n; i++)
        kit_expect(p, s, f, list[i].in, list[i].want);
    rd_policy_free(&p);
}

#define EXPECT(signal, format, ...)                                                                          \
    do {                                                                                                     \
        static const example list[] = {__VA_ARGS__};                                                         \
        expect_all(RD_SIGNAL_##signal, RD_FORMAT_##format, list, sizeof list / sizeof *list);                \
    } while (0)

#define WIRE_ATTRS(x)   "1{2{2{" x "}}}"
#define WIRE_PAIR(k, v) "6{1'" k "' 2{1'" v "'}}"

static void test_redact__protobuf_equal_keys(void **state)
{
    EXPECT(LOGS, PROTOBUF,
           {WIRE_ATTRS(WIRE_PAIR("jane@example.com", "1") WIRE_PAIR("jane@example.com", "2")),
            WIRE_ATTRS(WIRE_PAIR("j***@example.com", "1") WIRE_PAIR("j***@example.com", "2"))},
           {WIRE_ATTRS("6{2{6{1{1'jane@example.com' 2{1'1'}}}} 1'token'}" WIRE_PAIR("jane@example.com", "2")),
            WIRE_ATTRS("6{2{1'***'} 1'token'}" WIRE_PAIR("j***@example.com", "2"))},
           {WIRE_ATTRS(WIRE_PAIR("a", "1") WIRE_PAIR("a", "2") WIRE_PAIR("a", "jane@example.com")),
            WIRE_ATTRS(WIRE_PAIR("a", "1") WIRE_PAIR("a", "2") WIRE_PAIR("a", "j***@example.com"))});
}

/* ---- OTLP/JSON ---- */

#define RECORD(x) "{\"resourceLogs\": [ {\"scopeLogs\":[{\"logRecords\":[{" x "}]}]}]}"
#define BODY(x)   RECORD("\"body\":{" x "}")
#define ATTRS(x)  RECORD("\"attributes\":[" x "]")

static void test_redact__json_texts(void **state)
{
    EXPECT(
        LOGS, JSON, {BODY("\"stringValue\":\"nothing here\""), NULL},
        {BODY("\"stringValue\":\"mail jane@example.com now\""),
         BODY("\"stringValue\":\"mail j***@example.com now\"")},
        {BODY("\"stringValue\":\"mail jane\\u0040example.com now\\n\""),
         BODY("\"stringValue\":\"mail j***@example.com now\\n\"")},
        {BODY("\"stringValue\":\"a\\u0040b.co\""), BODY("\"stringValue\":\"***@b.co\"")},
        {BODY("\"string_value\":\"\\t\\ud83d\\ude00 jane@example.com \\ud83d\\ude00 \\\" x@y.example\""),
         BODY("\"string_value\":\"\\t\\ud83d\\ude00 j***@example.com \\ud83d\\ude00 \\\" ***@y.example\"")},
        {BODY("\"stringValue\":\"\\ud83d lone, jane@example.com \\ude00\""),
         BODY("\"stringValue\":\"\\ud83d lone, j***@example.com \\ude00\"")},
        {BODY("\"stringValue\":\"say quoteme.\""), BODY("\"stringValue\":\"say q\\\"\\\\\\n\xc3\xa4.\"")},
        {BODY("\"stringValue\":\"say\\tquoteme.\""), BODY("\"stringValue\":\"say\\tq\\\"\\\\\\n\xc3\xa4.\"")},
        {BODY("\"stringValue\":\"x cutme y\""), BODY("\"stringValue\":\"x  y\"")},
        {BODY("\"stringValue\":\"cutme\""), BODY("\"stringValue\":\"\"")},
        {BODY("\"stringValue\":\"no P-123456 yes\""), BODY("\"stringValue\":\"no P-*** yes\"")},
        {RECORD("\"severityText\":\"jane@example.com\""), RECORD("\"severityText\":\"j***@example.com\"")});
}

#define PAIR(k, v) "{\"key\":\"" k "\",\"value\":{\"stringValue\":\"" v "\"}}"
#define LIST(v)    "\"value\":{\"kvlistValue\":{\"values\":[" v "]}}"

/* Equal keys are looked at once; what is found in one is gone from all, also when the first one went with a
 * value that was masked. */
static void test_redact__json_equal_keys(void **state)
{
    EXPECT(
        LOGS, JSON,
        {ATTRS(PAIR("jane@example.com", "1") "," PAIR("jane@example.com", "2") "," PAIR("b", "x@y.example")),
         ATTRS(
             PAIR("j***@example.com", "1") "," PAIR("j***@example.com", "2") "," PAIR("b", "***@y.example"))},
        {ATTRS("{" LIST(PAIR("jane@example.com", "1")) ",\"key\":\"token\"}," PAIR("jane@example.com", "2")),
         ATTRS("{\"value\":{\"stringValue\":\"***\"},\"key\":\"token\"}," PAIR("j***@example.com", "2"))},
        {ATTRS("{" LIST(PAIR("jane@example.com", "1")) ",\"key\":\"gone\"}," PAIR("jane@example.com", "2")),
         ATTRS(PAIR("j***@example.com", "2"))},
        {ATTRS(PAIR("a", "1") "," PAIR("a", "2") "," PAIR("a", "jane@example.com")),
         ATTRS(PAIR("a", "1") "," PAIR("a", "2") "," PAIR("a", "j***@example.com"))});
}

static void test_redact__json_bytes(void **state)
{
    EXPECT(LOGS, JSON, {BODY("\"bytesValue\":\"bWFpbA==\""), NULL},
           {BODY("\"bytesValue\":\"bWFpbCBqYW5lQGV4YW1wbGUuY29t\""),
            BODY("\"bytesValue\":\"bWFpbCBqKioqQGV4YW1wbGUuY29t\"")},
           {BODY("\"bytesValue\":\"Pz8/IGphbmVAZXhhbXBsZS5jb20=\""),
            BODY("\"bytesValue\":\"Pz8/IGoqKipAZXhhbXBsZS5jb20=\"")},
           {BODY("\"bytesValue\":\"Pz8\\/IGphbmVAZXhhbXBsZS5jb20\\u003d\""),
            BODY("\"bytesValue\":\"Pz8/IGoqKipAZXhhbXBsZS5jb20=\"")},
           {BODY("\"bytes_value\":\"Pz8_IGphbmVAZXhhbXBsZS5jb20\""),
            BODY("\"bytes_value\":\"Pz8/IGoqKipAZXhhbXBsZS5jb20=\"")},
           {BODY("\"bytesValue\":\"//4gamFuZUBleGFtcGxlLmNvbSD/\""),
            BODY("\"bytesValue\":\"//4gaioqKkBleGFtcGxlLmNvbSD/\"")});
}

static void test_redact__json_numbers(void **state)
{
    EXPECT(LOGS, JSON, {BODY("\"intValue\":\"4111\""), NULL},
           {BODY("\"intValue\":\"4111111111111111\""), BODY("\"stringValue\":\"[card]\"")},
           {BODY("\"int_value\" : 4111111111111111 "), BODY("\"stringValue\":\"[card]\" ")},
           {BODY("\"\\u0069ntValue\":4111111111111111"), BODY("\"stringValue\":\"[card]\"")},
           {BODY("\"intValue\":-4111111111111111"), BODY("\"stringValue\":\"-[card]\"")},
           {RECORD("\"new\":[1,4111111111111111,\"4111111111111111\"]"),
            RECORD("\"new\":[1,\"[card]\",\"[card]\"]")},
           {RECORD("\"timeUnixNano\":\"4111111111111111\""), NULL});
}

static void test_redact__json_pairs(void **state)
{
    EXPECT(LOGS, JSON, {ATTRS("{\"key\":\"user\",\"value\":{\"stringValue\":\"x\"}}"), NULL},
           {ATTRS("{\"key\":\"user_id\",\"value\":{\"stringValue\":\"x\"}}"),
            ATTRS("{\"key\":\"user_id\",\"value\":{\"stringValue\":\"***\"}}")},
           {ATTRS("{\"value\" : {\"intValue\":7} , \"key\":\"userId\"}"),
            ATTRS("{\"value\" : {\"stringValue\":\"***\"} , \"key\":\"userId\"}")},
           {ATTRS("{\"key\":\"User-I\\u0064\",\"value\":{\"kvlistValue\":{\"values\":[{\"key\":\"a\","
                  "\"value\":{\"stringValue\":\"jane@example.com\"}}]}}}"),
            ATTRS("{\"key\":\"User-I\\u0064\",\"value\":{\"stringValue\":\"***\"}}")},
           {ATTRS("{\"key\":\"jane@example.com\",\"value\":{}}"),
            ATTRS("{\"key\":\"j***@example.com\",\"value\":{}}")},
           {ATTRS("{\"key\":\"gone\",\"value\":{}},{\"key\":\"a\"}"), ATTRS("{\"key\":\"a\"}")},
           {ATTRS("{\"key\":\"a\"} , {\"key\":\"gone\",\"value\":{}}"), ATTRS("{\"key\":\"a\"} ")},
           {ATTRS("{\"key\":\"gone\"},{\"key\":\"gone\"}"), ATTRS("")},
           {RECORD("\"new\":{\"user_id\":{\"a\":[1]},\"b\":\"jane@example.com\"}"),
            RECORD("\"new\":{\"user_id\":\"***\",\"b\":\"j***@example.com\"}")},
           {RECORD("\"user_id\":null,\"gone\":3"), RECORD("\"user_id\":\"***\"")},
           /* both keys of a pair count, and every value */
           {ATTRS("{\"key\":\"a\",\"key\":\"token\",\"value\":{},\"value\":{\"intValue\":1}}"),
            ATTRS("{\"key\":\"a\",\"key\":\"token\",\"value\":{\"stringValue\":\"***\"},\"value\":{"
                  "\"stringValue\":\"***\"}}")});
}

static void test_redact__other_signals_in_json(void **state)
{
    EXPECT(TRACES, JSON,
           {"{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"name\":\"GET "
            "/u/jane@example.com\",\"traceState\":\"a=x@y.example\","
            "\"status\":{\"message\":\"x@y.example\"},\"events\":[{\"name\":\"x@y.example\"}],\"links\":[{"
            "\"traceState\":\"x@y.example\"}]}]}]}]}",
            "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"name\":\"GET "
            "/u/j***@example.com\",\"traceState\":\"a=***@y.example\","
            "\"status\":{\"message\":\"***@y.example\"},\"events\":[{\"name\":\"***@y.example\"}],\"links\":["
            "{\"traceState\":\"***@y.example\"}]}]}]}]}"});
    EXPECT(
        METRICS, JSON,
        {"{\"resource_metrics\":[{\"scope_metrics\":[{\"metrics\":[{\"name\":\"x@y.example\",\"sum\":{\"data_"
         "points\":[{\"exemplars\":"
         "[{\"filtered_attributes\":[{\"key\":\"token\",\"value\":{\"int_value\":1}}]}]}]}}]}]}]}",
         "{\"resource_metrics\":[{\"scope_metrics\":[{\"metrics\":[{\"name\":\"***@y.example\",\"sum\":{"
         "\"data_points\":[{\"exemplars\":"
         "[{\"filtered_attributes\":[{\"key\":\"token\",\"value\":{\"stringValue\":\"***\"}}]}]}]}}]}]}]}"});
}

/* ---- OTLP protobuf ---- */

#define PB(x) "1{2{2{" x "}}}"

static void test_redact__protobuf_texts(void **state)
{
    EXPECT(LOGS, PROTOBUF, {PB("5{1'nothing'} 1!"), NULL},
           {PB("1! 5{1'mail jane@example.com'} 3'INFO'"), PB("1! 5{1'mail j***@example.com'} 3'INFO'")},
           {PB("5{7'jane@example.com'}"), PB("5{7'j***@example.com'}")},
           {PB("5{1'x'} 5{1'jane@example.com'}"), PB("5{1'x'} 5{1'j***@example.com'}")},
           {PB("5{5{1{1'jane@example.com'} 1{6{1{1'k' 2{1'x@y.example'}}}}}}"),
            PB("5{5{1{1'j***@example.com'} 1{6{1{1'k' 2{1'***@y.example'}}}}}}")},
           {PB("5{1'P-123456 quoteme cutme'}"), PB("5{1'P-*** q\"\\\n\xc3\xa4 '}")},
           {PB("5{1'cutme'}"), PB("5{1''}")}, {PB("4'x@y.example'"), PB("4'***@y.example'")},
           /* what the schema does not know keeps its length */
           {PB("99'mail jane@example.com!'"), PB("99'mail ****************!'")},
           {PB("99{1{5'jane@example.com'}}"), PB("99{1{5'****************'}}")},
           {"1{1000{2{5{1'jane@example.com'}}}}", "1{1000{2{5{1'j***@example.com'}}}}"});
}

static void test_redact__protobuf_pairs_and_numbers(void **state)
{
    EXPECT(LOGS, PROTOBUF, {PB("6{1'user_id' 2{1'x'}}"), PB("6{1'user_id' 2{1'***'}}")},
           {PB("6{2{3=7} 1'user_id'}"), PB("6{2{1'***'} 1'user_id'}")},
           {PB("6{1'gone' 2{1'x'}} 6{1'a' 2{1'x'}}"), PB("6{1'a' 2{1'x'}}")},
           {PB("6{1'gone' 2{1'x'}}"), PB("")},
           {PB("6{1'x@y.example' 2{1'x'}}"), PB("6{1'***@y.example' 2{1'x'}}")},
           {PB("5{3=4111111111111111}"), PB("5{1'[card]'}")}, {PB("5{3=4112}"), NULL},
           /* a negative number has ten bytes on the wire */
           {PB("5{3=18442632962598440505}"), PB("5{1'-[card]'}")});
}

/* Growing texts push every length prefix around them over its byte. */
static void test_redact__protobuf_prefixes_grow(void **state)
{
    char in[400], want[400];
    rd_rule_spec grow = {
        .name = "grow", KIT_PATTERN("!"), .action = RD_ACTION_REPLACE, .replacement = "0123456789abcdef"};
    rd_policy *p = kit_policy(&grow, 1);
    for (int n = 90; n < 135; n++) {
        snprintf(in, sizeof in, "1{2{2{3'x' 5{1'!%0*d'} 3'y'}}}", n, 0);
        snprintf(want, sizeof want, "1{2{2{3'x' 5{1'0123456789abcdef%0*d'} 3'y'}}}", n, 0);
        kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_PROTOBUF, in, want);
    }
    rd_policy_free(&p);
}

/* ---- Loki ---- */

#define V1(labels, values) "{\"streams\":[{\"stream\":{" labels "},\"values\":[" values "]}]}"

static void test_redact__loki_json(void **state)
{
    EXPECT(
        LOKI_PUSH, JSON, {V1("\"app\":\"x\"", "[\"1\",\"line\"]"), NULL},
        {V1("\"app\":\"x@y.example\"",
            "[\"1\",\"x@y.example\",{\"k\":\"x@y.example\",\"token\":\"t\",\"gone\":\"g\"}]"),
         V1("\"app\":\"***@y.example\"",
            "[\"1\",\"***@y.example\",{\"k\":\"***@y.example\",\"token\":\"***\"}]")},
        {V1("\"app\":\"x\",\"token\":\"t\"", "[\"1\",\"x\"]"), V1("\"app\":\"x\"", "[\"1\",\"x\"]")},
        {V1("\"gone\":\"t\"", "[\"1\",\"x\"]"), V1("\"gone\":\"***\"", "[\"1\",\"x\"]")},
        {V1("\"app\":4111111111111111", ""), V1("\"app\":\"[card]\"", "")},
        /* a stream keeps a label, whatever goes */
        {V1("\"token\":\"t\"", "[\"1\",\"x\"]"), V1("\"service_name\":\"unknown_service\"", "[\"1\",\"x\"]")},
        {V1("\"token\":\"t\", \"user_id\":{\"a\":1} ", "[\"1\",\"x\"]"),
         V1("  \"service_name\":\"unknown_service\"", "[\"1\",\"x\"]")},
        {V1("\"token\":\"t\",\"a\":\"\"", ""), V1("\"a\":\"\",\"service_name\":\"unknown_service\"", "")},
        {V1("\"a\":\"\", \"token\":\"t\"", ""), V1("\"a\":\"\",\"service_name\":\"unknown_service\"", "")},
        {V1("", "[\"1\",\"x\"]"), NULL},
        /* nor does a label become empty, which would be none */
        {V1("\"a\":\"cutme\"", ""), V1("\"a\":\"***\"", "")},
        {V1("\"a\":\"c\\u0075tme\"", ""), V1("\"a\":\"***\"", "")},
        {V1("\"a\":\"x cutme\"", ""), V1("\"a\":\"x \"", "")},
        /* another stream is not touched */
        {"{\"streams\":[{\"stream\":{\"token\":\"t\"}},{\"stream\":{\"b\":\"c\"}}]}",
         "{\"streams\":[{\"stream\":{\"service_name\":\"unknown_service\"}},{\"stream\":{\"b\":\"c\"}}]}"});
}

#define LEGACY(labels, line)                                                                                 \
    "{\"streams\":[{\"labels\":\"" labels                                                                    \
    "\",\"entries\":[{\"ts\":\"2024-01-01T00:00:00Z\",\"line\":\"" line "\"}]}]}"

static void test_redact__loki_legacy_json(void **state)
{
    EXPECT(LOKI_PUSH, JSON, {LEGACY("{b=\\\"x\\\",a='y'}", "x"), NULL},
           {LEGACY("{b=\\\"x@y.example\\\",a='y'}", "x@y.example"),
            LEGACY("{a=\\\"y\\\", b=\\\"***@y.example\\\"}", "***@y.example")},
           {LEGACY("{b=\\\"x\\\\x40y.example\\\"}", "x"), LEGACY("{b=\\\"***@y.example\\\"}", "x")},
           {LEGACY("{token=\\\"t\\\"}", "x"), LEGACY("{service_name=\\\"unknown_service\\\"}", "x")},
           {LEGACY("{a=\\\"quoteme\\\"}", "x"), LEGACY("{a=\\\"q\\\\\\\"\\\\\\\\\\\\n\xc3\xa4\\\"}", "x")});
}

#define STREAM(labels, rest) "1{1'" labels "' " rest "}"
#define ENTRY(line, rest)    "2{1{1=5 2=6} 2'" line "' " rest "}"

static void test_redact__loki_protobuf(void **state)
{
    EXPECT(
        LOKI_PUSH, PROTOBUF, {STREAM("{b=\"x\", a=\"y\"}", ENTRY("l", "") "3=77"), NULL},
        {STREAM("{b=\"x@y.example\", a=\"y\"}", ENTRY("l", "")),
         STREAM("{a=\"y\", b=\"***@y.example\"}", ENTRY("l", ""))},
        {STREAM("{a=\"y\"}",
                ENTRY("x@y.example", "3{1'k' 2'x@y.example'} 3{1'token' 2't'} 4{1'x@y.example' 2'v'}")),
         STREAM("{a=\"y\"}", ENTRY("***@y.example",
                                   "3{1'k' 2'***@y.example'} 3{1'token' 2'***'} 4{1'***@y.example' 2'v'}"))},
        {STREAM("{a=\"y\"}", ENTRY("l", "3{1'gone' 2'x'} 3{2'v' 1'k'}")),
         STREAM("{a=\"y\"}", ENTRY("l", "3{2'v' 1'k'}"))},
        {STREAM("{a=\"x\", token=\"t\"}", ENTRY("l", "")), STREAM("{a=\"x\"}", ENTRY("l", ""))},
        {STREAM("{gone=\"t\"}", ENTRY("l", "")), STREAM("{gone=\"***\"}", ENTRY("l", ""))},
        {STREAM("{token=\"t\"}", ENTRY("l", "")),
         STREAM("{service_name=\"unknown_service\"}", ENTRY("l", ""))},
        {STREAM("{a=\"cutme\"}", ""), STREAM("{a=\"***\"}", "")}, {STREAM("{}", ""), NULL},
        /* a name that must be quoted can say anything */
        {STREAM("{\"x@y.example\"=\"v\", a=\"b\"}", ""), STREAM("{a=\"b\"}", "")},
        {STREAM("{\"x@y.example\"=\"v\"}", ""), STREAM("{service_name=\"unknown_service\"}", "")},
        {STREAM("{\"odd name\"=\"v\"}", ""), NULL},
        /* what the backend skips does not go on unseen either */
        {STREAM("{a=\"b\"} # x@y.example", ""), STREAM("{a=\"b\"}", "")},
        {STREAM("{a=\"b\", # x@y.example\n}", ""), STREAM("{a=\"b\"}", "")},
        {STREAM("{a=\"b\", \"x@y.example\"=\"\"}", ""), STREAM("{a=\"b\"}", "")},
        {STREAM("{} # x@y.example", ""), STREAM("{service_name=\"unknown_service\"}", "")},
        {"1{1'{a=\"b\"}'} 2'x@y.example'", "1{1'{a=\"b\"}'} 2'***@y.example'"});
}

/* The hash of a stream goes with a change of its labels, and only then. */
static void test_redact__loki_hashes(void **state)
{
    EXPECT(LOKI_PUSH, PROTOBUF,
           {STREAM("{a=\"y\"}", ENTRY("x@y.example", "") "3=77"),
            STREAM("{a=\"y\"}", ENTRY("***@y.example", "") "3=77")},
           {STREAM("{a=\"x@y.example\"}", "3=77 " ENTRY("l", "")),
            STREAM("{a=\"***@y.example\"}", ENTRY("l", ""))},
           {"1{3=77 1'{a=\"x@y.example\"}' 3=78}", "1{1'{a=\"***@y.example\"}'}"},
           {STREAM("{a=\"b\"}", "3=1") STREAM("{token=\"b\",c=\"d\"}", "3=2") STREAM("{a=\"e\"}", "3=3")
                STREAM("{e=\"x@y.example\"}", "3=4"),
            STREAM("{a=\"b\"}", "3=1") STREAM("{c=\"d\"}", "") STREAM("{a=\"e\"}", "3=3")
                STREAM("{e=\"***@y.example\"}", "")});
}

/* ---- what is refused ---- */

static void test_redact__refuses_what_it_cannot_read(void **state)
{
    static const struct {
        rd_signal s;
        rd_format f;
        const char *in;
        rd_outcome want;
    } cases[] = {
        {RD_SIGNAL_LOGS, RD_FORMAT_JSON, "", RD_TRUNCATED},
        {RD_SIGNAL_LOGS, RD_FORMAT_JSON, "[]", RD_MALFORMED},
        {RD_SIGNAL_LOGS, RD_FORMAT_JSON, "{} {}", RD_MALFORMED},
        {RD_SIGNAL_LOGS, RD_FORMAT_JSON, BODY("\"bytesValue\":\"a\""), RD_MALFORMED},
        {RD_SIGNAL_LOGS, RD_FORMAT_JSON, BODY("\"stringValue\":\"\xff\""), RD_MALFORMED},
        {RD_SIGNAL_LOGS, RD_FORMAT_PROTOBUF, PB("5{1'\xff'}"), RD_MALFORMED},
        {RD_SIGNAL_LOGS, RD_FORMAT_PROTOBUF, PB("9'text as an id'"), RD_INVALID},
        {RD_SIGNAL_LOGS, RD_FORMAT_PROTOBUF, PB("5'jane@example.com'"), RD_MALFORMED},
        {RD_SIGNAL_LOKI_PUSH, RD_FORMAT_PROTOBUF, "", RD_EMPTY},
        {RD_SIGNAL_LOKI_PUSH, RD_FORMAT_JSON, "{}", RD_EMPTY},
        {RD_SIGNAL_LOKI_PUSH, RD_FORMAT_JSON, "{\"streams\":[]}", RD_EMPTY},
        {RD_SIGNAL_LOKI_PUSH, RD_FORMAT_PROTOBUF, STREAM("{a=b}", ""), RD_MALFORMED},
        {RD_SIGNAL_LOKI_PUSH, RD_FORMAT_PROTOBUF, STREAM("{a=\"b\",a=\"c\"}", ""), RD_INVALID},
        {RD_SIGNAL_LOKI_PUSH, RD_FORMAT_JSON, LEGACY("{a=\\\"b}", "l"), RD_MALFORMED},
        {RD_SIGNAL_LOKI_PUSH, RD_FORMAT_JSON, V1("\"a=\\\"x\\\", b\":\"c\"", ""), RD_INVALID},
    };
    rd_policy *p = kit_policy(rules, R_COUNT);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rd_buf in = kit_body(cases[i].f, cases[i].in);
        kit_result k = kit_run(p, cases[i].s, cases[i].f, rd_buf_slice(&in));
        if (k.outcome != cases[i].want)
            fail_msg("%s: %s, not %s", cases[i].in, rd_outcome_word(k.outcome),
                     rd_outcome_word(cases[i].want));
        assert_non_null(k.err.what);
        kit_free(&k);
        rd_buf_release(&in);
    }
    rd_policy_free(&p);
}

static void test_redact__says_when_there_is_nothing(void **state)
{
    static const struct {
        rd_format f;
        const char *in;
        bool nothing;
        uint32_t n_items;
    } cases[] = {
        {RD_FORMAT_PROTOBUF, "", true, 0},
        {RD_FORMAT_JSON, "{}", true, 0},
        {RD_FORMAT_JSON, " {\"resourceLogs\" : []}\n", true, 0},
        {RD_FORMAT_JSON, "{\"resourceLogs\":null}", true, 0},
        {RD_FORMAT_PROTOBUF, "1{}", false, 0},
        {RD_FORMAT_JSON, "{\"resourceLogs\":[{}]}", false, 0},
        {RD_FORMAT_PROTOBUF, "99'x'", false, 0},
        {RD_FORMAT_JSON, "{\"x\":\"y\"}", false, 0},
        {RD_FORMAT_PROTOBUF, PB("") PB(""), false, 2},
        {RD_FORMAT_JSON, RECORD(""), false, 1},
    };
    rd_policy *p = kit_policy(rules, R_COUNT);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rd_buf in = kit_body(cases[i].f, cases[i].in);
        kit_result k = kit_run(p, RD_SIGNAL_LOGS, cases[i].f, rd_buf_slice(&in));
        assert_int_equal(k.outcome, RD_OK);
        if (k.r.nothing != cases[i].nothing || k.r.n_items != cases[i].n_items)
            fail_msg("%s: nothing %d, %u items", cases[i].in, k.r.nothing, k.r.n_items);
        kit_free(&k);
        rd_buf_release(&in);
    }
    rd_policy_free(&p);
}

/* ---- single texts ---- */

static void test_redact__single_texts(void **state)
{
    rd_policy *p = kit_policy(rules, R_COUNT);
    rd_redactor *r = rd_redactor_new();
    rd_buf in, out;
    rd_buf_init(&in, 1000);
    rd_buf_init(&out, 1000);
    rd_buf_append_str(&out, "before: ");
    rd_buf_append_str(&in, "plain");
    assert_int_equal(
        rd_redact_text(r, &(rd_text_job){.policy = p, .cls = RD_CLASS_BODY}, rd_buf_slice(&in), &out), RD_OK);
    rd_buf_clear(&in, 1000);
    rd_buf_append_str(&in, ", jane@example.com and P-123456");
    assert_int_equal(
        rd_redact_text(r, &(rd_text_job){.policy = p, .cls = RD_CLASS_BODY}, rd_buf_slice(&in), &out), RD_OK);
    rd_buf_clear(&in, 1000);
    assert_int_equal(
        rd_redact_text(r, &(rd_text_job){.policy = p, .cls = RD_CLASS_BODY}, rd_buf_slice(&in), &out), RD_OK);
    rd_buf_append_byte(&out, 0);
    assert_string_equal((char *)out.p, "before: plain, j***@example.com and P-***");
    rd_buf_release(&in);
    rd_buf_release(&out);
    rd_redactor_free(&r);
    rd_policy_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_redact__json_texts),
        cmocka_unit_test(test_redact__protobuf_equal_keys),
        cmocka_unit_test(test_redact__json_equal_keys),
        cmocka_unit_test(test_redact__json_bytes),
        cmocka_unit_test(test_redact__json_numbers),
        cmocka_unit_test(test_redact__json_pairs),
        cmocka_unit_test(test_redact__other_signals_in_json),
        cmocka_unit_test(test_redact__protobuf_texts),
        cmocka_unit_test(test_redact__protobuf_pairs_and_numbers),
        cmocka_unit_test(test_redact__protobuf_prefixes_grow),
        cmocka_unit_test(test_redact__loki_json),
        cmocka_unit_test(test_redact__loki_legacy_json),
        cmocka_unit_test(test_redact__loki_protobuf),
        cmocka_unit_test(test_redact__loki_hashes),
        cmocka_unit_test(test_redact__refuses_what_it_cannot_read),
        cmocka_unit_test(test_redact__says_when_there_is_nothing),
        cmocka_unit_test(test_redact__single_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
