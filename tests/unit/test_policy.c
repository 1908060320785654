/* SPDX-License-Identifier: MIT */
/* Policies: which rule acts where, what shadow rules may not do, what a pattern over its budget does, wrong
 * rules. */
#include "tests/unit/redact_kit.h"

#include <stdio.h>

#include "filters/base/utf8.h"

#define BIT(x)     (UINT64_C(1) << (x))
#define RECORD(x)  "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{" x "}]}]}]}"
#define BODY(x)    RECORD("\"body\":{\"stringValue\":\"" x "\"}")
#define ATTR(k, v) "{\"key\":\"" k "\",\"value\":{\"stringValue\":\"" v "\"}}"

/* Runs one JSON logs body; asserts what it becomes. The caller frees the result. */
static kit_result run_json(const rd_policy *p, const char *in, const char *want)
{
    kit_result k = kit_run(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, rd_slice_str(in));
    if (k.outcome != RD_OK)
        fail_msg("%s: %s", in, k.err.what);
    if (!rd_slice_eq(k.r.body, rd_slice_str(want)))
        fail_msg("%s\nbecame %.*s\nwanted %s", in, (int)k.body.n, (const char *)k.body.p, want);
    return k;
}

/* ---- wrong rules ---- */

static void test_policy__refuses_wrong_rules(void **state)
{
    const rd_rule_spec good = {.name = "good", KIT_PATTERN("x")};
    const struct {
        rd_rule_spec rule;
        size_t offset;
    } cases[] = {
        {{.name = "none", .detector = -1}, SIZE_MAX},
        {{.name = "two", KIT_KEYS("a"), .pattern = "b"}, SIZE_MAX},
        {{.name = "also two", .detector = 0, .pattern = "b"}, SIZE_MAX},
        {{.name = "no such detector", .detector = RD_DETECTOR_COUNT}, SIZE_MAX},
        {{.name = "open group", KIT_PATTERN("a(b")}, 3},
        {{.name = "no such group", KIT_PATTERN("a(b)"), .group = 2}, 0},
        {{.name = "half a character", KIT_PATTERN("a\\C")}, 3},
        {{.name = "bad in one signal", KIT_PATTERN("("), .signals = BIT(RD_SIGNAL_METRICS)}, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        /* Between good ones, so that the right one must be named. */
        const rd_rule_spec rules[] = {good, cases[i].rule, good, good};
        rd_policy *p = NULL;
        rd_error err = {0};
        uint32_t bad = 99;
        rd_outcome o = rd_policy_build(rules, 4, &p, &bad, &err);
        if (o != RD_INVALID || bad != 1 || err.offset != cases[i].offset || p != NULL)
            fail_msg("%s: %s, rule %u at %zu", cases[i].rule.name, rd_outcome_word(o), bad, err.offset);
        assert_non_null(err.what);
    }
}

static void test_policy__takes_as_many_rules_as_it_says(void **state)
{
    static char patterns[RD_MAX_RULES + 1][16], names[RD_MAX_RULES + 1][16];
    static rd_rule_spec rules[RD_MAX_RULES + 1];
    rd_policy *p = NULL;
    rd_error err = {0};
    uint32_t bad;
    for (unsigned i = 0; i <= RD_MAX_RULES; i++) {
        snprintf(patterns[i], sizeof patterns[i], "x%03uy", i);
        snprintf(names[i], sizeof names[i], "r%u", i);
        rules[i] = (rd_rule_spec){.name = names[i], KIT_PATTERN(patterns[i])};
    }
    assert_int_equal(rd_policy_build(rules, RD_MAX_RULES + 1, &p, &bad, &err), RD_TOO_MANY);
    p = kit_policy(rules, RD_MAX_RULES);
    assert_int_equal(rd_policy_rules(p), RD_MAX_RULES);
    assert_string_equal(rd_policy_rule_name(p, 255), "r255");
    assert_string_equal(rd_policy_rule_name(p, 256), "?");
    kit_result k = run_json(p, BODY("x000y x255y x256y x017y x255y"), BODY("*** *** x256y *** ***"));
    assert_int_equal(kit_hits(&k, 0, RD_CLASS_BODY), 1);
    assert_int_equal(kit_hits(&k, 17, RD_CLASS_BODY), 1);
    assert_int_equal(kit_hits(&k, 255, RD_CLASS_BODY), 2);
    assert_int_equal(k.r.n_hits, 3);
    kit_free(&k);
    rd_policy_free(&p);
    p = kit_policy(NULL, 0);
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, BODY("jane@example.com"), NULL);
    rd_policy_free(&p);
}

