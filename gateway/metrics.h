/* SPDX-License-Identifier: MIT */
/*
 * Counters and gauges. Each thread writes its own cells (no contention); a scrape adds them up. Rows and
 * dimensions come from metrics.def, so the number of cells, and so of series, is fixed when the program is
 * built. Names that come from the configuration (rules, upstreams, workspaces) are put into slots; a name
 * without a free slot shares `__other__`. Counts of what was redacted have more coordinates, and a file of
 * their own: metrics_redactions.h.
 */
#ifndef GW_METRICS_H
#define GW_METRICS_H

#include <stdint.h>
#include <stdio.h>

#include "filters/base/buf.h"
#include "gateway/outcome.h"
#include "gateway/signal.h"

typedef enum gw_metric {
#define X(id, kind, name, help, d1, d2, d3) GW_METRIC_##id,
#include "gateway/metrics.def"
#undef X
    GW_METRIC_COUNT
} gw_metric;

/* Dimensions whose values are configuration names. */
typedef enum gw_slots { GW_SLOTS_RULE, GW_SLOTS_UPSTREAM, GW_SLOTS_WORKSPACE, GW_SLOTS_COUNT } gw_slots;
enum { GW_RULE_SLOTS = 257, GW_UPSTREAM_SLOTS = 33, GW_WORKSPACE_SLOTS = 201 };

/* The slot of a name, made on first use; slot 0 is `__other__`. Thread-safe; slots live as long as the
 * process. */
unsigned gw_metrics_slot(gw_slots kind, const char *name);

/* Slots in use, and the name of one. Names live as long as the process. */
unsigned gw_metrics_slots(gw_slots kind);
const char *gw_metrics_slot_name(gw_slots kind, unsigned slot);

typedef struct gw_counters gw_counters; /* one thread's cells */
gw_counters *gw_counters_new(void);     /* registered for ever; NULL: no memory */

/* Adds `n` to a cell. Unused coordinates are 0. */
void gw_count(gw_counters *c, gw_metric m, unsigned i, unsigned j, unsigned k, int64_t n);

/* Sum of one cell over all threads. */
int64_t gw_metrics_sum(gw_metric m, unsigned i, unsigned j, unsigned k);

/* Index of an HTTP status in the STATUS dimension. */
unsigned gw_metrics_status(int http_status);

/* Appends everything in Prometheus text format 0.0.4. */
void gw_metrics_write(rd_buf *out);
/* Writes the rows of metrics.def as a Markdown table (README is made from it). */
void gw_metrics_reference(FILE *to);

#endif
