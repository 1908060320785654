/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: limits on content, and shedding. Byte 0 chooses signal and format, byte 1 the limits, byte 2
 * how many records are admitted, the rest is the body.
 *
 * Checked: limits make no body understood that is not, nor the other way round; the counts add up, and what
 * comes out has as many records as they say; nothing in it is beyond a limit any more; in shadow mode the
 * body is what it would be without limits.
 */
#include <stdlib.h>
#include <string.h>

#include "filters/redact.h"
#include "tests/fuzz/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_BODY = 1 << 16, SHADOW = 1, SHED = 2, LABELS = 4, LINES = 8, TIMES = 16, STREAMS = 32 };

static rd_policy *policy;
static rd_redactor *redactor;

typedef struct asked {
    uint32_t stay, n_items, n_left, n_breaches, n_streams;
} asked;

static uint32_t ask(void *ctx, const rd_walked *w)
{
    asked *a = ctx;
    a->n_items = w->n_items;
    a->n_left = w->n_left;
    a->n_streams = w->n_streams;
    a->n_breaches = 0;
    for (unsigned l = 0; w->breach != NULL && l < RD_CONTENT_COUNT; l++)
        a->n_breaches += w->breach[l].n;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < w->n_streams; i++)
        sum ^= w->streams[i]; /* all of them can be read */
    return sum == 0 && a->stay == 0 ? 0 : a->stay;
}

static void set_up(void)
{
    static const rd_rule_spec none = {.name = "off", .detector = RD_DETECTOR_EMAIL, .mode = RD_MODE_OFF};
    uint32_t bad;
    rd_error err;
    if (redactor != NULL)
        return;
    CHECK((redactor = rd_redactor_new()) != NULL);
    CHECK(rd_policy_build(&none, 1, &policy, &bad, &err) == RD_OK);
}

static rd_outcome run(rd_job job, const rd_content *content, asked *a, rd_slice body, rd_buf *out,
                      rd_redaction *r)
{
    rd_error err = {RD_OK, NULL, 0};
    rd_buf in, made;
    rd_buf_init(&in, MAX_BODY * 64);
    rd_buf_init(&made, MAX_BODY * 64);
    rd_buf_init(out, MAX_BODY * 64);
    rd_buf_append(&in, body.p, body.n);
    CHECK(rd_buf_reserve(&in, 0) != NULL);
    job.policy = policy;
    job.body = (rd_slice){in.p, in.n};
    job.content = content;
    job.admit = (rd_admit){.ask = a != NULL ? ask : NULL, .ctx = a};
    rd_outcome o = rd_redact(redactor, &job, &made, r, &err);
    if (o == RD_OK)
        rd_buf_append(out, r->body.p, r->body.n);
    rd_buf_release(&made);
    rd_buf_release(&in);
    return o;
}

static rd_content content_of(unsigned flags)
{
    rd_content c = {.oldest_ns = 1000, .newest_ns = 1000000, .stream_key = {1, 2}};
    c.shadow = (flags & SHADOW) != 0;
    c.streams = (flags & STREAMS) != 0;
    if (flags & LABELS)
        c.max[RD_CONTENT_LABEL_NAMES] = c.max[RD_CONTENT_LABEL_NAME_BYTES] =
            c.max[RD_CONTENT_LABEL_VALUE_BYTES] = 3;
    if (flags & LINES)
        c.max[RD_CONTENT_LINE_BYTES] = 5;
    if (flags & TIMES)
        c.max[RD_CONTENT_MAX_AGE] = c.max[RD_CONTENT_MAX_AHEAD] = 1;
    return c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3 || size > MAX_BODY)
        return 0;
    set_up();
    rd_job job = {.signal = (rd_signal)(data[0] % RD_SIGNAL_COUNT),
                  .format = data[0] & 4 ? RD_FORMAT_JSON : RD_FORMAT_PROTOBUF,
                  .limits = {.max_depth = 32, .max_elements = 100000}};
    rd_slice body = rd_slice_of(data + 3, size - 3);
    rd_content content = content_of(data[1]);
    content.shed = (data[1] & SHED) != 0 && job.signal == RD_SIGNAL_LOGS;
    asked a = {.stay = data[1] & SHED ? data[2] : UINT32_MAX}, b = {.stay = UINT32_MAX};
    rd_redaction plain, first, second;
    rd_buf without, once, twice;
    rd_outcome o = run(job, NULL, NULL, body, &without, &plain);
    rd_outcome limited = run(job, &content, &a, body, &once, &first);
    CHECK(limited == o || (limited == RD_LIMITED && o == RD_OK));
    if (o == RD_OK)
        CHECK(a.n_items == plain.n_items && a.n_left == a.n_items - (content.shadow ? 0 : a.n_breaches));
    if (limited == RD_OK) {
        CHECK(first.n_items == plain.n_items && first.n_taken == 0);
        CHECK(first.n_refused == a.n_items - a.n_left);
        CHECK(first.n_shed == (a.stay < a.n_left ? a.n_left - a.stay : 0));
        content.shed = false;
        CHECK(run(job, &content, &b, rd_buf_slice(&once), &twice, &second) == RD_OK);
        CHECK(b.n_items == first.n_items - first.n_refused - first.n_shed);
        CHECK(content.shadow || b.n_breaches == 0);
        if (first.n_refused + first.n_shed == 0)
            CHECK(rd_slice_eq(rd_buf_slice(&once), rd_buf_slice(&without)));
        rd_buf_release(&twice);
    } else if (o == RD_OK) {
        CHECK(a.stay == 0 || a.stay < a.n_left || (a.n_items > 0 && a.n_left == 0));
    }
    rd_buf_release(&without);
    rd_buf_release(&once);
    return 0;
}
