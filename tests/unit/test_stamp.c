/* SPDX-License-Identifier: MIT */
/* Labels put into every resource and stream, and the sender's own copies taken out wherever they hide. */
#include "tests/unit/redact_kit.h"

static const rd_stamp_label labels[] = {{{(const uint8_t *)"workspace_id", 12}, {(const uint8_t *)"w1", 2}},
                                        {{(const uint8_t *)"env", 3}, {(const uint8_t *)"a\"b", 3}}};
static const rd_stamp one = {.labels = labels, .n_labels = 1}, two = {.labels = labels, .n_labels = 2};
static rd_policy *policy;

/* Field 1 of a message: the attribute that is stamped. */
#define W  "1{1'workspace_id' 2{1'w1'}}"
#define WJ "{\"key\":\"workspace_id\",\"value\":{\"stringValue\":\"w1\"}}"

static int set_up(void **state)
{
    const rd_rule_spec rules[] = {{.name = "w1", KIT_PATTERN("w1|evil")},
                                  {.name = "secret", KIT_KEYS("user_id")}};
    policy = kit_policy(rules, 2);
    return 0;
}

static int tear_down(void **state)
{
    rd_policy_free(&policy);
    return 0;
}

/* With texts that are made for the body, and with those that were made before. */
static void expect(const rd_stamp *s, rd_signal signal, rd_format f, const char *in, const char *want)
{
    rd_buf texts;
    rd_stamp_texts ready;
    kit_stamp = s;
    kit_expect(policy, signal, f, in, want);
    kit_stamp = NULL;
    if (s == NULL)
        return;
    rd_stamp prepared = *s;
    rd_buf_init(&texts, 1 << 16);
    rd_stamp_prepare(s, &texts, &ready);
    prepared.texts = &ready;
    kit_stamp = &prepared;
    kit_expect(policy, signal, f, in, want);
    kit_stamp = NULL;
    rd_buf_release(&texts);
}

static kit_result run(const rd_stamp *s, rd_signal signal, rd_format f, const char *in)
{
    rd_buf from = kit_body(f, in);
    kit_stamp = s;
    kit_result k = kit_run(policy, signal, f, rd_buf_slice(&from));
    kit_stamp = NULL;
    rd_buf_release(&from);
    return k;
}

/* `in` is refused with `o`, or, RD_OK, `n` reserved names are taken out of it. */
static void judge(const rd_stamp *s, rd_signal signal, rd_format f, const char *in, rd_outcome o, uint32_t n)
{
    kit_result k = run(s, signal, f, in);
    if (k.outcome != o)
        fail_msg("%s\nended with %s", in, rd_outcome_word(k.outcome));
    if (o == RD_OK && k.r.n_reserved != n)
        fail_msg("%s\nhad %u reserved names", in, k.r.n_reserved);
    kit_free(&k);
}

#define PB   RD_FORMAT_PROTOBUF
#define JSON RD_FORMAT_JSON

static void test_stamp__protobuf_resources(void **state)
{
    expect(&one, RD_SIGNAL_LOGS, PB, "", NULL);
    expect(&one, RD_SIGNAL_LOGS, PB, "1{}", "1{1{" W "}}");
    expect(&one, RD_SIGNAL_LOGS, PB, "1{1{}}", "1{1{" W "}}");
    expect(&one, RD_SIGNAL_LOGS, PB, "1{2{2{5{1'hi'}}}}", "1{1{" W "} 2{2{5{1'hi'}}}}");
    expect(&one, RD_SIGNAL_LOGS, PB, "1{2{2{5{1'hi'}}} 1{2=3}}", "1{2{2{5{1'hi'}}} 1{" W " 2=3}}");
    expect(&one, RD_SIGNAL_LOGS, PB, "1{1{1{1'a' 2{1'b'}}}} 1{}", "1{1{" W " 1{1'a' 2{1'b'}}}} 1{1{" W "}}");
    expect(&one, RD_SIGNAL_TRACES, PB, "1{3'url'}", "1{1{" W "} 3'url'}");
    expect(&one, RD_SIGNAL_METRICS, PB, "1{1{1{1'a' 2{3=5}} 2=1}}", "1{1{" W " 1{1'a' 2{3=5}} 2=1}}");
    expect(&two, RD_SIGNAL_LOGS, PB, "1{}", "1{1{" W " 1{1'env' 2{1'a\"b'}}}}");
    expect(NULL, RD_SIGNAL_LOGS, PB, "1{1{1{1'workspace_id' 2{1'x'}}}}", NULL);
}

