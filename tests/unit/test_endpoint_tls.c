/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "gateway/endpoint_private.h"
#include "tests/support/certs.h"
#include "tests/support/endpoint_bench.h"

#include <openssl/ssl.h>

#define YES "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

static struct {
    certs *made;
    const char *ca, *other_ca, *good, *good_key, *client, *client_key;
} files;

static int make_certificates(void **state)
{
    files.made = certs_new();
    files.ca = certs_ca(files.made, "ca");
    files.other_ca = certs_ca(files.made, "other-ca");
    files.good = certs_leaf(files.made, "good", "ca", "DNS:localhost,DNS:loki.example,IP:127.0.0.1", -1, 10);
    files.good_key = certs_key(files.made, "good");
    files.client = certs_leaf(files.made, "client", "ca", "DNS:client", -1, 10);
    files.client_key = certs_key(files.made, "client");
    return 0;
}

static int remove_certificates(void **state)
{
    certs_free(&files.made);
    return 0;
}

static void say_yes(line *l, unsigned nth)
{
    while (line_read_request(l) && line_say(l, YES))
        ;
}

static void open_tls(bench *b, const char *host, uint16_t port)
{
    bench_init(b, 0);
    bench_add_endpoint(b, host, port, true);
    b->up.tls.ca = files.ca;
}

static void test_tls__sends_and_keeps_the_connection_in_both_versions(void **state)
{
    static char large[3 << 20];
    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (char)(i * 7 + i / 1000);
    for (size_t v = 0; v < 2; v++) {
        bench b;
        backend_tls tls = {.certificate = files.good, .key = files.good_key, .max_version = versions[v]};
        backend *e = backend_start(say_yes, &tls);
        open_tls(&b, "localhost", backend_port(e));
        bench_open(&b);
        const size_t sizes[] = {0, 1, 1300, 100000, 256 * 1024, 256 * 1024 + 1, sizeof large, 10};
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            told t = bench_call_n(&b, large, sizes[i]);
            assert_int_equal(t.result, GW_CALL_OK);
            assert_string_equal(t.body, "hi");
            assert_true(t.has_ack);
            assert_int_equal(t.reused, i > 0);
            char head[4096];
            size_t body_n;
            uint32_t body_sum;
            backend_last_request(e, head, sizeof head, &body_n, &body_sum);
            assert_int_equal(body_n, sizes[i]);
            assert_int_equal(body_sum, backend_sum(large, sizes[i]));
        }
        assert_int_equal(backend_connections(e), 1);
        bench_close(&b);
        backend_stop(&e);
    }
}

typedef struct identity {
    const char *certificate; /* name of a certificate */
    const char *host, *server_name;
    bool other_ca; /* we trust another */
    gw_call_result result;
} identity;

static void test_tls__takes_only_the_right_identity_in_both_versions(void **state)
{
    certs_leaf(files.made, "wrong-name", "ca", "DNS:wrong.example", -1, 10);
    certs_leaf(files.made, "no-ip", "ca", "DNS:localhost,DNS:127.0.0.1", -1, 10);
    certs_leaf(files.made, "expired", "ca", "DNS:localhost", -10, -1);
    certs_leaf(files.made, "not-yet", "ca", "DNS:localhost", 1, 10);
    certs_leaf(files.made, "wildcard", "ca", "DNS:*.test.example", -1, 10);
    certs_leaf(files.made, "partial", "ca", "DNS:lo*.test.example", -1, 10);
    static const identity cases[] = {
        {"good", "localhost", NULL, false, GW_CALL_OK},
        {"good", "127.0.0.1", NULL, false, GW_CALL_OK},
        {"good", "127.0.0.1", "loki.example", false, GW_CALL_OK},
        {"good", "127.0.0.1", "loki.example.", false, GW_CALL_OK},
        {"wildcard", "127.0.0.1", "loki.test.example", false, GW_CALL_OK},
        {"good", "localhost", "other.example", false, GW_CALL_TLS},
        {"good", "127.0.0.1", "127.0.0.2", false, GW_CALL_TLS},
        {"wildcard", "127.0.0.1", "a.b.test.example", false, GW_CALL_TLS},
        {"partial", "127.0.0.1", "loki.test.example", false, GW_CALL_TLS},
        {"wrong-name", "localhost", NULL, false, GW_CALL_TLS},
        {"wrong-name", "127.0.0.1", NULL, false, GW_CALL_TLS},
        {"no-ip", "127.0.0.1", NULL, false, GW_CALL_TLS},
        {"expired", "localhost", NULL, false, GW_CALL_TLS},
        {"not-yet", "localhost", NULL, false, GW_CALL_TLS},
        {"good", "localhost", NULL, true, GW_CALL_TLS},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        const identity *c = &cases[i / 2];
        char certificate[200];
        bench b;
        snprintf(certificate, sizeof certificate, "%.*s.pem",
                 (int)strlen(certs_key(files.made, c->certificate)) - 4,
                 certs_key(files.made, c->certificate));
        backend_tls tls = {.certificate = certificate,
                           .key = certs_key(files.made, c->certificate),
                           .max_version = versions[i % 2]};
        backend *e = backend_start(say_yes, &tls);
        open_tls(&b, c->host, backend_port(e));
        b.up.tls.server_name = c->server_name;
        b.up.tls.ca = c->other_ca ? files.other_ca : files.ca;
        bench_open(&b);
        told t = bench_call(&b, "x");
        if (t.result != c->result)
            fail_msg("%s, not %s, for %s with %s as %s in version %zu", gw_call_result_word(t.result),
                     gw_call_result_word(c->result), c->host, c->certificate,
                     c->server_name != NULL ? c->server_name : "itself", i % 2);
        assert_int_equal(backend_requests(e), c->result == GW_CALL_OK);
        bench_close(&b);
        backend_stop(&e);
    }
}

