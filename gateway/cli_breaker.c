/* SPDX-License-Identifier: MIT */
/* `redactd breaker ls|open|close|reset`. */
#include "gateway/cli.h"

#include <string.h>

#include "gateway/cli_admin.h"
#include "gateway/cli_usage.h"
#include "gateway/config_scan.h"

static json_t *of_upstream(const json_t *rows, const char *name)
{
    json_t *kept = json_array(), *row;
    size_t i;
    json_array_foreach((json_t *)rows, i, row)
    {
        const char *upstream = json_string_value(json_object_get(row, "upstream"));
        if (name == NULL || (upstream != NULL && strcmp(name, upstream) == 0))
            json_array_append(kept, row);
    }
    return kept;
}

static void show_change(const json_t *row, const json_t *change, bool first)
{
    const struct {
        const char *before;
        const json_t *of;
        const char *key;
    } parts[] = {{first ? "\n" : "", change, "at"},
                 {"  ", row, "endpoint"},
                 {" ", row, "signal"},
                 {": ", change, "from"},
                 {" -> ", change, "to"},
                 {" (", change, "why"}};
    char text[GW_CLI_CELL];
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        gw_cli_admin_cell(text, json_object_get(parts[i].of, parts[i].key));
        printf("%s%s", parts[i].before, text);
    }
    puts(")");
}

/* With a name also what happened to each of its breakers. */
static void show_history(const json_t *rows)
{
    json_t *row, *change;
    size_t i, k;
    json_array_foreach((json_t *)rows, i, row)
    {
        json_array_foreach(json_object_get(row, "history"), k, change) show_change(row, change, i + k == 0);
    }
}

static int list(const gw_cli_admin *a)
{
    static const gw_cli_column columns[] = {
        {"UPSTREAM", "upstream"},   {"ENDPOINT", "endpoint"}, {"SIGNAL", "signal"}, {"STATE", "state"},
        {"IN FLIGHT", "in_flight"}, {"LIMIT", "limit"},       {"MS", "latency_ms"}, {"WHY", "why"}};
    json_t *answer = NULL;
    if (a->n_args > 2)
        return gw_cli_usage("breaker");
    const char *name = a->n_args == 2 ? a->args[1] : NULL;
    int rc = gw_cli_admin_call(a, "GET", "/api/v1/upstreams", NULL, &answer);
    if (rc != GW_EXIT_OK)
        return rc;
    json_t *rows = of_upstream(json_object_get(answer, "breakers"), name);
    if (name != NULL && json_array_size(rows) == 0) {
        fprintf(stderr, "redactd: no upstream `%s` with endpoints\n", name);
        rc = GW_EXIT_FAILED;
    } else {
        rc = gw_cli_admin_show(a, answer, rows, columns, sizeof columns / sizeof columns[0]);
    }
    if (rc == GW_EXIT_OK && name != NULL && !a->json)
        show_history(rows);
    json_decref(rows);
    json_decref(answer);
    return rc;
}

/* False: not understood. */
static bool put_option(json_t *body, const char *word, const char *value)
{
    uint64_t ms;
    if (strcmp(word, "--endpoint") == 0)
        return json_object_set_new(body, "endpoint", json_string(value)) == 0;
    if (strcmp(word, "--signal") == 0)
        return json_object_set_new(body, "signal", json_string(value)) == 0;
    return strcmp(word, "--ttl") == 0 && gw_scan_number(value, GW_UNIT_MS, &ms) == NULL && ms >= 1000 &&
           json_object_set_new(body, "ttl_s", json_integer((json_int_t)(ms / 1000))) == 0;
}

static int change(const gw_cli_admin *a)
{
    json_t *answer = NULL, *body = json_object();
    char path[64];
    int rc = GW_EXIT_USAGE;
    if (a->n_args < 2 || a->n_args % 2 != 0 || a->args[1][0] == '-' ||
        json_object_set_new(body, "upstream", json_string(a->args[1])) != 0)
        goto out;
    for (int i = 2; i < a->n_args; i += 2) {
        if (!put_option(body, a->args[i], a->args[i + 1]))
            goto out;
    }
    snprintf(path, sizeof path, "/api/v1/breakers/%s", a->args[0]);
    rc = gw_cli_admin_call(a, "POST", path, body, &answer);
    if (rc == GW_EXIT_OK)
        rc = gw_cli_admin_show_object(a, answer);
out:
    json_decref(body);
    json_decref(answer);
    return rc == GW_EXIT_USAGE ? gw_cli_usage("breaker") : rc;
}

int gw_cli_breaker(int argc, char **argv)
{
    gw_cli_admin a;
    int rc = gw_cli_admin_open(&a, argc, argv);
    if (rc != GW_EXIT_OK)
        return rc;
    const char *what = a.n_args > 0 ? a.args[0] : "";
    if (strcmp(what, "ls") == 0)
        rc = list(&a);
    else if (strcmp(what, "open") == 0 || strcmp(what, "close") == 0 || strcmp(what, "reset") == 0)
        rc = change(&a);
    else
        rc = gw_cli_usage("breaker");
    gw_cli_admin_release(&a);
    return rc;
}
