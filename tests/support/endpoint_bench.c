/* SPDX-License-Identifier: MIT */
/* See the header. */
#include "tests/unit/unit.h"

#include "tests/support/endpoint_bench.h"

#include <signal.h>
#include <time.h>

void bench_init(bench *b, uint16_t port)
{
    memset(b, 0, sizeof *b);
    signal(SIGPIPE, SIG_IGN);
    h2o_socket_buffer_mmap_settings.threshold = SIZE_MAX;
    h2o_config_init(&b->global);
    h2o_config_register_host(&b->global, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    h2o_context_init(&b->ctx, h2o_evloop_create(), &b->global);
    b->up = (gw_upstream_cfg){
        .name = "test",
        .endpoints = b->endpoints,
        .connect_timeout_ms = 2000,
        .first_byte_timeout_ms = 2000,
        .total_timeout_ms = 4000,
        .idle_timeout_ms = 3000,
        .max_connections = 8,
        .max_idle_connections = 8,
        .max_response_bytes = 1 << 20,
    };
    if (port != 0)
        bench_add_endpoint(b, "127.0.0.1", port, false);
}

void bench_add_endpoint(bench *b, const char *host, uint16_t port, bool tls)
{
    b->endpoints[b->up.n_endpoints++] =
        (gw_endpoint_cfg){.url = "test", .host = host, .path = "", .port = port, .tls = tls};
}

void bench_open(bench *b)
{
    const char *why = "";
    b->pool = gw_pool_new(&b->ctx, &b->up, &why);
    if (b->pool == NULL)
        fail_msg("no pool: %s", why);
}

void bench_turn(bench *b, unsigned ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    int64_t end = t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000 + ms, now;
    do {
        h2o_evloop_run(b->ctx.loop, 1);
        clock_gettime(CLOCK_MONOTONIC, &t);
        now = t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
    } while (now < end);
}

static void on_gone(void *arg)
{
    *(bool *)arg = true;
}

void bench_retire(bench *b)
{
    b->gone = false;
    gw_pool_retire(b->pool, on_gone, &b->gone);
    for (unsigned i = 0; i < 2000 && !b->gone; i++)
        h2o_evloop_run(b->ctx.loop, 10);
    assert_true(b->gone);
    b->pool = NULL;
}

void bench_close(bench *b)
{
    if (b->pool != NULL)
        bench_retire(b);
    bench_turn(b, 5); /* lets h2o free closed sockets */
    h2o_timeout_unlink(&b->ctx.http2._graceful_shutdown_timeout);
    h2o_evloop_t *loop = b->ctx.loop;
    h2o_multithread_queue_t *queue = b->ctx.queue;
    h2o_context_dispose(&b->ctx);
    h2o_evloop_run(loop, 0);
    free(queue); /* h2o_multithread_destroy_queue closes it but leaves the memory */
    h2o_evloop_destroy(loop);
    h2o_config_dispose(&b->global);
}

static void copy(char *to, size_t room, rd_slice from)
{
    size_t n = from.n < room - 1 ? from.n : room - 1;
    if (n > 0)
        memcpy(to, from.p, n);
    to[n] = '\0';
}

void bench_told(void *arg, gw_call_result r, const gw_call_response *res)
{
    told *t = arg;
    t->n++;
    t->result = r;
    assert_int_equal(r == GW_CALL_OK, res != NULL);
    if (res == NULL)
        return;
    t->status = res->status;
    t->has_ack = res->ack != NULL;
    t->reused = res->reused;
    t->total_us = res->total_us;
    copy(t->content_type, sizeof t->content_type, res->content_type);
    copy(t->retry_after, sizeof t->retry_after, res->retry_after);
    copy(t->body, sizeof t->body, res->body);
    t->body_n = res->body.n;
    t->body_sum = backend_sum(res->body.p, res->body.n);
}

gw_call *bench_start(bench *b, const gw_scrubbed *body, told *t)
{
    gw_call_request req = {.path = RD_SLICE_LIT("/v1/logs"),
                           .content_type = RD_SLICE_LIT("application/x-protobuf"),
                           .endpoint = b->endpoint,
                           .allowed_ms = b->allowed_ms,
                           .body = body};
    unsigned before = t->n;
    gw_call *c = gw_call_start(b->pool, &req, bench_told, t);
    assert_int_equal(t->n, before);
    return c;
}

void bench_wait(bench *b, const told *t, unsigned n)
{
    for (unsigned i = 0; i < 10000 && t->n < n; i++)
        h2o_evloop_run(b->ctx.loop, 10);
    assert_int_equal(t->n, n);
}

told bench_call_n(bench *b, const void *body, size_t n)
{
    gw_scrubbed s = {rd_slice_of(body, n)};
    told t = {0};
    bench_start(b, &s, &t);
    bench_wait(b, &t, 1);
    return t;
}

void bench_cancel_at_every_stage(bench *b, const void *body, size_t n)
{
    gw_scrubbed s = {rd_slice_of(body, n)};
    bool finished = false;
    for (unsigned turns = 0; turns < 400 && !finished; turns++) {
        told t = {0};
        gw_call *c = bench_start(b, &s, &t);
        for (unsigned i = 0; i < turns && t.n == 0; i++)
            h2o_evloop_run(b->ctx.loop, 1);
        finished = t.n > 0;
        if (finished)
            break;
        gw_call_cancel(c);
        assert_int_equal(gw_pool_connections(b->pool), 0);
        bench_turn(b, 1);
        assert_int_equal(t.n, 0);
    }
    assert_true(finished);
}

told bench_call(bench *b, const char *body)
{
    return bench_call_n(b, body, strlen(body));
}
