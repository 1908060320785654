/* SPDX-License-Identifier: MIT */
/*
 * Rules that span several keys. Each looks only at fields that were right by themselves (a wrong one is empty
 * and has been reported), so that one mistake is one error.
 */
#include "gateway/config_keys.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/config_nearest.h"

typedef struct checker {
    gw_loader *l;
    const gw_config *c;
    gw_yaml_node *root;
} checker;

/* The node at a path, or the deepest one on the way to it. */
__attribute__((format(printf, 2, 3))) static const gw_yaml_node *at(const checker *k, const char *fmt, ...)
{
    char path[256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(path, sizeof path, fmt, ap);
    va_end(ap);
    return gw_yaml_at(k->root, path);
}

static bool is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    if (inet_pton(AF_INET6, host, &v6) == 1)
        return IN6_IS_ADDR_LOOPBACK(&v6);
    return strcmp(host, "localhost") == 0;
}

static bool same_address(const gw_listener_cfg *a, const gw_listener_cfg *b)
{
    return a->host != NULL && b->host != NULL && a->port != 0 && a->port == b->port &&
           strcasecmp(a->host, b->host) == 0;
}

static void check_listeners(const checker *k)
{
    const gw_config *c = k->c;
    for (size_t i = 0; i < c->n_listeners; i++) {
        const gw_listener_cfg *a = &c->listeners[i];
        bool wanted = a->tls.client_certificate == GW_CLIENT_CERT_OPTIONAL ||
                      a->tls.client_certificate == GW_CLIENT_CERT_REQUIRED;
        if (wanted && a->tls.client_ca == NULL &&
            gw_yaml_get(at(k, "listeners[%zu].tls", i), "client_ca") == NULL)
            gw_diag_at(k->l->d, at(k, "listeners[%zu].tls.client_certificate", i), NULL,
                       "client certificates need a `client_ca` to be verified against");
        for (size_t j = 0; j < i; j++) {
            if (same_address(a, &c->listeners[j]))
                gw_diag_at(k->l->d, at(k, "listeners[%zu].address", i), NULL,
                           "two listeners have this address");
        }
        if (c->has_admin && same_address(a, &c->admin.listener))
            gw_diag_at(k->l->d, at(k, "admin.address"), NULL, "a listener has this address, too");
    }
    if (c->has_admin && c->admin.listener.host != NULL && !is_loopback(c->admin.listener.host))
        gw_diag_at(k->l->d, at(k, "admin.address"), "use 127.0.0.1 or [::1]",
                   "`admin.address` must be a loopback address: it has no TLS");
}