/* Answers with the name it was asked for. */
static void say_name(line *l, unsigned nth)
{
    char answer[200];
    const char *name = line_server_name(l);
    name = name != NULL ? name : "none";
    snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(name), name);
    if (line_read_request(l) && line_say(l, answer))
        line_wait_for_end(l);
}

static void test_tls__asks_for_names_never_for_addresses(void **state)
{
    static const char *const cases[][3] = {{"localhost", NULL, "localhost"},
                                           {"127.0.0.1", NULL, "none"},
                                           {"127.0.0.1", "loki.example.", "loki.example"},
                                           {"localhost", "127.0.0.1", "none"}};
    for (size_t i = 0; i < 8; i++) {
        bench b;
        backend_tls tls = {.certificate = files.good, .key = files.good_key, .max_version = versions[i % 2]};
        backend *e = backend_start(say_name, &tls);
        open_tls(&b, cases[i / 2][0], backend_port(e));
        b.up.tls.server_name = cases[i / 2][1];
        bench_open(&b);
        told t = bench_call(&b, "x");
        assert_int_equal(t.result, GW_CALL_OK);
        assert_string_equal(t.body, cases[i / 2][2]);
        bench_close(&b);
        backend_stop(&e);
    }
}

static void test_tls__does_not_trust_the_systems_store_when_told_another(void **state)
{
    bench b;
    backend_tls tls = {.certificate = files.good, .key = files.good_key};
    backend *e = backend_start(say_yes, &tls);
    open_tls(&b, "localhost", backend_port(e));
    b.up.tls.ca = NULL; /* the system's: does not know ours */
    bench_open(&b);
    assert_int_equal(bench_call(&b, "x").result, GW_CALL_TLS);
    bench_close(&b);
    backend_stop(&e);
}

static void test_tls__shows_a_client_certificate(void **state)
{
    for (size_t i = 0; i < 4; i++) {
        bench b;
        bool with = i / 2 == 0;
        backend_tls tls = {.certificate = files.good,
                           .key = files.good_key,
                           .max_version = versions[i % 2],
                           .client_ca = files.ca};
        backend *e = backend_start(say_yes, &tls);
        open_tls(&b, "localhost", backend_port(e));
        b.up.tls.certificate = with ? files.client : NULL;
        b.up.tls.key = with ? files.client_key : NULL;
        bench_open(&b);
        told t = bench_call(&b, "x");
        if (with)
            assert_int_equal(t.result, GW_CALL_OK);
        else /* under TLS 1.3 the refusal comes after the handshake, for our request */
            assert_int_equal(t.result, GW_CALL_TLS);
        assert_int_equal(backend_requests(e), with);
        bench_close(&b);
        backend_stop(&e);
    }
}

static void test_tls__is_never_older_than_1_2_nor_unverified(void **state)
{
    const gw_upstream_tls_cfg cfg = {.ca = files.ca};
    const char *why = NULL;
    SSL_CTX *ctx = gw_tls_client_new(&cfg, "localhost", NULL, &why);
    assert_non_null(ctx);
    assert_int_equal(SSL_CTX_get_min_proto_version(ctx), TLS1_2_VERSION);
    assert_int_equal(SSL_CTX_get_verify_mode(ctx), SSL_VERIFY_PEER);
    SSL_CTX_free(ctx);
}

