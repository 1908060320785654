/* SPDX-License-Identifier: MIT */
/*
 * Loki's push protobuf as Loki's push JSON, for the embedded store:
 *
 *    {"streams":[{"stream":{"job":"x"},"values":[["1700000000000000000","line",{"key":"value"}]]}]}
 *
 * Input is a body that redact already let through. The third element is there when the entry has structured
 * metadata; pairs of `parsed` follow in the same object. Labels are sorted by name; a stream without any is
 * {}. Left out: the stream hash, the request's format word, fields that the schema does not know. Source:
 * Loki HTTP API, "Ingest logs".
 */
#ifndef RD_LOKI_LOKI_TO_JSON_H
#define RD_LOKI_LOKI_TO_JSON_H

#include "filters/base/doc.h"

/* Appends one JSON object, without newline; nothing on failure. RD_INVALID: a time that is not one or does
 * not fit 64-bit nanoseconds, or labels that stand twice. */
RD_MUST_CHECK rd_outcome rd_loki_to_json(rd_slice body, const rd_limits *lim, rd_buf *out, rd_error *err);

#endif
