/* SPDX-License-Identifier: MIT */
/*
 * What makes a find of a rule count or not, beyond its form: words that must stand in the same text, and
 * texts that may stay. Built with the policy, immutable.
 *
 * Context is the whole text, not some bytes around the find: masks move the words of a text, and a second run
 * must not see another distance. For the same reason no replacement may bring in a word of a context
 * (policy.c checks).
 */
#ifndef RD_POLICY_FILTER_H
#define RD_POLICY_FILTER_H

#include "filters/base/outcome.h"
#include "filters/base/slice.h"

typedef struct rd_filter {
    char **context; /* owned: words, ASCII lower case */
    uint32_t n_context;
    char **allow; /* owned: texts in which `*` stands for any bytes */
    uint32_t n_allow;
} rd_filter;

/* Copies. False: no memory; release it all the same. */
RD_MUST_CHECK bool rd_filter_init(rd_filter *f, const char *const *context, uint32_t n_context,
                                  const char *const *allow, uint32_t n_allow);
void rd_filter_release(rd_filter *f);

/* May the find `match` stay? One entry is it, byte for byte. Nothing over 1 KiB may. */
bool rd_filter_allows(const rd_filter *f, rd_slice match);
/* Is there no context, or does one of its words stand in `text`, between bytes that are no letters or digits?
 * A text over 64 KiB has any context: looking through more for each rule would cost too much. */
bool rd_filter_in_context(const rd_filter *f, rd_slice text);
/* Does a word of the context occur in `text`, anywhere? */
bool rd_filter_mentions(const rd_filter *f, rd_slice text);

#endif
