/* SPDX-License-Identifier: MIT */
/* What rules write, what they let stay, and that a second run changes nothing. */
#include "tests/unit/redact_kit.h"

#include "filters/act/round.h"

#define RECORD(x)    "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{" x "}]}]}]}"
#define BODY(x)      RECORD("\"body\":{\"stringValue\":\"" x "\"}")
#define ATTR(k, v)   RECORD("\"attributes\":[{\"key\":\"" k "\",\"value\":" v "}]")
#define N_TEXTS(...) (sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))
#define ALLOW(...)   .allow = (const char *const[]){__VA_ARGS__}, .n_allow = N_TEXTS(__VA_ARGS__)
#define CONTEXT(...) .context = (const char *const[]){__VA_ARGS__}, .n_context = N_TEXTS(__VA_ARGS__)

static void test_actions__rounding(void **state)
{
    static const struct {
        const char *in;
        int digits;
        const char *want; /* NULL: refused */
    } cases[] = {
        {"52.520008", 2, "52.52"},
        {"52.5", 2, "52.5"},
        {"-0.005", 2, "-0.01"},
        {"9.99", 1, "10.0"},
        {"1.999", 2, "2.00"},
        {"0.5", 0, "1"},
        {"1234", -2, "1200"},
        {"96", -1, "100"},
        {"7", -1, "10"},
        {"12", -3, "0"},
        {"500", -3, "1000"},
        {"0", 5, "0"},
        {"00012.345", 1, "00012.3"},
        {"52.5200, 13.4050", 2, "52.52, 13.41"},
        {"[13.40506,52.52]", 3, "[13.405,52.52]"},
        {"N52.123 E13.456", 1, "N52.1 E13.5"},
        {"1e5", 2, NULL},
        {"1E5", 2, NULL},
        {"1.2.3", 2, NULL},
        {"52.", 2, NULL},
        {"ana", 2, NULL},
        {"12 apples", 2, NULL},
        {"", 2, NULL},
        {" , ", 2, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rd_buf out, again;
        rd_buf_init(&out, 1 << 10);
        rd_buf_init(&again, 1 << 10);
        bool ok = rd_round(rd_slice_str(cases[i].in), cases[i].digits, &out);
        assert_int_equal(ok, cases[i].want != NULL);
        if (!ok)
            assert_int_equal(out.n, 0);
        else if (!rd_slice_eq(rd_buf_slice(&out), rd_slice_str(cases[i].want)))
            fail_msg("%s became %.*s, not %s", cases[i].in, (int)out.n, (const char *)out.p, cases[i].want);
        if (ok) {
            assert_true(rd_round(rd_buf_slice(&out), cases[i].digits, &again));
            assert_true(rd_slice_eq(rd_buf_slice(&out), rd_buf_slice(&again)));
        }
        rd_buf_release(&out);
        rd_buf_release(&again);
    }
}

static void test_actions__numbers_stay_numbers_when_rounded(void **state)
{
    const rd_rule_spec rule = {.name = "coarse",
                               KIT_KEYS("lat", "user_count"),
                               .action = RD_ACTION_ROUND,
                               .label_action = RD_ACTION_ROUND,
                               .digits = 1};
    const rd_rule_spec tens = {.name = "tens", KIT_KEYS("salary"), .action = RD_ACTION_ROUND, .digits = -3};
    const rd_rule_spec rules[] = {rule, tens};
    rd_policy *p = kit_policy(rules, 2);
    static const char *const json[][2] = {
        {ATTR("geo.lat", "{\"doubleValue\":52.520008}"), ATTR("geo.lat", "{\"doubleValue\":52.5}")},
        {ATTR("lat", "{\"doubleValue\":\"52.56\"}"), ATTR("lat", "{\"doubleValue\":52.6}")},
        {ATTR("lat", "{\"doubleValue\":52.5}"), NULL},
        {ATTR("lat", "{\"doubleValue\":1e300}"), ATTR("lat", "{\"stringValue\":\"***\"}")},
        {ATTR("lat", "{\"doubleValue\":\"NaN\"}"), ATTR("lat", "{\"stringValue\":\"***\"}")},
        {ATTR("lat", "{\"stringValue\":\"52.520008,13.405\"}"),
         ATTR("lat", "{\"stringValue\":\"52.5,13.4\"}")},
        {ATTR("lat", "{\"stringValue\":\"home\"}"), ATTR("lat", "{\"stringValue\":\"***\"}")},
        {ATTR("lat", "{\"boolValue\":true}"), ATTR("lat", "{\"stringValue\":\"***\"}")},
        {ATTR("salary", "{\"intValue\":\"61234\"}"), ATTR("salary", "{\"intValue\":\"61000\"}")},
        {ATTR("salary", "{\"intValue\":61234}"), ATTR("salary", "{\"intValue\":\"61000\"}")},
        {BODY("at lat=52.520008 now"), BODY("at lat=52.5 now")},
        {BODY("{\\\"lat\\\":52.520008}"), BODY("{\\\"lat\\\":52.5}")},
    };
    for (size_t i = 0; i < sizeof json / sizeof *json; i++)
        kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, json[i][0], json[i][1]);
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_PROTOBUF, "1{2{2{6{1'salary' 2{3=61234}}}}}",
               "1{2{2{6{1'salary' 2{3=61000}}}}}");
    /* eight bytes that are a double */
    rd_buf in = kit_body(RD_FORMAT_PROTOBUF, "1{2{2{6{1'lat' 2{4!}}}}}"),
           want = kit_body(RD_FORMAT_PROTOBUF, "1{2{2{6{1'lat' 2{4!}}}}}");
    double exact = 52.520008, coarse = 52.5;
    memcpy(in.p + in.n - 8, &exact, 8);
    memcpy(want.p + want.n - 8, &coarse, 8);
    kit_result k = kit_run(p, RD_SIGNAL_LOGS, RD_FORMAT_PROTOBUF, rd_buf_slice(&in));
    assert_int_equal(k.outcome, RD_OK);
    assert_true(rd_slice_eq(k.r.body, rd_buf_slice(&want)));
    assert_int_equal(kit_hits(&k, 0, RD_CLASS_ATTRIBUTE), 1);
    kit_free(&k);
    rd_buf_release(&in);
    rd_buf_release(&want);
    rd_policy_free(&p);
}

