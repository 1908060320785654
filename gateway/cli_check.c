/* SPDX-License-Identifier: MIT */
#include "gateway/cli.h"

#include <stdio.h>

#include "gateway/config.h"

static const char default_name[] = "default.yaml (embedded)";

struct gw_config *gw_cli_load(const char *file)
{
    gw_diagnostics *d = gw_diagnostics_new();
    gw_config *c = NULL;
    size_t n = 0;
    if (d == NULL) {
        fputs("redactd: out of memory\n", stderr);
        return NULL;
    }
    if (file != NULL) {
        c = gw_config_load(file, d);
    } else {
        const char *text = gw_config_default_text(&n);
        c = gw_config_parse(text, n, default_name, d);
    }
    gw_diagnostics_print(d, stderr);
    gw_diagnostics_free(&d);
    return c;
}

int gw_cli_check(int argc, char **argv)
{
    if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
        fputs("usage: redactd check [FILE]\n", stderr);
        return GW_EXIT_USAGE;
    }
    gw_config *c = gw_cli_load(argc == 2 ? argv[1] : NULL);
    if (c == NULL)
        return GW_EXIT_CONFIG;
    printf("%s: ok\n", argc == 2 ? argv[1] : default_name);
    gw_config_free(&c);
    return GW_EXIT_OK;
}
