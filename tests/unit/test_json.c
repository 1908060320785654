/* SPDX-License-Identifier: MIT */
/* The tokenizer (what is JSON and what is not) and the string forms. */
#include "tests/unit/unit.h"

#include "filters/json/json.h"
#include "filters/json/token.h"

#include <stdlib.h>

static const rd_limits wide = {.max_depth = RD_JSON_MAX_DEPTH, .max_elements = 1000000};

/* Tokenizes a heap copy of exactly `n` bytes, so that a sanitizer sees a read past the end. */
static rd_outcome check(const void *text, size_t n, const rd_limits *lim, rd_error *err)
{
    uint8_t *copy = malloc(n > 0 ? n : 1);
    rd_json j;

    memcpy(copy, text, n);
    rd_json_init(&j, (rd_slice){copy, n}, lim);
    if (j.failed == RD_OK)
        (void)rd_json_skip(&j);
    rd_outcome o = rd_json_finish(&j, err);
    free(copy);
    return o;
}

static const char *const accepted[] = {
    "{}",
    "[]",
    "null",
    "true",
    "false",
    "0",
    "-0",
    "\"\"",
    " [ ] ",
    "\t{\n}\r\n",
    "[[]]",
    "[{}]",
    "[1]",
    "[1,2]",
    "{\"a\":1}",
    "{\"a\":1,\"a\":2}",
    "{\"\":0}",
    "{\"a\":{\"b\":[1,{\"c\":null}]}}",
    "[1 , 2]",
    "{ \"a\" : 1 , \"b\" : 2 }",
    "-1",
    "10",
    "123456789012345678901234567890",
    "1.5",
    "-0.0",
    "0e0",
    "0E+1",
    "1e-9",
    "1.25E10",
    "1e999",
    "[0,-0,0.1,1e1]",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
    "\"\\u0000\"",
    "\"\\uD83D\\uDE00\"",
    "\"\\ud83d\"",
    "\"\\ude00\"",
    "\"\\ud83d\\u0041\"",
    "\"\x7f\"",
    "\"\xc3\xa9\"",
    "\"\xe2\x82\xac\"",
    "\"\xf0\x9f\x98\x80\"",
    "\"\xed\x9f\xbf\"",
    "\"\xef\xbf\xbf\"",
    "\"\xf4\x8f\xbf\xbf\"",
    "\"0123456789abcdef0123456789abcdef0123456789abcdef\"",
    "[\"0123456789abcde\",\"0123456789abcdef\"]",
    "\"\xe2\x80\xa8\"",
    "[\"\",\"\",\"\"]",
    "[true,false,null]",
    "\"\\u00e9\xc3\xa9\"",
};

