/* SPDX-License-Identifier: MIT */
/* What the tests of the gateway share: a generation from the text of a configuration, without any file. */
#ifndef TESTS_UNIT_GATEWAY_KIT_H
#define TESTS_UNIT_GATEWAY_KIT_H

#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "gateway/generation.h"
#include "gateway/workspace.h"

static const char kit_config[] =
    "version: 1\n"
    "listeners: [{address: 127.0.0.1:4318}]\n"
    "upstreams:\n"
    "  up: {endpoints: ['http://127.0.0.1:1']}\n"
    "routes:\n"
    "  - {version: v1, signal: logs, upstream: up}\n"
    "  - {version: v1, signal: traces, upstream: up, state: deprecated, deprecated: 2025-01-02, "
    "sunset: 2026-03-04, successor: /v2/traces}\n"
    "  - {version: v1, signal: metrics, upstream: up, state: retired, sunset: 2025-03-04, successor: "
    "/v2/metrics}\n"
    "  - {version: v1, signal: loki_push, upstream: up}\n"
    "workspaces: {anonymous: default}\n";

static inline gw_generation *kit_generation(const char *text)
{
    char why[GW_WHY_BYTES];
    gw_diagnostics *d = gw_diagnostics_new();
    gw_config *cfg = gw_config_parse(text, strlen(text), "test.yaml", d);
    if (cfg == NULL)
        gw_diagnostics_print(d, stderr);
    gw_diagnostics_free(&d);
    assert_non_null(cfg);
    gw_generation *g = gw_generation_new(cfg, 1, why);
    if (g == NULL || !gw_generation_open(g, why))
        fail_msg("%s", why);
    return g;
}

static inline gw_workspaces *kit_workspaces(gw_generation *g)
{
    gw_diagnostics *d = gw_diagnostics_new();
    gw_workspaces *t = gw_workspaces_new(g->cfg, NULL, g, d);
    if (t == NULL)
        gw_diagnostics_print(d, stderr);
    gw_diagnostics_free(&d);
    assert_non_null(t);
    return t;
}

static inline const gw_route_cfg *kit_route(const gw_generation *g, gw_signal s)
{
    for (size_t i = 0; i < g->cfg->n_routes; i++) {
        if (g->cfg->routes[i].signal == s)
            return &g->cfg->routes[i];
    }
    fail_msg("no route");
    return NULL;
}

#endif
