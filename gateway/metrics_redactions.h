/* SPDX-License-Identifier: MIT */
/*
 * What was redacted, by workspace, rule, class of field, and what was done there: the only counts with four
 * coordinates. Of all that could be, little ever happens, so a series exists from its first redaction on, as
 * long as the process; a rule that is renamed, or does something else after a reload, begins others beside
 * it.
 *
 * A workspace has GW_REDACTION_SERIES of them. What would be one more counts in the workspace's series of the
 * rule alone, with field and action `__other__`, of which there is one for each rule; so sums by workspace,
 * by rule, and by both are exact whatever a sender does, and no workspace takes series from another.
 * Workspaces and rules without a slot of their own are `__other__` as in all metrics (metrics.h).
 *
 * Each thread counts in cells of its own. Which series has which cell is in one table, which counting reads
 * without a lock; only a new series takes one, so at most GW_REDACTION_SERIES times for a workspace.
 */
#ifndef GW_METRICS_REDACTIONS_H
#define GW_METRICS_REDACTIONS_H

#include "filters/act/act.h"
#include "filters/base/doc.h"
#include "gateway/metrics.h"

enum {
    GW_REDACTION_SERIES = 256,
    GW_REDACTION_CELLS = GW_REDACTION_SERIES + GW_RULE_SLOTS /* with those of rules alone */
};

/* Slots of workspace and rule. Any thread, its own counters. */
void gw_count_redactions(gw_counters *c, unsigned workspace, unsigned rule, rd_class cls, rd_done done,
                         int64_t n);

typedef struct gw_redactions {
    unsigned cell; /* number of the series in its workspace, for good; below GW_REDACTION_CELLS */
    unsigned rule; /* slot */
    rd_class cls;  /* RD_CLASS_COUNT, and `done` RD_DONE_COUNT: of all that found no room */
    rd_done done;
    int64_t n; /* over all threads; not 0 */
} gw_redactions;

/* Calls `each` for every series of a workspace's slot, in the order in which they began. */
void gw_redactions_each(unsigned workspace, void (*each)(void *arg, const gw_redactions *r), void *arg);
/* Words, `__other__` for those that found no room. */
const char *gw_redactions_field(const gw_redactions *r);
const char *gw_redactions_action(const gw_redactions *r);

#endif
