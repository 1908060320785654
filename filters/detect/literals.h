/* SPDX-License-Identifier: MIT */
/*
 * What a text must hold for a pattern to match in it: a few strings, one of which is there wherever PCRE2
 * finds a match, also in lookarounds. Read from the pattern's text by a parser that knows the common syntax
 * and gives up at anything else, so what it says is always true; a pattern about which it says nothing has no
 * literal. Source of the syntax: pcre2pattern(3).
 */
#ifndef RD_DETECT_LITERALS_H
#define RD_DETECT_LITERALS_H

#include "filters/base/outcome.h"
#include "filters/base/slice.h"

enum { RD_LITERALS_MAX = 8, RD_LITERAL_BYTES = 16 };

/* Letters are lower case and stand for both cases; what is not ASCII is in none of them. */
typedef struct rd_literals {
    uint8_t text[RD_LITERALS_MAX][RD_LITERAL_BYTES];
    uint8_t len[RD_LITERALS_MAX]; /* not 0 */
    uint32_t n;                   /* 0: there is none */
} rd_literals;

void rd_literals_of(const char *pattern, rd_literals *out);

#endif
