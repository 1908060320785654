/* SPDX-License-Identifier: MIT */
/*
 * The redaction ledger: what was redacted, as evidence for somebody who trusts neither metrics nor logs.
 *
 * Files of JSON lines in a directory of their own, a record a line, each with the SHA-256 of the one before
 * it and its own, over all bytes of the line that stand before it:
 *
 *    {"seq":2,"time":"2026-11-23T18:00:00Z","kind":"counts","previous":"<64 hex>","config":"<16 hex>",
 *     "format":2,"redactions":[{"workspace":"shop","rule":"email","field":"body","action":"mask","n":3}],
 *     "sha256":"<64 hex>"}
 *
 * A record cannot be changed, taken out or put in without breaking the chain behind it. The chain has no key:
 * who may write the directory can cut off its end or make all of it anew. Against that stand the heads,
 * number and hash, that the event log shows (ledger_head): a head that was seen must be found again in the
 * ledger. There is no value of any payload here: records hold names from the configuration, words of our
 * tables and numbers.
 *
 * `format` says how the rest of the record is to be read; chain and hash are the same in all formats, and one
 * ledger may hold records of several. A record that says none is of format 1, which had two lists:
 * `redactions` by rule and field, and `workspaces` by workspace and rule.
 *
 * ledger.c is pure: lines, chain and schedule, the time an argument. ledger_file.c is the directory,
 * ledger_read.c lines from files, ledger_verify.c the check, ledger_keeper.c the thread that writes.
 */
#ifndef GW_LEDGER_H
#define GW_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "filters/base/buf.h"

/* X(name, word) */
#define GW_LEDGER_KINDS(X)                                                                                   \
    X(START, "start")         /* a process began to write */                                                 \
    X(COUNTS, "counts")       /* the minute that ended had redactions */                                     \
    X(HEARTBEAT, "heartbeat") /* an hour without a record */                                                 \
    X(CONFIG, "config") /* another configuration holds; what moved before stands in the record before */     \
    X(STOP, "stop")     /* the process ended well, with what was left to count */

typedef enum gw_ledger_kind {
#define X(name, word) GW_LEDGER_##name,
    GW_LEDGER_KINDS(X)
#undef X
        GW_LEDGER_KIND_COUNT
} gw_ledger_kind;

/* X(name, what is wrong with a record, for people) */
#define GW_LEDGER_FAULTS(X)                                                                                  \
    X(OK, "nothing")                                                                                         \
    X(FORM, "the line is not a record of a ledger")                                                          \
    X(HASH, "the line is not what its own SHA-256 was made of")                                              \
    X(SEQUENCE, "its number does not follow the one before it")                                              \
    X(PREVIOUS, "it does not name the SHA-256 of the record before it")                                      \
    X(NAME, "the name of its file is not the number that comes next")                                        \
    X(TAIL, "the last line has no end: a crash, or it is being written right now")

typedef enum gw_ledger_fault {
#define X(name, text) GW_LEDGER_FAULT_##name,
    GW_LEDGER_FAULTS(X)
#undef X
} gw_ledger_fault;

enum {
    GW_LEDGER_FORMAT = 2,
    GW_LEDGER_HEX = 64,
    GW_LEDGER_TIME = 20,           /* 2026-11-23T18:00:00Z */
    GW_LEDGER_CELLS = 1024,        /* of one record; what moved beyond them stands in the next one */
    GW_LEDGER_LINE_MAX = 512 << 10 /* bytes, with the newline */
};

/* The last record of a chain. Number 0 and a hash of zeros: none yet. */
typedef struct gw_ledger_head {
    uint64_t seq;
    char hash[GW_LEDGER_HEX + 1];
} gw_ledger_head;

/* One count. Names are borrowed; they are of [A-Za-z0-9_.-], anything else is written as `_`. */
typedef struct gw_ledger_cell {
    const char *workspace;
    const char *rule;
    const char *field;  /* class */
    const char *action; /* what was done */
    uint64_t n;
} gw_ledger_cell;

typedef struct gw_ledger_entry {
    gw_ledger_kind kind;
    int64_t time_s;      /* since 1970, UTC */
    const char *config;  /* its hash, as in the event config_loaded */
    const char *version; /* of the program; NULL: not said */
    uint64_t n_cut;      /* bytes of an unfinished last line that were cut off before this record */
    uint64_t n_failed;   /* attempts to write that failed since the record before it */
    const gw_ledger_cell *cells;
    size_t n_cells;
} gw_ledger_entry;

/* A line as it was read; slices are borrowed from it. */
typedef struct gw_ledger_record {
    uint64_t seq;
    rd_slice time, kind, previous, hash;
} gw_ledger_record;

void gw_ledger_head_init(gw_ledger_head *h);
const char *gw_ledger_fault_text(gw_ledger_fault f);

/* Appends the line that follows `last`. False: no memory, longer than `out` may be, a time outside the years
 * 0 to 9999, or no SHA-256. */
bool gw_ledger_write(rd_buf *out, const gw_ledger_head *last, const gw_ledger_entry *e,
                     gw_ledger_head *out_head) __attribute__((warn_unused_result));

/* One line, without its newline: form and own hash. */
gw_ledger_fault gw_ledger_parse(rd_slice line, gw_ledger_record *out_record)
    __attribute__((warn_unused_result));

/* The same, and whether it follows `head`, which it becomes then. */
gw_ledger_fault gw_ledger_follow(gw_ledger_head *head, rd_slice line, gw_ledger_record *out_record)
    __attribute__((warn_unused_result));

/* When to write; all times in seconds of the wall clock, which may also be set back. */
typedef struct gw_ledger_schedule {
    int64_t minute;    /* that is running */
    int64_t written_s; /* the last record */
} gw_ledger_schedule;

void gw_ledger_schedule_init(gw_ledger_schedule *s, int64_t now_s);
/* Whether another minute runs than at the last call. */
bool gw_ledger_minute_began(gw_ledger_schedule *s, int64_t now_s);
/* Whether the last record is an hour old, or lies in the future. */
bool gw_ledger_heartbeat_due(const gw_ledger_schedule *s, int64_t now_s);

#endif
