/* SPDX-License-Identifier: MIT */
/* Keys inside texts: every notation, at every depth of strings in strings, in every format; and what is no
 * pair. */
#include "tests/unit/redact_kit.h"

#include <stdio.h>

#include "filters/json/json.h"

/* Those of the shipped rule set `keys`. */
#define SHIPPED                                                                                              \
    "user_id", "session_id", "email", "request_id", "token", "authorization", "api_key", "secret", "ip"

static const rd_rule_spec rules[] = {
    {.name = "keys", KIT_KEYS(SHIPPED), .label_action = RD_ACTION_DROP},
    {.name = "mail", KIT_DETECTOR(EMAIL)},
};

/* Redacts one text with the first `n` rules; a C string in a buffer that stays until the next call. */
static const char *redacted(const rd_rule_spec *list, uint32_t n, const char *text)
{
    static char result[1 << 16];
    rd_policy *p = kit_policy(list, n);
    rd_redactor *r = rd_redactor_new();
    rd_buf in, out;
    rd_buf_init(&in, 1 << 20);
    rd_buf_init(&out, 1 << 20);
    rd_buf_append_str(&in, text);
    (void)rd_buf_reserve(&in, 0);
    assert_int_equal(
        rd_redact_text(r, &(rd_text_job){.policy = p, .cls = RD_CLASS_BODY}, rd_buf_slice(&in), &out), RD_OK);
    assert_true(out.n < sizeof result);
    memcpy(result, out.p, out.n);
    result[out.n] = '\0';
    rd_buf_release(&in);
    rd_buf_release(&out);
    rd_redactor_free(&r);
    rd_policy_free(&p);
    return result;
}

static void expect(const char *text, const char *want)
{
    assert_string_equal(redacted(rules, 1, text), want);
    assert_string_equal(redacted(rules, 1, want), want);
}