static const char *const rejected[] = {
    "",
    " ",
    "[",
    "]",
    "{",
    "}",
    "[1",
    "[1,",
    "[1,]",
    "[,1]",
    "[,]",
    "[1,,2]",
    "[1 2]",
    "[1]]",
    "[1}",
    "{1}",
    "{]",
    "[}",
    "{\"a\"",
    "{\"a\":",
    "{\"a\":1",
    "{\"a\":1,",
    "{\"a\":1,}",
    "{,\"a\":1}",
    "{\"a\":1,,\"b\":2}",
    "{\"a\":1 \"b\":2}",
    "{\"a\" 1}",
    "{\"a\",1}",
    "{\"a\"::1}",
    "{a:1}",
    "{'a':1}",
    "{1:1}",
    "{null:1}",
    "{\"a\":}",
    "{\"a\":1]",
    "{\"a\":1}}",
    "{}{}",
    "{} x",
    "[] []",
    "1 2",
    "nul",
    "nulll",
    "True",
    "TRUE",
    "tru",
    "NaN",
    "Infinity",
    "-Infinity",
    "[NaN]",
    "undefined",
    "+1",
    "01",
    "-01",
    "-",
    "--1",
    "1.",
    ".5",
    "-.5",
    "1.e1",
    "1e",
    "1e+",
    "1E-",
    "1e1.5",
    "0x10",
    "1_000",
    "1a",
    "[1.]",
    "[-]",
    "[01]",
    "[1e]",
    "\"",
    "\"a",
    "\"\\\"",
    "\"\\\"a",
    "\"\\",
    "\"\\x41\"",
    "\"\\a\"",
    "\"\\'\"",
    "\"\\u\"",
    "\"\\u1\"",
    "\"\\u12\"",
    "\"\\u123\"",
    "\"\\u123g\"",
    "\"\\u 123\"",
    "\"\\U0001F600\"",
    "\"\n\"",
    "\"\t\"",
    "\"\r\"",
    "\"\x01\"",
    "\"\x1f\"",
    "\"0123456789abcdef\x0b\"",
    "'a'",
    "a",
    "\"\x80\"",
    "\"\xc0\xaf\"",
    "\"\xc3\"",
    "\"\xe2\x82\"",
    "\"\xed\xa0\x80\"",
    "\"\xf4\x90\x80\x80\"",
    "\"\xf8\x88\x80\x80\x80\"",
    "\"\xff\"",
    "\"\xe0\x80\x80\"",
    "\"0123456789abcde\xc3\"",
    "\xef\xbb\xbf{}",
    "\xef\xbb\xbf",
    "\xfe\xff",
    "\xc3\xa9",
    "[\xc3\xa9]",
    "//x\n{}",
    "/**/{}",
    "{}/**/",
    "{}#",
    "[1]#x",
    "\f[]",
    "\v[]",
    "[\xc2\xa0]",
    "\xe2\x80\xa8[]",
    "[\"a\":1]",
    "{\"a\"}",
    "{\"a\":\"b\"\"c\"}",
    "[\"a\"\"b\"]",
    "{}\x01",
    "[1,2",
    "{\"a\":[}",
    "[{]}",
    "\"\\ud83d\\u12\"",
};

static void test_json__accepts_what_rfc_8259_allows(void **state)
{
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
        rd_error err = {0};
        if (check(accepted[i], strlen(accepted[i]), &wide, &err) != RD_OK)
            fail_msg("refused: %s: %s", accepted[i], err.what);
    }
}

static void test_json__refuses_what_rfc_8259_does_not_allow(void **state)
{
    for (size_t i = 0; i < sizeof rejected / sizeof *rejected; i++) {
        rd_error err = {0};
        rd_outcome o = check(rejected[i], strlen(rejected[i]), &wide, &err);
        if (o != RD_MALFORMED && o != RD_TRUNCATED)
            fail_msg("taken: %s", rejected[i]);
        assert_non_null(err.what);
        assert_int_equal(err.outcome, o);
        assert_true(err.offset <= strlen(rejected[i]));
    }
    assert_int_equal(check("\0", 1, &wide, NULL), RD_MALFORMED);
    assert_int_equal(check("{}\0", 3, &wide, NULL), RD_MALFORMED);
    assert_int_equal(check("\"a\0b\"", 5, &wide, NULL), RD_MALFORMED);
    assert_int_equal(check("[1\0]", 4, &wide, NULL), RD_MALFORMED);
}

/* Every cut of a valid object is refused: nothing shorter than the whole is a value. */
static void test_json__refuses_every_cut(void **state)
{
    static const char text[] =
        "{\"a\\u0041\\n\":[1.5e3,true,null,false,\"0123456789abcdef\xf0\x9f\x98\x80\"],\"b\":{\"c\":-0}}";
    for (size_t n = 0; n < sizeof text - 1; n++)
        assert_int_not_equal(check(text, n, &wide, NULL), RD_OK);
    assert_int_equal(check(text, sizeof text - 1, &wide, NULL), RD_OK);
}

/* A byte that must not be in a string is found at every place of every length up to some vectors. */
static void test_json__finds_bad_bytes_at_every_place(void **state)
{
    char text[160];
    for (size_t len = 1; len < 150; len++) {
        for (size_t at = 0; at < len; at++) {
            memset(text, 'x', sizeof text);
            text[0] = text[len + 1] = '"';
            assert_int_equal(check(text, len + 2, &wide, NULL), RD_OK);
            text[at + 1] = '\x1f';
            assert_int_equal(check(text, len + 2, &wide, NULL), RD_MALFORMED);
            text[at + 1] = '\x80';
            assert_int_equal(check(text, len + 2, &wide, NULL), RD_MALFORMED);
            text[at + 1] = '"';
            assert_int_equal(check(text, len + 2, &wide, NULL), RD_MALFORMED);
        }
    }
}

