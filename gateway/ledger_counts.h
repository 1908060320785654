/* SPDX-License-Identifier: MIT */
/* What moved in the counts of what was redacted (metrics_redactions.h) since it was last written. One thread.
 */
#ifndef GW_LEDGER_COUNTS_H
#define GW_LEDGER_COUNTS_H

#include "gateway/ledger.h"

typedef struct gw_ledger_counts gw_ledger_counts;

gw_ledger_counts *gw_ledger_counts_new(void); /* NULL: no memory */
void gw_ledger_counts_free(gw_ledger_counts **c);

/* Up to GW_LEDGER_CELLS counts that moved, borrowed until the next call. What is not kept comes again. */
size_t gw_ledger_counts_take(gw_ledger_counts *c, const gw_ledger_cell **out_cells);
/* The counts of the last call are written. */
void gw_ledger_counts_keep(gw_ledger_counts *c);

#endif