/* K is the key. */
static const struct {
    const char *text, *want;
} wrappers[] = {
    {"K=42", "K=***"},
    {"K=***;d=1 K=***;d K=***|e", "K=***;d=1 K=***;d K=***|e"},
    {"at=info K=42 ms=3", "at=info K=*** ms=3"},
    {"ms=3 K=\"x y = z\" b=\"c\"", "ms=3 K=\"***\" b=\"c\""},
    {"ms=3 K='x y' b", "ms=3 K='***' b"},
    {"GET /a?b=c&K=42&d=e HTTP/1.1", "GET /a?b=c&K=***&d=e HTTP/1.1"},
    {"GET /a%3Fb%3Dc%26K%3D42%26d%3De HTTP/1.1", "GET /a%3Fb%3Dc%26K%3D***%26d%3De HTTP/1.1"},
    {"%7B%22K%22%3A%22x%40y%22%7D", "%7B%22K%22%3A%22***%22%7D"},
    {"User(K=42, name=bob)", "User(K=***, name=bob)"},
    {"[K=42,n=1;K=43;x=2]", "[K=***,n=1;K=***;x=2]"},
    {"{\"a\":1,\"K\":\"42\",\"b\":[2]}", "{\"a\":1,\"K\":\"***\",\"b\":[2]}"},
    {"{ \"K\" : \"a \\\\\" , \"b\" : 1 }", "{ \"K\" : \"***\" , \"b\" : 1 }"},
    {"{\"K\":\"a\\\"b\\\\\",\"b\":\"c\"}", "{\"K\":\"***\",\"b\":\"c\"}"},
    {"{\"K\":\"a,b:c}\",\n\t\"b\":\"c\"}", "{\"K\":\"***\",\n\t\"b\":\"c\"}"},
    {"{\"K\":42,\"b\":-1}", "{\"K\":\"***\",\"b\":-1}"},
    {"[{\"K\":-4.2e1}]", "[{\"K\":\"***\"}]"},
    {"{\"K\":true,\"K\":-1}", "{\"K\":true,\"K\":\"***\"}"},
    {"a K=null b K=${KEY} c K={{ k }} d", "a K=null b K=${KEY} c K={{ k }} d"},
    {"{\"K\":\n  [1,{\"a\":\"]}\"},[]],\"b\":{}}", "{\"K\":\n  \"***\",\"b\":{}}"},
    {"{\"K\":{\"a\":{\"b\":\"\\\"}\"}}}", "{\"K\":{\"a\":{\"b\":\"***\"}}}"},
    {"{\"K\":[{\"a\":\"x\",\"n\":-1.5},{\"b\":[\"y\",\"z\"],\"t\":true}],\"b\":1}",
     "{\"K\":[{\"a\":\"***\",\"n\":\"***\"},{\"b\":[\"***\",\"***\"],\"t\":true}],\"b\":1}"},
    {"{\"K\":{\"a\":[1,\"x\"]},\"b\":1}", "{\"K\":\"***\",\"b\":1}"},
    {"{\"K\":{\"user_id\":\"x\",\"b\":null},\"b\":1}", "{\"K\":{\"user_id\":\"***\",\"b\":null},\"b\":1}"},
    {"{\"m\":\"{\\\"K\\\":{\\\"a\\\":\\\"x\\\"},\\\"b\\\":1}\"}",
     "{\"m\":\"{\\\"K\\\":{\\\"a\\\":\\\"***\\\"},\\\"b\\\":1}\"}"},
    {"{\"K\":{\"a\":\"no end", "{\"K\":{\"a\":\"***"},
    {"{'K': '42', 'b': 1}", "{'K': '***', 'b': 1}"},
    {"{'K': 42, 'b': 1}", "{'K': '***', 'b': 1}"},
    {"{\"m\":\"{\\\"K\\\":\\\"42\\\",\\\"b\\\":1}\",\"n\":2}",
     "{\"m\":\"{\\\"K\\\":\\\"***\\\",\\\"b\\\":1}\",\"n\":2}"},
    {"{\"m\":\"{\\\"K\\\":42,\\\"b\\\":1}\",\"n\":2}",
     "{\"m\":\"{\\\"K\\\":\\\"***\\\",\\\"b\\\":1}\",\"n\":2}"},
    {"{\"m\":\"{\\\"K\\\":\\\"a\\\\\\\"b\\\\\\\\\\\",\\\"b\\\":1}\"}",
     "{\"m\":\"{\\\"K\\\":\\\"***\\\",\\\"b\\\":1}\"}"},
    {"{\"m\":\"{\\\"K\\\":[\\\"a]\\\",{}],\\\"b\\\":1}\"}",
     "{\"m\":\"{\\\"K\\\":[\\\"***\\\",{}],\\\"b\\\":1}\"}"},
    {"\\\\\\\"K\\\\\\\":\\\\\\\"42\\\\\\\",\\\\\\\"b\\\\\\\":1",
     "\\\\\\\"K\\\\\\\":\\\\\\\"***\\\\\\\",\\\\\\\"b\\\\\\\":1"},
    {"{\"m\":\"x\\nK=42\\ty=1\"}", "{\"m\":\"x\\nK=***\\ty=1\"}"},
    {"{\"m\":\"K=42\"}", "{\"m\":\"K=***\"}"},
    {"http.request.K=42 x", "http.request.K=*** x"},
    {"[\"K\"] = \"42\"", "[\"K\"] = \"***\""},
    {"\"K\" => \"42\",", "\"K\" => \"***\","},
    {"K=\"no end", "K=\"***"},
    {"{\"K\":\"no end", "{\"K\":\"***"},
    {"{\"K\":[\"no end\"", "{\"K\":[\"***\""},
};

/* `pattern` with the key in K's place. */
static void fill(const char *pattern, const char *key, rd_buf *out)
{
    out->n = 0;
    for (const char *c = pattern; *c != '\0'; c++) {
        if (*c == 'K')
            rd_buf_append_str(out, key);
        else
            rd_buf_append_byte(out, (uint8_t)*c);
    }
    rd_buf_append_byte(out, 0);
}

