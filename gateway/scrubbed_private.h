/* SPDX-License-Identifier: MIT */
/* For scrub.c (and tests) alone: how a scrubbed body is made. A lint checks who includes this. */
#ifndef GW_SCRUBBED_PRIVATE_H
#define GW_SCRUBBED_PRIVATE_H

#include "gateway/scrubbed.h"

struct gw_scrubbed {
    rd_slice bytes; /* borrowed until the exchange ends */
};

#endif