static void test_tls__says_why_a_pool_cannot_be_made(void **state)
{
    bench b;
    open_tls(&b, "localhost", 1);
    const gw_upstream_tls_cfg bad[] = {
        {.ca = "/nonexistent/ca.pem"},
        {.ca = files.good_key},
        {.ca = files.ca, .certificate = "/nonexistent/c.pem", .key = files.client_key},
        {.ca = files.ca, .certificate = files.client, .key = "/nonexistent/c.key"},
        {.ca = files.ca, .certificate = files.client, .key = files.good_key},
        {.ca = files.ca, .certificate = files.client},
        {.ca = files.ca, .server_name = ""},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *why = NULL;
        b.up.tls = bad[i];
        if (gw_pool_new(&b.ctx, &b.up, &why) != NULL)
            fail_msg("pool %zu was made", i);
        assert_non_null(why);
    }
    bench_close(&b);
}

/* --- what goes wrong on the way --- */

static void plain_greeting(line *l, unsigned nth)
{
    line_say(l, "HTTP/1.1 400 Bad\r\n\r\n");
    line_wait_for_end(l);
}

static void close_at_once(line *l, unsigned nth)
{
}

static void reset_at_once(line *l, unsigned nth)
{
    line_pause(l, 5);
    line_reset(l);
}

static void stare(line *l, unsigned nth)
{
    line_hold(l);
}

static void test_tls__tells_handshakes_that_fail_from_those_that_hang(void **state)
{
    static const struct {
        backend_script script;
        gw_call_result result;
    } cases[] = {{plain_greeting, GW_CALL_TLS},
                 {close_at_once, GW_CALL_TLS},
                 {reset_at_once, GW_CALL_TLS},
                 {stare, GW_CALL_CONNECT_TIMEOUT}};
    for (size_t i = 0; i < 4; i++) {
        bench b;
        backend *e = backend_start(cases[i].script, NULL);
        open_tls(&b, "localhost", backend_port(e));
        b.up.connect_timeout_ms = 100;
        bench_open(&b);
        told t = bench_call(&b, "x");
        if (t.result != cases[i].result)
            fail_msg("%s in case %zu", gw_call_result_word(t.result), i);
        assert_int_equal(gw_pool_connections(b.pool), 0);
        bench_close(&b);
        backend_stop(&e);
    }
}

static void end_with_notice(line *l, unsigned nth)
{
    if (line_read_request(l) && line_say(l, "HTTP/1.1 200 OK\r\n\r\nall of it")) {
        line_close_notify(l);
        line_close_write(l);
    }
}

static void end_without_notice(line *l, unsigned nth)
{
    if (line_read_request(l) && line_say(l, "HTTP/1.1 200 OK\r\n\r\nall of it")) {
        line_close_write(l);
        line_hold(l);
    }
}

static void end_with_alert(line *l, unsigned nth)
{
    if (line_read_request(l) && line_say(l, "HTTP/1.1 200 OK\r\n\r\nall of it")) {
        line_alert(l);
        line_close_write(l);
        line_hold(l);
    }
}

static void alert_at_once(line *l, unsigned nth)
{
    if (line_read_request(l))
        line_alert(l);
    line_close_write(l);
    line_hold(l);
}

