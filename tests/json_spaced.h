/* SPDX-License-Identifier: MIT */
/*
 * For tests and fuzz targets of the JSON walkers: a body says the same with a blank behind every structural
 * character. Its dense form takes the walker's short cuts, the other one never does; both must be taken or
 * refused alike, and the same must be found in them.
 */
#ifndef TESTS_JSON_SPACED_H
#define TESTS_JSON_SPACED_H

#include "filters/json/json.h"

static inline bool is_json_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline void put_spaced(rd_slice body, rd_buf *out)
{
    bool inside = false;
    for (size_t i = 0; i < body.n; i++) {
        uint8_t c = body.p[i];
        rd_buf_append_byte(out, c);
        if (inside && c == '\\' && i + 1 < body.n)
            rd_buf_append_byte(out, body.p[++i]);
        else if (c == '"')
            inside = !inside;
        else if (!inside && memchr("{}[],:", c, 6) != NULL)
            rd_buf_append_byte(out, ' ');
    }
}

static inline bool same_but_blanks(rd_slice a, rd_slice b)
{
    for (size_t i = 0, k = 0;; i++, k++) {
        while (i < a.n && is_json_blank(a.p[i]))
            i++;
        while (k < b.n && is_json_blank(b.p[k]))
            k++;
        if (i == a.n || k == b.n)
            return i == a.n && k == b.n;
        if (a.p[i] != b.p[k])
            return false;
    }
}

static inline bool same_leaves(const rd_doc *a, const rd_doc *b)
{
    if (a->n_leaves != b->n_leaves || a->n_items != b->n_items || a->n_groups != b->n_groups)
        return false;
    for (uint32_t i = 0; i < a->n_leaves; i++) {
        const rd_leaf *x = &a->leaves[i], *y = &b->leaves[i];
        bool is_text = x->form == RD_FORM_JSON || x->form == RD_FORM_JSON_ESC;
        if (x->cls != y->cls || x->rule != y->rule || x->form != y->form || (is_text && x->len != y->len) ||
            !same_but_blanks(rd_doc_leaf_bytes(a, x), rd_doc_leaf_bytes(b, y)))
            return false;
    }
    return true;
}

#endif
