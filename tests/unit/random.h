/* SPDX-License-Identifier: MIT */
/* Chance that is the same in every run (xorshift64, Marsaglia 2003), and how often a test draws from it. */
#ifndef REDACTD_TESTS_RANDOM_H
#define REDACTD_TESTS_RANDOM_H

#include <stdint.h>
#include <stdlib.h>

static uint64_t seed = 88172645463325252u;

/* Below `below`. */
static inline uint64_t rnd(uint64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return below == 0 ? 0 : seed % below;
}

/* `usual`, or what the environment asks for. */
static inline unsigned rounds(unsigned usual)
{
    const char *s = getenv("REDACTD_TEST_ROUNDS");
    return s != NULL ? (unsigned)strtoul(s, NULL, 10) : usual;
}

#endif
