/* SPDX-License-Identifier: MIT */
/* argv to one verb. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "gateway/cli.h"
#include "gateway/cli_run.h"
#include "gateway/cli_usage.h"

static int gw_cli_version(int argc, char **argv)
{
    puts("redactd " REDACTD_VERSION);
    return GW_EXIT_OK;
}

static const struct verb {
    const char *word;
    int (*run)(int argc, char **argv);
} verbs[] = {
#define X(word, function, what, usage) {word, function},
#include "gateway/cli_verbs.def"
#undef X
};

enum { N_VERBS = sizeof verbs / sizeof verbs[0] };

static int list_verbs(FILE *to, int code)
{
    gw_cli_list_verbs(to);
    return code;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return list_verbs(stderr, GW_EXIT_USAGE);
    if (is_help(argv[1]) || strcmp(argv[1], "help") == 0)
        return list_verbs(stdout, GW_EXIT_OK);
    if (strcmp(argv[1], "--version") == 0)
        return gw_cli_version(0, NULL);
    for (unsigned i = 0; i < N_VERBS; i++) {
        if (strcmp(argv[1], verbs[i].word) != 0)
            continue;
        if (argc > 2 && is_help(argv[argc - 1])) {
            gw_cli_describe(verbs[i].word, stdout);
            return GW_EXIT_OK;
        }
        return verbs[i].run(argc - 1, argv + 1);
    }
    fprintf(stderr, "redactd: no verb `%s`\n\n", argv[1]);
    return list_verbs(stderr, GW_EXIT_USAGE);
}
