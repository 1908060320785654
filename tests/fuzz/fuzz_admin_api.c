/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: a call of the admin API, behind the HTTP parser. Byte 0 chooses whose token comes with it and
 * how the body ends; then a line "METHOD PATH?QUERY"; the rest is the body.
 *
 * Checked: every call is answered once, one that was abandoned not at all; an answer is JSON unless it is a
 * page, and is no larger than the page of metrics; the words of a refusal are the program's own; nobody
 * changes a thing who may not, and whoever does is named in one line of the audit log, which is JSON whatever
 * the call was.
 */
#include <jansson.h>
#include <openssl/sha.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "filters/base/utf8.h"
#include "gateway/admin.h"
#include "gateway/diagnostics.h"
#include "gateway/outcome.h"
#include "gateway/thread.h"
#include "tests/fuzz/check.h"

enum { MAX_PAGE = 1 << 20, MAX_WORDS = 200 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);

static const char *const tokens[] = {NULL, "a-token-of-nobody", "a-token-of-a-viewer",
                                     "a-token-of-an-operator"};
enum { NO_TOKEN, WRONG, VIEWER, OPERATOR, N_TOKENS };

static gw_thread thread;

static struct {
    gw_stream stream;
    unsigned n_answers, n_audits;
    int status, audited; /* the status in the log, 0: abandoned */
    bool is_json;
} call;

/* ---- what the program says ---- */

/* The log goes to standard error in one write a line; that of the fuzzer itself is let through. */
static bool in_call;

ssize_t __wrap_write(int fd, const void *p, size_t n)
{
    if (fd != STDERR_FILENO || !in_call)
        return __real_write(fd, p, n);
    CHECK(n > 0 && ((const char *)p)[n - 1] == '\n' && memchr(p, '\n', n - 1) == NULL);
    json_t *line = json_loadb(p, n, 0, NULL);
    const char *event = json_string_value(json_object_get(line, "event"));
    CHECK(event != NULL);
    if (strcmp(event, "admin_call") == 0) {
        call.n_audits++;
        call.audited = (int)json_integer_value(json_object_get(line, "status"));
        CHECK(json_is_string(json_object_get(line, "who")));
    }
    json_decref(line);
    return (ssize_t)n;
}

static const char *header(const gw_response *r, const char *name)
{
    for (unsigned i = 0; i < r->n_headers; i++) {
        if (strcmp(r->headers[i].name, name) == 0)
            return (const char *)r->headers[i].value.p;
    }
    return "";
}

static void check_refusal(const json_t *answer)
{
    const char *words = json_string_value(json_object_get(answer, "error"));
    CHECK(words != NULL && json_object_size(answer) == 1 && strlen(words) <= MAX_WORDS);
    for (; *words != '\0'; words++)
        CHECK(*words >= ' ' && *words <= '~');
}

static void respond(gw_stream *s, const gw_response *r)
{
    CHECK(s == &call.stream && call.n_answers++ == 0);
    CHECK(r->status >= 200 && r->status < 600 && r->body.n <= MAX_PAGE);
    call.status = r->status;
    call.is_json = strcmp(header(r, "content-type"), "application/json") == 0;
    if (!call.is_json) {
        CHECK(rd_utf8_valid(r->body) && (r->status == 200 || r->status == 503));
        return;
    }
    json_t *answer = json_loadb((const char *)r->body.p, r->body.n, 0, NULL);
    CHECK(json_is_object(answer));
    if (r->status >= 400)
        check_refusal(answer);
    json_decref(answer);
}

static const gw_stream_ops ops = {.respond = respond};

/* ---- a gateway without sockets ---- */

static void put_token(rd_buf *b, const char *name, const char *token, const char *role)
{
    uint8_t hash[SHA256_DIGEST_LENGTH];
    SHA256((const uint8_t *)token, strlen(token), hash);
    rd_buf_printf(b, "    - {name: %s, role: %s, sha256: ", name, role);
    for (unsigned i = 0; i < sizeof hash; i++)
        rd_buf_printf(b, "%02x", hash[i]);
    rd_buf_append_str(b, "}\n");
}

static gw_generation *make_generation(void)
{
    char why[GW_WHY_BYTES];
    rd_buf text;
    rd_buf_init(&text, 1 << 16);
    rd_buf_append_str(&text, "version: 1\n"
                             "upstreams: {up: {endpoints: ['http://127.0.0.1:1', 'http://127.0.0.1:2']}}\n"
                             "workspaces:\n"
                             "  anonymous: default\n"
                             "  list:\n"
                             "    - {name: alpha, quota: {items_per_second: 10}}\n"
                             "    - {name: beta}\n"
                             "admin:\n"
                             "  address: 127.0.0.1:9464\n"
                             "  tokens:\n");
    put_token(&text, "eve", tokens[VIEWER], "viewer");
    put_token(&text, "olga", tokens[OPERATOR], "operator");
    gw_diagnostics *d = gw_diagnostics_new();
    gw_config *cfg = gw_config_parse((const char *)text.p, text.n, "fuzz.yaml", d);
    if (cfg == NULL)
        gw_diagnostics_print(d, stderr);
    CHECK(cfg != NULL);
    gw_generation *g = gw_generation_new(cfg, 1, why);
    CHECK(g != NULL && gw_generation_open(g, why));
    gw_diagnostics_free(&d);
    rd_buf_release(&text);
    return g;
}

