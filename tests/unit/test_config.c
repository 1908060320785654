/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "filters/base/doc.h"
#include "filters/detect/detectors.h"
#include "gateway/cli.h"
#include "gateway/config_keys.h"

#define HEAD "version: 1\nupstreams: {local: {store: data}}\n"

/* Not inlined: gcc 12 then takes the text for the variable that points to it. */
__attribute__((noinline)) static char *printed(const gw_diagnostics *d)
{
    char *out = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&out, &n);
    gw_diagnostics_print(d, f);
    fclose(f);
    return out;
}

static gw_config *must_parse(const char *text)
{
    gw_diagnostics *d = gw_diagnostics_new();
    gw_config *c = gw_config_parse(text, strlen(text), "t.yaml", d);
    gw_diagnostics_print(d, stderr);
    assert_non_null(c);
    assert_int_equal(gw_diagnostics_errors(d), 0);
    gw_diagnostics_free(&d);
    return c;
}

/* What is said about a text that does not load; the caller frees it. */
static char *complaints(const char *text, size_t *out_errors)
{
    gw_diagnostics *d = gw_diagnostics_new();
    assert_null(gw_config_parse(text, strlen(text), "t.yaml", d));
    char *out = printed(d);
    if (out_errors != NULL)
        *out_errors = gw_diagnostics_errors(d);
    gw_diagnostics_free(&d);
    return out;
}

static void must_say(const char *text, const char *expected)
{
    char *out = complaints(text, NULL);
    if (strstr(out, expected) == NULL)
        fail_msg("expected `%s` in: %s", expected, out);
    free(out);
}

static const gw_rule_cfg *find_rule(const gw_config *c, const char *name)
{
    for (size_t i = 0; i < c->redaction.n_rules; i++) {
        if (strcmp(c->redaction.rules[i].name, name) == 0)
            return &c->redaction.rules[i];
    }
    return NULL;
}

static void test_config__three_keys_are_enough(void **state)
{
    gw_config *c =
        must_parse("version: 1\nupstreams: {collector: {endpoints: [\"https://c.example/base/\"]}}\n"
                   "workspaces: {anonymous: default}\n");
    assert_int_equal(c->n_listeners, 1);
    assert_string_equal(c->listeners[0].address, "127.0.0.1:4318");
    assert_string_equal(c->listeners[0].host, "127.0.0.1");
    assert_int_equal(c->listeners[0].port, 4318);
    assert_false(c->listeners[0].has_tls);
    assert_true(c->has_admin);
    assert_int_equal(c->admin.listener.port, 9464);
    assert_int_equal(c->threads, 0);
    assert_int_equal(c->shutdown_timeout_ms, 25000);
    assert_string_equal(c->workspaces.anonymous, "default");
    assert_string_equal(c->workspaces.tenant, "default");
    const gw_upstream_cfg *u = &c->upstreams[0];
    assert_int_equal(c->n_upstreams, 1);
    assert_string_equal(u->name, "collector");
    assert_int_equal(u->n_endpoints, 1);
    assert_string_equal(u->endpoints[0].host, "c.example");
    assert_string_equal(u->endpoints[0].path, "/base");
    assert_int_equal(u->endpoints[0].port, 443);
    assert_true(u->endpoints[0].tls);
    assert_null(u->store);
    assert_null(u->tenant_header);
    assert_int_equal(u->encoding, GW_UPSTREAM_IDENTITY);
    assert_int_equal(u->connect_timeout_ms, 2000);
    assert_int_equal(u->first_byte_timeout_ms, 8000);
    assert_int_equal(u->total_timeout_ms, 9000);
    assert_int_equal(u->idle_timeout_ms, 55000);
    assert_int_equal(u->max_connections, 256);
    assert_int_equal(u->max_idle_connections, 64);
    assert_int_equal(u->max_response_bytes, 1 << 20);
    gw_config_free(&c);
    assert_null(c);
    gw_config_free(&c);
}

