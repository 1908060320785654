/* SPDX-License-Identifier: MIT */
/*
 * The vector prefilter (after Hyperscan's Teddy, with codes for bytes instead of their nibbles). A block of
 * text is first turned into codes; then, for each byte of a window, its code selects by a shuffle the
 * buckets that take it; the AND over the window is not zero where one may start. See program.h for the
 * tables.
 */
#include "filters/detect/scan.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#define AVX2  __attribute__((target("avx2")))
#define SSE41 __attribute__((target("sse4.1")))

enum { BLOCK_WORDS = 16, BLOCK = BLOCK_WORDS * 64, VECTOR = 32 };

/* Of a block, and of what windows see behind it. */
typedef struct codes {
    uint8_t shape[BLOCK + VECTOR], letter[BLOCK + VECTOR];
} codes;

_Static_assert(RD_LETTER_GROUPS == 2 && RD_SHAPE_GROUPS == 2 && RD_LONG_GROUPS == 2, "as the passes have it");
_Static_assert(RD_SHORT == 4 && RD_LONG == 8, "as the passes have it");
_Static_assert(RD_ROWS == 6 && RD_LETTER_ROWS == 2, "as the passes have it");

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

AVX2 static inline void store256(uint8_t *to, __m256i x)
{
    _mm256_storeu_si256((__m256i *)to, x);
}

AVX2 static inline uint32_t signs256(__m256i x)
{
    return (uint32_t)_mm256_movemask_epi8(x);
}

/* What is more than zero has its sign set by that. */
AVX2 static inline uint32_t not_zero256(__m256i x)
{
    return signs256(_mm256_adds_epu8(x, _mm256_set1_epi8(0x7f)));
}

/* A vector is half a word. */
static inline void put_half(uint64_t *words, uint32_t half, uint32_t bits)
{
    memcpy((uint8_t *)words + sizeof bits * half, &bits, sizeof bits);
}

/* The tables about single bytes, in registers: what is written must not make the compiler load them anew. */
typedef struct rows256 {
    __m256i shapes[RD_ROWS], letters[RD_LETTER_ROWS], classes;
} rows256;

AVX2 static inline rows256 load_rows256(const rd_program *p)
{
    rows256 r;
    for (unsigned i = 0; i < RD_ROWS; i++)
        r.shapes[i] = twice(p->shapes[i]);
    for (unsigned i = 0; i < RD_LETTER_ROWS; i++)
        r.letters[i] = twice(p->letters[i]);
    r.classes = twice(p->classes);
    return r;
}

AVX2 static inline __m256i two_rows256(__m256i even, __m256i odd, __m256i x)
{
    return _mm256_blendv_epi8(_mm256_shuffle_epi8(even, x), _mm256_shuffle_epi8(odd, x), SIGN256(x, 3));
}

/* A shuffle makes zero of bytes from 0x80 on. */
AVX2 static inline __m256i shapes256(const rows256 *r, __m256i x)
{
    const __m256i zero = _mm256_setzero_si256();
    __m256i lower = SIGN256(x, 2);
    __m256i marks = two_rows256(r->shapes[0], r->shapes[1], x);
    __m256i capitals = two_rows256(r->shapes[2], r->shapes[3], x);
    __m256i small = two_rows256(r->shapes[4], r->shapes[5], x);
    marks = _mm256_blendv_epi8(zero, marks, lower);
    capitals = _mm256_blendv_epi8(capitals, small, lower);
    return _mm256_blendv_epi8(marks, capitals, SIGN256(x, 1));
}

AVX2 static inline __m256i letters256(const rows256 *r, __m256i x)
{
    return _mm256_blendv_epi8(_mm256_setzero_si256(), two_rows256(r->letters[0], r->letters[1], x),
                              SIGN256(x, 1));
}

