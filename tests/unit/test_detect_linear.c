/* SPDX-License-Identifier: MIT */
/*
 * Work is linear on hostile input. Linked with the library that counts every look of a matcher at a byte; the
 * count for four times the input must be about four times as high, and bounded per byte.
 */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "filters/detect/detect.h"
#include "filters/detect/text.h"

enum { SMALL = 1 << 17, LARGE = SMALL * 4, MAX_STEPS_PER_BYTE = 1500, WHOLE = 16 << 20, MILLION = 1000000 };

static rd_detect_set *set;
static rd_detect_scratch *scratch;

static uint64_t steps(const char *head, const char *unit, uint32_t n)
{
    uint8_t *base = calloc(1, n + RD_BUF_TAIL);
    assert_non_null(base);
    size_t head_len = strlen(head), unit_len = strlen(unit);
    memcpy(base, head, head_len);
    for (uint32_t i = (uint32_t)head_len; i < n; i++)
        base[i] = (uint8_t)unit[(i - head_len) % unit_len];
    rd_text t = {0, n};
    rd_matches m;
    rd_detect_steps = 0;
    assert_int_equal(rd_detect(set, scratch, base, n, &t, 1, &m), RD_OK);
    free(base);
    return rd_detect_steps;
}

static void check(const char *head, const char *unit)
{
    uint64_t small = steps(head, unit, SMALL), large = steps(head, unit, LARGE);
    if (large > small * 5 + 100000)
        fail_msg("'%s' '%s': %lu steps, four times the input %lu", head, unit, (unsigned long)small,
                 (unsigned long)large);
    if (large / LARGE > MAX_STEPS_PER_BYTE)
        fail_msg("'%s' '%s': %lu steps a byte", head, unit, (unsigned long)(large / LARGE));
}

/* clang-format off: one a line makes a page of it. */
static const char *const units[] = {
    "a",
    "@",
    "1",
    "a@",
    "@a.",
    "1.1.1.1.",
    "1 1-1.",
    "1234 ",
    "123-",
    "4111 1111 ",
    "::1:",
    "ab:cd:",
    "aa:bb:cc:",
    "-aa-bb",
    "eyJ",
    "eyJhbGciOiJI.",
    "eyJhbGciOiJIUzI1NiJ9.eyJ",
    "password=",
    "password=x ",
    "password: ",
    "token=(",
    "token=",
    "secret='",
    "secret=\\\"",
    "user=Ann ",
    "name=\"",
    "name: Anna Anna ",
    "Cookie: ",
    "Cookie: a=b; ",
    "cookie=a;",
    "cookie=cookie",
    "cookie=[\"a",
    "cookie=[\"a\",",
    "cookie=[a",
    "cookie: a=expires=x, ",
    "cookie=\"a=b,c d ",
    "authorization=[\"a",
    "user>",
    "<user>a ",
    "bearer bearer ",
    "-----BEGIN PRIVATE KEY-----|",
    "token=\"a b ",
    "Authorization: ",
    "pw=$1 ",
    "name: Str(",
    "password: Str(x)",
    "query a($password: A, ",
    "name|\"",
    "{\"S\":\"",
    "{{ name | ",
    "name: A, name=",
    "[\"name\",\"name\",\"a",
    "name  name\n",
    "name  name\na  b  c\n",
    "NAME1 LOGIN ",
    " PASS a",
    "USER PASS a\n",
    "e PLAIN AAAAA",
    ": PSK \"",
    ":50K:/",
    ":50K:a\n",
    "NM1*A*1*B",
    "(name)=(",
    "|Ann Ann|dob:",
    "name=A^A^^",
    "passphrase: abcd abcd ",
    "<a-a=a@b.de",
    "secret=projects/a/secrets/",
    "name.keyword=",
    "name:</b>",
    "name: (string) (len=",
    "a (pw) values ($1) ",
    "pw=$1 parameters: $1 = 'x', ",
    "tel=$1 args: (x ",
    "tel=$1 args: ('x ",
    "tel=$1 args: $1 = x ",
    "{\"text\":\"",
    "x.y/users/Ab Cd ",
    ",\"0013125550154\"",
    "a:b@tcp(",
    "password=[\"is blank must ",
    "token=****",
    "Authorization: Digest a=b, ",
    "enable secret ",
    "mac=00-11-",
    "_00_11_22_33",
    "Authorization: Digest ",
    "authorization=authorization ",
    "Bearer ",
    "Basic ",
    "://",
    "a://b:c/d",
    "http://a:",
    "-----BEGIN PRIVATE KEY-----",
    "BEGIN ",
    "-----END",
    "values (",
    "(a,name) values ('a',",
    "(name)values('x'),",
    "+49 1",
    "+1 (",
    "%40",
    "%2B1",
    "a%40",
    "\"john",
    "\"@a.b",
    "AKIA",
    "ghp_",
    "AKIAIOSFODNN7EXAMPLE",
    "xoxb-",
    "DE89 ",
    "DE89",
    "password for ",
    "user a from ",
    "call 0",
    "phone ",
    "my number is ",
    " -u a:",
    " -p",
    "mysql -p",
    "--user ",
    "--password ",
    "<password>",
    "value=\"",
    "\"key\":\"value\",",
    "\"password\",\"",
    "65 170839 J 0",
    "12345678A12",
    " [10/",
    "identified by ",
    "password%3D",
    "%22",
    "&quot;",
    "\\",
    "\\\"password\\\":\\\"",
    "dob=1",
    "dob=1-1-",
    "tel=1",
    "ssn=1",
    "mac=1",
    "_",
    "a_",
    "a.b.",
    "x-",
    "A",
    "aA",
    "\xc3\xa9",
    "sid=",
    "session=a1",
    "hooks.",
    "/",
    "h/",
    "[.]",
    "1[.]",
    "{\"a\":",
    "= ",
    "== ",
    ":::",
    "\">",
    "<a b=\"\">",
    "<name a=\"\">x",
    "<name a=\"b\">",
    "PID|",
    "PID|1|",
    "PID|1|\\",
    "PV1|a1^b^c|",
    "name,phone\n",
    "a,b\n",
    "\"a\n",
    "a|\n",
    "password=https://",
    "secret=a(password=",
    "setPassword(\"",
    "withToken(",
    "password[0]",
    "password[\"",
    "signed by Anna ",
    "Dear Anna",
    "Mr. A",
    "aa==",
    "|",
    "\\u0040",
    "a\\u0040b.c",
    "\\\\u0040",
    "%C3",
    "u00",
    "&#64;",
    "a&#64;",
    "aHR0cDovL2E=",
    "SGVsbG8gd29ybGQgaGVsbG8g",
    "SGVs/",
    "SGVsbG8gd29ybGQgaGVsbG8g/\xff",
    "/user:",
    "/user:a b ",
    "\"AUTH\" \"",
    "thin:a/",
    "(to root) a ",
    " set password ",
    " set to ",
    "y 1: ",
    "Passwort f\xc3\xbcr ",
    "passwd \"",
    "Name <a@b.cd>",
    "\"A B\" <a@b.cd> ",
    "A B <sip:a@1.1.1.1> ",
    "0049 1",
    "00:11:22:",
    "user [A]\\[",
    "password to \"",
    "password set to ",
    "key=[",
    "name=[a",
    "\xff",
    "\xc3",
    "\xe3\x83",
    "password \xc3\xa9=",
    "1:AA",
    "webhooks/1/a",
};
/* clang-format on */