/* ---- which rule acts ---- */

/* Names of the protocol's own places only; where two rules have a name, the other one is asked inside texts.
 */
static void test_policy__keys_may_leave_texts_alone(void **state)
{
    const rd_rule_spec rules[] = {
        {.name = "texts", KIT_KEYS("order"), .action = RD_ACTION_REPLACE, .replacement = "1"},
        {.name = "places",
         KIT_KEYS("request_id", "order"),
         .action = RD_ACTION_REPLACE,
         .replacement = "2",
         .not_in_texts = true},
        {.name = "shadow", KIT_KEYS("trace"), .mode = RD_MODE_SHADOW, .not_in_texts = true},
    };
    rd_policy *p = kit_policy(rules, 3);
    kit_result k =
        run_json(p,
                 RECORD("\"body\":{\"stringValue\":\"request_id=7 order=8 trace=9\"},\"attributes\":[" ATTR(
                     "request_id",
                     "a") "," ATTR("order", "b") "," ATTR("trace", "c") "," ATTR("x", "request_id=d") "]"),
                 RECORD("\"body\":{\"stringValue\":\"request_id=7 order=1 trace=9\"},\"attributes\":[" ATTR(
                     "request_id",
                     "2") "," ATTR("order", "2") "," ATTR("trace", "c") "," ATTR("x", "request_id=d") "]"));
    assert_int_equal(kit_hits(&k, 0, RD_CLASS_BODY), 1);
    assert_int_equal(kit_hits(&k, 1, RD_CLASS_ATTRIBUTE), 2);
    assert_int_equal(kit_hits(&k, 2, RD_CLASS_ATTRIBUTE), 1);
    assert_int_equal(k.r.n_hits, 3);
    kit_free(&k);
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON,
               RECORD("\"body\":{\"kvlistValue\":{\"values\":[" ATTR("request_id", "a") "]}}"),
               RECORD("\"body\":{\"kvlistValue\":{\"values\":[" ATTR("request_id", "2") "]}}"));
    rd_policy_free(&p);
}

static void test_policy__later_rules_win(void **state)
{
    const rd_rule_spec rules[] = {
        {.name = "first", KIT_KEYS("user_id", "token"), .action = RD_ACTION_REPLACE, .replacement = "1"},
        {.name = "second", KIT_KEYS("userId"), .action = RD_ACTION_REPLACE, .replacement = "2"},
        {.name = "here only",
         KIT_KEYS("user-id"),
         .action = RD_ACTION_DROP,
         .classes = BIT(RD_CLASS_RESOURCE)},
        {.name = "elsewhere", KIT_KEYS("token"), .action = RD_ACTION_DROP, .signals = BIT(RD_SIGNAL_TRACES)},
        {.name = "off", KIT_KEYS("token"), .action = RD_ACTION_DROP, .mode = RD_MODE_OFF},
        {.name = "mail 1", KIT_DETECTOR(EMAIL), .action = RD_ACTION_REPLACE, .replacement = "3"},
        {.name = "mail 2", KIT_DETECTOR(EMAIL), .action = RD_ACTION_REPLACE, .replacement = "4"},
    };
    rd_policy *p = kit_policy(rules, 7);
    kit_result k = run_json(
        p,
        RECORD(
            "\"attributes\":[" ATTR("USER_ID", "x") "," ATTR("token", "x") "," ATTR("a", "x@y.example") "]"),
        RECORD("\"attributes\":[" ATTR("USER_ID", "2") "," ATTR("token", "1") "," ATTR("a", "4") "]"));
    assert_int_equal(kit_hits(&k, 1, RD_CLASS_ATTRIBUTE), 1);
    assert_int_equal(kit_hits(&k, 0, RD_CLASS_ATTRIBUTE), 1);
    assert_int_equal(kit_hits(&k, 6, RD_CLASS_ATTRIBUTE), 1);
    assert_int_equal(k.r.n_hits, 3);
    kit_free(&k);
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON,
               "{\"resourceLogs\":[{\"resource\":{\"attributes\":[" ATTR("user_id", "x") "]}}]}",
               "{\"resourceLogs\":[{\"resource\":{\"attributes\":[]}}]}");
    kit_expect(p, RD_SIGNAL_TRACES, RD_FORMAT_JSON,
               "{\"resourceSpans\":[{\"resource\":{\"attributes\":[" ATTR("token", "x") "]}}]}",
               "{\"resourceSpans\":[{\"resource\":{\"attributes\":[]}}]}");
    rd_policy_free(&p);
}

