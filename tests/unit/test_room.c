/* SPDX-License-Identifier: MIT */
/*
 * Labels that give way to those of the workspace: known JSON streams, then random ones, in JSON and in
 * protobuf, against a model that knows nothing of bytes.
 */
#include "tests/unit/redact_kit.h"

#include <jansson.h>

#include "filters/loki/labels.h"
#include "filters/loki/loki_to_json.h"
#include "tests/unit/random.h"

static const rd_stamp_label labels[] = {{{(const uint8_t *)"workspace_id", 12}, {(const uint8_t *)"w1", 2}}};
static const rd_slice movable[] = {{(const uint8_t *)"none", 4}, {(const uint8_t *)"b", 1},
                                   {(const uint8_t *)"a", 1},    {(const uint8_t *)"e", 1},
                                   {(const uint8_t *)"f", 1},    {(const uint8_t *)"user_id", 7}};
enum { MOVABLE = sizeof movable / sizeof movable[0], MOST = 3 };
static const rd_stamp stamp = {
    .labels = labels, .n_labels = 1, .max_stream_labels = MOST, .movable = movable, .n_movable = MOVABLE};
static const rd_stamp tight = {
    .labels = labels, .n_labels = 1, .max_stream_labels = 2, .movable = movable, .n_movable = MOVABLE};

#define ONLY_METADATA .classes = 1u << RD_CLASS_METADATA
static const rd_rule_spec rules[] = {
    {.name = "evil", KIT_PATTERN("evil")},
    {.name = "secret", KIT_KEYS("user_id"), .label_action = RD_ACTION_DROP},
    {.name = "only", KIT_PATTERN("only"), ONLY_METADATA},
    {.name = "e", KIT_KEYS("e"), ONLY_METADATA},
    {.name = "f", KIT_KEYS("f"), .action = RD_ACTION_DROP, ONLY_METADATA},
};
static rd_policy *policy;

static int set_up(void **state)
{
    policy = kit_policy(rules, sizeof rules / sizeof rules[0]);
    return 0;
}

static int tear_down(void **state)
{
    rd_policy_free(&policy);
    return 0;
}

#define ST(x) "{\"streams\":[" x "]}"
#define WS    "\"workspace_id\":\"w1\""

static void expect(const rd_stamp *s, const char *in, const char *want)
{
    kit_stamp = s;
    kit_expect(policy, RD_SIGNAL_LOKI_PUSH, RD_FORMAT_JSON, in, want);
    kit_stamp = NULL;
}

