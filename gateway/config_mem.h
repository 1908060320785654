/* SPDX-License-Identifier: MIT */
/*
 * Memory that is given back all at once: what a configuration, a YAML tree or a list of diagnostics is made
 * of. Zeroed when handed out and wiped when released, for it may hold secrets. Running out of memory aborts,
 * as h2o's allocators do: nothing here is sized by a client, and a configuration file has a ceiling.
 */
#ifndef GW_CONFIG_MEM_H
#define GW_CONFIG_MEM_H

#include <stddef.h>

typedef struct gw_mem_chunk gw_mem_chunk;

typedef struct gw_mem {
    gw_mem_chunk *chunks; /* owned */
} gw_mem;

void *gw_mem_alloc(gw_mem *m, size_t n);
/* A NUL-terminated copy of `n` bytes. */
char *gw_mem_text(gw_mem *m, const char *s, size_t n);
char *gw_mem_format(gw_mem *m, const char *fmt, ...) __attribute__((format(printf, 2, 3), nonnull(2)));
/* Forgets everything handed out and keeps some memory for the next use. */
void gw_mem_clear(gw_mem *m);
void gw_mem_release(gw_mem *m);

#endif
