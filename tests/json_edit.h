/* SPDX-License-Identifier: MIT */
/*
 * For tests and fuzz targets of the JSON walkers: a policy that reads the verdict from the key, the
 * rules that leaves must obey, and a splice that does to every leaf what redact would.
 *
 *    key starts with  drop  mask  ctx (kept, context 3)
 *    text with '!'    the leaf is replaced by "#", label text by "{}";  number with 777: by "***"
 *
 * So no '!' is left after the splice, unless the walker overlooked a place that can hold text.
 */
#ifndef TESTS_JSON_EDIT_H
#define TESTS_JSON_EDIT_H

#include "filters/json/json.h"

enum { RULE_MASK = 7, RULE_DROP = 9, RULE_CTX = 3 };

static inline bool has_prefix(rd_slice s, const char *prefix)
{
    size_t n = strlen(prefix);
    return s.n >= n && memcmp(s.p, prefix, n) == 0;
}

static inline rd_verdict verdict_by_prefix(const void *ctx, rd_slice key, rd_class cls)
{
    if (has_prefix(key, "drop"))
        return (rd_verdict){RD_FATE_DROP, RULE_DROP};
    if (has_prefix(key, "mask"))
        return (rd_verdict){RD_FATE_MASK, RULE_MASK};
    return (rd_verdict){RD_FATE_KEEP, has_prefix(key, "ctx") ? RULE_CTX : 0};
}

static const rd_visitor by_prefix = {.on_key = verdict_by_prefix};
static const rd_visitor by_prefix_once = {.on_key = verdict_by_prefix, .keys_once = true};

/* Sorted, inside the body, not overlapping, not empty unless the form may be. */
static inline bool leaves_are_sane(const rd_doc *d)
{
    size_t at = 0;
    for (uint32_t i = 0; i < d->n_leaves; i++) {
        const rd_leaf *l = &d->leaves[i];
        bool may_be_empty = l->form == RD_FORM_LABELS_JSON || l->form == RD_FORM_LABELS_OBJECT;
        if (l->off < at || (size_t)l->off + l->len > d->body.n || (l->len == 0 && !may_be_empty))
            return false;
        if (l->frame != RD_NO_FRAME || l->cls >= RD_CLASS_COUNT)
            return false;
        at = (size_t)l->off + l->len;
    }
    return true;
}

static inline const char *replacement(const rd_doc *d, const rd_leaf *l, rd_buf *scratch)
{
    rd_slice s = rd_doc_leaf_bytes(d, l);
    switch ((rd_form)l->form) {
    case RD_FORM_JSON:
        return memchr(s.p, '!', s.n) != NULL ? "#" : NULL;
    case RD_FORM_JSON_ESC:
        rd_buf_clear(scratch, SIZE_MAX);
        rd_json_unescape(s, scratch);
        return scratch->n > 0 && memchr(scratch->p, '!', scratch->n) != NULL ? "#" : NULL;
    case RD_FORM_LABELS_JSON:
        rd_buf_clear(scratch, SIZE_MAX);
        rd_json_unescape(s, scratch);
        return scratch->n > 0 && memchr(scratch->p, '!', scratch->n) != NULL ? "{}" : NULL;
    case RD_FORM_JSON_INT:
        return memmem(s.p, s.n, "777", 3) != NULL ? "\"stringValue\":\"***\"" : NULL;
    case RD_FORM_JSON_NUM:
        return memmem(s.p, s.n, "777", 3) != NULL ? "\"***\"" : NULL;
    case RD_FORM_PAIR_JSON:
        return "\"***\"";
    case RD_FORM_PAIR_JSON_ANY:
        return "{\"stringValue\":\"***\"}";
    case RD_FORM_PAIR_DROP:
        return "";
    case RD_FORM_LABELS_OBJECT:
        return l->rule != 0 ? ",\"service_name\":\"x\"" : "\"service_name\":\"x\"";
    default:
        return NULL;
    }
}

/* Edits every leaf as above and splices into `out`; false when the edits do not fit together. */
static inline bool edit_and_splice(rd_doc *d, rd_buf *out)
{
    rd_buf scratch;
    rd_error err;
    rd_buf_init(&scratch, 1 << 28);
    d->n_edits = 0;
    for (uint32_t i = 0; i < d->n_leaves; i++) {
        const rd_leaf *l = &d->leaves[i];
        const char *text = replacement(d, l, &scratch);
        rd_edit *e = text != NULL ? rd_doc_push_edit(d) : NULL;
        if (e != NULL)
            *e = (rd_edit){l->off, l->len, RD_NO_FRAME, (uint32_t)strlen(text), (const uint8_t *)text};
    }
    rd_buf_release(&scratch);
    rd_doc_sort_edits(d);
    return rd_doc_splice(d, out, &err) == RD_OK;
}

#endif
