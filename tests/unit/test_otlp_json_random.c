/* SPDX-License-Identifier: MIT */
/* The OTLP/JSON walker on requests made by chance, and its short cuts: the same as the long way, and as an
 * edit of the tree. */
#include "tests/unit/otlp_json_kit.h"

/* The quick path for common pairs and the general one must agree: white space forces the general one. */
static void test_otlp_json__quick_pairs_equal_slow_pairs(void **state)
{
    static const char *const values[] = {"x", "", "a\\u0040b", "\xc3\xa9", "!", "say \\\"hi\\\""};
    static const char *const keys[] = {"a", "", "mask", "drop", "ctx", "\xc3\xa9", "m\\u0061sk"};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            char text[2][200];
            rd_buf out[2], spliced;
            for (int i = 0; i < 2; i++) {
                snprintf(text[i], sizeof text[i],
                         "{\"values\":[{},{\"key\":%s\"%s\",\"value\":{\"stringValue\":\"%s\"}}]}",
                         i == 0 ? "" : " ", keys[k], values[v]);
                rd_buf_init(&out[i], 4096);
                rd_buf_init(&spliced, 4096);
                assert_int_equal(list("KeyValueList", text[i], &scan, &out[i], &spliced), RD_OK);
                rd_buf_release(&spliced);
            }
            if (strncmp(keys[k], "mask", 4) != 0 && strncmp(keys[k], "drop", 4) != 0) {
                rd_buf_append_byte(&out[1], 0);
                assert_text(&out[0], (char *)out[1].p, text[0]);
            }
            rd_buf_release(&out[0]);
            rd_buf_release(&out[1]);
        }
    }
    assert_outcome("KeyValueList", "{\"values\":[{\"key\":\"a\",\"value\":{\"stringValue\":\"\xff\"}}]}",
                   &scan, RD_MALFORMED);
    assert_outcome("KeyValueList", "{\"values\":[{\"key\":\"\xff\",\"value\":{\"stringValue\":\"a\"}}]}",
                   &scan, RD_MALFORMED);
    assert_outcome("KeyValueList", "{\"values\":[{\"key\":\"a\",\"value\":{\"stringValue\":\"b\"}]}", &scan,
                   RD_MALFORMED);
}

/* --- random requests against jansson ------------------------------------------------------------- */

typedef struct gen {
    uint64_t seed;
    rd_buf out;
} gen;

static unsigned pick(gen *g, unsigned n)
{
    g->seed = g->seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(g->seed >> 33) % n;
}

/* Few keys and values, so that most pairs came before, with another one behind. */
static void test_otlp_json__pairs_in_any_order_are_found_like_those_with_blanks(void **state)
{
    static const char *const keys[] = {
        "a",    "n",  "mask", "b", "n", "key.that.is.as.long.as.keys.ever.are.in.a.request.of.some.sender",
        "drop", "ctx"};
#define N_PAIR "{\"key\":\"n\",\"value\":{\"stringValue\":\"x\"}}"
    static const char *const values[] = {
        "{\"stringValue\":\"x\"}",       "{\"stringValue\":\"longer than a block\"}",
        "{\"intValue\":\"7\"}",          "{\"intValue\":\"-12345678901\"}",
        "{\"stringValue\":\"\"}",        "{\"boolValue\":true}",
        "{\"stringValue\":\"\\u0041\"}", "{\"kvlistValue\":{\"values\":[" N_PAIR "," N_PAIR "," N_PAIR "]}}"};
#undef N_PAIR
    enum { N_KEYS = sizeof keys / sizeof *keys, N_VALUES = sizeof values / sizeof *values };
    gen g = {.seed = 1};
    for (int round = 0; round < 2000; round++) {
        rd_buf in;
        rd_buf_init(&in, 1 << 16);
        rd_buf_append_str(&in, "{\"values\":[");
        for (unsigned n = 0; n < 24; n++) {
            unsigned kinds = 2 + (unsigned)round % (N_KEYS - 1);
            unsigned key = ((unsigned)round + pick(&g, kinds)) % N_KEYS;
            rd_buf_printf(&in, "%s{\"key\":\"%s\",\"value\":%s}", n == 0 ? "" : ",", keys[key],
                          values[pick(&g, N_VALUES)]);
        }
        rd_buf_append_str(&in, "]}");
        assert_int_equal(in.failed, RD_OK);
        assert_same_with_blanks("KeyValueList", &scan, rd_buf_slice(&in));
        rd_buf_release(&in);
    }
}

static void put(gen *g, const char *s)
{
    static const char *const spaces[] = {"", "", "", "", "", " ", "\n", "\t "};
    rd_buf_append_str(&g->out, s);
    rd_buf_append_str(&g->out, spaces[pick(g, 8)]);
}

