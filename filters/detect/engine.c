/* SPDX-License-Identifier: MIT */
/*
 * The engine: texts in batches, each batch one pass over bytes that stay in the first-level cache.
 *
 *    base    ....text 0....  ..text 1..          ...text 2...
 *    gather  ..text 0..text 1..text 2              short texts side by side, two zero bytes before each; a
 * long one stays where it is and is a batch, or several, of its own scan    ------------------------ bit
 * masks: hits, digits, tokens exact   hits that are none are dropped, without a branch that depends on the
 * test walk    bit by bit, upwards: which text is it in? the matchers' confirm end     of each text with
 * finds: order and unite (collect.c); own patterns before that
 *
 * The masks say "perhaps here"; every decision is the matcher's, whose look is clamped to its text. Positions
 * are those of the bytes that were scanned; `delta` makes them positions of the base when a find is noted.
 */
#include "filters/detect/detect.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "filters/detect/collect.h"
#include "filters/detect/explain.h"
#include "filters/detect/key_names.h"
#include "filters/detect/known.h"
#include "filters/detect/pattern.h"
#include "filters/detect/percent.h"
#include "filters/detect/scan.h"

enum {
    CHUNK_WORDS = 64,
    CHUNK = CHUNK_WORDS * 64,
    LOOK_WORDS = 1, /* behind a chunk: runs that reach over its end */
    MASK_WORDS = CHUNK_WORDS + LOOK_WORDS,
    LONG_TEXT = 1024, /* is not copied */
    GAP = 2,          /* a key of one letter may stand at the start, and a key's end is looked for in three */
    COPY = 32,        /* bytes a copy moves at once; as many may be read and written behind a text */
    MAX_TEXTS = CHUNK / (GAP + 1) + 1
};

struct rd_detect_set {
    rd_program program;
    uint32_t number; /* no other set of the process has it */
    uint64_t wanted;
    rd_scan_fn scan;
    rd_key_table *keys;    /* owned */
    rd_patterns *patterns; /* owned */
    uint32_t n_patterns;
};

struct rd_detect_scratch {
    uint64_t hit_end[MASK_WORDS], hit_short[MASK_WORDS], hit_long[MASK_WORDS], digit[MASK_WORDS],
        token[MASK_WORDS];
    /* What is at each exact hit of the chunk, in the order of the hits; one more is written. */
    uint64_t windows_short[CHUNK + 1], windows_long[CHUNK + 1];
    uint8_t owners_end[CHUNK + 1];
    uint8_t gathered[CHUNK + COPY + RD_BUF_TAIL];
    rd_text texts[MAX_TEXTS];    /* in `gathered` */
    uint32_t numbers[MAX_TEXTS]; /* which texts of the call they are */
    uint32_t hashes[MAX_TEXTS];  /* of short ones */
    uint8_t has_find[MAX_TEXTS];
    rd_known known;
    uint32_t resume[RD_MAX_MATCHERS];
    rd_collector found;
    rd_key_hits keys_at;
    rd_pattern_scratch *patterns; /* owned */
    rd_refusals *refused;         /* borrowed for one call; NULL: nobody asks */
    rd_percent percent;
    rd_detect_scratch *inner; /* owned: of the pass over decoded texts; made when first needed */
};

rd_outcome rd_detect_set_make(const rd_detect_spec *spec, rd_detect_set **out_set, rd_error *err)
{
    rd_detect_set *s = calloc(1, sizeof *s);
    if (s == NULL)
        return rd_fail(err, RD_NO_MEMORY, "detectors", SIZE_MAX);
    static _Atomic uint32_t sets; /* a name for what is equal to nothing else, not state */
    s->number = atomic_fetch_add(&sets, 1) + 1;
    s->wanted = spec->mask;
    s->scan = rd_scan_best();
    s->n_patterns = spec->n_patterns;
    s->keys = rd_key_table_new();
    /* Patterns alone, too, want to see percent-encoded text as it means. */
    uint64_t wanted = spec->mask | (spec->n_patterns > 0 ? RD_YIELDS_PERCENT : 0) |
                      (spec->n_key_names > 0 ? RD_YIELDS_KEYS : 0);
    rd_outcome o =
        s->keys == NULL || !rd_program_build(&s->program, wanted, spec->key_names, spec->n_key_names)
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
    rd_key_hits_release(&(*s)->keys_at);
    rd_percent_release(&(*s)->percent);
    rd_detect_scratch_free(&(*s)->inner); /* one level: it has none itself */
    free(*s);
    *s = NULL;
}

/* Runs of one kind: what the walk remembers of the last one. */
typedef struct runs {
    uint32_t shortest;
    uint8_t shifts[8]; /* of a mask, one after another, until `shortest` bits in a row are one; 0 ends them */
    uint64_t carry;    /* bit 0: the byte before the word belongs to a run */
} runs;

