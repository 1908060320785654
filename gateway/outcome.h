/* SPDX-License-Identifier: MIT */
/*
 * How a request can end: the one table from which answers, metrics and docs are made.
 *
 * X(name, reason word, OTLP status, Loki status, google.rpc code, text)
 *
 * Status codes follow what senders do with them: OTLP senders retry 429, 502, 503 and 504 and nothing else,
 * so a failure that is ours must never be a 500; Loki senders retry 429 and 5xx. Sources: OTLP specification
 * "OTLP/HTTP Response", Loki HTTP API. The text goes to the sender; it never holds anything of the request.
 */
#ifndef GW_OUTCOME_H
#define GW_OUTCOME_H

#define GW_OUTCOMES(X)                                                                                       \
    X(DELIVERED, "delivered", 200, 204, 0, "")                                                               \
    X(NOT_FOUND, "not_found", 404, 404, 5, "no such path or API version")                                    \
    X(METHOD, "method", 405, 405, 12, "405 method not allowed, supported: [POST]")                           \
    X(MEDIA_TYPE, "media_type", 415, 415, 3,                                                                 \
      "415 unsupported media type, supported: [application/json, application/x-protobuf]")                   \
    X(CODING, "coding", 400, 400, 3, "unsupported Content-Encoding")                                         \
    X(RETIRED, "retired", 410, 410, 12, "this API version is retired")                                       \
    X(UNAUTHENTICATED, "unauthenticated", 401, 401, 16, "no org id")                                         \
    X(BAD_CREDENTIAL, "bad_credential", 401, 401, 16, "credential is not valid")                             \
    X(FORBIDDEN, "forbidden", 403, 403, 7, "credential belongs to no workspace")                             \
    X(TRUNCATED, "truncated", 400, 400, 3, "body is cut off")                                                \
    X(MALFORMED, "malformed", 400, 400, 3, "body is not valid")                                              \
    X(INVALID, "invalid", 400, 400, 3, "body holds a value that the protocol forbids")                       \
    X(TOO_DEEP, "too_deep", 400, 400, 3, "body is nested too deeply")                                        \
    X(TOO_MANY, "too_many", 413, 413, 8, "body has too many elements")                                       \
    X(TOO_LARGE, "too_large", 413, 413, 8, "body is too large")                                              \
    X(RATIO, "ratio", 413, 413, 8, "body expands too much")                                                  \
    X(EMPTY, "empty", 400, 422, 3, "error at least one valid stream is required for ingestion")              \
    X(REFUSED, "refused", 400, 400, 3, "body holds fields that policy refuses")                              \
    X(CONTENT, "content", 400, 400, 3, "data is beyond a limit of its workspace")                            \
    X(QUOTA_NEVER, "quota_never", 413, 413, 8, "request is larger than a limit of its workspace")            \
    X(HEADERS, "headers", 431, 431, 8, "request headers are too large")                                      \
    X(FRAMING, "framing", 400, 400, 3, "request framing is not valid HTTP/1.1")                              \
    X(EXPECTATION, "expectation", 417, 417, 3, "unknown expectation")                                        \
    X(CLIENT_TIMEOUT, "client_timeout", 503, 503, 14, "body did not arrive in time, try again")              \
    X(CLIENT_GONE, "client_gone", 503, 503, 1, "sender went away")                                           \
    X(OVERLOAD, "overload", 503, 503, 14, "too much in flight, try again")                                   \
    X(BLOCKED, "blocked", 429, 429, 8, "workspace is blocked for now, try again later")                      \
    X(QUOTA, "quota", 429, 429, 8, "workspace is over a limit, try again")                                   \
    X(NO_MEMORY, "no_memory", 503, 503, 14, "out of memory, try again")                                      \
    X(UPSTREAM_DOWN, "upstream_down", 503, 503, 14, "backend cannot be reached, try again")                  \
    X(UPSTREAM_TIMEOUT, "upstream_timeout", 504, 504, 14, "backend did not answer in time, try again")       \
    X(UPSTREAM_BAD, "upstream_bad", 502, 502, 14,                                                            \
      "backend answered with something that is not an answer, try again")                                    \
    X(UPSTREAM_OPEN, "upstream_open", 503, 503, 14, "backend is not called for now, try again")              \
    X(UPSTREAM_BUSY, "upstream_busy", 503, 503, 14, "backend is busy, try again")                            \
    X(UPSTREAM_LIMITED, "upstream_limited", 429, 429, 8, "backend limits the rate, try again")               \
    X(UPSTREAM_REFUSED, "upstream_refused", 400, 400, 3, "backend refused the data")                         \
    X(UPSTREAM_MISCONFIGURED, "upstream_misconfigured", 503, 503, 14,                                        \
      "backend does not accept this gateway's requests, try again")                                          \
    X(STORE_FULL, "store_full", 503, 503, 14, "store is full, try again")                                    \
    X(STORE_FAILED, "store_failed", 503, 503, 14, "store failed, try again")                                 \
    X(STORE_TIMEOUT, "store_timeout", 503, 503, 14, "store did not write in time, try again")

typedef enum gw_outcome {
#define X(name, word, otlp, loki, code, text) GW_OUTCOME_##name,
    GW_OUTCOMES(X)
#undef X
        GW_OUTCOME_COUNT
} gw_outcome;

const char *gw_outcome_word(gw_outcome o);

#endif
