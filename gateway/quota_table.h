/* SPDX-License-Identifier: MIT */
/*
 * The quotas of the process: one state a workspace, made on its first request and kept until the end, through
 * every reload of the configuration. A workspace that never sends costs nothing; one that does about 1 KiB.
 */
#ifndef GW_QUOTA_TABLE_H
#define GW_QUOTA_TABLE_H

#include "filters/base/slice.h"
#include "gateway/quota.h"

/* How states are made from now on: what percentage of each rate is this instance's own while the shared store
 * is away; 0: nothing is shared. Before the first use. */
void gw_quotas_share(uint32_t percent);

/* The state of a workspace, made if there is none; aborts without memory. Thread-safe; never freed. */
gw_quota *gw_quotas_of(rd_slice name);
/* NULL: nothing is known of it. */
gw_quota *gw_quotas_find(rd_slice name);

/* All states there are at the time, one after the other. */
void gw_quotas_each(void (*fn)(void *arg, gw_quota *q), void *arg);

#endif
