/* SPDX-License-Identifier: MIT */
/*
 * Where the literals of own patterns stand: one vector pass over the texts, of the same kind as the candidate
 * pass and beside it, so that the detectors' windows stay as they are. Of each literal the first four bytes
 * are a window; a place where one may start is compared in full.
 */
#ifndef RD_DETECT_LITERAL_SCAN_H
#define RD_DETECT_LITERAL_SCAN_H

#include "filters/detect/literals.h"
#include "filters/detect/scan.h"

typedef struct rd_literal_set rd_literal_set; /* immutable after build */

/* `owners`: of each of the n sets the number that a hit is reported with. NULL: no memory. */
rd_literal_set *rd_literal_set_new(const rd_literals *sets, const uint32_t *owners, uint32_t n);
void rd_literal_set_free(rd_literal_set **s);
/* For tests. */
void rd_literal_set_use_scan(rd_literal_set *s, rd_scan_fn scan);

enum { RD_LITERAL_CHUNK_WORDS = 64 };

/* A pass under way. */
typedef struct rd_literal_walk {
    const rd_literal_set *set; /* borrowed */
    const uint8_t *base;       /* borrowed */
    uint32_t end;              /* of what is read */
    uint32_t chunk, n_words;   /* where the words below begin, and how many there are */
    uint32_t word;             /* the current one; its bits before the hit are gone */
    uint32_t hit;              /* a place where something stands; UINT32_MAX: there is none any more */
    uint64_t words[RD_LITERAL_CHUNK_WORDS], unused[RD_LITERAL_CHUNK_WORDS];
} rd_literal_walk;

/* Reads base[from, end) and moves to the first hit. RD_LONG readable bytes follow `end`. */
void rd_literal_walk_begin(rd_literal_walk *w, const rd_literal_set *set, const uint8_t *base, uint32_t from,
                           uint32_t end);
/* Moves to the next hit. */
void rd_literal_walk_next(rd_literal_walk *w);
/* Sets the bit of every owner of which a literal stands at the hit and ends at `limit` or before. */
void rd_literal_walk_owners(const rd_literal_walk *w, uint32_t limit, uint64_t *bits);

#endif
