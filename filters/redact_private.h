/* SPDX-License-Identifier: MIT */
/* State shared by redact*.c and nobody else. */
#ifndef RD_REDACT_PRIVATE_H
#define RD_REDACT_PRIVATE_H

#include "filters/base/arena.h"
#include "filters/detect/inline_keys.h"
#include "filters/detect/times.h"
#include "filters/loki/labels.h"
#include "filters/redact.h"

/* What one pass of the detectors reads: texts over one base buffer, and whose they are. */
typedef struct rd_batch {
    rd_text *texts;  /* owned */
    uint32_t *owner; /* owned: index of the leaf (or label) behind each text */
    uint32_t n, cap;
} rd_batch;

/* Of the search under way; see redact_sieve.c. */
typedef struct rd_sieve_state {
    const uint8_t *base;
    const rd_text *texts;
    uint32_t text; /* what `asked` and `has` are about */
    uint32_t group;
    rd_mode mode;
    rd_sieve sieve;
    uint64_t asked[RD_MAX_RULES / 64], has[RD_MAX_RULES / 64]; /* bit per rule */
} rd_sieve_state;

struct rd_redactor {
    rd_doc doc;
    rd_arena replacements; /* texts of edits */
    rd_buf decoded;        /* texts that had to be unescaped or decoded, one after the other */
    rd_buf work;           /* one replacement being made */
    rd_buf work2;
    rd_buf relabelled; /* uint32_t each: frames whose label text changed, in order */
    rd_buf crowded;    /* rd_place each: JSON streams in which labels of the sender's must give way */
    rd_buf room;       /* of redact_room*.c */
    rd_batch plain, views, label_values;
    rd_labels labels;
    rd_detect_scratch *detect;
    rd_digester digester;
    rd_inline_keys inline_keys;
    rd_sieve_state sieve;
    rd_match *merged; /* owned: finds of detectors and keys */
    uint32_t cap_merged;
    uint32_t counts[RD_MAX_RULES][RD_CLASS_COUNT][RD_DONE_COUNT];
    rd_hit *hits; /* owned; one for each that is not 0 */
    uint32_t n_hits;
    uint32_t n_over_budget, n_reserved;
    uint32_t n_refused, n_shed; /* records that are out because of limits; redact_limits.c */
    rd_breach breach[RD_CONTENT_COUNT];
    rd_buf streams;               /* uint64_t each: hashes */
    uint32_t taken[RD_MAX_RULES]; /* records that went because of each rule */
    bool drops;        /* a rule that takes out records had a find, whether or not it stood over any */
    bool keys_once;    /* equal keys are listed once; so in the first try */
    bool key_has_find; /* and in one of them something was found: list them all */
    rd_times times;    /* of the search under way; redact_time.c */
    rd_rule_cost cost[RD_MAX_RULES];
    uint64_t exact_ns, n_readings, timed_since;
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
/* Adds the labels to those of a stream, whose text is `leaf`, and sorts them. */
RD_MUST_CHECK rd_outcome rd_redact_stamp_labels(rd_redactor *r, const rd_leaf *leaf, rd_error *err);

/* redact_room.c: where a stream would have too many labels with those that are put in, moves some that may
 * give way into the structured metadata of each entry. RD_REFUSED: that is not possible. The labels of a
 * stream whose text is `leaf` are in r->labels. */
RD_MUST_CHECK rd_outcome rd_redact_room(rd_redactor *r, const rd_leaf *leaf, rd_error *err);
/* redact_room_json.c: the same for all JSON streams in r->crowded, when all other edits are made. */
RD_MUST_CHECK rd_outcome rd_redact_room_json(rd_redactor *r, rd_error *err);
RD_MUST_CHECK rd_outcome rd_redact_no_room(rd_error *err);
/* Appends an edit whose text lives as long as the edits do. */
RD_MUST_CHECK rd_outcome rd_redactor_edit_shared(rd_redactor *r, uint32_t off, uint32_t frame, rd_slice text);

/* redact_life.c: forgets the body before this one. */
void rd_redactor_begin(rd_redactor *r, const rd_job *job);

/* Does the leaf stand for all keys that are equal? */
static inline bool rd_redactor_is_key(const rd_leaf *l)
{
    return l->form == RD_FORM_KEY || l->form == RD_FORM_JSON_KEY;
}

RD_MUST_CHECK bool rd_batch_grow(rd_batch *b, uint32_t n);

/* Room for `n` texts in all, and one more: a text is written before it is known whether it counts. */
RD_MUST_CHECK static inline bool rd_batch_room(rd_batch *b, uint32_t n)
{
    return n < b->cap || rd_batch_grow(b, n);
}

RD_MUST_CHECK static inline bool rd_batch_push(rd_batch *b, uint32_t off, size_t len, uint32_t owner)
{
    if (!rd_batch_room(b, b->n + 1))
        return false;
    b->texts[b->n] = (rd_text){.off = off, .len = (uint32_t)len};
    b->owner[b->n++] = owner;
    return true;
}
/* What is to be done to a match, for which rule, and where. */
typedef struct rd_judgement {
    const rd_action *action;
    uint16_t rule;
    uint8_t cls;
    rd_done done; /* whatever the action says that it did; RD_DONE_COUNT: what it says */
} rd_judgement;

void rd_redactor_count(rd_redactor *r, uint16_t rule, rd_class cls, rd_done done);

/* Of a match that an acting rule made in the text of `leaf`. Takes out records if that is the action. Who
 * then does it says so by rd_redactor_did. */
rd_judgement rd_redactor_judge(rd_redactor *r, const rd_match *m, uint32_t group, const rd_leaf *leaf);
/* Counts what was done. */
void rd_redactor_did(rd_redactor *r, const rd_judgement *v, rd_done done);
/* Counts what a rule of which this is the action did to `leaf`, and takes out records if that is the action.
 */
void rd_redactor_acted(rd_redactor *r, uint16_t rule, const rd_action *a, const rd_leaf *leaf, rd_done done);

/* redact_time.c: around the search of a body; NULL if it is not timed. */
void rd_redact_time_begin(rd_redactor *r);
rd_times *rd_redact_times(rd_redactor *r);
/* What was just timed was of the rules of this group and mode. */
void rd_redact_time_share(rd_redactor *r, uint32_t group, rd_mode mode);
rd_cost rd_redact_time_end(rd_redactor *r);

/* redact_limits.c: after each walk: finds what is beyond a limit, and takes it out. */
RD_MUST_CHECK rd_outcome rd_redact_content(rd_redactor *r, rd_error *err);
/* Borrowed from `r` until the next walk. */
rd_walked rd_redact_walked(const rd_redactor *r);
/* Takes out `n` records of those that stay: the least severe, of equal ones those that stand last. */
void rd_redact_shed(rd_redactor *r, uint32_t n);
/* Which fields the walkers look at. */
const rd_fact_fields *rd_redact_fact_fields(rd_signal signal);

/* redact_records.c: takes out the record around `off`, or all records that what stands there is about. False:
 * it is about none. */
bool rd_redactor_take_records(rd_redactor *r, uint32_t off, uint16_t rule);
/* Makes the edits say so, when all others are made. */
RD_MUST_CHECK rd_outcome rd_redact_records(rd_redactor *r);

/* redact_find.c: all finds in the texts of a batch that rules of one mode are after. `of_all`: the class of
 * all texts; RD_CLASS_COUNT: that of the leaf behind each. Valid until the next call. */
RD_MUST_CHECK rd_outcome rd_redactor_find(rd_redactor *r, const rd_buf *base, const rd_batch *batch,
                                          uint32_t group, rd_mode mode, rd_class of_all,
                                          rd_matches *out_found);
/* Appends what stands for the value of a key inside a text; false: the match is none. */
bool rd_redactor_act_key(rd_redactor *r, const rd_action *a, const uint8_t *base, const rd_text *t,
                         const rd_match *m, rd_buf *out, rd_done *out_done);

/* redact_sieve.c: around a search of one batch for a policy with filters. */
void rd_redactor_sieve_begin(rd_redactor *r, const rd_buf *base, const rd_batch *batch, uint32_t group,
                             rd_mode mode);
void rd_redactor_sieve_end(rd_redactor *r);

/* Is the match a digest of ours, or something that the rule itself wrote, or a part of one? Then it stays. */
bool rd_redactor_stays(rd_redactor *r, const uint8_t *base, const rd_text *t, const rd_match *m,
                       uint32_t group, rd_mode mode, rd_class cls);

/* Moves a match to whole characters (a backend may refuse a whole batch over half a code point) and behind
 * what matches before it took. *done: where the last one ended, 0 at first. False: nothing of it is left. */
bool rd_redactor_settle(const uint8_t *base, const rd_text *t, uint32_t *done, rd_match *m);

/* Appends what stands for the match, and counts it. A label never becomes empty: to Loki that is no label,
 * and a stream without one is refused. */
void rd_redactor_act(rd_redactor *r, const rd_judgement *v, const uint8_t *base, const rd_text *t,
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

/* redact_pairs.c: a value whose key was judged, leaf number `leaf`; what may stay of it joins the views of
 * its group. */
RD_MUST_CHECK rd_outcome rd_redact_pair(rd_redactor *r, uint32_t leaf, bool first_group, bool in_group);
/* Appends `value` as a text in the form of the leaf. */
void rd_redact_pair_write(const rd_leaf *l, rd_slice value, rd_buf *out);

/* redact_labels.c: Loki label text. */
RD_MUST_CHECK rd_outcome rd_redact_labels(rd_redactor *r, const rd_leaf *leaf, rd_error *err);
/* What the rules about structured metadata make of label `i` of r->labels, which stood at `off`; uses r->work
 * and r->work2. */
RD_MUST_CHECK rd_outcome rd_redact_label_as_metadata(rd_redactor *r, uint32_t off, uint32_t i,
                                                     bool *out_stays);

#endif
