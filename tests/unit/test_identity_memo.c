/* SPDX-License-Identifier: MIT */
/* What a connection remembers of its sender never says more than asking anew would. */
#include "tests/unit/gateway_kit.h"

#include <openssl/evp.h>

#include "gateway/identity.h"

#define HEAD "version: 1\nupstreams: {local: {store: data}}\n"

static gw_workspaces *table_of(const char *text)
{
    gw_diagnostics *d = gw_diagnostics_new();
    gw_config *c = gw_config_parse(text, strlen(text), "t.yaml", d);
    gw_workspaces *t = c != NULL ? gw_workspaces_new(c, NULL, NULL, d) : NULL;
    gw_diagnostics_print(d, stderr);
    gw_diagnostics_free(&d);
    gw_config_free(&c);
    assert_non_null(t);
    return t;
}

static const char *hash_of(const char *token)
{
    static char hex[2][65];
    static unsigned at;
    unsigned char sum[32];
    char *out = hex[at++ % 2];
    assert_int_equal(EVP_Digest(token, strlen(token), sum, NULL, EVP_sha256(), NULL), 1);
    for (unsigned i = 0; i < 32; i++)
        snprintf(out + 2 * i, 3, "%02x", sum[i]);
    return out;
}

#define A "token-of-a-0123456789"
#define B "token-of-b-0123456789"

static gw_workspaces *two(const char *identity)
{
    char text[1024];
    snprintf(text, sizeof text,
             HEAD "workspaces: {anonymous: guests, header: {name: X-Who, networks: [0.0.0.0/0, '::/0']}, "
                  "identity: %s, list: [{name: a, tokens: [%s]}, {name: b, tokens: [%s]}]}",
             identity, hash_of(A), hash_of(B));
    return table_of(text);
}

/* Whose it is; NULL: refused. */
static const char *ask(gw_workspaces *t, gw_peer *peer, const char *authorization, const char *fields)
{
    gw_identity who;
    const gw_head head = {
        .authorization = rd_slice_str(authorization), .fields = rd_slice_str(fields), .peer = peer};
    const gw_identity_request r = {.table = t, .head = &head, .now = 1000};
    return gw_identity_resolve(&r, &who) == GW_OUTCOME_DELIVERED ? who.workspace->name : NULL;
}

static void test_memo__each_request_is_its_senders(void **state)
{
    gw_workspaces *t = two("[bearer]");
    gw_peer *peer = calloc(1, sizeof *peer);
    for (unsigned round = 0; round < 3; round++) {
        assert_string_equal(ask(t, peer, "Bearer " A, ""), "a");
        assert_string_equal(ask(t, peer, "Bearer " A, ""), "a");
        assert_null(ask(t, peer, "Bearer token-of-a-012345678", "")); /* its beginning */
        assert_null(ask(t, peer, "Bearer " A "0", ""));
        assert_null(ask(t, peer, "Bearer token-of-a-0123456780", ""));
        assert_null(ask(t, peer, "Basic " A, ""));
        assert_string_equal(ask(t, peer, "Bearer " A, ""), "a");
        assert_string_equal(ask(t, peer, "Bearer " B, ""), "b");
        assert_string_equal(ask(t, peer, "", ""), "guests");
        assert_string_equal(ask(t, peer, "Bearer " B, ""), "b");
    }
    assert_int_equal(peer->memo.workspace, gw_workspaces_index(t, gw_workspaces_find(t, rd_slice_str("b"))));
    gw_peer_free(&peer);
    gw_workspaces_unref(&t);
}

static void test_memo__ends_with_the_table(void **state)
{
    gw_workspaces *t = two("[bearer]"),
                  *without = table_of(HEAD "workspaces: {list: [{name: b, tokens: []}]}");
    gw_peer *peer = calloc(1, sizeof *peer);
    assert_string_equal(ask(t, peer, "Bearer " A, ""), "a");
    assert_null(ask(without, peer, "Bearer " A, ""));
    assert_string_equal(ask(t, peer, "Bearer " A, ""), "a"); /* who began before goes on with the old table */
    gw_peer_free(&peer);
    gw_workspaces_unref(&t);
    gw_workspaces_unref(&without);
}

static void test_memo__ends_in_time(void **state)
{
    gw_workspaces *t = two("[bearer]");
    gw_peer *peer = calloc(1, sizeof *peer);
    assert_string_equal(ask(t, peer, "Bearer " A, ""), "a");
    peer->memo.workspace = (uint32_t)gw_workspaces_index(t, gw_workspaces_find(t, rd_slice_str("b")));
    peer->memo.until = 1001;                                 /* as of a signed token */
    assert_string_equal(ask(t, peer, "Bearer " A, ""), "b"); /* the memo was asked */
    peer->memo.until = 1000;
    assert_string_equal(ask(t, peer, "Bearer " A, ""), "a"); /* the table was */
    gw_peer_free(&peer);
    gw_workspaces_unref(&t);
}

/* A header that comes first has its say in every request. */
static void test_memo__does_not_hide_a_header(void **state)
{
    gw_workspaces *first = two("[header, bearer]"), *last = two("[bearer, header]");
    gw_peer *peer = calloc(1, sizeof *peer);
    assert_string_equal(ask(first, peer, "Bearer " A, ""), "a");
    assert_string_equal(ask(first, peer, "Bearer " A, "X-Who: b\r\n"), "b");
    assert_string_equal(ask(first, peer, "Bearer " A, ""), "a");
    assert_null(peer->memo.credential);
    assert_string_equal(ask(last, peer, "Bearer " A, "X-Who: b\r\n"), "a");
    assert_string_equal(ask(last, peer, "Bearer " A, ""), "a");
    assert_string_equal(ask(last, peer, "", "X-Who: b\r\n"), "b");
    gw_peer_free(&peer);
    gw_workspaces_unref(&first);
    gw_workspaces_unref(&last);
}

static void test_memo__is_bounded(void **state)
{
    static char long_one[GW_PEER_MEMO_MAX + 64];
    gw_workspaces *t = two("[bearer]");
    gw_peer *peer = calloc(1, sizeof *peer);
    memset(long_one, 'x', sizeof long_one - 1);
    memcpy(long_one, "Bearer ", 7);
    assert_null(ask(t, peer, long_one, ""));
    assert_null(peer->memo.credential);                      /* wrong ones are never remembered */
    assert_string_equal(ask(t, NULL, "Bearer " A, ""), "a"); /* without memory for a peer */
    gw_peer_free(&peer);
    gw_workspaces_unref(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memo__each_request_is_its_senders),
        cmocka_unit_test(test_memo__ends_with_the_table), cmocka_unit_test(test_memo__ends_in_time),
        cmocka_unit_test(test_memo__does_not_hide_a_header), cmocka_unit_test(test_memo__is_bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
