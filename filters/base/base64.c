/* SPDX-License-Identifier: MIT */
#include "filters/base/base64.h"

static int value_of(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

bool rd_base64_decode(rd_slice text, rd_buf *out)
{
    size_t n = text.n;
    if (n > 0 && n % 4 == 0) {
        n -= text.p[n - 1] == '=';
        n -= n % 4 == 3 && text.p[n - 1] == '=';
    }
    if (n % 4 == 1)
        return false;
    uint8_t *to = rd_buf_reserve(out, n / 4 * 3 + 3);
    if (to == NULL)
        return false;
    uint32_t acc = 0;
    unsigned bits = 0;
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        int v = value_of(text.p[i]);
        if (v < 0)
            return false;
        acc = acc << 6 | (uint32_t)v;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            to[len++] = (uint8_t)(acc >> bits);
        }
    }
    out->n += len;
    return true;
}

void rd_base64_encode(rd_slice bytes, rd_buf *out)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t *to = rd_buf_reserve(out, (bytes.n + 2) / 3 * 4);
    if (to == NULL)
        return;
    size_t at = 0;
    for (size_t i = 0; i < bytes.n; i += 3) {
        size_t left = bytes.n - i;
        uint32_t v = (uint32_t)bytes.p[i] << 16 | (left > 1 ? (uint32_t)bytes.p[i + 1] << 8 : 0) |
                     (left > 2 ? bytes.p[i + 2] : 0);
        to[at++] = (uint8_t)alphabet[v >> 18];
        to[at++] = (uint8_t)alphabet[v >> 12 & 63];
        to[at++] = left > 1 ? (uint8_t)alphabet[v >> 6 & 63] : '=';
        to[at++] = left > 2 ? (uint8_t)alphabet[v & 63] : '=';
    }
    out->n += at;
}
