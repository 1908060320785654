/* SPDX-License-Identifier: MIT */
#include "gateway/admin_private.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "gateway/log.h"
#include "gateway/outcome.h"
#include "gateway/thread.h"

enum { MAX_PAGE = 32 << 20, MAX_BODY = 64 << 10, MAX_NAME = 256 };

static const gw_admin_route *const tables[] = {gw_admin_pages,      gw_admin_status, gw_admin_upstream,
                                               gw_admin_workspaces, gw_admin_limits, gw_admin_rules,
                                               gw_admin_redactions};
enum { N_TABLES = sizeof tables / sizeof tables[0] };

/* NULL: ready. */
static const char *_Atomic not_ready = "starting";

void gw_admin_set_ready(bool is_ready, const char *reason)
{
    atomic_store(&not_ready, is_ready ? NULL : reason);
}

const char *gw_admin_why_not_ready(void)
{
    return atomic_load(&not_ready);
}

int gw_admin_fail(gw_admin_call *c, int status, const char *error)
{
    c->error = error;
    return status;
}

const char *gw_admin_text(const gw_admin_call *c, const char *key)
{
    return json_string_value(json_object_get(c->body, key));
}

/* A call from its head to its answer. */
typedef struct request {
    gw_stream *stream;
    const gw_admin_route *route;
    gw_admin_call call;
    gw_admin_caller caller; /* a copy: a reload may take the token away meanwhile */
    char name[MAX_NAME];
} request;

/* ---- answers ---- */

static void respond(gw_stream *s, gw_response *res, const char *type, rd_slice body)
{
    gw_response_add(res, "content-type", rd_slice_str(type));
    gw_response_add(res, "cache-control", RD_SLICE_LIT("no-store"));
    gw_response_add(res, "x-content-type-options", RD_SLICE_LIT("nosniff"));
    res->body = body;
    s->ops->respond(s, res);
}

static void respond_json(gw_stream *s, gw_response *res, const json_t *answer)
{
    char *text = json_dumps(answer, JSON_COMPACT);
    if (text == NULL)
        res->status = 500;
    respond(s, res, "application/json",
            text != NULL ? rd_slice_str(text) : RD_SLICE_LIT("{\"error\":\"out of memory\"}"));
    free(text);
}

static void respond_error(gw_stream *s, int status, const char *error, const char *header, rd_slice value)
{
    gw_response res = {.status = status};
    json_t *answer = json_pack("{s:s}", "error", error);
    if (header != NULL)
        gw_response_add(&res, header, value);
    respond_json(s, &res, answer);
    json_decref(answer);
}

/* ---- the call ---- */

static bool is_change(const gw_admin_route *r)
{
    return strcmp(r->method, "GET") != 0;
}

static void audit(const gw_admin_route *r, const char *who, const char *target, const char *result,
                  int status)
{
    if (is_change(r))
        gw_log(ADMIN_CALL, gw_word("who", who), gw_word("action", r->action), gw_word("target", target),
               gw_word("result", result), gw_i64("status", status));
}

static void run(request *r)
{
    gw_admin_call *c = &r->call;
    rd_buf page;
    rd_buf_init(&page, MAX_PAGE);
    c->page = &page;
    int status = r->route->run(c);
    if (page.failed != RD_OK) /* half a page would be taken for a whole one */
        status = gw_admin_fail(c, 500, "the answer is too large, or there is no memory for it");
    gw_response res = {.status = status};
    audit(r->route, r->caller.name, c->target, status < 400 ? "done" : "failed", status);
    if (c->error != NULL)
        respond_error(r->stream, status, c->error, NULL, (rd_slice){0});
    else if (r->route->type == NULL)
        respond_json(r->stream, &res, c->answer);
    else
        respond(r->stream, &res, r->route->type, rd_buf_slice(&page));
    json_decref(c->answer);
    rd_buf_release(&page);
}

static void on_body(void *arg, gw_body body)
{
    request *r = arg;
    json_t *json = NULL;
    if (body.bytes.n > 0) {
        json = json_loadb((const char *)body.bytes.p, body.bytes.n, JSON_REJECT_DUPLICATES, NULL);
        if (!json_is_object(json)) {
            audit(r->route, r->caller.name, "", "failed", 400);
            respond_error(r->stream, 400, "the body is not a JSON object", NULL, (rd_slice){0});
            json_decref(json);
            gw_body_release(&body);
            free(r);
            return;
        }
    }
    r->call.body = json;
    run(r);
    json_decref(json);
    gw_body_release(&body);
    free(r);
}

static void on_bad_body(void *arg, int outcome)
{
    request *r = arg;
    bool late = outcome == GW_OUTCOME_CLIENT_TIMEOUT;
    int status = late                              ? 408
                 : outcome == GW_OUTCOME_FRAMING   ? 400
                 : outcome == GW_OUTCOME_TOO_LARGE ? 413
                                                   : 503;
    audit(r->route, r->caller.name, "", "failed", status);
    respond_error(r->stream, status, late ? "the body did not arrive in time" : "the body cannot be read",
                  NULL, (rd_slice){0});
    free(r);
}

static void on_abort(void *arg)
{
    request *r = arg;
    audit(r->route, r->caller.name, "", "abandoned", 0);
    free(r);
}

