/* SPDX-License-Identifier: MIT */
/* `redactd rules ls` and `redactd rules counts`. */
#include "gateway/cli.h"

#include <string.h>

#include "gateway/cli_admin.h"
#include "gateway/cli_usage.h"

enum { PATH_BYTES = 600 };

static json_t *unused(const json_t *rows)
{
    json_t *kept = json_array(), *row;
    size_t i;
    json_array_foreach((json_t *)rows, i, row)
    {
        const json_t *finds = json_object_get(row, "finds");
        if (finds != NULL && json_integer_value(finds) == 0)
            json_array_append(kept, row);
    }
    return kept;
}

/* Below the table: since when there are counts, and what the two last columns are about. */
static void tell_basis(const json_t *answer)
{
    const char *since = json_string_value(json_object_get(answer, "since"));
    const json_t *timed = json_object_get(answer, "timed");
    const json_t *exact = json_object_get(timed, "exact_us_per_mib"),
                 *rest = json_object_get(timed, "rest_us_per_mib");
    printf("\nfinds since %s\n", since != NULL ? since : "the start");
    if (json_is_null(exact))
        puts("no request was timed yet");
    else
        printf("timed: %" JSON_INTEGER_FORMAT " requests, %" JSON_INTEGER_FORMAT
               " bytes; microseconds for each MiB: %" JSON_INTEGER_FORMAT
               " in exact work, %" JSON_INTEGER_FORMAT " in what belongs to no rule\n",
               json_integer_value(json_object_get(timed, "requests")),
               json_integer_value(json_object_get(timed, "bytes")), json_integer_value(exact),
               json_integer_value(rest));
}

typedef struct asked {
    bool only_unused;
    const char *workspace; /* NULL: the rules of all */
} asked;

/* The answer about all, or about the workspace that was asked for. */
static int ask(const gw_cli_admin *a, const asked *what, const char *all, json_t **out_answer)
{
    char path[PATH_BYTES], prefix[PATH_BYTES];
    snprintf(path, sizeof path, "%s", all);
    snprintf(prefix, sizeof prefix, "%s/", all);
    if (what->workspace != NULL && !gw_cli_admin_path(path, sizeof path, prefix, what->workspace)) {
        fputs("redactd: the name is too long\n", stderr);
        return GW_EXIT_USAGE;
    }
    return gw_cli_admin_call(a, "GET", path, NULL, out_answer);
}

static int counts(const gw_cli_admin *a, const asked *what)
{
    static const gw_cli_column columns[] = {
        {"RULE", "rule"}, {"FIELD", "field"}, {"ACTION", "action"}, {"FINDS", "finds"}};
    json_t *answer = NULL;
    int rc = ask(a, what, "/api/v1/redactions", &answer);
    if (rc != GW_EXIT_OK)
        return rc;
    rc = gw_cli_admin_show(a, answer, json_object_get(answer, "redactions"), columns,
                           sizeof columns / sizeof columns[0]);
    const char *since = json_string_value(json_object_get(answer, "since"));
    if (rc == GW_EXIT_OK && !a->json)
        printf("\n%" JSON_INTEGER_FORMAT " finds since %s\n",
               json_integer_value(json_object_get(answer, "finds")), since != NULL ? since : "the start");
    json_decref(answer);
    return rc;
}

static int list(const gw_cli_admin *a, const asked *what)
{
    static const gw_cli_column of_all[] = {
        {"RULE", "rule"},
        {"KIND", "kind"},
        {"MODE", "mode"},
        {"ACTION", "action"},
        {"FINDS", "finds"},
        {"LOGS", "logs"},
        {"TRACES", "traces"},
        {"METRICS", "metrics"},
        {"LOKI PUSH", "loki_push"},
        {"OWN US/MIB", "own_us_per_mib"},
        {"SHARED US/MIB", "shared_us_per_mib"},
    };
    static const gw_cli_column of_workspace[] = {
        {"RULE", "rule"},
        {"KIND", "kind"},
        {"OF", "of"},
        {"MODE", "mode"},
        {"ACTION", "action"},
        {"FINDS", "finds"},
        {"OWN US/MIB", "own_us_per_mib"},
        {"SHARED US/MIB", "shared_us_per_mib"},
    };
    json_t *answer = NULL;
    int rc = ask(a, what, "/api/v1/rules", &answer);
    if (rc != GW_EXIT_OK)
        return rc;
    json_t *all = json_object_get(answer, "rules"),
           *rows = what->only_unused ? unused(all) : json_incref(all);
    if (what->only_unused)
        json_object_set(answer, "rules", rows);
    if (what->workspace != NULL)
        rc = gw_cli_admin_show(a, answer, rows, of_workspace, sizeof of_workspace / sizeof of_workspace[0]);
    else
        rc = gw_cli_admin_show(a, answer, rows, of_all, sizeof of_all / sizeof of_all[0]);
    if (rc == GW_EXIT_OK && !a->json)
        tell_basis(answer);
    json_decref(rows);
    json_decref(answer);
    return rc;
}

static bool read_asked(const gw_cli_admin *a, asked *out)
{
    for (int i = 1; i < a->n_args; i++) {
        bool named = strcmp(a->args[i], "--workspace") == 0 && i + 1 < a->n_args;
        if (named)
            out->workspace = a->args[++i];
        else if (strcmp(a->args[i], "--unused") == 0)
            out->only_unused = true;
        else
            return false;
    }
    return true;
}

int gw_cli_rules(int argc, char **argv)
{
    gw_cli_admin a;
    int rc = gw_cli_admin_open(&a, argc, argv);
    if (rc != GW_EXIT_OK)
        return rc;
    asked what = {0};
    bool counting = a.n_args > 0 && strcmp(a.args[0], "counts") == 0;
    if (a.n_args < 1 || (!counting && strcmp(a.args[0], "ls") != 0) || !read_asked(&a, &what) ||
        (counting && what.only_unused))
        rc = gw_cli_usage("rules");
    else
        rc = counting ? counts(&a, &what) : list(&a, &what);
    gw_cli_admin_release(&a);
    return rc;
}
