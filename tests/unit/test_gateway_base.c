/* SPDX-License-Identifier: MIT */
/* The small parts that everything in the gateway stands on: budget, metrics, log, media types, routes, words.
 */
#include "tests/unit/gateway_kit.h"

#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <unistd.h>

#include "filters/base/arena.h"
#include "filters/base/base64.h"
#include "filters/base/doc.h"
#include "gateway/budget.h"
#include "gateway/call_result.h"
#include "gateway/log.h"
#include "gateway/media.h"
#include "gateway/metrics.h"
#include "gateway/route.h"

/* ---- arena, base64 ---- */

static void test_arena__keeps_addresses_and_its_ceiling(void **state)
{
    rd_arena a;
    uint8_t *parts[200];
    rd_arena_init(&a, 200 * 1000);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 200; i++) {
            parts[i] = rd_arena_alloc(&a, 1000);
            assert_non_null(parts[i]);
            memset(parts[i], (int)i, 1000);
        }
        assert_null(rd_arena_alloc(&a, 1));
        assert_null(rd_arena_alloc(&a, SIZE_MAX));
        for (unsigned i = 0; i < 200; i++)
            assert_true(parts[i][0] == i && parts[i][999] == i);
        rd_arena_reset(&a, round == 0 ? 50000 : 0);
        assert_int_equal(a.used, 0);
    }
    assert_non_null(rd_arena_alloc(&a, 100000)); /* larger than a chunk */
    rd_arena_release(&a);
}

static void test_base64__both_ways(void **state)
{
    uint8_t bytes[64];
    for (unsigned n = 0; n < 64; n++) {
        rd_buf text, back;
        rd_buf_init(&text, 1000);
        rd_buf_init(&back, 1000);
        for (unsigned i = 0; i < n; i++)
            bytes[i] = (uint8_t)(i * 37 + n * 11);
        rd_base64_encode(rd_slice_of(bytes, n), &text);
        assert_int_equal(text.n, (n + 2) / 3 * 4);
        for (unsigned form = 0; form < 3; form++) {
            rd_buf_clear(&back, 1000);
            assert_true(rd_base64_decode(rd_buf_slice(&text), &back));
            assert_true(rd_slice_eq(rd_buf_slice(&back), rd_slice_of(bytes, n)));
            if (form == 0) { /* without padding, then URL-safe */
                while (text.n > 0 && text.p[text.n - 1] == '=')
                    text.n--;
            }
            for (size_t i = 0; form == 1 && i < text.n; i++)
                text.p[i] = text.p[i] == '+' ? '-' : text.p[i] == '/' ? '_' : text.p[i];
        }
        rd_buf_release(&text);
        rd_buf_release(&back);
    }
    static const char *const bad[] = {
        "a", "abcde", "ab=c", "a===", "====", "ab==cd==", "ab c", "ab\n=", "ab.d", "\xc3\xa4\x62\x63"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        rd_buf back;
        rd_buf_init(&back, 1000);
        rd_buf_append_str(&back, "x");
        assert_false(rd_base64_decode(rd_slice_str(bad[i]), &back));
        assert_int_equal(back.n, 1);
        rd_buf_release(&back);
    }
}

/* ---- budget ---- */

static void test_budget__refuses_beyond_its_limits(void **state)
{
    gw_budget_limits(2, 133, 1); /* a quarter is for connections */
    assert_true(gw_budget_take_request());
    assert_true(gw_budget_take_request());
    assert_false(gw_budget_take_request());
    gw_budget_give_request();
    assert_true(gw_budget_take_request());
    assert_int_equal(gw_budget_requests(), 2);
    assert_true(gw_budget_take_bytes(60));
    assert_false(gw_budget_take_bytes(41));
    assert_true(gw_budget_take_bytes(40));
    assert_false(gw_budget_take_bytes(1));
    assert_true(gw_budget_take_bytes(0));
    assert_false(gw_budget_take_bytes(UINT64_MAX)); /* would wrap to a little */
    assert_int_equal(gw_budget_bytes(), 100);
    /* a lower limit takes nothing away, but gives nothing either */
    gw_budget_limits(2, 50, 1);
    gw_budget_give_bytes(40);
    assert_false(gw_budget_take_bytes(1));
    gw_budget_give_bytes(60);
    assert_true(gw_budget_take_connection(1));
    assert_false(gw_budget_take_connection(1));
    assert_true(gw_budget_take_admin_connection());
    gw_budget_give_connection(1);
    gw_budget_give_connection(0);
    gw_budget_give_request();
    gw_budget_give_request();
    assert_int_equal(gw_budget_requests() + gw_budget_bytes() + gw_budget_connections(), 0);
}

