/* SPDX-License-Identifier: MIT */
#include "gateway/metrics.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#include "filters/base/doc.h"
#include "gateway/call_result.h"
#include "gateway/limit.h"
#include "gateway/metrics_private.h"

enum { STATUSES = 24, RELOAD_RESULTS = 2 };

/* ---- dimensions ---- */

static const int statuses[STATUSES - 1] = {200, 204, 260, 400, 401, 403, 404, 405, 408, 410, 413, 415,
                                           417, 422, 429, 431, 500, 501, 502, 503, 504, 507, 301};

unsigned gw_metrics_status(int http_status)
{
    for (unsigned i = 0; i < STATUSES - 1; i++) {
        if (statuses[i] == http_status)
            return i;
    }
    return STATUSES - 1;
}

static const char *status_name(unsigned i)
{
    static const char *const names[STATUSES] = {"200", "204", "260", "400", "401", "403", "404", "405",
                                                "408", "410", "413", "415", "417", "422", "429", "431",
                                                "500", "501", "502", "503", "504", "507", "301", "other"};
    return names[i];
}

static const unsigned slot_limits[] = {GW_RULE_SLOTS, GW_UPSTREAM_SLOTS, GW_WORKSPACE_SLOTS};

static struct {
    pthread_mutex_t lock;
    char *names[GW_SLOTS_COUNT][GW_RULE_SLOTS]; /* the largest */
    _Atomic unsigned n[GW_SLOTS_COUNT];
} slots = {.lock = PTHREAD_MUTEX_INITIALIZER, .n = {1, 1, 1}};

unsigned gw_metrics_slot(gw_slots kind, const char *name)
{
    unsigned found = 0;
    pthread_mutex_lock(&slots.lock);
    unsigned n = atomic_load(&slots.n[kind]);
    for (unsigned i = 1; found == 0 && i < n; i++) {
        if (strcmp(slots.names[kind][i], name) == 0)
            found = i;
    }
    if (found == 0 && n < slot_limits[kind] && (slots.names[kind][n] = strdup(name)) != NULL) {
        found = n;
        atomic_store(&slots.n[kind], n + 1); /* readers see the name before the count */
    }
    pthread_mutex_unlock(&slots.lock);
    return found;
}

unsigned gw_metrics_slots(gw_slots kind)
{
    return atomic_load(&slots.n[kind]);
}

const char *gw_metrics_slot_name(gw_slots kind, unsigned i)
{
    return i == 0 || i >= atomic_load(&slots.n[kind]) ? "__other__" : slots.names[kind][i];
}

static const char *dim_signal(unsigned i)
{
    return gw_signal_word((gw_signal)i);
}

static const char *dim_class(unsigned i)
{
    return rd_class_word((rd_class)i);
}

static const char *dim_outcome(unsigned i)
{
    return gw_outcome_word((gw_outcome)i);
}

static const char *dim_call_result(unsigned i)
{
    return gw_call_result_word((gw_call_result)i);
}

static const char *dim_rule(unsigned i)
{
    return gw_metrics_slot_name(GW_SLOTS_RULE, i);
}

static const char *dim_upstream(unsigned i)
{
    return gw_metrics_slot_name(GW_SLOTS_UPSTREAM, i);
}

static const char *dim_workspace(unsigned i)
{
    return gw_metrics_slot_name(GW_SLOTS_WORKSPACE, i);
}

static const char *dim_limit(unsigned i)
{
    return gw_limit_word((gw_limit)i);
}

static const char *dim_quota_mode(unsigned i)
{
    return i == 0 ? "enforce" : "shadow";
}

static const char *dim_cost(unsigned i)
{
    return i == 0 ? "own" : "shared";
}

static const char *dim_search(unsigned i)
{
    return i == 0 ? "exact" : "rest";
}

static const char *dim_reload(unsigned i)
{
    return i == 0 ? "rejected" : "applied";
}

/* X(id, label, size, name of value i) */
#define GW_DIMS(X)                                                                                           \
    X(NONE, "", 1, NULL)                                                                                     \
    X(SIGNAL, "signal", GW_SIGNAL_COUNT, dim_signal)                                                         \
    X(SIGNAL_OR_OTHER, "signal", GW_SIGNAL_COUNT + 1, dim_signal)                                            \
    X(STATUS, "code", STATUSES, status_name)                                                                 \
    X(OUTCOME, "reason", GW_OUTCOME_COUNT, dim_outcome)                                                      \
    X(CALL_RESULT, "result", GW_CALL_RESULT_COUNT, dim_call_result)                                          \
    X(COST, "part", 2, dim_cost)                                                                             \
    X(SEARCH, "part", 2, dim_search)                                                                         \
    X(RULE, "rule", GW_RULE_SLOTS, dim_rule)                                                                 \
    X(CLASS, "field", RD_CLASS_COUNT, dim_class)                                                             \
    X(UPSTREAM, "upstream", GW_UPSTREAM_SLOTS, dim_upstream)                                                 \
    X(WORKSPACE, "workspace_id", GW_WORKSPACE_SLOTS, dim_workspace)                                          \
    X(LIMIT, "limit", GW_LIMIT_COUNT, dim_limit)                                                             \
    X(QUOTA_MODE, "mode", 2, dim_quota_mode)                                                                 \
    X(RELOAD_RESULT, "result", RELOAD_RESULTS, dim_reload)

typedef struct dim {
    const char *label;
    unsigned size;
    const char *(*name)(unsigned i);
} dim;

enum {
#define X(id, label, size, name) DIM_##id,
    GW_DIMS(X)
#undef X
};

static const dim dims[] = {
#define X(id, label, size, name) {label, size, name},
    GW_DIMS(X)
#undef X
};

/* ---- metrics ---- */

