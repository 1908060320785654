/* SPDX-License-Identifier: MIT */
/* What outlives a restart: the state file, blocks and overrides. */
#include "tests/unit/quota_kit.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/quota_file.h"
#include "gateway/quota_private.h"

/* ---- the state file ---- */

static void note_record(void *arg, const gw_quota_record *r)
{
    gw_quota_record *out = arg;
    *out = *r;
}

static bool parse_framed(rd_buf *text, gw_quota_record *out)
{
    gw_quota_frame_end(text);
    return gw_quota_file_parse(rd_buf_slice(text), note_record, out);
}

static void test_quota_file__keeps_blocks_and_overrides(void **state)
{
    gw_quota_record r = {.name = RD_SLICE_LIT("shop"),
                         .day_start = 1,
                         .day_end = 2,
                         .month_start = 3,
                         .month_end = 4,
                         .used = {5, 6, 7, 8},
                         .blocked_until = 1795463128,
                         .override_until = 1795463129,
                         .own = {.v = {[GW_LIMIT_ITEMS_RATE] = 7, [GW_LIMIT_BYTES_PER_DAY] = 9},
                                 .mode = GW_QUOTA_SHADOW}},
                    back;
    rd_buf text;
    rd_buf_init(&text, 1 << 16);
    gw_quota_frame_begin(&text);
    gw_quota_record_write(&r, &text);
    assert_true(parse_framed(&text, &back));
    assert_true(rd_slice_eq(back.name, r.name));
    assert_memory_equal(back.used, r.used, sizeof r.used);
    assert_int_equal(back.month_end, 4);
    assert_int_equal(back.blocked_until, r.blocked_until);
    assert_int_equal(back.override_until, r.override_until);
    assert_memory_equal(&back.own, &r.own, sizeof r.own);
    text.p[text.n / 3] ^= 1;
    assert_false(gw_quota_file_parse(rd_buf_slice(&text), note_record, &back));
    rd_buf_release(&text);
}

static void test_quota_file__believes_no_line_that_is_not_one(void **state)
{
    static const struct {
        const char *text;
        bool ok;
    } rows[] = {
        {"redactd quota 1\nshop 1 2 3 4 5 6 7 8\n", true},
        {"redactd quota 1\nshop 1 2 3 4 5 6 7 8 9\n", false},
        {"redactd quota 2\nshop 1 2 3 4 5 6 7 8\n", false},
        {"redactd quota 2\nshop 1 2 3 4 5 6 7 8 9\n", true},
        {"redactd quota 3\nshop 1 2 3 4 5 6 7 8 9\n", false},
        {"redactd quota 2\nshop 1 2 3 4 5 6 7 8 9 \n", false},
        {"redactd quota 2\nb-1.(x)!*'_ 1 2 3 4 5 6 7 8 9\n", true},
        {"redactd quota 2\n 1 2 3 4 5 6 7 8 9\n", false},
        {"redactd quota 2\na\"b 1 2 3 4 5 6 7 8 9\n", false},
        {"redactd quota 2\na{ 1 2 3 4 5 6 7 8 9\n", false},
        {"redactd quota 2\na\\ 1 2 3 4 5 6 7 8 9\n", false},
        {"redactd quota 2\na\x80 1 2 3 4 5 6 7 8 9\n", false},
        {"redactd quota 2\nshop 1 2 3 4 5 6 7 8 0 override 7 default\n", true},
        {"redactd quota 2\nshop 1 2 3 4 5 6 7 8 0 override 7 enforce items_per_second=1\n", true},
        {"redactd quota 2\nshop 1 2 3 4 5 6 7 8 0 override 0 enforce items_per_second=1\n", false},
        {"redactd quota 2\nshop 1 2 3 4 5 6 7 8 0 override 7 other items_per_second=1\n", false},
        {"redactd quota 2\nshop 1 2 3 4 5 6 7 8 0 override 7 enforce items_per_second=0\n", false},
        {"redactd quota 2\nshop 1 2 3 4 5 6 7 8 0 override 7 enforce items_per_second\n", false},
        {"redactd quota 2\nshop 1 2 3 4 5 6 7 8 0 override 7 enforce no_such=1\n", false},
        {"redactd quota 2\nshop 1 2 3 4 5 6 7 8 0 override 7 enforce items_burst=1 items_burst=2\n", false},
        {"redactd quota 2\nshop 1 2 3 4 5 6 7 8 0 override 7 enforce items_burst=99999999999999999\n", false},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        gw_quota_record r;
        rd_buf text;
        rd_buf_init(&text, 1 << 16);
        rd_buf_append_str(&text, rows[i].text);
        if (parse_framed(&text, &r) != rows[i].ok)
            fail_msg("row %u", i);
        rd_buf_release(&text);
    }
}

static void test_quota_file__what_is_over_says_nothing(void **state)
{
    const gw_quota_record none = {
        .day_end = 100, .month_end = 100, .blocked_until = 100, .override_until = 100};
    gw_quota_record r = none;
    assert_true(gw_quota_record_is_over(&none, 100));
    assert_false(gw_quota_record_is_over(&none, 99));
    int64_t *const each[] = {&r.day_end, &r.month_end, &r.blocked_until, &r.override_until};
    for (unsigned i = 0; i < sizeof each / sizeof *each; i++) {
        r = none;
        *each[i] = 101;
        assert_false(gw_quota_record_is_over(&r, 100));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quota_file__keeps_blocks_and_overrides),
        cmocka_unit_test(test_quota_file__believes_no_line_that_is_not_one),
        cmocka_unit_test(test_quota_file__what_is_over_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
