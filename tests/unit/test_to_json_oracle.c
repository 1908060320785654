/* SPDX-License-Identifier: MIT */
/*
 * to_json against two independent libraries: random messages are packed by protobuf-c, converted, parsed by
 * jansson and compared field by field with the descriptors of protobuf-c. Then the same message is spelled in
 * other ways that mean the same (parts split, packed lists torn, old values before the last one, unknown
 * fields in between): the JSON must not change by a byte.
 */
#include "tests/unit/wire_util.h"

#include <jansson.h>
#include <math.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "collector.pb-c.h"
#include "loki_push.pb-c.h"

#include "filters/json/otlp_json.h"
#include "filters/wire/to_json.h"

typedef ProtobufCMessageDescriptor message_desc;
typedef ProtobufCFieldDescriptor field_desc;

static uint64_t seed;

static uint32_t rnd(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % n;
}

static uint64_t rnd64(void)
{
    uint64_t v = (uint64_t)rnd(1U << 31) << 33 ^ (uint64_t)rnd(1U << 31) << 8 ^ rnd(256);
    return rnd(3) == 0 ? v : v >> rnd(64);
}

/* ---- random messages ---- */

static ProtobufCMessage *random_message(const message_desc *d, unsigned depth);

static char *random_string(void)
{
    static const char *const pieces[] = {"a",
                                         "\"",
                                         "\\",
                                         "\n",
                                         "\x01",
                                         "\x7f",
                                         "/",
                                         "<",
                                         "\xc3\xa4",
                                         "\xe2\x80\xa8",
                                         "\xf0\x9f\x98\x80",
                                         "user@example.org",
                                         " ",
                                         "}",
                                         "\t",
                                         "0"};
    char text[400] = "";
    size_t n = 0;
    for (uint32_t i = rnd(8); i > 0; i--) {
        const char *piece = pieces[rnd(16)];
        memcpy(text + n, piece, strlen(piece));
        n += strlen(piece);
    }
    text[n] = '\0';
    return strdup(text);
}

static bool is_id(const field_desc *f)
{
    return f->type == PROTOBUF_C_TYPE_BYTES && strstr(f->name, "_id") != NULL;
}

static ProtobufCBinaryData random_bytes(const field_desc *f)
{
    size_t n = !is_id(f) ? rnd(40) : strcmp(f->name, "trace_id") == 0 ? 16 : 8;
    ProtobufCBinaryData b = {.len = n, .data = n == 0 ? NULL : malloc(n)};
    for (size_t i = 0; i < n; i++)
        b.data[i] = (uint8_t)rnd(256);
    return b;
}

static double random_double(void)
{
    double v;
    uint64_t bits = rnd64();
    switch (rnd(4)) {
    case 0:
        return (double)rnd(1000) / 10;
    case 1:
        return -(double)rnd64();
    case 2:
        return rnd(2) == 0 ? NAN : rnd(2) == 0 ? INFINITY : -INFINITY;
    default:
        bits ^= rnd64() << 32;
        memcpy(&v, &bits, sizeof v);
        return v;
    }
}

/* Writes one random value of the field's type at `at`. */
static void random_value(const field_desc *f, void *at, unsigned depth)
{
    uint64_t v = rnd64();
    uint32_t v32 = (uint32_t)v;
    double real = random_double();
    protobuf_c_boolean flag = (protobuf_c_boolean)rnd(2);
    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
        *(char **)at = random_string();
        break;
    case PROTOBUF_C_TYPE_BYTES:
        *(ProtobufCBinaryData *)at = random_bytes(f);
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        *(ProtobufCMessage **)at = random_message(f->descriptor, depth + 1);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        *(protobuf_c_boolean *)at = flag;
        break;
    case PROTOBUF_C_TYPE_DOUBLE:
        memcpy(at, &real, sizeof real);
        break;
    case PROTOBUF_C_TYPE_FLOAT:
        fail_msg("no field is a float");
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
        memcpy(at, &v, sizeof v);
        break;
    default:
        memcpy(at, &v32, sizeof v32);
    }
}

static size_t size_of(const field_desc *f)
{
    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return 8;
    default:
        return 4;
    }
}

static void *member(const ProtobufCMessage *m, unsigned offset)
{
    return (char *)(uintptr_t)m + offset;
}

