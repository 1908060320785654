/* SPDX-License-Identifier: MIT */
/*
 * The wire module against protobuf-c, which knows nothing of it: random trees of every message are packed,
 * walked, edited at random leaves and spliced; unpacking must give the tree with the same edits. And each
 * text field that the descriptors have, alone in a message, is found.
 */
#include "tests/unit/wire_util.h"

#include <stdio.h>

#include "collector.pb-c.h"
#include "loki_push.pb-c.h"

typedef ProtobufCMessageDescriptor message_desc;
typedef ProtobufCFieldDescriptor field_desc;

static const struct {
    const message_desc *desc;
    const rd_message *table;
} roots[] = {
    {&opentelemetry__proto__collector__v1__export_logs_service_request__descriptor, &rd_schema_logs},
    {&opentelemetry__proto__collector__v1__export_trace_service_request__descriptor, &rd_schema_traces},
    {&opentelemetry__proto__collector__v1__export_metrics_service_request__descriptor, &rd_schema_metrics},
    {&logproto__push_request__descriptor, &rd_schema_loki_push},
};

enum { N_ROOTS = sizeof roots / sizeof roots[0] };

/* --- seeded randomness --- */

static uint64_t seed;

static uint32_t pick(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % n;
}

static char *random_text(size_t max)
{
    static const char *const letters[] = {
        "a", "b", "@", ".", "9", " ", "\n", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    size_t n = pick(8) == 0 ? pick((uint32_t)max) : pick(12);
    char *s = calloc(n + 5, 1);
    assert_non_null(s);
    size_t at = 0;
    while (at < n) {
        const char *c = letters[pick(sizeof letters / sizeof letters[0])];
        memcpy(s + at, c, strlen(c));
        at += strlen(c);
    }
    return s;
}

/* --- random trees --- */

static ProtobufCMessage *random_message(const message_desc *d, unsigned depth);

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

static bool is_id(const field_desc *f)
{
    return f->type == PROTOBUF_C_TYPE_BYTES && strstr(f->name, "_id") != NULL;
}

static void random_bytes(const field_desc *f, ProtobufCBinaryData *out)
{
    size_t n = strstr(f->name, "trace_id") ? 16 : is_id(f) ? 8 : pick(40);
    if (is_id(f) && pick(3) == 0)
        n = 0;
    out->len = n;
    out->data = n > 0 ? malloc(n) : NULL;
    for (size_t i = 0; i < n; i++)
        out->data[i] = (uint8_t)pick(256);
}

static void random_value(const field_desc *f, void *at, unsigned depth)
{
    if (f->type == PROTOBUF_C_TYPE_STRING) {
        *(char **)at = random_text(400);
    } else if (f->type == PROTOBUF_C_TYPE_BYTES) {
        random_bytes(f, at);
    } else if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
        *(ProtobufCMessage **)at = random_message(f->descriptor, depth + 1);
    } else if (f->type == PROTOBUF_C_TYPE_BOOL) {
        *(protobuf_c_boolean *)at = (protobuf_c_boolean)pick(2);
    } else {
        uint64_t v = (uint64_t)pick(UINT32_MAX) << 32 | pick(UINT32_MAX);
        v >>= pick(64);
        memcpy(at, &v, size_of(f));
    }
}

static void random_field(ProtobufCMessage *m, const field_desc *f, unsigned depth)
{
    uint8_t *base = (uint8_t *)m;
    if (f->label == PROTOBUF_C_LABEL_REPEATED) {
        size_t n = depth < 4 ? 1 + pick(3) : depth > 14 ? 0 : pick(3);
        if (n == 0)
            return;
        uint8_t *list = calloc(n, size_of(f));
        assert_non_null(list);
        for (size_t i = 0; i < n; i++)
            random_value(f, list + i * size_of(f), depth);
        *(size_t *)(base + f->quantifier_offset) = n;
        *(void **)(base + f->offset) = list;
        return;
    }
    if (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        uint32_t *which = (uint32_t *)(base + f->quantifier_offset);
        if (*which != 0)
            return;
        *which = f->id;
    }
    random_value(f, base + f->offset, depth);
}

