/* SPDX-License-Identifier: MIT */
/*
 * What the tests of redaction share: protobuf bodies from a short notation, a policy from rules, one call of
 * rd_redact on a body whose readable tail is filled with something that must never be found.
 *
 * Notation of protobuf: `N{...}` a message, `N'text'` a string, `N=number` a varint, `N!` eight fixed bytes,
 * white space between them. Field N of the message around it.
 */
#ifndef TESTS_UNIT_REDACT_KIT_H
#define TESTS_UNIT_REDACT_KIT_H

#include "tests/unit/unit.h"

#include <stdlib.h>

#include "filters/redact.h"
#include "filters/wire/wire.h"

static const rd_limits kit_limits = {.max_depth = 32, .max_elements = 1000000};

/* ---- bodies ---- */

static inline void kit_tag(rd_buf *out, unsigned long number, unsigned wire)
{
    uint8_t v[10];
    rd_buf_append(out, v, rd_varint_put((uint64_t)number << 3 | wire, v));
}

static inline void kit_region(rd_buf *out, unsigned long number, const void *p, size_t n)
{
    uint8_t v[10];
    kit_tag(out, number, RD_WIRE_LEN);
    rd_buf_append(out, v, rd_varint_put(n, v));
    rd_buf_append(out, p, n);
}

/* Appends the fields that `s` says; returns where it stopped: at a `}` or the end. */
static inline const char *kit_fields(rd_buf *out, const char *s)
{
    for (;;) {
        while (*s == ' ' || *s == '\n')
            s++;
        if (*s == '\0' || *s == '}')
            return s;
        char *at;
        unsigned long number = strtoul(s, &at, 10);
        assert_ptr_not_equal(at, s);
        if (*at == '{') {
            rd_buf inner;
            rd_buf_init(&inner, 1 << 24);
            s = kit_fields(&inner, at + 1);
            assert_int_equal(*s, '}');
            kit_region(out, number, inner.p, inner.n);
            rd_buf_release(&inner);
            s++;
        } else if (*at == '\'') {
            const char *end = strchr(at + 1, '\'');
            assert_non_null(end);
            kit_region(out, number, at + 1, (size_t)(end - at - 1));
            s = end + 1;
        } else if (*at == '=') {
            uint8_t v[10];
            kit_tag(out, number, RD_WIRE_VARINT);
            rd_buf_append(out, v, rd_varint_put(strtoull(at + 1, &at, 10), v));
            s = at;
        } else {
            assert_int_equal(*at, '!');
            kit_tag(out, number, RD_WIRE_FIXED64);
            rd_buf_append(out, "12345678", 8);
            s = at + 1;
        }
    }
}

static inline rd_buf kit_body(rd_format format, const char *text)
{
    rd_buf b;
    rd_buf_init(&b, 1 << 24);
    if (format == RD_FORMAT_JSON)
        rd_buf_append_str(&b, text);
    else
        assert_int_equal(*kit_fields(&b, text), '\0');
    return b;
}

/* ---- policies ---- */

#define KIT_KEYS(...)                                                                                        \
    .detector = -1, .keys = (const char *const[]){__VA_ARGS__},                                              \
    .n_keys = sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)
#define KIT_DETECTOR(id) .detector = RD_DETECTOR_##id
#define KIT_PATTERN(p)   .detector = -1, .pattern = p

static inline rd_policy *kit_policy(const rd_rule_spec *rules, uint32_t n)
{
    rd_policy *p = NULL;
    rd_error err = {0};
    uint32_t bad = 0;
    if (rd_policy_build(rules, n, &p, &bad, &err) != RD_OK)
        fail_msg("rule %u: %s", bad, err.what);
    return p;
}

/* ---- one call ---- */

static const rd_stamp *kit_stamp;     /* of the calls to come; NULL: none */
static const rd_content *kit_content; /* the same */
static rd_admit kit_admit;
static const rd_clock *kit_clock; /* NULL: nothing is timed */

