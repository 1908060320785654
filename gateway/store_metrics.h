/* SPDX-License-Identifier: MIT */
/* A store's figures in Prometheus text format. */
#ifndef GW_STORE_METRICS_H
#define GW_STORE_METRICS_H

#include "filters/base/buf.h"
#include "gateway/store.h"

void gw_store_metrics_write(gw_store *s, const char *upstream, rd_buf *out);

#endif
