/* SPDX-License-Identifier: MIT */
/*
 * Who is calling: the one step from what a request shows of its sender to its workspace.
 */
#ifndef GW_IDENTITY_H
#define GW_IDENTITY_H

#include "gateway/frontend.h"
#include "gateway/outcome.h"
#include "gateway/workspace.h"

/* What is known about a request's sender. Borrowed for the call. */
typedef struct gw_identity_request {
    const gw_workspaces *table;
    const gw_head *head;
    int64_t now; /* seconds since 1970 */
} gw_identity_request;

/* GW_OUTCOME_DELIVERED ("go on"): *out_workspace is the sender's, and lives as long as the table. Everything
 * else is what the request is refused with. */
gw_outcome gw_identity_resolve(const gw_identity_request *r, const gw_workspace **out_workspace);

#endif
