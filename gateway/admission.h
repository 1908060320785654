/* SPDX-License-Identifier: MIT */
/*
 * Whether a request's workspace may have it now: the steps of quota.h at the right moments of an exchange,
 * their metrics, and the words and fields of an answer that a limit gives.
 *
 *    begin     the head: requests, in flight, wire bytes by Content-Length, and what is known to be used up
 *    body      wire bytes of a body whose length was not known
 *    content   limits on what the body holds, for the redactor
 *    decoded   decoded bytes, items and streams                                     [may run on a worker]
 *    end       what is given back depends on how the request ended
 *
 * Answers follow the IETF draft "RateLimit header fields for HTTP" (RateLimit, RateLimit-Policy, and
 * Retry-After no earlier than the former's t).
 */
#ifndef GW_ADMISSION_H
#define GW_ADMISSION_H

#include "gateway/config.h"
#include "gateway/metrics.h"
#include "gateway/outcome.h"
#include "gateway/quota.h"
#include "gateway/scrub.h"
#include "gateway/workspace.h"

/* Of one request. Zeroed at its start. */
typedef struct gw_admission {
    gw_quota *quota; /* NULL: not begun */
    gw_quota_hold hold;
    gw_quota_verdict verdict;  /* the last one */
    gw_quota_verdict before;   /* what it has to say (shadow, near) is still to be counted */
    const rd_content *content; /* what was asked of the redactor, NULL: nothing; borrowed from the exchange */
    rd_breach breach[RD_CONTENT_COUNT];
    gw_quota_verdict shed; /* why n_shed records were not admitted */
    uint32_t n_shed;
    bool none_left; /* all items are beyond limits on content */
    bool wire_taken;
    uint64_t wire_bytes, reading; /* reading: bytes held for a body that is being read */
    uint32_t n_items;             /* seen, admitted or not */
    char policy[80], state[64], detail[256];
} gw_admission;

/* The state of a workspace of the table, with the limits that the table says in force. */
gw_quota *gw_admission_quota(const gw_workspaces *t, const gw_workspace *w, gw_quota_time now);

/* GW_OUTCOME_DELIVERED: go on. */
gw_outcome gw_admission_begin(gw_admission *a, const gw_workspaces *t, const gw_workspace *w, bool has_length,
                              uint64_t content_length);
gw_outcome gw_admission_body(gw_admission *a, uint64_t wire_bytes);
/* admission_content.c: the limits that the redactor has to look at; false: none. `out` is borrowed until the
 * end of the request. */
bool gw_admission_content(gw_admission *a, gw_signal signal, time_t now, rd_content *out);
/* How many of the items may go on: all that are not beyond a limit, or none; with shedding, some. */
uint32_t gw_admission_decoded(gw_admission *a, size_t decoded_bytes, const rd_walked *walked);
/* The outcome of a refusal that gw_admission_decoded gave. */
gw_outcome gw_admission_outcome(const gw_admission *a);

/* Once, when nothing of the request runs any more. */
typedef enum gw_admission_end_kind {
    GW_ADMISSION_REFUSED,
    GW_ADMISSION_DROPPED,
    GW_ADMISSION_DELIVERED
} gw_admission_end_kind;
void gw_admission_end(gw_admission *a, gw_admission_end_kind how);

/* On a loop, for what the last step decided: counts it, and says it when a limit comes near. */
void gw_admission_count(gw_admission *a, const gw_workspace *w, gw_counters *c);

/* On a loop, once after the body was decoded: items that were refused one by one. */
void gw_admission_count_items(gw_admission *a, const gw_workspace *w, gw_counters *c);

/* Says which items were refused, by which limits: numbers and names from the configuration alone. Returns the
 * length; `text` is cut where `size` ends. */
enum { GW_ADMISSION_REFUSED_TEXT = 1536 };
size_t gw_admission_say_refused(const gw_admission *a, const gw_workspace *w, char *text, size_t size);

/* The texts of an answer: *out_detail and the fields, which live in `a`. Returns Retry-After, with jitter; 0:
 * none. */
uint32_t gw_admission_words(gw_admission *a, const gw_workspace *w, rd_slice *out_detail,
                            rd_slice *out_policy, rd_slice *out_state);

#endif
