/* SPDX-License-Identifier: MIT */
/*
 * The embedded backend: append-only files of JSON lines in a directory, one line per request.
 *
 *    DIR/logs.jsonl            current file, safe to `tail -F`
 *    DIR/logs-20261123T180000Z-000001.jsonl   rotated by size or age
 *    DIR/.lock                 held by the one process that writes here
 *
 * A writer thread takes what is queued, writes it, calls fdatasync once for the whole group (group commit)
 * and only then reports each append as done. A line is never half acknowledged: on open, a torn last line is
 * cut off.
 *
 * Bounded: memory by store_queue_bytes; disk by store_total_bytes over all files of the directory that are
 * ours. Past that, the oldest rotated file of any signal goes (and when there is none, the oldest current
 * one), or appends are refused. No space on the disk itself never deletes anything.
 *
 * An append that was answered with an error may still be found in the file when the machine loses power right
 * then; the sender repeats it anyway. One that was answered with OK is there.
 */
#ifndef GW_STORE_H
#define GW_STORE_H

#include "gateway/config.h"
#include "gateway/scrubbed.h"

typedef struct gw_store gw_store;

/* X(name, word in metrics) */
#define GW_STORE_RESULTS(X)                                                                                  \
    X(OK, "ok")                                                                                              \
    X(QUEUE_FULL, "queue_full") /* store_queue_bytes reached: try again later */                             \
    X(FULL, "full")             /* store_total_bytes reached under `refuse`, or no space on disk */          \
    X(TOO_LARGE, "too_large")   /* more than store_queue_bytes or store_total_bytes alone: never fits */     \
    X(IO, "io")                 /* write or sync failed; the file was cut back to its last good line */

typedef enum gw_store_result {
#define X(name, word) GW_STORE_##name,
    GW_STORE_RESULTS(X)
#undef X
        GW_STORE_RESULT_COUNT
} gw_store_result;

const char *gw_store_result_word(gw_store_result r);

/* Opens (creates) the directory with mode 0700, takes the lock, cuts torn tails, starts the writer. NULL:
 * *out_why says why (a literal or strerror text plus the directory's name, in `why`, room for n_why). */
gw_store *gw_store_open(const gw_upstream_cfg *cfg, char *why, size_t n_why);
/* Other ceilings, sizes and ages from the next group of lines on; the directory stays. Thread-safe. */
void gw_store_configure(gw_store *s, const gw_upstream_cfg *cfg);
/* Writes what is queued, syncs, closes. Appends after this are a bug. */
void gw_store_close(gw_store **s);

/* Called on the writer thread, once per append; `ack` is set when r is GW_STORE_OK. Must not block and must
 * not call the store. */
typedef void (*gw_store_cb)(void *arg, gw_store_result r, const gw_ack *ack);

/* Queues one line (without newline; must hold none). The bytes are copied. Thread-safe. Returns GW_STORE_OK
 * when queued (the callback will come), else the callback will not come. */
gw_store_result gw_store_append(gw_store *s, gw_signal signal, const gw_scrubbed *line, gw_store_cb cb,
                                void *arg);

typedef struct gw_store_stats {
    uint64_t lines, bytes, syncs, rotations, segments_deleted, errors, queued_bytes, total_bytes;
} gw_store_stats;
void gw_store_stats_get(gw_store *s, gw_store_stats *out);

#endif
