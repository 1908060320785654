/* SPDX-License-Identifier: MIT */
/*
 * Redaction of one decoded body: the only place that knows formats, policy, detectors and actions together,
 * and the only place that counts.
 *
 *    body ─► walk ─► leaves ─► detect ─► matches ─► act ─► edits ─► splice ─► body'
 *             │                 (one pass over all plain texts,                │
 *             └ key verdicts     one over the decoded ones)                    └ the very bytes that came,
 *                                                                                when there is no edit
 */
#ifndef RD_REDACT_H
#define RD_REDACT_H

#include "filters/base/clock.h"
#include "filters/policy.h"
#include "filters/stamp.h"

typedef enum rd_format { RD_FORMAT_PROTOBUF, RD_FORMAT_JSON } rd_format;

/* Scratch of one thread; grows to what requests need and is reused. */
typedef struct rd_redactor rd_redactor;
rd_redactor *rd_redactor_new(void); /* NULL: no memory */
void rd_redactor_free(rd_redactor **r);

/* Limits on what records and streams hold. Records beyond one are taken out of the body, all others stay; one
 * that is beyond several counts for the first of them. Labels and lines are Loki's. */
typedef enum rd_content_limit {
    RD_CONTENT_LABEL_NAMES, /* of the record's stream, which is beyond it with all its records */
    RD_CONTENT_LABEL_NAME_BYTES,
    RD_CONTENT_LABEL_VALUE_BYTES,
    RD_CONTENT_LINE_BYTES,
    RD_CONTENT_MAX_AGE, /* of log records, spans (by their end), data points, entries */
    RD_CONTENT_MAX_AHEAD,
    RD_CONTENT_COUNT
} rd_content_limit;

typedef struct rd_content {
    uint64_t max[RD_CONTENT_COUNT]; /* 0: no limit; of times: whether there is one */
    int64_t oldest_ns, newest_ns;   /* what MAX_AGE and MAX_AHEAD mean now */
    bool shadow;                    /* beyond a limit is counted, and stays */
    bool shed;                      /* OTLP logs: what is not admitted is taken out, the least severe first */
    bool streams;                   /* Loki: tell which streams there are */
    uint64_t stream_key[2];         /* secret; of their hashes */
} rd_content;

/* How many records are beyond a limit, and how far: labels, bytes, or nanoseconds since 1970 of the worst. */
typedef struct rd_breach {
    uint32_t n;
    int64_t worst;
} rd_breach;

/* Asked once a body was walked, before anything in it is searched. Returns how many of its items may stay:
 * all; with `shed` some; else the body goes no further (RD_LIMITED). */
typedef struct rd_walked {
    uint32_t n_items;        /* that came */
    uint32_t n_left;         /* and are not beyond a limit */
    const rd_breach *breach; /* RD_CONTENT_COUNT of them; NULL: no limits */
    const uint64_t
        *streams; /* hashes of the streams that have one of these; each stands once for each group */
    uint32_t n_streams;
} rd_walked;

typedef struct rd_admit {
    uint32_t (*ask)(void *ctx, const rd_walked *walked);
    void *ctx; /* borrowed */
} rd_admit;

typedef struct rd_job {
    const rd_policy *policy; /* borrowed for the call */
    rd_signal signal;
    rd_format format;
    rd_slice body; /* decoded; RD_BUF_TAIL readable bytes follow it */
    rd_limits limits;
    rd_slice workspace;        /* whose digests are made; borrowed for the call */
    uint32_t epoch;            /* of digests */
    const rd_stamp *stamp;     /* labels to put in; borrowed for the call, NULL: none */
    const rd_content *content; /* limits; borrowed for the call, NULL: none */
    rd_admit admit;            /* ask NULL: everything may stay */
    const rd_clock *clock;     /* times the search; borrowed for the call, NULL: it is not timed */
    rd_buf_payer *payer;       /* of lists of records beyond those of ordinary bodies, before they exist; they
                                * are gone when the call ends. Borrowed; NULL: nobody is asked */
} rd_job;

/* How often a rule acted (or, in shadow mode, would have; or could not finish a text) in one class of fields,
 * and what was done there. */
typedef struct rd_hit {
    uint16_t rule;
    uint8_t cls;
    rd_done done;
    uint32_t n;
} rd_hit;

/* What exact work for a rule took, in nanoseconds: of searches that serve it alone, and of searches that
 * serve other rules of this policy too, which count in full for each of them. */
typedef struct rd_rule_cost {
    uint64_t own_ns, shared_ns;
} rd_rule_cost;

/* Of a body that was timed. All of it is searching and replacing; reading the body and judging the keys of
 * its pairs came before. */
typedef struct rd_cost {
    uint64_t search_ns;        /* exact work, and what cannot be told apart: the candidate pass, decoding,
                                  overlaps, replacements */
    uint64_t exact_ns;         /* of search_ns; each stretch once */
    const rd_rule_cost *rules; /* by rule; as `hits` */
} rd_cost;

typedef struct rd_redaction {
    rd_slice body; /* the job's own body when nothing changed, else in `out` */
    bool changed;
    bool nothing;           /* an empty message: no resource, no text, nothing to store */
    uint32_t n_items;       /* log records, spans, data points, entries */
    uint32_t n_reserved;    /* names of the sender's that the stamp reserves, taken out */
    uint32_t n_taken;       /* of n_items, taken out whole by rules; `body` is without them */
    const uint32_t *taken;  /* by rule; as `hits` */
    uint32_t n_refused;     /* of n_items, taken out because of a limit on content */
    uint32_t n_shed;        /* and those that were not admitted */
    uint32_t n_over_budget; /* texts replaced because a pattern exceeded its budget */
    const rd_kept *kept;    /* protobuf that changed: what of the job's body is in `body`; as `hits` */
    uint32_t n_kept;
    bool timed;
    rd_cost cost;       /* if timed */
    const rd_hit *hits; /* owned by the redactor until its next use */
    uint32_t n_hits;
} rd_redaction;

/* `out` is empty. On success *out_result says where the redacted body is. On failure nothing of the body may
 * be used; `err` says why. */
RD_MUST_CHECK rd_outcome rd_redact(rd_redactor *r, const rd_job *job, rd_buf *out, rd_redaction *out_result,
                                   rd_error *err);

/* A text outside any payload (an error message of a backend, a line on standard input): whose it is, and what
 * it stands for. */
typedef struct rd_text_job {
    const rd_policy *policy; /* borrowed for the call */
    rd_signal signal;
    rd_class cls;
    rd_slice workspace; /* whose digests are made; borrowed for the call */
    uint32_t epoch;     /* of digests */
} rd_text_job;

/* RD_BUF_TAIL readable bytes follow `text`. Appends the result; of a text that is to be dropped with its
 * record, `***`. */
RD_MUST_CHECK rd_outcome rd_redact_text(rd_redactor *r, const rd_text_job *job, rd_slice text, rd_buf *out);

#endif
