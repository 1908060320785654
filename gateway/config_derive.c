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

/* Loki tells the two JSON forms apart by the path, so a push to the old path must arrive at the old path. */
static const char *default_path(const gw_route_cfg *r)
{
    bool legacy = r->version != NULL && strcmp(r->version, "legacy") == 0 && r->signal == GW_SIGNAL_LOKI_PUSH;
    return legacy ? legacy_push : standard_paths[r->signal];
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
    gw_yaml_node *list = gw_yaml_get(root, "routes"), *item = list != NULL ? list->first : NULL;
    for (size_t i = 0; i < c->n_routes; i++, item = item != NULL ? item->next : NULL) {
        gw_route_cfg *r = &c->routes[i];
        if (item != NULL && gw_yaml_get(item, "signal") == NULL)
            r->signal = GW_SIGNAL_COUNT;
        bool known = r->version != NULL && r->signal < GW_SIGNAL_COUNT;
        if (r->match == NULL && known)
            r->match = default_match(r);
        if (r->path == NULL && known)
            r->path = default_path(r);
        for (size_t u = 0; r->upstream != NULL && u < c->n_upstreams; u++) {
            if (strcmp(c->upstreams[u].name, r->upstream) == 0)
                r->upstream_index = u;
        }
    }
}

/* Defaults give way to a ceiling that was set below them; what was set itself is left to config_check.c. */
static void derive_upstream(gw_upstream_cfg *u, const gw_yaml_node *node)
{
    if (u->connect_timeout_ms > u->total_timeout_ms && gw_yaml_get(node, "connect_timeout") == NULL)
        u->connect_timeout_ms = u->total_timeout_ms;
    if (u->first_byte_timeout_ms > u->total_timeout_ms && gw_yaml_get(node, "first_byte_timeout") == NULL)
        u->first_byte_timeout_ms = u->total_timeout_ms;
    if (u->request_timeout_ms == 0 && gw_yaml_get(node, "request_timeout") == NULL)
        u->request_timeout_ms = u->total_timeout_ms;
    if (u->breaker.open_ms > u->breaker.max_open_ms &&
        gw_yaml_get(gw_yaml_get(node, "breaker"), "open") == NULL)
        u->breaker.open_ms = u->breaker.max_open_ms;
    if (u->max_idle_connections > u->max_connections && gw_yaml_get(node, "max_idle_connections") == NULL)
        u->max_idle_connections = u->max_connections;
    if (u->store_segment_bytes > u->store_total_bytes && gw_yaml_get(node, "store_segment") == NULL)
        u->store_segment_bytes = u->store_total_bytes;
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

/* Where the process may write anyway. Who names tokens wants no other. */
static void derive_token_file(gw_loader *l, gw_config *c, gw_yaml_node *root)
{
    const gw_yaml_node *admin = gw_yaml_get(root, "admin");
    if (!c->has_admin || gw_yaml_get(admin, "token_file") != NULL || gw_yaml_get(admin, "tokens") != NULL)
        return;
    for (size_t i = 0; i < c->n_upstreams && c->admin.token_file == NULL; i++) {
        if (c->upstreams[i].store != NULL)
            c->admin.token_file = gw_mem_format(l->mem, "%s/admin.token", c->upstreams[i].store);
    }
}

/* Where each item of a list stands. NULL: there is none. */
static gw_origin *origins_of(gw_loader *l, const gw_yaml_node *list)
{
    if (list == NULL || list->n_children == 0)
        return NULL;
    gw_origin *at = gw_mem_alloc(l->mem, list->n_children * sizeof *at);
    size_t n = 0;
    for (const gw_yaml_node *item = list->first; item != NULL; item = item->next)
        at[n++] = (gw_origin){.line = item->start.line, .column = item->start.column};
    return at;
}

void gw_workspace_derive(gw_loader *l, gw_workspace_cfg *w, const gw_yaml_node *node)
{
    const char *file = node->doc != NULL ? node->doc->name : "";
    w->origin = (gw_origin){gw_mem_text(l->mem, file, strlen(file)), node->start.line, node->start.column};
    if (w->tenant == NULL && gw_yaml_get(node, "tenant") == NULL)
        w->tenant = w->name;
    w->rules_at = origins_of(l, gw_yaml_get(node, "rules"));
    w->relax_at = origins_of(l, gw_yaml_get(node, "relax"));
}

/* Where nobody can have a credential, what looks like one means nothing. */
static void derive_identity(gw_loader *l, gw_workspaces_cfg *w, const gw_yaml_node *node)
{
    bool several = w->n_list > 0 || w->file != NULL;
    if (gw_yaml_get(node, "identity") != NULL)
        return;
    w->identity = gw_mem_alloc(l->mem, GW_IDENTITY_SOURCE_COUNT * sizeof *w->identity);
    if (several) {
        w->identity[w->n_identity++] = "certificate";
        w->identity[w->n_identity++] = "bearer";
        w->identity[w->n_identity++] = "basic";
    }
    if (w->has_jwt)
        w->identity[w->n_identity++] = "jwt";
    if (w->has_header)
        w->identity[w->n_identity++] = "header";
}

static void derive_workspaces(gw_loader *l, gw_config *c, gw_yaml_node *root)
{
    gw_yaml_node *list = gw_yaml_get(gw_yaml_get(root, "workspaces"), "list");
    gw_yaml_node *item = list != NULL ? list->first : NULL;
    for (size_t i = 0; i < c->workspaces.n_list && item != NULL; i++, item = item->next)
        gw_workspace_derive(l, &c->workspaces.list[i], item);
    if (c->workspaces.otlp_label == NULL)
        c->workspaces.otlp_label = c->workspaces.label;
    if (c->workspaces.loki_label == NULL)
        c->workspaces.loki_label = c->workspaces.label;
    derive_identity(l, &c->workspaces, gw_yaml_get(root, "workspaces"));
}

void gw_config_derive(gw_loader *l, gw_config *c, gw_yaml_node *root)
{
    derive_routes(l, c, root);
    derive_listeners(c, root);
    derive_token_file(l, c, root);
    for (size_t i = 0; i < c->n_upstreams; i++)
        derive_upstream(&c->upstreams[i], gw_yaml_get(gw_yaml_get(root, "upstreams"), c->upstreams[i].name));
    if (c->limits.decoded_bytes < c->limits.body_bytes &&
        gw_yaml_get(gw_yaml_get(root, "limits"), "decoded_bytes") == NULL)
        c->limits.decoded_bytes = c->limits.body_bytes;
    derive_workspaces(l, c, root);
    if (c->workspaces.tenant == NULL && gw_yaml_get(gw_yaml_get(root, "workspaces"), "tenant") == NULL)
        c->workspaces.tenant = c->workspaces.anonymous;
}
