/* SPDX-License-Identifier: MIT */
/* `redactd run [-c FILE]`: the gateway, in the foreground. */
#ifndef GW_CLI_RUN_H
#define GW_CLI_RUN_H

int gw_cli_run(int argc, char **argv);

#endif
