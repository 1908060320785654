/* SPDX-License-Identifier: MIT */
/*
 * Inside of filters/coding: what one content coding is, the libraries' state that all share, and the sink
 * through which decoders write. Nobody outside this folder includes this header.
 *
 * The sink is where the ceilings live. A decoder asks it for room, writes there, and commits what it wrote;
 * it never sees more room than the ceilings leave, so no decoder can get them wrong:
 *
 *    base             out->n               out->cap            base + ceiling
 *    | decoded so far | room handed out    | grown by doubling |
 */
#ifndef RD_CODING_CODEC_H
#define RD_CODING_CODEC_H

#include "filters/coding/coding.h"

struct libdeflate_decompressor;
struct ZSTD_CCtx_s;
struct rd_gzip_encoder;
struct ZSTD_DCtx_s;

/* What a tag byte says of a short element: bytes of content, how far away its source must be at least, bits of
 * the distance, and a mask for the two bytes that follow. What needs a closer look has no distance that is far
 * enough. */
typedef struct rd_snappy_tag {
    uint16_t len, apart, high, mask;
} rd_snappy_tag;

/* Where an element is: content before it, bytes of the block before it, where in the content its source is
 * (of a literal: as `at`). */
typedef struct rd_snappy_note {
    uint32_t at, pos, source;
} rd_snappy_note;

/* One of the equal parts of the old content: the kept stretch to look at first, and how far all of the part
 * moves; RD_SNAPPY_MIXED: not all of it by the same. */
typedef struct rd_snappy_part {
    uint32_t first;
    int32_t move;
} rd_snappy_part;

#define RD_SNAPPY_MIXED INT32_MIN
enum { RD_SNAPPY_PARTS = 4096 };

/* The block that was decoded last; block.n 0: none that has notes. */
typedef struct rd_snappy_trace {
    rd_snappy_tag tags[256];
    rd_slice block;       /* borrowed, compared only */
    rd_snappy_note *list; /* owned; one more than `n`, the end */
    size_t n, cap;
    rd_snappy_part parts[RD_SNAPPY_PARTS]; /* scratch of the splicer */
} rd_snappy_trace;

/* Larger blocks have no notes. */
enum { RD_SNAPPY_TRACED = 1 << 20 };

struct rd_coder {
    struct libdeflate_decompressor *inflater; /* owned, as all below */
    struct rd_gzip_encoder *gzip_encoder;
    struct ZSTD_DCtx_s *zstd_decoder;
    struct ZSTD_CCtx_s *zstd_encoder;
    rd_snappy_trace *trace;
    uint32_t crc32c_table[8][256];
    bool side_text; /* see rd_coder_saw_side_text */
};

/* gzip members or zstd frames in one body: each costs a set-up, whatever its size. */
enum { RD_CODING_PARTS_MAX = 65536 };

/* The first room asked for goes up to this many times the encoded size: an ordinary body then needs no second
 * attempt, and a length that lies wins no more memory than a small multiple of what was sent. */
enum { RD_CODING_GUESS_RATIO = 16 };

typedef struct rd_sink {
    rd_buf *out;     /* borrowed */
    size_t base;     /* out->n when decoding began */
    size_t ceiling;  /* bytes that may be appended: the least of max_bytes, max_ratio and what `out` takes */
    rd_outcome over; /* what passing it is: RD_TOO_LARGE or RD_RATIO; with its words */
    const char *over_what;
} rd_sink;

typedef struct rd_room {
    uint8_t *p; /* valid until the next rd_sink_room */
    size_t n;
} rd_room;

/* Bytes the ceilings leave. */
static inline size_t rd_sink_left(const rd_sink *s)
{
    return s->ceiling - (s->out->n - s->base);
}

/* Room for `want` bytes, or for as many as the ceilings leave; or more where memory is there anyway. */
RD_MUST_CHECK rd_outcome rd_sink_room(rd_sink *s, size_t want, rd_room *out_room, rd_error *err);
/* The failure of a body that decodes to more than the ceilings leave. */
RD_MUST_CHECK rd_outcome rd_sink_over(const rd_sink *s, rd_error *err);
/* How much room to ask for at first, given the size a stream claims (0: it does not say). Never less than the
 * encoded size, so that a claim of one byte buys few attempts. */
size_t rd_sink_guess(const rd_sink *s, size_t n_encoded, uint64_t claimed);

typedef struct rd_codec {
    /* `in` is not empty unless the coding is IDENTITY. */
    rd_outcome (*decode)(rd_coder *c, rd_slice in, rd_sink *sink, rd_error *err);
    rd_outcome (*encode)(rd_coder *c, rd_slice in, rd_buf *out, rd_error *err); /* NULL: decoded only */
} rd_codec;

extern const rd_codec rd_codec_gzip;
extern const rd_codec rd_codec_deflate;
extern const rd_codec rd_codec_zstd;
extern const rd_codec rd_codec_snappy;
extern const rd_codec rd_codec_snappy_block;

/* State of the libraries, each in its own file. _init returns false without memory; _release takes what _init
 * left, also after it failed. */
bool rd_deflate_init(rd_coder *c);
void rd_deflate_release(rd_coder *c);
bool rd_gzip_init(rd_coder *c);
void rd_gzip_release(rd_coder *c);
bool rd_zstd_init(rd_coder *c);
void rd_zstd_release(rd_coder *c);
bool rd_snappy_trace_init(rd_coder *c);
void rd_snappy_trace_release(rd_coder *c);
void rd_crc32c_init(rd_coder *c);

RD_MUST_CHECK rd_outcome rd_gzip_encode(rd_coder *c, rd_slice in, rd_buf *out, rd_error *err);

uint32_t rd_crc32c(const rd_coder *c, rd_slice in);

/* One snappy block to the sink; `in` may be a whole body or a chunk of a framed one. */
RD_MUST_CHECK rd_outcome rd_snappy_block_decode(rd_slice in, rd_sink *sink, rd_error *err);
/* Room for the notes of a block of n_block bytes, at most RD_SNAPPY_TRACED; false: no memory. */
RD_MUST_CHECK bool rd_snappy_trace_room(rd_coder *c, size_t n_block);
/* A block that states n_out bytes and for whose notes there is room; leaves them in c->trace. False: the
 * block is broken. */
RD_MUST_CHECK bool rd_snappy_trace_decode(rd_coder *c, rd_slice block, uint8_t *out, size_t n_out);
/* True when `in` begins with the stream identifier of framed snappy. */
bool rd_snappy_is_framed(rd_slice in);
RD_MUST_CHECK rd_outcome rd_snappy_framed_decode(const rd_coder *c, rd_slice in, rd_sink *sink,
                                                 rd_error *err);

/* Fails with `what`; codings have no place in the decoded body to point at. */
static inline rd_outcome rd_coding_fail(rd_error *err, rd_outcome o, const char *what)
{
    return rd_fail(err, o, what, SIZE_MAX);
}

#endif
