/* SPDX-License-Identifier: MIT */
/* `redactd workspace ...`: one row a word behind it. */
#include "gateway/cli.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gateway/cli_admin.h"
#include "gateway/cli_usage.h"
#include "gateway/config_scan.h"
#include "gateway/limit.h"

enum { PATH_BYTES = 600, WRONG_USAGE = -1 };

/* Seconds since 1970 as a person reads them; words ("unblock") and null stay. */
static void spell_times(json_t *o)
{
    static const char *const keys[] = {"blocked_until", "override_until", "resets_at"};
    for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const json_t *v = json_object_get(o, keys[i]);
        time_t s = (time_t)json_integer_value(v);
        struct tm utc;
        char text[32];
        if (json_is_integer(v) && gmtime_r(&s, &utc) != NULL &&
            strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc) > 0)
            json_object_set_new(o, keys[i], json_string(text));
    }
}

static int list(gw_cli_admin *a)
{
    static const gw_cli_column columns[] = {
        {"NAME", "name"}, {"TENANT", "tenant"}, {"BLOCKED", "blocked_until"}};
    json_t *all = json_array(), *answer = NULL;
    json_int_t from = 0, next;
    int rc = a->n_args == 1 ? GW_EXIT_OK : WRONG_USAGE;
    while (rc == GW_EXIT_OK) {
        char path[64];
        snprintf(path, sizeof path, "/api/v1/workspaces?from=%" JSON_INTEGER_FORMAT, from);
        rc = gw_cli_admin_call(a, "GET", path, NULL, &answer);
        if (rc == GW_EXIT_OK)
            json_array_extend(all, json_object_get(answer, "workspaces"));
        next = json_integer_value(json_object_get(answer, "next"));
        json_decref(answer);
        answer = NULL;
        if (next <= from) /* none; or an answer that leads in a circle */
            break;
        from = next;
    }
    json_t *row;
    size_t i;
    if (rc == GW_EXIT_OK && !a->json)
        json_array_foreach(all, i, row) spell_times(row);
    if (rc == GW_EXIT_OK)
        rc = gw_cli_admin_show(a, all, all, columns, sizeof columns / sizeof columns[0]);
    json_decref(all);
    return rc;
}

/* A workspace, and below it its limits. */
static int show_answer(gw_cli_admin *a, json_t *answer)
{
    static const gw_cli_column columns[] = {{"LIMIT", "limit"},      {"VALUE", "value"},
                                            {"USED", "used"},        {"RATIO", "used_ratio"},
                                            {"RESETS", "resets_at"}, {"OVERRIDDEN", "overridden"}};
    json_t *limits = json_object_get(answer, "limits"), *row;
    size_t i;
    if (a->json)
        return gw_cli_admin_show_object(a, answer);
    spell_times(answer);
    json_array_foreach(limits, i, row) spell_times(row);
    json_incref(limits);
    json_object_del(answer, "limits");
    int rc = gw_cli_admin_show_object(a, answer);
    if (rc == GW_EXIT_OK && json_array_size(limits) > 0) {
        putchar('\n');
        rc = gw_cli_admin_show(a, limits, limits, columns, sizeof columns / sizeof columns[0]);
    }
    json_decref(limits);
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
        rc = show_answer(a, answer);
    json_decref(answer);
    return rc;
}

static int show(gw_cli_admin *a)
{
    return a->n_args == 2 ? call_one(a, "GET", "/api/v1/workspaces/", NULL) : WRONG_USAGE;
}

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "redactd: %s %s\n", what, why);
    return GW_EXIT_USAGE;
}

/* The time behind `--ttl`. GW_EXIT_OK: *out is not 0. */
static int read_ttl(const char *text, uint64_t *out)
{
    const char *why = text != NULL ? gw_scan_number(text, GW_UNIT_SECONDS, out) : "is missing";
    if (why == NULL && *out == 0)
        why = "must not be 0s";
    return why == NULL ? GW_EXIT_OK : complain("the time", why);
}

