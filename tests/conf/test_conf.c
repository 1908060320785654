/* SPDX-License-Identifier: MIT */
/*
 * Golden tests of the configuration.
 *
 *    bad/NAME.yaml   does not load, and says exactly what stands in bad/NAME.txt
 *    ok/NAME.yaml    loads, and dumps as ok/NAME.dump; so does the dump
 *    conf/           the shipped files load, and their dumps load again
 *
 * Argument: the folder of the project. With UPDATE_GOLDEN=1 in the environment the expected files are
 * written anew; read the difference before you commit it.
 */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/config_load.h"

enum { MAX_CASES = 500, MAX_FILE = 1 << 20 };

/* Stands in every bad file that has a secret; must stand in no output. */
static const char secret[] = "hunter2";

static char *read_file(const char *path, size_t *out_n)
{
    FILE *f = fopen(path, "rb");
    char *text = calloc(1, MAX_FILE);
    if (f != NULL) {
        *out_n = fread(text, 1, MAX_FILE - 1, f);
        fclose(f);
    }
    if (f == NULL) {
        free(text);
        return NULL;
    }
    return text;
}

static void check_golden(const char *path, const char *text)
{
    size_t n;
    if (getenv("UPDATE_GOLDEN") != NULL) {
        FILE *f = fopen(path, "wb");
        assert_non_null(f);
        fputs(text, f);
        fclose(f);
    }
    char *expected = read_file(path, &n);
    if (expected == NULL)
        fail_msg("%s is missing; UPDATE_GOLDEN=1 writes it", path);
    assert_string_equal(text, expected);
    free(expected);
}

/* bad/x.yaml -> bad/x.txt */
static void golden_name(const char *path, const char *extension, char *out, size_t room)
{
    snprintf(out, room, "%.*s%s", (int)(strlen(path) - strlen(".yaml")), path, extension);
}

static void case_bad(void **state)
{
    const char *path = *state;
    char golden[512], *said = NULL;
    size_t n = 0, n_said = 0;
    char *text = read_file(path, &n);
    gw_diagnostics *d = gw_diagnostics_new();
    assert_non_null(text);
    assert_null(gw_config_parse_in(text, n, path, "", GW_OPEN, d));
    FILE *f = open_memstream(&said, &n_said);
    gw_diagnostics_print(d, f);
    fclose(f);
    assert_true(gw_diagnostics_errors(d) > 0);
    assert_null(strstr(said, secret));
    golden_name(path, ".txt", golden, sizeof golden);
    check_golden(golden, said);
    gw_diagnostics_free(&d);
    free(said);
    free(text);
}

/* The dump of a text that must load. */
static char *dump_of(const char *text, size_t n, const char *name, const char *dir)
{
    char *dump = NULL;
    size_t n_dump = 0;
    gw_diagnostics *d = gw_diagnostics_new();
    gw_config *c = gw_config_parse_in(text, n, name, dir, GW_OPEN, d);
    gw_diagnostics_print(d, stderr);
    assert_int_equal(gw_diagnostics_errors(d), 0);
    assert_non_null(c);
    FILE *f = open_memstream(&dump, &n_dump);
    gw_config_dump(c, f);
    fclose(f);
    gw_config_free(&c);
    gw_diagnostics_free(&d);
    return dump;
}

static char *dump_twice(const char *text, size_t n, const char *name, const char *dir)
{
    char *dump = dump_of(text, n, name, dir);
    char *again = dump_of(dump, strlen(dump), "dump", "");
    assert_string_equal(dump, again);
    assert_null(strstr(dump, secret));
    free(again);
    return dump;
}

static void case_ok(void **state)
{
    const char *path = *state;
    char golden[512];
    size_t n = 0;
    char *text = read_file(path, &n);
    assert_non_null(text);
    char *dump = dump_twice(text, n, path, "");
    golden_name(path, ".dump", golden, sizeof golden);
    check_golden(golden, dump);
    free(dump);
    free(text);
}

/* A folder like the project's with the certificates that the example names, in `dir` (ends with a slash). */
static void make_files(char *dir, size_t room)
{
    static const char *const names[] = {"certs/server.pem", "certs/server.key", "certs/ca.pem"};
    char base[] = "/tmp/redactd-conf-XXXXXX", path[256];
    assert_non_null(mkdtemp(base));
    snprintf(dir, room, "%s/conf/", base);
    assert_int_equal(mkdir(dir, 0700), 0);
    snprintf(path, sizeof path, "%s/certs", base);
    assert_int_equal(mkdir(path, 0700), 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", base, names[i]);
        FILE *f = fopen(path, "wb");
        assert_non_null(f);
        fclose(f);
        assert_int_equal(chmod(path, 0600), 0);
    }
}

static void remove_files(const char *dir)
{
    char command[512];
    snprintf(command, sizeof command, "rm -r -- '%.*s'", (int)(strlen(dir) - strlen("/conf/")), dir);
    assert_int_equal(system(command), 0);
}

static void case_shipped(void **state)
{
    char dir[128];
    size_t n = 0;
    char *text = read_file(*state, &n);
    assert_non_null(text);
    make_files(dir, sizeof dir);
    setenv("COLLECTOR_TOKEN", secret, 1);
    free(dump_twice(text, n, *state, dir));
    unsetenv("COLLECTOR_TOKEN");
    remove_files(dir);
    free(text);
}

static struct CMUnitTest cases[MAX_CASES];
static size_t n_cases;

static void add_case(const char *path, CMUnitTestFunction run)
{
    if (n_cases == MAX_CASES)
        abort();
    char *name = strdup(path);
    cases[n_cases++] = (struct CMUnitTest){.name = name, .test_func = run, .initial_state = name};
}

static void add_folder(const char *folder, CMUnitTestFunction run)
{
    struct dirent **list;
    int n = scandir(folder, &list, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char path[512];
        const char *end = strrchr(list[i]->d_name, '.');
        snprintf(path, sizeof path, "%s/%s", folder, list[i]->d_name);
        if (end != NULL && strcmp(end, ".yaml") == 0)
            add_case(path, run);
        free(list[i]);
    }
    if (n < 3)
        abort();
    free(list);
}

int main(int argc, char **argv)
{
    char path[512];
    if (argc != 2)
        return 2;
    snprintf(path, sizeof path, "%s/tests/conf", argv[1]);
    if (chdir(path) != 0)
        return 2;
    /* What the cases may count on in the environment. */
    if (chmod("world-readable.txt", 0644) != 0) /* whatever the umask of the checkout was */
        return 2;
    unsetenv("NOT_SET");
    setenv("SOME_PORT", "4444", 1);
    setenv("NOT_UTF8", "\xff", 1);
    setenv("EMPTY", "", 1);
    add_folder("bad", case_bad);
    add_folder("ok", case_ok);
    add_case("../../conf/default.yaml", case_shipped);
    add_case("../../conf/redactd.yaml", case_shipped);
    int failed = _cmocka_run_group_tests("conf", cases, n_cases, NULL, NULL);
    for (size_t i = 0; i < n_cases; i++)
        free((char *)cases[i].name);
    return failed;
}
