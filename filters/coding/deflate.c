/* SPDX-License-Identifier: MIT */
/*
 * Reads gzip and deflate, over libdeflate. gzip_encode.c writes gzip.
 *
 * libdeflate works on whole buffers and starts over when the output did not fit. What that costs stays
 * linear: an attempt that fails for room ends where the room ends, and the room is then doubled, so all
 * failed attempts together write less than the last one. The size a gzip trailer claims (ISIZE) only shapes
 * the first guess. libdeflate does not tell a stream cut short from a broken one: both are RD_MALFORMED.
 * Sources: RFC 1950, 1951, 1952.
 */
#include <libdeflate.h>

#include "filters/coding/codec.h"

typedef enum libdeflate_result (*inflate_fn)(struct libdeflate_decompressor *d, const void *in, size_t in_n,
                                             void *out, size_t out_n, size_t *out_used, size_t *out_made);

bool rd_deflate_init(rd_coder *c)
{
    c->inflater = libdeflate_alloc_decompressor();
    return c->inflater != NULL;
}

void rd_deflate_release(rd_coder *c)
{
    libdeflate_free_decompressor(c->inflater);
}

/* Decodes one stream or member at the start of `in`, with more and more room. */
static rd_outcome inflate_one(rd_coder *c, inflate_fn inflate, rd_slice in, size_t guess, rd_sink *sink,
                              size_t *out_used, rd_error *err)
{
    for (size_t want = guess;;) {
        rd_room room;
        rd_outcome o = rd_sink_room(sink, want, &room, err);
        if (o != RD_OK)
            return o;
        size_t made = 0;
        enum libdeflate_result r = inflate(c->inflater, in.p, in.n, room.p, room.n, out_used, &made);
        if (r == LIBDEFLATE_SUCCESS) {
            sink->out->n += made;
            return RD_OK;
        }
        if (r != LIBDEFLATE_INSUFFICIENT_SPACE)
            return rd_coding_fail(err, RD_MALFORMED, "broken or truncated gzip or deflate stream");
        if (room.n == rd_sink_left(sink))
            return rd_sink_over(sink, err);
        want = room.n + 1;
    }
}

/* FEXTRA, FNAME and FCOMMENT in the flags of a member. */
enum { GZIP_SIDE_TEXT = 0x04 | 0x08 | 0x10 };

static uint32_t load_le32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static rd_outcome gzip_decode(rd_coder *c, rd_slice in, rd_sink *sink, rd_error *err)
{
    size_t guess = rd_sink_guess(sink, in.n, in.n >= 4 ? load_le32(in.p + in.n - 4) : 0);
    for (unsigned n_members = 0; in.n > 0; n_members++) {
        if (n_members == RD_CODING_PARTS_MAX)
            return rd_coding_fail(err, RD_TOO_MANY, "too many gzip members");
        if (n_members > 0 && (in.n < 2 || in.p[0] != 0x1f || in.p[1] != 0x8b))
            return rd_coding_fail(err, RD_MALFORMED, "bytes after the end of the gzip stream");
        size_t used = 0;
        rd_outcome o = inflate_one(c, libdeflate_gzip_decompress_ex, in, guess, sink, &used, err);
        if (o != RD_OK)
            return o;
        c->side_text |= (in.p[3] & GZIP_SIDE_TEXT) != 0;
        in = rd_slice_of(in.p + used, in.n - used);
        guess = 0;
    }
    return RD_OK;
}

static bool looks_like_zlib(rd_slice in)
{
    return in.n >= 2 && (in.p[0] & 0x0f) == 8 && (in.p[0] << 8 | in.p[1]) % 31 == 0;
}

/* Senders disagree on what "deflate" is. A raw stream that begins like a zlib header exists (a stored block
 * with odd padding), hence the second try; that a zlib stream passes its checksum by chance does not. */
static rd_outcome deflate_decode(rd_coder *c, rd_slice in, rd_sink *sink, rd_error *err)
{
    size_t guess = rd_sink_guess(sink, in.n, 0);
    size_t used = 0;
    rd_outcome o = RD_MALFORMED;
    rd_error first = {0}; /* not the caller's: the second try may succeed */
    if (looks_like_zlib(in))
        o = inflate_one(c, libdeflate_zlib_decompress_ex, in, guess, sink, &used, &first);
    if (o != RD_OK && o != RD_MALFORMED)
        return rd_coding_fail(err, o, first.what);
    if (o == RD_MALFORMED)
        o = inflate_one(c, libdeflate_deflate_decompress_ex, in, guess, sink, &used, err);
    if (o == RD_OK && used != in.n)
        return rd_coding_fail(err, RD_MALFORMED, "bytes after the end of the deflate stream");
    return o;
}

const rd_codec rd_codec_gzip = {gzip_decode, rd_gzip_encode};
const rd_codec rd_codec_deflate = {deflate_decode, NULL};
