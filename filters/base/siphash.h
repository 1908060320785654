/* SPDX-License-Identifier: MIT */
/*
 * SipHash-2-4: a keyed hash of short texts that senders choose, for tables that must not be confused by texts
 * made to collide. Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012), and its test
 * vectors. Own code because what filters/ links has none that is quick for a few bytes.
 */
#ifndef RD_BASE_SIPHASH_H
#define RD_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t rd_siphash(uint64_t k0, uint64_t k1, const uint8_t *p, size_t n);

#endif
