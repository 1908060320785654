/* SPDX-License-Identifier: MIT */
/*
 * Which Loki streams were in use in the last hour, exactly: a table of the hashes of their labels with the
 * time each was last seen. Its memory is bounded by the limit it serves, 64 bytes a stream at most and twice
 * that while it grows, comes from the budget of the process, and is given back when no stream is in use any
 * more. Hashes are 64 bits and keyed; two streams with one hash count as one.
 */
#ifndef GW_QUOTA_STREAMS_H
#define GW_QUOTA_STREAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/limit.h"

enum { GW_STREAMS_WINDOW_S = 3600, GW_STREAMS_MAX = GW_LIMIT_MAX_STREAMS };

typedef struct gw_streams {
    struct gw_stream_seen *slots; /* owned; open addressing; NULL: none yet */
    uint32_t n_slots, n;          /* a power of two; in use, those past the window too until they are swept */
    uint32_t swept_s;
} gw_streams;

void gw_streams_release(gw_streams *s);

/* Marks the streams of a request as seen now, all or none: false when a new one would make more than `limit`
 * (up to GW_STREAMS_MAX) in use, or without memory. Hashes may repeat. `now_s` is seconds of a clock that
 * does not jump back, and at least GW_STREAMS_WINDOW_S. */
bool gw_streams_admit(gw_streams *s, const uint64_t *hashes, uint32_t n, uint64_t limit, uint32_t now_s);

/* Forgets those past the window, and gives back memory that is not needed any more. Does nothing twice in a
 * minute. */
void gw_streams_sweep(gw_streams *s, uint32_t now_s);

#endif
