/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/detect_try.h"

static void test_percent__text_is_seen_as_it_means(void **state)
{
    static const detect_row rows[] = {
        {"GET /p?ip=fe80%3A%3Aadaf%3A5d08%3Ac973%3Ab71c&z=1", "GET /p?ip=fe80%3A%3Aadaf%3A***&z=1"},
        {"?m=C4%3A49%3ab1%3A9B%3AFB%3A1B&z", "?m=C4%3A49%3ab1%3A***&z"},
        {"?card=4111%201111%201111%201111&z", "?card=***1111&z"},
        {"?card=4111%201111%201111%201112&z", NULL},
        {"?n=65%20180773%20N%20188&z=1", NULL},
        {"a=%31%30.1.2.3&b=10.2.3.4 c=10.3.4.5", "a=%31%30.1.2.***&b=10.2.3.*** c=10.3.4.***"},
        {"x=%41nna.person@shop.example", "x=%4***@shop.example"},
        {"100%25 of %zz at % and %4", NULL},
        {"?q=10%252E1%252E2%252E3", NULL}, /* encoded twice: once decoded it is no address */
        {"?ip=10%2E1%2E2%2E3", "?ip=10%2E1%2E2%2E***"},
    };
    DETECT_CHECK(UINT64_MAX, rows);
}

static void test_percent__own_patterns_see_it_too(void **state)
{
    rd_pattern_spec spec = {"id (\\d{4})", 1};
    rd_detect_set *set = NULL;
    assert_int_equal(rd_detect_set_build(0, &spec, 1, &set, NULL), RD_OK);
    assert_string_equal(detect_try(set, "x?q=id%201234%26&r=id%205678 id 9012"),
                        "x?q=id%20***%26&r=id%20*** id ***");
    rd_detect_set_free(&set);
}

/* Runs stay in their text, and matches of many texts stay in order. */
static void test_percent__many_texts(void **state)
{
    enum { N = 3000 };
    static const char one[] = "/?a=10%2E1%2E2%2E3", two[] = "10.1.2.3 /?m=%20";
    rd_detect_set *set = NULL;
    rd_detect_scratch *scratch = rd_detect_scratch_new();
    uint8_t *base = calloc(1, N * 32 + RD_BUF_TAIL);
    rd_text *texts = calloc(N, sizeof *texts);
    rd_matches found;
    assert_true(scratch != NULL && base != NULL && texts != NULL);
    assert_int_equal(rd_detect_set_build(UINT64_MAX, NULL, 0, &set, NULL), RD_OK);
    uint32_t at = 0;
    for (uint32_t i = 0; i < N; i++) {
        const char *text = i % 2 == 0 ? one : two;
        texts[i] = (rd_text){.off = at, .len = (uint32_t)strlen(text)};
        memcpy(base + at, text, texts[i].len);
        at += texts[i].len; /* without a gap: the next text must not continue this one */
    }
    for (int round = 0; round < 2; round++) {
        assert_int_equal(rd_detect(set, scratch, base, at, texts, N, &found), RD_OK);
        assert_int_equal(found.n, N);
        for (uint32_t i = 0; i < N; i++) {
            const rd_match *m = &found.list[i];
            assert_int_equal(m->text, i);
            assert_int_equal(m->off, texts[i].off + (i % 2 == 0 ? 4 : 0));
            assert_int_equal(m->len, i % 2 == 0 ? 14 : 8);
            assert_int_equal(m->keep_head, i % 2 == 0 ? 13 : 7);
        }
    }
    free(base);
    free(texts);
    rd_detect_scratch_free(&scratch);
    rd_detect_set_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_percent__text_is_seen_as_it_means),
        cmocka_unit_test(test_percent__own_patterns_see_it_too),
        cmocka_unit_test(test_percent__many_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
