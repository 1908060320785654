/* SPDX-License-Identifier: MIT */
/*
 * The answer of a backend, from bytes to status, a few headers and a body; a pure state machine.
 *
 * Works in place on the caller's one buffer, which holds everything received for this answer:
 *
 *    | head (of the final answer) | body, chunk framing taken out | bytes after the answer |
 *    0                        head_n                   head_n + body_n                      n
 *
 * Strict where framing is concerned (RFC 9112 section 6): a doubt is an error, never a guess, and an answer
 * that is complete but odd says so in `reusable`. Interim answers (1xx) are skipped, a bounded number of
 * them. The result does not depend on how the bytes were cut into feeds.
 */
#ifndef GW_ENDPOINT_RESPONSE_H
#define GW_ENDPOINT_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GW_RESPONSE_MAX_HEAD = 64 * 1024, /* also of extensions and trailers of a chunked body together */
    GW_RESPONSE_MAX_HEADERS = 128,
    GW_RESPONSE_MAX_INTERIM = 16,
};

typedef enum gw_response_step {
    GW_RESPONSE_MORE,
    GW_RESPONSE_DONE,
    GW_RESPONSE_BAD,      /* not valid HTTP/1.1, or framed ambiguously */
    GW_RESPONSE_TOO_LARGE /* head or body over its ceiling */
} gw_response_step;

/* Place in the buffer; n is 0 when absent. */
typedef struct gw_response_span {
    size_t at, n;
} gw_response_span;

typedef enum gw_response_phase {
    GW_RESPONSE_HEAD,
    GW_RESPONSE_BODY_LENGTH,
    GW_RESPONSE_BODY_CHUNKED,
    GW_RESPONSE_BODY_CLOSE, /* ends with the connection */
    GW_RESPONSE_ENDED
} gw_response_phase;

typedef struct gw_response {
    /* valid once the final head was read */
    int status; /* 200..599 */
    gw_response_span content_type, retry_after;
    size_t head_n;
    uint64_t body_n;
    bool reusable; /* as far as the answer tells, another request may follow on this connection */
    /* private */
    gw_response_phase phase;
    uint64_t max_body, length;
    size_t scanned; /* bytes of the head seen by the last feed */
    unsigned n_interim;
    struct {
        uint8_t state, n_digits;
        uint64_t left;
        size_t n_extra;
    } chunk;
} gw_response;

void gw_response_init(gw_response *r, uint64_t max_body);

/* buf[0..*n) is what the last feed left plus what has arrived since. Shortens *n when it removes framing.
 * After DONE, bytes past head_n + body_n do not belong to the answer. */
gw_response_step gw_response_feed(gw_response *r, char *buf, size_t *n);

/* The peer has closed its side in order. DONE if that ends the answer, BAD if what came is no HTTP, MORE if
 * the answer is cut short. */
gw_response_step gw_response_close(gw_response *r, const char *buf, size_t n);

#endif
