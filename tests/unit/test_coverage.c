/* SPDX-License-Identifier: MIT */
/*
 * The proof that nothing is overlooked: for every field of every message that the schema says can hold text,
 * at every path from the four roots, and for an unknown field in every message, an e-mail address is put
 * there and must not come out: not as bytes, not in a JSON string, not in base64. The paths are made from the
 * schema, so that a new field is tested the moment it has a mark.
 */
#include "tests/unit/redact_kit.h"

#include <jansson.h>
#include <stdio.h>

#include "filters/base/base64.h"
#include "filters/schema/schema.h"

#define SECRET  "jane.doe@example.com"
#define ESCAPED "jane.do\\u0065\\u0040example.com" /* the same in a JSON string */
#define TRACE   "jane.do"                          /* what must be in nothing that comes out */
#define CARD    "4111111111111111"

enum { MAX_PATH = 24, MAX_REPEATS = 2 };

/* What stands at the end of a path. */
typedef enum plant { PLANT_TEXT, PLANT_LABELS, PLANT_NUMBER, PLANT_UNKNOWN, PLANT_UNKNOWN_NAME } plant;

typedef enum style { STYLE_PROTOBUF, STYLE_CAMEL, STYLE_SNAKE, STYLE_ESCAPED, STYLE_COUNT } style;

typedef struct path {
    const rd_field *fields[MAX_PATH];
    unsigned n;
} path;

typedef struct proof {
    rd_policy *policy;
    rd_signal signal;
    unsigned long n_tried;
} proof;

static void describe(const path *p, char *out, size_t n)
{
    size_t at = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < p->n && at < n; i++)
        at += (size_t)snprintf(out + at, n - at, ".%s", p->fields[i]->name);
}

/* ---- looking for it ---- */

static bool bytes_have(rd_slice s, const char *word)
{
    return memmem(s.p, s.n, word, strlen(word)) != NULL;
}

static bool string_has(const char *s, size_t n, const char *word)
{
    rd_buf plain;
    rd_buf_init(&plain, 1 << 20);
    bool has = bytes_have(rd_slice_of(s, n), word);
    if (rd_base64_decode(rd_slice_of(s, n), &plain) && plain.n > 0)
        has |= bytes_have(rd_buf_slice(&plain), word);
    rd_buf_release(&plain);
    return has;
}

static bool tree_has(json_t *v, const char *word)
{
    size_t i;
    const char *name;
    json_t *member;
    if (json_is_string(v))
        return string_has(json_string_value(v), json_string_length(v), word);
    if (json_is_integer(v)) {
        char digits[32];
        snprintf(digits, sizeof digits, "%lld", (long long)json_integer_value(v));
        return strstr(digits, word) != NULL;
    }
    json_array_foreach(v, i, member)
    {
        if (tree_has(member, word))
            return true;
    }
    json_object_foreach(v, name, member)
    {
        if (strstr(name, word) != NULL || tree_has(member, word))
            return true;
    }
    return false;
}

static bool output_has(rd_slice body, bool json, const char *word)
{
    if (bytes_have(body, word))
        return true;
    if (!json) {
        uint8_t varint[10];
        size_t n = rd_varint_put(strtoull(CARD, NULL, 10), varint);
        return memmem(body.p, body.n, varint, n) != NULL;
    }
    json_t *tree = json_loadb((const char *)body.p, body.n, 0, NULL);
    assert_non_null(tree);
    bool has = tree_has(tree, word);
    json_decref(tree);
    return has;
}

static void assert_gone(proof *pr, rd_slice body, bool json, plant what, const char *where)
{
    const char *word = what == PLANT_NUMBER ? CARD : TRACE;
    kit_result k = kit_run(pr->policy, pr->signal, json ? RD_FORMAT_JSON : RD_FORMAT_PROTOBUF, body);
    if (k.outcome != RD_OK)
        fail_msg("%s: refused, %s: %.*s", where, k.err.what, json ? (int)body.n : 0, (const char *)body.p);
    if (!k.r.changed || output_has(k.r.body, json, word))
        fail_msg("%s: comes out: %.*s", where, json ? (int)k.body.n : 0, (const char *)k.body.p);
    kit_free(&k);
    pr->n_tried++;
}

/* ---- bodies ---- */

static void build_protobuf(const path *p, plant what, rd_buf *out)
{
    rd_buf inner;
    unsigned n = p->n;
    rd_buf_init(&inner, 1 << 16);
    if (what == PLANT_UNKNOWN) {
        kit_region(&inner, 9999, SECRET, strlen(SECRET));
    } else if (what == PLANT_NUMBER) {
        uint8_t v[10];
        kit_tag(&inner, p->fields[--n]->number, RD_WIRE_VARINT);
        rd_buf_append(&inner, v, rd_varint_put(strtoull(CARD, NULL, 10), v));
    } else {
        const char *text = what == PLANT_LABELS ? "{a=\"" SECRET "\"}" : SECRET;
        kit_region(&inner, p->fields[--n]->number, text, strlen(text));
    }
    while (n-- > 0) {
        rd_buf outer;
        rd_buf_init(&outer, 1 << 16);
        kit_region(&outer, p->fields[n]->number, inner.p, inner.n);
        rd_buf_release(&inner);
        inner = outer;
    }
    *out = inner;
}

