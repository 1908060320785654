/* SPDX-License-Identifier: MIT */
/*
 * The engine: short texts are brought together, long ones stay where they are; one pass over them, in chunks
 * that stay in the first-level cache.
 *
 *    gather  0 text 0 0 text 1 0 text 3 0                          without those known to be clean (gather.h)
 *    chunk   ------------------------ chunk ------------------     bit masks: candidates (chunk.h)
 *    walk    place by place, upwards: which text is it in? the matchers' confirm
 *    end     of each text with finds: order and unite (collect.c); own patterns before that
 *
 * The masks say "perhaps here"; every decision is the matcher's, whose look is clamped to its text.
 */
#include "filters/detect/detect.h"

#include <stdlib.h>

#include "filters/detect/chunk.h"
#include "filters/detect/collect.h"
#include "filters/detect/explain.h"
#include "filters/detect/gather.h"
#include "filters/detect/key_names.h"
#include "filters/detect/keys.h"
#include "filters/detect/pattern.h"
#include "filters/detect/percent.h"
#include "filters/detect/tail_memo.h"
#include "filters/detect/times.h"

enum { KEY_END = 3 }; /* matchers are called that many bytes before what follows a key */

struct rd_detect_set {
    rd_program program;
    uint32_t number; /* no other set has it */
    uint64_t wanted;
    rd_scan_fn scan;
    rd_key_table *keys;    /* owned */
    rd_keyset *names;      /* owned; NULL: there are no key names */
    rd_patterns *patterns; /* owned */
    uint32_t n_patterns;
};

