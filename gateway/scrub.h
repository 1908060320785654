/* SPDX-License-Identifier: MIT */
/*
 * The only door to filters/: received bytes in, a scrubbed body or a refusal out.
 *
 *    wire ─► uncode ─► redact ─► code ─► gw_scrubbed
 *                        │
 *                        └─► JSON line (for a store)
 *
 * Pure CPU work, no socket and no clock; runs on a loop's thread or on a worker. The bytes that came go on as
 * they are only if nothing in them had to change and the backend wants the same coding.
 */
#ifndef GW_SCRUB_H
#define GW_SCRUB_H

#include <time.h>

#include "filters/coding/coding.h"
#include "filters/redact.h"
#include "gateway/generation.h"
#include "gateway/metrics.h"
#include "gateway/outcome.h"
#include "gateway/quota.h"
#include "gateway/scrubbed.h"
#include "gateway/workspace.h"

/* Scratch of one thread: redactor, decompressors, counters. */
typedef struct gw_scrubber gw_scrubber;
gw_scrubber *gw_scrubber_new(gw_counters *counters); /* NULL: no memory; counters are borrowed */
void gw_scrubber_free(gw_scrubber **s);

typedef struct gw_scrub {
    /* in */
    const gw_generation *gen; /* borrowed until the scrubbed body is done with */
    gw_signal signal;
    gw_format format;
    rd_coding coding;              /* of `wire` */
    rd_coding out_coding;          /* for an HTTP upstream */
    bool to_store;                 /* a JSON line instead */
    const gw_workspace *workspace; /* whose labels and digests are made; borrowed, from a pinned table */
    time_t now;                    /* chooses the epoch of digests */
    gw_quota *quota;               /* whose memory it counts as; NULL: nobody's. Set by gw_scrub_belong */
    bool has_content;              /* limits on content, in `content` */
    rd_content content;
    /* Asked when decoded size and items are known, before anything is searched; on the thread that runs; as
     * rd_admit. When the body goes no further, that is GW_OUTCOME_QUOTA. NULL: not asked. */
    uint32_t (*admit)(void *arg, size_t decoded_bytes, const rd_walked *walked);
    void *admit_arg; /* borrowed */
    rd_slice wire;   /* borrowed as long as `scrubbed`; RD_BUF_TAIL readable bytes follow */
    /* in and out: bytes of the budget that this body has; a run takes what it needs more before the memory
     * exists, gw_scrub_release gives it back */
    uint64_t charged;
    uint64_t held; /* during a run: bytes of `wire` and of the buffers below */
    rd_buf_payer payer;
    bool no_room; /* the budget, or the workspace's share, had no more */
    /* out */
    gw_outcome outcome; /* GW_OUTCOME_DELIVERED stands for "go on" */
    const char *detail; /* literal, why not; may be NULL */
    bool nothing;       /* an empty OTLP message, or one of which rules and limits took every record: there is
                         * nothing       to deliver */
    bool on_wire;       /* `scrubbed` borrows `wire` */
    uint32_t n_items, n_taken;  /* that came, and of these those that rules dropped */
    uint32_t n_refused, n_shed; /* and those that limits refused: beyond them, and not admitted */
    size_t decoded_bytes;
    const gw_scrubbed *scrubbed;
    /* owned buffers */
    rd_buf decoded, redacted, coded;
    void *token; /* where `scrubbed` lives; owned */
} gw_scrub;

void gw_scrub_init(gw_scrub *x);
/* Charges `n` bytes before the run, to be given back as `charged` says. */
RD_MUST_CHECK bool gw_scrub_charge(gw_scrub *x, uint64_t n);
/* What is charged, now and later, is `quota`'s too. False: that has too much already. */
RD_MUST_CHECK bool gw_scrub_belong(gw_scrub *x, gw_quota *quota);
void gw_scrub_run(gw_scrubber *s, gw_scrub *x);
/* After a run: makes the charge what is still held. False: that is more than the budget has left. */
RD_MUST_CHECK bool gw_scrub_settle(gw_scrub *x);
/* Frees the buffers; `scrubbed` ends. */
void gw_scrub_release(gw_scrub *x);

/* Reads Content-Encoding for a signal and format; what a body of that protocol cannot have is
 * GW_OUTCOME_CODING. */
gw_outcome gw_scrub_coding(gw_signal signal, gw_format format, rd_slice content_encoding,
                           rd_coding *out_coding);
/* What goes upstream: Loki protobuf is always a snappy block, everything else follows the configuration. */
rd_coding gw_scrub_out_coding(gw_signal signal, gw_format format, gw_upstream_coding configured);

/* Redacts a text of a backend before a sender sees it, by the rules for the body that it answers (its
 * generation, signal, workspace and time); at most `max` bytes (32 KiB) of the result are kept. Appends
 * nothing on failure. */
void gw_scrub_text(gw_scrubber *s, const gw_scrub *of, rd_slice text, size_t max, rd_buf *out);

/* The epoch of digests: the day on which it began, since 1970; 0 if epochs never change. */
uint32_t gw_scrub_epoch(const gw_redaction_cfg *cfg, time_t now);

#endif