static void put_value(const path *p, plant what, style s, rd_buf *out)
{
    const rd_field *last = p->n > 0 ? p->fields[p->n - 1] : NULL;
    const char *text = s == STYLE_ESCAPED ? ESCAPED : SECRET;
    if (what == PLANT_UNKNOWN)
        rd_buf_printf(out, "{\"zzz\":[{\"y\":\"%s\"}]}", text);
    else if (what == PLANT_UNKNOWN_NAME)
        rd_buf_printf(out, "{\"%s\":null}", text);
    else if (what == PLANT_NUMBER)
        rd_buf_append_str(out, s == STYLE_SNAKE ? CARD : "\"" CARD "\"");
    else if (last->scalar == RD_SCALAR_BYTES) {
        rd_buf_append_byte(out, '"');
        rd_base64_encode(RD_SLICE_LIT(SECRET), out);
        rd_buf_append_byte(out, '"');
    } else {
        rd_buf_printf(out, "\"%s\"", text);
    }
}

static void build_json(const path *p, plant what, style s, rd_buf *out)
{
    rd_buf_init(out, 1 << 16);
    for (unsigned i = 0; i < p->n; i++) {
        const rd_field *f = p->fields[i];
        rd_buf_printf(out, "{\"%s\":%s", s == STYLE_SNAKE ? f->name : f->json_name, f->repeated ? "[" : "");
    }
    put_value(p, what, s, out);
    for (unsigned i = p->n; i-- > 0;)
        rd_buf_append_str(out, p->fields[i]->repeated ? "]}" : "}");
}

static void try_place(proof *pr, const path *p, plant what)
{
    char where[512];
    describe(p, where, sizeof where);
    for (unsigned s = 0; s < STYLE_COUNT; s++) {
        bool json = s != STYLE_PROTOBUF;
        rd_buf body;
        if ((json && pr->signal == RD_SIGNAL_LOKI_PUSH) || (!json && what == PLANT_UNKNOWN_NAME))
            continue;
        if (json)
            build_json(p, what, (style)s, &body);
        else
            build_protobuf(p, what, &body);
        if (pr->signal == RD_SIGNAL_LOKI_PUSH && (p->n == 0 || p->fields[0]->number != 1))
            kit_fields(&body, "1{1'{a=\"b\"}'}"); /* without a stream it is refused */
        assert_gone(pr, rd_buf_slice(&body), json, what, where);
        rd_buf_release(&body);
    }
}

/* ---- all paths ---- */

static bool may_descend(const path *p, const rd_message *m)
{
    unsigned seen = 0;
    for (unsigned i = 0; i < p->n; i++)
        seen += p->fields[i]->child == m;
    return seen < MAX_REPEATS && p->n < MAX_PATH;
}

/* Recursion: as deep as the schema, each message twice. */
static void try_message(proof *pr, path *p, const rd_message *m)
{
    try_place(pr, p, PLANT_UNKNOWN);
    try_place(pr, p, PLANT_UNKNOWN_NAME);
    for (unsigned i = 0; i < m->n_fields; i++) {
        const rd_field *f = &m->fields[i];
        bool text = f->mark == RD_MARK_TEXT || f->mark == RD_MARK_KEY ||
                    (f->mark == RD_MARK_VALUE && f->child == NULL);
        bool is_string = f->scalar == RD_SCALAR_STRING || f->scalar == RD_SCALAR_BYTES;
        /* whatever can hold text has a mark that says so */
        assert_true(!is_string || text || f->mark == RD_MARK_LABELS || f->mark == RD_MARK_ID);
        if (f->child != NULL && !may_descend(p, f->child))
            continue;
        p->fields[p->n++] = f;
        if (f->child != NULL)
            try_message(pr, p, f->child);
        else if (text)
            try_place(pr, p, PLANT_TEXT);
        else if (f->mark == RD_MARK_LABELS)
            try_place(pr, p, PLANT_LABELS);
        else if (f->mark == RD_MARK_NUMBER)
            try_place(pr, p, PLANT_NUMBER);
        p->n--;
    }
}

static rd_policy *policy_of_defaults(void)
{
    const rd_rule_spec rules[] = {
        {.name = "email", KIT_DETECTOR(EMAIL)},
        {.name = "keys",
         KIT_KEYS("user_id", "session_id", "email", "request_id", "token", "authorization", "api_key",
                  "secret", "ip"),
         .label_action = RD_ACTION_DROP},
        {.name = "card", KIT_PATTERN(CARD)},
    };
    return kit_policy(rules, 3);
}

