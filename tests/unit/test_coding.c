/* SPDX-License-Identifier: MIT */
/* What holds for every content coding: names, round trips, ceilings, damage, memory. */
#include "tests/unit/coding_kit.h"

#include <sys/mman.h>
#include <unistd.h>

/* realloc is wrapped by the linker: it can be counted and made to fail. */
void *__real_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n);

static unsigned n_reallocs;
static unsigned realloc_fails_at; /* 0: never */

void *__wrap_realloc(void *p, size_t n)
{
    n_reallocs++;
    return n_reallocs == realloc_fails_at ? NULL : __real_realloc(p, n);
}

static const rd_coding encoders[] = {RD_CODING_IDENTITY, RD_CODING_GZIP, RD_CODING_ZSTD,
                                     RD_CODING_SNAPPY_BLOCK};
enum { N_ENCODERS = sizeof encoders / sizeof encoders[0] };

static void test_coding__parse_takes_the_known_names(void **state)
{
    static const struct {
        const char *value;
        rd_coding want;
    } rows[] = {
        {"", RD_CODING_IDENTITY},       {"identity", RD_CODING_IDENTITY},
        {"  ", RD_CODING_IDENTITY},     {"gzip", RD_CODING_GZIP},
        {"GZIP", RD_CODING_GZIP},       {"x-gzip", RD_CODING_GZIP},
        {" \tgZip \t", RD_CODING_GZIP}, {"deflate", RD_CODING_DEFLATE},
        {"zlib", RD_CODING_DEFLATE},    {"zstd", RD_CODING_ZSTD},
        {"Snappy", RD_CODING_SNAPPY},   {"x-snappy-framed", RD_CODING_SNAPPY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        rd_coding c = RD_CODING_COUNT;
        assert_int_equal(rd_coding_parse(rd_slice_str(rows[i].value), &c), RD_OK);
        assert_int_equal(c, rows[i].want);
    }
    rd_coding c = RD_CODING_COUNT;
    assert_int_equal(rd_coding_parse((rd_slice){NULL, 0}, &c), RD_OK);
    assert_int_equal(c, RD_CODING_IDENTITY);
}

static void test_coding__parse_refuses_lists_and_strangers(void **state)
{
    static const char *const rows[] = {"gzip, gzip", "gzip,", "identity, gzip", "br",      "lz4",    "gz",
                                       "gzipp",      "g zip", "snappy-block",   "gzip;q",  "gzip\n", "*",
                                       "x-snappy",   ",",     "\"gzip\"",       "compress"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        rd_coding c = RD_CODING_COUNT;
        assert_int_equal(rd_coding_parse(rd_slice_str(rows[i]), &c), RD_UNSUPPORTED);
        assert_int_equal(c, RD_CODING_COUNT);
    }
    rd_coding c = RD_CODING_COUNT;
    assert_int_equal(rd_coding_parse(rd_slice_of("gzip\0", 5), &c), RD_UNSUPPORTED);
}

static void test_coding__token_is_what_parse_reads(void **state)
{
    assert_string_equal(rd_coding_token(RD_CODING_ZSTD), "zstd");
    assert_string_equal(rd_coding_token(RD_CODING_COUNT), "?");
    for (int i = 0; i < RD_CODING_SNAPPY_BLOCK; i++) {
        rd_coding c = RD_CODING_COUNT;
        assert_int_equal(rd_coding_parse(rd_slice_str(rd_coding_token((rd_coding)i)), &c), RD_OK);
        assert_int_equal(c, i);
    }
}

static void test_coding__round_trips_every_size(void **state)
{
    static const size_t sizes[] = {0, 1, 2, 17, 255, 256, 1000, 65535, 65536, 65537, 200000, 3000001};
    kit *k = *state;
    rd_buf text;
    rd_buf_init(&text, kit_max);
    for (unsigned e = 0; e < N_ENCODERS; e++) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            kit_sample(&text, sizes[i]);
            rd_buf_clear(&k->in, SIZE_MAX);
            assert_int_equal(rd_encode(k->coder, encoders[e], rd_buf_slice(&text), &k->in, &k->err), RD_OK);
            kit_assert_decodes(k, encoders[e], rd_buf_slice(&k->in), rd_buf_slice(&text));
            if (encoders[e] != RD_CODING_IDENTITY && sizes[i] > 1000)
                assert_true(k->in.n < sizes[i] * 3 / 4);
        }
    }
    rd_buf_release(&text);
}

