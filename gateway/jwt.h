/* SPDX-License-Identifier: MIT */
/*
 * Signed JSON Web Tokens as credentials: RFC 7515 (compact serialization), 7517 (key sets), 7518 (RS256,
 * ES256), 8037 (EdDSA with Ed25519), 7519 (claims), and the advice of RFC 8725.
 *
 * Built on OpenSSL for the signatures and jansson for the JSON, both in the program already. Of Debian's
 * libraries libjwt and cjose know no EdDSA; librhonabwy does, but brings GnuTLS, nettle and libcurl as a
 * second TLS stack, and can fetch keys from where a token points to. Here the key file alone says which keys
 * there are: `jku`, `jwk` and `x5u` of a token are not looked at, `none` and HMAC are no algorithms, and a
 * key is used only with the algorithm of its own type.
 */
#ifndef GW_JWT_H
#define GW_JWT_H

#include "filters/base/slice.h"

enum { GW_JWT_MAX_KEYS = 64, GW_JWT_CLAIM_BYTES = 160, GW_JWT_WHY_BYTES = 192 };

typedef struct gw_jwks gw_jwks; /* public keys, immutable */

/* Reads a JWK set. NULL: `why` (GW_JWT_WHY_BYTES) says what is wrong; a set without any usable key is wrong,
 * a symmetric key in it as well. Keys of other types and uses are passed over. */
gw_jwks *gw_jwks_parse(rd_slice text, char *why);
gw_jwks *gw_jwks_load(const char *path, char *why);
void gw_jwks_free(gw_jwks **k);

/* All borrowed. */
typedef struct gw_jwt_rules {
    const gw_jwks *keys;
    const char *issuer, *audience; /* both must be there and match */
    const char *claim;             /* whose value names the workspace */
    uint32_t leeway_s;             /* of `exp` and `nbf`; `exp` must be there */
} gw_jwt_rules;

/* Could it be one: three parts between dots? */
bool gw_jwt_looks_like(rd_slice token);

/* True: the token is right at `now` (seconds since 1970). The value of the claim goes to `out_claim`, and to
 * *out_expires when it stops being right. */
bool gw_jwt_verify(const gw_jwt_rules *r, rd_slice token, int64_t now, char out_claim[GW_JWT_CLAIM_BYTES],
                   int64_t *out_expires);

#endif
