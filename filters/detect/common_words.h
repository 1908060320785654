/* SPDX-License-Identifier: MIT */
/* Words of things, programs and companies, which no name of a person has. */
#ifndef RD_DETECT_COMMON_WORDS_H
#define RD_DETECT_COMMON_WORDS_H

#include "filters/detect/text.h"

/* Is one of the words in [from, to) such a one, so that this is no name? Initials do not count. */
bool rd_common_words(const rd_view *v, uint32_t from, uint32_t to);

#endif
