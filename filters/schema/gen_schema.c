/* SPDX-License-Identifier: MIT */
/*
 * Build-time generator of schema_tables.c, see schema.h.
 *
 * Input: the descriptors that protoc-c made of our .proto files (linked in) and marks.def. Output, on the
 * path given as argument: constant tables of every message that the four roots reach. Every row of marks.def
 * must be used exactly once and every field must have one; each breach is one line on stderr that names it.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector.pb-c.h"
#include "loki_push.pb-c.h"

#include "filters/schema/schema.h"

typedef ProtobufCMessageDescriptor message_desc;
typedef ProtobufCFieldDescriptor field_desc;

typedef struct kind_row {
    const char *message, *kind;
    bool used;
} kind_row;

typedef struct mark_row {
    const char *message, *field, *mark, *cls;
    bool used;
} mark_row;

static kind_row kind_rows[] = {
#define MESSAGE(message, kind) {#message, #kind, false},
#define FIELD(message, field, mark, cls)
#include "filters/schema/marks.def"
#undef MESSAGE
#undef FIELD
};

static mark_row mark_rows[] = {
#define MESSAGE(message, kind)
#define FIELD(message, field, mark, cls) {#message, #field, #mark, #cls, false},
#include "filters/schema/marks.def"
#undef MESSAGE
#undef FIELD
};

enum {
    N_KIND_ROWS = sizeof kind_rows / sizeof kind_rows[0],
    N_MARK_ROWS = sizeof mark_rows / sizeof mark_rows[0]
};

/* Row n names the table that stands for it in schema.h. */
static const struct {
    const message_desc *desc;
    const char *symbol;
} roots[] = {
    {&opentelemetry__proto__collector__v1__export_logs_service_request__descriptor, "rd_schema_logs"},
    {&opentelemetry__proto__collector__v1__export_trace_service_request__descriptor, "rd_schema_traces"},
    {&opentelemetry__proto__collector__v1__export_metrics_service_request__descriptor, "rd_schema_metrics"},
    {&logproto__push_request__descriptor, "rd_schema_loki_push"},
};

enum { N_ROOTS = sizeof roots / sizeof roots[0], MAX_MESSAGES = 256 };

/* Wire type and scalar of each protobuf-c type; indexed by ProtobufCType. */
static const struct {
    const char *scalar, *wire;
} types[] = {
    [PROTOBUF_C_TYPE_INT32] = {"INT32", "VARINT"},
    [PROTOBUF_C_TYPE_SINT32] = {"SINT32", "VARINT"},
    [PROTOBUF_C_TYPE_UINT32] = {"UINT32", "VARINT"},
    [PROTOBUF_C_TYPE_INT64] = {"INT64", "VARINT"},
    [PROTOBUF_C_TYPE_SINT64] = {"SINT64", "VARINT"},
    [PROTOBUF_C_TYPE_UINT64] = {"UINT64", "VARINT"},
    [PROTOBUF_C_TYPE_BOOL] = {"BOOL", "VARINT"},
    [PROTOBUF_C_TYPE_ENUM] = {"ENUM", "VARINT"},
    [PROTOBUF_C_TYPE_FIXED32] = {"FIXED32", "FIXED32"},
    [PROTOBUF_C_TYPE_SFIXED32] = {"SFIXED32", "FIXED32"},
    [PROTOBUF_C_TYPE_FLOAT] = {"FLOAT", "FIXED32"},
    [PROTOBUF_C_TYPE_FIXED64] = {"FIXED64", "FIXED64"},
    [PROTOBUF_C_TYPE_SFIXED64] = {"SFIXED64", "FIXED64"},
    [PROTOBUF_C_TYPE_DOUBLE] = {"DOUBLE", "FIXED64"},
    [PROTOBUF_C_TYPE_STRING] = {"STRING", "LEN"},
    [PROTOBUF_C_TYPE_BYTES] = {"BYTES", "LEN"},
    [PROTOBUF_C_TYPE_MESSAGE] = {"MESSAGE", "LEN"},
};

static const message_desc *messages[MAX_MESSAGES];
static unsigned n_messages;
static unsigned n_faults;

