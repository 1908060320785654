/* SPDX-License-Identifier: MIT */
/*
 * What the recorder answers. Without a script it answers as the Collector and Loki do when all is well; a
 * test puts a JSON array of rules (PUT /_script) to have it otherwise. The first rule that matches and has
 * times left decides:
 *
 *   {"path": "/v1/logs",          absent: any
 *    "times": 2,                  absent: always
 *    "delay_ms": 100,             before the answer
 *    "status": 503, "headers": {"Retry-After": "7"}, "body": "text" or "body_hex": "0a00",
 *    "chunked": true,             frame the body so
 *    "raw": "HTTP/1.1 ...",       or "raw_hex": send these bytes as they are, then close
 *    "close": true,               close after the answer; without status: instead of it
 *    "hang": true}                never answer; hold the connection until the peer leaves
 */
#ifndef TESTS_UPSTREAM_SCRIPT_H
#define TESTS_UPSTREAM_SCRIPT_H

#include "tests/upstream/body.h"

typedef struct up_script up_script;

up_script *up_script_new(void);

/* Replaces the rules; NULL or a literal that says what is wrong with `text`. Thread-safe, as is
 * up_script_answer. */
const char *up_script_set(up_script *s, const unsigned char *text, size_t n);

/* Answers a request that was read and recorded; false: the connection is to be closed. */
bool up_script_answer(up_script *s, int fd, const up_request *req, const up_body *body);

/* Status line, headers and body. `headers` may be NULL; `type` empty: no Content-Type. */
bool up_respond(int fd, int status, const json_t *headers, const char *type, const void *body, size_t n,
                bool chunked);

/* The bytes of member `name`, or of `name`_hex. NULL: neither is there. Owned by the caller. */
unsigned char *up_rule_bytes(const json_t *rule, const char *name, size_t *out_n);

#endif
