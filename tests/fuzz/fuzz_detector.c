/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: one detector alone. Byte 0 chooses it, byte 1 how the text is carried, the rest is text.
 *
 *    texts     the text as it stands, cut at zero bytes into several
 *    percent   every byte that is no letter and no digit as %XX
 *    bodies    a line of Loki, as protobuf and as JSON, escaped as little and as much as JSON allows
 *    masked    the text, and what masking makes of it
 *
 * Checked: finds are the detector's, sorted, apart, inside their text, and hide something; the plain pass
 * finds the same; what one detector hides is hidden, too, when all are on; what is found in a text is found
 * in its percent-encoded form; and a body says the same in every form. Masking what was masked changes
 * nothing.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "filters/base/utf8.h"
#include "filters/detect/scan.h"
#include "filters/json/json.h"
#include "filters/redact.h"
#include "filters/wire/wire.h"
#include "tests/fuzz/check.h"

enum { MAX_TEXTS = 16, MAX_TEXT = 1 << 13, MAX_BODY = 1 << 20, FIRST_ESCAPE = 200, BASE64 = 24 };
enum { VIEW_TEXTS, VIEW_PERCENT, VIEW_BODIES, VIEW_MASKED, N_VIEWS };

static struct one {
    rd_detect_set *fast, *plain;
    rd_policy *policy;
} ones[RD_DETECTOR_COUNT];
static rd_detect_set *all;
static rd_detect_scratch *scratch, *other;
static rd_redactor *redactor;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct one *get(unsigned detector)
{
    struct one *o = &ones[detector];
    const rd_rule_spec rule = {.name = "one", .detector = (int)detector};
    uint32_t bad;
    rd_error err;
    if (all == NULL) {
        CHECK((scratch = rd_detect_scratch_new()) != NULL && (other = rd_detect_scratch_new()) != NULL);
        CHECK((redactor = rd_redactor_new()) != NULL);
        CHECK(rd_detect_set_build(UINT64_MAX, NULL, 0, &all, NULL) == RD_OK);
    }
    if (o->fast == NULL) {
        CHECK(rd_detect_set_build(UINT64_C(1) << detector, NULL, 0, &o->fast, NULL) == RD_OK);
        CHECK(rd_detect_set_build(UINT64_C(1) << detector, NULL, 0, &o->plain, NULL) == RD_OK);
        rd_detect_set_use_scan(o->plain, rd_scan_plain);
        CHECK(rd_policy_build(&rule, 1, &o->policy, &bad, &err) == RD_OK);
    }
    return o;
}

/* A copy with a tail that must not be looked at. */
static uint8_t *with_tail(rd_slice s)
{
    uint8_t *p = malloc(s.n + RD_BUF_TAIL);
    CHECK(p != NULL);
    if (s.n > 0)
        memcpy(p, s.p, s.n);
    for (size_t i = 0; i < RD_BUF_TAIL; i++)
        p[s.n + i] = (uint8_t) "@example.org 4711"[i % 17];
    return p;
}

/* ---- texts ---- */

static uint32_t cut(rd_slice s, rd_text *texts)
{
    uint32_t n = 0, from = 0;
    for (uint32_t i = 0; i <= s.n && n < MAX_TEXTS; i++) {
        if (i < s.n && s.p[i] != 0)
            continue;
        if (i > from)
            texts[n++] = (rd_text){from, i - from};
        from = i + 1;
    }
    return n;
}

static void check_sane(unsigned detector, const rd_matches *m, const rd_text *texts, uint32_t n_texts)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < m->n; i++) {
        const rd_match *x = &m->list[i];
        CHECK(x->text < n_texts && x->off >= at && x->detector == detector);
        CHECK(x->off >= texts[x->text].off && x->off + x->len <= texts[x->text].off + texts[x->text].len);
        CHECK((uint64_t)x->keep_head + x->keep_tail < x->len);
        at = x->off + x->len;
    }
}

/* Sets 1 for every byte that a find covers. */
static uint8_t *covered(const rd_matches *m, size_t n)
{
    uint8_t *map = calloc(n + 1, 1);
    CHECK(map != NULL);
    for (uint32_t i = 0; i < m->n; i++)
        memset(map + m->list[i].off, 1, m->list[i].len);
    return map;
}

static void check_texts(const struct one *o, unsigned detector, rd_slice s)
{
    rd_text texts[MAX_TEXTS];
    uint32_t n = cut(s, texts);
    uint8_t *base = with_tail(s);
    rd_matches m, p;
    CHECK(rd_detect(o->fast, scratch, base, s.n, texts, n, &m) == RD_OK);
    check_sane(detector, &m, texts, n);
    CHECK(rd_detect(o->plain, other, base, s.n, texts, n, &p) == RD_OK);
    CHECK(m.n == p.n && (m.n == 0 || memcmp(m.list, p.list, m.n * sizeof *m.list) == 0));
    CHECK(rd_detect(all, other, base, s.n, texts, n, &p) == RD_OK);
    uint8_t *by_one = covered(&m, s.n), *by_all = covered(&p, s.n);
    for (size_t i = 0; i < s.n; i++)
        CHECK(by_one[i] <= by_all[i]);
    free(by_one);
    free(by_all);
    free(base);
}