static void test_inline_keys__every_shipped_key_in_every_notation(void **state)
{
    static const char *const keys[] = {SHIPPED, "userId", "User-Id", "X-Api-Key", "app.session_id"};
    for (size_t w = 0; w < sizeof wrappers / sizeof wrappers[0]; w++) {
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
            rd_buf in, want;
            rd_buf_init(&in, 4096);
            rd_buf_init(&want, 4096);
            bool x_key = strcmp(keys[k], "X-Api-Key") == 0;
            fill(wrappers[w].text, x_key ? "app.Api-Key" : keys[k], &in);
            fill(wrappers[w].want, x_key ? "app.Api-Key" : keys[k], &want);
            expect((const char *)in.p, (const char *)want.p);
            rd_buf_release(&in);
            rd_buf_release(&want);
        }
    }
}

/* The detectors read in chunks of 4096 bytes and words of 64. */
static void test_inline_keys__wherever_a_chunk_ends(void **state)
{
    enum { CHUNK = 4096, REACH = 72 };
    rd_policy *p = kit_policy(rules, 1);
    rd_redactor *r = rd_redactor_new();
    rd_buf in, out, text, want;
    rd_buf *all[] = {&in, &out, &text, &want};
    for (size_t i = 0; i < 4; i++)
        rd_buf_init(all[i], 1 << 20);
    for (size_t w = 0; w < sizeof wrappers / sizeof wrappers[0]; w++) {
        fill(wrappers[w].text, "ip", &text);
        fill(wrappers[w].want, "ip", &want);
        for (size_t at = CHUNK - REACH; at <= CHUNK + 1; at++) {
            in.n = out.n = 0;
            for (size_t i = 0; i < at; i++)
                rd_buf_append_byte(&in, ' ');
            rd_buf_append(&in, text.p, text.n - 1);
            (void)rd_buf_reserve(&in, 0);
            assert_int_equal(
                rd_redact_text(r, &(rd_text_job){.policy = p, .cls = RD_CLASS_BODY}, rd_buf_slice(&in), &out),
                RD_OK);
            assert_int_equal(out.n, at + want.n - 1);
            assert_memory_equal(out.p + at, want.p, want.n - 1);
        }
    }
    for (size_t i = 0; i < 4; i++)
        rd_buf_release(all[i]);
    rd_redactor_free(&r);
    rd_policy_free(&p);
}

static void test_inline_keys__names_that_no_sentence_has(void **state)
{
    expect("login of user_id: 42, session_id: ab-cd.", "login of user_id: ***, session_id: ***");
    expect("WHERE user_id = 42 AND a = 1", "WHERE user_id = *** AND a = 1");
    expect("userId: 42", "userId: ***");
    expect("request-id := x9", "request-id := ***");
}

