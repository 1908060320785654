/* SPDX-License-Identifier: MIT */
/*
 * The engine: one pass over the base buffer, in chunks that stay in the first-level cache.
 *
 *    base   ....text 0....  ..text 1..          ...text 2...
 *    scan   ------------------------ chunk --------------------   bit masks: hit, digit, join
 *    walk   bit by bit, upwards: which text is it in? exact window test, then the matchers' confirm
 *    end    of each text: own patterns, then order and unite (collect.c)
 *
 * The masks are made from raw bytes, gaps between texts included, and so may only say "perhaps here"; every
 * decision is the matcher's, whose look is clamped to its text. What starts at the edge of a text although
 * the bytes before it belong together with it (a run of digits that begins in the gap) is asked anew at the
 * edge.
 */
#include "filters/detect/detect.h"

#include <stdlib.h>

#include "filters/detect/collect.h"
#include "filters/detect/pattern.h"
#include "filters/detect/scan.h"

enum { CHUNK_WORDS = 64, LOOK_WORDS = 2, MASK_WORDS = CHUNK_WORDS + LOOK_WORDS };

struct rd_detect_set {
    rd_program program;
    uint64_t wanted;
    rd_scan_fn scan;
    rd_key_table *keys;    /* owned */
    rd_patterns *patterns; /* owned */
    uint32_t n_patterns;
};

struct rd_detect_scratch {
    uint64_t hit[MASK_WORDS], digit[MASK_WORDS], join[MASK_WORDS + 1];
    uint32_t resume[RD_MAX_MATCHERS];
    rd_collector found;
    rd_pattern_scratch *patterns; /* owned */
};

rd_outcome rd_detect_set_build(uint64_t mask, const rd_pattern_spec *patterns, uint32_t n_patterns,
                               rd_detect_set **out_set, rd_error *err)
{
    rd_detect_set *s = calloc(1, sizeof *s);
    if (s == NULL)
        return rd_fail(err, RD_NO_MEMORY, "detectors", SIZE_MAX);
    s->wanted = mask;
    s->scan = rd_scan_best();
    s->n_patterns = n_patterns;
    rd_program_build(&s->program, mask);
    s->keys = rd_key_table_new();
    rd_outcome o = s->keys == NULL ? rd_fail(err, RD_NO_MEMORY, "detectors", SIZE_MAX)
                                   : rd_patterns_build(patterns, n_patterns, &s->patterns, err);
    if (o != RD_OK)
        rd_detect_set_free(&s);
    else
        *out_set = s;
    return o;
}

void rd_detect_set_free(rd_detect_set **s)
{
    if (*s == NULL)
        return;
    rd_patterns_free(&(*s)->patterns);
    rd_key_table_free(&(*s)->keys);
    free(*s);
    *s = NULL;
}

void rd_detect_set_use_plain_scan(rd_detect_set *s)
{
    s->scan = rd_scan_plain;
}

rd_detect_scratch *rd_detect_scratch_new(void)
{
    rd_detect_scratch *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->patterns = rd_pattern_scratch_new();
    if (s->patterns == NULL)
        rd_detect_scratch_free(&s);
    return s;
}

void rd_detect_scratch_free(rd_detect_scratch **s)
{
    if (*s == NULL)
        return;
    rd_pattern_scratch_free(&(*s)->patterns);
    rd_collector_release(&(*s)->found);
    free(*s);
    *s = NULL;
}

/* Where the walk is. */
typedef struct walk {
    const rd_detect_set *set;
    rd_detect_scratch *scratch;
    const uint8_t *base;
    const rd_text *texts;
    uint32_t n_texts;
    uint32_t text;                   /* the first that ends after the current position */
    uint32_t run_end;                /* of the last run of digits */
    uint64_t run_carry, digit_carry; /* bit 0: the byte before the chunk */
} walk;

static inline uint32_t text_end(const rd_text *t)
{
    return t->off + t->len;
}

static void confirm(walk *w, uint32_t matcher, uint32_t at)
{
    const rd_text *t = &w->texts[w->text];
    if (at < w->scratch->resume[matcher])
        return;
    rd_find f = {
        .v = {.b = w->base, .lo = t->off, .hi = text_end(t)},
        .keys = w->set->keys,
        .wanted = w->set->wanted,
        .resume = w->scratch->resume[matcher],
        .out = &w->scratch->found,
    };
    rd_matchers[matcher]->confirm(&f, at);
    w->scratch->resume[matcher] = f.resume;
}

static void confirm_run(walk *w, uint32_t at)
{
    for (uint32_t m = w->set->program.run_owners; m != 0; m &= m - 1)
        confirm(w, (uint32_t)__builtin_ctz(m), at);
}

static void finish_text(walk *w)
{
    const rd_text *t = &w->texts[w->text];
    rd_collector *found = &w->scratch->found;
    if (w->set->n_patterns > 0) {
        rd_view v = {.b = w->base, .lo = t->off, .hi = text_end(t)};
        rd_patterns_find(w->set->patterns, w->scratch->patterns, &v, found);
    }
    w->text++;
    if (found->n > found->text_first)
        rd_collector_finish(found, w->text);
    else
        found->text = w->text;
    if (w->text < w->n_texts && w->texts[w->text].off < w->run_end)
        confirm_run(w, w->texts[w->text].off);
}

