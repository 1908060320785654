/* SPDX-License-Identifier: MIT */
/*
 * Protobuf bodies: walk and splice. Knows messages, not signals.
 *
 * Source: protobuf encoding guide (protobuf.dev/programming-guides/encoding), and the rules for
 * rewriters: every length is checked against its frame, varints of up to ten bytes are taken in
 * any (also non-minimal) spelling, groups must match, packed and unpacked scalars may mix,
 * repeated singular fields are all visited, a known field with the wrong wire type is refused.
 */
#ifndef RD_WIRE_WIRE_H
#define RD_WIRE_WIRE_H

#include "filters/base/doc.h"
#include "filters/schema/schema.h"

/* Fills `doc` (which must have been reset to `body`) with every frame and leaf. No recursion; the
 * stack is bounded by lim->max_depth. An empty body is a valid, empty message. The key of a pair
 * is judged once all its fields were read, whatever their order. */
RD_MUST_CHECK rd_outcome rd_wire_walk(const rd_message *root, const rd_limits *lim, const rd_visitor *v,
                                      rd_doc *doc, rd_error *err);

/* Appends the body with the (sorted) edits applied, and the length prefix of the string and of every frame around an
 * edit corrected. What is outside edits and prefixes of changed lengths stays byte-identical.
 *
 * An edit names its frame: that of the leaf it stands in, the whole leaf or any part of it; or any frame whose content
 * it lies in, if it is in no leaf (whole fields put in or taken out). The leaf is known by the edit's place and
 * frame, so a field to put in goes to the start of its frame: at a leaf's very end it would lengthen the leaf.
 * Overlapping or stray edits are RD_INVALID; `out` is as before then. */
RD_MUST_CHECK rd_outcome rd_wire_splice(rd_doc *doc, rd_buf *out, rd_error *err);

/* After a walk that noted records: reads of each what it says of itself in these fields. Nothing else of it is
 * looked at. False: no memory. */
RD_MUST_CHECK bool rd_wire_facts(rd_doc *doc, const rd_fact_fields *fields);

/* Varint at p (end exclusive): bytes consumed, 0 when it is cut off or over 64 bits. */
size_t rd_varint_get(const uint8_t *p, const uint8_t *end, uint64_t *out_value);
/* Minimal form; `out` has room for 10. Returns the length. */
size_t rd_varint_put(uint64_t v, uint8_t *out);
size_t rd_varint_size(uint64_t v);

#endif
