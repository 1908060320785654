/* SPDX-License-Identifier: MIT */
/*
 * What a workspace may say about redaction: it may add rules that hide more, and switch off those that the
 * operator lets it (`redaction.allow_relax`). Added rules stand before the operator's, so that of two for the
 * same key or detector the operator's wins, and they may not write what would show more than the operator's
 * rules let through.
 */
#ifndef GW_WORKSPACE_RULES_H
#define GW_WORKSPACE_RULES_H

#include "gateway/config.h"

/* False: `what` (GW_WORKSPACE_WHY_BYTES) says what the workspace may not, *out_at where that stands. */
bool gw_workspace_rules_ok(const gw_workspace_cfg *w, const gw_redaction_cfg *all, gw_origin *out_at,
                           char *what);
/* Does the workspace switch this rule of the operator's off? */
bool gw_workspace_relaxes(const gw_workspace_cfg *w, const gw_rule_cfg *rule);

#endif
