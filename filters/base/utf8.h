/* SPDX-License-Identifier: MIT */
/* UTF-8 validation as in RFC 3629: no overlong forms, no surrogates, nothing above
 * U+10FFFF. */
#ifndef RD_BASE_UTF8_H
#define RD_BASE_UTF8_H

#include "filters/base/slice.h"

typedef uint64_t rd_utf8_block __attribute__((vector_size(16)));

static inline rd_utf8_block rd_utf8_load(const uint8_t *p)
{
    rd_utf8_block v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline bool rd_ascii_only_short(const uint8_t *p, size_t n)
{
    uint64_t a = 0, b = 0;
    if (n >= 8) {
        memcpy(&a, p, 8);
        memcpy(&b, p + n - 8, 8);
    } else if (n >= 4) {
        memcpy(&a, p, 4);
        memcpy(&b, p + n - 4, 4);
    } else if (n > 0) {
        a = (uint64_t)(p[0] | p[n / 2] | p[n - 1]);
    }
    return ((a | b) & UINT64_C(0x8080808080808080)) == 0;
}

/* Blocks of 16 bytes that overlap at the end; up to 64 bytes without a branch on how many they are, which
 * would be mispredicted, since most texts are short. */
static inline bool rd_ascii_only(const uint8_t *p, size_t n)
{
    if (n < 16)
        return rd_ascii_only_short(p, n);
    size_t last = n - 16;
    rd_utf8_block any = rd_utf8_load(p) | rd_utf8_load(p + (last < 16 ? last : 16)) |
                        rd_utf8_load(p + (last < 32 ? last : 32)) | rd_utf8_load(p + last);
    for (size_t i = 48; i < last; i += 16)
        any |= rd_utf8_load(p + i);
    return ((any[0] | any[1]) & UINT64_C(0x8080808080808080)) == 0;
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