/* Every byte, where strings are read in blocks of each width and behind them. */
static void test_json__knows_which_bytes_end_a_string(void **state)
{
    static const size_t places[] = {0, 15, 16, 31, 32, 47, 63, 64, 70, 95, 96, 97};
    char text[160];
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        for (unsigned c = 0; c < 0x100; c++) {
            memset(text, 'x', sizeof text);
            text[0] = text[sizeof text - 1] = '"';
            text[places[i] + 1] = (char)c;
            bool plain = c >= ' ' && c != '"' && c != '\\' && c < 0x80;
            assert_int_equal(check(text, sizeof text, &wide, NULL) == RD_OK, plain);
        }
    }
}

static void test_json__can_keep_bad_utf8(void **state)
{
    rd_limits lim = wide;
    lim.keep_invalid_utf8 = true;
    assert_int_equal(check("\"a\xff\"", 4, &lim, NULL), RD_OK);
    assert_int_equal(check("{\"\x80\":1}", 7, &lim, NULL), RD_OK);
    assert_int_equal(check("\"\xff\x01\"", 4, &lim, NULL), RD_MALFORMED);
    assert_int_equal(check("[\xff]", 3, &lim, NULL), RD_MALFORMED);
}

static rd_outcome nested(size_t n, char open, char close, const rd_limits *lim)
{
    char *text = malloc(2 * n);
    memset(text, open, n);
    memset(text + n, close, n);
    rd_outcome o = check(text, 2 * n, lim, NULL);
    free(text);
    return o;
}

static void test_json__limits_depth(void **state)
{
    rd_limits lim = {.max_depth = 3, .max_elements = 1000};
    assert_int_equal(nested(3, '[', ']', &lim), RD_OK);
    assert_int_equal(nested(4, '[', ']', &lim), RD_TOO_DEEP);
    lim.max_depth = UINT32_MAX; /* still bounded */
    lim.max_elements = UINT32_MAX;
    assert_int_equal(nested(RD_JSON_MAX_DEPTH, '[', ']', &lim), RD_OK);
    assert_int_equal(nested(RD_JSON_MAX_DEPTH + 1, '[', ']', &lim), RD_TOO_DEEP);
    assert_int_equal(nested(200000, '[', ']', &lim), RD_TOO_DEEP);
    assert_int_equal(
        check("[[],[],{\"a\":[]},[]]", 19, &(rd_limits){.max_depth = 3, .max_elements = 9}, NULL), RD_OK);
}

static void test_json__limits_values(void **state)
{
    rd_limits lim = {.max_depth = 8, .max_elements = 3};
    assert_int_equal(check("[1,2,3]", 7, &lim, NULL), RD_OK);
    assert_int_equal(check("[1,2,3,4]", 9, &lim, NULL), RD_TOO_MANY);
    assert_int_equal(check("{\"a\":[1,2]}", 11, &lim, NULL), RD_OK);
    assert_int_equal(check("{\"a\":[1,2],\"b\":0}", 17, &lim, NULL), RD_TOO_MANY);
}

static void test_json__tells_members_apart(void **state)
{
    static const char text[] = " { \"a\" : [1,\"x\\n\"] , \"b\\u0062\":-1.5e2 ,\"\":{}} ";
    rd_json j;
    rd_json_list it, inner;
    rd_json_text t;

    rd_json_init(&j, rd_slice_str(text), &wide);
    assert_true(rd_json_open(&j, '{', &it));
    assert_true(rd_json_member(&j, &it, &t));
    assert_true(rd_slice_eq(rd_json_bytes(&j, t), RD_SLICE_LIT("a")));
    assert_false(t.escaped);
    assert_int_equal(it.comma, RD_JSON_NOWHERE);
    assert_true(rd_json_open(&j, '[', &inner));
    assert_true(rd_json_element(&j, &inner));
    assert_true(rd_json_number(&j, &t));
    assert_int_equal(t.len, 1);
    assert_true(rd_json_element(&j, &inner));
    assert_int_equal(text[inner.comma], ',');
    assert_true(rd_json_string(&j, &t));
    assert_true(t.escaped);
    assert_int_equal(t.len, 3);
    assert_false(rd_json_element(&j, &inner));
    assert_int_equal(j.failed, RD_OK);
    assert_true(rd_json_member(&j, &it, &t));
    assert_true(t.escaped);
    assert_int_equal(text[t.off - 1], '"');
    assert_true(rd_json_number(&j, &t));
    assert_true(rd_slice_eq(rd_json_bytes(&j, t), RD_SLICE_LIT("-1.5e2")));
    assert_true(rd_json_member(&j, &it, &t));
    assert_int_equal(t.len, 0);
    assert_false(rd_json_open(&j, '[', &inner));
    assert_int_equal(rd_json_finish(&j, NULL), RD_MALFORMED);
}