static void set_up(void)
{
    static h2o_globalconf_t conf;
    char why[GW_WHY_BYTES];
    if (thread.binding != NULL)
        return;
    h2o_config_init(&conf);
    h2o_config_register_host(&conf, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    gw_thread_init(&thread, 0, &conf);
    thread.counters = gw_counters_new();
    gw_generation *g = make_generation();
    thread.binding = gw_binding_new(&thread, g, why);
    gw_diagnostics *d = gw_diagnostics_new();
    thread.workspaces = gw_workspaces_new(g->cfg, NULL, g, d);
    CHECK(thread.counters != NULL && thread.binding != NULL && thread.workspaces != NULL);
    gw_workspaces_publish(thread.workspaces);
    gw_diagnostics_free(&d);
}

/* ---- one call ---- */

typedef struct input {
    gw_head head;
    rd_slice body;
    char authorization[64];
    unsigned token, end;
} input;

static bool read_input(const uint8_t *data, size_t size, input *in)
{
    const uint8_t *line = data + 1, *end = size > 1 ? memchr(line, '\n', size - 1) : NULL;
    const uint8_t *space = end != NULL ? memchr(line, ' ', (size_t)(end - line)) : NULL;
    if (space == NULL)
        return false;
    const uint8_t *path = space + 1, *query = memchr(path, '?', (size_t)(end - path));
    const uint8_t *path_end = query != NULL ? query : end;
    in->token = data[0] % N_TOKENS;
    in->end = data[0] / N_TOKENS % 4;
    in->head.method = rd_slice_of(line, (size_t)(space - line));
    in->head.path = rd_slice_of(path, (size_t)(path_end - path));
    if (query != NULL)
        in->head.query = rd_slice_of(query + 1, (size_t)(end - query) - 1);
    in->body = rd_slice_of(end + 1, size - (size_t)(end + 1 - data));
    if (tokens[in->token] != NULL)
        snprintf(in->authorization, sizeof in->authorization, "Bearer %s", tokens[in->token]);
    in->head.authorization = rd_slice_str(in->authorization);
    in->head.has_length = true;
    in->head.content_length = in->body.n;
    return true;
}

/* False: the sender went away. */
static bool end_call(void *request, const input *in)
{
    static const int bad[] = {GW_OUTCOME_CLIENT_TIMEOUT, GW_OUTCOME_FRAMING, GW_OUTCOME_TOO_LARGE};
    if (in->end == 2) {
        gw_admin_app.on_bad_body(request, bad[in->body.n % 3]);
    } else if (in->end == 3) {
        gw_admin_app.on_abort(request);
        return false;
    } else {
        uint8_t *copy = malloc(in->body.n + RD_BUF_TAIL);
        CHECK(copy != NULL);
        memset(copy + in->body.n, '}', RD_BUF_TAIL);
        if (in->body.n > 0)
            memcpy(copy, in->body.p, in->body.n);
        gw_admin_app.on_body(request, (gw_body){{copy, in->body.n}, free, copy});
    }
    return true;
}

static void check_rights(const input *in, bool answered)
{
    bool reads = rd_slice_eq(in->head.method, RD_SLICE_LIT("GET")) ||
                 rd_slice_eq(in->head.method, RD_SLICE_LIT("HEAD"));
    bool done = answered && call.status < 400;
    if (done && call.is_json)
        CHECK(in->token == OPERATOR || (in->token == VIEWER && reads));
    if (done && !reads)
        CHECK(call.n_audits == 1);
    CHECK(call.n_audits <= !reads && (call.n_audits == 0 || in->token >= VIEWER));
    if (call.n_audits > 0)
        CHECK(call.audited == (answered ? call.status : 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = {.body = {0}};
    uint64_t max_body = 0;
    bool answered = true;
    set_up();
    if (size < 1 || size > 1 << 16 || !read_input(data, size, &in))
        return 0;
    memset(&call, 0, sizeof call);
    call.stream.ops = &ops;
    in_call = true;
    void *request = gw_admin_app.on_head(&thread, &call.stream, &in.head, &max_body);
    if (request != NULL) {
        CHECK(call.n_answers == 0 && in.body.n <= max_body);
        answered = end_call(request, &in);
    }
    in_call = false;
    CHECK(call.n_answers == answered);
    check_rights(&in, answered);
    return 0;
}
