/* SPDX-License-Identifier: MIT */
/* Defaults that depend on other keys. Runs on what loaded so far: fields that were wrong are still empty
 * here. */
#include "gateway/config_load.h"

#include <string.h>

static const char *const standard_paths[GW_SIGNAL_COUNT] = {
    [GW_SIGNAL_LOGS] = "/v1/logs",
    [GW_SIGNAL_TRACES] = "/v1/traces",
    [GW_SIGNAL_METRICS] = "/v1/metrics",
    [GW_SIGNAL_LOKI_PUSH] = "/loki/api/v1/push",
};

/* What promtail and others used before Loki 1.0. */
static const char legacy_push[] = "/api/prom/push";

static const char *default_match(const gw_route_cfg *r)
{
    if (strcmp(r->version, "v1") == 0)
        return standard_paths[r->signal];
    if (strcmp(r->version, "legacy") == 0 && r->signal == GW_SIGNAL_LOKI_PUSH)
        return legacy_push;
    return NULL;
}

static void derive_routes(gw_loader *l, gw_config *c, gw_yaml_node *root)
{
    if (gw_yaml_get(root, "routes") == NULL && c->n_upstreams == 1 && c->upstreams[0].name != NULL) {
        c->n_routes = GW_SIGNAL_COUNT + 1;
        c->routes = gw_mem_alloc(l->mem, c->n_routes * sizeof *c->routes);
        for (size_t i = 0; i < c->n_routes; i++) {
            bool legacy = i == GW_SIGNAL_COUNT;
            c->routes[i] = (gw_route_cfg){.version = legacy ? "legacy" : "v1",
                                          .signal = legacy ? GW_SIGNAL_LOKI_PUSH : (gw_signal)i,
                                          .upstream = c->upstreams[0].name};
        }
    }
    for (size_t i = 0; i < c->n_routes; i++) {
        gw_route_cfg *r = &c->routes[i];
        if (r->match == NULL && r->version != NULL)
            r->match = default_match(r);
        if (r->path == NULL)
            r->path = standard_paths[r->signal];
        for (size_t u = 0; r->upstream != NULL && u < c->n_upstreams; u++) {
            if (strcmp(c->upstreams[u].name, r->upstream) == 0)
                r->upstream_index = u;
        }
    }
}

/* Who names an authority for client certificates wants them. */
static void derive_listeners(gw_config *c, gw_yaml_node *root)
{
    gw_yaml_node *list = gw_yaml_get(root, "listeners");
    gw_yaml_node *item = list != NULL ? list->first : NULL;
    for (size_t i = 0; i < c->n_listeners && item != NULL; i++, item = item->next) {
        gw_listener_tls_cfg *tls = &c->listeners[i].tls;
        if (tls->client_ca != NULL && gw_yaml_get(gw_yaml_get(item, "tls"), "client_certificate") == NULL)
            tls->client_certificate = GW_CLIENT_CERT_REQUIRED;
    }
}

void gw_config_derive(gw_loader *l, gw_config *c, gw_yaml_node *root)
{
    derive_routes(l, c, root);
    derive_listeners(c, root);
    if (c->workspaces.tenant == NULL && gw_yaml_get(gw_yaml_get(root, "workspaces"), "tenant") == NULL)
        c->workspaces.tenant = c->workspaces.anonymous;
}