typedef struct kit_result {
    rd_outcome outcome;
    rd_error err;
    rd_redaction r;
    bool same;   /* the body that came, not a copy */
    rd_buf body; /* owned: what came out */
    rd_hit hits[64];
} kit_result;

static inline void kit_free(kit_result *k)
{
    rd_buf_release(&k->body);
}

static inline kit_result kit_run_with(const rd_policy *p, rd_signal s, rd_format f, rd_slice in,
                                      const rd_limits *limits)
{
    static rd_redactor *redactor; /* one for all calls: what it keeps must not matter */
    kit_result k = {0};
    rd_buf out;
    if (redactor == NULL)
        redactor = rd_redactor_new();
    assert_non_null(redactor);
    /* The tail is e-mail: a detector that reads past the end of a text finds what is not there. */
    uint8_t *copy = malloc(in.n + RD_BUF_TAIL);
    assert_non_null(copy);
    if (in.n > 0)
        memcpy(copy, in.p, in.n);
    for (size_t i = 0; i < RD_BUF_TAIL; i++)
        copy[in.n + i] = (uint8_t) "@mail.example.org a"[i % 19];
    rd_buf_init(&out, 1 << 26);
    rd_buf_init(&k.body, 1 << 26);
    rd_job job = {.policy = p,
                  .signal = s,
                  .format = f,
                  .body = {copy, in.n},
                  .limits = *limits,
                  .stamp = kit_stamp,
                  .content = kit_content,
                  .admit = kit_admit,
                  .clock = kit_clock};
    k.outcome = rd_redact(redactor, &job, &out, &k.r, &k.err);
    if (k.outcome == RD_OK) {
        k.same = k.r.body.p == copy;
        assert_int_equal(k.same, !k.r.changed);
        rd_buf_append(&k.body, k.r.body.p, k.r.body.n);
        assert_true(k.r.n_hits <= 64);
        memcpy(k.hits, k.r.hits, k.r.n_hits * sizeof *k.hits);
        k.r.hits = NULL;
        k.r.body = rd_buf_slice(&k.body);
    }
    free(copy);
    rd_buf_release(&out);
    return k;
}

static inline kit_result kit_run(const rd_policy *p, rd_signal s, rd_format f, rd_slice in)
{
    return kit_run_with(p, s, f, in, &kit_limits);
}

/* How often a rule acted in a class. */
static inline uint32_t kit_hits(const kit_result *k, uint16_t rule, rd_class cls)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < k->r.n_hits; i++) {
        if (k->hits[i].rule == rule && k->hits[i].cls == cls)
            n += k->hits[i].n;
    }
    return n;
}

/* Asserts that `in` becomes `want` (NULL: stays as it is, at its place), and stays so when it comes again. */
static inline void kit_expect(const rd_policy *p, rd_signal s, rd_format f, const char *in, const char *want)
{
    rd_buf from = kit_body(f, in), to = kit_body(f, want != NULL ? want : in);
    kit_result k = kit_run(p, s, f, rd_buf_slice(&from));
    if (k.outcome != RD_OK)
        fail_msg("%s\nis refused: %s", in, k.err.what);
    if (!rd_slice_eq(k.r.body, rd_buf_slice(&to)))
        fail_msg("%s\nbecame: %.*s\nwanted: %s", in, (int)k.body.n, (const char *)k.body.p,
                 want != NULL ? want : "the same");
    if (k.same != (want == NULL))
        fail_msg("%s\nis %sa copy", in, k.same ? "not " : "");
    kit_result again = kit_run(p, s, f, k.r.body);
    if (again.outcome != RD_OK || !rd_slice_eq(again.r.body, k.r.body))
        fail_msg("%s\nbecame, the second time: %.*s", in, (int)again.body.n, (const char *)again.body.p);
    kit_free(&again);
    kit_free(&k);
    rd_buf_release(&from);
    rd_buf_release(&to);
}

#endif
