/* SPDX-License-Identifier: MIT */
/* State of breakers, limits and queues for /metrics. The number of series follows from the configuration. */
#ifndef GW_UPSTREAM_METRICS_H
#define GW_UPSTREAM_METRICS_H

#include "filters/base/buf.h"
#include "gateway/generation.h"

void gw_upstream_metrics_write(const gw_generation *g, uint64_t now_ms, rd_buf *out);

#endif