static void test_config__routes_default_to_the_only_upstream(void **state)
{
    static const struct {
        const char *version, *match, *path;
        gw_signal signal;
    } expected[] = {
        {"v1", "/v1/logs", "/v1/logs", GW_SIGNAL_LOGS},
        {"v1", "/v1/traces", "/v1/traces", GW_SIGNAL_TRACES},
        {"v1", "/v1/metrics", "/v1/metrics", GW_SIGNAL_METRICS},
        {"v1", "/loki/api/v1/push", "/loki/api/v1/push", GW_SIGNAL_LOKI_PUSH},
        {"legacy", "/api/prom/push", "/api/prom/push", GW_SIGNAL_LOKI_PUSH},
    };
    gw_config *c = must_parse(HEAD);
    assert_int_equal(c->n_routes, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < c->n_routes; i++) {
        assert_string_equal(c->routes[i].version, expected[i].version);
        assert_string_equal(c->routes[i].match, expected[i].match);
        assert_string_equal(c->routes[i].path, expected[i].path);
        assert_int_equal(c->routes[i].signal, expected[i].signal);
        assert_string_equal(c->routes[i].upstream, "local");
        assert_int_equal(c->routes[i].upstream_index, 0);
        assert_int_equal(c->routes[i].state, GW_VERSION_ACTIVE);
    }
    gw_config_free(&c);
}

static void test_config__limits_have_their_defaults(void **state)
{
    gw_config *c = must_parse(HEAD);
    const gw_limits_cfg *l = &c->limits;
    assert_int_equal(l->header_bytes, 64 << 10);
    assert_int_equal(l->body_bytes, 20 << 20);
    assert_int_equal(l->decoded_bytes, 64 << 20);
    assert_int_equal(l->decode_ratio, 200);
    assert_int_equal(l->elements, 2000000);
    assert_int_equal(l->depth, 32);
    assert_int_equal(l->connections, 10000);
    assert_int_equal(l->requests_in_flight, 4096);
    assert_true(l->memory_bytes == UINT64_C(2) << 30);
    assert_int_equal(l->header_timeout_ms, 10000);
    assert_int_equal(l->body_timeout_ms, 60000);
    assert_int_equal(l->idle_timeout_ms, 75000);
    assert_int_equal(c->upstreams[0].store_segment_bytes, 64 << 20);
    assert_int_equal(c->upstreams[0].store_segment_age_ms, 3600000);
    assert_true(c->upstreams[0].store_total_bytes == UINT64_C(4) << 30);
    assert_int_equal(c->upstreams[0].store_queue_bytes, 64 << 20);
    assert_int_equal(c->upstreams[0].store_full, GW_STORE_DELETE_OLDEST);
    assert_null(c->workspaces.anonymous);
    gw_config_free(&c);
}

static void test_config__fills_routes_from_the_file(void **state)
{
    gw_config *c =
        must_parse("version: 1\nupstreams: {a: {store: x}, b: {store: y}}\nroutes:\n"
                   "  - {version: legacy, signal: loki_push, upstream: b, state: deprecated, deprecated: "
                   "2026-01-01, sunset: 2027-01-01, successor: /loki/api/v1/push}\n"
                   "  - {version: v2, signal: metrics, upstream: a, match: /m, path: /n}\n");
    assert_int_equal(c->n_routes, 2);
    assert_string_equal(c->routes[0].match, "/api/prom/push");
    assert_int_equal(c->routes[0].upstream_index, 1);
    assert_int_equal(c->routes[0].state, GW_VERSION_DEPRECATED);
    assert_int_equal(c->routes[0].deprecated_at, 1767225600);
    assert_int_equal(c->routes[0].sunset_at, 1798761600);
    assert_string_equal(c->routes[0].successor, "/loki/api/v1/push");
    assert_string_equal(c->routes[1].match, "/m");
    assert_string_equal(c->routes[1].path, "/n");
    assert_int_equal(c->routes[1].upstream_index, 0);
    gw_config_free(&c);
}

