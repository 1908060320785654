/* SPDX-License-Identifier: MIT */
/*
 * Encoded text is looked at twice: as it stands, and as it means. Percent escapes (RFC 3986 section 2.1),
 * JSON's \u00XX in a text that is no JSON to redactd, the at sign as an entity of XML; and base64 (RFC 4648)
 * that decodes to text, of which either all stays or all goes.
 *
 *    ...GET /cb?card=4111%201111%20...&z=1 HTTP/1.1...      the matcher `percent` notes the run around an
 * escape
 *           `-------------------------´
 *           /cb?card=4111 1111 ...&z=1                      decoded behind one another: texts of a second
 * pass
 *
 * Matches of the second pass are moved back to the bytes they came from. Decoded once only: what is encoded
 * twice is text to the reader of the log, too.
 */
#ifndef RD_DETECT_PERCENT_H
#define RD_DETECT_PERCENT_H

#include "filters/base/buf.h"
#include "filters/detect/collect.h"

typedef struct rd_percent_run {
    uint32_t off, len; /* in the base buffer */
    uint32_t text;     /* number of the text it lies in */
    bool base64;       /* else: escapes */
} rd_percent_run;

typedef struct rd_percent {
    rd_percent_run *runs; /* owned; sorted, apart */
    rd_text *texts;       /* owned: where run i stands in `decoded` */
    uint32_t n, cap;
    rd_buf decoded;
    bool failed; /* no memory */
} rd_percent;

/* Notes a run that shall be decoded. */
void rd_percent_note(rd_percent *p, rd_percent_run run);

void rd_percent_reset(rd_percent *p);
void rd_percent_release(rd_percent *p);
/* Fills `decoded` and `texts` from the runs. False: no memory. */
RD_MUST_CHECK bool rd_percent_decode(rd_percent *p, const uint8_t *base);
/* Adds the matches of the decoded texts to `out`, at the bytes they came from. */
void rd_percent_map(const rd_percent *p, const uint8_t *base, const rd_matches *found, rd_collector *out);

#endif
