/* SPDX-License-Identifier: MIT */
/*
 * First byte: which root and how unknown members are treated. The rest is the body. What is taken has
 * sane leaves, is JSON for jansson too, and stays JSON whatever is masked and dropped in it. No text is
 * overlooked: see json_edit.h. Short cuts find what the long way finds: see json_spaced.h.
 */
#include "filters/json/otlp_json.h"
#include "tests/json_edit.h"
#include "tests/json_oracle.h"
#include "tests/json_spaced.h"

#include <stdlib.h>

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
    const rd_message *root = roots[(data[0] & 3) % 3];
    if (!otlp_json_walks_alike(root, &lim, &by_prefix, d.body) ||
        !otlp_json_walks_alike(root, &lim, &by_prefix_once, d.body))
        abort();
    if (rd_otlp_json_walk(root, &lim, &by_prefix, &d, NULL) == RD_OK) {
        if (!leaves_are_sane(&d))
            abort();
        rd_buf_init(&out, 1 << 24);
        if (!oracle_takes(d.body) || !edit_and_splice(&d, &out) || !oracle_takes(rd_buf_slice(&out)))
            abort();
        if (memchr(out.p, '!', out.n) != NULL || oracle_has(rd_buf_slice(&out), '!'))
            abort();
        rd_buf_release(&out);
    }
    rd_doc_release(&d);
    return 0;
}
