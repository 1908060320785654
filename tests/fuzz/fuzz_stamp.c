/* SPDX-License-Identifier: MIT */
/*
 * Any body, with labels put in. The first byte chooses signal and format. Whatever the body is:
 *   - the result is stamped in every group, and nothing reserved is left beside the stamp: a second pass
 * takes out exactly what the first one put in;
 *   - the second result is the first one, byte for byte;
 *   - who refuses reserved names refuses the result, and another stamp leaves nothing of this one;
 *   - where labels may give way, the result fits, and once they did nothing has to any more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filters/redact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const rd_limits limits = {.max_depth = 16, .max_elements = 100000};
static const rd_stamp_label ours[] = {{{(const uint8_t *)"workspace_id", 12}, {(const uint8_t *)"w1", 2}},
                                      {{(const uint8_t *)"env", 3}, {(const uint8_t *)"a\"b", 3}}};

static const rd_slice movable[] = {
    {(const uint8_t *)"a", 1}, {(const uint8_t *)"job", 3}, {(const uint8_t *)"b", 1}};
enum { MOST_LABELS = 3 };

static rd_policy *policy;
static rd_redactor *redactor;

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

static void set_up(void)
{
    rd_error err;
    uint32_t bad;
    if (policy != NULL)
        return;
    if (rd_policy_build(NULL, 0, &policy, &bad, &err) != RD_OK)
        abort();
    redactor = rd_redactor_new();
    if (redactor == NULL)
        abort();
}

/* `out` gets the result and its readable tail. */
static rd_outcome run(unsigned kind, rd_slice body, const rd_stamp *s, rd_buf *out, uint32_t *out_reserved)
{
    rd_buf in, made;
    rd_redaction r;
    rd_error err;
    rd_buf_init(&in, 1 << 26);
    rd_buf_init(&made, 1 << 26);
    (void)rd_buf_reserve(&in, body.n);
    rd_buf_append(&in, body.p, body.n);
    rd_job job = {.policy = policy,
                  .signal = (rd_signal)(kind % 4),
                  .format = kind & 4 ? RD_FORMAT_JSON : RD_FORMAT_PROTOBUF,
                  .body = rd_buf_slice(&in),
                  .limits = limits,
                  .stamp = s};
    rd_outcome o = rd_redact(redactor, &job, &made, &r, &err);
    if (o == RD_OK) {
        *out_reserved = r.n_reserved;
        rd_buf_append(out, r.body.p, r.body.n);
    }
    rd_buf_release(&in);
    rd_buf_release(&made);
    return o;
}

static void make_room(unsigned kind, rd_slice body)
{
    const rd_stamp limited = {.labels = ours, .n_labels = 2, .max_stream_labels = MOST_LABELS};
    rd_stamp roomy = limited;
    rd_buf first, second;
    uint32_t ignored = 0;
    roomy.movable = movable;
    roomy.n_movable = sizeof movable / sizeof movable[0];
    rd_buf_init(&first, 1 << 26);
    rd_buf_init(&second, 1 << 26);
    if (run(kind, body, &roomy, &first, &ignored) == RD_OK) {
        require(run(kind, rd_buf_slice(&first), &limited, &second, &ignored) == RD_OK, "the result fits");
        require(rd_slice_eq(rd_buf_slice(&first), rd_buf_slice(&second)), "and nothing moves any more");
    } else {
        require(run(kind, body, &limited, &second, &ignored) != RD_OK, "room for labels refuses nothing");
    }
    rd_buf_release(&first);
    rd_buf_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rd_buf texts;
    rd_stamp_texts ready;
    rd_stamp stamp = {.labels = ours, .n_labels = 2},
             prepared = {.labels = ours, .n_labels = 2, .texts = &ready};
    const rd_stamp strict = {.labels = ours, .n_labels = 2, .refuse = true};
    rd_buf first, second, third;
    uint32_t n = 0, n_again = 0, ignored = 0;
    if (size == 0)
        return 0;
    set_up();
    rd_buf_init(&first, 1 << 26);
    rd_buf_init(&second, 1 << 26);
    rd_buf_init(&third, 1 << 26);
    rd_buf_init(&texts, 1 << 16);
    rd_stamp_prepare(&stamp, &texts, &ready);
    unsigned kind = data[0];
    if (run(kind, (rd_slice){data + 1, size - 1}, &stamp, &first, &n) == RD_OK) {
        require(run(kind, rd_buf_slice(&first), &stamp, &second, &n_again) == RD_OK, "the result is valid");
        require(rd_slice_eq(rd_buf_slice(&first), rd_buf_slice(&second)), "stamping twice is stamping once");
        require(n_again % 2 == 0, "both labels or none");
        require(run(kind, (rd_slice){data + 1, size - 1}, &prepared, &third, &ignored) == RD_OK &&
                    rd_slice_eq(rd_buf_slice(&first), rd_buf_slice(&third)),
                "texts that are ready are the same");
        third.n = 0;
        rd_outcome o = run(kind, rd_buf_slice(&first), &strict, &third, &ignored);
        require((o == RD_OK) == (n_again == 0), "who refuses sees what was stamped");
    }
    make_room(kind, (rd_slice){data + 1, size - 1});
    rd_buf_release(&first);
    rd_buf_release(&second);
    rd_buf_release(&third);
    rd_buf_release(&texts);
    return 0;
}