static void test_config__defaults_give_way_to_lower_ceilings(void **state)
{
    gw_config *c = must_parse(
        "version: 1\nupstreams: {a: {endpoints: [http://h], total_timeout: 1s, max_connections: 3, "
        "store_total: 1MiB}}\nlimits: {body_bytes: 100MiB}\n");
    assert_int_equal(c->upstreams[0].first_byte_timeout_ms, 1000);
    assert_int_equal(c->upstreams[0].connect_timeout_ms, 1000);
    assert_int_equal(c->upstreams[0].max_idle_connections, 3);
    assert_int_equal(c->upstreams[0].store_segment_bytes, 1 << 20);
    assert_int_equal(c->limits.decoded_bytes, 100 << 20);
    gw_config_free(&c);
}

static void test_config__has_the_shipped_rules(void **state)
{
    gw_config *c = must_parse(HEAD);
    const gw_rule_cfg *email = find_rule(c, "email"), *keys = find_rule(c, "keys");
    assert_non_null(email);
    assert_string_equal(email->detector, "email");
    assert_int_equal(email->action, GW_ACTION_MASK);
    assert_int_equal(email->label_action, GW_ACTION_MASK);
    assert_string_equal(email->replacement, "***");
    assert_int_equal(email->mode, GW_RULE_ENFORCE);
    assert_int_equal(email->classes, 0);
    assert_non_null(keys);
    assert_true(keys->n_keys >= 7);
    assert_int_equal(keys->action, GW_ACTION_MASK);
    assert_int_equal(keys->label_action, GW_ACTION_DROP);
    for (const char *const *more = (const char *const[]){"secret_keys", "personal_keys", NULL}; *more != NULL;
         more++) {
        assert_non_null(find_rule(c, *more));
        assert_int_equal(find_rule(c, *more)->action, GW_ACTION_MASK);
    }
    assert_int_equal(c->redaction.unknown_fields, GW_UNKNOWN_SCAN);
    assert_int_equal(c->redaction.invalid_utf8, GW_UTF8_REFUSE);
    gw_config_free(&c);
    c = must_parse(HEAD "redaction: {rule_sets: []}\n");
    assert_int_equal(c->redaction.n_rules, 0);
    gw_config_free(&c);
}

/* What the shipped set `set` has for detector `word` of set `home`. */
static void check_shipped(const gw_config *c, const char *set, const char *word, const char *home)
{
    unsigned n = 0;
    for (size_t i = 0; i < c->redaction.n_rules; i++) {
        const gw_rule_cfg *r = &c->redaction.rules[i];
        if (r->detector == NULL || strcmp(r->detector, word) != 0)
            continue;
        n++;
        assert_string_equal(r->name, word);
        assert_int_equal(r->action, GW_ACTION_MASK);
        assert_int_equal(r->label_action, GW_ACTION_MASK);
        assert_int_equal(r->mode, GW_RULE_ENFORCE);
        assert_true(r->classes == 0 && r->signals == 0);
    }
    if (n != (strcmp(set, home) == 0))
        fail_msg("%u rules for %s in set %s", n, word, set);
}

static void test_config__every_detector_has_one_shipped_rule_in_its_set(void **state)
{
    static const struct {
        const char *word, *set;
    } rows[] = {
#define X(name, word, set) {word, set},
        RD_DETECTORS(X)
#undef X
    };
    static const char *const sets[] = {
#define X(name, word) word,
        GW_RULE_SETS(X)
#undef X
    };
    for (size_t s = 0; s < sizeof sets / sizeof sets[0]; s++) {
        char text[256];
        snprintf(text, sizeof text, HEAD "redaction: {rule_sets: [%s]}\n", sets[s]);
        gw_config *c = must_parse(text);
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
            check_shipped(c, sets[s], rows[i].word, rows[i].set);
        gw_config_free(&c);
    }
}