/* Classes with other detectors are looked at in passes of their own, in whatever form their texts are. */
static void test_policy__classes_with_detectors_of_their_own(void **state)
{
    const rd_rule_spec rules[] = {
        {.name = "mail", KIT_DETECTOR(EMAIL), .classes = BIT(RD_CLASS_BODY)},
        {.name = "attr", KIT_PATTERN("attr"), .classes = BIT(RD_CLASS_ATTRIBUTE)},
        {.name = "both", KIT_PATTERN("both"), .classes = BIT(RD_CLASS_ATTRIBUTE) | BIT(RD_CLASS_BODY)},
        {.name = "label",
         KIT_PATTERN("both"),
         .classes = BIT(RD_CLASS_LABEL),
         .action = RD_ACTION_REPLACE,
         .label_action = RD_ACTION_DROP},
        {.name = "traces", KIT_PATTERN("trace"), .signals = BIT(RD_SIGNAL_TRACES)},
    };
    rd_policy *p = kit_policy(rules, 5);
    kit_result k =
        run_json(p,
                 RECORD("\"severityText\":\"x@y.example attr both\",\"body\":{\"stringValue\":\"x@y.example "
                        "attr both trace\"},"
                        "\"attributes\":[" ATTR(
                            "x@y.example", "at\\u0074r\\u0020both x@y.example") "],\"eventName\":\"both\""),
                 RECORD("\"severityText\":\"x@y.example attr "
                        "both\",\"body\":{\"stringValue\":\"***@y.example attr *** trace\"},"
                        "\"attributes\":[" ATTR("x@y.example",
                                                "***\\u0020*** x@y.example") "],\"eventName\":\"both\""));
    assert_int_equal(kit_hits(&k, 0, RD_CLASS_BODY), 1);
    assert_int_equal(kit_hits(&k, 1, RD_CLASS_ATTRIBUTE), 1);
    assert_int_equal(kit_hits(&k, 2, RD_CLASS_BODY), 1);
    assert_int_equal(kit_hits(&k, 2, RD_CLASS_ATTRIBUTE), 1);
    assert_int_equal(k.r.n_hits, 4);
    kit_free(&k);
    kit_expect(p, RD_SIGNAL_LOKI_PUSH, RD_FORMAT_PROTOBUF,
               "1{1'{a=\"x both\", b=\"x@y.example\"}' 2{2'both x@y.example' 3{1'both' 2'attr'}}}",
               "1{1'{a=\"x \", b=\"x@y.example\"}' 2{2'*** ***@y.example' 3{1'both' 2'attr'}}}");
    rd_policy_free(&p);
}

static void test_policy__label_actions(void **state)
{
    const rd_rule_spec rules[] = {
        {.name = "k",
         KIT_KEYS("key"),
         .action = RD_ACTION_DROP,
         .label_action = RD_ACTION_REPLACE,
         .replacement = "gone"},
        {.name = "e", KIT_KEYS("empty"), .label_action = RD_ACTION_REPLACE, .replacement = ""},
        {.name = "p",
         KIT_PATTERN("pat"),
         .action = RD_ACTION_MASK,
         .label_action = RD_ACTION_REPLACE,
         .replacement = "PAT"},
    };
    rd_policy *p = kit_policy(rules, 3);
    kit_expect(p, RD_SIGNAL_LOKI_PUSH, RD_FORMAT_PROTOBUF,
               "1{1'{a=\"a pat\", empty=\"x\", key=\"x\"}' 2{2'pat' 3{1'key' 2'x'}}}",
               "1{1'{a=\"a PAT\", empty=\"***\", key=\"gone\"}' 2{2'***'}}");
    kit_expect(p, RD_SIGNAL_LOKI_PUSH, RD_FORMAT_JSON,
               "{\"streams\":[{\"stream\":{\"a\":\"a pat\",\"empty\":1,\"key\":\"x\"}}]}",
               "{\"streams\":[{\"stream\":{\"a\":\"a PAT\",\"empty\":\"***\",\"key\":\"gone\"}}]}");
    rd_policy_free(&p);
}

/* Long enough to hold up a pattern that tries all ways through it. */
#define LONG   "1111111111111111111111111111111111111111111111111111111111111111"
#define MARKER "[REDACTED:budget]"

/* ---- shadow ---- */

