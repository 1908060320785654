/* SPDX-License-Identifier: MIT */
#include "gateway/ledger_counts.h"

#include <stdlib.h>

#include "gateway/metrics_redactions.h"

struct gw_ledger_counts {
    int64_t done[GW_WORKSPACE_SLOTS][GW_REDACTION_CELLS]; /* as far as it is written */
    unsigned workspace;                                   /* that is looked at */
    /* The last call's. */
    gw_ledger_cell cells[GW_LEDGER_CELLS];
    int64_t *written[GW_LEDGER_CELLS];
    int64_t now[GW_LEDGER_CELLS];
    size_t n;
};

gw_ledger_counts *gw_ledger_counts_new(void)
{
    return calloc(1, sizeof(gw_ledger_counts));
}

void gw_ledger_counts_free(gw_ledger_counts **c)
{
    free(*c);
    *c = NULL;
}

static void see(void *arg, const gw_redactions *r)
{
    gw_ledger_counts *c = arg;
    int64_t *written = &c->done[c->workspace][r->cell];
    if (r->n == *written || c->n == GW_LEDGER_CELLS)
        return;
    c->cells[c->n] = (gw_ledger_cell){.workspace = gw_metrics_slot_name(GW_SLOTS_WORKSPACE, c->workspace),
                                      .rule = gw_metrics_slot_name(GW_SLOTS_RULE, r->rule),
                                      .field = gw_redactions_field(r),
                                      .action = gw_redactions_action(r),
                                      .n = (uint64_t)(r->n - *written)};
    c->written[c->n] = written;
    c->now[c->n++] = r->n;
}

size_t gw_ledger_counts_take(gw_ledger_counts *c, const gw_ledger_cell **out_cells)
{
    unsigned workspaces = gw_metrics_slots(GW_SLOTS_WORKSPACE);
    c->n = 0;
    for (c->workspace = 0; c->workspace < workspaces && c->n < GW_LEDGER_CELLS; c->workspace++)
        gw_redactions_each(c->workspace, see, c);
    *out_cells = c->cells;
    return c->n;
}

void gw_ledger_counts_keep(gw_ledger_counts *c)
{
    for (size_t i = 0; i < c->n; i++)
        *c->written[i] = c->now[i];
    c->n = 0;
}
