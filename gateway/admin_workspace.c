/* SPDX-License-Identifier: MIT */
/* Workspaces: which there are, what one of them is, and blocking one for a while. */
#include "gateway/admin_private.h"

#include <stdlib.h>
#include <time.h>

#include "gateway/quota_file.h"
#include "gateway/scrub.h"
#include "gateway/thread.h"
#include "gateway/workspace.h"

enum { MAX_ROWS = 1000 };

/* "Until somebody takes it back"; far enough, and a time nevertheless. */
#define FOR_EVER (INT64_C(1) << 53)

static json_t *blocked_json(const gw_workspace *w)
{
    const gw_quota *q = gw_quotas_find(rd_slice_str(w->name)); /* 50,000 rows must not make as many states */
    int64_t until = q != NULL ? gw_quota_blocked_until(q) : 0;
    if (until <= time(NULL))
        return json_null();
    return until >= FOR_EVER ? json_string("unblock") : json_integer(until);
}

static json_t *row_of(const gw_workspace *w)
{
    return json_pack("{s:s, s:s, s:o}", "name", w->name, "tenant", w->tenant, "blocked_until",
                     blocked_json(w));
}

/* `from=N` of the query: where in the table the answer starts. */
static size_t from_of(rd_slice query)
{
    char text[16];
    if (query.n < 6 || query.n - 5 >= sizeof text || memcmp(query.p, "from=", 5) != 0)
        return 0;
    memcpy(text, query.p + 5, query.n - 5);
    text[query.n - 5] = '\0';
    return strtoul(text, NULL, 10);
}

static int list_workspaces(gw_admin_call *c)
{
    gw_workspaces *t = gw_workspaces_current();
    json_t *rows = json_array();
    size_t n = t != NULL ? gw_workspaces_count(t) : 0, from = from_of(c->query), i = from;
    for (; i < n && i - from < MAX_ROWS; i++)
        json_array_append_new(rows, row_of(gw_workspaces_at(t, i)));
    c->answer = json_pack("{s:o, s:I, s:o}", "workspaces", rows, "total", (json_int_t)n, "next",
                          i < n ? json_integer((json_int_t)i) : json_null());
    gw_workspaces_unref(&t);
    return 200;
}

static json_t *labels_of(const gw_workspace_cfg *cfg)
{
    json_t *o = json_object();
    for (size_t i = 0; i < cfg->n_labels; i++)
        json_object_set_new(o, cfg->labels[i].name, json_string(cfg->labels[i].value));
    return o;
}

static json_t *aliases_of(const gw_workspace_cfg *cfg)
{
    json_t *list = json_array();
    for (size_t i = 0; i < cfg->n_aliases; i++)
        json_array_append_new(list, json_string(cfg->aliases[i]));
    return list;
}

/* How it departs from the rules of all, and what its digests are made with. `redactd rules ls --workspace`
 * lists all rules that hold for it. */
static void describe_rules(const gw_generation *g, const gw_workspace_cfg *cfg, json_t *o)
{
    const gw_redaction_cfg *red = &g->cfg->redaction;
    json_t *rules = json_array(), *relax = json_array();
    for (size_t i = 0; i < cfg->n_rules; i++)
        json_array_append_new(rules, json_string(cfg->rules[i].name));
    for (size_t i = 0; i < cfg->n_relax; i++)
        json_array_append_new(relax, json_string(cfg->relax[i]));
    json_object_set_new(o, "rules", rules);
    json_object_set_new(o, "relax", relax);
    json_object_set_new(o, "digest_key",
                        red->n_digest_keys > 0 ? json_string(red->digest_keys[0].id) : json_null());
    json_object_set_new(o, "digest_epoch", json_integer(gw_scrub_epoch(red, time(NULL))));
}

/* What stands in its entry; of credentials only how many there are. */
static json_t *describe(const gw_workspaces *t, const gw_workspace *w)
{
    const gw_workspace_cfg *cfg = w->cfg;
    json_t *o = row_of(w);
    json_object_set_new(o, "anonymous", json_boolean(w == gw_workspaces_anonymous(t)));
    json_object_set_new(o, "aliases", aliases_of(cfg));
    json_object_set_new(o, "labels", labels_of(cfg));
    json_object_set_new(o, "tokens", json_integer((json_int_t)cfg->n_tokens));
    json_object_set_new(o, "passwords", json_integer((json_int_t)cfg->n_passwords));
    json_object_set_new(o, "certificates", json_integer((json_int_t)cfg->n_certificates));
    json_object_set_new(o, "own_metrics", json_boolean(w->slot != 0));
    json_object_set_new(o, "file", cfg->origin.name != NULL ? json_string(cfg->origin.name) : json_null());
    json_object_set_new(o, "line", json_integer(cfg->origin.line));
    json_object_set_new(o, "generation", json_integer((json_int_t)gw_workspaces_generation(t)));
    gw_admin_describe_limits(t, w, o);
    return o;
}

int gw_admin_show_workspace(gw_admin_call *c)
{
    gw_workspaces *t = gw_workspaces_current();
    const gw_workspace *w = t != NULL ? gw_workspaces_find(t, rd_slice_str(c->name)) : NULL;
    if (w != NULL) {
        c->answer = describe(t, w);
        describe_rules(c->thread->binding->gen, w->cfg, c->answer);
    }
    gw_workspaces_unref(&t);
    return w != NULL ? 200 : gw_admin_fail(c, 404, "no such workspace");
}

static int set_block(gw_admin_call *c, int64_t until)
{
    gw_workspaces *t = gw_workspaces_current();
    const gw_workspace *w = t != NULL ? gw_workspaces_find(t, rd_slice_str(c->name)) : NULL;
    if (w != NULL)
        gw_quota_block(gw_workspace_quota(w), until);
    gw_workspaces_unref(&t);
    if (w == NULL)
        return gw_admin_fail(c, 404, "no such workspace");
    gw_quota_file_soon();
    snprintf(c->target, sizeof c->target, "%s", c->name);
    return gw_admin_show_workspace(c);
}

/* {"seconds": N}, or nothing: until it is taken back. */
static int put_block(gw_admin_call *c)
{
    const json_t *seconds = json_object_get(c->body, "seconds");
    if (seconds == NULL)
        return set_block(c, FOR_EVER);
    json_int_t n = json_integer_value(seconds);
    if (!json_is_integer(seconds) || n < 1 || n > 10 * 366 * 24 * 3600)
        return gw_admin_fail(c, 400, "`seconds` must be a whole number from 1 to ten years");
    return set_block(c, time(NULL) + n);
}

static int delete_block(gw_admin_call *c)
{
    return set_block(c, 0);
}

const gw_admin_route gw_admin_workspaces[] = {
    {.method = "GET", .path = "/api/v1/workspaces", .need = GW_ADMIN_NEEDS_VIEWER, .run = list_workspaces},
    {.method = "GET",
     .path = "/api/v1/workspaces/",
     .prefix = true,
     .need = GW_ADMIN_NEEDS_VIEWER,
     .run = gw_admin_show_workspace},
    {.method = "PUT",
     .path = "/api/v1/blocks/",
     .prefix = true,
     .need = GW_ADMIN_NEEDS_OPERATOR,
     .action = "workspace_block",
     .run = put_block},
    {.method = "DELETE",
     .path = "/api/v1/blocks/",
     .prefix = true,
     .need = GW_ADMIN_NEEDS_OPERATOR,
     .action = "workspace_unblock",
     .run = delete_block},
    GW_ADMIN_ROUTES_END};
