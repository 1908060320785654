/* SPDX-License-Identifier: MIT */
/*
 * A growing byte buffer with a ceiling.
 *
 *    p            p+n                p+cap            p+max (never beyond)
 *    | written    | reserved         |
 *
 * Sticky: the first append that would pass `max` or finds no memory sets `failed`
 * and every later append is a no-op, so builders append freely and test once.
 * rd_buf_clear keeps the memory for the next use; rd_buf_wipe also overwrites what was
 * written. Memory is malloc's, always with RD_BUF_TAIL readable bytes after p+n, so that
 * vector loops may load (never use) past the end.
 */
#ifndef RD_BASE_BUF_H
#define RD_BASE_BUF_H

#include "filters/base/outcome.h"
#include "filters/base/slice.h"

enum { RD_BUF_TAIL = 64 };

/* Whose account a buffer's memory goes to. Embedded in what keeps the account. */
typedef struct rd_buf_payer {
    /* False: there is not as much left. What is paid is not given back by the buffer. */
    bool (*pay)(struct rd_buf_payer *p, size_t n_more);
} rd_buf_payer;

typedef struct rd_buf {
    uint8_t *p; /* owned */
    size_t n, cap, max;
    rd_buf_payer *payer; /* borrowed; asked before memory is taken; NULL: nobody is */
    rd_outcome failed;   /* RD_OK, RD_TOO_LARGE or RD_NO_MEMORY */
} rd_buf;

void rd_buf_init(rd_buf *b, size_t max);
void rd_buf_release(rd_buf *b);
/* Empties; keeps up to `keep` bytes of memory for reuse (more is given back). */
void rd_buf_clear(rd_buf *b, size_t keep);
void rd_buf_wipe(rd_buf *b);

/* Makes room for `n` more bytes; returns where they go, or NULL (b->failed is set). The
 * caller writes there and adds what it used to b->n. */
static inline uint8_t *rd_buf_reserve(rd_buf *b, size_t n);
void rd_buf_append(rd_buf *b, const void *p, size_t n);
void rd_buf_append_str(rd_buf *b, const char *s);
static inline void rd_buf_append_byte(rd_buf *b, uint8_t c);
/* Decimal. */
void rd_buf_append_u64(rd_buf *b, uint64_t v);
void rd_buf_append_i64(rd_buf *b, int64_t v);
void rd_buf_printf(rd_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The slow path of rd_buf_reserve. */
uint8_t *rd_buf_make_room(rd_buf *b, size_t n);

static inline uint8_t *rd_buf_reserve(rd_buf *b, size_t n)
{
    /* The ceiling may have been lowered below what a buffer that is used again has room for. */
    if (b->failed == RD_OK && n <= b->cap - b->n && n <= b->max - b->n && b->p != NULL)
        return b->p + b->n;
    return rd_buf_make_room(b, n);
}

static inline void rd_buf_append_byte(rd_buf *b, uint8_t c)
{
    uint8_t *to = rd_buf_reserve(b, 1);
    if (to == NULL)
        return;
    *to = c;
    b->n++;
}

static inline rd_slice rd_buf_slice(const rd_buf *b)
{
    return (rd_slice){b->p, b->n};
}

#endif
