/* SPDX-License-Identifier: MIT */
#include "gateway/password.h"

#include <argon2.h>
#include <openssl/rand.h>

enum { MEMORY_KIB = 64 << 10, PASSES = 3, LANES = 1, SALT_BYTES = 16, HASH_BYTES = 32 };

bool gw_password_verify(const char *encoded, rd_slice password)
{
    return password.n > 0 && password.n <= GW_PASSWORD_MAX &&
           argon2id_verify(encoded, password.p, password.n) == ARGON2_OK;
}

bool gw_password_hash(rd_slice password, char out[GW_PASSWORD_ENCODED])
{
    unsigned char salt[SALT_BYTES];
    return password.n > 0 && password.n <= GW_PASSWORD_MAX && RAND_bytes(salt, sizeof salt) == 1 &&
           argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password.p, password.n, salt, sizeof salt,
                                 HASH_BYTES, out, GW_PASSWORD_ENCODED) == ARGON2_OK;
}