static void test_room__labels_become_metadata(void **state)
{
    static const char *const rows[][2] = {
        {ST("{\"stream\":{\"a\":\"1\",\"c\":\"3\"},\"values\":[[\"1\",\"l\"]]}"),
         ST("{\"stream\":{" WS ",\"a\":\"1\",\"c\":\"3\"},\"values\":[[\"1\",\"l\"]]}")},
        {ST("{\"stream\":{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\"},\"values\":[[\"1\",\"l\"],[\"2\",\"m\",{}],["
            "\"3\","
            "\"n\", { \"x\":\"y\"}]]}"),
         ST("{\"stream\":{" WS
            ",\"a\":\"1\",\"c\":\"3\"},\"values\":[[\"1\",\"l\",{\"b\":\"2\"}],[\"2\",\"m\",{"
            "\"b\":\"2\"}],[\"3\",\"n\", {\"b\":\"2\", \"x\":\"y\"}]]}")},
        /* two have to go, in the order of the configuration; entries may come first, and twice */
        {ST("{ \"values\" : [ [\"1\",\"l\" ] , null ], \"stream\" : { \"a\":\"1\" , \"b\":\"2\", "
            "\"c\":\"3\", "
            "\"d\":\"4\" }, \"values\":[[\"2\",\"m\"]]}"),
         ST("{ \"values\" : [ [\"1\",\"l\",{\"b\":\"2\",\"a\":\"1\"} ] , null ], \"stream\" : {" WS
            ",\"c\":\"3\",\"d\":\"4\"}, \"values\":[[\"2\",\"m\",{\"b\":\"2\",\"a\":\"1\"}]]}")},
        /* as it was redacted; what goes before it and what is dropped around it makes no hole */
        {ST("{\"stream\":{\"user_id\":\"7\",\"b\":\"an evil \\\" "
            "x\",\"a\":\"1\",\"c\":\"3\"},\"values\":[[\"1\","
            "\"evil\",{\"f\":\"x\"}]]}"),
         ST("{\"stream\":{" WS ",\"a\":\"1\",\"c\":\"3\"},\"values\":[[\"1\",\"***\",{\"b\":\"an *** \\\" "
            "x\"}]]}")},
        /* a rule for metadata alone sees what becomes metadata */
        {ST("{\"stream\":{\"b\":\"only\",\"c\":\"3\",\"d\":\"only\"},\"values\":[[\"1\",\"l\"]]}"),
         ST("{\"stream\":{" WS ",\"c\":\"3\",\"d\":\"only\"},\"values\":[[\"1\",\"l\",{\"b\":\"***\"}]]}")},
        {ST("{\"stream\":{\"e\":\"1\",\"c\":\"3\",\"d\":\"4\"},\"values\":[[\"1\",\"l\"]]}"),
         ST("{\"stream\":{" WS ",\"c\":\"3\",\"d\":\"4\"},\"values\":[[\"1\",\"l\",{\"e\":\"***\"}]]}")},
        {ST("{\"stream\":{\"f\":\"1\",\"c\":\"3\",\"d\":\"4\"},\"values\":[[\"1\",\"l\"]]}"),
         ST("{\"stream\":{" WS ",\"c\":\"3\",\"d\":\"4\"},\"values\":[[\"1\",\"l\"]]}")},
        /* names and values in other spellings; of two the last counts for Loki; what is no string is its text
         */
        {ST("{\"stream\":{\"\\u0062\":\"caf\\u00e9\\n\",\"c\":\"3\",\"d\":\"4\"},\"values\":[[\"1\",\"l\"]]"
            "}"),
         ST("{\"stream\":{" WS
            ",\"c\":\"3\",\"d\":\"4\"},\"values\":[[\"1\",\"l\",{\"b\":\"caf\303\251\\n\"}]]}")},
        {ST("{\"stream\":{\"b\":\"1\",\"c\":\"3\",\"b\":\"evil\",\"d\":\"4\"},\"values\":[[\"1\",\"l\"]]}"),
         ST("{\"stream\":{" WS ",\"c\":\"3\",\"d\":\"4\"},\"values\":[[\"1\",\"l\",{\"b\":\"***\"}]]}")},
        {ST("{\"stream\":{\"b\":\"1\",\"c\":\"3\",\"b\":\"\",\"d\":\"4\"},\"values\":[[\"1\",\"l\"]]}"),
         ST("{\"stream\":{" WS ",\"c\":\"3\",\"d\":\"4\"},\"values\":[[\"1\",\"l\"]]}")},
        {ST("{\"stream\":{\"b\":12.50,\"c\":\"3\",\"d\":\"4\"},\"values\":[[\"1\",\"l\"]]}"),
         ST("{\"stream\":{" WS ",\"c\":\"3\",\"d\":\"4\"},\"values\":[[\"1\",\"l\",{\"b\":\"12.50\"}]]}")},
        {ST("{\"stream\":{\"b\":{\"x\":[\"evil\"]},\"c\":\"3\",\"d\":\"4\"},\"values\":[[\"1\",\"l\"]]}"),
         ST("{\"stream\":{" WS
            ",\"c\":\"3\",\"d\":\"4\"},\"values\":[[\"1\",\"l\",{\"b\":\"{\\\"x\\\":[\\\"***\\\"]}\"}]]}")},
        /* the sender's own copy of the stamped label is taken out and needs no room */
        {ST("{\"stream\":{\"a\":\"1\",\"workspace_id\":\"w2\",\"c\":\"3\"},\"values\":[[\"1\",\"l\"]]}"),
         ST("{\"stream\":{" WS ",\"a\":\"1\",\"c\":\"3\"},\"values\":[[\"1\",\"l\"]]}")},
        /* an entry that has metadata of that name keeps the label where it is */
        {ST("{\"stream\":{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\"},\"values\":[[\"1\",\"l\"],[\"2\",\"m\",{"
            "\"\\u0042\":"
            "\"y\"}]]}"),
         ST("{\"stream\":{" WS
            ",\"b\":\"2\",\"c\":\"3\"},\"values\":[[\"1\",\"l\",{\"a\":\"1\"}],[\"2\",\"m\",{"
            "\"a\":\"1\",\"\\u0042\":\"y\"}]]}")},
        /* one stream has room, the other has not */
        {ST("{\"stream\":{\"x\":\"1\"},\"values\":[[\"1\",\"evil\"]]},{\"stream\":{\"b\":\"evil\",\"c\":"
            "\"3\",\"d\":"
            "\"4\"},\"values\":[[\"1\",\"l\"]]},{\"stream\":{\"b\":\"5\",\"c\":\"evil\",\"d\":\"4\"},"
            "\"values\":[]}"),
         ST("{\"stream\":{" WS ",\"x\":\"1\"},\"values\":[[\"1\",\"***\"]]},{\"stream\":{" WS
            ",\"c\":\"3\",\"d\":\"4\"},\"values\":[[\"1\",\"l\",{\"b\":\"***\"}]]},{\"stream\":{" WS
            ",\"c\":\"***\",\"d\":\"4\"},\"values\":[]}")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect(&stamp, rows[i][0], rows[i][1]);
    expect(&tight,
           ST("{\"stream\":{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\"},\"values\":[[\"1\",\"l\",{\"z\":\"\"}]]}"),
           ST("{\"stream\":{" WS
              ",\"c\":\"3\"},\"values\":[[\"1\",\"l\",{\"b\":\"2\",\"a\":\"1\",\"z\":\"\"}]]}"));
}

static void test_room__refused_where_nothing_may_move(void **state)
{
    static const char *const rows[] = {
        ST("{\"stream\":{\"x\":\"1\",\"y\":\"2\",\"z\":\"3\"},\"values\":[[\"1\",\"l\"]]}"),
        ST("{\"stream\":{\"x\":\"1\",\"y\":\"2\",\"z\":\"3\",\"b\":\"\"},\"values\":[[\"1\",\"l\"]]}"),
        ST("{\"stream\":{\"b\":\"1\",\"y\":\"2\",\"z\":\"3\"},\"values\":[[\"1\",\"l\",{\"b\":\"2\"}]]}"),
        /* the old form has no metadata */
        ST("{\"labels\":\"{a=\\\"1\\\",b=\\\"2\\\",c=\\\"3\\\"}\",\"entries\":[]}"),
        ST("{\"stream\":{\"b\":\"1\",\"y\":\"2\",\"z\":\"3\"},\"values\":[[\"1\",\"l\"]],\"Entries\":[]}"),
        ST("{\"stream\":{\"b\":\"1\",\"y\":\"2\",\"z\":\"3\"},\"labels\":\"{a=\\\"1\\\"}\"}"),
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        kit_stamp = &stamp;
        kit_result k =
            kit_run(policy, RD_SIGNAL_LOKI_PUSH, RD_FORMAT_JSON, rd_slice_of(rows[i], strlen(rows[i])));
        kit_stamp = NULL;
        if (k.outcome != RD_REFUSED)
            fail_msg("%s\nended with %s", rows[i], rd_outcome_word(k.outcome));
        kit_free(&k);
    }
}

/* A find in what became metadata of every entry takes all of them, as one in a label does. */
static void test_room__drops_records(void **state)
{
    const rd_rule_spec drop = {
        .name = "only", KIT_PATTERN("only"), .action = RD_ACTION_DROP_RECORD, ONLY_METADATA};
    static const char in[] =
        ST("{\"stream\":{\"b\":\"only\",\"c\":\"3\",\"d\":\"4\"},\"values\":[[\"1\",\"l\"],["
           "\"2\",\"m\"]]},{\"stream\":{},\"values\":[[\"3\",\"n\"]]}");
    rd_policy *p = kit_policy(&drop, 1);
    kit_stamp = &stamp;
    kit_result k = kit_run(p, RD_SIGNAL_LOKI_PUSH, RD_FORMAT_JSON, rd_slice_of(in, sizeof in - 1));
    kit_stamp = NULL;
    assert_int_equal(k.outcome, RD_OK);
    assert_int_equal(k.r.n_taken, 2);
    rd_buf_append_byte(&k.body, '\0');
    assert_string_equal((char *)k.body.p, ST("{\"stream\":{" WS ",\"c\":\"3\",\"d\":\"4\"},\"values\":[]},{"
                                             "\"stream\":{" WS "},\"values\":[[\"3\",\"n\"]]}"));
    kit_free(&k);
    rd_policy_free(&p);
}

/* ---- random streams ---- */

static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "user_id"};
static const char *const values[] = {"", "1", "evil", "x only y", "\"q\\", "caf\303\251", "***", "evil only"};
enum { NAMES = sizeof names / sizeof names[0], VALUES = sizeof values / sizeof values[0] };

/* `n` distinct names at most, each with one of the values from `first` on. */
static json_t *random_pairs(uint64_t n, uint64_t first)
{
    json_t *o = json_object();
    for (; n > 0; n--)
        json_object_set_new(o, names[rnd(NAMES)], json_string(values[first + rnd(VALUES - first)]));
    return o;
}

static json_t *random_stream(void)
{
    json_t *list = json_array(), *stream = json_object();
    for (uint64_t i = rnd(4); i > 0; i--) {
        json_t *entry = json_pack("[s, s]", "1", values[rnd(VALUES)]);
        if (rnd(2) == 0)
            json_array_append_new(entry, random_pairs(rnd(3), 1));
        json_array_append_new(list, entry);
    }
    bool labels_first = rnd(2) == 0;
    if (labels_first)
        json_object_set_new(stream, "stream", random_pairs(rnd(NAMES), 0));
    json_object_set_new(stream, "values", list);
    if (!labels_first)
        json_object_set_new(stream, "stream", random_pairs(rnd(NAMES), 0));
    return stream;
}

/* What patterns make of a text. */
static json_t *masked(const char *text, bool metadata)
{
    rd_buf out;
    rd_buf_init(&out, 1 << 10);
    while (*text != '\0') {
        bool hit = strncmp(text, "evil", 4) == 0 || (metadata && strncmp(text, "only", 4) == 0);
        rd_buf_append(&out, hit ? "***" : text, hit ? 3 : 1);
        text += hit ? 4 : 1;
    }
    json_t *s = out.n > 0 ? json_stringn((char *)out.p, out.n) : json_string("");
    rd_buf_release(&out);
    return s;
}

/* NULL: it goes. */
static json_t *as_label(const char *name, const char *value)
{
    return strcmp(name, "user_id") == 0 ? NULL : masked(value, false);
}

static json_t *as_metadata(const char *name, const char *value)
{
    if (strcmp(name, "f") == 0)
        return NULL;
    bool by_key = strcmp(name, "e") == 0 || strcmp(name, "user_id") == 0;
    return by_key ? json_string("***") : masked(value, true);
}

static json_t *as_it_is(const char *name, const char *value)
{
    return json_string(value);
}

/* `empty_ones`: a label without a value is none, so it does not matter whether it is there. */
static json_t *each(json_t *pairs, json_t *(*redact)(const char *, const char *), bool empty_ones)
{
    json_t *out = json_object(), *value;
    const char *name;
    json_object_foreach(pairs, name, value)
    {
        json_t *v = redact(name, json_string_value(value));
        if (v != NULL && (empty_ones || json_string_length(v) > 0))
            json_object_set_new(out, name, v);
        else
            json_decref(v);
    }
    return out;
}

static bool entries_have(json_t *list, const char *name)
{
    size_t i;
    json_t *entry;
    json_array_foreach(list, i, entry)
    {
        if (json_object_get(json_array_get(entry, 2), name) != NULL)
            return true;
    }
    return false;
}

/* Moves label `name`; `list`: as the entries came. */
static void move(json_t *stream, json_t *entries, const char *name)
{
    size_t i;
    json_t *entry, *value = as_metadata(name, json_string_value(json_object_get(stream, name)));
    json_object_del(stream, name);
    json_array_foreach(entries, i, entry)
    {
        if (value != NULL && json_array_size(entry) < 3)
            json_array_append_new(entry, json_object());
        if (value != NULL)
            json_object_set(json_array_get(entry, 2), name, value);
    }
    json_decref(value);
}

/* What becomes of the stream; NULL: it is refused. */
static json_t *model(json_t *in)
{
    json_t *list = json_object_get(in, "values"), *entries = json_array(), *entry;
    json_t *stream = each(json_object_get(in, "stream"), as_label, false);
    size_t i;
    json_array_foreach(list, i, entry)
    {
        json_t *out = json_array(), *metadata = json_array_get(entry, 2);
        json_array_append(out, json_array_get(entry, 0));
        json_array_append_new(out, masked(json_string_value(json_array_get(entry, 1)), false));
        if (metadata != NULL)
            json_array_append_new(out, each(metadata, as_metadata, true));
        json_array_append_new(entries, out);
    }
    for (unsigned m = 0; m < MOVABLE && json_object_size(stream) + 1 > MOST; m++) {
        char name[16];
        snprintf(name, sizeof name, "%.*s", (int)movable[m].n, (const char *)movable[m].p);
        if (json_object_get(stream, name) != NULL && !entries_have(list, name))
            move(stream, entries, name);
    }
    bool fits = json_object_size(stream) + 1 <= MOST;
    json_object_set_new(stream, "workspace_id", json_string("w1"));
    json_t *out = json_pack("{s:o, s:o}", "stream", stream, "values", entries);
    if (!fits)
        json_decref(out);
    return fits ? out : NULL;
}

/* ---- the same in protobuf ---- */

static void put_text(rd_buf *out, unsigned field, const char *text)
{
    kit_region(out, field, text, strlen(text));
}

static void put_pairs(rd_buf *out, json_t *pairs)
{
    const char *name;
    json_t *value;
    json_object_foreach(pairs, name, value)
    {
        rd_buf pair;
        rd_buf_init(&pair, 1 << 16);
        put_text(&pair, 1, name);
        put_text(&pair, 2, json_string_value(value));
        kit_region(out, 3, pair.p, pair.n);
        rd_buf_release(&pair);
    }
}

static void put_labels(rd_buf *out, json_t *pairs)
{
    rd_labels l;
    rd_buf text;
    const char *name;
    json_t *value;
    rd_labels_init(&l, 64);
    rd_buf_init(&text, 1 << 16);
    json_object_foreach(pairs, name, value)
    {
        rd_label *one = rd_labels_add(&l);
        assert_non_null(one);
        *one = (rd_label){rd_slice_str(name), rd_slice_str(json_string_value(value))};
    }
    rd_labels_write(&l, &text);
    kit_region(out, 1, text.p, text.n);
    rd_buf_release(&text);
    rd_labels_release(&l);
}

static rd_buf to_protobuf(json_t *in)
{
    rd_buf stream, body;
    size_t i;
    json_t *entry;
    rd_buf_init(&stream, 1 << 16);
    rd_buf_init(&body, 1 << 16);
    put_labels(&stream, json_object_get(in, "stream"));
    json_array_foreach(json_object_get(in, "values"), i, entry)
    {
        rd_buf e;
        rd_buf_init(&e, 1 << 16);
        kit_region(&e, 1, "\x10\x01", 2); /* one nanosecond */
        put_text(&e, 2, json_string_value(json_array_get(entry, 1)));
        put_pairs(&e, json_array_get(entry, 2));
        kit_region(&stream, 2, e.p, e.n);
        rd_buf_release(&e);
    }
    kit_region(&body, 1, stream.p, stream.n);
    rd_buf_release(&stream);
    return body;
}

/* ---- both against the model ---- */

/* Metadata without a pair and no metadata are the same in protobuf. */
static void forget_empty(json_t *stream)
{
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(stream, "values"), i, entry)
    {
        if (json_object_size(json_array_get(entry, 2)) == 0)
            json_array_remove(entry, 2);
    }
}

