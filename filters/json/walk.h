/* SPDX-License-Identifier: MIT */
/*
 * What the OTLP and the Loki walker share, internal to both: leaves out of tokens, keys judged, items
 * dropped together with a comma, and the generic scan of values that no schema describes.
 *
 * Dropping. An item of a list (array element or object member) goes away with one comma next to it, so
 * that what stays is JSON whatever else of the list goes:
 *
 *    [ keep , drop , drop ]      after something kept: with the comma before it
 *           ~~~~~~ ~~~~~~
 *    [ drop , drop , keep ]      else with the comma behind it, if there is one
 *      ~~~~~~ ~~~~~~
 *
 * The comma behind is known only when the next item starts; until then the leaf is `pending` in the
 * list. Every item must be reported with rd_json_walk_drop or by setting `kept`.
 */
#ifndef RD_JSON_WALK_H
#define RD_JSON_WALK_H

#include "filters/base/key_memo.h"
#include "filters/json/token.h"
#include "filters/schema/schema.h"

/* The last pair whose key had this place in the memo of keys: what stood before the inside of its value. The
 * key is listed and kept. */
typedef struct rd_json_pair {
    const uint8_t *from; /* borrowed from the body; NULL: none */
    uint32_t n;
    uint16_t rule; /* context of the value */
    uint8_t cls;
    bool is_number;
} rd_json_pair;

typedef struct rd_json_walk {
    rd_json j;
    rd_doc *doc;        /* borrowed */
    rd_visitor visitor; /* ctx borrowed */
    rd_key_memo memo;   /* of keys without escapes */
    rd_json_pair pairs[RD_KEY_MEMO_ENTRIES];
    uint8_t after[RD_SCHEMA_ORDINALS]; /* the field that came last behind this one, or first in this message:
                                        * its index + 1; 0: none yet */
    rd_buf scratch; /* owned: the unescaped form of the last name or key that had escapes */
    bool refuse_unknown;
    bool kept;              /* whether anything of the array that was read last stays */
    rd_facts facts;         /* of the record that is read; facts.h */
    rd_stream_facts stream; /* of the stream that is read */
} rd_json_walk;

/* `v` may be NULL: every key is kept. */
void rd_json_walk_init(rd_json_walk *w, const rd_limits *lim, const rd_visitor *v, rd_doc *doc);
/* Ends the walk: nothing but white space may be left. Releases what the walk owns. */
RD_MUST_CHECK rd_outcome rd_json_walk_finish(rd_json_walk *w, rd_error *err);

/* As rd_json_member and rd_json_element, and settles a pending drop. */
bool rd_json_walk_member(rd_json_walk *w, rd_json_list *it, rd_json_text *out_name);
bool rd_json_walk_element(rd_json_walk *w, rd_json_list *it);

bool rd_json_walk_push(rd_json_walk *w, rd_form form, uint32_t off, uint32_t len, uint8_t cls, uint16_t rule);
/* Pushes the inside of a string, unless it is empty. */
bool rd_json_walk_leaf(rd_json_walk *w, rd_json_text t, uint8_t cls, uint16_t rule);
/* Reads a string and pushes it. */
bool rd_json_walk_string(rd_json_walk *w, uint8_t cls, uint16_t rule);

/* The text of a string; borrowed from the body, or from scratch until the next call. */
bool rd_json_walk_text(rd_json_walk *w, rd_json_text t, rd_slice *out);
bool rd_json_walk_judge(rd_json_walk *w, rd_json_text key, uint8_t cls, rd_verdict *out);

/* Pushes PAIR_DROP for the current item of `it`, from `start` to where the cursor is. */
bool rd_json_walk_drop(rd_json_walk *w, rd_json_list *it, uint32_t start, uint8_t cls, uint16_t rule);

/* Notes a place, if the visitor asked for places. */
bool rd_json_walk_place(rd_json_walk *w, rd_place_kind kind, uint32_t off, uint32_t len, bool more);

/* An array of records, of which the visitor wants to know. Starts as {.last = UINT32_MAX}. */
typedef struct rd_json_records {
    uint32_t last;     /* the record before this element, UINT32_MAX: there is none */
    bool behind_other; /* an element that is no record came before this one */
} rd_json_records;

/* Around each element: before it is read, and with `off` where it began when the cursor is at its end. */
static inline void rd_json_records_next(rd_json_walk *w, rd_json_records *s, const rd_json_list *it)
{
    if (s->last != UINT32_MAX)
        w->doc->records.list[s->last].comma_after = it->comma;
    s->last = UINT32_MAX;
}
bool rd_json_records_add(rd_json_walk *w, rd_json_records *s, const rd_json_list *it, uint32_t off);

/* A message in which records stand begins at `off`, and ends where the cursor is at the second call. Does
 * nothing if the visitor does not want to know. */
bool rd_json_holder_begin(rd_json_walk *w, uint32_t off, uint32_t *out_holder);
void rd_json_holder_end(rd_json_walk *w, uint32_t holder);

/* Leaves were taken back: no key counts as listed any more. */
static inline void rd_json_walk_unlist(rd_json_walk *w)
{
    rd_key_memo_unlist(&w->memo);
    for (unsigned i = 0; i < RD_KEY_MEMO_ENTRIES; i++)
        w->pairs[i].from = NULL;
}

/* The item before, if it was dropped with nothing kept before it, takes the comma that followed it. */
static inline void rd_json_walk_settle(rd_json_walk *w, rd_json_list *it)
{
    if (it->pending == RD_JSON_NOWHERE)
        return;
    rd_leaf *leaf = &w->doc->leaves[it->pending];
    leaf->len = it->comma + 1 - leaf->off;
    it->pending = RD_JSON_NOWHERE;
}

/* Any value: every string and number in it is a leaf, every member name a leaf and a key. */
bool rd_json_walk_any(rd_json_walk *w, uint8_t cls, uint16_t rule);
/* The value of a member whose name is a key: judged, then walked as any value, masked or dropped. The
 * name itself becomes a leaf if it can be user text. */
bool rd_json_walk_named(rd_json_walk *w, rd_json_list *it, rd_json_text name, bool name_is_text, uint8_t cls,
                        uint16_t rule);
/* A member that the schema does not know: rd_json_walk_named in class UNKNOWN, or RD_REFUSED. */
bool rd_json_walk_unknown(rd_json_walk *w, rd_json_list *it, rd_json_text name);

/* Consumes `null` if that is next. */
static inline bool rd_json_walk_null(rd_json_walk *w)
{
    if (w->j.end - w->j.p < 4 || memcmp(w->j.p, "null", 4) != 0)
        return false;
    w->j.p += 4;
    return true;
}

#endif
