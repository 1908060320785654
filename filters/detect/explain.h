/* SPDX-License-Identifier: MIT */
/*
 * Why not? The same detection as in service, which also tells of what had the shape of a detector and was
 * refused by a validator: a checksum, a range, a placeholder. For `redactd explain` and for tests; a request
 * never asks. Told are the refusals that matchers report (rd_refuse), not every place that was looked at.
 */
#ifndef RD_DETECT_EXPLAIN_H
#define RD_DETECT_EXPLAIN_H

#include "filters/detect/detect.h"

enum { RD_MAX_REFUSALS = 256 };

typedef struct rd_refusal {
    uint32_t off, len; /* base[off, off+len) */
    uint16_t detector;
    const char *validator; /* literal */
} rd_refusal;

typedef struct rd_refusals {
    rd_refusal list[RD_MAX_REFUSALS]; /* in the order in which they were found */
    uint32_t n;
    uint32_t n_more; /* did not fit */
} rd_refusals;

/* rd_detect with *out_refused filled. */
RD_MUST_CHECK rd_outcome rd_detect_explain(const rd_detect_set *set, rd_detect_scratch *scratch,
                                           const uint8_t *base, size_t base_len, const rd_text *texts,
                                           uint32_t n_texts, rd_matches *out, rd_refusals *out_refused);

/* For explain.c: the next calls of rd_detect with this scratch add to `refused`; NULL ends that. */
void rd_detect_scratch_listen(rd_detect_scratch *s, rd_refusals *refused);

#endif