static void test_config__a_rule_changes_only_what_it_says(void **state)
{
    gw_config *c = must_parse(HEAD "redaction:\n  rules:\n"
                                   "    - {name: keys, mode: shadow, where: {classes: [body, label]}}\n"
                                   "    - {name: email, action: {replace: x}}\n"
                                   "    - {name: own, keys: [a], where: {signals: [traces]}}\n");
    const gw_rule_cfg *keys = find_rule(c, "keys"), *email = find_rule(c, "email"),
                      *own = find_rule(c, "own");
    assert_true(keys->n_keys >= 7);
    assert_int_equal(keys->mode, GW_RULE_SHADOW);
    assert_int_equal(keys->label_action, GW_ACTION_DROP);
    assert_true(keys->classes == ((UINT64_C(1) << RD_CLASS_BODY) | (UINT64_C(1) << RD_CLASS_LABEL)));
    assert_string_equal(email->detector, "email");
    assert_int_equal(email->action, GW_ACTION_REPLACE);
    assert_string_equal(email->replacement, "x");
    assert_int_equal(email->mode, GW_RULE_ENFORCE);
    assert_int_equal(own->label_action, GW_ACTION_DROP);
    assert_true(own->signals == UINT64_C(1) << GW_SIGNAL_TRACES);
    assert_ptr_equal(own, &c->redaction.rules[c->redaction.n_rules - 1]); /* own rules come last */
    gw_config_free(&c);
}

static void test_config__a_rule_with_a_new_selector_loses_the_old_one(void **state)
{
    gw_config *c =
        must_parse(HEAD "redaction: {rules: [{name: email, pattern: 'a(b)', group: 1}, {name: keys, "
                        "detector: email}]}\n");
    const gw_rule_cfg *email = find_rule(c, "email"), *keys = find_rule(c, "keys");
    assert_null(email->detector);
    assert_string_equal(email->pattern, "a(b)");
    assert_int_equal(email->group, 1);
    assert_null(keys->keys);
    assert_int_equal(keys->n_keys, 0);
    assert_string_equal(keys->detector, "email");
    gw_config_free(&c);
}

static void test_config__replaces_variables_inside_values_only(void **state)
{
    setenv("T_NAME", "a: [b", 1);
    setenv("T_PORT", "99", 1);
    unsetenv("T_NONE");
    gw_config *c =
        must_parse("version: ${T_NONE:-1}\nupstreams: {u: {endpoints: [\"http://h:${T_PORT}\"], headers: {X: "
                   "\"<${T_NAME}>$${T}$\"}}}\n");
    assert_int_equal(c->upstreams[0].endpoints[0].port, 99);
    assert_string_equal(c->upstreams[0].headers[0].value, "<a: [b>${T}$");
    gw_config_free(&c);
    must_say(HEAD "threads: ${T_NONE}\n", "`threads`: the environment has no variable `T_NONE`");
    must_say(HEAD "threads: ${}\n", "no variable name");
    must_say(HEAD "threads: ${T_PORT\n", "${ without }");
    must_say(HEAD "threads: ${T-X:-1}\n", "no variable name");
    /* What a variable holds is not read again. */
    setenv("T_NAME", "${T_PORT}", 1);
    must_say(HEAD "threads: ${T_NAME}\n", "must be a whole number");
    unsetenv("T_NAME");
    unsetenv("T_PORT");
}

static void test_config__text_from_strangers_sees_no_file_and_no_environment(void **state)
{
    static const char files[] = HEAD "threads: {file: /etc/hostname}\n",
                      variable[] = HEAD "threads: ${T_PORT}\n";
    gw_diagnostics *d = gw_diagnostics_new();
    setenv("T_PORT", "5", 1);
    assert_null(gw_config_parse_in(files, strlen(files), "t", "", GW_SEALED, d));
    assert_null(gw_config_parse_in(variable, strlen(variable), "t", "", GW_SEALED, d));
    assert_int_equal(gw_diagnostics_errors(d), 2);
    char *out = printed(d);
    assert_non_null(strstr(out, "files are not read here"));
    free(out);
    unsetenv("T_PORT");
    gw_diagnostics_free(&d);
}

