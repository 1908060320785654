/* SPDX-License-Identifier: MIT */
#include "gateway/clock_cpu.h"

#include <time.h>

static uint64_t ns_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t wall_ns(void)
{
    return ns_of(CLOCK_MONOTONIC);
}

static uint64_t cpu_ns(void)
{
    return ns_of(CLOCK_THREAD_CPUTIME_ID);
}

static uint64_t now(void *ctx)
{
    gw_clock_cpu *c = ctx;
    uint64_t wall = c->wall_ns();
    if (wall - c->wall_last > GW_CLOCK_CPU_GAP_NS) {
        c->cpu_asked = c->cpu_ns();
        wall = c->wall_asked = c->wall_ns();
    }
    c->wall_last = wall;
    uint64_t used = c->cpu_asked + (wall - c->wall_asked);
    if (used > c->said) /* off the CPU for less than a gap: it catches up */
        c->said = used;
    return c->said;
}

void gw_clock_cpu_on(gw_clock_cpu *c, uint64_t (*wall)(void), uint64_t (*cpu)(void))
{
    *c = (gw_clock_cpu){.wall_ns = wall, .cpu_ns = cpu};
    c->cpu_asked = cpu();
    c->wall_asked = c->wall_last = wall();
}

void gw_clock_cpu_init(gw_clock_cpu *c)
{
    gw_clock_cpu_on(c, wall_ns, cpu_ns);
}

rd_clock gw_clock_cpu_clock(gw_clock_cpu *c)
{
    return (rd_clock){.now = now, .ctx = c};
}