static void compare(rd_format f, const kit_result *k, json_t *want)
{
    rd_buf json;
    rd_error err;
    json_error_t where;
    rd_buf_init(&json, 1 << 20);
    if (k->outcome != (want == NULL ? RD_REFUSED : RD_OK))
        fail_msg("ended with %s", rd_outcome_word(k->outcome));
    if (want == NULL)
        return;
    if (f == RD_FORMAT_JSON)
        rd_buf_append(&json, k->body.p, k->body.n);
    else
        assert_int_equal(rd_loki_to_json(rd_buf_slice(&k->body), &kit_limits, &json, &err), RD_OK);
    json_t *got = json_loadb((char *)json.p, json.n, JSON_REJECT_DUPLICATES, &where);
    json_t *stream = json_array_get(json_object_get(got, "streams"), 0);
    json_t *labels_left = each(json_object_get(stream, "stream"), as_it_is, false);
    json_object_set_new(stream, "stream", labels_left);
    if (f == RD_FORMAT_PROTOBUF) {
        forget_empty(stream);
        forget_empty(want);
    }
    if (!json_equal(stream, want))
        fail_msg("%.*s\nwanted %s", (int)json.n, (char *)json.p, json_dumps(want, 0));
    json_decref(got);
    rd_buf_release(&json);
}