/* A temporary folder with a configuration in it. */
typedef struct folder {
    char path[64], config[96], secret[96];
} folder;

static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    assert_int_equal(chmod(path, mode), 0);
}

static void make_folder(folder *f, const char *config, const char *secret, mode_t mode)
{
    snprintf(f->path, sizeof f->path, "/tmp/redactd-config-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    snprintf(f->config, sizeof f->config, "%s/redactd.yaml", f->path);
    snprintf(f->secret, sizeof f->secret, "%s/secret", f->path);
    write_file(f->config, config, 0644);
    write_file(f->secret, secret, mode);
}

static void remove_folder(folder *f)
{
    unlink(f->config);
    unlink(f->secret);
    rmdir(f->path);
}

static const char with_files[] =
    "version: 1\nupstreams:\n  c:\n    endpoints: [https://h]\n    headers: {X-Key: {file: "
    "secret}}\n    tls: {ca: redactd.yaml}\n  s: {store: data/x}\n"
    "routes: [{version: v1, signal: logs, upstream: c}]\n";

static void test_config__file_names_are_relative_to_the_file(void **state)
{
    folder f;
    char expected[160];
    gw_diagnostics *d = gw_diagnostics_new();
    make_folder(&f, with_files, "hunter2\n", 0640);
    gw_config *c = gw_config_load(f.config, d);
    gw_diagnostics_print(d, stderr);
    assert_non_null(c);
    assert_string_equal(c->upstreams[0].headers[0].value, "hunter2"); /* without the line end */
    snprintf(expected, sizeof expected, "%s/data/x", f.path);
    assert_string_equal(c->upstreams[1].store, expected);
    assert_string_equal(c->upstreams[0].tls.ca, f.config);
    assert_int_equal(strlen(c->hash), 16);
    gw_config_free(&c);
    gw_diagnostics_free(&d);
    remove_folder(&f);
}

static void test_config__secrets_must_not_be_readable_by_everyone(void **state)
{
    folder f;
    gw_diagnostics *d = gw_diagnostics_new();
    make_folder(&f, with_files, "hunter2\n", 0644);
    assert_null(gw_config_load(f.config, d));
    assert_int_equal(gw_diagnostics_errors(d), 1);
    char *out = printed(d);
    assert_non_null(strstr(out, "everyone may read it"));
    assert_non_null(strstr(out, "redactd.yaml:5:29"));
    assert_null(strstr(out, "hunter2"));
    free(out);
    gw_diagnostics_free(&d);
    remove_folder(&f);
}

static void test_config__says_why_a_file_cannot_be_opened(void **state)
{
    gw_diagnostics *d = gw_diagnostics_new();
    assert_null(gw_config_load("/nonexistent/redactd.yaml", d));
    assert_null(gw_config_load("/", d));
    assert_int_equal(gw_diagnostics_errors(d), 2);
    char *out = printed(d);
    assert_non_null(strstr(out, "--> /nonexistent/redactd.yaml\n"));
    assert_non_null(strstr(out, "No such file"));
    assert_non_null(strstr(out, "Is a directory"));
    free(out);
    gw_diagnostics_free(&d);
}

static void test_config__hash_is_of_the_bytes(void **state)
{
    gw_config *a = must_parse("version: 1\nupstreams: {local: {store: data}}\n");
    gw_config *b = must_parse("version: 1\nupstreams: {local: {store: data}}\n#\n");
    assert_string_equal(a->hash, "7c50ce1f7574027d");
    assert_string_not_equal(a->hash, b->hash);
    gw_config_free(&a);
    gw_config_free(&b);
}

static void test_config__embedded_default_loads(void **state)
{
    size_t n = 0;
    const char *text = gw_config_default_text(&n);
    gw_diagnostics *d = gw_diagnostics_new();
    gw_config *c = gw_config_parse(text, n, "default", d);
    assert_non_null(c);
    assert_string_equal(c->upstreams[0].store, "data"); /* relative to the working directory */
    assert_string_equal(c->workspaces.anonymous, "default");
    assert_string_equal(c->listeners[0].address, "127.0.0.1:4318");
    gw_config_free(&c);
    gw_diagnostics_free(&d);
}

static void test_config__reports_all_errors_of_a_run_in_order(void **state)
{
    size_t errors = 0;
    char *out = complaints(
        "version: 1\nthreads: -1\nupstreams: {a: {endpoints: [x]}}\nlimits: {depth: 0, dept: 1}\n", &errors);
    static const char *const places[] = {"t.yaml:2:10", "t.yaml:3:29", "t.yaml:4:17", "t.yaml:4:20"};
    assert_int_equal(errors, 4);
    for (size_t i = 0, at = 0; i < 4; i++) {
        const char *found = strstr(out + at, places[i]);
        if (found == NULL)
            fail_msg("no %s after byte %zu of: %s", places[i], at, out);
        at = (size_t)(found - out);
    }
    assert_non_null(strstr(out, "did you mean `depth`?"));
    free(out);
}

static void test_config__no_secret_is_ever_shown(void **state)
{
    static const char *const texts[] = {
        "version: 1\nupstreams: {c: {endpoints: [x], headers: {A: hunter2}}}\n",
        "version: 1\nupstreams: {c: {endpoints: [http://u:hunter2@h]}}\n",
        "version: 1\nupstreams: {c: {endpoints: [http://h], headers: [hunter2]}}\n",
        "version: 1\nupstreams: [{headers: {A: hunter2}}]\n",
        "version: 1\nupstreams: hunter2\n",
        "version: 1\nheaders: {A: hunter2}\nupstreams: {}\n",
        "version: 1\nversion: 1 # hunter2\nupstreams: {c: {endpoints: [http://h], headers: {A: hunter2, A: "
        "hunter2}}}\n",
        "version: 1\nupstreams: {c: {endpoints: [http://h], headers: {A: \"hunter2\\nx\", B: [hunter2], C: "
        "{hunter2: x}}}}\n",
        "version: 1\nupstreams: {c: {endpoints: [http://h], haeders: {A: hunter2}, tls: hunter2}}\n",
        "version: 1\nupstreams: {c: {endpoints: [http://h], headers: {A:hunter2, \"B\":x}}}\n",
        "version: 1\nupstreams: {c: {endpoints: [http://h], headers: {A hunter2}}}\n",
        "version: 1\nupstreams: {c: {endpoints: [http://h], headers: {hunter2}}}\n",
        "version: 1\nupstreams: {c: {endpoints: [http://h], token:hunter2}}\n",
        "hunter2\n",
        "- hunter2\n",
        "version: 1\nupstreams: {c: {endpoints: [http://h], headers: {A: 'hunter2}}}\n",
        "version: 1\nupstreams: {c: {endpoints: [http://h], headers: {A: &x hunter2}}}\n",
        "version: 1\nupstreams: {c: {endpoints: [http://h], headers: {A: \"${T_NONE:-hunter2}\\n\"}}}\n",
    };
    unsetenv("T_NONE");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char *out = complaints(texts[i], NULL);
        if (strstr(out, "hunter2") != NULL)
            fail_msg("%zu shows the secret: %s", i, out);
        free(out);
    }
}

