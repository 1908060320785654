/* SPDX-License-Identifier: MIT */
/*
 * zstd over libzstd.
 *
 * Frames are streamed into the sink, so that the output grows only with what really decodes; a frame that
 * states its size, within reason, gets that room at once and is then decoded in place. The heads of frames
 * are read here first, because libzstd does not apply its window limit to a frame decoded in place and would
 * also take the formats before 1.0: what is accepted must not depend on how large the output happened to be.
 * Sources: RFC 8878 (frame header 3.1.1.1; a decoder should take windows up to 8 MiB).
 */
#include <zstd.h>
#include <zstd_errors.h>

#include "filters/coding/codec.h"

enum { window_log_max = 23, frame_head_min = 6 };

bool rd_zstd_init(rd_coder *c)
{
    c->zstd_decoder = ZSTD_createDCtx();
    c->zstd_encoder = ZSTD_createCCtx();
    if (c->zstd_decoder == NULL || c->zstd_encoder == NULL)
        return false;
    return !ZSTD_isError(ZSTD_DCtx_setParameter(c->zstd_decoder, ZSTD_d_windowLogMax, window_log_max)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(c->zstd_encoder, ZSTD_c_compressionLevel, 1)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(c->zstd_encoder, ZSTD_c_checksumFlag, 1));
}

void rd_zstd_release(rd_coder *c)
{
    ZSTD_freeDCtx(c->zstd_decoder);
    ZSTD_freeCCtx(c->zstd_encoder);
}

static bool is_skippable(rd_slice in)
{
    static const uint8_t magic[3] = {0x2a, 0x4d, 0x18};
    return in.n >= 4 && (in.p[0] & 0xf0) == 0x50 && memcmp(in.p + 1, magic, sizeof magic) == 0;
}

/* In bytes, of a frame that is not a single segment. */
static uint64_t window_of(uint8_t descriptor)
{
    uint64_t base = (uint64_t)1 << (10 + (descriptor >> 3));
    return base + base / 8 * (descriptor & 7);
}

/* Checks the head of the frame at the start of `in`; *out_size is the content size it states, or
 * ZSTD_CONTENTSIZE_UNKNOWN. */
static rd_outcome check_frame_head(rd_slice in, bool first, const rd_sink *sink, uint64_t *out_size,
                                   rd_error *err)
{
    static const uint8_t magic[4] = {0x28, 0xb5, 0x2f, 0xfd};
    const uint64_t window_max = (uint64_t)1 << window_log_max;
    *out_size = ZSTD_CONTENTSIZE_UNKNOWN;
    if (is_skippable(in))
        return RD_OK;
    if (memcmp(in.p, magic, in.n < sizeof magic ? in.n : sizeof magic) != 0)
        return rd_coding_fail(err, RD_MALFORMED,
                              first ? "not a zstd stream" : "bytes after the end of the zstd stream");
    if (in.n < frame_head_min)
        return rd_coding_fail(err, RD_TRUNCATED, "zstd frame head is cut short");
    bool single_segment = (in.p[4] & 0x20) != 0;
    if ((in.p[4] & 0x08) != 0)
        return rd_coding_fail(err, RD_MALFORMED, "zstd frame head has its reserved bit set");
    if (!single_segment && window_of(in.p[5]) > window_max)
        return rd_coding_fail(err, RD_UNSUPPORTED, "zstd window is larger than 8 MiB");
    unsigned long long size = ZSTD_getFrameContentSize(in.p, in.n);
    if (size == ZSTD_CONTENTSIZE_ERROR)
        return rd_coding_fail(err, RD_TRUNCATED, "zstd frame head is cut short");
    if (ZSTD_getDictID_fromFrame(in.p, in.n) != 0)
        return rd_coding_fail(err, RD_UNSUPPORTED, "zstd frame needs a dictionary");
    if (size == ZSTD_CONTENTSIZE_UNKNOWN)
        return RD_OK;
    if (size > rd_sink_left(sink))
        return rd_sink_over(sink, err);
    if (single_segment && size > window_max)
        return rd_coding_fail(err, RD_UNSUPPORTED, "zstd window is larger than 8 MiB");
    *out_size = size;
    return RD_OK;
}

