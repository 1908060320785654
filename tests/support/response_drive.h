/* SPDX-License-Identifier: MIT */
/* Feeds bytes to the answer parser in pieces and notes everything it said, for the unit test and the fuzz
 * target. */
#ifndef TESTS_SUPPORT_RESPONSE_DRIVE_H
#define TESTS_SUPPORT_RESPONSE_DRIVE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/endpoint_response.h"

typedef struct driven {
    gw_response_step step; /* MORE: still not whole when the peer had closed */
    gw_response r;
    char *buf; /* owned */
    size_t n;
    size_t n_extra; /* bytes after the answer, fed or not */
} driven;

/* Feeds p[0..n) cut at `cut_1` and `cut_2` (n: not cut), or byte by byte when `each`, then the peer closes.
 */
static inline driven drive(const char *p, size_t n, uint64_t max_body, bool each, size_t cut_1, size_t cut_2)
{
    driven d = {.buf = malloc(n + 1)};
    size_t fed = 0;
    gw_response_init(&d.r, max_body);
    d.step = GW_RESPONSE_MORE;
    while (fed < n && d.step == GW_RESPONSE_MORE) {
        size_t stop = each ? fed + 1 : fed < cut_1 ? cut_1 : fed < cut_2 ? cut_2 : n;
        memcpy(d.buf + d.n, p + fed, stop - fed);
        d.n += stop - fed;
        fed = stop;
        memset(d.buf + d.n, 0xa5, n + 1 - d.n); /* nothing may depend on what is not there yet */
        d.step = gw_response_feed(&d.r, d.buf, &d.n);
    }
    if (d.step == GW_RESPONSE_MORE)
        d.step = gw_response_close(&d.r, d.buf, d.n);
    if (d.step == GW_RESPONSE_DONE)
        d.n_extra = d.n - (d.r.head_n + (size_t)d.r.body_n) + (n - fed);
    return d;
}

static inline bool driven_span_eq(const driven *a, gw_response_span x, const driven *b, gw_response_span y)
{
    return x.n == y.n && memcmp(a->buf + x.at, b->buf + y.at, x.n) == 0;
}

/* NULL, or what differs. */
static inline const char *driven_diff(const driven *a, const driven *b)
{
    if (a->step != b->step)
        return "outcome";
    if (a->step != GW_RESPONSE_DONE)
        return NULL;
    if (a->r.status != b->r.status || a->r.head_n != b->r.head_n || memcmp(a->buf, b->buf, a->r.head_n) != 0)
        return "head";
    if (a->r.body_n != b->r.body_n ||
        memcmp(a->buf + a->r.head_n, b->buf + b->r.head_n, (size_t)a->r.body_n) != 0)
        return "body";
    if (!driven_span_eq(a, a->r.content_type, b, b->r.content_type) ||
        !driven_span_eq(a, a->r.retry_after, b, b->r.retry_after))
        return "headers";
    if (a->r.reusable != b->r.reusable || a->n_extra != b->n_extra)
        return "connection";
    return NULL;
}

#endif
