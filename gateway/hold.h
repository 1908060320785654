/* SPDX-License-Identifier: MIT */
/*
 * Who was told by a backend to come back later, and when: a table of tenants of one upstream and signal. A
 * backend limits each tenant by itself, so one that is limited must not hold up the others. Bounded: a tenant
 * that finds its place taken by another that still waits is not held, only asked again. Thread-safe; time is
 * an argument.
 */
#ifndef GW_HOLD_H
#define GW_HOLD_H

#include <stdatomic.h>
#include <stdint.h>

#include "filters/base/slice.h"

enum { GW_HOLD_SLOTS = 256, GW_HOLD_WAYS = 4, GW_HOLD_MOST_MS = 60000 };

typedef struct gw_hold {
    _Atomic uint32_t n_set; /* ever: 0 spares looking */
    struct {
        _Atomic uint64_t tenant, until_ms; /* hash, never 0; 0: free */
    } slots[GW_HOLD_SLOTS];
} gw_hold;

/* Of a tenant's name; `seed` is the process's own. */
uint64_t gw_hold_key(rd_slice tenant, uint64_t seed);
/* The longest is a minute: who asks for more is asked again after that. */
void gw_hold_set(gw_hold *h, uint64_t key, uint64_t now_ms, uint64_t for_ms);
/* How much longer, in ms; 0: not held. */
uint64_t gw_hold_left(const gw_hold *h, uint64_t key, uint64_t now_ms);

#endif
