/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <string.h>

#include "filters/base/buf.h"
#include "filters/detect/explain.h"
#include "tests/unit/random.h"

static rd_refusals refused;
static rd_matches found;
static rd_detect_scratch *scratch;

static void explain_text(const char *text, uint64_t mask)
{
    static uint8_t base[4096 + RD_BUF_TAIL];
    rd_detect_set *set = NULL;
    rd_text t = {.len = (uint32_t)strlen(text)};
    assert_true(t.len <= 4096);
    memcpy(base, text, t.len);
    assert_int_equal(rd_detect_set_build(mask, NULL, 0, &set, NULL), RD_OK);
    assert_int_equal(rd_detect_explain(set, scratch, base, t.len, &t, 1, &found, &refused), RD_OK);
    rd_detect_set_free(&set);
}

static int set_up(void **state)
{
    scratch = rd_detect_scratch_new();
    return scratch == NULL;
}

static int tear_down(void **state)
{
    rd_detect_scratch_free(&scratch);
    return 0;
}

static void test_explain__names_the_validator(void **state)
{
    static const struct {
        const char *text, *validator;
        uint32_t off, len, detector;
    } rows[] = {
        {"card 4111111111111112 end", "luhn", 5, 16, RD_DETECTOR_CREDIT_CARD},
        {"card 4111 1111 1111 1112 end", "luhn", 5, 19, RD_DETECTOR_CREDIT_CARD},
        {"n 9999999999999995 end", "issuer", 2, 16, RD_DETECTOR_CREDIT_CARD},
        {"4111111111111111-abc", "edges", 0, 16, RD_DETECTOR_CREDIT_CARD},
        {"DE89370400440532013001", "mod_97", 0, 22, RD_DETECTOR_IBAN},
        {"ssn 000-12-3456", "range", 4, 11, RD_DETECTOR_US_SSN},
        {"id 12345678901 x", "check_digit", 3, 11, RD_DETECTOR_DE_STEUER_ID},
        {"sv 15070649C104 x", "check_digit", 3, 12, RD_DETECTOR_DE_SVNR},
        {"listen 127.0.0.1:80", "not_a_host", 7, 9, RD_DETECTOR_IPV4},
        {"version 1.2.3.4", "version", 8, 7, RD_DETECTOR_IPV4},
        {"bearer sentiment", "not_opaque", 7, 9, RD_DETECTOR_BEARER_TOKEN},
        {"password=****** x", "value_of_key", 9, 6, RD_DETECTOR_PASSWORD},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool told = false;
        explain_text(rows[i].text, UINT64_MAX);
        for (uint32_t k = 0; k < refused.n; k++) {
            const rd_refusal *r = &refused.list[k];
            told |= r->detector == rows[i].detector && r->off == rows[i].off && r->len == rows[i].len &&
                    strcmp(r->validator, rows[i].validator) == 0;
        }
        if (!told || found.n > 0)
            fail_msg("row %zu: %u matches, %u refusals, first %s", i, found.n, refused.n,
                     refused.n > 0 ? refused.list[0].validator : "-");
    }
}

static void test_explain__tells_nothing_of_what_is_off_or_found(void **state)
{
    explain_text("card 4111111111111112", UINT64_C(1) << RD_DETECTOR_EMAIL);
    assert_int_equal(refused.n, 0);
    explain_text("a.b@shop.example 4111111111111111 10.2.3.4 password=hunter2xx", UINT64_MAX);
    assert_int_equal(refused.n, 0);
    assert_int_equal(found.n, 4);
}

static void test_explain__counts_what_does_not_fit(void **state)
{
    char text[4096] = "";
    size_t n = 0;
    for (int i = 0; i < 300; i++) {
        memcpy(text + n, "127.0.0.1 ", 10);
        n += 10;
    }
    explain_text(text, UINT64_MAX);
    assert_int_equal(refused.n, RD_MAX_REFUSALS);
    assert_int_equal(refused.n_more, 300 - RD_MAX_REFUSALS);
    explain_text("nothing", UINT64_MAX);
    assert_int_equal(refused.n + refused.n_more, 0);
}

