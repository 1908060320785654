/* SPDX-License-Identifier: MIT */
/*
 * Key names, blind to spelling: `user_id`, `userId`, `User-ID`, `USER.ID` and `app.user_id` are one name. A
 * key matches when its normal form (ASCII lower case, without `_ - . ` and space), or the normal form of its
 * last one or more dotted segments, is in the set.
 */
#ifndef RD_DETECT_KEYS_H
#define RD_DETECT_KEYS_H

#include "filters/base/slice.h"

typedef struct rd_keyset rd_keyset; /* immutable after build */

typedef struct rd_keyset_entry {
    const char *name; /* any spelling; borrowed for the build */
    uint16_t value;   /* what a match yields, e.g. a rule index */
} rd_keyset_entry;

/* The first entry of several with the same normal form wins. NULL: no memory. */
rd_keyset *rd_keyset_build(const rd_keyset_entry *entries, uint32_t n);
void rd_keyset_free(rd_keyset **k);

/* Can a key inside text that ends before `end` be in the set, wherever it starts? Reads back from there, not
 * before `lo`, as far as some name goes. It depends on *out_looked bytes before `end`; more than there are:
 * on where `lo` is. */
bool rd_keyset_may_end(const rd_keyset *k, const uint8_t *lo, const uint8_t *end, uint32_t *out_looked);
/* True and *out_value when `key` is in the set. Costs a few nanoseconds for a key that is not. */
bool rd_keyset_find(const rd_keyset *k, rd_slice key, uint16_t *out_value);

#endif