/* A string with some characters spelled as escapes. */
static void put_string(gen *g, const char *s)
{
    rd_buf_append_byte(&g->out, '"');
    bool plain = pick(g, 3) > 0;
    for (; *s != '\0'; s++) {
        if (!plain && (uint8_t)*s < 0x80 && pick(g, 4) == 0)
            rd_buf_printf(&g->out, "\\u%04x", (unsigned)*s);
        else
            rd_buf_append_byte(&g->out, (uint8_t)*s);
    }
    put(g, "\"");
}

static const char *some_text(gen *g)
{
    static const char *const texts[] = {
        "", "x", "plain text of some length, no secret", "se!cret", "!", "\xc3\xa9", "key", "a{b}[c],d:e"};
    return texts[pick(g, 8)];
}

static void put_any_json(gen *g, unsigned depth);

static void put_unknown(gen *g, unsigned i, unsigned depth)
{
    static const char *const names[] = {"drop", "mask", "ctx", "new"};
    char name[16];
    snprintf(name, sizeof name, "%s%u", names[pick(g, 4)], i);
    put_string(g, name);
    put(g, ":");
    put_any_json(g, depth);
}

static void put_any_json(gen *g, unsigned depth)
{
    static const char *const scalars[] = {"1", "-777.5e1", "true", "null"};
    unsigned n = pick(g, 4), kind = depth > 3 ? pick(g, 2) : pick(g, 4);
    if (kind == 0) {
        put(g, scalars[pick(g, 4)]);
    } else if (kind == 1) {
        put_string(g, some_text(g));
    } else {
        put(g, kind == 2 ? "[" : "{");
        for (unsigned i = 0; i < n; i++) {
            if (i > 0)
                put(g, ",");
            if (kind == 2)
                put_any_json(g, depth + 1);
            else
                put_unknown(g, i, depth + 1);
        }
        put(g, kind == 2 ? "]" : "}");
    }
}

static void put_pairs(gen *g, unsigned depth);

static void put_any_value(gen *g, unsigned depth)
{
    put(g, "{");
    switch (depth > 3 ? pick(g, 4) : pick(g, 7)) {
    case 0:
    case 1:
        put_string(g, pick(g, 4) > 0 ? "stringValue" : "string_value");
        put(g, ":");
        put_string(g, some_text(g));
        break;
    case 2:
        put(g, pick(g, 2) > 0 ? "\"intValue\":\"177712\"" : "\"intValue\" : 5");
        break;
    case 3:
        break;
    case 4:
        put_unknown(g, 0, depth);
        break;
    case 5:
        put(g, "\"arrayValue\":{\"values\":[");
        for (unsigned i = 0, n = pick(g, 3); i < n; i++) {
            if (i > 0)
                put(g, ",");
            put_any_value(g, depth + 1);
        }
        put(g, "]}");
        break;
    default:
        put(g, "\"kvlistValue\":{\"values\":");
        put_pairs(g, depth + 1);
        put(g, "}");
        break;
    }
    put(g, "}");
}

static void put_pairs(gen *g, unsigned depth)
{
    static const char *const keys[] = {"drop", "mask", "ctx", "a", "b!", ""};
    put(g, "[");
    for (unsigned i = 0, n = pick(g, 5); i < n; i++) {
        if (i > 0)
            put(g, ",");
        bool value_first = pick(g, 3) == 0;
        put(g, "{");
        for (int part = 0; part < 2; part++) {
            if (part == 1)
                put(g, ",");
            bool value = value_first == (part == 0);
            put_string(g, value ? "value" : "key");
            put(g, ":");
            if (value)
                put_any_value(g, depth);
            else
                put_string(g, keys[pick(g, 6)]);
        }
        if (pick(g, 8) == 0) {
            put(g, ",");
            put_unknown(g, 7, depth);
        }
        put(g, "}");
    }
    put(g, "]");
}

static void put_record(gen *g)
{
    put(g, "{\"body\":");
    put_any_value(g, 0);
    if (pick(g, 3) == 0) {
        put(g, ",");
        put_unknown(g, 1, 0);
    }
    put(g, ",\"attributes\":");
    put_pairs(g, 0);
    put(g, "}");
}

