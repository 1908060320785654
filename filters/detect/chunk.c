/* SPDX-License-Identifier: MIT */
#include "filters/detect/chunk.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Compiled for every CPU, and once more for what comes with AVX2: instructions that find and count bits, and
 * wide registers. */
#define EVERY_CPU inline __attribute__((always_inline))

void rd_chunk_reset(rd_chunk *c)
{
    c->digit_carry = c->token_carry = 0;
}

/* ---- scan ---- */

static EVERY_CPU rd_masks masks_from(rd_chunk *c, uint32_t word)
{
    return (rd_masks){c->hit_end + word, c->hit_short + word, c->hit_long + word, c->digit + word,
                      c->token + word};
}

/* Scans `n` words of 64 bytes from `at`; what lies behind the end reads as zero bytes. */
static EVERY_CPU void scan_words(rd_chunk *c, const rd_chunk_source *from, uint32_t at, uint32_t n)
{
    uint32_t left = from->end - at, whole = left / 64 < n ? left / 64 : n;
    from->scan(from->program, from->base + at, whole, masks_from(c, 0));
    if (whole == n)
        return;
    uint8_t last[64 + RD_LONG] = {0};
    memcpy(last, from->base + at + 64 * whole, left - 64 * whole);
    from->scan(from->program, last, 1, masks_from(c, whole));
    /* A zero byte looks like much else; the exact tests must not go where it stands behind the end. */
    uint64_t inside = (UINT64_C(1) << (left - 64 * whole)) - 1;
    c->hit_end[whole] &= inside;
    c->hit_short[whole] &= inside;
    c->hit_long[whole] &= inside;
}

/* ---- runs ---- */

/* Those bits of every run that have `by` more of it behind them. The last word sees nothing behind it. */
static EVERY_CPU void shorten(const uint64_t *run, uint32_t n, unsigned by, uint64_t *out)
{
    for (uint32_t i = 0; i < n; i++)
        out[i] = run[i] & (run[i] >> by | run[i + 1] << (64 - by));
    out[n] = run[n] & run[n] >> by;
}

/* Where runs of at least `shortest` start in the first `n` words of `run`, which has one more. Returns the
 * next carry. */
static EVERY_CPU uint64_t find_starts(const uint64_t *run, uint32_t n, uint32_t shortest, uint64_t carry,
                                      uint64_t *out)
{
    shorten(run, n, 1, out);
    if (shortest < 2)
        memset(out, 0, n * sizeof out[0]); /* nobody wants them */
    for (uint32_t have = 2, by; have < shortest; have += by) {
        by = shortest - have < have ? shortest - have : have;
        shorten(out, n, by, out);
    }
    out[0] &= ~(run[0] << 1 | carry);
    for (uint32_t i = 1; i < n; i++)
        out[i] &= ~(run[i] << 1 | run[i - 1] >> 63);
    return run[n - 1] >> 63;
}

/* ---- lists of places ---- */

/* Where the bits of the words are, upwards. Words have few bits and nobody can guess how many, so some
 * places are written whether they are needed or not. Returns their number. */
static EVERY_CPU uint32_t list_bits(const uint64_t *words, uint32_t n_words, uint16_t *places)
{
    const uint64_t top = UINT64_C(1) << 63;
    uint32_t n = 0;
    for (uint32_t i = 0; i < n_words; i++) {
        uint64_t m = words[i];
        uint32_t behind = n + (uint32_t)__builtin_popcountll(m);
        do {
            for (unsigned k = 0; k < 2; k++, m &= m - 1)
                places[n + k] =
                    (uint16_t)(64 * i + (unsigned)__builtin_ctzll(m | top)); /* any, if none is left */
            n += 2;
        } while (n < behind);
        n = behind;
    }
    return n;
}

typedef uint32_t list_fn(const uint64_t *words, uint32_t n_words, uint16_t *places);

#if defined(__x86_64__)
/* The same, RD_AT_ONCE at once. */
static inline __attribute__((target(RD_WIDE_TARGET))) uint32_t
list_bits_wide(const uint64_t *words, uint32_t n_words, uint16_t *places)
{
    static const uint8_t upwards[64] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                        16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                                        32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                                        48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    const __m512i bits = _mm512_loadu_si512(upwards);
    uint32_t n = 0;
    for (uint32_t i = 0; i < n_words; i++) {
        __m512i set = _mm512_maskz_compress_epi8(words[i], bits);
        const __m512i first = _mm512_set1_epi16((short)(64 * i));
        uint32_t behind = n + (uint32_t)__builtin_popcountll(words[i]);
        _mm512_storeu_si512(places + n,
                            _mm512_or_si512(_mm512_cvtepu8_epi16(_mm512_castsi512_si256(set)), first));
        if (behind > n + RD_AT_ONCE)
            _mm512_storeu_si512(
                places + n + RD_AT_ONCE,
                _mm512_or_si512(_mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(set, 1)), first));
        n = behind;
    }
    return n;
}
#endif

