/* SPDX-License-Identifier: MIT */
/*
 * Request bodies for measuring: the same log records in every format. Nothing in them belongs to anybody:
 * addresses, names and numbers are drawn from a seeded generator, so the same seed gives the same bytes on
 * every machine.
 */
#ifndef PERF_BODIES_H
#define PERF_BODIES_H

#include "filters/base/buf.h"

/* X(name, file name, signal, JSON?) */
#define PERF_KINDS(X)                                                                                        \
    X(OTLP_PROTOBUF, "otlp-protobuf", RD_SIGNAL_LOGS, false)                                                 \
    X(OTLP_JSON, "otlp-json", RD_SIGNAL_LOGS, true)                                                          \
    X(LOKI_JSON, "loki-json", RD_SIGNAL_LOKI_PUSH, true)                                                     \
    X(LOKI_PROTOBUF, "loki-protobuf", RD_SIGNAL_LOKI_PUSH, false)

typedef enum perf_kind {
#define X(name, word, signal, json) PERF_##name,
    PERF_KINDS(X)
#undef X
        PERF_KIND_COUNT
} perf_kind;

extern const char *const perf_kind_words[PERF_KIND_COUNT];

typedef struct perf_shape {
    uint32_t n_records;
    uint32_t personal_every; /* each such record holds personal data; 0: none does */
    uint64_t seed;
} perf_shape;

/* Appends one body, never compressed: what goes over the wire for LOKI_PROTOBUF is its snappy block. */
void perf_body(perf_kind kind, const perf_shape *shape, rd_buf *out);

#endif