static bool in_oneof(const field_desc *f)
{
    return (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
}

static ProtobufCMessage *random_message(const message_desc *d, unsigned depth)
{
    ProtobufCMessage *m = calloc(1, d->sizeof_message);
    assert_non_null(m);
    protobuf_c_message_init(d, m);
    for (unsigned i = 0; i < d->n_fields; i++) {
        const field_desc *f = &d->fields[i];
        bool message = f->type == PROTOBUF_C_TYPE_MESSAGE;
        /* Upper levels are mostly there, or little else would be. */
        if (message && depth > 14)
            continue;
        if (depth < 5 && message ? rnd(5) == 0 : rnd(2) == 0)
            continue;
        if (f->label == PROTOBUF_C_LABEL_REPEATED) {
            size_t n = 1 + rnd(depth < 8 ? 3 : 2);
            char *array = calloc(n, size_of(f));
            assert_non_null(array);
            for (size_t k = 0; k < n; k++)
                random_value(f, array + k * size_of(f), depth);
            *(size_t *)member(m, f->quantifier_offset) = n;
            *(void **)member(m, f->offset) = array;
        } else if (in_oneof(f)) {
            uint32_t *which = member(m, f->quantifier_offset);
            if (*which != 0)
                continue;
            *which = f->id;
            random_value(f, member(m, f->offset), depth);
        } else {
            random_value(f, member(m, f->offset), depth);
        }
    }
    return m;
}

/* ---- comparing ---- */

static void camel(const char *name, char *out)
{
    for (; *name != '\0'; name++) {
        if (*name == '_')
            *out++ = (char)(*++name - 'a' + 'A');
        else
            *out++ = *name;
    }
    *out = '\0';
}

static void compare_message(const ProtobufCMessage *m, const json_t *j);

static void compare_bytes(const field_desc *f, const ProtobufCBinaryData *b, const json_t *j)
{
    unsigned char text[200] = "";
    if (is_id(f)) {
        for (size_t i = 0; i < b->len; i++)
            snprintf((char *)text + 2 * i, 3, "%02x", b->data[i]);
    } else if (b->len > 0) {
        EVP_EncodeBlock(text, b->data, (int)b->len);
    }
    assert_string_equal(json_string_value(j), (char *)text);
}

static void compare_double(double v, const json_t *j)
{
    if (isnan(v))
        assert_string_equal(json_string_value(j), "NaN");
    else if (isinf(v))
        assert_string_equal(json_string_value(j), v > 0 ? "Infinity" : "-Infinity");
    else
        assert_true(json_is_number(j) && json_number_value(j) == v);
}

static void compare_value(const field_desc *f, const void *at, const json_t *j)
{
    char text[32];
    double real;
    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
        assert_true(json_is_string(j));
        assert_string_equal(json_string_value(j), *(char *const *)at);
        break;
    case PROTOBUF_C_TYPE_BYTES:
        compare_bytes(f, at, j);
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        compare_message(*(ProtobufCMessage *const *)at, j);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        assert_true(*(const protobuf_c_boolean *)at ? json_is_true(j) : json_is_false(j));
        break;
    case PROTOBUF_C_TYPE_DOUBLE:
        memcpy(&real, at, sizeof real);
        compare_double(real, j);
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        snprintf(text, sizeof text, "%lld", (long long)*(const int64_t *)at);
        assert_string_equal(json_string_value(j), text);
        break;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        snprintf(text, sizeof text, "%llu", (unsigned long long)*(const uint64_t *)at);
        assert_string_equal(json_string_value(j), text);
        break;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        assert_true(json_is_integer(j) && json_integer_value(j) == *(const uint32_t *)at);
        break;
    default:
        assert_true(json_is_integer(j) && json_integer_value(j) == *(const int32_t *)at);
    }
}

/* Does protobuf-c put this singular field on the wire? */
static bool is_set(const ProtobufCMessage *m, const field_desc *f)
{
    const void *at = member(m, f->offset);
    static const char zero[8];
    if (in_oneof(f))
        return *(uint32_t *)member(m, f->quantifier_offset) == f->id;
    if (f->type == PROTOBUF_C_TYPE_MESSAGE)
        return *(void *const *)at != NULL;
    if (f->type == PROTOBUF_C_TYPE_STRING)
        return **(char *const *)at != '\0';
    if (f->type == PROTOBUF_C_TYPE_BYTES)
        return ((const ProtobufCBinaryData *)at)->len > 0;
    if (f->type == PROTOBUF_C_TYPE_DOUBLE)
        return *(const double *)at != 0;
    return memcmp(at, zero, size_of(f)) != 0;
}

