/* SPDX-License-Identifier: MIT */
#include "gateway/quota_calendar.h"

#include <time.h>

/* The start of a day or month of the zone; mktime finds the offset of that very moment. */
static int64_t start_of(struct tm when, int day, int month)
{
    struct tm t = {.tm_year = when.tm_year, .tm_mon = month, .tm_mday = day, .tm_isdst = -1};
    return mktime(&t);
}

void gw_calendar_periods(int64_t now, gw_period *out_day, gw_period *out_month)
{
    time_t t = (time_t)now;
    struct tm here = {0};
    localtime_r(&t, &here);
    out_day->start = start_of(here, here.tm_mday, here.tm_mon);
    out_day->end = start_of(here, here.tm_mday + 1, here.tm_mon);
    out_month->start = start_of(here, 1, here.tm_mon);
    out_month->end = start_of(here, 1, here.tm_mon + 1);
}

void gw_calendar_turn(gw_calendar *c, int64_t now)
{
    gw_period day, month;
    if (now < c->day.end && now < c->month.end)
        return;
    gw_calendar_periods(now, &day, &month);
    if (now >= c->day.end) {
        c->day = day;
        c->used[GW_CALENDAR_ITEMS_DAY] = c->used[GW_CALENDAR_BYTES_DAY] = 0;
    }
    if (now >= c->month.end) {
        c->month = month;
        c->used[GW_CALENDAR_ITEMS_MONTH] = c->used[GW_CALENDAR_BYTES_MONTH] = 0;
    }
}
