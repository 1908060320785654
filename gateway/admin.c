/* SPDX-License-Identifier: MIT */
#include "gateway/admin.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "filters/base/buf.h"
#include "gateway/budget.h"
#include "gateway/store_metrics.h"
#include "gateway/thread.h"

enum { MAX_PAGE = 32 << 20 };

static _Atomic bool ready;
static const char *_Atomic not_ready_reason = "starting";

void gw_admin_set_ready(bool is_ready, const char *reason)
{
    atomic_store(&not_ready_reason, reason);
    atomic_store(&ready, is_ready);
}

static int page_livez(gw_thread *t, rd_buf *out)
{
    rd_buf_append_str(out, "ok\n");
    return 200;
}

static int page_readyz(gw_thread *t, rd_buf *out)
{
    if (atomic_load(&ready)) {
        rd_buf_append_str(out, "ok\n");
        return 200;
    }
    rd_buf_printf(out, "not ready: %s\n", atomic_load(&not_ready_reason));
    return 503;
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

static int page_metrics(gw_thread *t, rd_buf *out)
{
    const gw_generation *g = t->binding->gen;
    gw_metrics_write(out);
    gauge(out, "redactd_memory_budget_used_bytes", "Bytes of bodies in flight.", gw_budget_bytes());
    gauge(out, "redactd_memory_budget_limit_bytes", "Ceiling of bytes of bodies in flight.",
          g->cfg->limits.memory_bytes);
    gauge(out, "process_resident_memory_bytes", "Resident memory.", resident_bytes());
    rd_buf_printf(out,
                  "# HELP redactd_config_info The configuration in force.\n# TYPE redactd_config_info gauge\n"
                  "redactd_config_info{hash=\"%s\",generation=\"%llu\"} 1\n",
                  g->cfg->hash, (unsigned long long)g->number);
    rd_buf_printf(out,
                  "# HELP redactd_build_info The program.\n# TYPE redactd_build_info gauge\n"
                  "redactd_build_info{version=\"%s\"} 1\n",
                  REDACTD_VERSION);
    for (size_t i = 0; i < g->cfg->n_upstreams; i++) {
        if (g->stores[i] != NULL)
            gw_store_metrics_write(g->stores[i], g->cfg->upstreams[i].name, out);
    }
    return 200;
}

static const struct {
    const char *path;
    int (*make)(gw_thread *t, rd_buf *out);
    const char *type;
} pages[] = {
    {"/livez", page_livez, "text/plain; charset=utf-8"},
    {"/readyz", page_readyz, "text/plain; charset=utf-8"},
    {"/metrics", page_metrics, "text/plain; version=0.0.4; charset=utf-8"},
};

enum { N_PAGES = sizeof pages / sizeof pages[0] };

static void *on_head(gw_thread *t, gw_stream *s, const gw_head *h, uint64_t *out_max_body)
{
    gw_response res = {.status = 404};
    const char *type = "text/plain; charset=utf-8";
    bool get = rd_slice_eq(h->method, RD_SLICE_LIT("GET")) || rd_slice_eq(h->method, RD_SLICE_LIT("HEAD"));
    rd_buf page;
    rd_buf_init(&page, MAX_PAGE);
    unsigned i = 0;
    while (i < N_PAGES && !rd_slice_eq(h->path, rd_slice_str(pages[i].path)))
        i++;
    if (i < N_PAGES && get) {
        res.status = pages[i].make(t, &page);
        type = pages[i].type;
    } else if (i < N_PAGES) {
        res.status = 405;
        gw_response_add(&res, "allow", RD_SLICE_LIT("GET, HEAD"));
    } else {
        rd_buf_append_str(&page, "not found, try /livez /readyz /metrics\n");
    }
    gw_response_add(&res, "content-type", rd_slice_str(type));
    gw_response_add(&res, "cache-control", RD_SLICE_LIT("no-store"));
    gw_response_add(&res, "x-content-type-options", RD_SLICE_LIT("nosniff"));
    res.body = rd_buf_slice(&page);
    s->ops->respond(s, &res);
    rd_buf_release(&page);
    return NULL;
}

/* on_head always answers, so a body is never read and nothing is ever aborted. */
static void never_body(void *request, gw_body body)
{
    abort();
}

static void never_bad_body(void *request, int outcome)
{
    abort();
}

static void never_abort(void *request)
{
    abort();
}

const gw_app gw_admin_app = {
    .on_head = on_head, .on_body = never_body, .on_bad_body = never_bad_body, .on_abort = never_abort};
