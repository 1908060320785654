/* SPDX-License-Identifier: MIT */
/*
 * Keys inside texts: a key rule means `user_id` wherever it names a value, also in the middle of a log line.
 *
 *    "user_id":"42"   \"user_id\":42   'user_id': [1, 2]   user_id=42   user_id="x y"   ?user_id=42&
 *    user_id%3D42%26  %22user_id%22%3A%2242%22   user_id: 42   user_id = 42
 *
 * Quotes with backslashes before them are those of a string inside a string, at any depth. The last two forms
 * could be prose ("token: expired"), so they count only for names that no sentence has: with a separator or a
 * hump in them.
 *
 * A value that does not end, ends with its text. Linear in the text; allocates only for matches.
 */
#ifndef RD_DETECT_INLINE_KEYS_H
#define RD_DETECT_INLINE_KEYS_H

#include "filters/detect/detect.h"
#include "filters/detect/keys.h"

/* As rd_match.detector: this plus the value of the key in its set. */
enum { RD_DETECTOR_KEY = 0x8000 };

/* Matches of one text after another; starts as {0}. */
typedef struct rd_inline_keys {
    rd_match *list; /* owned */
    uint32_t n, cap;
    uint32_t read_to; /* hits before it lie in an object that was read; set to 0 with `n` */
} rd_inline_keys;

/* Appends the value behind the separator of `hit`, which lies in base[t), if the key before it is in the set.
 * Hits come in order, and are those of a detect set that knows the names of the key set. */
RD_MUST_CHECK rd_outcome rd_inline_keys_at(rd_inline_keys *out, const rd_keyset *keys, const uint8_t *base,
                                           const rd_text *t, const rd_key_hit *hit);
void rd_inline_keys_release(rd_inline_keys *k);

/* If base[off) is a value without quotes behind a quoted key and a colon, where a text needs quotes: the
 * quote's mark, and how many backslashes stand before it. 0: it is not. */
uint8_t rd_inline_keys_quote(const uint8_t *base, const rd_text *t, uint32_t off, uint32_t *out_slashes);

#endif
