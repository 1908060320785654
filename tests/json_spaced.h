/* SPDX-License-Identifier: MIT */
/*
 * For tests and fuzz targets of the JSON walkers: a body says the same with a blank behind every structural
 * character. Its dense form takes the walker's short cuts, the other one never does; both must be taken or
 * refused alike, and the same must be found in them.
 */
#ifndef TESTS_JSON_SPACED_H
#define TESTS_JSON_SPACED_H

#include "filters/json/otlp_json.h"

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

/* A key that is listed once has the context of one of its places. */
static inline bool is_same_leaf(const rd_doc *a, const rd_leaf *x, const rd_doc *b, const rd_leaf *y)
{
    bool is_text = x->form == RD_FORM_JSON || x->form == RD_FORM_JSON_ESC;
    bool is_key = x->form == RD_FORM_JSON_KEY && y->form == RD_FORM_JSON;
    return (is_key || (x->form == y->form && x->rule == y->rule)) && x->cls == y->cls &&
           (!is_text || x->len == y->len) &&
           same_but_blanks(rd_doc_leaf_bytes(a, x), rd_doc_leaf_bytes(b, y));
}

/* Does a leaf of `a` before `n` say that keys like `y` need none? */
static inline bool is_listed(const rd_doc *a, uint32_t n, const rd_doc *b, const rd_leaf *y)
{
    for (uint32_t i = 0; i < n; i++) {
        if (a->leaves[i].form == RD_FORM_JSON_KEY && is_same_leaf(a, &a->leaves[i], b, y))
            return true;
    }
    return false;
}

/* `a` may list equal keys once, `b` has all. */
static inline bool same_leaves(const rd_doc *a, const rd_doc *b)
{
    uint32_t i = 0;
    for (uint32_t k = 0; k < b->n_leaves; k++) {
        if (i < a->n_leaves && is_same_leaf(a, &a->leaves[i], b, &b->leaves[k]))
            i++;
        else if (!is_listed(a, i, b, &b->leaves[k]))
            return false;
    }
    return i == a->n_leaves && a->n_items == b->n_items && a->n_groups == b->n_groups;
}

static inline bool otlp_json_walks_alike(const rd_message *root, const rd_limits *lim, const rd_visitor *v,
                                         rd_slice body)
{
    rd_doc dense, spaced;
    rd_buf copy;
    rd_doc_init(&dense);
    rd_doc_init(&spaced);
    rd_buf_init(&copy, SIZE_MAX);
    put_spaced(body, &copy);
    rd_doc_reset(&dense, body);
    rd_doc_reset(&spaced, rd_buf_slice(&copy));
    bool taken = rd_otlp_json_walk(root, lim, v, &dense, NULL) == RD_OK;
    bool alike = (rd_otlp_json_walk(root, lim, v, &spaced, NULL) == RD_OK) == taken &&
                 (!taken || same_leaves(&dense, &spaced));
    rd_doc_release(&dense);
    rd_doc_release(&spaced);
    rd_buf_release(&copy);
    return alike;
}

#endif
