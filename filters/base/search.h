/* SPDX-License-Identifier: MIT */
/*
 * A place in an ordered list, by halves. Elements for which `is_before` holds stand before all others; the
 * first of the others is what is looked for.
 *
 *    is_before   yes yes yes yes no no no
 *    from                        ^            to
 */
#ifndef RD_BASE_SEARCH_H
#define RD_BASE_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

typedef bool rd_is_before_fn(const void *list, uint32_t i, uint64_t pos);

/* The first i of [from, to) that is not before `pos`; `to` when all are. In line, so that a search costs what
 * one written by hand costs. */
static inline __attribute__((always_inline)) uint32_t rd_search(const void *list, uint32_t from, uint32_t to,
                                                                rd_is_before_fn *is_before, uint64_t pos)
{
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (is_before(list, middle, pos))
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

#endif
