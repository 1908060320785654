/* SPDX-License-Identifier: MIT */
/*
 * First byte: which signal. The rest: a protobuf body. What the walker takes, to_json takes; what comes out
 * is one line that jansson and our own OTLP/JSON walker read, without a name twice; what is refused leaves
 * nothing behind.
 */
#include <jansson.h>
#include <stdlib.h>

#include "filters/json/otlp_json.h"
#include "filters/wire/to_json.h"
#include "filters/wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const rd_message *const roots[] = {&rd_schema_logs, &rd_schema_traces, &rd_schema_metrics};

static void check_json(const rd_message *root, rd_slice json, const rd_doc *wire)
{
    rd_doc doc;
    rd_error err;
    json_error_t error;
    const rd_limits lim = {.max_depth = 500, .max_elements = 10000000};
    if (memchr(json.p, '\n', json.n) != NULL)
        abort();
    json_t *j = json_loadb((const char *)json.p, json.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (!json_is_object(j))
        abort();
    json_decref(j);
    if (wire == NULL)
        return;
    rd_doc_init(&doc);
    rd_doc_reset(&doc, json);
    /* Merging and oneofs can only make them fewer. */
    if (rd_otlp_json_walk(root, &lim, NULL, &doc, &err) != RD_OK || doc.n_items > wire->n_items ||
        doc.n_groups != wire->n_groups)
        abort();
    rd_doc_release(&doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rd_doc doc;
    rd_buf out;
    rd_error err;
    const rd_limits lim = {.max_depth = 32, .max_elements = 20000};
    if (size == 0)
        return 0;
    const rd_message *root = roots[data[0] % 3];
    rd_slice body = {data + 1, size - 1};
    rd_buf_init(&out, 64 << 20);
    rd_buf_append_byte(&out, '!');
    rd_doc_init(&doc);
    rd_doc_reset(&doc, body);
    bool walked = rd_wire_walk(root, &lim, NULL, &doc, &err) == RD_OK;
    rd_outcome o = rd_wire_to_json(root, body, &lim, &out, &err);
    if (walked && o != RD_OK)
        abort();
    if (o == RD_OK)
        check_json(root, (rd_slice){out.p + 1, out.n - 1}, walked ? &doc : NULL);
    else if (out.n != 1 || err.outcome != o)
        abort();
    rd_doc_release(&doc);
    rd_buf_release(&out);
    return 0;
}
