/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config_yaml.h"
#include "gateway/config_yaml_report.h"

static bool knows_a(const char *word, size_t n)
{
    return n == 1 && *word == 'a';
}

static bool parse(gw_yaml_doc *doc, const char *text, size_t n, gw_diagnostics **d)
{
    *d = gw_diagnostics_new();
    return gw_yaml_parse(doc, text, n, "t.yaml", knows_a, *d);
}

static void release(gw_yaml_doc *doc, gw_diagnostics **d)
{
    gw_yaml_free(doc);
    gw_diagnostics_free(d);
}

static char *printed(const gw_diagnostics *d)
{
    char *out = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&out, &n);
    gw_diagnostics_print(d, f);
    fclose(f);
    return out;
}

/* Parses what must not parse; the message must hold `expected` and the reports must be one. */
static void refuses(const char *text, size_t n, const char *expected)
{
    gw_yaml_doc doc;
    gw_diagnostics *d;
    assert_false(parse(&doc, text, n, &d));
    assert_int_equal(gw_diagnostics_errors(d), 1);
    char *out = printed(d);
    if (strstr(out, expected) == NULL)
        fail_msg("expected `%s` in: %s", expected, out);
    free(out);
    release(&doc, &d);
}

static void test_config_yaml__knows_where_nodes_stand(void **state)
{
    static const char text[] = "# c\na: x\nb:\n  - {c: \"d\xc3\xa4\" , e: f}\n  - |\n    g\n    h\n";
    gw_yaml_doc doc;
    gw_diagnostics *d;
    gw_mem mem = {0};
    assert_true(parse(&doc, text, strlen(text), &d));
    const gw_yaml_node *a = gw_yaml_get(doc.root, "a"), *e = gw_yaml_at(doc.root, "b[0].e"),
                       *g = gw_yaml_at(doc.root, "b[1]");
    assert_string_equal(a->text, "x");
    assert_int_equal(a->start.line, 2);
    assert_int_equal(a->start.column, 4);
    assert_int_equal(a->end.column, 5);
    assert_int_equal(a->key->start.column, 1);
    assert_string_equal(gw_yaml_path(e, &mem), "***[0].***");
    gw_yaml_show(doc.root);
    assert_string_equal(e->text, "f");
    assert_int_equal(e->start.line, 4);
    assert_int_equal(e->start.column, 19); /* characters, not bytes */
    assert_string_equal(gw_yaml_path(e, &mem), "b[0].e");
    assert_string_equal(g->text, "g\nh\n");
    assert_false(g->plain);
    assert_string_equal(gw_yaml_path(g, &mem), "b[1]");
    assert_string_equal(gw_yaml_path(doc.root, &mem), "");
    gw_mem_release(&mem);
    release(&doc, &d);
}

static void test_config_yaml__finds_the_deepest_node_of_a_path(void **state)
{
    static const char text[] = "a: {b: [x, y]}\n";
    gw_yaml_doc doc;
    gw_diagnostics *d;
    assert_true(parse(&doc, text, strlen(text), &d));
    gw_yaml_node *b = gw_yaml_at(doc.root, "a.b");
    assert_string_equal(gw_yaml_at(doc.root, "a.b[1]")->text, "y");
    assert_ptr_equal(gw_yaml_at(doc.root, "a.b[2]"), b);
    assert_ptr_equal(gw_yaml_at(doc.root, "a.b.c"), b);
    assert_ptr_equal(gw_yaml_at(doc.root, "a.c.d"), gw_yaml_get(doc.root, "a"));
    assert_ptr_equal(gw_yaml_at(doc.root, "x"), doc.root);
    assert_ptr_equal(gw_yaml_at(doc.root, ""), doc.root);
    assert_ptr_equal(gw_yaml_at(doc.root, "a[0]"), gw_yaml_get(doc.root, "a"));
    assert_null(gw_yaml_get(b, "x"));
    assert_null(gw_yaml_get(doc.root, "b"));
    release(&doc, &d);
}

