/* SPDX-License-Identifier: MIT */
/* The Loki push walker: which leaves it finds in both forms, what it refuses, what edits leave. */
#include "tests/unit/unit.h"

#include "filters/json/token.h"
#include "filters/loki/loki_json.h"
#include "tests/json_edit.h"

#include <jansson.h>
#include <stdlib.h>

static const rd_limits scan = {.max_depth = 32, .max_elements = 1000000};

static char form_letter(rd_form f)
{
    static const char letters[RD_FORM_COUNT] = {
        [RD_FORM_JSON] = 'J',         [RD_FORM_JSON_ESC] = 'E',  [RD_FORM_JSON_NUM] = 'N',
        [RD_FORM_LABELS_JSON] = 'L',  [RD_FORM_PAIR_JSON] = 'P', [RD_FORM_PAIR_DROP] = 'D',
        [RD_FORM_LABELS_OBJECT] = 'O'};
    return letters[f] != 0 ? letters[f] : '?';
}

/* One line a leaf: class form[rule] bytes; then the body with all edits. */
static rd_outcome walk(const char *in, const rd_limits *lim, rd_buf *out, rd_buf *spliced)
{
    rd_doc d;
    rd_error err = {0};
    size_t n = strlen(in);
    uint8_t *copy = malloc(n > 0 ? n : 1);

    memcpy(copy, in, n);
    rd_doc_init(&d);
    rd_doc_reset(&d, (rd_slice){copy, n});
    rd_outcome o = rd_loki_json_walk(lim, &by_prefix, &d, &err);
    if (o == RD_OK) {
        assert_true(leaves_are_sane(&d));
        for (uint32_t i = 0; i < d.n_leaves; i++) {
            const rd_leaf *l = &d.leaves[i];
            rd_buf_printf(out, "%s %c", rd_class_word(l->cls), form_letter(l->form));
            if (l->rule != 0)
                rd_buf_printf(out, "%u", l->rule);
            rd_buf_printf(out, " %.*s\n", (int)l->len, (const char *)d.body.p + l->off);
        }
        assert_true(edit_and_splice(&d, spliced));
        json_t *tree = json_loadb((const char *)spliced->p, spliced->n, 0, NULL);
        if (tree == NULL)
            fail_msg("not JSON: %.*s", (int)spliced->n, (const char *)spliced->p);
        json_decref(tree);
    } else {
        assert_non_null(err.what);
    }
    rd_doc_release(&d);
    free(copy);
    return o;
}

/* `leaves` or `spliced` may be NULL: not of interest. */
static void assert_walk(const char *in, const char *leaves, const char *spliced)
{
    rd_buf got, body;
    rd_buf_init(&got, 1 << 20);
    rd_buf_init(&body, 1 << 20);
    rd_outcome o = walk(in, &scan, &got, &body);
    if (o != RD_OK)
        fail_msg("%s: %s", rd_outcome_word(o), in);
    if (leaves != NULL && !rd_slice_eq(rd_buf_slice(&got), rd_slice_str(leaves)))
        fail_msg("%s\ngave:\n%.*s\nwanted:\n%s", in, (int)got.n, (const char *)got.p, leaves);
    if (spliced != NULL && !rd_slice_eq(rd_buf_slice(&body), rd_slice_str(spliced)))
        fail_msg("%s\nbecame:\n%.*s\nwanted:\n%s", in, (int)body.n, (const char *)body.p, spliced);
    rd_buf_release(&got);
    rd_buf_release(&body);
}

static void assert_outcome(const char *in, const rd_limits *lim, rd_outcome want)
{
    rd_buf got, body;
    rd_buf_init(&got, 1 << 20);
    rd_buf_init(&body, 1 << 20);
    rd_outcome o = walk(in, lim, &got, &body);
    if (o != want)
        fail_msg("%s, not %s: %s", rd_outcome_word(o), rd_outcome_word(want), in);
    rd_buf_release(&got);
    rd_buf_release(&body);
}

#define STREAM(inside)  "{\"streams\":[{" inside "}]}"
#define LABELS(inside)  STREAM("\"stream\":{" inside "}")
#define VALUES(inside)  STREAM("\"values\":[" inside "]")
#define ENTRIES(inside) STREAM("\"entries\":[" inside "]")

static void test_loki_json__walks_v1(void **state)
{
    assert_walk("{\"streams\":[{\"stream\":{\"job\":\"x\",\"e\":\"\"},\"values\":[[\"1700000000000000000\","
                "\"line 1\"],"
                "[\"-1\",\"a\\u0040b\",{\"user\":\"u\",\"b "
                "c\":\"\"}],null,[\"1\",\"\"]]},{\"stream\":{\"job\":\"y\"}}]}",
                "label J x\nbody J line 1\nbody E a\\u0040b\nmetadata J user\nmetadata J u\nmetadata J b "
                "c\nlabel J y\n",
                NULL);
}

