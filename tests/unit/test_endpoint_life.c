/* SPDX-License-Identifier: MIT */
/* Calls from their beginning to any end of them: names that are looked up, cancelling, retiring, many at
 * once. */
#include "tests/unit/endpoint_kit.h"

static uint16_t closed_port(void)
{
    backend *e = backend_start(say_yes, NULL);
    uint16_t port = backend_port(e);
    backend_stop(&e);
    return port;
}

/* The resolver of this test: libh2o's lookup thread ends up here instead of in libc. No query leaves the
 * machine. */
static struct addrinfo *address(const char *ip, const char *port, struct addrinfo *next)
{
    struct {
        struct addrinfo ai;
        struct sockaddr_in sin;
    } *a = calloc(1, sizeof *a);
    a->sin.sin_family = AF_INET;
    a->sin.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
    inet_pton(AF_INET, ip, &a->sin.sin_addr);
    a->ai = (struct addrinfo){.ai_family = AF_INET,
                              .ai_socktype = SOCK_STREAM,
                              .ai_addrlen = sizeof a->sin,
                              .ai_addr = (struct sockaddr *)&a->sin,
                              .ai_next = next};
    return &a->ai;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
    if (strcmp(name, "slow.test") == 0)
        nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    else if (strcmp(name, "two.test") == 0) /* nobody listens at the first */
        return *out = address("127.0.0.2", service, address("127.0.0.1", service, NULL)), 0;
    else if (strcmp(name, "dead.test") == 0)
        return *out = address("127.0.0.2", service, address("127.0.0.3", service, NULL)), 0;
    else if (strcmp(name, "many.test") == 0) {
        *out = address("127.0.0.1", service, NULL);
        for (int i = 0; i < GW_CONN_MAX_ADDRESSES + 5; i++)
            *out = address("127.0.0.2", service, *out);
        return 0;
    } else if (strcmp(name, "localhost") != 0)
        return EAI_NONAME;
    *out = address("127.0.0.1", service, NULL);
    return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
    while (list != NULL) {
        struct addrinfo *next = list->ai_next;
        free(list);
        list = next;
    }
}

static void test_endpoint__looks_names_up_and_tries_every_address(void **state)
{
    static const struct {
        const char *name;
        gw_call_result result;
    } cases[] = {{"localhost", GW_CALL_OK},
                 {"two.test", GW_CALL_OK},
                 {"dead.test", GW_CALL_CONNECT},
                 {"many.test", GW_CALL_CONNECT},
                 {"none.test", GW_CALL_RESOLVE}};
    for (size_t i = 0; i < 5; i++) {
        bench b;
        backend *e = backend_start(say_yes, NULL);
        bench_init(&b, 0);
        bench_add_endpoint(&b, cases[i].name, backend_port(e), false);
        bench_open(&b);
        told t = bench_call(&b, "x");
        if (t.result != cases[i].result)
            fail_msg("%s for %s", gw_call_result_word(t.result), cases[i].name);
        if (t.result == GW_CALL_OK)
            assert_true(bench_call(&b, "x").reused);
        bench_close(&b);
        backend_stop(&e);
    }
}

static void test_endpoint__does_not_wait_for_a_slow_resolver(void **state)
{
    bench b;
    bench_init(&b, 0);
    bench_add_endpoint(&b, "slow.test", closed_port(), false);
    b.up.connect_timeout_ms = 40;
    bench_open(&b);
    gw_scrubbed body = {RD_SLICE_LIT("x")};
    told t[3] = {{0}};
    gw_call *running = bench_start(&b, &body, &t[0]), *queued = bench_start(&b, &body, &t[1]);
    bench_start(&b, &body, &t[2]);
    bench_turn(&b, 10);
    gw_call_cancel(running);
    gw_call_cancel(queued);
    bench_wait(&b, &t[2], 1);
    assert_int_equal(t[2].result, GW_CALL_RESOLVE);
    bench_retire(&b);
    bench_turn(&b, 300); /* the resolver's late answer finds nobody */
    assert_int_equal(t[0].n + t[1].n, 0);
    bench_close(&b);
}

static void test_endpoint__refuses_what_would_break_the_request(void **state)
{
    bench b;
    backend *e = backend_start(say_yes, NULL);
    bench_init(&b, backend_port(e));
    b.up.tenant_header = "X-Scope-OrgID";
    bench_open(&b);
    gw_scrubbed body = {RD_SLICE_LIT("x")};
    const gw_call_request good = {.path = RD_SLICE_LIT("/v1/logs"), .body = &body};
    gw_call_request bad[5] = {good, good, good, good, good};
    bad[0].path = RD_SLICE_LIT("/v1 HTTP/1.1\r\nX: y");
    bad[1].path = RD_SLICE_LIT("v1");
    bad[2].tenant = RD_SLICE_LIT("a\r\nX-Scope-OrgID: b");
    bad[3].content_encoding = RD_SLICE_LIT("gzip\n");
    bad[4].content_type = rd_slice_of("a\0b", 3);
    for (unsigned i = 0; i < 5; i++) {
        told t = {0};
        gw_call_start(b.pool, &bad[i], bench_told, &t);
        bench_wait(&b, &t, 1);
        assert_int_equal(t.result, GW_CALL_INVALID);
    }
    assert_int_equal(backend_connections(e), 0);
    const char *why = NULL;
    b.up.headers = (gw_header_cfg[]){{"X-Key", "a\r\nb"}};
    b.up.n_headers = 1;
    assert_null(gw_pool_new(&b.ctx, &b.up, &why));
    assert_non_null(why);
    b.up.headers = (gw_header_cfg[]){{"Content-Length", "0"}};
    assert_null(gw_pool_new(&b.ctx, &b.up, &why));
    bench_close(&b);
    backend_stop(&e);
}

