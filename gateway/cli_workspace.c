/* SPDX-License-Identifier: MIT */
/* `redactd workspace ...`: one row a word behind it. */
#include "gateway/cli.h"

#include <inttypes.h>
#include <string.h>

#include "gateway/cli_admin.h"
#include "gateway/config_scan.h"

enum { PATH_BYTES = 600 };

static int list(gw_cli_admin *a)
{
    static const gw_cli_column columns[] = {
        {"NAME", "name"}, {"TENANT", "tenant"}, {"BLOCKED", "blocked_until"}};
    json_t *all = json_array(), *answer = NULL;
    json_int_t from = 0;
    int rc;
    do {
        char path[64];
        snprintf(path, sizeof path, "/api/v1/workspaces?from=%" JSON_INTEGER_FORMAT, from);
        rc = gw_cli_admin_call(a, "GET", path, NULL, &answer);
        const json_t *next = json_object_get(answer, "next");
        if (rc == GW_EXIT_OK)
            json_array_extend(all, json_object_get(answer, "workspaces"));
        from = json_is_integer(next) ? json_integer_value(next) : 0;
        json_decref(answer);
        answer = NULL;
    } while (rc == GW_EXIT_OK && from > 0);
    if (rc == GW_EXIT_OK)
        rc = gw_cli_admin_show(a, all, all, columns, sizeof columns / sizeof columns[0]);
    json_decref(all);
    return rc;
}

static int call_one(gw_cli_admin *a, const char *method, const char *prefix, const json_t *body)
{
    char path[PATH_BYTES];
    json_t *answer = NULL;
    if (!gw_cli_admin_path(path, sizeof path, prefix, a->args[1])) {
        fputs("redactd: the name is too long\n", stderr);
        return GW_EXIT_USAGE;
    }
    int rc = gw_cli_admin_call(a, method, path, body, &answer);
    if (rc == GW_EXIT_OK)
        rc = gw_cli_admin_show_object(a, answer);
    json_decref(answer);
    return rc;
}

static int show(gw_cli_admin *a)
{
    return call_one(a, "GET", "/api/v1/workspaces/", NULL);
}

static int block(gw_cli_admin *a)
{
    uint64_t seconds = 0;
    if (a->n_args == 4) {
        const char *why = strcmp(a->args[2], "--ttl") == 0
                              ? gw_scan_number(a->args[3], GW_UNIT_SECONDS, &seconds)
                              : "must stand behind --ttl";
        if (why != NULL || seconds == 0) {
            fprintf(stderr, "redactd: the time %s\n", why != NULL ? why : "must not be 0s");
            return GW_EXIT_USAGE;
        }
    }
    json_t *body = seconds > 0 ? json_pack("{s:I}", "seconds", (json_int_t)seconds) : json_object();
    int rc = call_one(a, "PUT", "/api/v1/blocks/", body);
    json_decref(body);
    return rc;
}

static int unblock(gw_cli_admin *a)
{
    return call_one(a, "DELETE", "/api/v1/blocks/", NULL);
}

/* How many words each takes, its own included. */
static const struct {
    const char *word, *arguments;
    int min, max;
    int (*run)(gw_cli_admin *a);
} rows[] = {{"ls", "", 1, 1, list},
            {"show", "NAME", 2, 2, show},
            {"block", "NAME [--ttl 1h]", 2, 4, block},
            {"unblock", "NAME", 2, 2, unblock}};

static int usage(void)
{
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        fprintf(stderr, "%s redactd workspace %s %s\n", i == 0 ? "usage:" : "      ", rows[i].word,
                rows[i].arguments);
    fputs("options: " GW_CLI_ADMIN_OPTIONS "\n", stderr);
    return GW_EXIT_USAGE;
}

int gw_cli_workspace(int argc, char **argv)
{
    gw_cli_admin a;
    int rc = gw_cli_admin_open(&a, argc, argv);
    if (rc != GW_EXIT_OK)
        return rc;
    rc = -1;
    for (unsigned i = 0; a.n_args > 0 && i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].word, a.args[0]) == 0 && a.n_args >= rows[i].min && a.n_args <= rows[i].max &&
            a.n_args != 3)
            rc = rows[i].run(&a);
    }
    gw_cli_admin_release(&a);
    return rc < 0 ? usage() : rc;
}
