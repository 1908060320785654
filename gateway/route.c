/* SPDX-License-Identifier: MIT */
#include "gateway/route.h"

#include <stdlib.h>

struct gw_routes {
    const gw_config *cfg;
    rd_buf text; /* owned: everything the slices below point to */
    rd_slice supported;
    gw_route_headers *headers; /* owned, one per route */
};

enum { MAX_TEXT = 1 << 20 };

/* Positions in `text` while it grows; turned into slices at the end. */
typedef struct span {
    size_t off, n;
} span;

/* An HTTP-date (RFC 9110 section 5.6.7). */
static span date_header(rd_buf *text, time_t at)
{
    char buf[64];
    struct tm tm;
    span s = {text->n, 0};
    if (at == 0)
        return s;
    gmtime_r(&at, &tm);
    rd_buf_append(text, buf, strftime(buf, sizeof buf, "%a, %d %b %Y %H:%M:%S GMT", &tm));
    s.n = text->n - s.off;
    return s;
}

/* A structured-field date: seconds since the epoch after an @. */
static span epoch_header(rd_buf *text, time_t at)
{
    span s = {text->n, 0};
    if (at == 0)
        return s;
    rd_buf_append_byte(text, '@');
    rd_buf_append_i64(text, at);
    s.n = text->n - s.off;
    return s;
}

static span link_header(rd_buf *text, const char *successor)
{
    span s = {text->n, 0};
    if (successor == NULL)
        return s;
    rd_buf_printf(text, "<%s>; rel=\"successor-version\"", successor);
    s.n = text->n - s.off;
    return s;
}

static span supported_list(rd_buf *text, const gw_config *cfg)
{
    span s = {text->n, 0};
    rd_buf_append_str(text, "supported: ");
    for (size_t i = 0, listed = 0; i < cfg->n_routes; i++) {
        if (cfg->routes[i].state == GW_VERSION_RETIRED)
            continue;
        rd_buf_append_str(text, listed++ > 0 ? ", " : "");
        rd_buf_append_str(text, cfg->routes[i].match);
    }
    s.n = text->n - s.off;
    return s;
}

static rd_slice slice_of(const rd_buf *text, span s)
{
    return (rd_slice){s.n == 0 ? NULL : text->p + s.off, s.n};
}

/* A deprecated route without a date says so since the epoch, which RFC 9745 allows: a date in the past. */
static time_t deprecation_date(const gw_route_cfg *r)
{
    if (r->state == GW_VERSION_ACTIVE)
        return 0;
    return r->deprecated_at != 0 ? r->deprecated_at : 1;
}

gw_routes *gw_routes_new(const gw_config *cfg)
{
    gw_routes *r = calloc(1, sizeof *r);
    span(*spans)[3] = calloc(cfg->n_routes + 1, sizeof *spans);
    if (r == NULL || spans == NULL || (r->headers = calloc(cfg->n_routes + 1, sizeof *r->headers)) == NULL)
        goto failed;
    r->cfg = cfg;
    rd_buf_init(&r->text, MAX_TEXT);
    span supported = supported_list(&r->text, cfg);
    for (size_t i = 0; i < cfg->n_routes; i++) {
        const gw_route_cfg *route = &cfg->routes[i];
        spans[i][0] = epoch_header(&r->text, deprecation_date(route));
        spans[i][1] = date_header(&r->text, route->state == GW_VERSION_ACTIVE ? 0 : route->sunset_at);
        spans[i][2] = link_header(&r->text, route->state == GW_VERSION_ACTIVE ? NULL : route->successor);
    }
    if (r->text.failed != RD_OK)
        goto failed;
    r->supported = slice_of(&r->text, supported);
    for (size_t i = 0; i < cfg->n_routes; i++) {
        r->headers[i] = (gw_route_headers){.deprecation = slice_of(&r->text, spans[i][0]),
                                           .sunset = slice_of(&r->text, spans[i][1]),
                                           .link = slice_of(&r->text, spans[i][2])};
    }
    free(spans);
    return r;
failed:
    free(spans);
    gw_routes_free(&r);
    return NULL;
}

void gw_routes_free(gw_routes **pr)
{
    gw_routes *r = *pr;
    if (r == NULL)
        return;
    rd_buf_release(&r->text);
    free(r->headers);
    free(r);
    *pr = NULL;
}

const gw_route_cfg *gw_routes_find(const gw_routes *r, rd_slice path)
{
    if (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    for (size_t i = 0; i < r->cfg->n_routes; i++) {
        if (rd_slice_eq(path, rd_slice_str(r->cfg->routes[i].match)))
            return &r->cfg->routes[i];
    }
    return NULL;
}

rd_slice gw_routes_supported(const gw_routes *r)
{
    return r->supported;
}

const gw_route_headers *gw_routes_headers(const gw_routes *r, const gw_route_cfg *route)
{
    return &r->headers[route - r->cfg->routes];
}