static int block(gw_cli_admin *a)
{
    uint64_t seconds = 0;
    int rc = GW_EXIT_OK;
    if (a->n_args != 2 && strcmp(a->args[2], "--ttl") != 0)
        return complain("the time", "must stand behind --ttl");
    if (a->n_args != 2 && a->n_args != 4)
        return WRONG_USAGE;
    if (a->n_args == 4)
        rc = read_ttl(a->args[3], &seconds);
    if (rc != GW_EXIT_OK)
        return rc;
    json_t *body = seconds > 0 ? json_pack("{s:I}", "seconds", (json_int_t)seconds) : json_object();
    rc = call_one(a, "PUT", "/api/v1/blocks/", body);
    json_decref(body);
    return rc;
}

static int unblock(gw_cli_admin *a)
{
    return a->n_args == 2 ? call_one(a, "DELETE", "/api/v1/blocks/", NULL) : WRONG_USAGE;
}

/* One `items_per_second=500` or `mode=shadow`, into the body. */
static int read_limit(const char *text, json_t *body)
{
    static const gw_unit units[] = {
#define X(id, key, unit, counted, doc) [GW_LIMIT_##id] = GW_UNIT_##unit,
        GW_LIMITS(X)
#undef X
    };
    uint64_t v = 0;
    size_t n = strcspn(text, "=");
    if (text[n] == '\0')
        return complain(text, "is no limit: write LIMIT=VALUE");
    if (n == 4 && memcmp(text, "mode", n) == 0)
        return json_object_set_new(body, "mode", json_string(text + n + 1)) == 0 ? GW_EXIT_OK
                                                                                 : GW_EXIT_FAILED;
    gw_limit l = gw_limit_of(text, n);
    if (l == GW_LIMIT_COUNT)
        return complain(text, "names no limit; see `redactd reference keys`, workspaces.quota");
    const char *why = gw_scan_number(text + n + 1, units[l], &v);
    if (why != NULL || v > INT64_MAX)
        return complain(gw_limit_word(l), why != NULL ? why : "is too large");
    json_object_set_new(json_object_get(body, "limits"), gw_limit_word(l), json_integer((json_int_t)v));
    return GW_EXIT_OK;
}

static int read_limits(gw_cli_admin *a, json_t *body)
{
    uint64_t seconds = 0;
    for (int i = 2; i < a->n_args; i++) {
        bool ttl = strcmp(a->args[i], "--ttl") == 0;
        int rc = ttl ? read_ttl(a->args[++i], &seconds) : read_limit(a->args[i], body);
        if (rc != GW_EXIT_OK)
            return rc;
    }
    if (seconds == 0)
        return complain("--ttl", "must say for how long; what is for good belongs into the configuration");
    json_object_set_new(body, "seconds", json_integer((json_int_t)seconds));
    return GW_EXIT_OK;
}

static int limit(gw_cli_admin *a)
{
    if (a->n_args == 3 && strcmp(a->args[2], "--end") == 0)
        return call_one(a, "DELETE", "/api/v1/limits/", NULL);
    if (a->n_args < 3)
        return WRONG_USAGE;
    json_t *body = json_pack("{s:{}}", "limits");
    int rc = read_limits(a, body);
    if (rc == GW_EXIT_OK)
        rc = call_one(a, "PUT", "/api/v1/limits/", body);
    json_decref(body);
    return rc;
}

static const struct {
    const char *word;
    int min; /* words, its own included */
    int (*run)(gw_cli_admin *a);
} rows[] = {
    {"ls", 1, list}, {"show", 2, show}, {"limit", 2, limit}, {"block", 2, block}, {"unblock", 2, unblock}};

int gw_cli_workspace(int argc, char **argv)
{
    gw_cli_admin a;
    unsigned i = 0;
    int rc = gw_cli_admin_open(&a, argc, argv);
    if (rc != GW_EXIT_OK)
        return rc;
    while (a.n_args > 0 && i < sizeof rows / sizeof rows[0] && strcmp(rows[i].word, a.args[0]) != 0)
        i++;
    rc = WRONG_USAGE;
    if (a.n_args > 0 && i < sizeof rows / sizeof rows[0] && a.n_args >= rows[i].min)
        rc = rows[i].run(&a);
    gw_cli_admin_release(&a);
    return rc == WRONG_USAGE ? gw_cli_usage("workspace") : rc;
}
