/* SPDX-License-Identifier: MIT */
/* Rules: what each one has done since the process started. Counts and names, never a text. */
#include "gateway/admin_private.h"

#include "filters/base/doc.h"
#include "gateway/config_row.h"
#include "gateway/metrics_redactions.h"
#include "gateway/policies.h"
#include "gateway/thread.h"
#include "gateway/workspace_rules.h"

static const char *kind_of(const gw_rule_cfg *r)
{
    return r->n_keys > 0 ? "keys" : r->detector != NULL ? "detector" : "pattern";
}

static const char *mode_of(const gw_rule_cfg *r)
{
    return r->mode == GW_RULE_ENFORCE ? "enforce" : r->mode == GW_RULE_SHADOW ? "shadow" : "off";
}

static int64_t finds_of(unsigned slot, gw_signal s)
{
    int64_t n = 0;
    for (unsigned cls = 0; cls < RD_CLASS_COUNT; cls++)
        n += gw_metrics_sum(GW_METRIC_REDACTIONS, s, slot, cls);
    return n;
}

/* Of CPU time in the bodies that were timed; NULL: there was none yet. */
static json_t *us_per_mib(int64_t ns)
{
    int64_t bytes = gw_metrics_sum(GW_METRIC_TIMED_BYTES, 0, 0, 0);
    return bytes == 0 ? json_null()
                      : json_integer((json_int_t)((double)ns / 1000 * (1 << 20) / (double)bytes + 0.5));
}

static json_t *cost_of(unsigned slot, unsigned part)
{
    return us_per_mib(gw_metrics_sum(GW_METRIC_RULE_SECONDS, slot, part, 0));
}

static json_t *timed_json(void)
{
    return json_pack("{s:I, s:I, s:o, s:o}", "requests",
                     (json_int_t)gw_metrics_sum(GW_METRIC_TIMED_REQUESTS, 0, 0, 0), "bytes",
                     (json_int_t)gw_metrics_sum(GW_METRIC_TIMED_BYTES, 0, 0, 0), "exact_us_per_mib",
                     us_per_mib(gw_metrics_sum(GW_METRIC_SEARCH_SECONDS, 0, 0, 0)), "rest_us_per_mib",
                     us_per_mib(gw_metrics_sum(GW_METRIC_SEARCH_SECONDS, 1, 0, 0)));
}

static const char *action_of(gw_action a)
{
    const gw_word *w = gw_action_words;
    while (w->word != NULL && w->value != (uint64_t)a)
        w++;
    return w->word != NULL ? w->word : "?";
}

static json_t *describe(const gw_rule_cfg *r, bool relaxed)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "rule", r->name, "kind", kind_of(r), "mode",
                     relaxed ? "relaxed" : mode_of(r), "action", action_of(r->action), "label_action",
                     action_of(r->label_action));
}

static void add_costs(json_t *row, unsigned slot)
{
    json_object_set_new(row, "own_us_per_mib", cost_of(slot, 0));
    json_object_set_new(row, "shared_us_per_mib", cost_of(slot, 1));
}

static json_t *rule_json(const gw_generation *g, size_t i)
{
    unsigned slot = g->rule_slots[i];
    int64_t all = 0;
    json_t *row = describe(&g->cfg->redaction.rules[i], false);
    if (slot == 0)
        return row;
    for (unsigned s = 0; s < GW_SIGNAL_COUNT; s++) {
        int64_t n = finds_of(slot, (gw_signal)s);
        json_object_set_new(row, gw_signal_word((gw_signal)s), json_integer(n));
        all += n;
    }
    json_object_set_new(row, "finds", json_integer(all));
    add_costs(row, slot);
    return row;
}

static int get_rules(gw_admin_call *c)
{
    const gw_generation *g = c->thread->binding->gen;
    json_t *rows = json_array();
    for (size_t i = 0; i < g->cfg->redaction.n_rules; i++)
        json_array_append_new(rows, rule_json(g, i));
    c->answer = json_pack("{s:s, s:o, s:o, s:o}", "config_hash", g->cfg->hash, "since", gw_admin_since(),
                          "timed", timed_json(), "rules", rows);
    return 200;
}

/* ---- of one workspace ---- */

/* How often each rule acted in the data of one workspace, by slot. */
typedef struct by_rule {
    bool known; /* false: the workspace is counted with others that found no room */
    int64_t n[GW_RULE_SLOTS];
} by_rule;

static void add_finds(void *arg, const gw_redactions *r)
{
    by_rule *finds = arg;
    finds->n[r->rule] += r->n;
}

/* `slot` 0: the rule is counted with others that found no room. */
static json_t *workspace_row(const gw_rule_cfg *r, const char *of, bool relaxed, unsigned slot,
                             const by_rule *finds)
{
    json_t *row = describe(r, relaxed);
    json_object_set_new(row, "of", json_string(of));
    if (slot != 0 && finds->known)
        json_object_set_new(row, "finds", json_integer(finds->n[slot]));
    if (slot != 0)
        add_costs(row, slot);
    return row;
}

/* In the order in which they hold: its own, then the operator's (see workspace_rules.h). The policy of a
 * workspace numbers its rules so; that of all knows the operator's alone. */
static json_t *rules_of_workspace(const gw_generation *g, const gw_workspace *w)
{
    json_t *rows = json_array();
    const gw_workspace_cfg *own = w->cfg;
    by_rule finds = {.known = w->slot != 0};
    gw_redactions_each(w->slot, add_finds, &finds);
    for (size_t i = 0; i < own->n_rules; i++)
        json_array_append_new(rows, workspace_row(&own->rules[i], "workspace", false,
                                                  gw_policy_slot(g, w, (uint32_t)i), &finds));
    for (size_t i = 0; i < g->cfg->redaction.n_rules; i++) {
        const gw_rule_cfg *r = &g->cfg->redaction.rules[i];
        json_array_append_new(
            rows, workspace_row(r, "all", gw_workspace_relaxes(own, r), g->rule_slots[i], &finds));
    }
    return rows;
}

/* Table and generation are the thread's own, which swaps both at once. */
static int get_workspace_rules(gw_admin_call *c)
{
    const gw_generation *g = c->thread->binding->gen;
    gw_workspaces *t = gw_workspaces_ref(c->thread->workspaces);
    const gw_workspace *w = gw_workspaces_find(t, rd_slice_str(c->name));
    if (w != NULL)
        c->answer =
            json_pack("{s:s, s:s, s:o, s:o, s:o}", "workspace", w->name, "config_hash", g->cfg->hash, "since",
                      gw_admin_since(), "timed", timed_json(), "rules", rules_of_workspace(g, w));
    gw_workspaces_unref(&t);
    return w != NULL ? 200 : gw_admin_fail(c, 404, "no such workspace");
}

const gw_admin_route gw_admin_rules[] = {
    {.method = "GET", .path = "/api/v1/rules", .need = GW_ADMIN_NEEDS_VIEWER, .run = get_rules},
    {.method = "GET",
     .path = "/api/v1/rules/",
     .prefix = true,
     .need = GW_ADMIN_NEEDS_VIEWER,
     .run = get_workspace_rules},
    GW_ADMIN_ROUTES_END};