static void test_policy__shadow_counts_and_changes_nothing(void **state)
{
    const rd_rule_spec rules[] = {
        {.name = "mail", KIT_DETECTOR(EMAIL), .mode = RD_MODE_SHADOW},
        {.name = "keys",
         KIT_KEYS("user_id"),
         .mode = RD_MODE_SHADOW,
         .action = RD_ACTION_DROP,
         .label_action = RD_ACTION_DROP},
        {.name = "slow", KIT_PATTERN("^(\\d+)*[xz]$"), .mode = RD_MODE_SHADOW},
    };
    rd_policy *p = kit_policy(rules, 3);
    const char *json =
        RECORD("\"severityText\":\"" LONG "\",\"body\":{\"stringValue\":\"x@y.example 1\\u00402 "
               "11111111111111111111111111111111111111111111\"},\"attributes\":["
               "{\"key\":\"user_id\",\"value\":{\"bytesValue\":\"eEB5LmV4YW1wbGU=\"}}]");
    kit_result k = run_json(p, json, json);
    assert_true(k.same);
    assert_int_equal(kit_hits(&k, 0, RD_CLASS_BODY), 1);
    assert_int_equal(kit_hits(&k, 0, RD_CLASS_ATTRIBUTE), 1);
    assert_int_equal(kit_hits(&k, 1, RD_CLASS_ATTRIBUTE), 1);
    assert_int_equal(k.r.n_over_budget, 0);
    kit_free(&k);
    const char *loki =
        "1{1'{a=\"x@y.example\", \"n@y.example\"=\"b\", user_id=\"x\"}' 2{2'x@y.example'} 3=7}";
    rd_buf body = kit_body(RD_FORMAT_PROTOBUF, loki);
    k = kit_run(p, RD_SIGNAL_LOKI_PUSH, RD_FORMAT_PROTOBUF, rd_buf_slice(&body));
    assert_true(k.outcome == RD_OK && k.same);
    assert_int_equal(kit_hits(&k, 0, RD_CLASS_LABEL), 2);
    assert_int_equal(kit_hits(&k, 1, RD_CLASS_LABEL), 1);
    assert_int_equal(kit_hits(&k, 0, RD_CLASS_BODY), 1);
    kit_free(&k);
    rd_buf_release(&body);
    kit_expect(p, RD_SIGNAL_LOKI_PUSH, RD_FORMAT_JSON, "{\"streams\":[{\"stream\":{\"user_id\":\"x\"}}]}",
               NULL);
    rd_policy_free(&p);
}

/* Whatever a rule in shadow mode would find around it, a rule that acts acts. */
static void test_policy__shadow_takes_nothing_from_rules_that_act(void **state)
{
    const rd_rule_spec rules[] = {
        {.name = "all", KIT_PATTERN("^.*$"), .mode = RD_MODE_SHADOW},
        {.name = "mail", KIT_DETECTOR(EMAIL)},
        {.name = "keys", KIT_KEYS("token")},
        {.name = "head", KIT_PATTERN("to x"), .mode = RD_MODE_SHADOW},
        {.name = "mail too", KIT_DETECTOR(EMAIL), .mode = RD_MODE_SHADOW, .action = RD_ACTION_DROP},
        {.name = "keys too", KIT_KEYS("token"), .mode = RD_MODE_SHADOW, .action = RD_ACTION_DROP},
        {.name = "slow", KIT_PATTERN("^(.+)*z$"), .mode = RD_MODE_SHADOW},
    };
    rd_policy *p = kit_policy(rules, 7);
    kit_result k = run_json(
        p, RECORD("\"body\":{\"stringValue\":\"to x@y.example\"},\"attributes\":[" ATTR("token", "t") "]"),
        RECORD("\"body\":{\"stringValue\":\"to ***@y.example\"},\"attributes\":[" ATTR("token", "***") "]"));
    assert_int_equal(kit_hits(&k, 1, RD_CLASS_BODY), 1);
    assert_int_equal(kit_hits(&k, 2, RD_CLASS_ATTRIBUTE), 1);
    kit_free(&k);
    kit_expect(p, RD_SIGNAL_LOKI_PUSH, RD_FORMAT_PROTOBUF,
               "1{1'{a=\"to x@y.example\"}' 2{2'to x@y.example'}}",
               "1{1'{a=\"to ***@y.example\"}' 2{2'to ***@y.example'}}");
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, BODY("to\\u0020x@y.example"),
               BODY("to\\u0020***@y.example"));
    rd_policy_free(&p);
}

/* ---- budgets ---- */

