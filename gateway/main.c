/* SPDX-License-Identifier: MIT */
/* argv to one verb. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "gateway/cli.h"
#include "gateway/cli_admin.h"
#include "gateway/cli_run.h"

static int version(int argc, char **argv)
{
    puts("redactd " REDACTD_VERSION);
    return GW_EXIT_OK;
}

static const struct verb {
    const char *name, *arguments, *help;
    int (*run)(int argc, char **argv);
} verbs[] = {
    {"run", "[-c FILE]", "run the gateway in the foreground", gw_cli_run},
    {"check", "[FILE]", "say everything that is wrong with a configuration; binds and connects nothing",
     gw_cli_check},
    {"dump-config", "[FILE]", "print the effective configuration, secrets masked", gw_cli_dump_config},
    {"reference", "[keys|outcomes|metrics]",
     "print a table in Markdown: configuration keys, answers, metrics", gw_cli_reference},
    {"redact", "[OPTIONS]",
     "redact standard input line by line; --config FILE, --field NAME (JSON lines), --class CLASS",
     gw_cli_redact},
    {"explain", "[OPTIONS]",
     "say which rules match standard input, line by line, and what was refused; same options",
     gw_cli_explain},
    {"status", "[OPTIONS]", "what runs, asked over the admin API; OPTIONS: " GW_CLI_ADMIN_OPTIONS,
     gw_cli_status},
    {"breaker", "ls|open|close|reset ...",
     "look at the breakers of upstreams, or override them; OPTIONS as for status", gw_cli_breaker},
    {"log-level", "LEVEL [OPTIONS]",
     "debug, info, warn or error until the next reload; OPTIONS as for status", gw_cli_log_level},
    {"workspace", "ls|show|limit|block|unblock",
     "workspaces; other limits of one for a while, or none of it: NAME [--ttl 1h]; OPTIONS as for status",
     gw_cli_workspace},
    {"rules", "ls [--unused]", "how often each rule has acted since the start; OPTIONS as for status",
     gw_cli_rules},
    {"token", "new", "make a bearer token for a workspace: the token, and the hash to store", gw_cli_token},
    {"password", "hash", "hash the password on standard input for a workspace's `passwords`",
     gw_cli_password},
    {"ledger", "verify DIRECTORY [SHA256]",
     "check the redaction ledger, and that it holds the record of that hash", gw_cli_ledger},
    {"version", "", "print the version", version},
};

enum { N_VERBS = sizeof verbs / sizeof verbs[0] };

static int usage(FILE *to, int code)
{
    fprintf(to, "usage: redactd VERB [ARGUMENTS]\n\n");
    for (unsigned i = 0; i < N_VERBS; i++)
        fprintf(to, "  %-11s %-23s  %s\n", verbs[i].name, verbs[i].arguments, verbs[i].help);
    fprintf(to, "\nWithout FILE the embedded default configuration is used.\nexit codes: 0 ok, 1 failed, 64 "
                "usage, 78 configuration\n");
    return code;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return usage(stderr, GW_EXIT_USAGE);
    if (is_help(argv[1]) || strcmp(argv[1], "help") == 0)
        return usage(stdout, GW_EXIT_OK);
    if (strcmp(argv[1], "--version") == 0)
        return version(0, NULL);
    for (unsigned i = 0; i < N_VERBS; i++) {
        if (strcmp(argv[1], verbs[i].name) != 0)
            continue;
        if (argc == 3 && is_help(argv[2])) {
            printf("usage: redactd %s %s\n\n  %s\n", verbs[i].name, verbs[i].arguments, verbs[i].help);
            return GW_EXIT_OK;
        }
        return verbs[i].run(argc - 1, argv + 1);
    }
    fprintf(stderr, "redactd: no verb `%s`\n\n", argv[1]);
    return usage(stderr, GW_EXIT_USAGE);
}
