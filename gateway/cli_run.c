/* SPDX-License-Identifier: MIT */
#include "gateway/cli_run.h"

#include "gateway/cli.h"
#include "gateway/cli_usage.h"
#include "gateway/config_open.h"
#include "gateway/server.h"

int gw_cli_run(int argc, char **argv)
{
    const char *file;
    if (gw_cli_config_argument(argc, argv, &file) != GW_EXIT_OK)
        return GW_EXIT_USAGE;
    gw_config *cfg = gw_config_open(file);
    return cfg == NULL ? GW_EXIT_CONFIG : gw_server_run(cfg, file);
}