static const struct metric {
    const char *name, *help;
    unsigned char kind, dim[3];
} metrics[] = {
#define COUNTER                             0
#define GAUGE                               1
#define SECONDS                             2
#define X(id, kind, name, help, d1, d2, d3) {name, help, kind, {DIM_##d1, DIM_##d2, DIM_##d3}},
#include "gateway/metrics.def"
#undef X
};

static struct {
    pthread_mutex_t lock;
    gw_counters *list[GW_METRICS_THREADS];
    unsigned n;
} threads = {.lock = PTHREAD_MUTEX_INITIALIZER};

static size_t cells_of(const struct metric *m)
{
    return (size_t)dims[m->dim[0]].size * dims[m->dim[1]].size * dims[m->dim[2]].size;
}

static size_t cell_index(const struct metric *m, unsigned i, unsigned j, unsigned k)
{
    return ((size_t)i * dims[m->dim[1]].size + j) * dims[m->dim[2]].size + k;
}

gw_counters *gw_counters_new(void)
{
    gw_counters *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    for (unsigned m = 0; m < GW_METRIC_COUNT; m++) {
        c->cells[m] = calloc(cells_of(&metrics[m]), sizeof *c->cells[m]);
        if (c->cells[m] == NULL)
            return NULL; /* start-up ends here: nothing to give back */
    }
    c->redactions = gw_redaction_cells_new();
    if (c->redactions == NULL)
        return NULL;
    pthread_mutex_lock(&threads.lock);
    if (threads.n < GW_METRICS_THREADS)
        threads.list[threads.n++] = c;
    pthread_mutex_unlock(&threads.lock);
    return c;
}

void gw_count(gw_counters *c, gw_metric m, unsigned i, unsigned j, unsigned k, int64_t n)
{
    gw_cell_add(&c->cells[m][cell_index(&metrics[m], i, j, k)], n);
}

unsigned gw_counters_all(gw_counters *out[GW_METRICS_THREADS])
{
    pthread_mutex_lock(&threads.lock);
    unsigned n = threads.n;
    memcpy(out, threads.list, n * sizeof(gw_counters *));
    pthread_mutex_unlock(&threads.lock);
    return n;
}

int64_t gw_metrics_sum(gw_metric m, unsigned i, unsigned j, unsigned k)
{
    size_t at = cell_index(&metrics[m], i, j, k);
    int64_t sum = 0;
    pthread_mutex_lock(&threads.lock);
    for (unsigned t = 0; t < threads.n; t++)
        sum += atomic_load_explicit(&threads.list[t]->cells[m][at], memory_order_relaxed);
    pthread_mutex_unlock(&threads.lock);
    return sum;
}

static void write_label(rd_buf *out, const dim *d, unsigned i, bool *first)
{
    if (d->name == NULL)
        return;
    rd_buf_append_byte(out, *first ? '{' : ',');
    *first = false;
    rd_buf_printf(out, "%s=\"%s\"", d->label, d->name(i)); /* names are our words or [a-z0-9_-]: no escapes */
}

/* Cells with at most one label are always written, the others once they have moved. */
static void write_cell(rd_buf *out, gw_metric m, unsigned i, unsigned j, unsigned k)
{
    const struct metric *row = &metrics[m];
    int64_t v = gw_metrics_sum(m, i, j, k);
    bool first = true;
    if (v == 0 && dims[row->dim[1]].name != NULL)
        return;
    rd_buf_append_str(out, row->name);
    write_label(out, &dims[row->dim[0]], i, &first);
    write_label(out, &dims[row->dim[1]], j, &first);
    write_label(out, &dims[row->dim[2]], k, &first);
    if (!first)
        rd_buf_append_byte(out, '}');
    rd_buf_append_byte(out, ' ');
    if (row->kind == SECONDS)
        rd_buf_printf(out, "%" PRId64 ".%09" PRId64, v / 1000000000, v % 1000000000);
    else
        rd_buf_append_i64(out, v);
    rd_buf_append_byte(out, '\n');
}

/* Dimensions of configuration names end at the slots in use. */
static unsigned used(const struct metric *row, unsigned d)
{
    switch (row->dim[d]) {
    case DIM_RULE:
        return gw_metrics_slots(GW_SLOTS_RULE);
    case DIM_UPSTREAM:
        return gw_metrics_slots(GW_SLOTS_UPSTREAM);
    case DIM_WORKSPACE:
        return gw_metrics_slots(GW_SLOTS_WORKSPACE);
    default:
        return dims[row->dim[d]].size;
    }
}

void gw_metrics_write(rd_buf *out)
{
    for (unsigned m = 0; m < GW_METRIC_COUNT; m++) {
        const struct metric *row = &metrics[m];
        rd_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name,
                      row->kind == GAUGE ? "gauge" : "counter");
        for (unsigned i = 0; i < used(row, 0); i++) {
            for (unsigned j = 0; j < used(row, 1); j++) {
                for (unsigned k = 0; k < used(row, 2); k++)
                    write_cell(out, (gw_metric)m, i, j, k);
            }
        }
    }
    gw_redactions_write(out);
}

void gw_metrics_reference(FILE *to)
{
    fputs("| Metric | Type | Labels | Meaning |\n|---|---|---|---|\n", to);
    for (unsigned m = 0; m < GW_METRIC_COUNT; m++) {
        const struct metric *row = &metrics[m];
        fprintf(to, "| `%s` | %s | ", row->name, row->kind == GAUGE ? "gauge" : "counter");
        for (unsigned d = 0; d < 3 && dims[row->dim[d]].name != NULL; d++)
            fprintf(to, "%s`%s`", d > 0 ? ", " : "", dims[row->dim[d]].label);
        fprintf(to, " | %s |\n", row->help);
    }
    gw_redactions_reference(to);
}