static ProtobufCMessage *random_message(const message_desc *d, unsigned depth)
{
    ProtobufCMessage *m = calloc(1, d->sizeof_message);
    assert_non_null(m);
    protobuf_c_message_init(d, m);
    unsigned skip = depth < 3 ? 8 : 2; /* one in so many fields is left out */
    unsigned first = pick(d->n_fields);
    for (unsigned i = 0; i < d->n_fields; i++) {
        const field_desc *f = &d->fields[(first + i) % d->n_fields];
        if (f->type == PROTOBUF_C_TYPE_MESSAGE && depth > 20)
            continue;
        if (pick(skip) != 0)
            random_field(m, f, depth);
    }
    return m;
}

/* --- the places of a tree where a leaf must be, in the order in which protobuf-c packs them --- */

typedef struct slot {
    const field_desc *field;
    uint8_t *message; /* that has the field */
    uint8_t *at;      /* the char *, the ProtobufCBinaryData or the number */
} slot;

typedef struct slots {
    slot *list;
    size_t n, cap;
} slots;

static void add_slot(slots *s, const field_desc *f, uint8_t *message, uint8_t *at)
{
    if (s->n == s->cap) {
        s->cap = s->cap == 0 ? 64 : s->cap * 2;
        s->list = realloc(s->list, s->cap * sizeof *s->list);
        assert_non_null(s->list);
    }
    s->list[s->n++] = (slot){f, message, at};
}

static void find_slots(uint8_t *m, slots *out);

static void look_at(const field_desc *f, uint8_t *message, uint8_t *at, slots *out)
{
    if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
        if (*(uint8_t **)at != NULL)
            find_slots(*(uint8_t **)at, out);
    } else if (f->type == PROTOBUF_C_TYPE_STRING) {
        if (**(char **)at != '\0') /* empty labels would be a leaf as well, but the packer leaves them out */
            add_slot(out, f, message, at);
    } else if (f->type == PROTOBUF_C_TYPE_BYTES) {
        if (!is_id(f) && ((ProtobufCBinaryData *)at)->len > 0)
            add_slot(out, f, message, at);
    } else if (strcmp(f->name, "int_value") == 0 || (strcmp(f->name, "hash") == 0 && *(uint64_t *)at != 0)) {
        add_slot(out, f, message, at);
    }
}

static void find_slots(uint8_t *m, slots *out)
{
    const message_desc *d = ((ProtobufCMessage *)m)->descriptor;
    for (unsigned i = 0; i < d->n_fields; i++) {
        const field_desc *f = &d->fields[i];
        if (f->label == PROTOBUF_C_LABEL_REPEATED) {
            size_t n = *(size_t *)(m + f->quantifier_offset);
            for (size_t k = 0; k < n; k++)
                look_at(f, m, *(uint8_t **)(m + f->offset) + k * size_of(f), out);
        } else if (!(f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) ||
                   *(uint32_t *)(m + f->quantifier_offset) == f->id) {
            look_at(f, m, m + f->offset, out);
        }
    }
}