static void test_policy__a_text_over_budget_becomes_a_marker(void **state)
{
    const rd_rule_spec rules[] = {{.name = "slow", KIT_PATTERN("^(\\d+)*[xz]$")},
                                  {.name = "mail", KIT_DETECTOR(EMAIL)}};
    rd_policy *p = kit_policy(rules, 2);
    kit_result k = run_json(
        p,
        RECORD("\"severityText\":\"" LONG "\",\"body\":{\"arrayValue\":{\"values\":[{\"stringValue\":\"" LONG
               " x@y.example\"},"
               "{\"stringValue\":\"" LONG "\\n\"},{\"stringValue\":\"x@y.example\"}]}},\"new\":" LONG),
        RECORD("\"severityText\":\"" MARKER
               "\",\"body\":{\"arrayValue\":{\"values\":[{\"stringValue\":\"" MARKER "\"},"
               "{\"stringValue\":\"" MARKER "\"},{\"stringValue\":\"***@y.example\"}]}},\"new\":\"" MARKER
               "\""));
    assert_int_equal(k.r.n_over_budget, 4);
    assert_int_equal(kit_hits(&k, 0, RD_CLASS_BODY), 2);
    assert_int_equal(kit_hits(&k, 0, RD_CLASS_OTHER), 1);
    assert_int_equal(kit_hits(&k, 0, RD_CLASS_UNKNOWN), 1);
    assert_int_equal(kit_hits(&k, 1, RD_CLASS_BODY), 1);
    kit_free(&k);
    kit_expect(p, RD_SIGNAL_LOKI_PUSH, RD_FORMAT_PROTOBUF,
               "1{1'{a=\"" LONG "\", b=\"y\"}' 2{2'" LONG "' 3{1'k' 2'" LONG "'}}}",
               "1{1'{a=\"" MARKER "\", b=\"y\"}' 2{2'" MARKER "' 3{1'k' 2'" MARKER "'}}}");
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_PROTOBUF, "1{99'" LONG "'}",
               "1{99'****************************************************************'}");
    rd_policy_free(&p);
}

/* ---- characters ---- */

/* Patterns work on bytes; a body has characters. No half of one is left, however the matches fall. */
static void test_policy__no_match_splits_a_character(void **state)
{
    static const char *const patterns[] = {".",      "\\xc3",  "[\\x80-\\xbf]", "\\xa4|\\xc3", "[^a-z]",
                                           "a\\xc3", "\\xa4b", "\\xf0.",        "\\x9f\\x98"};
    static const char text[] = "a\xc3\xa4"
                               "b\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80 \xf0\x9f\x98\x80z";
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        for (unsigned action = RD_ACTION_MASK; action <= RD_ACTION_DROP; action++) {
            const rd_rule_spec rule = {.name = "r",
                                       KIT_PATTERN(patterns[i]),
                                       .action = (rd_action_kind)action,
                                       .label_action = (rd_action_kind)action,
                                       .replacement = "\xc3\xb6"};
            rd_policy *p = kit_policy(&rule, 1);
            char in[512];
            rd_buf body;
            kit_result k;
            for (unsigned form = 0; form < 5; form++) {
                static const char *const forms[] = {
                    RECORD("\"body\":{\"stringValue\":\"%s\"}"),
                    RECORD("\"body\":{\"stringValue\":\"%s\\u00e4\\ud83d\\ude00\"}"),
                    "{\"streams\":[{\"stream\":{\"a\":\"%s\"},\"labels\":\"{b=\\\"%s\\\"}\"}]}",
                    "1{1'{a=\"%s\"}' 2{2'%s'}}",
                    "1{1'{a=\"%s\"}' 15'%s'}",
                };
                rd_format f = form < 3 ? RD_FORMAT_JSON : RD_FORMAT_PROTOBUF;
                snprintf(in, sizeof in, forms[form], text, text);
                body = kit_body(f, in);
                k = kit_run(p, form < 2 ? RD_SIGNAL_LOGS : RD_SIGNAL_LOKI_PUSH, f, rd_buf_slice(&body));
                if (k.outcome != RD_OK)
                    fail_msg("%s in form %u: %s", patterns[i], form, k.err.what);
                assert_true(k.r.changed || form == 4 || strchr(patterns[i], '\\') != NULL);
                /* prefixes are ASCII here, so the whole body must be text */
                assert_true(rd_utf8_valid(k.r.body));
                kit_free(&k);
                rd_buf_release(&body);
            }
            rd_policy_free(&p);
        }
    }
}

