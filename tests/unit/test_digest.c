/* SPDX-License-Identifier: MIT */
/* HMAC by RFC 4231; digests: what one value becomes, what is known again and what is not; in all formats. */
#include "tests/unit/redact_kit.h"

#include <stdio.h>

static const char master_1[] = "0123456789abcdef0123456789abcdef",
                  master_2[] = "another master key of 32 bytes!!";

/* ---- HMAC ---- */

static void hex_to(const char *hex, rd_buf *out)
{
    for (; *hex != '\0'; hex += 2) {
        unsigned v;
        assert_int_equal(sscanf(hex, "%2x", &v), 1);
        rd_buf_append_byte(out, (uint8_t)v);
    }
}

static void repeat(uint8_t c, size_t n, rd_buf *out)
{
    while (n-- > 0)
        rd_buf_append_byte(out, c);
}

static void check_hmac(rd_hmac *h, const rd_buf *key, const rd_buf *data, const char *want_hex)
{
    uint8_t got[RD_HMAC_BYTES];
    rd_buf want;
    rd_buf_init(&want, 64);
    hex_to(want_hex, &want);
    assert_true(rd_hmac_key(h, rd_buf_slice(key)));
    for (size_t cut = 0; cut <= data->n; cut++) {
        const rd_slice parts[] = {{data->p, cut}, {data->p + cut, data->n - cut}};
        assert_true(rd_hmac_sum(h, parts, 2, got));
        assert_memory_equal(got, want.p, want.n);
    }
    rd_buf_release(&want);
}

