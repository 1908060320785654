/* SPDX-License-Identifier: MIT */
/*
 * What `redact` and `explain` share: their arguments, the policy, and the texts of standard input, one a
 * line. With --field a line is a JSON object and the text is one member of it; a line that is none ends the
 * work, because what is not understood is not passed on.
 */
#ifndef GW_CLI_TEXT_H
#define GW_CLI_TEXT_H

#include <jansson.h>
#include <stdio.h>

#include "filters/base/buf.h"
#include "filters/base/doc.h"
#include "gateway/generation.h"
#include "gateway/workspace.h"

typedef struct gw_cli_text {
    gw_generation *gen;            /* owned */
    gw_workspaces *table;          /* owned; NULL: no workspace was named */
    const gw_workspace *workspace; /* NULL: the same */
    const rd_policy *policy;       /* of the workspace, or of all */
    const char *field;             /* borrowed from argv; NULL: whole lines */
    const char *key, *key_field;   /* the same; of `explain` alone: each text is the value of a key */
    rd_signal signal;
    rd_class cls;
    /* of the current line */
    uint64_t line; /* from 1 */
    rd_buf text;   /* RD_BUF_TAIL readable bytes follow */
    rd_buf name;   /* the same; with `key` or `key_field`: the key */
    bool ended;    /* by a newline: only the last line may be without */
    json_t *item;  /* owned; with `field`: the object */
    char *raw;     /* owned: getline's */
    size_t raw_cap;
} gw_cli_text;

/* Reads the arguments and compiles the policy; `keys`: --key and --key-field may be said. Not GW_EXIT_OK:
 * said why on standard error, `t` needs no release. */
int gw_cli_text_open(gw_cli_text *t, int argc, char **argv, bool keys);
/* Next line: 1; end of input: 0; -1: cannot be read, said on standard error without showing it. */
int gw_cli_text_next(gw_cli_text *t);
void gw_cli_text_release(gw_cli_text *t);

/* Says on standard error what went wrong with the current line. */
void gw_cli_text_fail(const gw_cli_text *t, const char *what);
/* Output that did not arrive is a failure. */
int gw_cli_text_finish(int rc);

#endif
