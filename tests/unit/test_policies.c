/* SPDX-License-Identifier: MIT */
/* Rules of single workspaces: what they may say, what becomes of it, and who shares it. */
#include "tests/unit/gateway_kit.h"

#include "gateway/policies.h"
#include "gateway/scrub.h"

#define HEAD                                                                                                 \
    "version: 1\n"                                                                                           \
    "listeners: [{address: 127.0.0.1:0}]\n"                                                                  \
    "upstreams: {up: {endpoints: ['http://127.0.0.1:1']}}\n"                                                 \
    "routes: [{version: v1, signal: logs, upstream: up}]\n"

static int set_up(void **state)
{
    gw_policies_init();
    return 0;
}

/* The errors of a configuration with its workspaces, one line each with its place; "": none. */
static void errors_of(const char *text, char *out, size_t size)
{
    char why[GW_WHY_BYTES], *printed = NULL;
    size_t n = 0;
    gw_diagnostics *d = gw_diagnostics_new();
    gw_config *cfg = gw_config_parse(text, strlen(text), "test.yaml", d);
    gw_generation *g = cfg == NULL ? NULL : gw_generation_new(cfg, 1, why);
    gw_workspaces *t = g == NULL ? NULL : gw_workspaces_new(g->cfg, NULL, g, d);
    FILE *to = open_memstream(&printed, &n);
    gw_diagnostics_print(d, to);
    fclose(to);
    snprintf(out, size, "%s", printed);
    assert_true((t == NULL) == (n > 0));
    free(printed);
    gw_workspaces_unref(&t);
    gw_generation_unref(&g);
    gw_diagnostics_free(&d);
    assert_int_equal(gw_policies_count(), 0);
}

static void expect_error(const char *text, const char *what, const char *where)
{
    char got[2048];
    errors_of(text, got, sizeof got);
    if (strstr(got, what) == NULL || strstr(got, where) == NULL)
        fail_msg("wanted `%s` at %s, got:\n%s", what, where, got);
}

static void test_policies__what_a_workspace_may_not(void **state)
{
    expect_error(HEAD "workspaces:\n  list:\n    - {name: a, relax: [email]}\n",
                 "`email` in `relax` is not in", "test.yaml:7:25");
    expect_error(
        HEAD
        "redaction: {allow_relax: [phone]}\nworkspaces:\n  list:\n    - {name: a, relax: [phone, pii]}\n",
        "`pii` in `relax` is not in", "test.yaml:8:32");
    expect_error(HEAD "redaction: {allow_relax: [pii]}\nworkspaces: {list: [{name: a, relax: [nobody]}]}\n",
                 "names no rule and no rule set", "test.yaml:6:");
    expect_error(HEAD "workspaces: {list: [{name: a, rules: [{name: email, pattern: x}]}]}\n",
                 "has the name of a rule of all", "test.yaml:5:39");
    expect_error(
        HEAD
        "workspaces: {list: [{name: a, rules: [{name: x, pattern: x, action: {mask: {keep_first: 3}}}]}]}\n",
        "may not keep a part", "test.yaml:5:39");
    expect_error(
        HEAD "workspaces: {list: [{name: a, rules: [{name: x, keys: [x], action: {round: {digits: 1}}}]}]}\n",
        "may not keep a part", "test.yaml:5:39");
    expect_error(HEAD "workspaces: {list: [{name: a, rules: [{name: x, keys: [x], action: digest}]}]}\n",
                 "need `redaction.digest_keys`", "test.yaml:5:39");
    expect_error(HEAD "redaction: {rules: [{name: d, pattern: d, action: drop_record}]}\n"
                      "workspaces: {list: [{name: a, rules: [{name: x, pattern: x}]}]}\n",
                 "must have the action `drop_record`", "test.yaml:6:39");
    expect_error(HEAD "workspaces: {list: [{name: a, rules: [{name: x, pattern: '('}]}]}\n", "rule `x`",
                 "test.yaml:5:21");
    expect_error(HEAD "workspaces: {list: [{name: a, rules: [{name: x}]}]}\n", "exactly one of",
                 "test.yaml:5:");
    expect_error(HEAD
                 "workspaces: {list: [{name: a, rules: [{name: x, pattern: y}, {name: x, pattern: z}]}]}\n",
                 "second rule with the name", "test.yaml:5:");
}