static void test_actions__templates(void **state)
{
    const rd_rule_spec rules[] = {
        {.name = "mail",
         KIT_DETECTOR(EMAIL),
         .action = RD_ACTION_REPLACE,
         .replacement = "<{rule}:{detector}>"},
        {.name = "pin",
         KIT_PATTERN("pin [0-9]+"),
         .action = RD_ACTION_REPLACE,
         .replacement = "[{detector} {length}]"},
        {.name = "who",
         KIT_KEYS("user_id"),
         .action = RD_ACTION_REPLACE,
         .replacement = "{{rule} {length} {X}"},
    };
    rd_policy *p = kit_policy(rules, 3);
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, BODY("a b@c.example pin 1 pin 1234567890123 z"),
               BODY("a <mail:email> [pattern short] [pattern long] z"));
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, ATTR("user_id", "{\"stringValue\":\"4711\"}"),
               ATTR("user_id", "{\"stringValue\":\"{who short {X}\"}"));
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, BODY("user_id=4711-4712-4713 x"),
               BODY("user_id={who medium {X} x"));
    rd_policy_free(&p);
    const rd_rule_spec wrong = {
        .name = "w", KIT_PATTERN("x"), .action = RD_ACTION_REPLACE, .replacement = "{value}"};
    rd_error err = {0};
    uint32_t bad;
    assert_int_equal(rd_policy_build(&wrong, 1, &p, &bad, &err), RD_INVALID);
}

static void test_actions__masks_keep_what_the_rule_says(void **state)
{
    const rd_rule_spec rules[] = {
        {.name = "plate", KIT_PATTERN("[A-Z]{2}-[0-9]+"), .keeps = true, .keep_first = 2},
        {.name = "id", KIT_KEYS("user_id"), .keeps = true, .keep_first = 1, .keep_last = 4},
    };
    rd_policy *p = kit_policy(rules, 2);
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, BODY("car HH-12345 and HH-1"), BODY("car HH*** and HH***"));
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, ATTR("user_id", "{\"stringValue\":\"u-12345678\"}"),
               ATTR("user_id", "{\"stringValue\":\"u***5678\"}"));
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, ATTR("user_id", "{\"stringValue\":\"u-1234567\"}"),
               ATTR("user_id", "{\"stringValue\":\"***\"}"));
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, ATTR("user_id", "{\"intValue\":\"1234567890\"}"),
               ATTR("user_id", "{\"stringValue\":\"1***7890\"}"));
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON,
               ATTR("user_id", "{\"stringValue\":\"\xc3\xa4 long enough \xc3\xa4\xc3\xa4\"}"),
               ATTR("user_id", "{\"stringValue\":\"***\xc3\xa4\xc3\xa4\"}"));
    rd_policy_free(&p);
}

