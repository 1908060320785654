/* SPDX-License-Identifier: MIT */
/*
 * First byte: which root and how unknown members are treated. The rest is the body. What is taken has
 * sane leaves, is JSON for jansson too, and stays JSON whatever is masked and dropped in it.
 */
#include "filters/json/otlp_json.h"
#include "tests/json_edit.h"

#include <jansson.h>
#include <stdlib.h>

enum { FLAGS = JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL };

/* jansson refuses some text that is JSON; see fuzz_json.c. */
static void check_json(rd_slice s)
{
    json_error_t e;
    json_t *tree = json_loadb((const char *)s.p, s.n, FLAGS, &e);
    if (tree == NULL && json_error_code(&e) != json_error_numeric_overflow &&
        json_error_code(&e) != json_error_null_byte_in_key && strstr(e.text, "invalid Unicode") == NULL)
        abort();
    json_decref(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const rd_message *const roots[] = {&rd_schema_logs, &rd_schema_traces, &rd_schema_metrics};
    rd_limits lim = {.max_depth = 32, .max_elements = 100000};
    rd_doc d;
    rd_buf out;

    if (size == 0 || size > 1 << 20)
        return 0;
    lim.unknown = data[0] & 4 ? RD_UNKNOWN_REFUSE : RD_UNKNOWN_SCAN;
    rd_doc_init(&d);
    rd_doc_reset(&d, (rd_slice){data + 1, size - 1});
    if (rd_otlp_json_walk(roots[(data[0] & 3) % 3], &lim, &by_prefix, &d, NULL) == RD_OK) {
        if (!leaves_are_sane(&d))
            abort();
        check_json(d.body);
        rd_buf_init(&out, 1 << 24);
        if (!edit_and_splice(&d, &out))
            abort();
        check_json(rd_buf_slice(&out));
        rd_buf_release(&out);
    }
    rd_doc_release(&d);
    return 0;
}
