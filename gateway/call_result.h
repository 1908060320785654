/* SPDX-License-Identifier: MIT */
/* How a call of an upstream ended: one table for the client, the breaker and the metrics. */
#ifndef GW_CALL_RESULT_H
#define GW_CALL_RESULT_H

/* X(name, word in metrics) */
#define GW_CALL_RESULTS(X)                                                                                   \
    X(OK, "ok")                           /* an answer came, whatever its status */                          \
    X(RESOLVE, "resolve")                 /* no address for the name */                                      \
    X(CONNECT, "connect")                 /* refused, unreachable */                                         \
    X(CONNECT_TIMEOUT, "connect_timeout") /* TCP and TLS together */                                         \
    X(TLS, "tls")                         /* handshake or certificate */                                     \
    X(SEND_TIMEOUT, "send_timeout")       /* first_byte_timeout without progress in sending */               \
    X(FIRST_BYTE_TIMEOUT, "first_byte_timeout")                                                              \
    X(TOTAL_TIMEOUT, "total_timeout")                                                                        \
    X(RESET, "reset")         /* connection ended before a whole answer */                                   \
    X(PROTOCOL, "protocol")   /* an answer that is not valid HTTP/1.1 */                                     \
    X(TOO_LARGE, "too_large") /* head or body of the answer over its ceiling, or memory used up */           \
    X(BUSY, "busy")           /* max_connections reached, or the pool is retired */                          \
    X(INVALID, "invalid")     /* path, type or tenant cannot be sent as HTTP; nothing was sent */

typedef enum gw_call_result {
#define X(name, word) GW_CALL_##name,
    GW_CALL_RESULTS(X)
#undef X
        GW_CALL_RESULT_COUNT
} gw_call_result;

const char *gw_call_result_word(gw_call_result r);

#endif
