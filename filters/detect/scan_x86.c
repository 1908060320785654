/* SPDX-License-Identifier: MIT */
/*
 * The vector prefilter (after Hyperscan's Teddy, with codes for bytes instead of their nibbles). A block of
 * text is first turned into codes; then, for each byte of a window, the codes select by a shuffle each the
 * buckets that take it; the AND over the window is not zero where one may start. See program.h for the
 * tables.
 */
#include "filters/detect/scan.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define AVX2  __attribute__((target("avx2")))
#define SSE41 __attribute__((target("sse4.1")))

enum { BLOCK_WORDS = 16, BLOCK = BLOCK_WORDS * 64, VECTOR = 32 };

/* Of a block, and of what windows see behind it. */
typedef struct codes {
    uint8_t shape[BLOCK + VECTOR], letter[BLOCK + VECTOR];
} codes;

_Static_assert(RD_SHORT_GROUPS == 2 && RD_LONG_GROUPS == 1, "as the passes have it");
_Static_assert(RD_ROWS == 6 && RD_LETTER_ROWS == 2 && RD_LONG <= 8, "as the passes have it");

/* ---- AVX2 ---- */

/* The sign of a byte after this shift is its bit 7 - `by`, whatever comes in from its neighbour. */
#define SIGN256(x, by) _mm256_slli_epi16(x, by)

AVX2 static inline __m256i twice(const uint8_t *t)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)t));
}

AVX2 static inline __m256i load256(const uint8_t *b)
{
    return _mm256_loadu_si256((const __m256i *)b);
}

AVX2 static inline __m256i two_rows256(const uint8_t *a, const uint8_t *b, __m256i x)
{
    __m256i odd = SIGN256(x, 3);
    return _mm256_blendv_epi8(_mm256_shuffle_epi8(twice(a), x), _mm256_shuffle_epi8(twice(b), x), odd);
}

/* A shuffle makes zero of bytes from 0x80 on. */
AVX2 static inline __m256i shapes256(const rd_program *p, __m256i x)
{
    const __m256i zero = _mm256_setzero_si256();
    __m256i lower = SIGN256(x, 2);
    __m256i marks = two_rows256(p->shapes[0], p->shapes[1], x);
    __m256i capitals = two_rows256(p->shapes[2], p->shapes[3], x);
    __m256i small = two_rows256(p->shapes[4], p->shapes[5], x);
    marks = _mm256_blendv_epi8(zero, marks, lower);
    capitals = _mm256_blendv_epi8(capitals, small, lower);
    return _mm256_blendv_epi8(marks, capitals, SIGN256(x, 1));
}

AVX2 static inline __m256i letters256(const rd_program *p, __m256i x)
{
    __m256i words = two_rows256(p->letters[0], p->letters[1], x);
    words = _mm256_blendv_epi8(_mm256_setzero_si256(), words, SIGN256(x, 1));
    return _mm256_blendv_epi8(words, _mm256_and_si256(x, _mm256_set1_epi8(15)), x);
}

AVX2 static inline void store256(uint8_t *to, __m256i x)
{
    _mm256_storeu_si256((__m256i *)to, x);
}

AVX2 static inline void fill256(const rd_program *p, const uint8_t *b, uint32_t n, bool letters, codes *c)
{
    __m256i behind = _mm256_zextsi128_si256(_mm_loadl_epi64((const __m128i *)(b + n)));
    for (uint32_t i = 0; i < n; i += VECTOR)
        store256(c->shape + i, shapes256(p, load256(b + i)));
    store256(c->shape + n, shapes256(p, behind));
    if (!letters)
        return;
    for (uint32_t i = 0; i < n; i += VECTOR)
        store256(c->letter + i, letters256(p, load256(b + i)));
    store256(c->letter + n, letters256(p, behind));
}

