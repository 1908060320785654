/* SPDX-License-Identifier: MIT */
/* Varints: base 128, least significant group first, at most ten bytes. */
#include "filters/wire/wire.h"

enum { VARINT_MAX_BYTES = 10 };

size_t rd_varint_get(const uint8_t *p, const uint8_t *end, uint64_t *out_value)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < VARINT_MAX_BYTES && p + i < end; i++) {
        uint8_t c = p[i];
        if (i == VARINT_MAX_BYTES - 1 && c > 1)
            return 0; /* more than 64 bits */
        v |= (uint64_t)(c & 0x7f) << (7 * i);
        if (c < 0x80) {
            *out_value = v;
            return i + 1;
        }
    }
    return 0;
}

size_t rd_varint_put(uint64_t v, uint8_t *out)
{
    size_t n = 0;
    for (; v >= 0x80; v >>= 7)
        out[n++] = (uint8_t)(v | 0x80);
    out[n++] = (uint8_t)v;
    return n;
}

size_t rd_varint_size(uint64_t v)
{
    size_t n = 1;
    for (; v >= 0x80; v >>= 7)
        n++;
    return n;
}
