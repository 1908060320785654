/* SPDX-License-Identifier: MIT */
/* HMAC-SHA-256 (RFC 2104, RFC 4231) over OpenSSL's EVP_MAC, for many short messages under one key. */
#ifndef RD_ACT_HMAC_H
#define RD_ACT_HMAC_H

#include "filters/base/slice.h"

enum { RD_HMAC_BYTES = 32 };

/* Starts as {0}. One thread at a time. */
typedef struct rd_hmac {
    void *ctx; /* owned: EVP_MAC_CTX; holds the key in a form of its own */
} rd_hmac;

/* Sets the key for the messages to come; false: no memory. */
bool rd_hmac_key(rd_hmac *h, rd_slice key);
/* The code of `parts`, one after another. false: no memory, or no key was set. */
bool rd_hmac_sum(rd_hmac *h, const rd_slice *parts, size_t n, uint8_t out[RD_HMAC_BYTES]);
/* Wipes the key. */
void rd_hmac_release(rd_hmac *h);

#endif
