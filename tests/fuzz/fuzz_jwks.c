/* SPDX-License-Identifier: MIT */
/* Any text as a set of keys: it is one, or there is a reason that can be printed; and with whatever keys a
 * token verifies that nobody signed with them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/jwt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* {"alg":"EdDSA","kid":"a"} and so on, with all claims right, and a signature that is none. */
static const char *const tokens[] = {
    "eyJhbGciOiJFZERTQSIsImtpZCI6ImEifQ.eyJpc3MiOiJpIiwiYXVkIjoiYSIsImV4cCI6OTk5OTk5OTk5OSwidyI6IngifQ."
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "eyJhbGciOiJFUzI1NiIsImtpZCI6ImEifQ.eyJpc3MiOiJpIiwiYXVkIjoiYSIsImV4cCI6OTk5OTk5OTk5OSwidyI6IngifQ."
    "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ",
    "eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.eyJpc3MiOiJpIiwiYXVkIjoiYSIsImV4cCI6OTk5OTk5OTk5OSwidyI6IngifQ."
    "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ",
    "eyJhbGciOiJub25lIn0.eyJpc3MiOiJpIiwiYXVkIjoiYSIsImV4cCI6OTk5OTk5OTk5OSwidyI6IngifQ.",
};

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

static bool is_printable(const char *s)
{
    for (; *s != '\0'; s++) {
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            return false;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[GW_JWT_WHY_BYTES] = "", claim[GW_JWT_CLAIM_BYTES];
    int64_t expires;
    gw_jwks *k = gw_jwks_parse((rd_slice){data, size}, why);
    if (k == NULL) {
        require(why[0] != '\0' && strlen(why) < GW_JWT_WHY_BYTES && is_printable(why), "a reason to print");
        return 0;
    }
    const gw_jwt_rules rules = {.keys = k, .issuer = "i", .audience = "a", .claim = "w"};
    for (unsigned i = 0; i < sizeof tokens / sizeof tokens[0]; i++)
        require(!gw_jwt_verify(&rules, rd_slice_str(tokens[i]), 1000, claim, &expires), "nobody signed it");
    gw_jwks_free(&k);
    require(k == NULL, "freed");
    return 0;
}
