/* SPDX-License-Identifier: MIT */
/* zstd frames and both forms of snappy, much of it written out by hand. */
#include "tests/unit/coding_kit.h"

#include <zstd.h>

#define BYTES(...) rd_slice_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
#define FRAME      0x28, 0xb5, 0x2f, 0xfd
#define HELLO_RAW  0x29, 0, 0, 'h', 'e', 'l', 'l', 'o' /* last block, stored, 5 bytes */

/* A frame made by streaming, so that it does not state its size. */
static void zstd_stream(rd_buf *to, rd_slice in, int window_log, int checksum)
{
    ZSTD_CCtx *z = ZSTD_createCCtx();
    assert_non_null(z);
    assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, checksum)));
    assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, window_log)));
    size_t room = ZSTD_compressBound(in.n);
    ZSTD_outBuffer o = {rd_buf_reserve(to, room), room, 0};
    assert_non_null(o.dst);
    ZSTD_inBuffer i = {in.p, in.n, 0};
    while (i.pos < i.size)
        assert_false(ZSTD_isError(ZSTD_compressStream2(z, &o, &i, ZSTD_e_continue)));
    while (ZSTD_compressStream2(z, &o, &i, ZSTD_e_end) != 0)
        assert_true(o.pos < o.size);
    to->n += o.pos;
    ZSTD_freeCCtx(z);
}

static void test_coding_zstd__frames_without_a_size_are_streamed(void **state)
{
    static const size_t sizes[] = {0, 1, 1000, 131072, 400000, 9000001};
    kit *k = *state;
    rd_buf text;
    rd_buf_init(&text, kit_max);
    for (unsigned i = 0; i < 2 * sizeof sizes / sizeof sizes[0]; i++) {
        kit_sample(&text, sizes[i / 2]);
        rd_buf_clear(&k->in, SIZE_MAX);
        zstd_stream(&k->in, rd_buf_slice(&text), 19, i % 2);
        rd_buf_release(&k->out);
        kit_assert_decodes(k, RD_CODING_ZSTD, rd_buf_slice(&k->in), rd_buf_slice(&text));
        k->lim.max_bytes = sizes[i / 2]; /* what comes after the last byte must still be read */
        kit_assert_decodes(k, RD_CODING_ZSTD, rd_buf_slice(&k->in), rd_buf_slice(&text));
        if (sizes[i / 2] > 0) {
            k->lim.max_bytes--;
            assert_int_equal(kit_decode(k, RD_CODING_ZSTD, rd_buf_slice(&k->in)), RD_TOO_LARGE);
        }
        k->lim.max_bytes = kit_max;
    }
    rd_buf_release(&text);
}

static void test_coding_zstd__a_streamed_bomb_stops_early(void **state)
{
    const size_t size = 32u << 20;
    kit *k = *state;
    uint8_t *blanks = calloc(1, size);
    assert_non_null(blanks);
    zstd_stream(&k->in, rd_slice_of(blanks, size), 19, 1);
    free(blanks);
    k->lim.max_ratio = 100;
    assert_int_equal(kit_decode_fresh(k, RD_CODING_ZSTD, rd_buf_slice(&k->in)), RD_RATIO);
    assert_true(k->out.cap <= 2 * (100 * k->in.n + 65536));
    k->lim = (rd_decode_limits){.max_bytes = 1u << 20, .max_ratio = UINT32_MAX};
    assert_int_equal(kit_decode_fresh(k, RD_CODING_ZSTD, rd_buf_slice(&k->in)), RD_TOO_LARGE);
    assert_true(k->out.cap <= 2u << 20);
}

static void test_coding_zstd__all_frames_are_decoded(void **state)
{
    kit *k = *state;
    rd_buf_append(&k->in, BYTES(0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'a', 'b', 'c').p, 11);
    rd_buf_append(&k->in, BYTES(FRAME, 0x20, 5, HELLO_RAW).p, 14);
    rd_buf_append(&k->in, BYTES(0x5f, 0x2a, 0x4d, 0x18, 0, 0, 0, 0).p, 8);
    zstd_stream(&k->in, RD_SLICE_LIT(" world"), 10, 1);
    kit_assert_decodes(k, RD_CODING_ZSTD, rd_buf_slice(&k->in), RD_SLICE_LIT("hello world"));
    k->lim.max_bytes = 10;
    assert_int_equal(kit_decode(k, RD_CODING_ZSTD, rd_buf_slice(&k->in)), RD_TOO_LARGE);
    kit_assert_decodes(k, RD_CODING_ZSTD, rd_slice_of(k->in.p, 11), (rd_slice){NULL, 0});
    for (size_t n = 1; n < 11; n++)
        assert_int_not_equal(kit_decode(k, RD_CODING_ZSTD, rd_slice_of(k->in.p, n)), RD_OK);
}