static void test_inline_keys__what_is_no_pair_stays(void **state)
{
    static const char *const texts[] = {
        "invalid token: expired",
        "the secret: be kind",
        "if (token == NULL)",
        "token != x",
        "12:34:56 token",
        "user_id=",
        "user_id= next=1",
        "\"the token\": \"x\"",
        "tokens=3",
        "mytoken=3",
        "user_idx=3",
        "a:b:token",
        "user_id::int",
        "[token]",
        "\"user_id\":",
        "{\"user_id\":}",
        "{\"user_id\":\"\"}",
        "=token",
        ":",
        "=",
        "\":\"",
        "%3D",
        "user_id%3",
        "token",
        "the token : x",
        "\"a\":\"user_id\"",
        "2026-01-01T10:00:00Z level=info",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        expect(texts[i], texts[i]);
}

static void test_inline_keys__what_is_not_what_its_key_says_stays(void **state)
{
    static const char *const texts[] = {
        "unexpected token=RPAREN at line 4",
        "ip=0.0.0.0:636 ip=:: ip=[::]:80",
        "volume \"token\" : secret \"x\" not found",
        "token=****** token=XXXX secret=XXX-XX-1234 ip=x.x.x.x",
        "secret=**********1234 email=j****e@example.org api_key=sk_live_****1234",
        "secret=[FILTERED] token=[REDACTED:token] {\"secret\":\"(hidden)\"}",
        "token=**REDACTED** secret=__MASKED__ secret=REDACTED secret=[REDACTED_BY_POLICY] secret=[EMAIL]",
        "{\"token\":\"\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\",\"ip\":\"***.***.***.7\"}",
        "email=required {\"secret\":\"string\",\"token\":\"String!\"} token=varchar(64)",
        "{\"email\":[\"has already been taken\",\"is too short\"],\"token\":[\"can't be blank\"]}",
        "{\"secret\": {\"type\": \"string\", \"minLength\": 8, \"format\":\"password\"}}",
        "{\"secret\": {\"value\":\"***\", \"origin\":\"line 4\"}}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        expect(texts[i], texts[i]);
    expect("ip=192.0.2.1:443 {\"ip\":\"192.0.2.1:80\"}", "ip=***:443 {\"ip\":\"***:80\"}");
    expect("token=[hunter2] {\"token\":[\"a1\", \"b2\"]}", "token=[***] {\"token\":[\"***\", \"***\"]}");
    expect("user_id=(ab 12) token=[abc]def user_id=(12) 34", "user_id=(***) token=*** user_id=***) 34");
    expect("token=[] token=() {\"token\":[1,\"b2\"]}", "token=[] token=() {\"token\":\"***\"}");
    expect("token=hunter2[\\r][\\n]", "token=***[\\r][\\n]");
    expect("token=ab***cd token=P***w0rd token=xxx123 token=ab**", "token=*** token=*** token=*** token=***");
    expect("token=ab####cd token=A1B2C3****Z9Y8 token=abcd_live_#### secret=2024-XXXX token=a-*-*-b",
           "token=*** token=*** token=*** secret=*** token=***");
    expect("email=xxx@Hunter email=ab***@erika email=ab***@example.org token=ab***@example.org",
           "email=*** email=*** email=ab***@example.org token=***");
    expect("user_id=U12345 *** next user_id=4111 **** **** 1234",
           "user_id=*** *** next user_id=*** **** **** 1234");
    expect("email=xxx.(415) 555-0132", "email=***) 555-0132");
    expect("token=REDACTED_1234 token=[hidden:S3cret!] secret=invalid", "token=*** token=***] secret=***");
    expect("{\"secret\":[\"at least 3 Dragons\",\"is too short\"]}",
           "{\"secret\":[\"***\",\"is too short\"]}");
    expect("{\"token\":\"hidden-9\",\"secret\":[\"a b c\"]}", "{\"token\":\"***\",\"secret\":[\"***\"]}");
    expect("{\"secret\": {\"type\": \"string\", \"default\": \"hunter2\"}}",
           "{\"secret\": {\"type\": \"string\", \"default\": \"***\"}}");
    expect("{\"secret\": {\"type\": \"x\", \"format\": \"y\"}}",
           "{\"secret\": {\"type\": \"***\", \"format\": \"***\"}}");
    expect("token=RPAREN token=R token=Saved(4", "token=*** token=*** token=***");
    expect("{\"token\":\"LEFT_BRACE\"}", "{\"token\":\"***\"}");
    expect("{\"token\":\"SavedToken(state=hunter2x)\"}", "{\"token\":\"***\"}");
    expect("{\"secret\":{\"a\":\"val\":\"x\"}}", "{\"secret\":\"***\"}");
    expect("secret=RPAREN api_key=RPAREN", "secret=*** api_key=***");
    const rd_rule_spec pairs = {.name = "k", KIT_KEYS("connection_string"), .action = RD_ACTION_MASK};
    static const char server[] = "ConnectionString=Server=db;Database=shop";
    assert_string_equal(redacted(&pairs, 1, server), server);
    assert_string_equal(redacted(&pairs, 1, "connection_string=postgresqlsecret="), "connection_string=***");
    assert_string_equal(redacted(&pairs, 1, "connection_string=c2VjcmV0cw=="), "connection_string=***");
    assert_string_equal(redacted(&pairs, 1, "connection_string=db:6379,abortConnect"),
                        "connection_string=***");
    expect("ip=0.0.0.10 ip=::1 ip=0.0.0.0:x", "ip=*** ip=*** ip=***");
}

static void test_inline_keys__addresses_keep_ports_and_days_keep_midnight(void **state)
{
    const rd_rule_spec days = {.name = "k", KIT_KEYS("birth_date"), .action = RD_ACTION_MASK};
    (void)state;
    assert_string_equal(redacted(&days, 1, "{\"birth_date\":\"1970-01-31T00:00:00.000Z\"}"),
                        "{\"birth_date\":\"***T00:00:00.000Z\"}");
    assert_string_equal(redacted(&days, 1, "birth_date=1970-01-31T00:00:01 birthDate=1970-01-31T00:00x"),
                        "birth_date=*** birthDate=***");
    expect("ip=192.0.2.1:443 client.ip=***:443", "ip=***:443 client.ip=***:443");
    expect("app.secret=192.0.2.1:443 x secret=192.0.2.1:443 token=1970-01-31T00:00:00Z",
           "app.secret=*** x secret=*** token=***");
}

static void test_inline_keys__brackets_end_values_only_before_what_is_none(void **state)
{
    (void)state;
    expect("secret=[abc],def!9 token=(a1)|Xyz9 token=(a1);Xyz9 token=[a]}Rest99",
           "secret=*** token=*** token=*** token=***");
    expect("secret=[abc], d token=(a1); d token=[a]&b=c {token=[a]}", "secret=[***], d token=(***); d "
                                                                      "token=[***]&b=c {token=[***]}");
    expect("secret=[[FILTERED]An Nam] token=[[FILTERED] x", "secret=[***] token=***] x");
    expect("secret=Str(abc)def99", "secret=***");
    expect("secret=a token=Str(ab c)", "secret=*** token=Str(***)");
    expect("session_id => Optional(4111 1111", "session_id => Optional(*** 1111");
    expect("session_id=Optional[4111 11] token=Optional[\"x y\"]", "session_id=Optional[***] "
                                                                   "token=Optional[\"***\"]");
    expect("token=Optional[str] token=Optional(hunter2)", "token=Optional[str] token=***)");
}

static void test_inline_keys__schemas_describe_and_hold_values(void **state)
{
    (void)state;
    expect("{\"secret\":{\"type\":\"string\",\"description\":\"Hunter22\",\"title\":\"a\"}}",
           "{\"secret\":{\"type\":\"string\",\"description\":\"***\",\"title\":\"***\"}}");
    expect("{\"secret\":{\"type\":\"string\",\"pattern\":\"hunter2\",\"enum\":[\"a1\"],\"maxLength\":8}}",
           "{\"secret\":{\"type\":\"string\",\"pattern\":\"***\",\"enum\":[\"***\"],\"maxLength\":8}}");
    expect("{\"secret\":{\"type\":\"string\",\"minimum\":\"a1\",\"format\":\"hunter2\",\"example\":4711}}",
           "{\"secret\":{\"type\":\"string\",\"minimum\":\"***\",\"format\":\"***\",\"example\":\"***\"}}");
    expect("{\"secret\":{\"type\":\"integer\",\"minimum\":4711}}",
           "{\"secret\":{\"type\":\"integer\",\"minimum\":\"***\"}}");
    expect("{\"secret\":{\"type\":\"string\",\"count\":8}}",
           "{\"secret\":{\"type\":\"string\",\"count\":\"***\"}}");
    expect("{\"secret\":{\"value\":\"x\",\"origin\":\"hunter2\"}}",
           "{\"secret\":{\"value\":\"***\",\"origin\":\"***\"}}");
    static const char stays[] =
        "{\"secret\":{\"type\":\"string\",\"pattern\":\"^.{8,}$\",\"writeOnly\":true}} "
        "{\"token\":{\"value\":\"***\",\"origin\":\"class path resource [a.yml] - 4:1\"}}";
    expect(stays, stays);
}

static void test_inline_keys__unite_with_what_detectors_find(void **state)
{
    assert_string_equal(redacted(rules, 2, "user_id=a@example.org,b@example.org x"), "user_id=*** x");
    assert_string_equal(redacted(rules, 2, "to=carl@example.org user_id=7 from=dora@example.org"),
                        "to=c***@example.org user_id=*** from=d***@example.org");
    assert_string_equal(redacted(rules, 2, "{\"email\":\"a@example.org\"}"), "{\"email\":\"***\"}");
}

static void test_inline_keys__actions(void **state)
{
    const rd_rule_spec drop = {.name = "k", KIT_KEYS("user_id"), .action = RD_ACTION_DROP};
    const rd_rule_spec replace = {
        .name = "k", KIT_KEYS("user_id"), .action = RD_ACTION_REPLACE, .replacement = "[gone away]"};
    const rd_rule_spec shadow = {.name = "k", KIT_KEYS("user_id"), .mode = RD_MODE_SHADOW};
    /* A pair cannot be cut out of a text without knowing its grammar. */
    assert_string_equal(redacted(&drop, 1, "user_id=42 {\"user_id\":42}"),
                        "user_id=*** {\"user_id\":\"***\"}");
    assert_string_equal(redacted(&replace, 1, "user_id=42 {\"user_id\":42}"),
                        "user_id=[gone away] {\"user_id\":\"[gone away]\"}");
    assert_string_equal(redacted(&replace, 1, "user_id=[gone away] {\"user_id\":\"[gone away]\"}"),
                        "user_id=[gone away] {\"user_id\":\"[gone away]\"}");
    assert_string_equal(redacted(&replace, 1, "user_id=[gone-42 away]"), "user_id=[[gone away]]");
    assert_string_equal(redacted(&replace, 1, "user_id=[[gone away]]"), "user_id=[[gone away]]");
    assert_string_equal(redacted(&shadow, 1, "user_id=42"), "user_id=42");
}

static void test_inline_keys__in_all_formats(void **state)
{
    rd_policy *p = kit_policy(rules, 2);
    kit_expect(
        p, RD_SIGNAL_LOGS, RD_FORMAT_JSON,
        "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"stringValue\":\"{\\\"user_id\\\":"
        "42,"
        "\\\"a\\\":\\\"\\u0041\\\"}\"},\"attributes\":[{\"key\":\"q\",\"value\":{\"stringValue\":\"ip=::1\"}}"
        "]}]}]}]}",
        "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"stringValue\":\"{\\\"user_id\\\":"
        "\\\"***\\\",\\\"a\\\":\\\"\\u0041\\\"}\"},\"attributes\":[{\"key\":\"q\",\"value\":{\"stringValue\":"
        "\"ip=***\"}}]}]}]}]}");
    kit_expect(p, RD_SIGNAL_TRACES, RD_FORMAT_PROTOBUF,
               "1{2{2{5'GET /?token=abc' 9{1'q' 2{1'secret=x y'}}}}}",
               "1{2{2{5'GET /?token=***' 9{1'q' 2{1'secret=*** y'}}}}}");
    kit_expect(
        p, RD_SIGNAL_LOKI_PUSH, RD_FORMAT_JSON,
        "{\"streams\":[{\"stream\":{\"a\":\"token=b\"},\"values\":[[\"1\",\"{\\\"token\\\":\\\"x\\\"}\"]]}]}",
        "{\"streams\":[{\"stream\":{\"a\":\"token=***\"},\"values\":[[\"1\",\"{\\\"token\\\":\\\"***\\\"}\"]]"
        "}]}");
    kit_expect(p, RD_SIGNAL_LOKI_PUSH, RD_FORMAT_PROTOBUF,
               "1{1'{a=\"token=b\"}' 2{1{1=1} 2'level=info session_id=42'}}",
               "1{1'{a=\"token=***\"}' 2{1{1=1} 2'level=info session_id=***'}}");
    /* base64 of {"token":"x"} */
    kit_expect(p, RD_SIGNAL_LOGS, RD_FORMAT_JSON,
               "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"bytesValue\":"
               "\"eyJ0b2tlbiI6IngifQ==\"}}]}]}]}",
               "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"bytesValue\":"
               "\"eyJ0b2tlbiI6IioqKiJ9\"}}]}]}]}");
    rd_policy_free(&p);
}

static void test_inline_keys__follow_classes_and_count(void **state)
{
    const rd_rule_spec list[] = {
        {.name = "body", KIT_KEYS("token"), .classes = 1u << RD_CLASS_BODY},
        {.name = "seen", KIT_KEYS("token"), .classes = 1u << RD_CLASS_ATTRIBUTE, .mode = RD_MODE_SHADOW},
    };
    rd_policy *p = kit_policy(list, 2);
    rd_buf in = kit_body(RD_FORMAT_PROTOBUF, "1{2{2{5{1'token=1 token=2'} 6{1'a' 2{1'token=3'}}}}}");
    rd_buf want = kit_body(RD_FORMAT_PROTOBUF, "1{2{2{5{1'token=*** token=***'} 6{1'a' 2{1'token=3'}}}}}");
    kit_result k = kit_run(p, RD_SIGNAL_LOGS, RD_FORMAT_PROTOBUF, rd_buf_slice(&in));
    assert_int_equal(k.outcome, RD_OK);
    assert_true(rd_slice_eq(k.r.body, rd_buf_slice(&want)));
    assert_int_equal(kit_hits(&k, 0, RD_CLASS_BODY), 2);
    assert_int_equal(kit_hits(&k, 1, RD_CLASS_ATTRIBUTE), 1);
    kit_free(&k);
    rd_buf_release(&in);
    rd_buf_release(&want);
    rd_policy_free(&p);
}

/* Texts made to be read again and again. */
static void test_inline_keys__hostile_texts_take_linear_time(void **state)
{
    static const char *const units[] = {
        "user_id=", "\"user_id\":",    "{\"user_id\":[", "user_id=\"", "\\\\\"",
        ",a",       "\"user_id\":   ", "user_id=,",      "%3D",        "a_",
        "\": ",     "user_id=a,"};
    for (size_t u = 0; u < sizeof units / sizeof units[0]; u++) {
        rd_policy *p = kit_policy(rules, 1);
        rd_redactor *r = rd_redactor_new();
        rd_buf in, out;
        rd_buf_init(&in, 1 << 24);
        rd_buf_init(&out, 1 << 25);
        while (in.n < 1 << 22)
            rd_buf_append_str(&in, units[u]);
        assert_int_equal(
            rd_redact_text(r, &(rd_text_job){.policy = p, .cls = RD_CLASS_BODY}, rd_buf_slice(&in), &out),
            RD_OK);
        rd_buf_release(&in);
        rd_buf_release(&out);
        rd_redactor_free(&r);
        rd_policy_free(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inline_keys__every_shipped_key_in_every_notation),
        cmocka_unit_test(test_inline_keys__wherever_a_chunk_ends),
        cmocka_unit_test(test_inline_keys__names_that_no_sentence_has),
        cmocka_unit_test(test_inline_keys__what_is_no_pair_stays),
        cmocka_unit_test(test_inline_keys__what_is_not_what_its_key_says_stays),
        cmocka_unit_test(test_inline_keys__addresses_keep_ports_and_days_keep_midnight),
        cmocka_unit_test(test_inline_keys__brackets_end_values_only_before_what_is_none),
        cmocka_unit_test(test_inline_keys__schemas_describe_and_hold_values),
        cmocka_unit_test(test_inline_keys__unite_with_what_detectors_find),
        cmocka_unit_test(test_inline_keys__actions),
        cmocka_unit_test(test_inline_keys__in_all_formats),
        cmocka_unit_test(test_inline_keys__follow_classes_and_count),
        cmocka_unit_test(test_inline_keys__hostile_texts_take_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
