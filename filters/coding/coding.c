/* SPDX-License-Identifier: MIT */
/*
 * The table of content codings and the ceilings that hold for all of them.
 *
 * Which library does a coding is known only to that coding's file; this one turns a header value into a
 * coding, computes the one ceiling of a body (the sink) and calls the row. Callers: redact and scrub.
 * Sources: RFC 9110 section 8.4 (content codings, case-insensitive).
 */
#include "filters/coding/coding.h"

#include <stdlib.h>

#include "filters/coding/codec.h"

/* Below this the ratio says nothing: a small body of blanks is no bomb. */
static const size_t ratio_free_bytes = 64 * 1024;

static rd_outcome identity_decode(rd_coder *c, rd_slice in, rd_sink *sink, rd_error *err)
{
    if (in.n > rd_sink_left(sink))
        return rd_sink_over(sink, err);
    rd_buf_append(sink->out, in.p, in.n);
    if (sink->out->failed != RD_OK)
        return rd_coding_fail(err, sink->out->failed, "no memory for the body");
    return RD_OK;
}

static rd_outcome identity_encode(rd_coder *c, rd_slice in, rd_buf *out, rd_error *err)
{
    rd_buf_append(out, in.p, in.n);
    return out->failed == RD_OK ? RD_OK : rd_coding_fail(err, out->failed, "body does not fit its buffer");
}

static const rd_codec codec_identity = {identity_decode, identity_encode};

static const rd_codec *const codecs[RD_CODING_COUNT] = {
    [RD_CODING_IDENTITY] = &codec_identity,  [RD_CODING_GZIP] = &rd_codec_gzip,
    [RD_CODING_DEFLATE] = &rd_codec_deflate, [RD_CODING_ZSTD] = &rd_codec_zstd,
    [RD_CODING_SNAPPY] = &rd_codec_snappy,   [RD_CODING_SNAPPY_BLOCK] = &rd_codec_snappy_block,
};

static const char *const tokens[RD_CODING_COUNT] = {
#define X(name, token) [RD_CODING_##name] = token,
    RD_CODINGS(X)
#undef X
};

/* What a Content-Encoding may say. "snappy-block" is no content coding: the block form is chosen by protocol.
 */
static const struct {
    const char *word;
    rd_coding coding;
} words[] = {
    {"", RD_CODING_IDENTITY},   {"identity", RD_CODING_IDENTITY}, {"gzip", RD_CODING_GZIP},
    {"x-gzip", RD_CODING_GZIP}, {"deflate", RD_CODING_DEFLATE},   {"zlib", RD_CODING_DEFLATE},
    {"zstd", RD_CODING_ZSTD},   {"snappy", RD_CODING_SNAPPY},     {"x-snappy-framed", RD_CODING_SNAPPY},
};

const char *rd_coding_token(rd_coding c)
{
    return (unsigned)c < RD_CODING_COUNT ? tokens[c] : "?";
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

rd_outcome rd_coding_parse(rd_slice value, rd_coding *out_coding)
{
    while (value.n > 0 && is_blank(value.p[0]))
        value = rd_slice_of(value.p + 1, value.n - 1);
    while (value.n > 0 && is_blank(value.p[value.n - 1]))
        value.n--;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (rd_slice_eq_nocase(value, rd_slice_str(words[i].word))) {
            *out_coding = words[i].coding;
            return RD_OK;
        }
    }
    return RD_UNSUPPORTED;
}

rd_coder *rd_coder_new(void)
{
    rd_coder *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    rd_crc32c_init(c);
    if (!rd_deflate_init(c) || !rd_gzip_init(c) || !rd_zstd_init(c) || !rd_snappy_trace_init(c))
        rd_coder_free(&c);
    return c;
}

void rd_coder_free(rd_coder **c)
{
    if (*c == NULL)
        return;
    rd_deflate_release(*c);
    rd_gzip_release(*c);
    rd_zstd_release(*c);
    rd_snappy_trace_release(*c);
    free(*c);
    *c = NULL;
}