/* Each in another place or another spelling; what stays is the stamped one. */
static void test_stamp__protobuf_copies_go(void **state)
{
    static const struct {
        rd_signal signal;
        const char *in, *want;
    } rows[] = {
        {RD_SIGNAL_LOGS, "1{1{1{1'workspace_id' 2{1'evil'}}}}", "1{1{" W "}}"},
        {RD_SIGNAL_LOGS, "1{1{1{1'workspace_id' 2{1'evil'}} 1{1'workspace_id' 2{1'evil'}} 1{1'a' 2{1'b'}}}}",
         "1{1{" W " 1{1'a' 2{1'b'}}}}"},
        {RD_SIGNAL_LOGS, "1{1{1{2{1'evil'} 1'workspace_id'}}}", "1{1{" W "}}"},      /* value first */
        {RD_SIGNAL_LOGS, "1{1{1{1'a' 1'workspace_id' 2{1'evil'}}}}", "1{1{" W "}}"}, /* two keys */
        {RD_SIGNAL_LOGS, "1{1{1{1'workspace_id' 1'a' 2{1'evil'}}}}", "1{1{" W "}}"},
        {RD_SIGNAL_LOGS, "1{1{1{1'workspace_id'}}}", "1{1{" W "}}"}, /* no value */
        {RD_SIGNAL_LOGS, "1{1{1{1'workspace.id' 2{3=7}}}}", "1{1{" W "}}"},
        {RD_SIGNAL_LOGS, "1{1{1{1'Workspace--ID' 2{1'evil'}}}}", "1{1{" W "}}"},
        {RD_SIGNAL_LOGS, "1{1{1{1'workspace__id' 2{5{1{1'evil'}}}}}}", "1{1{" W "}}"},
        {RD_SIGNAL_LOGS, "1{1{1{1'm' 2{6{1{1'workspace_id' 2{1'evil'}}}}}}}", "1{1{" W " 1{1'm' 2{6{}}}}}"},
        {RD_SIGNAL_LOGS, "1{2{1{3{1'workspace_id' 2{1'evil'}}}}}", "1{1{" W "} 2{1{}}}"}, /* scope */
        {RD_SIGNAL_LOGS, "1{2{2{6{1'workspace_id' 2{1'evil'}}}}}", "1{1{" W "} 2{2{}}}"}, /* record */
        {RD_SIGNAL_LOGS, "1{1000{2{6{1'workspace_id' 2{1'evil'}}}}}",
         "1{1{" W "} 1000{2{}}}"},                                                          /* deprecated */
        {RD_SIGNAL_TRACES, "1{2{2{9{1'workspace_id' 2{1'evil'}}}}}", "1{1{" W "} 2{2{}}}"}, /* span */
        {RD_SIGNAL_TRACES, "1{2{2{11{3{1'workspace_id' 2{1'evil'}}}}}}",
         "1{1{" W "} 2{2{11{}}}}"}, /* event */
        {RD_SIGNAL_TRACES, "1{2{2{13{4{1'workspace_id' 2{1'evil'}}}}}}", "1{1{" W "} 2{2{13{}}}}"}, /* link */
        {RD_SIGNAL_METRICS, "1{2{2{5{1{7{1'workspace_id' 2{1'evil'}}}}}}}", "1{1{" W "} 2{2{5{1{}}}}}"},
        {RD_SIGNAL_METRICS, "1{2{2{5{1{1{1'workspace_id' 2'evil'}}}}}}",
         "1{1{" W "} 2{2{5{1{}}}}}"}, /* labels */
        {RD_SIGNAL_METRICS, "1{2{2{5{1{5{7{1'workspace_id' 2{1'evil'}}}}}}}}", "1{1{" W "} 2{2{5{1{5{}}}}}}"},
        {RD_SIGNAL_METRICS, "1{2{2{12{1'workspace_id' 2{1'evil'}}}}}", "1{1{" W "} 2{2{}}}"}, /* metadata */
        {RD_SIGNAL_METRICS, "1{1{1{1'__aggregated_metric__' 2{1'a'}} 1{1'__backfill_x' 2{1'a'}}}}",
         "1{1{" W "}}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect(&one, rows[i].signal, PB, rows[i].in, rows[i].want);
}

/* What is no label to anybody. */
static void test_stamp__others_stay(void **state)
{
    expect(&one, RD_SIGNAL_LOGS, PB, "1{1{} 2{2{5{6{1{1'workspace_id' 2{1'in a body'}}}}}}}",
           "1{1{" W "} 2{2{5{6{1{1'workspace_id' 2{1'in a body'}}}}}}}");
    judge(&one, RD_SIGNAL_LOGS, PB, "1{1{1{1'workspace_i' 2{1'a'}} 1{1'workspace_idd' 2{1'a'}}}}", RD_OK, 0);
    judge(&one, RD_SIGNAL_LOGS, PB, "1{1{1{1'workspaceid' 2{1'a'}} 1{1'_workspace_id' 2{1'a'}}}}", RD_OK, 0);
    judge(&one, RD_SIGNAL_LOGS, PB, "1{1{1{1'env' 2{1'a'}} 1{1'_pattern_' 2{1'a'}}}}", RD_OK, 0);
    judge(&two, RD_SIGNAL_LOGS, PB, "1{1{1{1'env' 2{1'a'}} 1{1'__pattern__' 2{1'a'}}}}", RD_OK, 2);
}

static void test_stamp__two_resources_are_refused(void **state)
{
    judge(&one, RD_SIGNAL_LOGS, PB, "1{1{} 1{}}", RD_INVALID, 0);
    judge(&one, RD_SIGNAL_LOGS, PB, "1{1{} 2{} 1{1{1'a' 2{1'b'}}}}", RD_INVALID, 0);
    judge(NULL, RD_SIGNAL_LOGS, PB, "1{1{} 1{}}", RD_OK, 0);
    judge(&one, RD_SIGNAL_LOGS, JSON, "{\"resourceLogs\":[{\"resource\":{},\"resource\":{}}]}", RD_INVALID,
          0);
    judge(&one, RD_SIGNAL_LOGS, JSON, "{\"resourceLogs\":[{\"resource\":{},\"resource\":null}]}", RD_INVALID,
          0);
    judge(&one, RD_SIGNAL_LOGS, JSON,
          "{\"resourceLogs\":[{\"resource\":{\"attributes\":[],\"attributes\":[]}}]}", RD_INVALID, 0);
    judge(NULL, RD_SIGNAL_LOGS, JSON, "{\"resourceLogs\":[{\"resource\":{},\"resource\":{}}]}", RD_OK, 0);
}

static void test_stamp__json(void **state)
{
#define RL(x) "{\"resourceLogs\":[" x "]}"
    static const char *const rows[][2] = {
        {"{}", NULL},
        {RL(""), NULL},
        {RL("{}"), RL("{\"resource\":{\"attributes\":[" WJ "]}}")},
        {RL("{\"resource\":{}}"), RL("{\"resource\":{\"attributes\":[" WJ "]}}")},
        {RL("{\"resource\":null}"), RL("{\"resource\":{\"attributes\":[" WJ "]}}")},
        {RL("{ \"resource\" : { \"attributes\" : null } }"),
         RL("{ \"resource\" : { \"attributes\" : [" WJ "] } }")},
        {RL("{\"resource\":{\"attributes\":[]}}"), RL("{\"resource\":{\"attributes\":[" WJ "]}}")},
        {RL("{\"scopeLogs\":[]}"), RL("{\"resource\":{\"attributes\":[" WJ "]},\"scopeLogs\":[]}")},
        {RL("{\"resource\":{\"droppedAttributesCount\":1}}"),
         RL("{\"resource\":{\"attributes\":[" WJ "],\"droppedAttributesCount\":1}}")},
        {RL("{\"resource\":{\"attributes\":[{\"key\":\"workspace_id\",\"value\":{\"stringValue\":\"evil\"}}]}"
            "}"),
         RL("{\"resource\":{\"attributes\":[" WJ "]}}")},
        {RL("{\"resource\":{\"attributes\":[{\"key\":\"workspace\\u005fid\",\"value\":{\"intValue\":1}}, "
            "{\"key\":\"a\",\"value\":{}}]}}"),
         RL("{\"resource\":{\"attributes\":[" WJ ", {\"key\":\"a\",\"value\":{}}]}}")},
        {RL("{\"resource\":{\"attributes\":[{\"key\":\"a\",\"value\":{}},{\"value\":{\"stringValue\":"
            "\"evil\"},"
            "\"key\":\"workspace_id\"}]}}"),
         RL("{\"resource\":{\"attributes\":[" WJ ",{\"key\":\"a\",\"value\":{}}]}}")},
        {RL("{\"resource\":{\"attributes\":[{\"key\":\"a\",\"key\":\"workspace_id\",\"value\":{}}]}}"),
         RL("{\"resource\":{\"attributes\":[" WJ "]}}")},
        {"{\"resource_logs\":[{\"scope_logs\":[{\"log_records\":[{\"attributes\":[{\"key\":\"WORKSPACE_ID\","
         "\"value\":{\"string_value\":\"evil\"}}]}]}]}]}",
         "{\"resource_logs\":[{\"resource\":{\"attributes\":[" WJ "]},\"scope_logs\":[{\"log_records\":[{"
         "\"attributes\":[]}]}]}]}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect(&one, RD_SIGNAL_LOGS, JSON, rows[i][0], rows[i][1]);
    expect(&two, RD_SIGNAL_LOGS, JSON, RL("{}"),
           RL("{\"resource\":{\"attributes\":[" WJ
              ",{\"key\":\"env\",\"value\":{\"stringValue\":\"a\\\"b\"}}]}}"));
}

static void test_stamp__loki_protobuf(void **state)
{
    expect(&one, RD_SIGNAL_LOKI_PUSH, PB, "1{1'{job=\"x\"}' 2{2'l'}}",
           "1{1'{job=\"x\", workspace_id=\"w1\"}' 2{2'l'}}");
    expect(&two, RD_SIGNAL_LOKI_PUSH, PB, "1{1'{job=\"x\"}' 3=7 2{2'l'}}",
           "1{1'{env=\"a\\\"b\", job=\"x\", workspace_id=\"w1\"}' 2{2'l'}}"); /* its hash is stale */
    expect(&one, RD_SIGNAL_LOKI_PUSH, PB, "1{1'{zz=\"1\",workspace_id=\"evil\"}'}",
           "1{1'{workspace_id=\"w1\", zz=\"1\"}'}");
    expect(&one, RD_SIGNAL_LOKI_PUSH, PB, "1{1'{\"workspace.id\"=`evil`, a=\"\\167\"}'}",
           "1{1'{a=\"w\", workspace_id=\"w1\"}'}");
    expect(&one, RD_SIGNAL_LOKI_PUSH, PB, "1{1'{}'}", "1{1'{workspace_id=\"w1\"}'}");
    expect(&one, RD_SIGNAL_LOKI_PUSH, PB, "1{3=7 2{2'l'}} 1{1'{a=\"b\"}' 3=8}",
           "1{1'{workspace_id=\"w1\"}' 2{2'l'}} 1{1'{a=\"b\", workspace_id=\"w1\"}'}");
    expect(&one, RD_SIGNAL_LOKI_PUSH, PB,
           "1{1'{a=\"b\"}' 2{2'l' 3{1'workspace_id' 2'evil'} 4{1'workspace_id' 2'x'}}}",
           "1{1'{a=\"b\", workspace_id=\"w1\"}' 2{2'l'}}");
    judge(&one, RD_SIGNAL_LOKI_PUSH, PB, "1{1'{a=\"b\"}' 1'{c=\"d\"}'}", RD_INVALID, 0);
    judge(&one, RD_SIGNAL_LOKI_PUSH, PB, "1{1'{__pattern__=\"b\", __backfill__=\"c\"}'}", RD_OK, 2);
}

static void test_stamp__loki_json(void **state)
{
#define ST(x) "{\"streams\":[" x "]}"
#define LJ    "\"workspace_id\":\"w1\""
    static const char *const rows[][2] = {
        {ST("{\"stream\":{\"a\":\"b\"},\"values\":[]}"),
         ST("{\"stream\":{" LJ ",\"a\":\"b\"},\"values\":[]}")},
        {ST("{\"stream\":{},\"values\":[]}"), ST("{\"stream\":{" LJ "},\"values\":[]}")},
        {ST("{\"stream\":null,\"values\":[]}"), ST("{\"stream\":{" LJ "},\"values\":[]}")},
        {ST("{\"values\":[]}"), ST("{\"stream\":{" LJ "},\"values\":[]}")},
        {ST("{}"), ST("{\"stream\":{" LJ "}}")},
        {ST("{\"stream\":{\"workspace_id\":\"evil\"}}"), ST("{\"stream\":{" LJ "}}")},
        {ST("{\"stream\":{\"workspace\\u005fid\":\"evil\",\"a\":\"b\"}}"),
         ST("{\"stream\":{" LJ ",\"a\":\"b\"}}")},
        {ST("{\"stream\":{\"user_id\":\"1\"},\"values\":[[\"1\",\"l\",{\"workspace_id\":\"evil\"}]]}"),
         ST("{\"stream\":{" LJ ",\"user_id\":\"***\"},\"values\":[[\"1\",\"l\",{}]]}")},
        {ST("{\"labels\":\"{a=\\\"b\\\"}\",\"entries\":[]}"),
         ST("{\"labels\":\"{a=\\\"b\\\", workspace_id=\\\"w1\\\"}\",\"entries\":[]}")},
        {ST("{\"Labels\":null,\"entries\":[]}"),
         ST("{\"Labels\":\"{workspace_id=\\\"w1\\\"}\",\"entries\":[]}")},
        {ST("{\"entries\":[]}"), ST("{\"labels\":\"{workspace_id=\\\"w1\\\"}\",\"entries\":[]}")},
        {ST("{\"labels\":\"{workspace_i\\u0064=\\\"evil\\\"}\"}"),
         ST("{\"labels\":\"{workspace_id=\\\"w1\\\"}\"}")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect(&one, RD_SIGNAL_LOKI_PUSH, JSON, rows[i][0], rows[i][1]);
    judge(&one, RD_SIGNAL_LOKI_PUSH, JSON, ST("{\"stream\":{},\"stream\":{}}"), RD_INVALID, 0);
    judge(&one, RD_SIGNAL_LOKI_PUSH, JSON, ST("{\"labels\":\"{}\",\"Labels\":\"{}\"}"), RD_INVALID, 0);
    judge(&one, RD_SIGNAL_LOKI_PUSH, JSON, ST("{\"stream\":{\"x\":\"1\"},\"labels\":\"{y=\\\"1\\\"}\"}"),
          RD_OK, 0);
}

static void test_stamp__refuse(void **state)
{
    const rd_stamp strict = {.labels = labels, .n_labels = 1, .refuse = true};
    judge(&strict, RD_SIGNAL_LOGS, PB, "1{1{1{1'a' 2{1'b'}}}}", RD_OK, 0);
    judge(&strict, RD_SIGNAL_LOGS, PB, "1{2{2{6{1'workspace_id' 2{1'evil'}}}}}", RD_REFUSED, 0);
    judge(&strict, RD_SIGNAL_LOKI_PUSH, PB, "1{1'{workspace_id=\"evil\"}'}", RD_REFUSED, 0);
    judge(&strict, RD_SIGNAL_LOKI_PUSH, JSON, ST("{\"stream\":{\"workspace_id\":\"evil\"}}"), RD_REFUSED, 0);
}

static void test_stamp__label_limit(void **state)
{
    const rd_stamp limited = {.labels = labels, .n_labels = 1, .max_stream_labels = 3};
    judge(&limited, RD_SIGNAL_LOKI_PUSH, PB, "1{1'{a=\"1\",b=\"2\"}'}", RD_OK, 0);
    judge(&limited, RD_SIGNAL_LOKI_PUSH, PB, "1{1'{a=\"1\",b=\"2\",workspace_id=\"x\",c=\"\"}'}", RD_OK, 1);
    judge(&limited, RD_SIGNAL_LOKI_PUSH, PB, "1{1'{a=\"1\",b=\"2\",c=\"3\"}'}", RD_REFUSED, 0);
    judge(&limited, RD_SIGNAL_LOKI_PUSH, JSON, ST("{\"stream\":{\"a\":\"1\",\"b\":\"2\",\"c\":\"\"}}"), RD_OK,
          0);
    judge(&limited, RD_SIGNAL_LOKI_PUSH, JSON, ST("{\"stream\":{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\"}}"),
          RD_REFUSED, 0);
    judge(NULL, RD_SIGNAL_LOKI_PUSH, PB, "1{1'{a=\"1\",b=\"2\",c=\"3\",d=\"4\"}'}", RD_OK, 0);
}

/* A label that may give way becomes metadata of every entry, as it was redacted. */
static void test_stamp__makes_room(void **state)
{
    static const rd_slice movable[] = {
        {(const uint8_t *)"none", 4}, {(const uint8_t *)"b", 1}, {(const uint8_t *)"a", 1}};
    const rd_stamp roomy = {
        .labels = labels, .n_labels = 1, .max_stream_labels = 3, .movable = movable, .n_movable = 3};
    const rd_stamp tight = {
        .labels = labels, .n_labels = 1, .max_stream_labels = 2, .movable = movable, .n_movable = 3};
    expect(&roomy, RD_SIGNAL_LOKI_PUSH, PB, "1{1'{a=\"1\",b=\"2\"}' 2{2'l'}}",
           "1{1'{a=\"1\", b=\"2\", workspace_id=\"w1\"}' 2{2'l'}}");
    expect(&roomy, RD_SIGNAL_LOKI_PUSH, PB,
           "1{1'{a=\"1\",b=\"evil\",c=\"3\"}' 2{2'l' 3{1'x' 2'y'}} 2{2'm'}} 1{1'{}' 2{2'n'}}",
           "1{1'{a=\"1\", c=\"3\", workspace_id=\"w1\"}' 2{3{1'b' 2'***'} 2'l' 3{1'x' 2'y'}} 2{3{1'b' "
           "2'***'} 2'm'}} "
           "1{1'{workspace_id=\"w1\"}' 2{2'n'}}");
    expect(&tight, RD_SIGNAL_LOKI_PUSH, PB, "1{2{2'l'} 1'{a=\"1\",b=\"2\",c=\"3\"}'}",
           "1{2{3{1'b' 2'2'} 3{1'a' 2'1'} 2'l'} 1'{c=\"3\", workspace_id=\"w1\"}'}");
    judge(&tight, RD_SIGNAL_LOKI_PUSH, PB, "1{1'{c=\"1\",d=\"2\"}'}", RD_REFUSED, 0);
    /* of two values under one name a backend shows one */
    expect(&roomy, RD_SIGNAL_LOKI_PUSH, PB, "1{1'{a=\"1\",b=\"2\",c=\"3\"}' 2{2'l'} 2{2'm' 3{1'B' 2'y'}}}",
           "1{1'{b=\"2\", c=\"3\", workspace_id=\"w1\"}' 2{3{1'a' 2'1'} 2'l'} 2{3{1'a' 2'1'} 2'm' 3{1'B' "
           "2'y'}}}");
}

/* A buffer without memory, and one that has something in it already. */
static void test_prepare__no_label_is_no_text(void **state)
{
    const rd_stamp none = {.labels = labels};
    rd_stamp_texts ready;
    rd_buf texts;
    rd_buf_init(&texts, 1 << 10);
    for (unsigned i = 0; i < 2; i++) {
        rd_stamp_prepare(&none, &texts, &ready);
        assert_int_equal(ready.attributes.n + ready.items.n + ready.members.n, 0);
        rd_buf_append_str(&texts, "before");
    }
    rd_stamp_prepare(&one, &texts, &ready);
    assert_true(rd_slice_eq(ready.items, RD_SLICE_LIT(WJ)));
    rd_buf_release(&texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stamp__protobuf_resources),
        cmocka_unit_test(test_stamp__protobuf_copies_go),
        cmocka_unit_test(test_stamp__others_stay),
        cmocka_unit_test(test_stamp__two_resources_are_refused),
        cmocka_unit_test(test_stamp__json),
        cmocka_unit_test(test_stamp__loki_protobuf),
        cmocka_unit_test(test_stamp__loki_json),
        cmocka_unit_test(test_stamp__refuse),
        cmocka_unit_test(test_stamp__label_limit),
        cmocka_unit_test(test_stamp__makes_room),
        cmocka_unit_test(test_prepare__no_label_is_no_text),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
