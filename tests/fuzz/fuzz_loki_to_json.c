/* SPDX-License-Identifier: MIT */
/*
 * A Loki push body (after snappy). What comes out is one line that jansson reads, of the shape that Loki's
 * API asks for; what is refused leaves nothing behind.
 */
#include <jansson.h>
#include <stdlib.h>

#include "filters/loki/loki_to_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
    if (!ok)
        abort();
}

static void check_entry(const json_t *entry)
{
    size_t n = json_array_size(entry);
    const char *ns = json_string_value(json_array_get(entry, 0));
    require(n == 2 || n == 3);
    require(ns != NULL && strspn(ns + (*ns == '-'), "0123456789") == strlen(ns + (*ns == '-')));
    require(json_is_string(json_array_get(entry, 1)));
    require(n == 2 || json_object_size(json_array_get(entry, 2)) > 0);
}

static void check_stream(json_t *stream)
{
    size_t i;
    const char *name;
    json_t *value;
    require(json_object_size(stream) == 2);
    require(json_is_object(json_object_get(stream, "stream")));
    require(json_is_array(json_object_get(stream, "values")));
    json_object_foreach(json_object_get(stream, "stream"), name, value) require(json_is_string(value));
    json_array_foreach(json_object_get(stream, "values"), i, value) check_entry(value);
}

/* jansson takes no U+0000 in names, which JSON does: U+0001 stands in for it. */
static void without_nul(rd_buf *json)
{
    static const char nul[] = "\\u0000";
    for (uint8_t *p = json->p; (p = memmem(p, json->n - (size_t)(p - json->p), nul, 6)) != NULL;)
        p[5] = '1';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rd_buf out;
    rd_error err;
    const rd_limits lim = {.max_depth = 32, .max_elements = 20000};
    rd_buf_init(&out, 64 << 20);
    rd_buf_append_byte(&out, '!');
    rd_outcome o = rd_loki_to_json((rd_slice){data, size}, &lim, &out, &err);
    if (o == RD_OK) {
        json_error_t error;
        size_t i;
        json_t *stream;
        require(memchr(out.p, '\n', out.n) == NULL);
        without_nul(&out);
        json_t *j = json_loadb((const char *)out.p + 1, out.n - 1, 0, &error);
        require(json_object_size(j) == 1 && json_is_array(json_object_get(j, "streams")));
        json_array_foreach(json_object_get(j, "streams"), i, stream) check_stream(stream);
        json_decref(j);
    } else {
        require(out.n == 1 && err.outcome == o && (err.offset <= size || err.offset == SIZE_MAX));
    }
    rd_buf_release(&out);
    return 0;
}
