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

void rd_act_match(const rd_action *a, rd_slice match, size_t keep_head, size_t keep_tail, rd_buf *out)
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
    }
}

rd_slice rd_act_value(const rd_action *a)
{
    return a->kind == RD_ACTION_REPLACE ? a->replacement : RD_SLICE_LIT(RD_MASK_TEXT);
}
