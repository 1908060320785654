/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "filters/coding/coding.h"

enum { MAX_EDITS = 64 };

typedef struct change {
    rd_coder *coder;
    rd_buf old_body, new_body, block, made, back;
    rd_kept kept[MAX_EDITS + 1];
    uint32_t n_kept;
} change;

static void change_init(change *c)
{
    *c = (change){.coder = rd_coder_new()};
    assert_non_null(c->coder);
    rd_buf *bufs[] = {&c->old_body, &c->new_body, &c->block, &c->made, &c->back};
    for (unsigned i = 0; i < 5; i++)
        rd_buf_init(bufs[i], 1 << 24);
}

static void change_release(change *c)
{
    rd_buf *bufs[] = {&c->old_body, &c->new_body, &c->block, &c->made, &c->back};
    for (unsigned i = 0; i < 5; i++)
        rd_buf_release(bufs[i]);
    rd_coder_free(&c->coder);
}

/* Keeps old content [from, to), where `from` is not before what was kept last. */
static void keep(change *c, size_t from, size_t to)
{
    if (from == to)
        return;
    assert_true(c->n_kept <= MAX_EDITS);
    c->kept[c->n_kept++] = (rd_kept){(uint32_t)from, (uint32_t)c->new_body.n, (uint32_t)(to - from)};
    rd_buf_append(&c->new_body, c->old_body.p + from, to - from);
}

/* Splices, and checks that the block decodes to the new body. */
static void splice(change *c)
{
    rd_error err = {0};
    rd_decode_limits lim = {.max_bytes = 1 << 24, .max_ratio = UINT32_MAX};
    assert_int_equal(rd_encode(c->coder, RD_CODING_SNAPPY_BLOCK, rd_buf_slice(&c->old_body), &c->block, &err),
                     RD_OK);
    assert_int_equal(
        rd_decode(c->coder, RD_CODING_SNAPPY_BLOCK, rd_buf_slice(&c->block), &lim, &c->back, &err), RD_OK);
    assert_true(rd_slice_eq(rd_buf_slice(&c->back), rd_buf_slice(&c->old_body)));
    c->back.n = 0;
    assert_int_equal(rd_snappy_splice(c->coder, rd_buf_slice(&c->block), c->kept, c->n_kept,
                                      rd_buf_slice(&c->new_body), &c->made, &err),
                     RD_OK);
    assert_int_equal(
        rd_decode(c->coder, RD_CODING_SNAPPY_BLOCK, rd_buf_slice(&c->made), &lim, &c->back, &err), RD_OK);
    assert_true(rd_slice_eq(rd_buf_slice(&c->back), rd_buf_slice(&c->new_body)));
}

/* Log lines: much is copied from line to line. */
static void fill_with_lines(rd_buf *b, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        rd_buf_printf(
            b, "level=info msg=\"request %u served\" user=someone%u@example.com took=%ums path=/api/v2/%x\n",
            i, i % 7, i * 31 % 997, i * 2654435761u);
}

static void test_snappy_splice__unchanged_content_gives_the_same_block(void **state)
{
    change c;
    change_init(&c);
    fill_with_lines(&c.old_body, 500);
    keep(&c, 0, c.old_body.n);
    splice(&c);
    assert_true(rd_slice_eq(rd_buf_slice(&c.made), rd_buf_slice(&c.block)));
    change_release(&c);
}

static void test_snappy_splice__a_few_changes_cost_little(void **state)
{
    change c;
    change_init(&c);
    fill_with_lines(&c.old_body, 500);
    size_t at = 0;
    for (unsigned i = 1; i <= 20; i++) {
        size_t from = i * 1000;
        keep(&c, at, from);
        rd_buf_append_str(&c.new_body, "***");
        at = from + i; /* some shorter, some longer than what they replace */
    }
    keep(&c, at, c.old_body.n);
    splice(&c);
    assert_true(c.made.n < c.block.n + c.block.n / 10);
    change_release(&c);
}

static void test_snappy_splice__what_was_removed_is_gone(void **state)
{
    static const char secret[] = "xK9qZ7wB4n";
    change c;
    change_init(&c);
    for (unsigned i = 0; i < 200; i++)
        rd_buf_printf(&c.old_body, "line %u of a log with a %s in it\n", i, secret);
    size_t at = 0;
    for (unsigned i = 0; i < 3; i++) { /* later lines copy it from these */
        const uint8_t *found = memmem(c.old_body.p + at, c.old_body.n - at, secret, sizeof secret - 1);
        assert_non_null(found);
        keep(&c, at, (size_t)(found - c.old_body.p));
        rd_buf_append_str(&c.new_body, "***");
        at = (size_t)(found - c.old_body.p) + sizeof secret - 1;
    }
    splice(&c); /* all that follows is gone too */
    assert_null(memmem(c.made.p, c.made.n, secret, sizeof secret - 1));
    change_release(&c);
}

static void test_snappy_splice__runs_and_nothing_kept(void **state)
{
    change c;
    change_init(&c);
    rd_buf_append_str(&c.old_body, "ab");
    for (unsigned i = 0; i < 5000; i++)
        rd_buf_append_byte(&c.old_body, 'x');
    keep(&c, 0, 1);
    keep(&c, 2, 700);
    rd_buf_append_str(&c.new_body, "yyyy");
    keep(&c, 701, 5002);
    splice(&c);
    c.n_kept = 0;
    c.new_body.n = c.made.n = c.back.n = c.block.n = 0;
    rd_buf_append_str(&c.new_body, "all new");
    splice(&c);
    c.new_body.n = c.made.n = c.back.n = c.block.n = 0;
    splice(&c);
    change_release(&c);
}