static void test_coding_zstd__too_many_frames_are_refused(void **state)
{
    kit *k = *state;
    rd_slice empty = BYTES(FRAME, 0x20, 0, 1, 0, 0);
    for (unsigned i = 0; i < 65537; i++)
        rd_buf_append(&k->in, empty.p, empty.n);
    kit_assert_decodes(k, RD_CODING_ZSTD, rd_slice_of(k->in.p, 65536 * empty.n), (rd_slice){NULL, 0});
    assert_int_equal(kit_decode(k, RD_CODING_ZSTD, rd_buf_slice(&k->in)), RD_TOO_MANY);
}

static void test_coding_zstd__hostile_heads(void **state)
{
    const struct {
        rd_slice in;
        rd_outcome want;
    } rows[] = {
        {BYTES(FRAME, 0x20, 5, HELLO_RAW), RD_OK},
        {BYTES(FRAME, 0x21, 7, 5, HELLO_RAW), RD_UNSUPPORTED},          /* dictionary 7 */
        {BYTES(FRAME, 0x23, 7, 0, 0, 0, 5, HELLO_RAW), RD_UNSUPPORTED}, /* the same in four bytes */
        {BYTES(FRAME, 0x00, 0x68, HELLO_RAW), RD_OK},                   /* window of 8 MiB */
        {BYTES(FRAME, 0x00, 0x69, HELLO_RAW), RD_UNSUPPORTED},          /* 9 MiB */
        {BYTES(FRAME, 0x00, 0xff, HELLO_RAW), RD_UNSUPPORTED},
        {BYTES(FRAME, 0x28, 5, HELLO_RAW), RD_MALFORMED},     /* reserved bit */
        {BYTES(FRAME, 0x20, 4, HELLO_RAW), RD_MALFORMED},     /* states less */
        {BYTES(FRAME, 0x20, 6, HELLO_RAW), RD_MALFORMED},     /* states more */
        {BYTES(FRAME, 0x60, 0, 0x68, 1, 0, 0), RD_MALFORMED}, /* states 26,880, ends at once */
        {BYTES(FRAME, 0x40, 0x23, 0, 0x68, 1, 0, 0), RD_MALFORMED},
        {BYTES(FRAME, 0x41, 0x23, 0, 0, 0x68, 1, 0, 0), RD_MALFORMED}, /* and names no dictionary in a byte */
        {BYTES(FRAME, 0xa0, 0, 0, 0, 1, HELLO_RAW), RD_UNSUPPORTED},   /* one segment of 16 MiB */
        {BYTES(FRAME, 0xa0, 0, 0, 0, 5, HELLO_RAW), RD_TOO_LARGE},     /* 80 MiB */
        {BYTES(FRAME, 0xe0, 255, 255, 255, 255, 255, 255, 255, 127, HELLO_RAW), RD_TOO_LARGE},
        {BYTES(FRAME, 0xe0, 255, 255), RD_TRUNCATED},
        {BYTES(FRAME, 0x20, 5, 0x2f, 0, 0), RD_MALFORMED},                 /* reserved block type */
        {BYTES(0x27, 0xb5, 0x2f, 0xfd, 0x20, 5, HELLO_RAW), RD_MALFORMED}, /* format of 0.7 */
        {BYTES(0x1f, 0x8b, 8, 0), RD_MALFORMED},
        {BYTES(FRAME, 0x20, 5, HELLO_RAW, 0), RD_MALFORMED},
    };
    kit *k = *state;
    k->lim.max_ratio = UINT32_MAX;
    for (unsigned i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        if (i == sizeof rows / sizeof rows[0]) /* the second round has room for anything */
            kit_warm(k);
        assert_int_equal(kit_decode(k, RD_CODING_ZSTD, rows[i % (sizeof rows / sizeof rows[0])].in),
                         rows[i % (sizeof rows / sizeof rows[0])].want);
    }
}

static void test_coding_zstd__a_stated_size_wins_no_memory(void **state)
{
    kit *k = *state;
    /* 64,000 bytes in a body of 20, not one of them real. */
    rd_slice lie = BYTES(FRAME, 0xa0, 0, 0xfa, 0, 0, HELLO_RAW);
    assert_int_equal(kit_decode_fresh(k, RD_CODING_ZSTD, lie), RD_MALFORMED);
    assert_true(k->out.cap <= 1024);
}

