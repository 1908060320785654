/* SPDX-License-Identifier: MIT */
/*
 * Loading the configuration, or the file of workspaces alone, while requests go on. Everything that can fail
 * is done first, on the side; then all loops swap.
 */
#include "gateway/server_private.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "gateway/budget.h"
#include "gateway/ledger_keeper.h"
#include "gateway/log.h"
#include "gateway/turnaway.h"

enum { OTHER_FILES = 64 + GW_TURNAWAY_MOST /* descriptors for everything but connections */ };

/* Each connection may need one more to a backend. Without a descriptor left, accepting fails again and again
 * in a loop that has nothing to wait for. */
static uint32_t connections_within_files(uint32_t wanted)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY)
        return wanted;
    uint64_t most =
        files.rlim_cur < 4 * OTHER_FILES ? files.rlim_cur / 4 : (files.rlim_cur - OTHER_FILES) / 2;
    if (wanted <= most)
        return wanted;
    gw_log(FILES_LIMIT, gw_u64("connections", most), gw_u64("wanted", wanted),
           gw_u64("files", files.rlim_cur));
    return (uint32_t)most;
}

void gw_apply_limits(const gw_config *cfg)
{
    gw_log_set_level(cfg->log_level);
    gw_budget_limits(cfg->limits.requests_in_flight, cfg->limits.memory_bytes,
                     connections_within_files(cfg->limits.connections));
}

static void ask_prepare(gw_question *q)
{
    char why[GW_WHY_BYTES];
    q->binding = gw_binding_new(&q->loop->thread, q->round->gen, why);
    if (q->binding != NULL)
        return;
    pthread_mutex_lock(&q->round->lock);
    q->round->failed++;
    memcpy(q->round->why, why, sizeof why);
    pthread_mutex_unlock(&q->round->lock);
}

static void ask_workspaces(gw_question *q)
{
    gw_workspaces_unref(&q->loop->thread.workspaces);
    q->loop->thread.workspaces = gw_workspaces_ref(q->round->workspaces);
}

static void ask_commit(gw_question *q)
{
    gw_binding_unref(&q->loop->thread.binding);
    q->loop->thread.binding = q->binding;
    ask_workspaces(q);
}

static void ask_forget(gw_question *q)
{
    gw_binding_unref(&q->binding);
}

static bool same_listeners(const gw_config *a, const gw_config *b)
{
    if (a->n_listeners != b->n_listeners || a->has_admin != b->has_admin)
        return false;
    for (size_t i = 0; i < a->n_listeners; i++) {
        if (strcmp(a->listeners[i].address, b->listeners[i].address) != 0)
            return false;
    }
    return !a->has_admin || strcmp(a->admin.listener.address, b->admin.listener.address) == 0;
}

static bool same_ledger(const gw_config *a, const gw_config *b)
{
    if (a->has_ledger != b->has_ledger)
        return false;
    return !a->has_ledger || (strcmp(a->ledger.directory, b->ledger.directory) == 0 &&
                              a->ledger.file_bytes == b->ledger.file_bytes);
}

static void reload_rejected(const char *why)
{
    gw_log(CONFIG_REJECTED, gw_word("why", why));
}

/*
 * Every loop prepares; then what the process shares is put in force; then all loops swap. The first that
 * fails ends it before anything has changed.
 */
static bool swap_generation(gw_server *s, gw_generation *gen, gw_workspaces *workspaces)
{
    gw_round r = {.lock = PTHREAD_MUTEX_INITIALIZER,
                  .answered = PTHREAD_COND_INITIALIZER,
                  .gen = gen,
                  .workspaces = workspaces};
    gw_question *q = calloc(s->n_loops, sizeof *q);
    if (q == NULL)
        abort();
    gw_ask_all(s, &r, q, ask_prepare);
    bool ok = r.failed == 0 && gw_generation_open(gen, r.why);
    if (ok) {
        gw_workspaces_publish(workspaces);
        gw_apply_limits(gen->cfg);
    }
    gw_ask_all(s, &r, q, ok ? ask_commit : ask_forget);
    free(q);
    if (!ok)
        reload_rejected(r.why);
    return ok;
}