/* --- cancel, retire, re-entry --- */

static void answer_in_pieces(line *l, unsigned nth)
{
    static const char answer[] =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n";
    while (line_read_request(l)) {
        for (size_t i = 0; i < sizeof answer - 1; i += 7) {
            size_t n = sizeof answer - 1 - i;
            if (!line_send(l, answer + i, n < 7 ? n : 7) || !line_pause(l, 1))
                return;
        }
    }
}

static void test_endpoint__can_be_cancelled_at_every_stage(void **state)
{
    static char large[1 << 20];
    bench b;
    backend *e = backend_start(answer_in_pieces, NULL);
    bench_init(&b, 0);
    bench_add_endpoint(&b, "localhost", backend_port(e), false);
    bench_open(&b);
    bench_cancel_at_every_stage(&b, large, sizeof large);
    assert_int_equal(bench_call_n(&b, large, sizeof large).result, GW_CALL_OK);
    bench_close(&b);
    backend_stop(&e);
}

static void test_endpoint__can_be_cancelled_before_it_told_a_failure(void **state)
{
    bench b;
    bench_init(&b, closed_port());
    b.up.max_connections = 0;
    bench_open(&b);
    gw_scrubbed body = {RD_SLICE_LIT("x")};
    told t = {0};
    gw_call_cancel(bench_start(&b, &body, &t));
    bench_turn(&b, 10);
    assert_int_equal(t.n, 0);
    assert_int_equal(bench_call(&b, "x").result, GW_CALL_BUSY);
    bench_close(&b);
}

static void say_yes_later(line *l, unsigned nth)
{
    while (line_read_request(l) && line_pause(l, 60) && line_say(l, YES))
        ;
}

/* On kept connections, where a call is ready at once. */
static void test_endpoint__sends_all_that_one_turn_makes_but_what_is_cancelled(void **state)
{
    enum { WIDTH = GW_OUTBOX_MAX + 4 };
    bench b;
    backend *e = backend_start(say_yes, NULL);
    bench_init(&b, backend_port(e));
    b.up.max_connections = b.up.max_idle_connections = WIDTH;
    bench_open(&b);
    gw_scrubbed body = {RD_SLICE_LIT("x")};
    told t[WIDTH] = {{0}}, never = {0};
    for (unsigned i = 0; i < WIDTH; i++)
        bench_start(&b, &body, &t[i]);
    for (unsigned i = 0; i < WIDTH; i++)
        bench_wait(&b, &t[i], 1);
    gw_call_cancel(bench_start(&b, &body, &never)); /* and its connection with it */
    for (unsigned i = 0; i < WIDTH - 2; i++)
        bench_start(&b, &body, &t[i]);
    gw_call_cancel(bench_start(&b, &body, &never));
    for (unsigned i = 0; i < WIDTH - 2; i++) {
        bench_wait(&b, &t[i], 2);
        assert_int_equal(t[i].result, GW_CALL_OK);
        assert_true(t[i].reused);
    }
    assert_int_equal(never.n, 0);
    /* The first that was cancelled was not sent; of the last, which others waited with, that depends on the
     * time. */
    assert_in_range(backend_requests(e), 2 * WIDTH - 2, 2 * WIDTH - 1);
    bench_close(&b);
    backend_stop(&e);
}

static void test_endpoint__retires_after_the_last_call(void **state)
{
    bench b;
    backend *e = backend_start(say_yes_later, NULL);
    bench_init(&b, backend_port(e));
    bench_open(&b);
    assert_int_equal(bench_call(&b, "x").result, GW_CALL_OK);
    gw_scrubbed body = {RD_SLICE_LIT("x")};
    told t[3] = {{0}};
    bench_start(&b, &body, &t[0]);
    bench_start(&b, &body, &t[1]);
    gw_pool_retire(b.pool, NULL, NULL);
    bench_start(&b, &body, &t[2]);
    bench_wait(&b, &t[2], 1);
    assert_int_equal(t[2].result, GW_CALL_BUSY);
    bench_retire(&b); /* again, to hear of the end */
    assert_int_equal(t[0].n, 1);
    assert_int_equal(t[0].result, GW_CALL_OK);
    assert_int_equal(t[1].result, GW_CALL_OK);
    bench_close(&b);
    backend_stop(&e);
}

