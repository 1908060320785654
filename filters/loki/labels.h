/* SPDX-License-Identifier: MIT */
/*
 * Loki label text: `{job="x", user="a\x40b.co"}`. Never edited in place: parsed, changed, written anew
 * sorted by name, with Go-style double quotes. Source: Prometheus metric text grammar as Loki's
 * distributor parses it (quoted UTF-8 names, '...' and `...` values, \ooo \xHH \uXXXX \UXXXXXXXX).
 */
#ifndef RD_LOKI_LABELS_H
#define RD_LOKI_LABELS_H

#include "filters/base/buf.h"

typedef struct rd_label {
    rd_slice name, value; /* unescaped; borrowed from the input or from the list's text buffer */
} rd_label;

typedef struct rd_labels {
    rd_label *list; /* owned */
    uint32_t n, cap, max;
    bool
        text_has_more; /* than the list: comments, names without a value; so the text is no stand-in for it */
    rd_buf text;       /* owned: unescaped names and values; has RD_LABELS_ROOM more bytes for the caller's
                          own texts. Never moves between parses: an append beyond that fails. */
} rd_labels;

enum { RD_LABELS_ROOM = 4096 };

void rd_labels_init(rd_labels *l, uint32_t max_labels);
void rd_labels_release(rd_labels *l);

/* Replaces the content of `l` with what `text` says; sorted by name; empty values are left out, a name
 * that stands twice is RD_INVALID, text outside the grammar RD_MALFORMED. `text` is borrowed until the
 * next parse. After a failure the list is empty. */
RD_MUST_CHECK rd_outcome rd_labels_parse(rd_labels *l, rd_slice text, rd_error *err);

/* Sorts by name again, after the caller added or renamed. */
void rd_labels_sort(rd_labels *l);

/* Room for one more label at the end of the list; NULL: over `max` or no memory. */
rd_label *rd_labels_add(rd_labels *l);

/* Appends `{a="b", c="d"}` in the list's order. Values are quoted as Go does: UTF-8 stays, bytes that are
 * not UTF-8 become \xHH; names that are not plain identifiers are quoted as well. */
void rd_labels_write(const rd_labels *l, rd_buf *out);

/* Appends the list as a JSON object {"a":"b"} (for the store). */
void rd_labels_write_json(const rd_labels *l, rd_buf *out);

/* [a-zA-Z_][a-zA-Z0-9_]* */
bool rd_label_name_valid(rd_slice name);

#endif
