/* SPDX-License-Identifier: MIT */
/*
 * More of usual.h: an AnyValue that is a string or a whole number, and the attribute that has such a value.
 * Internal to otlp_json.c.
 *
 * Records repeat their attributes in the same order, so the bytes from the opening bracket to the value are
 * compared with those of the pair that came next the last time; only a pair that differs there has its key
 * looked up.
 */
#ifndef RD_JSON_USUAL_PAIR_H
#define RD_JSON_USUAL_PAIR_H

#include "filters/json/usual.h"

static const char rd_json_text_open[] = "{\"stringValue\":\"", rd_json_number_open[] = "{\"intValue\":\"";
enum {
    RD_JSON_TEXT_OPEN = sizeof rd_json_text_open - 1,
    RD_JSON_NUMBER_OPEN = sizeof rd_json_number_open - 1
};

/* The inside of a string value, and the quote and bracket behind it. */
static inline bool rd_json_usual_text(const rd_json *j, const uint8_t *from, rd_leaf *out,
                                      const uint8_t **out_end)
{
    unsigned high = 0;
    const uint8_t *end = rd_json_plain_end(from, j->end, &high);
    if (j->end - end < 2 || end[0] != '"' || end[1] != '}' || high != 0)
        return false;
    *out = (rd_leaf){.off = (uint32_t)(from - j->base),
                     .len = (uint32_t)(end - from),
                     .frame = RD_NO_FRAME,
                     .form = RD_FORM_JSON};
    *out_end = end + 2;
    return true;
}

/* The same of a number; its leaf begins with the member's name. */
static inline bool rd_json_usual_int(const rd_json *j, const uint8_t *from, rd_leaf *out,
                                     const uint8_t **out_end)
{
    const uint8_t *name = from - (RD_JSON_NUMBER_OPEN - 1);
    from += from < j->end && *from == '-';
    const uint8_t *end = rd_json_digits(from, j->end);
    if (end == from || j->end - end < 2 || end[0] != '"' || end[1] != '}')
        return false;
    *out = (rd_leaf){.off = (uint32_t)(name - j->base),
                     .len = (uint32_t)(end + 1 - name),
                     .frame = RD_NO_FRAME,
                     .form = RD_FORM_JSON_INT};
    *out_end = end + 2;
    return true;
}

/* The value at p: {"stringValue":"V"} or {"intValue":"N"}. *out: its leaf, without class and rule; of form
 * JSON and no bytes: an empty string. *out_end is behind the value. */
static inline bool rd_json_usual_any(const rd_json *j, const uint8_t *p, rd_leaf *out,
                                     const uint8_t **out_end)
{
    if (j->end - p < RD_JSON_TEXT_OPEN)
        return false;
    if (memcmp(p, rd_json_text_open, RD_JSON_TEXT_OPEN) == 0)
        return rd_json_usual_text(j, p + RD_JSON_TEXT_OPEN, out, out_end);
    return memcmp(p, rd_json_number_open, RD_JSON_NUMBER_OPEN) == 0 &&
           rd_json_usual_int(j, p + RD_JSON_NUMBER_OPEN, out, out_end);
}

/* Such a value alone. */
static inline bool rd_json_usual_value(rd_json_walk *w, uint8_t cls)
{
    rd_json *j = &w->j;
    rd_doc *d = w->doc;
    rd_leaf leaf;
    const uint8_t *end;
    if (d->n_leaves >= d->cap_leaves || j->depth >= j->max_depth || j->n_values >= j->max_values ||
        !rd_json_usual_any(j, j->p, &leaf, &end))
        return false;
    leaf.cls = cls;
    if (leaf.len > 0)
        d->leaves[d->n_leaves++] = leaf;
    j->n_values++;
    j->p = end;
    return true;
}

