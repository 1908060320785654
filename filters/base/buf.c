/* SPDX-License-Identifier: MIT */
#include "filters/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void rd_buf_init(rd_buf *b, size_t max)
{
    *b = (rd_buf){.max = max};
}

void rd_buf_release(rd_buf *b)
{
    free(b->p);
    *b = (rd_buf){.max = b->max, .payer = b->payer};
}

void rd_buf_clear(rd_buf *b, size_t keep)
{
    if (b->cap > keep) {
        rd_buf_release(b);
        return;
    }
    b->n = 0;
    b->failed = RD_OK;
}

void rd_buf_wipe(rd_buf *b)
{
    if (b->p != NULL)
        explicit_bzero(b->p, b->n);
    b->n = 0;
    b->failed = RD_OK;
}

static bool grow(rd_buf *b, size_t need)
{
    /* Who begins with as much as he will need gets no more than that. */
    size_t cap = b->cap > 0 ? b->cap : need < 256 ? 256 : need;
    while (cap < need)
        cap = cap > b->max / 2 ? b->max : cap * 2;
    if (cap > b->max)
        cap = b->max;
    if (b->payer != NULL && !b->payer->pay(b->payer, cap - b->cap)) {
        b->failed = RD_NO_MEMORY;
        return false;
    }
    uint8_t *p = realloc(b->p, cap + RD_BUF_TAIL);
    if (p == NULL) {
        b->failed = RD_NO_MEMORY;
        return false;
    }
    b->p = p;
    b->cap = cap;
    return true;
}

uint8_t *rd_buf_make_room(rd_buf *b, size_t n)
{
    if (b->failed != RD_OK)
        return NULL;
    if (n > b->max - b->n) {
        b->failed = RD_TOO_LARGE;
        return NULL;
    }
    if ((b->p == NULL || n > b->cap - b->n) && !grow(b, b->n + n))
        return NULL;
    return b->p + b->n;
}

void rd_buf_append(rd_buf *b, const void *p, size_t n)
{
    uint8_t *to = rd_buf_reserve(b, n);
    if (to == NULL || n == 0)
        return;
    memcpy(to, p, n);
    b->n += n;
}

void rd_buf_append_str(rd_buf *b, const char *s)
{
    rd_buf_append(b, s, strlen(s));
}

void rd_buf_append_u64(rd_buf *b, uint64_t v)
{
    size_t n = 1;
    for (uint64_t rest = v; rest >= 10; rest /= 10)
        n++;
    uint8_t *to = rd_buf_reserve(b, n);
    if (to == NULL)
        return;
    b->n += n;
    for (; n > 0; v /= 10)
        to[--n] = (uint8_t)('0' + v % 10);
}

void rd_buf_append_i64(rd_buf *b, int64_t v)
{
    if (v < 0)
        rd_buf_append_byte(b, '-');
    rd_buf_append_u64(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void rd_buf_printf(rd_buf *b, const char *fmt, ...)
{
    va_list ap;
    char small[256];
    va_start(ap, fmt);
    int n = vsnprintf(small, sizeof small, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    if ((size_t)n < sizeof small) {
        rd_buf_append(b, small, (size_t)n);
        return;
    }
    uint8_t *to = rd_buf_reserve(b, (size_t)n + 1);
    if (to == NULL)
        return;
    va_start(ap, fmt);
    vsnprintf((char *)to, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->n += (size_t)n;
}
