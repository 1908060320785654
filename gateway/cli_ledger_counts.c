/* SPDX-License-Identifier: MIT */
/*
 * `redactd ledger counts`: what the records of a whole ledger say, added up. Names and numbers only.
 *
 * The chain is checked all along, and nothing is shown of one that is broken: a sum over what somebody may
 * have changed is no evidence.
 */
#include "gateway/cli_ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli.h"
#include "gateway/cli_admin.h"
#include "gateway/cli_usage.h"

enum { MAX_ROWS = 200000, MAX_KEY = 1024 };

/* In the order by which rows are sorted; a row is an object of these and `finds`. */
static const char *const names[] = {"workspace", "rule", "field", "action", "config"};
enum { NAMES = sizeof names / sizeof names[0], CONFIG = NAMES - 1 };

typedef struct sums {
    const char *from, *to;   /* the beginning of a time as records show it; NULL: no bound */
    const char *workspace;   /* NULL: all */
    json_t *rows;            /* owned: an array */
    json_t *by_key;          /* owned: the same rows by their names */
    uint64_t n_records;      /* in that time */
    uint64_t n_first_format; /* of these */
    json_int_t n_finds;
    const char *fault; /* a literal; NULL: none */
} sums;

static bool is_time(const char *s)
{
    static const char form[] = "9999-99-99T99:99:99Z";
    size_t n = strlen(s);
    if (n < 4 || n >= sizeof form)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (form[i] == '9' ? s[i] < '0' || s[i] > '9' : s[i] != form[i])
            return false;
    }
    return true;
}

/* A bound is the beginning of a time: `--from 2026-11 --to 2026-11` is all of November. */
static bool in_time(const sums *s, rd_slice time)
{
    return (s->from == NULL || memcmp(time.p, s->from, strlen(s->from)) >= 0) &&
           (s->to == NULL || memcmp(time.p, s->to, strlen(s->to)) <= 0);
}

static bool fail(sums *s, const char *fault)
{
    s->fault = fault;
    return false;
}

/* The row of these names; NULL: there is no room for it. */
static json_t *row_of(sums *s, const char *const values[NAMES])
{
    char key[MAX_KEY];
    size_t n = 0;
    for (unsigned i = 0; i < NAMES && n < sizeof key; i++)
        n += (size_t)snprintf(key + n, sizeof key - n, "%s\n", values[i]);
    json_t *row = n < sizeof key ? json_object_get(s->by_key, key) : NULL;
    if (row != NULL || n >= sizeof key || json_array_size(s->rows) >= MAX_ROWS)
        return row;
    row = json_object();
    for (unsigned i = 0; i < NAMES; i++)
        json_object_set_new(row, names[i], json_string(values[i]));
    json_object_set_new(row, "finds", json_integer(0));
    json_object_set(s->by_key, key, row);
    return json_array_append_new(s->rows, row) == 0 ? row : NULL;
}

static bool add_cell(sums *s, const char *config, const json_t *cell)
{
    const char *values[NAMES];
    json_int_t n = json_integer_value(json_object_get(cell, "n"));
    for (unsigned i = 0; i < NAMES; i++) {
        const char *value = i == CONFIG ? config : json_string_value(json_object_get(cell, names[i]));
        values[i] = value != NULL ? value : "-"; /* not said in the first format */
    }
    if (s->workspace != NULL && strcmp(s->workspace, values[0]) != 0)
        return true;
    json_t *row = n > 0 ? row_of(s, values) : NULL;
    json_t *finds = json_object_get(row, "finds");
    if (n <= 0)
        return fail(s, "a count in it is no number");
    if (finds == NULL)
        return fail(s, "there are too many different counts; ask for less by --from, --to or --workspace");
    if (__builtin_add_overflow(s->n_finds, n, &s->n_finds))
        return fail(s, "its counts are too large to be added up");
    json_integer_set(finds, json_integer_value(finds) + n); /* no more than all together */
    return true;
}

