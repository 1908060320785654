/* SPDX-License-Identifier: MIT */
/*
 * What one workspace may use, and has used: the buckets of its rates, what it has in flight, its calendar
 * quotas.
 *
 *    head      requests, wire bytes (if their number is known), in flight     cheap: before a byte of the
 * body body      wire bytes decoded   decoded bytes, items                                           before
 * anything is searched
 *
 * A request reserves at each step from all buckets that the step knows the need of, all or nothing, and its
 * hold remembers what it has. A step that refuses gives back what earlier steps took: a refused request
 * consumes nothing.
 *
 * One mutex a workspace, held for a few dozen instructions, not atomics a bucket: with several counters
 * changed by one decision, atomics would show other threads takes that are about to be rolled back, and
 * refuse what fits. Threads that serve different workspaces share nothing.
 *
 * Exact: what is admitted in any stretch of time is at most burst + rate * time (property test). Time is an
 * argument.
 *
 * A limit in shadow mode counts and refuses nothing: what it would have refused takes nothing from the
 * buckets.
 *
 * When workspaces are shared with other instances (quota_share.h), buckets are filled by leases instead of
 * time.
 */
#ifndef GW_QUOTA_H
#define GW_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/limit.h"

typedef struct gw_quota gw_quota; /* of one workspace */

typedef struct gw_quota_time {
    uint64_t mono_ns; /* CLOCK_MONOTONIC */
    int64_t wall_s;   /* seconds since 1970 */
} gw_quota_time;

/* The clocks of the system. */
gw_quota_time gw_quota_now(void);

/* What one request holds. Zeroed at its start; belongs to one thread at a time. */
typedef struct gw_quota_hold {
    uint64_t taken[GW_RATE_COUNT];
    uint64_t items, bytes; /* of the calendar quotas */
    bool in_flight;
    bool shadowed; /* a limit in shadow mode would have refused: takes nothing any more */
} gw_quota_hold;

/* What a step of a request needs. */
typedef struct gw_quota_need {
    uint64_t n[GW_RATE_COUNT];
    bool in_flight; /* the request begins: counts among those in flight */
} gw_quota_need;

typedef enum gw_quota_answer {
    GW_QUOTA_ADMITTED,
    GW_QUOTA_LIMITED, /* later */
    GW_QUOTA_NEVER    /* more than the limit as such */
} gw_quota_answer;

typedef struct gw_quota_verdict {
    gw_quota_answer answer;
    gw_limit limit;      /* the tightest: what takes longest; LIMITED, NEVER, and ADMITTED with `shadow` */
    bool shadow;         /* would not have been admitted */
    uint64_t max;        /* of that limit; NEVER: what it can hold at most */
    uint64_t used, need; /* in its unit */
    uint64_t wait_ns;    /* until it could fit */
    bool near_limit;     /* 80 % of some limit were reached just now: limit, used and max say which */
} gw_quota_verdict;

/* What the head of a request says, and what is held for its body while that is read (given back by
 * gw_quota_give_bytes). */
typedef struct gw_quota_head {
    uint64_t wire_bytes; /* 0: not known */
    uint64_t held_bytes;
} gw_quota_head;

/* The first step of a request. Not admitted: nothing is held. Refuses also, by a look at state that is there
 * and before a byte of the body is read, when no item is left, or when a request that was not larger has just
 * been refused (gw_quota_remember) and could not be admitted yet either. */
void gw_quota_begin(gw_quota *q, gw_quota_time now, const gw_quota_head *head, gw_quota_hold *h,
                    gw_quota_verdict *out);

/* Takes what `need` says on top of what `h` holds. Not admitted: gives back all that `h` holds. */
void gw_quota_take(gw_quota *q, gw_quota_time now, const gw_quota_need *need, gw_quota_hold *h,
                   gw_quota_verdict *out);

/* As gw_quota_take, but for as many of the items as fit, if any do: *out_items. The decoded bytes are not
 * looked at: they are less once it is known which items stay. */
void gw_quota_take_some(gw_quota *q, gw_quota_time now, uint64_t n_items, gw_quota_hold *h,
                        uint64_t *out_items, gw_quota_verdict *out);

/* The request that was refused after decoding had this many bytes on the wire: for gw_quota_begin. */
void gw_quota_remember(gw_quota *q, gw_quota_time now, uint64_t wire_bytes, const gw_quota_verdict *v);

/* The request is refused for another reason before anything was delivered: everything is given back but for
 * requests and wire bytes, which a sender of rubbish uses all the same. */
void gw_quota_forgive(gw_quota *q, gw_quota_time now, gw_quota_hold *h);
/* It was not delivered: calendar quotas count what was. */
void gw_quota_undeliver(gw_quota *q, gw_quota_hold *h);
/* Nothing of it is in flight any more. Once, after everything else. */
void gw_quota_end(gw_quota *q, gw_quota_hold *h);

/* Memory of the workspace's requests in flight; the ceiling is BYTES_IN_FLIGHT. */
bool gw_quota_take_bytes(gw_quota *q, uint64_t n);
void gw_quota_give_bytes(gw_quota *q, uint64_t n);

/* The streams of a Loki request, all or none: hashes may repeat. */
bool gw_quota_take_streams(gw_quota *q, gw_quota_time now, const uint64_t *hashes, uint32_t n,
                           gw_quota_verdict *out);

/* Puts limits in force. `version` says which configuration they are of: older ones than those in force are
 * nothing. Before the first it is 0. */
void gw_quota_configure(gw_quota *q, gw_quota_time now, uint64_t version, const gw_limits *limits);
uint64_t gw_quota_version(const gw_quota *q);
/* Overrides by an operator, until `until_s` (wall clock; 0: no more). `own`: limits that are not said stay as
 * configured. They end by themselves, whether requests come or not. */
void gw_quota_override(gw_quota *q, gw_quota_time now, const gw_limits *own, int64_t until_s);

/* Limits in force and the mode; copies. */
gw_limits gw_quota_limits(gw_quota *q);
/* Is any of them about what bodies hold (streams, labels, lines, timestamps, severity)? */
bool gw_quota_looks_inside(const gw_quota *q);

/* Refuses everything of the workspace until a time (seconds since 1970; 0: no more). A word for who asks:
 * gw_quota_take does not look at it. */
void gw_quota_block(gw_quota *q, int64_t until_s);
int64_t gw_quota_blocked_until(const gw_quota *q);

/* What a page or a metric shows of it. */
typedef struct gw_quota_view {
    gw_limits limits;
    uint64_t used[GW_LIMIT_COUNT]; /* rates: of the burst, now; others: now, in this period */
    gw_limits own;                 /* those of the operator among them */
    int64_t override_until_s;      /* 0: there are none */
    int64_t blocked_until_s;       /* 0: it is not */
    int64_t day_end_s, month_end_s;
    bool shared; /* with other instances: of rates, what these hold in reserve counts as used */
    bool leased;
} gw_quota_view;
void gw_quota_look(gw_quota *q, gw_quota_time now, gw_quota_view *out);

const char *gw_quota_name(const gw_quota *q);
unsigned gw_quota_slot(const gw_quota *q); /* of metrics */

#endif