/* The edit on the tree: what the leaf's bytes [from, to) become. */
static void edit_slot(const slot *s, size_t from, size_t to, const char *text)
{
    size_t n = strlen(text);
    if (s->field->type == PROTOBUF_C_TYPE_STRING) {
        char *old = *(char **)s->at, *new = malloc(strlen(old) + n + 1);
        assert_non_null(new);
        memcpy(new, old, from);
        memcpy(new + from, text, n);
        memcpy(new + from + n, old + to, strlen(old + to) + 1);
        free(old);
        *(char **)s->at = new;
    } else if (s->field->type == PROTOBUF_C_TYPE_BYTES) {
        ProtobufCBinaryData *b = (ProtobufCBinaryData *)s->at;
        uint8_t *new = malloc(b->len + n + 1);
        assert_non_null(new);
        memcpy(new, b->data, from);
        memcpy(new + from, text, n);
        memcpy(new + from + n, b->data + to, b->len - to);
        b->len += n - (to - from);
        free(b->data);
        b->data = new;
    } else if (strcmp(s->field->name, "hash") == 0) {
        *(uint64_t *)s->at = 0;
    } else { /* int_value becomes string_value: the same oneof */
        Opentelemetry__Proto__Common__V1__AnyValue *any = (void *)s->message;
        any->value_case = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_STRING_VALUE;
        any->string_value = strdup(text);
    }
}

/* --- the comparison --- */

typedef struct work {
    rd_doc doc;
    rd_buf out;
    rd_error err;
    char texts[4096][32]; /* what edits point to */
    uint8_t values[4096][40];
    size_t edits;
} work;

/* The same random change in the tree and as an edit of the document. */
static void change(work *w, const slot *s, const rd_leaf *l, unsigned n)
{
    char *text = w->texts[n];
    snprintf(text, sizeof w->texts[0], "%.*s", (int)pick(30), "<masked by a rule \xc3\xa4 of ours>");
    rd_edit e = {.off = l->off,
                 .len = l->len,
                 .frame = l->frame,
                 .text = (uint8_t *)text,
                 .text_len = (uint32_t)strlen(text)};
    size_t from = 0, to = l->len;
    if (l->form == RD_FORM_INT) {
        w->values[n][0] = 0x0a;
        w->values[n][1] = (uint8_t)e.text_len;
        memcpy(w->values[n] + 2, text, e.text_len);
        e.text = w->values[n];
        e.text_len += 2;
    } else if (l->form == RD_FORM_HASH) {
        e.text_len = 0;
    } else if (s->field->type == PROTOBUF_C_TYPE_BYTES && pick(2) == 0) {
        from = pick(l->len + 1);
        to = from + pick((uint32_t)(l->len - from + 1));
        e.off += (uint32_t)from;
        e.len = (uint32_t)(to - from);
    }
    *rd_doc_push_edit(&w->doc) = e;
    edit_slot(s, from, to, text);
}

static void expect_leaf(const rd_doc *d, const rd_leaf *l, const slot *s)
{
    rd_slice found = rd_doc_leaf_bytes(d, l);
    if (s->field->type == PROTOBUF_C_TYPE_STRING)
        assert_true(rd_slice_eq(found, rd_slice_str(*(char **)s->at)));
    else if (s->field->type == PROTOBUF_C_TYPE_BYTES)
        assert_true(rd_slice_eq(
            found, rd_slice_of(((ProtobufCBinaryData *)s->at)->data, ((ProtobufCBinaryData *)s->at)->len)));
    else
        assert_int_equal(l->form, strcmp(s->field->name, "hash") == 0 ? RD_FORM_HASH : RD_FORM_INT);
}

static rd_slice pack(const ProtobufCMessage *m)
{
    size_t n = protobuf_c_message_get_packed_size(m);
    uint8_t *p = malloc(n > 0 ? n : 1);
    assert_non_null(p);
    assert_int_equal(protobuf_c_message_pack(m, p), n);
    return rd_slice_of(p, n);
}

/* What protobuf-c makes of bytes, packed again: equal meaning gives equal bytes. */
static rd_slice normal(const message_desc *d, rd_slice bytes)
{
    ProtobufCMessage *m = protobuf_c_message_unpack(d, NULL, bytes.n, bytes.p);
    assert_non_null(m);
    rd_slice again = pack(m);
    protobuf_c_message_free_unpacked(m, NULL);
    return again;
}

