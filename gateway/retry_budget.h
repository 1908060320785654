/* SPDX-License-Identifier: MIT */
/*
 * Retries are a share of requests, so that they cannot multiply the load of a backend that fails. A bucket:
 * each request puts in a part of a retry, each retry takes out a whole one; and a few come in by time, or low
 * traffic would never have any. Thread-safe; time is an argument.
 *
 *   retries <= requests × percent / 100 + GW_RETRY_RESERVE_PER_S × seconds + GW_RETRY_BURST
 */
#ifndef GW_RETRY_BUDGET_H
#define GW_RETRY_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { GW_RETRY_BURST = 10, GW_RETRY_RESERVE_PER_S = 1 };

typedef struct gw_retry_budget {
    _Atomic int64_t milli; /* thousandths of a retry */
    _Atomic uint64_t second;
} gw_retry_budget;

void gw_retry_budget_init(gw_retry_budget *b, uint64_t now_ms);
/* A request came. */
void gw_retry_budget_deposit(gw_retry_budget *b, uint32_t percent);
/* May one retry be made? */
bool gw_retry_budget_withdraw(gw_retry_budget *b, uint32_t percent, uint64_t now_ms);

#endif
