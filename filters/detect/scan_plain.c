/* SPDX-License-Identifier: MIT */
#include "filters/detect/scan.h"

void rd_scan_plain(const rd_program *p, const uint8_t *b, uint32_t n_words, rd_masks out)
{
    bool ends_key = true; /* what stands before the first byte is not known */
    for (uint32_t w = 0; w < n_words; w++, b += 64) {
        uint64_t hit_end = 0, hit_short = 0, hit_long = 0, digit = 0, token = 0;
        for (unsigned i = 0; i < 64; i++) {
            hit_end |= (uint64_t)(ends_key && p->behind_key[b[i]] != 0) << i;
            ends_key = rd_is(b[i], RD_C_RUN | RD_C_UTF8);
            hit_short |= (uint64_t)(rd_program_any_short(p, b + i)) << i;
            hit_long |= (uint64_t)((rd_program_long(p, b + i) & ~p->long_words) != 0) << i;
            digit |= (uint64_t)(b[i] >= '0' && b[i] <= '9') << i;
            token |= (uint64_t)rd_is(b[i], RD_C_RUN) << i;
        }
        out.hit_end[w] = hit_end;
        out.hit_short[w] = hit_short;
        if (p->small)
            continue;
        out.hit_long[w] = hit_long;
        out.digit[w] = digit;
        out.token[w] = token;
    }
}
