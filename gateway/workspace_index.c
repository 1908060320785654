/* SPDX-License-Identifier: MIT */
#include "gateway/workspace_index.h"

#include <stdlib.h>

#include <openssl/crypto.h>

/* FNV-1a: keys are the operator's, so nobody can make them collide; a sender only asks for them. */
static uint64_t hash_of(gw_workspace_key kind, rd_slice s)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325) + (unsigned)kind;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ s.p[i]) * UINT64_C(0x100000001b3);
    h ^= h >> 32;
    return h != 0 ? h : 1;
}

bool gw_index_init(gw_index *x, size_t n)
{
    size_t size = 16;
    while (size < n * 2)
        size *= 2;
    x->entries = calloc(size, sizeof *x->entries);
    x->mask = size - 1;
    return x->entries != NULL;
}

void gw_index_release(gw_index *x)
{
    free(x->entries);
    *x = (gw_index){0};
}

gw_index_entry *gw_index_find(const gw_index *x, gw_workspace_key kind, rd_slice key)
{
    uint64_t h = hash_of(kind, key);
    for (size_t at = h & x->mask;; at = (at + 1) & x->mask) {
        gw_index_entry *e = &x->entries[at];
        if (e->hash == 0 || (e->hash == h && e->kind == kind && e->key.n == key.n &&
                             CRYPTO_memcmp(e->key.p, key.p, key.n) == 0))
            return e;
    }
}

void gw_index_fill(gw_index_entry *e, gw_workspace_key kind, rd_slice key, uint32_t workspace)
{
    *e = (gw_index_entry){
        .hash = hash_of(kind, key), .key = key, .workspace = workspace, .kind = (uint8_t)kind};
}
