/* SPDX-License-Identifier: MIT */
/*
 * Content codings: bytes in, capped bytes out. Whole buffers, no streaming: a body is in memory anyway
 * when it is scanned, and the ceilings hold before memory exists.
 * Sources: RFC 1950/1951/1952 (zlib, deflate, gzip; all members are decoded, their sum is capped),
 * RFC 8878 (zstd; window at most 8 MiB), snappy format_description.txt and framing_format.txt.
 */
#ifndef RD_CODING_CODING_H
#define RD_CODING_CODING_H

#include "filters/base/buf.h"
#include "filters/base/kept.h"
#include "filters/base/outcome.h"

/* X(name, content-coding token) */
#define RD_CODINGS(X)                                                                                        \
    X(IDENTITY, "identity")                                                                                  \
    X(GZIP, "gzip")                                                                                          \
    X(DEFLATE, "deflate") /* zlib wrapper or raw, told apart by its first bytes */                           \
    X(ZSTD, "zstd")                                                                                          \
    X(SNAPPY, "snappy")             /* block or framed, told apart by the stream identifier */               \
    X(SNAPPY_BLOCK, "snappy-block") /* block only: Loki and remote write */

typedef enum rd_coding {
#define X(name, token) RD_CODING_##name,
    RD_CODINGS(X)
#undef X
        RD_CODING_COUNT
} rd_coding;

const char *rd_coding_token(rd_coding c);

/* Reads a Content-Encoding value: "" and "identity" are IDENTITY, "x-gzip" is GZIP, "zlib" is DEFLATE,
 * "x-snappy-framed" is SNAPPY; case does not matter; white space around is ignored; a list ("gzip, gzip") or
 * anything else is RD_UNSUPPORTED. */
RD_MUST_CHECK rd_outcome rd_coding_parse(rd_slice value, rd_coding *out_coding);

/* Per-thread state of the libraries, made once and reused; the zstd window inside (at most 8 MiB and a
 * little) is made when a body first needs it. */
typedef struct rd_coder rd_coder;
rd_coder *rd_coder_new(void); /* NULL: no memory */
void rd_coder_free(rd_coder **c);

typedef struct rd_decode_limits {
    size_t max_bytes;   /* decoded */
    uint32_t max_ratio; /* decoded : encoded; checked once more than 64 KiB came out, never for IDENTITY */
} rd_decode_limits;

/* Appends the decoded form of `in` to `out`. RD_TOO_LARGE or RD_RATIO as soon as it is known, RD_MALFORMED /
 * RD_TRUNCATED for a broken stream or bytes after its end, RD_TOO_MANY above 65,536 gzip members or zstd
 * frames, RD_UNSUPPORTED for a zstd dictionary, a zstd window above 8 MiB or a reserved snappy chunk. `out`
 * content is undefined on failure. An empty input is an empty output for IDENTITY only.
 * `out` grows by doubling with what really decodes; its own maximum is one more ceiling (RD_TOO_LARGE), and
 * only that maximum bounds its memory exactly: give it max_bytes. */
RD_MUST_CHECK rd_outcome rd_decode(rd_coder *c, rd_coding coding, rd_slice in, const rd_decode_limits *lim,
                                   rd_buf *out, rd_error *err);

/* Did the last rd_decode pass over bytes that are no content, and so are not in `out`: a gzip file name,
 * comment or extra field, a skippable zstd frame? Then the encoded bytes say more than the decoded ones. */
bool rd_coder_saw_side_text(const rd_coder *c);

/* Appends the encoded form. IDENTITY, GZIP (level 1), ZSTD (level 1), SNAPPY_BLOCK; else RD_UNSUPPORTED.
 * RD_TOO_LARGE when it does not fit `out`; snappy wants room for its worst case, 32 + n + n / 6 bytes. */
RD_MUST_CHECK rd_outcome rd_encode(rd_coder *c, rd_coding coding, rd_slice in, rd_buf *out, rd_error *err);

/* Appends the snappy block of `body`, made from `block`, that of the body before a change: a fraction of the
 * cost of encoding anew, and not much larger as long as little changed. `kept` (in order, not overlapping)
 * says what of the old content is in `body`, and where. `block` must be what `c` decoded last, and still be
 * as it was; RD_UNSUPPORTED when it is something else, or too large for notes of its elements (1 MiB). */
RD_MUST_CHECK rd_outcome rd_snappy_splice(const rd_coder *c, rd_slice block, const rd_kept *kept,
                                          uint32_t n_kept, rd_slice body, rd_buf *out, rd_error *err);

#endif