static void test_coding__both_ways_append(void **state)
{
    kit *k = *state;
    for (unsigned e = 0; e < N_ENCODERS; e++) {
        rd_buf_clear(&k->in, SIZE_MAX);
        rd_buf_append_str(&k->in, "ab");
        assert_int_equal(rd_encode(k->coder, encoders[e], RD_SLICE_LIT("body"), &k->in, &k->err), RD_OK);
        assert_memory_equal(k->in.p, "ab", 2);
        rd_buf_clear(&k->out, SIZE_MAX);
        rd_buf_append_str(&k->out, "head:");
        rd_slice coded = rd_slice_of(k->in.p + 2, k->in.n - 2);
        assert_int_equal(rd_decode(k->coder, encoders[e], coded, &k->lim, &k->out, &k->err), RD_OK);
        assert_int_equal(k->out.n, 9);
        assert_memory_equal(k->out.p, "head:body", 9);
    }
}

static void test_coding__empty_input_is_empty_for_identity_only(void **state)
{
    kit *k = *state;
    for (int c = 0; c < RD_CODING_COUNT; c++)
        assert_int_equal(kit_decode(k, (rd_coding)c, (rd_slice){NULL, 0}),
                         c == RD_CODING_IDENTITY ? RD_OK : RD_TRUNCATED);
    assert_int_equal(kit_decode(k, RD_CODING_COUNT, RD_SLICE_LIT("x")), RD_UNSUPPORTED);
}

static void test_coding__some_are_only_read(void **state)
{
    static const rd_coding rows[] = {RD_CODING_DEFLATE, RD_CODING_SNAPPY, RD_CODING_COUNT};
    kit *k = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(rd_encode(k->coder, rows[i], RD_SLICE_LIT("x"), &k->in, &k->err), RD_UNSUPPORTED);
        assert_int_equal(k->err.outcome, RD_UNSUPPORTED);
    }
}

/* The text of `text` in every coding that can be decoded. */
static void encode_as(kit *k, rd_coding c, rd_slice text)
{
    rd_buf_clear(&k->in, SIZE_MAX);
    if (c == RD_CODING_DEFLATE)
        kit_zlib(&k->in, text, KIT_ZLIB, 6, Z_DEFAULT_STRATEGY, NULL);
    else
        assert_int_equal(
            rd_encode(k->coder, c == RD_CODING_SNAPPY ? RD_CODING_SNAPPY_BLOCK : c, text, &k->in, &k->err),
            RD_OK);
}

static void test_coding__max_bytes_is_exact(void **state)
{
    static const size_t sizes[] = {1, 100, 4096, 65536, 300000};
    kit *k = *state;
    rd_buf text;
    rd_buf_init(&text, kit_max);
    for (int c = 0; c < RD_CODING_COUNT; c++) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            kit_sample(&text, sizes[i]);
            encode_as(k, (rd_coding)c, rd_buf_slice(&text));
            k->lim.max_bytes = sizes[i];
            kit_assert_decodes(k, (rd_coding)c, rd_buf_slice(&k->in), rd_buf_slice(&text));
            k->lim.max_bytes = sizes[i] - 1;
            assert_int_equal(kit_decode(k, (rd_coding)c, rd_buf_slice(&k->in)), RD_TOO_LARGE);
        }
    }
    rd_buf_release(&text);
}

