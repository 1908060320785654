/* SPDX-License-Identifier: MIT */
/*
 * The ledger's directory: mode 0700, files of mode 0600 that are named by the number of their first record
 * (000000000001.jsonl), one writer at a time (flock(2) on the directory, so it ends with the process).
 *
 * Every record is synced before it counts as written. After a failed write what may stand there of it is cut
 * off before the next one. A file that shrank or was unlinked behind our back is not written to any more.
 */
#ifndef GW_LEDGER_FILE_H
#define GW_LEDGER_FILE_H

#include "gateway/ledger.h"

typedef struct gw_ledger_file {
    int dir_fd, fd;      /* owned; -1: none */
    uint64_t size;       /* of whole, synced records in `fd` */
    uint64_t file_bytes; /* a new file begins before this would be exceeded */
    gw_ledger_head head; /* the last record */
    uint64_t n_cut;      /* bytes that opening cut off */
} gw_ledger_file;

/* Makes the directory if it is missing, locks it and finds the end of the chain. An unfinished last line is
 * cut off, and so is one whose hash is wrong: a crash can leave either. False: `why` says what is wrong;
 * nothing is held. */
bool gw_ledger_file_open(gw_ledger_file *f, const char *dir, uint64_t file_bytes, char *why, size_t why_size)
    __attribute__((warn_unused_result));

/* Writes and syncs one record. False: it is not in the ledger, and errno says why. */
bool gw_ledger_file_append(gw_ledger_file *f, const gw_ledger_entry *e) __attribute__((warn_unused_result));

void gw_ledger_file_close(gw_ledger_file *f);

#endif
