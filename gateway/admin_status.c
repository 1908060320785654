/* SPDX-License-Identifier: MIT */
/* The process itself: what runs since when, and how much it says. */
#include "gateway/admin_private.h"

#include <time.h>

#include "gateway/budget.h"
#include "gateway/log.h"
#include "gateway/thread.h"

static time_t started_at;

/* The admin API is there before any call, so this is set in time. */
__attribute__((constructor)) static void note_start(void)
{
    started_at = time(NULL);
}

json_t *gw_admin_since(void)
{
    char text[sizeof "2026-11-26T02:00:00Z"];
    struct tm tm;
    bool ok =
        gmtime_r(&started_at, &tm) != NULL && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) > 0;
    return ok ? json_string(text) : json_null();
}

static int get_status(gw_admin_call *c)
{
    const gw_generation *g = c->thread->binding->gen;
    const char *why = gw_admin_why_not_ready();
    c->answer = json_pack("{s:s, s:b, s:s, s:I, s:s, s:I, s:I, s:I, s:I, s:I, s:s, s:s}", "version",
                          REDACTD_VERSION, "ready", why == NULL, "reason", why == NULL ? "" : why, "uptime_s",
                          (json_int_t)(time(NULL) - started_at), "config_hash", g->cfg->hash, "generation",
                          (json_int_t)g->number, "connections", (json_int_t)gw_budget_connections(),
                          "requests_in_flight", (json_int_t)gw_budget_requests(), "memory_bytes",
                          (json_int_t)gw_budget_bytes(), "memory_limit_bytes",
                          (json_int_t)g->cfg->limits.memory_bytes, "caller", c->caller->name, "role",
                          c->caller->role == GW_ADMIN_OPERATOR ? "operator" : "viewer");
    return 200;
}

/* Until the next reload, which sets what the configuration says. */
static int put_log_level(gw_admin_call *c)
{
    static const char *const words[] = {"debug", "info", "warn", "error"};
    const char *level = gw_admin_text(c, "level");
    for (unsigned i = 0; level != NULL && i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i], level) != 0)
            continue;
        gw_log_set_level((gw_level)i);
        snprintf(c->target, sizeof c->target, "%s", words[i]);
        c->answer = json_pack("{s:s}", "level", words[i]);
        return 200;
    }
    return gw_admin_fail(c, 400, "`level` must be debug, info, warn or error");
}

const gw_admin_route gw_admin_status[] = {
    {.method = "GET", .path = "/api/v1/status", .need = GW_ADMIN_NEEDS_VIEWER, .run = get_status},
    {.method = "PUT",
     .path = "/api/v1/log-level",
     .need = GW_ADMIN_NEEDS_OPERATOR,
     .action = "log_level",
     .run = put_log_level},
    GW_ADMIN_ROUTES_END};
