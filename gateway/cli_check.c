/* SPDX-License-Identifier: MIT */
#include "gateway/cli.h"

#include <stdio.h>

#include "gateway/config_open.h"
#include "gateway/generation.h"

static const char default_name[] = "default.yaml (embedded)";

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
    gw_generation_unref(&g);
    printf("%s: ok\n", name);
    return GW_EXIT_OK;
}
