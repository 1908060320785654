/* SPDX-License-Identifier: MIT */
/* Rules: what each one has done since the process started. Counts and names, never a text. */
#include "gateway/admin_private.h"

#include "filters/base/doc.h"
#include "gateway/metrics.h"
#include "gateway/thread.h"

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

/* Rules beyond the slots of the metrics share one, so of them it is not known. */
static json_t *rule_json(const gw_generation *g, size_t i)
{
    const gw_rule_cfg *r = &g->cfg->redaction.rules[i];
    unsigned slot = g->rule_slots[i];
    int64_t all = 0;
    json_t *row = json_pack("{s:s, s:s, s:s}", "rule", r->name, "kind", kind_of(r), "mode", mode_of(r));
    for (unsigned s = 0; s < GW_SIGNAL_COUNT && slot != 0; s++) {
        int64_t n = finds_of(slot, (gw_signal)s);
        json_object_set_new(row, gw_signal_word((gw_signal)s), json_integer(n));
        all += n;
    }
    if (slot == 0)
        return row;
    json_object_set_new(row, "finds", json_integer(all));
    json_object_set_new(row, "own_us_per_mib", cost_of(slot, 0));
    json_object_set_new(row, "shared_us_per_mib", cost_of(slot, 1));
    return row;
}

static int get_rules(gw_admin_call *c)
{
    const gw_generation *g = c->thread->binding->gen;
    json_t *rows = json_array();
    for (size_t i = 0; i < g->cfg->redaction.n_rules; i++)
        json_array_append_new(rows, rule_json(g, i));
    c->answer =
        json_pack("{s:s, s:o, s:o}", "config_hash", g->cfg->hash, "timed", timed_json(), "rules", rows);
    return 200;
}

const gw_admin_route gw_admin_rules[] = {
    {.method = "GET", .path = "/api/v1/rules", .need = GW_ADMIN_NEEDS_VIEWER, .run = get_rules},
    GW_ADMIN_ROUTES_END};