static void compare_message(const ProtobufCMessage *m, const json_t *j)
{
    size_t n_members = 0;
    char name[100];
    assert_true(json_is_object(j));
    for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
        const field_desc *f = &m->descriptor->fields[i];
        camel(f->name, name);
        const json_t *value = json_object_get(j, name);
        n_members += value != NULL;
        if (f->label != PROTOBUF_C_LABEL_REPEATED) {
            assert_int_equal(value != NULL, is_set(m, f));
            if (value != NULL)
                compare_value(f, member(m, f->offset), value);
            continue;
        }
        size_t n = *(size_t *)member(m, f->quantifier_offset);
        assert_int_equal(json_array_size(value), n);
        for (size_t k = 0; k < n; k++)
            compare_value(f, *(char **)member(m, f->offset) + k * size_of(f), json_array_get(value, k));
    }
    assert_int_equal(json_object_size(j), n_members);
}

static const struct {
    const message_desc *desc;
    const rd_message *root;
} roots[] = {
    {&opentelemetry__proto__collector__v1__export_logs_service_request__descriptor, &rd_schema_logs},
    {&opentelemetry__proto__collector__v1__export_trace_service_request__descriptor, &rd_schema_traces},
    {&opentelemetry__proto__collector__v1__export_metrics_service_request__descriptor, &rd_schema_metrics},
    {&logproto__push_request__descriptor, &rd_schema_loki_push},
};

static void to_json(const rd_message *root, rd_slice body, rd_buf *out)
{
    rd_error err = {0};
    rd_buf_clear(out, 64 << 20);
    rd_outcome o = rd_wire_to_json(root, body, &wire_limits, out, &err);
    if (o != RD_OK)
        fail_msg("%s: %s at %zu", rd_outcome_word(o), err.what, err.offset);
    assert_null(memchr(out->p, '\n', out->n));
}

/* What our own walkers find in both forms is the same. */
static void walk_both(const rd_message *root, rd_slice body, rd_slice json)
{
    rd_doc wire, text;
    rd_error err = {0};
    rd_doc_init(&wire);
    rd_doc_init(&text);
    rd_doc_reset(&wire, body);
    rd_doc_reset(&text, json);
    assert_int_equal(rd_wire_walk(root, &wire_limits, NULL, &wire, &err), RD_OK);
    rd_outcome o = rd_otlp_json_walk(root, &wire_limits, &wire_visitor, &text, &err);
    if (o != RD_OK)
        fail_msg("%s: %s at %zu", rd_outcome_word(o), err.what, err.offset);
    assert_int_equal(wire.n_items, text.n_items);
    assert_int_equal(wire.n_groups, text.n_groups);
    rd_doc_release(&wire);
    rd_doc_release(&text);
}

/* ---- other spellings of the same message ---- */

static void put_field(rd_buf *out, uint32_t number, unsigned wire, rd_slice content)
{
    uint8_t head[20];
    size_t n = rd_varint_put((uint64_t)number << 3 | wire, head);
    if (wire == RD_WIRE_LEN)
        n += rd_varint_put(content.n, head + n);
    rd_buf_append(out, head, n);
    rd_buf_append(out, content.p, content.n);
}

static void put_noise(rd_buf *out)
{
    static const char *const noise[] = {
        "", "", "", "f23e0178", "f03e01", "f13e0000000000000000", "f33ef23e0178f43e", "f53e00000000"};
    wire_hex(out, noise[rnd(8)]);
}

/* One field off a body that protobuf-c packed: its number, wire type and content. */
static const uint8_t *take_field(const uint8_t *p, const uint8_t *end, uint64_t *out_tag, rd_slice *out)
{
    uint64_t n;
    p += rd_varint_get(p, end, out_tag);
    unsigned wire = *out_tag & 7;
    if (wire == RD_WIRE_LEN)
        p += rd_varint_get(p, end, &n);
    else
        n = wire == RD_WIRE_FIXED64 ? 8 : wire == RD_WIRE_FIXED32 ? 4 : rd_varint_get(p, end, &(uint64_t){0});
    *out = rd_slice_of(p, (size_t)n);
    return p + n;
}

