/* SPDX-License-Identifier: MIT */
/* Loki's push protobuf as JSON: known bodies, then random ones packed by protobuf-c and read back by jansson.
 */
#include "tests/unit/wire_util.h"

#include <jansson.h>
#include <stdio.h>

#include "loki_push.pb-c.h"

#include "filters/loki/labels.h"
#include "filters/loki/loki_json.h"
#include "filters/loki/loki_to_json.h"

static void expect(const char *hex, const char *json)
{
    rd_buf body, out;
    rd_error err = {0};
    rd_buf_init(&body, 1 << 20);
    rd_buf_init(&out, 1 << 20);
    wire_hex(&body, hex);
    rd_outcome o = rd_loki_to_json(rd_buf_slice(&body), &wire_limits, &out, &err);
    if (o != RD_OK)
        fail_msg("%s: %s at %zu", rd_outcome_word(o), err.what, err.offset);
    rd_buf_append_byte(&out, '\0');
    assert_string_equal((char *)out.p, json);
    rd_buf_release(&body);
    rd_buf_release(&out);
}

/* `hex`: the fields of the one entry of one stream without labels. */
static rd_outcome convert_entry(const char *hex, rd_buf *out)
{
    rd_buf body;
    rd_error err = {0};
    rd_buf_init(&body, 1 << 20);
    rd_buf_clear(out, 1 << 20);
    wire_hex(&body, hex);
    wire_wrap(&body, 2);
    wire_wrap(&body, 1);
    rd_outcome o = rd_loki_to_json(rd_buf_slice(&body), &wire_limits, out, &err);
    assert_int_equal(o, err.outcome);
    assert_true(o == RD_OK || out->n == 0);
    rd_buf_release(&body);
    return o;
}

static void expect_entry(const char *hex, const char *json)
{
    char whole[1000];
    rd_buf out;
    rd_buf_init(&out, 1 << 20);
    assert_int_equal(convert_entry(hex, &out), RD_OK);
    rd_buf_append_byte(&out, '\0');
    snprintf(whole, sizeof whole, "{\"streams\":[{\"stream\":{},\"values\":[%s]}]}", json);
    assert_string_equal((char *)out.p, whole);
    rd_buf_release(&out);
}

static void test_loki_to_json__writes_push_json(void **state)
{
    expect("", "{\"streams\":[]}");
    expect("0a00", "{\"streams\":[{\"stream\":{},\"values\":[]}]}");
    expect("0a3b0a127b6a6f623d2278222c206170703d2279227d12250a0608be9183ed05120b66697a7a206140622e636f1a0e0a0"
           "4757365"
           "7212066140622e636f",
           "{\"streams\":[{\"stream\":{\"app\":\"y\",\"job\":\"x\"},\"values\":[[\"1570818238000000000\","
           "\"fizz a@b.co\",{\"user\":\"a@b.co\"}]]}]}");
    /* Labels behind the entries, twice (the last counts); hash, format and unknown fields are left out. */
    expect("0a1c 1200 1805 0a087b613d2262227d20 1200 7a0178 0a077b613d2263227d 1201 66 0a00",
           "{\"streams\":[{\"stream\":{\"a\":\"c\"},\"values\":[[\"0\",\"\"],[\"0\",\"\"]]},{\"stream\":{},"
           "\"values\":[]}]}");
}

static void test_loki_to_json__writes_entries(void **state)
{
    expect_entry("", "[\"0\",\"\"]");
    expect_entry("1203610a62", "[\"0\",\"a\\nb\"]");
    expect_entry("120161 120162", "[\"0\",\"b\"]");
    /* The parts of a timestamp add up. */
    expect_entry("0a020801 0a021002", "[\"1000000002\",\"\"]");
    expect_entry("0a0b08ffffffffffffffffff01 0a021001", "[\"-999999999\",\"\"]");
    /* Metadata, then what was parsed, in one object; a name may stand twice. */
    expect_entry("2206 0a0170120131 1a06 0a016b120178 1a06 0a016b120179 1a00",
                 "[\"0\",\"\",{\"k\":\"x\",\"k\":\"y\",\"\":\"\",\"p\":\"1\"}]");
    expect_entry("2206 0a0170120131", "[\"0\",\"\",{\"p\":\"1\"}]");
}

static void test_loki_to_json__refuses_times_that_are_none(void **state)
{
    rd_buf out;
    rd_buf_init(&out, 1 << 20);
    /* 9223372036 s and 854775807 ns is the last one. */
    expect_entry("0a0c 0884fa85ae22 10ffafcb9703", "[\"9223372036854775807\",\"\"]");
    assert_int_equal(convert_entry("0a0c 0884fa85ae22 1080b0cb9703", &out), RD_INVALID);
    assert_int_equal(convert_entry("0a0608 85fa85ae22", &out), RD_INVALID);
    assert_int_equal(convert_entry("0a0a08ffffffffffffffff7f", &out), RD_INVALID);
    assert_int_equal(convert_entry("0a0610 8094ebdc03", &out), RD_INVALID);          /* 10^9 ns */
    assert_int_equal(convert_entry("0a0b10ffffffffffffffffff01", &out), RD_INVALID); /* -1 ns */
    rd_buf_release(&out);
}

