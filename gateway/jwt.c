/* SPDX-License-Identifier: MIT */
#include "gateway/jwt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "filters/base/base64.h"

enum {
    MAX_TOKEN = 8192,
    MAX_FILE = 1 << 20,
    MIN_RSA_BITS = 2048,
    MAX_RSA_BITS = 8192,
    P256_BYTES = 32,
    MAX_KID = 256
};

typedef enum alg { ALG_RS256, ALG_ES256, ALG_EDDSA, ALG_COUNT } alg;
static const char *const alg_words[ALG_COUNT] = {"RS256", "ES256", "EdDSA"};

typedef struct key {
    char kid[MAX_KID + 1]; /* empty: none */
    alg alg;
    EVP_PKEY *pkey; /* owned */
} key;

struct gw_jwks {
    unsigned n;
    key keys[GW_JWT_MAX_KEYS];
};

/* ---- base64url ---- */

/* Without padding, and of the URL-safe alphabet alone (RFC 7515 section 2). `out` is the caller's to release,
 * whatever comes of it. */
static bool decode(rd_slice s, rd_buf *out)
{
    rd_buf_init(out, MAX_TOKEN + RD_BUF_TAIL);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '+' || s.p[i] == '/' || s.p[i] == '=')
            return false;
    }
    return s.n > 0 && rd_base64_decode(s, out) && out->n > 0;
}

static bool decode_member(const json_t *o, const char *name, rd_buf *out)
{
    const char *s = json_string_value(json_object_get(o, name));
    rd_buf_init(out, MAX_TOKEN);
    return s != NULL && strlen(s) <= MAX_TOKEN && decode(rd_slice_str(s), out);
}

/* ---- keys ---- */

static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *bld)
{
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
        pkey = NULL;
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return pkey;
}

static EVP_PKEY *make_rsa(const json_t *jwk)
{
    rd_buf n, e;
    EVP_PKEY *pkey = NULL;
    bool ok = decode_member(jwk, "n", &n);
    ok = decode_member(jwk, "e", &e) && ok;
    BIGNUM *bn = ok ? BN_bin2bn(n.p, (int)n.n, NULL) : NULL, *be = ok ? BN_bin2bn(e.p, (int)e.n, NULL) : NULL;
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    if (bn != NULL && be != NULL && bld != NULL && BN_num_bits(bn) >= MIN_RSA_BITS &&
        BN_num_bits(bn) <= MAX_RSA_BITS && BN_num_bits(be) <= 64 && BN_is_odd(be) && !BN_is_one(be) &&
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, bn) == 1 &&
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, be) == 1)
        pkey = from_params("RSA", bld);
    OSSL_PARAM_BLD_free(bld);
    BN_free(bn);
    BN_free(be);
    rd_buf_release(&n);
    rd_buf_release(&e);
    return pkey;
}

static EVP_PKEY *make_ec(const json_t *jwk)
{
    rd_buf x, y;
    EVP_PKEY *pkey = NULL;
    const char *crv = json_string_value(json_object_get(jwk, "crv"));
    bool ok = decode_member(jwk, "x", &x);
    ok = decode_member(jwk, "y", &y) && ok && crv != NULL && strcmp(crv, "P-256") == 0;
    uint8_t point[1 + 2 * P256_BYTES] = {4};
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    if (ok && bld != NULL && x.n == P256_BYTES && y.n == P256_BYTES) {
        memcpy(point + 1, x.p, P256_BYTES);
        memcpy(point + 1 + P256_BYTES, y.p, P256_BYTES);
        if (OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
            OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) == 1)
            pkey = from_params("EC", bld); /* a point that is not on the curve is refused there */
    }
    OSSL_PARAM_BLD_free(bld);
    rd_buf_release(&x);
    rd_buf_release(&y);
    return pkey;
}

static EVP_PKEY *make_okp(const json_t *jwk)
{
    rd_buf x;
    const char *crv = json_string_value(json_object_get(jwk, "crv"));
    bool ok = decode_member(jwk, "x", &x) && crv != NULL && strcmp(crv, "Ed25519") == 0;
    EVP_PKEY *pkey = ok ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, x.p, x.n) : NULL;
    rd_buf_release(&x);
    return pkey;
}

static const struct {
    const char *kty;
    alg alg;
    EVP_PKEY *(*make)(const json_t *jwk);
} types[] = {{"RSA", ALG_RS256, make_rsa}, {"EC", ALG_ES256, make_ec}, {"OKP", ALG_EDDSA, make_okp}};

static bool is_absent_or(const json_t *jwk, const char *member, const char *word)
{
    const json_t *v = json_object_get(jwk, member);
    return v == NULL || (json_is_string(v) && strcmp(json_string_value(v), word) == 0);
}

