/* SPDX-License-Identifier: MIT */
/*
 * The process: listeners, one loop thread per core, signals, drain, reload.
 *
 *   SIGTERM, SIGINT  drain: /readyz turns 503, listeners close, requests under way finish, exit 0 (1 when the
 * time ran out) SIGHUP           reload the configuration file and the certificates; a bad one changes
 * nothing and is logged
 */
#ifndef GW_SERVER_H
#define GW_SERVER_H

#include "gateway/config.h"

/* Runs until a signal ends it. `cfg` is taken; `path` (NULL: the embedded default) is what SIGHUP loads
 * again. Returns the exit code. */
int gw_server_run(gw_config *cfg, const char *path);

#endif
