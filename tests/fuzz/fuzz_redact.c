/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: redaction of whole bodies. Byte 0 chooses signal and format, byte 1 the rules, the rest is the
 * body.
 *
 * Checked: what comes out is understood again, with as many items as were not taken out; redacting it once
 * more changes nothing, where that is for the rules to say; a body that did not change is the one that came.
 * An e-mail address that the fuzzer cannot touch, in a record put behind its own, never comes out, whatever
 * stands before it.
 */
#include <stdlib.h>

#include "filters/redact.h"
#include "tests/fuzz/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STABLE = 4, N_POLICIES = 6, MAX_BODY = 1 << 16 };

static const char secret[] = "planted.secret@example.org", trace[] = "lanted.secre";

static const char *const keys[] = {"user_id", "token", "a"}, *const gone[] = {"key", "k"};

/* Ordinary rules; drops and replacements; classes with detectors of their own; rules in shadow mode around
 * one that acts; rules that take out records. */
static const rd_rule_spec rules[N_POLICIES][4] = {
    {{.name = "mail", .detector = RD_DETECTOR_EMAIL},
     {.name = "keys", .detector = -1, .keys = keys, .n_keys = 3, .label_action = RD_ACTION_DROP},
     {.name = "word", .detector = -1, .pattern = "\\bqqq\\b"},
     {.name = "off", .detector = RD_DETECTOR_EMAIL, .mode = RD_MODE_OFF}},
    {{.name = "mail",
      .detector = RD_DETECTOR_EMAIL,
      .action = RD_ACTION_DROP,
      .label_action = RD_ACTION_DROP},
     {.name = "keys", .detector = -1, .keys = keys, .n_keys = 3, .action = RD_ACTION_DROP},
     {.name = "bytes",
      .detector = -1,
      .pattern = "[\\x80-\\xff]\\d",
      .action = RD_ACTION_REPLACE,
      .replacement = "\"\\\n\xc3\xa4",
      .label_action = RD_ACTION_REPLACE},
     {.name = "key", .detector = -1, .keys = keys, .n_keys = 1}},
    {{.name = "mail", .detector = RD_DETECTOR_EMAIL, .classes = UINT64_C(1) << RD_CLASS_BODY},
     {.name = "mail too",
      .detector = RD_DETECTOR_EMAIL,
      .classes = ~(UINT64_C(1) << RD_CLASS_BODY),
      .action = RD_ACTION_REPLACE,
      .label_action = RD_ACTION_REPLACE,
      .replacement = "[mail]"},
     {.name = "wide", .detector = -1, .pattern = "b+", .classes = UINT64_C(1) << RD_CLASS_ATTRIBUTE},
     {.name = "key", .detector = -1, .keys = keys, .n_keys = 2, .classes = UINT64_C(1) << RD_CLASS_METADATA}},
    {{.name = "all", .detector = -1, .pattern = "^.*$", .mode = RD_MODE_SHADOW},
     {.name = "mail", .detector = RD_DETECTOR_EMAIL},
     {.name = "keys",
      .detector = -1,
      .keys = keys,
      .n_keys = 3,
      .mode = RD_MODE_SHADOW,
      .action = RD_ACTION_DROP},
     {.name = "slow", .detector = -1, .pattern = "^(.+)*[xz]$", .mode = RD_MODE_SHADOW}},
    /* Masks that change nothing for what stands around them; detectors look at that. */
    {{.name = "word", .detector = -1, .pattern = "\\bqqq\\b"},
     {.name = "keys", .detector = -1, .keys = keys, .n_keys = 3, .label_action = RD_ACTION_DROP},
     {.name = "gone", .detector = -1, .keys = gone, .n_keys = 2, .action = RD_ACTION_DROP},
     {.name = "off", .detector = RD_DETECTOR_EMAIL, .mode = RD_MODE_OFF}},
    {{.name = "mail", .detector = RD_DETECTOR_EMAIL},
     {.name = "keys",
      .detector = -1,
      .keys = keys,
      .n_keys = 3,
      .action = RD_ACTION_DROP_RECORD,
      .label_action = RD_ACTION_DROP_RECORD},
     {.name = "word",
      .detector = -1,
      .pattern = "\\bqqq\\b",
      .action = RD_ACTION_DROP_RECORD,
      .label_action = RD_ACTION_DROP_RECORD},
     {.name = "gone", .detector = -1, .keys = gone, .n_keys = 2, .action = RD_ACTION_DROP}},
};

static rd_policy *policies[N_POLICIES];
static rd_redactor *redactor;

