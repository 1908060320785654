/* SPDX-License-Identifier: MIT */
#include "gateway/upstream_metrics.h"

/* Calls `f` for each lane that a route uses. */
typedef void (*lane_writer)(const gw_lane_report *r, const char *labels, rd_buf *out);

static void each_lane(const gw_generation *g, uint64_t now_ms, lane_writer f, rd_buf *out)
{
    char labels[1400];
    gw_lane_report r;
    for (size_t u = 0; u < g->cfg->n_upstreams; u++) {
        const gw_upstream_cfg *cfg = &g->cfg->upstreams[u];
        for (size_t e = 0; g->upstreams[u] != NULL && e < cfg->n_endpoints; e++) {
            for (unsigned s = 0; s < GW_SIGNAL_COUNT; s++) {
                if (!gw_config_sends(g->cfg, u, (gw_signal)s))
                    continue;
                gw_upstream_lane(g->upstreams[u], e, (gw_signal)s, now_ms, 0, &r);
                snprintf(labels, sizeof labels, "upstream=\"%s\",endpoint=\"%s\",signal=\"%s\"", cfg->name,
                         cfg->endpoints[e].url, gw_signal_word((gw_signal)s));
                f(&r, labels, out);
            }
        }
    }
}

static void head(rd_buf *out, const char *name, const char *type, const char *help)
{
    rd_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void state(const gw_lane_report *r, const char *labels, rd_buf *out)
{
    for (unsigned s = 0; s < GW_BREAKER_STATE_COUNT; s++)
        rd_buf_printf(out, "redactd_breaker_state{%s,state=\"%s\"} %d\n", labels,
                      gw_breaker_state_word((gw_breaker_state)s), r->breaker.state == (gw_breaker_state)s);
}

static void transitions(const gw_lane_report *r, const char *labels, rd_buf *out)
{
    for (unsigned s = 0; s < GW_BREAKER_STATE_COUNT; s++)
        rd_buf_printf(out, "redactd_breaker_transitions_total{%s,to=\"%s\"} %llu\n", labels,
                      gw_breaker_state_word((gw_breaker_state)s), (unsigned long long)r->transitions[s]);
}

static void in_flight(const gw_lane_report *r, const char *labels, rd_buf *out)
{
    rd_buf_printf(out, "redactd_endpoint_in_flight{%s} %u\n", labels, r->in_flight);
}

static void limit(const gw_lane_report *r, const char *labels, rd_buf *out)
{
    rd_buf_printf(out, "redactd_endpoint_limit{%s} %u\n", labels, r->limit);
}

static void healthy(const gw_lane_report *r, const char *labels, rd_buf *out)
{
    rd_buf_printf(out, "redactd_endpoint_healthy{%s} %d\n", labels, r->healthy);
}

static void latency(const gw_lane_report *r, const char *labels, rd_buf *out)
{
    unsigned long long n = 0;
    for (unsigned i = 0; i < GW_LATENCY_BUCKETS; i++) {
        n += r->latency[i];
        if (i < GW_LATENCY_BUCKETS - 1)
            rd_buf_printf(out, "redactd_endpoint_latency_seconds_bucket{%s,le=\"%g\"} %llu\n", labels,
                          gw_latency_bounds_ms[i] / 1000.0, n);
    }
    rd_buf_printf(
        out,
        "redactd_endpoint_latency_seconds_bucket{%s,le=\"+Inf\"} %llu\n"
        "redactd_endpoint_latency_seconds_sum{%s} %.3f\nredactd_endpoint_latency_seconds_count{%s} %llu\n",
        labels, n, labels, (double)r->latency_sum_ms / 1000, labels, n);
}

static void lanes(const gw_generation *g, uint64_t now_ms, rd_buf *out)
{
    head(out, "redactd_breaker_state", "gauge", "1 for the state that the breaker is in.");
    each_lane(g, now_ms, state, out);
    head(out, "redactd_breaker_transitions_total", "counter", "Times the breaker went into a state.");
    each_lane(g, now_ms, transitions, out);
    head(out, "redactd_endpoint_in_flight", "gauge", "Calls under way.");
    each_lane(g, now_ms, in_flight, out);
    head(out, "redactd_endpoint_limit", "gauge", "Calls at a time that the adaptive limit allows.");
    each_lane(g, now_ms, limit, out);
    head(out, "redactd_endpoint_healthy", "gauge", "0 while active checks have the endpoint passed over.");
    each_lane(g, now_ms, healthy, out);
    head(out, "redactd_endpoint_latency_seconds", "histogram", "Time of calls that were answered.");
    each_lane(g, now_ms, latency, out);
}

static void upstream_rows(const gw_generation *g, const char *name, const char *type, const char *help,
                          uint64_t (*value)(const gw_upstream_report *r), rd_buf *out)
{
    gw_upstream_report r;
    head(out, name, type, help);
    for (size_t u = 0; u < g->cfg->n_upstreams; u++) {
        if (g->upstreams[u] == NULL)
            continue;
        gw_upstream_totals(g->upstreams[u], &r);
        rd_buf_printf(out, "%s{upstream=\"%s\"} %llu\n", name, g->cfg->upstreams[u].name,
                      (unsigned long long)value(&r));
    }
}

static uint64_t requests_of(const gw_upstream_report *r)
{
    return r->in_flight;
}

static uint64_t waiting_of(const gw_upstream_report *r)
{
    return r->waiting;
}

static uint64_t bytes_of(const gw_upstream_report *r)
{
    return r->bytes;
}

static uint64_t retries_of(const gw_upstream_report *r)
{
    return r->retries;
}

static uint64_t denied_of(const gw_upstream_report *r)
{
    return r->retries_denied;
}

static void checks(const gw_generation *g, rd_buf *out)
{
    static const char *const words[] = {
        [GW_CHECK_OK] = "ok", [GW_CHECK_BAD] = "bad", [GW_CHECK_UNREACHABLE] = "unreachable"};
    gw_upstream_report r;
    head(out, "redactd_health_checks_total", "counter", "Active checks of endpoints by result.");
    for (size_t u = 0; u < g->cfg->n_upstreams; u++) {
        if (g->upstreams[u] == NULL)
            continue;
        gw_upstream_totals(g->upstreams[u], &r);
        for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
            rd_buf_printf(out, "redactd_health_checks_total{upstream=\"%s\",result=\"%s\"} %llu\n",
                          g->cfg->upstreams[u].name, words[i], (unsigned long long)r.checks[i]);
    }
}

void gw_upstream_metrics_write(const gw_generation *g, uint64_t now_ms, rd_buf *out)
{
    upstream_rows(g, "redactd_upstream_in_flight", "gauge", "Calls under way.", requests_of, out);
    upstream_rows(g, "redactd_upstream_waiting", "gauge", "Requests that wait for their turn.", waiting_of,
                  out);
    upstream_rows(g, "redactd_upstream_bytes", "gauge", "Bytes of bodies in flight or waiting.", bytes_of,
                  out);
    upstream_rows(g, "redactd_upstream_retries_total", "counter", "Requests tried at another endpoint.",
                  retries_of, out);
    upstream_rows(g, "redactd_upstream_retries_denied_total", "counter",
                  "Retries that the retry budget did not allow.", denied_of, out);
    checks(g, out);
    lanes(g, now_ms, out);
}
