/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the fields of a request's head: no header value is made up, Basic gives what base64 says, and
 * no token verifies against a key that signed nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filters/base/base64.h"
#include "gateway/credential.h"
#include "gateway/jwt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char keys[] = "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"a\",\"x\":"
                           "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}";

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

static bool lies_in(rd_slice part, rd_slice all)
{
    return part.n == 0 || (part.p >= all.p && part.p + part.n <= all.p + all.n);
}

static void check_basic(rd_slice value)
{
    rd_slice user, password;
    rd_buf text;
    rd_buf_init(&text, GW_CREDENTIAL_MAX + 64);
    if (gw_credential_basic(value, &text, &user, &password)) {
        require(user.n > 0 && password.n > 0 && user.n + 1 + password.n == text.n, "user:password");
        require(memchr(user.p, ':', user.n) == NULL, "the first colon ends the user");
    }
    rd_buf_release(&text);
}

static void check_jwt(const gw_jwks *k, rd_slice token)
{
    const gw_jwt_rules rules = {.keys = k, .issuer = "i", .audience = "a", .claim = "w"};
    char claim[GW_JWT_CLAIM_BYTES];
    int64_t expires;
    require(!gw_jwt_verify(&rules, token, 1000, claim, &expires), "nobody signed anything");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static gw_jwks *k;
    char why[GW_JWT_WHY_BYTES];
    rd_slice all = {data, size}, value = {0}, header = {0};
    gw_head head = {.fields = all, .authorization = all};
    if (k == NULL && (k = gw_jwks_parse(RD_SLICE_LIT(keys), why)) == NULL)
        abort();
    if (gw_credential_header(&head, "X-Scope-OrgID", &header) > 0)
        require(lies_in(header, all), "a header's value lies in the head");
    gw_scheme scheme = gw_credential_scheme(all, &value);
    require(scheme == GW_SCHEME_NONE || lies_in(value, all), "a credential lies in its header");
    if (scheme == GW_SCHEME_BASIC)
        check_basic(value);
    check_jwt(k, scheme == GW_SCHEME_BEARER ? value : all);
    gw_jwks *set = gw_jwks_parse(all, why);
    gw_jwks_free(&set);
    return 0;
}