/* Turns 32 bytes of text into codes; returns their shapes. */
AVX2 static inline __m256i encode256(const rows256 *r, __m256i x, bool letters, uint8_t *shape,
                                     uint8_t *letter)
{
    __m256i s = shapes256(r, x);
    store256(shape, s);
    if (letters)
        store256(letter, letters256(r, x));
    return s;
}

/* Encodes the words of a block, and what windows see behind it, and tells what is seen of single bytes.
 * `carry`: the byte before may end a key; returns that of the last one. */
AVX2 static inline uint32_t single_bytes256(const rd_program *p, const uint8_t *b, uint32_t n_words,
                                            bool small, uint32_t carry, codes *c, rd_masks out)
{
    const rows256 r = load_rows256(p);
    const __m256i tab = _mm256_set1_epi8('\t');
    for (uint32_t i = 0; i < 2 * n_words; i++) {
        uint32_t at = VECTOR * i;
        __m256i x = load256(b + at);
        __m256i k = _mm256_shuffle_epi8(r.classes, encode256(&r, x, !small, c->shape + at, c->letter + at));
        uint32_t token = signs256(SIGN256(k, 1)), in_key = token | signs256(x);
        uint32_t behind = signs256(_mm256_or_si256(SIGN256(k, 2), _mm256_cmpeq_epi8(x, tab)));
        put_half(out.hit_end, i, behind & (in_key << 1 | carry));
        carry = in_key >> 31;
        if (!small) {
            put_half(out.token, i, token);
            put_half(out.digit, i, signs256(k));
        }
    }
    (void)encode256(&r, _mm256_zextsi128_si256(_mm_loadl_epi64((const __m128i *)(b + 64 * n_words))), !small,
                    c->shape + 64 * n_words, c->letter + 64 * n_words);
    return carry;
}

/* The tables of two groups of four bytes each. */
typedef struct groups256 {
    __m256i first[RD_SHORT], second[RD_SHORT];
} groups256;

AVX2 static inline groups256 load_groups256(const rd_takes *first, const rd_takes *second)
{
    groups256 g;
    for (unsigned j = 0; j < RD_SHORT; j++) {
        g.first[j] = twice(first[j].by_code);
        g.second[j] = twice(second[j].by_code);
    }
    return g;
}

/* The buckets of `takes` that take the codes from `code` on. */
AVX2 static inline __m256i four256(const __m256i *takes, __m256i a, __m256i b, __m256i c, __m256i d)
{
    return _mm256_and_si256(
        _mm256_and_si256(_mm256_shuffle_epi8(takes[0], a), _mm256_shuffle_epi8(takes[1], b)),
        _mm256_and_si256(_mm256_shuffle_epi8(takes[2], c), _mm256_shuffle_epi8(takes[3], d)));
}

/* Where a window of either group may start: not zero. */
AVX2 static inline __m256i any256(const groups256 *g, const uint8_t *code)
{
    __m256i a = load256(code), b = load256(code + 1), c = load256(code + 2), d = load256(code + 3);
    return _mm256_or_si256(four256(g->first, a, b, c, d), four256(g->second, a, b, c, d));
}

/* One kind of tables after the other, so that they stay in registers over a block. */
AVX2 static inline void shorts256(const rd_program *p, const codes *c, uint32_t n_words, uint64_t *out)
{
    uint8_t seen[BLOCK];
    const groups256 letters = load_groups256(p->letter_filter[0], p->letter_filter[1]);
    for (uint32_t at = 0; at < 64 * n_words; at += VECTOR)
        store256(seen + at, any256(&letters, c->letter + at));
    const groups256 shapes = load_groups256(p->shape_filter[0], p->shape_filter[1]);
    for (uint32_t i = 0; i < 2 * n_words; i++)
        put_half(
            out, i,
            not_zero256(_mm256_or_si256(any256(&shapes, c->shape + VECTOR * i), load256(seen + VECTOR * i))));
}

