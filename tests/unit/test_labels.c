/* SPDX-License-Identifier: MIT */
/* Loki label text: what is taken, what it means, how it is written. */
#include "tests/unit/unit.h"

#include "filters/loki/labels.h"

#include <stdlib.h>

/* Parses and writes anew; the outcome, and the text in *out. */
static rd_outcome rewrite(rd_slice in, rd_buf *out)
{
    rd_labels l;
    uint8_t *copy = malloc(in.n > 0 ? in.n : 1);

    memcpy(copy, in.p, in.n);
    rd_labels_init(&l, 16);
    rd_outcome o = rd_labels_parse(&l, (rd_slice){copy, in.n}, NULL);
    if (o == RD_OK)
        rd_labels_write(&l, out);
    else
        assert_int_equal(l.n, 0);
    rd_labels_release(&l);
    free(copy);
    return o;
}

static void test_labels__reads_every_spelling(void **state)
{
    static const char *const cases[][2] = {
        {"{}", "{}"},
        {"{a=\"b\"}", "{a=\"b\"}"},
        {" { a = \"b\" , } ", "{a=\"b\"}"},
        {"{job=\"x\", app=\"y\"}", "{app=\"y\", job=\"x\"}"},
        {"{_a1=\"b\",B=\"c\"}", "{B=\"c\", _a1=\"b\"}"},
        {"{user=\"a\\x40b.co\"}", "{user=\"a@b.co\"}"},
        {"{a=\"\\100\\u0040\\U00000040\"}", "{a=\"@@@\"}"},
        {"{a=\"\\a\\b\\f\\n\\r\\t\\v\\\\\\\"\"}", "{a=\"\\a\\b\\f\\n\\r\\t\\v\\\\\\\"\"}"},
        {"{a='it\\'s \"q\"'}", "{a=\"it's \\\"q\\\"\"}"},
        {"{a=`raw \\n \"x\"`}", "{a=\"raw \\\\n \\\"x\\\"\"}"},
        {"{a=`two\nlines`}", "{a=\"two\\nlines\"}"},
        {"{a=\"\\x01\\x7f\"}", "{a=\"\\x01\\x7f\"}"},
        {"{a=\"\\xff\\377\"}", "{a=\"\\xff\\xff\"}"},
        {"{a=\"\xc3\xa9\\u00e9\\xc3\\xa9\"}", "{a=\"\xc3\xa9\xc3\xa9\xc3\xa9\"}"},
        {"{a=\"\"}", "{}"},
        {"{a=\"\",b=\"x\"}", "{b=\"x\"}"},
        {"up{a=\"b\"}", "{__name__=\"up\", a=\"b\"}"},
        {"ns:up", "{__name__=\"ns:up\"}"},
        {"up {}", "{__name__=\"up\"}"},
        {"{\"up\"}", "{__name__=\"up\"}"},
        {"{\"up\",a=\"b\",}", "{__name__=\"up\", a=\"b\"}"},
        {"{\"a.b\"=\"c\"}", "{\"a.b\"=\"c\"}"},
        {"{'a b'='c', `d\"e`=\"f\"}", "{\"a b\"=\"c\", \"d\\\"e\"=\"f\"}"},
        {"{\"plain\"=\"c\"}", "{plain=\"c\"}"},
        {"# note\n{ # inside, a=\"x\"\n a=\"b\" # more }\n, # x\nc=\"d\"} # end", "{a=\"b\", c=\"d\"}"},
        {"\t{\r\na=\"#no note\"}", "{a=\"#no note\"}"},
        {"{ab=\"1\",a=\"2\",a_=\"3\"}", "{a=\"2\", a_=\"3\", ab=\"1\"}"},
        {"{a=\"},{b=\\\"c\\\"}\"}", "{a=\"},{b=\\\"c\\\"}\"}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rd_buf out;
        rd_buf_init(&out, 1 << 16);
        if (rewrite(rd_slice_str(cases[i][0]), &out) != RD_OK)
            fail_msg("refused: %s", cases[i][0]);
        if (!rd_slice_eq(rd_buf_slice(&out), rd_slice_str(cases[i][1])))
            fail_msg("%s gave %.*s", cases[i][0], (int)out.n, (const char *)out.p);
        rd_buf_release(&out);
    }
}

static void test_labels__refuses_bad_grammar(void **state)
{
    static const char *const bad[] = {
        "",
        " ",
        "#",
        "{",
        "}",
        "{a}",
        "{a=}",
        "{a=\"b\"",
        "{a=\"b}",
        "{a=\"b\"}}",
        "{a=\"b\"} x",
        "{a=\"b\"}{}",
        "{a=b}",
        "{a=1}",
        "{a:\"b\"}",
        "{\"a\":\"b\"}",
        "{,}",
        "{a=\"b\",,}",
        "{,a=\"b\"}",
        "{a=\"b\" c=\"d\"}",
        "{a!=\"b\"}",
        "{a=~\"b\"}",
        "{a==\"b\"}",
        "{1a=\"b\"}",
        "{a-b=\"c\"}",
        "{a:b=\"c\"}",
        "{=\"b\"}",
        "{\"\"=\"b\"}",
        "{\"\"}",
        "{\xc3\xa9=\"b\"}",
        "{a=\"b\n\"}",
        "{a='b\n'}",
        "{a=\"\\q\"}",
        "{a=\"\\'\"}",
        "{a='\\\"'}",
        "{a=\"\\x4\"}",
        "{a=\"\\xg0\"}",
        "{a=\"\\40\"}",
        "{a=\"\\400\"}",
        "{a=\"\\8\"}",
        "{a=\"\\u004\"}",
        "{a=\"\\ud83d\"}",
        "{a=\"\\U0000d800\"}",
        "{a=\"\\U00110000\"}",
        "{a=\"\\",
        "{a=\"\\x",
        "{a=`b}",
        "{a=\"b'}",
        "{a=\"say \"hi\"\"}",
        "{{a=\"b\"}}",
        "a b{}",
        "1{}",
        "{a=\"\xff\"}",
        "{\"a\xff\"=\"b\"}",
        "{a=\"b\"},",
        "\"up\"",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        rd_buf out;
        rd_buf_init(&out, 1 << 16);
        if (rewrite(rd_slice_str(bad[i]), &out) != RD_MALFORMED)
            fail_msg("not malformed: %s", bad[i]);
        rd_buf_release(&out);
    }
    assert_int_equal(rewrite(RD_SLICE_LIT("{a=\"b\"}\0"), NULL), RD_MALFORMED);
    assert_int_equal(rewrite(RD_SLICE_LIT("{\0a=\"b\"}"), NULL), RD_MALFORMED);
    assert_int_equal(rewrite(RD_SLICE_LIT("{a=\"\\\0\"}"), NULL), RD_MALFORMED);
}

static void test_labels__refuses_a_name_that_stands_twice(void **state)
{
    assert_int_equal(rewrite(RD_SLICE_LIT("{a=\"b\",a=\"c\"}"), NULL), RD_INVALID);
    assert_int_equal(rewrite(RD_SLICE_LIT("{a=\"b\",c=\"d\",\"\\x61\"=\"b\"}"), NULL), RD_INVALID);
    assert_int_equal(rewrite(RD_SLICE_LIT("{a=\"\",a=\"c\"}"), NULL), RD_INVALID);
    assert_int_equal(rewrite(RD_SLICE_LIT("up{__name__=\"x\"}"), NULL), RD_INVALID);
    assert_int_equal(rewrite(RD_SLICE_LIT("{\"up\",\"down\"}"), NULL), RD_INVALID);
}

static void test_labels__limits_their_number(void **state)
{
    rd_labels l;
    rd_labels_init(&l, 2);
    assert_int_equal(rd_labels_parse(&l, RD_SLICE_LIT("{a=\"1\",b=\"2\"}"), NULL), RD_OK);
    assert_null(rd_labels_add(&l));
    assert_int_equal(rd_labels_parse(&l, RD_SLICE_LIT("{a=\"1\",b=\"2\",c=\"3\"}"), NULL), RD_TOO_MANY);
    assert_int_equal(l.n, 0);
    rd_labels_release(&l);
}

static void test_labels__reuses_the_list(void **state)
{
    rd_labels l;
    rd_buf out;
    rd_labels_init(&l, 100);
    rd_buf_init(&out, 1 << 16);
    assert_int_equal(rd_labels_parse(&l, RD_SLICE_LIT("{z=\"\\x41\",y=\"2\"}"), NULL), RD_OK);
    assert_int_equal(rd_labels_parse(&l, RD_SLICE_LIT("{b=\"\\x42\"}"), NULL), RD_OK);
    rd_label *own = rd_labels_add(&l);
    assert_non_null(own);
    uint8_t *room = rd_buf_reserve(&l.text, RD_LABELS_ROOM);
    assert_non_null(room);
    memcpy(room, "me", 2);
    l.text.n += 2;
    *own = (rd_label){RD_SLICE_LIT("a"), {room, 2}};
    rd_labels_sort(&l);
    rd_labels_write(&l, &out);
    assert_true(rd_slice_eq(rd_buf_slice(&out), RD_SLICE_LIT("{a=\"me\", b=\"B\"}")));
    rd_buf_release(&out);
    rd_labels_release(&l);
}

static void test_labels__writes_json(void **state)
{
    rd_labels l;
    rd_buf out;
    rd_labels_init(&l, 100);
    rd_buf_init(&out, 1 << 16);
    assert_int_equal(rd_labels_parse(&l, RD_SLICE_LIT("{b=\"q\\\"\\\\\\n\", \"a\\\"\"=\"x\\xff\"}"), NULL),
                     RD_OK);
    rd_labels_write_json(&l, &out);
    assert_true(rd_slice_eq(rd_buf_slice(&out),
                            RD_SLICE_LIT("{\"a\\\"\":\"x\xef\xbf\xbd\",\"b\":\"q\\\"\\\\\\n\"}")));
    rd_buf_release(&out);
    rd_labels_release(&l);
}

static void test_labels__knows_plain_names(void **state)
{
    assert_true(rd_label_name_valid(RD_SLICE_LIT("a")));
    assert_true(rd_label_name_valid(RD_SLICE_LIT("_A9")));
    assert_false(rd_label_name_valid(RD_SLICE_LIT("")));
    assert_false(rd_label_name_valid(RD_SLICE_LIT("9a")));
    assert_false(rd_label_name_valid(RD_SLICE_LIT("a:b")));
    assert_false(rd_label_name_valid(RD_SLICE_LIT("a=\"x\", b")));
    assert_false(rd_label_name_valid(RD_SLICE_LIT("\xc3\xa9")));
    assert_false(rd_label_name_valid(RD_SLICE_LIT("a\0")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labels__reads_every_spelling),
        cmocka_unit_test(test_labels__refuses_bad_grammar),
        cmocka_unit_test(test_labels__refuses_a_name_that_stands_twice),
        cmocka_unit_test(test_labels__limits_their_number),
        cmocka_unit_test(test_labels__reuses_the_list),
        cmocka_unit_test(test_labels__writes_json),
        cmocka_unit_test(test_labels__knows_plain_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
