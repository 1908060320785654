/* SPDX-License-Identifier: MIT */
/*
 * Calendar quotas: what was used since the day and the month began. The day begins at midnight of the
 * process's time zone (TZ, which the server sets from the configuration; UTC without it), so days of 23 and
 * 25 hours are what the zone makes of them. A wall clock that goes back stays in the period it was in:
 * nothing is counted twice, and nothing is forgiven.
 */
#ifndef GW_QUOTA_CALENDAR_H
#define GW_QUOTA_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/limit.h"

typedef struct gw_period {
    int64_t start, end; /* seconds since 1970; [start, end) */
} gw_period;

typedef struct gw_calendar {
    gw_period day, month;
    uint64_t used[GW_CALENDAR_COUNT];
} gw_calendar;

/* The day and the month that `now` lies in. */
void gw_calendar_periods(int64_t now, gw_period *out_day, gw_period *out_month);

/* Begins new periods where old ones ended; what was used in those is forgotten. */
void gw_calendar_turn(gw_calendar *c, int64_t now);

static inline const gw_period *gw_calendar_period(const gw_calendar *c, gw_calendar_quota q)
{
    return q == GW_CALENDAR_ITEMS_DAY || q == GW_CALENDAR_BYTES_DAY ? &c->day : &c->month;
}

#endif
