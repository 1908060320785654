/* SPDX-License-Identifier: MIT */
/*
 * The tokenizer takes what jansson takes, but for the differences named in json_oracle.h. What was taken
 * minifies to an equal value. Any bytes survive escape and unescape.
 */
#include "filters/json/json.h"
#include "filters/json/token.h"
#include "tests/json_oracle.h"

#include <stdlib.h>

static void check_minify(rd_slice in, json_t *tree)
{
    rd_buf out;
    json_error_t e;

    rd_buf_init(&out, 1 << 24);
    if (rd_json_minify(in, &out, NULL) != RD_OK || out.n > in.n)
        abort();
    json_t *again = json_loadb((const char *)out.p, out.n, ORACLE_FLAGS, &e);
    if (tree != NULL && !json_equal(tree, again))
        abort();
    json_decref(again);
    rd_buf_release(&out);
}

/* The input as the inside of a string: escape, then unescape, gives it back if it was UTF-8. */
static void check_forms(const uint8_t *data, size_t size)
{
    rd_buf raw, text;
    rd_json j;
    rd_json_text t;
    static const rd_limits lim = {.max_depth = 1, .max_elements = 1};

    rd_buf_init(&raw, 1 << 24);
    rd_buf_init(&text, 1 << 24);
    rd_buf_append_byte(&raw, '"');
    rd_json_escape((rd_slice){data, size}, &raw);
    rd_buf_append_byte(&raw, '"');
    rd_json_init(&j, rd_buf_slice(&raw), &lim);
    if (!rd_json_string(&j, &t) || rd_json_finish(&j, NULL) != RD_OK)
        abort();
    rd_slice inside = rd_json_bytes(&j, t);
    rd_json_unescape(inside, &text);
    bool lossy = text.n > 0 && memmem(text.p, text.n, "\xEF\xBF\xBD", 3) != NULL;
    if (!lossy && (text.n != size || (size > 0 && memcmp(text.p, data, size) != 0)))
        abort();
    rd_json_place place = {0};
    for (size_t i = 0; i <= text.n && i < 64; i++) {
        size_t off = rd_json_raw_advance(inside, &place, i);
        if (off > inside.n || off != rd_json_raw_offset(inside, i))
            abort();
    }
    if (rd_json_raw_offset(inside, text.n) != inside.n)
        abort();
    rd_buf_release(&raw);
    rd_buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const rd_limits lim = {.max_depth = RD_JSON_MAX_DEPTH, .max_elements = UINT32_MAX};
    rd_slice in = {data, size};
    rd_json j;
    json_error_t e;

    if (size > 1 << 20)
        return 0;
    rd_json_init(&j, in, &lim);
    if (j.failed == RD_OK)
        (void)rd_json_skip(&j);
    rd_outcome o = rd_json_finish(&j, NULL);
    json_t *tree = json_loadb((const char *)data, size, ORACLE_FLAGS, &e);
    if (o == RD_OK && !oracle_takes(in))
        abort();
    if (o != RD_OK && tree != NULL && o != RD_TOO_DEEP && memchr(data, 0, size) == NULL)
        abort();
    if (o == RD_OK)
        check_minify(in, tree);
    json_decref(tree);
    check_forms(data, size);
    return 0;
}