static void respell(const rd_message *m, rd_slice body, rd_buf *out);

/* A packed list as several lists and single numbers. */
static void respell_packed(const rd_field *f, rd_slice content, rd_buf *out)
{
    const uint8_t *p = content.p, *end = p + content.n;
    while (p < end) {
        uint64_t v;
        size_t n = f->wire == RD_WIRE_VARINT ? rd_varint_get(p, end, &v) : f->wire == RD_WIRE_FIXED64 ? 8 : 4;
        bool rest = rnd(3) == 0;
        if (rest)
            n = (size_t)(end - p);
        put_field(out, f->number, rest || rnd(2) == 0 ? RD_WIRE_LEN : f->wire, rd_slice_of(p, n));
        p += n;
    }
}

/* Some other value of a scalar or text, to stand before the one that counts. */
static void put_old_value(const rd_field *f, rd_buf *out)
{
    static const uint8_t bytes[16] = {1, 2, 3};
    size_t n = f->wire == RD_WIRE_VARINT    ? 1
               : f->wire == RD_WIRE_FIXED64 ? 8
               : f->wire == RD_WIRE_FIXED32 ? 4
               : f->id_len > 0              ? f->id_len
                                            : rnd(4);
    put_field(out, f->number, f->wire, rd_slice_of(bytes, n));
}

/* A message as two parts, cut between two fields: protobuf puts them together again. */
static void put_split(const rd_field *f, rd_slice content, rd_buf *out)
{
    const uint8_t *p = content.p, *end = p + content.n, *cut = p;
    for (const uint8_t *at = p; at < end && (*at & 7) != RD_WIRE_SGROUP;) {
        uint64_t tag;
        rd_slice ignored;
        at = take_field(at, end, &tag, &ignored);
        if (rnd(2) == 0)
            cut = at;
    }
    put_field(out, f->number, RD_WIRE_LEN, rd_slice_of(p, (size_t)(cut - p)));
    put_noise(out);
    put_field(out, f->number, RD_WIRE_LEN, rd_slice_of(cut, (size_t)(end - cut)));
}

static void respell_field(const rd_field *f, unsigned wire, rd_slice content, rd_buf *out)
{
    rd_buf inner;
    if (f->packable && wire == RD_WIRE_LEN) {
        respell_packed(f, content, out);
        return;
    }
    if (f->child == NULL) {
        if (!f->repeated && rnd(3) == 0)
            put_old_value(f, out);
        put_field(out, f->number, wire, content);
        return;
    }
    rd_buf_init(&inner, 16 << 20);
    respell(f->child, content, &inner);
    if (!f->repeated && rnd(2) == 0)
        put_split(f, rd_buf_slice(&inner), out);
    else
        put_field(out, f->number, RD_WIRE_LEN, rd_buf_slice(&inner));
    rd_buf_release(&inner);
}

/* The order of different fields means nothing, that of one field's values does. */
static void respell(const rd_message *m, rd_slice body, rd_buf *out)
{
    const uint32_t early = rnd(1U << 30);
    for (unsigned pass = 0; pass < 2; pass++) {
        const uint8_t *p = body.p, *end = p + body.n;
        while (p < end) {
            uint64_t tag;
            rd_slice content;
            p = take_field(p, end, &tag, &content);
            const rd_field *f = rd_message_field(m, (uint32_t)(tag >> 3));
            assert_non_null(f);
            if ((early >> (f - m->fields) & 1) == pass)
                continue;
            put_noise(out);
            respell_field(f, tag & 7, content, out);
        }
    }
    put_noise(out);
}

