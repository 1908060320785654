/* SPDX-License-Identifier: MIT */
/*
 * Requests on their way out. A write wakes the backend's process if it is on this machine, which costs more
 * than the write itself; several writes in a row wake it once. So what becomes ready within one turn of the
 * loop is written at the end of the turn: no answer would be read before that. A turn may be long, so what
 * has waited for GW_OUTBOX_US goes with the next that becomes ready.
 */
#include "gateway/endpoint_private.h"

static void flush(gw_pool *p)
{
    gw_outbox *o = &p->outbox;
    h2o_timeout_unlink(&o->timer);
    for (unsigned i = 0; i < o->n; i++)
        gw_call_send(o->calls[i]); /* calls nobody back at once */
    o->n = 0;
}

static void on_end_of_turn(h2o_timeout_entry_t *entry)
{
    flush(H2O_STRUCT_FROM_MEMBER(gw_pool, outbox.timer, entry));
}

void gw_outbox_put(gw_call *c)
{
    gw_pool *p = c->pool;
    gw_outbox *o = &p->outbox;
    if (o->n == 0)
        o->since_us = c->quiet_us;
    o->calls[o->n++] = c;
    if (o->n == GW_OUTBOX_MAX || c->quiet_us - o->since_us >= GW_OUTBOX_US) {
        flush(p);
        return;
    }
    o->timer.cb = on_end_of_turn;
    if (!h2o_timeout_is_linked(&o->timer))
        h2o_timeout_link(p->ctx->loop, &p->ctx->zero_timeout, &o->timer);
}

void gw_outbox_remove(const gw_call *c)
{
    gw_outbox *o = &c->pool->outbox;
    unsigned n = 0;
    for (unsigned i = 0; i < o->n; i++) {
        o->calls[n] = o->calls[i];
        n += o->calls[i] != c;
    }
    o->n = n;
    if (n == 0)
        h2o_timeout_unlink(&o->timer);
}