/* ---- masks ---- */

static const char mask[] = "***";

static void put_masked(const uint8_t *base, const rd_match *x, rd_buf *out)
{
    rd_buf_append(out, base + x->off, x->keep_head);
    rd_buf_append_str(out, mask);
    rd_buf_append(out, base + x->off + x->len - x->keep_tail, x->keep_tail);
}

/* Would masking it change the text, somewhere in [from, to)? */
static bool touches(const uint8_t *base, const rd_match *x, uint32_t from, uint32_t to)
{
    rd_buf masked;
    rd_buf_init(&masked, MAX_BODY);
    put_masked(base, x, &masked);
    bool same = rd_slice_eq(rd_buf_slice(&masked), rd_slice_of(base + x->off, x->len));
    rd_buf_release(&masked);
    return !same && x->off < to && x->off + x->len > from;
}

/* What the mask of a find looks like may change what is found around it, but never the mask. */
static void check_masks(const struct one *o, rd_slice s)
{
    rd_matches m, again;
    rd_buf once;
    const rd_text text = {0, (uint32_t)s.n};
    uint8_t *base = with_tail(s);
    CHECK(rd_detect(o->fast, scratch, base, s.n, &text, s.n > 0, &m) == RD_OK);
    rd_text *masks = calloc(m.n + 1, sizeof *masks);
    CHECK(masks != NULL);
    rd_buf_init(&once, MAX_BODY);
    for (uint32_t i = 0, at = 0; i <= m.n; i++) {
        uint32_t to = i < m.n ? m.list[i].off : (uint32_t)s.n;
        rd_buf_append(&once, base + at, to - at);
        if (i == m.n)
            break;
        masks[i].off = (uint32_t)once.n;
        put_masked(base, &m.list[i], &once);
        masks[i].len = (uint32_t)once.n - masks[i].off;
        at = to + m.list[i].len;
    }
    CHECK(once.failed == RD_OK);
    const rd_text masked = {0, (uint32_t)once.n};
    uint8_t *second = with_tail(rd_buf_slice(&once));
    CHECK(rd_detect(o->fast, other, second, once.n, &masked, once.n > 0, &again) == RD_OK);
    for (uint32_t k = 0; k < m.n; k++) {
        for (uint32_t i = 0; i < again.n; i++)
            CHECK(!touches(second, &again.list[i], masks[k].off, masks[k].off + masks[k].len));
    }
    free(masks);
    free(base);
    free(second);
    rd_buf_release(&once);
}

/* ---- percent ---- */

