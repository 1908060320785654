/* SPDX-License-Identifier: MIT */
/*
 * Which of several endpoints takes the next call: of two random ones the one that is less loaded for what it
 * can take (power of two choices: nearly as even as looking at all, and no herd that follows one number).
 * Pure: randomness is an argument.
 */
#ifndef GW_BALANCE_H
#define GW_BALANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gw_candidate {
    bool usable;
    uint32_t in_flight, limit; /* calls; limit at least 1 */
} gw_candidate;

/* Index of the chosen one; n: none is usable. */
size_t gw_balance_choose(const gw_candidate *c, size_t n, uint64_t random);

#endif
