/* SPDX-License-Identifier: MIT */
#include "gateway/cli.h"

#include <stdio.h>

#include "gateway/config_open.h"
#include "gateway/generation.h"
#include "gateway/workspace.h"

static const char default_name[] = "default.yaml (embedded)";

/* The file of workspaces, and what the list and the file say together. */
static bool check_workspaces(gw_generation *g)
{
    gw_diagnostics *d = gw_diagnostics_new();
    if (d == NULL) {
        fputs("redactd: out of memory\n", stderr);
        return false;
    }
    gw_workspaces *t = gw_workspaces_new(g->cfg, NULL, g, d);
    bool ok = t != NULL;
    gw_diagnostics_print(d, stderr);
    gw_diagnostics_free(&d);
    gw_workspaces_unref(&t);
    return ok;
}

int gw_cli_check(int argc, char **argv)
{
    if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
        fputs("usage: redactd check [FILE]\n", stderr);
        return GW_EXIT_USAGE;
    }
    gw_config *c = gw_config_open(argc == 2 ? argv[1] : NULL);
    if (c == NULL)
        return GW_EXIT_CONFIG;
    const char *name = argc == 2 ? argv[1] : default_name;
    char why[GW_WHY_BYTES];
    /* What only shows when it is compiled: patterns, certificates and their keys. */
    gw_generation *g = gw_generation_new(c, GW_GENERATION_CHECK, why);
    if (g == NULL) {
        fprintf(stderr, "error: %s\n  --> %s\n", why, name);
        return GW_EXIT_CONFIG;
    }
    bool ok = check_workspaces(g);
    gw_generation_unref(&g);
    if (!ok)
        return GW_EXIT_CONFIG;
    printf("%s: ok\n", name);
    return GW_EXIT_OK;
}