AVX2 static inline __m256i eight256(const __m256i *takes, const uint8_t *shape)
{
    return _mm256_and_si256(
        four256(takes, load256(shape), load256(shape + 1), load256(shape + 2), load256(shape + 3)),
        four256(takes + 4, load256(shape + 4), load256(shape + 5), load256(shape + 6), load256(shape + 7)));
}

/* One group after the other, so that its tables stay in registers. */
AVX2 static inline void longs256(const rd_program *p, const uint8_t *shape, uint32_t n_words, uint64_t *out)
{
    uint8_t seen[BLOCK];
    __m256i takes[RD_LONG];
    for (unsigned j = 0; j < RD_LONG; j++)
        takes[j] = twice(p->long_filter[0][j].by_code);
    for (uint32_t at = 0; at < 64 * n_words; at += VECTOR)
        store256(seen + at, eight256(takes, shape + at));
    for (unsigned j = 0; j < RD_LONG; j++)
        takes[j] = twice(p->long_filter[1][j].by_code);
    for (uint32_t i = 0; i < 2 * n_words; i++)
        put_half(
            out, i,
            not_zero256(_mm256_or_si256(eight256(takes, shape + VECTOR * i), load256(seen + VECTOR * i))));
}

/* Of a small program. */
AVX2 static inline void small256(const rd_program *p, const uint8_t *shape, uint32_t n_words, uint64_t *out)
{
    const __m256i first = twice(p->shape_filter[0][0].by_code), second = twice(p->shape_filter[0][1].by_code);
    for (uint32_t i = 0; i < 2 * n_words; i++, shape += VECTOR)
        put_half(out, i,
                 not_zero256(_mm256_and_si256(_mm256_shuffle_epi8(first, load256(shape)),
                                              _mm256_shuffle_epi8(second, load256(shape + 1)))));
}

/* Of a program of literals. */
AVX2 static inline void literals256(const rd_program *p, const codes *c, uint32_t n_words, uint64_t *out)
{
    const groups256 g = load_groups256(p->shape_filter[0], p->letter_filter[0]);
    for (uint32_t i = 0; i < 2 * n_words; i++) {
        const uint8_t *s = c->shape + VECTOR * i, *l = c->letter + VECTOR * i;
        put_half(out, i,
                 not_zero256(_mm256_and_si256(
                     four256(g.first, load256(s), load256(s + 1), load256(s + 2), load256(s + 3)),
                     four256(g.second, load256(l), load256(l + 1), load256(l + 2), load256(l + 3)))));
    }
}

AVX2 static void scan_literals256(const rd_program *p, const uint8_t *b, uint32_t n_words, uint64_t *out)
{
    codes c;
    uint64_t unused[BLOCK_WORDS];
    for (uint32_t w = 0; w < n_words; w += BLOCK_WORDS) {
        uint32_t n = n_words - w < BLOCK_WORDS ? n_words - w : BLOCK_WORDS;
        (void)single_bytes256(p, b + 64 * w, n, false, 1, &c,
                              (rd_masks){.hit_end = unused, .digit = unused, .token = unused});
        literals256(p, &c, n, out + w);
    }
}

/* `small` is a constant at both calls. */
AVX2 static inline __attribute__((always_inline)) void scan256(const rd_program *p, const uint8_t *b,
                                                               uint32_t n_words, rd_masks out, bool small)
{
    codes c;
    uint32_t carry = 1; /* what stands before the first byte is not known */
    for (uint32_t w = 0; w < n_words; w += BLOCK_WORDS) {
        uint32_t n = n_words - w < BLOCK_WORDS ? n_words - w : BLOCK_WORDS;
        rd_masks to = {out.hit_end + w, out.hit_short + w, out.hit_long + w, out.digit + w, out.token + w};
        carry = single_bytes256(p, b + 64 * w, n, small, carry, &c, to);
        if (small) {
            small256(p, c.shape, n, to.hit_short);
        } else {
            shorts256(p, &c, n, to.hit_short);
            longs256(p, c.shape, n, to.hit_long);
        }
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
    __m128i letters = two_rows128(p->letters[0], p->letters[1], x);
    _mm_storeu_si128((__m128i *)letter, _mm_blendv_epi8(zero, letters, upper));
}

SSE41 static inline uint32_t not_zero128(__m128i x)
{
    return ~(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_setzero_si128())) & 0xffff;
}