/* Loads the text with `insert` at byte `at`, in place of `n_cut` bytes there; nothing said may hold the
 * secret. */
static void try_typo(const char *text, size_t at, size_t n_cut, const char *insert)
{
    char typo[512], *out;
    gw_diagnostics *d = gw_diagnostics_new();
    snprintf(typo, sizeof typo, "%.*s%s%s", (int)at, text, insert, text + at + n_cut);
    gw_config *c = gw_config_parse_in(typo, strlen(typo), "t.yaml", "", GW_SEALED, d);
    out = printed(d);
    if (strstr(typo, "hunter2") != NULL && strstr(out, "hunter2") != NULL)
        fail_msg("for %s\nthe secret is shown: %s", typo, out);
    free(out);
    gw_config_free(&c);
    gw_diagnostics_free(&d);
}

static void test_config__no_typo_shows_a_secret(void **state)
{
    static const char *const texts[] = {
        "version: 1\nupstreams:\n  c:\n    endpoints: [http://h]\n    headers:\n      Authorization: "
        "hunter2\n      X-B: "
        "'Bearer hunter2'\n      Host: |\n        hunter2\n    tenant_header: X\nworkspaces: {anonymous: "
        "a}\n",
        "version: 1\nupstreams: {c: {endpoints: [\"http://u:hunter2@h\"], headers: {A: hunter2, B: \"hunter2 "
        "x\", C: "
        "{file: x}}, store: d}}\nroutes: []\n",
    };
    static const char *const inserts[] = {":", " ", "\n", "\"", "'", "{", "}",  "[",
                                          "]", "#", "- ", "x",  "|", "&", "\t", ","};
    for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++) {
        /* The @ of a URL is what gives it away, so that is not for cutting. */
        for (size_t at = 0; at < strlen(texts[t]); at++) {
            if (texts[t][at] != '@')
                try_typo(texts[t], at, 1, "");
            for (size_t i = 0; i < sizeof inserts / sizeof inserts[0]; i++)
                try_typo(texts[t], at, 0, inserts[i]);
        }
    }
}