/* Equal bytes, at least 32. */
static inline bool rd_json_same_long(const uint8_t *a, const uint8_t *b, size_t n)
{
    if (n > 64)
        return memcmp(a, b, n) == 0;
    size_t third = n - 32, last = n - 16;
    rd_utf8_block diff = (rd_utf8_load(a) ^ rd_utf8_load(b)) | (rd_utf8_load(a + 16) ^ rd_utf8_load(b + 16)) |
                         (rd_utf8_load(a + third) ^ rd_utf8_load(b + third)) |
                         (rd_utf8_load(a + last) ^ rd_utf8_load(b + last));
    return (diff[0] | diff[1]) == 0;
}

/* The pair that came after the one before the last time, with another value. */
static inline bool rd_json_usual_pair_again(rd_json_walk *w, uint8_t cls)
{
    rd_json *j = &w->j;
    rd_doc *d = w->doc;
    rd_leaf value;
    const uint8_t *end;
    uint8_t guess = w->memo.entries[w->memo.last].next;
    const rd_json_pair *before = &w->pairs[guess];

    if (before->from == NULL || before->cls != cls || (size_t)(j->end - j->p) < before->n ||
        !rd_json_same_long(j->p, before->from, before->n))
        return false;
    const uint8_t *from = j->p + before->n;
    if (!(before->is_number ? rd_json_usual_int(j, from, &value, &end)
                            : rd_json_usual_text(j, from, &value, &end)) ||
        end == j->end || *end != '}' || value.len == 0 || d->n_leaves >= d->cap_leaves ||
        j->depth >= j->max_depth || j->max_values - j->n_values < 3)
        return false;
    value.cls = cls;
    value.rule = before->rule;
    d->leaves[d->n_leaves++] = value;
    w->memo.last = guess;
    j->n_values += 3;
    j->p = end + 1;
    return true;
}

/* A pair with nothing to do because of its key: {"key":"K","value":V}, V as above. */
static inline bool rd_json_usual_pair(rd_json_walk *w, uint8_t cls)
{
    static const char open[] = "{\"key\":\"", middle[] = "\",\"value\":";
    enum { OPEN = sizeof open - 1, MIDDLE = sizeof middle - 1 };
    rd_json *j = &w->j;
    rd_doc *d = w->doc;
    unsigned high = 0;
    rd_leaf value;
    const uint8_t *end;

    if (j->end - j->p < OPEN || memcmp(j->p, open, OPEN) != 0)
        return false;
    const uint8_t *key = j->p + OPEN, *key_end = rd_json_plain_end(key, j->end, &high);
    if (high != 0 || key == key_end || j->end - key_end < MIDDLE || memcmp(key_end, middle, MIDDLE) != 0 ||
        !rd_json_usual_any(j, key_end + MIDDLE, &value, &end) || end == j->end || *end != '}')
        return false;
    if (value.len == 0 || d->cap_leaves - d->n_leaves < 2 || j->depth >= j->max_depth ||
        j->max_values - j->n_values < 3)
        return false;
    bool listed, is_number = value.form == RD_FORM_JSON_INT;
    rd_verdict v = rd_key_memo_list(&w->memo, &w->visitor, rd_slice_of(key, (size_t)(key_end - key)),
                                    (rd_class)cls, &listed);
    if (v.fate != RD_FATE_KEEP)
        return false;
    if (listed) {
        const uint8_t *text = key_end + MIDDLE + (is_number ? RD_JSON_NUMBER_OPEN : RD_JSON_TEXT_OPEN);
        w->pairs[w->memo.last] = (rd_json_pair){j->p, (uint32_t)(text - j->p), v.rule, cls, is_number};
    } else {
        rd_form form = w->visitor.keys_once ? RD_FORM_JSON_KEY : RD_FORM_JSON;
        d->leaves[d->n_leaves++] = (rd_leaf){
            (uint32_t)(key - j->base), (uint32_t)(key_end - key), RD_NO_FRAME, 0, cls, (uint8_t)form};
    }
    value.cls = cls;
    value.rule = v.rule;
    d->leaves[d->n_leaves++] = value;
    j->n_values += 3;
    j->p = end + 1;
    return true;
}

#endif
