/* SPDX-License-Identifier: MIT */
/* Upstreams and their breakers: what is known, and what an operator says about it. */
#include "gateway/admin_private.h"

#include <stdio.h>
#include <time.h>

#include "gateway/clock.h"
#include "gateway/thread.h"

/* "2026-11-25T03:02:11Z" */
static json_t *time_json(uint64_t at_ms)
{
    char text[32];
    struct tm tm;
    time_t t = (time_t)(at_ms / 1000);
    gmtime_r(&t, &tm);
    (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return json_string(text);
}

/* ---- looking ---- */

static json_t *history_json(const gw_breaker *b, uint64_t now_ms, uint64_t wall)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < GW_BREAKER_HISTORY; i++) {
        const gw_breaker_change *c = gw_breaker_past(b, i);
        if (c == NULL)
            break;
        json_array_append_new(
            list, json_pack("{s:o, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "at",
                            time_json(wall - (now_ms > c->at_ms ? now_ms - c->at_ms : 0)), "from",
                            gw_breaker_state_word(c->from), "to", gw_breaker_state_word(c->to), "why",
                            gw_breaker_event_word(c->event), "calls", (json_int_t)c->counts.calls, "failures",
                            (json_int_t)c->counts.failures, "timeouts", (json_int_t)c->counts.timeouts,
                            "slow", (json_int_t)c->counts.slow, "in_a_row", (json_int_t)c->in_a_row,
                            "open_ms", (json_int_t)c->open_ms));
    }
    return list;
}

static json_t *lane_json(gw_upstream *u, size_t endpoint, gw_signal s)
{
    const gw_upstream_cfg *cfg = gw_upstream_config(u);
    uint64_t now_ms = gw_now_ms(), wall = gw_wall_ms();
    gw_lane_report r;
    gw_upstream_lane(u, endpoint, s, now_ms, wall, &r);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:f, s:I, s:I, s:I, s:I, s:I, s:o}",
                     "upstream", cfg->name, "endpoint", cfg->endpoints[endpoint].url, "signal",
                     gw_signal_word(s), "state", gw_breaker_state_word(r.breaker.state), "why", r.why,
                     "healthy", r.healthy, "in_flight", (json_int_t)r.in_flight, "limit", (json_int_t)r.limit,
                     "latency_ms", r.usual_ms, "calls", (json_int_t)r.breaker.sum.calls, "failures",
                     (json_int_t)r.breaker.sum.failures, "timeouts", (json_int_t)r.breaker.sum.timeouts,
                     "slow", (json_int_t)r.breaker.sum.slow, "held_ms", (json_int_t)r.held_ms, "history",
                     history_json(&r.breaker, now_ms, wall));
}

static json_t *totals_json(gw_upstream *u)
{
    gw_upstream_report r;
    gw_upstream_totals(u, &r);
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "upstream", gw_upstream_config(u)->name, "in_flight",
                     (json_int_t)r.in_flight, "waiting", (json_int_t)r.waiting, "bytes", (json_int_t)r.bytes,
                     "retries", (json_int_t)r.retries, "retries_denied", (json_int_t)r.retries_denied);
}

static int get_upstreams(gw_admin_call *c)
{
    const gw_generation *g = c->thread->binding->gen;
    json_t *upstreams = json_array(), *lanes = json_array();
    for (size_t u = 0; u < g->cfg->n_upstreams; u++) {
        if (g->upstreams[u] == NULL)
            continue;
        json_array_append_new(upstreams, totals_json(g->upstreams[u]));
        for (size_t e = 0; e < g->cfg->upstreams[u].n_endpoints; e++) {
            for (unsigned s = 0; s < GW_SIGNAL_COUNT; s++) {
                if (gw_config_sends(g->cfg, u, (gw_signal)s))
                    json_array_append_new(lanes, lane_json(g->upstreams[u], e, (gw_signal)s));
            }
        }
    }
    c->answer = json_pack("{s:o, s:o}", "upstreams", upstreams, "breakers", lanes);
    return 200;
}

/* ---- changing ---- */

enum { MAX_TTL_S = 30 * 24 * 3600 };

static int signal_of(const char *word)
{
    for (unsigned s = 0; s < GW_SIGNAL_COUNT; s++) {
        if (strcmp(gw_signal_word((gw_signal)s), word) == 0)
            return (int)s;
    }
    return -1;
}