/* What the policy of json_edit.h makes of a tree. */
static json_t *edited(json_t *v)
{
    if (json_is_string(v))
        return strchr(json_string_value(v), '!') != NULL ? json_string("#") : json_incref(v);
    if (json_is_number(v)) {
        char *text = json_dumps(v, JSON_ENCODE_ANY);
        json_t *out = strstr(text, "777") != NULL ? json_string("***") : json_incref(v);
        free(text);
        return out;
    }
    if (json_is_array(v)) {
        json_t *out = json_array();
        for (size_t i = 0; i < json_array_size(v); i++) {
            json_t *e = json_array_get(v, i), *key = json_object_get(e, "key");
            if (key == NULL || strncmp(json_string_value(key), "drop", 4) != 0)
                json_array_append_new(out, edited(e));
        }
        return out;
    }
    if (!json_is_object(v))
        return json_incref(v);
    json_t *out = json_object(), *key = json_object_get(v, "key"), *member;
    const char *name;
    bool mask = key != NULL && strncmp(json_string_value(key), "mask", 4) == 0;
    json_object_foreach(v, name, member)
    {
        const char *digits = json_is_string(member) ? json_string_value(member) : "";
        if (strncmp(name, "drop", 4) == 0)
            continue;
        if (strncmp(name, "mask", 4) == 0)
            json_object_set_new(out, name, json_string("***"));
        else if (mask && strcmp(name, "value") == 0)
            json_object_set_new(out, name, json_pack("{s:s}", "stringValue", "***"));
        else if (strcmp(name, "intValue") == 0 && strstr(digits, "777") != NULL)
            json_object_set_new(out, "stringValue", json_string("***"));
        else
            json_object_set_new(out, name, edited(member));
    }
    return out;
}

static void test_otlp_json__random_requests_match_a_tree_edit(void **state)
{
    enum { FLAGS = JSON_DECODE_ANY | JSON_ALLOW_NUL };
    gen g = {.seed = 20240117};
    unsigned n_dropped = 0, n_masked = 0;
    rd_buf spliced;
    rd_doc d;

    rd_buf_init(&g.out, 1 << 24);
    rd_buf_init(&spliced, 1 << 24);
    rd_doc_init(&d);
    for (int round = 0; round < 3000; round++) {
        rd_buf_clear(&g.out, SIZE_MAX);
        rd_buf_clear(&spliced, SIZE_MAX);
        put_record(&g);
        rd_doc_reset(&d, rd_buf_slice(&g.out));
        assert_int_equal(rd_otlp_json_walk(message("LogRecord"), &scan, &by_prefix, &d, NULL), RD_OK);
        assert_true(leaves_are_sane(&d));
        for (uint32_t i = 0; i < d.n_leaves; i++) {
            n_dropped += d.leaves[i].form == RD_FORM_PAIR_DROP;
            n_masked += d.leaves[i].form == RD_FORM_PAIR_JSON_ANY;
        }
        assert_true(edit_and_splice(&d, &spliced));
        json_t *in = json_loadb((char *)g.out.p, g.out.n, FLAGS, NULL);
        json_t *out = json_loadb((char *)spliced.p, spliced.n, FLAGS, NULL);
        json_t *want = edited(in);
        if (!json_equal(want, out))
            fail_msg("round %d:\n%.*s\n%.*s", round, (int)g.out.n, (char *)g.out.p, (int)spliced.n,
                     (char *)spliced.p);
        json_decref(want);
        json_decref(out);
        json_decref(in);
        d.n_edits = 0; /* nothing to change: the very bytes */
        rd_buf_clear(&spliced, SIZE_MAX);
        assert_int_equal(rd_doc_splice(&d, &spliced, NULL), RD_OK);
        assert_true(rd_slice_eq(rd_buf_slice(&spliced), rd_buf_slice(&g.out)));
    }
    assert_true(n_dropped > 500 && n_masked > 500);
    rd_doc_release(&d);
    rd_buf_release(&spliced);
    rd_buf_release(&g.out);
}

