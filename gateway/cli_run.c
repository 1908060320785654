/* SPDX-License-Identifier: MIT */
#include "gateway/cli_run.h"

#include <stdio.h>
#include <string.h>

#include "gateway/cli.h"
#include "gateway/config_open.h"
#include "gateway/server.h"

int gw_cli_run(int argc, char **argv)
{
    const char *file = NULL;
    if (argc == 3 && (strcmp(argv[1], "-c") == 0 || strcmp(argv[1], "--config") == 0)) {
        file = argv[2];
    } else if (argc != 1) {
        fprintf(stderr, "usage: redactd run [-c FILE]\n");
        return GW_EXIT_USAGE;
    }
    gw_config *cfg = gw_config_open(file);
    return cfg == NULL ? GW_EXIT_CONFIG : gw_server_run(cfg, file);
}
