/* SPDX-License-Identifier: MIT */
#include "filters/act/act.h"

static void mask(rd_slice match, size_t keep_head, size_t keep_tail, rd_buf *out)
{
    /* Parts that overlap would show the whole: a defect of the detector, so keep nothing. */
    if (keep_head + keep_tail > match.n)
        keep_head = keep_tail = 0;
    rd_buf_append(out, match.p, keep_head);
    rd_buf_append_str(out, RD_MASK_TEXT);
    rd_buf_append(out, match.p + match.n - keep_tail, keep_tail);
}

void rd_act_match(const rd_action *a, rd_digester *d, rd_slice match, size_t keep_head, size_t keep_tail,
                  rd_buf *out)
{
    switch (a->kind) {
    case RD_ACTION_MASK:
        mask(match, keep_head, keep_tail, out);
        break;
    case RD_ACTION_REPLACE:
        rd_buf_append(out, a->replacement.p, a->replacement.n);
        break;
    case RD_ACTION_DROP:
        break;
    case RD_ACTION_DIGEST:
        rd_digest_append(d, a->replacement, match, out);
        break;
    }
}

/* A mask is the digest of what cannot be digested (an empty text, a list, a truth value), and so of itself.
 */
static bool digest_value(const rd_action *a, rd_digester *d, const rd_slice *text, rd_buf *out)
{
    if (text != NULL &&
        (rd_slice_eq(*text, RD_SLICE_LIT(RD_MASK_TEXT)) || rd_digest_covers(d, *text, 0, text->n)))
        return false;
    if (text == NULL || text->n == 0)
        rd_buf_append_str(out, RD_MASK_TEXT);
    else
        rd_digest_append(d, a->replacement, *text, out);
    return true;
}

bool rd_act_value(const rd_action *a, rd_digester *d, const rd_slice *text, rd_buf *out)
{
    if (a->kind == RD_ACTION_DIGEST)
        return digest_value(a, d, text, out);
    rd_slice value = a->kind == RD_ACTION_REPLACE ? a->replacement : RD_SLICE_LIT(RD_MASK_TEXT);
    rd_buf_append(out, value.p, value.n);
    return true;
}