/* All texts that end at or before `pos`. */
static inline void finish_texts(walk *w, uint32_t pos)
{
    while (w->text < w->n_texts && text_end(&w->texts[w->text]) <= pos) {
        finish_text(w);
        if (w->set->n_patterns > 0)
            continue;
        /* Most texts hold no candidate at all, and no run reaches into them. */
        uint32_t at = w->text;
        while (at < w->n_texts && text_end(&w->texts[at]) <= pos && w->texts[at].off >= w->run_end)
            at++;
        if (at > w->text)
            w->text = w->scratch->found.text = at;
    }
}

/* End of the run of digits and joiners at `at`. */
static uint32_t run_end(const walk *w, uint32_t at, uint32_t limit)
{
    const rd_program *p = &w->set->program;
    while (at < limit && (p->run_lo[w->base[at] & 15] & p->run_hi[w->base[at] >> 4]) != 0)
        at++;
    return at;
}

static void at_run(walk *w, uint32_t at, uint32_t limit)
{
    if (at >= w->run_end)
        w->run_end = run_end(w, at, limit);
    const rd_text *t = &w->texts[w->text];
    if (at >= t->off)
        confirm_run(w, at);
    else if (t->off < w->run_end)
        confirm_run(w, t->off);
}

static void at_hit(walk *w, uint32_t at)
{
    if (at < w->texts[w->text].off)
        return;
    const rd_program *p = &w->set->program;
    for (unsigned plane = 0; plane < 2; plane++) {
        for (uint64_t m = rd_program_exact(p, w->base + at, plane); m != 0; m &= m - 1)
            confirm(w, p->owner[64 * plane + (unsigned)__builtin_ctzll(m)], at);
    }
}

/* Digits, and joiners between two digits, in word i. */
static inline uint64_t run_word(const rd_detect_scratch *s, uint32_t i, uint64_t carry)
{
    uint64_t d = s->digit[i], after = d >> 1 | s->digit[i + 1] << 63, before = d << 1 | (carry & 1);
    return d | (s->join[i] & before & after);
}

/* Bits of word i where a run of at least min_run bytes starts. */
static uint64_t run_starts(walk *w, uint32_t i)
{
    const rd_detect_scratch *s = w->scratch;
    uint64_t run = run_word(s, i, w->digit_carry);
    uint64_t next = run_word(s, i + 1, s->digit[i] >> 63);
    uint64_t starts = run & ~(run << 1 | w->run_carry);
    w->digit_carry = s->digit[i] >> 63;
    w->run_carry = run >> 63;
    if (starts == 0)
        return 0;
    unsigned __int128 x = (unsigned __int128)next << 64 | run;
    for (uint32_t have = 1, want = w->set->program.min_run; have < want;) {
        uint32_t by = want - have < have ? want - have : have;
        x &= x >> by;
        have += by;
    }
    return starts & (uint64_t)x;
}

/* Scans words of 64 bytes from `at`; what lies behind `end` reads as zero bytes. */
static void scan_chunk(walk *w, uint32_t at, uint32_t end)
{
    rd_detect_scratch *s = w->scratch;
    uint32_t whole = (end - at) / 64 < MASK_WORDS ? (end - at) / 64 : MASK_WORDS;
    w->set->scan(&w->set->program, w->base + at, whole, (rd_masks){s->hit, s->digit, s->join});
    if (whole == MASK_WORDS)
        return;
    memset(s->hit + whole, 0, (MASK_WORDS - whole) * sizeof s->hit[0]);
    memset(s->digit + whole, 0, (MASK_WORDS - whole) * sizeof s->digit[0]);
    memset(s->join + whole, 0, (MASK_WORDS - whole) * sizeof s->join[0]);
    uint8_t last[64 + RD_WINDOW_LEN] = {0};
    memcpy(last, w->base + at + 64 * whole, end - at - 64 * whole);
    w->set->scan(&w->set->program, last, 1, (rd_masks){s->hit + whole, s->digit + whole, s->join + whole});
}

static void walk_word(walk *w, uint32_t i, uint32_t at, uint32_t end)
{
    uint64_t hits = w->scratch->hit[i], runs = 0;
    if (w->set->program.min_run > 0)
        runs = run_starts(w, i);
    for (uint64_t m = hits | runs; m != 0; m &= m - 1) {
        uint32_t bit = (uint32_t)__builtin_ctzll(m), pos = at + bit;
        finish_texts(w, pos);
        if (w->text == w->n_texts)
            return;
        if ((runs >> bit & 1) != 0)
            at_run(w, pos, end);
        if ((hits >> bit & 1) != 0)
            at_hit(w, pos);
    }
}

rd_outcome rd_detect(const rd_detect_set *set, rd_detect_scratch *scratch, const uint8_t *base,
                     size_t base_len, const rd_text *texts, uint32_t n_texts, rd_matches *out)
{
    rd_collector_reset(&scratch->found);
    memset(scratch->resume, 0, sizeof scratch->resume);
    walk w = {.set = set, .scratch = scratch, .base = base, .texts = texts, .n_texts = n_texts};
    if (n_texts > 0) {
        uint32_t end = text_end(&texts[n_texts - 1]);
        for (uint32_t at = texts[0].off; at < end && w.text < n_texts; at += CHUNK_WORDS * 64) {
            scan_chunk(&w, at, end);
            for (uint32_t i = 0; i < CHUNK_WORDS && at + 64 * i < end; i++)
                walk_word(&w, i, at + 64 * i, end);
        }
        finish_texts(&w, UINT32_MAX);
    }
    if (scratch->found.failed)
        return RD_NO_MEMORY;
    *out = (rd_matches){.list = scratch->found.list, .n = scratch->found.n};
    return RD_OK;
}
