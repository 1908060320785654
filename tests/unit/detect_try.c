/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "tests/unit/detect_try.h"

#include <stdlib.h>
#include <string.h>

rd_matches detect_try_matches;

static rd_detect_scratch *scratch;
static rd_buf result;

const char *detect_try(const rd_detect_set *set, const char *text)
{
    if (scratch == NULL) {
        scratch = rd_detect_scratch_new();
        rd_buf_init(&result, 1 << 20);
    }
    size_t n = strlen(text);
    /* Hostile neighbours: what stands before and after the text must not matter. */
    uint8_t *base = malloc(n + 2 + RD_BUF_TAIL);
    assert_non_null(base);
    memset(base, '7', n + 2 + RD_BUF_TAIL);
    memcpy(base + 1, text, n);
    rd_text t = {.off = 1, .len = (uint32_t)n};
    assert_int_equal(rd_detect(set, scratch, base, n + 2, &t, n > 0, &detect_try_matches), RD_OK);
    rd_buf_clear(&result, SIZE_MAX);
    uint32_t at = 1;
    for (uint32_t i = 0; i < detect_try_matches.n; i++) {
        const rd_match *m = &detect_try_matches.list[i];
        rd_buf_append(&result, base + at, m->off + m->keep_head - at);
        rd_buf_append_str(&result, "***");
        at = m->off + m->len - m->keep_tail;
    }
    rd_buf_append(&result, base + at, n + 1 - at);
    rd_buf_append_byte(&result, 0);
    free(base);
    assert_int_equal(result.failed, RD_OK);
    return (const char *)result.p;
}

void detect_check(uint64_t mask, const detect_row *rows, size_t n)
{
    rd_detect_set *set = NULL;
    assert_int_equal(rd_detect_set_build(mask, NULL, 0, &set, NULL), RD_OK);
    size_t wrong = 0;
    for (size_t i = 0; i < n; i++) {
        const char *want = rows[i].masked != NULL ? rows[i].masked : rows[i].text;
        char *got = strdup(detect_try(set, rows[i].text));
        assert_non_null(got);
        if (strcmp(got, want) != 0) {
            print_error("row %zu\n  text %s\n  want %s\n  got  %s\n", i, rows[i].text, want, got);
            wrong++;
        } else if (strcmp(detect_try(set, got), want) != 0) {
            print_error("row %zu is not idempotent\n  once  %s\n  twice %s\n", i, want,
                        (const char *)result.p);
            wrong++;
        }
        free(got);
    }
    rd_detect_set_free(&set);
    assert_int_equal(wrong, 0);
}