static void test_budget__connections_and_bodies_share_the_bytes(void **state)
{
    gw_budget_limits(2, 160, 100);
    /* bodies leave a quarter to connections, and no more once connections have that */
    assert_false(gw_budget_take_bytes(121));
    assert_true(gw_budget_take_connection(10));
    assert_false(gw_budget_take_bytes(121));
    assert_true(gw_budget_take_bytes(120));
    assert_true(gw_budget_take_connection(30));
    assert_int_equal(gw_budget_bytes(), 160);
    assert_false(gw_budget_take_connection(1));
    gw_budget_give_bytes(120);
    gw_budget_give_connection(30);
    /* connections get half; one that does not fit takes nothing */
    assert_true(gw_budget_take_connection(70));
    assert_false(gw_budget_take_connection(1));
    assert_int_equal(gw_budget_bytes(), 80);
    assert_int_equal(gw_budget_connections(), 2);
    assert_true(gw_budget_take_bytes(80));
    assert_false(gw_budget_take_bytes(1));
    assert_true(gw_budget_take_admin_connection());
    gw_budget_give_connection(0);
    gw_budget_give_bytes(80);
    gw_budget_give_connection(70);
    gw_budget_give_connection(10);
    /* few connections need less than a quarter */
    gw_budget_limits(2, 100 * GW_CONNECTION_BYTES, 3);
    assert_false(gw_budget_take_bytes(97 * GW_CONNECTION_BYTES + 1));
    assert_true(gw_budget_take_bytes(97 * GW_CONNECTION_BYTES));
    gw_budget_give_bytes(97 * GW_CONNECTION_BYTES);
    assert_int_equal(gw_budget_bytes() + gw_budget_connections(), 0);
}

static void *take_and_give(void *arg)
{
    for (unsigned i = 0; i < 20000; i++) {
        if (gw_budget_take_bytes(7)) {
            assert_true(gw_budget_bytes() <= 100 + 4 * 7); /* others may be about to take back */
            gw_budget_give_bytes(7);
        }
    }
    return NULL;
}

static void test_budget__ends_at_zero_from_many_threads(void **state)
{
    pthread_t t[4];
    gw_budget_limits(2, 20, 1);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&t[i], NULL, take_and_give, NULL), 0);
    for (unsigned i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    assert_int_equal(gw_budget_bytes(), 0);
}

/* ---- metrics ---- */

static bool is_metric_name(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char c = s[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
              (i > 0 && c >= '0' && c <= '9')))
            return false;
    }
    return n > 0;
}

/* name{label="value",...} number; returns the length of the name. */
static size_t check_sample(const char *line)
{
    size_t name = strcspn(line, "{ ");
    const char *at = line + name;
    assert_true(is_metric_name(line, name));
    if (*at == '{') {
        do {
            at++;
            size_t label = strcspn(at, "=");
            assert_true(is_metric_name(at, label) && at[label + 1] == '"');
            at += label + 2;
            size_t value = strcspn(at, "\"\\\n");
            assert_int_equal(at[value], '"');
            at += value + 1;
        } while (*at == ',');
        assert_int_equal(*at++, '}');
    }
    char *end;
    assert_int_equal(*at++, ' ');
    (void)strtod(at, &end);
    assert_true(end != at && *end == '\0');
    return name;
}

/* Text format 0.0.4: HELP and TYPE once before the samples of a name, samples of a name together, none twice.
 */
