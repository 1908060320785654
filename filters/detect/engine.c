/* SPDX-License-Identifier: MIT */
/*
 * The engine: one pass over the base buffer, in chunks that stay in the first-level cache.
 *
 *    base    ....text 0....  ..text 1..          ...text 2...
 *    scan    ------------------------ chunk --------------------   bit masks: hits, digits, tokens
 *    inside      ----------  ----------          ------------      hits elsewhere are dropped,
 *    exact   and those that are none, without a branch that depends on the test
 *    walk    bit by bit, upwards: which text is it in? the matchers' confirm
 *    end     of each text with finds: order and unite (collect.c); own patterns before that
 *
 * The masks are made from raw bytes, gaps between texts included, and so say "perhaps here"; every decision
 * is the matcher's, whose look is clamped to its text.
 */
#include "filters/detect/detect.h"

#include <stdlib.h>

#include "filters/detect/collect.h"
#include "filters/detect/explain.h"
#include "filters/detect/key_names.h"
#include "filters/detect/keys.h"
#include "filters/detect/pattern.h"
#include "filters/detect/percent.h"
#include "filters/detect/scan.h"

enum {
    CHUNK_WORDS = 64,
    CHUNK = CHUNK_WORDS * 64,
    KEY_END = 3,    /* matchers are called that many bytes before what follows a key */
    LOOK_WORDS = 1, /* behind a chunk: runs that reach over its end */
    MASK_WORDS = CHUNK_WORDS + LOOK_WORDS
};

struct rd_detect_set {
    rd_program program;
    uint64_t wanted;
    rd_scan_fn scan;
    rd_key_table *keys;    /* owned */
    rd_keyset *names;      /* owned; NULL: there are no key names */
    rd_patterns *patterns; /* owned */
    uint32_t n_patterns;
};

struct rd_detect_scratch {
    uint64_t hit_end[MASK_WORDS], hit_short[MASK_WORDS], hit_long[MASK_WORDS], digit[MASK_WORDS],
        token[MASK_WORDS];
    /* What is at each exact hit of the chunk, in the order of the hits; one more is written. */
    uint64_t windows_short[CHUNK + 1], windows_long[CHUNK + 1];
    uint8_t owners_end[CHUNK + 1];
    uint64_t digit_fours[MASK_WORDS + 1], token_fours[MASK_WORDS + 1]; /* see fours_of */
    uint64_t inside[MASK_WORDS + 1], starts[MASK_WORDS];               /* bytes of texts; their first ones */
    uint32_t resume[RD_MAX_MATCHERS];
    rd_collector found;
    rd_key_hits keys_at;
    rd_pattern_scratch *patterns; /* owned */
    rd_refusals *refused;         /* borrowed for one call; NULL: nobody asks */
    rd_percent percent;
    rd_detect_scratch *inner; /* owned: of the pass over decoded texts; made when first needed */
};

static bool build_names(rd_detect_set *s, const rd_detect_spec *spec)
{
    rd_keyset_entry *entries = calloc((size_t)spec->n_key_names + 1, sizeof *entries);
    for (uint32_t i = 0; entries != NULL && i < spec->n_key_names; i++)
        entries[i] = (rd_keyset_entry){.name = spec->key_names[i]};
    if (entries != NULL && spec->n_key_names > 0)
        s->names = rd_keyset_build(entries, spec->n_key_names);
    free(entries);
    return entries != NULL && (spec->n_key_names == 0 || s->names != NULL);
}

rd_outcome rd_detect_set_make(const rd_detect_spec *spec, rd_detect_set **out_set, rd_error *err)
{
    rd_detect_set *s = calloc(1, sizeof *s);
    if (s == NULL)
        return rd_fail(err, RD_NO_MEMORY, "detectors", SIZE_MAX);
    s->wanted = spec->mask;
    s->scan = rd_scan_best();
    s->n_patterns = spec->n_patterns;
    s->keys = rd_key_table_new();
    /* Patterns alone, too, want to see percent-encoded text as it means. */
    uint64_t wanted = spec->mask | (spec->n_patterns > 0 ? RD_YIELDS_PERCENT : 0) |
                      (spec->n_key_names > 0 ? RD_YIELDS_KEYS : 0);
    rd_outcome o = s->keys == NULL || !build_names(s, spec) ||
                           !rd_program_build(&s->program, wanted, spec->key_names, spec->n_key_names)
                       ? rd_fail(err, RD_NO_MEMORY, "detectors", SIZE_MAX)
                       : rd_patterns_build(spec->patterns, spec->n_patterns, &s->patterns, err);
    if (o != RD_OK)
        rd_detect_set_free(&s);
    else
        *out_set = s;
    return o;
}

