/* SPDX-License-Identifier: MIT */
#include "gateway/config_nearest.h"

#include <string.h>

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

size_t gw_edit_distance(const char *a, const char *b)
{
    size_t rows[3][GW_NEAREST_MAX + 1];
    size_t na = strlen(a), nb = strlen(b);
    size_t *before = rows[0], *prev = rows[1], *cur = rows[2];
    if (na > GW_NEAREST_MAX || nb > GW_NEAREST_MAX)
        return GW_NEAREST_MAX + 1;
    for (size_t j = 0; j <= nb; j++)
        prev[j] = j;
    for (size_t i = 1; i <= na; i++) {
        cur[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            cur[j] = min3(prev[j] + 1, cur[j - 1] + 1, prev[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < cur[j])
                cur[j] = before[j - 2] + 1;
        }
        size_t *oldest = before;
        before = prev;
        prev = cur;
        cur = oldest;
    }
    return prev[nb];
}

void gw_nearest_offer(gw_nearest *n, const char *candidate)
{
    size_t limit = strlen(n->word) / 3;
    size_t distance = gw_edit_distance(n->word, candidate);
    if (distance > (limit > 0 ? limit : 1) || distance >= strlen(candidate))
        return;
    if (n->best == NULL || distance < n->distance) {
        n->best = candidate;
        n->distance = distance;
    }
}