static bool is_plain(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* Text is decoded once. What is encoded in it already is another text afterwards, and so is a run that has no
 * escape near its beginning (percent.c). */
static bool means_the_same(rd_slice s)
{
    size_t first = 0;
    while (first < s.n && is_plain(s.p[first]))
        first++;
    for (size_t i = first; i < s.n; i++) {
        if (s.p[i] == '%' || s.p[i] == '\\' || s.p[i] == '&')
            return false;
    }
    return first < FIRST_ESCAPE;
}

/* Of base64 that means text (base64_text.c), too, only one of both is decoded. */
static bool in_base64(rd_slice s, size_t at)
{
    static const char more[] = "+/-_=";
    size_t from = at, to = at;
    while (from > 0 &&
           (is_plain(s.p[from - 1]) || (s.p[from - 1] != 0 && strchr(more, s.p[from - 1]) != NULL)))
        from--;
    while (to < s.n && s.p[to] != 0 && (is_plain(s.p[to]) || strchr(more, s.p[to]) != NULL))
        to++;
    return to - from >= BASE64;
}

static void check_percent(const struct one *o, rd_slice s)
{
    rd_buf coded;
    rd_matches m;
    if (!means_the_same(s))
        return;
    rd_buf_init(&coded, MAX_BODY);
    for (size_t i = 0; i < s.n; i++)
        rd_buf_printf(&coded, is_plain(s.p[i]) ? "%c" : "%%%02X", s.p[i]);
    CHECK(coded.failed == RD_OK);
    const rd_text text = {0, (uint32_t)s.n}, coded_text = {0, (uint32_t)coded.n};
    uint8_t *base = with_tail(s), *coded_base = with_tail(rd_buf_slice(&coded));
    CHECK(rd_detect(o->fast, scratch, base, s.n, &text, s.n > 0, &m) == RD_OK);
    uint8_t *want = covered(&m, s.n);
    CHECK(rd_detect(o->fast, other, coded_base, coded.n, &coded_text, s.n > 0, &m) == RD_OK);
    uint8_t *got = covered(&m, coded.n);
    for (size_t i = 0, at = 0; i < s.n; at += is_plain(s.p[i++]) ? 1 : 3)
        CHECK(want[i] <= got[at] || in_base64(s, i));
    free(want);
    free(got);
    free(base);
    free(coded_base);
    rd_buf_release(&coded);
}

/* ---- bodies ---- */

static void put_region(rd_buf *out, unsigned number, rd_slice s)
{
    uint8_t v[10];
    rd_buf_append_byte(out, (uint8_t)(number << 3 | RD_WIRE_LEN));
    rd_buf_append(out, v, rd_varint_put(s.n, v));
    rd_buf_append(out, s.p, s.n);
}

static void put_protobuf(rd_slice line, rd_buf *out)
{
    rd_buf entry, stream;
    rd_buf_init(&entry, MAX_BODY);
    rd_buf_init(&stream, MAX_BODY);
    put_region(&entry, 2, line);
    put_region(&stream, 1, RD_SLICE_LIT("{a=\"b\"}"));
    put_region(&stream, 2, rd_buf_slice(&entry));
    put_region(out, 1, rd_buf_slice(&stream));
    rd_buf_release(&entry);
    rd_buf_release(&stream);
}

static void put_json(rd_slice line, bool escaped, rd_buf *out)
{
    rd_buf_append_str(out, "{\"streams\":[{\"stream\":{\"a\":\"b\"},\"values\":[[\"1\",\"");
    if (!escaped)
        rd_json_escape(line, out);
    for (size_t i = 0; escaped && i < line.n; i++)
        rd_buf_printf(out, is_plain(line.p[i]) || line.p[i] >= 0x80 ? "%c" : "\\u%04x", line.p[i]);
    rd_buf_append_str(out, "\"]]}]}");
}

/* *out becomes what redaction makes of `body`. */
static void redact(const rd_policy *p, rd_format f, rd_slice body, rd_buf *out)
{
    rd_job job = {.policy = p,
                  .signal = RD_SIGNAL_LOKI_PUSH,
                  .format = f,
                  .limits = {.max_depth = 32, .max_elements = 100000}};
    rd_redaction r;
    rd_error err;
    rd_buf made;
    uint8_t *copy = with_tail(body);
    job.body = rd_slice_of(copy, body.n);
    rd_buf_init(&made, MAX_BODY);
    CHECK(rd_redact(redactor, &job, &made, &r, &err) == RD_OK);
    rd_buf_append(out, r.body.p, r.body.n);
    rd_buf_release(&made);
    free(copy);
}

static void check_json(const rd_policy *p, rd_slice line, bool escaped, rd_slice want)
{
    rd_buf body, out;
    rd_buf_init(&body, MAX_BODY);
    rd_buf_init(&out, MAX_BODY);
    put_json(line, escaped, &body);
    redact(p, RD_FORMAT_JSON, rd_buf_slice(&body), &out);
    json_t *tree = json_loadb((const char *)out.p, out.n, JSON_ALLOW_NUL, NULL);
    json_t *streams = json_object_get(tree, "streams");
    json_t *values = json_object_get(json_array_get(streams, 0), "values");
    json_t *got = json_array_get(json_array_get(values, 0), 1);
    CHECK(json_is_string(got));
    CHECK(rd_slice_eq(rd_slice_of(json_string_value(got), json_string_length(got)), want));
    json_decref(tree);
    rd_buf_release(&body);
    rd_buf_release(&out);
}

static void redact_text(const rd_policy *p, rd_slice line, rd_buf *out)
{
    const rd_text_job job = {.policy = p, .signal = RD_SIGNAL_LOKI_PUSH, .cls = RD_CLASS_BODY};
    uint8_t *copy = with_tail(line);
    CHECK(rd_redact_text(redactor, &job, rd_slice_of(copy, line.n), out) == RD_OK);
    free(copy);
}

static void check_bodies(const rd_policy *p, rd_slice line)
{
    rd_buf once, body, want, got;
    if (!rd_utf8_valid(line))
        return;
    rd_buf_init(&once, MAX_BODY);
    rd_buf_init(&body, MAX_BODY);
    rd_buf_init(&want, MAX_BODY);
    rd_buf_init(&got, MAX_BODY);
    redact_text(p, line, &once);
    put_protobuf(line, &body);
    put_protobuf(rd_buf_slice(&once), &want);
    redact(p, RD_FORMAT_PROTOBUF, rd_buf_slice(&body), &got);
    CHECK(rd_slice_eq(rd_buf_slice(&got), rd_buf_slice(&want)));
    check_json(p, line, false, rd_buf_slice(&once));
    check_json(p, line, true, rd_buf_slice(&once));
    rd_buf_release(&once);
    rd_buf_release(&body);
    rd_buf_release(&want);
    rd_buf_release(&got);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size - 2 > MAX_TEXT)
        return 0;
    unsigned detector = data[0] % RD_DETECTOR_COUNT;
    const struct one *o = get(detector);
    rd_slice text = rd_slice_of(data + 2, size - 2);
    switch (data[1] % N_VIEWS) {
    case VIEW_TEXTS:
        check_texts(o, detector, text);
        break;
    case VIEW_PERCENT:
        check_percent(o, text);
        break;
    case VIEW_BODIES:
        check_bodies(o->policy, text);
        break;
    default:
        check_masks(o, text);
        break;
    }
    return 0;
}
