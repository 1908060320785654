/* SPDX-License-Identifier: MIT */
/*
 * Calendar quotas on disk, so that a restart forgives nothing. A text file:
 *
 *    redactd quota 1
 *    <workspace> <day start> <day end> <month start> <month end> <items day> <items month> <bytes day> <bytes
 * month> sha256 <hex of everything before this line>
 *
 * Written beside it, synced, renamed over it: a crash leaves the old or the new one. A file that is cut off
 * or changed is not believed in any part: it is set aside as FILE.bad, and counting starts anew.
 */
#ifndef GW_QUOTA_FILE_H
#define GW_QUOTA_FILE_H

#include "filters/base/buf.h"
#include "gateway/quota_table.h"

enum { GW_QUOTA_FILE_MAX = 64 << 20 };

/* One workspace's line. */
typedef struct gw_quota_record {
    rd_slice name; /* borrowed from the text */
    int64_t day_start, day_end, month_start, month_end;
    uint64_t used[GW_CALENDAR_COUNT];
} gw_quota_record;

/* Checks the whole text, then calls `fn` for each line. False: not a file of ours, or not whole; nothing was
 * called. */
bool gw_quota_file_parse(rd_slice text, void (*fn)(void *arg, const gw_quota_record *r), void *arg);

/* Appends the text for all states that have something to remember. */
void gw_quota_file_write(rd_buf *out);

/* At start: reads `path` if it is there, and begins to save to it every second in which something changed.
 * What can be changed by it, the workspaces' states, must not be in use yet. False: `why` says what is wrong
 * with the path. */
bool gw_quota_file_open(const char *path, char *why, size_t why_size);
/* At the end: saves and stops. */
void gw_quota_file_close(void);

#endif
