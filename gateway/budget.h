/* SPDX-License-Identifier: MIT */
/*
 * What all requests of the process may hold together. Memory sized by a sender is charged here before it
 * exists; past the ceiling new work is refused with a retryable answer, never by the kernel's OOM killer.
 *
 * Connections and bodies share the bytes. Connections get at most half, so that idle ones leave room for
 * work; bodies leave what connections may still need, up to a quarter, so that with memory used up a sender
 * still gets in and hears that it shall come back.
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
/*
 * What a connection is charged from accept to close: its state, a head of up to 8 KiB that has not come whole
 * and the last one, the answer. With TLS: OpenSSL's state and record buffers as well. Measured on idle
 * connections: 2 KiB, with TLS 16 KiB.
 */
enum { GW_CONNECTION_BYTES = 20 << 10, GW_TLS_CONNECTION_BYTES = 40 << 10 };

/* One connection and its bytes; give back the same number. */
bool gw_budget_take_connection(uint64_t n_bytes);
/* Has a few more than the ceiling, and no bytes: who looks after an overloaded process must get in. Given
 * back like the others, with 0. */
bool gw_budget_take_admin_connection(void);
void gw_budget_give_connection(uint64_t n_bytes);
/* One with TLS that nothing is left for, to be told so: their number is fixed, and nothing of the above is
 * taken. Given back by itself. */
enum { GW_BUDGET_TURNED_AWAY_MOST = 64 };
bool gw_budget_take_turned_away(void);
void gw_budget_give_turned_away(void);

uint64_t gw_budget_requests(void);
uint64_t gw_budget_bytes(void); /* of bodies and connections */
uint64_t gw_budget_connections(void);

#endif
