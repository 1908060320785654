/* SPDX-License-Identifier: MIT */
/*
 * Passwords as argon2id (RFC 9106), in the encoded form that the reference implementation writes:
 * $argon2id$v=19$m=KIB,t=PASSES,p=LANES$SALT$HASH. Costs tens of milliseconds and `m` of memory by intent:
 * not for an event loop.
 */
#ifndef GW_PASSWORD_H
#define GW_PASSWORD_H

#include "filters/base/slice.h"

enum { GW_PASSWORD_MAX = 1024, GW_PASSWORD_ENCODED = 256 };

bool gw_password_verify(const char *encoded, rd_slice password);
/* A new hash with a random salt, 64 MiB, 3 passes, 1 lane; false: no memory or no randomness. */
bool gw_password_hash(rd_slice password, char out[GW_PASSWORD_ENCODED]);

#endif
