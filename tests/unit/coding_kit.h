/* SPDX-License-Identifier: MIT */
/* What the tests of the codings share: a coder and a buffer per test, sample text, streams made by system
 * zlib. */
#ifndef TESTS_UNIT_CODING_KIT_H
#define TESTS_UNIT_CODING_KIT_H

#include "tests/unit/unit.h"

#include <stdlib.h>
#include <zlib.h>

#include "filters/coding/coding.h"

typedef struct kit {
    rd_coder *coder;
    rd_buf in, out;
    rd_error err;
    rd_decode_limits lim;
} kit;

static const size_t kit_max = (size_t)64 << 20;

static inline int kit_setup(void **state)
{
    kit *k = calloc(1, sizeof *k);
    assert_non_null(k);
    k->coder = rd_coder_new();
    assert_non_null(k->coder);
    rd_buf_init(&k->in, kit_max);
    rd_buf_init(&k->out, kit_max);
    k->lim = (rd_decode_limits){.max_bytes = kit_max, .max_ratio = 1000};
    *state = k;
    return 0;
}

static inline int kit_teardown(void **state)
{
    kit *k = *state;
    rd_coder_free(&k->coder);
    assert_null(k->coder);
    rd_buf_release(&k->in);
    rd_buf_release(&k->out);
    free(k);
    return 0;
}

#define KIT_TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

/* Decodes into an emptied k->out; a failure must be told in k->err too. */
static inline rd_outcome kit_decode(kit *k, rd_coding coding, rd_slice in)
{
    rd_buf_clear(&k->out, SIZE_MAX);
    k->err = (rd_error){0};
    rd_outcome o = rd_decode(k->coder, coding, in, &k->lim, &k->out, &k->err);
    assert_int_equal(k->err.outcome, o);
    assert_true((o == RD_OK) == (k->err.what == NULL));
    assert_true(k->out.n <= k->lim.max_bytes);
    return o;
}

/* The same from no memory at all, so that its growth shows. */
static inline rd_outcome kit_decode_fresh(kit *k, rd_coding coding, rd_slice in)
{
    rd_buf_release(&k->out);
    return kit_decode(k, coding, in);
}

/* Gives the output all the memory it may have: what is accepted must not depend on that. */
static inline void kit_warm(kit *k)
{
    rd_buf_clear(&k->out, SIZE_MAX);
    assert_non_null(rd_buf_reserve(&k->out, kit_max));
}

static inline void kit_assert_decodes(kit *k, rd_coding coding, rd_slice in, rd_slice want)
{
    assert_int_equal(kit_decode(k, coding, in), RD_OK);
    assert_int_equal(k->out.n, want.n);
    if (want.n > 0)
        assert_memory_equal(k->out.p, want.p, want.n);
}

/* Text that compresses like a log: words repeat, numbers do not. */
static inline void kit_sample(rd_buf *b, size_t n)
{
    uint32_t seed = 7;
    rd_buf_clear(b, SIZE_MAX);
    while (b->n < n) {
        seed = seed * 1664525u + 1013904223u;
        rd_buf_printf(b, "level=info user=%u msg=\"request took %u ms\"\n", seed >> 8, seed >> 20);
    }
    b->n = n;
    assert_int_equal(b->failed, RD_OK);
}

enum { KIT_RAW = -15, KIT_ZLIB = 15, KIT_GZIP = 31 };

/* Appends a stream made by zlib; `bits` is one of the above, `head` a gzip header or NULL. */
static inline void kit_zlib(rd_buf *to, rd_slice in, int bits, int level, int strategy, gz_header *head)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, bits, 8, strategy), Z_OK);
    if (head != NULL)
        assert_int_equal(deflateSetHeader(&z, head), Z_OK);
    uLong room = deflateBound(&z, in.n) + 512;
    uint8_t *p = rd_buf_reserve(to, room);
    assert_non_null(p);
    z.next_in = (Bytef *)(uintptr_t)in.p;
    z.avail_in = (uInt)in.n;
    z.next_out = p;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    to->n += z.total_out;
    deflateEnd(&z);
}

#endif
