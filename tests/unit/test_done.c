/* SPDX-License-Identifier: MIT */
/* What counts say was done: not what the rule says, but what became of the find. */
#include "tests/unit/redact_kit.h"

#define RECORD(x)  "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{" x "}]}]}]}"
#define BODY(x)    RECORD("\"body\":{\"stringValue\":\"" x "\"}")
#define ATTR(k, v) RECORD("\"attributes\":[{\"key\":\"" k "\",\"value\":" v "}]")
#define LABELS(x)  "{\"streams\":[{\"stream\":{" x "},\"values\":[[\"1\",\"x\"]]}]}"
#define OLD(x)                                                                                               \
    "{\"streams\":[{\"labels\":\"" x "\",\"entries\":[{\"ts\":\"2026-11-26T02:00:00Z\",\"line\":\"x\"}]}]}"

#define LONG "1111111111111111111111111111111111111111111111111111111111111111"

static const char secret[] = "0123456789abcdef0123456789abcdef";
static const rd_digest_key_spec key = {.id = "k1", .key = {(const uint8_t *)secret, sizeof secret - 1}};

/* Names of rules are their numbers. `allowed` has a filter, and so a pair that cannot go. */
static const rd_rule_spec rules[] = {
    {.name = "mask", KIT_KEYS("k_mask"), .label_action = RD_ACTION_MASK},
    {.name = "replace",
     KIT_KEYS("k_replace"),
     .action = RD_ACTION_REPLACE,
     .label_action = RD_ACTION_REPLACE,
     .replacement = "<r>"},
    {.name = "drop", KIT_KEYS("k_drop"), .action = RD_ACTION_DROP, .label_action = RD_ACTION_DROP},
    {.name = "digest", KIT_KEYS("k_digest"), .action = RD_ACTION_DIGEST, .label_action = RD_ACTION_DIGEST},
    {.name = "round", KIT_KEYS("k_round"), .action = RD_ACTION_ROUND, .label_action = RD_ACTION_ROUND},
    {.name = "record",
     KIT_KEYS("k_record"),
     .action = RD_ACTION_DROP_RECORD,
     .label_action = RD_ACTION_DROP_RECORD},
    {.name = "shadow", KIT_KEYS("k_shadow"), .action = RD_ACTION_DROP, .mode = RD_MODE_SHADOW},
    {.name = "allowed",
     KIT_KEYS("k_allowed"),
     .action = RD_ACTION_DROP,
     .label_action = RD_ACTION_DROP,
     .allow = (const char *const[]){"fine*"},
     .n_allow = 1},
    {.name = "mail", KIT_DETECTOR(EMAIL), .label_action = RD_ACTION_DROP},
    {.name = "cut", KIT_PATTERN("C-[0-9]+"), .action = RD_ACTION_DROP, .label_action = RD_ACTION_DROP},
    {.name = "coarse", KIT_PATTERN("R-[0-9.]+x?"), .action = RD_ACTION_ROUND, .label_action = RD_ACTION_MASK},
    {.name = "out",
     KIT_PATTERN("O-[0-9]+"),
     .action = RD_ACTION_DROP_RECORD,
     .label_action = RD_ACTION_DROP_RECORD},
    {.name = "seen", KIT_PATTERN("S-[0-9]+"), .action = RD_ACTION_DROP, .mode = RD_MODE_SHADOW},
    {.name = "slow", KIT_PATTERN("^(\\d+)*[yz]$"), .action = RD_ACTION_DROP},
};
enum {
    MASK,
    REPLACE,
    DROP,
    DIGEST,
    ROUND,
    RECORD_KEY,
    SHADOW,
    ALLOWED,
    MAIL,
    CUT,
    COARSE,
    OUT,
    SEEN,
    SLOW,
    N_RULES
};

