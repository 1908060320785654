/* SPDX-License-Identifier: MIT */
/* "Did you mean": which of some words is closest to one that is not among them. */
#ifndef GW_CONFIG_NEAREST_H
#define GW_CONFIG_NEAREST_H

#include <stddef.h>

enum { GW_NEAREST_MAX = 64 };

/* Edits (insert, delete, change, swap of neighbours) that make b from a; GW_NEAREST_MAX + 1 when one of them
 * is longer than GW_NEAREST_MAX. Restricted Damerau-Levenshtein distance. */
size_t gw_edit_distance(const char *a, const char *b);

typedef struct gw_nearest {
    const char *word; /* typed */
    const char *best; /* NULL: nothing near enough so far */
    size_t distance;
} gw_nearest;

/* Offers one candidate. Near enough: a third of the letters may differ, at least one. The first of equals
 * stays. */
void gw_nearest_offer(gw_nearest *n, const char *candidate);

#endif
