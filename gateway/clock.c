/* SPDX-License-Identifier: MIT */
#include "gateway/clock.h"

#include <time.h>

static uint64_t us_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t gw_now_ms(void)
{
    return us_of(CLOCK_MONOTONIC) / 1000;
}

uint64_t gw_clock_us(void)
{
    return us_of(CLOCK_MONOTONIC);
}

uint64_t gw_wall_ms(void)
{
    return us_of(CLOCK_REALTIME) / 1000;
}
