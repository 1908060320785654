/* SPDX-License-Identifier: MIT */
/*
 * What is stamped into bodies of a workspace: its name under the configured label, and its static labels,
 * with the texts that go into a body made ready. Made on a workspace's first request for each of OTLP and
 * Loki, kept in the workspace, freed with its table.
 */
#ifndef GW_SCRUB_STAMP_H
#define GW_SCRUB_STAMP_H

#include "filters/stamp.h"
#include "gateway/signal.h"
#include "gateway/workspace.h"

/* Thread-safe; lives as long as the workspace. NULL: nothing is stamped. Aborts without memory. */
const rd_stamp *gw_scrub_stamp(const gw_workspace *w, gw_signal signal);

#endif