static void test_policies__are_shared(void **state)
{
    char text[8192] = HEAD "redaction: {allow_relax: [email, secrets]}\nworkspaces:\n  list:\n"
                           "    - {name: a, rules: [{name: x, pattern: abc}]}\n"
                           "    - {name: b, rules: [{name: x, pattern: abc}]}\n"
                           "    - {name: c, rules: [{name: x, pattern: abc, mode: shadow}]}\n"
                           "    - {name: d, relax: [email]}\n"
                           "    - {name: e, relax: [secrets]}\n"
                           "    - {name: f}\n";
    gw_generation *g = kit_generation(text);
    gw_workspaces *t = kit_workspaces(g), *second = kit_workspaces(g);
    const rd_policy *of[6];
    assert_int_equal(gw_policies_count(), 4);
    for (unsigned i = 0; i < 6; i++) {
        of[i] = gw_policy_of(g, gw_workspaces_at(t, i));
        assert_ptr_equal(of[i], gw_policy_of(g, gw_workspaces_at(second, i)));
    }
    assert_ptr_equal(of[0], of[1]);
    assert_ptr_not_equal(of[0], of[2]);
    assert_ptr_equal(of[5], g->policy);
    assert_ptr_equal(gw_policy_of(g, NULL), g->policy);
    assert_string_equal(rd_policy_rule_name(of[0], 0), "x");
    assert_int_equal(rd_policy_rules(of[0]), rd_policy_rules(g->policy) + 1);
    assert_int_equal(gw_policy_slot(g, gw_workspaces_at(t, 0), 0), gw_metrics_slot(GW_SLOTS_RULE, "x"));
    gw_workspaces_unref(&t);
    assert_int_equal(gw_policies_count(), 4);
    gw_workspaces_unref(&second);
    assert_int_equal(gw_policies_count(), 0);
    gw_generation_unref(&g);
}

static void test_policies__have_a_ceiling(void **state)
{
    char text[16384] = HEAD "workspaces:\n  list:\n";
    for (unsigned i = 0; i <= GW_POLICIES_MAX; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 "    - {name: w%u, rules: [{name: x, pattern: abc%u}]}\n", i, i);
    expect_error(text, "more than 64 different sets of rules", "test.yaml:71:7");
}

#define LOG(body)                                                                                            \
    "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"stringValue\":\"" body "\"}}]}]}]}"

static void expect_body(gw_generation *g, const gw_workspace *w, const char *in, const char *want)
{
    static gw_counters *counters;
    if (counters == NULL)
        counters = gw_counters_new();
    gw_scrubber *s = gw_scrubber_new(counters);
    rd_buf wire;
    gw_scrub x;
    rd_buf_init(&wire, 1 << 16);
    rd_buf_append_str(&wire, in);
    gw_scrub_init(&x);
    x.gen = g;
    x.signal = GW_SIGNAL_LOGS;
    x.format = GW_FORMAT_JSON;
    x.workspace = w;
    x.wire = rd_buf_slice(&wire);
    gw_scrub_run(s, &x);
    assert_int_equal(x.outcome, GW_OUTCOME_DELIVERED);
    rd_slice out = gw_scrubbed_bytes(x.scrubbed);
    if (!rd_slice_eq(out, rd_slice_str(want)))
        fail_msg("%s\nbecame %.*s", in, (int)out.n, (const char *)out.p);
    gw_scrub_release(&x);
    rd_buf_release(&wire);
    gw_scrubber_free(&s);
}

static void test_policies__act_on_bodies_of_their_workspace(void **state)
{
    gw_generation *g = kit_generation(
        HEAD
        "redaction: {allow_relax: [email], rules: [{name: order, pattern: 'O-\\d+'}]}\nworkspaces:\n  list:\n"
        "    - {name: adds, rules: [{name: staff, pattern: 'P-\\d+', action: {replace: '<staff>'}},"
        " {name: mine, detector: email, allow: ['*']}, {name: part, pattern: '@example', mode: enforce}]}\n"
        "    - {name: relaxes, relax: [email]}\n"
        "    - {name: plain}\n");
    gw_workspaces *t = kit_workspaces(g);
    const gw_workspace *adds = gw_workspaces_at(t, 0), *relaxes = gw_workspaces_at(t, 1),
                       *plain = gw_workspaces_at(t, 2);
    const char *in = LOG("P-17 O-22 ana@example.com");
    expect_body(g, plain, in, LOG("P-17 *** a***@example.com"));
    expect_body(g, relaxes, in, LOG("P-17 *** ana@example.com"));
    /* The operator's rule for the detector wins, and of finds that overlap nothing shows that either hides.
     */
    expect_body(g, adds, in, LOG("<staff> *** a***.com"));
    gw_workspaces_unref(&t);
    gw_generation_unref(&g);
}

/* ---- words of backends ---- */