static void test_actions__allowed_finds_stay_and_hide_nothing(void **state)
{
    const rd_rule_spec rules[] = {
        {.name = "keys", KIT_KEYS("owner", "mail"), ALLOW("system", "*@example.org")},
        {.name = "mail", KIT_DETECTOR(EMAIL), ALLOW("noreply@*")},
        {.name = "phrase", KIT_PATTERN("to [a-z@.]+"), ALLOW("to *")},
        {.name = "label", KIT_KEYS("team"), .label_action = RD_ACTION_DROP, ALLOW("ops")},
    };
    rd_policy *p = kit_policy(rules, 4);
    /* an allowed match in a text; the rest of the text; what a longer allowed match would have covered */
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, BODY("to noreply@a.example"), NULL);
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, BODY("noreply@a.example to bob@b.example"),
               BODY("noreply@a.example to b***@b.example"));
    /* a pair; one rule lets it stay, the other one does not */
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, ATTR("owner", "{\"stringValue\":\"system\"}"), NULL);
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, ATTR("owner", "{\"stringValue\":\"systems\"}"),
               ATTR("owner", "{\"stringValue\":\"***\"}"));
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, ATTR("mail", "{\"stringValue\":\"bob@example.org\"}"),
               ATTR("mail", "{\"stringValue\":\"b***@example.org\"}"));
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_PROTOBUF, "1{2{2{6{1'mail' 2{1'bob@example.org'}}}}}",
               "1{2{2{6{1'mail' 2{1'b***@example.org'}}}}}");
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, ATTR("mail", "{\"stringValue\":\"noreply@example.org\"}"),
               NULL);
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, BODY("owner=system owner=ana"),
               BODY("owner=system owner=***"));
    kit_expect(p, RD_SIGNAL_LOKI_PUSH, RD_FORMAT_PROTOBUF, "1{1'{team=\"ops\", x=\"y\"}'}", NULL);
    kit_expect(p, RD_SIGNAL_LOKI_PUSH, RD_FORMAT_PROTOBUF, "1{1'{team=\"red\", x=\"y\"}'}",
               "1{1'{x=\"y\"}'}");
    rd_policy_free(&p);
}

static void test_actions__context_counts_or_not(void **state)
{
    const rd_rule_spec rules[] = {
        {.name = "customer", KIT_PATTERN("[0-9]{16}"), CONTEXT("customer", "kunden-nr")},
        {.name = "card", KIT_DETECTOR(CREDIT_CARD)},
    };
    rd_policy *p = kit_policy(rules, 2);
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, BODY("order 1234567890123456"), NULL);
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, BODY("customers 1234567890123456"), NULL);
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, BODY("1234567890123456 is a Customer"),
               BODY("*** is a Customer"));
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, BODY("KUNDEN-NR: 1234567890123456"),
               BODY("KUNDEN-NR: ***"));
    /* without context the pattern must not hide the card from its detector */
    kit_result k = kit_run(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, rd_slice_str(BODY("pay 4111111111111111")));
    assert_int_equal(kit_hits(&k, 1, RD_CLASS_BODY), 1);
    kit_free(&k);
    rd_policy_free(&p);
    const rd_rule_spec wrong[] = {
        rules[0], {.name = "w", KIT_PATTERN("x"), .action = RD_ACTION_REPLACE, .replacement = "[Customer]"}};
    rd_error err = {0};
    uint32_t bad = 99;
    assert_int_equal(rd_policy_build(wrong, 2, &p, &bad, &err), RD_INVALID);
    assert_int_equal(bad, 0);
}

/* ---- a second run changes nothing ---- */