/* The same of members that hold no message. */
static void test_otlp_json__short_cuts_of_scalars_refuse_what_the_long_way_refuses(void **state)
{
    static const char *const names[] = {"timeUnixNano", "severityNumber", "severityText",
                                        "traceId",      "spanId",         "flags"};
    static const char *const values[] = {"1",
                                         "0",
                                         "01",
                                         "12345678901234567890",
                                         "-1",
                                         "1.5",
                                         "1e3",
                                         "1x",
                                         "\"1\"",
                                         "\"0\"",
                                         "\"01\"",
                                         "\"1",
                                         "\"12345678\"",
                                         "\"1234567x\"",
                                         "\"12345678901234567\"",
                                         "\"\"",
                                         "\"INFO\"",
                                         "\"a\xc3\xa9\"",
                                         "\"a\xff\"",
                                         "\"\\u0041\"",
                                         "\"\n\"",
                                         "true",
                                         "null",
                                         "{}",
                                         "\"5b8efff798038103d269b633813fc60c\"",
                                         "\"5B8EFFF798038103D269B633813FC60C\"",
                                         "\"5b8efff798038103d269b633813fc60g\"",
                                         "\"5b8efff798038103d269b633813fc60\"",
                                         "\"eee19b7ec3c1b174\"",
                                         "\"eee19b7ec3c1b17/\"",
                                         "\"eee19b7ec3c1b17:\"",
                                         "\"@ee19b7ec3c1b174\"",
                                         "\"`ee19b7ec3c1b174\"",
                                         "\"eee19b7ec3c1b174",
                                         "\"eee19b7ec3c1b1\\u0034\""};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            for (int last = 0; last < 3; last++) {
                static const char *const ends[] = {"}", ",\"flags\":1}", ""};
                rd_buf in;
                rd_buf_init(&in, 1 << 10);
                rd_buf_printf(&in, "{\"body\":{\"stringValue\":\"x\"},\"%s\":%s%s", names[n], values[v],
                              ends[last]);
                assert_same_with_blanks("LogRecord", &scan, rd_buf_slice(&in));
                rd_buf_release(&in);
            }
        }
    }
}

/* Each is what a short cut takes, but for one thing. */
static void test_otlp_json__short_cuts_refuse_what_the_long_way_refuses(void **state)
{
    static const char *const values[] = {
        "{\"stringValue\":\"v\"}",
        "{\"stringValue\":\"\"}",
        "{\"stringValue\":\"v\",}",
        "{\"stringValue\":\"v\"",
        "{\"stringValue\":\"\xff\"}",
        "{\"stringValue\":\"\x01\"}",
        "{\"stringValue\":\"\\n\"}",
        "{\"stringValue\":\"\xc3\xa9\"}",
        "{\"intValue\":\"1\"}",
        "{\"intValue\":\"-1\"}",
        "{\"intValue\":\"-\"}",
        "{\"intValue\":\"\"}",
        "{\"intValue\":\"1234567890123456789\"}",
        "{\"intValue\":\"12345678x\"}",
        "{\"intValue\":12}",
        "{\"intValue\":\"12\"]",
        "{\"intValue\":\"12\"",
        "{\"intValue\":\"1\",\"intValue\":\"2\"}",
        "{}",
        "null",
        "[]",
        "{\"stringValue\":null}",
    };
    static const char *const around[] = {
        "{\"body\":%s}",
        "{\"attributes\":[{\"key\":\"k\",\"value\":%s}]}",
        ("{\"attributes\":[{\"key\":\"a\",\"value\":{\"stringValue\":\"b\"}},{\"key\":\"k\",\"value\":%s},{"
         "\"key\":\"ctxk\",\"value\":%s}]}"),
        "{\"attributes\":[{\"key\":\"mask\",\"value\":%s},{\"key\":\"drop\",\"value\":%s}]}",
        "{\"attributes\":[{\"key\":\"\",\"value\":%s},{\"key\":\"k\",\"value\":%s,}]}",
        "{\"attributes\":[{\"key\":\"k\",\"value\":%s},]}",
        "{\"timeUnixNano\":\"12\",\"body\":%s,\"timeUnixNano\":\"01\",\"body\":%s}",
        "{\"severityText\":\"a\",\"body\":%s,\"severityText\":\"b\",\"body\":%s,}",
    };
    for (size_t a = 0; a < sizeof around / sizeof *around; a++) {
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            rd_buf in, out, spliced;
            rd_buf_init(&in, 1 << 10);
            rd_buf_init(&out, 1 << 20);
            rd_buf_init(&spliced, 1 << 20);
            rd_buf_printf(&in, around[a], values[v], values[v]);
            rd_buf_append_byte(&in, 0);
            (void)!list("LogRecord", (const char *)in.p, &scan, &out, &spliced);
            for (uint32_t max = 1; max < 12; max++) {
                const rd_limits few = {.max_depth = 1, .max_elements = max};
                out.n = spliced.n = 0;
                (void)!list("LogRecord", (const char *)in.p, &few, &out, &spliced);
            }
            rd_buf_release(&in);
            rd_buf_release(&out);
            rd_buf_release(&spliced);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_otlp_json__short_cuts_refuse_what_the_long_way_refuses),
        cmocka_unit_test(test_otlp_json__short_cuts_of_scalars_refuse_what_the_long_way_refuses),
        cmocka_unit_test(test_otlp_json__quick_pairs_equal_slow_pairs),
        cmocka_unit_test(test_otlp_json__pairs_in_any_order_are_found_like_those_with_blanks),
        cmocka_unit_test(test_otlp_json__random_requests_match_a_tree_edit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