/* What of a match stays readable is whole characters too. */
static void test_policy__masks_keep_whole_characters(void **state)
{
    const rd_rule_spec rule = {.name = "mail", KIT_DETECTOR(EMAIL), .label_action = RD_ACTION_MASK};
    rd_policy *p = kit_policy(&rule, 1);
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, BODY("\xc3\xa4nne@example.com \xe2\x82\xac"),
               BODY("\xc3\xa4***@example.com \xe2\x82\xac"));
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, BODY("\\u00e4nne@example.com"),
               BODY("\xc3\xa4***@example.com"));
    kit_expect(p, RD_SIGNAL_LOKI_PUSH, RD_FORMAT_PROTOBUF, "1{1'{a=\"\xc3\xa4nne@example.com\"}'}",
               "1{1'{a=\"\xc3\xa4***@example.com\"}'}");
    /* a local part so long that the look back ends inside a character */
    for (unsigned pad = 250; pad < 270; pad++) {
        rd_buf body;
        rd_buf_init(&body, 1 << 16);
        rd_buf_append_str(&body, "{\"resourceLogs\":[{\"schemaUrl\":\"");
        for (unsigned i = 0; i < pad % 4; i++)
            rd_buf_append_byte(&body, 'x');
        for (unsigned i = 0; i < pad; i++)
            rd_buf_append_str(&body, "\xe2\x82\xac");
        rd_buf_append_str(&body, "@example.com\"}]}");
        kit_result k = kit_run(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, rd_buf_slice(&body));
        assert_int_equal(k.outcome, RD_OK);
        assert_true(rd_utf8_valid(k.r.body));
        kit_free(&k);
        rd_buf_release(&body);
    }
    rd_policy_free(&p);
}

static void test_policy__counts_by_rule_and_class(void **state)
{
    const rd_rule_spec rules[] = {{.name = "mail", KIT_DETECTOR(EMAIL)},
                                  {.name = "k", KIT_KEYS("k"), .action = RD_ACTION_DROP}};
    rd_policy *p = kit_policy(rules, 2);
    kit_result k = run_json(
        p,
        "{\"resourceLogs\":[{\"resource\":{\"attributes\":[" ATTR("k", "x@y.example") "," ATTR(
            "a", "x@y.example z@y.example") "]},\"scopeLogs\":[{\"scope\":{\"name\":\"x@y.example\"},"
                                            "\"schemaUrl\":\"x@y.example\"}],\"new\":\"x@y.example\"}]}",
        "{\"resourceLogs\":[{\"resource\":{\"attributes\":[" ATTR(
            "a",
            "***@y.example ***@y.example") "]},\"scopeLogs\":[{\"scope\":{\"name\":\"***@y.example\"},"
                                           "\"schemaUrl\":\"***@y.example\"}],\"new\":\"***@y.example\"}]}");
    assert_int_equal(kit_hits(&k, 0, RD_CLASS_RESOURCE), 2);
    assert_int_equal(kit_hits(&k, 1, RD_CLASS_RESOURCE), 1);
    assert_int_equal(kit_hits(&k, 0, RD_CLASS_SCOPE), 1);
    assert_int_equal(kit_hits(&k, 0, RD_CLASS_OTHER), 1);
    assert_int_equal(kit_hits(&k, 0, RD_CLASS_UNKNOWN), 1);
    assert_int_equal(k.r.n_hits, 5);
    kit_free(&k);
    /* counts begin anew with each body */
    k = run_json(p, BODY("x@y.example"), BODY("***@y.example"));
    assert_int_equal(k.r.n_hits, 1);
    assert_int_equal(kit_hits(&k, 0, RD_CLASS_BODY), 1);
    kit_free(&k);
    rd_policy_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policy__refuses_wrong_rules),
        cmocka_unit_test(test_policy__takes_as_many_rules_as_it_says),
        cmocka_unit_test(test_policy__keys_may_leave_texts_alone),
        cmocka_unit_test(test_policy__later_rules_win),
        cmocka_unit_test(test_policy__classes_with_detectors_of_their_own),
        cmocka_unit_test(test_policy__label_actions),
        cmocka_unit_test(test_policy__shadow_counts_and_changes_nothing),
        cmocka_unit_test(test_policy__shadow_takes_nothing_from_rules_that_act),
        cmocka_unit_test(test_policy__a_text_over_budget_becomes_a_marker),
        cmocka_unit_test(test_policy__no_match_splits_a_character),
        cmocka_unit_test(test_policy__masks_keep_whole_characters),
        cmocka_unit_test(test_policy__counts_by_rule_and_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