static void check_exposition(char *text)
{
    char *lines[4096], *name = NULL, *save = NULL;
    unsigned n_lines = 0;
    for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
        assert_true(n_lines < 4096);
        if (strncmp(line, "# HELP ", 7) == 0) {
            name = line + 7;
            size_t n = strcspn(name, " ");
            assert_true(is_metric_name(name, n) && name[n] == ' ' && strlen(name) > n + 1);
            name[n] = '\0';
        } else if (strncmp(line, "# TYPE ", 7) == 0) {
            size_t n = strlen(name);
            assert_true(strncmp(line + 7, name, n) == 0);
            bool counter = strcmp(line + 7 + n, " counter") == 0;
            assert_true(counter || strcmp(line + 7 + n, " gauge") == 0);
            assert_int_equal(counter, n > 6 && strcmp(name + n - 6, "_total") == 0);
        } else {
            size_t n = check_sample(line);
            assert_true(strlen(name) == n && strncmp(line, name, n) == 0);
        }
        for (unsigned i = 0; i < n_lines; i++) {
            size_t n = strcspn(line, " ");
            assert_true(line[0] == '#' || strncmp(lines[i], line, n + 1) != 0);
        }
        lines[n_lines++] = line;
    }
}

static void test_metrics__text_is_valid(void **state)
{
    gw_counters *a = gw_counters_new(), *b = gw_counters_new();
    rd_buf out;
    rd_buf_init(&out, 1 << 22);
    for (unsigned m = 0; m < GW_METRIC_COUNT; m++)
        gw_count(a, (gw_metric)m, 0, 0, 0, 3 + m);
    gw_count(a, GW_METRIC_REDACTIONS, GW_SIGNAL_TRACES, gw_metrics_slot(GW_SLOTS_RULE, "a-rule_1"),
             RD_CLASS_BODY, 5);
    gw_count(b, GW_METRIC_REDACTIONS, GW_SIGNAL_TRACES, gw_metrics_slot(GW_SLOTS_RULE, "a-rule_1"),
             RD_CLASS_BODY, 6);
    gw_count(a, GW_METRIC_CONNECTIONS, 0, 0, 0, -1);
    gw_count(a, GW_METRIC_HTTP_REQUESTS, GW_SIGNAL_COUNT, gw_metrics_status(418), 0, 1);
    gw_metrics_write(&out);
    rd_buf_append_byte(&out, 0);
    assert_int_equal(out.failed, RD_OK);
    assert_non_null(
        strstr((char *)out.p,
               "\nredactd_redactions_total{signal=\"traces\",rule=\"a-rule_1\",field=\"body\"} 11\n"));
    assert_non_null(
        strstr((char *)out.p, "\nredactd_http_requests_total{signal=\"other\",code=\"other\"} 1\n"));
    check_exposition((char *)out.p);
    rd_buf_release(&out);
}

static void test_metrics__names_without_a_slot_share_one(void **state)
{
    char name[32];
    unsigned last = 0;
    for (unsigned i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "up-%u", i);
        unsigned slot = gw_metrics_slot(GW_SLOTS_UPSTREAM, name);
        assert_true(slot < GW_UPSTREAM_SLOTS);
        assert_int_equal(gw_metrics_slot(GW_SLOTS_UPSTREAM, name), slot);
        assert_true(slot == 0 || slot > last);
        last = slot > 0 ? slot : last;
    }
    assert_int_equal(last, GW_UPSTREAM_SLOTS - 1);
    assert_int_equal(gw_metrics_slot(GW_SLOTS_UPSTREAM, "up-99"), 0);
    assert_int_equal(gw_metrics_slot(GW_SLOTS_UPSTREAM, "__other__"), 0);
    gw_counters *c = gw_counters_new();
    rd_buf out;
    rd_buf_init(&out, 1 << 22);
    gw_count(c, GW_METRIC_UPSTREAM_CALLS, 0, GW_CALL_OK, 0, 1);
    gw_metrics_write(&out);
    rd_buf_append_byte(&out, 0);
    assert_non_null(strstr((char *)out.p, "upstream=\"__other__\""));
    check_exposition((char *)out.p);
    rd_buf_release(&out);
}

static void test_metrics__statuses(void **state)
{
    /* Every status that we can answer has a cell of its own. */
    static const int ours[] = {
#define X(name, word, otlp, loki, code, text) otlp, loki,
        GW_OUTCOMES(X)
#undef X
    };
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        assert_int_not_equal(gw_metrics_status(ours[i]), gw_metrics_status(799));
        for (size_t k = 0; k < i; k++)
            assert_int_equal(gw_metrics_status(ours[i]) == gw_metrics_status(ours[k]), ours[i] == ours[k]);
    }
}

/* ---- log ---- */

