/* SPDX-License-Identifier: MIT */
#include "filters/base/arena.h"

#include <stdlib.h>

enum { CHUNK_BYTES = 16 << 10 };

struct rd_arena_chunk {
    rd_arena_chunk *next;
    size_t cap, n;
    uint8_t bytes[];
};

void rd_arena_init(rd_arena *a, size_t max)
{
    *a = (rd_arena){.max = max};
}

static void free_from(rd_arena_chunk *c)
{
    while (c != NULL) {
        rd_arena_chunk *next = c->next;
        free(c);
        c = next;
    }
}

void rd_arena_release(rd_arena *a)
{
    free_from(a->first);
    *a = (rd_arena){.max = a->max};
}

void rd_arena_reset(rd_arena *a, size_t keep)
{
    size_t kept = 0;
    for (rd_arena_chunk **link = &a->first; *link != NULL; link = &(*link)->next) {
        kept += (*link)->cap;
        (*link)->n = 0;
        if (kept > keep) {
            free_from(*link);
            *link = NULL;
            break;
        }
    }
    a->at = a->first;
    a->used = 0;
}

static rd_arena_chunk *chunk_new(size_t at_least)
{
    size_t cap = at_least > CHUNK_BYTES ? at_least : CHUNK_BYTES;
    rd_arena_chunk *c = malloc(sizeof *c + cap);
    if (c != NULL)
        *c = (rd_arena_chunk){.cap = cap};
    return c;
}

uint8_t *rd_arena_alloc(rd_arena *a, size_t n)
{
    if (n > a->max - a->used)
        return NULL;
    while (a->at != NULL && n > a->at->cap - a->at->n && a->at->next != NULL)
        a->at = a->at->next;
    if (a->at == NULL || n > a->at->cap - a->at->n) {
        rd_arena_chunk *c = chunk_new(n);
        if (c == NULL)
            return NULL;
        if (a->at == NULL)
            a->first = c;
        else
            a->at->next = c;
        a->at = c;
    }
    uint8_t *p = a->at->bytes + a->at->n;
    a->at->n += n;
    a->used += n;
    return p;
}
