/* SPDX-License-Identifier: MIT */
/*
 * Policies of workspaces with rules of their own. Compiled once for each distinct set of rules of a
 * generation and shared by all workspaces that have it, in all tables of that generation; a table that goes
 * gives them back. Workspaces without rules of their own use the generation's.
 */
#ifndef GW_POLICIES_H
#define GW_POLICIES_H

#include "gateway/generation.h"
#include "gateway/workspace.h"

/* Distinct ones of a generation; more is an error of the file of workspaces. */
enum { GW_POLICIES_MAX = 64 };

/* Once, before the first table of workspaces: they are made with it. */
void gw_policies_init(void);

/* What a body of the workspace (NULL: nobody's) is redacted with. Lives as long as generation and table. */
const rd_policy *gw_policy_of(const gw_generation *g, const gw_workspace *w);
/* The metrics slot of its rule number `rule`. */
unsigned gw_policy_slot(const gw_generation *g, const gw_workspace *w, uint32_t rule);
/* How many there are, of all generations; for tests. */
size_t gw_policies_count(void);

#endif
