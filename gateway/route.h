/* SPDX-License-Identifier: MIT */
/* Routing: method + path ► signal, version, upstream. A pure look-up in an immutable table. */
#ifndef GW_ROUTE_H
#define GW_ROUTE_H

#include "filters/base/buf.h"
#include "gateway/config.h"

typedef struct gw_routes gw_routes;

/* `cfg` is borrowed for the life of the table. NULL: no memory. */
gw_routes *gw_routes_new(const gw_config *cfg);
void gw_routes_free(gw_routes **r);

/* The route of `path` (one trailing slash is ignored), or NULL. */
const gw_route_cfg *gw_routes_find(const gw_routes *r, rd_slice path);

/* "supported: /v1/logs, ..." of the routes that are not retired; made once. */
rd_slice gw_routes_supported(const gw_routes *r);

/* Headers of a deprecated or retired route, made once; empty: not to be sent. Deprecation: RFC 9745; Sunset:
 * RFC 8594; Link: RFC 8288. */
typedef struct gw_route_headers {
    rd_slice deprecation, sunset, link;
} gw_route_headers;
const gw_route_headers *gw_routes_headers(const gw_routes *r, const gw_route_cfg *route);

#endif