static void test_loki_to_json__refuses_what_is_broken(void **state)
{
    static const struct {
        const char *hex;
        rd_outcome outcome;
    } cases[] = {
        {"0a", RD_MALFORMED},
        {"0a05", RD_MALFORMED},
        {"0801", RD_MALFORMED},
        {"0a021205", RD_MALFORMED},
        {"0a0412020a05", RD_MALFORMED},
        {"0a0412021001", RD_MALFORMED},
        {"0a0612041a020a05", RD_MALFORMED},
        {"0a040a027b61", RD_MALFORMED},
        {"0a100a0e7b613d2262222c20613d2263227d", RD_INVALID}, /* {a="b", a="c"} */
        {"7c", RD_MALFORMED},
    };
    rd_buf body, out;
    rd_error err;
    rd_buf_init(&body, 1000);
    rd_buf_init(&out, 1000);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rd_buf_clear(&body, 1000);
        wire_hex(&body, cases[i].hex);
        assert_int_equal(rd_loki_to_json(rd_buf_slice(&body), &wire_limits, &out, &err), cases[i].outcome);
        assert_int_equal(out.n, 0);
        assert_int_equal(err.outcome, cases[i].outcome);
        assert_true(err.offset <= body.n);
    }
    rd_buf_release(&body);
    rd_buf_release(&out);
}

static void test_loki_to_json__keeps_to_its_ceilings(void **state)
{
    rd_buf body, out;
    rd_error err;
    rd_limits lim = wire_limits;
    rd_buf_init(&body, 1 << 20);
    for (int i = 0; i < 1000; i++)
        wire_hex(&body, "1200");
    wire_wrap(&body, 1);
    rd_buf_init(&out, 1 << 20);
    lim.max_elements = 1001;
    assert_int_equal(rd_loki_to_json(rd_buf_slice(&body), &lim, &out, &err), RD_OK);
    const size_t n = out.n;
    lim.max_elements = 100;
    rd_buf_clear(&out, 0);
    assert_int_equal(rd_loki_to_json(rd_buf_slice(&body), &lim, &out, &err), RD_TOO_MANY);
    rd_buf_release(&out);
    rd_buf_init(&out, n - 1);
    assert_int_equal(rd_loki_to_json(rd_buf_slice(&body), &wire_limits, &out, &err), RD_TOO_LARGE);
    assert_int_equal(out.n, 0);
    rd_buf_release(&out);
    rd_buf_release(&body);
}

/* ---- random requests ---- */

static uint64_t seed;

static uint32_t rnd(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % n;
}

static char *random_text(void)
{
    static const char *const pieces[] = {"a",        "=",   "\"", "\\", "\n",   "{",
                                         "\xc3\xa4", "x y", "`",  "'",  "\x02", ","};
    char text[100] = "";
    size_t n = 0;
    for (uint32_t i = rnd(8); i > 0; i--)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s", pieces[rnd(12)]);
    return strdup(text);
}

typedef struct stream {
    Logproto__StreamAdapter pb, *self;
    rd_labels labels;
    char *values[5];
} stream;

static void random_entry(Logproto__EntryAdapter *e)
{
    logproto__entry_adapter__init(e);
    e->line = random_text();
    if (rnd(8) > 0) {
        e->timestamp = calloc(1, sizeof *e->timestamp);
        logproto__timestamp__init(e->timestamp);
        e->timestamp->seconds = (int64_t)rnd(2000000000) - 10;
        e->timestamp->nanos = (int32_t)rnd(1000000000);
    }
    e->n_structuredmetadata = rnd(3);
    e->structuredmetadata = calloc(3, sizeof(void *));
    for (size_t i = 0; i < e->n_structuredmetadata; i++) {
        const char name[] = {'n', (char)('0' + i), '\0'};
        e->structuredmetadata[i] = calloc(1, sizeof **e->structuredmetadata);
        logproto__label_pair_adapter__init(e->structuredmetadata[i]);
        e->structuredmetadata[i]->name = strdup(name);
        e->structuredmetadata[i]->value = random_text();
    }
}

static void random_stream(stream *s)
{
    rd_buf text;
    logproto__stream_adapter__init(&s->pb);
    rd_labels_init(&s->labels, 10);
    static const char *const names[] = {"app", "b_2", "job", "pod", "z"};
    for (uint32_t i = 0; i < 5; i++) {
        s->values[i] = random_text();
        if (s->values[i][0] == '\0')
            continue;
        *rd_labels_add(&s->labels) = (rd_label){rd_slice_str(names[i]), rd_slice_str(s->values[i])};
    }
    rd_buf_init(&text, 10000);
    rd_labels_write(&s->labels, &text);
    rd_buf_append_byte(&text, '\0');
    s->pb.labels = (char *)text.p;
    s->pb.hash = rnd(1000);
    s->pb.n_entries = rnd(4);
    s->pb.entries = calloc(4, sizeof(void *));
    for (size_t i = 0; i < s->pb.n_entries; i++) {
        s->pb.entries[i] = malloc(sizeof *s->pb.entries[i]);
        random_entry(s->pb.entries[i]);
    }
}

