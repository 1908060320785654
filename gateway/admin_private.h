/* SPDX-License-Identifier: MIT */
/* The tables of routes; nobody but admin.c includes this and the files that define them. */
#ifndef GW_ADMIN_PRIVATE_H
#define GW_ADMIN_PRIVATE_H

#include "gateway/admin.h"
#include "gateway/workspace.h"

extern const gw_admin_route gw_admin_pages[];      /* admin_pages.c: health and metrics */
extern const gw_admin_route gw_admin_status[];     /* admin_status.c: the process */
extern const gw_admin_route gw_admin_upstream[];   /* admin_upstream.c: breakers */
extern const gw_admin_route gw_admin_workspaces[]; /* admin_workspace.c */
extern const gw_admin_route gw_admin_limits[];     /* admin_limit.c: overrides of quotas */
extern const gw_admin_route gw_admin_rules[];      /* admin_rules.c: what rules have done */

extern const gw_admin_route
    gw_admin_redactions[]; /* admin_redactions.c: the same by class of field and by what was done */

/* When the process began, and so did all counts. */
json_t *gw_admin_since(void);
/* Answers with the workspace that the call names, or 404. */
int gw_admin_show_workspace(gw_admin_call *c);
/* Adds what limits a workspace has, how much of each is used, and what an operator changed. */
void gw_admin_describe_limits(const gw_workspaces *t, const gw_workspace *w, json_t *o);

#endif