static const struct {
    rd_signal signal;
    rd_format format;
    const char *body;
    uint16_t rule;
    rd_class cls;
    rd_done done;
    uint32_t n;
} cases[] = {
#define LOGS  RD_SIGNAL_LOGS, RD_FORMAT_JSON
#define PROTO RD_SIGNAL_LOGS, RD_FORMAT_PROTOBUF
#define LOKI  RD_SIGNAL_LOKI_PUSH, RD_FORMAT_JSON
    /* pairs of the protocol */
    {LOGS, ATTR("k_mask", "{\"stringValue\":\"a\"}"), MASK, RD_CLASS_ATTRIBUTE, RD_ACTION_MASK, 1},
    {LOGS, ATTR("k_replace", "{\"boolValue\":true}"), REPLACE, RD_CLASS_ATTRIBUTE, RD_ACTION_REPLACE, 1},
    {LOGS, ATTR("k_drop", "{\"stringValue\":\"a\"}"), DROP, RD_CLASS_ATTRIBUTE, RD_ACTION_DROP, 1},
    {PROTO, "1{2{2{6{1'k_drop' 2{1'a'}}}}}", DROP, RD_CLASS_ATTRIBUTE, RD_ACTION_DROP, 1},
    {LOGS, ATTR("k_digest", "{\"stringValue\":\"a\"}"), DIGEST, RD_CLASS_ATTRIBUTE, RD_ACTION_DIGEST, 1},
    {LOGS, ATTR("k_digest", "{\"boolValue\":true}"), DIGEST, RD_CLASS_ATTRIBUTE, RD_ACTION_MASK, 1},
    {LOGS, ATTR("k_round", "{\"doubleValue\":5.52}"), ROUND, RD_CLASS_ATTRIBUTE, RD_ACTION_ROUND, 1},
    {LOGS, ATTR("k_round", "{\"stringValue\":\"home\"}"), ROUND, RD_CLASS_ATTRIBUTE, RD_ACTION_MASK, 1},
    {LOGS, ATTR("k_record", "{\"stringValue\":\"a\"}"), RECORD_KEY, RD_CLASS_ATTRIBUTE, RD_ACTION_DROP_RECORD,
     1},
    {LOGS, ATTR("k_shadow", "{\"stringValue\":\"a\"}"), SHADOW, RD_CLASS_ATTRIBUTE, RD_DONE_SHADOW, 1},
    {LOGS, ATTR("k_allowed", "{\"stringValue\":\"a\"}"), ALLOWED, RD_CLASS_ATTRIBUTE, RD_ACTION_MASK, 1},
    {LOGS, ATTR("k_allowed", "{\"stringValue\":\"fine\"}"), ALLOWED, RD_CLASS_ATTRIBUTE, RD_ACTION_MASK, 0},
    /* pairs inside of texts, which cannot be cut out */
    {LOGS, BODY("k_drop=a k_drop=b"), DROP, RD_CLASS_BODY, RD_ACTION_MASK, 2},
    {LOGS, BODY("{\\\"k_drop\\\":\\\"a\\\"}"), DROP, RD_CLASS_BODY, RD_ACTION_MASK, 1},
    {LOGS, BODY("k_replace=a"), REPLACE, RD_CLASS_BODY, RD_ACTION_REPLACE, 1},
    {LOGS, BODY("k_digest=a"), DIGEST, RD_CLASS_BODY, RD_ACTION_DIGEST, 1},
    {LOGS, BODY("k_round=5.52"), ROUND, RD_CLASS_BODY, RD_ACTION_ROUND, 1},
    {LOGS, BODY("k_round=home"), ROUND, RD_CLASS_BODY, RD_ACTION_MASK, 1},
    {LOGS, BODY("k_record=a"), RECORD_KEY, RD_CLASS_BODY, RD_ACTION_DROP_RECORD, 1},
    {LOGS, BODY("k_record=a k_record=b"), RECORD_KEY, RD_CLASS_BODY, RD_ACTION_DROP_RECORD, 2},
    {LOGS, BODY("k_shadow=a"), SHADOW, RD_CLASS_BODY, RD_DONE_SHADOW, 1},
    /* finds */
    {LOGS, BODY("ana@example.com"), MAIL, RD_CLASS_BODY, RD_ACTION_MASK, 1},
    {LOGS, BODY("an C-12 \\u00e4"), CUT, RD_CLASS_BODY, RD_ACTION_DROP, 1},
    {PROTO, "1{2{2{5{1'C-1 C-2'}}}}", CUT, RD_CLASS_BODY, RD_ACTION_DROP, 2},
    {LOGS, BODY("R-5.52x"), COARSE, RD_CLASS_BODY, RD_ACTION_MASK, 1},
    {LOGS, BODY("O-1"), OUT, RD_CLASS_BODY, RD_ACTION_DROP_RECORD, 1},
    {LOGS, BODY("S-1 \\u00e4"), SEEN, RD_CLASS_BODY, RD_DONE_SHADOW, 1},
    /* a text that a pattern could not finish; what else was found in it is gone with it */
    {LOGS, BODY(LONG " C-1 ana@example.com"), SLOW, RD_CLASS_BODY, RD_DONE_OVER_BUDGET, 1},
    {LOKI, OLD("{a=\\\"" LONG "\\\"}"), SLOW, RD_CLASS_LABEL, RD_DONE_OVER_BUDGET, 1},
    /* a find that is about no record is masked; one in a resource, about all records in there */
    {PROTO, "99'O-1'", OUT, RD_CLASS_UNKNOWN, RD_ACTION_MASK, 1},
    {PROTO, "1{1{1{1'a' 2{1'O-1'}}} 2{2{5{1'x'}}}}", OUT, RD_CLASS_RESOURCE, RD_ACTION_DROP_RECORD, 1},
    /* fields that the schema does not know keep their length */
    {PROTO, "1{2{2{99'C-1'}}}", CUT, RD_CLASS_UNKNOWN, RD_ACTION_MASK, 1},
    /* labels */
    {LOKI, LABELS("\"k_drop\":\"a\""), DROP, RD_CLASS_LABEL, RD_ACTION_DROP, 1},
    {LOKI, LABELS("\"k_mask\":\"a\""), MASK, RD_CLASS_LABEL, RD_ACTION_MASK, 1},
    {LOKI, LABELS("\"k_shadow\":\"a\""), SHADOW, RD_CLASS_LABEL, RD_DONE_SHADOW, 1},
    {LOKI, LABELS("\"a\":\"C-1\""), CUT, RD_CLASS_LABEL, RD_ACTION_MASK, 1},
    {LOKI, LABELS("\"a\":\"b C-1\""), CUT, RD_CLASS_LABEL, RD_ACTION_DROP, 1},
    {LOKI, LABELS("\"a\":\"O-1\""), OUT, RD_CLASS_LABEL, RD_ACTION_DROP_RECORD, 1},
    {LOKI, OLD("{k_drop=\\\"a\\\"}"), DROP, RD_CLASS_LABEL, RD_ACTION_DROP, 1},
    {LOKI, OLD("{k_mask=\\\"a\\\"}"), MASK, RD_CLASS_LABEL, RD_ACTION_MASK, 1},
    {LOKI, OLD("{k_digest=\\\"a\\\"}"), DIGEST, RD_CLASS_LABEL, RD_ACTION_DIGEST, 1},
    {LOKI, OLD("{k_allowed=\\\"a\\\"}"), ALLOWED, RD_CLASS_LABEL, RD_ACTION_DROP, 1},
    {LOKI, OLD("{k_record=\\\"a\\\"}"), RECORD_KEY, RD_CLASS_LABEL, RD_ACTION_DROP_RECORD, 1},
    {LOKI, OLD("{k_shadow=\\\"a\\\"}"), SHADOW, RD_CLASS_LABEL, RD_DONE_SHADOW, 1},
    {LOKI, OLD("{a=\\\"C-1\\\"}"), CUT, RD_CLASS_LABEL, RD_ACTION_MASK, 1},
    {LOKI, OLD("{a=\\\"b C-1\\\"}"), CUT, RD_CLASS_LABEL, RD_ACTION_DROP, 1},
    {LOKI, OLD("{\\\"of ana@example.com\\\"=\\\"b\\\", c=\\\"d\\\"}"), MAIL, RD_CLASS_LABEL, RD_ACTION_DROP,
     1},
};

