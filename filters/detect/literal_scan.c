/* SPDX-License-Identifier: MIT */
#include "filters/detect/literal_scan.h"

#include <stdlib.h>

#include "filters/detect/filter.h"
#include "filters/detect/text.h"

typedef struct entry {
    uint8_t text[RD_LITERAL_BYTES];
    uint8_t len;
    uint32_t owner;
    uint32_t next; /* with the same first byte; UINT32_MAX: none */
} entry;

struct rd_literal_set {
    rd_program program; /* the filter of short windows alone */
    rd_scan_fn scan;
    uint32_t first[256]; /* by a byte of the text */
    entry *list;         /* owned */
    uint32_t n;
};

static uint8_t folded(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static void window_of(const entry *e, rd_window_sets *out)
{
    memset(out, 0xff, sizeof *out);
    for (uint32_t j = 0; j < RD_SHORT && j < e->len; j++) {
        memset(&out->at[j], 0, sizeof out->at[j]);
        for (unsigned c = 0; c < 256; c++) {
            if (folded((uint8_t)c) == e->text[j])
                out->at[j].bits[c >> 6] |= UINT64_C(1) << (c & 63);
        }
    }
}

static bool fill(rd_literal_set *s, const rd_literals *sets, const uint32_t *owners, uint32_t n,
                 rd_window_sets *windows)
{
    memset(s->first, 0xff, sizeof s->first);
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < sets[i].n; k++) {
            entry *e = &s->list[s->n];
            uint8_t first = sets[i].text[k][0];
            *e = (entry){.len = sets[i].len[k], .owner = owners[i], .next = s->first[first]};
            memcpy(e->text, sets[i].text[k], e->len);
            window_of(e, &windows[s->n]);
            s->first[first] = s->n++;
        }
    }
    for (unsigned c = 'A'; c <= 'Z'; c++)
        s->first[c] = s->first[c | 0x20];
    s->scan = rd_scan_best();
    return rd_program_filter_literals(&s->program, windows, s->n);
}

rd_literal_set *rd_literal_set_new(const rd_literals *sets, const uint32_t *owners, uint32_t n)
{
    rd_literal_set *s = calloc(1, sizeof *s);
    uint32_t all = 1;
    for (uint32_t i = 0; i < n; i++)
        all += sets[i].n;
    rd_window_sets *windows = calloc(all, sizeof *windows);
    if (s != NULL)
        s->list = calloc(all, sizeof *s->list);
    if (s != NULL && (s->list == NULL || windows == NULL || !fill(s, sets, owners, n, windows)))
        rd_literal_set_free(&s);
    free(windows);
    return s;
}

void rd_literal_set_free(rd_literal_set **s)
{
    if (*s == NULL)
        return;
    free((*s)->list);
    free(*s);
    *s = NULL;
}

void rd_literal_set_use_scan(rd_literal_set *s, rd_scan_fn scan)
{
    s->scan = scan;
}

static bool stands_at(const entry *e, const uint8_t *p, uint32_t room)
{
    if (e->len > room)
        return false;
    for (uint32_t i = 0; i < e->len; i++) {
        if (folded(p[i]) != e->text[i])
            return false;
    }
    return true;
}

void rd_literal_walk_owners(const rd_literal_walk *w, uint32_t limit, uint64_t *bits)
{
    const uint8_t *p = w->base + w->hit;
    for (uint32_t i = w->set->first[*p]; i != UINT32_MAX; i = w->set->list[i].next) {
        const entry *e = &w->set->list[i];
        if (stands_at(e, p, limit - w->hit))
            bits[e->owner / 64] |= UINT64_C(1) << e->owner % 64;
    }
}

/* Fills the words from w->chunk on. */
static void scan_chunk(rd_literal_walk *w)
{
    const rd_literal_set *s = w->set;
    const uint8_t *b = w->base + w->chunk;
    rd_masks out = {w->unused, w->words, w->unused, w->unused, w->unused};
    uint32_t left = w->end - w->chunk, whole = left / 64;
    if (whole >= RD_LITERAL_CHUNK_WORDS)
        whole = w->n_words = RD_LITERAL_CHUNK_WORDS;
    else
        w->n_words = (left + 63) / 64;
    w->word = 0;
    if (s->scan == rd_scan_plain) { /* which wants more of a program than a filter */
        for (uint32_t i = 0; i < w->n_words; i++) {
            w->words[i] = 0;
            for (uint32_t k = 0; k < 64 && 64 * i + k < left; k++)
                w->words[i] |= (uint64_t)(s->first[b[64 * i + k]] != UINT32_MAX) << k;
        }
        return;
    }
    s->scan(&s->program, b, whole, out);
    if (whole == w->n_words)
        return;
    uint8_t last[64 + RD_LONG] = {0};
    memcpy(last, b + 64 * whole, left - 64 * whole);
    out.hit_short += whole;
    s->scan(&s->program, last, 1, out);
}

void rd_literal_walk_next(rd_literal_walk *w)
{
    uint64_t any[4];
    for (;;) {
        for (; w->word < w->n_words; w->word++) {
            while (w->words[w->word] != 0) {
                uint64_t m = w->words[w->word];
                w->words[w->word] = m & (m - 1);
                w->hit = w->chunk + 64 * w->word + (uint32_t)__builtin_ctzll(m);
                RD_DETECT_STEP();
                memset(any, 0, sizeof any);
                if (w->hit < w->end)
                    rd_literal_walk_owners(w, w->end, any);
                if ((any[0] | any[1] | any[2] | any[3]) != 0)
                    return;
            }
        }
        if (w->end - w->chunk <= 64 * w->n_words)
            break;
        w->chunk += 64 * w->n_words;
        scan_chunk(w);
    }
    w->hit = UINT32_MAX;
}

void rd_literal_walk_begin(rd_literal_walk *w, const rd_literal_set *set, const uint8_t *base, uint32_t from,
                           uint32_t end)
{
    w->set = set;
    w->base = base;
    w->end = end;
    w->chunk = from;
    w->n_words = 0;
    w->word = 0;
    w->hit = UINT32_MAX;
    if (from >= end)
        return;
    scan_chunk(w);
    rd_literal_walk_next(w);
}
