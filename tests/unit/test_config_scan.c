/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <string.h>

#include "gateway/config_nearest.h"
#include "gateway/config_scan.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static void test_config_scan__reads_numbers_with_units(void **state)
{
    static const struct {
        const char *text;
        gw_unit unit;
        uint64_t value;
    } cases[] = {
        {"0", GW_UNIT_NONE, 0},
        {"4294967296", GW_UNIT_NONE, UINT64_C(4294967296)},
        {"250ms", GW_UNIT_MS, 250},
        {"10s", GW_UNIT_MS, 10000},
        {"5m", GW_UNIT_MS, 300000},
        {"1h", GW_UNIT_MS, 3600000},
        {"90s", GW_UNIT_SECONDS, 90},
        {"2h", GW_UNIT_SECONDS, 7200},
        {"4096", GW_UNIT_BYTES, 4096},
        {"1B", GW_UNIT_BYTES, 1},
        {"64KiB", GW_UNIT_BYTES, 65536},
        {"20MiB", GW_UNIT_BYTES, 20971520},
        {"2GiB", GW_UNIT_BYTES, UINT64_C(2147483648)},
        {"1TiB", GW_UNIT_BYTES, UINT64_C(1099511627776)},
        {"16777215TiB", GW_UNIT_BYTES, UINT64_C(16777215) << 40},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        uint64_t v = 0;
        assert_null(gw_scan_number(cases[i].text, cases[i].unit, &v));
        assert_true(v == cases[i].value);
    }
}

static void test_config_scan__refuses_other_numbers(void **state)
{
    static const struct {
        const char *text;
        gw_unit unit;
    } cases[] = {
        {"", GW_UNIT_NONE},
        {"-1", GW_UNIT_NONE},
        {"+1", GW_UNIT_NONE},
        {" 1", GW_UNIT_NONE},
        {"1 ", GW_UNIT_NONE},
        {"01", GW_UNIT_NONE},
        {"0x1", GW_UNIT_NONE},
        {"1e3", GW_UNIT_NONE},
        {"1s", GW_UNIT_NONE},
        {"10", GW_UNIT_MS},
        {"1.5s", GW_UNIT_MS},
        {"1 s", GW_UNIT_MS},
        {"1S", GW_UNIT_MS},
        {"1m30s", GW_UNIT_MS},
        {"s", GW_UNIT_MS},
        {"500ms", GW_UNIT_SECONDS},
        {"1MB", GW_UNIT_BYTES},
        {"1kib", GW_UNIT_BYTES},
        {"1Ki", GW_UNIT_BYTES},
        {"16777216TiB", GW_UNIT_BYTES},
        {"\xd9\xa1", GW_UNIT_NONE},
        {"99999999999999999999", GW_UNIT_NONE},
        {"18446744073709551616", GW_UNIT_BYTES},
    };
    for (size_t i = 0; i < N_OF(cases); i++) {
        uint64_t v = 77;
        if (gw_scan_number(cases[i].text, cases[i].unit, &v) == NULL)
            fail_msg("took `%s`", cases[i].text);
        assert_true(v == 77);
    }
}

static void test_config_scan__writes_numbers_as_it_reads_them(void **state)
{
    static const uint64_t values[] = {
        0, 1, 999, 1000, 1023, 1024, 1025, 60000, 61000, 3600000, 1 << 20, 90 << 20, UINT64_C(3) << 40};
    gw_mem mem = {0};
    for (size_t i = 0; i < N_OF(values); i++) {
        for (gw_unit unit = GW_UNIT_NONE; unit <= GW_UNIT_BYTES; unit++) {
            uint64_t v = UINT64_MAX;
            assert_null(gw_scan_number(gw_write_number(values[i], unit, &mem), unit, &v));
            assert_true(v == values[i]);
        }
    }
    assert_string_equal(gw_write_number(90000, GW_UNIT_MS, &mem), "90s");
    assert_string_equal(gw_write_number(3600000, GW_UNIT_MS, &mem), "1h");
    assert_string_equal(gw_write_number(UINT64_C(20) << 20, GW_UNIT_BYTES, &mem), "20MiB");
    gw_mem_release(&mem);
}

static void test_config_scan__reads_dates_of_the_calendar(void **state)
{
    static const char *const wrong[] = {"2026-02-29", "2026-13-01", "2026-00-10",  "2026-01-00",
                                        "2026-1-1",   "26-01-01",   "2026-01-01 ", "2026-01-01T00:00:00Z",
                                        "2026/01/01", "",           "2026-01",     "1969-01-01"};
    gw_mem mem = {0};
    time_t t = 0;
    assert_null(gw_scan_date("2026-01-01", &t));
    assert_int_equal(t, 1767225600);
    assert_string_equal(gw_write_date(t, &mem), "2026-01-01");
    assert_null(gw_scan_date("2028-02-29", &t));
    assert_null(gw_scan_date("9999-12-31", &t));
    for (size_t i = 0; i < N_OF(wrong); i++) {
        t = 5;
        if (gw_scan_date(wrong[i], &t) == NULL)
            fail_msg("took `%s`", wrong[i]);
        assert_int_equal(t, 5);
    }
    gw_mem_release(&mem);
}