/* ---- the head ---- */

static int nibble(uint8_t c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* One path segment, percent-decoded. False: it is none. */
static bool decode_name(rd_slice s, char out[MAX_NAME])
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        int c = s.p[i];
        if (c == '/' || n == MAX_NAME - 1)
            return false;
        if (c == '%') {
            int high = i + 2 < s.n ? nibble(s.p[i + 1]) : -1, low = i + 2 < s.n ? nibble(s.p[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = high * 16 + low;
            i += 2;
        }
        if (c == 0)
            return false;
        out[n++] = (char)c;
    }
    out[n] = '\0';
    return n > 0;
}

static bool matches_path(const gw_admin_route *r, rd_slice path, char name[MAX_NAME])
{
    rd_slice want = rd_slice_str(r->path);
    if (!r->prefix)
        return rd_slice_eq(path, want);
    return path.n > want.n && memcmp(path.p, want.p, want.n) == 0 &&
           decode_name((rd_slice){path.p + want.n, path.n - want.n}, name);
}

static bool matches_method(const gw_admin_route *r, rd_slice method)
{
    return rd_slice_eq(method, rd_slice_str(r->method)) ||
           (!is_change(r) && rd_slice_eq(method, RD_SLICE_LIT("HEAD")));
}

/* The route; or NULL, with the methods that the path takes in `allow`, empty when there is no such path. */
static const gw_admin_route *find(const gw_head *h, char name[MAX_NAME], rd_buf *allow)
{
    for (unsigned t = 0; t < N_TABLES; t++) {
        for (const gw_admin_route *r = tables[t]; r->method != NULL; r++) {
            if (!matches_path(r, h->path, name))
                continue;
            if (matches_method(r, h->method))
                return r;
            rd_buf_printf(allow, "%s%s%s", allow->n > 0 ? ", " : "", r->method, is_change(r) ? "" : ", HEAD");
        }
    }
    return NULL;
}

static void no_route(gw_stream *s, const rd_buf *allow)
{
    if (allow->n > 0)
        respond_error(s, 405, "this path has other methods", "allow", rd_buf_slice(allow));
    else
        respond_error(s, 404, "not found, try /livez /readyz /metrics /api/v1/status", NULL, (rd_slice){0});
}

static rd_slice bearer(rd_slice authorization)
{
    static const char scheme[] = "Bearer ";
    size_t n = sizeof scheme - 1;
    if (authorization.n <= n || !rd_slice_eq_nocase((rd_slice){authorization.p, n}, RD_SLICE_LIT(scheme)))
        return (rd_slice){0};
    return (rd_slice){authorization.p + n, authorization.n - n};
}

/* False: answered. */
static bool authorize(request *r, const gw_head *h, const gw_admin_tokens *tokens)
{
    static const gw_admin_role least[] = {
        [GW_ADMIN_NEEDS_VIEWER] = GW_ADMIN_VIEWER, [GW_ADMIN_NEEDS_OPERATOR] = GW_ADMIN_OPERATOR};
    if (r->route->need == GW_ADMIN_OPEN)
        return true;
    const gw_admin_caller *caller = gw_admin_tokens_find(tokens, bearer(h->authorization));
    if (caller == NULL) {
        bool any = gw_admin_tokens_any(tokens);
        gw_log(ADMIN_REFUSED, gw_word("path", r->route->path),
               gw_word("why", any ? "no token that is known" : "no token is configured"));
        respond_error(r->stream, any ? 401 : 403,
                      any ? "needs `Authorization: Bearer TOKEN`"
                          : "the configuration has neither admin.tokens nor admin.token_file",
                      any ? "www-authenticate" : NULL, RD_SLICE_LIT("Bearer"));
        return false;
    }
    r->caller = *caller;
    r->call.caller = &r->caller;
    if (caller->role >= least[r->route->need])
        return true;
    audit(r->route, caller->name, "", "forbidden", 403);
    respond_error(r->stream, 403, "needs the role operator", NULL, (rd_slice){0});
    return false;
}

static void *on_head(gw_thread *t, gw_stream *s, const gw_head *h, uint64_t *out_max_body)
{
    request *r = calloc(1, sizeof *r);
    rd_buf allow;
    if (r == NULL)
        abort();
    rd_buf_init(&allow, MAX_NAME);
    *r = (request){.stream = s, .call = {.thread = t, .query = h->query}};
    r->route = find(h, r->name, &allow);
    r->call.name = r->name;
    if (r->route == NULL) {
        no_route(s, &allow);
    } else if (!authorize(r, h, t->binding->gen->admin_tokens)) {
        ; /* answered */
    } else if (is_change(r->route)) {
        rd_buf_release(&allow);
        *out_max_body = MAX_BODY;
        if (h->has_length && h->content_length > MAX_BODY) {
            on_bad_body(r, GW_OUTCOME_TOO_LARGE);
            return NULL;
        }
        return r; /* goes on in on_body, which also comes for no body at all */
    } else {
        run(r);
    }
    rd_buf_release(&allow);
    free(r);
    return NULL;
}

const gw_app gw_admin_app = {
    .on_head = on_head, .on_body = on_body, .on_bad_body = on_bad_body, .on_abort = on_abort};
