/* SPDX-License-Identifier: MIT */
/*
 * What all requests of the process may hold together. Memory sized by a sender is charged here before it
 * exists; past the ceiling new work is refused with a retryable answer, never by the kernel's OOM killer.
 */
#ifndef GW_BUDGET_H
#define GW_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/* Ceilings of the current configuration; may change at a reload. */
void gw_budget_limits(uint32_t max_requests, uint64_t max_bytes, uint32_t max_connections);

bool gw_budget_take_request(void);
void gw_budget_give_request(void);
bool gw_budget_take_bytes(uint64_t n);
void gw_budget_give_bytes(uint64_t n);
bool gw_budget_take_connection(void);
/* Has a few more than the ceiling: who looks after an overloaded process must get in. Given back like the
 * others. */
bool gw_budget_take_admin_connection(void);
void gw_budget_give_connection(void);

uint64_t gw_budget_requests(void);
uint64_t gw_budget_bytes(void);
uint64_t gw_budget_connections(void);

#endif