AVX2 static inline uint64_t signs256(__m256i low, __m256i high)
{
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

AVX2 static inline uint64_t not_zero256(__m256i low, __m256i high)
{
    const __m256i zero = _mm256_setzero_si256();
    return ~signs256(_mm256_cmpeq_epi8(low, zero), _mm256_cmpeq_epi8(high, zero));
}

/* Two vectors in a row: the 64 bytes of a word. */
typedef struct pair256 {
    __m256i low, high;
} pair256;

AVX2 static inline pair256 load_pair256(const uint8_t *b)
{
    return (pair256){load256(b), load256(b + VECTOR)};
}

AVX2 static inline pair256 look_up256(const uint8_t *table, pair256 x)
{
    __m256i t = twice(table);
    return (pair256){_mm256_shuffle_epi8(t, x.low), _mm256_shuffle_epi8(t, x.high)};
}

/* Narrows `buckets` to those that take the codes `x`. */
AVX2 static inline pair256 narrow256(pair256 buckets, const uint8_t *table, pair256 x)
{
    pair256 takes = look_up256(table, x);
    return (pair256){_mm256_and_si256(buckets.low, takes.low), _mm256_and_si256(buckets.high, takes.high)};
}

AVX2 static inline uint64_t is256(const uint8_t *by_shape, pair256 shape)
{
    pair256 x = look_up256(by_shape, shape);
    return signs256(x.low, x.high);
}

AVX2 static inline uint64_t any256(pair256 x)
{
    return not_zero256(x.low, x.high);
}

/* What may follow a key, or belongs to it. */
AVX2 static inline uint64_t behind256(const rd_program *p, pair256 raw, pair256 shape)
{
    const __m256i tab = _mm256_set1_epi8('\t');
    pair256 x = look_up256(p->behind, shape);
    return signs256(_mm256_or_si256(x.low, _mm256_cmpeq_epi8(raw.low, tab)),
                    _mm256_or_si256(x.high, _mm256_cmpeq_epi8(raw.high, tab)));
}

/* Where windows may start in the word of which `shape` and `letter` are the codes. Byte by byte for all
 * groups, so that codes are loaded once and everything stays in registers. */
AVX2 static inline void windows256(const rd_program *p, const uint8_t *shape, const uint8_t *letter,
                                   uint64_t *out_short, uint64_t *out_long)
{
    const __m256i ones = _mm256_set1_epi8(-1);
    pair256 first = {ones, ones}, second = first, longs = first;
#pragma GCC unroll 4
    for (unsigned j = 0; j < RD_SHORT; j++) {
        pair256 s = load_pair256(shape + j), l = load_pair256(letter + j);
        first = narrow256(narrow256(first, p->filter[0][j].shape, s), p->filter[0][j].letter, l);
        second = narrow256(narrow256(second, p->filter[1][j].shape, s), p->filter[1][j].letter, l);
        longs = narrow256(longs, p->filter[RD_SHORT_GROUPS][j].shape, s);
    }
    *out_short =
        not_zero256(_mm256_or_si256(first.low, second.low), _mm256_or_si256(first.high, second.high));
#pragma GCC unroll 4
    for (unsigned j = RD_SHORT; j < RD_LONG; j++)
        longs = narrow256(longs, p->filter[RD_SHORT_GROUPS][j].shape, load_pair256(shape + j));
    *out_long = any256(longs);
}

/* The same of a small program. */
AVX2 static inline uint64_t small_windows256(const rd_program *p, const uint8_t *shape)
{
    const __m256i ones = _mm256_set1_epi8(-1);
    pair256 buckets = {ones, ones};
#pragma GCC unroll 2
    for (unsigned j = 0; j < RD_SMALL; j++)
        buckets = narrow256(buckets, p->filter[0][j].shape, load_pair256(shape + j));
    return any256(buckets);
}

/* The same of a program of literals. */
AVX2 static inline uint64_t literals256(const rd_program *p, const uint8_t *shape, const uint8_t *letter)
{
    const __m256i ones = _mm256_set1_epi8(-1);
    pair256 x = {ones, ones};
#pragma GCC unroll 4
    for (unsigned j = 0; j < RD_SHORT; j++) {
        x = narrow256(x, p->filter[0][j].shape, load_pair256(shape + j));
        x = narrow256(x, p->filter[0][j].letter, load_pair256(letter + j));
    }
    return any256(x);
}

AVX2 static void scan_literals256(const rd_program *p, const uint8_t *b, uint32_t n_words, uint64_t *out)
{
    codes c;
    for (uint32_t w = 0; w < n_words; w++, b += 64) {
        uint32_t at = 64 * (w % BLOCK_WORDS), left = n_words - w;
        if (at == 0)
            fill256(p, b, 64 * (left < BLOCK_WORDS ? left : BLOCK_WORDS), true, &c);
        out[w] = literals256(p, c.shape + at, c.letter + at);
    }
}

/* `small` is a constant at both calls. */
AVX2 static inline __attribute__((always_inline)) void scan256(const rd_program *p, const uint8_t *b,
                                                               uint32_t n_words, rd_masks out, bool small)
{
    codes c;
    uint64_t carry = 1; /* what stands before the first byte is not known */
    for (uint32_t w = 0; w < n_words; w++, b += 64) {
        uint32_t at = 64 * (w % BLOCK_WORDS), left = n_words - w;
        if (at == 0)
            fill256(p, b, 64 * (left < BLOCK_WORDS ? left : BLOCK_WORDS), !small, &c);
        pair256 raw = load_pair256(b), shape = load_pair256(c.shape + at);
        uint64_t token = is256(p->token, shape), in_key = token | signs256(raw.low, raw.high);
        out.hit_end[w] = behind256(p, raw, shape) & (in_key << 1 | carry);
        carry = in_key >> 63;
        if (small) {
            out.hit_short[w] = small_windows256(p, c.shape + at);
            continue;
        }
        out.token[w] = token;
        out.digit[w] = is256(p->digit, shape);
        windows256(p, c.shape + at, c.letter + at, &out.hit_short[w], &out.hit_long[w]);
    }
}

AVX2 void rd_scan_avx2(const rd_program *p, const uint8_t *b, uint32_t n_words, rd_masks out)
{
    if (p->literals)
        scan_literals256(p, b, n_words, out.hit_short);
    else if (p->small)
        scan256(p, b, n_words, out, true);
    else
        scan256(p, b, n_words, out, false);
}

/* ---- SSE 4.1: the same, 16 bytes at once ---- */

SSE41 static inline __m128i load128(const uint8_t *t)
{
    return _mm_loadu_si128((const __m128i *)t);
}

SSE41 static inline __m128i two_rows128(const uint8_t *a, const uint8_t *b, __m128i x)
{
    return _mm_blendv_epi8(_mm_shuffle_epi8(load128(a), x), _mm_shuffle_epi8(load128(b), x),
                           _mm_slli_epi16(x, 3));
}

SSE41 static inline void codes_of128(const rd_program *p, __m128i x, uint8_t *shape, uint8_t *letter)
{
    const __m128i zero = _mm_setzero_si128();
    __m128i lower = _mm_slli_epi16(x, 2), upper = _mm_slli_epi16(x, 1);
    __m128i marks = _mm_blendv_epi8(zero, two_rows128(p->shapes[0], p->shapes[1], x), lower);
    __m128i words = _mm_blendv_epi8(two_rows128(p->shapes[2], p->shapes[3], x),
                                    two_rows128(p->shapes[4], p->shapes[5], x), lower);
    _mm_storeu_si128((__m128i *)shape, _mm_blendv_epi8(marks, words, upper));
    __m128i letters = _mm_blendv_epi8(zero, two_rows128(p->letters[0], p->letters[1], x), upper);
    letters = _mm_blendv_epi8(letters, _mm_and_si128(x, _mm_set1_epi8(15)), x);
    _mm_storeu_si128((__m128i *)letter, letters);
}

SSE41 static inline uint32_t not_zero128(__m128i x)
{
    return ~(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_setzero_si128())) & 0xffff;
}