static void go_round(work *w, unsigned root, unsigned edit_one_in)
{
    ProtobufCMessage *tree = random_message(roots[root].desc, 0);
    rd_slice body = pack(tree);
    slots s = {0};
    find_slots((uint8_t *)tree, &s);

    rd_doc_reset(&w->doc, body);
    rd_limits lim = wire_limits;
    assert_int_equal(rd_wire_walk(roots[root].table, &lim, NULL, &w->doc, &w->err), RD_OK);
    assert_int_equal(w->doc.n_leaves, s.n);
    for (uint32_t i = 0, n = 0; i < s.n; i++) {
        expect_leaf(&w->doc, &w->doc.leaves[i], &s.list[i]);
        if (edit_one_in > 0 && pick(edit_one_in) == 0 && n < 4096)
            change(w, &s.list[i], &w->doc.leaves[i], n++);
    }
    w->edits += w->doc.n_edits;
    rd_buf_clear(&w->out, 1 << 24);
    assert_int_equal(rd_wire_splice(&w->doc, &w->out, &w->err), RD_OK);
    rd_slice expected = pack(tree), got = normal(roots[root].desc, rd_buf_slice(&w->out));
    rd_slice wanted = normal(roots[root].desc, expected);
    assert_true(rd_slice_eq(got, wanted));
    if (edit_one_in == 0)
        assert_true(rd_slice_eq(rd_buf_slice(&w->out), body));
    free((void *)expected.p);
    free((void *)got.p);
    free((void *)wanted.p);
    free((void *)body.p);
    free(s.list);
    protobuf_c_message_free_unpacked(tree, NULL);
}

static void test_wire__agrees_with_protobuf_c_on_random_trees(void **state)
{
    work *w = calloc(1, sizeof *w);
    assert_non_null(w);
    rd_doc_init(&w->doc);
    rd_buf_init(&w->out, 1 << 28);
    for (unsigned round = 0; round < 2000; round++) {
        seed = round * UINT64_C(7919) + 17;
        go_round(w, round % N_ROOTS, round / N_ROOTS % 4);
    }
    assert_true(w->edits > 30000);
    rd_doc_release(&w->doc);
    rd_buf_release(&w->out);
    free(w);
}

/* --- every field that the descriptors have, alone --- */

enum { MAX_PATH = 24 };

typedef struct path {
    const field_desc *step[MAX_PATH];
    const rd_field *field[MAX_PATH];
    unsigned n;
} path;

typedef struct census {
    rd_doc doc;
    rd_buf body;
    unsigned texts, ids, numbers;
} census;

/* The last class named on the way. */
static unsigned class_of(const path *p)
{
    unsigned cls = RD_CLASS_OTHER;
    for (unsigned i = 0; i < p->n; i++)
        cls = p->field[i]->cls != RD_CLASS_INHERIT ? p->field[i]->cls : cls;
    return cls;
}

static rd_outcome walk_alone(census *c, const path *p, const rd_message *root, const char *content)
{
    rd_buf_clear(&c->body, 1 << 20);
    rd_buf_append_str(&c->body, content);
    for (unsigned i = p->n; i-- > 0;)
        wire_wrap(&c->body, p->step[i]->id);
    rd_doc_reset(&c->doc, rd_buf_slice(&c->body));
    return rd_wire_walk(root, &wire_limits, NULL, &c->doc, NULL);
}

static void expect_found(census *c, const path *p, const rd_message *root)
{
    const field_desc *f = p->step[p->n - 1];
    if (is_id(f)) {
        assert_int_equal(walk_alone(c, p, root, "a@b.co"), RD_INVALID);
        assert_int_equal(
            walk_alone(c, p, root, strstr(f->name, "trace_id") ? "0123456789abcdef" : "01234567"), RD_OK);
        assert_int_equal(c->doc.n_leaves, 0);
        c->ids++;
        return;
    }
    assert_int_equal(walk_alone(c, p, root, "a@b.co"), RD_OK);
    assert_int_equal(c->doc.n_leaves, 1);
    const rd_leaf *l = &c->doc.leaves[0];
    assert_true(rd_slice_eq(rd_doc_leaf_bytes(&c->doc, l), RD_SLICE_LIT("a@b.co")));
    assert_int_equal(l->off + l->len, c->body.n);
    assert_int_equal(l->cls, class_of(p));
    assert_int_equal(l->frame, p->n == 1 ? RD_NO_FRAME : p->n - 2);
    assert_int_equal(l->form, strcmp(f->name, "labels") == 0 ? RD_FORM_LABELS : RD_FORM_TEXT);
    c->texts++;
}

