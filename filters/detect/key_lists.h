/* SPDX-License-Identifier: MIT */
/* The words that keys of log lines end in, by what their value is: the table that key_words.c is built from.
 */
#ifndef RD_DETECT_KEY_LISTS_H
#define RD_DETECT_KEY_LISTS_H

#include "filters/detect/key_words.h"

/* Lower case, without separators; '_' only before a last part of one or two letters, whose spelling with a
 * separator the prefilter must know. `ends`: also as the last words of a longer key. */
typedef struct rd_key_list {
    rd_key_class cls;
    bool ends;
    const char *words;
} rd_key_list;

/* Of a word in two of them the first counts. */
extern const rd_key_list rd_key_lists[];
extern const uint32_t rd_n_key_lists;

#endif