static void test_hmac__rfc_4231(void **state)
{
    static const struct {
        const char *key, *data; /* hexadecimal; NULL: repeated bytes */
        uint8_t key_byte, data_byte;
        unsigned n_key, n_data;
        const char *sum;
    } cases[] = {
        {NULL, "4869205468657265", 0x0b, 0, 20, 0,
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f", 0, 0, 0, 0,
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {NULL, NULL, 0xaa, 0xdd, 20, 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {"0102030405060708090a0b0c0d0e0f10111213141516171819", NULL, 0, 0xcd, 0, 50,
         "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
        {NULL, "546573742057697468205472756e636174696f6e", 0x0c, 0, 20, 0,
         "a3b6167473100ee06e0c796c2955552b"},
        {NULL,
         "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204"
         "669727374",
         0xaa, 0, 131, 0, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {NULL,
         "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206b65792"
         "0616e642061206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565647320"
         "746f20626520686173686564206265666f7265206265696e6720757365642062792074686520484d414320616c676f72697"
         "4686d2e",
         0xaa, 0, 131, 0, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
    };
    rd_hmac h = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rd_buf key, data;
        rd_buf_init(&key, 512);
        rd_buf_init(&data, 512);
        if (cases[i].key != NULL)
            hex_to(cases[i].key, &key);
        repeat(cases[i].key_byte, cases[i].n_key, &key);
        if (cases[i].data != NULL)
            hex_to(cases[i].data, &data);
        repeat(cases[i].data_byte, cases[i].n_data, &data);
        check_hmac(&h, &key, &data, cases[i].sum);
        rd_buf_release(&key);
        rd_buf_release(&data);
    }
    rd_hmac_release(&h);
}

static void test_hmac__without_a_key_says_nothing(void **state)
{
    rd_hmac h = {0};
    uint8_t out[RD_HMAC_BYTES];
    const rd_slice text = RD_SLICE_LIT("x");
    assert_false(rd_hmac_sum(&h, &text, 1, out));
    assert_false(rd_hmac_key(&h, (rd_slice){0}));
    assert_false(rd_hmac_sum(&h, &text, 1, out));
    rd_hmac_release(&h);
}

/* ---- digests ---- */

static rd_digest_keys *keys_of(const rd_digest_key_spec *specs, uint32_t n)
{
    rd_digest_keys *k = NULL;
    rd_error err = {0};
    assert_int_equal(rd_digest_keys_build(specs, n, &k, &err), RD_OK);
    return k;
}

static const rd_digest_key_spec spec_1 = {"k1", {(const uint8_t *)master_1, 32}};
static const rd_digest_key_spec spec_2 = {"k2", {(const uint8_t *)master_2, 32}};

/* The token as a C string; borrowed for some calls. */
static const char *token(const rd_digest_keys *k, const char *workspace, uint32_t epoch, const char *prefix,
                         const char *value)
{
    static char texts[16][128];
    static unsigned at;
    rd_digester d = {0};
    rd_buf b;
    char *text = texts[at++ % 16];
    rd_buf_init(&b, 4096);
    rd_digester_begin(&d, k, rd_slice_str(workspace), epoch);
    rd_digest_append(&d, rd_slice_str(prefix), rd_slice_str(value), &b);
    assert_int_equal(b.failed, RD_OK);
    assert_true(b.n <= RD_DIGEST_MAX_TOKEN);
    memcpy(text, b.p, b.n);
    text[b.n] = '\0';
    rd_digester_release(&d);
    rd_buf_release(&b);
    return text;
}

static bool covers(const rd_digest_keys *k, const char *text, size_t off, size_t len)
{
    rd_digester d = {0};
    rd_digester_begin(&d, k, RD_SLICE_LIT("elsewhere"), 99);
    char *copy = malloc(strlen(text)); /* without a tail: a read beyond it is seen */
    memcpy(copy, text, strlen(text));
    bool yes = rd_digest_covers(&d, rd_slice_of(copy, strlen(text)), off, len);
    free(copy);
    rd_digester_release(&d);
    return yes;
}

static void test_digest__has_its_form(void **state)
{
    rd_digest_keys *k = keys_of(&spec_1, 1);
    const char *t = token(k, "acme", 20560, "staff", "alice@example.org");
    assert_memory_equal(t, "staff-k1e20560-", 15);
    assert_int_equal(strlen(t), 15 + 24);
    assert_int_equal(strspn(t + 15, "0123456789abcdef"), 24);
    /* For ever: backends hold tokens of years. By another implementation of HMAC and HKDF. */
    assert_string_equal(t, "staff-k1e20560-431554e82d7a5ced18a4fc30");
    rd_digest_keys_free(&k);
}

static void test_digest__one_value_one_token(void **state)
{
    rd_digest_keys *k = keys_of(&spec_1, 1);
    const char *t = token(k, "acme", 0, "id", "alice@example.org");
    assert_string_equal(t, token(k, "acme", 0, "id", "Alice@EXAMPLE.org"));
    assert_string_equal(t, token(k, "acme", 0, "id", " alice@example.org\r\n"));
    assert_string_equal(t, token(k, "acme", 0, "id", "alice%40exampl%65.org"));
    assert_string_not_equal(token(k, "acme", 0, "id", "a%4"), token(k, "acme", 0, "id", "a%"));
    assert_string_not_equal(token(k, "acme", 0, "id", "%zz"), token(k, "acme", 0, "id", "zz"));
    assert_string_not_equal(t, token(k, "acme", 0, "id", "alice@example.com"));
    /* Under another prefix the check differs, the digest of the value does not. */
    assert_memory_equal(t + 8, token(k, "acme", 0, "mail", "alice@example.org") + 10, 16);
    rd_digest_keys_free(&k);
}

static void test_digest__differs_between_workspaces_epochs_and_keys(void **state)
{
    rd_digest_keys *k = keys_of(&spec_1, 1);
    const rd_digest_key_spec renamed = {"k1", spec_2.key};
    rd_digest_keys *other = keys_of(&renamed, 1);
    const char *digest = token(k, "acme", 7, "id", "42") + 8;
    assert_memory_not_equal(digest, token(k, "acmf", 7, "id", "42") + 8, 16);
    assert_memory_not_equal(digest, token(k, "", 7, "id", "42") + 8, 16);
    assert_memory_not_equal(digest, token(k, "acme", 8, "id", "42") + 8, 16);
    assert_memory_not_equal(digest, token(other, "acme", 7, "id", "42") + 8, 16);
    /* Epoch and workspace must not run into one another. */
    assert_memory_not_equal(token(k, "1", 7, "id", "42") + 8, token(k, "", 71, "id", "42") + 9, 16);
    rd_digest_keys_free(&k);
    rd_digest_keys_free(&other);
}

static void test_digest__is_known_again_in_whole_and_in_part(void **state)
{
    rd_digest_keys *k = keys_of(&spec_1, 1);
    char text[256];
    const char *t = token(k, "acme", 20560, "staff", "alice");
    size_t n = strlen(t);
    static const char *const around[][2] = {{"", ""},     {"user=", " x"}, {"\"", "\""},
                                            {"a-", "-b"}, {"-", "-"},      {"e1-", "0123"}};
    for (size_t i = 0; i < sizeof around / sizeof around[0]; i++) {
        size_t before = strlen(around[i][0]);
        snprintf(text, sizeof text, "%s%s%s", around[i][0], t, around[i][1]);
        for (size_t off = 0; off < n; off++)
            for (size_t len = 1; off + len <= n; len++)
                assert_true(covers(k, text, before + off, len));
        if (before > 0)
            assert_false(covers(k, text, before - 1, n + 1));
        assert_false(before + n < strlen(text) && covers(k, text, before, n + 1));
    }
    rd_digest_keys_free(&k);
}

static void test_digest__cannot_be_forged(void **state)
{
    rd_digest_keys *k = keys_of(&spec_1, 1);
    char text[128];
    const char *t = token(k, "acme", 20560, "staff", "alice");
    size_t n = strlen(t);
    for (size_t i = 0; i < n; i++) { /* any other byte anywhere, and it is nobody's */
        memcpy(text, t, n + 1);
        text[i] = text[i] == '1' ? '2' : '1';
        assert_false(covers(k, text, 0, n));
    }
    assert_false(covers(k, "staff-k1e20560-411111111111111100000000", 0, 39));
    snprintf(text, sizeof text, "bob_%s", t); /* a longer prefix */
    assert_false(covers(k, text, 0, strlen(text)));
    assert_false(covers(k, text, 4, n));
    rd_digest_keys *other = keys_of(&spec_2, 1);
    assert_false(covers(other, t, 0, n));
    rd_digester none = {0};
    assert_false(rd_digest_covers(&none, rd_slice_str(t), 0, n));
    rd_digest_keys_free(&k);
    rd_digest_keys_free(&other);
}

static void test_digest__old_keys_know_theirs(void **state)
{
    const rd_digest_key_spec both[] = {spec_2, spec_1};
    rd_digest_keys *old = keys_of(&spec_1, 1), *now = keys_of(both, 2);
    const char *t = token(old, "acme", 1, "id", "alice"), *u = token(now, "acme", 1, "id", "alice");
    assert_memory_equal(u, "id-k2e1-", 8);
    assert_true(covers(now, t, 0, strlen(t)));
    assert_true(covers(now, u, 0, strlen(u)));
    assert_false(covers(old, u, 0, strlen(u)));
    rd_digest_keys_free(&old);
    rd_digest_keys_free(&now);
}

static void test_digest__bad_keys_are_refused(void **state)
{
    static const char stars[] = "************************************";
    const rd_digest_key_spec bad[] = {
        {"k1", {(const uint8_t *)master_1, 31}},
        {"k1", {(const uint8_t *)stars, 36}},
        {"", spec_1.key},
        {"1k", spec_1.key},
        {"K1", spec_1.key},
        {"k-1", spec_1.key},
        {"abcdefghi", spec_1.key},
    };
    rd_digest_keys *k = NULL;
    rd_error err;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(rd_digest_keys_build(&bad[i], 1, &k, &err), RD_INVALID);
    const rd_digest_key_spec twice[] = {spec_1, {"k1", spec_2.key}};
    assert_int_equal(rd_digest_keys_build(twice, 2, &k, &err), RD_INVALID);
    assert_null(k);
}

/* ---- in payloads ---- */

static rd_policy *policy_with(const rd_rule_spec *rules, uint32_t n)
{
    const rd_policy_spec spec = {.rules = rules, .n_rules = n, .digest_keys = &spec_1, .n_digest_keys = 1};
    rd_policy *p = NULL;
    rd_error err = {0};
    uint32_t bad = 0;
    if (rd_policy_make(&spec, &p, &bad, &err) != RD_OK)
        fail_msg("rule %u: %s", bad, err.what);
    return p;
}

static const rd_rule_spec rules[] = {
    {.name = "mail", KIT_DETECTOR(EMAIL), .action = RD_ACTION_DIGEST, .label_action = RD_ACTION_DIGEST},
    {.name = "user", KIT_KEYS("user_id"), .action = RD_ACTION_DIGEST, .label_action = RD_ACTION_DIGEST},
    {.name = "digits", KIT_PATTERN("[0-9a-f]{4,}"), .signals = 1u << RD_SIGNAL_LOGS},
};

/* `%A` in the texts is the token of alice@example.org, `%F` that of 42, in a workspace without a name. */
static char *filled(const rd_policy *p, const char *text)
{
    static const char *const values[] = {"alice@example.org", "42"};
    char *out = malloc(8192), *to = out;
    for (; *text != '\0'; text++) {
        if (text[0] != '%' || (text[1] != 'A' && text[1] != 'F')) {
            *to++ = *text;
            continue;
        }
        const char *t = token(rd_policy_digest_keys(p), "", 0, "id", values[*++text == 'F']);
        memcpy(to, t, strlen(t));
        to += strlen(t);
    }
    *to = '\0';
    return out;
}

static void expect(const rd_policy *p, rd_signal s, rd_format f, const char *in, const char *want)
{
    char *from = filled(p, in), *to = want == NULL ? NULL : filled(p, want);
    kit_expect(p, s, f, from, to);
    free(from);
    free(to);
}

static void test_digest__of_texts_and_values_in_json(void **state)
{
    rd_policy *p = policy_with(rules, 3);
    static const char *const cases[][2] = {
        {"\"body\":{\"stringValue\":\"from Alice@example.org to <alice@example.org>\"}",
         "\"body\":{\"stringValue\":\"from %A to <%A>\"}"},
        {"\"body\":{\"stringValue\":\"\\tfrom alice\\u0040example.org\"}",
         "\"body\":{\"stringValue\":\"\\tfrom %A\"}"},
        {"\"attributes\":[{\"key\":\"user_id\",\"value\":{\"stringValue\":\"alice\\u0040example.org\"}}]",
         "\"attributes\":[{\"key\":\"user_id\",\"value\":{\"stringValue\":\"%A\"}}]"},
        {"\"attributes\":[{\"key\":\"user_id\",\"value\":{\"intValue\":\"42\"}}]",
         "\"attributes\":[{\"key\":\"user_id\",\"value\":{\"stringValue\":\"%F\"}}]"},
        {"\"attributes\":[{\"key\":\"user_id\",\"value\":{ \"intValue\" : 42 }}]",
         "\"attributes\":[{\"key\":\"user_id\",\"value\":{\"stringValue\":\"%F\"}}]"},
        {"\"attributes\":[{\"key\":\"user_id\",\"value\":{\"boolValue\":true}}]",
         "\"attributes\":[{\"key\":\"user_id\",\"value\":{\"stringValue\":\"***\"}}]"},
        {"\"attributes\":[{\"key\":\"user_id\",\"value\":{\"stringValue\":\"\"}}]",
         "\"attributes\":[{\"key\":\"user_id\",\"value\":{\"stringValue\":\"***\"}}]"},
        /* Two values: one of them would hide behind the other. */
        {"\"attributes\":[{\"key\":\"user_id\",\"value\":{\"stringValue\":\"%A\",\"intValue\":1234567}}]",
         "\"attributes\":[{\"key\":\"user_id\",\"value\":{\"stringValue\":\"***\"}}]"},
        /* A token is left alone where a pattern finds its digits, a look-alike is not. */
        {"\"body\":{\"stringValue\":\"%A beef1234 id-k1e0-0123456789abcdef01234567\"}",
         "\"body\":{\"stringValue\":\"%A *** id-k1e0-***\"}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char in[1024], want[1024];
        snprintf(in, sizeof in, "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{%s}]}]}]}",
                 cases[i][0]);
        snprintf(want, sizeof want, "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{%s}]}]}]}",
                 cases[i][1]);
        expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON, in, want);
    }
    rd_policy_free(&p);
}

static void test_digest__of_texts_and_values_in_protobuf(void **state)
{
    rd_policy *p = policy_with(rules, 3);
    static const char *const cases[][2] = {
        {"1{2{2{5{1'from Alice@example.org'}}}}", "1{2{2{5{1'from %A'}}}}"},
        {"1{2{2{6{1'user_id' 2{1'alice@example.org'}}}}}", "1{2{2{6{1'user_id' 2{1'%A'}}}}}"},
        {"1{2{2{6{1'user_id' 2{3=42}}}}}", "1{2{2{6{1'user_id' 2{1'%F'}}}}}"},
        {"1{2{2{6{1'user_id' 2{2=1}}}}}", "1{2{2{6{1'user_id' 2{1'***'}}}}}"},
        {"1{2{2{6{1'user_id' 2{1'%A' 1'bob'}}}}}", "1{2{2{6{1'user_id' 2{1'***'}}}}}"},
        {"1{2{2{6{1'user_id' 2{1'%A'}}}}}", NULL},
        {"1{2{2{5{1'%A,%F'}}}}", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect(p, RD_SIGNAL_LOGS, RD_FORMAT_PROTOBUF, cases[i][0], cases[i][1]);
    rd_policy_free(&p);
}

static void test_digest__of_labels(void **state)
{
    rd_policy *p = policy_with(rules, 2);
    expect(p, RD_SIGNAL_LOKI_PUSH, RD_FORMAT_PROTOBUF, "1{1'{a=\"b\", user_id=\"42\"}' 2{1{1=1} 2'x 42'}}",
           "1{1'{a=\"b\", user_id=\"%F\"}' 2{1{1=1} 2'x 42'}}");
    expect(p, RD_SIGNAL_LOKI_PUSH, RD_FORMAT_PROTOBUF, "1{1'{ a = \"%A\",user_id=\"%F\" }' 2{1{1=1} 2'x'}}",
           NULL);
    expect(p, RD_SIGNAL_LOKI_PUSH, RD_FORMAT_JSON,
           "{\"streams\":[{\"stream\":{\"user_id\":\"42\",\"o\":\"alice@example.org\"},\"values\":[[\"1\","
           "\"x\"]]}]}",
           "{\"streams\":[{\"stream\":{\"user_id\":\"%F\",\"o\":\"%A\"},\"values\":[[\"1\",\"x\"]]}]}");
    rd_policy_free(&p);
}

static void test_digest__follows_workspace_and_epoch_of_the_job(void **state)
{
    rd_policy *p = policy_with(rules, 2);
    static const char in[] = "{\"resourceLogs\":[{\"schemaUrl\":\"alice@example.org\"}]}";
    static const struct {
        const char *workspace;
        uint32_t epoch;
    } jobs[] = {{"acme", 20560}, {"other", 20560}, {"acme", 20650}, {"acme", 20560}};
    rd_redactor *r = rd_redactor_new();
    for (size_t i = 0; i < 4; i++) {
        rd_buf body, out;
        rd_redaction res;
        rd_error err;
        rd_buf_init(&body, 4096);
        rd_buf_init(&out, 4096);
        rd_buf_append_str(&body, in);
        rd_job job = {.policy = p,
                      .signal = RD_SIGNAL_LOGS,
                      .format = RD_FORMAT_JSON,
                      .body = rd_buf_slice(&body),
                      .limits = kit_limits,
                      .workspace = rd_slice_str(jobs[i].workspace),
                      .epoch = jobs[i].epoch};
        assert_int_equal(rd_redact(r, &job, &out, &res, &err), RD_OK);
        const char *want =
            token(rd_policy_digest_keys(p), jobs[i].workspace, jobs[i].epoch, "id", "alice@example.org");
        assert_non_null(memmem(out.p, out.n, want, strlen(want)));
        rd_buf_release(&body);
        rd_buf_release(&out);
    }
    rd_redactor_free(&r);
    rd_policy_free(&p);
}

static void test_digest__rules_without_a_key_are_refused(void **state)
{
    const rd_rule_spec bad_prefix = {
        .name = "m", KIT_DETECTOR(EMAIL), .action = RD_ACTION_DIGEST, .prefix = "Staff-1"};
    const rd_policy_spec specs[] = {
        {.rules = rules, .n_rules = 1},
        {.rules = &bad_prefix, .n_rules = 1, .digest_keys = &spec_1, .n_digest_keys = 1},
        {.rules = rules,
         .n_rules = 1,
         .digest_keys = &(rd_digest_key_spec){"k1", {(const uint8_t *)"x", 1}},
         .n_digest_keys = 1}};
    for (size_t i = 0; i < 3; i++) {
        rd_policy *p = NULL;
        rd_error err = {0};
        uint32_t bad = 99;
        assert_int_equal(rd_policy_make(&specs[i], &p, &bad, &err), RD_INVALID);
        assert_int_equal(bad, i < 2 ? 0 : RD_NO_RULE);
        assert_null(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hmac__rfc_4231),
        cmocka_unit_test(test_hmac__without_a_key_says_nothing),
        cmocka_unit_test(test_digest__has_its_form),
        cmocka_unit_test(test_digest__one_value_one_token),
        cmocka_unit_test(test_digest__differs_between_workspaces_epochs_and_keys),
        cmocka_unit_test(test_digest__is_known_again_in_whole_and_in_part),
        cmocka_unit_test(test_digest__cannot_be_forged),
        cmocka_unit_test(test_digest__old_keys_know_theirs),
        cmocka_unit_test(test_digest__bad_keys_are_refused),
        cmocka_unit_test(test_digest__of_texts_and_values_in_json),
        cmocka_unit_test(test_digest__of_texts_and_values_in_protobuf),
        cmocka_unit_test(test_digest__of_labels),
        cmocka_unit_test(test_digest__follows_workspace_and_epoch_of_the_job),
        cmocka_unit_test(test_digest__rules_without_a_key_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
