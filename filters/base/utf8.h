/* SPDX-License-Identifier: MIT */
/* UTF-8 validation as in RFC 3629: no overlong forms, no surrogates, nothing above
 * U+10FFFF. */
#ifndef RD_BASE_UTF8_H
#define RD_BASE_UTF8_H

#include "filters/base/slice.h"

bool rd_utf8_valid(rd_slice s);

/* Writes code point `cp` (at most 0x10FFFF) to `out` (room for 4); returns its length. */
size_t rd_utf8_put(uint32_t cp, uint8_t *out);

#endif
