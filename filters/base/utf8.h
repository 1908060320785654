/* SPDX-License-Identifier: MIT */
/* UTF-8 validation as in RFC 3629: no overlong forms, no surrogates, nothing above
 * U+10FFFF. */
#ifndef RD_BASE_UTF8_H
#define RD_BASE_UTF8_H

#include "filters/base/slice.h"

/* Eight bytes at a time, without a branch on what they are. */
static inline bool rd_ascii_only(const uint8_t *p, size_t n)
{
    uint64_t any = 0, w;
    size_t i = 0;
    for (; n - i >= 8; i += 8) {
        memcpy(&w, p + i, 8);
        any |= w;
    }
    if (n >= 8) {
        memcpy(&w, p + n - 8, 8); /* the rest, together with some that was seen */
        any |= w;
    } else {
        for (; i < n; i++)
            any |= p[i];
    }
    return (any & UINT64_C(0x8080808080808080)) == 0;
}

/* rd_utf8_valid for text that is not all ASCII. */
bool rd_utf8_valid_mixed(rd_slice s);

static inline bool rd_utf8_valid(rd_slice s)
{
    return rd_ascii_only(s.p, s.n) || rd_utf8_valid_mixed(s);
}

/* Writes code point `cp` (at most 0x10FFFF) to `out` (room for 4); returns its length. */
size_t rd_utf8_put(uint32_t cp, uint8_t *out);

#endif
