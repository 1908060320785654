/* SPDX-License-Identifier: MIT */
/*
 * CRC-32C (Castagnoli), eight bytes a step from eight tables. The tables are part of rd_coder: no globals,
 * and nothing to set up before the first use. Only framed snappy needs it, and no library of ours has it.
 */
#include "filters/coding/codec.h"

void rd_crc32c_init(rd_coder *c)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
        c->crc32c_table[0][byte] = crc;
    }
    for (unsigned t = 1; t < 8; t++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            uint32_t crc = c->crc32c_table[t - 1][byte];
            c->crc32c_table[t][byte] = crc >> 8 ^ c->crc32c_table[0][crc & 0xff];
        }
    }
}

uint32_t rd_crc32c(const rd_coder *c, rd_slice in)
{
    const uint32_t(*t)[256] = c->crc32c_table;
    const uint8_t *p = in.p;
    size_t n = in.n;
    uint32_t crc = ~0u;
    for (; n >= 8; p += 8, n -= 8) {
        crc ^= p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        crc = t[7][crc & 0xff] ^ t[6][crc >> 8 & 0xff] ^ t[5][crc >> 16 & 0xff] ^ t[4][crc >> 24] ^
              t[3][p[4]] ^ t[2][p[5]] ^ t[1][p[6]] ^ t[0][p[7]];
    }
    for (; n > 0; p++, n--)
        crc = crc >> 8 ^ t[0][(crc ^ *p) & 0xff];
    return ~crc;
}
