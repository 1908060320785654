/* SPDX-License-Identifier: MIT */
/* A loop, an upstream configuration and a pool, and calls that are run to their end. For the tests of the
 * endpoint module. */
#ifndef TESTS_SUPPORT_ENDPOINT_BENCH_H
#define TESTS_SUPPORT_ENDPOINT_BENCH_H

#include "gateway/endpoint.h"
#include "gateway/scrubbed_private.h"
#include "tests/support/backend.h"

typedef struct bench {
    h2o_globalconf_t global;
    h2o_context_t ctx;
    gw_upstream_cfg up; /* change before bench_open */
    gw_endpoint_cfg endpoints[4];
    gw_pool *pool;
    size_t endpoint; /* of the next calls */
    uint64_t allowed_ms;
    bool gone;
} bench;

/* How a call ended, with copies of what the answer held. */
typedef struct told {
    unsigned n; /* callbacks */
    gw_call_result result;
    int status;
    bool has_ack, reused;
    char content_type[80], retry_after[80];
    char body[256]; /* its beginning */
    size_t body_n;
    uint32_t body_sum;
    uint32_t total_us;
} told;

/* Short deadlines; one endpoint, 127.0.0.1 at `port`. */
void bench_init(bench *b, uint16_t port);
void bench_add_endpoint(bench *b, const char *host, uint16_t port, bool tls);
void bench_open(bench *b);   /* makes the pool; fails the test when it cannot */
void bench_retire(bench *b); /* retires the pool and runs until it is gone */
void bench_close(bench *b);  /* the same, and everything else */

void bench_turn(bench *b, unsigned ms); /* runs the loop for that long */
gw_call *bench_start(bench *b, const gw_scrubbed *body, told *t);
void bench_wait(bench *b, const told *t, unsigned n); /* until n callbacks */
/* One call with this body, to its end. */
told bench_call(bench *b, const char *body);
told bench_call_n(bench *b, const void *body, size_t n);
/* Calls, each cancelled a turn of the loop later than the one before, until one ends: no callback comes
 * behind a cancel, and no connection stays. */
void bench_cancel_at_every_stage(bench *b, const void *body, size_t n);
void bench_told(void *arg, gw_call_result r, const gw_call_response *res);

#endif
