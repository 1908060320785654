/* SPDX-License-Identifier: MIT */
/* What the small durable files have in common: ledger, quota state, store directory. errno says what failed.
 */
#ifndef GW_FILES_H
#define GW_FILES_H

#include "filters/base/slice.h"

/* All of it, or false. */
bool gw_write_all(int fd, rd_slice s);
/* Makes names in a directory durable: a new file, a rename. `at`: as of openat(2). */
bool gw_sync_dir(int at, const char *path);

#endif