static void __attribute__((format(printf, 1, 2))) fault(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("marks.def: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    n_faults++;
}

/* The name without the package: "Span.Event". */
static const char *name_of(const message_desc *m)
{
    size_t n = strlen(m->package_name);
    return n == 0 ? m->name : m->name + n + 1;
}

/* "m_Span_Event"; valid until the second call after this one. */
static const char *symbol_of(const message_desc *m)
{
    static char text[2][200];
    static unsigned turn;
    for (unsigned i = 0; i < N_ROOTS; i++) {
        if (roots[i].desc == m)
            return roots[i].symbol;
    }
    char *s = text[turn++ % 2];
    snprintf(s, sizeof text[0], "m_%s", name_of(m));
    for (char *p = s; *p != '\0'; p++) {
        if (*p == '.')
            *p = '_';
    }
    return s;
}

/* Breadth first from the roots; the array is the queue. */
static void collect(void)
{
    for (unsigned i = 0; i < N_ROOTS; i++)
        messages[n_messages++] = roots[i].desc;
    for (unsigned at = 0; at < n_messages; at++) {
        for (unsigned f = 0; f < messages[at]->n_fields; f++) {
            const field_desc *fd = &messages[at]->fields[f];
            if (fd->type != PROTOBUF_C_TYPE_MESSAGE)
                continue;
            unsigned i = 0;
            while (i < n_messages && messages[i] != fd->descriptor)
                i++;
            if (i == MAX_MESSAGES)
                fault("more than %d messages", MAX_MESSAGES);
            else if (i == n_messages)
                messages[n_messages++] = fd->descriptor;
        }
    }
}

static const char *kind_of(const message_desc *m)
{
    for (unsigned i = 0; i < N_KIND_ROWS; i++) {
        if (strcmp(kind_rows[i].message, name_of(m)) == 0 && !kind_rows[i].used) {
            kind_rows[i].used = true;
            return kind_rows[i].kind;
        }
    }
    fault("message %s has no row", name_of(m));
    return "PLAIN";
}

static const mark_row *mark_of(const message_desc *m, const field_desc *f)
{
    static const mark_row none = {"", "", "NONE", "INHERIT", true};
    for (unsigned i = 0; i < N_MARK_ROWS; i++) {
        mark_row *r = &mark_rows[i];
        if (strcmp(r->message, name_of(m)) == 0 && strcmp(r->field, f->name) == 0 && !r->used) {
            r->used = true;
            return r;
        }
    }
    fault("field %s.%s has no row", name_of(m), f->name);
    return &none;
}

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* Whether the mark can stand at a field of this type in a message of this kind. */
static bool mark_fits(const mark_row *r, const field_desc *f, const char *kind)
{
    bool string = f->type == PROTOBUF_C_TYPE_STRING, bytes = f->type == PROTOBUF_C_TYPE_BYTES;
    bool message = f->type == PROTOBUF_C_TYPE_MESSAGE;
    if (is(r->mark, "NONE"))
        return !string && !bytes && !message;
    if (is(r->mark, "TEXT"))
        return (string || bytes) && (!is(r->cls, "INHERIT") || is(kind, "ANYVALUE"));
    if (is(r->mark, "KEY"))
        return string && is(kind, "PAIR") && f->label != PROTOBUF_C_LABEL_REPEATED;
    if (is(r->mark, "VALUE"))
        return (string || message) && is(kind, "PAIR") && f->label != PROTOBUF_C_LABEL_REPEATED;
    if (is(r->mark, "NUMBER"))
        return f->type == PROTOBUF_C_TYPE_INT64 && is(kind, "ANYVALUE");
    if (is(r->mark, "ID16") || is(r->mark, "ID8"))
        return bytes;
    if (is(r->mark, "LABELS"))
        return string && !is(r->cls, "INHERIT");
    if (is(r->mark, "HASH"))
        return is(types[f->type].wire, "VARINT") && f->label != PROTOBUF_C_LABEL_REPEATED;
    return is(r->mark, "MESSAGE") && message;
}

/* lowerCamelCase, as protobuf makes JSON names. */
static void json_name(const char *name, char *out, size_t size)
{
    size_t n = 0;
    bool upper = false;
    for (; *name != '\0' && n + 1 < size; name++) {
        if (*name == '_') {
            upper = true;
            continue;
        }
        out[n++] = (char)(upper ? toupper((unsigned char)*name) : *name);
        upper = false;
    }
    out[n] = '\0';
}

static void write_field(FILE *o, const message_desc *m, const field_desc *f, const char *kind)
{
    const mark_row *r = mark_of(m, f);
    if (!mark_fits(r, f, kind))
        fault("field %s.%s cannot have the mark %s, class %s", name_of(m), f->name, r->mark, r->cls);
    char json[100];
    json_name(f->name, json, sizeof json);
    bool id = strncmp(r->mark, "ID", 2) == 0, message = f->type == PROTOBUF_C_TYPE_MESSAGE;
    bool repeated = f->label == PROTOBUF_C_LABEL_REPEATED;
    bool length_delimited = is(types[f->type].wire, "LEN");
    bool presence = !repeated && (message || f->label == PROTOBUF_C_LABEL_OPTIONAL ||
                                  (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF));
    fprintf(o, "    {.name = \"%s\", .json_name = \"%s\", .name_len = %zu, .json_name_len = %zu,\n", f->name,
            json, strlen(f->name), strlen(json));
    fprintf(o, "     .json_member = \"\\\"%s\\\":\",\n", json);
    fprintf(o, "     .child = %s%s, .number = %u, .wire = RD_WIRE_%s, .scalar = RD_SCALAR_%s,\n",
            message ? "&" : "NULL", message ? symbol_of(f->descriptor) : "", f->id, types[f->type].wire,
            types[f->type].scalar);
    fprintf(o, "     .mark = RD_MARK_%s, .cls = RD_CLASS_%s, .id_len = %s,\n", id ? "ID" : r->mark, r->cls,
            id ? r->mark + 2 : "0");
    fprintf(o, "     .of_item = %d, .repeated = %d, .packable = %d, .has_presence = %d},\n", is(kind, "ITEM"),
            repeated, repeated && !length_delimited, presence);
}

static const field_desc *field_with(const message_desc *m, unsigned number, ProtobufCType type)
{
    const field_desc *f = protobuf_c_message_descriptor_get_field(m, number);
    return f != NULL && f->type == type ? f : NULL;
}

/* The shape that rd_message.key_value promises. */
static bool is_key_value(const message_desc *m, const char *kind)
{
    const field_desc *value = field_with(m, 2, PROTOBUF_C_TYPE_MESSAGE);
    return is(kind, "PAIR") && field_with(m, 1, PROTOBUF_C_TYPE_STRING) != NULL && value != NULL &&
           field_with(value->descriptor, 1, PROTOBUF_C_TYPE_STRING) != NULL;
}

/* Looks at the row without marking it as used. */
static bool is_item(const message_desc *m)
{
    for (unsigned i = 0; i < N_KIND_ROWS; i++) {
        if (is(kind_rows[i].message, name_of(m)))
            return is(kind_rows[i].kind, "ITEM");
    }
    return false;
}

/* What rd_message.holds_items promises. Items stand less than MAX_HOLDERS messages deep; AnyValue, which
 * holds itself, is deeper. */
static bool holds_items(const message_desc *m, unsigned depth)
{
    enum { MAX_HOLDERS = 6 };
    for (unsigned i = 0; depth < MAX_HOLDERS && !is_item(m) && i < m->n_fields; i++) {
        const field_desc *f = &m->fields[i];
        if (f->type == PROTOBUF_C_TYPE_MESSAGE &&
            (is_item(f->descriptor) || holds_items(f->descriptor, depth + 1)))
            return true;
    }
    return false;
}

/* `ordinal`: numbers up to it are taken. Returns the same for the next message. */
static unsigned write_message(FILE *o, const message_desc *m, unsigned ordinal)
{
    const char *kind = kind_of(m), *symbol = symbol_of(m);
    fprintf(o, "static const rd_field f_%s[] = {\n", symbol);
    for (unsigned i = 0; i < m->n_fields; i++)
        write_field(o, m, &m->fields[i], kind);
    fprintf(o, "};\n\n");
    symbol = symbol_of(m);
    fprintf(o, "%sconst rd_message %s = {\n    .name = \"%s\", .fields = f_%s, .n_fields = %u,\n",
            strncmp(symbol, "m_", 2) == 0 ? "static " : "", symbol, name_of(m), symbol, m->n_fields);
    fprintf(o,
            "    .ordinal = %u, .kind = RD_KIND_%s, .key_value = %d, .holds_items = %d,\n    .by_number = {",
            ordinal, kind, is_key_value(m, kind), holds_items(m, 0));
    for (unsigned i = 0; i < m->n_fields; i++) {
        if (m->fields[i].id < 32)
            fprintf(o, "[%u] = %u, ", m->fields[i].id, i + 1);
    }
    fprintf(o, "},\n    .by_tag = {");
    for (unsigned i = 0; i < m->n_fields; i++) {
        if (m->fields[i].id < 16)
            fprintf(o, "[%u << 3 | RD_WIRE_%s] = %u, ", m->fields[i].id, types[m->fields[i].type].wire,
                    i + 1);
    }
    fprintf(o, "},\n};\n\n");
    return ordinal + 1 + m->n_fields;
}

static void write_tables(FILE *o)
{
    fputs("/* Made by gen_schema.c of the .proto files and marks.def. Do not edit. */\n"
          "#include \"filters/schema/schema.h\"\n\n",
          o);
    for (unsigned i = N_ROOTS; i < n_messages; i++)
        fprintf(o, "static const rd_message %s;\n", symbol_of(messages[i]));
    fputc('\n', o);
    unsigned ordinal = 0;
    for (unsigned i = 0; i < n_messages; i++)
        ordinal = write_message(o, messages[i], ordinal);
    fprintf(o, "_Static_assert(%u <= RD_SCHEMA_ORDINALS, \"ordinals\");\n", ordinal);
    fputs("const rd_message *const rd_schema_all[] = {\n", o);
    for (unsigned i = 0; i < n_messages; i++)
        fprintf(o, "    &%s,\n", symbol_of(messages[i]));
    fprintf(o, "};\nconst unsigned rd_schema_all_count = %u;\n", n_messages);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: gen_schema <output>\n");
        return 2;
    }
    FILE *o = fopen(argv[1], "w");
    if (o == NULL) {
        perror(argv[1]);
        return 1;
    }
    collect();
    write_tables(o);
    for (unsigned i = 0; i < N_KIND_ROWS; i++) {
        if (!kind_rows[i].used)
            fault("no message %s, or a second row for it", kind_rows[i].message);
    }
    for (unsigned i = 0; i < N_MARK_ROWS; i++) {
        if (!mark_rows[i].used)
            fault("no field %s.%s, or a second row for it", mark_rows[i].message, mark_rows[i].field);
    }
    if (fclose(o) != 0) {
        perror(argv[1]);
        return 1;
    }
    if (n_faults == 0)
        return 0;
    remove(argv[1]);
    return 1;
}