/* Patterns have spaces around them: a find that another one was glued to stands free once that one is replaced, and
 * may then have the form of a detector that needs a boundary. */

static uint64_t next(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

static void random_text(uint64_t *seed, rd_buf *out)
{
    static const char *const parts[] = {"user_id",
                                        "=",
                                        ":",
                                        " ",
                                        "lat",
                                        "52.520008",
                                        "-13.405",
                                        "ana@example.org",
                                        "noreply@x.example",
                                        "4111111111111111",
                                        "1234567890123456",
                                        "customer",
                                        " pin 12345 ",
                                        "***",
                                        "<",
                                        ">",
                                        "a",
                                        "u***5678",
                                        "system",
                                        ",",
                                        "(",
                                        ")",
                                        "1e5",
                                        "short",
                                        "[pattern ",
                                        "]",
                                        "{",
                                        "}",
                                        "192.168.17.4",
                                        "%40",
                                        "\xc3\xa4",
                                        "owner",
                                        "'"};
    for (uint64_t n = 1 + next(seed) % 12; n > 0; n--)
        rd_buf_append_str(out, parts[next(seed) % (sizeof parts / sizeof *parts)]);
}

static void test_actions__a_second_run_changes_nothing(void **state)
{
    const rd_rule_spec rules[] = {
        {.name = "mail",
         KIT_DETECTOR(EMAIL),
         .action = RD_ACTION_REPLACE,
         .replacement = "<{rule}:{length}>",
         ALLOW("noreply@*")},
        {.name = "card", KIT_DETECTOR(CREDIT_CARD), .keeps = true, .keep_first = 2, .keep_last = 5},
        {.name = "ip", KIT_DETECTOR(IPV4)},
        {.name = "pin",
         KIT_PATTERN("pin [0-9]+"),
         .action = RD_ACTION_REPLACE,
         .replacement = "[{detector} {length}]"},
        {.name = "customer", KIT_PATTERN("[0-9]{16}"), CONTEXT("customer")},
        {.name = "coarse", KIT_KEYS("lat"), .action = RD_ACTION_ROUND, .digits = 2},
        {.name = "id", KIT_KEYS("user_id"), .keeps = true, .keep_first = 1, .keep_last = 4},
        {.name = "owner",
         KIT_KEYS("owner"),
         .action = RD_ACTION_REPLACE,
         .replacement = "{length} {rule}",
         ALLOW("system")},
    };
    static const char *const keys[] = {"x", "lat", "user_id", "owner"};
    uint64_t seed = 7;
    rd_policy *p = kit_policy(rules, 8);
    for (unsigned round = 0; round < 4000; round++) {
        rd_buf text, body;
        rd_buf_init(&text, 1 << 16);
        rd_buf_init(&body, 1 << 16);
        random_text(&seed, &text);
        rd_buf_append_str(&body,
                          "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"attributes\":[{\"key\":\"");
        rd_buf_append_str(&body, keys[next(&seed) % 4]);
        rd_buf_append_str(&body, "\",\"value\":{\"stringValue\":\"");
        rd_buf_append(&body, text.p, text.n);
        rd_buf_append_str(&body, "\"}}]}]}]}]}");
        kit_result once = kit_run(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, rd_buf_slice(&body));
        assert_int_equal(once.outcome, RD_OK);
        kit_result twice = kit_run(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, once.r.body);
        if (twice.outcome != RD_OK || !rd_slice_eq(once.r.body, twice.r.body))
            fail_msg("round %u: %.*s\nonce: %.*s\ntwice: %.*s", round, (int)text.n, (const char *)text.p,
                     (int)once.body.n, (const char *)once.body.p, (int)twice.body.n,
                     (const char *)twice.body.p);
        kit_free(&once);
        kit_free(&twice);
        rd_buf_release(&text);
        rd_buf_release(&body);
    }
    rd_policy_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_actions__rounding),
        cmocka_unit_test(test_actions__numbers_stay_numbers_when_rounded),
        cmocka_unit_test(test_actions__templates),
        cmocka_unit_test(test_actions__masks_keep_what_the_rule_says),
        cmocka_unit_test(test_actions__allowed_finds_stay_and_hide_nothing),
        cmocka_unit_test(test_actions__context_counts_or_not),
        cmocka_unit_test(test_actions__a_second_run_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
