/* SPDX-License-Identifier: MIT */
#include "gateway/cli.h"

#include <stdio.h>

#include "gateway/config_open.h"

int gw_cli_dump_config(int argc, char **argv)
{
    if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
        fputs("usage: redactd dump-config [FILE]\n", stderr);
        return GW_EXIT_USAGE;
    }
    gw_config *c = gw_config_open(argc == 2 ? argv[1] : NULL);
    if (c == NULL)
        return GW_EXIT_CONFIG;
    gw_config_dump(c, stdout);
    gw_config_free(&c);
    /* Output that did not arrive is a failure, not a short dump. */
    return fflush(stdout) == 0 && !ferror(stdout) ? GW_EXIT_OK : GW_EXIT_FAILED;
}