/* Which of the bytes whose classes these are have the class whose bit is 7 - `by`? */
SSE41 static inline uint32_t is128(__m128i classes, int by)
{
    return (uint32_t)_mm_movemask_epi8(_mm_slli_epi16(classes, by));
}

/* The buckets that take the `n` codes from `code` on. */
SSE41 static inline __m128i takes128(const rd_takes *takes, unsigned n, const uint8_t *code)
{
    __m128i x = _mm_set1_epi8(-1);
    for (unsigned j = 0; j < n; j++)
        x = _mm_and_si128(x, _mm_shuffle_epi8(load128(takes[j].by_code), load128(code + j)));
    return x;
}

SSE41 static inline __m128i shorts128(const rd_program *p, const uint8_t *shape, const uint8_t *letter)
{
    if (p->small)
        return takes128(p->shape_filter[0], RD_SMALL, shape);
    __m128i letters = takes128(p->letter_filter[0], RD_SHORT, letter);
    __m128i shapes = takes128(p->shape_filter[0], RD_SHORT, shape);
    if (p->literals)
        return _mm_and_si128(letters, shapes);
    letters = _mm_or_si128(letters, takes128(p->letter_filter[1], RD_SHORT, letter));
    shapes = _mm_or_si128(shapes, takes128(p->shape_filter[1], RD_SHORT, shape));
    return _mm_or_si128(letters, shapes);
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
            __m128i raw = load128(b + q), tab = _mm_cmpeq_epi8(raw, _mm_set1_epi8('\t'));
            __m128i classes = _mm_shuffle_epi8(load128(p->classes), load128(c.shape + q));
            behind |= (uint64_t)(is128(classes, 2) | (uint32_t)_mm_movemask_epi8(tab)) << q;
            high |= (uint64_t)(uint32_t)_mm_movemask_epi8(raw) << q;
            shorts |= (uint64_t)not_zero128(shorts128(p, c.shape + q, c.letter + q)) << q;
            longs |= (uint64_t)not_zero128(_mm_or_si128(takes128(p->long_filter[0], RD_LONG, c.shape + q),
                                                        takes128(p->long_filter[1], RD_LONG, c.shape + q)))
                     << q;
            digit |= (uint64_t)is128(classes, 0) << q;
            token |= (uint64_t)is128(classes, 1) << q;
        }
        out.hit_short[w] = shorts;
        if (p->literals)
            continue;
        out.hit_end[w] = behind & ((token | high) << 1 | carry);
        carry = (token | high) >> 63;
        if (p->small)
            continue;
        out.hit_long[w] = longs;
        out.digit[w] = digit;
        out.token[w] = token;
    }
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}

static bool has_wide(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2");
}

unsigned rd_scan_variants(rd_scan_fn out[RD_SCAN_VARIANTS])
{
    unsigned n = 0;
    if (has_wide())
        out[n++] = rd_scan_avx512;
    if (has_avx2())
        out[n++] = rd_scan_avx2;
    if (__builtin_cpu_supports("sse4.1"))
        out[n++] = rd_scan_sse41;
    out[n++] = rd_scan_plain;
    return n;
}

#else

unsigned rd_scan_variants(rd_scan_fn out[RD_SCAN_VARIANTS])
{
    out[0] = rd_scan_plain;
    return 1;
}

#endif

rd_scan_fn rd_scan_best(void)
{
    rd_scan_fn variants[RD_SCAN_VARIANTS];
    (void)rd_scan_variants(variants);
    return variants[0];
}
