/* SPDX-License-Identifier: MIT */
/* What the ledger's verbs share. */
#ifndef GW_CLI_LEDGER_H
#define GW_CLI_LEDGER_H

#include "gateway/ledger_verify.h"

/* Checks the ledger, which must have records; `want` and `watch` as in gw_ledger_walk. GW_EXIT_OK: it is
 * whole, or `watch` ended it. Otherwise what is wrong was said on standard error. */
int gw_cli_ledger_walk(const char *dir, const char *want, const gw_ledger_watch *watch,
                       gw_ledger_verdict *out);

/* `redactd ledger counts DIRECTORY ...`; argv[2] is the directory. */
int gw_cli_ledger_counts(int argc, char **argv);

#endif
