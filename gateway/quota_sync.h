/* SPDX-License-Identifier: MIT */
/*
 * The thread that talks to Redis for all workspaces in use. A thread of its own that may wait, not a loop: a
 * store that is slow, down or failing over then holds up nothing but itself, and requests never wait for it.
 * While it is away, it is tried again with growing pauses (0.1 to 5 s).
 */
#ifndef GW_QUOTA_SYNC_H
#define GW_QUOTA_SYNC_H

#include "filters/base/buf.h"
#include "gateway/redis.h"

/* Before the first request. `o` and `prefix` are borrowed for the life of the process. False: no thread. */
bool gw_quota_sync_start(const gw_redis_options *o, const char *prefix, uint32_t share_percent);
void gw_quota_sync_stop(void);

/* Appends metrics; nothing when it does not run. */
void gw_quota_sync_write(rd_buf *out);

#endif
