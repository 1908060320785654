/* SPDX-License-Identifier: MIT */
/*
 * Overlaps are united, never cut: of two matches that overlap, the result covers both, and hides every byte
 * that one of them hides and all between. Its name is that of the one that starts first, of equal starts the
 * longer one, of equal stretches the more specific one (own patterns, then the order of RD_DETECTORS), and
 * there also its mask. A text that a pattern could not finish is nobody else's: nothing of it may be kept.
 */
#include "filters/detect/collect.h"

#include <stdlib.h>

enum { FIRST_MATCHES = 256, KEEP_MATCHES = 1 << 16, SORT_BY_HAND = 24 };

void rd_collector_reset(rd_collector *c)
{
    if (c->cap > KEEP_MATCHES)
        rd_collector_release(c);
    c->n = c->text = c->text_first = c->shift = c->n_events = 0;
    c->failed = false;
}

void rd_collector_release(rd_collector *c)
{
    free(c->list);
    *c = (rd_collector){.sieve = c->sieve};
}

static bool grow(rd_collector *c)
{
    uint32_t cap = c->cap == 0 ? FIRST_MATCHES : c->cap * 2;
    rd_match *list = cap > c->cap ? realloc(c->list, (size_t)cap * sizeof *list) : NULL;
    if (list == NULL)
        return false;
    c->list = list;
    c->cap = cap;
    return true;
}

void rd_collector_add(rd_collector *c, uint32_t detector, uint32_t from, uint32_t to, uint32_t head,
                      uint32_t tail)
{
    c->n_events++;
    if (c->n == c->cap && !grow(c)) {
        c->failed = true;
        return;
    }
    c->list[c->n] = (rd_match){
        .off = from + c->shift,
        .len = to - from,
        .text = c->text,
        .keep_head = head <= UINT16_MAX ? (uint16_t)head : 0,
        .keep_tail = tail,
        .detector = (uint16_t)detector,
    };
    c->n += c->sieve == NULL || c->sieve->keeps(c->sieve->ctx, &c->list[c->n]);
}

void rd_emit(rd_find *f, rd_detector_id detector, uint32_t from, uint32_t to, uint32_t head, uint32_t tail)
{
    if ((f->wanted >> detector & 1) != 0 && from < to && head + tail < to - from)
        rd_collector_add(f->out, detector, from, to, head, tail);
}

uint32_t rd_text_number(const rd_find *f)
{
    return f->out->text;
}

uint32_t rd_origin(const rd_find *f, uint32_t at)
{
    f->out->n_events++;
    return at + f->out->shift;
}

uint32_t rd_found(const rd_find *f)
{
    return f->out->n;
}

/* Own patterns come before built-in detectors, those in the order of their list. */
static uint32_t rank(const rd_match *m)
{
    if (rd_is_over_budget(m->detector))
        return 0;
    return m->detector >= RD_DETECTOR_COUNT ? 1 : 2 + (uint32_t)m->detector;
}

static int before(const void *va, const void *vb)
{
    const rd_match *a = va, *b = vb;
    if (a->off != b->off)
        return a->off < b->off ? -1 : 1;
    if (a->len != b->len)
        return a->len > b->len ? -1 : 1;
    if (rank(a) != rank(b))
        return rank(a) < rank(b) ? -1 : 1;
    return (a->detector > b->detector) - (a->detector < b->detector);
}

static void sort(rd_match *list, uint32_t n)
{
    if (n > SORT_BY_HAND) {
        for (uint32_t i = 1; i < n; i++) {
            if (before(&list[i - 1], &list[i]) > 0) {
                qsort(list, n, sizeof *list, before);
                return;
            }
        }
        return;
    }
    for (uint32_t i = 1; i < n; i++) {
        rd_match m = list[i];
        uint32_t k = i;
        for (; k > 0 && before(&m, &list[k - 1]) < 0; k--)
            list[k] = list[k - 1];
        list[k] = m;
    }
}

static uint32_t min32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t max32(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* Widens `a` so that it covers `b`, which starts not before it and inside it. */
static void unite(rd_match *a, const rd_match *b)
{
    if (a->off == b->off && a->len == b->len)
        return; /* the more specific one came first */
    uint32_t end = max32(a->off + a->len, b->off + b->len);
    uint32_t hide = min32(a->off + a->keep_head, b->off + b->keep_head);
    uint32_t show = max32(a->off + a->len - a->keep_tail, b->off + b->len - b->keep_tail);
    a->keep_head = (uint16_t)(hide - a->off);
    a->keep_tail = end - show;
    a->len = end - a->off;
}

void rd_collector_finish(rd_collector *c)
{
    uint32_t first = c->text_first, kept = first;
    sort(c->list + first, c->n - first);
    for (uint32_t i = first; i < c->n; i++) {
        if (kept > first && c->list[i].off < c->list[kept - 1].off + c->list[kept - 1].len)
            unite(&c->list[kept - 1], &c->list[i]);
        else
            c->list[kept++] = c->list[i];
    }
    c->n = c->text_first = kept;
}
