/* SPDX-License-Identifier: MIT */
/*
 * The snappy block format, and the choice between block and framed. libsnappy encodes, and decodes what needs
 * no notes of its elements: chunks of framed bodies, and large blocks. The others: snappy_trace.c.
 *
 * A block states its size up front. The densest element is a copy of 64 bytes in 3, so a statement above
 * 22 times the input is a lie and is refused before there is memory for it.
 * Source: format_description.txt of snappy.
 */
#include <snappy-c.h>

#include "filters/coding/codec.h"

enum { densest_ratio = 22 };

/* `c` NULL: nobody will want to know where the elements were. */
static rd_outcome block_decode(rd_coder *c, rd_slice in, rd_sink *sink, rd_error *err)
{
    const char *from = (const char *)in.p;
    size_t stated = 0;
    if (snappy_uncompressed_length(from, in.n, &stated) != SNAPPY_OK)
        return rd_coding_fail(err, RD_MALFORMED, "snappy block has no length");
    if (stated > (uint64_t)densest_ratio * in.n)
        return rd_coding_fail(err, RD_RATIO, "snappy block states more than it can hold");
    if (stated > rd_sink_left(sink))
        return rd_sink_over(sink, err);
    rd_room room;
    rd_outcome o = rd_sink_room(sink, stated, &room, err);
    if (o != RD_OK)
        return o;
    if (c != NULL && in.n <= RD_SNAPPY_TRACED && rd_snappy_trace_room(c, in.n)) {
        if (!rd_snappy_trace_decode(c, in, room.p, stated))
            return rd_coding_fail(err, RD_MALFORMED, "broken or truncated snappy block");
        sink->out->n += stated;
        return RD_OK;
    }
    size_t made = room.n;
    if (snappy_uncompress(from, in.n, (char *)room.p, &made) != SNAPPY_OK || made != stated)
        return rd_coding_fail(err, RD_MALFORMED, "broken or truncated snappy block");
    sink->out->n += made;
    return RD_OK;
}

rd_outcome rd_snappy_block_decode(rd_slice in, rd_sink *sink, rd_error *err)
{
    return block_decode(NULL, in, sink, err);
}

static rd_outcome snappy_block_decode(rd_coder *c, rd_slice in, rd_sink *sink, rd_error *err)
{
    if (rd_snappy_is_framed(in))
        return rd_coding_fail(err, RD_MALFORMED, "framed snappy where a block is due");
    return block_decode(c, in, sink, err);
}

/* No block begins like the stream identifier: that would be a copy from before the start. */
static rd_outcome snappy_decode(rd_coder *c, rd_slice in, rd_sink *sink, rd_error *err)
{
    return rd_snappy_is_framed(in) ? rd_snappy_framed_decode(c, in, sink, err)
                                   : rd_snappy_block_decode(in, sink, err);
}

static rd_outcome snappy_encode(rd_coder *c, rd_slice in, rd_buf *out, rd_error *err)
{
    if (in.n > UINT32_MAX)
        return rd_coding_fail(err, RD_TOO_LARGE, "a snappy block holds less than 4 GiB");
    size_t made = snappy_max_compressed_length(in.n);
    uint8_t *to = rd_buf_reserve(out, made);
    if (to == NULL)
        return rd_coding_fail(err, out->failed, "encoded body does not fit its buffer");
    if (snappy_compress((const char *)in.p, in.n, (char *)to, &made) != SNAPPY_OK)
        return rd_coding_fail(err, RD_TOO_LARGE, "encoded body does not fit its buffer");
    out->n += made;
    return RD_OK;
}

const rd_codec rd_codec_snappy = {snappy_decode, NULL};
const rd_codec rd_codec_snappy_block = {snappy_block_decode, snappy_encode};