rd_outcome rd_detect_set_build(uint64_t mask, const rd_pattern_spec *patterns, uint32_t n_patterns,
                               rd_detect_set **out_set, rd_error *err)
{
    const rd_detect_spec spec = {.mask = mask, .patterns = patterns, .n_patterns = n_patterns};
    return rd_detect_set_make(&spec, out_set, err);
}

void rd_detect_set_free(rd_detect_set **s)
{
    if (*s == NULL)
        return;
    rd_patterns_free(&(*s)->patterns);
    rd_key_table_free(&(*s)->keys);
    rd_keyset_free(&(*s)->names);
    free(*s);
    *s = NULL;
}

void rd_detect_set_use_plain_scan(rd_detect_set *s)
{
    s->scan = rd_scan_plain;
    rd_patterns_use_plain_scan(s->patterns);
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

uint64_t rd_detect_scratch_pattern_runs(const rd_detect_scratch *s)
{
    return rd_pattern_scratch_runs(s->patterns);
}

void rd_detect_scratch_sieve(rd_detect_scratch *s, const rd_sieve *sieve)
{
    s->found.sieve = sieve;
}

void rd_detect_scratch_free(rd_detect_scratch **s)
{
    if (*s == NULL)
        return;
    rd_pattern_scratch_free(&(*s)->patterns);
    rd_collector_release(&(*s)->found);
    rd_key_hits_release(&(*s)->keys_at);
    rd_percent_release(&(*s)->percent);
    rd_detect_scratch_free(&(*s)->inner); /* one level: it has none itself */
    free(*s);
    *s = NULL;
}

/* Runs of one kind: what the walk remembers of the last one. */
typedef struct runs {
    uint8_t shifts[8]; /* of a mask, one after another, until `shortest` bits in a row are one; 0 ends them */
    uint64_t carry;    /* bit 0: the byte before the word belongs to a run */
    uint64_t fours;    /* of the word: see fours_of */
    uint64_t two_fours; /* all ones: a run may be as short as eleven */
} runs;

enum { SHORTEST_OF_THREE = 15 };

/* Where the walk is. */
typedef struct walk {
    rd_find find; /* its view is the current text */
    const rd_detect_set *set;
    rd_detect_scratch *scratch;
    const rd_text *texts;
    uint32_t n_texts;
    uint32_t text;                  /* the current one */
    uint32_t marked;                /* texts that end before the chunk */
    const uint8_t *ends;            /* of the next hits: owners, */
    const uint64_t *shorts, *longs; /* windows */
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

static inline void start_text(walk *w, uint32_t text)
{
    const rd_text *t = &w->texts[text];
    w->text = w->scratch->found.text = text;
    w->find.v.lo = t->off;
    w->find.v.hi = text_end(t);
}

static void finish_text(walk *w)
{
    rd_collector *found = &w->scratch->found;
    if (w->set->n_patterns > 0)
        rd_patterns_find(w->set->patterns, w->scratch->patterns, &w->find.v, found);
    if (found->n > found->text_first)
        rd_collector_finish(found, w->text + 1);
}

static bool patterns_want(const walk *w, uint32_t text)
{
    return w->set->n_patterns > 0 &&
           rd_patterns_want(w->set->patterns, w->scratch->patterns, text_end(&w->texts[text]));
}

/* Moves to the text that ends behind `pos`, or to the end. Most texts hold no candidate at all;
 * they need no word, unless patterns want to see them. */
static __attribute__((noinline)) void move_to(walk *w, uint32_t pos)
{
    while (w->text < w->n_texts && pos >= text_end(&w->texts[w->text])) {
        uint32_t next = w->text + 1;
        finish_text(w);
        while (next < w->n_texts && pos >= text_end(&w->texts[next]) && !patterns_want(w, next))
            next++;
        if (next < w->n_texts)
            start_text(w, next);
        w->text = next;
    }
}

static inline bool is_over(const walk *w)
{
    return w->text == w->n_texts;
}

static runs runs_of(uint32_t shortest)
{
    runs r = {.two_fours = shortest < SHORTEST_OF_THREE ? UINT64_MAX : 0};
    for (uint32_t have = 1, n = 0; have < shortest && n + 1 < sizeof r.shifts; n++) {
        r.shifts[n] = (uint8_t)(shortest - have < have ? shortest - have : have);
        have += r.shifts[n];
    }
    return r;
}

/* Bit 4 k: bits 4 k to 4 k + 3 are set. */
static inline uint64_t fours_of(uint64_t run)
{
    uint64_t pairs = run & run >> 1;
    return pairs & pairs >> 2 & UINT64_C(0x1111111111111111);
}

/* Can a run start in word `i`? One of eleven fills two groups of four bits at multiples of four, one of
 * fifteen three; few words of ordinary text have such. */
static inline bool may_start(const runs *r, const uint64_t *words, const uint64_t *fours, uint32_t i)
{
    uint64_t four = fours[i], next = fours[i + 1];
    four &= (four >> 4 | next << 60) & ((four >> 8 | next << 56) | r->two_fours);
    return (four | (words[i] >> 63 & next & next >> 4)) != 0; /* the last bits go on through the next word */
}

/* Where runs start in word `i`; each text starts anew. */
static uint64_t starts_of(const runs *r, const uint64_t *words, const uint64_t *text_starts, uint32_t i)
{
    uint64_t run = words[i], next = words[i + 1], before = i > 0 ? words[i - 1] >> 63 : r->carry;
    uint64_t starts = run & (~(run << 1 | before) | text_starts[i]);
    /* Bit k of `run` shall stay when the `shortest` bits from k on are set; `next` looks ahead. */
    for (const uint8_t *by = r->shifts; *by != 0; by++) {
        run &= run >> *by | next << (64 - *by);
        next &= next >> *by;
    }
    return starts & run;
}

/* ---- a chunk: masks ---- */

/* Bit k of the result: an odd number of the bits 0 to k of `edges` are set. */
static inline uint64_t between(uint64_t edges)
{
    for (unsigned by = 1; by < 64; by *= 2)
        edges ^= edges << by;
    return edges;
}

/* Which bytes of the words from `at` on belong to texts, and where those start. */
static void mark_texts(walk *w, uint32_t at, uint32_t n_words)
{
    rd_detect_scratch *s = w->scratch;
    uint32_t size = 64 * n_words, i = w->marked;
    memset(s->inside, 0, (n_words + 1) * sizeof s->inside[0]);
    memset(s->starts, 0, n_words * sizeof s->starts[0]);
    while (i < w->n_texts && text_end(&w->texts[i]) <= at)
        i++;
    w->marked = i;
    uint64_t carry = 0;
    if (i < w->n_texts && w->texts[i].off < at) { /* it goes on here */
        carry = UINT64_MAX;
        uint32_t end = text_end(&w->texts[i++]) - at;
        if (end < size)
            s->inside[end / 64] ^= UINT64_C(1) << end % 64;
    }
    for (; i < w->n_texts && w->texts[i].off - at < size; i++) {
        uint32_t off = w->texts[i].off - at, end = off + w->texts[i].len;
        end = end < size ? end : size; /* the word behind the last counts for nothing */
        s->starts[off / 64] |= UINT64_C(1) << off % 64;
        s->inside[off / 64] ^= UINT64_C(1) << off % 64;
        s->inside[end / 64] ^= UINT64_C(1) << end % 64;
    }
    for (uint32_t k = 0; k < n_words; k++) {
        s->inside[k] = between(s->inside[k]) ^ carry;
        carry = 0 - (s->inside[k] >> 63);
    }
    s->inside[n_words] = 0;
}

/* Drops what the scan saw between texts. */
static void drop_outside(walk *w, uint32_t n_words)
{
    rd_detect_scratch *s = w->scratch;
    for (uint32_t i = 0; i < n_words; i++) {
        s->hit_end[i] &= s->inside[i];
        s->hit_short[i] &= s->inside[i];
    }
    if (w->set->program.small) { /* not scanned for: another set may have left some */
        memset(s->hit_long, 0, n_words * sizeof s->hit_long[0]);
        return;
    }
    for (uint32_t i = 0; i < n_words; i++) {
        s->hit_long[i] &= s->inside[i];
        s->digit[i] &= s->inside[i];
        s->token[i] &= s->inside[i];
        s->digit_fours[i] = fours_of(s->digit[i]);
        s->token_fours[i] = fours_of(s->token[i]);
    }
}

/* Turns the hits of the prefilter into exact ones. No branch depends on a test: most hits are false. */
static void make_exact(walk *w, uint32_t at, uint32_t n_words)
{
    rd_detect_scratch *s = w->scratch;
    const rd_program *p = &w->set->program;
    const uint8_t *base = w->find.v.b;
    uint32_t n_ends = 0, n_short = 0, n_long = 0;
    for (uint32_t i = 0; i < n_words; i++) {
        const uint8_t *b = base + at + 64 * i;
        uint64_t ends = 0, shorts = 0, longs = 0;
        for (uint64_t m = s->hit_end[i]; m != 0; m &= m - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(m);
            unsigned owners = rd_program_ends(p, base, at + 64 * i + bit);
            s->owners_end[n_ends] = (uint8_t)owners;
            ends |= (uint64_t)(owners != 0) << bit;
            n_ends += owners != 0;
        }
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
        s->hit_end[i] = ends;
        s->hit_short[i] = shorts;
        s->hit_long[i] = longs;
    }
    w->ends = s->owners_end;
    w->shorts = s->windows_short;
    w->longs = s->windows_long;
}

static rd_masks masks_from(rd_detect_scratch *s, uint32_t word)
{
    return (rd_masks){s->hit_end + word, s->hit_short + word, s->hit_long + word, s->digit + word,
                      s->token + word};
}

/* Scans `n` words of 64 bytes from `at`; what lies behind `end` reads as zero bytes. */
static void scan_words(walk *w, uint32_t at, uint32_t end, uint32_t n)
{
    rd_detect_scratch *s = w->scratch;
    const uint8_t *base = w->find.v.b;
    uint32_t whole = (end - at) / 64 < n ? (end - at) / 64 : n;
    w->set->scan(&w->set->program, base + at, whole, masks_from(s, 0));
    if (whole == n)
        return;
    uint8_t last[64 + RD_LONG] = {0};
    memcpy(last, base + at + 64 * whole, end - at - 64 * whole);
    w->set->scan(&w->set->program, last, 1, masks_from(s, whole));
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

static void at_end(walk *w, unsigned owners, uint32_t at)
{
    for (; owners != 0; owners &= owners - 1)
        confirm(w, w->set->program.end_owners[__builtin_ctz(owners)], at);
}

static void at_digits(walk *w, uint32_t at)
{
    for (uint32_t m = w->set->program.digit_owners; m != 0; m &= m - 1)
        confirm(w, (uint32_t)__builtin_ctz(m), at);
}

/* Most runs of tokens are words and ids, and start like nothing that anybody wants. */
static void at_token(walk *w, uint32_t at)
{
    const rd_program *p = &w->set->program;
    const rd_view *v = &w->find.v;
    for (unsigned owners = rd_program_token_starts(p, rd_at(v, at - 1), v->b + at); owners != 0;
         owners &= owners - 1)
        confirm(w, p->token_owners[__builtin_ctz(owners)], at);
}

static void walk_word(walk *w, uint32_t i, uint32_t at)
{
    const rd_detect_scratch *s = w->scratch;
    const rd_program *p = &w->set->program;
    uint64_t ends = s->hit_end[i], shorts = s->hit_short[i], longs = s->hit_long[i], digits = 0, tokens = 0;
    if (!p->small) {
        if (may_start(&w->digits, s->digit, s->digit_fours, i))
            digits = starts_of(&w->digits, s->digit, s->starts, i);
        if (may_start(&w->tokens, s->token, s->token_fours, i))
            tokens = starts_of(&w->tokens, s->token, s->starts, i);
    }
    for (uint64_t m = ends | shorts | longs | digits | tokens; m != 0; m &= m - 1) {
        uint64_t bit = m & -m;
        uint32_t pos = at + (uint32_t)__builtin_ctzll(m);
        if (pos >= w->find.v.hi)
            move_to(w, pos);
        if (is_over(w))
            return;
        if ((digits & bit) != 0)
            at_digits(w, pos);
        if ((tokens & bit) != 0)
            at_token(w, pos);
        if ((ends & bit) != 0)
            at_end(w, *w->ends++, pos - KEY_END);
        if ((shorts & bit) != 0)
            at_windows(w, *w->shorts++, p->owner_short, p->len_short, pos);
        if ((longs & bit) != 0)
            at_windows(w, *w->longs++, p->owner_long, p->len_long, pos);
    }
}

/* One pass over all texts; `encoded` NULL: they are what was percent-encoded. */
static void pass(const rd_detect_set *set, rd_detect_scratch *scratch, const uint8_t *base,
                 const rd_text *texts, uint32_t n_texts, rd_percent *encoded)
{
    rd_collector_reset(&scratch->found);
    memset(scratch->resume, 0, sizeof scratch->resume);
    walk w = {.set = set, .scratch = scratch, .texts = texts, .n_texts = n_texts};
    w.find = (rd_find){.v.b = base,
                       .keys = set->keys,
                       .names = set->names,
                       .wanted = set->wanted,
                       .out = &scratch->found,
                       .encoded = encoded,
                       .keys_at = encoded == NULL ? NULL : &scratch->keys_at,
                       .refused = scratch->refused};
    w.digits = runs_of(set->program.digit_run);
    w.tokens = runs_of(set->program.token_run);
    if (n_texts == 0)
        return;
    start_text(&w, 0);
    uint32_t from = texts[0].off, end = text_end(&texts[n_texts - 1]);
    if (set->n_patterns > 0)
        rd_patterns_begin(set->patterns, scratch->patterns, base, from, end);
    for (uint32_t at = from; at < end && w.text < n_texts; at += CHUNK) {
        uint32_t n_words = (end - at + 63) / 64 < CHUNK_WORDS ? (end - at + 63) / 64 : CHUNK_WORDS;
        uint32_t n_scanned = (end - at + 63) / 64 < MASK_WORDS ? n_words : MASK_WORDS;
        scan_words(&w, at, end, n_scanned);
        mark_texts(&w, at, n_scanned);
        drop_outside(&w, n_scanned);
        if (n_scanned < MASK_WORDS)
            scratch->digit[n_scanned] = scratch->token[n_scanned] = scratch->digit_fours[n_scanned] =
                scratch->token_fours[n_scanned] = 0;
        make_exact(&w, at, n_words);
        for (uint32_t i = 0; i < n_words && w.text < n_texts; i++)
            walk_word(&w, i, at + 64 * i);
        w.digits.carry = scratch->digit[CHUNK_WORDS - 1] >> 63;
        w.tokens.carry = scratch->token[CHUNK_WORDS - 1] >> 63;
    }
    move_to(&w, UINT32_MAX);
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
    rd_key_hits_reset(&scratch->keys_at);
    pass(set, scratch, base, texts, n_texts, &scratch->percent);
    bool ok = scratch->percent.n == 0 || pass_decoded(set, scratch, base);
    if (!ok || scratch->percent.failed || scratch->found.failed || scratch->keys_at.failed)
        return RD_NO_MEMORY;
    *out = (rd_matches){.list = scratch->found.list,
                        .n = scratch->found.n,
                        .keys_at = scratch->keys_at.list,
                        .n_keys_at = scratch->keys_at.n};
    return RD_OK;
}
