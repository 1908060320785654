/* SPDX-License-Identifier: MIT */
/* Own patterns: groups, limits, modes, and how they stand against built-in detectors. */
#include "filters/detect/probe.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/detect_try.h"

#define EMAIL_BIT (UINT64_C(1) << RD_DETECTOR_EMAIL)

static rd_detect_set *build(uint64_t mask, const char *pattern, uint32_t group)
{
    rd_detect_set *set = NULL;
    rd_pattern_spec spec = {pattern, group};
    assert_int_equal(rd_detect_set_build(mask, &spec, 1, &set, NULL), RD_OK);
    return set;
}

static void test_pattern__whole_and_group(void **state)
{
    rd_detect_set *set = build(0, "\\bP-\\d{6}\\b", 0);
    assert_string_equal(detect_try(set, "P-123456, P-654321 and P-12345"), "***, *** and P-12345");
    assert_int_equal(detect_try_matches.list[0].detector, RD_DETECTOR_COUNT);
    rd_detect_set_free(&set);
    set = build(0, "staff=(\\w+)|none", 1);
    assert_string_equal(detect_try(set, "staff=abc none staff=x"), "staff=*** none staff=***");
    rd_detect_set_free(&set);
}

static void test_pattern__sees_only_its_text(void **state)
{
    rd_detect_set *set = build(0, "(?<=7)x|^y|z$", 0); /* the neighbours in detect_try are all '7' */
    assert_string_equal(detect_try(set, "x"), "x");
    assert_string_equal(detect_try(set, "y"), "***");
    assert_string_equal(detect_try(set, "7x"), "7***");
    assert_string_equal(detect_try(set, "z"), "***");
    rd_detect_set_free(&set);
}

static void test_pattern__empty_matches_are_ignored(void **state)
{
    rd_detect_set *set = build(0, "a*", 0);
    assert_string_equal(detect_try(set, "bab"), "b***b");
    rd_detect_set_free(&set);
}

static void test_pattern__wins_over_built_in(void **state)
{
    rd_detect_set *set = build(EMAIL_BIT, "\\S+@corp\\.example", 0);
    assert_string_equal(detect_try(set, "a.b@corp.example c.d@x.example"), "*** c***@x.example");
    assert_int_equal(detect_try_matches.n, 2);
    assert_int_equal(detect_try_matches.list[0].detector, RD_DETECTOR_COUNT);
    assert_int_equal(detect_try_matches.list[1].detector, RD_DETECTOR_EMAIL);
    rd_detect_set_free(&set);
}

static void test_pattern__over_budget_hides_the_text(void **state)
{
    rd_detect_set *set = build(0, "(x+x+)+[yz]", 0);
    char text[20001];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    assert_string_equal(detect_try(set, text), "***");
    assert_int_equal(detect_try_matches.list[0].detector, RD_DETECTOR_OVER_BUDGET);
    assert_int_equal(detect_try_matches.list[0].len, sizeof text - 1);
    assert_string_equal(rd_detector_word(RD_DETECTOR_OVER_BUDGET), "over_budget");
    rd_detect_set_free(&set);
}

/* Not even to one that found all of it: what that lets stay was not looked at. */
static void test_pattern__a_text_over_budget_is_nobody_elses(void **state)
{
    const rd_pattern_spec specs[] = {{"x+", 0}, {"(x+x+)+[yz]", 0}};
    rd_detect_set *set = NULL;
    char text[20001];
    assert_int_equal(rd_detect_set_build(EMAIL_BIT, specs, 2, &set, NULL), RD_OK);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    assert_string_equal(detect_try(set, text), "***");
    assert_int_equal(detect_try_matches.n, 1);
    assert_int_equal(detect_try_matches.list[0].detector, RD_DETECTOR_OVER_BUDGET + 1);
    assert_true(rd_is_over_budget(detect_try_matches.list[0].detector));
    assert_string_equal(rd_detector_word(RD_DETECTOR_OVER_BUDGET + 1), "over_budget");
    rd_detect_set_free(&set);
}

static void test_pattern__utf_only_on_demand(void **state)
{
    rd_detect_set *set = build(0, "n.m", 0); /* bytes: o-umlaut is two of them */
    assert_string_equal(detect_try(set, "n\xc3\xb6m nom"), "n\xc3\xb6m ***");
    rd_detect_set_free(&set);
    set = build(0, "(*UTF)n.m", 0);
    assert_string_equal(detect_try(set, "n\xc3\xb6m n\xffm nom"), "*** n\xffm ***");
    rd_detect_set_free(&set);
}

static void test_pattern__what_does_not_compile_is_refused(void **state)
{
    static const struct {
        const char *pattern;
        uint32_t group;
        size_t offset;
    } rows[] = {{"a(b", 0, 3}, {"(a)", 2, 0}, {"x\\Cy", 0, 3}, {"[z-a]", 0, 3}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        rd_detect_set *set = NULL;
        rd_error err = {0};
        rd_pattern_spec specs[] = {{"ok", 0}, {rows[i].pattern, rows[i].group}};
        assert_int_equal(rd_detect_set_build(EMAIL_BIT, specs, 2, &set, &err), RD_INVALID);
        assert_null(set);
        assert_int_equal(err.offset, rows[i].offset);
    }
}

static void test_pattern__probe_tells_slow_and_explosive_patterns(void **state)
{
    static const struct {
        const char *pattern;
        bool no_literal, blows_up;
    } cases[] = {
        {"\\bP-[0-9]{6}\\b", false, false}, {"staff[ -]?([0-9]+)", false, false},
        {"[0-9]{8}", true, false},          {"(a+)+$", false, true},
        {"(x+x+)+y", false, true},          {"([a-z0-9]+)*@", false, true},
        {"(\\w+\\s?)*:$", false, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const rd_pattern_spec spec = {.pattern = cases[i].pattern};
        rd_pattern_report r;
        assert_int_equal(rd_pattern_probe(&spec, &r), RD_OK);
        if (r.no_literal != cases[i].no_literal || r.blows_up != cases[i].blows_up)
            fail_msg("%s: literal %d, blows up %d", cases[i].pattern, !r.no_literal, r.blows_up);
    }
    const rd_pattern_spec wrong = {.pattern = "("};
    rd_pattern_report r;
    assert_int_equal(rd_pattern_probe(&wrong, &r), RD_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pattern__probe_tells_slow_and_explosive_patterns),
        cmocka_unit_test(test_pattern__whole_and_group),
        cmocka_unit_test(test_pattern__sees_only_its_text),
        cmocka_unit_test(test_pattern__empty_matches_are_ignored),
        cmocka_unit_test(test_pattern__wins_over_built_in),
        cmocka_unit_test(test_pattern__over_budget_hides_the_text),
        cmocka_unit_test(test_pattern__a_text_over_budget_is_nobody_elses),
        cmocka_unit_test(test_pattern__utf_only_on_demand),
        cmocka_unit_test(test_pattern__what_does_not_compile_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
