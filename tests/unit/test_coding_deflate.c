/* SPDX-License-Identifier: MIT */
/* gzip and deflate against system zlib: members, lying sizes, wrappers. */
#include "tests/unit/coding_kit.h"

static void put_le32(uint8_t *p, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

static void test_coding_deflate__reads_what_zlib_writes(void **state)
{
    static const size_t sizes[] = {0, 1, 300, 65536, 250001};
    static const int levels[] = {0, 1, 6, 9};
    static const int strategies[] = {Z_DEFAULT_STRATEGY, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED};
    static const int forms[] = {KIT_RAW, KIT_ZLIB, KIT_GZIP, 9, -9};
    kit *k = *state;
    rd_buf text;
    rd_buf_init(&text, kit_max);
    for (unsigned i = 0; i < 5 * 4 * 4 * 5; i++) {
        int bits = forms[i % 5];
        kit_sample(&text, sizes[i / 5 % 5]);
        rd_buf_clear(&k->in, SIZE_MAX);
        kit_zlib(&k->in, rd_buf_slice(&text), bits, levels[i / 25 % 4], strategies[i / 100], NULL);
        kit_assert_decodes(k, bits == KIT_GZIP ? RD_CODING_GZIP : RD_CODING_DEFLATE, rd_buf_slice(&k->in),
                           rd_buf_slice(&text));
    }
    rd_buf_release(&text);
}

static void test_coding_deflate__zlib_reads_what_we_write(void **state)
{
    kit *k = *state;
    rd_buf text;
    rd_buf_init(&text, kit_max);
    kit_sample(&text, 250001);
    assert_int_equal(rd_encode(k->coder, RD_CODING_GZIP, rd_buf_slice(&text), &k->in, &k->err), RD_OK);
    uint8_t *back = rd_buf_reserve(&k->out, text.n);
    z_stream z = {.next_in = k->in.p, .avail_in = (uInt)k->in.n, .next_out = back, .avail_out = (uInt)text.n};
    assert_int_equal(inflateInit2(&z, KIT_GZIP), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.total_out, text.n);
    assert_int_equal(z.avail_in, 0);
    assert_memory_equal(back, text.p, text.n);
    inflateEnd(&z);
    rd_buf_release(&text);
}

static void test_coding_deflate__gzip_header_fields_are_skipped(void **state)
{
    kit *k = *state;
    gz_header head = {.text = 1,
                      .time = 1234567890,
                      .os = 3,
                      .extra = (Bytef *)(uintptr_t) "extra bytes",
                      .extra_len = 11,
                      .name = (Bytef *)(uintptr_t) "body.log",
                      .comment = (Bytef *)(uintptr_t) "a remark",
                      .hcrc = 1};
    kit_zlib(&k->in, RD_SLICE_LIT("hello"), KIT_GZIP, 6, Z_DEFAULT_STRATEGY, &head);
    kit_assert_decodes(k, RD_CODING_GZIP, rd_buf_slice(&k->in), RD_SLICE_LIT("hello"));
    for (size_t n = 0; n < k->in.n; n++)
        assert_int_not_equal(kit_decode(k, RD_CODING_GZIP, rd_slice_of(k->in.p, n)), RD_OK);
}

static void test_coding_deflate__all_gzip_members_are_decoded(void **state)
{
    static const char *const parts[] = {"one ", "", "two ", "three"};
    kit *k = *state;
    for (unsigned i = 0; i < 4; i++)
        kit_zlib(&k->in, rd_slice_str(parts[i]), KIT_GZIP, (int)i, Z_DEFAULT_STRATEGY, NULL);
    kit_assert_decodes(k, RD_CODING_GZIP, rd_buf_slice(&k->in), RD_SLICE_LIT("one two three"));
    k->lim.max_bytes = 12;
    assert_int_equal(kit_decode(k, RD_CODING_GZIP, rd_buf_slice(&k->in)), RD_TOO_LARGE);
    k->lim.max_bytes = 13;
    assert_int_equal(kit_decode(k, RD_CODING_GZIP, rd_buf_slice(&k->in)), RD_OK);
    k->in.p[k->in.n - 1] ^= 1; /* the size in the last trailer */
    assert_int_equal(kit_decode(k, RD_CODING_GZIP, rd_buf_slice(&k->in)), RD_MALFORMED);
}

static void test_coding_deflate__many_small_members_from_no_memory(void **state)
{
    kit *k = *state;
    rd_buf text;
    rd_buf_init(&text, kit_max);
    kit_sample(&text, 997 * 1000);
    for (size_t i = 0; i < 1000; i++)
        kit_zlib(&k->in, rd_slice_of(text.p + 997 * i, 997), KIT_GZIP, 1, Z_DEFAULT_STRATEGY, NULL);
    assert_int_equal(kit_decode_fresh(k, RD_CODING_GZIP, rd_buf_slice(&k->in)), RD_OK);
    assert_int_equal(k->out.n, text.n);
    assert_memory_equal(k->out.p, text.p, text.n);
    rd_buf_release(&text);
}

static void test_coding_deflate__a_million_empty_members_are_too_many(void **state)
{
    kit *k = *state;
    uint8_t head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    for (unsigned i = 0; i < 1000000; i++)
        rd_buf_append(&k->in, head, sizeof head);
    assert_int_equal(k->in.failed, RD_OK);
    assert_int_equal(kit_decode(k, RD_CODING_GZIP, rd_buf_slice(&k->in)), RD_TOO_MANY);
    kit_assert_decodes(k, RD_CODING_GZIP, rd_slice_of(k->in.p, 65536 * sizeof head), (rd_slice){NULL, 0});
    assert_int_equal(kit_decode(k, RD_CODING_GZIP, rd_slice_of(k->in.p, 65537 * sizeof head)), RD_TOO_MANY);
}

/* The size in the trailer is checked in the end, and must not cost memory before. */
static void test_coding_deflate__a_lying_isize_is_refused_cheaply(void **state)
{
    static const uint32_t lies[] = {0, 1, 49999, 50001, 64u << 20, UINT32_MAX};
    kit *k = *state;
    rd_buf text;
    rd_buf_init(&text, kit_max);
    kit_sample(&text, 50000);
    kit_zlib(&k->in, rd_buf_slice(&text), KIT_GZIP, 6, Z_DEFAULT_STRATEGY, NULL);
    for (unsigned i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        put_le32(k->in.p + k->in.n - 4, lies[i]);
        assert_int_equal(kit_decode_fresh(k, RD_CODING_GZIP, rd_buf_slice(&k->in)), RD_MALFORMED);
        assert_true(k->out.cap <= 32 * k->in.n);
    }
    rd_buf_clear(&k->in, SIZE_MAX);
    kit_zlib(&k->in, RD_SLICE_LIT("a short body"), KIT_GZIP, 6, Z_DEFAULT_STRATEGY, NULL);
    put_le32(k->in.p + k->in.n - 4, 64u << 20);
    assert_int_equal(kit_decode_fresh(k, RD_CODING_GZIP, rd_buf_slice(&k->in)), RD_MALFORMED);
    assert_true(k->out.cap <= 2048);
    rd_buf_release(&text);
}

/* The last member's size misleads the first guess both ways; the result must be right all the same. */
static void test_coding_deflate__the_last_members_isize_is_no_more_than_a_hint(void **state)
{
    static uint8_t blanks[3000000];
    kit *k = *state;
    kit_zlib(&k->in, rd_slice_of(blanks, sizeof blanks), KIT_GZIP, 9, Z_DEFAULT_STRATEGY, NULL);
    kit_zlib(&k->in, RD_SLICE_LIT("x"), KIT_GZIP, 9, Z_DEFAULT_STRATEGY, NULL);
    k->lim.max_ratio = 2000;
    assert_int_equal(kit_decode_fresh(k, RD_CODING_GZIP, rd_buf_slice(&k->in)), RD_OK);
    assert_int_equal(k->out.n, sizeof blanks + 1);
    assert_memory_equal(k->out.p, blanks, sizeof blanks);
    assert_int_equal(k->out.p[sizeof blanks], 'x');
}

static void test_coding_deflate__members_of_a_bomb_are_summed(void **state)
{
    static uint8_t blanks[1u << 20];
    kit *k = *state;
    for (unsigned i = 0; i < 8; i++)
        kit_zlib(&k->in, rd_slice_of(blanks, sizeof blanks), KIT_GZIP, 9, Z_DEFAULT_STRATEGY, NULL);
    k->lim = (rd_decode_limits){.max_bytes = 8 * sizeof blanks - 1, .max_ratio = 2000};
    assert_int_equal(kit_decode(k, RD_CODING_GZIP, rd_buf_slice(&k->in)), RD_TOO_LARGE);
    k->lim = (rd_decode_limits){.max_bytes = kit_max, .max_ratio = 100};
    assert_int_equal(kit_decode(k, RD_CODING_GZIP, rd_buf_slice(&k->in)), RD_RATIO);
}

static void test_coding_deflate__gzip_does_not_read_zlib_or_raw(void **state)
{
    static const int forms[] = {KIT_RAW, KIT_ZLIB};
    kit *k = *state;
    for (unsigned i = 0; i < 2; i++) {
        rd_buf_clear(&k->in, SIZE_MAX);
        kit_zlib(&k->in, RD_SLICE_LIT("hello hello hello"), forms[i], 6, Z_DEFAULT_STRATEGY, NULL);
        assert_int_equal(kit_decode(k, RD_CODING_GZIP, rd_buf_slice(&k->in)), RD_MALFORMED);
    }
    rd_buf_clear(&k->in, SIZE_MAX);
    kit_zlib(&k->in, RD_SLICE_LIT("hello hello hello"), KIT_GZIP, 6, Z_DEFAULT_STRATEGY, NULL);
    assert_int_equal(kit_decode(k, RD_CODING_DEFLATE, rd_buf_slice(&k->in)), RD_MALFORMED);
}

static void test_coding_deflate__raw_streams_are_refused_when_cut(void **state)
{
    static const int strategies[] = {Z_DEFAULT_STRATEGY, Z_FIXED};
    kit *k = *state;
    rd_buf text;
    rd_buf_init(&text, kit_max);
    kit_sample(&text, 1200);
    for (unsigned i = 0; i < 2; i++) {
        rd_buf_clear(&k->in, SIZE_MAX);
        kit_zlib(&k->in, rd_buf_slice(&text), KIT_RAW, 6, strategies[i], NULL);
        for (size_t n = 0; n < k->in.n; n++)
            assert_int_not_equal(kit_decode(k, RD_CODING_DEFLATE, rd_slice_of(k->in.p, n)), RD_OK);
        rd_buf_append_byte(&k->in, 0);
        assert_int_equal(kit_decode(k, RD_CODING_DEFLATE, rd_buf_slice(&k->in)), RD_MALFORMED);
    }
    rd_buf_release(&text);
}

/* A stored block whose five padding bits are not zero can begin with any legal zlib header. */
static void test_coding_deflate__raw_that_looks_like_zlib_is_read_as_raw(void **state)
{
    static const uint8_t heads[][2] = {{0x78, 0x01}, {0x78, 0x5e}, {0x78, 0x9c}, {0x78, 0xda}, {0x08, 0x1d}};
    kit *k = *state;
    rd_buf text;
    rd_buf_init(&text, kit_max);
    kit_sample(&text, 0xda);
    for (unsigned i = 0; i < 5; i++) {
        uint8_t len = heads[i][1];
        rd_buf_clear(&k->in, SIZE_MAX);
        rd_buf_append(&k->in, heads[i], 2);
        rd_buf_append(&k->in, (uint8_t[]){0, (uint8_t)~len, 0xff}, 3);
        rd_buf_append(&k->in, text.p, len);
        rd_buf_append(&k->in, (uint8_t[]){3, 0}, 2);
        kit_assert_decodes(k, RD_CODING_DEFLATE, rd_buf_slice(&k->in), rd_slice_of(text.p, len));
    }
    rd_buf_release(&text);
}

static void test_coding_deflate__a_zlib_stream_with_a_wrong_checksum_is_refused(void **state)
{
    kit *k = *state;
    kit_zlib(&k->in, RD_SLICE_LIT("hello hello hello"), KIT_ZLIB, 6, Z_DEFAULT_STRATEGY, NULL);
    k->in.p[k->in.n - 1] ^= 1;
    assert_int_equal(kit_decode(k, RD_CODING_DEFLATE, rd_buf_slice(&k->in)), RD_MALFORMED);
}

static void test_coding_deflate__a_preset_dictionary_is_refused(void **state)
{
    kit *k = *state;
    uint8_t coded[100];
    z_stream z = {
        .next_in = (Bytef *)(uintptr_t) "hello hello", .avail_in = 11, .next_out = coded, .avail_out = 100};
    assert_int_equal(deflateInit(&z, 6), Z_OK);
    assert_int_equal(deflateSetDictionary(&z, (const Bytef *)"hello", 5), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(kit_decode(k, RD_CODING_DEFLATE, rd_slice_of(coded, z.total_out)), RD_MALFORMED);
    deflateEnd(&z);
}

/* What does not get smaller is stored, and the room for it was reckoned right. */
static void test_coding_deflate__noise_is_stored(void **state)
{
    kit *k = *state;
    static const size_t sizes[] = {0, 1, 100, 4096, 65534, 65535, 65536, 131070, 131071, 200000};
    rd_buf noise;
    uint64_t seed = 1;
    rd_buf_init(&noise, 1 << 20);
    for (size_t i = 0; i < 200000; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
        rd_buf_append_byte(&noise, (uint8_t)(seed >> 56));
    }
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        k->in.n = 0;
        assert_int_equal(rd_encode(k->coder, RD_CODING_GZIP, rd_slice_of(noise.p, sizes[i]), &k->in, &k->err),
                         RD_OK);
        assert_true(k->in.n <= sizes[i] + 5 * (sizes[i] / 65535 + 1) + 18);
        kit_assert_decodes(k, RD_CODING_GZIP, rd_buf_slice(&k->in), rd_slice_of(noise.p, sizes[i]));
    }
    rd_buf_release(&noise);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_coding_deflate__reads_what_zlib_writes),
        KIT_TEST(test_coding_deflate__zlib_reads_what_we_write),
        KIT_TEST(test_coding_deflate__noise_is_stored),
        KIT_TEST(test_coding_deflate__gzip_header_fields_are_skipped),
        KIT_TEST(test_coding_deflate__all_gzip_members_are_decoded),
        KIT_TEST(test_coding_deflate__many_small_members_from_no_memory),
        KIT_TEST(test_coding_deflate__a_million_empty_members_are_too_many),
        KIT_TEST(test_coding_deflate__a_lying_isize_is_refused_cheaply),
        KIT_TEST(test_coding_deflate__the_last_members_isize_is_no_more_than_a_hint),
        KIT_TEST(test_coding_deflate__members_of_a_bomb_are_summed),
        KIT_TEST(test_coding_deflate__gzip_does_not_read_zlib_or_raw),
        KIT_TEST(test_coding_deflate__raw_streams_are_refused_when_cut),
        KIT_TEST(test_coding_deflate__raw_that_looks_like_zlib_is_read_as_raw),
        KIT_TEST(test_coding_deflate__a_zlib_stream_with_a_wrong_checksum_is_refused),
        KIT_TEST(test_coding_deflate__a_preset_dictionary_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