static void test_loki_json__walks_the_legacy_form(void **state)
{
    assert_walk(
        STREAM("\"labels\":\"{job=\\\"x\\\"}\",\"entries\":[{\"ts\":\"2024-01-01T00:00:00.5+01:00\",\"line\":"
               "\"l\"},null,{\"line\":\"m\",\"ts\":\"2024-01-01t00:00:00z\"}]"),
        "label L {job=\\\"x\\\"}\nbody J l\nbody J m\n", NULL);
    assert_walk(STREAM("\"labels\":\"\""), "label L \n", NULL);
    /* both member sets in one stream, and names without case where servers match so */
    assert_walk("{\"STREAMS\":[{\"stream\":{\"a\":\"b\"},\"LABELS\":\"{}\",\"Entries\":[{\"TS\":\"1\","
                "\"Line\":\"x\"}],"
                "\"values\":[[\"1\",\"y\"]]}]}",
                "label J b\nlabel L {}\nbody J x\nbody J y\n", NULL);
    assert_walk("{\"str\\u0065ams\":[{\"\\u0076alues\":[[\"1\",\"y\"]]}]}", "body J y\n", NULL);
}

static void test_loki_json__counts_streams_and_entries(void **state)
{
    static const char in[] =
        "{\"streams\":[null,{\"values\":[[\"1\",\"a\"],null,[\"2\",\"b\"]]},{},{\"entries\":[{},{}]}]}";
    rd_doc d;
    rd_doc_init(&d);
    rd_doc_reset(&d, rd_slice_str(in));
    assert_int_equal(rd_loki_json_walk(&scan, NULL, &d, NULL), RD_OK);
    assert_int_equal(d.n_groups, 3);
    assert_int_equal(d.n_items, 4);
    rd_doc_release(&d);
}

static void test_loki_json__wants_a_stream(void **state)
{
    assert_outcome("{}", &scan, RD_EMPTY);
    assert_outcome("{\"streams\":[]}", &scan, RD_EMPTY);
    assert_outcome("{\"streams\":null}", &scan, RD_EMPTY);
    assert_outcome("{\"streams\":[null]}", &scan, RD_EMPTY);
    assert_outcome("{\"stream\":[{}]}", &scan, RD_EMPTY);
    assert_outcome("[]", &scan, RD_MALFORMED);
    assert_outcome("null", &scan, RD_MALFORMED);
    assert_outcome("", &scan, RD_TRUNCATED);
    assert_outcome("{\"streams\":{}}", &scan, RD_MALFORMED);
    assert_outcome("{\"streams\":[1]}", &scan, RD_MALFORMED);
    assert_outcome(STREAM("\"values\":{}"), &scan, RD_MALFORMED);
    assert_outcome(STREAM("\"stream\":\"{}\""), &scan, RD_MALFORMED);
    assert_outcome(STREAM("\"labels\":{}"), &scan, RD_MALFORMED);
    assert_outcome(STREAM("") " {\"streams\":[]}", &scan, RD_MALFORMED);
}

static void test_loki_json__checks_entries(void **state)
{
    static const char *const invalid[] = {
        VALUES("[]"),
        VALUES("[\"1\"]"),
        VALUES("[1,\"x\"]"),
        VALUES("[\"\",\"x\"]"),
        VALUES("[\"-\",\"x\"]"),
        VALUES("[\"1.5\",\"x\"]"),
        VALUES("[\"1e9\",\"x\"]"),
        VALUES("[\"a@b.co\",\"x\"]"),
        VALUES("[\"\\u0031\",\"x\"]"),
        VALUES("[\"123456789012345678901\",\"x\"]"),
        VALUES("[null,\"x\"]"),
        VALUES("[\"1\",2]"),
        VALUES("[\"1\",null]"),
        VALUES("[\"1\",{\"a\":\"b\"}]"),
        VALUES("[\"1\",\"x\",\"y\"]"),
        VALUES("[\"1\",\"x\",null]"),
        VALUES("[\"1\",\"x\",[]]"),
        VALUES("[\"1\",\"x\",{\"a\":1}]"),
        VALUES("[\"1\",\"x\",{\"a\":null}]"),
        VALUES("[\"1\",\"x\",{\"a\":{}}]"),
        VALUES("[\"1\",\"x\",{\"drop\":1}]"),
        VALUES("[\"1\",\"x\",{},{}]"),
        VALUES("[\"1\",\"x\",{},\"more\"]"),
        ENTRIES("{\"ts\":1}"),
        ENTRIES("{\"ts\":\"\"}"),
        ENTRIES("{\"ts\":\"a@b.co\"}"),
        ENTRIES("{\"ts\":\"2024\\u002d01\"}"),
        ENTRIES("{\"ts\":\"12345678901234567890123456789012345678901\"}"),
        ENTRIES("{\"line\":1}"),
        ENTRIES("{\"line\":null}"),
    };
    for (size_t i = 0; i < sizeof invalid / sizeof *invalid; i++)
        assert_outcome(invalid[i], &scan, RD_INVALID);
    assert_outcome(VALUES("{}"), &scan, RD_MALFORMED);
    assert_outcome(ENTRIES("[]"), &scan, RD_MALFORMED);
    assert_outcome("{\"streams\":[{\"values\":[[", &scan, RD_TRUNCATED);
    assert_outcome("{\"streams\":[{\"values\":[[\"1\",", &scan, RD_TRUNCATED);
}

