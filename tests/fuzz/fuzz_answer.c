/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the answer of a backend: its status, media type, Retry-After and body. Success is said of 2xx
 * alone, what a sender may see of the words is short UTF-8, and the address that every answer repeats is in
 * none of them. The first three bytes choose, the rest up to a newline is Retry-After, what follows the body.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filters/base/utf8.h"
#include "gateway/deliver.h"
#include "gateway/diagnostics.h"
#include "gateway/translate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_DETAIL = 1024 };

static const char config[] = "version: 1\nupstreams: {up: {endpoints: ['http://127.0.0.1:1']}}\n"
                             "workspaces: {anonymous: default}\n";
static const char secret[] = " hunter2.secret@example.com ";

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

static const gw_generation *generation(void)
{
    static gw_generation *g;
    char why[GW_WHY_BYTES];
    if (g == NULL) {
        gw_diagnostics *d = gw_diagnostics_new();
        gw_config *cfg = gw_config_parse(config, sizeof config - 1, "fuzz.yaml", d);
        g = cfg != NULL ? gw_generation_new(cfg, GW_GENERATION_CHECK, why) : NULL;
        gw_diagnostics_free(&d);
    }
    if (g == NULL)
        abort();
    return g;
}

static bool input_has_it; /* a part of the address: then it need not be one where it stands */

static void check_words(rd_slice words)
{
    require(words.n <= MAX_DETAIL && rd_utf8_valid(words), "short, and UTF-8");
    require(input_has_it || words.n == 0 || memmem(words.p, words.n, "hunter2", 7) == NULL,
            "the address is not in it");
}

static void check_answer(const gw_call_response *res, gw_dialect dialect, gw_scrubber *s)
{
    const gw_scrub of = {.gen = generation(), .signal = GW_SIGNAL_LOGS};
    const gw_reply_to to = {.dialect = dialect};
    gw_translated t;
    rd_buf text;
    rd_buf_init(&text, 1 << 20);
    gw_translate(GW_CALL_OK, res, &to, s, &of, &text, &t);
    require((t.outcome == GW_OUTCOME_DELIVERED) == (res->status / 100 == 2), "success is 2xx");
    require(t.ack == NULL || t.outcome == GW_OUTCOME_DELIVERED, "and so is what proves it");
    require(t.retry_after_s <= 3600, "an hour at most");
    check_words(t.detail);
    check_words(t.partial.message);
    rd_buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const types[] = {"application/x-protobuf",
                                        "application/json",
                                        "text/plain",
                                        "text/html",
                                        "application/json; charset=utf-8",
                                        ""};
    static const int statuses[] = {200, 400, 204, 429, 503, 413, 260, 301, 500, 422};
    static gw_scrubber *s;
    if (s == NULL && (s = gw_scrubber_new(gw_counters_new())) == NULL)
        abort();
    if (size < 3)
        return 0;
    input_has_it = memmem(data, size, "unter2", 6) != NULL;
    const uint8_t *end = memchr(data + 3, '\n', size - 3);
    size_t n = end != NULL ? (size_t)(end - data) - 3 : size - 3;
    rd_buf body;
    rd_buf_init(&body, 1 << 20);
    if (end != NULL)
        rd_buf_append(&body, end + 1, size - n - 4);
    gw_call_response res = {.status = statuses[data[0] % 10],
                            .content_type = rd_slice_str(types[data[1] % 6]),
                            .retry_after = {data + 3, n},
                            .body = rd_buf_slice(&body),
                            .ack = gw_ack_of_backend(statuses[data[0] % 10])};
    check_answer(&res, (gw_dialect)(data[2] % (GW_DIALECT_TEXT + 1)), s);
    rd_buf_append_str(&body, secret); /* in text, at the end */
    res.body = rd_buf_slice(&body);
    check_answer(&res, (gw_dialect)(data[2] % (GW_DIALECT_TEXT + 1)), s);
    rd_buf_release(&body);
    (void)gw_traceparent_valid((rd_slice){data, size});
    return 0;
}