typedef struct chain {
    bench *b;
    gw_scrubbed body;
    unsigned left;
    gw_call *self;
    bool ended;
} chain;

static void on_link(void *arg, gw_call_result r, const gw_call_response *res)
{
    chain *c = arg;
    gw_call_cancel(c->self); /* without effect here */
    if (c->left-- > 0) {
        gw_call_request req = {.path = RD_SLICE_LIT("/"), .body = &c->body};
        c->self = gw_call_start(c->b->pool, &req, on_link, c);
        return;
    }
    gw_pool_retire(c->b->pool, NULL, NULL);
    c->ended = true;
}

static void test_endpoint__may_be_called_from_its_own_callback(void **state)
{
    /* An answer, a refused connection (its callback runs in another place), a timeout (in a timer). */
    for (unsigned i = 0; i < 3; i++) {
        bench b;
        backend *e = backend_start(i == 0 ? say_yes : say_nothing, NULL);
        bench_init(&b, i == 1 ? closed_port() : backend_port(e));
        b.up.first_byte_timeout_ms = 20;
        bench_open(&b);
        chain c = {.b = &b, .body = {RD_SLICE_LIT("x")}, .left = 10};
        gw_call_request req = {.path = RD_SLICE_LIT("/"), .body = &c.body};
        c.self = gw_call_start(b.pool, &req, on_link, &c);
        for (unsigned turns = 0; turns < 1000 && !c.ended; turns++)
            h2o_evloop_run(b.ctx.loop, 5);
        assert_true(c.ended);
        b.pool = NULL;
        bench_close(&b);
        backend_stop(&e);
    }
}

/* --- many --- */

static void say_this_and_that(line *l, unsigned nth)
{
    static const char *const say[] = {
        YES,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
        "HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
        ("HTTP/1.1 100 Continue\r\n\r\n" YES),
        "HTTP/1.1 204 No Content\r\n\r\n",
    };
    for (unsigned i = nth; line_read_request(l); i++) {
        if (i % 41 == 40) {
            line_reset(l);
            return;
        }
        if (i % 37 == 36)
            return;
        if (!line_say(l, i % 29 == 28 ? "HTTP/1.1 200 OK\r\n\r\nx" : say[i % 5]) || i % 29 == 28)
            return;
    }
}

static void test_endpoint__survives_many_calls(void **state)
{
    enum { WIDTH = 8, ROUNDS = 250 };
    static char bodies[300000];
    bench b;
    backend *e = backend_start(say_this_and_that, NULL);
    bench_init(&b, backend_port(e));
    bench_open(&b);
    unsigned n_ok = 0, n_reset = 0, n_cancelled = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        told t[WIDTH] = {{0}};
        gw_call *calls[WIDTH];
        gw_scrubbed body[WIDTH];
        for (unsigned i = 0; i < WIDTH; i++) {
            body[i].bytes =
                rd_slice_of(bodies, round % 50 == 0 ? sizeof bodies : (round * 31 + i * 977) % 5000);
            calls[i] = bench_start(&b, &body[i], &t[i]);
        }
        unsigned cancelled = round % 3 == 0 ? round % WIDTH : WIDTH;
        if (cancelled < WIDTH)
            h2o_evloop_run(b.ctx.loop, 1);
        if (cancelled < WIDTH && t[cancelled].n == 0) {
            gw_call_cancel(calls[cancelled]);
            n_cancelled++;
            t[cancelled].n = 1;
            t[cancelled].result = GW_CALL_RESULT_COUNT;
        }
        for (unsigned i = 0; i < WIDTH; i++) {
            bench_wait(&b, &t[i], 1);
            n_ok += t[i].result == GW_CALL_OK;
            n_reset += t[i].result == GW_CALL_RESET;
        }
    }
    assert_int_equal(n_ok + n_reset + n_cancelled, WIDTH * ROUNDS);
    assert_true(n_ok > WIDTH * ROUNDS * 8 / 10);
    assert_true(backend_connections(e) < WIDTH * ROUNDS / 3);
    bench_close(&b);
    backend_stop(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_endpoint__looks_names_up_and_tries_every_address),
        cmocka_unit_test(test_endpoint__does_not_wait_for_a_slow_resolver),
        cmocka_unit_test(test_endpoint__refuses_what_would_break_the_request),
        cmocka_unit_test(test_endpoint__can_be_cancelled_at_every_stage),
        cmocka_unit_test(test_endpoint__can_be_cancelled_before_it_told_a_failure),
        cmocka_unit_test(test_endpoint__sends_all_that_one_turn_makes_but_what_is_cancelled),
        cmocka_unit_test(test_endpoint__retires_after_the_last_call),
        cmocka_unit_test(test_endpoint__may_be_called_from_its_own_callback),
        cmocka_unit_test(test_endpoint__survives_many_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