/* One step of the decoder into the room that is there. *out_hint is 0 at the end of a frame. */
static rd_outcome step(rd_coder *c, ZSTD_inBuffer *in, rd_sink *sink, size_t want, size_t *out_hint,
                       rd_error *err)
{
    rd_room room;
    rd_outcome o = rd_sink_room(sink, want, &room, err);
    if (o != RD_OK)
        return o;
    /* At the ceiling a frame may still end (empty block, checksum): only a byte that comes out is too much.
     */
    uint8_t beyond;
    bool full = room.n == 0;
    ZSTD_outBuffer to = {full ? &beyond : room.p, full ? 1 : room.n, 0};
    size_t r = ZSTD_decompressStream(c->zstd_decoder, &to, in);
    if (ZSTD_getErrorCode(r) == ZSTD_error_memory_allocation)
        return rd_coding_fail(err, RD_NO_MEMORY, "no memory for the zstd window");
    if (ZSTD_isError(r))
        return rd_coding_fail(err, RD_MALFORMED, "broken zstd stream");
    if (full && to.pos > 0)
        return rd_sink_over(sink, err);
    sink->out->n += to.pos;
    *out_hint = r;
    return RD_OK;
}

static rd_outcome frame_decode(rd_coder *c, ZSTD_inBuffer *in, uint64_t stated, rd_sink *sink, rd_error *err)
{
    bool sized = stated != ZSTD_CONTENTSIZE_UNKNOWN;
    size_t start = sink->out->n;
    size_t want = rd_sink_guess(sink, in->size - in->pos, sized ? stated : 0);
    for (size_t hint = 1; hint != 0; want = 1) {
        size_t in_before = in->pos;
        size_t out_before = sink->out->n;
        rd_outcome o = step(c, in, sink, want, &hint, err);
        if (o != RD_OK)
            return o;
        if (hint != 0 && in->pos == in_before && sink->out->n == out_before)
            return rd_coding_fail(err, RD_TRUNCATED, "zstd stream is cut short");
    }
    /* libzstd checks this too, but not when streaming a frame that ends with an empty block. */
    if (sized && sink->out->n - start != stated)
        return rd_coding_fail(err, RD_MALFORMED, "zstd frame does not hold what it states");
    return RD_OK;
}

static rd_outcome zstd_decode(rd_coder *c, rd_slice in, rd_sink *sink, rd_error *err)
{
    ZSTD_inBuffer from = {in.p, in.n, 0};
    (void)ZSTD_DCtx_reset(c->zstd_decoder, ZSTD_reset_session_only);
    for (unsigned n_frames = 0; from.pos < from.size; n_frames++) {
        rd_slice rest = rd_slice_of(in.p + from.pos, in.n - from.pos);
        uint64_t stated = ZSTD_CONTENTSIZE_UNKNOWN;
        if (n_frames == RD_CODING_PARTS_MAX)
            return rd_coding_fail(err, RD_TOO_MANY, "too many zstd frames");
        rd_outcome o = check_frame_head(rest, n_frames == 0, sink, &stated, err);
        if (o == RD_OK)
            o = frame_decode(c, &from, stated, sink, err);
        if (o != RD_OK)
            return o;
        c->side_text |= is_skippable(rest);
    }
    return RD_OK;
}

static rd_outcome zstd_encode(rd_coder *c, rd_slice in, rd_buf *out, rd_error *err)
{
    size_t room = ZSTD_compressBound(in.n);
    if (room > out->max - out->n)
        room = out->max - out->n;
    uint8_t *to = rd_buf_reserve(out, room);
    if (to == NULL)
        return rd_coding_fail(err, out->failed, "no memory for the encoded body");
    size_t made = ZSTD_compress2(c->zstd_encoder, to, room, in.p, in.n);
    if (ZSTD_getErrorCode(made) == ZSTD_error_dstSize_tooSmall)
        return rd_coding_fail(err, RD_TOO_LARGE, "encoded body does not fit its buffer");
    if (ZSTD_isError(made))
        return rd_coding_fail(err, RD_NO_MEMORY, "no memory for the zstd encoder");
    out->n += made;
    return RD_OK;
}

const rd_codec rd_codec_zstd = {zstd_decode, zstd_encode};
