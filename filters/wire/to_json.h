/* SPDX-License-Identifier: MIT */
/*
 * Protobuf to JSON, for the embedded store: the same mapping that OTLP/JSON uses (lowerCamelCase
 * keys, hex ids, base64 bytes, 64-bit integers as decimal strings, enums as integers, NaN and
 * Infinity as strings), or Loki's push JSON. Input is a body that redact already let through.
 * Source: OTLP specification, "JSON Protobuf Encoding"; Loki HTTP API, "Ingest logs".
 */
#ifndef RD_WIRE_TO_JSON_H
#define RD_WIRE_TO_JSON_H

#include "filters/base/doc.h"
#include "filters/schema/schema.h"

/* Appends one JSON object, without newline. Recursion carries a depth; lim as for the walk. */
RD_MUST_CHECK rd_outcome rd_wire_to_json(const rd_message *root, rd_slice body, const rd_limits *lim,
                                         rd_buf *out, rd_error *err);

#endif
