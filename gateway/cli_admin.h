/* SPDX-License-Identifier: MIT */
/*
 * What verbs that talk to a running redactd share: their options, one blocking call of its admin API, a
 * table.
 *
 *    redactd VERB ... [-c FILE | --admin ADDRESS] [--token-file FILE] [--json]
 *
 *    -c FILE          its admin.address and admin.token_file; without: those of the embedded default
 *    --admin ADDRESS  host:port, with or without http://; must be loopback
 *    --token-file     instead of the configuration's; REDACTD_ADMIN_TOKEN in the environment comes before
 * both
 *    --json           the answer as it came
 *
 * To add a verb: write gateway/cli_<verb>.c (a copy of cli_status.c is a good start), declare it in cli.h,
 * give it a row in
 * cli_verbs.def. What the verb shows goes to standard output, everything else to
 * standard error; exit codes are those of cli.h.
 */
#ifndef GW_CLI_ADMIN_H
#define GW_CLI_ADMIN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "gateway/admin_tokens.h"

typedef struct gw_cli_admin {
    const char *verb;
    char **args; /* what is no option of ours, in order; borrowed from argv, NULL at the end */
    int n_args;
    bool json;
    /* private */
    char host[128], port[8], token[GW_ADMIN_TOKEN_MAX + 1];
} gw_cli_admin;

/* Takes the options above out of argv. Not GW_EXIT_OK: said why on standard error, `a` needs no release. */
int gw_cli_admin_open(gw_cli_admin *a, int argc, char **argv);
/* Wipes the token. */
void gw_cli_admin_release(gw_cli_admin *a);

/* One call. `body` may be NULL. GW_EXIT_OK: *out_answer (may be NULL: not wanted) is the caller's to decref.
 * Otherwise what went wrong was said on standard error. */
int gw_cli_admin_call(const gw_cli_admin *a, const char *method, const char *path, const json_t *body,
                      json_t **out_answer);
/* `prefix` and `name` percent-encoded behind it; false: too long. */
bool gw_cli_admin_path(char *out, size_t n_out, const char *prefix, const char *name);

enum { GW_CLI_CELL = 4096 };
/* A value of an answer as one line for a terminal: no byte of it moves the cursor or changes a colour,
 * whoever wrote it. */
void gw_cli_admin_cell(char out[GW_CLI_CELL], const json_t *v);

typedef struct gw_cli_column {
    const char *title, *key;
} gw_cli_column;

/* The objects of `rows` (an array) as a table, or, with --json, `answer` itself. Exit code. */
int gw_cli_admin_show(const gw_cli_admin *a, const json_t *answer, const json_t *rows,
                      const gw_cli_column *columns, size_t n_columns);
/* An object as lines "key  value". Exit code. */
int gw_cli_admin_show_object(const gw_cli_admin *a, const json_t *answer);

#endif
