/* SPDX-License-Identifier: MIT */
#include "filters/schema/schema.h"

static bool same(const char *a, uint8_t a_len, rd_slice b)
{
    return a_len == b.n && memcmp(a, b.p, a_len) == 0;
}

/* A message has at most 16 fields and most names differ in length, so that a scan costs less than a hash. */
const rd_field *rd_message_field_by_json(const rd_message *m, rd_slice name)
{
    for (unsigned i = 0; i < m->n_fields; i++) {
        const rd_field *f = &m->fields[i];
        if (same(f->json_name, f->json_name_len, name) || same(f->name, f->name_len, name))
            return f;
    }
    return NULL;
}
