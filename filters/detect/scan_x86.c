/* SPDX-License-Identifier: MIT */
/*
 * The vector prefilter (the idea of Hyperscan's Teddy): for each byte of a window the low and the high nibble
 * of the text's byte select, by one shuffle each, the buckets that take it; the AND over the window is not
 * zero where one may start. See program.h for the tables.
 */
#include "filters/detect/scan.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define AVX2  __attribute__((target("avx2")))
#define SSSE3 __attribute__((target("ssse3")))

typedef struct block {
    uint32_t hit_short, hit_long, digit, token;
} block;

AVX2 static inline __m256i twice(const uint8_t *t)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)t));
}

/* Both halves of 64 bytes at once, so that every table is loaded once. */
typedef struct pair256 {
    __m256i a, b;
} pair256;

AVX2 static inline void narrow256(pair256 *acc, const rd_nibbles *t, const pair256 *lo, const pair256 *hi)
{
    __m256i t_lo = twice(t->lo), t_hi = twice(t->hi);
    acc->a = _mm256_and_si256(
        acc->a, _mm256_and_si256(_mm256_shuffle_epi8(t_lo, lo->a), _mm256_shuffle_epi8(t_hi, hi->a)));
    acc->b = _mm256_and_si256(
        acc->b, _mm256_and_si256(_mm256_shuffle_epi8(t_lo, lo->b), _mm256_shuffle_epi8(t_hi, hi->b)));
}

AVX2 static inline uint64_t not_zero256(const pair256 *x)
{
    const __m256i zero = _mm256_setzero_si256();
    uint32_t low = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x->a, zero));
    uint32_t high = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x->b, zero));
    return ~(low | (uint64_t)high << 32);
}

AVX2 static inline uint64_t any256(const pair256 *groups, unsigned n)
{
    pair256 x = groups[0];
    for (unsigned g = 1; g < n; g++) {
        x.a = _mm256_or_si256(x.a, groups[g].a);
        x.b = _mm256_or_si256(x.b, groups[g].b);
    }
    return not_zero256(&x);
}

/* `all`: false when the program has only short windows that are no endings of keys. A constant at both calls.
 */
AVX2 static inline __attribute__((always_inline)) void scan256(const rd_program *p, const uint8_t *b,
                                                               uint32_t n_words, rd_masks out, bool all)
{
    const __m256i low4 = _mm256_set1_epi8(15), ones = _mm256_set1_epi8(-1);
    for (uint32_t w = 0; w < n_words; w++, b += 64) {
        pair256 group[RD_GROUPS], run = {ones, ones};
        for (unsigned g = 0; g < RD_GROUPS; g++)
            group[g] = run;
#pragma GCC unroll 8
        for (unsigned j = 0; j < RD_LONG; j++) {
            if (!all && j >= RD_SHORT)
                continue;
            __m256i x = _mm256_loadu_si256((const __m256i *)(b + j)),
                    y = _mm256_loadu_si256((const __m256i *)(b + j + 32));
            pair256 lo = {_mm256_and_si256(x, low4), _mm256_and_si256(y, low4)};
            pair256 hi = {_mm256_and_si256(_mm256_srli_epi16(x, 4), low4),
                          _mm256_and_si256(_mm256_srli_epi16(y, 4), low4)};
#pragma GCC unroll 8
            for (unsigned g = 0; g < RD_GROUPS; g++) {
                bool short_group = g < RD_SHORT_GROUPS, ending_group = g < RD_ENDING_GROUPS;
                if (all ? !short_group || j < RD_SHORT : short_group && !ending_group)
                    narrow256(&group[g], &p->filter[g][j], &lo, &hi);
            }
            if (j == 0 && all)
                narrow256(&run, &p->runs, &lo, &hi);
        }
        unsigned first = all ? 0 : RD_ENDING_GROUPS;
        out.hit_short[w] = any256(group + first, RD_SHORT_GROUPS - first);
        out.hit_long[w] = all ? any256(group + RD_SHORT_GROUPS, RD_LONG_GROUPS) : 0;
        out.token[w] = all ? not_zero256(&run) : 0;
        run.a = _mm256_slli_epi16(run.a, 7);
        run.b = _mm256_slli_epi16(run.b, 7);
        out.digit[w] = (uint32_t)_mm256_movemask_epi8(run.a) | (uint64_t)(uint32_t)_mm256_movemask_epi8(run.b)
                                                                   << 32;
        if (!all)
            out.digit[w] = 0;
    }
}

AVX2 void rd_scan_avx2(const rd_program *p, const uint8_t *b, uint32_t n_words, rd_masks out)
{
    if (p->n_long > 0 || p->digit_run > 0 || p->token_run > 0 || p->has_endings)
        scan256(p, b, n_words, out, true);
    else
        scan256(p, b, n_words, out, false);
}

SSSE3 static inline __m128i load128(const uint8_t *t)
{
    return _mm_loadu_si128((const __m128i *)t);
}

SSSE3 static inline __m128i select128(const rd_nibbles *t, __m128i lo, __m128i hi)
{
    return _mm_and_si128(_mm_shuffle_epi8(load128(t->lo), lo), _mm_shuffle_epi8(load128(t->hi), hi));
}

SSSE3 static inline uint32_t not_zero128(__m128i x)
{
    return ~(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_setzero_si128())) & 0xffff;
}

SSSE3 static inline block block128(const rd_program *p, const uint8_t *b)
{
    const __m128i low4 = _mm_set1_epi8(15), ones = _mm_set1_epi8(-1);
    __m128i group[RD_GROUPS], run = ones;
    for (unsigned g = 0; g < RD_GROUPS; g++)
        group[g] = ones;
#pragma GCC unroll 8
    for (unsigned j = 0; j < RD_LONG; j++) {
        __m128i x = load128(b + j);
        __m128i lo = _mm_and_si128(x, low4), hi = _mm_and_si128(_mm_srli_epi16(x, 4), low4);
        for (unsigned g = j < RD_SHORT ? 0 : RD_SHORT_GROUPS; g < RD_GROUPS; g++)
            group[g] = _mm_and_si128(group[g], select128(&p->filter[g][j], lo, hi));
        if (j == 0)
            run = select128(&p->runs, lo, hi);
    }
    __m128i shorts = group[0], longs = group[RD_SHORT_GROUPS];
    for (unsigned g = 1; g < RD_SHORT_GROUPS; g++)
        shorts = _mm_or_si128(shorts, group[g]);
    for (unsigned g = RD_SHORT_GROUPS + 1; g < RD_GROUPS; g++)
        longs = _mm_or_si128(longs, group[g]);
    return (block){not_zero128(shorts), not_zero128(longs),
                   (uint32_t)_mm_movemask_epi8(_mm_slli_epi16(run, 7)), not_zero128(run)};
}

SSSE3 void rd_scan_ssse3(const rd_program *p, const uint8_t *b, uint32_t n_words, rd_masks out)
{
    for (uint32_t w = 0; w < n_words; w++, b += 64) {
        out.hit_short[w] = out.hit_long[w] = out.digit[w] = out.token[w] = 0;
        for (unsigned q = 0; q < 4; q++) {
            block x = block128(p, b + 16 * q);
            out.hit_short[w] |= (uint64_t)x.hit_short << (16 * q);
            out.hit_long[w] |= (uint64_t)x.hit_long << (16 * q);
            out.digit[w] |= (uint64_t)x.digit << (16 * q);
            out.token[w] |= (uint64_t)x.token << (16 * q);
        }
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
