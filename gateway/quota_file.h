/* SPDX-License-Identifier: MIT */
/*
 * What a restart must not forget: calendar quotas, blocks, and limits of an operator. A text file:
 *
 *    redactd quota 2
 *    a line for each workspace (one line in the file):
 *       <name> <day start> <day end> <month start> <month end>
 *       <items day> <items month> <bytes day> <bytes month>
 *       <blocked until, 0: it is not>
 *       [override <until> <mode: default|enforce|shadow> [<limit>=<number>]...]
 *    sha256 <hex of everything before this line>
 *
 * Times are seconds since 1970. Version 1, which ended with the bytes of the month, is read as well.
 * Written beside it, synced, renamed over it: a crash leaves the old or the new one. A file that is cut off
 * or changed is not believed in any part: it is set aside as FILE.bad, and counting starts anew.
 */
#ifndef GW_QUOTA_FILE_H
#define GW_QUOTA_FILE_H

#include "filters/base/buf.h"
#include "gateway/quota_table.h"

enum { GW_QUOTA_FILE_MAX = 64 << 20, GW_QUOTA_SUM_HEX = 64 };

/* One workspace's line. */
typedef struct gw_quota_record {
    rd_slice name; /* borrowed from the text */
    int64_t day_start, day_end, month_start, month_end;
    uint64_t used[GW_CALENDAR_COUNT];
    int64_t blocked_until, override_until; /* 0: none */
    gw_limits own;
} gw_quota_record;

/* Does it say nothing any more? Else those of workspaces that are gone would stay for ever. */
bool gw_quota_record_is_over(const gw_quota_record *r, int64_t now_s);

/* Appends what this version writes: the first line, a workspace's, and the last one, with the sum of what is
 * in `out`. */
void gw_quota_frame_begin(rd_buf *out);
void gw_quota_record_write(const gw_quota_record *r, rd_buf *out);
void gw_quota_frame_end(rd_buf *out);

/* Checks the whole text, then calls `fn` for each line. False: not a file of ours, or not whole; nothing was
 * called. */
bool gw_quota_file_parse(rd_slice text, void (*fn)(void *arg, const gw_quota_record *r), void *arg);

/* At start: reads `path` if it is there, and begins to save to it every second in which something changed.
 * What can be changed by it, the workspaces' states, must not be in use yet. False: `why` says what is wrong
 * with the path. */
bool gw_quota_file_open(const char *path, char *why, size_t why_size);
/* Saves without waiting for the second to be over: an operator changed something. Does not block; nothing
 * when no file is kept. */
void gw_quota_file_soon(void);
/* At the end: saves and stops. */
void gw_quota_file_close(void);

#endif
