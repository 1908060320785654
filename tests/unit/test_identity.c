/* SPDX-License-Identifier: MIT */
/* Parts of identity that requests from outside do not show: networks, key sets, remembered verdicts. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "gateway/credential.h"
#include "gateway/jwt.h"
#include "gateway/password.h"
#include "gateway/peer.h"
#include "gateway/verdict_cache.h"

static bool has(const char *network, const char *address)
{
    gw_network n;
    gw_peer p = {0};
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    assert_true(gw_network_parse(network, &n));
    if (inet_pton(AF_INET, address, &v4.sin_addr) == 1) {
        gw_peer_set_address(&p, (struct sockaddr *)&v4);
    } else {
        assert_int_equal(inet_pton(AF_INET6, address, &v6.sin6_addr), 1);
        gw_peer_set_address(&p, (struct sockaddr *)&v6);
    }
    return gw_network_has(&n, p.address);
}

static void test_identity__networks(void **state)
{
    assert_true(has("10.0.0.0/8", "10.255.1.2"));
    assert_false(has("10.0.0.0/8", "11.0.0.0"));
    assert_true(has("192.168.4.0/22", "192.168.7.255"));
    assert_false(has("192.168.4.0/22", "192.168.8.0"));
    assert_true(has("127.0.0.1", "127.0.0.1"));
    assert_false(has("127.0.0.1", "127.0.0.2"));
    assert_true(has("127.0.0.1", "::ffff:127.0.0.1"));
    assert_true(has("0.0.0.0/0", "255.255.255.255"));
    assert_false(has("0.0.0.0/0", "2001:db8::1"));
    assert_true(has("::/0", "10.0.0.1"));
    assert_true(has("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(has("2001:db8::/33", "2001:db8:8000::1"));
    gw_network n;
    static const char *const bad[] = {"",        "/8", "10.0.0.0/",   "10.0.0.0/33", "10.0.0.1/8",
                                      "::1/129", "x",  "10.0.0.0/-1", "10.0.0.0/08", "10.0.0/8",
                                      "::1/"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(gw_network_parse(bad[i], &n));
}

static void test_identity__key_sets(void **state)
{
    static const char ed[] =
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}";
    char why[GW_JWT_WHY_BYTES], text[1024];
    static const struct {
        const char *keys, *why; /* NULL: fine */
    } rows[] = {{"%s", NULL},
                {"%s,{\"kty\":\"EC\",\"crv\":\"P-521\",\"use\":\"enc\"}", NULL},
                {"%s,{\"kty\":\"RSA\",\"alg\":\"RS512\"}", NULL},
                {"%s,{\"kty\":\"new\"}", NULL},
                {"%s,{\"kty\":\"oct\",\"k\":\"AAAA\"}", "symmetric"},
                {"%s,{}", "without `kty`"},
                {"%s,7", "without `kty`"},
                {"%s,{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}", "not usable"},
                {"%s,{\"kty\":\"EC\",\"crv\":\"P-256\","
                 "\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\","
                 "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}",
                 "not usable"}, /* not on the curve */
                {"%s,{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}", "not usable"},
                {"%s,{\"kty\":\"OKP\",\"crv\":\"Ed448\",\"x\":\"AA\"}", "not usable"},
                {"{\"kty\":\"new\"}", "no key for"},
                {"", "no key for"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char keys[768];
        const char *at = strstr(rows[i].keys, "%s");
        snprintf(keys, sizeof keys, "%s%s", at != NULL ? ed : rows[i].keys, at != NULL ? at + 2 : "");
        snprintf(text, sizeof text, "{\"keys\":[%s]}", keys);
        gw_jwks *k = gw_jwks_parse(rd_slice_str(text), why);
        if ((k != NULL) != (rows[i].why == NULL) || (k == NULL && strstr(why, rows[i].why) == NULL))
            fail_msg("%s: %s", text, k != NULL ? "is taken" : why);
        gw_jwks_free(&k);
    }
    assert_null(gw_jwks_parse(RD_SLICE_LIT("{\"keys\":{}}"), why));
    assert_null(gw_jwks_parse(RD_SLICE_LIT("["), why));
    assert_null(gw_jwks_parse((rd_slice){0}, why));
    assert_null(gw_jwks_load("/nonexistent", why));
}

/* RFC 8037 appendix A.4: the key and the signature of "Example of Ed25519 signing" do not help here, for its
 * payload is no JSON; so that what is signed is right and its claims are not looked at is seen by refusal. */
