/* SPDX-License-Identifier: MIT */
/*
 * What stands between a key and its value, and where the key before it ends, in the notations of logs (see
 * keyvalue.c). Nearly all pairs are of the plain forms, which are told apart by a few bytes.
 */
#ifndef RD_DETECT_SEPARATOR_H
#define RD_DETECT_SEPARATOR_H

#include "filters/detect/text.h"

#define RD_ARROW            "\xe2\x86\x92"
#define RD_FULL_WIDTH_COLON "\xef\xbc\x9a"

enum { RD_MAX_ALIGNED = 32 /* spaces before a separator, in columns */ };

/* Does the closing bracket behind the key at `end` belong to one before it, as in `user[key]`? */
bool rd_separator_bracket_opens(const rd_view *v, uint32_t end);
/* Where the separator is, behind the key that ends at `end`: over digits and underscores (key_2), closing
 * quotes and brackets, an index, spaces. */
uint32_t rd_separator_start(const rd_view *v, uint32_t end);
/* End of the separator at `i` with its operators (:= => ::=), 0 when there is none. */
uint32_t rd_separator_end(const rd_view *v, uint32_t i);

uint32_t rd_separator_key_end_of_any(const rd_view *v, uint32_t at);

/* One past the last byte of the key: `at` is three bytes before it, or what follows the key (see the windows
 * of keyvalue.c). Two letters before that byte leave no doubt. */
static inline uint32_t rd_separator_key_end(const rd_view *v, uint32_t at)
{
    bool inside = at + 1 - v->lo < v->hi - v->lo - 1;
    if (inside && rd_is(v->b[at + 1], RD_C_ALPHA) && rd_is(v->b[at + 2], RD_C_ALPHA))
        return at + 3;
    return rd_separator_key_end_of_any(v, at);
}

/* key=, key:, "key":, and nothing else that belongs to the separator: its end. 0: it is not that plain, or at
 * the end of the text. `end` is in the text. */
static inline uint32_t rd_separator_plain_end(const rd_view *v, uint32_t end)
{
    if (end + 2 >= v->hi)
        return 0;
    uint32_t i = end + (v->b[end] == '"');
    uint8_t c = v->b[i], next = v->b[i + 1];
    return (c == '=' || c == ':') && next != '=' && next != ':' && next != '>' ? i + 1 : 0;
}

#endif