SSE41 static inline uint32_t is128(const uint8_t *by_shape, __m128i shape)
{
    return (uint32_t)_mm_movemask_epi8(_mm_shuffle_epi8(load128(by_shape), shape));
}

SSE41 static inline __m128i short_group128(const rd_takes *t, const uint8_t *shape, const uint8_t *letter)
{
    __m128i x = _mm_set1_epi8(-1);
    for (unsigned j = 0; j < RD_SHORT; j++) {
        __m128i s = _mm_shuffle_epi8(load128(t[j].shape), load128(shape + j));
        __m128i l = _mm_shuffle_epi8(load128(t[j].letter), load128(letter + j));
        x = _mm_and_si128(x, _mm_and_si128(s, l));
    }
    return x;
}

SSE41 static inline __m128i shapes128(const rd_takes *t, unsigned n, const uint8_t *shape)
{
    __m128i x = _mm_set1_epi8(-1);
    for (unsigned j = 0; j < n; j++)
        x = _mm_and_si128(x, _mm_shuffle_epi8(load128(t[j].shape), load128(shape + j)));
    return x;
}

SSE41 static inline __m128i shorts128(const rd_program *p, const uint8_t *shape, const uint8_t *letter)
{
    if (p->small)
        return shapes128(p->filter[0], RD_SMALL, shape);
    return _mm_or_si128(short_group128(p->filter[0], shape, letter),
                        short_group128(p->filter[1], shape, letter));
}

SSE41 static inline void fill128(const rd_program *p, const uint8_t *b, codes *c)
{
    for (uint32_t i = 0; i < 64; i += 16)
        codes_of128(p, load128(b + i), c->shape + i, c->letter + i);
    codes_of128(p, _mm_loadl_epi64((const __m128i *)(b + 64)), c->shape + 64, c->letter + 64);
}

SSE41 void rd_scan_sse41(const rd_program *p, const uint8_t *b, uint32_t n_words, rd_masks out)
{
    codes c;
    uint64_t carry = 1; /* what stands before the first byte is not known */
    for (uint32_t w = 0; w < n_words; w++, b += 64) {
        uint64_t behind = 0, high = 0, shorts = 0, longs = 0, digit = 0, token = 0;
        fill128(p, b, &c);
        for (unsigned q = 0; q < 64; q += 16) {
            __m128i raw = load128(b + q), shape = load128(c.shape + q);
            __m128i tab = _mm_cmpeq_epi8(raw, _mm_set1_epi8('\t'));
            __m128i x = shorts128(p, c.shape + q, c.letter + q);
            behind |= (uint64_t)(is128(p->behind, shape) | (uint32_t)_mm_movemask_epi8(tab)) << q;
            high |= (uint64_t)(uint32_t)_mm_movemask_epi8(raw) << q;
            shorts |= (uint64_t)not_zero128(x) << q;
            longs |= (uint64_t)not_zero128(shapes128(p->filter[RD_SHORT_GROUPS], RD_LONG, c.shape + q)) << q;
            digit |= (uint64_t)is128(p->digit, shape) << q;
            token |= (uint64_t)is128(p->token, shape) << q;
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
    return __builtin_cpu_supports("sse4.1") ? rd_scan_sse41 : rd_scan_plain;
}

#else

rd_scan_fn rd_scan_best(void)
{
    return rd_scan_plain;
}

#endif
