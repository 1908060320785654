/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "filters/base/doc.h"
#include "filters/base/search.h"
#include "filters/base/utf8.h"

static void test_buf__stops_at_its_maximum_and_stays_failed(void **state)
{
    rd_buf b;
    rd_buf_init(&b, 10);
    rd_buf_append_str(&b, "12345678");
    assert_int_equal(b.failed, RD_OK);
    rd_buf_append_str(&b, "abc");
    assert_int_equal(b.failed, RD_TOO_LARGE);
    rd_buf_append_byte(&b, 'x');
    assert_int_equal(b.n, 8);
    rd_buf_clear(&b, 100);
    rd_buf_append_str(&b, "abcdefghij");
    assert_int_equal(b.failed, RD_OK);
    assert_memory_equal(b.p, "abcdefghij", 10);
    rd_buf_release(&b);
}

static void test_buf__keeps_to_a_lower_maximum_when_used_again(void **state)
{
    rd_buf b;
    rd_buf_init(&b, 1000);
    for (unsigned i = 0; i < 500; i++)
        rd_buf_append_byte(&b, 'x');
    rd_buf_clear(&b, 1000);
    assert_true(b.cap >= 500);
    b.max = 100;
    assert_non_null(rd_buf_reserve(&b, 100));
    for (unsigned i = 0; i < 100; i++)
        rd_buf_append_byte(&b, 'x');
    assert_int_equal(b.failed, RD_OK);
    rd_buf_append_byte(&b, 'x');
    assert_int_equal(b.n, 100);
    assert_int_equal(b.failed, RD_TOO_LARGE);
    rd_buf_release(&b);
}

static void test_buf__writes_numbers(void **state)
{
    rd_buf b;
    rd_buf_init(&b, 1000);
    rd_buf_append_i64(&b, INT64_MIN);
    rd_buf_append_byte(&b, ' ');
    rd_buf_append_u64(&b, UINT64_MAX);
    rd_buf_printf(&b, " %s", "end");
    assert_int_equal(b.n, strlen("-9223372036854775808 18446744073709551615 end"));
    assert_memory_equal(b.p, "-9223372036854775808 18446744073709551615 end", b.n);
    rd_buf_release(&b);
}

static void test_utf8__takes_what_rfc_3629_takes(void **state)
{
    static const struct {
        const char *s;
        size_t n;
        bool ok;
    } cases[] = {
        {"", 0, true},
        {"plain ascii, longer", 19, true},
        {"\xc3\xa4", 2, true},
        {"\xc0\x80", 2, false},
        {"\xed\xa0\x80", 3, false},
        {"\xf4\x90\x80\x80", 4, false},
        {"\xe2\x82", 2, false},
        {"\xf0\x9f\x98\x80", 4, true},
        {"\xff", 1, false},
        {"\xe0\x9f\xbf", 3, false},
        {"aaaaaaaa\xc3", 9, false},
        {"12345678\xe2\x82\xac", 11, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(rd_utf8_valid(rd_slice_of(cases[i].s, cases[i].n)), cases[i].ok);
}

static void test_doc__splices_sorted_edits(void **state)
{
    rd_doc d;
    rd_buf out;
    rd_error err;
    rd_doc_init(&d);
    rd_buf_init(&out, 1000);
    rd_doc_reset(&d, RD_SLICE_LIT("hello brave world"));
    *rd_doc_push_edit(&d) = (rd_edit){.off = 12, .len = 5, .text = (const uint8_t *)"you", .text_len = 3};
    *rd_doc_push_edit(&d) = (rd_edit){.off = 6, .len = 6};
    *rd_doc_push_edit(&d) = (rd_edit){.off = 6, .len = 0, .text = (const uint8_t *)"to ", .text_len = 3};
    rd_doc_sort_edits(&d);
    assert_int_equal(rd_doc_splice(&d, &out, &err), RD_OK);
    assert_int_equal(out.n, 12);
    assert_memory_equal(out.p, "hello to you", 12);
    *rd_doc_push_edit(&d) = (rd_edit){.off = 13, .len = 1};
    rd_buf_clear(&out, 1000);
    assert_int_equal(rd_doc_splice(&d, &out, &err), RD_INVALID);
    rd_buf_release(&out);
    rd_doc_release(&d);
}

static bool is_less(const void *list, uint32_t i, uint64_t pos)
{
    return ((const uint16_t *)list)[i] < pos;
}

/* Every list of up to seven even numbers with repeats, every part of it, every place before, in and behind
 * it. */
static void test_search__finds_what_a_walk_finds(void **state)
{
    for (uint32_t shape = 0; shape < 1 << 7; shape++) {
        uint16_t list[7], value = 2;
        for (uint32_t i = 0; i < 7; i++)
            list[i] = value += (uint16_t)(2 * (shape >> i & 1));
        for (uint32_t part = 0; part < 64; part++) {
            uint32_t from = part % 8, to = part / 8;
            for (uint16_t pos = 0; pos < 20 && from <= to; pos++) {
                uint32_t want = from;
                while (want < to && list[want] < pos)
                    want++;
                assert_int_equal(rd_search(list, from, to, is_less, pos), want);
            }
        }
    }
    assert_int_equal(rd_search(NULL, 0, 0, is_less, 5), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buf__stops_at_its_maximum_and_stays_failed),
        cmocka_unit_test(test_buf__keeps_to_a_lower_maximum_when_used_again),
        cmocka_unit_test(test_buf__writes_numbers),
        cmocka_unit_test(test_utf8__takes_what_rfc_3629_takes),
        cmocka_unit_test(test_doc__splices_sorted_edits),
        cmocka_unit_test(test_search__finds_what_a_walk_finds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