static void test_config_scan__splits_addresses(void **state)
{
    static const struct {
        const char *text, *host;
        uint16_t port;
    } cases[] = {
        {"127.0.0.1:4318", "127.0.0.1", 4318}, {"0.0.0.0:0", "0.0.0.0", 0},
        {"[::]:65535", "::", 65535},           {"[2001:db8::1]:80", "2001:db8::1", 80},
        {"localhost:9464", "localhost", 9464},
    };
    static const char *const wrong[] = {
        "",          ":",     ":1",     "a",       "a:",         "a:b",   "a:1:2",          "::1",
        "::1:80",    "[::1]", "[::1]:", "[::1]80", "[::1:80",    "[]:80", "[127.0.0.1]:80", "a:65536",
        "a:080",     "a b:1", "a:1 ",   "-a:1",    "http://a:1", "a/b:1", "a:-1",           "[::1%lo]:80",
        "\xc3\xa4:1"};
    gw_mem mem = {0};
    for (size_t i = 0; i < N_OF(cases); i++) {
        gw_address a;
        assert_null(gw_scan_address(cases[i].text, &mem, &a));
        assert_string_equal(a.host, cases[i].host);
        assert_int_equal(a.port, cases[i].port);
    }
    for (size_t i = 0; i < N_OF(wrong); i++) {
        gw_address a = {0};
        if (gw_scan_address(wrong[i], &mem, &a) == NULL)
            fail_msg("took `%s`", wrong[i]);
        assert_null(a.host);
    }
    gw_mem_release(&mem);
}

static void test_config_scan__splits_urls(void **state)
{
    static const struct {
        const char *text, *host, *path;
        uint16_t port;
        bool tls;
    } cases[] = {
        {"http://127.0.0.1:14318", "127.0.0.1", "", 14318, false},
        {"https://h", "h", "", 443, true},
        {"http://h/", "h", "", 80, false},
        {"HTTPS://H.example:8443/a/b/", "H.example", "/a/b", 8443, true},
        {"http://[::1]:1/x", "::1", "/x", 1, false},
        {"https://[2001:db8::1]", "2001:db8::1", "", 443, true},
    };
    static const char *const wrong[] = {"",
                                        "h",
                                        "//h",
                                        "ftp://h",
                                        "http:/h",
                                        "http://",
                                        "http:///a",
                                        "http://u@h",
                                        "http://u:p@h",
                                        "http://h/@",
                                        "http://h?a",
                                        "http://h#a",
                                        "http://h/a?b",
                                        "http://h/a#b",
                                        "http://h:0",
                                        "http://h:65536",
                                        "http://h:x",
                                        "http://h:",
                                        "http://h/a b",
                                        "http://h/\r\nX: y",
                                        "http://h\r\n/",
                                        "http://h/../a",
                                        "http://h/a//b",
                                        "http://h/.",
                                        "http://::1/",
                                        "http://[h]/",
                                        "http://h/\xc3\xa4",
                                        "http://h\\a",
                                        " http://h"};
    gw_mem mem = {0};
    for (size_t i = 0; i < N_OF(cases); i++) {
        gw_url u;
        assert_null(gw_scan_url(cases[i].text, &mem, &u));
        assert_string_equal(u.host, cases[i].host);
        assert_string_equal(u.path, cases[i].path);
        assert_int_equal(u.port, cases[i].port);
        assert_int_equal(u.tls, cases[i].tls);
    }
    for (size_t i = 0; i < N_OF(wrong); i++) {
        gw_url u = {0};
        if (gw_scan_url(wrong[i], &mem, &u) == NULL)
            fail_msg("took `%s`", wrong[i]);
        assert_null(u.host);
    }
    gw_mem_release(&mem);
}

typedef struct form_case {
    gw_form *form;
    const char *good[8], *bad[16]; /* end with NULL */
} form_case;

