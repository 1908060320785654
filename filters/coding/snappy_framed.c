/* SPDX-License-Identifier: MIT */
/*
 * The snappy framing format: a loop over chunks.
 *
 *    type (1) | length (3, little-endian) | length bytes
 *    ff stream identifier | 00 compressed | 01 uncompressed | 02..7f refused | 80..fe skipped
 *
 * A data chunk begins with the masked CRC-32C of its decoded bytes and decodes to at most 64 KiB.
 * Source: framing_format.txt of snappy.
 */
#include "filters/coding/codec.h"

enum { chunk_bytes_max = 65536, chunk_head = 4, crc_bytes = 4 };

static const uint8_t stream_identifier[10] = {0xff, 0x06, 0x00, 0x00, 's', 'N', 'a', 'P', 'p', 'Y'};

bool rd_snappy_is_framed(rd_slice in)
{
    return in.n >= sizeof stream_identifier && memcmp(in.p, stream_identifier, sizeof stream_identifier) == 0;
}

static uint32_t unmask(const uint8_t *p)
{
    uint32_t masked = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    masked -= 0xa282ead8u;
    return masked << 15 | masked >> 17;
}

static rd_outcome raw_chunk(rd_slice data, rd_sink *sink, rd_error *err)
{
    rd_room room;
    if (data.n > rd_sink_left(sink))
        return rd_sink_over(sink, err);
    rd_outcome o = rd_sink_room(sink, data.n, &room, err);
    if (o != RD_OK)
        return o;
    memcpy(room.p, data.p, data.n);
    sink->out->n += data.n;
    return RD_OK;
}

static rd_outcome data_chunk(const rd_coder *c, bool compressed, rd_slice chunk, rd_sink *sink, rd_error *err)
{
    if (chunk.n < crc_bytes)
        return rd_coding_fail(err, RD_MALFORMED, "snappy chunk without a checksum");
    rd_slice data = rd_slice_of(chunk.p + crc_bytes, chunk.n - crc_bytes);
    /* A chunk may not decode to more than 64 KiB, whatever the ceilings of the body leave. */
    size_t from = sink->out->n;
    rd_sink part = {sink->out, from, rd_sink_left(sink), sink->over, sink->over_what};
    if (part.ceiling > chunk_bytes_max) {
        part.ceiling = chunk_bytes_max;
        part.over = RD_MALFORMED;
        part.over_what = "snappy chunk decodes to more than 64 KiB";
    }
    rd_outcome o = compressed ? rd_snappy_block_decode(data, &part, err) : raw_chunk(data, &part, err);
    if (o != RD_OK)
        return o;
    rd_slice made = rd_slice_of(sink->out->p + from, sink->out->n - from);
    if (rd_crc32c(c, made) != unmask(chunk.p))
        return rd_coding_fail(err, RD_MALFORMED, "snappy chunk fails its checksum");
    return RD_OK;
}

/* `chunk` is the head and its bytes. */
static rd_outcome one_chunk(const rd_coder *c, rd_slice chunk, rd_sink *sink, rd_error *err)
{
    uint8_t type = chunk.p[0];
    rd_slice rest = rd_slice_of(chunk.p + chunk_head, chunk.n - chunk_head);
    if (type <= 0x01)
        return data_chunk(c, type == 0x00, rest, sink, err);
    if (type <= 0x7f)
        return rd_coding_fail(err, RD_UNSUPPORTED, "snappy chunk of a reserved type");
    if (type == 0xff && !(chunk.n == sizeof stream_identifier && rd_snappy_is_framed(chunk)))
        return rd_coding_fail(err, RD_MALFORMED, "broken snappy stream identifier");
    return RD_OK;
}

rd_outcome rd_snappy_framed_decode(const rd_coder *c, rd_slice in, rd_sink *sink, rd_error *err)
{
    while (in.n > 0) {
        if (in.n < chunk_head)
            return rd_coding_fail(err, RD_TRUNCATED, "snappy stream is cut short");
        size_t n = chunk_head + (in.p[1] | (size_t)in.p[2] << 8 | (size_t)in.p[3] << 16);
        if (n > in.n)
            return rd_coding_fail(err, RD_TRUNCATED, "snappy stream is cut short");
        rd_outcome o = one_chunk(c, rd_slice_of(in.p, n), sink, err);
        if (o != RD_OK)
            return o;
        in = rd_slice_of(in.p + n, in.n - n);
    }
    return RD_OK;
}
