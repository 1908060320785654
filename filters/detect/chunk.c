/* SPDX-License-Identifier: MIT */
#include "filters/detect/chunk.h"

#include <string.h>

static inline uint32_t text_end(const rd_text *t)
{
    return t->off + t->len;
}

void rd_chunk_reset(rd_chunk *c)
{
    c->digit_carry = c->token_carry = 0;
    c->marked = 0;
}

/* ---- scan ---- */

static rd_masks masks_from(rd_chunk *c, uint32_t word)
{
    return (rd_masks){c->hit_end + word, c->hit_short + word, c->hit_long + word, c->digit + word,
                      c->token + word};
}

/* Scans `n` words of 64 bytes from `at`; what lies behind the end reads as zero bytes. */
static void scan_words(rd_chunk *c, const rd_chunk_source *from, uint32_t at, uint32_t n)
{
    uint32_t left = from->end - at, whole = left / 64 < n ? left / 64 : n;
    from->scan(from->program, from->base + at, whole, masks_from(c, 0));
    if (whole == n)
        return;
    uint8_t last[64 + RD_LONG] = {0};
    memcpy(last, from->base + at + 64 * whole, left - 64 * whole);
    from->scan(from->program, last, 1, masks_from(c, whole));
}

/* ---- texts ---- */

/* Bit k of the result: an odd number of the bits 0 to k of `edges` are set. */
static inline uint64_t between(uint64_t edges)
{
    for (unsigned by = 1; by < 64; by *= 2)
        edges ^= edges << by;
    return edges;
}

/* Which bytes of the words from `at` on belong to texts, and where those start. */
static void mark_texts(rd_chunk *c, const rd_chunk_source *from, uint32_t at, uint32_t n_words)
{
    uint32_t size = 64 * n_words, i = c->marked, n_texts = from->n_texts;
    const rd_text *texts = from->texts;
    memset(c->inside, 0, (n_words + 1) * sizeof c->inside[0]);
    memset(c->starts, 0, n_words * sizeof c->starts[0]);
    while (i < n_texts && text_end(&texts[i]) <= at)
        i++;
    c->marked = i;
    uint64_t carry = 0;
    if (i < n_texts && texts[i].off < at) { /* it goes on here */
        carry = UINT64_MAX;
        uint32_t end = text_end(&texts[i++]) - at;
        if (end < size)
            c->inside[end / 64] ^= UINT64_C(1) << end % 64;
    }
    for (; i < n_texts && texts[i].off - at < size; i++) {
        uint32_t off = texts[i].off - at, end = off + texts[i].len;
        end = end < size ? end : size; /* the word behind the last counts for nothing */
        c->starts[off / 64] |= UINT64_C(1) << off % 64;
        c->inside[off / 64] ^= UINT64_C(1) << off % 64;
        c->inside[end / 64] ^= UINT64_C(1) << end % 64;
    }
    for (uint32_t k = 0; k < n_words; k++) {
        c->inside[k] = between(c->inside[k]) ^ carry;
        carry = 0 - (c->inside[k] >> 63);
    }
}

static void drop_outside(rd_chunk *c, uint32_t n_words)
{
    for (uint32_t i = 0; i < n_words; i++) {
        c->hit_end[i] &= c->inside[i];
        c->hit_short[i] &= c->inside[i];
        c->hit_long[i] &= c->inside[i];
        c->digit[i] &= c->inside[i];
        c->token[i] &= c->inside[i];
    }
}

/* ---- exact tests ---- */

static inline uint64_t exact_ends(const rd_program *p, const uint8_t *base, uint32_t at, uint64_t hits)
{
    uint64_t exact = 0;
    for (uint64_t m = hits; m != 0; m &= m - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(m);
        exact |= rd_program_may_end(p, base, at + bit) << bit;
    }
    return exact;
}

