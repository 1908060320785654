/* SPDX-License-Identifier: MIT */
#include "gateway/cli.h"

#include <stdio.h>

#include "filters/detect/probe.h"
#include "gateway/cli_usage.h"
#include "gateway/config_open.h"
#include "gateway/policies.h"
#include "gateway/workspace.h"

static const char default_name[] = "default.yaml (embedded)";

/* The file of workspaces, and what the list and the file say together. */
static bool check_workspaces(gw_generation *g)
{
    gw_diagnostics *d = gw_diagnostics_new();
    if (d == NULL) {
        fputs("redactd: out of memory\n", stderr);
        return false;
    }
    gw_policies_init();
    gw_workspaces *t = gw_workspaces_new(g->cfg, NULL, g, d);
    bool ok = t != NULL;
    gw_diagnostics_print(d, stderr);
    gw_diagnostics_free(&d);
    gw_workspaces_unref(&t);
    return ok;
}

static void warn(const gw_rule_cfg *r, const char *what)
{
    fprintf(stderr, "warning: the pattern of rule `%s` %s\n", r->name, what);
}

/* Warnings only: such a pattern is safe, but slow, or turns texts into markers. */
static void check_patterns(const gw_redaction_cfg *cfg)
{
    for (size_t i = 0; i < cfg->n_rules; i++) {
        const gw_rule_cfg *r = &cfg->rules[i];
        const rd_pattern_spec spec = {.pattern = r->pattern, .group = r->group, .budget = r->budget};
        rd_pattern_report report;
        if (r->pattern == NULL || r->mode == GW_RULE_OFF || rd_pattern_probe(&spec, &report) != RD_OK)
            continue;
        if (report.blows_up)
            warn(r, "exceeds its budget on a text of 4 KiB: such texts are replaced by a marker; look for "
                    "repetitions "
                    "inside repetitions");
        if (report.no_literal)
            warn(r, "has no literal that every match needs, so it is tried on every text: slow");
    }
}

static void check_senders(const gw_workspaces_cfg *cfg)
{
    if (cfg->anonymous == NULL && cfg->n_identity == 0)
        fputs("warning: every sender will be answered 401: `workspaces` has neither `anonymous` nor a way to "
              "say "
              "who one is\n",
              stderr);
}

int gw_cli_check(int argc, char **argv)
{
    const char *file;
    if (gw_cli_config_argument(argc, argv, &file) != GW_EXIT_OK)
        return GW_EXIT_USAGE;
    gw_config *c = gw_config_open(file);
    if (c == NULL)
        return GW_EXIT_CONFIG;
    const char *name = file != NULL ? file : default_name;
    char why[GW_WHY_BYTES];
    /* What only shows when it is compiled: patterns, certificates and their keys. */
    gw_generation *g = gw_generation_new(c, GW_GENERATION_CHECK, why);
    if (g == NULL) {
        fprintf(stderr, "error: %s\n  --> %s\n", why, name);
        return GW_EXIT_CONFIG;
    }
    check_senders(&g->cfg->workspaces);
    check_patterns(&g->cfg->redaction);
    bool ok = check_workspaces(g);
    gw_generation_unref(&g);
    if (!ok)
        return GW_EXIT_CONFIG;
    printf("%s: ok\n", name);
    return GW_EXIT_OK;
}
