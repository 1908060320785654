/* SPDX-License-Identifier: MIT */
/* A clock as an argument: nothing here asks one of the machine's. */
#ifndef RD_BASE_CLOCK_H
#define RD_BASE_CLOCK_H

#include <stdint.h>

typedef struct rd_clock {
    uint64_t (*now)(void *ctx); /* nanoseconds since any moment; never goes back */
    void *ctx;                  /* borrowed */
} rd_clock;

#endif