static const form_case forms[] = {
    {gw_form_name, {"a", "A-1_b"}, {"", "a b", "a.b", "\xc3\xa4", "a/b"}},
    {gw_form_rule_name, {"a", "staff-number_2"}, {"", "A", "a.b", "a b"}},
    {gw_form_workspace, {"default", "a.b", "A!-_.*'()", "..."}, {"", ".", "..", "a|b", "a/b", "a b", "a\n"}},
    {gw_form_header_name,
     {"X-Scope-OrgID", "Authorization", "a", "Hosts", "Contents"},
     {"", "a b", "a:", "a\r\n", "Host", "HOST", "content-type", "Content-Length", "Connection", "te",
      "TRANSFER-ENCODING", "Upgrade", "Expect", "\xc3\xa4"}},
    {gw_form_header_value,
     {"", "a", "Bearer a b", "a\tb"},
     {"a\r\nb", "a\n", "\x01", " a", "a ", "\ta", "\xc3\xa4", "\x7f"}},
    {gw_form_url_path,
     {"/", "/v1/logs", "/a%20b", "/a/"},
     {"", "v1", "/a?b", "/a#b", "/a b", "//a", "/a/..", "/..", "/.", "/./a", "/a\r\n"}},
    {gw_form_successor,
     {"/v2/logs", "https://e.org/x?a=1#b"},
     {"", "x", "javascript:x", "/a>", "https://e.org/>", "http://a\r\n", "https://e.org/\"", "ftp://a",
      "https://e.org/a,<b>"}},
    {gw_form_origin,
     {"*", "https://a.example", "http://localhost:3000"},
     {"", "null", "a.example", "https://a/", "https://a/b", "https://*.a", "https://u@a", "https://a?b"}},
    {gw_form_host, {"a", "a.b-c", "127.0.0.1", "::1"}, {"", "-a", ".a", "a b", "[::1]", "a/b", "a:1"}},
};

static void test_config_scan__knows_the_forms_of_text(void **state)
{
    char long_text[600];
    memset(long_text, 'a', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    for (size_t i = 0; i < N_OF(forms); i++) {
        for (const char *const *s = forms[i].good; *s != NULL; s++) {
            if (forms[i].form(*s) != NULL)
                fail_msg("form %zu refuses `%s`", i, *s);
        }
        for (const char *const *s = forms[i].bad; *s != NULL; s++) {
            if (forms[i].form(*s) == NULL)
                fail_msg("form %zu takes `%s`", i, *s);
        }
    }
    assert_non_null(gw_form_name(long_text));
    assert_non_null(gw_form_workspace(long_text));
    assert_non_null(gw_form_header_name(long_text));
    assert_non_null(gw_form_host(long_text));
    long_text[0] = '/';
    assert_non_null(gw_form_url_path(long_text));
}

static void test_nearest__counts_edits(void **state)
{
    char long_word[80];
    memset(long_word, 'a', sizeof long_word);
    long_word[79] = '\0';
    assert_int_equal(gw_edit_distance("", ""), 0);
    assert_int_equal(gw_edit_distance("abc", ""), 3);
    assert_int_equal(gw_edit_distance("upstream", "upstream"), 0);
    assert_int_equal(gw_edit_distance("upsteam", "upstream"), 1);
    assert_int_equal(gw_edit_distance("upstraem", "upstream"), 1); /* a swap is one edit */
    assert_int_equal(gw_edit_distance("kitten", "sitting"), 3);
    assert_int_equal(gw_edit_distance("ca", "abc"), 3); /* restricted: no edit inside a swap */
    assert_int_equal(gw_edit_distance(long_word, "a"), GW_NEAREST_MAX + 1);
    long_word[GW_NEAREST_MAX] = '\0';
    assert_int_equal(gw_edit_distance(long_word, "a"), GW_NEAREST_MAX - 1);
}

static const char *nearest(const char *word, const char *const *candidates)
{
    gw_nearest n = {.word = word};
    for (; *candidates != NULL; candidates++)
        gw_nearest_offer(&n, *candidates);
    return n.best;
}

static void test_nearest__offers_only_what_is_near(void **state)
{
    static const char *const words[] = {"listeners", "limits", "tls", "key", "mask", "drop", NULL};
    assert_string_equal(nearest("listner", words), "listeners");
    assert_string_equal(nearest("limit", words), "limits");
    assert_string_equal(nearest("tsl", words), "tls");
    assert_string_equal(nearest("masc", words), "mask");
    assert_null(nearest("password", words));
    assert_null(nearest("xy", words));
    assert_null(nearest("", words));
    assert_null(nearest("a", (const char *const[]){"b", NULL}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config_scan__reads_numbers_with_units),
        cmocka_unit_test(test_config_scan__refuses_other_numbers),
        cmocka_unit_test(test_config_scan__writes_numbers_as_it_reads_them),
        cmocka_unit_test(test_config_scan__reads_dates_of_the_calendar),
        cmocka_unit_test(test_config_scan__splits_addresses),
        cmocka_unit_test(test_config_scan__splits_urls),
        cmocka_unit_test(test_config_scan__knows_the_forms_of_text),
        cmocka_unit_test(test_nearest__counts_edits),
        cmocka_unit_test(test_nearest__offers_only_what_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