static void test_config_yaml__refuses_what_a_configuration_does_not_need(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"a: &x 1\n", "t.yaml:1:4"},
        {"a: &x {}\n", "anchors"},
        {"a: &x []\n", "anchors"},
        {"a: *x\n", "t.yaml:1:4"},
        {"a: !!int 1\n", "tags"},
        {"a: !x []\n", "tags"},
        {"a: 1\n--- \nb: 2\n", "t.yaml:2:1"},
        {"[a]: 1\n", "a key must be text"},
        {"{a: 1}: 1\n", "a key must be text"},
        {"a: \"\\0\"\n", "NUL"},
        {"a: [\n", "not YAML"},
        {"a: b: c\n", "t.yaml:1:5"},
        {"a: \x01\n", "t.yaml:1:4"},
        {"a: 1\nb: \xff\n", "t.yaml:2:4"},
        {"a: \xed\xa0\x80\n", "not YAML"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refuses(cases[i].text, strlen(cases[i].text), cases[i].expected);
    refuses("a: \0 b", 6, "not YAML");
}

static char *repeat(const char *s, size_t times, size_t *out_n)
{
    size_t n = strlen(s);
    char *text = malloc(n * times + 1);
    assert_non_null(text);
    for (size_t i = 0; i < times; i++)
        memcpy(text + i * n, s, n);
    text[n * times] = '\0';
    *out_n = n * times;
    return text;
}

static void test_config_yaml__has_ceilings(void **state)
{
    size_t n;
    gw_yaml_doc doc;
    gw_diagnostics *d;
    char *text = repeat("[", 100000, &n);
    refuses(text, n, "nested too deeply");
    free(text);
    text = repeat("- ", 100000, &n);
    refuses(text, n, "nested too deeply");
    free(text);
    text = repeat("- a\n", GW_YAML_MAX_NODES + 10, &n);
    refuses(text, n, "too many keys and values");
    free(text);
    text = repeat("#", GW_YAML_MAX_BYTES + 1, &n);
    refuses(text, n, "larger than 16 MiB");
    text[1000] = '\0';
    assert_true(parse(&doc, text, 1000, &d));
    assert_null(doc.root);
    release(&doc, &d);
    free(text);
    text = repeat("[", GW_YAML_MAX_DEPTH, &n);
    char *closed = malloc(2 * n);
    assert_non_null(closed);
    memcpy(closed, text, n);
    memset(closed + n, ']', n);
    assert_true(parse(&doc, closed, 2 * n, &d));
    release(&doc, &d);
    free(closed);
    free(text);
}

static void test_config_yaml__finds_every_duplicate(void **state)
{
    static const char text[] = "a: 1\nb: {c: 1, d: 2, c: 3, c: 4}\na: 2\nd:\n  - {e: 1, e: 1}\n  - {e: 1}\n";
    gw_yaml_doc doc;
    gw_diagnostics *d;
    assert_true(parse(&doc, text, strlen(text), &d));
    gw_yaml_show(doc.root);
    gw_yaml_find_duplicates(&doc, d);
    assert_int_equal(gw_diagnostics_errors(d), 4);
    char *out = printed(d);
    assert_non_null(strstr(out, "t.yaml:3:1"));
    assert_non_null(strstr(out, "t.yaml:2:17"));
    assert_non_null(strstr(out, "t.yaml:2:23"));
    assert_non_null(strstr(out, "in `d[0]`"));
    free(out);
    release(&doc, &d);
}

/* The rendered diagnostics about node `path` of a text, after the nodes at `shown` were declared to be no
 * secret. */
static char *report(const char *text, const char *path, const char *shown)
{
    gw_yaml_doc doc;
    gw_diagnostics *d;
    assert_true(parse(&doc, text, strlen(text), &d));
    if (shown != NULL)
        gw_yaml_show(gw_yaml_at(doc.root, shown));
    gw_diag_at(d, gw_yaml_at(doc.root, path), "hint", "message");
    char *out = printed(d);
    release(&doc, &d);
    return out;
}

static void expect_report(const char *text, const char *path, const char *shown, const char *expected)
{
    char *out = report(text, path, shown);
    assert_string_equal(out, expected);
    free(out);
}

static void test_config_yaml__shows_nothing_it_was_not_told_to(void **state)
{
    expect_report("a: {b: x, c: [y, z]} # comment\n", "a.c[1]", NULL,
                  "error: message\n  --> t.yaml:1:18\n1 | ***: {***: ***, ***: [***, ***]}\n  |              "
                  "              ^^^ hint\n");
    expect_report("a: {b: x, c: [y, z]} # comment\n", "a.c[1]", "a.c",
                  "error: message\n  --> t.yaml:1:18\n1 | ***: {***: ***, ***: [y, z]}\n  |                  "
                  "        ^ hint\n");
    expect_report("a: |\n  one\n  two\nb: 'x\n  y'\n", "b", NULL,
                  "error: message\n  --> t.yaml:4:4\n4 | ***: ***\n  |      ^^^ hint\n");
    expect_report("a: [http://h, 'http://u:p@h']\n", "a[0]", "a",
                  "error: message\n  --> t.yaml:1:5\n1 | ***: [http://h, ***]\n  |       ^^^^^^^^ hint\n");
}

