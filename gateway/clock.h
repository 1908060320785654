/* SPDX-License-Identifier: MIT */
/* The clocks, for who is at the edge: what decides takes the time as an argument. */
#ifndef GW_CLOCK_H
#define GW_CLOCK_H

#include <stdint.h>

/* Monotonic, for durations and deadlines. */
uint64_t gw_now_ms(void);
uint64_t gw_clock_us(void);
/* Since 1970; jumps when the clock is set. */
uint64_t gw_wall_ms(void);

#endif
