/* SPDX-License-Identifier: MIT */
#include "gateway/quota_metrics.h"

#include <stdlib.h>

#include "gateway/metrics.h"
#include "gateway/quota_table.h"

enum { PER_MILLE = 1000 };

typedef struct gather {
    gw_quota_time now;
    struct {
        uint32_t said; /* bit per limit */
        unsigned blocked;
        uint64_t per_mille[GW_LIMIT_COUNT];
    } slot[GW_WORKSPACE_SLOTS];
} gather;

/* What is used of a rate is told by its burst. */
static bool is_shown(const gw_quota_view *v, unsigned l)
{
    return v->limits.v[l] != 0 && gw_limit_is_used_up(l) && (l >= 2 * GW_RATE_COUNT || l % 2 == 1);
}

static void add(void *arg, gw_quota *q)
{
    gather *g = arg;
    gw_quota_view v;
    unsigned slot = gw_quota_slot(q);
    gw_quota_look(q, g->now, &v);
    g->slot[slot].blocked += v.blocked_until_s != 0;
    for (unsigned l = 0; l < GW_LIMIT_COUNT; l++) {
        if (!is_shown(&v, l))
            continue;
        uint64_t ratio = (uint64_t)((double)v.used[l] * PER_MILLE / (double)v.limits.v[l]);
        g->slot[slot].said |= UINT32_C(1) << l;
        if (ratio > g->slot[slot].per_mille[l])
            g->slot[slot].per_mille[l] = ratio;
    }
}

static void head(const char *name, const char *help, rd_buf *out)
{
    rd_buf_printf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void write_ratios(const gather *g, unsigned slots, rd_buf *out)
{
    static const char name[] = "redactd_workspace_limit_used_ratio";
    head(name, "How much of a limit is used, 1: all of it. Of a rate, how much of its burst.", out);
    for (unsigned s = 0; s < slots; s++) {
        for (unsigned l = 0; l < GW_LIMIT_COUNT; l++) {
            if ((g->slot[s].said >> l & 1) == 0)
                continue;
            uint64_t ratio = g->slot[s].per_mille[l];
            rd_buf_printf(out, "%s{workspace_id=\"%s\",limit=\"%s\"} %llu.%03llu\n", name,
                          gw_metrics_slot_name(GW_SLOTS_WORKSPACE, s), gw_limit_word((gw_limit)l),
                          (unsigned long long)(ratio / PER_MILLE), (unsigned long long)(ratio % PER_MILLE));
        }
    }
}

static void write_blocked(const gather *g, unsigned slots, rd_buf *out)
{
    static const char name[] = "redactd_workspace_blocked";
    head(name, "Workspaces that an operator blocks; only those have a series.", out);
    for (unsigned s = 0; s < slots; s++) {
        if (g->slot[s].blocked > 0)
            rd_buf_printf(out, "%s{workspace_id=\"%s\"} %u\n", name,
                          gw_metrics_slot_name(GW_SLOTS_WORKSPACE, s), g->slot[s].blocked);
    }
}

void gw_quota_metrics_write(gw_quota_time now, rd_buf *out)
{
    gather *g = calloc(1, sizeof *g);
    if (g == NULL) {
        out->failed = RD_NO_MEMORY;
        return;
    }
    g->now = now;
    gw_quotas_each(add, g);
    unsigned slots = gw_metrics_slots(GW_SLOTS_WORKSPACE);
    write_ratios(g, slots, out);
    write_blocked(g, slots, out);
    free(g);
}
