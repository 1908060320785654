/* SPDX-License-Identifier: MIT */
#include "gateway/cli_usage.h"

#include <stdbool.h>
#include <string.h>

#include "gateway/cli.h"

#define GW_CLI_TEXT_OPTIONS                                                                                  \
    "\n"                                                                                                     \
    "  -c FILE            whose rules; without: the embedded default's\n"                                    \
    "  --workspace NAME   the rules that hold for this workspace, and its digests\n"                         \
    "  --field NAME       a line is a JSON object, and the text is this member of it\n"                      \
    "  --class CLASS      the kind of place that texts come from (default: body): body, attribute, "         \
    "resource,\n"                                                                                            \
    "                     scope, label, metadata, exemplar, span_name, event_name, status, trace_state,\n"   \
    "                     metric, other, unknown\n"                                                          \
    "  --signal SIGNAL    logs (the default), traces, metrics or loki_push\n"

#define GW_CLI_ADMIN_HELP                                                                                    \
    "\n"                                                                                                     \
    "asks a running redactd over its admin API; OPTIONS:\n"                                                  \
    "  -c FILE            what it runs with, for admin.address and admin.token_file; without: the embedded " \
    "default\n"                                                                                              \
    "  --admin ADDRESS    where it listens instead\n"                                                        \
    "  --token-file FILE  an admin token instead; REDACTD_ADMIN_TOKEN in the environment comes before "      \
    "both\n"                                                                                                 \
    "  --json             the answer as it came\n"

static const struct {
    const char *word, *what, *usage;
} verbs[] = {
#define X(word, function, what, usage) {word, what, usage},
#include "gateway/cli_verbs.def"
#undef X
};

enum { N_VERBS = sizeof verbs / sizeof verbs[0] };

void gw_cli_list_verbs(FILE *to)
{
    fputs("usage: redactd VERB [ARGUMENTS]\n\n", to);
    for (unsigned i = 0; i < N_VERBS; i++)
        fprintf(to, "  %-11s  %s\n", verbs[i].word, verbs[i].what);
    fputs("\n`redactd VERB --help` says more. Exit codes: 0 ok, 1 failed, 64 usage, 78 configuration\n", to);
}

static unsigned find(const char *word)
{
    unsigned i = 0;
    while (i < N_VERBS && strcmp(verbs[i].word, word) != 0)
        i++;
    return i;
}

void gw_cli_describe(const char *verb, FILE *to)
{
    unsigned i = find(verb);
    if (i == N_VERBS)
        return;
    const char *usage = verbs[i].usage, *more = strstr(usage, "\n\n");
    int n_calls = more != NULL ? (int)(more + 1 - usage) : (int)strlen(usage);
    fprintf(to, "usage: %.*s\n%s\n%s", n_calls, usage, verbs[i].what, usage + n_calls);
}

int gw_cli_usage(const char *verb)
{
    unsigned i = find(verb);
    if (i < N_VERBS)
        fprintf(stderr, "usage: %s", verbs[i].usage);
    return GW_EXIT_USAGE;
}

int gw_cli_config_argument(int argc, char **argv, const char **out_file)
{
    bool named = argc > 1 && (strcmp(argv[1], "-c") == 0 || strcmp(argv[1], "--config") == 0);
    *out_file = NULL;
    if (argc == 1)
        return GW_EXIT_OK;
    if (argc != 2 + named || (!named && argv[1][0] == '-'))
        return gw_cli_usage(argv[0]);
    *out_file = argv[argc - 1];
    return GW_EXIT_OK;
}
