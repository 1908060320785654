/* SPDX-License-Identifier: MIT */
/* `redactd rules ls`. */
#include "gateway/cli.h"

#include <string.h>

#include "gateway/cli_admin.h"
#include "gateway/cli_usage.h"

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

/* Below the table: what the two last columns are about. */
static void tell_timed(const json_t *timed)
{
    const json_t *exact = json_object_get(timed, "exact_us_per_mib"),
                 *rest = json_object_get(timed, "rest_us_per_mib");
    if (json_is_null(exact))
        puts("\nno request was timed yet");
    else
        printf("\ntimed: %" JSON_INTEGER_FORMAT " requests, %" JSON_INTEGER_FORMAT
               " bytes; microseconds for each MiB: %" JSON_INTEGER_FORMAT
               " in exact work, %" JSON_INTEGER_FORMAT " in what belongs to no rule\n",
               json_integer_value(json_object_get(timed, "requests")),
               json_integer_value(json_object_get(timed, "bytes")), json_integer_value(exact),
               json_integer_value(rest));
}

static int list(const gw_cli_admin *a, bool only_unused)
{
    static const gw_cli_column columns[] = {
        {"RULE", "rule"},
        {"KIND", "kind"},
        {"MODE", "mode"},
        {"FINDS", "finds"},
        {"LOGS", "logs"},
        {"TRACES", "traces"},
        {"METRICS", "metrics"},
        {"LOKI PUSH", "loki_push"},
        {"OWN US/MIB", "own_us_per_mib"},
        {"SHARED US/MIB", "shared_us_per_mib"},
    };
    json_t *answer = NULL;
    int rc = gw_cli_admin_call(a, "GET", "/api/v1/rules", NULL, &answer);
    if (rc != GW_EXIT_OK)
        return rc;
    json_t *all = json_object_get(answer, "rules"), *rows = only_unused ? unused(all) : json_incref(all);
    if (only_unused)
        json_object_set(answer, "rules", rows);
    rc = gw_cli_admin_show(a, answer, rows, columns, sizeof columns / sizeof columns[0]);
    if (rc == GW_EXIT_OK && !a->json)
        tell_timed(json_object_get(answer, "timed"));
    json_decref(rows);
    json_decref(answer);
    return rc;
}

int gw_cli_rules(int argc, char **argv)
{
    gw_cli_admin a;
    int rc = gw_cli_admin_open(&a, argc, argv);
    if (rc != GW_EXIT_OK)
        return rc;
    bool only_unused = a.n_args == 2 && strcmp(a.args[1], "--unused") == 0;
    if (a.n_args < 1 || strcmp(a.args[0], "ls") != 0 || (a.n_args != 1 && !only_unused))
        rc = gw_cli_usage("rules");
    else
        rc = list(&a, only_unused);
    gw_cli_admin_release(&a);
    return rc;
}
