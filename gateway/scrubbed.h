/* SPDX-License-Identifier: MIT */
/*
 * Two tokens that carry the first two promises in the type system.
 *
 * gw_scrubbed: a body that a policy saw. Only scrub makes one (scrubbed_private.h); upstream and store
 * accept nothing else, so there is no way to hand them the bytes that were received.
 *
 * gw_ack: somebody durable has the data. Only upstream (a 2xx of the backend) and store (after fsync) hand
 * one out; reply needs it to say success.
 */
#ifndef GW_SCRUBBED_H
#define GW_SCRUBBED_H

#include "filters/base/slice.h"

typedef struct gw_scrubbed gw_scrubbed;

/* Borrowed until the exchange that owns the body ends. */
rd_slice gw_scrubbed_bytes(const gw_scrubbed *s);

typedef struct gw_ack gw_ack;

/* The token; `by` says who calls, for the assertion that only they do. */
const gw_ack *gw_ack_of_backend(int http_status); /* NULL unless 200..299 */
const gw_ack *gw_ack_of_store(void);

#endif