/* What `say` writes to standard error; owned by the caller. */
static char *captured(void (*say)(void))
{
    FILE *f = tmpfile();
    int saved = dup(STDERR_FILENO);
    assert_true(f != NULL && saved >= 0);
    fflush(stderr);
    dup2(fileno(f), STDERR_FILENO);
    say();
    dup2(saved, STDERR_FILENO);
    close(saved);
    char *text = calloc(1, 1 << 16);
    rewind(f);
    assert_true(fread(text, 1, (1 << 16) - 1, f) < (1 << 16) - 1);
    fclose(f);
    return text;
}

static unsigned check_lines(char *text, json_int_t *out_held)
{
    unsigned n = 0;
    char *save = NULL;
    *out_held = 0;
    for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save), n++) {
        json_error_t e;
        json_t *j = json_loads(line, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &e);
        if (j == NULL)
            fail_msg("%s: %s", e.text, line);
        assert_non_null(json_string_value(json_object_get(j, "time")));
        assert_non_null(json_string_value(json_object_get(j, "level")));
        assert_non_null(json_string_value(json_object_get(j, "event")));
        *out_held += (json_int_t)json_number_value(json_object_get(j, "held_back"));
        json_decref(j);
    }
    return n;
}

static void say_hostile(void)
{
    gw_log(STORE_FAILED, gw_word("why", "a \"quote\" \\ and\nnewline \x01 \x7f \xc3\xa4"),
           gw_u64("u", UINT64_MAX), gw_i64("i", INT64_MIN));
    gw_log(STORE_TAIL_CUT, gw_word("why", NULL));
    gw_log(REQUEST_REFUSED, gw_word("signal", "logs")); /* debug: not said */
}

static void test_log__lines_are_json(void **state)
{
    json_int_t held;
    char *text = captured(say_hostile);
    assert_non_null(strstr(text, "\"u\":18446744073709551615,\"i\":-9223372036854775808"));
    assert_null(strstr(text, "request_refused"));
    assert_int_equal(check_lines(text, &held), 2);
    free(text);
}

static void say_much(void)
{
    for (unsigned i = 0; i < 1000; i++)
        gw_log(MEMORY_LIMIT, gw_u64("n", i));
    gw_log(STORE_ROTATED, gw_u64("n", 1)); /* another event is not held back by it */
}

static void say_once_more(void)
{
    usleep(1100 * 1000);
    gw_log(MEMORY_LIMIT, gw_u64("n", 0));
}

/* A pipe that nobody reads: nothing is said, and nobody waits. */
static void test_log__never_waits_for_its_reader(void **state)
{
    int fds[2], saved = dup(STDERR_FILENO);
    char block[4096] = {0};
    assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
    while (write(fds[1], block, sizeof block) > 0)
        continue;
    assert_int_equal(fcntl(fds[1], F_SETFL, 0), 0);
    dup2(fds[1], STDERR_FILENO);
    alarm(10);
    gw_log(DRAINING, gw_u64("n", 1));
    gw_log(DRAINING, gw_u64("n", 2));
    alarm(0);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(fds[0]);
    close(fds[1]);
}

static void test_log__holds_back_and_says_so(void **state)
{
    json_int_t held, later;
    char *text = captured(say_much);
    assert_non_null(strstr(text, "store_rotated"));
    unsigned n = check_lines(text, &held);
    assert_in_range(n, 11, 21); /* a second may have ended meanwhile */
    free(text);
    text = captured(say_once_more);
    assert_int_equal(check_lines(text, &later), 1);
    assert_int_equal(held + later, 1000 - (n - 1));
    free(text);
}

/* ---- media types, routes ---- */

