/* SPDX-License-Identifier: MIT */
#include "tests/unit/gateway_kit.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define HEAD "version: 1\nupstreams: {local: {store: data}}\n"

static gw_config *config_of(const char *text)
{
    gw_diagnostics *d = gw_diagnostics_new();
    gw_config *c = gw_config_parse(text, strlen(text), "t.yaml", d);
    gw_diagnostics_print(d, stderr);
    gw_diagnostics_free(&d);
    assert_non_null(c);
    return c;
}

static char *printed(const gw_diagnostics *d)
{
    char *out = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&out, &n);
    gw_diagnostics_print(d, f);
    fclose(f);
    return out;
}

static gw_workspaces *table_of(gw_config *c, const gw_workspaces *before)
{
    gw_diagnostics *d = gw_diagnostics_new();
    gw_workspaces *t = gw_workspaces_new(c, before, NULL, d);
    gw_diagnostics_print(d, stderr);
    gw_diagnostics_free(&d);
    assert_non_null(t);
    return t;
}

/* What is said about a configuration whose table cannot be made; the caller frees it. */
static char *refusal(const char *text)
{
    gw_config *c = config_of(text);
    gw_diagnostics *d = gw_diagnostics_new();
    assert_null(gw_workspaces_new(c, NULL, NULL, d));
    char *out = printed(d);
    gw_diagnostics_free(&d);
    gw_config_free(&c);
    return out;
}

static const gw_workspace *find(const gw_workspaces *t, const char *name)
{
    return gw_workspaces_find(t, rd_slice_str(name));
}

static void test_workspace__list_and_anonymous(void **state)
{
    gw_config *c =
        config_of(HEAD "workspaces: {anonymous: local, list: [{name: acme, tenant: a-1}, {name: b}]}");
    gw_workspaces *t = table_of(c, NULL);
    gw_config_free(&c); /* the table holds its own reference */
    assert_int_equal(gw_workspaces_count(t), 3);
    assert_string_equal(find(t, "acme")->tenant, "a-1");
    assert_string_equal(find(t, "b")->tenant, "b");
    assert_ptr_equal(gw_workspaces_anonymous(t), find(t, "local"));
    assert_string_equal(find(t, "local")->tenant, "local");
    assert_null(find(t, "ac"));
    assert_null(find(t, "acmee"));
    assert_null(find(t, "ACME"));
    assert_null(find(t, ""));
    assert_int_equal(find(t, "acme")->slot, 0); /* a table that was never in force leaves no trace */
    gw_workspaces_publish(t);
    assert_true(find(t, "acme")->slot != 0 && find(t, "acme")->slot != find(t, "b")->slot);
    gw_workspaces_unref(&t);
}

static void test_workspace__anonymous_takes_its_entry(void **state)
{
    gw_config *c = config_of(HEAD "workspaces: {anonymous: b, list: [{name: a}, {name: b, tenant: t}]}");
    gw_workspaces *t = table_of(c, NULL);
    assert_int_equal(gw_workspaces_count(t), 2);
    assert_string_equal(gw_workspaces_anonymous(t)->tenant, "t");
    gw_workspaces_unref(&t);
    gw_config_free(&c);
    c = config_of(HEAD "workspaces: {list: [{name: a}]}");
    t = table_of(c, NULL);
    assert_null(gw_workspaces_anonymous(t));
    gw_workspaces_unref(&t);
    gw_config_free(&c);
}

/* ---- the file ---- */

