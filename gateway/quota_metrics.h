/* SPDX-License-Identifier: MIT */
/*
 * How near every workspace is to its limits, and which are blocked, for a scrape. Series are bounded as all
 * by workspace: those without a slot of their own share `__other__`, which shows the nearest of them. Only
 * limits that are said have series; workspaces that never sent have none.
 */
#ifndef GW_QUOTA_METRICS_H
#define GW_QUOTA_METRICS_H

#include "filters/base/buf.h"
#include "gateway/quota.h"

void gw_quota_metrics_write(gw_quota_time now, rd_buf *out);

#endif