static void test_coding_zstd__a_large_window_is_refused_however_much_room_there_is(void **state)
{
    const size_t size = 16u << 20;
    kit *k = *state;
    uint8_t *blanks = calloc(1, size);
    ZSTD_CCtx *z = ZSTD_createCCtx();
    assert_true(blanks != NULL && z != NULL);
    assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, 25)));
    uint8_t *p = rd_buf_reserve(&k->in, ZSTD_compressBound(size));
    k->in.n = ZSTD_compress2(z, p, ZSTD_compressBound(size), blanks, size);
    assert_false(ZSTD_isError(k->in.n));
    k->lim.max_ratio = UINT32_MAX;
    assert_int_equal(kit_decode_fresh(k, RD_CODING_ZSTD, rd_buf_slice(&k->in)), RD_UNSUPPORTED);
    kit_warm(k);
    assert_int_equal(kit_decode(k, RD_CODING_ZSTD, rd_buf_slice(&k->in)), RD_UNSUPPORTED);
    ZSTD_freeCCtx(z);
    free(blanks);
}

static void test_coding_zstd__a_failed_body_does_not_spoil_the_next(void **state)
{
    kit *k = *state;
    rd_slice good = BYTES(FRAME, 0x20, 5, HELLO_RAW);
    for (size_t n = 1; n <= good.n; n++) {
        rd_outcome o = kit_decode(k, RD_CODING_ZSTD, rd_slice_of(good.p, n));
        assert_int_equal(o, n == good.n ? RD_OK : RD_TRUNCATED);
        kit_assert_decodes(k, RD_CODING_ZSTD, good, RD_SLICE_LIT("hello"));
    }
}

static void test_coding_snappy__block_vectors(void **state)
{
    static const rd_coding both[] = {RD_CODING_SNAPPY, RD_CODING_SNAPPY_BLOCK};
    const struct {
        rd_slice in;
        rd_outcome want;
        const char *text;
    } rows[] = {
        {BYTES(5, 0x10, 'h', 'e', 'l', 'l', 'o'), RD_OK, "hello"},
        {BYTES(0x85, 0x00, 0x10, 'h', 'e', 'l', 'l', 'o'), RD_OK, "hello"}, /* longer length than needed */
        {BYTES(5, 0xf0, 4, 'h', 'e', 'l', 'l', 'o'), RD_OK, "hello"},       /* literal length in a byte */
        {BYTES(8, 4, 'a', 'b', 0x09, 2), RD_OK, "abababab"},                /* overlapping copy */
        {BYTES(8, 4, 'a', 'b', 0x16, 2, 0), RD_OK, "abababab"},             /* 16-bit offset */
        {BYTES(8, 4, 'a', 'b', 0x17, 2, 0, 0, 0), RD_OK, "abababab"},       /* 32-bit offset */
        {BYTES(0), RD_OK, ""},
        {BYTES(0xff, 0xff, 0xff, 0xff, 0x0f, 0x00), RD_RATIO, NULL},
        {BYTES(0xff, 0xff, 0xff, 0xff, 0x1f, 0x00), RD_MALFORMED, NULL}, /* length of 33 bits */
        {BYTES(0xff, 0xff, 0xff, 0xff, 0xff, 0xff), RD_MALFORMED, NULL},
        {BYTES(0x80), RD_MALFORMED, NULL},
        {BYTES(4, 0x10, 'h', 'e', 'l', 'l', 'o'), RD_MALFORMED, NULL}, /* states less */
        {BYTES(6, 0x10, 'h', 'e', 'l', 'l', 'o'), RD_MALFORMED, NULL}, /* states more */
        {BYTES(8, 4, 'a', 'b', 0x09, 0), RD_MALFORMED, NULL},          /* offset 0 */
        {BYTES(8, 4, 'a', 'b', 0x09, 3), RD_MALFORMED, NULL},          /* offset before the start */
        {BYTES(0, 0), RD_MALFORMED, NULL},
        {BYTES(88, 4, 'a', 'b'), RD_MALFORMED, NULL}, /* 22 times the input: could be, is not */
        {BYTES(89, 4, 'a', 'b'), RD_RATIO, NULL},
    };
    kit *k = *state;
    for (unsigned i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        if (rows[i / 2].want == RD_OK)
            kit_assert_decodes(k, both[i % 2], rows[i / 2].in, rd_slice_str(rows[i / 2].text));
        else
            assert_int_equal(kit_decode(k, both[i % 2], rows[i / 2].in), rows[i / 2].want);
    }
    assert_int_equal(kit_decode_fresh(k, RD_CODING_SNAPPY_BLOCK, rows[7].in), RD_RATIO);
    assert_null(k->out.p); /* refused before memory existed */
}