/* ---- exact tests ---- */

typedef bool exact_test(const rd_program *p, const uint8_t *base, uint32_t at);

static EVERY_CPU bool may_end(const rd_program *p, const uint8_t *base, uint32_t at)
{
    return rd_program_may_end(p, base, at) != 0;
}

static EVERY_CPU bool starts_short(const rd_program *p, const uint8_t *base, uint32_t at)
{
    return rd_program_any_short(p, base + at);
}

static EVERY_CPU bool starts_long(const rd_program *p, const uint8_t *base, uint32_t at)
{
    return (rd_program_long(p, base + at) & ~p->long_words) != 0;
}

/* What stands before the text counts here, and does not when the place is looked at. */
static EVERY_CPU bool starts_token(const rd_program *p, const uint8_t *base, uint32_t at)
{
    return (rd_program_token_starts(p, base + at) | p->token_behind[at > 0 ? base[at - 1] : 0]) != 0;
}

/* Leaves of the hits those that pass the test. No branch depends on it: most do not pass. */
static EVERY_CPU void exact(rd_chunk *c, const rd_chunk_source *from, uint32_t at, uint64_t *hits,
                            list_fn *list, exact_test *test)
{
    uint32_t n = list(hits, c->n_words, c->places);
    memset(hits, 0, c->n_words * sizeof hits[0]);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t place = c->places[i];
        hits[place / 64] |= (uint64_t)test(from->program, from->base, at + place) << place % 64;
    }
}

/* A name that ends in two digits would be among the ends only if the program says so; times are full of
 * them. */
static EVERY_CPU void drop_numbers(rd_chunk *c)
{
    c->hit_end[0] &= ~(c->digit[0] << 1 & c->digit[0] << 2);
    for (uint32_t i = 1; i < c->n_words; i++) {
        uint64_t one = c->digit[i] << 1 | c->digit[i - 1] >> 63,
                 two = c->digit[i] << 2 | c->digit[i - 1] >> 62;
        c->hit_end[i] &= ~(one & two);
    }
}

/* What small programs have not. */
static EVERY_CPU void find_runs(rd_chunk *c, const rd_program *p, uint32_t scanned)
{
    c->digit[scanned] = c->token[scanned] = 0;
    c->digit_carry = find_starts(c->digit, c->n_words, p->digit_run, c->digit_carry, c->digits);
    c->token_carry = find_starts(c->token, c->n_words, p->token_run, c->token_carry, c->tokens);
}

static EVERY_CPU void list_places(rd_chunk *c, list_fn *list, bool small)
{
    uint64_t any[RD_CHUNK_WORDS];
    for (uint32_t i = 0; i < c->n_words; i++)
        any[i] = c->hit_end[i] | c->hit_short[i] | (small ? 0 : c->hit_long[i] | c->tokens[i] | c->digits[i]);
    c->n_places = list(any, c->n_words, c->places);
}

/* `fine`: hits of windows are nearly exact as they are. */
static EVERY_CPU void fill(rd_chunk *c, const rd_chunk_source *from, uint32_t at, list_fn *list, bool fine)
{
    const rd_program *p = from->program;
    uint32_t words = (from->end - at + 63) / 64;
    uint32_t n = c->n_words = words < RD_CHUNK_WORDS ? words : RD_CHUNK_WORDS;
    uint32_t scanned = words < RD_MASK_WORDS ? n : RD_MASK_WORDS;
    scan_words(c, from, at, scanned);
    if (!p->small && !p->numbered_ends)
        drop_numbers(c);
    exact(c, from, at, c->hit_end, list, may_end);
    if (!fine)
        exact(c, from, at, c->hit_short, list, starts_short);
    if (p->small) {
        list_places(c, list, true);
        return;
    }
    find_runs(c, p, scanned);
    exact(c, from, at, c->tokens, list, starts_token);
    if (!fine)
        exact(c, from, at, c->hit_long, list, starts_long);
    list_places(c, list, false);
}

static void fill_plain(rd_chunk *c, const rd_chunk_source *from, uint32_t at)
{
    fill(c, from, at, list_bits, false);
}

#if defined(__x86_64__)
static __attribute__((target(RD_AVX2_TARGET))) void fill_avx2(rd_chunk *c, const rd_chunk_source *from,
                                                              uint32_t at)
{
    fill(c, from, at, list_bits, false);
}

static __attribute__((target(RD_WIDE_TARGET))) void fill_wide(rd_chunk *c, const rd_chunk_source *from,
                                                              uint32_t at)
{
    fill(c, from, at, list_bits_wide, true);
}
#endif

void rd_chunk_fill(rd_chunk *c, const rd_chunk_source *from, uint32_t at)
{
#if defined(__x86_64__)
    if (from->scan == rd_scan_avx512) {
        fill_wide(c, from, at);
        return;
    }
    if (from->scan == rd_scan_avx2) {
        fill_avx2(c, from, at);
        return;
    }
#endif
    fill_plain(c, from, at);
}
