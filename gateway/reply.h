/* SPDX-License-Identifier: MIT */
/*
 * Answers: outcome ► status, headers, body, in the words of the sender's protocol. The only place that makes
 * them.
 *
 *   OTLP protobuf   Export<Signal>ServiceResponse, google.rpc.Status
 *   OTLP JSON       the same in JSON
 *   Loki            204 without body; errors are text/plain with a newline
 * Success needs the token of who took the data (gw_ack).
 */
#ifndef GW_REPLY_H
#define GW_REPLY_H

#include "filters/base/buf.h"
#include "gateway/frontend.h"
#include "gateway/outcome.h"
#include "gateway/route.h"
#include "gateway/scrubbed.h"

/* The dialect of an answer. */
typedef enum gw_dialect {
    GW_DIALECT_OTLP_PROTOBUF,
    GW_DIALECT_OTLP_JSON,
    GW_DIALECT_LOKI,
    GW_DIALECT_TEXT
} gw_dialect;

/* What is known about a request that is answered. */
typedef struct gw_reply_to {
    gw_dialect dialect;
    const gw_routes *routes;   /* may be NULL */
    const gw_route_cfg *route; /* NULL: no route */
    rd_slice cors_origin;      /* allowed origin to echo; empty: none */
    bool cors_credentials;
    const char *challenge;                /* of a 401; NULL: Bearer */
    rd_slice ratelimit, ratelimit_policy; /* fields of an answer that a limit gave; empty: none */
} gw_reply_to;

/* Part of a success that the backend did not take: OTLP partial_success. rejected 0 with a message is a
 * warning. */
typedef struct gw_partial {
    int64_t rejected;
    rd_slice message; /* redacted already */
} gw_partial;

/* `n` more that were refused here. What a backend says of its part can be any number. */
static inline void gw_partial_add(gw_partial *p, uint32_t n)
{
    int64_t backend = p->rejected > 0 ? p->rejected : 0;
    if (__builtin_add_overflow(backend, (int64_t)n, &p->rejected))
        p->rejected = INT64_MAX;
}

/* Fills `res`; texts go to `text`, which must live until respond returns. `loki_status`: what to answer to a
 * Loki sender instead of 204 (260: blocked by policy), 0: 204. */
void gw_reply_success(const gw_reply_to *to, const gw_ack *ack, const gw_partial *partial, int loki_status,
                      rd_buf *text, gw_response *res);

/* `detail`: a literal or a redacted text that is added to the outcome's own text; empty: none.
 * `retry_after_s`: 0: no header. */
void gw_reply_error(const gw_reply_to *to, gw_outcome outcome, rd_slice detail, uint32_t retry_after_s,
                    rd_buf *text, gw_response *res);

/* Success without anything to store: an empty OTLP request is a connectivity probe. `partial` may be NULL. */
void gw_reply_nothing(const gw_reply_to *to, const gw_partial *partial, rd_buf *text, gw_response *res);

/* Answer to a CORS preflight. `allowed` headers are echoed. */
void gw_reply_preflight(const gw_reply_to *to, rd_slice requested_headers, uint32_t max_age_s, rd_buf *text,
                        gw_response *res);

int gw_reply_status(gw_dialect d, gw_outcome o);

#endif
