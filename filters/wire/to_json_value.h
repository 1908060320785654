/* SPDX-License-Identifier: MIT */
/* JSON values of protobuf scalars. For to_json and its tests. */
#ifndef RD_WIRE_TO_JSON_VALUE_H
#define RD_WIRE_TO_JSON_VALUE_H

#include "filters/base/buf.h"
#include "filters/schema/schema.h"

/* Appends one number of the field's scalar kind, given as it came off the wire. */
void rd_json_put_number(const rd_field *f, uint64_t number, rd_buf *out);
/* Appends a string or bytes field: text, or hex (ids), or base64. */
void rd_json_put_bytes(const rd_field *f, rd_slice bytes, rd_buf *out);

#endif