static size_t ratio_ceiling(size_t n_encoded, uint32_t max_ratio)
{
    size_t most = 0;
    if (__builtin_mul_overflow(n_encoded, (size_t)max_ratio, &most))
        return SIZE_MAX;
    return most > ratio_free_bytes ? most : ratio_free_bytes;
}

static rd_sink sink_of(rd_buf *out, const rd_decode_limits *lim, rd_coding coding, size_t n_encoded)
{
    rd_sink s = {.out = out,
                 .base = out->n,
                 .ceiling = out->max - out->n,
                 .over = RD_TOO_LARGE,
                 .over_what = "body decodes to more than the size limit"};
    if (lim->max_bytes < s.ceiling)
        s.ceiling = lim->max_bytes;
    size_t by_ratio = ratio_ceiling(n_encoded, lim->max_ratio);
    if (coding != RD_CODING_IDENTITY && by_ratio < s.ceiling) {
        s.ceiling = by_ratio;
        s.over = RD_RATIO;
        s.over_what = "body decodes to too many times its size";
    }
    return s;
}

rd_outcome rd_sink_room(rd_sink *s, size_t want, rd_room *out_room, rd_error *err)
{
    size_t left = rd_sink_left(s);
    uint8_t *p = rd_buf_reserve(s->out, want < left ? want : left);
    if (p == NULL)
        return rd_coding_fail(err, s->out->failed, "no memory for the decoded body");
    size_t spare = s->out->cap - s->out->n;
    *out_room = (rd_room){p, spare < left ? spare : left};
    return RD_OK;
}

rd_outcome rd_sink_over(const rd_sink *s, rd_error *err)
{
    return rd_coding_fail(err, s->over, s->over_what);
}

size_t rd_sink_guess(const rd_sink *s, size_t n_encoded, uint64_t claimed)
{
    size_t most = 0;
    if (__builtin_mul_overflow(n_encoded, (size_t)RD_CODING_GUESS_RATIO, &most))
        most = SIZE_MAX;
    size_t guess = claimed == 0 ? most / 4 : claimed < most ? (size_t)claimed : most;
    if (guess < n_encoded)
        guess = n_encoded;
    size_t left = rd_sink_left(s);
    return guess < left ? guess : left;
}

rd_outcome rd_decode(rd_coder *c, rd_coding coding, rd_slice in, const rd_decode_limits *lim, rd_buf *out,
                     rd_error *err)
{
    if ((unsigned)coding >= RD_CODING_COUNT)
        return rd_coding_fail(err, RD_UNSUPPORTED, "unknown content coding");
    if (out->failed != RD_OK)
        return rd_coding_fail(err, out->failed, "output buffer has failed before");
    if (in.n == 0 && coding != RD_CODING_IDENTITY)
        return rd_coding_fail(err, RD_TRUNCATED, "empty body under a content coding");
    rd_sink sink = sink_of(out, lim, coding, in.n);
    c->side_text = false;
    c->trace->block = (rd_slice){0};
    return codecs[coding]->decode(c, in, &sink, err);
}

bool rd_coder_saw_side_text(const rd_coder *c)
{
    return c->side_text;
}

rd_outcome rd_encode(rd_coder *c, rd_coding coding, rd_slice in, rd_buf *out, rd_error *err)
{
    if ((unsigned)coding >= RD_CODING_COUNT || codecs[coding]->encode == NULL)
        return rd_coding_fail(err, RD_UNSUPPORTED, "content coding is not written");
    if (out->failed != RD_OK)
        return rd_coding_fail(err, out->failed, "output buffer has failed before");
    /* The libraries want a pointer even for nothing. */
    if (in.p == NULL)
        in = RD_SLICE_LIT("");
    return codecs[coding]->encode(c, in, out, err);
}