static void test_detect_linear__repeated_units(void **state)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        check("", units[i]);
}

static void test_detect_linear__one_opening_and_a_long_rest(void **state)
{
    static const char *const heads[] = {"password=\"",     "-----BEGIN RSA PRIVATE KEY-----",
                                        "http://u:",       "eyJhbGciOiJIUzI1NiJ9.",
                                        "(name) values (", "Cookie: a=",
                                        "Bearer ",         "a@",
                                        "name=",           "<password>",
                                        "secret='"};
    static const char *const rests[] = {"a", "a@", "a=", "password=", "a ", "' ", "\\", "1.", ":", "A b"};
    for (size_t h = 0; h < sizeof heads / sizeof heads[0]; h++) {
        for (size_t r = 0; r < sizeof rests / sizeof rests[0]; r++)
            check(heads[h], rests[r]);
    }
}

/* 16 MiB of what a sender may repeat; and a million finds in one text. */
static void test_detect_linear__whole_bodies(void **state)
{
    static const char *const of[] = {"a", "@",          "1",  "\\u0040", "%",           "=",
                                     ":", "\"key\":\"", "\"", "\\\"",    "\xff\xc3\xe2"};
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++)
        assert_true(steps("", of[i], WHOLE) / WHOLE <= MAX_STEPS_PER_BYTE);
    static const char find[] = "a@b.cd ";
    uint32_t n = MILLION * (sizeof find - 1);
    uint8_t *base = calloc(1, n + RD_BUF_TAIL);
    assert_non_null(base);
    for (uint32_t i = 0; i < n; i++)
        base[i] = (uint8_t)find[i % (sizeof find - 1)];
    rd_text t = {0, n};
    rd_matches m;
    assert_int_equal(rd_detect(set, scratch, base, n, &t, 1, &m), RD_OK);
    assert_int_equal(m.n, MILLION);
    free(base);
}

int main(void)
{
    scratch = rd_detect_scratch_new();
    if (scratch == NULL || rd_detect_set_build(UINT64_MAX, NULL, 0, &set, NULL) != RD_OK)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_detect_linear__repeated_units),
        cmocka_unit_test(test_detect_linear__one_opening_and_a_long_rest),
        cmocka_unit_test(test_detect_linear__whole_bodies),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    rd_detect_scratch_free(&scratch);
    rd_detect_set_free(&set);
    return rc;
}
