/* SPDX-License-Identifier: MIT */
/*
 * What a gate of the fault proxy does to those who come. A plan is a JSON object; an empty one passes
 * everything through. Counts of bytes are of one exchange: the request from its first byte, the answer from
 * its first byte.
 *
 *   accepting
 *    "listen": "off"              the port refuses; "full": connection attempts get no word at all
 *    "accept_delay_ms": 200       before each accept
 *    "on_accept": "close"         or "reset", or "hang": not a byte is read
 *    "greeting": "220 hello"      or "greeting_hex": sent before anything is read
 *   the request
 *    "request_at": 100,           after so many bytes of it (0: never) ...
 *    "request_do": "reset"        ... or "close", "half_close", "hang", or "answer": say it without reading
 * on "request_piece": 1024, "request_piece_ms": 10    read slowly the answer "answer": "HTTP/1.1 ...",    or
 * "answer_hex": these bytes; absent: what the backend says "repeat": "x\r\n",           or "repeat_hex": then
 * these bytes for ever, or "repeat_times": 100,         so many times "delay_ms": 50, "jitter_ms": 100 before
 * the first byte "piece": 1, "piece_ms": 5    drip "answer_at": 20,             after so many bytes of it, or
 * at its end when it is shorter ... "answer_do": "reset"         ... or "close", "half_close", "hang".
 * Absent: keep the connection which "times": 1                   connections (with on_accept or greeting) or
 * exchanges; then pass through "drop": "no"                 connections that are open when the plan comes
 * stay; "reset"; absent: are closed
 */
#ifndef TESTS_UPSTREAM_FAULT_PLAN_H
#define TESTS_UPSTREAM_FAULT_PLAN_H

#include <stdbool.h>
#include <stddef.h>

typedef enum fault_listen { FAULT_LISTEN_ON, FAULT_LISTEN_OFF, FAULT_LISTEN_FULL } fault_listen;

typedef enum fault_act {
    FAULT_GO_ON,
    FAULT_CLOSE,
    FAULT_RESET,
    FAULT_HALF_CLOSE, /* our half; then hang */
    FAULT_HANG,
    FAULT_ANSWER
} fault_act;

typedef enum fault_drop { FAULT_DROP_CLOSE, FAULT_DROP_RESET, FAULT_DROP_NO } fault_drop;

typedef struct fault_bytes {
    unsigned char *p; /* owned; NULL: absent */
    size_t n;
} fault_bytes;

typedef struct fault_plan {
    fault_listen listen;
    fault_drop drop;
    long accept_delay_ms;
    fault_act on_accept;
    fault_bytes greeting;
    size_t request_at, request_piece;
    long request_piece_ms;
    fault_act request_do;
    fault_bytes answer, repeat;
    long repeat_times; /* -1: for ever */
    long delay_ms, jitter_ms;
    size_t piece;
    long piece_ms;
    size_t answer_at;
    fault_act answer_do;
    long times; /* -1: always; else what is left, under the gate's lock */
} fault_plan;

/* NULL and a literal in *out_why when `text` is no plan: an unknown member is an error, so that no test plays
 * a fault that is none. Plans are never freed: a connection may still follow an old one. */
fault_plan *fault_plan_new(const unsigned char *text, size_t n, const char **out_why);

#endif