static char *write_file(const char *text)
{
    static char path[] = "/tmp/redactd-workspaces-XXXXXX.yaml";
    snprintf(path, sizeof path, "/tmp/redactd-workspaces-XXXXXX.yaml");
    int fd = mkstemps(path, 5);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

static gw_config *config_with_file(const char *path)
{
    char text[512];
    snprintf(text, sizeof text, HEAD "workspaces: {file: %s, list: [{name: inline}]}", path);
    return config_of(text);
}

static void test_workspace__file(void **state)
{
    char *path = write_file("version: 1\nworkspaces:\n  - name: one\n    tenant: t1\n  - {name: two}\n");
    gw_config *c = config_with_file(path);
    gw_workspaces *t = table_of(c, NULL);
    assert_int_equal(gw_workspaces_count(t), 3);
    assert_string_equal(find(t, "one")->tenant, "t1");
    assert_string_equal(find(t, "two")->tenant, "two");
    assert_non_null(find(t, "inline"));
    assert_false(gw_workspaces_stale(t));
    FILE *f = fopen(path, "a");
    fputs("  - {name: three}\n", f);
    fclose(f);
    assert_true(gw_workspaces_stale(t));
    gw_workspaces *next = table_of(c, t);
    assert_non_null(find(next, "three"));
    assert_null(find(t, "three"));
    assert_true(gw_workspaces_generation(next) > gw_workspaces_generation(t));
    assert_false(gw_workspaces_stale(next));
    gw_workspaces_looked(t);
    assert_false(gw_workspaces_stale(t));
    gw_workspaces_unref(&t);
    gw_workspaces_unref(&next);
    gw_config_free(&c);
    unlink(path);
}

/* All of them at once, each with its place. */
static void test_workspace__errors_of_a_file(void **state)
{
    char *path = write_file(
        "version: 1\nworkspaces:\n  - name: one\n    tenannt: x\n  - {name: \"a b\"}\n  - tenant: y\n"
        "  - [1]\n  - {name: ok, name: ok}\n");
    gw_config *c = config_with_file(path);
    gw_diagnostics *d = gw_diagnostics_new();
    assert_null(gw_workspaces_new(c, NULL, NULL, d));
    char *out = printed(d);
    assert_int_equal(gw_diagnostics_errors(d), 5);
    assert_non_null(strstr(out, "unknown key `tenannt` in `workspaces[0]`"));
    assert_non_null(strstr(out, ".yaml:4:5"));
    assert_non_null(strstr(out, "did you mean `tenant`?"));
    assert_non_null(strstr(out, "`workspaces[1].name` must be"));
    assert_non_null(strstr(out, ".yaml:5:12"));
    assert_non_null(strstr(out, "key `name` is missing in `workspaces[2]`"));
    assert_non_null(strstr(out, "`workspaces[3]` must be a mapping"));
    assert_non_null(strstr(out, "key `name` is there twice in `workspaces[4]`"));
    free(out);
    gw_diagnostics_free(&d);
    gw_config_free(&c);
    unlink(path);
}

static void test_workspace__no_file_of_workspaces(void **state)
{
    static const struct {
        const char *text, *says;
    } rows[] = {{"", "a file of workspaces is a mapping"},
                {"[]", "a file of workspaces is a mapping"},
                {"version: 1\n", "key `workspaces` is missing"},
                {"workspaces: []\n", "key `version` is missing"},
                {"version: 1\nworkspaces: {a: b}\n", "`workspaces` must be a list"},
                {"version: 1\nworkspaces: []\nmore: 1\n", "unknown key `more`"},
                {"version: 1\nworkspaces:\n  - name: a\n  - name: [\n", "not YAML"},
                {"version: 1\nworkspaces:\n  - &x {name: a}\n  - *x\n", "anchors"},
                {"version: 1\nworkspaces: [{name: inline}]\n", "workspace `inline` is there twice"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[512], *path = write_file(rows[i].text);
        snprintf(text, sizeof text, HEAD "workspaces: {file: %s, list: [{name: inline}]}", path);
        char *out = refusal(text);
        if (strstr(out, rows[i].says) == NULL)
            fail_msg("expected `%s` in: %s", rows[i].says, out);
        free(out);
        unlink(path);
    }
}

static void test_workspace__fifty_thousand(void **state)
{
    enum { N = 50000 };
    char *path = write_file("version: 1\nworkspaces:\n"), name[32];
    FILE *f = fopen(path, "a");
    for (int i = 0; i < N; i++)
        fprintf(f, "  - name: workspace-%d\n    tenant: tenant-%d\n", i, i);
    fclose(f);
    gw_config *c = config_with_file(path);
    gw_workspaces *t = table_of(c, NULL);
    assert_int_equal(gw_workspaces_count(t), N + 1);
    for (int i = 0; i < N; i++) {
        snprintf(name, sizeof name, "workspace-%d", i);
        const gw_workspace *w = find(t, name);
        assert_non_null(w);
        assert_string_equal(w->name, name);
    }
    assert_null(find(t, "workspace-50000"));
    gw_workspaces_publish(t);
    assert_int_equal(find(t, "workspace-49999")->slot, 0); /* series are bounded */
    gw_workspaces_unref(&t);
    gw_config_free(&c);
    unlink(path);
}

static void test_workspace__twice(void **state)
{
    char *out = refusal(HEAD "workspaces: {list: [{name: a}, {name: b}, {name: a}, {name: a}]}");
    assert_non_null(strstr(out, "workspace `a` is there twice"));
    assert_non_null(strstr(out, "t.yaml:3:43"));
    assert_non_null(strstr(out, "t.yaml:3:54"));
    assert_non_null(strstr(out, "first given in t.yaml, line 3"));
    free(out);
}

/* ---- from table to table ---- */

static void test_workspace__what_was_used_outlives_a_table(void **state)
{
    gw_config *c = config_of(HEAD "workspaces: {list: [{name: a}, {name: b}]}");
    gw_workspaces *t = table_of(c, NULL);
    gw_workspaces_publish(t);
    gw_quota *a = gw_workspace_quota(find(t, "a"));
    assert_ptr_equal(gw_workspace_quota(find(t, "a")), a);
    assert_ptr_not_equal(gw_workspace_quota(find(t, "b")), a);
    gw_quota_block(a, 100);
    gw_workspaces *next = table_of(c, t);
    gw_workspaces_publish(next);
    gw_workspaces_unref(&t);
    assert_ptr_equal(gw_workspace_quota(find(next, "a")), a);
    assert_int_equal(gw_quota_blocked_until(gw_workspace_quota(find(next, "a"))), 100);
    assert_int_equal(gw_quota_blocked_until(gw_workspace_quota(find(next, "b"))), 0);
    gw_workspaces *now = gw_workspaces_current();
    assert_ptr_equal(now, next);
    gw_workspaces_unref(&now);
    gw_workspaces_unref(&next);
    gw_config_free(&c);
}

/* ---- what others hang in ---- */

static unsigned made, freed, seen_before;

static bool make_ext(void *arg, const gw_workspace *w, const gw_workspace *before, void **out, char *why)
{
    seen_before += before != NULL && before->ext[GW_WORKSPACE_LIMITS] != NULL;
    if (strcmp(w->name, "bad") == 0) {
        snprintf(why, GW_WORKSPACE_WHY_BYTES, "no such limit");
        return false;
    }
    *out = strcmp(w->name, "none") == 0 ? NULL : strdup(w->name);
    made += *out != NULL;
    return true;
}

static void free_ext(void *ext)
{
    freed++;
    free(ext);
}

static void test_workspace__hooks(void **state)
{
    static const gw_workspace_hook hook = {make_ext, free_ext};
    gw_workspaces_hook(GW_WORKSPACE_LIMITS, &hook);
    gw_config *c = config_of(HEAD "workspaces: {list: [{name: a}, {name: none}]}");
    gw_workspaces *t = table_of(c, NULL), *next = table_of(c, t);
    assert_int_equal(made, 2);
    assert_int_equal(seen_before, 1);
    assert_string_equal(find(t, "a")->ext[GW_WORKSPACE_LIMITS], "a");
    assert_null(find(t, "none")->ext[GW_WORKSPACE_LIMITS]);
    gw_workspaces_unref(&t);
    gw_workspaces_unref(&next);
    gw_config_free(&c);
    char *out = refusal(HEAD "workspaces: {list: [{name: a}, {name: bad}]}");
    assert_non_null(strstr(out, "workspace `bad`: no such limit"));
    assert_non_null(strstr(out, "t.yaml:3:32"));
    free(out);
    assert_int_equal(made, freed);
    gw_workspaces_hook(GW_WORKSPACE_LIMITS, &(gw_workspace_hook){0});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_workspace__list_and_anonymous),
        cmocka_unit_test(test_workspace__anonymous_takes_its_entry),
        cmocka_unit_test(test_workspace__file),
        cmocka_unit_test(test_workspace__errors_of_a_file),
        cmocka_unit_test(test_workspace__no_file_of_workspaces),
        cmocka_unit_test(test_workspace__fifty_thousand),
        cmocka_unit_test(test_workspace__twice),
        cmocka_unit_test(test_workspace__what_was_used_outlives_a_table),
        cmocka_unit_test(test_workspace__hooks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