/* One record of a chain that is whole up to here. */
static bool see(void *arg, const gw_ledger_record *r, rd_slice line)
{
    sums *s = arg;
    size_t i;
    json_t *cell;
    bool ok = true;
    if (!in_time(s, r->time))
        return true;
    json_t *record = json_loadb((const char *)line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
    const char *config = json_string_value(json_object_get(record, "config"));
    const json_t *said = json_object_get(record, "format");
    json_int_t format = said == NULL ? 1 : json_integer_value(said);
    if (config == NULL)
        ok = fail(s, "it cannot be read");
    else if (format < 1 || format > GW_LEDGER_FORMAT)
        ok = fail(s, "its format is not known to this program");
    json_t *list = json_object_get(record, format == 1 ? "workspaces" : "redactions");
    json_array_foreach(list, i, cell) ok = ok && add_cell(s, config, cell);
    s->n_first_format += format == 1 && json_array_size(list) > 0;
    s->n_records++;
    json_decref(record);
    return ok;
}

static int by_names(const void *va, const void *vb)
{
    const json_t *const *a = va, *const *b = vb;
    int order = 0;
    for (unsigned i = 0; order == 0 && i < NAMES; i++)
        order = strcmp(json_string_value(json_object_get(*a, names[i])),
                       json_string_value(json_object_get(*b, names[i])));
    return order;
}

/* A new array; NULL: no memory. */
static json_t *sorted(const json_t *rows)
{
    size_t n = json_array_size(rows);
    json_t **list = calloc(n + 1, sizeof *list), *out = json_array();
    for (size_t i = 0; list != NULL && i < n; i++)
        list[i] = json_array_get(rows, i);
    if (list != NULL)
        qsort(list, n, sizeof(json_t *), by_names);
    for (size_t i = 0; list != NULL && i < n; i++)
        json_array_append(out, list[i]);
    if (list == NULL) {
        json_decref(out);
        out = NULL;
    }
    free(list);
    return out;
}

static int show(const sums *s, const gw_ledger_verdict *v, bool as_json)
{
    static const gw_cli_column columns[] = {{"WORKSPACE", "workspace"}, {"RULE", "rule"},
                                            {"FIELD", "field"},         {"ACTION", "action"},
                                            {"CONFIG", "config"},       {"FINDS", "finds"}};
    const gw_cli_admin how = {.json = as_json};
    json_t *rows = sorted(s->rows);
    json_t *answer = json_pack("{s:I, s:I, s:s, s:O?}", "records", (json_int_t)s->n_records, "finds",
                               s->n_finds, "sha256", v->head.hash, "redactions", rows);
    int rc = rows == NULL || answer == NULL
                 ? GW_EXIT_FAILED
                 : gw_cli_admin_show(&how, answer, rows, columns, sizeof columns / sizeof columns[0]);
    if (rc == GW_EXIT_OK && !as_json)
        printf("\n%" JSON_INTEGER_FORMAT " finds in %" PRIu64
               " records; the ledger is whole up to %s, sha256 %s\n",
               s->n_finds, s->n_records, v->to, v->head.hash);
    if (rc == GW_EXIT_OK && !as_json && s->n_first_format > 0)
        printf("%" PRIu64 " of these records are of format 1, which says neither field nor action\n",
               s->n_first_format);
    if (fflush(stdout) != 0)
        rc = GW_EXIT_FAILED;
    json_decref(answer);
    json_decref(rows);
    return rc;
}

static bool read_options(int argc, char **argv, sums *out, bool *out_json)
{
    for (int i = 3; i < argc; i++) {
        const char **to = strcmp(argv[i], "--from") == 0        ? &out->from
                          : strcmp(argv[i], "--to") == 0        ? &out->to
                          : strcmp(argv[i], "--workspace") == 0 ? &out->workspace
                                                                : NULL;
        if (strcmp(argv[i], "--json") == 0)
            *out_json = true;
        else if (to != NULL && i + 1 < argc)
            *to = argv[++i];
        else
            return false;
    }
    return (out->from == NULL || is_time(out->from)) && (out->to == NULL || is_time(out->to));
}

int gw_cli_ledger_counts(int argc, char **argv)
{
    gw_ledger_verdict v;
    sums s = {0};
    bool as_json = false;
    if (!read_options(argc, argv, &s, &as_json))
        return gw_cli_usage("ledger");
    s.rows = json_array();
    s.by_key = json_object();
    const gw_ledger_watch watch = {.see = see, .arg = &s};
    int rc = gw_cli_ledger_walk(argv[2], NULL, &watch, &v);
    if (s.fault != NULL) {
        fprintf(stderr, "redactd: ledger %s, record %" PRIu64 ": %s\n", argv[2], v.head.seq, s.fault);
        rc = GW_EXIT_FAILED;
    }
    if (rc == GW_EXIT_OK)
        rc = show(&s, &v, as_json);
    json_decref(s.by_key);
    json_decref(s.rows);
    return rc;
}
