/* SPDX-License-Identifier: MIT */
/*
 * What was wrong in one run, collected, and printed in the order of the file:
 *
 *   error: unknown key `upsteam` in `routes[0]`
 *     --> redactd.yaml:12:5
 *   12 |     upsteam: loki
 *      |     ^^^^^^^ did you mean `upstream`?
 *
 * Plain text without colour. Characters a terminal would act upon are replaced. The number kept is bounded,
 * the rest is counted. What a source line may show is decided by who reports (config_yaml_report.c).
 */
#ifndef GW_DIAGNOSTICS_H
#define GW_DIAGNOSTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct gw_diagnostics gw_diagnostics;

gw_diagnostics *gw_diagnostics_new(void); /* NULL: no memory */
void gw_diagnostics_free(gw_diagnostics **d);
size_t gw_diagnostics_errors(const gw_diagnostics *d);
void gw_diagnostics_print(const gw_diagnostics *d, FILE *to);

/* Where. All strings are borrowed for the call. */
typedef struct gw_place {
    const char *name;      /* file */
    uint32_t line, column; /* from 1; line 0: the whole file */
    const char *source;    /* the line, NULL: not shown */
    size_t caret, n_caret; /* the token in it, in characters */
} gw_place;

/* No more are kept: reporters need not render what will only be counted. */
bool gw_diagnostics_full(const gw_diagnostics *d);
/* `hint` may be NULL. */
void gw_diagnostics_add(gw_diagnostics *d, const gw_place *at, const char *hint, const char *message);

#endif
