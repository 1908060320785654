/* SPDX-License-Identifier: MIT */
/*
 * Reads a protobuf message one field at a time, checked. For what turns a body into another form (to_json,
 * Loki's JSON) and for what looks at single fields of a record (facts); the walker has its own, faster loop.
 * The rules are the same: lengths inside the message, groups that match, a known field with another wire type
 * is malformed.
 */
#ifndef RD_WIRE_ITEM_H
#define RD_WIRE_ITEM_H

#include "filters/base/outcome.h"
#include "filters/base/slice.h"
#include "filters/schema/schema.h"

/* As deep as the walker goes. */
enum { RD_WIRE_MAX_LEVELS = 400 };

typedef struct rd_item {
    const rd_field *field; /* NULL: the schema does not know it */
    uint32_t id;           /* its number in the schema */
    uint8_t wire;          /* rd_wire_type */
    uint64_t number;       /* VARINT, FIXED32, FIXED64 */
    rd_slice bytes;        /* LEN: the content */
} rd_item;

typedef struct rd_item_reader {
    const uint8_t *body; /* offsets in errors count from here */
    const uint8_t *p, *end;
    rd_outcome failed;
    rd_error *err; /* may be NULL */
} rd_item_reader;

/* The next field of a message of type `m`; false: the end, or r->failed says why not. */
bool rd_item_next(rd_item_reader *r, const rd_message *m, rd_item *out);

/* The next number of a packed field, whose content `r` stands in. */
bool rd_item_next_packed(rd_item_reader *r, const rd_field *f, uint64_t *out_number);

#endif