static void test_room__random_streams_as_the_model_has_it(void **state)
{
    unsigned n_refused = 0, n_moved = 0;
    kit_stamp = &stamp;
    for (unsigned i = rounds(3000); i > 0; i--) {
        json_t *in = random_stream(), *want = model(in);
        json_t *push = json_pack("{s:[O]}", "streams", in);
        char *text = json_dumps(push, rnd(2) == 0 ? JSON_COMPACT : JSON_INDENT(1) | JSON_ENSURE_ASCII);
        kit_result k = kit_run(policy, RD_SIGNAL_LOKI_PUSH, RD_FORMAT_JSON, rd_slice_of(text, strlen(text)));
        compare(RD_FORMAT_JSON, &k, want);
        rd_buf body = to_protobuf(in);
        kit_result pb = kit_run(policy, RD_SIGNAL_LOKI_PUSH, RD_FORMAT_PROTOBUF, rd_buf_slice(&body));
        compare(RD_FORMAT_PROTOBUF, &pb, want);
        n_refused += want == NULL;
        n_moved += want != NULL && json_object_size(json_object_get(in, "stream")) > MOST + 1;
        kit_free(&k);
        kit_free(&pb);
        rd_buf_release(&body);
        free(text);
        json_decref(push);
        json_decref(in);
        json_decref(want);
    }
    kit_stamp = NULL;
    assert_true(n_refused > 100 && n_moved > 100); /* the streams say something */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_room__labels_become_metadata),
        cmocka_unit_test(test_room__refused_where_nothing_may_move),
        cmocka_unit_test(test_room__drops_records),
        cmocka_unit_test(test_room__random_streams_as_the_model_has_it),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
