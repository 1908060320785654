/* SPDX-License-Identifier: MIT */
/* The thread that keeps the ledger: it alone waits for the disk. A record that cannot be written is an event
 * (ledger_failed), a metric, and is tried again with the next minute, with all that moved until then: traffic
 * goes on. */
#ifndef GW_LEDGER_KEEPER_H
#define GW_LEDGER_KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Opens the ledger, writes the record of the start and begins. Once a process; `version` is borrowed for
 * ever. False: the directory cannot be used, and `why` says why. A full disk is no such reason. */
bool gw_ledger_start(const char *dir, uint64_t file_bytes, const char *version, const char *config, char *why,
                     size_t why_size) __attribute__((warn_unused_result));
/* Another configuration holds. Waits for nothing. */
void gw_ledger_config(const char *config);
/* At the end, when nothing counts any more: writes the last record. */
void gw_ledger_stop(void);

#endif
