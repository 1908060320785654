/* SPDX-License-Identifier: MIT */
#include "gateway/http1_pace.h"

enum { TICK_MS = 10, STEP = 256 << 10 /* what a connection that goes on is likely to have waiting */ };

static uint64_t now_ns(const gw_pace *p)
{
    return h2o_now(p->loop) * 1000000;
}

static void on_tick(h2o_timeout_entry_t *entry)
{
    gw_pace *p = H2O_STRUCT_FROM_MEMBER(gw_pace, tick, entry);
    gw_bucket_fill(&p->bucket, now_ns(p));
    uint64_t n = p->bucket.level / STEP;
    while (!h2o_linklist_is_empty(&p->waiting) && n-- > 0) {
        gw_pace_entry *e = H2O_STRUCT_FROM_MEMBER(gw_pace_entry, link, p->waiting.next);
        h2o_linklist_unlink(&e->link);
        p->resume(e, h2o_now(p->loop) - e->since_ms);
    }
    if (!h2o_linklist_is_empty(&p->waiting))
        h2o_timeout_link(p->loop, &p->ticks, &p->tick);
}

void gw_pace_init(gw_pace *p, h2o_loop_t *loop, void (*resume)(gw_pace_entry *e, uint64_t waited_ms))
{
    *p = (gw_pace){.loop = loop, .resume = resume};
    gw_bucket_init(&p->bucket, GW_PACE_RATE, GW_PACE_BURST, now_ns(p));
    h2o_linklist_init_anchor(&p->waiting);
    h2o_timeout_init(loop, &p->ticks, TICK_MS);
    p->tick.cb = on_tick;
}

void gw_pace_took(gw_pace *p, size_t n)
{
    gw_bucket_fill(&p->bucket, now_ns(p));
    uint64_t level = p->bucket.level;
    (void)gw_bucket_take(&p->bucket, n < level ? n : level);
}

bool gw_pace_may_go_on(gw_pace *p, gw_pace_entry *e)
{
    if (h2o_linklist_is_linked(&e->link)) /* what had been read before it was stopped */
        return false;
    if (p->bucket.level > 0)
        return true;
    e->since_ms = h2o_now(p->loop);
    h2o_linklist_insert(&p->waiting, &e->link);
    if (!h2o_timeout_is_linked(&p->tick))
        h2o_timeout_link(p->loop, &p->ticks, &p->tick);
    return false;
}

void gw_pace_leave(gw_pace_entry *e)
{
    if (h2o_linklist_is_linked(&e->link))
        h2o_linklist_unlink(&e->link);
}
