/* SPDX-License-Identifier: MIT */
#include "gateway/ledger_counts.h"

#include <stdlib.h>

#include "filters/base/doc.h"
#include "gateway/metrics.h"

struct gw_ledger_counts {
    /* As far as it is written. */
    int64_t of_field[GW_RULE_SLOTS][RD_CLASS_COUNT];
    int64_t of_workspace[GW_WORKSPACE_SLOTS][GW_RULE_SLOTS];
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

static void see(gw_ledger_counts *c, int64_t *written, int64_t now, gw_ledger_cell cell)
{
    if (now == *written || c->n == GW_LEDGER_CELLS)
        return;
    cell.n = (uint64_t)(now - *written);
    c->cells[c->n] = cell;
    c->written[c->n] = written;
    c->now[c->n++] = now;
}

static void see_fields(gw_ledger_counts *c, unsigned rule, const char *name)
{
    for (unsigned k = 0; k < RD_CLASS_COUNT; k++) {
        int64_t sum = 0;
        for (unsigned signal = 0; signal < GW_SIGNAL_COUNT; signal++)
            sum += gw_metrics_sum(GW_METRIC_REDACTIONS, signal, rule, k);
        see(c, &c->of_field[rule][k], sum,
            (gw_ledger_cell){.rule = name, .field = rd_class_word((rd_class)k)});
    }
}

size_t gw_ledger_counts_take(gw_ledger_counts *c, const gw_ledger_cell **out_cells)
{
    unsigned rules = gw_metrics_slots(GW_SLOTS_RULE), workspaces = gw_metrics_slots(GW_SLOTS_WORKSPACE);
    c->n = 0;
    for (unsigned rule = 0; rule < rules; rule++)
        see_fields(c, rule, gw_metrics_slot_name(GW_SLOTS_RULE, rule));
    for (unsigned w = 0; w < workspaces; w++) {
        for (unsigned rule = 0; rule < rules; rule++)
            see(c, &c->of_workspace[w][rule], gw_metrics_sum(GW_METRIC_WS_REDACTIONS, w, rule, 0),
                (gw_ledger_cell){.rule = gw_metrics_slot_name(GW_SLOTS_RULE, rule),
                                 .workspace = gw_metrics_slot_name(GW_SLOTS_WORKSPACE, w)});
    }
    *out_cells = c->cells;
    return c->n;
}

void gw_ledger_counts_keep(gw_ledger_counts *c)
{
    for (size_t i = 0; i < c->n; i++)
        *c->written[i] = c->now[i];
    c->n = 0;
}
