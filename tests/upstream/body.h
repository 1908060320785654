/* SPDX-License-Identifier: MIT */
/*
 * What a strict backend makes of a request's body: content coding, then protobuf or JSON of the signal that
 * the path says, then the rules of that signal (the Collector's for OTLP, the distributor's for Loki).
 */
#ifndef TESTS_UPSTREAM_BODY_H
#define TESTS_UPSTREAM_BODY_H

#include <jansson.h>

#include "tests/upstream/http.h"

typedef enum up_signal { UP_LOGS, UP_TRACES, UP_METRICS, UP_LOKI, UP_SIGNAL_NONE } up_signal;

typedef struct up_body {
    up_signal signal;
    bool is_json;
    unsigned char *plain; /* owned: after content coding and snappy; NULL if that failed */
    size_t n_plain;
    json_t *decoded; /* owned; NULL if it does not decode */
} up_body;

/* NULL when all is well, else a literal that says what a strict backend would refuse. */
const char *up_body_decode(const up_request *req, bool any_label_order, up_body *out_body);
void up_body_release(up_body *b);

up_signal up_signal_of_path(const char *target);
const char *up_signal_word(up_signal s);

#endif
