/* SPDX-License-Identifier: MIT */
/*
 * Greedy clustering: every window starts as a cluster of its own (of very many, the later ones join the
 * cluster that suits them best); while there are more clusters than buckets, the two whose union adds the
 * fewest expected candidates are merged. The expectation is the product over all positions of how often a
 * byte of the cluster's nibble sets occurs in log text.
 */
#include "filters/detect/buckets.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_CLUSTERS = 96 }; /* to start with; the work grows with their square */

/* What the nibble tables of one cluster take at each position. */
typedef struct cluster {
    uint16_t lo[RD_LONG], hi[RD_LONG];
    float weight;
} cluster;

typedef struct work {
    float bytes[256]; /* share of each byte in log text */
    cluster *list;    /* owned */
    float *cost;      /* owned: [a * n_all + b] for a < b: what merging them adds */
    uint32_t n, n_all, len;
} work;

/* Rough shares, from logs of many systems. */
static float byte_weight(uint8_t c)
{
    if (c == ' ')
        return 0.12f;
    if (rd_is(c, RD_C_DIGIT))
        return 0.05f; /* more than their share: they come in runs */
    if (rd_is(c, RD_C_LOWER))
        return strchr("eaiotnrs", c) != NULL ? 0.035f : 0.012f;
    if (rd_is(c, RD_C_UPPER))
        return 0.004f;
    if (c != 0 && strchr(".:-/\"_,=[]()", c) != NULL)
        return 0.015f;
    return c >= 0x80 || c < ' ' ? 0.0005f : 0.002f;
}

static float class_weight(const work *w, uint16_t lo, uint16_t hi)
{
    if (lo == UINT16_MAX && hi == UINT16_MAX)
        return 1;
    float sum = 0;
    for (uint32_t h = hi; h != 0; h &= h - 1) {
        const float *row = w->bytes + 16 * __builtin_ctz(h);
        for (uint32_t l = lo; l != 0; l &= l - 1)
            sum += row[__builtin_ctz(l)];
    }
    return sum < 1 ? sum : 1;
}

static cluster united(const work *w, const cluster *a, const cluster *b)
{
    cluster u = {.weight = 1};
    for (uint32_t j = 0; j < w->len; j++) {
        u.lo[j] = a->lo[j] | b->lo[j];
        u.hi[j] = a->hi[j] | b->hi[j];
        u.weight *= class_weight(w, u.lo[j], u.hi[j]);
    }
    return u;
}

static cluster of_window(const work *w, const rd_window_sets *sets)
{
    cluster c = {.weight = 1};
    for (uint32_t j = 0; j < w->len; j++) {
        for (unsigned b = 0; b < 256; b++) {
            if (rd_byteset_has(&sets->at[j], (uint8_t)b)) {
                c.lo[j] |= (uint16_t)(1u << (b & 15));
                c.hi[j] |= (uint16_t)(1u << (b >> 4));
            }
        }
    }
    return united(w, &c, &c);
}

static float *cost_of(const work *w, uint32_t a, uint32_t b)
{
    return a < b ? &w->cost[(size_t)a * w->n_all + b] : &w->cost[(size_t)b * w->n_all + a];
}

static void price(work *w, uint32_t a, uint32_t b)
{
    *cost_of(w, a, b) = united(w, &w->list[a], &w->list[b]).weight - w->list[a].weight - w->list[b].weight;
}

static void merge_cheapest(work *w)
{
    uint32_t best_a = 0, best_b = 1;
    float best = *cost_of(w, 0, 1);
    for (uint32_t a = 0; a < w->n; a++) {
        const float *row = &w->cost[(size_t)a * w->n_all];
        for (uint32_t b = a + 1; b < w->n; b++) {
            if (row[b] < best) {
                best = row[b];
                best_a = a;
                best_b = b;
            }
        }
    }
    w->list[best_a] = united(w, &w->list[best_a], &w->list[best_b]);
    uint32_t last = --w->n;
    w->list[best_b] = w->list[last];
    for (uint32_t k = 0; k < last; k++) {
        if (k != best_b && best_b != last)
            *cost_of(w, k, best_b) = *cost_of(w, k, last);
    }
    for (uint32_t k = 0; k < last; k++) {
        if (k != best_a)
            price(w, k, best_a);
    }
}

static void write_tables(const work *w, unsigned first, rd_program *p)
{
    for (uint32_t b = 0; b < w->n; b++) {
        for (uint32_t j = 0; j < w->len; j++) {
            rd_nibbles *t = &p->filter[(first + b) / 8][j];
            for (unsigned k = 0; k < 16; k++) {
                t->lo[k] |= (uint8_t)((w->list[b].lo[j] >> k & 1) << (first + b) % 8);
                t->hi[k] |= (uint8_t)((w->list[b].hi[j] >> k & 1) << (first + b) % 8);
            }
        }
    }
}

/* A window of its own cluster while there are few, else in the one where it adds least. */
static void add_window(work *w, const rd_window_sets *sets)
{
    cluster c = of_window(w, sets), best;
    uint32_t at = w->n;
    if (w->n < MAX_CLUSTERS) {
        w->list[w->n++] = c;
        return;
    }
    for (uint32_t k = 0; k < w->n; k++) {
        cluster u = united(w, &c, &w->list[k]);
        if (at == w->n || u.weight - w->list[k].weight < best.weight - w->list[at].weight) {
            at = k;
            best = u;
        }
    }
    w->list[at] = best;
}

bool rd_buckets_assign(const rd_window_sets *windows, uint32_t n, uint32_t len, unsigned first,
                       unsigned n_buckets, rd_program *p)
{
    work w = {.len = len, .n_all = MAX_CLUSTERS};
    w.list = calloc(MAX_CLUSTERS, sizeof *w.list);
    w.cost = calloc((size_t)MAX_CLUSTERS * MAX_CLUSTERS, sizeof *w.cost);
    bool ok = w.list != NULL && w.cost != NULL;
    for (unsigned c = 0; c < 256; c++)
        w.bytes[c] = byte_weight((uint8_t)c);
    for (uint32_t i = 0; ok && i < n; i++)
        add_window(&w, &windows[i]);
    for (uint32_t a = 0; ok && a < w.n; a++) {
        for (uint32_t b = a + 1; b < w.n; b++)
            price(&w, a, b);
    }
    while (ok && w.n > n_buckets)
        merge_cheapest(&w);
    if (ok)
        write_tables(&w, first, p);
    free(w.list);
    free(w.cost);
    return ok;
}