static void test_media__types(void **state)
{
    static const struct {
        const char *type;
        gw_media otlp, loki;
    } cases[] = {
        {"application/json", GW_MEDIA_JSON, GW_MEDIA_JSON},
        {" Application/JSON ; charset=utf-8", GW_MEDIA_JSON, GW_MEDIA_JSON},
        {"application/x-protobuf", GW_MEDIA_PROTOBUF, GW_MEDIA_PROTOBUF},
        {"application/x-protobuf;proto=x", GW_MEDIA_PROTOBUF, GW_MEDIA_PROTOBUF},
        {"application/protobuf", GW_MEDIA_OTHER, GW_MEDIA_OTHER},
        {"application/x-snappy", GW_MEDIA_OTHER, GW_MEDIA_PROTOBUF},
        {"application/octet-stream", GW_MEDIA_OTHER, GW_MEDIA_PROTOBUF},
        {"application/x-ndjson", GW_MEDIA_OTHER, GW_MEDIA_OTHER},
        {"application/json, application/json", GW_MEDIA_OTHER, GW_MEDIA_OTHER},
        {"application/jsonx", GW_MEDIA_OTHER, GW_MEDIA_OTHER},
        {"text/plain", GW_MEDIA_OTHER, GW_MEDIA_OTHER},
        {";", GW_MEDIA_OTHER, GW_MEDIA_OTHER},
        {"", GW_MEDIA_OTHER, GW_MEDIA_OTHER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(gw_media_of(rd_slice_str(cases[i].type), false), cases[i].otlp);
        assert_int_equal(gw_media_of(rd_slice_str(cases[i].type), true), cases[i].loki);
    }
    assert_true(rd_slice_eq(gw_media_upstream(GW_FORMAT_JSON), RD_SLICE_LIT("application/json")));
    assert_true(rd_slice_eq(gw_media_upstream(GW_FORMAT_PROTOBUF), RD_SLICE_LIT("application/x-protobuf")));
    assert_int_equal(gw_media_upstream_coding(GW_SIGNAL_LOGS, GW_FORMAT_JSON, RD_CODING_IDENTITY).n, 0);
    assert_true(rd_slice_eq(gw_media_upstream_coding(GW_SIGNAL_LOGS, GW_FORMAT_JSON, RD_CODING_GZIP),
                            RD_SLICE_LIT("gzip")));
    assert_true(
        rd_slice_eq(gw_media_upstream_coding(GW_SIGNAL_LOKI_PUSH, GW_FORMAT_PROTOBUF, RD_CODING_SNAPPY_BLOCK),
                    RD_SLICE_LIT("snappy")));
    assert_int_equal(gw_media_upstream_coding(GW_SIGNAL_LOKI_PUSH, GW_FORMAT_JSON, RD_CODING_IDENTITY).n, 0);
}

static void test_route__finds_exact_paths(void **state)
{
    gw_generation *g = kit_generation(kit_config);
    static const struct {
        const char *path;
        int signal; /* -1: none */
    } cases[] = {
        {"/v1/logs", GW_SIGNAL_LOGS},
        {"/v1/logs/", GW_SIGNAL_LOGS},
        {"/v1/traces", GW_SIGNAL_TRACES},
        {"/v1/metrics", GW_SIGNAL_METRICS},
        {"/loki/api/v1/push", GW_SIGNAL_LOKI_PUSH},
        {"/v1/logs//", -1},
        {"/V1/logs", -1},
        {"/v1/log", -1},
        {"/v1/logss", -1},
        {"//v1/logs", -1},
        {"/v1/%6cogs", -1},
        {"/x/../v1/logs", -1},
        {"/", -1},
        {"", -1},
        {"*", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const gw_route_cfg *r = gw_routes_find(g->routes, rd_slice_str(cases[i].path));
        if ((r == NULL ? -1 : (int)r->signal) != cases[i].signal)
            fail_msg("%s: %d", cases[i].path, r == NULL ? -1 : (int)r->signal);
    }
    rd_slice s = gw_routes_supported(g->routes);
    assert_true(rd_slice_eq(s, RD_SLICE_LIT("supported: /v1/logs, /v1/traces, /loki/api/v1/push")));
    gw_generation_unref(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena__keeps_addresses_and_its_ceiling),
        cmocka_unit_test(test_base64__both_ways),
        cmocka_unit_test(test_budget__refuses_beyond_its_limits),
        cmocka_unit_test(test_budget__connections_and_bodies_share_the_bytes),
        cmocka_unit_test(test_budget__ends_at_zero_from_many_threads),
        cmocka_unit_test(test_metrics__text_is_valid),
        cmocka_unit_test(test_metrics__names_without_a_slot_share_one),
        cmocka_unit_test(test_metrics__statuses),
        cmocka_unit_test(test_log__lines_are_json),
        cmocka_unit_test(test_log__never_waits_for_its_reader),
        cmocka_unit_test(test_log__holds_back_and_says_so),
        cmocka_unit_test(test_media__types),
        cmocka_unit_test(test_route__finds_exact_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
