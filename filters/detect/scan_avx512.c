/* SPDX-License-Identifier: MIT */
/*
 * The vector prefilter for CPUs that look up 64 bytes by a table of 64 (AVX-512 VBMI): codes are as fine as
 * nearly all windows need, and the masks come out of comparisons as they are. Otherwise as scan_x86.c.
 */
#include "filters/detect/scan.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define WIDE __attribute__((target(RD_WIDE_TARGET)))

enum { VECTOR = 64, BLOCK_WORDS = 16 };

_Static_assert(RD_WIDE_GROUPS == 4 && RD_LONG_GROUPS == 2 && RD_SHORT == 4 && RD_LONG == 8,
               "as the passes have it");

/* Of a block, and of what windows see behind it. */
typedef uint8_t codes[BLOCK_WORDS * VECTOR + VECTOR];

typedef struct coder {
    __m512i low, high, utf8; /* codes of the two halves of ASCII */
} coder;

WIDE static inline __m512i load(const uint8_t *b)
{
    return _mm512_loadu_si512(b);
}

WIDE static inline coder load_coder(const rd_wide *w)
{
    return (coder){load(w->code_of), load(w->code_of + VECTOR), _mm512_set1_epi8(RD_WIDE_UTF8)};
}

WIDE static inline __m512i encode(const coder *c, __m512i x)
{
    return _mm512_mask_mov_epi8(_mm512_permutex2var_epi8(c->low, x, c->high), _mm512_movepi8_mask(x),
                                c->utf8);
}

/* Encodes the words of a block, and what windows see behind it, and tells what is seen of single bytes.
 * `carry`: the byte before may end a key; returns that of the last one. */
WIDE static inline uint64_t single_bytes(const rd_program *p, const uint8_t *b, uint32_t n_words,
                                         uint64_t carry, uint8_t *to, rd_masks out)
{
    const coder c = load_coder(&p->wide);
    const __m512i classes = load(p->wide.classes);
    const __m512i is_behind = _mm512_set1_epi8(RD_IS_BEHIND), is_in_key = _mm512_set1_epi8(RD_IS_IN_KEY);
    const __m512i is_token = _mm512_set1_epi8(RD_IS_TOKEN);
    for (uint32_t i = 0; i < n_words; i++) {
        __m512i code = encode(&c, load(b + VECTOR * i)), k = _mm512_permutexvar_epi8(code, classes);
        uint64_t in_key = _mm512_test_epi8_mask(k, is_in_key);
        _mm512_storeu_si512(to + VECTOR * i, code);
        out.hit_end[i] = _mm512_test_epi8_mask(k, is_behind) & (in_key << 1 | carry);
        carry = in_key >> 63;
        out.token[i] = _mm512_test_epi8_mask(k, is_token);
        out.digit[i] = _mm512_movepi8_mask(k);
    }
    __m512i behind = _mm512_maskz_loadu_epi8((1U << RD_LONG) - 1, b + VECTOR * n_words);
    _mm512_storeu_si512(to + VECTOR * n_words, encode(&c, behind));
    return carry;
}

/* Tables of a few positions, in registers: what is written must not make the compiler load them anew. */
typedef struct group {
    __m512i at[RD_SHORT];
} group;

WIDE static inline group load_group(const rd_wide_takes *takes)
{
    return (group){
        {load(takes[0].by_code), load(takes[1].by_code), load(takes[2].by_code), load(takes[3].by_code)}};
}

/* The buckets that take the codes. */
WIDE static inline __m512i four(const group *g, __m512i a, __m512i b, __m512i c, __m512i d)
{
    return _mm512_and_si512(
        _mm512_and_si512(_mm512_permutexvar_epi8(a, g->at[0]), _mm512_permutexvar_epi8(b, g->at[1])),
        _mm512_and_si512(_mm512_permutexvar_epi8(c, g->at[2]), _mm512_permutexvar_epi8(d, g->at[3])));
}

WIDE static inline void shorts(const rd_wide *w, const uint8_t *code, uint32_t n_words, uint64_t *out)
{
    const group first = load_group(w->short_filter[0]), second = load_group(w->short_filter[1]),
                third = load_group(w->short_filter[2]), fourth = load_group(w->short_filter[3]);
    for (uint32_t i = 0; i < n_words; i++, code += VECTOR) {
        __m512i a = load(code), b = load(code + 1), c = load(code + 2), d = load(code + 3);
        __m512i any = _mm512_or_si512(_mm512_or_si512(four(&first, a, b, c, d), four(&second, a, b, c, d)),
                                      _mm512_or_si512(four(&third, a, b, c, d), four(&fourth, a, b, c, d)));
        out[i] = _mm512_test_epi8_mask(any, any);
    }
}

/* Of one group. */
WIDE static inline void few(const rd_wide *w, const uint8_t *code, uint32_t n_words, uint64_t *out)
{
    const group only = load_group(w->short_filter[0]);
    for (uint32_t i = 0; i < n_words; i++, code += VECTOR) {
        __m512i any = four(&only, load(code), load(code + 1), load(code + 2), load(code + 3));
        out[i] = _mm512_test_epi8_mask(any, any);
    }
}

WIDE static inline void longs(const rd_wide *w, const uint8_t *code, uint32_t n_words, uint64_t *out)
{
    const group a0 = load_group(w->long_filter[0]), a1 = load_group(w->long_filter[0] + RD_SHORT);
    const group b0 = load_group(w->long_filter[1]), b1 = load_group(w->long_filter[1] + RD_SHORT);
    for (uint32_t i = 0; i < n_words; i++, code += VECTOR) {
        __m512i a = load(code), b = load(code + 1), c = load(code + 2), d = load(code + 3);
        __m512i x = four(&a0, a, b, c, d), y = four(&b0, a, b, c, d);
        a = load(code + 4), b = load(code + 5), c = load(code + 6), d = load(code + 7);
        x = _mm512_and_si512(x, four(&a1, a, b, c, d));
        y = _mm512_and_si512(y, four(&b1, a, b, c, d));
        x = _mm512_or_si512(x, y);
        out[i] = _mm512_test_epi8_mask(x, x);
    }
}

WIDE void rd_scan_avx512(const rd_program *p, const uint8_t *b, uint32_t n_words, rd_masks out)
{
    codes c;
    uint64_t carry = 1; /* what stands before the first byte is not known */
    for (uint32_t w = 0; w < n_words; w += BLOCK_WORDS) {
        uint32_t n = n_words - w < BLOCK_WORDS ? n_words - w : BLOCK_WORDS;
        rd_masks to = {out.hit_end + w, out.hit_short + w, out.hit_long + w, out.digit + w, out.token + w};
        carry = single_bytes(p, b + VECTOR * w, n, carry, c, to);
        if (p->small || p->literals) {
            few(&p->wide, c, n, to.hit_short);
        } else {
            shorts(&p->wide, c, n, to.hit_short);
            longs(&p->wide, c, n, to.hit_long);
        }
    }
}

#endif
