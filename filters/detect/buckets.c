/* SPDX-License-Identifier: MIT */
/*
 * Greedy clustering: every window starts as a cluster of its own; while there are more clusters than buckets,
 * the two whose union adds the fewest expected candidates are merged. The expectation is the product over the
 * four positions of how often a byte of the cluster's nibble sets occurs in log text.
 */
#include "filters/detect/buckets.h"

#include <string.h>

/* What the nibble tables of one cluster take at each position. */
typedef struct cluster {
    uint16_t lo[RD_WINDOW_LEN], hi[RD_WINDOW_LEN];
    float weight;
} cluster;

/* Rough share of each byte in log text, in 1/1000: digits, lower case and punctuation of time stamps first.
 */
static float byte_weight(uint8_t c)
{
    if (c == ' ')
        return 0.12f;
    if (rd_is(c, RD_C_DIGIT))
        return 0.025f;
    if (rd_is(c, RD_C_LOWER))
        return strchr("eaiotnrs", c) != NULL ? 0.035f : 0.012f;
    if (rd_is(c, RD_C_UPPER))
        return 0.004f;
    if (c != 0 && strchr(".:-/\"_,=[]()", c) != NULL)
        return 0.015f;
    return c >= 0x80 || c < ' ' ? 0.0005f : 0.002f;
}

static float class_weight(uint16_t lo, uint16_t hi)
{
    float sum = 0;
    for (unsigned c = 0; c < 256; c++) {
        if ((lo >> (c & 15) & 1) != 0 && (hi >> (c >> 4) & 1) != 0)
            sum += byte_weight((uint8_t)c);
    }
    return sum < 1 ? sum : 1;
}

static cluster united(const cluster *a, const cluster *b)
{
    cluster u = {.weight = 1};
    for (unsigned j = 0; j < RD_WINDOW_LEN; j++) {
        u.lo[j] = a->lo[j] | b->lo[j];
        u.hi[j] = a->hi[j] | b->hi[j];
        u.weight *= class_weight(u.lo[j], u.hi[j]);
    }
    return u;
}

static cluster of_window(const rd_byteset sets[RD_WINDOW_LEN])
{
    cluster c = {.weight = 1};
    for (unsigned j = 0; j < RD_WINDOW_LEN; j++) {
        for (unsigned b = 0; b < 256; b++) {
            if (rd_byteset_has(&sets[j], (uint8_t)b)) {
                c.lo[j] |= (uint16_t)(1u << (b & 15));
                c.hi[j] |= (uint16_t)(1u << (b >> 4));
            }
        }
    }
    return united(&c, &c);
}

static void merge_cheapest(cluster *list, uint32_t *n, float (*cost)[RD_MAX_WINDOWS])
{
    uint32_t best_a = 0, best_b = 1;
    for (uint32_t a = 0; a < *n; a++) {
        for (uint32_t b = a + 1; b < *n; b++) {
            if (cost[a][b] < cost[best_a][best_b]) {
                best_a = a;
                best_b = b;
            }
        }
    }
    list[best_a] = united(&list[best_a], &list[best_b]);
    uint32_t last = --*n;
    list[best_b] = list[last];
    for (uint32_t k = 0; k < last; k++) {
        cost[k < best_b ? k : best_b][k < best_b ? best_b : k] = cost[k][last];
    }
    for (uint32_t k = 0; k < last; k++) {
        uint32_t pair[2] = {best_a, best_b};
        for (unsigned i = 0; i < 2; i++) {
            uint32_t a = k < pair[i] ? k : pair[i], b = k < pair[i] ? pair[i] : k;
            if (a != b && b < last)
                cost[a][b] = united(&list[a], &list[b]).weight - list[a].weight - list[b].weight;
        }
    }
}

void rd_buckets_assign(const rd_byteset (*sets)[RD_WINDOW_LEN], rd_program *p)
{
    cluster list[RD_MAX_WINDOWS];
    float cost[RD_MAX_WINDOWS][RD_MAX_WINDOWS];
    uint32_t n = p->n_windows;
    for (uint32_t w = 0; w < n; w++)
        list[w] = of_window(sets[w]);
    for (uint32_t a = 0; a < n; a++) {
        for (uint32_t b = a + 1; b < n; b++)
            cost[a][b] = united(&list[a], &list[b]).weight - list[a].weight - list[b].weight;
    }
    while (n > RD_N_BUCKETS)
        merge_cheapest(list, &n, cost);
    memset(p->lo, 0, sizeof p->lo);
    memset(p->hi, 0, sizeof p->hi);
    for (uint32_t b = 0; b < n; b++) {
        for (unsigned j = 0; j < RD_WINDOW_LEN; j++) {
            for (unsigned k = 0; k < 16; k++) {
                if ((list[b].lo[j] >> k & 1) != 0)
                    p->lo[j][b / 8][k] |= (uint8_t)(1u << b % 8);
                if ((list[b].hi[j] >> k & 1) != 0)
                    p->hi[j][b / 8][k] |= (uint8_t)(1u << b % 8);
            }
        }
    }
}