static void compare_entry(const Logproto__EntryAdapter *e, const json_t *j)
{
    char ns[32];
    int64_t t = e->timestamp == NULL ? 0 : e->timestamp->seconds * 1000000000 + e->timestamp->nanos;
    snprintf(ns, sizeof ns, "%lld", (long long)t);
    assert_int_equal(json_array_size(j), e->n_structuredmetadata > 0 ? 3 : 2);
    assert_string_equal(json_string_value(json_array_get(j, 0)), ns);
    assert_string_equal(json_string_value(json_array_get(j, 1)), e->line);
    const json_t *metadata = json_array_get(j, 2);
    assert_int_equal(json_object_size(metadata), e->n_structuredmetadata);
    for (size_t i = 0; i < e->n_structuredmetadata; i++)
        assert_string_equal(json_string_value(json_object_get(metadata, e->structuredmetadata[i]->name)),
                            e->structuredmetadata[i]->value);
}

static void compare_stream(const stream *s, const json_t *j)
{
    const json_t *labels = json_object_get(j, "stream"), *values = json_object_get(j, "values");
    assert_int_equal(json_object_size(j), 2);
    assert_int_equal(json_object_size(labels), s->labels.n);
    for (uint32_t i = 0; i < s->labels.n; i++) {
        const rd_label *l = &s->labels.list[i];
        char name[8] = "";
        memcpy(name, l->name.p, l->name.n);
        assert_string_equal(json_string_value(json_object_get(labels, name)), (const char *)l->value.p);
    }
    assert_int_equal(json_array_size(values), s->pb.n_entries);
    for (size_t i = 0; i < s->pb.n_entries; i++)
        compare_entry(s->pb.entries[i], json_array_get(values, i));
}

static void free_stream(stream *s)
{
    for (size_t i = 0; i < s->pb.n_entries; i++)
        protobuf_c_message_free_unpacked(&s->pb.entries[i]->base, NULL);
    for (int i = 0; i < 5; i++)
        free(s->values[i]);
    free(s->pb.entries);
    free(s->pb.labels);
    rd_labels_release(&s->labels);
}

static void walk(rd_slice json, size_t n_streams)
{
    rd_doc doc;
    rd_error err = {0};
    rd_doc_init(&doc);
    rd_doc_reset(&doc, json);
    rd_outcome o = rd_loki_json_walk(&wire_limits, &wire_visitor, &doc, &err);
    if (o != (n_streams > 0 ? RD_OK : RD_EMPTY))
        fail_msg("%s: %s at %zu", rd_outcome_word(o), err.what, err.offset);
    rd_doc_release(&doc);
}

static void test_loki_to_json__agrees_with_protobuf_c_and_jansson(void **state)
{
    for (unsigned round = 0; round < 500; round++) {
        stream streams[3];
        Logproto__StreamAdapter *list[3];
        Logproto__PushRequest request = LOGPROTO__PUSH_REQUEST__INIT;
        rd_buf out;
        rd_error err = {0};
        json_error_t error;
        seed = round;
        request.n_streams = rnd(4);
        request.streams = list;
        for (size_t i = 0; i < request.n_streams; i++) {
            random_stream(&streams[i]);
            list[i] = &streams[i].pb;
        }
        size_t n = logproto__push_request__get_packed_size(&request);
        uint8_t *packed = malloc(n + 1);
        logproto__push_request__pack(&request, packed);
        rd_buf_init(&out, 1 << 20);
        rd_outcome o = rd_loki_to_json(rd_slice_of(packed, n), &wire_limits, &out, &err);
        if (o != RD_OK)
            fail_msg("%s: %s at %zu", rd_outcome_word(o), err.what, err.offset);
        assert_null(memchr(out.p, '\n', out.n));
        json_t *j = json_loadb((char *)out.p, out.n, JSON_REJECT_DUPLICATES, &error);
        assert_non_null(j);
        assert_int_equal(json_object_size(j), 1);
        assert_int_equal(json_array_size(json_object_get(j, "streams")), request.n_streams);
        for (size_t i = 0; i < request.n_streams; i++)
            compare_stream(&streams[i], json_array_get(json_object_get(j, "streams"), i));
        walk(rd_buf_slice(&out), request.n_streams);
        json_decref(j);
        free(packed);
        rd_buf_release(&out);
        for (size_t i = 0; i < request.n_streams; i++)
            free_stream(&streams[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loki_to_json__writes_push_json),
        cmocka_unit_test(test_loki_to_json__writes_entries),
        cmocka_unit_test(test_loki_to_json__refuses_times_that_are_none),
        cmocka_unit_test(test_loki_to_json__refuses_what_is_broken),
        cmocka_unit_test(test_loki_to_json__keeps_to_its_ceilings),
        cmocka_unit_test(test_loki_to_json__agrees_with_protobuf_c_and_jansson),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