struct rd_detect_scratch {
    rd_chunk chunk;
    uint32_t resume[RD_MAX_MATCHERS];
    rd_tail_memo classes;   /* of keys, from earlier calls too */
    rd_tail_memo name_ends; /* of each set its own: another one has other names */
    rd_collector found;
    rd_key_hits keys_at;
    rd_pattern_scratch *patterns; /* owned */
    rd_refusals *refused;         /* borrowed for one call; NULL: nobody asks */
    rd_times *times;              /* borrowed; NULL: nothing is timed */
    rd_percent percent;
    rd_gather *gathered;      /* owned; made when first needed */
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
    static _Atomic uint32_t last_number;
    rd_detect_set *s = calloc(1, sizeof *s);
    if (s == NULL)
        return rd_fail(err, RD_NO_MEMORY, "detectors", SIZE_MAX);
    s->number = ++last_number;
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

void rd_detect_set_use_scan(rd_detect_set *s, rd_scan_fn scan)
{
    s->scan = scan;
    rd_patterns_use_scan(s->patterns, scan);
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

void rd_detect_scratch_time(rd_detect_scratch *s, rd_times *times)
{
    s->times = times;
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
    free((*s)->gathered);
    rd_detect_scratch_free(&(*s)->inner); /* one level: it has none itself */
    free(*s);
    *s = NULL;
}

/* Texts of one pass. Between two of them, if there are several, stand zero bytes. */
typedef struct batch {
    const uint8_t *base;
    const rd_text *texts; /* in base */
    uint32_t n;           /* at least one */
    /* Which of the caller's texts they are, and all of those; NULL: they are the caller's. */
    const uint32_t *numbers;
    const rd_text *origins;
    bool *has_events; /* out: something was found in the text, not touched else; NULL: nobody asks */
} batch;

/* Where the walk is. */
typedef struct walk {
    rd_find find; /* its view is the current text */
    const rd_detect_set *set;
    rd_detect_scratch *scratch;
    const batch *batch;
    uint32_t text;     /* the current one */
    uint32_t n_events; /* before it */
} walk;

static inline uint32_t text_end(const rd_text *t)
{
    return t->off + t->len;
}

static __attribute__((noinline, cold)) void confirm_timed(walk *w, uint32_t matcher, uint32_t at)
{
    uint64_t start = rd_times_start(w->scratch->times);
    rd_matchers[matcher]->confirm(&w->find, at);
    rd_times_matcher(w->scratch->times, start, matcher);
}

static inline void confirm(walk *w, uint32_t matcher, uint32_t at)
{
    uint32_t *resume = &w->scratch->resume[matcher];
    RD_DETECT_STEP();
    if (at < *resume)
        return;
    w->find.resume = *resume;
    if (w->scratch->times == NULL)
        rd_matchers[matcher]->confirm(&w->find, at);
    else
        confirm_timed(w, matcher, at);
    *resume = w->find.resume;
}

static inline void start_text(walk *w, uint32_t i)
{
    const batch *b = w->batch;
    const rd_text *t = &b->texts[i];
    rd_collector *found = &w->scratch->found;
    w->text = i;
    w->n_events = found->n_events;
    w->find.v.lo = t->off;
    w->find.v.hi = text_end(t);
    found->text = b->numbers != NULL ? b->numbers[i] : i;
    found->shift = b->origins != NULL ? b->origins[found->text].off - t->off : 0;
}

static void finish_text(walk *w)
{
    rd_collector *found = &w->scratch->found;
    if (w->set->n_patterns > 0)
        rd_patterns_find(w->set->patterns, w->scratch->patterns, &w->find.v, w->scratch->times, found);
    if (found->n > found->text_first)
        rd_collector_finish(found);
    if (w->batch->has_events != NULL && found->n_events != w->n_events)
        w->batch->has_events[w->text] = true;
}

static bool patterns_want(const walk *w, uint32_t text)
{
    return w->set->n_patterns > 0 &&
           rd_patterns_want(w->set->patterns, w->scratch->patterns, text_end(&w->batch->texts[text]));
}

/* Moves to the text that ends behind `pos`, or stays at the last. Most texts hold no candidate at all; they
 * need no word, unless patterns want to see them. */
static inline void move_to(walk *w, uint32_t pos)
{
    const rd_text *texts = w->batch->texts;
    uint32_t last = w->batch->n - 1, i = w->text;
    while (i < last && pos >= text_end(&texts[i])) {
        finish_text(w);
        do
            i++;
        while (i < last && pos >= text_end(&texts[i]) && !patterns_want(w, i));
        start_text(w, i);
    }
}

/* Windows that reach behind the text do not count: what is there must not matter. */
static inline void at_window(walk *w, uint32_t owner, uint32_t length, uint32_t at)
{
    if (at + length <= w->find.v.hi)
        confirm(w, owner, at);
}

static void at_long(walk *w, uint32_t at, uint64_t which)
{
    const rd_program *p = &w->set->program;
    for (uint64_t m = rd_program_long(p, w->find.v.b + at) & which; m != 0; m &= m - 1) {
        unsigned k = (unsigned)__builtin_ctzll(m);
        at_window(w, p->owner_long[k], p->len_long[k], at);
    }
}

/* Nearly always there is one window, in one of the halves. */
static void at_short(walk *w, uint32_t at)
{
    const rd_program *p = &w->set->program;
    rd_short_windows m = rd_program_short(p, w->find.v.b + at);
    bool word = false;
    while ((m.half[0] | m.half[1]) != 0) {
        unsigned h = m.half[0] == 0, k = (unsigned)__builtin_ctzll(m.half[h]);
        if ((p->short_words.half[h] >> k & 1) != 0)
            word = true;
        else
            at_window(w, p->owner_short[64 * h + k], p->len_short[64 * h + k], at);
        m.half[h] &= m.half[h] - 1;
    }
    if (word)
        at_long(w, at, p->long_words);
}

static void at_end(walk *w, uint32_t at)
{
    unsigned owners = rd_program_ends(&w->set->program, w->find.v.b, at + KEY_END);
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
    unsigned starts = rd_program_token_starts(p, v->b + at);
    for (unsigned owners = starts | p->token_behind[rd_at(v, at - 1)]; owners != 0; owners &= owners - 1) {
        unsigned k = (unsigned)__builtin_ctz(owners);
        w->find.starts_token = (starts >> k & 1) != 0;
        confirm(w, p->token_owners[k], at);
    }
}

static inline void at_place(walk *w, uint32_t pos, unsigned kinds)
{
    if (pos >= w->find.v.hi)
        move_to(w, pos);
    if (pos - w->find.v.lo >= w->find.v.hi - w->find.v.lo)
        return; /* between texts */
    if ((kinds & RD_AT_DIGITS) != 0)
        at_digits(w, pos);
    if ((kinds & RD_AT_TOKEN) != 0)
        at_token(w, pos);
    if ((kinds & RD_AT_END) != 0)
        at_end(w, pos - KEY_END);
    if ((kinds & RD_AT_SHORT) != 0)
        at_short(w, pos);
    if ((kinds & RD_AT_LONG) != 0)
        at_long(w, pos, ~w->set->program.long_words);
}

static void walk_chunks(walk *w, const rd_chunk_source *source, uint32_t from)
{
    rd_chunk *c = &w->scratch->chunk;
    rd_chunk_reset(c);
    for (uint32_t at = from; at < source->end; at += RD_CHUNK) {
        rd_chunk_fill(c, source, at);
        for (uint32_t i = 0; i < c->n_places; i++) {
            uint32_t place = c->places[i];
            at_place(w, at + place, rd_chunk_kinds(c, place, source->program->small));
        }
    }
}

/* One pass; `encoded` NULL: the texts are what was encoded. */
static void pass(const rd_detect_set *set, rd_detect_scratch *scratch, const batch *b, rd_percent *encoded)
{
    walk w = {.set = set, .scratch = scratch, .batch = b};
    w.find = (rd_find){.v.b = b->base,
                       .keys = set->keys,
                       .classes = &scratch->classes,
                       .names = set->names,
                       .name_ends = &scratch->name_ends,
                       .wanted = set->wanted,
                       .out = &scratch->found,
                       .encoded = encoded,
                       .keys_at = encoded == NULL ? NULL : &scratch->keys_at,
                       .refused = scratch->refused};
    uint32_t from = b->texts[0].off, end = text_end(&b->texts[b->n - 1]);
    const rd_chunk_source source = {.program = &set->program, .scan = set->scan, .base = b->base, .end = end};
    memset(scratch->resume, 0, sizeof scratch->resume);
    rd_tail_memo_turn(&scratch->name_ends, set->number);
    if (set->n_patterns > 0)
        rd_patterns_begin(set->patterns, scratch->patterns, b->base, from, end);
    start_text(&w, 0);
    walk_chunks(&w, &source, from);
    move_to(&w, UINT32_MAX);
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
    rd_collector *found = &scratch->inner->found;
    rd_collector_reset(found);
    scratch->inner->times = scratch->times;
    pass(set, scratch->inner, &(batch){.base = p->decoded.p, .texts = p->texts, .n = p->n}, NULL);
    rd_matches matches = {.list = found->list, .n = found->n};
    if (found->n > 0) {
        scratch->found.shift = 0;
        rd_percent_map(p, base, &matches, &scratch->found);
        scratch->found.text_first = 0; /* all texts anew; they do not overlap */
        rd_collector_finish(&scratch->found);
    }
    return !found->failed;
}

/* The texts that have been brought together. `origins`: all of the caller's. */
static void pass_gathered(const rd_detect_set *set, rd_detect_scratch *scratch, const rd_text *origins,
                          uint32_t number)
{
    rd_gather *g = scratch->gathered;
    if (g->n == 0)
        return;
    rd_gather_close(g);
    pass(set, scratch,
         &(batch){.base = g->bytes,
                  .texts = g->texts,
                  .n = g->n,
                  .numbers = g->numbers,
                  .origins = origins,
                  .has_events = g->has_events},
         &scratch->percent);
    rd_gather_learn(g, number);
    rd_gather_reset(g);
}

static void pass_all(const rd_detect_set *set, rd_detect_scratch *scratch, const uint8_t *base,
                     const rd_text *texts, uint32_t n_texts)
{
    rd_gather *g = scratch->gathered;
    uint32_t number = scratch->refused == NULL ? set->number : 0; /* who asks why not is told each time */
    rd_gather_reset(g);
    for (uint32_t i = 0; i < n_texts; i++) {
        const rd_text *t = &texts[i];
        bool brought = rd_gather_takes(t->len);
        if (!brought || !rd_gather_has_room(g, t->len))
            pass_gathered(set, scratch, texts, number);
        if (brought)
            rd_gather_add(g, number, base + t->off, t->len, i);
        else
            pass(set, scratch, &(batch){.base = base, .texts = t, .n = 1, .numbers = &i, .origins = texts},
                 &scratch->percent);
    }
    pass_gathered(set, scratch, texts, number);
}

rd_outcome rd_detect(const rd_detect_set *set, rd_detect_scratch *scratch, const uint8_t *base,
                     size_t base_len, const rd_text *texts, uint32_t n_texts, rd_matches *out)
{
    if (scratch->gathered == NULL && (scratch->gathered = calloc(1, sizeof *scratch->gathered)) == NULL)
        return RD_NO_MEMORY;
    rd_percent_reset(&scratch->percent);
    rd_key_hits_reset(&scratch->keys_at);
    rd_collector_reset(&scratch->found);
    pass_all(set, scratch, base, texts, n_texts);
    bool ok = scratch->percent.n == 0 || pass_decoded(set, scratch, base);
    if (!ok || scratch->percent.failed || scratch->found.failed || scratch->keys_at.failed)
        return RD_NO_MEMORY;
    *out = (rd_matches){.list = scratch->found.list,
                        .n = scratch->found.n,
                        .keys_at = scratch->keys_at.list,
                        .n_keys_at = scratch->keys_at.n};
    return RD_OK;
}
