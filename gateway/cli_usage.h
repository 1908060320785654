/* SPDX-License-Identifier: MIT */
/* What the command line says of itself, from the table in cli_verbs.def. */
#ifndef GW_CLI_USAGE_H
#define GW_CLI_USAGE_H

#include <stdio.h>

/* All verbs, one a line. */
void gw_cli_list_verbs(FILE *to);
/* What `redactd VERB --help` prints. */
void gw_cli_describe(const char *verb, FILE *to);
/* The usage of a verb to standard error, because its arguments are wrong. Returns GW_EXIT_USAGE. */
int gw_cli_usage(const char *verb);

/* Of the verbs that read one configuration: [[-c|--config] FILE]. `out_file`: borrowed from argv, NULL when
 * none is given. GW_EXIT_OK or, with the usage on standard error, GW_EXIT_USAGE. */
int gw_cli_config_argument(int argc, char **argv, const char **out_file);

#endif
