/* SPDX-License-Identifier: MIT */
/*
 * JSON text: a validating tokenizer (RFC 8259: one value, nothing after it but white space; UTF-8
 * without BOM; depth-limited; duplicate names are all visited), and the string forms.
 */
#ifndef RD_JSON_JSON_H
#define RD_JSON_JSON_H

#include "filters/base/doc.h"

/* Appends the text that the inside of a JSON string stands for. `raw` must have passed the
 * tokenizer. A lone surrogate escape becomes U+FFFD. */
void rd_json_unescape(rd_slice raw, rd_buf *out);

/* Maps a byte offset in the unescaped text back to the raw offset where that character's escape
 * starts; `text_off` may be the length of the text. Offsets inside one escape map to its start. */
size_t rd_json_raw_offset(rd_slice raw, size_t text_off);

/* The same for a series of rising offsets in one string: `place` starts as {0} and remembers how far
 * the last call came, so that mapping every match of a long string stays linear. */
typedef struct rd_json_place {
    size_t raw_off, text_off;
} rd_json_place;
size_t rd_json_raw_advance(rd_slice raw, rd_json_place *place, size_t text_off);

/* Appends `text` as the inside of a JSON string: escapes ", \ and control characters; bytes that
 * are not UTF-8 become U+FFFD. */
void rd_json_escape(rd_slice text, rd_buf *out);

/* Appends `json` (one value; validated) without the white space between tokens, so that it is one line. */
RD_MUST_CHECK rd_outcome rd_json_minify(rd_slice json, rd_buf *out, rd_error *err);

#endif