/* --- string forms ----------------------------------------------------------------------------- */

static void assert_unescaped(const char *raw, const char *text)
{
    rd_buf out;
    rd_buf_init(&out, 1 << 20);
    rd_json_unescape(rd_slice_str(raw), &out);
    assert_true(rd_slice_eq(rd_buf_slice(&out), rd_slice_str(text)));
    rd_buf_release(&out);
}

static void test_json__unescapes(void **state)
{
    assert_unescaped("", "");
    assert_unescaped("plain", "plain");
    assert_unescaped("a\\u0040b.co", "a@b.co");
    assert_unescaped("\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t");
    assert_unescaped("\\u00e9\\u20AC", "\xc3\xa9\xe2\x82\xac");
    assert_unescaped("x\\ud83d\\ude00y", "x\xf0\x9f\x98\x80y");
    assert_unescaped("\\ud83d", "\xef\xbf\xbd");
    assert_unescaped("\\ude00\\ud83d", "\xef\xbf\xbd\xef\xbf\xbd");
    assert_unescaped("\\ud83d\\u0041", "\xef\xbf\xbd"
                                       "A");
    assert_unescaped("\\ud83d\\ud83d\\ude00", "\xef\xbf\xbd\xf0\x9f\x98\x80");
    assert_unescaped("\\ud83d\\n", "\xef\xbf\xbd\n");
    assert_unescaped("\\\\u0041", "\\u0041");
}

static void test_json__maps_offsets_back(void **state)
{
    rd_slice raw = RD_SLICE_LIT("a\\n\\u00e9b\\ud83d\\ude00\xc3\xa9z");
    /* text:                     a \n c3 a9  b  f0 9f 98 80 c3 a9 z  */
    static const size_t want[] = {0, 1, 3, 3, 9, 10, 10, 10, 10, 22, 23, 24, 25};
    rd_json_place place = {0};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        assert_int_equal(rd_json_raw_offset(raw, i), want[i]);
        assert_int_equal(rd_json_raw_advance(raw, &place, i), want[i]);
    }
    place = (rd_json_place){0};
    assert_int_equal(rd_json_raw_advance(raw, &place, 4), 9);
    assert_int_equal(rd_json_raw_advance(raw, &place, 4), 9);
    assert_int_equal(rd_json_raw_advance(raw, &place, 12), 25);
    assert_int_equal(rd_json_raw_offset(RD_SLICE_LIT(""), 0), 0);
    assert_int_equal(rd_json_raw_offset(RD_SLICE_LIT("abc"), 3), 3);
    assert_int_equal(rd_json_raw_offset(RD_SLICE_LIT("ab\\n"), 3), 4);
}

static void assert_escaped(rd_slice text, const char *raw)
{
    rd_buf out;
    rd_buf_init(&out, 1 << 20);
    rd_json_escape(text, &out);
    assert_true(rd_slice_eq(rd_buf_slice(&out), rd_slice_str(raw)));
    rd_buf_release(&out);
}

static void test_json__escapes(void **state)
{
    assert_escaped(RD_SLICE_LIT(""), "");
    assert_escaped(RD_SLICE_LIT("plain \x7f/'"), "plain \x7f/'");
    assert_escaped(RD_SLICE_LIT("\"\\\b\t\n\f\r"), "\\\"\\\\\\b\\t\\n\\f\\r");
    assert_escaped(RD_SLICE_LIT("\0\x01\x0b\x1f"), "\\u0000\\u0001\\u000b\\u001f");
    assert_escaped(RD_SLICE_LIT("\xc3\xa9\xf0\x9f\x98\x80"), "\xc3\xa9\xf0\x9f\x98\x80");
    assert_escaped(RD_SLICE_LIT("a\xff\"\xc3"), "a\xef\xbf\xbd\\\"\xef\xbf\xbd");
    assert_escaped(RD_SLICE_LIT("\xe2\x82\xc3\xa9"), "\xef\xbf\xbd\xef\xbf\xbd\xc3\xa9");
}