/* A batch of texts, and where the walk over it is. */
typedef struct walk {
    rd_find find; /* its view is the current text */
    const rd_detect_set *set;
    rd_detect_scratch *scratch;
    const rd_text *all;      /* texts of the call, where they are in the base */
    const rd_text *texts;    /* of the batch, where they were scanned */
    const uint32_t *numbers; /* which of all they are */
    uint32_t n_texts;
    uint32_t text;                  /* the current one, in the batch */
    uint32_t n_keys_at, n_encoded;  /* when it was started */
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
    w->text = text;
    w->n_keys_at = w->scratch->keys_at.n;
    w->n_encoded = w->scratch->percent.n;
    w->find.v.lo = t->off;
    w->find.v.hi = text_end(t);
    w->scratch->found.text = w->numbers[text];
    w->find.delta = w->scratch->found.delta = w->all[w->numbers[text]].off - t->off;
}

static void finish_text(walk *w)
{
    rd_detect_scratch *s = w->scratch;
    if (w->set->n_patterns > 0)
        rd_patterns_find(w->set->patterns, s->patterns, &w->find.v, &s->found);
    s->has_find[w->text] =
        s->found.n > s->found.text_first || s->keys_at.n > w->n_keys_at || s->percent.n > w->n_encoded;
    if (s->found.n > s->found.text_first)
        rd_collector_finish(&s->found, s->found.text + 1);
}

/* Moves to the text that ends behind `pos`, or to the end of the batch. Most texts hold no candidate at all;
 * they need no word, unless patterns want to see them. */
