/* SPDX-License-Identifier: MIT */
/* One walk of a text, and its leaves as lines that a test can compare. */
#ifndef TESTS_UNIT_OTLP_JSON_KIT_H
#define TESTS_UNIT_OTLP_JSON_KIT_H

#include "tests/unit/unit.h"

#include "filters/json/otlp_json.h"
#include "filters/json/token.h"
#include "tests/json_edit.h"
#include "tests/json_spaced.h"

#include <jansson.h>
#include <stdlib.h>

static const rd_limits scan = {.max_depth = 32, .max_elements = 1000000};

static inline const rd_message *message(const char *name)
{
    for (unsigned i = 0; i < rd_schema_all_count; i++) {
        if (strcmp(rd_schema_all[i]->name, name) == 0)
            return rd_schema_all[i];
    }
    fail_msg("no message %s", name);
    return NULL;
}

static inline const char *form_letter(rd_form f)
{
    switch (f) {
    case RD_FORM_JSON:
        return "J";
    case RD_FORM_JSON_ESC:
        return "E";
    case RD_FORM_BASE64:
        return "B";
    case RD_FORM_JSON_INT:
        return "I";
    case RD_FORM_JSON_NUM:
        return "N";
    case RD_FORM_PAIR_JSON_ANY:
        return "V";
    case RD_FORM_PAIR_JSON:
        return "P";
    case RD_FORM_PAIR_DROP:
        return "D";
    default:
        return "?";
    }
}

static inline void assert_same_with_blanks(const char *root, const rd_limits *lim, rd_slice body)
{
    if (!otlp_json_walks_alike(message(root), lim, &by_prefix, body) ||
        !otlp_json_walks_alike(message(root), lim, &by_prefix_once, body))
        fail_msg("not the same with blanks: %.*s", (int)body.n, (const char *)body.p);
}

/* Walks `in` as a message; on success `out` holds one line a leaf: class form[rule] bytes. */
static inline rd_outcome list(const char *root, const char *in, const rd_limits *lim, rd_buf *out,
                              rd_buf *spliced)
{
    rd_doc d;
    rd_error err = {0};
    size_t n = strlen(in);
    uint8_t *copy = malloc(n > 0 ? n : 1);

    memcpy(copy, in, n);
    rd_doc_init(&d);
    rd_doc_reset(&d, (rd_slice){copy, n});
    rd_outcome o = rd_otlp_json_walk(message(root), lim, &by_prefix, &d, &err);
    assert_same_with_blanks(root, lim, d.body);
    if (o == RD_OK) {
        assert_true(leaves_are_sane(&d));
        for (uint32_t i = 0; i < d.n_leaves; i++) {
            const rd_leaf *l = &d.leaves[i];
            rd_buf_printf(out, "%s %s", rd_class_word(l->cls), form_letter(l->form));
            if (l->rule != 0)
                rd_buf_printf(out, "%u", l->rule);
            rd_buf_printf(out, " %.*s\n", (int)l->len, (const char *)d.body.p + l->off);
        }
        assert_true(edit_and_splice(&d, spliced));
        json_t *tree = json_loadb((const char *)spliced->p, spliced->n, JSON_DECODE_ANY, NULL);
        if (tree == NULL && strstr(in, "\\ud800") == NULL) /* jansson refuses lone surrogates */
            fail_msg("not JSON: %.*s", (int)spliced->n, (const char *)spliced->p);
        json_decref(tree);
    } else {
        assert_non_null(err.what);
        assert_true(err.offset <= n);
    }
    rd_doc_release(&d);
    free(copy);
    return o;
}

static inline void assert_text(const rd_buf *b, const char *want, const char *in)
{
    if (!rd_slice_eq(rd_buf_slice(b), rd_slice_str(want)))
        fail_msg("%s\ngave:\n%.*s\nwanted:\n%s", in, (int)b->n, (const char *)b->p, want);
}

static inline void assert_outcome(const char *root, const char *in, const rd_limits *lim, rd_outcome want)
{
    rd_buf out, spliced;
    rd_buf_init(&out, 1 << 20);
    rd_buf_init(&spliced, 1 << 20);
    rd_outcome o = list(root, in, lim, &out, &spliced);
    if (o != want)
        fail_msg("%s, not %s: %s", rd_outcome_word(o), rd_outcome_word(want), in);
    rd_buf_release(&out);
    rd_buf_release(&spliced);
}

#endif