/* Random bytes: what escape writes is a valid string, and unescapes to the text it was given. */
static void test_json__escape_and_unescape_agree(void **state)
{
    static const char alphabet[] = "ab\"\\/\n\r\t\b\f\x01\x1f\x7f@{}0u";
    uint64_t seed = 42;
    rd_buf raw, text;

    rd_buf_init(&raw, 1 << 16);
    rd_buf_init(&text, 1 << 16);
    for (int round = 0; round < 2000; round++) {
        char in[64];
        size_t n = 0;
        for (seed = seed * 6364136223846793005u + 1; n < (seed >> 58); n++)
            in[n] = alphabet[((seed + n * 0x9E3779B97F4A7C15u) >> 40) % (sizeof alphabet - 1)];
        rd_buf_clear(&raw, SIZE_MAX);
        rd_buf_clear(&text, SIZE_MAX);
        rd_buf_append_byte(&raw, '"');
        rd_json_escape((rd_slice){(uint8_t *)in, n}, &raw);
        rd_buf_append_byte(&raw, '"');
        assert_int_equal(check(raw.p, raw.n, &wide, NULL), RD_OK);
        rd_json_unescape((rd_slice){raw.p + 1, raw.n - 2}, &text);
        assert_int_equal(text.n, n);
        assert_memory_equal(text.p, in, n);
    }
    rd_buf_release(&raw);
    rd_buf_release(&text);
}

static void test_json__minifies(void **state)
{
    static const char *const pairs[][2] = {
        {" { \"a b\" : [ 1 , \" \\\" x \" ] ,\n\"c\":\ttrue } \r\n", "{\"a b\":[1,\" \\\" x \"],\"c\":true}"},
        {"{\"a\":1}", "{\"a\":1}"},
        {" \"\\\\\" ", "\"\\\\\""},
        {"[\"\\\\\\\" \" , \"  \"]", "[\"\\\\\\\" \",\"  \"]"},
    };
    rd_buf out;
    rd_buf_init(&out, 1 << 16);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        rd_buf_clear(&out, SIZE_MAX);
        assert_int_equal(rd_json_minify(rd_slice_str(pairs[i][0]), &out, NULL), RD_OK);
        assert_true(rd_slice_eq(rd_buf_slice(&out), rd_slice_str(pairs[i][1])));
    }
    rd_buf_clear(&out, SIZE_MAX);
    assert_int_equal(rd_json_minify(RD_SLICE_LIT("[1,"), &out, NULL), RD_TRUNCATED);
    assert_int_equal(rd_json_minify(RD_SLICE_LIT("1 2"), &out, NULL), RD_MALFORMED);
    assert_int_equal(out.n, 0);
    rd_buf_release(&out);
    rd_buf_init(&out, 4);
    assert_int_equal(rd_json_minify(RD_SLICE_LIT("[1, 2]"), &out, NULL), RD_TOO_LARGE);
    rd_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json__accepts_what_rfc_8259_allows),
        cmocka_unit_test(test_json__refuses_what_rfc_8259_does_not_allow),
        cmocka_unit_test(test_json__refuses_every_cut),
        cmocka_unit_test(test_json__finds_bad_bytes_at_every_place),
        cmocka_unit_test(test_json__knows_which_bytes_end_a_string),
        cmocka_unit_test(test_json__can_keep_bad_utf8),
        cmocka_unit_test(test_json__limits_depth),
        cmocka_unit_test(test_json__limits_values),
        cmocka_unit_test(test_json__tells_members_apart),
        cmocka_unit_test(test_json__unescapes),
        cmocka_unit_test(test_json__maps_offsets_back),
        cmocka_unit_test(test_json__escapes),
        cmocka_unit_test(test_json__escape_and_unescape_agree),
        cmocka_unit_test(test_json__minifies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
