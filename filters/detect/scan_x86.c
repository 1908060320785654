/* SPDX-License-Identifier: MIT */
/*
 * The vector prefilter (the idea of Hyperscan's Teddy): for each of the four window positions the low and the
 * high nibble of every byte select, by one shuffle each, the buckets that take it; the AND of all is not zero
 * where a window may start. See program.h for the tables.
 */
#include "filters/detect/scan.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define AVX2  __attribute__((target("avx2")))
#define SSSE3 __attribute__((target("ssse3")))

typedef struct tables256 {
    __m256i lo[RD_WINDOW_LEN][2], hi[RD_WINDOW_LEN][2], run_lo, run_hi;
} tables256;

AVX2 static inline __m256i twice(const uint8_t *t)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)t));
}

AVX2 static void load256(const rd_program *p, tables256 *t)
{
    for (unsigned j = 0; j < RD_WINDOW_LEN; j++) {
        for (unsigned g = 0; g < 2; g++) {
            t->lo[j][g] = twice(p->lo[j][g]);
            t->hi[j][g] = twice(p->hi[j][g]);
        }
    }
    t->run_lo = twice(p->run_lo);
    t->run_hi = twice(p->run_hi);
}

/* `one_table` and `runs` are constants where this is put in. */
AVX2 static inline __attribute__((always_inline)) uint32_t block256(const tables256 *t, bool one_table,
                                                                    bool runs, const uint8_t *b,
                                                                    uint32_t *out_digit, uint32_t *out_join)
{
    const __m256i low4 = _mm256_set1_epi8(15);
    __m256i first = _mm256_set1_epi8(-1), second = first, run = first;
    for (unsigned j = 0; j < RD_WINDOW_LEN; j++) {
        __m256i x = _mm256_loadu_si256((const __m256i *)(b + j));
        __m256i lo = _mm256_and_si256(x, low4), hi = _mm256_and_si256(_mm256_srli_epi16(x, 4), low4);
        first = _mm256_and_si256(first, _mm256_and_si256(_mm256_shuffle_epi8(t->lo[j][0], lo),
                                                         _mm256_shuffle_epi8(t->hi[j][0], hi)));
        if (!one_table)
            second = _mm256_and_si256(second, _mm256_and_si256(_mm256_shuffle_epi8(t->lo[j][1], lo),
                                                               _mm256_shuffle_epi8(t->hi[j][1], hi)));
        if (runs && j == 0)
            run = _mm256_and_si256(_mm256_shuffle_epi8(t->run_lo, lo), _mm256_shuffle_epi8(t->run_hi, hi));
    }
    if (runs) {
        *out_digit = (uint32_t)_mm256_movemask_epi8(_mm256_slli_epi16(run, 7));
        *out_join = (uint32_t)_mm256_movemask_epi8(_mm256_slli_epi16(run, 6));
    }
    __m256i any = one_table ? first : _mm256_or_si256(first, second);
    return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(any, _mm256_setzero_si256()));
}

AVX2 static inline __attribute__((always_inline)) void
scan256(const rd_program *p, bool one_table, bool runs, const uint8_t *b, uint32_t n_words, rd_masks out)
{
    tables256 t;
    load256(p, &t);
    for (uint32_t w = 0; w < n_words; w++, b += 64) {
        uint32_t digit[2] = {0}, join[2] = {0};
        uint64_t low = block256(&t, one_table, runs, b, &digit[0], &join[0]);
        uint64_t high = block256(&t, one_table, runs, b + 32, &digit[1], &join[1]);
        out.hit[w] = low | high << 32;
        if (runs) {
            out.digit[w] = digit[0] | (uint64_t)digit[1] << 32;
            out.join[w] = join[0] | (uint64_t)join[1] << 32;
        }
    }
}

/* A program of few windows needs half of the work. */
AVX2 void rd_scan_avx2(const rd_program *p, const uint8_t *b, uint32_t n_words, rd_masks out)
{
    if (p->one_table && p->min_run == 0)
        scan256(p, true, false, b, n_words, out);
    else
        scan256(p, false, true, b, n_words, out);
}

SSSE3 static inline __m128i load128(const uint8_t *t)
{
    return _mm_loadu_si128((const __m128i *)t);
}

SSSE3 static inline uint32_t block128(const rd_program *p, const uint8_t *b, uint32_t *out_digit,
                                      uint32_t *out_join)
{
    const __m128i low4 = _mm_set1_epi8(15);
    __m128i first = _mm_set1_epi8(-1), second = first, run = first;
    for (unsigned j = 0; j < RD_WINDOW_LEN; j++) {
        __m128i x = load128(b + j);
        __m128i lo = _mm_and_si128(x, low4), hi = _mm_and_si128(_mm_srli_epi16(x, 4), low4);
        first = _mm_and_si128(first, _mm_and_si128(_mm_shuffle_epi8(load128(p->lo[j][0]), lo),
                                                   _mm_shuffle_epi8(load128(p->hi[j][0]), hi)));
        second = _mm_and_si128(second, _mm_and_si128(_mm_shuffle_epi8(load128(p->lo[j][1]), lo),
                                                     _mm_shuffle_epi8(load128(p->hi[j][1]), hi)));
        if (j == 0)
            run = _mm_and_si128(_mm_shuffle_epi8(load128(p->run_lo), lo),
                                _mm_shuffle_epi8(load128(p->run_hi), hi));
    }
    *out_digit = (uint32_t)_mm_movemask_epi8(_mm_slli_epi16(run, 7));
    *out_join = (uint32_t)_mm_movemask_epi8(_mm_slli_epi16(run, 6));
    __m128i none = _mm_cmpeq_epi8(_mm_or_si128(first, second), _mm_setzero_si128());
    return ~(uint32_t)_mm_movemask_epi8(none) & 0xffff;
}

SSSE3 void rd_scan_ssse3(const rd_program *p, const uint8_t *b, uint32_t n_words, rd_masks out)
{
    for (uint32_t w = 0; w < n_words; w++, b += 64) {
        uint64_t hit = 0, digit = 0, join = 0;
        for (unsigned q = 0; q < 4; q++) {
            uint32_t d, j;
            hit |= (uint64_t)block128(p, b + 16 * q, &d, &j) << (16 * q);
            digit |= (uint64_t)d << (16 * q);
            join |= (uint64_t)j << (16 * q);
        }
        out.hit[w] = hit;
        out.digit[w] = digit;
        out.join[w] = join;
    }
}

rd_scan_fn rd_scan_best(void)
{
    if (__builtin_cpu_supports("avx2"))
        return rd_scan_avx2;
    return __builtin_cpu_supports("ssse3") ? rd_scan_ssse3 : rd_scan_plain;
}

#else

rd_scan_fn rd_scan_best(void)
{
    return rd_scan_plain;
}

#endif
