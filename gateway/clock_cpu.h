/* SPDX-License-Identifier: MIT */
/*
 * How much CPU time a thread has used, read so cheaply that it can surround 50 ns of work: the kernel's own
 * answer takes a system call. Between two readings that are close together a thread has not been off the CPU,
 * so the clock on the wall says the same; after a longer gap the kernel is asked.
 */
#ifndef GW_CLOCK_CPU_H
#define GW_CLOCK_CPU_H

#include "filters/base/clock.h"

typedef struct gw_clock_cpu {
    uint64_t (*wall_ns)(void);
    uint64_t (*cpu_ns)(void);
    uint64_t wall_asked, cpu_asked; /* when the kernel was asked, and its answer */
    uint64_t wall_last, said;
} gw_clock_cpu;

/* A longer gap may hide that another thread ran. */
enum { GW_CLOCK_CPU_GAP_NS = 20000 };

/* Of the thread that reads it. */
void gw_clock_cpu_init(gw_clock_cpu *c);
/* The same on clocks of the caller's; for tests. */
void gw_clock_cpu_on(gw_clock_cpu *c, uint64_t (*wall_ns)(void), uint64_t (*cpu_ns)(void));
rd_clock gw_clock_cpu_clock(gw_clock_cpu *c);

#endif
