/* SPDX-License-Identifier: MIT */
/* What is read out of own patterns, that it is true, and that texts without it are not tried. */
#include "tests/unit/unit.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdlib.h>

#include "filters/base/buf.h"
#include "filters/detect/detect.h"
#include "filters/detect/literals.h"
#include "filters/detect/scan.h"

/* The literals in any order, with commas between them. */
static void expect(const char *pattern, const char *want)
{
    rd_literals l;
    char text[256] = "";
    rd_literals_of(pattern, &l);
    for (uint32_t i = 0; i < l.n; i++) {
        strncat(text, i > 0 ? "," : "", 2);
        strncat(text, (const char *)l.text[i], l.len[i]);
    }
    if (strcmp(text, want) != 0)
        fail_msg("%s needs `%s`, not `%s`", pattern, want, text);
}

static void test_literals__of_patterns(void **state)
{
    static const char *const cases[][2] = {
        {"abc", "abc"},
        {"\\bP-\\d{6}\\b", "p-"},
        {"(?<=user_id=)\\d+", "user_id="},
        {"\\d+(?=\\s*EUR)", "eur"},
        {"(?<!no)\\d", ""},
        {"a(?!b)c", "ac"},
        {"foo|ba[rR]", "foo,bar"},
        {"(?:GET|POST) /x", "get /x,post /x"},
        {"https?://", "https://,http://"},
        {"x{3}yy", "yy"},
        {"(abc)+d*", "abc"},
        {"(abc)?", ""},
        {"(abc)?de", "abcde,de"},
        {"ab{1}c", "abc"},
        {"ab{0}cde", "cde"},
        {"ab*?cde", "cde"},
        {"[a-z]+@[a-z]+\\.corp", ".corp"},
        {"\\x41\\x2d\\x42", "a-b"},
        {"a\\.b\\\\c", "a.b\\c"},
        {"[.]x[\\-]", ".x-"},
        {"(?i)secret(?-i)Key", "secretkey"},
        {"(?i:Secret) \\w", "secret "},
        {"(?<name>tok)en", "token"},
        {"(?P<n>a)(?'m'b)c", "abc"},
        {"(?>ab|cd)e", "abe,cde"},
        {"[[:alpha:]_]+xyz", "xyz"},
        {"[]x]yz", "yz"},
        {"[^]x]yz", "yz"},
        {"{x}", "{x}"},
        {"a{,3}", ""},
        {"\\d{4}-\\d{2}", "-"},
        {"a|b|", ""},
        {"(a|b)(c|d)ef", "acef,adef,bcef,bdef"},
        {"(*UTF)\\xe4b", "b"},
        {"(*UTF)(?i)ks", ""},
        {"\xc3\xa4rger", "rger"},
        {"[ab][cd][ef]ghij", "ghij"},
        {"0123456789abcdef0123", "0123456789abcdef"},
        /* Not known: no literal. */
        {"(?x) a b c", ""},
        {"(?#abc)def", ""},
        {"(a)\\1bcd", ""},
        {"\\Qab\\Ecd", ""},
        {"(?(1)ab|cd)ef", ""},
        {"(?R)?abc", ""},
        {"a(?|b|c)d", ""},
        {"(*COMMIT)abc", ""},
        {"[[:x]a|b:]c]d", ""},
        {"\\N{U+41}abc", ""},
        {"\\x{41}bc", ""},
        {"a\\g{1}bc", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(cases[i][0], cases[i][1]);
}

/* ---- against PCRE2 ---- */

static uint64_t seed = 1;

static uint32_t below(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % n;
}

/* A pattern of pieces that fit and such that do not. */
static void random_pattern(char *out, size_t size)
{
    static const char *const pieces[] = {
        "a",           "b",     "c",      "A",     "ab",    "ca",    "-",     ".",    "\\.",  "\\w",
        "\\d",         "\\b",   "\\B",    "^",     "$",     "[ab]",  "[aA]",  "[^a]", "[]a]", "[a-c]",
        "[[:alpha:]]", "[[:x]", "[\\]a]", "(",     ")",     "(?:",   "(?=",   "(?!",  "(?<=", "(?<!",
        "(?>",         "(?i)",  "(?i:",   "(?-i)", "(?<n>", "(?|",   "(?#",   "|",    "|",    "*",
        "+",           "?",     "{1}",    "{2}",   "{0}",   "{0,1}", "{1,2}", "{,2}", "{",    "}",
        "*?",          "++",    "\\x61",  "\\x6",  "\\Q",   "\\E",   "\\1",   "\\K",  "(?1)", ":",
        "=",           "]",     "[",      "\\N",   "(?s)",  "(?x)",  " ",     "\\"};
    out[0] = '\0';
    for (uint32_t n = 1 + below(9); n > 0; n--)
        strncat(out, pieces[below(sizeof pieces / sizeof *pieces)], size - strlen(out) - 1);
    for (const char *p = strchr(out, '('); p != NULL && below(4) > 0; p = strchr(p + 1, '('))
        strncat(out, ")", size - strlen(out) - 1);
}

static bool holds(const rd_literals *l, const uint8_t *text, size_t n)
{
    for (uint32_t i = 0; i < l->n; i++) {
        for (size_t at = 0; at + l->len[i] <= n; at++) {
            size_t k = 0;
            while (k < l->len[i] &&
                   (text[at + k] >= 'A' && text[at + k] <= 'Z' ? text[at + k] | 0x20 : text[at + k]) ==
                       l->text[i][k])
                k++;
            if (k == l->len[i])
                return true;
        }
    }
    return false;
}

static void test_literals__are_in_every_match(void **state)
{
    static const char alphabet[] = "abcABC-.:=]x[ \n1a";
    pcre2_match_data *data = pcre2_match_data_create(32, NULL);
    unsigned matched = 0;
    for (unsigned round = 0; round < 60000; round++) {
        char pattern[200];
        int code;
        PCRE2_SIZE at;
        rd_literals l;
        random_pattern(pattern, sizeof pattern);
        rd_literals_of(pattern, &l);
        pcre2_code *c =
            pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                          PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP, &code, &at, NULL);
        for (unsigned k = 0; c != NULL && l.n > 0 && k < 40; k++) {
            uint8_t text[12];
            uint32_t n = 1 + below(12);
            for (uint32_t i = 0; i < n; i++)
                text[i] = (uint8_t)alphabet[below(sizeof alphabet - 1)];
            if (pcre2_match(c, text, n, 0, PCRE2_NOTEMPTY, data, NULL) <= 0)
                continue;
            matched++;
            if (!holds(&l, text, n))
                fail_msg("%s matches %.*s, which has none of its %u literals", pattern, (int)n,
                         (const char *)text, l.n);
        }
        pcre2_code_free(c);
    }
    assert_true(matched > 10000);
    pcre2_match_data_free(data);
}

/* ---- in the engine ---- */

typedef struct found {
    rd_match list[512];
    uint32_t n;
    uint64_t runs;
} found;

static found search(const rd_pattern_spec *specs, uint32_t n_specs, rd_scan_fn scan, const rd_buf *b,
                    const rd_text *texts, uint32_t n)
{
    rd_detect_set *set = NULL;
    rd_error err;
    rd_matches m;
    found f = {.n = 0};
    rd_detect_scratch *scratch = rd_detect_scratch_new();
    assert_int_equal(rd_detect_set_build(0, specs, n_specs, &set, &err), RD_OK);
    rd_detect_set_use_scan(set, scan);
    assert_int_equal(rd_detect(set, scratch, b->p, b->n, texts, n, &m), RD_OK);
    assert_true(m.n <= 512);
    f.n = m.n;
    if (m.n > 0)
        memcpy(f.list, m.list, m.n * sizeof *m.list);
    f.runs = rd_detect_scratch_pattern_runs(scratch);
    rd_detect_scratch_free(&scratch);
    rd_detect_set_free(&set);
    return f;
}

static void test_literals__texts_without_are_not_tried(void **state)
{
    static const rd_pattern_spec specs[] = {
        {.pattern = "P-\\d{3}"}, {.pattern = "order \\w+"}, {.pattern = "(?:GET|PUT) /a"}};
    static const rd_pattern_spec slow[] = {{.pattern = "P-\\d{3}"}, {.pattern = "\\d{3}"}};
    static const char *const lines[] = {"nothing here 123", "staff P-123 and p-", "P",     "-999",
                                        "an ORDER of",      "order no5",          "PUT /a"};
    enum { N = 700 };
    rd_buf b;
    rd_text texts[N];
    rd_buf_init(&b, 1 << 20);
    for (unsigned i = 0; i < N; i++) { /* gaps that hold what is looked for, too */
        const char *line = lines[i % 7];
        rd_buf_append_str(&b, i % 3 == 0 ? "P-777" : "");
        texts[i] = (rd_text){(uint32_t)b.n, (uint32_t)strlen(line)};
        rd_buf_append_str(&b, line);
    }
    rd_scan_fn scans[RD_SCAN_VARIANTS];
    for (unsigned k = rd_scan_variants(scans); k-- > 0;) {
        found f = search(specs, 3, scans[k], &b, texts, N);
        assert_int_equal(f.n, 3 * N / 7);
        assert_int_equal(f.runs, 4 * N / 7); /* `ORDER of` has the literal, and is no match */
        for (uint32_t i = 0; i < f.n; i++)
            assert_int_equal(f.list[i].detector, RD_DETECTOR_COUNT + (i % 3));
        assert_int_equal(search(specs, 3, scans[k], &b, texts, 1).runs, 0);
        assert_int_equal(search(slow, 2, scans[k], &b, texts, N).runs, N + N / 7);
    }
    rd_buf_release(&b);
}

/* A literal that only two texts together hold, at every place around the ends of blocks and chunks. */
static void test_literals__at_every_place(void **state)
{
    static const rd_pattern_spec spec = {.pattern = "needle\\d"};
    rd_buf b;
    rd_scan_fn scans[RD_SCAN_VARIANTS];
    unsigned n_scans = rd_scan_variants(scans);
    rd_buf_init(&b, 1 << 20);
    for (uint32_t at = 0; at<4300; at += at> 200 && at < 3900 ? 61 : 1) {
        b.n = 0;
        while (b.n < at)
            rd_buf_append_byte(&b, "neddle"[b.n % 6]);
        rd_buf_append_str(&b, "NEEDLE needle7");
        for (unsigned k = 0; k < n_scans; k++) {
            const rd_text whole = {0, (uint32_t)b.n},
                          halves[] = {{0, at + 10}, {at + 10, (uint32_t)b.n - at - 10}},
                          cut = {0, (uint32_t)b.n - 2};
            found f = search(&spec, 1, scans[k], &b, &whole, 1);
            assert_int_equal(f.n, 1);
            assert_int_equal(f.list[0].off, at + 7);
            f = search(&spec, 1, scans[k], &b, halves, 2);
            assert_int_equal(f.n, 0);
            assert_int_equal(f.runs, 1);
            f = search(&spec, 1, scans[k], &b, &cut, 1);
            assert_int_equal(f.n, 0);
        }
    }
    rd_buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_literals__of_patterns),
        cmocka_unit_test(test_literals__are_in_every_match),
        cmocka_unit_test(test_literals__texts_without_are_not_tried),
        cmocka_unit_test(test_literals__at_every_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
