/* SPDX-License-Identifier: MIT */
#include "filters/act/act.h"

#include "filters/act/round.h"

enum { MASK_BYTES = sizeof RD_MASK_TEXT - 1 };

const char *rd_action_word(rd_action_kind k)
{
    static const char *const words[] = {
#define X(name, word) [RD_ACTION_##name] = word,
        RD_ACTIONS(X)
#undef X
    };
    return k < RD_ACTION_COUNT ? words[k] : "?";
}

const char *rd_done_word(rd_done d)
{
    if (d == RD_DONE_SHADOW)
        return "shadow";
    return d == RD_DONE_OVER_BUDGET ? "over_budget" : rd_action_word((rd_action_kind)d);
}

static bool is_inside_character(uint8_t c)
{
    return (c & 0xC0) == 0x80;
}

/* What may stay by the rule: whole characters, and no more than half of the value. */
static void keep_by_rule(const rd_action *a, rd_slice v, size_t *head, size_t *tail)
{
    *head = a->keep_first;
    *tail = a->keep_last;
    if ((*head + *tail) * 2 > v.n) {
        *head = *tail = 0;
        return;
    }
    while (*head > 0 && is_inside_character(v.p[*head]))
        --*head;
    while (*tail > 0 && is_inside_character(v.p[v.n - *tail]))
        --*tail;
}

static void mask(const rd_action *a, rd_slice match, size_t keep_head, size_t keep_tail, rd_buf *out)
{
    if (a->keeps)
        keep_by_rule(a, match, &keep_head, &keep_tail);
    /* Parts that overlap would show the whole: a defect of the detector, so keep nothing. */
    if (keep_head + keep_tail > match.n)
        keep_head = keep_tail = 0;
    rd_buf_append(out, match.p, keep_head);
    rd_buf_append_str(out, RD_MASK_TEXT);
    rd_buf_append(out, match.p + match.n - keep_tail, keep_tail);
}

static void replace(const rd_action *a, size_t n, rd_buf *out)
{
    rd_slice text = a->replacement[rd_length_class(n)];
    rd_buf_append(out, text.p, text.n);
}

rd_done rd_act_match(const rd_action *a, rd_digester *d, rd_slice match, size_t keep_head, size_t keep_tail,
                     rd_buf *out)
{
    switch (a->kind) {
    case RD_ACTION_REPLACE:
        replace(a, match.n, out);
        return RD_ACTION_REPLACE;
    case RD_ACTION_DROP:
        return RD_ACTION_DROP;
    case RD_ACTION_DIGEST:
        rd_digest_append(d, a->prefix, match, out);
        return RD_ACTION_DIGEST;
    case RD_ACTION_ROUND:
        if (rd_round(match, a->digits, out))
            return RD_ACTION_ROUND;
        rd_buf_append_str(out, RD_MASK_TEXT);
        return RD_ACTION_MASK;
    case RD_ACTION_DROP_RECORD:
        rd_buf_append_str(out, RD_MASK_TEXT);
        return RD_ACTION_MASK;
    case RD_ACTION_MASK:
    case RD_ACTION_COUNT:
        break;
    }
    mask(a, match, keep_head, keep_tail, out);
    return RD_ACTION_MASK;
}

/* A mask is the digest of what cannot be digested (an empty text, a list, a truth value), and so of itself.
 */
static bool digest_value(const rd_action *a, rd_digester *d, const rd_slice *text, rd_buf *out,
                         rd_done *out_done)
{
    bool none = text == NULL || text->n == 0;
    if (text != NULL &&
        (rd_slice_eq(*text, RD_SLICE_LIT(RD_MASK_TEXT)) || rd_digest_covers(d, *text, 0, text->n)))
        return false;
    if (none)
        rd_buf_append_str(out, RD_MASK_TEXT);
    else
        rd_digest_append(d, a->prefix, *text, out);
    *out_done = none ? RD_ACTION_MASK : RD_ACTION_DIGEST;
    return true;
}

static bool round_value(const rd_action *a, const rd_slice *text, rd_buf *out, rd_done *out_done)
{
    size_t from = out->n;
    bool rounded = text != NULL && rd_round(*text, a->digits, out);
    if (!rounded)
        rd_buf_append_str(out, RD_MASK_TEXT);
    *out_done = rounded ? RD_ACTION_ROUND : RD_ACTION_MASK;
    if (text == NULL || out->failed != RD_OK || !rd_slice_eq(*text, (rd_slice){out->p + from, out->n - from}))
        return true;
    out->n = from;
    return false;
}

/* Did the rule's own mask make this? Some bytes of the value at each end, `***` between them. */
static bool is_kept_mask(const rd_action *a, rd_slice v)
{
    for (size_t head = 0; head <= a->keep_first && head + MASK_BYTES <= v.n; head++) {
        if (memcmp(v.p + head, RD_MASK_TEXT, MASK_BYTES) == 0 && v.n - head - MASK_BYTES <= a->keep_last)
            return true;
    }
    return false;
}

bool rd_act_value(const rd_action *a, rd_digester *d, const rd_slice *text, rd_buf *out, rd_done *out_done)
{
    *out_done = RD_ACTION_MASK;
    switch (a->kind) {
    case RD_ACTION_DIGEST:
        return digest_value(a, d, text, out, out_done);
    case RD_ACTION_ROUND:
        return round_value(a, text, out, out_done);
    case RD_ACTION_REPLACE:
        if (text != NULL && rd_act_covers(a, *text, 0, text->n))
            return false;
        replace(a, text != NULL ? text->n : 0, out);
        *out_done = RD_ACTION_REPLACE;
        return true;
    default:
        break;
    }
    if (a->keeps && text != NULL && is_kept_mask(a, *text))
        return false;
    if (a->keeps && text != NULL)
        mask(a, *text, 0, 0, out);
    else
        rd_buf_append_str(out, RD_MASK_TEXT);
    return true;
}

/* Does `own` stand in the text so that [off, off+len) lies in it? */
static bool stands_around(rd_slice own, rd_slice text, size_t off, size_t len)
{
    if (len > own.n || own.n > text.n)
        return false;
    size_t first = off + len > own.n ? off + len - own.n : 0;
    size_t last = off < text.n - own.n ? off : text.n - own.n;
    for (size_t at = first; at <= last; at++) {
        if (memcmp(text.p + at, own.p, own.n) == 0)
            return true;
    }
    return false;
}

bool rd_act_covers(const rd_action *a, rd_slice text, size_t off, size_t len)
{
    if (a->kind == RD_ACTION_MASK && a->keeps)
        return is_kept_mask(a, (rd_slice){text.p + off, len});
    if (a->kind != RD_ACTION_REPLACE || len == 0)
        return false;
    for (unsigned i = 0; i < RD_LENGTH_CLASSES; i++) {
        bool again = i > 0 && rd_slice_eq(a->replacement[i], a->replacement[i - 1]);
        if (!again && stands_around(a->replacement[i], text, off, len))
            return true;
    }
    return false;
}
