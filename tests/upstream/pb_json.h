/* SPDX-License-Identifier: MIT */
/* Renders any protobuf-c message as JSON by its descriptor: 64-bit numbers as strings, bytes as hex, unknown
 * fields as
 * "?<number>": hex. For reading in tests, not an encoding of anything. */
#ifndef TESTS_UPSTREAM_PB_JSON_H
#define TESTS_UPSTREAM_PB_JSON_H

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>

/* New reference; NULL when a string is not UTF-8. */
json_t *up_pb_json(const ProtobufCMessage *m);

#endif
