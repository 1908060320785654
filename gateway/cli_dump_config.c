/* SPDX-License-Identifier: MIT */
#include "gateway/cli.h"

#include <stdio.h>

#include "gateway/cli_usage.h"
#include "gateway/config_open.h"

int gw_cli_dump_config(int argc, char **argv)
{
    const char *file;
    if (gw_cli_config_argument(argc, argv, &file) != GW_EXIT_OK)
        return GW_EXIT_USAGE;
    gw_config *c = gw_config_open(file);
    if (c == NULL)
        return GW_EXIT_CONFIG;
    gw_config_dump(c, stdout);
    gw_config_free(&c);
    /* Output that did not arrive is a failure, not a short dump. */
    return fflush(stdout) == 0 && !ferror(stdout) ? GW_EXIT_OK : GW_EXIT_FAILED;
}
