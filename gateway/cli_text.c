/* SPDX-License-Identifier: MIT */
#include "gateway/cli_text.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli.h"
#include "gateway/cli_usage.h"
#include "gateway/config_open.h"

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

int gw_cli_text_open(gw_cli_text *t, int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"field", required_argument, NULL, 'f'},
                                            {"class", required_argument, NULL, 'k'},
                                            {0}};
    const char *file = NULL;
    char why[GW_WHY_BYTES];
    *t = (gw_cli_text){.cls = RD_CLASS_BODY};
    optind = 1;
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, "c:", options, NULL)) != -1;) {
        if (c == 'c')
            file = optarg;
        else if (c == 'f')
            t->field = optarg;
        else if (c != 'k' || !find_class(optarg, &t->cls))
            return gw_cli_usage(argv[0]);
    }
    if (optind != argc)
        return gw_cli_usage(argv[0]);
    gw_config *cfg = gw_config_open(file);
    if (cfg == NULL)
        return GW_EXIT_CONFIG;
    t->gen = gw_generation_new(cfg, GW_GENERATION_CHECK, why);
    if (t->gen == NULL) {
        fprintf(stderr, "redactd: %s\n", why);
        return GW_EXIT_CONFIG;
    }
    rd_buf_init(&t->text, RD_DOC_MAX_BODY);
    setvbuf(stdout, NULL, _IOLBF, 0); /* for `tail -f x | redactd redact` */
    return GW_EXIT_OK;
}

void gw_cli_text_release(gw_cli_text *t)
{
    gw_generation_unref(&t->gen);
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

/* jansson's own words for an error show a part of the line, so they are not shown. */
static bool read_item(gw_cli_text *t, size_t n)
{
    json_decref(t->item);
    t->item = json_loadb(t->raw, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    const json_t *text = json_object_get(t->item, t->field);
    if (t->item == NULL)
        gw_cli_text_fail(t, "not a JSON object");
    else if (!json_is_string(text))
        gw_cli_text_fail(t, "no string with the name that --field gives");
    else
        rd_buf_append(&t->text, json_string_value(text), json_string_length(text));
    return json_is_string(text);
}

int gw_cli_text_next(gw_cli_text *t)
{
    ssize_t n = getline(&t->raw, &t->raw_cap, stdin);
    if (n < 0 && !ferror(stdin) && feof(stdin))
        return 0;
    t->line++;
    rd_buf_clear(&t->text, 1 << 20);
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
    if (t->text.failed != RD_OK) {
        gw_cli_text_fail(t, rd_outcome_word(t->text.failed));
        return -1;
    }
    (void)rd_buf_reserve(&t->text, 1); /* an empty text, too, has bytes behind it */
    return 1;
}
