/* SPDX-License-Identifier: MIT */
/* What kind of value is it: a placeholder, an ordinary word, something random? */
#ifndef RD_DETECT_OPAQUE_H
#define RD_DETECT_OPAQUE_H

#include "filters/detect/text.h"

/* Nothing to hide: empty, stars, x's, null, true, ${VAR}, $VAR, {{ var }}, <name>, [REDACTED], $(command),
 * ... */
bool rd_placeholder(const rd_view *v, uint32_t from, uint32_t to);
/* Neither personal nor secret whatever the key says: null, true, ${VAR}, {{ var }}. Unlike placeholders,
 * numbers and stars are something. */
bool rd_says_nothing(const rd_view *v, uint32_t from, uint32_t to);
/* One repeated byte or a counting sequence: "xxxxxxxx", "********". */
bool rd_monotonous(const rd_view *v, uint32_t from, uint32_t to);
/* Could be a token: no space, at least `min` bytes, and not just a word or a number. */
bool rd_opaque(const rd_view *v, uint32_t from, uint32_t to, uint32_t min);
/* Is [from, to), without case, one of the words? `words`: lower case, a space between. For short lists. */
bool rd_word_in(const rd_view *v, uint32_t from, uint32_t to, const char *words);

/* The same for long ones: an array in the order of strcmp. */
bool rd_listed(const rd_view *v, uint32_t from, uint32_t to, const char *const *sorted, uint32_t n);
#define RD_LISTED(v, from, to, list) rd_listed(v, from, to, list, sizeof(list) / sizeof((list)[0]))

#endif
