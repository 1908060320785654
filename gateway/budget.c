/* SPDX-License-Identifier: MIT */
#include "gateway/budget.h"

#include <stdatomic.h>

typedef struct account {
    _Atomic uint64_t used, max;
} account;

enum {
    ADMIN_CONNECTIONS = 32,
    MOST_FOR_CONNECTIONS = 2, /* one of so many parts of the bytes */
    KEPT_FOR_CONNECTIONS = 4
};

static account requests = {.max = UINT64_MAX}, bytes = {.max = UINT64_MAX}, connections = {.max = UINT64_MAX};
static account connection_bytes; /* a part of `bytes` */

/* Adds first and takes back when it was too much: two refusals may meet at the edge, an excess never stays.
 */
static bool take_up_to(account *a, uint64_t n, uint64_t max)
{
    uint64_t before = atomic_fetch_add(&a->used, n);
    if (before + n >= before && before + n <= max)
        return true;
    atomic_fetch_sub(&a->used, n);
    return false;
}

static bool take(account *a, uint64_t n)
{
    return take_up_to(a, n, atomic_load(&a->max));
}

void gw_budget_limits(uint32_t max_requests, uint64_t max_bytes, uint32_t max_connections)
{
    atomic_store(&requests.max, max_requests);
    atomic_store(&bytes.max, max_bytes);
    atomic_store(&connections.max, max_connections);
}

bool gw_budget_take_request(void)
{
    return take(&requests, 1);
}

void gw_budget_give_request(void)
{
    atomic_fetch_sub(&requests.used, 1);
}

/* What connections up to their ceiling may still need. */
static uint64_t kept_for_connections(uint64_t max)
{
    uint64_t most = max / KEPT_FOR_CONNECTIONS, n = atomic_load(&connections.max);
    return n < most / GW_CONNECTION_BYTES ? n * GW_CONNECTION_BYTES : most;
}

bool gw_budget_take_bytes(uint64_t n)
{
    uint64_t max = atomic_load(&bytes.max), kept = kept_for_connections(max),
             held = atomic_load(&connection_bytes.used);
    return take_up_to(&bytes, n, held < kept ? max - (kept - held) : max);
}

void gw_budget_give_bytes(uint64_t n)
{
    atomic_fetch_sub(&bytes.used, n);
}

bool gw_budget_take_connection(uint64_t n_bytes)
{
    if (!take(&connections, 1))
        return false;
    if (take_up_to(&connection_bytes, n_bytes, atomic_load(&bytes.max) / MOST_FOR_CONNECTIONS)) {
        if (take(&bytes, n_bytes))
            return true;
        atomic_fetch_sub(&connection_bytes.used, n_bytes);
    }
    atomic_fetch_sub(&connections.used, 1);
    return false;
}

bool gw_budget_take_admin_connection(void)
{
    uint64_t max = atomic_load(&connections.max);
    return take_up_to(&connections, 1, max > UINT64_MAX - ADMIN_CONNECTIONS ? max : max + ADMIN_CONNECTIONS);
}

void gw_budget_give_connection(uint64_t n_bytes)
{
    atomic_fetch_sub(&bytes.used, n_bytes);
    atomic_fetch_sub(&connection_bytes.used, n_bytes);
    atomic_fetch_sub(&connections.used, 1);
}

static _Atomic unsigned turned_away;

bool gw_budget_take_turned_away(void)
{
    if (atomic_fetch_add(&turned_away, 1) < GW_BUDGET_TURNED_AWAY_MOST)
        return true;
    atomic_fetch_sub(&turned_away, 1);
    return false;
}

void gw_budget_give_turned_away(void)
{
    atomic_fetch_sub(&turned_away, 1);
}

uint64_t gw_budget_requests(void)
{
    return atomic_load(&requests.used);
}

uint64_t gw_budget_bytes(void)
{
    return atomic_load(&bytes.used);
}

uint64_t gw_budget_connections(void)
{
    return atomic_load(&connections.used);
}