/* Every path from the root on which no message stands more than twice. */
static void visit(census *c, path *p, const message_desc *d, const rd_message *m, const rd_message *root)
{
    assert_int_equal(d->n_fields, m->n_fields);
    for (unsigned i = 0; i < d->n_fields; i++) {
        const field_desc *f = &d->fields[i];
        assert_true(p->n < MAX_PATH);
        p->step[p->n] = f;
        p->field[p->n] = rd_message_field(m, f->id);
        assert_non_null(p->field[p->n]);
        p->n++;
        if (f->type == PROTOBUF_C_TYPE_STRING || f->type == PROTOBUF_C_TYPE_BYTES) {
            expect_found(c, p, root);
        } else if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
            unsigned seen = 0;
            for (unsigned k = 0; k < p->n; k++)
                seen += p->step[k]->descriptor == f->descriptor;
            if (seen <= 2)
                visit(c, p, f->descriptor, p->field[p->n - 1]->child, root);
        } else {
            c->numbers++;
        }
        p->n--;
    }
}

static void test_wire__finds_the_text_of_every_field(void **state)
{
    census c = {0};
    rd_doc_init(&c.doc);
    rd_buf_init(&c.body, 1 << 20);
    for (unsigned r = 0; r < N_ROOTS; r++) {
        path p = {0};
        visit(&c, &p, roots[r].desc, roots[r].table, roots[r].table);
    }
    assert_true(c.texts > 300);
    assert_true(c.ids > 10);
    rd_doc_release(&c.doc);
    rd_buf_release(&c.body);
}

/* --- every allocation may fail --- */

static long allocations_left = -1;
void *__real_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n);

void *__wrap_realloc(void *p, size_t n)
{
    if (allocations_left == 0)
        return NULL;
    if (allocations_left > 0)
        allocations_left--;
    return __real_realloc(p, n);
}

static void test_wire__says_so_when_memory_runs_out(void **state)
{
    rd_buf body;
    rd_buf_init(&body, 1 << 24);
    wire_hex(&body, "2a03 0a0178"); /* one leaf more, so that arrays fill up in the middle of an attribute */
    for (unsigned i = 0; i < 3000; i++)
        wire_hex(&body, "3209 0a016b 1204 0a026262 3207 0a016d 1202 1801");
    wire_wrap_record(&body);
    for (long n = 0;; n++) {
        rd_doc d;
        rd_buf out;
        rd_error err;
        rd_doc_init(&d);
        rd_buf_init(&out, 1 << 24);
        rd_doc_reset(&d, rd_buf_slice(&body));
        allocations_left = n;
        rd_outcome o = rd_wire_walk(&rd_schema_logs, &wire_limits, &wire_visitor, &d, &err);
        if (o == RD_OK)
            o = rd_wire_splice(&d, &out, &err);
        allocations_left = -1;
        rd_doc_release(&d);
        rd_buf_release(&out);
        if (o == RD_OK) {
            assert_true(n > 4);
            break;
        }
        assert_int_equal(o, RD_NO_MEMORY);
        assert_int_equal(err.outcome, RD_NO_MEMORY);
    }
    rd_buf_release(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wire__agrees_with_protobuf_c_on_random_trees),
        cmocka_unit_test(test_wire__finds_the_text_of_every_field),
        cmocka_unit_test(test_wire__says_so_when_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