static void check(const rd_policy *p, size_t i)
{
    rd_buf in = kit_body(cases[i].format, cases[i].body);
    kit_result k = kit_run(p, cases[i].signal, cases[i].format, rd_buf_slice(&in));
    uint32_t n = 0;
    if (k.outcome != RD_OK)
        fail_msg("%s: %s", cases[i].body, k.err.what);
    for (uint32_t h = 0; h < k.r.n_hits; h++) {
        const rd_hit *hit = &k.hits[h];
        bool wanted =
            hit->rule == cases[i].rule && hit->cls == (uint8_t)cases[i].cls && hit->done == cases[i].done;
        if (!wanted)
            fail_msg("%s: %s in %s: %s", cases[i].body, rules[hit->rule].name,
                     rd_class_word((rd_class)hit->cls), rd_done_word(hit->done));
        n += hit->n;
    }
    if (n != cases[i].n)
        fail_msg("%s: %u, not %u", cases[i].body, n, cases[i].n);
    kit_free(&k);
    rd_buf_release(&in);
}

static void test_done__is_what_became_of_the_find(void **state)
{
    const rd_policy_spec spec = {.rules = rules, .n_rules = N_RULES, .digest_keys = &key, .n_digest_keys = 1};
    rd_policy *p = NULL;
    rd_error err = {0};
    uint32_t bad = 0;
    if (rd_policy_make(&spec, &p, &bad, &err) != RD_OK)
        fail_msg("rule %u: %s", bad, err.what);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(p, i);
    rd_policy_free(&p);
}

