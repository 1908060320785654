/* SPDX-License-Identifier: MIT */
#include "gateway/quota_streams.h"

#include <stdlib.h>

#include "gateway/budget.h"

typedef struct gw_stream_seen {
    uint64_t hash; /* 0: free */
    uint32_t last_s;
} gw_stream_seen;

enum { FIRST_SLOTS = 64, SWEEP_S = 60 };

static uint64_t bytes_of(uint32_t n_slots)
{
    return (uint64_t)n_slots * sizeof(gw_stream_seen);
}

static gw_stream_seen *slots_new(uint32_t n)
{
    if (!gw_budget_take_bytes(bytes_of(n)))
        return NULL;
    gw_stream_seen *slots = calloc(n, sizeof *slots);
    if (slots == NULL)
        gw_budget_give_bytes(bytes_of(n));
    return slots;
}

void gw_streams_release(gw_streams *s)
{
    free(s->slots);
    gw_budget_give_bytes(bytes_of(s->n_slots));
    *s = (gw_streams){0};
}

static uint64_t not_zero(uint64_t hash)
{
    return hash == 0 ? 1 : hash;
}

/* The slot of a hash, or the free one where it would go. */
static gw_stream_seen *slot_of(const gw_streams *s, uint64_t hash)
{
    uint32_t mask = s->n_slots - 1;
    uint32_t i = (uint32_t)(hash ^ hash >> 32) & mask;
    while (s->slots[i].hash != 0 && s->slots[i].hash != hash)
        i = (i + 1) & mask;
    return &s->slots[i];
}

/* A table of `n_slots` with what is within the window. */
static bool rebuild(gw_streams *s, uint32_t n_slots, uint32_t now_s)
{
    gw_streams next = {.slots = slots_new(n_slots), .n_slots = n_slots, .swept_s = now_s};
    if (next.slots == NULL)
        return false;
    for (uint32_t i = 0; i < s->n_slots; i++) {
        const gw_stream_seen *e = &s->slots[i];
        if (e->hash == 0 || e->last_s + GW_STREAMS_WINDOW_S <= now_s)
            continue;
        *slot_of(&next, e->hash) = *e;
        next.n++;
    }
    gw_streams_release(s);
    *s = next;
    return true;
}

/* Room for `n` more, at most half full; sweeps when the limit may be reached because of old ones. */
static bool make_room(gw_streams *s, uint32_t n, uint64_t limit, uint32_t now_s)
{
    if (s->n + (uint64_t)n > limit && s->n > 0 && s->swept_s != now_s && !rebuild(s, s->n_slots, now_s))
        return false;
    uint64_t most =
        s->n + (uint64_t)n < limit ? s->n + (uint64_t)n : limit + 1; /* one over, to see it is over */
    uint32_t slots = s->n_slots == 0 ? FIRST_SLOTS : s->n_slots;
    while (slots < 2 * most)
        slots *= 2;
    return slots == s->n_slots || rebuild(s, slots, now_s);
}

bool gw_streams_admit(gw_streams *s, const uint64_t *hashes, uint32_t n, uint64_t limit, uint32_t now_s)
{
    if (limit > GW_STREAMS_MAX)
        limit = GW_STREAMS_MAX;
    if (!make_room(s, n, limit, now_s))
        return false;
    /* More may be in use already, since the limit was lowered: those go on. */
    uint32_t before = s->n, i;
    for (i = 0; i < n && (s->n <= limit || s->n == before); i++) {
        gw_stream_seen *e = slot_of(s, not_zero(hashes[i]));
        if (e->hash == 0) {
            /* Marked by who put it in: no time is that far ahead. */
            *e = (gw_stream_seen){.hash = not_zero(hashes[i]), .last_s = UINT32_MAX - i};
            s->n++;
        }
    }
    bool ok = s->n <= limit || s->n == before;
    /* The last one put in is the first one taken out: then no other slot's search went over it. */
    while (i-- > 0) {
        gw_stream_seen *e = slot_of(s, not_zero(hashes[i]));
        if (ok)
            e->last_s = now_s;
        else if (e->last_s == UINT32_MAX - i)
            *e = (gw_stream_seen){0};
    }
    if (!ok)
        s->n = before;
    return ok;
}

void gw_streams_sweep(gw_streams *s, uint32_t now_s)
{
    uint32_t live = 0, slots = FIRST_SLOTS;
    if (s->n_slots == 0 || s->swept_s + SWEEP_S > now_s)
        return;
    for (uint32_t i = 0; i < s->n_slots; i++)
        live += s->slots[i].hash != 0 && s->slots[i].last_s + GW_STREAMS_WINDOW_S > now_s;
    while (slots < 2 * live)
        slots *= 2;
    s->swept_s = now_s;
    if (live == 0)
        gw_streams_release(s);
    else if (live < s->n || slots < s->n_slots)
        (void)rebuild(s, slots, now_s); /* without memory for it, later */
}
