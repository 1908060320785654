/* SPDX-License-Identifier: MIT */
/* Cells of threads; for metrics*.c and nobody else. */
#ifndef GW_METRICS_PRIVATE_H
#define GW_METRICS_PRIVATE_H

#include <stdatomic.h>

#include "gateway/metrics.h"

enum { GW_METRICS_THREADS = 256 };

struct gw_counters {
    _Atomic int64_t *cells[GW_METRIC_COUNT];
    _Atomic int64_t *redactions; /* metrics_redactions.c */
};

/* All that were made so far; they are never freed. Returns how many. */
unsigned gw_counters_all(gw_counters *out[GW_METRICS_THREADS]);

/* One writer: a plain add in two relaxed halves is enough and needs no locked instruction. */
static inline void gw_cell_add(_Atomic int64_t *cell, int64_t n)
{
    atomic_store_explicit(cell, atomic_load_explicit(cell, memory_order_relaxed) + n, memory_order_relaxed);
}

/* metrics_redactions.c: one thread's cells, all 0; NULL: no memory. */
_Atomic int64_t *gw_redaction_cells_new(void);
/* Its part of gw_metrics_write and gw_metrics_reference. */
void gw_redactions_write(rd_buf *out);
void gw_redactions_reference(FILE *to);

#endif