static void test_config__booleans_are_true_or_false(void **state)
{
    static const gw_key key = {.name = "k"};
    static const struct {
        const char *text;
        bool start, end;
        size_t errors;
    } cases[] = {
        {"true", false, true, 0}, {"false", true, false, 0}, {"yes", false, false, 1}, {"", true, true, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gw_mem mem = {0};
        gw_diagnostics *d = gw_diagnostics_new();
        gw_loader l = {.mem = &mem, .d = d, .dir = ""};
        gw_yaml_node n = {.kind = GW_YAML_SCALAR, .text = cases[i].text, .plain = true};
        bool value = cases[i].start;
        gw_set_bool(&l, &key, &n, &value);
        assert_int_equal(value, cases[i].end);
        assert_int_equal(gw_diagnostics_errors(d), cases[i].errors);
        gw_diagnostics_free(&d);
        gw_mem_release(&mem);
    }
}

static void check_rows(const gw_section *s)
{
    for (const gw_key *k = s->keys; k->name != NULL; k++) {
        assert_true(gw_is_key(k->name, strlen(k->name)));
        assert_non_null(k->doc);
        assert_non_null(k->type);
        assert_true(k->offset < s->size);
        assert_true(k->min <= k->max);
        assert_false(k->def != NULL && (k->flags & GW_KEY_REQUIRED) != 0);
        for (const gw_key *other = s->keys; other < k; other++)
            assert_string_not_equal(other->name, k->name);
        if (k->section != NULL)
            check_rows(k->section);
    }
}

static void test_config__key_table_is_sane(void **state)
{
    check_rows(&gw_root_section);
    assert_false(gw_is_key("versio", 6));
    assert_false(gw_is_key("versions", 8));
    assert_true(gw_is_key("versions", 7));
}

static size_t count_lines(const gw_section *s)
{
    size_t n = 0;
    for (const gw_key *k = s->keys; k->name != NULL; k++)
        n += 1 + (k->section != NULL ? count_lines(k->section) : 0);
    return n;
}

static void test_config__reference_has_a_row_for_every_key(void **state)
{
    char *out = NULL;
    size_t n = 0, lines = 0;
    FILE *f = open_memstream(&out, &n);
    gw_config_reference(f);
    fclose(f);
    for (const char *s = out; *s != '\0'; s++)
        lines += *s == '\n';
    assert_int_equal(lines, 2 + count_lines(&gw_root_section));
    assert_non_null(strstr(
        out, "| `limits.body_bytes` | size, 1B to 1GiB | `20MiB` | Body as it comes over the wire. |\n"));
    assert_non_null(strstr(out, "| `upstreams.NAME.headers` |"));
    assert_non_null(strstr(out, "| `redaction.rules[].where.classes` |"));
    free(out);
}

static void test_config__verbs_answer_with_exit_codes(void **state)
{
    folder good, bad;
    make_folder(&good, HEAD, "", 0600);
    make_folder(&bad, "version: 2\n", "", 0600);
    assert_int_equal(gw_cli_check(1, (char *[]){"check", NULL}), 0);
    assert_int_equal(gw_cli_check(2, (char *[]){"check", good.config, NULL}), 0);
    assert_int_equal(gw_cli_check(2, (char *[]){"check", bad.config, NULL}), 78);
    assert_int_equal(gw_cli_check(2, (char *[]){"check", "--bogus", NULL}), 64);
    assert_int_equal(gw_cli_check(3, (char *[]){"check", good.config, good.config, NULL}), 64);
    assert_int_equal(gw_cli_dump_config(1, (char *[]){"dump-config", NULL}), 0);
    assert_int_equal(gw_cli_dump_config(2, (char *[]){"dump-config", good.config, NULL}), 0);
    assert_int_equal(gw_cli_dump_config(2, (char *[]){"dump-config", bad.config, NULL}), 78);
    assert_int_equal(gw_cli_dump_config(2, (char *[]){"dump-config", "-x", NULL}), 64);
    assert_int_equal(gw_cli_reference(1, (char *[]){"reference", NULL}), 0);
    assert_int_equal(gw_cli_reference(2, (char *[]){"reference", "x", NULL}), 64);
    remove_folder(&good);
    remove_folder(&bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config__three_keys_are_enough),
        cmocka_unit_test(test_config__routes_default_to_the_only_upstream),
        cmocka_unit_test(test_config__limits_have_their_defaults),
        cmocka_unit_test(test_config__fills_routes_from_the_file),
        cmocka_unit_test(test_config__defaults_give_way_to_lower_ceilings),
        cmocka_unit_test(test_config__has_the_shipped_rules),
        cmocka_unit_test(test_config__every_detector_has_one_shipped_rule_in_its_set),
        cmocka_unit_test(test_config__a_rule_changes_only_what_it_says),
        cmocka_unit_test(test_config__a_rule_with_a_new_selector_loses_the_old_one),
        cmocka_unit_test(test_config__replaces_variables_inside_values_only),
        cmocka_unit_test(test_config__text_from_strangers_sees_no_file_and_no_environment),
        cmocka_unit_test(test_config__file_names_are_relative_to_the_file),
        cmocka_unit_test(test_config__secrets_must_not_be_readable_by_everyone),
        cmocka_unit_test(test_config__says_why_a_file_cannot_be_opened),
        cmocka_unit_test(test_config__hash_is_of_the_bytes),
        cmocka_unit_test(test_config__embedded_default_loads),
        cmocka_unit_test(test_config__reports_all_errors_of_a_run_in_order),
        cmocka_unit_test(test_config__no_secret_is_ever_shown),
        cmocka_unit_test(test_config__no_typo_shows_a_secret),
        cmocka_unit_test(test_config__booleans_are_true_or_false),
        cmocka_unit_test(test_config__key_table_is_sane),
        cmocka_unit_test(test_config__reference_has_a_row_for_every_key),
        cmocka_unit_test(test_config__verbs_answer_with_exit_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
