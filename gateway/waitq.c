/* SPDX-License-Identifier: MIT */
#include "gateway/waitq.h"

#include <stddef.h>

bool gw_waitq_worth(const gw_waitq *q, uint32_t most, uint32_t limit, double call_ms, uint64_t left_ms)
{
    double rounds = (double)(q->n + 1) / (limit > 0 ? limit : 1);
    return q->n < most && rounds * call_ms < (double)left_ms;
}

void gw_waitq_push(gw_waitq *q, gw_waiting *w, uint64_t deadline_ms)
{
    *w = (gw_waiting){.prev = q->last, .deadline_ms = deadline_ms, .in_line = true};
    if (q->last != NULL)
        q->last->next = w;
    else
        q->first = w;
    q->last = w;
    q->n++;
}

void gw_waitq_remove(gw_waitq *q, gw_waiting *w)
{
    if (!w->in_line)
        return;
    if (w->prev != NULL)
        w->prev->next = w->next;
    else
        q->first = w->next;
    if (w->next != NULL)
        w->next->prev = w->prev;
    else
        q->last = w->prev;
    *w = (gw_waiting){0};
    q->n--;
}

gw_waiting *gw_waitq_first(const gw_waitq *q)
{
    return q->first;
}

gw_waiting *gw_waitq_expired(const gw_waitq *q, uint64_t now_ms)
{
    gw_waiting *w = q->first;
    while (w != NULL && w->deadline_ms > now_ms)
        w = w->next;
    return w;
}
