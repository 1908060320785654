/* SPDX-License-Identifier: MIT */
/* Files of a ledger in their order, and their lines with bounded memory. */
#ifndef GW_LEDGER_READ_H
#define GW_LEDGER_READ_H

#include <dirent.h>

#include "gateway/ledger.h"

/* NAME.jsonl with the number of the first record in 12 digits. */
enum { GW_LEDGER_NAME_BYTES = 12 + sizeof ".jsonl" };

void gw_ledger_name(uint64_t first_seq, char out[GW_LEDGER_NAME_BYTES + 8]);

typedef struct gw_ledger_names {
    struct dirent **list; /* owned, sorted */
    size_t n;
} gw_ledger_names;

/* False: errno. Names of another form are none of ours and left out. */
bool gw_ledger_names_read(gw_ledger_names *names, int dir_fd) __attribute__((warn_unused_result));
void gw_ledger_names_release(gw_ledger_names *names);

typedef enum gw_ledger_next {
    GW_LEDGER_LINE, /* a whole line, without its newline */
    GW_LEDGER_TAIL, /* what stands behind the last newline, or a line that is longer than any of ours */
    GW_LEDGER_EOF,
    GW_LEDGER_ERROR /* errno */
} gw_ledger_next;

typedef struct gw_ledger_reader {
    int fd;     /* borrowed */
    rd_buf buf; /* owned */
    size_t at;  /* of the next line in `buf` */
} gw_ledger_reader;

void gw_ledger_reader_init(gw_ledger_reader *r, int fd);
void gw_ledger_reader_release(gw_ledger_reader *r);
/* `out` is borrowed until the next call. */
gw_ledger_next gw_ledger_read(gw_ledger_reader *r, rd_slice *out) __attribute__((warn_unused_result));

#endif