static bool same_text(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static void check_admin_tokens(const checker *k)
{
    const gw_admin_cfg *a = &k->c->admin;
    for (size_t i = 0; i < a->n_tokens; i++) {
        for (size_t j = 0; j < i; j++) {
            if (same_text(a->tokens[i].name, a->tokens[j].name))
                gw_diag_at(k->l->d, at(k, "admin.tokens[%zu].name", i), NULL,
                           "two tokens have this name: the audit log could not tell them apart");
            else if (same_text(a->tokens[i].sha256, a->tokens[j].sha256))
                gw_diag_at(k->l->d, at(k, "admin.tokens[%zu].sha256", i), NULL,
                           "this is the token of `%s`, too", a->tokens[j].name);
        }
    }
}

static bool has_https(const gw_upstream_cfg *u)
{
    for (size_t i = 0; i < u->n_endpoints; i++) {
        if (u->endpoints[i].tls)
            return true;
    }
    return false;
}

static void check_upstream_tls(const checker *k, const gw_upstream_cfg *u, const gw_yaml_node *node)
{
    const gw_yaml_node *tls = gw_yaml_get(node, "tls");
    if (tls == NULL)
        return;
    bool certificate = gw_yaml_get(tls, "certificate") != NULL, key = gw_yaml_get(tls, "key") != NULL;
    if (certificate != key)
        gw_diag_at(k->l->d, gw_yaml_get(tls, certificate ? "certificate" : "key"), NULL,
                   "`certificate` and `key` go together");
    if (u->n_endpoints > 0 && !has_https(u))
        gw_diag_at(k->l->d, tls, NULL, "`tls` is given, but no endpoint is https");
}

static void check_upstream_headers(const checker *k, const gw_upstream_cfg *u, size_t index)
{
    for (size_t i = 0; u->tenant_header != NULL && i < u->n_headers; i++) {
        if (strcasecmp(u->headers[i].name, u->tenant_header) == 0)
            gw_diag_at(k->l->d,
                       at(k, "upstreams.%s.headers.%s", k->c->upstreams[index].name, u->headers[i].name),
                       NULL, "this header is the `tenant_header` already");
    }
}

static void check_upstream(const checker *k, size_t index)
{
    const gw_upstream_cfg *u = &k->c->upstreams[index];
    gw_diagnostics *d = k->l->d;
    const gw_yaml_node *node = gw_yaml_get(gw_yaml_get(k->root, "upstreams"), u->name);
    bool endpoints = gw_yaml_get(node, "endpoints") != NULL, store = gw_yaml_get(node, "store") != NULL;
    if (node->kind != GW_YAML_MAPPING && !gw_yaml_is_null(node))
        return;
    if (endpoints == store)
        gw_diag_at(d, node, NULL, "an upstream needs exactly one of `endpoints` and `store`%s",
                   endpoints ? "; this one has both" : "");
    check_upstream_tls(k, u, node);
    check_upstream_headers(k, u, index);
    if (u->total_timeout_ms != 0 && u->first_byte_timeout_ms > u->total_timeout_ms)
        gw_diag_at(d, at(k, "upstreams.%s.first_byte_timeout", u->name), NULL,
                   "`first_byte_timeout` must not be longer than `total_timeout` (%s)",
                   gw_write_number(u->total_timeout_ms, GW_UNIT_MS, k->l->mem));
    if (u->total_timeout_ms != 0 && u->connect_timeout_ms > u->total_timeout_ms)
        gw_diag_at(d, at(k, "upstreams.%s.connect_timeout", u->name), NULL,
                   "`connect_timeout` must not be longer than `total_timeout` (%s)",
                   gw_write_number(u->total_timeout_ms, GW_UNIT_MS, k->l->mem));
    if (u->breaker.max_open_ms != 0 && u->breaker.open_ms > u->breaker.max_open_ms)
        gw_diag_at(d, at(k, "upstreams.%s.breaker.open", u->name), NULL,
                   "`open` must not be longer than `max_open` (%s)",
                   gw_write_number(u->breaker.max_open_ms, GW_UNIT_MS, k->l->mem));
    if (u->max_connections != 0 && u->max_idle_connections > u->max_connections)
        gw_diag_at(d, at(k, "upstreams.%s.max_idle_connections", u->name), NULL,
                   "`max_idle_connections` must not be more than `max_connections` (%u)", u->max_connections);
    if (u->store_total_bytes != 0 && u->store_segment_bytes > u->store_total_bytes)
        gw_diag_at(d, at(k, "upstreams.%s.store_segment", u->name), NULL,
                   "`store_segment` must not be more than `store_total` (%s)",
                   gw_write_number(u->store_total_bytes, GW_UNIT_BYTES, k->l->mem));
}

/* A directory's name without what spells the same place differently. */
static const char *canonical(const checker *k, const char *dir)
{
    if (k->l->access == GW_OPEN) {
        char *real = realpath(dir, NULL);
        if (real != NULL) {
            const char *copy = gw_mem_text(k->l->mem, real, strlen(real));
            free(real);
            return copy;
        }
    }
    char *out = gw_mem_text(k->l->mem, dir, strlen(dir));
    size_t n = 0;
    for (const char *s = out; *s != '\0'; s++) {
        bool boundary = n == 0 || out[n - 1] == '/';
        bool skip = (*s == '/' && n > 0 && out[n - 1] == '/') ||
                    (*s == '.' && boundary && (s[1] == '/' || s[1] == '\0'));
        if (!skip)
            out[n++] = *s;
        else if (*s == '.' && s[1] == '/')
            s++;
    }
    while (n > 1 && out[n - 1] == '/')
        n--;
    out[n] = '\0';
    return out;
}

static void check_stores(const checker *k)
{
    const gw_config *c = k->c;
    const char **dirs = gw_mem_alloc(k->l->mem, (c->n_upstreams + 1) * sizeof *dirs);
    for (size_t i = 0; i < c->n_upstreams; i++) {
        dirs[i] = c->upstreams[i].store != NULL ? canonical(k, c->upstreams[i].store) : NULL;
        for (size_t j = 0; dirs[i] != NULL && j < i; j++) {
            if (dirs[j] == NULL || strcmp(dirs[i], dirs[j]) != 0)
                continue;
            gw_diag_at(k->l->d, at(k, "upstreams.%s.store", c->upstreams[i].name), NULL,
                       "upstream `%s` stores in the same directory", c->upstreams[j].name);
            break;
        }
    }
}

static void check_route_upstream(const checker *k, size_t i)
{
    const gw_route_cfg *r = &k->c->routes[i];
    if (r->upstream == NULL)
        return;
    gw_nearest near = {.word = r->upstream};
    for (size_t u = 0; u < k->c->n_upstreams; u++) {
        if (strcmp(k->c->upstreams[u].name, r->upstream) == 0)
            return;
        gw_nearest_offer(&near, k->c->upstreams[u].name);
    }
    const char *hint = near.best != NULL ? gw_mem_format(k->l->mem, "did you mean `%s`?", near.best) : NULL;
    gw_diag_at(k->l->d, at(k, "routes[%zu].upstream", i), hint, "`routes[%zu].upstream` names no upstream",
               i);
}

static void check_route_life(const checker *k, size_t i)
{
    const gw_route_cfg *r = &k->c->routes[i];
    const gw_yaml_node *node = at(k, "routes[%zu]", i);
    if (r->state == GW_VERSION_DEPRECATED && gw_yaml_get(node, "deprecated") == NULL)
        gw_diag_at(k->l->d, at(k, "routes[%zu].state", i), NULL,
                   "a deprecated route needs `deprecated: YYYY-MM-DD`, since when");
    if (r->state == GW_VERSION_RETIRED && gw_yaml_get(node, "successor") == NULL)
        gw_diag_at(k->l->d, at(k, "routes[%zu].state", i), NULL, "a retired route needs a `successor`");
    if (r->deprecated_at != 0 && r->sunset_at != 0 && r->sunset_at <= r->deprecated_at)
        gw_diag_at(k->l->d, at(k, "routes[%zu].sunset", i), NULL, "`sunset` must be later than `deprecated`");
    if (r->successor != NULL && r->match != NULL && strcmp(r->successor, r->match) == 0)
        gw_diag_at(k->l->d, at(k, "routes[%zu].successor", i), NULL, "`successor` is the route itself");
}

/* Loki reads a JSON body in its old form unless the path holds /loki/api/v1; in the wrong form it finds no
 * entries, and answers that all is well. */
static void check_route_form(const checker *k, size_t i)
{
    static const char current[] = "/loki/api/v1";
    const gw_route_cfg *r = &k->c->routes[i];
    if (r->signal != GW_SIGNAL_LOKI_PUSH || r->match == NULL || r->path == NULL)
        return;
    if (strcmp(r->match, "/api/prom/push") == 0 && strstr(r->path, current) != NULL)
        gw_diag_at(k->l->d, at(k, "routes[%zu].path", i), NULL,
                   "a push in the old form must go to the old path: Loki would find no entries in its JSON");
}

static void check_routes(const checker *k)
{
    const gw_config *c = k->c;
    if (gw_yaml_get(k->root, "routes") == NULL && c->n_upstreams > 1)
        gw_diag_at(k->l->d, at(k, "upstreams"), NULL,
                   "with several upstreams `routes` must say what goes where, such as "
                   "`{version: v1, signal: logs, upstream: %.64s}`",
                   c->upstreams[0].name);
    for (size_t i = 0; i < c->n_routes; i++) {
        const gw_route_cfg *r = &c->routes[i];
        check_route_upstream(k, i);
        check_route_life(k, i);
        check_route_form(k, i);
        if (r->match == NULL && r->version != NULL && r->signal < GW_SIGNAL_COUNT &&
            gw_yaml_get(at(k, "routes[%zu]", i), "match") == NULL)
            gw_diag_at(k->l->d, at(k, "routes[%zu].version", i), NULL,
                       "this version and signal have no default path: give the route a `match`");
        for (size_t j = 0; r->match != NULL && j < i; j++) {
            if (c->routes[j].match != NULL && strcmp(c->routes[j].match, r->match) == 0)
                gw_diag_at(k->l->d, at(k, "routes[%zu].match", i), NULL,
                           "`routes[%zu]` and `routes[%zu]` match the same path", j, i);
        }
    }
}

static void check_digests(const checker *k)
{
    const gw_redaction_cfg *r = &k->c->redaction;
    for (size_t i = 0; i < r->n_digest_keys; i++) {
        for (size_t j = 0; r->digest_keys[i].id != NULL && j < i; j++) {
            if (r->digest_keys[j].id != NULL && strcmp(r->digest_keys[i].id, r->digest_keys[j].id) == 0)
                gw_diag_at(k->l->d, at(k, "redaction.digest_keys[%zu].id", i), NULL,
                           "a second digest key with the id `%s`", r->digest_keys[i].id);
        }
    }
    for (size_t i = 0; r->n_digest_keys == 0 && i < r->n_rules; i++) {
        const gw_rule_cfg *rule = &r->rules[i];
        if (rule->mode != GW_RULE_OFF &&
            (rule->action == GW_ACTION_DIGEST || rule->label_action == GW_ACTION_DIGEST))
            gw_diag_at(k->l->d, at(k, "redaction.rules"), NULL,
                       "rule `%.64s` makes digests, which need `redaction.digest_keys`",
                       rule->name != NULL ? rule->name : "?");
    }
}

static void check_identity(const checker *k)
{
    const gw_workspaces_cfg *w = &k->c->workspaces;
    bool header = false, jwt = false;
    for (size_t i = 0; i < w->n_identity; i++) {
        header |= strcmp(w->identity[i], "header") == 0;
        jwt |= strcmp(w->identity[i], "jwt") == 0;
        for (size_t j = 0; j < i; j++) {
            if (strcmp(w->identity[i], w->identity[j]) == 0)
                gw_diag_at(k->l->d, at(k, "workspaces.identity[%zu]", i), NULL, "`%s` is there twice",
                           w->identity[i]);
        }
    }
    if (jwt && !w->has_jwt)
        gw_diag_at(k->l->d, at(k, "workspaces.identity"), NULL, "`jwt` needs `workspaces.jwt`");
    if (header && !w->has_header)
        gw_diag_at(k->l->d, at(k, "workspaces.identity"), NULL, "`header` needs `workspaces.header`");
    if (w->has_header && w->header.n_networks == 0 && !w->header.with_certificate)
        gw_diag_at(k->l->d, at(k, "workspaces.header"), NULL,
                   "a header is believed from nobody: it needs `networks` or `with_certificate`");
}

static void check_limits(const checker *k)
{
    const gw_limits_cfg *l = &k->c->limits;
    gw_mem *mem = k->l->mem;
    if (l->decoded_bytes != 0 && l->decoded_bytes < l->body_bytes)
        gw_diag_at(k->l->d, at(k, "limits.decoded_bytes"), NULL,
                   "`limits.decoded_bytes` must not be less than `limits.body_bytes` (%s)",
                   gw_write_number(l->body_bytes, GW_UNIT_BYTES, mem));
    if (l->memory_bytes != 0 && l->memory_bytes < l->body_bytes + l->decoded_bytes)
        gw_diag_at(
            k->l->d, at(k, "limits.memory_bytes"), NULL,
            "`limits.memory_bytes` must hold at least one body: `body_bytes` and `decoded_bytes` are %s",
            gw_write_number(l->body_bytes + l->decoded_bytes, GW_UNIT_BYTES, mem));
}

/* A burst alone limits nothing: who wrote it believes that it does. */
static void check_bursts(const checker *k, const gw_limits *own, const gw_limits *base, const char *path)
{
    for (unsigned r = 0; r < GW_RATE_COUNT; r++) {
        const char *word = gw_limit_word((gw_limit)(2 * r + 1));
        if (own->v[2 * r + 1] != 0 && own->v[2 * r] == 0 && base->v[2 * r] == 0)
            gw_diag_at(k->l->d, at(k, "%s.%s", path, word), NULL, "`%s` needs `%s`: a burst needs a rate",
                       word, gw_limit_word((gw_limit)(2 * r)));
    }
}

static void check_quotas(const checker *k)
{
    const gw_workspaces_cfg *w = &k->c->workspaces;
    char path[64];
    check_bursts(k, &w->quota, &w->quota, "workspaces.quota");
    for (size_t i = 0; i < w->n_list; i++) {
        snprintf(path, sizeof path, "workspaces.list[%zu].quota", i);
        check_bursts(k, &w->list[i].quota, &w->quota, path);
    }
}

void gw_config_check(gw_loader *l, const gw_config *c, gw_yaml_node *root)
{
    const checker k = {.l = l, .c = c, .root = root};
    check_listeners(&k);
    check_admin_tokens(&k);
    for (size_t i = 0; i < c->n_upstreams; i++)
        check_upstream(&k, i);
    check_stores(&k);
    check_routes(&k);
    check_limits(&k);
    check_quotas(&k);
    check_digests(&k);
    check_identity(&k);
    if (c->workspaces.tenant != NULL && gw_yaml_get(gw_yaml_get(root, "workspaces"), "anonymous") == NULL)
        gw_diag_at(l->d, at(&k, "workspaces.tenant"), NULL,
                   "`workspaces.tenant` needs `workspaces.anonymous`");
}
