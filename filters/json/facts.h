/* SPDX-License-Identifier: MIT */
/*
 * What records of a JSON body say of themselves, noted while they are walked; internal to the walkers. Called
 * only where the visitor asks for facts. What is noted is taken over by rd_json_records_add.
 */
#ifndef RD_JSON_FACTS_H
#define RD_JSON_FACTS_H

#include "filters/json/walk.h"
#include "filters/schema/schema.h"

/* The value of field `f` of an OTLP record, from `off` to the cursor. */
void rd_json_note_field(rd_json_walk *w, const rd_field *f, uint32_t off);

/* Of Loki entries: decimal nanoseconds, RFC 3339, the line. A time that cannot be read is none. */
void rd_json_note_ns(rd_json_walk *w, rd_slice text);
void rd_json_note_rfc3339(rd_json_walk *w, rd_slice text);
bool rd_json_note_line(rd_json_walk *w, rd_json_text line);

/* A label of the current stream, whose value is the token from `off` to the cursor; an empty one is none. */
bool rd_json_note_label(rd_json_walk *w, rd_json_text name, uint32_t off);
/* The stream ends: what was noted becomes its holder's. */
void rd_json_note_stream(rd_json_walk *w, uint32_t holder);

#endif
