/* SPDX-License-Identifier: MIT */
#include "tests/upstream/pb_json.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *hex(const uint8_t *p, size_t n)
{
    char *text = malloc(2 * n + 1);
    for (size_t i = 0; i < n; i++)
        snprintf(text + 2 * i, 3, "%02x", p[i]);
    json_t *j = json_stringn(text, 2 * n);
    free(text);
    return j;
}

static json_t *number_text(const char *format, uint64_t v)
{
    char text[32];
    snprintf(text, sizeof text, format, v);
    return json_string(text);
}

static json_t *real(double d)
{
    json_t *j = json_real(d); /* NULL for NaN and infinities */
    return j != NULL ? j : json_string(d != d ? "NaN" : d > 0 ? "Infinity" : "-Infinity");
}

static size_t element_size(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    default:
        return 4;
    }
}

static json_t *value(ProtobufCType type, const void *at)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return number_text("%" PRId64, *(const uint64_t *)at);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return number_text("%" PRIu64, *(const uint64_t *)at);
    case PROTOBUF_C_TYPE_DOUBLE:
        return real(*(const double *)at);
    case PROTOBUF_C_TYPE_FLOAT:
        return real((double)*(const float *)at);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return json_integer(*(const uint32_t *)at);
    case PROTOBUF_C_TYPE_BOOL:
        return json_boolean(*(const protobuf_c_boolean *)at);
    case PROTOBUF_C_TYPE_STRING:
        return json_string(*(const char *const *)at);
    case PROTOBUF_C_TYPE_BYTES: {
        const ProtobufCBinaryData *b = at;
        return hex(b->data, b->len);
    }
    case PROTOBUF_C_TYPE_MESSAGE:
        return up_pb_json(*(const ProtobufCMessage *const *)at);
    default:
        return json_integer(*(const int32_t *)at);
    }
}

static bool is_default(const ProtobufCFieldDescriptor *f, const char *at)
{
    static const char zero[8];
    if (f->type == PROTOBUF_C_TYPE_MESSAGE)
        return *(void *const *)at == NULL;
    if (f->type == PROTOBUF_C_TYPE_STRING)
        return *(char *const *)at == NULL || **(char *const *)at == '\0';
    if (f->type == PROTOBUF_C_TYPE_BYTES)
        return ((const ProtobufCBinaryData *)at)->len == 0;
    return memcmp(at, zero, element_size(f->type)) == 0;
}

static bool is_set(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
    const char *base = (const char *)m, *at = base + f->offset;
    if (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
        return *(const uint32_t *)(base + f->quantifier_offset) == f->id;
    if (f->label == PROTOBUF_C_LABEL_REPEATED)
        return *(const size_t *)(base + f->quantifier_offset) > 0;
    if (f->label == PROTOBUF_C_LABEL_OPTIONAL && f->quantifier_offset != 0)
        return *(const protobuf_c_boolean *)(base + f->quantifier_offset);
    return !is_default(f, at);
}

static json_t *field_json(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
    const char *base = (const char *)m, *at = base + f->offset;
    if (f->label != PROTOBUF_C_LABEL_REPEATED)
        return value(f->type, at);
    json_t *list = json_array();
    size_t n = *(const size_t *)(base + f->quantifier_offset);
    const char *elements = *(const char *const *)at;
    for (size_t i = 0; i < n; i++) {
        if (json_array_append_new(list, value(f->type, elements + i * element_size(f->type))) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

json_t *up_pb_json(const ProtobufCMessage *m)
{
    json_t *object = json_object();
    for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
        if (is_set(m, f) && json_object_set_new(object, f->name, field_json(m, f)) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    for (unsigned i = 0; i < m->n_unknown_fields; i++) {
        char name[16];
        snprintf(name, sizeof name, "?%" PRIu32, m->unknown_fields[i].tag);
        json_object_set_new(object, name, hex(m->unknown_fields[i].data, m->unknown_fields[i].len));
    }
    return object;
}
