/* SPDX-License-Identifier: MIT */
/* A borrowed stretch of bytes. Not NUL-terminated. `p` may be NULL when `n` is 0. */
#ifndef RD_BASE_SLICE_H
#define RD_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct rd_slice {
    const uint8_t *p;
    size_t n;
} rd_slice;

#define RD_SLICE_LIT(s) ((rd_slice){(const uint8_t *)(s), sizeof(s) - 1})

static inline rd_slice rd_slice_of(const void *p, size_t n)
{
    return (rd_slice){(const uint8_t *)p, n};
}

static inline rd_slice rd_slice_str(const char *s)
{
    return (rd_slice){(const uint8_t *)s, strlen(s)};
}

static inline bool rd_slice_eq(rd_slice a, rd_slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* ASCII case-insensitive equality. */
bool rd_slice_eq_nocase(rd_slice a, rd_slice b);

#endif
