/* SPDX-License-Identifier: MIT */
/* What the tests of the wire module share: bodies from hex, leaf lists as text, a visitor that judges by
 * first letter. */
#ifndef TESTS_UNIT_WIRE_UTIL_H
#define TESTS_UNIT_WIRE_UTIL_H

#include "tests/unit/unit.h"

#include <stdlib.h>

#include "filters/wire/wire.h"

static const rd_limits wire_limits = {
    .max_depth = 32, .max_elements = 1000000, .unknown = RD_UNKNOWN_SCAN, .keep_invalid_utf8 = false};

/* Keys: m... is masked by rule 7, z... by rule 0, d... dropped by rule 9, c... gives context 5, e...
 * context 6. */
static rd_verdict wire_judge(const void *ctx, rd_slice key, rd_class cls)
{
    switch (key.n > 0 ? key.p[0] : 0) {
    case 'm':
        return (rd_verdict){RD_FATE_MASK, 7};
    case 'd':
        return (rd_verdict){RD_FATE_DROP, 9};
    case 'z':
        return (rd_verdict){RD_FATE_MASK, 0};
    case 'c':
        return (rd_verdict){RD_FATE_KEEP, 5};
    case 'e':
        return (rd_verdict){RD_FATE_KEEP, 6};
    default:
        return (rd_verdict){RD_FATE_KEEP, 0};
    }
}

static const rd_visitor wire_visitor = {.on_key = wire_judge};

/* Appends bytes given in hex; spaces are for the eye. */
static inline void wire_hex(rd_buf *b, const char *hex)
{
    unsigned value = 0, digits = 0;
    for (; *hex != '\0'; hex++) {
        if (*hex == ' ')
            continue;
        assert_non_null(strchr("0123456789abcdef", *hex));
        value = value << 4 | (unsigned)(*hex <= '9' ? *hex - '0' : *hex - 'a' + 10);
        if (++digits % 2 == 0)
            rd_buf_append_byte(b, (uint8_t)value);
    }
    assert_int_equal(digits % 2, 0);
}

/* Makes what is in `b` the content of length-delimited field `number`. */
static inline void wire_wrap(rd_buf *b, uint32_t number)
{
    uint8_t head[20];
    size_t n = rd_varint_put((uint64_t)number << 3 | RD_WIRE_LEN, head);
    n += rd_varint_put(b->n, head + n);
    assert_non_null(rd_buf_reserve(b, n));
    memmove(b->p + n, b->p, b->n);
    memcpy(b->p, head, n);
    b->n += n;
}

/* A whole logs request around the fields of one log record. */
static inline void wire_wrap_record(rd_buf *b)
{
    wire_wrap(b, 2);
    wire_wrap(b, 2);
    wire_wrap(b, 1);
}

/* "form class rule text" a line; numbers as hex of tag and varint, rule only if there is one. */
static inline void wire_print(const rd_doc *d, rd_buf *out)
{
    static const char *const forms[] = {
#define X(name) #name,
        RD_FORMS(X)
#undef X
    };
    rd_buf_clear(out, 1 << 20);
    for (uint32_t i = 0; i < d->n_leaves; i++) {
        const rd_leaf *l = &d->leaves[i];
        rd_slice s = rd_doc_leaf_bytes(d, l);
        rd_buf_printf(out, "%s %s ", forms[l->form], rd_class_word(l->cls));
        if (l->rule != 0)
            rd_buf_printf(out, "%u ", l->rule);
        for (size_t k = 0; k < s.n; k++)
            rd_buf_printf(out, s.p[k] < 0x20 || s.p[k] > 0x7e || l->form == RD_FORM_INT ? "\\%02x" : "%c",
                          s.p[k]);
        rd_buf_append_byte(out, '\n');
    }
    rd_buf_append_byte(out, 0);
}

/* A copy of exactly the right size, so that a sanitizer sees every read past the end. */
static inline rd_slice wire_exact(const void *p, size_t n)
{
    uint8_t *copy = malloc(n > 0 ? n : 1);
    assert_non_null(copy);
    if (n > 0)
        memcpy(copy, p, n);
    return rd_slice_of(copy, n);
}

typedef struct fixture {
    rd_doc doc;
    rd_buf body, out, text;
    rd_error err;
} fixture;

static inline int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    rd_doc_init(&f->doc);
    rd_buf_init(&f->body, 1 << 24);
    rd_buf_init(&f->out, 1 << 24);
    rd_buf_init(&f->text, 1 << 24);
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    fixture *f = *state;
    rd_doc_release(&f->doc);
    rd_buf_release(&f->body);
    rd_buf_release(&f->out);
    rd_buf_release(&f->text);
    free(f);
    return 0;
}

static inline void begin(fixture *f, const char *hex)
{
    rd_buf_clear(&f->body, 1 << 24);
    wire_hex(&f->body, hex);
}

static inline rd_outcome walk_as(fixture *f, const rd_message *root, const rd_limits *lim)
{
    rd_slice exact = wire_exact(f->body.p, f->body.n);
    rd_doc_reset(&f->doc, exact);
    rd_outcome o = rd_wire_walk(root, lim, &wire_visitor, &f->doc, &f->err);
    free((void *)exact.p);
    f->doc.body = rd_buf_slice(&f->body);
    if (o != RD_OK)
        assert_int_equal(o, f->err.outcome);
    return o;
}

static inline rd_outcome walk_logs(fixture *f)
{
    return walk_as(f, &rd_schema_logs, &wire_limits);
}

static inline void expect_leaves(fixture *f, const char *expected)
{
    wire_print(&f->doc, &f->text);
    assert_string_equal((const char *)f->text.p, expected);
}

/* A logs request whose one record has the fields given in hex. */
static inline void expect_record(fixture *f, const char *hex, const char *leaves)
{
    begin(f, hex);
    wire_wrap_record(&f->body);
    assert_int_equal(walk_logs(f), RD_OK);
    expect_leaves(f, leaves);
}

static inline void edit(fixture *f, uint32_t leaf, const char *text)
{
    const rd_leaf *l = &f->doc.leaves[leaf];
    *rd_doc_push_edit(&f->doc) = (rd_edit){.off = l->off,
                                           .len = l->len,
                                           .frame = l->frame,
                                           .text = (const uint8_t *)text,
                                           .text_len = (uint32_t)strlen(text)};
}

static inline void expect_spliced(fixture *f, const char *hex)
{
    rd_buf_clear(&f->out, 1 << 24);
    assert_int_equal(rd_wire_splice(&f->doc, &f->out, &f->err), RD_OK);
    begin(f, hex);
    assert_int_equal(f->out.n, f->body.n);
    assert_memory_equal(f->out.p, f->body.p, f->body.n);
}

#endif