static void test_coding__the_maximum_of_the_buffer_holds_too(void **state)
{
    kit *k = *state;
    rd_buf text, small;
    rd_buf_init(&text, kit_max);
    rd_buf_init(&small, 5000);
    kit_sample(&text, 4990);
    for (int c = 0; c < RD_CODING_COUNT; c++) {
        encode_as(k, (rd_coding)c, rd_buf_slice(&text));
        for (size_t n_head = 9; n_head <= 12; n_head++) {
            rd_buf_clear(&small, SIZE_MAX);
            rd_buf_append(&small, "0123456789ab", n_head);
            rd_outcome o = rd_decode(k->coder, (rd_coding)c, rd_buf_slice(&k->in), &k->lim, &small, &k->err);
            assert_int_equal(o, n_head <= 10 ? RD_OK : RD_TOO_LARGE);
            assert_true(small.n <= 5000);
        }
    }
    rd_buf_release(&small);
    rd_buf_release(&text);
}

static void test_coding__ratio_counts_from_64_kib(void **state)
{
    static uint8_t blanks[65537];
    kit *k = *state;
    k->lim.max_ratio = 2;
    for (int c = 1; c < RD_CODING_COUNT; c++) {
        encode_as(k, (rd_coding)c, rd_slice_of(blanks, 65536));
        kit_assert_decodes(k, (rd_coding)c, rd_buf_slice(&k->in), rd_slice_of(blanks, 65536));
        encode_as(k, (rd_coding)c, rd_slice_of(blanks, 65537));
        assert_int_equal(kit_decode(k, (rd_coding)c, rd_buf_slice(&k->in)), RD_RATIO);
    }
    k->lim.max_ratio = 0;
    assert_int_equal(kit_decode(k, RD_CODING_IDENTITY, rd_slice_of(blanks, 65537)), RD_OK);
}

static void test_coding__bombs_stop_at_either_ceiling(void **state)
{
    const size_t size = 32u << 20;
    kit *k = *state;
    uint8_t *blanks = calloc(1, size);
    assert_non_null(blanks);
    for (int c = 1; c < RD_CODING_COUNT; c++) {
        encode_as(k, (rd_coding)c, rd_slice_of(blanks, size));
        k->lim = (rd_decode_limits){.max_bytes = kit_max, .max_ratio = 20};
        assert_int_equal(kit_decode_fresh(k, (rd_coding)c, rd_buf_slice(&k->in)), RD_RATIO);
        assert_true(k->out.cap <= 2 * (k->in.n * 20 + 65536));
        k->lim = (rd_decode_limits){.max_bytes = 1u << 20, .max_ratio = UINT32_MAX};
        assert_int_equal(kit_decode_fresh(k, (rd_coding)c, rd_buf_slice(&k->in)), RD_TOO_LARGE);
        assert_true(k->out.cap <= 2u << 20);
        k->lim = (rd_decode_limits){.max_bytes = size, .max_ratio = UINT32_MAX};
        kit_assert_decodes(k, (rd_coding)c, rd_buf_slice(&k->in), rd_slice_of(blanks, size));
    }
    free(blanks);
}

static void test_coding__every_truncation_is_refused(void **state)
{
    kit *k = *state;
    rd_buf text;
    rd_buf_init(&text, kit_max);
    kit_sample(&text, 1500);
    for (int c = 1; c < RD_CODING_COUNT; c++) {
        encode_as(k, (rd_coding)c, rd_buf_slice(&text));
        for (size_t n = 0; n < k->in.n; n++) {
            rd_outcome o = kit_decode(k, (rd_coding)c, rd_slice_of(k->in.p, n));
            /* The start of a snappy block states more than such a short block can hold. */
            bool short_block = o == RD_RATIO && c >= RD_CODING_SNAPPY && 22 * n < 1500;
            assert_true(o == RD_TRUNCATED || o == RD_MALFORMED || short_block);
        }
    }
    rd_buf_release(&text);
}

