/* SPDX-License-Identifier: MIT */
/*
 * What slow verifications said, for the process: bounded, direct-mapped, right and wrong alike. Keys are
 * SHA-256 over a random key of the process and everything the verdict depends on, so an entry says nothing
 * about a secret, cannot be guessed into, and never has to be taken back. Thread-safe.
 */
#ifndef GW_VERDICT_CACHE_H
#define GW_VERDICT_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "filters/base/slice.h"

typedef struct gw_verdict_key {
    uint8_t bytes[32];
} gw_verdict_key;

typedef enum gw_verdict { GW_VERDICT_UNKNOWN, GW_VERDICT_RIGHT, GW_VERDICT_WRONG } gw_verdict;

/* False: no randomness or no SHA-256; then nothing may be believed. */
bool gw_verdict_key_of(const rd_slice *parts, unsigned n, gw_verdict_key *out);
/* *out_value, *out_until: what was put with the verdict. */
gw_verdict gw_verdict_get(const gw_verdict_key *k, int64_t now, uint32_t *out_value, int64_t *out_until);
/* Holds until the time `until`, seconds since 1970. */
void gw_verdict_put(const gw_verdict_key *k, gw_verdict v, int64_t until, uint32_t value);

#endif