static void expect_words(gw_generation *g, const gw_workspace *w, gw_signal signal, const char *in,
                         const char *want)
{
    gw_scrubber *s = gw_scrubber_new(gw_counters_new());
    const gw_scrub of = {.gen = g, .workspace = w, .signal = signal, .now = 1790000000};
    rd_buf out;
    rd_buf_init(&out, 1 << 16);
    for (unsigned i = 0; i < 2; i++) { /* appended, and the same the second time */
        size_t from = out.n;
        gw_scrub_text(s, &of, rd_slice_str(in), 1024, &out);
        rd_slice got = {out.p + from, out.n - from};
        if (!rd_slice_eq(got, rd_slice_str(want)))
            fail_msg("%s\nbecame %.*s", in, (int)got.n, (const char *)got.p);
    }
    rd_buf_release(&out);
    gw_scrubber_free(&s);
}

static void test_policies__act_on_words_of_backends(void **state)
{
    gw_generation *g = kit_generation(
        HEAD "redaction:\n  allow_relax: [email]\n"
             "  rules: [{name: order, pattern: 'O-\\d+'},"
             " {name: span, pattern: 'S-\\d+', where: {classes: [span_name], signals: [traces]}},"
             " {name: tag, pattern: 'T-\\d+', where: {classes: [label]}}]\nworkspaces:\n  list:\n"
             "    - {name: adds, rules: [{name: staff, pattern: 'P-\\d+', action: {replace: '<staff>'}}]}\n"
             "    - {name: relaxes, relax: [email]}\n");
    gw_workspaces *t = kit_workspaces(g);
    const gw_workspace *adds = gw_workspaces_at(t, 0), *relaxes = gw_workspaces_at(t, 1);
    const char *in = "no P-17 O-22 S-3 T-4 ana@example.com";
    expect_words(g, NULL, GW_SIGNAL_LOGS, in, "no P-17 *** S-3 *** a***@example.com");
    expect_words(g, adds, GW_SIGNAL_LOGS, in, "no <staff> *** S-3 *** a***@example.com");
    expect_words(g, relaxes, GW_SIGNAL_LOGS, in, "no P-17 *** S-3 *** ana@example.com");
    /* What the backend repeats may have been the name of a span. */
    expect_words(g, adds, GW_SIGNAL_TRACES, in, "no <staff> *** *** *** a***@example.com");
    expect_words(g, adds, GW_SIGNAL_TRACES, "", "");
    gw_workspaces_unref(&t);
    gw_generation_unref(&g);
}

/* A value that both hold has the token of its workspace and day in the backend's words, too. */
static void test_policies__digests_in_words_of_backends(void **state)
{
    gw_generation *g =
        kit_generation(HEAD "redaction:\n  digest_epoch_days: 90\n"
                            "  digest_keys: [{id: k1, key: 'hunter2-hunter2-hunter2-hunter2-hunter2'}]\n"
                            "  rules: [{name: email, action: digest}]\n"
                            "workspaces: {list: [{name: a}, {name: b}]}\n");
    gw_workspaces *t = kit_workspaces(g);
    gw_scrubber *s = gw_scrubber_new(gw_counters_new());
    rd_buf words[2], wire;
    rd_buf_init(&wire, 1 << 16);
    rd_buf_append_str(&wire, LOG("ana@example.com"));
    for (unsigned i = 0; i < 2; i++) {
        gw_scrub x;
        gw_scrub_init(&x);
        x.gen = g;
        x.signal = GW_SIGNAL_LOGS;
        x.format = GW_FORMAT_JSON;
        x.workspace = gw_workspaces_at(t, i);
        x.now = 1790000000;
        x.wire = rd_buf_slice(&wire);
        gw_scrub_run(s, &x);
        rd_slice body = gw_scrubbed_bytes(x.scrubbed);
        rd_buf_init(&words[i], 1 << 16);
        gw_scrub_text(s, &x, RD_SLICE_LIT("ana@example.com"), 1024, &words[i]);
        assert_true(words[i].n > 20 && words[i].n < 80);
        assert_non_null(memmem(body.p, body.n, words[i].p, words[i].n));
        gw_scrub_release(&x);
    }
    assert_false(rd_slice_eq(rd_buf_slice(&words[0]), rd_buf_slice(&words[1])));
    rd_buf_release(&words[0]);
    rd_buf_release(&words[1]);
    rd_buf_release(&wire);
    gw_scrubber_free(&s);
    gw_workspaces_unref(&t);
    gw_generation_unref(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policies__what_a_workspace_may_not),
        cmocka_unit_test(test_policies__are_shared),
        cmocka_unit_test(test_policies__have_a_ceiling),
        cmocka_unit_test(test_policies__act_on_bodies_of_their_workspace),
        cmocka_unit_test(test_policies__act_on_words_of_backends),
        cmocka_unit_test(test_policies__digests_in_words_of_backends),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
