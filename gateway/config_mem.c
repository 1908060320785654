/* SPDX-License-Identifier: MIT */
#include "gateway/config_mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 16 * 1024, ALIGNMENT = 16 };

struct gw_mem_chunk {
    gw_mem_chunk *next; /* owned */
    size_t n, cap;
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

static gw_mem_chunk *add_chunk(gw_mem *m, size_t at_least)
{
    size_t cap = at_least > CHUNK_BYTES ? at_least : CHUNK_BYTES;
    gw_mem_chunk *c = calloc(1, sizeof *c + cap);
    if (c == NULL) {
        fputs("redactd: out of memory\n", stderr);
        abort();
    }
    c->cap = cap;
    c->next = m->chunks;
    m->chunks = c;
    return c;
}

void *gw_mem_alloc(gw_mem *m, size_t n)
{
    if (n > SIZE_MAX / 2) {
        fputs("redactd: out of memory\n", stderr);
        abort();
    }
    size_t rounded = (n + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    gw_mem_chunk *c = m->chunks;
    if (c == NULL || c->cap - c->n < rounded)
        c = add_chunk(m, rounded);
    void *p = c->bytes + c->n;
    c->n += rounded;
    return p;
}

char *gw_mem_text(gw_mem *m, const char *s, size_t n)
{
    char *copy = gw_mem_alloc(m, n + 1);
    if (n > 0)
        memcpy(copy, s, n);
    return copy;
}

char *gw_mem_format(gw_mem *m, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        return gw_mem_text(m, "", 0);
    char *s = gw_mem_alloc(m, (size_t)n + 1);
    va_start(ap, fmt);
    vsnprintf(s, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return s;
}

void gw_mem_clear(gw_mem *m)
{
    gw_mem_chunk *kept = m->chunks;
    if (kept == NULL)
        return;
    m->chunks = kept->next;
    gw_mem_release(m);
    explicit_bzero(kept->bytes, kept->n);
    kept->n = 0;
    kept->next = NULL;
    m->chunks = kept;
}

void gw_mem_release(gw_mem *m)
{
    for (gw_mem_chunk *c = m->chunks, *next; c != NULL; c = next) {
        next = c->next;
        explicit_bzero(c->bytes, c->cap);
        free(c);
    }
    m->chunks = NULL;
}
