/* SPDX-License-Identifier: MIT */
#include "gateway/verdict_cache.h"

#include <pthread.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

enum { ENTRIES = 8192, SHARDS = 16 };

static struct {
    pthread_once_t once;
    bool ok;
    uint8_t key[32];
    pthread_mutex_t locks[SHARDS];
    struct {
        gw_verdict_key key;
        gw_verdict verdict;
        uint32_t value;
        int64_t until;
    } entries[ENTRIES];
} cache = {.once = PTHREAD_ONCE_INIT};

static void init(void)
{
    cache.ok = RAND_bytes(cache.key, sizeof cache.key) == 1;
    for (unsigned i = 0; i < SHARDS; i++)
        pthread_mutex_init(&cache.locks[i], NULL);
}

bool gw_verdict_key_of(const rd_slice *parts, unsigned n, gw_verdict_key *out)
{
    pthread_once(&cache.once, init);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = cache.ok && ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
              EVP_DigestUpdate(ctx, cache.key, sizeof cache.key) == 1;
    for (unsigned i = 0; ok && i < n; i++) {
        uint64_t len = parts[i].n; /* so that no two lists of parts are the same bytes */
        ok = EVP_DigestUpdate(ctx, &len, sizeof len) == 1 &&
             EVP_DigestUpdate(ctx, parts[i].p, parts[i].n) == 1;
    }
    ok = ok && EVP_DigestFinal_ex(ctx, out->bytes, NULL) == 1;
    EVP_MD_CTX_free(ctx);
    return ok;
}

static unsigned place_of(const gw_verdict_key *k)
{
    return (k->bytes[0] | (unsigned)k->bytes[1] << 8) % ENTRIES;
}

gw_verdict gw_verdict_get(const gw_verdict_key *k, int64_t now, uint32_t *out_value, int64_t *out_until)
{
    unsigned at = place_of(k);
    pthread_mutex_lock(&cache.locks[at % SHARDS]);
    bool same = CRYPTO_memcmp(cache.entries[at].key.bytes, k->bytes, sizeof k->bytes) == 0;
    gw_verdict v = same && now < cache.entries[at].until ? cache.entries[at].verdict : GW_VERDICT_UNKNOWN;
    *out_value = cache.entries[at].value;
    *out_until = cache.entries[at].until;
    pthread_mutex_unlock(&cache.locks[at % SHARDS]);
    return v;
}

/* A wrong credential does not push out a right one: who sends many of them makes nobody slower. */
void gw_verdict_put(const gw_verdict_key *k, gw_verdict v, int64_t until, uint32_t value)
{
    unsigned at = place_of(k);
    pthread_mutex_lock(&cache.locks[at % SHARDS]);
    if (v == GW_VERDICT_RIGHT || cache.entries[at].verdict != GW_VERDICT_RIGHT) {
        cache.entries[at].key = *k;
        cache.entries[at].verdict = v;
        cache.entries[at].until = until;
        cache.entries[at].value = value;
    }
    pthread_mutex_unlock(&cache.locks[at % SHARDS]);
}