/* All lanes that the call names; how many. */
static unsigned override_lanes(gw_upstream *u, const char *endpoint, int signal, gw_override o,
                               uint64_t ttl_ms, gw_thread *t)
{
    const gw_upstream_cfg *cfg = gw_upstream_config(u);
    unsigned n = 0;
    for (size_t e = 0; e < cfg->n_endpoints; e++) {
        if (endpoint != NULL && strcmp(endpoint, cfg->endpoints[e].url) != 0)
            continue;
        for (int s = 0; s < GW_SIGNAL_COUNT; s++) {
            if (signal >= 0 && signal != s)
                continue;
            gw_upstream_override(u, e, (gw_signal)s, o, ttl_ms, gw_now_ms(), gw_thread_random(t));
            n++;
        }
    }
    return n;
}

static gw_upstream *find_upstream(const gw_generation *g, const char *name)
{
    for (size_t u = 0; name != NULL && u < g->cfg->n_upstreams; u++) {
        if (g->upstreams[u] != NULL && strcmp(g->cfg->upstreams[u].name, name) == 0)
            return g->upstreams[u];
    }
    return NULL;
}

/* {"upstream": NAME, "endpoint": URL, "signal": WORD, "ttl_s": N}; all but the first may be absent. */
static int override(gw_admin_call *c, gw_override o)
{
    const char *endpoint = gw_admin_text(c, "endpoint"), *signal = gw_admin_text(c, "signal");
    const json_t *ttl = json_object_get(c->body, "ttl_s");
    gw_upstream *u = find_upstream(c->thread->binding->gen, gw_admin_text(c, "upstream"));
    int s = signal != NULL ? signal_of(signal) : -1;
    if (u == NULL)
        return gw_admin_fail(c, 404, "`upstream` names no upstream with endpoints");
    if (signal != NULL && s < 0)
        return gw_admin_fail(c, 400, "`signal` must be logs, traces, metrics or loki_push");
    if (ttl != NULL &&
        (!json_is_integer(ttl) || json_integer_value(ttl) < 1 || json_integer_value(ttl) > MAX_TTL_S))
        return gw_admin_fail(c, 400, "`ttl_s` must be a number of seconds, at most 30 days");
    uint64_t ttl_ms = ttl != NULL ? (uint64_t)json_integer_value(ttl) * 1000 : 0;
    unsigned n = override_lanes(u, endpoint, s, o, ttl_ms, c->thread);
    if (n == 0)
        return gw_admin_fail(c, 404, "`endpoint` is no endpoint of this upstream");
    snprintf(c->target, sizeof c->target, "%s%s%s%s%s", gw_upstream_config(u)->name,
             endpoint != NULL ? " " : "", endpoint != NULL ? endpoint : "", signal != NULL ? " " : "",
             signal != NULL ? signal : "");
    c->answer = json_pack("{s:s, s:I}", "upstream", gw_upstream_config(u)->name, "breakers", (json_int_t)n);
    return 200;
}

static int post_open(gw_admin_call *c)
{
    return override(c, GW_OVERRIDE_OPEN);
}

static int post_close(gw_admin_call *c)
{
    return override(c, GW_OVERRIDE_CLOSE);
}

static int post_reset(gw_admin_call *c)
{
    return override(c, GW_OVERRIDE_RESET);
}

const gw_admin_route gw_admin_upstream[] = {
    {.method = "GET", .path = "/api/v1/upstreams", .need = GW_ADMIN_NEEDS_VIEWER, .run = get_upstreams},
    {.method = "POST",
     .path = "/api/v1/breakers/open",
     .need = GW_ADMIN_NEEDS_OPERATOR,
     .action = "breaker_open",
     .run = post_open},
    {.method = "POST",
     .path = "/api/v1/breakers/close",
     .need = GW_ADMIN_NEEDS_OPERATOR,
     .action = "breaker_close",
     .run = post_close},
    {.method = "POST",
     .path = "/api/v1/breakers/reset",
     .need = GW_ADMIN_NEEDS_OPERATOR,
     .action = "breaker_reset",
     .run = post_reset},
    GW_ADMIN_ROUTES_END};
