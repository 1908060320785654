/* SPDX-License-Identifier: MIT */
#include "filters/detect/scan.h"

void rd_scan_plain(const rd_program *p, const uint8_t *b, uint32_t n_words, rd_masks out)
{
    for (uint32_t w = 0; w < n_words; w++, b += 64) {
        uint64_t hit = 0, digit = 0, join = 0;
        for (unsigned i = 0; i < 64; i++) {
            uint8_t run = p->run_lo[b[i] & 15] & p->run_hi[b[i] >> 4];
            hit |= (uint64_t)((rd_program_exact(p, b + i, 0) | rd_program_exact(p, b + i, 1)) != 0) << i;
            digit |= (uint64_t)(run & 1) << i;
            join |= (uint64_t)(run >> 1) << i;
        }
        out.hit[w] = hit;
        out.digit[w] = digit;
        out.join[w] = join;
    }
}