/* Any content, any changes. */
static void test_snappy_splice__random_changes(void **state)
{
    srand(7);
    for (unsigned round = 0; round < 2000; round++) {
        change c;
        change_init(&c);
        unsigned alphabet = 1u << rand() % 8, words = (unsigned)(rand() % 400);
        for (unsigned i = 0; i < words; i++) {
            unsigned n = 1 + (unsigned)(rand() % 20);
            size_t from = c.old_body.n > 40 ? (size_t)rand() % (c.old_body.n - 20) : 0;
            for (unsigned k = 0; k < n; k++) {
                int fresh = rand() % (int)alphabet;
                rd_buf_append_byte(&c.old_body,
                                   (uint8_t)(from > 0 && i % 3 != 0 ? c.old_body.p[from + k] : fresh));
            }
        }
        size_t at = 0;
        for (unsigned i = 0; i < MAX_EDITS && at < c.old_body.n; i++) {
            size_t to = at + (size_t)rand() % 200;
            to = to < c.old_body.n ? to : c.old_body.n;
            keep(&c, at, to);
            for (int k = rand() % 12; k > 0; k--)
                rd_buf_append_byte(&c.new_body, (uint8_t)(rand() & 0xff));
            at = to + (size_t)rand() % 30;
        }
        splice(&c);
        change_release(&c);
    }
}

/* Only the block that was decoded last, and only when that went well. */
static void test_snappy_splice__other_blocks(void **state)
{
    static const uint8_t good[] = {2, 0x04, 'a', 'b'};
    static const uint8_t same[] = {2, 0x04, 'a', 'b'};
    static const uint8_t broken[] = {10, 0x04, 'a', 'b'};
    static const rd_decode_limits lim = {.max_bytes = 1 << 16, .max_ratio = UINT32_MAX};
    const rd_slice block = {good, sizeof good};
    rd_kept kept = {0, 0, 2};
    rd_coder *coder = rd_coder_new();
    rd_error err;
    rd_buf out, back;
    rd_buf_init(&out, 1 << 16);
    rd_buf_init(&back, 1 << 16);
    assert_int_equal(rd_snappy_splice(coder, block, &kept, 1, RD_SLICE_LIT("ab"), &out, &err),
                     RD_UNSUPPORTED);
    assert_int_equal(rd_decode(coder, RD_CODING_SNAPPY_BLOCK, block, &lim, &back, &err), RD_OK);
    assert_int_equal(
        rd_snappy_splice(coder, rd_slice_of(same, sizeof same), &kept, 1, RD_SLICE_LIT("ab"), &out, &err),
        RD_UNSUPPORTED);
    assert_int_equal(rd_snappy_splice(coder, block, &kept, 1, RD_SLICE_LIT("ab"), &out, &err), RD_OK);
    assert_true(rd_slice_eq(rd_buf_slice(&out), block));
    assert_int_equal(
        rd_decode(coder, RD_CODING_SNAPPY_BLOCK, rd_slice_of(broken, sizeof broken), &lim, &back, &err),
        RD_MALFORMED);
    assert_int_equal(
        rd_snappy_splice(coder, rd_slice_of(broken, sizeof broken), &kept, 1, RD_SLICE_LIT("ab"), &out, &err),
        RD_UNSUPPORTED);
    assert_int_equal(rd_snappy_splice(coder, block, &kept, 1, RD_SLICE_LIT("ab"), &out, &err),
                     RD_UNSUPPORTED);
    rd_buf_release(&out);
    rd_buf_release(&back);
    rd_coder_free(&coder);
}

/* A block without notes decodes like any other; it cannot be spliced. */
static void test_snappy_splice__large_block(void **state)
{
    static const rd_decode_limits lim = {.max_bytes = 1 << 24, .max_ratio = UINT32_MAX};
    change c;
    rd_error err;
    change_init(&c);
    for (uint32_t i = 0, x = 1; i < 1200000; i++, x = x * 1664525 + 1013904223)
        rd_buf_append_byte(&c.old_body, (uint8_t)(x >> 24));
    keep(&c, 0, c.old_body.n);
    assert_int_equal(rd_encode(c.coder, RD_CODING_SNAPPY_BLOCK, rd_buf_slice(&c.old_body), &c.block, &err),
                     RD_OK);
    assert_true(c.block.n > 1 << 20);
    assert_int_equal(rd_decode(c.coder, RD_CODING_SNAPPY_BLOCK, rd_buf_slice(&c.block), &lim, &c.back, &err),
                     RD_OK);
    assert_true(rd_slice_eq(rd_buf_slice(&c.back), rd_buf_slice(&c.old_body)));
    assert_int_equal(rd_snappy_splice(c.coder, rd_buf_slice(&c.block), c.kept, c.n_kept,
                                      rd_buf_slice(&c.new_body), &c.made, &err),
                     RD_UNSUPPORTED);
    change_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_snappy_splice__unchanged_content_gives_the_same_block),
        cmocka_unit_test(test_snappy_splice__a_few_changes_cost_little),
        cmocka_unit_test(test_snappy_splice__what_was_removed_is_gone),
        cmocka_unit_test(test_snappy_splice__runs_and_nothing_kept),
        cmocka_unit_test(test_snappy_splice__random_changes),
        cmocka_unit_test(test_snappy_splice__other_blocks),
        cmocka_unit_test(test_snappy_splice__large_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