static void test_config_yaml__counts_characters_not_bytes(void **state)
{
    expect_report(
        "[\"\xc3\xa4\xe2\x82\xac\", b\xc3\xb6]\n", "[1]", "",
        "error: message\n  --> t.yaml:1:8\n1 | [\"\xc3\xa4\xe2\x82\xac\", b\xc3\xb6]\n  |        ^^ hint\n");
    /* Line breaks as YAML counts them; the carriage return is none of the line. */
    expect_report("a: 1\r\nb: 2\r\n", "b", "", "error: message\n  --> t.yaml:2:4\n2 | b: 2\n  |    ^ hint\n");
    expect_report("a: 1\rb: 2\r", "b", "", "error: message\n  --> t.yaml:2:4\n2 | b: 2\n  |    ^ hint\n");
}

static void test_config_yaml__syntax_errors_show_known_words_only(void **state)
{
    refuses("a: 'hunter2\n", 12, "not YAML");
    gw_yaml_doc doc;
    gw_diagnostics *d;
    static const char *const texts[] = {"a: hunter2: x\n", "b: hunter2: x\n",  "a:\n  - hunter2: x: y\n",
                                        "hunter2: x: y\n", "a: [hunter2, }\n", "  'hunter2' x\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_false(parse(&doc, texts[i], strlen(texts[i]), &d));
        char *out = printed(d);
        assert_null(strstr(out, "hunter2"));
        assert_int_equal(strstr(out, "| a: ...") != NULL, strncmp(texts[i], "a: ", 3) == 0);
        free(out);
        release(&doc, &d);
    }
}

static void test_diagnostics__keeps_a_bounded_number_and_counts_the_rest(void **state)
{
    gw_diagnostics *d = gw_diagnostics_new();
    for (unsigned i = 0; i < 1000; i++)
        gw_diagnostics_add(d, &(gw_place){.name = "f", .line = 1000 - i, .column = 1}, NULL, "m");
    assert_int_equal(gw_diagnostics_errors(d), 1000);
    char *out = printed(d);
    assert_non_null(strstr(out, "error: 800 more are not shown\n"));
    assert_true(strncmp(out, "error: m\n  --> f:801:1\n", 22) == 0); /* in the order of the file */
    free(out);
    gw_diagnostics_free(&d);
    assert_null(d);
    gw_diagnostics_free(&d);
}

static void test_diagnostics__disarms_what_a_terminal_acts_upon(void **state)
{
    gw_diagnostics *d = gw_diagnostics_new();
    gw_diagnostics_add(d,
                       &(gw_place){.name = "\x1b]0;f",
                                   .line = 1,
                                   .column = 1,
                                   .source = "\x1b[2J\xe2\x80\xae\xc2\x9bx\ty",
                                   .caret = 0,
                                   .n_caret = 1},
                       "h\n", "m\x07\x7f\xe2\x81\xa6");
    char *out = printed(d);
    assert_string_equal(out, "error: m???\n  --> ?]0;f:1:1\n1 | ?[2J??x y\n  | ^ h?\n");
    free(out);
    gw_diagnostics_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config_yaml__knows_where_nodes_stand),
        cmocka_unit_test(test_config_yaml__finds_the_deepest_node_of_a_path),
        cmocka_unit_test(test_config_yaml__refuses_what_a_configuration_does_not_need),
        cmocka_unit_test(test_config_yaml__has_ceilings),
        cmocka_unit_test(test_config_yaml__finds_every_duplicate),
        cmocka_unit_test(test_config_yaml__shows_nothing_it_was_not_told_to),
        cmocka_unit_test(test_config_yaml__counts_characters_not_bytes),
        cmocka_unit_test(test_config_yaml__syntax_errors_show_known_words_only),
        cmocka_unit_test(test_diagnostics__keeps_a_bounded_number_and_counts_the_rest),
        cmocka_unit_test(test_diagnostics__disarms_what_a_terminal_acts_upon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