static __attribute__((noinline)) void move_to(walk *w, uint32_t pos)
{
    while (w->text < w->n_texts && pos >= text_end(&w->texts[w->text])) {
        uint32_t next = w->text + 1;
        finish_text(w);
        while (w->set->n_patterns == 0 && next < w->n_texts && pos >= text_end(&w->texts[next]))
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
    runs r = {.shortest = shortest};
    for (uint32_t have = 1, n = 0; have < shortest && n + 1 < sizeof r.shifts; n++) {
        r.shifts[n] = (uint8_t)(shortest - have < have ? shortest - have : have);
        have += r.shifts[n];
    }
    return r;
}

/* Could a run of eleven or more start in `run`, with `next` behind it? It would fill two groups of four bits
 * in `run`, or go on through the first group of `next`. Few words of ordinary text say yes. */
static inline bool has_long_run(uint64_t run, uint64_t next)
{
    uint64_t pairs = run & run >> 1, fours = pairs & pairs >> 2 & UINT64_C(0x1111111111111111);
    return (fours & fours >> 4) != 0 || (run >> 63 != 0 && (next & 15) == 15);
}

static inline uint64_t starts_of(const uint64_t *words, uint32_t i, runs *r)
{
    uint64_t run = words[i], starts = run & ~(run << 1 | r->carry), next = words[i + 1];
    r->carry = run >> 63;
    if (starts == 0 || (r->shortest >= 11 && !has_long_run(run, next)))
        return 0;
    /* Bit k of `run` shall stay when the `shortest` bits from k on are set; `next` looks ahead. */
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
    const uint8_t *base = w->find.v.b;
    uint32_t n_ends = 0, n_short = 0, n_long = 0;
    for (uint32_t i = 0; i < n_words; i++) {
        const uint8_t *b = base + at + 64 * i;
        uint64_t ends = 0, shorts = 0, longs = 0;
        for (uint64_t m = s->hit_end[i]; m != 0; m &= m - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(m);
            unsigned owners = rd_program_ends(p, b + bit, b + bit == base);
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

/* Scans words of 64 bytes from `at`; what lies behind `end` reads as zero bytes. */
static void scan_chunk(walk *w, uint32_t at, uint32_t end)
{
    rd_detect_scratch *s = w->scratch;
    const uint8_t *base = w->find.v.b;
    uint32_t whole = (end - at) / 64 < MASK_WORDS ? (end - at) / 64 : MASK_WORDS;
    w->set->scan(&w->set->program, base + at, whole, masks_from(s, 0));
    if (whole == MASK_WORDS)
        return;
    uint8_t last[64 + RD_LONG] = {0};
    memcpy(last, base + at + 64 * whole, end - at - 64 * whole);
    w->set->scan(&w->set->program, last, 1, masks_from(s, whole));
    if (whole + 1 < MASK_WORDS) /* one more for the look ahead */
        s->digit[whole + 1] = s->token[whole + 1] = 0;
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
    uint8_t before = rd_at(v, at - 1);
    bool all = before == '.' || before == '/' || before == '\\';
    unsigned owners =
        all ? (1U << p->n_token_owners) - 1 : rd_program_token_starts(p, v->b[at], v->b[at + 1]);
    for (; owners != 0; owners &= owners - 1)
        confirm(w, p->token_owners[__builtin_ctz(owners)], at);
}

static void walk_word(walk *w, uint32_t i, uint32_t at)
{
    const rd_detect_scratch *s = w->scratch;
    const rd_program *p = &w->set->program;
    uint64_t ends = s->hit_end[i], shorts = s->hit_short[i], longs = s->hit_long[i], digits = 0, tokens = 0;
    if (!p->small) {
        digits = starts_of(s->digit, i, &w->digits);
        tokens = starts_of(s->token, i, &w->tokens);
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
            at_end(w, *w->ends++, pos);
        if ((shorts & bit) != 0)
            at_windows(w, *w->shorts++, p->owner_short, p->len_short, pos);
        if ((longs & bit) != 0)
            at_windows(w, *w->longs++, p->owner_long, p->len_long, pos);
    }
}

/* The bytes [from, end) of what the batch's positions mean. */
static void walk_bytes(walk *w, uint32_t from, uint32_t end)
{
    for (uint32_t at = from; at < end && !is_over(w); at += CHUNK) {
        uint32_t n_words = (end - at + 63) / 64 < CHUNK_WORDS ? (end - at + 63) / 64 : CHUNK_WORDS;
        scan_chunk(w, at, end);
        make_exact(w, at, n_words);
        for (uint32_t i = 0; i < n_words && !is_over(w); i++)
            walk_word(w, i, at + 64 * i);
    }
}

static void walk_batch(walk *w, const uint8_t *base, const rd_text *texts, const uint32_t *numbers,
                       uint32_t n, uint32_t from, uint32_t end)
{
    w->find.v.b = base;
    w->texts = texts;
    w->numbers = numbers;
    w->n_texts = n;
    w->digits.carry = w->tokens.carry = 0;
    memset(w->scratch->resume, 0, sizeof w->scratch->resume);
    start_text(w, 0);
    /* Ends of keys are looked for from three bytes before what follows them, which may be before the text. */
    for (uint32_t before = GAP; base != w->scratch->gathered && before > 0; before--)
        at_end(w, (1U << w->set->program.n_end_owners) - 1, from - before);
    walk_bytes(w, from, end);
    move_to(w, UINT32_MAX);
}

/* Copies texts from number *next on side by side, until the chunk is full or a long one comes. Those in which
 * nothing can be found are passed over. Returns how many were copied. */
static uint32_t gather(const walk *w, const uint8_t *base, uint32_t n_all, uint32_t *next, uint32_t *out_end)
{
    rd_detect_scratch *s = w->scratch;
    uint32_t set = w->set->number, at = 0, n = 0, i = *next;
    for (; i < n_all && n < MAX_TEXTS; i++) {
        const uint8_t *from = base + w->all[i].off;
        uint32_t len = w->all[i].len;
        if (len >= LONG_TEXT || at + GAP + len > CHUNK)
            break;
        if (len <= RD_KNOWN_MAX) {
            s->hashes[n] = rd_known_hash(set, from, len);
            if (rd_known_find(&s->known, s->hashes[n], set, from, len))
                continue;
        }
        memset(s->gathered + at, 0, GAP);
        at += GAP;
        for (uint32_t k = 0; k < len; k += COPY)
            memcpy(s->gathered + at + k, from + k, COPY);
        s->texts[n] = (rd_text){.off = at, .len = len};
        s->numbers[n++] = i;
        at += len;
    }
    memset(s->gathered + at, 0, COPY);
    *next = i;
    *out_end = at;
    return n;
}

/* Remembers the short texts of the batch in which nothing was found. */
static void note_known(const walk *w, uint32_t n)
{
    rd_detect_scratch *s = w->scratch;
    for (uint32_t k = 0; k < n; k++) {
        const rd_text *t = &s->texts[k];
        if (t->len <= RD_KNOWN_MAX && !s->has_find[k])
            rd_known_note(&s->known, s->hashes[k], w->set->number, s->gathered + t->off, t->len);
    }
}

/* One pass over all texts; `encoded` NULL: they are what was percent-encoded. */
static void pass(const rd_detect_set *set, rd_detect_scratch *scratch, const uint8_t *base,
                 const rd_text *texts, uint32_t n_texts, rd_percent *encoded)
{
    rd_collector_reset(&scratch->found);
    walk w = {.set = set, .scratch = scratch, .all = texts};
    w.find = (rd_find){.keys = set->keys,
                       .wanted = set->wanted,
                       .out = &scratch->found,
                       .encoded = encoded,
                       .keys_at = encoded == NULL ? NULL : &scratch->keys_at,
                       .refused = scratch->refused};
    w.digits = runs_of(set->program.digit_run);
    w.tokens = runs_of(set->program.token_run);
    for (uint32_t i = 0; i < n_texts;) {
        uint32_t end = 0, n = scratch->refused != NULL ? 0 : gather(&w, base, n_texts, &i, &end);
        if (n > 0) {
            memset(scratch->has_find, 0, n);
            walk_batch(&w, scratch->gathered, scratch->texts, scratch->numbers, n, 0, end);
            note_known(&w, n);
        } else if (i < n_texts) {
            walk_batch(&w, base, &texts[i], &i, 1, texts[i].off, text_end(&texts[i]));
            i++;
        }
    }
    scratch->found.delta = 0;
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