/* What is wrong with a file is for `redactd check` to say at length: this log is JSON lines. */
static gw_config *reload_config(const char *path)
{
    gw_diagnostics *d = gw_diagnostics_new();
    size_t n;
    const char *text = gw_config_default_text(&n);
    if (d == NULL)
        return NULL;
    gw_config *cfg = path != NULL ? gw_config_load(path, d) : gw_config_parse(text, n, "default.yaml", d);
    if (cfg == NULL)
        gw_log(CONFIG_REJECTED, gw_word("why", "the file has errors; redactd check says which"),
               gw_u64("errors", gw_diagnostics_errors(d)));
    gw_diagnostics_free(&d);
    return cfg;
}

/* NULL: rejected, and said so. */
gw_workspaces *gw_load_workspaces(gw_server *s, gw_generation *gen)
{
    gw_diagnostics *d = gw_diagnostics_new();
    if (d == NULL)
        return NULL;
    gw_workspaces *t = gw_workspaces_new(gen->cfg, s->workspaces, gen, d);
    if (t == NULL && s->workspaces == NULL)
        gw_diagnostics_print(d, stderr); /* nothing runs yet: at length */
    else if (t == NULL)
        gw_log(WORKSPACES_REJECTED, gw_word("why", "the file has errors; redactd check says which"),
               gw_u64("errors", gw_diagnostics_errors(d)));
    gw_diagnostics_free(&d);
    return t;
}

/* All loops use it already. */
static void keep_workspaces(gw_server *s, gw_workspaces *t)
{
    gw_workspaces_unref(&s->workspaces);
    s->workspaces = t;
    if (gw_workspaces_count(t) > 1)
        gw_log(WORKSPACES_LOADED, gw_u64("generation", gw_workspaces_generation(t)),
               gw_u64("workspaces", gw_workspaces_count(t)));
}

/* The file of workspaces alone. */
static bool reload_workspaces(gw_server *s)
{
    gw_workspaces *t = gw_load_workspaces(s, s->gen);
    if (t == NULL)
        return false;
    gw_workspaces_publish(t);
    gw_round r = {.lock = PTHREAD_MUTEX_INITIALIZER, .answered = PTHREAD_COND_INITIALIZER, .workspaces = t};
    gw_question *q = calloc(s->n_loops, sizeof *q);
    if (q == NULL)
        abort();
    gw_ask_all(s, &r, q, ask_workspaces);
    free(q);
    keep_workspaces(s, t);
    return true;
}

/* A file that is wrong is not tried again until it changes once more. */
void gw_reload_workspaces_if_stale(gw_server *s)
{
    if (!gw_workspaces_stale(s->workspaces))
        return;
    bool ok = reload_workspaces(s);
    if (!ok)
        gw_workspaces_looked(s->workspaces);
    gw_count(s->loops[0].thread.counters, GW_METRIC_WORKSPACE_RELOADS, ok, 0, 0, 1);
}

bool gw_reload(gw_server *s)
{
    char why[GW_WHY_BYTES];
    gw_config *cfg = reload_config(s->path);
    if (cfg == NULL)
        return false;
    if (!same_listeners(cfg, s->gen->cfg)) {
        reload_rejected("listener addresses cannot change without a restart");
        gw_config_free(&cfg);
        return false;
    }
    if (!same_ledger(cfg, s->gen->cfg)) {
        reload_rejected("the ledger cannot change without a restart");
        gw_config_free(&cfg);
        return false;
    }
    gw_generation *gen = gw_generation_new(cfg, s->gen->number + 1, why);
    if (gen == NULL) {
        reload_rejected(why);
        return false;
    }
    gw_workspaces *workspaces = gw_load_workspaces(s, gen);
    if (workspaces == NULL) {
        reload_rejected("the workspaces have errors; redactd check says which");
        gw_generation_unref(&gen);
        return false;
    }
    if (!swap_generation(s, gen, workspaces)) {
        gw_workspaces_unref(&workspaces);
        gw_generation_unref(&gen);
        return false;
    }
    keep_workspaces(s, workspaces);
    gw_generation_unref(&s->gen);
    s->gen = gen;
    gw_ledger_config(gen->cfg->hash);
    gw_log(CONFIG_LOADED, gw_u64("generation", gen->number), gw_word("hash", gen->cfg->hash));
    gw_generation_tell_slow_rules(gen);
    return true;
}