static void test_identity__signed_text_without_claims(void **state)
{
    static const char set[] = "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_"
                              "7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}";
    static const char token[] =
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    char why[GW_JWT_WHY_BYTES], claim[GW_JWT_CLAIM_BYTES];
    int64_t expires;
    gw_jwks *k = gw_jwks_parse(RD_SLICE_LIT(set), why);
    assert_non_null(k);
    const gw_jwt_rules rules = {.keys = k, .issuer = "i", .audience = "a", .claim = "w"};
    assert_true(gw_jwt_looks_like(RD_SLICE_LIT(token)));
    assert_false(gw_jwt_verify(&rules, RD_SLICE_LIT(token), 0, claim, &expires));
    assert_false(gw_jwt_looks_like(RD_SLICE_LIT("a.b")));
    assert_false(gw_jwt_looks_like(RD_SLICE_LIT("a.b.c.d")));
    assert_false(gw_jwt_looks_like((rd_slice){0}));
    gw_jwks_free(&k);
}

static gw_verdict_key key_of(const char *a, const char *b)
{
    gw_verdict_key k;
    const rd_slice parts[] = {rd_slice_str(a), rd_slice_str(b)};
    assert_true(gw_verdict_key_of(parts, 2, &k));
    return k;
}

static void test_identity__verdicts_are_remembered(void **state)
{
    int64_t until;
    uint32_t value;
    gw_verdict_key a = key_of("hash", "password"), b = key_of("hashp", "assword");
    assert_memory_not_equal(&a, &b, sizeof a);
    assert_int_equal(gw_verdict_get(&a, 0, &value, &until), GW_VERDICT_UNKNOWN);
    gw_verdict_put(&a, GW_VERDICT_RIGHT, 100, 7);
    assert_int_equal(gw_verdict_get(&a, 99, &value, &until), GW_VERDICT_RIGHT);
    assert_int_equal(until, 100);
    assert_int_equal(value, 7);
    assert_int_equal(gw_verdict_get(&a, 100, &value, &until), GW_VERDICT_UNKNOWN);
    assert_int_equal(gw_verdict_get(&b, 0, &value, &until), GW_VERDICT_UNKNOWN);
    /* many wrong ones push out no right one */
    for (unsigned i = 0; i < 100000; i++) {
        char text[16];
        snprintf(text, sizeof text, "%u", i);
        gw_verdict_key wrong = key_of("hash", text);
        gw_verdict_put(&wrong, GW_VERDICT_WRONG, INT64_MAX, 0);
    }
    assert_int_equal(gw_verdict_get(&a, 99, &value, &until), GW_VERDICT_RIGHT);
}

static void test_identity__passwords(void **state)
{
    char one[GW_PASSWORD_ENCODED], two[GW_PASSWORD_ENCODED];
    assert_true(gw_password_hash(rd_slice_str("geheim"), one));
    assert_true(gw_password_hash(rd_slice_str("geheim"), two));
    assert_string_not_equal(one, two);
    assert_true(gw_password_verify(one, rd_slice_str("geheim")));
    assert_false(gw_password_verify(one, rd_slice_str("geheim ")));
    assert_false(gw_password_verify(one, rd_slice_str("")));
    assert_false(gw_password_verify("$argon2id$v=19$m=8,t=1,p=1$x$y", rd_slice_str("geheim")));
    assert_false(gw_password_hash(rd_slice_str(""), one));
}

static void test_identity__headers_by_name(void **state)
{
    rd_slice v = {0};
    const gw_head h = {.fields = RD_SLICE_LIT("Host: a\r\nX-Who:\t b c \r\nx-who: d\r\nX-Whose: e\r\n\r\n")};
    assert_int_equal(gw_credential_header(&h, "X-WHO", &v), 2);
    assert_true(rd_slice_eq(v, RD_SLICE_LIT("b c")));
    assert_int_equal(gw_credential_header(&h, "X-Whose", &v), 1);
    assert_int_equal(gw_credential_header(&h, "X-Wh", &v), 0);
    assert_int_equal(gw_credential_header(&(gw_head){0}, "X-Wh", &v), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identity__networks),
        cmocka_unit_test(test_identity__key_sets),
        cmocka_unit_test(test_identity__signed_text_without_claims),
        cmocka_unit_test(test_identity__verdicts_are_remembered),
        cmocka_unit_test(test_identity__passwords),
        cmocka_unit_test(test_identity__headers_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
