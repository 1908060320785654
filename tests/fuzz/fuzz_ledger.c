/* SPDX-License-Identifier: MIT */
/* A line that is believed is the only one of its hash: it ends in the hash of the rest, its parts stand where
 * they were found, and no neighbour of it (one bit changed) is believed. The input is taken as it is, and
 * again with a right foot behind it, so that what lies behind the hash is reached. */
#include "gateway/ledger.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

enum { FOOT_BYTES = 13 + GW_LEDGER_HEX };

static void sum(const uint8_t *p, size_t n, char *out)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    if (EVP_Digest(p, n, digest, NULL, EVP_sha256(), NULL) != 1)
        abort();
    for (unsigned i = 0; i < GW_LEDGER_HEX / 2; i++) {
        out[2 * i] = hex[digest[i] >> 4];
        out[2 * i + 1] = hex[digest[i] & 15];
    }
}

static void check(uint8_t *p, size_t n)
{
    gw_ledger_record r, other;
    gw_ledger_head head;
    char hash[GW_LEDGER_HEX];
    gw_ledger_fault f = gw_ledger_parse((rd_slice){p, n}, &r);
    gw_ledger_head_init(&head);
    gw_ledger_fault followed = gw_ledger_follow(&head, (rd_slice){p, n}, &other);
    if (f != GW_LEDGER_FAULT_OK) {
        if (followed != f || head.seq != 0)
            abort();
        return;
    }
    sum(p, n - FOOT_BYTES, hash);
    if (memcmp(hash, r.hash.p, GW_LEDGER_HEX) != 0 || r.seq == 0 || r.time.n != GW_LEDGER_TIME ||
        memchr(p, '\n', n) != NULL || (followed == GW_LEDGER_FAULT_OK) != (head.seq == 1))
        abort();
    size_t at = hash[0] * (size_t)131 % n;
    p[at] ^= 1;
    if (gw_ledger_parse((rd_slice){p, n}, &other) == GW_LEDGER_FAULT_OK)
        abort();
    p[at] ^= 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char hash[GW_LEDGER_HEX];
    uint8_t *p = malloc(size + FOOT_BYTES);
    if (p == NULL)
        abort();
    if (size > 0)
        memcpy(p, data, size);
    check(p, size);
    sum(p, size, hash);
    memcpy(p + size, ",\"sha256\":\"", 11);
    memcpy(p + size + 11, hash, GW_LEDGER_HEX);
    memcpy(p + size + 11 + GW_LEDGER_HEX, "\"}", 2);
    check(p, size + 13 + GW_LEDGER_HEX);
    free(p);
    return 0;
}
