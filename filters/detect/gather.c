/* SPDX-License-Identifier: MIT */
#include "filters/detect/gather.h"

void rd_gather_reset(rd_gather *g)
{
    g->n = 0;
    g->end = RD_GATHER_HEAD;
}

void rd_gather_close(rd_gather *g)
{
    memset(g->bytes + g->end, 0, RD_BUF_TAIL);
}

void rd_gather_learn(rd_gather *g, uint32_t set)
{
    for (uint32_t i = 0; set != 0 && i < g->n; i++) {
        const rd_text *t = &g->texts[i];
        if (t->len <= RD_CLEAN_BYTES && !g->has_events[i])
            rd_clean_memo_note(&g->clean, set, g->bytes + t->off, t->len, g->hashes[i]);
    }
}
