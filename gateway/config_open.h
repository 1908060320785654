/* SPDX-License-Identifier: MIT */
/* The configuration of a file, or the embedded default, with everything that is wrong printed to standard
 * error. */
#ifndef GW_CONFIG_OPEN_H
#define GW_CONFIG_OPEN_H

#include "gateway/config.h"

/* `file` NULL: the embedded default. NULL: there were errors. */
gw_config *gw_config_open(const char *file);

#endif
