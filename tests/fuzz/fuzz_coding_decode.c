/* SPDX-License-Identifier: MIT */
/*
 * Decodes anything in any coding: the first byte picks the coding, the second the ceilings, the rest is the
 * body. What must hold:
 *   - success stays below every ceiling, failure is told in the error;
 *   - the result does not depend on how much memory the output had before;
 *   - what was decoded survives encoding and decoding again;
 *   - where zlib accepts the same gzip or deflate body, it reads the same bytes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

#include "filters/coding/coding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const size_t buffer_max = 1u << 20;

static void must(bool holds)
{
    if (!holds)
        abort();
}

static const rd_decode_limits ceilings[] = {
    {1u << 20, 1000}, {1u << 20, 10}, {100, 1000}, {0, 1}, {70000, 2}, {1000, UINT32_MAX},
};

static void check_ceilings(rd_coding coding, size_t n_in, const rd_decode_limits *lim, const rd_buf *out)
{
    must(out->n <= lim->max_bytes);
    must(coding == RD_CODING_IDENTITY || out->n <= 65536 || out->n / lim->max_ratio <= n_in);
}

static void check_round_trip(rd_coder *c, rd_coding coding, rd_slice plain)
{
    const rd_decode_limits none = {buffer_max, UINT32_MAX};
    rd_buf coded, back;
    rd_buf_init(&coded, 2 * buffer_max);
    rd_buf_init(&back, buffer_max);
    must(rd_encode(c, coding, plain, &coded, NULL) == RD_OK);
    must(rd_decode(c, coding, rd_buf_slice(&coded), &none, &back, NULL) == RD_OK);
    must(rd_slice_eq(rd_buf_slice(&back), plain));
    rd_buf_release(&coded);
    rd_buf_release(&back);
}

/* One stream or member by zlib; false when it refuses. */
static bool zlib_inflate(rd_slice *in, int bits, rd_buf *out)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)in->p, .avail_in = (uInt)in->n};
    size_t room = buffer_max - out->n;
    must(inflateInit2(&z, bits) == Z_OK);
    z.next_out = rd_buf_reserve(out, room);
    z.avail_out = (uInt)room;
    int r = inflate(&z, Z_FINISH);
    out->n += z.total_out;
    *in = rd_slice_of(in->p + z.total_in, in->n - z.total_in);
    inflateEnd(&z);
    return r == Z_STREAM_END;
}

static void check_against_zlib(rd_coding coding, rd_slice in, rd_slice plain)
{
    rd_buf out;
    rd_buf_init(&out, buffer_max);
    rd_slice rest = in;
    bool ok = zlib_inflate(&rest, coding == RD_CODING_GZIP ? 31 : 15, &out);
    if (!ok && coding == RD_CODING_DEFLATE) {
        rest = in;
        out.n = 0;
        ok = zlib_inflate(&rest, -15, &out);
    }
    for (unsigned n = 1; ok && rest.n > 0 && coding == RD_CODING_GZIP && n < 20; n++)
        ok = zlib_inflate(&rest, 31, &out);
    if (ok && rest.n == 0)
        must(rd_slice_eq(rd_buf_slice(&out), plain));
    rd_buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static rd_coder *c;
    static rd_buf warm;
    if (c == NULL) {
        c = rd_coder_new();
        rd_buf_init(&warm, buffer_max);
    }
    must(c != NULL);
    if (size < 2)
        return 0;
    rd_coding coding = (rd_coding)(data[0] % RD_CODING_COUNT);
    const rd_decode_limits *lim = &ceilings[data[1] % (sizeof ceilings / sizeof ceilings[0])];
    rd_slice in = rd_slice_of(data + 2, size - 2);

    rd_buf cold;
    rd_error err = {0};
    rd_buf_init(&cold, buffer_max);
    rd_buf_clear(&warm, SIZE_MAX);
    must(rd_buf_reserve(&warm, buffer_max) != NULL);
    rd_outcome o = rd_decode(c, coding, in, lim, &cold, &err);
    must(err.outcome == o && (o == RD_OK) == (err.what == NULL));
    must(rd_decode(c, coding, in, lim, &warm, NULL) == o);
    if (o == RD_OK) {
        static const rd_coding encoders[] = {RD_CODING_GZIP, RD_CODING_ZSTD, RD_CODING_SNAPPY_BLOCK};
        check_ceilings(coding, in.n, lim, &cold);
        must(rd_slice_eq(rd_buf_slice(&cold), rd_buf_slice(&warm)));
        check_round_trip(c, encoders[data[1] / 16 % 3], rd_buf_slice(&cold));
        if (coding == RD_CODING_IDENTITY)
            must(rd_slice_eq(rd_buf_slice(&cold), in));
        if (coding == RD_CODING_GZIP || coding == RD_CODING_DEFLATE)
            check_against_zlib(coding, in, rd_buf_slice(&cold));
    }
    rd_buf_release(&cold);
    return 0;
}