static void talk_past_tls(line *l, unsigned nth)
{
    if (line_read_request(l))
        line_say_raw(l, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    line_hold(l);
}

static void test_tls__tells_failures_of_tls_after_the_handshake(void **state)
{
    static const backend_script scripts[] = {alert_at_once, talk_past_tls};
    for (size_t i = 0; i < 4; i++) {
        bench b;
        backend_tls tls = {.certificate = files.good, .key = files.good_key, .max_version = versions[i % 2]};
        backend *e = backend_start(scripts[i / 2], &tls);
        open_tls(&b, "localhost", backend_port(e));
        bench_open(&b);
        assert_int_equal(bench_call(&b, "x").result, GW_CALL_TLS);
        bench_close(&b);
        backend_stop(&e);
    }
}

static void test_tls__takes_the_end_of_a_body_only_from_the_peer(void **state)
{
    static const backend_script scripts[] = {end_with_notice, end_without_notice, end_with_alert};
    for (size_t i = 0; i < 6; i++) {
        bench b;
        backend_tls tls = {.certificate = files.good, .key = files.good_key, .max_version = versions[i % 2]};
        backend *e = backend_start(scripts[i / 2], &tls);
        open_tls(&b, "localhost", backend_port(e));
        bench_open(&b);
        told t = bench_call(&b, "x");
        assert_int_equal(t.result, i < 2 ? GW_CALL_OK : GW_CALL_RESET);
        if (i < 2)
            assert_string_equal(t.body, "all of it");
        bench_close(&b);
        backend_stop(&e);
    }
}

static void refuse_early(line *l, unsigned nth)
{
    line_small_window(l);
    if (line_read_head(l) && line_say(l, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"))
        line_hold(l);
}

static void accept_early(line *l, unsigned nth)
{
    line_small_window(l);
    if (line_read_head(l) && line_say(l, YES))
        line_hold(l);
}

static void read_nothing(line *l, unsigned nth)
{
    line_small_window(l);
    line_hold(l);
}

static void test_tls__handles_early_answers_and_backends_that_do_not_read(void **state)
{
    static char large[16 << 20];
    static const struct {
        backend_script script;
        gw_call_result result;
    } cases[] = {
        {refuse_early, GW_CALL_OK}, {accept_early, GW_CALL_PROTOCOL}, {read_nothing, GW_CALL_SEND_TIMEOUT}};
    for (size_t i = 0; i < 6; i++) {
        bench b;
        backend_tls tls = {.certificate = files.good, .key = files.good_key, .max_version = versions[i % 2]};
        backend *e = backend_start(cases[i / 2].script, &tls);
        open_tls(&b, "localhost", backend_port(e));
        b.up.first_byte_timeout_ms = 160;
        bench_open(&b);
        told t = bench_call_n(&b, large, sizeof large);
        if (t.result != cases[i / 2].result)
            fail_msg("%s in case %zu", gw_call_result_word(t.result), i);
        assert_int_equal(gw_pool_connections(b.pool), 0);
        bench_close(&b);
        backend_stop(&e);
    }
}

static void close_after_one(line *l, unsigned nth)
{
    if (line_read_request(l) && line_say(l, YES) && nth == 0)
        line_read_head(l);
    else
        say_yes(l, nth);
}

static void test_tls__sends_again_once_when_a_kept_connection_was_stale(void **state)
{
    for (size_t v = 0; v < 2; v++) {
        bench b;
        backend_tls tls = {.certificate = files.good, .key = files.good_key, .max_version = versions[v]};
        backend *e = backend_start(close_after_one, &tls);
        open_tls(&b, "localhost", backend_port(e));
        bench_open(&b);
        assert_int_equal(bench_call(&b, "first").result, GW_CALL_OK);
        told t = bench_call(&b, "second");
        assert_int_equal(t.result, GW_CALL_OK);
        assert_false(t.reused);
        assert_int_equal(backend_connections(e), 2);
        bench_close(&b);
        backend_stop(&e);
    }
}

static void test_tls__can_be_cancelled_at_every_stage(void **state)
{
    static char large[1 << 20];
    for (size_t v = 0; v < 2; v++) {
        bench b;
        backend_tls tls = {.certificate = files.good, .key = files.good_key, .max_version = versions[v]};
        backend *e = backend_start(say_yes, &tls);
        open_tls(&b, "localhost", backend_port(e));
        bench_open(&b);
        bench_cancel_at_every_stage(&b, large, sizeof large);
        bench_close(&b);
        backend_stop(&e);
    }
}

static void test_tls__survives_many_calls(void **state)
{
    enum { WIDTH = 8, ROUNDS = 100 };
    static char bodies[300000];
    bench b;
    backend_tls tls = {.certificate = files.good, .key = files.good_key};
    backend *e = backend_start(close_after_one, &tls);
    open_tls(&b, "localhost", backend_port(e));
    bench_open(&b);
    for (unsigned round = 0; round < ROUNDS; round++) {
        told t[WIDTH] = {{0}};
        gw_scrubbed body[WIDTH];
        for (unsigned i = 0; i < WIDTH; i++) {
            body[i].bytes = rd_slice_of(bodies, (round * 3100 + i * 977) % sizeof bodies);
            bench_start(&b, &body[i], &t[i]);
        }
        for (unsigned i = 0; i < WIDTH; i++) {
            bench_wait(&b, &t[i], 1);
            assert_int_equal(t[i].result, GW_CALL_OK);
        }
    }
    bench_close(&b);
    backend_stop(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tls__sends_and_keeps_the_connection_in_both_versions),
        cmocka_unit_test(test_tls__takes_only_the_right_identity_in_both_versions),
        cmocka_unit_test(test_tls__asks_for_names_never_for_addresses),
        cmocka_unit_test(test_tls__does_not_trust_the_systems_store_when_told_another),
        cmocka_unit_test(test_tls__shows_a_client_certificate),
        cmocka_unit_test(test_tls__is_never_older_than_1_2_nor_unverified),
        cmocka_unit_test(test_tls__says_why_a_pool_cannot_be_made),
        cmocka_unit_test(test_tls__tells_handshakes_that_fail_from_those_that_hang),
        cmocka_unit_test(test_tls__tells_failures_of_tls_after_the_handshake),
        cmocka_unit_test(test_tls__takes_the_end_of_a_body_only_from_the_peer),
        cmocka_unit_test(test_tls__handles_early_answers_and_backends_that_do_not_read),
        cmocka_unit_test(test_tls__sends_again_once_when_a_kept_connection_was_stale),
        cmocka_unit_test(test_tls__can_be_cancelled_at_every_stage),
        cmocka_unit_test(test_tls__survives_many_calls),
    };
    return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