/* False: the set is wrong. */
static bool add_key(gw_jwks *k, const json_t *jwk, char *why)
{
    const char *kty = json_string_value(json_object_get(jwk, "kty")),
               *kid = json_string_value(json_object_get(jwk, "kid"));
    if (kty == NULL) {
        snprintf(why, GW_JWT_WHY_BYTES, "a key without `kty`");
        return false;
    }
    if (strcmp(kty, "oct") == 0) {
        snprintf(why, GW_JWT_WHY_BYTES, "a symmetric key: who can verify with it can sign with it");
        return false;
    }
    for (unsigned i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(types[i].kty, kty) != 0 || !is_absent_or(jwk, "use", "sig") ||
            !is_absent_or(jwk, "alg", alg_words[types[i].alg]))
            continue;
        if (k->n == GW_JWT_MAX_KEYS || (kid != NULL && strlen(kid) > MAX_KID)) {
            snprintf(why, GW_JWT_WHY_BYTES, "more than %d keys, or a `kid` that is too long",
                     GW_JWT_MAX_KEYS);
            return false;
        }
        key *new = &k->keys[k->n];
        *new = (key){.alg = types[i].alg, .pkey = types[i].make(jwk)};
        snprintf(new->kid, sizeof new->kid, "%s", kid != NULL ? kid : "");
        if (new->pkey == NULL) {
            snprintf(why, GW_JWT_WHY_BYTES,
                     "key %u of type %s is not usable (RSA of 2048 bits and more, P-256, Ed25519)", k->n,
                     kty);
            return false;
        }
        k->n++;
    }
    return true;
}

gw_jwks *gw_jwks_parse(rd_slice text, char *why)
{
    json_error_t e;
    gw_jwks *k = calloc(1, sizeof *k);
    json_t *root = json_loadb(text.n > 0 ? (const char *)text.p : "", text.n, JSON_REJECT_DUPLICATES, &e);
    const json_t *list = json_object_get(root, "keys"), *jwk;
    bool ok = k != NULL && json_is_array(list);
    size_t i;
    if (!ok)
        snprintf(why, GW_JWT_WHY_BYTES, root == NULL ? "not JSON" : "not a JWK set: no array `keys`");
    for (i = 0; ok && (jwk = json_array_get(list, i)) != NULL; i++)
        ok = add_key(k, jwk, why);
    if (ok && k->n == 0) {
        snprintf(why, GW_JWT_WHY_BYTES, "no key for RS256, ES256 or EdDSA");
        ok = false;
    }
    json_decref(root);
    if (!ok)
        gw_jwks_free(&k);
    return k;
}

gw_jwks *gw_jwks_load(const char *path, char *why)
{
    char *text = malloc(MAX_FILE + 1);
    FILE *f = fopen(path, "re");
    gw_jwks *k = NULL;
    if (f == NULL || text == NULL) {
        snprintf(why, GW_JWT_WHY_BYTES, "%s", strerror(errno));
    } else {
        size_t n = fread(text, 1, MAX_FILE + 1, f);
        if (ferror(f) || n > MAX_FILE)
            snprintf(why, GW_JWT_WHY_BYTES, "cannot be read, or is larger than 1 MiB");
        else
            k = gw_jwks_parse(rd_slice_of(text, n), why);
    }
    if (f != NULL)
        fclose(f);
    free(text);
    return k;
}

void gw_jwks_free(gw_jwks **pk)
{
    gw_jwks *k = *pk;
    *pk = NULL;
    for (unsigned i = 0; k != NULL && i < k->n; i++)
        EVP_PKEY_free(k->keys[i].pkey);
    free(k);
}

/* ---- signatures ---- */

/* ECDSA signatures stand as r and s, 32 bytes each (RFC 7518 section 3.4); OpenSSL wants DER. */
static bool verify_es256(EVP_PKEY *pkey, EVP_MD_CTX *ctx, rd_slice signature, rd_slice signed_text)
{
    unsigned char *der = NULL;
    if (signature.n != 2 * P256_BYTES)
        return false;
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature.p, P256_BYTES, NULL),
           *s = BN_bin2bn(signature.p + P256_BYTES, P256_BYTES, NULL);
    bool taken = sig != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(sig, r, s) == 1;
    int n = taken ? i2d_ECDSA_SIG(sig, &der) : -1;
    bool ok = n > 0 && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1 &&
              EVP_DigestVerify(ctx, der, (size_t)n, signed_text.p, signed_text.n) == 1;
    OPENSSL_free(der);
    ECDSA_SIG_free(sig);
    if (!taken) {
        BN_free(r);
        BN_free(s);
    }
    return ok;
}

static bool verify(const key *k, rd_slice signature, rd_slice signed_text)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = false;
    if (ctx != NULL && k->alg == ALG_ES256)
        ok = verify_es256(k->pkey, ctx, signature, signed_text);
    else if (ctx != NULL)
        ok = EVP_DigestVerifyInit(ctx, NULL, k->alg == ALG_EDDSA ? NULL : EVP_sha256(), NULL, k->pkey) == 1 &&
             EVP_DigestVerify(ctx, signature.p, signature.n, signed_text.p, signed_text.n) == 1;
    EVP_MD_CTX_free(ctx);
    return ok;
}

/* ---- tokens ---- */

typedef struct parts {
    rd_slice header, payload, signature, signed_text;
} parts;

