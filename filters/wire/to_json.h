/* SPDX-License-Identifier: MIT */
/*
 * Protobuf to JSON, for the embedded store: the same mapping that OTLP/JSON uses (lowerCamelCase keys, hex
 * ids, base64 bytes, 64-bit integers as decimal strings, enums as integers, NaN and Infinity as strings).
 * Input is a body that redact already let through. Loki's push JSON is another shape:
 * filters/loki/loki_to_json.h.
 *
 * Members come in the order of the schema. What is present on the wire is present in the JSON, defaults
 * included; what is absent is left out. Text that is not UTF-8 gets U+FFFD in place of the bad bytes. Fields
 * that the schema does not know have no name and are left out: the store keeps what OTLP names. Source: OTLP
 * specification, "JSON Protobuf Encoding"; protobuf encoding guide on merging ("last one wins").
 */
#ifndef RD_WIRE_TO_JSON_H
#define RD_WIRE_TO_JSON_H

#include "filters/base/doc.h"
#include "filters/schema/schema.h"

/* Appends one JSON object, without newline; nothing on failure. Recursion carries a depth; lim as for the
 * walk, so that what the walker took is taken here. */
RD_MUST_CHECK rd_outcome rd_wire_to_json(const rd_message *root, rd_slice body, const rd_limits *lim,
                                         rd_buf *out, rd_error *err);

#endif
