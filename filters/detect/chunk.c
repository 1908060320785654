/* SPDX-License-Identifier: MIT */
#include "filters/detect/chunk.h"

#include <string.h>

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
            for (unsigned k = 0; k < RD_AT_ONCE; k++, m &= m - 1)
                places[n + k] =
                    (uint16_t)(64 * i + (unsigned)__builtin_ctzll(m | top)); /* any, if none is left */
            n += RD_AT_ONCE;
        } while (n < behind);
        n = behind;
    }
    return n;
}

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

static EVERY_CPU bool always(const rd_program *p, const uint8_t *base, uint32_t at)
{
    (void)p, (void)base, (void)at;
    return true;
}

/* Leaves of the hits in word `i` those that pass the test, and notes what they are. No branch depends on the
 * test: most do not pass. */
static EVERY_CPU uint64_t exact(rd_chunk *c, const rd_program *p, const uint8_t *base, uint32_t at,
                                uint32_t i, uint64_t hits, uint8_t kind, exact_test *test)
{
    uint64_t left = 0;
    uint8_t *kinds = c->kinds + 64 * i;
    for (uint64_t m = hits; m != 0; m &= m - 1) {
        uint32_t bit = (uint32_t)__builtin_ctzll(m);
        uint64_t passes = test(p, base, at + 64 * i + bit);
        kinds[bit] |= (uint8_t)(passes * kind);
        left |= passes << bit;
    }
    return left;
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

static EVERY_CPU void make_exact(rd_chunk *c, const rd_chunk_source *from, uint32_t at, bool small)
{
    const rd_program *p = from->program;
    const uint8_t *base = from->base;
    for (uint32_t i = 0; i < c->n_words; i++) {
        uint64_t any = exact(c, p, base, at, i, c->hit_end[i], RD_AT_END, may_end);
        any |= exact(c, p, base, at, i, c->hit_short[i], RD_AT_SHORT, starts_short);
        if (!small) {
            any |= exact(c, p, base, at, i, c->hit_long[i], RD_AT_LONG, starts_long);
            any |= exact(c, p, base, at, i, c->tokens[i], RD_AT_TOKEN, starts_token);
            any |= exact(c, p, base, at, i, c->digits[i], RD_AT_DIGITS, always);
        }
        c->any[i] = any;
    }
    c->n_places = list_bits(c->any, c->n_words, c->places);
}

static EVERY_CPU void fill(rd_chunk *c, const rd_chunk_source *from, uint32_t at)
{
    const rd_program *p = from->program;
    uint32_t words = (from->end - at + 63) / 64;
    uint32_t n = c->n_words = words < RD_CHUNK_WORDS ? words : RD_CHUNK_WORDS;
    uint32_t scanned = words < RD_MASK_WORDS ? n : RD_MASK_WORDS;
    scan_words(c, from, at, scanned);
    if (p->small) {
        make_exact(c, from, at, true);
        return;
    }
    if (!p->numbered_ends)
        drop_numbers(c);
    find_runs(c, p, scanned);
    make_exact(c, from, at, false);
}

static void fill_plain(rd_chunk *c, const rd_chunk_source *from, uint32_t at)
{
    fill(c, from, at);
}

#if defined(__x86_64__)
static __attribute__((target("avx2,bmi,bmi2,popcnt"))) void
fill_avx2(rd_chunk *c, const rd_chunk_source *from, uint32_t at)
{
    fill(c, from, at);
}
#endif

void rd_chunk_fill(rd_chunk *c, const rd_chunk_source *from, uint32_t at)
{
#if defined(__x86_64__)
    if (from->scan == rd_scan_avx2) {
        fill_avx2(c, from, at);
        return;
    }
#endif
    fill_plain(c, from, at);
}
