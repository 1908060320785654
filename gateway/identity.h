/* SPDX-License-Identifier: MIT */
/*
 * Who is calling: the one step from what a request shows of its sender to its workspace.
 *
 *    for each source, in the configured order:  certificate | bearer | basic | jwt | header
 *        the request has none of it    the next source
 *        it is right                   its workspace
 *        it is wrong                   401, whatever else the request has
 *    none had any                      the anonymous workspace, or 401
 *
 * What an Authorization led to is remembered for its connection (peer.h), as long as the table is the same:
 * most connections carry many requests of one sender, and the next one then costs a comparison. Not
 * remembered is what another header had a say in.
 *
 * A certificate that the listener verified but that no workspace names is not wrong, for it may only open the
 * connection; without anything else it is 403. A password costs tens of milliseconds to check, so what is not
 * known about one yet is checked by gw_identity_slow_run on a worker; only so many at a time, the others wait
 * in line, where nobody has more than a few places.
 */
#ifndef GW_IDENTITY_H
#define GW_IDENTITY_H

#include "filters/base/outcome.h"
#include "gateway/frontend.h"
#include "gateway/outcome.h"
#include "gateway/workspace.h"

/* What is known about a request's sender. Borrowed for the call. */
typedef struct gw_identity_request {
    const gw_workspaces *table;
    const gw_head *head;
    int64_t now; /* seconds since 1970 */
} gw_identity_request;

typedef struct gw_identity_slow gw_identity_slow; /* a check that takes long; owned by who asked */

typedef struct gw_identity {
    const gw_workspace *workspace; /* the sender's; lives as long as the table. NULL with `slow` */
    gw_identity_slow *slow;        /* not NULL: it depends on this */
    int64_t until;                 /* seconds since 1970: as long as the credential is good */
} gw_identity;

/* GW_OUTCOME_DELIVERED ("go on"): *out has either a workspace or a check to be run. Everything else is what
 * the request is refused with. */
gw_outcome gw_identity_resolve(const gw_identity_request *r, gw_identity *out);

/* Calls go(arg) when it is the check's turn (identity_gate.h): at once, or later from another thread. Once;
 * then the check must not be freed before that call. False: the line is full by now. */
RD_MUST_CHECK bool gw_identity_slow_go(gw_identity_slow *s, void (*go)(void *arg), void *arg);
/* The check: blocks for long, on any thread, with the table pinned by the caller. */
void gw_identity_slow_run(gw_identity_slow *s);
/* After the run, as gw_identity_resolve. */
gw_outcome gw_identity_slow_result(const gw_identity_slow *s, const gw_workspace **out_workspace);
/* Wipes and frees, also a check that never ran. */
void gw_identity_slow_free(gw_identity_slow **s);

/* How many checks run at a time in the process; set at start. */
void gw_identity_set_slow_limit(unsigned n);

#endif