static void test_to_json_oracle__agrees_with_protobuf_c_and_jansson(void **state)
{
    enum { ROUNDS = 400 };
    rd_buf json, again, respelled;
    size_t n_bytes = 0;
    rd_buf_init(&json, 64 << 20);
    rd_buf_init(&again, 64 << 20);
    rd_buf_init(&respelled, 64 << 20);
    for (unsigned round = 0; round < ROUNDS; round++) {
        seed = round;
        const unsigned r = round % 4;
        ProtobufCMessage *m = random_message(roots[r].desc, 0);
        size_t n = protobuf_c_message_get_packed_size(m);
        uint8_t *packed = malloc(n + 1);
        assert_non_null(packed);
        assert_int_equal(protobuf_c_message_pack(m, packed), n);
        rd_slice body = {packed, n};
        to_json(roots[r].root, body, &json);
        json_error_t error;
        json_t *parsed = json_loadb((char *)json.p, json.n, JSON_REJECT_DUPLICATES, &error);
        if (parsed == NULL)
            fail_msg("round %u: %s", round, error.text);
        compare_message(m, parsed);
        if (r < 3)
            walk_both(roots[r].root, body, rd_buf_slice(&json));
        rd_buf_clear(&respelled, 64 << 20);
        respell(roots[r].root, body, &respelled);
        to_json(roots[r].root, rd_buf_slice(&respelled), &again);
        assert_int_equal(again.n, json.n);
        assert_memory_equal(again.p, json.p, json.n);
        json_decref(parsed);
        free(packed);
        protobuf_c_message_free_unpacked(m, NULL);
        n_bytes += n;
    }
    assert_true(n_bytes > 100000); /* the messages were not all empty */
    rd_buf_release(&json);
    rd_buf_release(&again);
    rd_buf_release(&respelled);
}

/* ---- what the tables do not say ---- */

static void put_default(const rd_field *f, rd_buf *out)
{
    static const uint8_t zero[8];
    size_t n = f->wire == RD_WIRE_VARINT    ? 1
               : f->wire == RD_WIRE_FIXED64 ? 8
               : f->wire == RD_WIRE_FIXED32 ? 4
                                            : 0;
    put_field(out, f->number, f->wire, rd_slice_of(zero, n));
}

static size_t members_of_two(const rd_message *m, const rd_field *f, const rd_field *g)
{
    rd_buf body, out;
    json_error_t error;
    rd_buf_init(&body, 1000);
    rd_buf_init(&out, 1000);
    put_default(f, &body);
    put_default(g, &body);
    to_json(m, rd_buf_slice(&body), &out);
    json_t *j = json_loadb((char *)out.p, out.n, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(j);
    assert_non_null(json_object_get(j, g->json_name));
    size_t n = json_object_size(j);
    json_decref(j);
    rd_buf_release(&body);
    rd_buf_release(&out);
    return n;
}

static unsigned check_message(const message_desc *d, const rd_message *m)
{
    unsigned n_pairs = 0;
    assert_int_equal(d->n_fields, m->n_fields);
    for (unsigned i = 0; i < d->n_fields; i++) {
        for (unsigned k = 0; k < d->n_fields; k++) {
            const field_desc *a = &d->fields[i], *b = &d->fields[k];
            if (i == k)
                continue;
            bool together = in_oneof(a) && in_oneof(b) && a->quantifier_offset == b->quantifier_offset;
            n_pairs += together;
            assert_int_equal(members_of_two(m, rd_message_field(m, a->id), rd_message_field(m, b->id)),
                             together ? 1 : 2);
        }
    }
    return n_pairs;
}

static void test_to_json_oracle__knows_every_oneof(void **state)
{
    const message_desc *descs[128];
    const rd_message *messages[128];
    unsigned n = 0, n_pairs = 0;
    for (; n < 4; n++) {
        descs[n] = roots[n].desc;
        messages[n] = roots[n].root;
    }
    for (unsigned at = 0; at < n; at++) {
        n_pairs += check_message(descs[at], messages[at]);
        for (unsigned i = 0; i < descs[at]->n_fields; i++) {
            const message_desc *child = descs[at]->fields[i].descriptor;
            unsigned k = 0;
            if (descs[at]->fields[i].type != PROTOBUF_C_TYPE_MESSAGE)
                continue;
            while (k < n && descs[k] != child)
                k++;
            if (k < n)
                continue;
            assert_true(n < 128);
            descs[n] = child;
            messages[n++] = rd_message_field(messages[at], descs[at]->fields[i].id)->child;
        }
    }
    assert_int_equal(n, rd_schema_all_count);
    assert_int_equal(n_pairs, 8 * 7 + 8 * 7 + 2 + 2); /* AnyValue, Metric, NumberDataPoint, Exemplar */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_to_json_oracle__agrees_with_protobuf_c_and_jansson),
        cmocka_unit_test(test_to_json_oracle__knows_every_oneof),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