/* Every byte at every place of times of each length, behind a sign and without one. */
static void test_loki_json__takes_only_digits_for_a_time(void **state)
{
    char body[64];
    for (unsigned n = 1; n <= 20; n++) {
        for (unsigned at = 0; at < n; at++) {
            for (unsigned c = ' '; c < 0x7f; c++) {
                char ns[] = "12345678901234567890";
                ns[n] = '\0';
                ns[at] = (char)c;
                snprintf(body, sizeof body, VALUES("[\"%s\",\"x\"]"), ns);
                bool sign = at == 0 && n > 1 && (c == '-' || c == '+');
                bool fine = (c >= '0' && c <= '9') || sign;
                if (c != '"' && c != '\\')
                    assert_outcome(body, &scan, fine ? RD_OK : RD_INVALID);
            }
        }
    }
}

static void test_loki_json__refuses_names_that_inject_labels(void **state)
{
    static const char *const bad[] = {
        LABELS("\"foo=\\\"x\\\", bar\":\"y\""),
        LABELS("\"\":\"y\""),
        LABELS("\"a b\":\"y\""),
        LABELS("\"9\":\"y\""),
        LABELS("\"a.b\":\"y\""),
        LABELS("\"a\\u002db\":\"y\""),
        LABELS("\"\xc3\xa9\":\"y\""),
        LABELS("\"a}\":null"),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_outcome(bad[i], &scan, RD_INVALID);
    assert_walk(LABELS("\"\\u0061b\":\"y\""), "label J y\n", NULL);
}

static void test_loki_json__scans_label_values_of_every_type(void **state)
{
    assert_walk(LABELS("\"a\":777,\"b\":true,\"c\":null,\"d\":{\"x y\":[\"s!\",-1]},\"e\":[\"t\"]"),
                "label N 777\nlabel J x y\nlabel J s!\nlabel N -1\nlabel J t\n",
                LABELS("\"a\":\"***\",\"b\":true,\"c\":null,\"d\":{\"x y\":[\"#\",-1]},\"e\":[\"t\"]"));
}

static void test_loki_json__judges_names(void **state)
{
    static const char *const cases[][2] = {
        {LABELS(""), LABELS("")},
        {LABELS("\"drop\":\"x\""), LABELS("\"service_name\":\"x\"")},
        {LABELS(" \"drop\":\"x\" , \"drop\":{\"drop\":1} "), LABELS("   \"service_name\":\"x\"")},
        {LABELS("\"drop\":\"x\",\"a\":\"\""), LABELS("\"a\":\"\",\"service_name\":\"x\"")},
        {LABELS("\"a\":\"\",\"drop\":\"x\""), LABELS("\"a\":\"\",\"service_name\":\"x\"")},
        {LABELS("\"a\":{\"drop\":1}"), LABELS("\"a\":{}")},
        {LABELS("\"drop\":1,\"a\":true"), LABELS("\"a\":true")},
        {LABELS("\"drop\":\"x\",\"a\":\"b\""), LABELS("\"a\":\"b\"")},
        {LABELS("\"a\":\"b\",\"drop\":1,\"drop2\":{}"), LABELS("\"a\":\"b\"")},
        {LABELS("\"a\":\"b\" , \"drop\":1 ,\"c\":\"!\""), LABELS("\"a\":\"b\"  ,\"c\":\"#\"")},
        {LABELS("\"drop\":[1],\"drop1\":2,\"a\":\"b\",\"drop3\":3"), LABELS("\"a\":\"b\"")},
        {LABELS("\"mask\":\"x\",\"m\\u0061sk2\":{\"a\":1}"),
         LABELS("\"mask\":\"***\",\"m\\u0061sk2\":\"***\"")},
        {VALUES("[\"1\",\"!\",{\"drop\":\"x\",\"mask\":\"y\"}]"), VALUES("[\"1\",\"#\",{\"mask\":\"***\"}]")},
        {VALUES("[\"1\",\"l\",{\"k!\":\"y\",\"drop\":\"x\"}]"), VALUES("[\"1\",\"l\",{\"#\":\"y\"}]")},
        {VALUES("[\"1\",\"l\",{\"drop\":\"y\",\"drop\":\"x\"}]"), VALUES("[\"1\",\"l\",{}]")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_walk(cases[i][0], NULL, cases[i][1]);
    assert_walk(LABELS("\"ctx\":\"x\",\"mask\":\"y\""), "label J3 x\nlabel P7 \"y\"\n", NULL);
    assert_walk(VALUES("[\"1\",\"l\",{\"ctx\":\"x\",\"mask\":\"y\"}]"),
                "body J l\nmetadata J ctx\nmetadata J3 x\nmetadata J mask\nmetadata P7 \"y\"\n", NULL);
}

static void test_loki_json__scans_unknown_members_everywhere(void **state)
{
    rd_limits refuse = scan;
    refuse.unknown = RD_UNKNOWN_REFUSE;
    assert_walk(
        "{\"u\":{\"a\":[\"!\",777]},\"streams\":[{\"drop\":1,\"values\":[],\"Stream\":{\"x "
        "y\":\"z\"},\"mask\":2}],"
        "\"drop\":\"v\"}",
        "unknown J u\nunknown J a\nunknown J !\nunknown N 777\nunknown D9 \"drop\":1,\nunknown J Stream\n"
        "unknown J x y\nunknown J z\nunknown J mask\nunknown P7 2\nunknown D9 ,\"drop\":\"v\"\n",
        "{\"u\":{\"a\":[\"#\",\"***\"]},\"streams\":[{\"values\":[],\"Stream\":{\"x "
        "y\":\"z\"},\"mask\":\"***\"}]}");
    assert_walk(ENTRIES("{\"drop\":1,\"ts\":\"1\",\"drop\":2,\"x\":\"!\"}"), NULL,
                ENTRIES("{\"ts\":\"1\",\"x\":\"#\"}"));
    assert_outcome("{\"u\":1,\"streams\":[{}]}", &refuse, RD_REFUSED);
    assert_outcome(STREAM("\"u\":1"), &refuse, RD_REFUSED);
    assert_outcome(ENTRIES("{\"u\":1}"), &refuse, RD_REFUSED);
    assert_outcome(VALUES("[\"1\",\"x\"]"), &refuse, RD_OK);
}

static void test_loki_json__limits_depth_and_values(void **state)
{
    char *deep = malloc(500000);
    rd_limits lim = {.max_depth = 2, .max_elements = 10};
    memcpy(deep, "{\"streams\":[{\"u\":", 17);
    memset(deep + 17, '[', 200000);
    deep[200017] = '\0';
    assert_outcome(deep, &scan, RD_TOO_DEEP);
    memcpy(deep, "{\"streams\":[{\"stream\":{\"mask\":", 30);
    assert_outcome(deep, &scan, RD_TOO_DEEP);
    free(deep);
    assert_outcome(LABELS("\"a\":[[1]]"), &lim, RD_OK);
    assert_outcome(LABELS("\"a\":[[[1]]]"), &lim, RD_TOO_DEEP);
    assert_outcome(VALUES("[\"1\",\"a\"],[\"1\",\"a\"],null"), &lim, RD_OK);
    assert_outcome(VALUES("[\"1\",\"a\"],[\"1\",\"a\"],null,null"), &lim, RD_TOO_MANY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loki_json__walks_v1),
        cmocka_unit_test(test_loki_json__walks_the_legacy_form),
        cmocka_unit_test(test_loki_json__counts_streams_and_entries),
        cmocka_unit_test(test_loki_json__wants_a_stream),
        cmocka_unit_test(test_loki_json__checks_entries),
        cmocka_unit_test(test_loki_json__takes_only_digits_for_a_time),
        cmocka_unit_test(test_loki_json__refuses_names_that_inject_labels),
        cmocka_unit_test(test_loki_json__scans_label_values_of_every_type),
        cmocka_unit_test(test_loki_json__judges_names),
        cmocka_unit_test(test_loki_json__scans_unknown_members_everywhere),
        cmocka_unit_test(test_loki_json__limits_depth_and_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