static void prove(rd_signal s, const rd_message *root, unsigned long at_least)
{
    proof pr = {.policy = policy_of_defaults(), .signal = s};
    path p = {.n = 0};
    try_message(&pr, &p, root);
    /* The figure only guards against a proof that tries nothing. */
    assert_true(pr.n_tried > at_least);
    rd_policy_free(&pr.policy);
}

static void test_coverage__logs(void **state)
{
    prove(RD_SIGNAL_LOGS, &rd_schema_logs, 500);
}

static void test_coverage__traces(void **state)
{
    prove(RD_SIGNAL_TRACES, &rd_schema_traces, 500);
}

static void test_coverage__metrics(void **state)
{
    prove(RD_SIGNAL_METRICS, &rd_schema_metrics, 500);
}

static void test_coverage__loki_protobuf(void **state)
{
    prove(RD_SIGNAL_LOKI_PUSH, &rd_schema_loki_push, 10);
}

/* `@` is where the address goes. */
static void test_coverage__loki_json(void **state)
{
    static const char *const places[] = {
        "{\"streams\":[{\"stream\":{\"a\":\"@\"}}]}",
        "{\"streams\":[{\"stream\":{\"a\":[\"@\"]}}]}",
        "{\"streams\":[{\"stream\":{\"a\":{\"b\":\"@\"}}}]}",
        "{\"streams\":[{\"stream\":{\"a\":{\"@\":1}}}]}",
        "{\"streams\":[{\"values\":[[\"1\",\"@\"]]}]}",
        "{\"streams\":[{\"values\":[[\"1\",\"l\",{\"a\":\"@\"}]]}]}",
        "{\"streams\":[{\"values\":[[\"1\",\"l\",{\"@\":\"a\"}]]}]}",
        "{\"STREAMS\":[{\"values\":[[\"1\",\"@\"]]}]}",
        "{\"streams\":[null,{\"values\":[null,[\"1\",\"@\"]]}]}",
        "{\"streams\":[{\"values\":[]}],\"streams\":[{\"values\":[[\"1\",\"@\"]]}]}",
        "{\"streams\":[{\"stream\":{\"a\":\"b\"},\"stream\":{\"a\":\"@\"}}]}",
        "{\"streams\":[{\"labels\":\"{a=\\\"@\\\"}\"}]}",
        "{\"streams\":[{\"labels\":\"{a='@'}\"}]}",
        "{\"streams\":[{\"labels\":\"{\\\"@\\\"='x'}\"}]}",
        "{\"streams\":[{\"labels\":\"{\\\"@\\\"}\"}]}",
        "{\"streams\":[{\"Labels\":\"{a=`@`}\"}]}",
        "{\"streams\":[{\"entries\":[{\"ts\":\"2024-01-01T00:00:00Z\",\"line\":\"@\"}]}]}",
        "{\"streams\":[{\"Entries\":[{\"LINE\":\"@\"}]}]}",
        "{\"streams\":[{\"entries\":[{\"line\":\"l\",\"line\":\"@\"}]}]}",
        "{\"streams\":[{\"entries\":[{\"other\":\"@\"}]}]}",
        "{\"streams\":[{\"entries\":[{\"@\":1}]}]}",
        "{\"streams\":[{\"other\":{\"x\":[\"@\"]}}]}",
        "{\"streams\":[{\"Stream\":{\"a\":\"@\"}}]}",
        "{\"streams\":[{\"Values\":[[\"1\",\"@\"]]}]}",
        "{\"streams\":[{\"@\":1}]}",
        "{\"streams\":[{}],\"other\":\"@\"}",
        "{\"streams\":[{}],\"@\":null}",
    };
    proof pr = {.policy = policy_of_defaults(), .signal = RD_SIGNAL_LOKI_PUSH};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        for (unsigned escaped = 0; escaped < 2; escaped++) {
            const char *at = strchr(places[i], '@');
            rd_buf body;
            rd_buf_init(&body, 1 << 16);
            rd_buf_append(&body, places[i], (size_t)(at - places[i]));
            rd_buf_append_str(&body, escaped ? ESCAPED : SECRET);
            rd_buf_append_str(&body, at + 1);
            assert_gone(&pr, rd_buf_slice(&body), true, PLANT_TEXT, places[i]);
            rd_buf_release(&body);
        }
    }
    rd_policy_free(&pr.policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_coverage__logs),      cmocka_unit_test(test_coverage__traces),
        cmocka_unit_test(test_coverage__metrics),   cmocka_unit_test(test_coverage__loki_protobuf),
        cmocka_unit_test(test_coverage__loki_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
