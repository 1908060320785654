/* SPDX-License-Identifier: MIT */
/*
 * The candidate pass: bytes in, bit masks out. Bit i of word w speaks of byte 64 w + i.
 *
 *   hit_end              a key may end before this byte, which may follow one (rd_program_ends decides)
 *   hit_short, hit_long  a window may start here (rd_program_short and _long decide)
 *   digit                a digit
 *   token                a byte of RD_C_RUN
 *
 * Hits are supersets, digits and tokens are exact. Of a small program only hit_end and hit_short are of use,
 * of a program of literals only hit_short; the other masks are written or not.
 *
 * All variants read exactly the bytes [b, b + n) and RD_LONG bytes more, which must be readable. The plain
 * variant is the oracle of the others in tests and serves CPUs without SSE 4.1; its hits are a subset of
 * theirs and contain every exact one.
 */
#ifndef RD_DETECT_SCAN_H
#define RD_DETECT_SCAN_H

#include "filters/detect/detect.h"
#include "filters/detect/program.h"

typedef struct rd_masks {
    uint64_t *hit_end, *hit_short, *hit_long, *digit, *token;
} rd_masks;

/* n_words blocks of 64 bytes. */
typedef void (*rd_scan_fn)(const rd_program *p, const uint8_t *b, uint32_t n_words, rd_masks out);

void rd_scan_plain(const rd_program *p, const uint8_t *b, uint32_t n_words, rd_masks out);
void rd_scan_sse41(const rd_program *p, const uint8_t *b, uint32_t n_words, rd_masks out);
void rd_scan_avx2(const rd_program *p, const uint8_t *b, uint32_t n_words, rd_masks out);
void rd_scan_avx512(const rd_program *p, const uint8_t *b, uint32_t n_words, rd_masks out);

/* What the last two are compiled for, and callers that want as much as they have. */
#define RD_AVX2_TARGET "avx2,bmi,bmi2,popcnt"
#define RD_WIDE_TARGET RD_AVX2_TARGET ",avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx512vbmi2"

enum { RD_SCAN_VARIANTS = 4 };

/* Those that this CPU can run, the quickest first; returns their number. */
unsigned rd_scan_variants(rd_scan_fn out[RD_SCAN_VARIANTS]);
rd_scan_fn rd_scan_best(void);

/* For tests and fuzzers, before first use: another pass than the best. */
void rd_detect_set_use_scan(rd_detect_set *s, rd_scan_fn scan);

#endif
