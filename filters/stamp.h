/* SPDX-License-Identifier: MIT */
/*
 * The labels that the gateway puts into every resource and stream, and what of the sender's may not stand
 * beside them.
 *
 * Reserved, wherever a backend could take it for one of these labels: attributes of resources, scopes,
 * records, spans, events, links, points and exemplars, also inside attribute values that are maps; stream
 * labels; structured metadata. A key is reserved when it becomes the name of a label once everything but
 * ASCII letters and digits is an underscore and runs of those are one, without regard to case: that is how
 * Loki and Prometheus make label names of attribute keys (`workspace.id` is `workspace_id` there). Also
 * reserved are names that Loki keeps for itself: __aggregated_metric__, __pattern__, __backfill....
 *
 *    walk: reserved keys get the verdict DROP; groups and resources are noted as places
 *    redact: takes out the pairs, puts the labels in at the places, in front of what stays
 *
 * So stamping a stamped body changes nothing, and what is stamped is never looked at by a rule.
 */
#ifndef RD_STAMP_H
#define RD_STAMP_H

#include "filters/base/buf.h"
#include "filters/base/doc.h"

enum { RD_STAMP_MAX = 32 };

typedef struct rd_stamp_label {
    rd_slice name, value; /* UTF-8; the name is [a-zA-Z_][a-zA-Z0-9_.-]*, for Loki without . and - */
} rd_stamp_label;

/* The labels as they go in: KeyValue fields of protobuf; items of a JSON list of them; members of a JSON
 * object.
 */
typedef struct rd_stamp_texts {
    rd_slice attributes, items, members;
} rd_stamp_texts;

/* What goes into one body. Borrowed for the call. */
typedef struct rd_stamp {
    const rd_stamp_label *labels; /* distinct names */
    uint32_t n_labels;            /* at most RD_STAMP_MAX */
    bool refuse;                  /* a reserved name of the sender's: RD_REFUSED instead of taking it out */
    uint32_t max_stream_labels;   /* Loki: of one stream, these included; more is RD_REFUSED. 0: no ceiling */
    const rd_slice *movable;      /* labels that give way, in this order, to the structured metadata of each
                                   * entry: [a-zA-Z_][a-zA-Z0-9_]* */
    uint32_t n_movable;           /* at most RD_STAMP_MAX */
    const rd_stamp_texts *texts;  /* of these labels, made once for many bodies; NULL: they are made anew */
} rd_stamp;

/* Names made ready for comparing with many keys. */
typedef struct rd_stamp_names {
    const rd_stamp *stamp; /* NULL: nothing is reserved */
    uint32_t firsts;       /* bit per first character of a name, folded */
} rd_stamp_names;

void rd_stamp_names_init(rd_stamp_names *s, const rd_stamp *stamp);
bool rd_stamp_is_reserved(const rd_stamp_names *s, rd_slice key, rd_class cls);
/* False: it is not, as its first character says; true: look. */
static inline bool rd_stamp_may_be_reserved(const rd_stamp_names *s, rd_slice key)
{
    uint8_t c = key.n > 0 ? key.p[0] : 0, lower = c | 0x20;
    bool letter = (uint8_t)(lower - 'a') < 26, digit = (uint8_t)(c - '0') < 10;
    return key.n > 0 && (s->firsts >> ((letter ? lower : digit ? c : '_') & 31) & 1) != 0;
}

/* Does a backend take these two for one label? As for reserved names. */
bool rd_stamp_is_same_name(rd_slice a, rd_slice b);

/* Appends the texts to `out`, where they live as long as nothing else is appended. */
void rd_stamp_prepare(const rd_stamp *s, rd_buf *out, rd_stamp_texts *out_texts);

/* Appends what goes in at a place; `more`: members, items or fields of the same kind follow there. Labels of
 * label text are no business of this: see redact_labels.c. */
void rd_stamp_write(const rd_stamp *s, const rd_place *p, rd_buf *out);

#endif
