/* SPDX-License-Identifier: MIT */
/* What is open to everyone on the machine: health and metrics. */
#include "gateway/admin_private.h"

#include <stdio.h>
#include <unistd.h>

#include "gateway/budget.h"
#include "gateway/quota_metrics.h"
#include "gateway/quota_sync.h"
#include "gateway/store_metrics.h"
#include "gateway/thread.h"
#include "gateway/upstream_metrics.h"

static int page_livez(gw_admin_call *c)
{
    rd_buf_append_str(c->page, "ok\n");
    return 200;
}

static int page_readyz(gw_admin_call *c)
{
    const char *why = gw_admin_why_not_ready();
    if (why == NULL)
        rd_buf_append_str(c->page, "ok\n");
    else
        rd_buf_printf(c->page, "not ready: %s\n", why);
    return why == NULL ? 200 : 503;
}

static uint64_t resident_bytes(void)
{
    unsigned long long total = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f == NULL)
        return 0;
    if (fscanf(f, "%llu %llu", &total, &resident) != 2)
        resident = 0;
    fclose(f);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void gauge(rd_buf *out, const char *name, const char *help, uint64_t v)
{
    rd_buf_printf(out, "# HELP %s %s\n# TYPE %s gauge\n%s %llu\n", name, help, name, name,
                  (unsigned long long)v);
}

static int page_metrics(gw_admin_call *c)
{
    rd_buf *out = c->page;
    const gw_generation *g = c->thread->binding->gen;
    gw_metrics_write(out);
    gauge(out, "redactd_memory_budget_used_bytes", "Bytes of bodies in flight and of open connections.",
          gw_budget_bytes());
    gauge(out, "redactd_memory_budget_limit_bytes",
          "Ceiling of bytes of bodies in flight and of open connections.", g->cfg->limits.memory_bytes);
    gauge(out, "redactd_slow_rules", "Rules whose pattern has no literal and so is tried on every text.",
          gw_generation_slow_rules(g));
    gauge(out, "process_resident_memory_bytes", "Resident memory.", resident_bytes());
    rd_buf_printf(out,
                  "# HELP redactd_config_info The configuration in force.\n# TYPE redactd_config_info gauge\n"
                  "redactd_config_info{hash=\"%s\",generation=\"%llu\"} 1\n",
                  g->cfg->hash, (unsigned long long)g->number);
    rd_buf_printf(out,
                  "# HELP redactd_build_info The program.\n# TYPE redactd_build_info gauge\n"
                  "redactd_build_info{version=\"%s\"} 1\n",
                  REDACTD_VERSION);
    gw_quota_sync_write(out);
    gw_quota_metrics_write(gw_quota_now(), out);
    gw_upstream_metrics_write(g, gw_now_ms(), out);
    for (size_t i = 0; i < g->cfg->n_upstreams; i++) {
        if (g->stores[i] != NULL)
            gw_store_metrics_write(g->stores[i], g->cfg->upstreams[i].name, out);
    }
    return 200;
}

#define TEXT "text/plain; charset=utf-8"
const gw_admin_route gw_admin_pages[] = {
    {.method = "GET", .path = "/livez", .run = page_livez, .type = TEXT},
    {.method = "GET", .path = "/readyz", .run = page_readyz, .type = TEXT},
    {.method = "GET",
     .path = "/metrics",
     .run = page_metrics,
     .type = "text/plain; version=0.0.4; charset=utf-8"},
    GW_ADMIN_ROUTES_END};
