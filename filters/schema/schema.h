/* SPDX-License-Identifier: MIT */
/*
 * The message tables that drive both walkers.
 *
 * Source of truth: the .proto files in this folder (field numbers and names of OTLP 1.x and of
 * Loki's push protocol, plus the removed fields that old senders and receivers still use) and
 * marks.def, which says for every field what can be in it. A generator run at build time reads
 * the descriptors that protoc-c made and the marks, and writes these constant tables; a field
 * without a mark, or a mark without a field, fails the build.
 */
#ifndef RD_SCHEMA_SCHEMA_H
#define RD_SCHEMA_SCHEMA_H

#include "filters/base/doc.h"

/* What a field holds, beyond its wire type. */
typedef enum rd_mark {
    RD_MARK_NONE,   /* numbers and structure: copied */
    RD_MARK_TEXT,   /* U: user text (string or bytes) */
    RD_MARK_KEY,    /* K: the key of the pair that this message is; user text too */
    RD_MARK_VALUE,  /* the value of the pair that this message is (message or string) */
    RD_MARK_NUMBER, /* U: an integer that may be a card or phone number (AnyValue.int_value) */
    RD_MARK_ID,     /* I: a trace or span id: 0 bytes or `id_len` bytes, else RD_INVALID */
    RD_MARK_LABELS, /* Loki label text */
    RD_MARK_HASH,   /* stale after a label change */
    RD_MARK_MESSAGE /* descend */
} rd_mark;

typedef enum rd_wire_type {
    RD_WIRE_VARINT = 0,
    RD_WIRE_FIXED64 = 1,
    RD_WIRE_LEN = 2,
    RD_WIRE_SGROUP = 3,
    RD_WIRE_EGROUP = 4,
    RD_WIRE_FIXED32 = 5
} rd_wire_type;

/* Scalar kind: for protobuf -> JSON and for checks. */
typedef enum rd_scalar {
    RD_SCALAR_MESSAGE,
    RD_SCALAR_STRING,
    RD_SCALAR_BYTES,
    RD_SCALAR_BOOL,
    RD_SCALAR_ENUM,
    RD_SCALAR_INT32,
    RD_SCALAR_SINT32,
    RD_SCALAR_UINT32,
    RD_SCALAR_FIXED32,
    RD_SCALAR_SFIXED32,
    RD_SCALAR_INT64,
    RD_SCALAR_SINT64,
    RD_SCALAR_UINT64,
    RD_SCALAR_FIXED64,
    RD_SCALAR_SFIXED64,
    RD_SCALAR_DOUBLE,
    RD_SCALAR_FLOAT
} rd_scalar;

typedef enum rd_kind {
    RD_KIND_PLAIN,
    RD_KIND_PAIR,     /* KeyValue, LabelPair: key and value decide together */
    RD_KIND_ANYVALUE, /* the oneof of OTLP */
    RD_KIND_RESOURCE, /* Resource: what a group is about */
    RD_KIND_GROUP,    /* ResourceLogs/-Spans/-Metrics, Loki stream: counted in n_groups */
    RD_KIND_ITEM      /* LogRecord, Span, data points, Loki entry: counted in n_items */
} rd_kind;

enum { RD_CLASS_INHERIT = 0xff, RD_SCHEMA_ORDINALS = 512 };

typedef struct rd_message rd_message;

typedef struct rd_field {
    const char *name;        /* proto name, snake_case: accepted in JSON too */
    const char *json_name;   /* lowerCamelCase */
    const char *json_member; /* "lowerCamelCase": with the quotes and the colon */
    const rd_message *child; /* RD_MARK_MESSAGE, or a message-typed RD_MARK_VALUE */
    uint32_t number;
    uint8_t name_len, json_name_len;
    uint8_t wire;   /* rd_wire_type when not packed */
    uint8_t scalar; /* rd_scalar */
    uint8_t mark;   /* rd_mark */
    uint8_t cls;    /* rd_class, or RD_CLASS_INHERIT */
    uint8_t id_len; /* RD_MARK_ID: 16 or 8 */
    bool of_item;   /* of a message of kind ITEM */
    bool repeated;
    bool packable;     /* repeated scalar: LEN is allowed as well */
    bool has_presence; /* singular message, oneof member or proto3 optional */
} rd_field;

struct rd_message {
    const char *name; /* e.g. "LogRecord" */
    const rd_field *fields;
    uint16_t n_fields;
    uint16_t ordinal; /* own number among all messages and fields; field i has ordinal + 1 + i */
    uint8_t kind;     /* rd_kind */
    bool key_value;   /* a PAIR {1: string key, 2: {1: string}}, OTLP's KeyValue: walkers have a short cut */
    bool holds_items; /* an ITEM can stand in it, at any depth; not an ITEM itself */
    uint8_t by_number[32]; /* field number < 32 -> index + 1; 0: not there or larger */
    uint8_t by_tag[128];   /* tag of one byte, with the field's wire type when not packed -> index + 1; 0: no */
};

static inline const rd_field *rd_message_field(const rd_message *m, uint32_t number)
{
    if (number < 32) {
        unsigned i = m->by_number[number];
        return i == 0 ? NULL : &m->fields[i - 1];
    }
    for (unsigned i = 0; i < m->n_fields; i++) {
        if (m->fields[i].number == number)
            return &m->fields[i];
    }
    return NULL;
}

/* Field by JSON member name: exact lowerCamelCase or exact snake_case; NULL: unknown. */
const rd_field *rd_message_field_by_json(const rd_message *m, rd_slice name);

/* Roots: the Export*ServiceRequest messages and Loki's PushRequest. */
extern const rd_message rd_schema_logs, rd_schema_traces, rd_schema_metrics, rd_schema_loki_push;

/* Every message of the schema, for tests and generators. */
extern const rd_message *const rd_schema_all[];
extern const unsigned rd_schema_all_count;

#endif
