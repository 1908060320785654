/* SPDX-License-Identifier: MIT */
/* OTLP/JSON bodies, driven by the same schema tables as the protobuf walker.
 * Source: OTLP specification, "JSON Protobuf Encoding"; deviations of real senders are in tests. */
#ifndef RD_JSON_OTLP_JSON_H
#define RD_JSON_OTLP_JSON_H

#include "filters/base/doc.h"
#include "filters/schema/schema.h"

/* Fills `doc` with every leaf. Members are known by lowerCamelCase or snake_case name; below an
 * unknown member every string, name and number is visited (class UNKNOWN), names count as keys. The top level
 * must be one object. */
RD_MUST_CHECK rd_outcome rd_otlp_json_walk(const rd_message *root, const rd_limits *lim, const rd_visitor *v,
                                           rd_doc *doc, rd_error *err);

#endif