static bool split(rd_slice t, parts *out)
{
    const uint8_t *end = t.p + t.n, *one = t.n > 0 ? memchr(t.p, '.', t.n) : NULL;
    const uint8_t *two = one != NULL ? memchr(one + 1, '.', (size_t)(end - one - 1)) : NULL;
    if (two == NULL || memchr(two + 1, '.', (size_t)(end - two - 1)) != NULL || t.n > MAX_TOKEN)
        return false;
    *out = (parts){.header = {t.p, (size_t)(one - t.p)},
                   .payload = {one + 1, (size_t)(two - one - 1)},
                   .signature = {two + 1, (size_t)(end - two - 1)},
                   .signed_text = {t.p, (size_t)(two - t.p)}};
    return true;
}

bool gw_jwt_looks_like(rd_slice token)
{
    parts p;
    return split(token, &p);
}

/* A JSON object from base64url; NULL: none. */
static json_t *object_of(rd_slice part)
{
    rd_buf text;
    json_error_t e;
    json_t *o =
        decode(part, &text) ? json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, &e) : NULL;
    rd_buf_release(&text);
    if (o != NULL && !json_is_object(o)) {
        json_decref(o);
        o = NULL;
    }
    return o;
}

/* The key that the header asks for, by its `kid`; without one it must be the only key of that algorithm.
 * Extensions that must be understood (`crit`) are not. */
static const key *key_for(const gw_jwks *k, const json_t *header)
{
    const char *word = json_string_value(json_object_get(header, "alg"));
    const json_t *kid = json_object_get(header, "kid");
    const key *found = NULL;
    if (word == NULL || json_object_get(header, "crit") != NULL || (kid != NULL && !json_is_string(kid)))
        return NULL;
    for (unsigned i = 0; i < k->n; i++) {
        if (strcmp(word, alg_words[k->keys[i].alg]) != 0 ||
            (kid != NULL && strcmp(json_string_value(kid), k->keys[i].kid) != 0))
            continue;
        if (found != NULL)
            return NULL; /* of two nobody says which */
        found = &k->keys[i];
    }
    return found;
}

static bool signature_is_right(const gw_jwks *k, const parts *p)
{
    json_t *header = object_of(p->header);
    rd_buf signature;
    const key *with = header != NULL ? key_for(k, header) : NULL;
    bool ok = decode(p->signature, &signature) && with != NULL &&
              verify(with, rd_buf_slice(&signature), p->signed_text);
    rd_buf_release(&signature);
    json_decref(header);
    return ok;
}

/* A NumericDate; fractions are cut. */
static bool time_of(const json_t *claims, const char *name, int64_t *out)
{
    const json_t *v = json_object_get(claims, name);
    double d = json_number_value(v);
    if (!json_is_number(v) || !(d >= 0 && d < 1e15))
        return false;
    *out = json_is_integer(v) ? (int64_t)json_integer_value(v) : (int64_t)d;
    return true;
}

static bool times_are_right(const gw_jwt_rules *r, const json_t *claims, int64_t now, int64_t *out_expires)
{
    int64_t exp, nbf = 0;
    if (!time_of(claims, "exp", &exp))
        return false;
    if (json_object_get(claims, "nbf") != NULL && !time_of(claims, "nbf", &nbf))
        return false;
    *out_expires = exp + r->leeway_s;
    return now < *out_expires && now + r->leeway_s >= nbf;
}

static bool says(const json_t *v, const char *word)
{
    return json_is_string(v) && json_string_length(v) == strlen(word) &&
           strcmp(json_string_value(v), word) == 0;
}

static bool has_audience(const json_t *aud, const char *word)
{
    bool found = says(aud, word);
    for (size_t i = 0; !found && i < json_array_size(aud); i++)
        found = says(json_array_get(aud, i), word);
    return found;
}

static bool claims_are_right(const gw_jwt_rules *r, const json_t *claims, int64_t now,
                             char out_claim[GW_JWT_CLAIM_BYTES], int64_t *out_expires)
{
    const json_t *claim = json_object_get(claims, r->claim);
    size_t n = json_string_length(claim);
    if (!times_are_right(r, claims, now, out_expires) || !says(json_object_get(claims, "iss"), r->issuer) ||
        !has_audience(json_object_get(claims, "aud"), r->audience))
        return false;
    if (n == 0 || n >= GW_JWT_CLAIM_BYTES || strlen(json_string_value(claim)) != n)
        return false;
    memcpy(out_claim, json_string_value(claim), n + 1);
    return true;
}

bool gw_jwt_verify(const gw_jwt_rules *r, rd_slice token, int64_t now, char out_claim[GW_JWT_CLAIM_BYTES],
                   int64_t *out_expires)
{
    parts p;
    if (!split(token, &p) || !signature_is_right(r->keys, &p))
        return false;
    json_t *claims = object_of(p.payload);
    bool ok = claims != NULL && claims_are_right(r, claims, now, out_claim, out_expires);
    json_decref(claims);
    return ok;
}
