/* SPDX-License-Identifier: MIT */
#include "gateway/hold.h"

/* FNV-1a with a final mix; not against attackers, who gain nothing: a collision only spares a hold. */
uint64_t gw_hold_key(rd_slice tenant, uint64_t seed)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325) ^ seed;
    for (size_t i = 0; i < tenant.n; i++)
        h = (h ^ tenant.p[i]) * UINT64_C(0x100000001b3);
    h ^= h >> 32;
    h *= UINT64_C(0xd6e8feb86659fd93);
    h ^= h >> 32;
    return h == 0 ? 1 : h;
}

static unsigned place(uint64_t key, unsigned way)
{
    return (unsigned)((key + way) % GW_HOLD_SLOTS);
}

/* Two threads that take the same free place at once: one hold is lost, and the backend is asked once more. */
void gw_hold_set(gw_hold *h, uint64_t key, uint64_t now_ms, uint64_t for_ms)
{
    uint64_t until = now_ms + (for_ms < GW_HOLD_MOST_MS ? for_ms : GW_HOLD_MOST_MS);
    int free_way = -1;
    for (unsigned w = 0; w < GW_HOLD_WAYS; w++) {
        unsigned i = place(key, w);
        if (atomic_load(&h->slots[i].tenant) == key) {
            atomic_store(&h->slots[i].until_ms, until);
            return;
        }
        if (free_way < 0 && atomic_load(&h->slots[i].until_ms) <= now_ms)
            free_way = (int)w;
    }
    if (free_way < 0)
        return;
    unsigned i = place(key, (unsigned)free_way);
    atomic_store(&h->slots[i].until_ms,
                 0); /* never the new tenant with the old time or the other way round */
    atomic_store(&h->slots[i].tenant, key);
    atomic_store(&h->slots[i].until_ms, until);
    atomic_fetch_add(&h->n_set, 1);
}

uint64_t gw_hold_left(const gw_hold *h, uint64_t key, uint64_t now_ms)
{
    if (atomic_load_explicit(&h->n_set, memory_order_relaxed) == 0)
        return 0;
    for (unsigned w = 0; w < GW_HOLD_WAYS; w++) {
        unsigned i = place(key, w);
        if (atomic_load(&h->slots[i].tenant) != key)
            continue;
        uint64_t until = atomic_load(&h->slots[i].until_ms);
        if (until > now_ms)
            return until - now_ms;
    }
    return 0;
}
