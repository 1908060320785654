/* SPDX-License-Identifier: MIT */
#include "gateway/ledger_read.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX ".jsonl"

enum { DIGITS = 12, STEP = 64 << 10 };

void gw_ledger_name(uint64_t first_seq, char out[GW_LEDGER_NAME_BYTES + 8])
{
    snprintf(out, GW_LEDGER_NAME_BYTES + 8, "%012" PRIu64 SUFFIX, first_seq);
}

static int is_ours(const struct dirent *e)
{
    return strspn(e->d_name, "0123456789") == DIGITS && strcmp(e->d_name + DIGITS, SUFFIX) == 0;
}

bool gw_ledger_names_read(gw_ledger_names *names, int dir_fd)
{
    int n = scandirat(dir_fd, ".", &names->list, is_ours, alphasort);
    names->n = n < 0 ? 0 : (size_t)n;
    return n >= 0;
}

void gw_ledger_names_release(gw_ledger_names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->list[i]);
    free(names->list);
    *names = (gw_ledger_names){0};
}

void gw_ledger_reader_init(gw_ledger_reader *r, int fd)
{
    r->fd = fd;
    r->at = 0;
    rd_buf_init(&r->buf, GW_LEDGER_LINE_MAX + STEP);
}

void gw_ledger_reader_release(gw_ledger_reader *r)
{
    rd_buf_release(&r->buf);
}

/* Reads on behind what is there; 0 at the end, -1 with errno. */
static ssize_t fill(gw_ledger_reader *r)
{
    if (r->at > 0)
        memmove(r->buf.p, r->buf.p + r->at, r->buf.n - r->at);
    r->buf.n -= r->at;
    r->at = 0;
    uint8_t *room = rd_buf_reserve(&r->buf, STEP);
    if (room == NULL) {
        errno = ENOMEM;
        return -1;
    }
    ssize_t n;
    do
        n = read(r->fd, room, STEP);
    while (n < 0 && errno == EINTR);
    r->buf.n += n > 0 ? (size_t)n : 0;
    return n;
}

gw_ledger_next gw_ledger_read(gw_ledger_reader *r, rd_slice *out)
{
    size_t looked = 0;
    for (;;) {
        size_t have = r->buf.n - r->at;
        const uint8_t *line = have > 0 ? r->buf.p + r->at : NULL,
                      *end = have > looked ? memchr(line + looked, '\n', have - looked) : NULL;
        *out = (rd_slice){line, end != NULL ? (size_t)(end - line) : have};
        if (end != NULL) {
            r->at += out->n + 1;
            return GW_LEDGER_LINE;
        }
        if (have >= GW_LEDGER_LINE_MAX)
            return GW_LEDGER_TAIL;
        looked = have;
        ssize_t n = fill(r);
        if (n < 0)
            return GW_LEDGER_ERROR;
        if (n == 0) {
            *out = (rd_slice){r->buf.p, have};
            return have > 0 ? GW_LEDGER_TAIL : GW_LEDGER_EOF;
        }
    }
}
