/* SPDX-License-Identifier: MIT */
#include "filters/detect/tail_memo.h"

void rd_tail_memo_learn(rd_tail_memo *m, const rd_view *v, uint32_t end, uint32_t looked, uint8_t says)
{
    uint32_t before = end - v->lo;
    uint8_t mask[RD_TAIL_MEMO_BYTES] = {0};
    if (end < RD_TAIL_MEMO_BYTES || before >= v->hi - v->lo || looked > before ||
        looked >= RD_TAIL_MEMO_BYTES)
        return;
    rd_tail e = {.depth = (uint8_t)(looked + 1), .says = says, .era = m->era};
    memset(mask + RD_TAIL_MEMO_BYTES - e.depth, 0xff, e.depth);
    memcpy(e.mask, mask, sizeof mask);
    memcpy(e.bytes, v->b + end + 1 - RD_TAIL_MEMO_BYTES, sizeof e.bytes);
    rd_tail_set *set = rd_tail_memo_set(m, e.bytes[1]);
    set->before = set->last;
    set->last = e;
}
