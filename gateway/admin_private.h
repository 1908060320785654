/* SPDX-License-Identifier: MIT */
/* The tables of routes; nobody but admin.c includes this and the files that define them. */
#ifndef GW_ADMIN_PRIVATE_H
#define GW_ADMIN_PRIVATE_H

#include "gateway/admin.h"

extern const gw_admin_route gw_admin_pages[];      /* admin_pages.c: health and metrics */
extern const gw_admin_route gw_admin_status[];     /* admin_status.c: the process */
extern const gw_admin_route gw_admin_upstream[];   /* admin_upstream.c: breakers */
extern const gw_admin_route gw_admin_workspaces[]; /* admin_workspace.c */
extern const gw_admin_route gw_admin_rules[];      /* admin_rules.c: what rules have done */

#endif
