/* SPDX-License-Identifier: MIT */
/* What was done to which class of field by which rule, in all workspaces or in one. Counts and names, never a
 * text. */
#include "gateway/admin_private.h"

#include <stdlib.h>

#include "gateway/metrics_redactions.h"
#include "gateway/thread.h"

/* The last ones: of what found no room in the metrics. */
enum { FIELDS = RD_CLASS_COUNT + 1, DEEDS = RD_DONE_COUNT + 1 };

typedef struct sums {
    int64_t n[GW_RULE_SLOTS][FIELDS][DEEDS];
} sums;

static void add(void *arg, const gw_redactions *r)
{
    sums *s = arg;
    s->n[r->rule][r->cls][r->done] += r->n;
}

static json_t *row_of(const gw_redactions *r)
{
    return json_pack("{s:s, s:s, s:s, s:I}", "rule", gw_metrics_slot_name(GW_SLOTS_RULE, r->rule), "field",
                     gw_redactions_field(r), "action", gw_redactions_action(r), "finds", (json_int_t)r->n);
}

static void list_rule(const sums *s, unsigned rule, json_t *rows, int64_t *total)
{
    for (unsigned cls = 0; cls < FIELDS; cls++) {
        for (unsigned done = 0; done < DEEDS; done++) {
            const gw_redactions r = {
                .rule = rule, .cls = (rd_class)cls, .done = (rd_done)done, .n = s->n[rule][cls][done]};
            if (r.n != 0)
                json_array_append_new(rows, row_of(&r));
            *total += r.n;
        }
    }
}

/* In the order in which rules came into the metrics: that of the configuration, then what reloads added. */
static void list(const sums *s, json_t *answer)
{
    json_t *rows = json_array();
    int64_t total = 0;
    for (unsigned rule = 1; rule < gw_metrics_slots(GW_SLOTS_RULE); rule++)
        list_rule(s, rule, rows, &total);
    list_rule(s, 0, rows, &total); /* those without a slot */
    json_object_set_new(answer, "finds", json_integer(total));
    json_object_set_new(answer, "redactions", rows);
}

/* Slots [first, end) of workspaces, under the name of all that. */
static int answer_sums(gw_admin_call *c, const char *workspace, unsigned first, unsigned end)
{
    sums *s = calloc(1, sizeof *s);
    if (s == NULL)
        return gw_admin_fail(c, 503, "out of memory");
    for (unsigned w = first; w < end; w++)
        gw_redactions_each(w, add, s);
    c->answer = json_pack("{s:s?, s:s, s:o}", "workspace", workspace, "config_hash",
                          c->thread->binding->gen->cfg->hash, "since", gw_admin_since());
    list(s, c->answer);
    free(s);
    return 200;
}

static int get_all(gw_admin_call *c)
{
    return answer_sums(c, NULL, 0, gw_metrics_slots(GW_SLOTS_WORKSPACE));
}

static int get_one(gw_admin_call *c)
{
    gw_workspaces *t = gw_workspaces_ref(c->thread->workspaces);
    const gw_workspace *w = gw_workspaces_find(t, rd_slice_str(c->name));
    int status;
    if (w == NULL)
        status = gw_admin_fail(c, 404, "no such workspace");
    else if (w->slot == 0)
        status = gw_admin_fail(c, 404, "it is one of the workspaces that are counted together, as __other__");
    else
        status = answer_sums(c, w->name, w->slot, w->slot + 1);
    gw_workspaces_unref(&t);
    return status;
}

const gw_admin_route gw_admin_redactions[] = {
    {.method = "GET", .path = "/api/v1/redactions", .need = GW_ADMIN_NEEDS_VIEWER, .run = get_all},
    {.method = "GET",
     .path = "/api/v1/redactions/",
     .prefix = true,
     .need = GW_ADMIN_NEEDS_VIEWER,
     .run = get_one},
    GW_ADMIN_ROUTES_END};