/* Listening ends with the call: the scratch must not write to a list that is gone. */
static void test_explain__ends_with_the_call(void **state)
{
    rd_detect_set *set = NULL;
    uint8_t base[64 + RD_BUF_TAIL] = "127.0.0.1";
    rd_text t = {.len = 9};
    explain_text("127.0.0.1", UINT64_MAX);
    assert_int_equal(refused.n, 1);
    assert_int_equal(rd_detect_set_build(UINT64_MAX, NULL, 0, &set, NULL), RD_OK);
    assert_int_equal(rd_detect(set, scratch, base, 9, &t, 1, &found), RD_OK);
    assert_int_equal(refused.n, 1);
    rd_detect_set_free(&set);
}

/* ---- who asks why not is told what is found in service, where short cuts are taken ---- */

enum { PAIRS = 100000, MAX_TEXT = 256 };

static const char *const keys[] = {
    "password", "token",     "access_token", "session_id", "sid",        "user",        "username",
    "name",     "full_name", "customer",     "agent",      "login",      "account",     "key",
    "cn",       "uid",       "phone",        "birthday",   "credential", "client_name", "owner",
    "approver", "api_key",   "code",         "cookie",     "size",       "JobManager",  "requester",
};
static const char *const separators[] = {"=",  ": ",   ":",  " = ", "\":\"", "\": \"",
                                         "='", " -> ", "\t", "=\"", " "};
static const char *const values[] = {
    "Anna Schmidt",
    "anna",
    "anna.schmidt",
    "john.doe",
    "j.doe",
    "4711",
    "0x3e7",
    "none",
    "pending",
    "hunter2-x!",
    "a1b2c3d4e5",
    "1.5s",
    "12",
    "checkout-worker",
    "Müller",
    "O'Neil, K",
    "null",
    "true",
    "31.12.1970",
    "+49 30 1234567",
    "1234567890123456789012345678901234567890",
    "f00dfeedbeefcafe0123456789abcdef",
    "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7d",
    "zorro",
    "rejected",
    "12345678",
    "123456789012345678",
};
#define PICK(list) (list)[rnd(sizeof(list) / sizeof((list)[0]))]

static uint32_t add_words(uint8_t *to, uint32_t n, const char *words)
{
    size_t len = strlen(words);
    memcpy(to + n, words, len);
    return n + (uint32_t)len;
}

static void make_pair(uint8_t *text, uint32_t *out_len)
{
    static const char *const ends[] = {"", " next", "\"", "',", ", b=2", "; c", "&d=1", ")"};
    uint32_t n = add_words(text, 0, rnd(3) == 0 ? "{\"" : "at 12:01 ");
    n = add_words(text, n, PICK(keys));
    n = add_words(text, n, PICK(separators));
    n = add_words(text, n, PICK(values));
    if (rnd(3) == 0)
        text[n - 1 - rnd(3)] = (uint8_t) "aZ9 .-\"\\"[rnd(8)];
    *out_len = add_words(text, n, PICK(ends));
}

static void test_explain__finds_what_service_finds(void **state)
{
    rd_detect_set *set = NULL;
    rd_detect_scratch *other = rd_detect_scratch_new();
    uint32_t n_found = 0, n_rounds = rounds(PAIRS);
    (void)state;
    assert_non_null(other);
    assert_int_equal(rd_detect_set_build(UINT64_MAX, NULL, 0, &set, NULL), RD_OK);
    for (uint32_t i = 0; i < n_rounds; i++) {
        uint8_t base[MAX_TEXT + RD_BUF_TAIL] = {0};
        rd_text t = {.off = 0};
        rd_matches in_service;
        make_pair(base, &t.len);
        assert_int_equal(rd_detect(set, other, base, t.len, &t, 1, &in_service), RD_OK);
        assert_int_equal(rd_detect_explain(set, scratch, base, t.len, &t, 1, &found, &refused), RD_OK);
        if (in_service.n != found.n ||
            (found.n > 0 && memcmp(in_service.list, found.list, found.n * sizeof *found.list) != 0))
            fail_msg("%s", (const char *)base);
        n_found += found.n;
    }
    assert_true(n_found > n_rounds / 10);
    rd_detect_set_free(&set);
    rd_detect_scratch_free(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_explain__names_the_validator),
        cmocka_unit_test(test_explain__tells_nothing_of_what_is_off_or_found),
        cmocka_unit_test(test_explain__counts_what_does_not_fit),
        cmocka_unit_test(test_explain__ends_with_the_call),
        cmocka_unit_test(test_explain__finds_what_service_finds),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
