/* SPDX-License-Identifier: MIT */
/* A context keeps what it made of its key, so a message costs two or three blocks of SHA-256 and no set-up.
 */
#include "filters/act/hmac.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

static EVP_MAC_CTX *new_context(void)
{
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
    EVP_MAC_free(mac); /* the context has its own reference */
    if (ctx != NULL && EVP_MAC_CTX_set_params(ctx, params) != 1) {
        EVP_MAC_CTX_free(ctx);
        ctx = NULL;
    }
    return ctx;
}

bool rd_hmac_key(rd_hmac *h, rd_slice key)
{
    if (h->ctx == NULL)
        h->ctx = new_context();
    /* A NULL key would mean: the one before. */
    if (h->ctx != NULL && key.p != NULL && EVP_MAC_init(h->ctx, key.p, key.n, NULL) == 1)
        return true;
    rd_hmac_release(h);
    return false;
}

bool rd_hmac_sum(rd_hmac *h, const rd_slice *parts, size_t n, uint8_t out[RD_HMAC_BYTES])
{
    size_t got = 0;
    if (h->ctx == NULL || EVP_MAC_init(h->ctx, NULL, 0, NULL) != 1)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (parts[i].n > 0 && EVP_MAC_update(h->ctx, parts[i].p, parts[i].n) != 1)
            return false;
    }
    return EVP_MAC_final(h->ctx, out, &got, RD_HMAC_BYTES) == 1 && got == RD_HMAC_BYTES;
}

void rd_hmac_release(rd_hmac *h)
{
    EVP_MAC_CTX_free(h->ctx);
    h->ctx = NULL;
}
