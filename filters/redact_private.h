/* SPDX-License-Identifier: MIT */
/* State shared by redact*.c and nobody else. */
#ifndef RD_REDACT_PRIVATE_H
#define RD_REDACT_PRIVATE_H

#include "filters/base/arena.h"
#include "filters/detect/inline_keys.h"
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
    rd_buf relabelled; /* uint32_t each: frames whose label text changed, in order */
    rd_batch plain, views, label_values;
    rd_labels labels;
    rd_detect_scratch *detect;
    rd_digester digester;
    rd_inline_keys inline_keys;
    rd_match *merged; /* owned: finds of detectors and keys */
    uint32_t cap_merged;
    uint32_t counts[RD_MAX_RULES][RD_CLASS_COUNT];
    rd_hit *hits; /* owned; RD_MAX_RULES * RD_CLASS_COUNT at most */
    uint32_t n_hits;
    uint32_t n_over_budget, n_reserved;
    bool keys_once;    /* equal keys are listed once; so in the first try */
    bool key_has_find; /* and in one of them something was found: list them all */
    rd_stamp_names reserved;
    rd_visitor by_policy; /* judges what is not reserved */
    const rd_job *job;    /* of the call under way */
};

/* In the place of a rule: the key is reserved. No rule has this number. */
enum { RD_RULE_RESERVED = 0xfffd };

/* Judges keys: first whether they are reserved, then by the policy. */
rd_visitor rd_redactor_visitor(const rd_redactor *r);

/* redact_stamp.c: puts labels in at all places that are no label text. */
RD_MUST_CHECK rd_outcome rd_redact_stamp(rd_redactor *r, rd_error *err);
/* Adds the labels to those of a stream, and sorts them. */
RD_MUST_CHECK rd_outcome rd_redact_stamp_labels(rd_redactor *r, rd_error *err);

/* Room for `n` texts in all. */
RD_MUST_CHECK bool rd_batch_room(rd_batch *b, uint32_t n);
RD_MUST_CHECK bool rd_batch_push(rd_batch *b, uint32_t off, size_t len, uint32_t owner);
void rd_redactor_count(rd_redactor *r, uint16_t rule, rd_class cls);

/* The action for a match that an acting rule made in a text of class `cls`, counted. */
const rd_action *rd_redactor_judge(rd_redactor *r, const rd_match *m, uint32_t group, rd_class cls);

/* redact_find.c: all finds in the texts of a batch that rules of one mode are after. `of_all`: the class of
 * all texts; RD_CLASS_COUNT: that of the leaf behind each. Valid until the next call. */
RD_MUST_CHECK rd_outcome rd_redactor_find(rd_redactor *r, const rd_buf *base, const rd_batch *batch,
                                          uint32_t group, rd_mode mode, rd_class of_all,
                                          rd_matches *out_found);
/* Appends what stands for the value of a key inside a text; false: the match is none. */
bool rd_redactor_act_key(rd_redactor *r, const rd_action *a, const uint8_t *base, const rd_text *t,
                         const rd_match *m, rd_buf *out);

/* Is the match a digest of ours, or a part of one? Then it stays. */
bool rd_redactor_is_token(rd_redactor *r, const uint8_t *base, const rd_text *t, const rd_match *m);

/* Moves a match to whole characters (a backend may refuse a whole batch over half a code point) and behind
 * what matches before it took. *done: where the last one ended, 0 at first. False: nothing of it is left. */
bool rd_redactor_settle(const uint8_t *base, const rd_text *t, uint32_t *done, rd_match *m);

/* Appends what stands for the match. A label never becomes empty: to Loki that is no label, and a stream
 * without one is refused. */
void rd_redactor_act(rd_redactor *r, const rd_action *a, rd_class cls, const uint8_t *base, const rd_text *t,
                     const rd_match *m, rd_buf *out);

/* Looks for what rules in shadow mode would have found in `batch` and counts it. `cls`: RD_CLASS_COUNT: that
 * of the leaf behind each text. */
RD_MUST_CHECK rd_outcome rd_redactor_shadow(rd_redactor *r, const rd_buf *base, const rd_batch *batch,
                                            uint32_t group, rd_class cls);

/* Copies `text` to where edits may point and appends an edit. */
RD_MUST_CHECK rd_outcome rd_redactor_edit(rd_redactor *r, uint32_t off, uint32_t len, uint32_t frame,
                                          rd_slice text);

/* redact_views.c: leaves whose text is not their bytes. */
RD_MUST_CHECK rd_outcome rd_redact_view_collect(rd_redactor *r, uint32_t leaf, uint32_t group);
RD_MUST_CHECK rd_outcome rd_redact_view_matches(rd_redactor *r, const rd_matches *m, uint32_t group);

/* redact_pairs.c: a value whose key was judged. */
RD_MUST_CHECK rd_outcome rd_redact_pair(rd_redactor *r, const rd_leaf *leaf);

/* redact_labels.c: Loki label text. */
RD_MUST_CHECK rd_outcome rd_redact_labels(rd_redactor *r, const rd_leaf *leaf, rd_error *err);

#endif
