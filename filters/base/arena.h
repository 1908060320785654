/* SPDX-License-Identifier: MIT */
/*
 * Bump allocation with stable addresses, for what lives as long as one body's edits: replacement texts.
 * Chunks are kept from one reset to the next (up to `keep` bytes), so a steady stream of requests allocates
 * nothing.
 */
#ifndef RD_BASE_ARENA_H
#define RD_BASE_ARENA_H

#include "filters/base/outcome.h"
#include "filters/base/slice.h"

typedef struct rd_arena_chunk rd_arena_chunk;

typedef struct rd_arena {
    rd_arena_chunk *first, *at; /* owned; `at` is being filled */
    size_t used;                /* bytes handed out since the reset */
    size_t max;                 /* ceiling of `used` */
} rd_arena;

void rd_arena_init(rd_arena *a, size_t max);
void rd_arena_release(rd_arena *a);
/* Forgets everything handed out; gives back chunks beyond `keep` bytes. */
void rd_arena_reset(rd_arena *a, size_t keep);
/* `n` bytes without alignment (text), or NULL at the ceiling or without memory. */
uint8_t *rd_arena_alloc(rd_arena *a, size_t n);

#endif
