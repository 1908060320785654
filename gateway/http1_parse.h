/* SPDX-License-Identifier: MIT */
/*
 * HTTP/1.1 requests: head and chunked bodies, strictly. Pure functions over bytes.
 *
 * picohttpparser (exported by libh2o) does the tokens; everything that two parsers could read differently is
 * refused here: bare LF, obs-fold, CL+TE, repeated or odd Content-Length, transfer codings other than one
 * `chunked`, TE in HTTP/1.0, missing or repeated Host, HTTP/1.2, chunk sizes with anything but hex digits.
 * Sources: RFC 9112 sections 2.2, 3, 6, 7.1, 11.2; RFC 9110 section 7.2.
 */
#ifndef GW_HTTP1_PARSE_H
#define GW_HTTP1_PARSE_H

#include "filters/base/buf.h"
#include "gateway/frontend.h"

enum { GW_HTTP1_MAX_HEADERS = 100 };

typedef enum gw_parse { GW_PARSE_OK, GW_PARSE_INCOMPLETE, GW_PARSE_BAD, GW_PARSE_TOO_LARGE } gw_parse;

typedef struct gw_http1_head {
    gw_head head; /* slices into the parsed bytes */
    size_t n_bytes;
    bool http11; /* not 1.0 */
    bool chunked, keep_alive, expect_continue, bad_expect;
} gw_http1_head;

/* Parses the head at the start of `bytes` (at most `max` bytes of it). `seen`: how many bytes an earlier call
 * looked at in vain. */
gw_parse gw_http1_parse_head(rd_slice bytes, size_t max, size_t seen, gw_http1_head *out);

/* Makes the slices of a head that was parsed at `from` those of a copy of its bytes, `to`. */
void gw_http1_move_head(gw_http1_head *h, const uint8_t *from, const uint8_t *to);

/* A chunked body, fed in pieces. Extensions are skipped up to a bound, trailers are read and forgotten, up to
 * a bound. */
typedef struct gw_chunked {
    int state;
    uint64_t left;     /* of the chunk being read */
    uint32_t overhead; /* bytes of size lines, extensions and trailers since the last data byte */
    uint32_t line;     /* bytes of the line being read */
    uint8_t digits;
} gw_chunked;

/* Appends data to `out` and says in *out_used how many bytes of `in` were consumed. OK: the body is complete.
 * TOO_LARGE: `out` is at its maximum. */
gw_parse gw_chunked_feed(gw_chunked *c, rd_slice in, rd_buf *out, size_t *out_used);

#endif
