/* SPDX-License-Identifier: MIT */
/* State shared by redact*.c and nobody else. */
#ifndef RD_REDACT_PRIVATE_H
#define RD_REDACT_PRIVATE_H

#include "filters/base/arena.h"
#include "filters/loki/labels.h"
#include "filters/redact.h"

/* What one pass of the detectors reads: texts over one base buffer, and whose they are. */
typedef struct rd_batch {
    rd_text *texts;  /* owned */
    uint32_t *owner; /* owned: index of the leaf (or label) behind each text */
    uint32_t n, cap;
} rd_batch;

struct rd_redactor {
    rd_doc doc;
    rd_arena replacements; /* texts of edits */
    rd_buf decoded;        /* texts that had to be unescaped or decoded, one after the other */
    rd_buf work;           /* one replacement being made */
    rd_buf work2;
    rd_batch plain, views, label_values;
    rd_labels labels;
    rd_detect_scratch *detect;
    uint32_t counts[RD_MAX_RULES][RD_CLASS_COUNT];
    rd_hit *hits; /* owned; RD_MAX_RULES * RD_CLASS_COUNT at most */
    uint32_t n_hits;
    uint32_t n_over_budget;
    const rd_job *job; /* of the call under way */
};

/* Room for `n` texts in all. */
RD_MUST_CHECK bool rd_batch_room(rd_batch *b, uint32_t n);
RD_MUST_CHECK bool rd_batch_push(rd_batch *b, uint32_t off, size_t len, uint32_t owner);
void rd_redactor_count(rd_redactor *r, uint16_t rule, rd_class cls);

/* The action for a match of class `cls`, counted; NULL: leave it (shadow). `*out_budget`: the text as a whole was not finished. */
const rd_action *rd_redactor_judge(rd_redactor *r, const rd_match *m, uint32_t group, rd_class cls, bool *out_budget);

/* Copies `text` to where edits may point and appends an edit. */
RD_MUST_CHECK rd_outcome rd_redactor_edit(rd_redactor *r, uint32_t off, uint32_t len, uint32_t frame, rd_slice text);

/* redact_views.c: leaves whose text is not their bytes. */
RD_MUST_CHECK rd_outcome rd_redact_view_collect(rd_redactor *r, uint32_t leaf, uint32_t group);
RD_MUST_CHECK rd_outcome rd_redact_view_matches(rd_redactor *r, const rd_matches *m, uint32_t group);

/* redact_labels.c: Loki label text. */
RD_MUST_CHECK rd_outcome rd_redact_labels(rd_redactor *r, const rd_leaf *leaf, rd_error *err);

#endif
