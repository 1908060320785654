/* SPDX-License-Identifier: MIT */
/* Detectors of tokens, keys and credentials that show themselves. All values are made up. */
#include "tests/unit/unit.h"

#include "tests/unit/detect_try.h"

#define BIT(name) (UINT64_C(1) << RD_DETECTOR_##name)
#define R20       "Zk3x9QwL7bT1mVc8RyUe"
#define R24       R20 "Hn5D"
#define R32       R20 "Hn5DgS2pJf6K"
#define R36       R32 "aW4o"

static void test_detect_jwt__tokens_and_look_alikes(void **state)
{
    static const detect_row rows[] = {
        {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "eyJ***"},
        {"x=eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "x=eyJ***."},
        {"\"eyJhbGciOiJSU0EtT0FFUCJ9.a1b2c3.d4e5.f6g7.h8i9\"", "\"eyJ***\""},
        {"\\neyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "\\neyJ***"},
        {"cursor=eyJwYWdlIjogMTIsICJjdXJzb3IiOiAiNWEifQ==", NULL},
        {"eyJhbGciOiJIUzI1NiJ9", NULL},
        {"keyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", NULL},
        {"eyJ.eyJ.eyJ", NULL},
    };
    DETECT_CHECK(BIT(JWT), rows);
}

static void test_detect_auth__schemes(void **state)
{
    static const detect_row bearer[] = {
        {"Authorization: Bearer " R20, "Authorization: Bearer ***"},
        {"authorization=[Bearer abc.def]", "authorization=[Bearer ***]"},
        {"sent bearer " R20 "== ok", "sent bearer *** ok"},
        {"Authorization: Bearer%20" R20, "Authorization: Bearer%20***"},
        {"bearer of bad news", NULL},
        {"token_type=bearer expires_in=3600", NULL},
        {"WWW-Authenticate: Bearer realm=\"api\", error=\"invalid_token\"", NULL},
        {"Authorization: Bearer ${TOKEN}", NULL},
        {"forbearer " R20, NULL},
    };
    DETECT_CHECK(BIT(BEARER_TOKEN), bearer);
    static const detect_row basic[] = {
        {"Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic ***"},
        {"\\\"authorization\\\":\\\"Basic dXNlcjpwYXNzd29yZA==\\\"",
         "\\\"authorization\\\":\\\"Basic ***\\\""},
        {"Proxy-Authorization: basic dTpw", "Proxy-Authorization: basic ***"},
        {"Basic realm=\"restricted\"", NULL},
        {"basic authentication required", NULL},
        {"Basic support", NULL},
    };
    DETECT_CHECK(BIT(BASIC_AUTH), basic);
}

static void test_detect_provider__tokens(void **state)
{
    static const detect_row rows[] = {
        {"AKIAZ7QW3ERT5YUP2SDF", "AKIA***"},
        {"key=ASIAZZQWAERTXYUPSSDF,", "key=ASIA***,"},
        {"ghp_" R36, "ghp_***"},
        {"(token ghs_" R36 ")", "(token ghs_***)"},
        {"github_pat_" R24 "_" R36, "github_pat_***"},
        {"glpat-" R20, "glpat-***"},
        {"xoxb-123456789012-1234567890123-" R24, "xoxb-***"},
        {"https://hooks.slack.com/services/T0ABC1234/B0DEF5678/" R24, "https://hooks.slack.com/services/***"},
        {"AIza" R32 "Hn5", "AIza***"},
        {"sk_live_" R24, "sk_live_***"},
        {"-u rk_test_" R24 ":", "-u rk_test_***:"},
        {"whsec_" R32, "whsec_***"},
        {"sk-ant-api03-" R32, "sk-ant-***"},
        {"sk-proj-" R32, "sk-proj-***"},
        {"npm_" R36, "npm_***"},
        {"SG." R20 "x_." R32, "SG.***"},
        {"hvs." R24, "hvs.***"},
        {"\\nghp_" R36 "\\n", "\\nghp_***\\n"},
        {"hf_" R32, "hf_***"},
    };
    DETECT_CHECK(UINT64_MAX & ~BIT(PASSWORD) & ~BIT(SECRET), rows);
}

static void test_detect_provider__look_alikes_stay(void **state)
{
    static const detect_row rows[] = {
        {"ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", NULL},
        {"TODAYINASIAASACKOFRICEFELLOVER", NULL},
        {"AKIAXXXXXXXXXXXXXXXX", NULL},
        {"AKIAZ7QW3ERT5YUP2SD", NULL},
        {"AKIAZ7QW3ERT5YUP2SDFG", NULL},
        {"xoxo-indieweb-festival-1", NULL},
        {"AIzaShort", NULL},
        {"sk-learn-pipeline-component-version", NULL},
        {"task-4f5e6d7c8b9a", NULL},
        {"key-value-store-implementation-notes", NULL},
    };
    DETECT_CHECK(UINT64_MAX & ~BIT(PASSWORD) & ~BIT(SECRET), rows);
}

static void test_detect_private_key__forms(void **state)
{
    static const detect_row rows[] = {
        {"a -----BEGIN PRIVATE KEY-----\nMIIEvQ==\n-----END PRIVATE KEY----- b", "a *** b"},
        {"{\"k\":\"-----BEGIN RSA PRIVATE KEY-----\\nMIIEvQ\\n-----END RSA PRIVATE KEY-----\\n\"}",
         "{\"k\":\"***\\n\"}"},
        {"-----BEGIN OPENSSH PRIVATE KEY----- b3BlbnNz -----END OPENSSH PRIVATE KEY-----", "***"},
        {"-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n", "***\n"},
        {"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQWG\n-----END PGP PRIVATE KEY BLOCK-----", "***"},
        {"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", NULL},
        {"-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----", NULL},
        {"| -----BEGIN PRIVATE KEY-----\n| MIIEvQ==\n| MIIEvQ\n| -----END PRIVATE KEY----- b", "| *** b"},
        {"BEGIN PRIVATE KEY", NULL},
    };
    DETECT_CHECK(BIT(PRIVATE_KEY), rows);
}

static void test_detect_url__credentials(void **state)
{
    static const detect_row rows[] = {
        {"postgres://app:S3cr3t!@db.example.com:5432/x", "postgres://app:***@db.example.com:5432/x"},
        {"redis://:pa%40ss@localhost", "redis://:***@localhost"},
        {"https://u@x.com:pw@host/", "https://u@x.com:***@host/"},
        {"amqp://u:a/b@host:5672", "amqp://u:***@host:5672"},
        {"git clone https://" R24 "@git.example.com/x", "git clone https://***@git.example.com/x"},
        {"'mysql://root:$QLZ~u8@db'", "'mysql://root:***@db'"},
        {"https://url:8000 @x", NULL},
        {"https://url:8000/@x", NULL},
        {"https://example.com/a:b@c", NULL},
        {"https://user@example.com/", NULL},
        {"http://h:80/?q=a@b", NULL},
        {"https://user:${PASS}@host", NULL},
        {"https://user:@host", NULL},
    };
    DETECT_CHECK(BIT(URL_CREDENTIALS), rows);
}

static void test_detect_url__users_that_are_tokens(void **state)
{
    static const detect_row rows[] = {
        {"https://" R24 ":x-oauth-basic@git.example.com/x", "https://***:x-oauth-basic@git.example.com/x"},
        {"https://" R24 ":api_token@h/", "https://***:api_token@h/"},
        {"https://app:x-oauth-basic@h/", "https://app:***@h/"},
        {"https://" R24 ":hunter2@h/", "https://" R24 ":***@h/"},
        {"https://***:x-oauth-basic@h/", NULL},
    };
    DETECT_CHECK(BIT(URL_CREDENTIALS), rows);
}

static void test_detect_url__other_notations(void **state)
{
    static const detect_row rows[] = {
        {"dsn app:hunter2@tcp(db:3306)/x", "dsn app:***@tcp(db:3306)/x"},
        {"\"app:p@ss@unix(/run/db.sock)/x\"", "\"app:***@unix(/run/db.sock)/x\""},
        {"\"https:\\/\\/app:hunter2@db\\/x\"", "\"https:\\/\\/app:***@db\\/x\""},
        {"http://CORP\\nadia:hunter2@proxy:8080", NULL},
        {"http://CORP\\ines:hunter2@proxy:8080", "http://CORP\\ines:***@proxy:8080"},
        {"http://CORP\\\\nadia:hunter2@proxy:8080", "http://CORP\\\\nadia:***@proxy:8080"},
        {"\\\"http://h\\\",a:b@c", NULL},
        {"app@tcp(db:3306)/x", NULL},
        {"note: see app@tcp(db:3306)/x", NULL},
        {"\"https:\\/\\/h\\/a:b@c\"", NULL},
    };
    DETECT_CHECK(BIT(URL_CREDENTIALS), rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_detect_jwt__tokens_and_look_alikes),
        cmocka_unit_test(test_detect_auth__schemes),
        cmocka_unit_test(test_detect_provider__tokens),
        cmocka_unit_test(test_detect_provider__look_alikes_stay),
        cmocka_unit_test(test_detect_private_key__forms),
        cmocka_unit_test(test_detect_url__credentials),
        cmocka_unit_test(test_detect_url__users_that_are_tokens),
        cmocka_unit_test(test_detect_url__other_notations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
