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

AVX2 static inline pair256 either256(const pair256 *x, const pair256 *y)
{
    return (pair256){_mm256_or_si256(x->a, y->a), _mm256_or_si256(x->b, y->b)};
}

AVX2 static inline uint64_t signs256(const pair256 *x)
{
    return (uint32_t)_mm256_movemask_epi8(x->a) | (uint64_t)(uint32_t)_mm256_movemask_epi8(x->b) << 32;
}

AVX2 static inline pair256 both256(const pair256 *x, __m256i y)
{
    return (pair256){_mm256_and_si256(x->a, y), _mm256_and_si256(x->b, y)};
}

_Static_assert(RD_SHORT_GROUPS == 2 && RD_LONG_GROUPS == 1, "as the passes have it");

/* `small` is a constant at both calls. */
AVX2 static inline __attribute__((always_inline)) void scan256(const rd_program *p, const uint8_t *b,
                                                               uint32_t n_words, rd_masks out, bool small)
{
    const __m256i low4 = _mm256_set1_epi8(15), ones = _mm256_set1_epi8(-1), tick = _mm256_set1_epi8('`');
    const unsigned n_bytes = small ? RD_SHORT : RD_LONG;
    uint64_t carry = 1; /* what stands before the first byte is not known */
    for (uint32_t w = 0; w < n_words; w++, b += 64) {
        pair256 first = {ones, ones}, second = first, longs = first, kind = first, raw = first, ticks = first;
#pragma GCC unroll 8
        for (unsigned j = 0; j < n_bytes; j++) {
            __m256i x = _mm256_loadu_si256((const __m256i *)(b + j)),
                    y = _mm256_loadu_si256((const __m256i *)(b + j + 32));
            pair256 lo = {_mm256_and_si256(x, low4), _mm256_and_si256(y, low4)};
            pair256 hi = {_mm256_and_si256(_mm256_srli_epi16(x, 4), low4),
                          _mm256_and_si256(_mm256_srli_epi16(y, 4), low4)};
            if (j < RD_SHORT)
                narrow256(&first, &p->filter[0][j], &lo, &hi);
            if (j < RD_SHORT && !small)
                narrow256(&second, &p->filter[1][j], &lo, &hi);
            if (!small)
                narrow256(&longs, &p->filter[RD_SHORT_GROUPS][j], &lo, &hi);
            if (j == 0) {
                narrow256(&kind, &p->kinds, &lo, &hi);
                raw = (pair256){x, y};
                ticks = (pair256){_mm256_cmpeq_epi8(x, tick), _mm256_cmpeq_epi8(y, tick)};
            }
        }
        pair256 runs = both256(&kind, _mm256_set1_epi8(RD_KIND_RUN)),
                behind = both256(&kind, _mm256_set1_epi8((char)RD_KIND_BEHIND));
        behind = either256(&behind, &ticks);
        uint64_t token = not_zero256(&runs), in_key = token | signs256(&raw);
        out.hit_end[w] = not_zero256(&behind) & (in_key << 1 | carry);
        carry = in_key >> 63;
        if (small) {
            out.hit_short[w] = not_zero256(&first);
            continue;
        }
        first = either256(&first, &second);
        out.hit_short[w] = not_zero256(&first);
        out.hit_long[w] = not_zero256(&longs);
        out.token[w] = token;
        kind.a = _mm256_slli_epi16(kind.a, 7); /* the digits' bit to the sign */
        kind.b = _mm256_slli_epi16(kind.b, 7);
        out.digit[w] = signs256(&kind);
    }
}

AVX2 void rd_scan_avx2(const rd_program *p, const uint8_t *b, uint32_t n_words, rd_masks out)
{
    if (p->small)
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

/* The hits of the groups of 16 bytes, and what the bytes are. */
typedef struct block128 {
    __m128i group[RD_GROUPS], kind, raw;
} block128;

SSSE3 static inline block128 narrow128(const rd_program *p, const uint8_t *b)
{
    const __m128i low4 = _mm_set1_epi8(15), ones = _mm_set1_epi8(-1);
    block128 x = {.raw = load128(b)};
    for (unsigned g = 0; g < RD_GROUPS; g++)
        x.group[g] = ones;
#pragma GCC unroll 8
    for (unsigned j = 0; j < RD_LONG; j++) {
        __m128i c = load128(b + j);
        __m128i lo = _mm_and_si128(c, low4), hi = _mm_and_si128(_mm_srli_epi16(c, 4), low4);
        for (unsigned g = j < RD_SHORT ? 0 : RD_SHORT_GROUPS; g < RD_GROUPS; g++)
            x.group[g] = _mm_and_si128(x.group[g], select128(&p->filter[g][j], lo, hi));
        if (j == 0)
            x.kind = select128(&p->kinds, lo, hi);
    }
    return x;
}

SSSE3 static inline uint32_t behind128(const block128 *x)
{
    __m128i tick = _mm_cmpeq_epi8(x->raw, _mm_set1_epi8('`'));
    return not_zero128(_mm_or_si128(_mm_and_si128(x->kind, _mm_set1_epi8((char)RD_KIND_BEHIND)), tick));
}

SSSE3 void rd_scan_ssse3(const rd_program *p, const uint8_t *b, uint32_t n_words, rd_masks out)
{
    uint64_t carry = 1; /* what stands before the first byte is not known */
    for (uint32_t w = 0; w < n_words; w++, b += 64) {
        uint64_t behind = 0, high = 0, shorts = 0, longs = 0, digit = 0, token = 0;
        for (unsigned q = 0; q < 64; q += 16) {
            block128 x = narrow128(p, b + q);
            behind |= (uint64_t)behind128(&x) << q;
            high |= (uint64_t)(uint32_t)_mm_movemask_epi8(x.raw) << q;
            shorts |= (uint64_t)not_zero128(_mm_or_si128(x.group[0], x.group[1])) << q;
            longs |= (uint64_t)not_zero128(x.group[RD_SHORT_GROUPS]) << q;
            digit |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_slli_epi16(x.kind, 7)) << q;
            token |= (uint64_t)not_zero128(_mm_and_si128(x.kind, _mm_set1_epi8(RD_KIND_RUN))) << q;
        }
        out.hit_end[w] = behind & ((token | high) << 1 | carry);
        carry = (token | high) >> 63;
        out.hit_short[w] = shorts;
        if (p->small)
            continue;
        out.hit_long[w] = longs;
        out.digit[w] = digit;
        out.token[w] = token;
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