static void test_coding__bytes_after_the_end_are_refused(void **state)
{
    static const char *const tails[] = {"x", "\0", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "\x1f",
                                        "\x28\xb5\x2f"};
    static const size_t sizes[] = {1, 1, 20, 1, 3};
    kit *k = *state;
    for (int c = 1; c < RD_CODING_COUNT; c++) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            encode_as(k, (rd_coding)c, RD_SLICE_LIT("a body"));
            rd_buf_append(&k->in, tails[i], sizes[i]);
            rd_outcome o = kit_decode(k, (rd_coding)c, rd_buf_slice(&k->in));
            assert_true(o == RD_TRUNCATED || o == RD_MALFORMED);
        }
    }
}

/* Whatever a flipped bit does, what a checksum covers must not come out changed. */
static void test_coding__bit_flips_do_no_harm(void **state)
{
    kit *k = *state;
    rd_buf text;
    rd_buf_init(&text, kit_max);
    kit_sample(&text, 700);
    for (int c = 1; c < RD_CODING_COUNT; c++) {
        encode_as(k, (rd_coding)c, rd_buf_slice(&text));
        bool checked = c == RD_CODING_GZIP || c == RD_CODING_DEFLATE || c == RD_CODING_ZSTD;
        for (size_t bit = 0; bit < k->in.n * 8; bit++) {
            k->in.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
            if (kit_decode(k, (rd_coding)c, rd_buf_slice(&k->in)) == RD_OK && checked) {
                assert_int_equal(k->out.n, text.n);
                assert_memory_equal(k->out.p, text.p, text.n);
            }
            k->in.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
    rd_buf_release(&text);
}

/* Input that ends where readable memory ends; every truncation of it too. */
static void test_coding__reads_nothing_past_the_input(void **state)
{
    kit *k = *state;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(map != MAP_FAILED);
    assert_int_equal(mprotect(map + page, page, PROT_NONE), 0);
    rd_buf text;
    rd_buf_init(&text, kit_max);
    kit_sample(&text, 900);
    for (int c = 0; c < RD_CODING_COUNT; c++) {
        encode_as(k, (rd_coding)c, rd_buf_slice(&text));
        assert_true(k->in.n <= page);
        for (size_t n = 0; n <= k->in.n; n++) {
            uint8_t *at = map + page - n;
            memcpy(at, k->in.p, n);
            rd_outcome o = kit_decode(k, (rd_coding)c, rd_slice_of(at, n));
            assert_true((o == RD_OK) == (n == k->in.n || c == RD_CODING_IDENTITY));
        }
    }
    munmap(map, 2 * page);
    rd_buf_release(&text);
}

static void test_coding__failed_allocations_are_reported(void **state)
{
    kit *k = *state;
    rd_buf text;
    rd_buf_init(&text, kit_max);
    kit_sample(&text, 100000);
    for (int c = 0; c < RD_CODING_COUNT; c++) {
        encode_as(k, (rd_coding)c, rd_buf_slice(&text));
        rd_outcome o = RD_NO_MEMORY;
        for (unsigned nth = 1; o != RD_OK; nth++) {
            rd_buf_release(&k->out);
            n_reallocs = 0;
            realloc_fails_at = nth;
            o = rd_decode(k->coder, (rd_coding)c, rd_buf_slice(&k->in), &k->lim, &k->out, &k->err);
            realloc_fails_at = 0;
            assert_true(o == RD_NO_MEMORY || (o == RD_OK && n_reallocs < nth));
            assert_true(nth < 50);
        }
    }
    for (unsigned e = 0; e < N_ENCODERS; e++) {
        rd_buf_release(&k->out);
        n_reallocs = 0;
        realloc_fails_at = 1;
        rd_outcome o = rd_encode(k->coder, encoders[e], rd_buf_slice(&text), &k->out, &k->err);
        realloc_fails_at = 0;
        assert_int_equal(o, RD_NO_MEMORY);
    }
    rd_buf_release(&text);
}

static void test_coding__a_failed_buffer_stays_failed(void **state)
{
    kit *k = *state;
    rd_buf b;
    rd_buf_init(&b, 3);
    rd_buf_append_str(&b, "1234");
    assert_int_equal(rd_decode(k->coder, RD_CODING_IDENTITY, RD_SLICE_LIT("x"), &k->lim, &b, &k->err),
                     RD_TOO_LARGE);
    assert_int_equal(rd_encode(k->coder, RD_CODING_GZIP, RD_SLICE_LIT("x"), &b, &k->err), RD_TOO_LARGE);
    rd_buf_release(&b);
}

static void test_coding__encoding_stops_at_the_buffers_maximum(void **state)
{
    kit *k = *state;
    rd_buf text, exact;
    rd_buf_init(&text, kit_max);
    kit_sample(&text, 5000);
    for (unsigned e = 0; e < N_ENCODERS; e++) {
        encode_as(k, encoders[e], rd_buf_slice(&text));
        rd_buf_init(&exact, k->in.n - 1);
        assert_int_equal(rd_encode(k->coder, encoders[e], rd_buf_slice(&text), &exact, &k->err),
                         RD_TOO_LARGE);
        rd_buf_release(&exact);
        if (encoders[e] == RD_CODING_SNAPPY_BLOCK)
            continue; /* wants room for its worst case */
        rd_buf_init(&exact, k->in.n + 64);
        assert_int_equal(rd_encode(k->coder, encoders[e], rd_buf_slice(&text), &exact, &k->err), RD_OK);
        kit_assert_decodes(k, encoders[e], rd_buf_slice(&exact), rd_buf_slice(&text));
        rd_buf_release(&exact);
    }
    rd_buf_release(&text);
}

static void test_coding__a_warm_buffer_is_not_grown_again(void **state)
{
    kit *k = *state;
    rd_buf text;
    rd_buf_init(&text, kit_max);
    kit_sample(&text, 200000);
    for (int c = 0; c < RD_CODING_COUNT; c++) {
        encode_as(k, (rd_coding)c, rd_buf_slice(&text));
        assert_int_equal(kit_decode(k, (rd_coding)c, rd_buf_slice(&k->in)), RD_OK);
        n_reallocs = 0;
        for (unsigned i = 0; i < 3; i++)
            assert_int_equal(kit_decode(k, (rd_coding)c, rd_buf_slice(&k->in)), RD_OK);
        assert_int_equal(n_reallocs, 0);
    }
    rd_buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_coding__parse_takes_the_known_names),
        cmocka_unit_test(test_coding__parse_refuses_lists_and_strangers),
        cmocka_unit_test(test_coding__token_is_what_parse_reads),
        KIT_TEST(test_coding__round_trips_every_size),
        KIT_TEST(test_coding__both_ways_append),
        KIT_TEST(test_coding__empty_input_is_empty_for_identity_only),
        KIT_TEST(test_coding__some_are_only_read),
        KIT_TEST(test_coding__max_bytes_is_exact),
        KIT_TEST(test_coding__the_maximum_of_the_buffer_holds_too),
        KIT_TEST(test_coding__ratio_counts_from_64_kib),
        KIT_TEST(test_coding__bombs_stop_at_either_ceiling),
        KIT_TEST(test_coding__every_truncation_is_refused),
        KIT_TEST(test_coding__bytes_after_the_end_are_refused),
        KIT_TEST(test_coding__bit_flips_do_no_harm),
        KIT_TEST(test_coding__reads_nothing_past_the_input),
        KIT_TEST(test_coding__failed_allocations_are_reported),
        KIT_TEST(test_coding__a_failed_buffer_stays_failed),
        KIT_TEST(test_coding__encoding_stops_at_the_buffers_maximum),
        KIT_TEST(test_coding__a_warm_buffer_is_not_grown_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
