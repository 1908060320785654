/* SPDX-License-Identifier: MIT */
/*
 * Which bodies are timed, and what was found out. One in `redaction.time_one_in`, at random distances so that
 * it keeps no step with senders that take turns; the first one always, so that there is something to see.
 */
#ifndef GW_SCRUB_TIME_H
#define GW_SCRUB_TIME_H

#include "filters/redact.h"
#include "gateway/clock_cpu.h"
#include "gateway/generation.h"
#include "gateway/metrics.h"
#include "gateway/workspace.h"

typedef struct gw_scrub_time {
    gw_clock_cpu cpu;
    rd_clock clock;
    uint64_t random; /* state of a generator; nothing secret */
    uint32_t pass;   /* so many bodies are not timed before the next that is */
} gw_scrub_time;

void gw_scrub_time_init(gw_scrub_time *t);
/* The clock for the next body; NULL: it is not timed. `one_in` 0: none is. */
const rd_clock *gw_scrub_time_next(gw_scrub_time *t, uint32_t one_in);
/* Counts what a body took that was timed; `decoded` bytes of the workspace. */
void gw_scrub_time_count(gw_counters *c, const gw_generation *gen, const gw_workspace *w, const rd_cost *cost,
                         size_t decoded);

#endif
