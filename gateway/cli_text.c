/* SPDX-License-Identifier: MIT */
#include "gateway/cli_text.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli.h"
#include "gateway/cli_usage.h"
#include "gateway/config_open.h"
#include "gateway/policies.h"

static bool find_class(const char *word, rd_class *out_class)
{
    for (unsigned c = 0; c < RD_CLASS_COUNT; c++) {
        if (strcmp(rd_class_word((rd_class)c), word) == 0) {
            *out_class = (rd_class)c;
            return true;
        }
    }
    return false;
}

static bool find_signal(const char *word, rd_signal *out_signal)
{
    for (unsigned s = 0; s < GW_SIGNAL_COUNT; s++) {
        if (strcmp(gw_signal_word((gw_signal)s), word) == 0) {
            *out_signal = (rd_signal)s;
            return true;
        }
    }
    return false;
}

typedef struct named {
    const char *file, *workspace;
} named;

static bool read_option(gw_cli_text *t, int c, const char *value, named *out)
{
    switch (c) {
    case 'c':
        out->file = value;
        return true;
    case 'w':
        out->workspace = value;
        return true;
    case 'f':
        t->field = value;
        return true;
    case 'n':
        t->key = value;
        return true;
    case 'N':
        t->key_field = value;
        return true;
    case 's':
        return find_signal(value, &t->signal);
    case 'k':
        return find_class(value, &t->cls);
    default:
        return false;
    }
}

static bool read_options(gw_cli_text *t, int argc, char **argv, named *out)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},    {"workspace", required_argument, NULL, 'w'},
        {"signal", required_argument, NULL, 's'},    {"field", required_argument, NULL, 'f'},
        {"class", required_argument, NULL, 'k'},     {"key", required_argument, NULL, 'n'},
        {"key-field", required_argument, NULL, 'N'}, {0}};
    optind = 1;
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, "c:", options, NULL)) != -1;) {
        if (!read_option(t, c, optarg, out))
            return false;
    }
    bool one_key = t->key == NULL || t->key_field == NULL,
         has_object = t->key_field == NULL || t->field != NULL;
    return optind == argc && one_key && has_object;
}

/* Makes the table, because what a workspace may say depends on what all of them say. */
static int open_workspace(gw_cli_text *t, const char *name)
{
    gw_diagnostics *d = gw_diagnostics_new();
    if (d == NULL) {
        fputs("redactd: out of memory\n", stderr);
        return GW_EXIT_FAILED;
    }
    gw_policies_init();
    t->table = gw_workspaces_new(t->gen->cfg, NULL, t->gen, d);
    gw_diagnostics_print(d, stderr);
    gw_diagnostics_free(&d);
    if (t->table == NULL)
        return GW_EXIT_CONFIG;
    t->workspace = gw_workspaces_find(t->table, rd_slice_str(name));
    if (t->workspace != NULL)
        return GW_EXIT_OK;
    fputs("redactd: the configuration has no workspace of that name\n", stderr);
    return GW_EXIT_FAILED;
}

int gw_cli_text_open(gw_cli_text *t, int argc, char **argv, bool keys)
{
    named given = {0};
    char why[GW_WHY_BYTES];
    *t = (gw_cli_text){.signal = RD_SIGNAL_LOGS, .cls = RD_CLASS_BODY};
    if (!read_options(t, argc, argv, &given) || (!keys && (t->key != NULL || t->key_field != NULL)))
        return gw_cli_usage(argv[0]);
    gw_config *cfg = gw_config_open(given.file);
    if (cfg == NULL)
        return GW_EXIT_CONFIG;
    t->gen = gw_generation_new(cfg, GW_GENERATION_CHECK, why);
    if (t->gen == NULL) {
        fprintf(stderr, "redactd: %s\n", why);
        return GW_EXIT_CONFIG;
    }
    rd_buf_init(&t->text, RD_DOC_MAX_BODY);
    rd_buf_init(&t->name, RD_DOC_MAX_BODY);
    int rc = given.workspace != NULL ? open_workspace(t, given.workspace) : GW_EXIT_OK;
    if (rc != GW_EXIT_OK) {
        gw_cli_text_release(t);
        return rc;
    }
    t->policy = gw_policy_of(t->gen, t->workspace);
    setvbuf(stdout, NULL, _IOLBF, 0); /* for `tail -f x | redactd redact` */
    return GW_EXIT_OK;
}

void gw_cli_text_release(gw_cli_text *t)
{
    gw_workspaces_unref(&t->table);
    gw_generation_unref(&t->gen);
    rd_buf_wipe(&t->name);
    rd_buf_release(&t->name);
    rd_buf_wipe(&t->text);
    rd_buf_release(&t->text);
    json_decref(t->item);
    free(t->raw);
}

void gw_cli_text_fail(const gw_cli_text *t, const char *what)
{
    fprintf(stderr, "redactd: line %llu: %s\n", (unsigned long long)t->line, what);
}

int gw_cli_text_finish(int rc)
{
    return fflush(stdout) == 0 && !ferror(stdout) ? rc : GW_EXIT_FAILED;
}

static bool read_string(gw_cli_text *t, const char *member, rd_buf *out, const char *complaint)
{
    const json_t *text = json_object_get(t->item, member);
    if (json_is_string(text))
        rd_buf_append(out, json_string_value(text), json_string_length(text));
    else
        gw_cli_text_fail(t, complaint);
    return json_is_string(text);
}

/* jansson's own words for an error show a part of the line, so they are not shown. */
static bool read_item(gw_cli_text *t, size_t n)
{
    json_decref(t->item);
    t->item = json_loadb(t->raw, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    if (t->item == NULL) {
        gw_cli_text_fail(t, "not a JSON object");
        return false;
    }
    return read_string(t, t->field, &t->text, "no string with the name that --field gives") &&
           (t->key_field == NULL ||
            read_string(t, t->key_field, &t->name, "no string with the name that --key-field gives"));
}

int gw_cli_text_next(gw_cli_text *t)
{
    ssize_t n = getline(&t->raw, &t->raw_cap, stdin);
    if (n < 0 && !ferror(stdin) && feof(stdin))
        return 0;
    t->line++;
    rd_buf_clear(&t->text, 1 << 20);
    rd_buf_clear(&t->name, 1 << 20);
    if (t->key != NULL)
        rd_buf_append_str(&t->name, t->key);
    if (n < 0) {
        gw_cli_text_fail(t, "cannot be read");
        return -1;
    }
    t->ended = t->raw[n - 1] == '\n';
    n -= t->ended;
    if (t->field == NULL)
        rd_buf_append(&t->text, t->raw, (size_t)n);
    else if (!read_item(t, (size_t)n))
        return -1;
    if (t->text.failed != RD_OK || t->name.failed != RD_OK) {
        gw_cli_text_fail(t, rd_outcome_word(t->text.failed != RD_OK ? t->text.failed : t->name.failed));
        return -1;
    }
    (void)rd_buf_reserve(&t->name, 1);
    (void)rd_buf_reserve(&t->text, 1); /* an empty text, too, has bytes behind it */
    return 1;
}
