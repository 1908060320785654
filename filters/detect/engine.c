/* SPDX-License-Identifier: MIT */
/*
 * The engine: one pass over the base buffer, in chunks that stay in the first-level cache.
 *
 *    base   ....text 0....  ..text 1..          ...text 2...
 *    scan   ------------------------ chunk --------------------   bit masks: hits, digits
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
#include "filters/detect/explain.h"
#include "filters/detect/pattern.h"
#include "filters/detect/percent.h"
#include "filters/detect/scan.h"

enum { CHUNK_WORDS = 64, LOOK_WORDS = 1, MASK_WORDS = CHUNK_WORDS + LOOK_WORDS };

struct rd_detect_set {
    rd_program program;
    uint64_t wanted;
    rd_scan_fn scan;
    rd_key_table *keys;    /* owned */
    rd_patterns *patterns; /* owned */
    uint32_t n_patterns;
};

struct rd_detect_scratch {
    uint64_t hit_short[MASK_WORDS], hit_long[MASK_WORDS], digit[MASK_WORDS], token[MASK_WORDS];
    /* The windows that start at each exact hit of the chunk, in the order of the hits; one more is written.
     */
    uint64_t windows_short[CHUNK_WORDS * 64 + 1], windows_long[CHUNK_WORDS * 64 + 1];
    uint32_t resume[RD_MAX_MATCHERS];
    rd_collector found;
    rd_pattern_scratch *patterns; /* owned */
    rd_refusals *refused;         /* borrowed for one call; NULL: nobody asks */
    rd_percent percent;
    rd_detect_scratch *inner; /* owned: of the pass over decoded texts; made when first needed */
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
    s->keys = rd_key_table_new();
    /* A bit of no detector: patterns alone, too, want to see percent-encoded text as it means. */
    uint64_t wanted = n_patterns > 0 ? mask | UINT64_C(1) << 63 : mask;
    rd_outcome o = s->keys == NULL || !rd_program_build(&s->program, wanted)
                       ? rd_fail(err, RD_NO_MEMORY, "detectors", SIZE_MAX)
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

void rd_detect_scratch_listen(rd_detect_scratch *s, rd_refusals *refused)
{
    s->refused = refused;
}

void rd_detect_scratch_free(rd_detect_scratch **s)
{
    if (*s == NULL)
        return;
    rd_pattern_scratch_free(&(*s)->patterns);
    rd_collector_release(&(*s)->found);
    rd_percent_release(&(*s)->percent);
    rd_detect_scratch_free(&(*s)->inner); /* one level: it has none itself */
    free(*s);
    *s = NULL;
}

/* Runs of one kind: what the walk remembers of the last one. */
typedef struct runs {
    uint32_t owners, shortest;
    uint8_t shifts[8]; /* of a mask, one after another, until `shortest` bits in a row are one; 0 ends them */
    uint32_t end;      /* of the last run */
    uint64_t carry;    /* bit 0: the byte before the chunk belongs to a run */
    unsigned classes;
} runs;

/* Where the walk is. */
typedef struct walk {
    rd_find find; /* its view is the current text */
    const rd_detect_set *set;
    rd_detect_scratch *scratch;
    const rd_text *texts;
    uint32_t n_texts;
    uint32_t text;                  /* the first that ends after the current position */
    const uint64_t *shorts, *longs; /* windows of the next hits */
    runs digits, tokens;
} walk;

static inline uint32_t text_end(const rd_text *t)
{
    return t->off + t->len;
}

static inline void confirm(walk *w, uint32_t matcher, uint32_t at)
{
    uint32_t *resume = &w->scratch->resume[matcher];
    RD_DETECT_STEP();
    if (at < *resume)
        return;
    w->find.resume = *resume;
    rd_matchers[matcher]->confirm(&w->find, at);
    *resume = w->find.resume;
}

static void confirm_run(walk *w, const runs *r, uint32_t at)
{
    for (uint32_t m = r->owners; m != 0; m &= m - 1)
        confirm(w, (uint32_t)__builtin_ctz(m), at);
}

static void start_text(walk *w)
{
    if (w->text == w->n_texts)
        return;
    const rd_text *t = &w->texts[w->text];
    w->find.v.lo = t->off;
    w->find.v.hi = text_end(t);
    if (t->off < w->digits.end)
        confirm_run(w, &w->digits, t->off);
    if (t->off < w->tokens.end)
        confirm_run(w, &w->tokens, t->off);
}

static void finish_text(walk *w)
{
    rd_collector *found = &w->scratch->found;
    if (w->set->n_patterns > 0)
        rd_patterns_find(w->set->patterns, w->scratch->patterns, &w->find.v, found);
    w->text++;
    if (found->n > found->text_first)
        rd_collector_finish(found, w->text);
    else
        found->text = w->text;
    start_text(w);
}

/* Ends all texts that end at or before `pos`. False: there are no more. */
static inline bool finish_texts(walk *w, uint32_t pos)
{
    while (pos >= w->find.v.hi) {
        finish_text(w);
        if (w->text == w->n_texts)
            return false;
        if (w->set->n_patterns > 0 || w->find.v.hi > pos)
            continue;
        /* Most texts hold no candidate at all; they need no word, if no run reaches into them. */
        uint32_t at = w->text, quiet = w->digits.end > w->tokens.end ? w->digits.end : w->tokens.end;
        while (at + 1 < w->n_texts && text_end(&w->texts[at]) <= pos && w->texts[at + 1].off >= quiet)
            at++;
        if (at > w->text && w->scratch->found.n == w->scratch->found.text_first) {
            w->text = w->scratch->found.text = at;
            w->find.v.lo = w->texts[at].off;
            w->find.v.hi = text_end(&w->texts[at]);
        }
    }
    return true;
}

/* Where the run of word `run` at bit `bit` ends, or where the word does. */
static inline uint32_t run_stop(uint64_t run, unsigned bit, uint32_t at)
{
    uint64_t gaps = ~run >> bit;
    return gaps != 0 ? at + (uint32_t)__builtin_ctzll(gaps) : at + 64 - bit;
}

/* A long run starts at `at` and goes on up to `stop` or further. It may reach into the next texts: start_text
 * asks again at their edges. */
static void at_run(walk *w, runs *r, uint32_t at, uint32_t stop, uint32_t limit)
{
    const uint8_t *base = w->find.v.b;
    uint32_t lo = w->find.v.lo, hi = w->find.v.hi;
    if (at >= lo)
        confirm_run(w, r, at);
    if (at >= lo && (hi >= limit || !rd_is(base[hi], r->classes) || !rd_is(base[hi - 1], r->classes)))
        return; /* the usual case: it ends in its text */
    for (r->end = stop; r->end < limit && rd_is(base[r->end], r->classes); r->end++)
        RD_DETECT_STEP();
    if (at < lo && lo < r->end)
        confirm_run(w, r, lo);
}

/* Windows that reach behind the text do not count: what is there must not matter. */
static void at_windows(walk *w, uint64_t windows, const uint8_t *owners, const uint8_t *lengths, uint32_t at)
{
    for (; windows != 0; windows &= windows - 1) {
        unsigned k = (unsigned)__builtin_ctzll(windows);
        if (at + lengths[k] <= w->find.v.hi)
            confirm(w, owners[k], at);
    }
}

static runs runs_of(unsigned classes, uint32_t owners, uint32_t shortest)
{
    runs r = {.owners = owners, .shortest = shortest, .classes = classes};
    for (uint32_t have = 1, n = 0; have < shortest && n + 1 < sizeof r.shifts; n++) {
        r.shifts[n] = (uint8_t)(shortest - have < have ? shortest - have : have);
        have += r.shifts[n];
    }
    return r;
}

static inline uint64_t starts_of(const uint64_t *words, uint32_t i, runs *r)
{
    uint64_t run = words[i], starts = run & ~(run << 1 | r->carry);
    r->carry = run >> 63;
    if (starts == 0 || r->shortest == 0)
        return 0;
    /* Bit k of `run` shall stay when the `shortest` bits from k on are set; `next` looks ahead. */
    uint64_t next = words[i + 1];
    for (const uint8_t *by = r->shifts; *by != 0; by++) {
        run &= run >> *by | next << (64 - *by);
        if (run == 0)
            return 0;
        next &= next >> *by;
    }
    return starts & run;
}

/* Turns the hits of the prefilter into exact ones. No branch depends on a test: most hits are false. */
static void make_exact(walk *w, uint32_t at, uint32_t n_words)
{
    rd_detect_scratch *s = w->scratch;
    const rd_program *p = &w->set->program;
    uint32_t n_short = 0, n_long = 0;
    for (uint32_t i = 0; i < n_words; i++) {
        const uint8_t *b = w->find.v.b + at + 64 * i;
        uint64_t shorts = 0, longs = 0;
        for (uint64_t m = s->hit_short[i]; m != 0; m &= m - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(m);
            uint64_t windows = s->windows_short[n_short] = rd_program_short(p, b + bit);
            shorts |= (uint64_t)(windows != 0) << bit;
            n_short += windows != 0;
        }
        for (uint64_t m = s->hit_long[i]; m != 0; m &= m - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(m);
            uint64_t windows = s->windows_long[n_long] = rd_program_long(p, b + bit);
            longs |= (uint64_t)(windows != 0) << bit;
            n_long += windows != 0;
        }
        s->hit_short[i] = shorts;
        s->hit_long[i] = longs;
    }
    w->shorts = s->windows_short;
    w->longs = s->windows_long;
}

static rd_masks masks_from(rd_detect_scratch *s, uint32_t word)
{
    return (rd_masks){s->hit_short + word, s->hit_long + word, s->digit + word, s->token + word};
}

/* Scans words of 64 bytes from `at`; what lies behind `end` reads as zero bytes. */
static void scan_chunk(walk *w, uint32_t at, uint32_t end)
{
    rd_detect_scratch *s = w->scratch;
    const uint8_t *base = w->find.v.b;
    uint32_t whole = (end - at) / 64 < MASK_WORDS ? (end - at) / 64 : MASK_WORDS, n = MASK_WORDS - whole;
    w->set->scan(&w->set->program, base + at, whole, masks_from(s, 0));
    if (n == 0)
        return;
    memset(s->hit_short + whole, 0, n * sizeof s->hit_short[0]);
    memset(s->hit_long + whole, 0, n * sizeof s->hit_long[0]);
    memset(s->digit + whole, 0, n * sizeof s->digit[0]);
    memset(s->token + whole, 0, n * sizeof s->token[0]);
    uint8_t last[64 + RD_LONG] = {0};
    memcpy(last, base + at + 64 * whole, end - at - 64 * whole);
    w->set->scan(&w->set->program, last, 1, masks_from(s, whole));
}

static void walk_word(walk *w, uint32_t i, uint32_t at, uint32_t end)
{
    const rd_detect_scratch *s = w->scratch;
    const rd_program *p = &w->set->program;
    uint64_t shorts = s->hit_short[i], longs = s->hit_long[i];
    uint64_t digits = starts_of(s->digit, i, &w->digits), tokens = starts_of(s->token, i, &w->tokens);
    for (uint64_t m = shorts | longs | digits | tokens; m != 0; m &= m - 1) {
        uint64_t bit = m & -m;
        unsigned n = (unsigned)__builtin_ctzll(m);
        uint32_t pos = at + n;
        if (!finish_texts(w, pos))
            return;
        if ((digits & bit) != 0)
            at_run(w, &w->digits, pos, run_stop(s->digit[i], n, pos), end);
        if ((tokens & bit) != 0)
            at_run(w, &w->tokens, pos, run_stop(s->token[i], n, pos), end);
        bool inside = pos >= w->find.v.lo;
        if ((shorts & bit) != 0)
            at_windows(w, inside ? *w->shorts : 0, p->owner_short, p->len_short, pos);
        if ((longs & bit) != 0)
            at_windows(w, inside ? *w->longs : 0, p->owner_long, p->len_long, pos);
        w->shorts += (shorts & bit) != 0;
        w->longs += (longs & bit) != 0;
    }
}

/* One pass over all texts; `encoded` NULL: runs with percent escapes are not noted. */
static void pass(const rd_detect_set *set, rd_detect_scratch *scratch, const uint8_t *base,
                 const rd_text *texts, uint32_t n_texts, rd_percent *encoded)
{
    rd_collector_reset(&scratch->found);
    memset(scratch->resume, 0, sizeof scratch->resume);
    walk w = {.set = set, .scratch = scratch, .texts = texts, .n_texts = n_texts};
    w.find = (rd_find){.v.b = base,
                       .keys = set->keys,
                       .wanted = set->wanted,
                       .out = &scratch->found,
                       .encoded = encoded,
                       .refused = scratch->refused};
    w.digits = runs_of(RD_C_DIGIT, set->program.digit_owners, set->program.digit_run);
    w.tokens = runs_of(RD_C_RUN, set->program.token_owners, set->program.token_run);
    if (n_texts == 0)
        return;
    start_text(&w);
    uint32_t end = text_end(&texts[n_texts - 1]);
    for (uint32_t at = texts[0].off; at < end && w.text < n_texts; at += CHUNK_WORDS * 64) {
        uint32_t n_words = (end - at + 63) / 64 < CHUNK_WORDS ? (end - at + 63) / 64 : CHUNK_WORDS;
        scan_chunk(&w, at, end);
        make_exact(&w, at, n_words);
        for (uint32_t i = 0; i < n_words && w.text < n_texts; i++)
            walk_word(&w, i, at + 64 * i, end);
    }
    while (w.text < n_texts)
        finish_text(&w);
}

/* What the runs with percent escapes mean. */
static bool pass_decoded(const rd_detect_set *set, rd_detect_scratch *scratch, const uint8_t *base)
{
    rd_percent *p = &scratch->percent;
    if (scratch->inner == NULL && (scratch->inner = rd_detect_scratch_new()) == NULL)
        return false;
    if (!rd_percent_decode(p, base))
        return false;
    pass(set, scratch->inner, p->decoded.p, p->texts, p->n, NULL);
    rd_collector *found = &scratch->inner->found;
    rd_matches matches = {.list = found->list, .n = found->n};
    if (found->n > 0) {
        rd_percent_map(p, base, &matches, &scratch->found);
        scratch->found.text_first = 0; /* all texts anew; they do not overlap */
        rd_collector_finish(&scratch->found, scratch->found.text);
    }
    return !found->failed;
}

rd_outcome rd_detect(const rd_detect_set *set, rd_detect_scratch *scratch, const uint8_t *base,
                     size_t base_len, const rd_text *texts, uint32_t n_texts, rd_matches *out)
{
    rd_percent_reset(&scratch->percent);
    pass(set, scratch, base, texts, n_texts, &scratch->percent);
    bool ok = scratch->percent.n == 0 || pass_decoded(set, scratch, base);
    if (!ok || scratch->percent.failed || scratch->found.failed)
        return RD_NO_MEMORY;
    *out = (rd_matches){.list = scratch->found.list, .n = scratch->found.n};
    return RD_OK;
}