/* Turns the hits of the prefilter into exact ones. No branch depends on a test: most hits are false. */
static void make_exact(rd_chunk *c, const rd_chunk_source *from, uint32_t at, uint32_t n_words)
{
    const rd_program *p = from->program;
    for (uint32_t i = 0; i < n_words; i++, at += 64) {
        const uint8_t *b = from->base + at;
        uint64_t shorts = 0, longs = 0;
        c->hit_end[i] = exact_ends(p, from->base, at, c->hit_end[i]);
        for (uint64_t m = c->hit_short[i]; m != 0; m &= m - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(m);
            shorts |= (uint64_t)rd_program_any_short(p, b + bit) << bit;
        }
        for (uint64_t m = c->hit_long[i]; m != 0; m &= m - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(m);
            longs |= (uint64_t)((rd_program_long(p, b + bit) & ~p->long_words) != 0) << bit;
        }
        c->hit_short[i] = shorts;
        c->hit_long[i] = longs;
    }
}

/* ---- runs ---- */

/* Leaves of every run the bits that have `by` more of it behind them. The last word sees nothing behind it.
 */
static void shorten(uint64_t *words, uint32_t n, unsigned by)
{
    for (uint32_t i = 0; i < n; i++)
        words[i] &= words[i] >> by | words[i + 1] << (64 - by);
    words[n] &= words[n] >> by;
}

/* Where runs of at least `shortest` start in the first `n` words of `run`, which has one more; each text
 * starts anew. Returns the next carry. */
static uint64_t find_starts(const uint64_t *run, const uint64_t *text_starts, uint32_t n, uint32_t shortest,
                            uint64_t carry, uint64_t *out)
{
    memcpy(out, run, (n + 1) * sizeof out[0]);
    if (shortest == 0)
        memset(out, 0, n * sizeof out[0]); /* nobody wants them */
    for (uint32_t have = 1, by; have < shortest; have += by) {
        by = shortest - have < have ? shortest - have : have;
        shorten(out, n, by);
    }
    out[0] &= ~(run[0] << 1 | carry) | text_starts[0];
    for (uint32_t i = 1; i < n; i++)
        out[i] &= ~(run[i] << 1 | run[i - 1] >> 63) | text_starts[i];
    return run[n - 1] >> 63;
}

/* JSON between texts is full of what may follow keys; protobuf is not. */
static bool many_ends(const rd_chunk *c, uint32_t n)
{
    uint32_t n_hit = 0;
    for (uint32_t i = 0; i < n; i++)
        n_hit += c->hit_end[i] != 0;
    return 4 * n_hit > 3 * n;
}

void rd_chunk_fill(rd_chunk *c, const rd_chunk_source *from, uint32_t at)
{
    const rd_program *p = from->program;
    uint32_t words = (from->end - at + 63) / 64;
    uint32_t n = c->n_words = words < RD_CHUNK_WORDS ? words : RD_CHUNK_WORDS;
    uint32_t scanned = words < RD_MASK_WORDS ? n : RD_MASK_WORDS;
    scan_words(c, from, at, scanned);
    if (p->small) { /* not scanned for: another set may have left some */
        memset(c->hit_long, 0, n * sizeof c->hit_long[0]);
        memset(c->digits, 0, n * sizeof c->digits[0]);
        memset(c->tokens, 0, n * sizeof c->tokens[0]);
        if (many_ends(c, n)) {
            mark_texts(c, from, at, n);
            drop_outside(c, n);
        }
        make_exact(c, from, at, n);
        return;
    }
    mark_texts(c, from, at, scanned);
    drop_outside(c, scanned);
    c->digit[scanned] = c->token[scanned] = 0;
    make_exact(c, from, at, n);
    c->digit_carry = find_starts(c->digit, c->starts, n, p->digit_run, c->digit_carry, c->digits);
    c->token_carry = find_starts(c->token, c->starts, n, p->token_run, c->token_carry, c->tokens);
}
