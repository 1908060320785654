/* SPDX-License-Identifier: MIT */
/* The check of a whole ledger: every record of every file, from the first one on. Takes no lock and changes
 * nothing, so it also runs beside the process that writes. */
#ifndef GW_LEDGER_VERIFY_H
#define GW_LEDGER_VERIFY_H

#include "gateway/ledger.h"

typedef struct gw_ledger_verdict {
    gw_ledger_fault fault; /* of the first broken record; OK: there is none */
    uint64_t seq;          /* the number it should have */
    uint64_t line;         /* in `file`, from 1; 0: the file itself */
    char file[32];
    gw_ledger_head head; /* the last record before it, or the last one of all */
    char from[GW_LEDGER_TIME + 1], to[GW_LEDGER_TIME + 1]; /* times of the first and of that record */
    uint64_t n_files;
    bool found; /* the wanted head is one of the chain's */
} gw_ledger_verdict;

/* Called for each record that is whole and follows the one before it. False: no more. */
typedef struct gw_ledger_watch {
    bool (*see)(void *arg, const gw_ledger_record *r, rd_slice line); /* borrowed for the call */
    void *arg;
} gw_ledger_watch;

/* `want`: SHA-256 of a record that must be there, in hex; NULL: none. False: the directory or a file cannot
 * be read, and errno says why. */
bool gw_ledger_verify(const char *dir, const char *want, gw_ledger_verdict *out)
    __attribute__((warn_unused_result));
/* The same, and `watch` sees the records; when it wants no more, the verdict is of the records until then. */
bool gw_ledger_walk(const char *dir, const char *want, const gw_ledger_watch *watch, gw_ledger_verdict *out)
    __attribute__((warn_unused_result));

#endif
