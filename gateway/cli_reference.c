/* SPDX-License-Identifier: MIT */
/* The program's own tables in Markdown. README.md holds them too; tests/lint/readme.py compares. */
#include "gateway/cli.h"

#include <stdio.h>
#include <string.h>

#include "gateway/cli_usage.h"
#include "gateway/config.h"
#include "gateway/metrics.h"
#include "gateway/outcome.h"

static void outcomes(FILE *to)
{
    fputs("| Reason | OTLP | Loki | Text |\n|---|---|---|---|\n", to);
#define X(name, word, otlp, loki, code, text)                                                                \
    fprintf(to, "| `%s` | %d | %d | %s |\n", word, otlp, loki, text);
    GW_OUTCOMES(X)
#undef X
}

static const struct table {
    const char *name;
    void (*write)(FILE *to);
} tables[] = {{"keys", gw_config_reference}, {"outcomes", outcomes}, {"metrics", gw_metrics_reference}};

int gw_cli_reference(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "keys";
    for (unsigned i = 0; argc <= 2 && i < sizeof tables / sizeof tables[0]; i++) {
        if (strcmp(tables[i].name, name) != 0)
            continue;
        tables[i].write(stdout);
        return fflush(stdout) == 0 && !ferror(stdout) ? GW_EXIT_OK : GW_EXIT_FAILED;
    }
    return gw_cli_usage("reference");
}