/* One rule, one class, two deeds: counted apart, and 0 again for the next body. */
static void test_done__is_counted_apart(void **state)
{
    const rd_rule_spec rule = {.name = "round", KIT_KEYS("k_round"), .action = RD_ACTION_ROUND};
    rd_policy *p = kit_policy(&rule, 1);
    for (unsigned i = 0; i < 2; i++) {
        kit_result k =
            kit_run(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON,
                    rd_slice_str(BODY("k_round=1.5 k_round=home k_round=2.5 k_round=away k_round=3.5")));
        assert_int_equal(k.outcome, RD_OK);
        assert_int_equal(k.r.n_hits, 2);
        assert_int_equal(k.hits[0].done, RD_ACTION_ROUND);
        assert_int_equal(k.hits[0].n, 3);
        assert_int_equal(k.hits[1].done, RD_ACTION_MASK);
        assert_int_equal(k.hits[1].n, 2);
        assert_int_equal(kit_hits(&k, 0, RD_CLASS_BODY), 5);
        kit_free(&k);
    }
    rd_policy_free(&p);
}

/* The find that the record goes for is the second byte of a character, which goes whole with the first one.
 */
static void test_done__a_record_that_went_is_counted_whatever_became_of_the_find(void **state)
{
    const rd_rule_spec both[] = {{.name = "mask", KIT_PATTERN("\\xc3")},
                                 {.name = "out", KIT_PATTERN("\\xa9"), .action = RD_ACTION_DROP_RECORD}};
    static const char *const texts[] = {BODY("\xc3\xa9"), BODY("a \xc3\xa9 b"), BODY("\xc2\xa9")};
    rd_policy *p = kit_policy(both, 2);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        kit_result k = kit_run(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, rd_slice_str(texts[i]));
        uint32_t went = 0;
        assert_int_equal(k.outcome, RD_OK);
        for (uint32_t h = 0; h < k.r.n_hits; h++)
            went += k.hits[h].rule == 1 && k.hits[h].done == RD_ACTION_DROP_RECORD ? k.hits[h].n : 0;
        if (went != 1)
            fail_msg("%s: %u", texts[i], went);
        kit_free(&k);
    }
    rd_policy_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_done__is_what_became_of_the_find),
        cmocka_unit_test(test_done__is_counted_apart),
        cmocka_unit_test(test_done__a_record_that_went_is_counted_whatever_became_of_the_find),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