static void set_up(void)
{
    if (redactor != NULL)
        return;
    CHECK((redactor = rd_redactor_new()) != NULL);
    for (unsigned i = 0; i < N_POLICIES; i++) {
        uint32_t bad;
        rd_error err;
        CHECK(rd_policy_build(rules[i], 4, &policies[i], &bad, &err) == RD_OK);
    }
}

/* The address in a message of its own, behind whatever the fuzzer made. False: there is no place. */
static bool plant(rd_signal s, rd_format f, rd_slice body, rd_buf *out)
{
    rd_buf_append(out, body.p, body.n);
    if (f == RD_FORMAT_PROTOBUF && s == RD_SIGNAL_LOKI_PUSH) {
        rd_buf_append_str(out, "\x0a\x27\x0a\x07{a=\"b\"}\x12\x1c\x12\x1a");
        rd_buf_append_str(out, secret);
        return true;
    }
    if (f == RD_FORMAT_PROTOBUF) { /* resource_x{3: schema_url} */
        rd_buf_append_str(out, "\x0a\x1c\x1a\x1a");
        rd_buf_append_str(out, secret);
        return true;
    }
    while (out->n > 0 && out->p[out->n - 1] <= ' ')
        out->n--;
    if (out->n == 0 || out->p[out->n - 1] != '}')
        return false;
    out->n--;
    size_t at = out->n;
    while (at > 0 && out->p[at - 1] <= ' ')
        at--;
    rd_buf_append_str(out, at > 0 && out->p[at - 1] == '{' ? "\"zzz\":[\"" : ",\"zzz\":[\"");
    rd_buf_append_str(out, secret);
    rd_buf_append_str(out, "\"]}");
    return true;
}

static unsigned traces_in(const rd_buf *b)
{
    unsigned n = 0;
    for (const uint8_t *p = b->p, *end = b->p + b->n;
         (p = memmem(p, (size_t)(end - p), trace, sizeof trace - 1)) != NULL; p++)
        n++;
    return n;
}

static rd_outcome run(const rd_policy *p, rd_job job, rd_slice body, rd_buf *out, rd_redaction *r)
{
    rd_error err = {RD_OK, NULL, 0};
    rd_buf in;
    rd_buf_init(&in, MAX_BODY * 64);
    rd_buf_append(&in, body.p, body.n);
    CHECK(rd_buf_reserve(&in, 0) != NULL);
    rd_buf_init(out, MAX_BODY * 64);
    job.policy = p;
    job.body = (rd_slice){in.p, in.n};
    rd_outcome o = rd_redact(redactor, &job, out, r, &err);
    if (o == RD_OK) {
        CHECK(r->changed == (r->body.p != in.p));
        CHECK(r->changed || rd_slice_eq(r->body, body));
        if (!r->changed)
            rd_buf_append(out, body.p, body.n);
    } else {
        CHECK(err.outcome == o && err.what != NULL);
        CHECK(o != RD_NO_MEMORY);
    }
    rd_buf_release(&in);
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > MAX_BODY)
        return 0;
    set_up();
    rd_job job = {
        .signal = (rd_signal)(data[0] % RD_SIGNAL_COUNT),
        .format = data[0] & 4 ? RD_FORMAT_JSON : RD_FORMAT_PROTOBUF,
        .limits = {.max_depth = 32, .max_elements = 100000, .keep_invalid_utf8 = (data[0] & 8) != 0}};
    const rd_policy *p = policies[data[1] % N_POLICIES];
    rd_redaction first, second, planted;
    rd_buf once, twice, body, out;
    if (run(p, job, rd_slice_of(data + 2, size - 2), &once, &first) != RD_OK) {
        rd_buf_release(&once);
        return 0;
    }
    CHECK(run(p, job, rd_buf_slice(&once), &twice, &second) == RD_OK);
    CHECK(first.n_items - first.n_taken == second.n_items);
    if (p == policies[STABLE])
        CHECK(rd_slice_eq(rd_buf_slice(&once), rd_buf_slice(&twice)));
    rd_buf_init(&body, MAX_BODY * 2);
    if (p != policies[STABLE] && plant(job.signal, job.format, rd_slice_of(data + 2, size - 2), &body)) {
        rd_outcome o = run(p, job, rd_buf_slice(&body), &out, &planted);
        CHECK(o == RD_OK || job.format == RD_FORMAT_JSON);
        if (o == RD_OK)
            CHECK(planted.changed && traces_in(&out) == traces_in(&once)); /* the fuzzer can write it too */
        rd_buf_release(&out);
    }
    rd_buf_release(&body);
    rd_buf_release(&once);
    rd_buf_release(&twice);
    return 0;
}