static uint32_t crc32c_bitwise(rd_slice in)
{
    uint32_t crc = ~0u;
    for (size_t i = 0; i < in.n; i++) {
        crc ^= in.p[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
    }
    return ~crc;
}

static void chunk(rd_buf *to, uint8_t type, rd_slice body)
{
    uint8_t head[4] = {type, (uint8_t)body.n, (uint8_t)(body.n >> 8), (uint8_t)(body.n >> 16)};
    rd_buf_append(to, head, sizeof head);
    rd_buf_append(to, body.p, body.n);
}

/* A data chunk that holds `text`: type 0 compressed, 1 as it is. */
static void data_chunk(kit *k, rd_buf *to, uint8_t type, rd_slice text)
{
    rd_buf body;
    rd_buf_init(&body, 200000);
    uint32_t crc = crc32c_bitwise(text);
    uint32_t masked = (crc >> 15 | crc << 17) + 0xa282ead8u;
    for (unsigned i = 0; i < 4; i++)
        rd_buf_append_byte(&body, (uint8_t)(masked >> 8 * i));
    if (type == 0)
        assert_int_equal(rd_encode(k->coder, RD_CODING_SNAPPY_BLOCK, text, &body, &k->err), RD_OK);
    else
        rd_buf_append(&body, text.p, text.n);
    chunk(to, type, rd_buf_slice(&body));
    rd_buf_release(&body);
}

static void stream_identifier(rd_buf *to)
{
    chunk(to, 0xff, RD_SLICE_LIT("sNaPpY"));
}

static void test_coding_snappy__framed_streams(void **state)
{
    kit *k = *state;
    rd_buf text;
    rd_buf_init(&text, kit_max);
    kit_sample(&text, 200000);
    stream_identifier(&k->in);
    for (size_t at = 0; at < text.n; at += 65536) {
        size_t n = text.n - at < 65536 ? text.n - at : 65536;
        data_chunk(k, &k->in, at == 65536, rd_slice_of(text.p + at, n));
        chunk(&k->in, 0xfe, RD_SLICE_LIT("padding"));
        chunk(&k->in, 0x80, (rd_slice){NULL, 0});
        stream_identifier(&k->in);
    }
    kit_assert_decodes(k, RD_CODING_SNAPPY, rd_buf_slice(&k->in), rd_buf_slice(&text));
    assert_int_equal(kit_decode(k, RD_CODING_SNAPPY_BLOCK, rd_buf_slice(&k->in)), RD_MALFORMED);
    k->lim.max_bytes = text.n - 1;
    assert_int_equal(kit_decode(k, RD_CODING_SNAPPY, rd_buf_slice(&k->in)), RD_TOO_LARGE);
    rd_buf_release(&text);
}

static void test_coding_snappy__framed_checksum_is_the_published_one(void **state)
{
    kit *k = *state;
    /* CRC-32C of "123456789" is e3069283; masked: (crc >> 15 | crc << 17) + a282ead8. */
    uint32_t masked = (0xe3069283u >> 15 | 0xe3069283u << 17) + 0xa282ead8u;
    uint8_t body[13] = {(uint8_t)masked, (uint8_t)(masked >> 8), (uint8_t)(masked >> 16),
                        (uint8_t)(masked >> 24)};
    memcpy(body + 4, "123456789", 9);
    stream_identifier(&k->in);
    chunk(&k->in, 1, rd_slice_of(body, sizeof body));
    kit_assert_decodes(k, RD_CODING_SNAPPY, rd_buf_slice(&k->in), RD_SLICE_LIT("123456789"));
    for (unsigned bit = 0; bit < sizeof body * 8; bit++) {
        k->in.p[14 + bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(kit_decode(k, RD_CODING_SNAPPY, rd_buf_slice(&k->in)), RD_MALFORMED);
        k->in.p[14 + bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void test_coding_snappy__framed_refusals(void **state)
{
    static const uint8_t big[65537 + 4];
    const struct {
        uint8_t type;
        rd_slice body;
        rd_outcome want;
    } rows[] = {
        {0x02, RD_SLICE_LIT("x"), RD_UNSUPPORTED},
        {0x7f, RD_SLICE_LIT(""), RD_UNSUPPORTED},
        {0x80, RD_SLICE_LIT("x"), RD_OK},
        {0xfd, RD_SLICE_LIT("x"), RD_OK},
        {0xfe, RD_SLICE_LIT("x"), RD_OK},
        {0xff, RD_SLICE_LIT("sNaPpY"), RD_OK},
        {0xff, RD_SLICE_LIT("sNaPpy"), RD_MALFORMED},
        {0xff, RD_SLICE_LIT("sNaPpY!"), RD_MALFORMED},
        {0xff, RD_SLICE_LIT(""), RD_MALFORMED},
        {0x00, RD_SLICE_LIT("abc"), RD_MALFORMED},
        {0x01, RD_SLICE_LIT("abc"), RD_MALFORMED},
        {0x00, RD_SLICE_LIT("crc!"), RD_MALFORMED},
        {0x01, {big, 65537 + 4}, RD_MALFORMED},
    };
    kit *k = *state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        rd_buf_clear(&k->in, SIZE_MAX);
        stream_identifier(&k->in);
        chunk(&k->in, rows[i].type, rows[i].body);
        assert_int_equal(kit_decode(k, RD_CODING_SNAPPY, rd_buf_slice(&k->in)), rows[i].want);
    }
    /* A chunk that holds more than 64 KiB, its checksum right. */
    for (size_t n = 65536; n <= 65537; n++) {
        rd_buf_clear(&k->in, SIZE_MAX);
        stream_identifier(&k->in);
        data_chunk(k, &k->in, 0, rd_slice_of(big, n));
        assert_int_equal(kit_decode(k, RD_CODING_SNAPPY, rd_buf_slice(&k->in)),
                         n == 65536 ? RD_OK : RD_MALFORMED);
    }
}

/* A framed stream has no end mark: cut between chunks it is whole, cut inside one it is refused. */
static void test_coding_snappy__framed_truncations(void **state)
{
    kit *k = *state;
    size_t ends[3];
    stream_identifier(&k->in);
    ends[0] = k->in.n;
    data_chunk(k, &k->in, 0, RD_SLICE_LIT("hello hello hello hello"));
    ends[1] = k->in.n;
    data_chunk(k, &k->in, 1, RD_SLICE_LIT("world"));
    ends[2] = k->in.n;
    for (size_t n = 0; n <= k->in.n; n++) {
        rd_outcome o = kit_decode(k, RD_CODING_SNAPPY, rd_slice_of(k->in.p, n));
        bool whole = n == ends[0] || n == ends[1] || n == ends[2];
        assert_int_equal(o == RD_OK, whole);
        if (n > ends[0] && !whole)
            assert_int_equal(o, RD_TRUNCATED);
    }
    assert_int_equal(k->out.n, 28);
}

static void test_coding_snappy__a_framed_bomb_is_summed(void **state)
{
    static const uint8_t blanks[65536];
    kit *k = *state;
    stream_identifier(&k->in);
    for (unsigned i = 0; i < 64; i++)
        data_chunk(k, &k->in, 0, rd_slice_of(blanks, sizeof blanks));
    kit_assert_decodes(k, RD_CODING_SNAPPY, rd_slice_of(k->in.p, 10), (rd_slice){NULL, 0});
    assert_int_equal(kit_decode(k, RD_CODING_SNAPPY, rd_buf_slice(&k->in)), RD_OK);
    assert_int_equal(k->out.n, 64 * sizeof blanks);
    k->lim.max_ratio = 10;
    assert_int_equal(kit_decode(k, RD_CODING_SNAPPY, rd_buf_slice(&k->in)), RD_RATIO);
    k->lim = (rd_decode_limits){.max_bytes = 100000, .max_ratio = 1000};
    assert_int_equal(kit_decode(k, RD_CODING_SNAPPY, rd_buf_slice(&k->in)), RD_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_coding_zstd__frames_without_a_size_are_streamed),
        KIT_TEST(test_coding_zstd__a_streamed_bomb_stops_early),
        KIT_TEST(test_coding_zstd__all_frames_are_decoded),
        KIT_TEST(test_coding_zstd__too_many_frames_are_refused),
        KIT_TEST(test_coding_zstd__hostile_heads),
        KIT_TEST(test_coding_zstd__a_stated_size_wins_no_memory),
        KIT_TEST(test_coding_zstd__a_large_window_is_refused_however_much_room_there_is),
        KIT_TEST(test_coding_zstd__a_failed_body_does_not_spoil_the_next),
        KIT_TEST(test_coding_snappy__block_vectors),
        KIT_TEST(test_coding_snappy__framed_streams),
        KIT_TEST(test_coding_snappy__framed_checksum_is_the_published_one),
        KIT_TEST(test_coding_snappy__framed_refusals),
        KIT_TEST(test_coding_snappy__framed_truncations),
        KIT_TEST(test_coding_snappy__a_framed_bomb_is_summed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
