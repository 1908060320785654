/* SPDX-License-Identifier: MIT */
#include "gateway/workspace_index.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/config_mem.h"
#include "gateway/metrics.h"
#include "gateway/quota_table.h"
#include "gateway/workspace_rules.h"

/* What tells one state of a file from the next. */
typedef struct file_state {
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec mtime, ctime;
} file_state;

struct gw_workspaces {
    _Atomic unsigned refs;
    uint64_t generation;
    gw_config *cfg;     /* shared (refs): the inline entries */
    gw_mem mem;         /* owned: the entries of the file */
    gw_workspace *list; /* owned */
    size_t n;
    gw_index index; /* owned */
    gw_identity_rules rules;
    const gw_workspace *anonymous;
    gw_workspace_cfg implicit; /* entry of an anonymous workspace that has none */
    file_state file, jwks_file;
    gw_jwks *jwks; /* owned; NULL: none */
};

static gw_workspace_hook hooks[GW_WORKSPACE_EXTS];

/* The table in force. */
static struct {
    pthread_mutex_t lock;
    gw_workspaces *table; /* one reference */
    uint64_t generations;
} current = {.lock = PTHREAD_MUTEX_INITIALIZER};

void gw_workspaces_hook(gw_workspace_ext which, const gw_workspace_hook *hook)
{
    hooks[which] = *hook;
}

/* ---- looking up ---- */

const gw_workspace *gw_workspaces_by(const gw_workspaces *t, gw_workspace_key kind, rd_slice key,
                                     const gw_password_entry **out_entry)
{
    const gw_index_entry *e = gw_index_find(&t->index, kind, key);
    if (e->hash == 0)
        return NULL;
    if (out_entry != NULL)
        *out_entry = e->passwords;
    return &t->list[e->workspace];
}

const gw_workspace *gw_workspaces_find(const gw_workspaces *t, rd_slice name)
{
    const gw_workspace *w = gw_workspaces_by(t, GW_WORKSPACE_NAME, name, NULL);
    return w != NULL && rd_slice_eq(name, rd_slice_str(w->name)) ? w : NULL; /* no alias */
}

const gw_identity_rules *gw_workspaces_rules(const gw_workspaces *t)
{
    return &t->rules;
}

/* ---- making a table ---- */

static void report(gw_diagnostics *d, const gw_origin *at, const char *hint, const char *message)
{
    gw_place place = {
        .name = at->name != NULL ? at->name : "(built in)", .line = at->line, .column = at->column};
    gw_diagnostics_add(d, &place, hint, message);
}

static void report_twice(gw_diagnostics *d, const char *what, const gw_workspace_cfg *first,
                         const gw_workspace_cfg *second)
{
    char message[GW_WORKSPACE_WHY_BYTES], hint[GW_WORKSPACE_WHY_BYTES];
    snprintf(message, sizeof message, "%s", what);
    snprintf(hint, sizeof hint, "first given in %s, line %u", first->origin.name, first->origin.line);
    report(d, &second->origin, hint, message);
}

/* One key of workspace `at`; a key belongs to one workspace only. */
static gw_index_entry *add_key(gw_workspaces *t, gw_workspace_key kind, rd_slice key, uint32_t at,
                               gw_diagnostics *d)
{
    static const char *const whats[] = {[GW_WORKSPACE_NAME] = "a name or alias of workspace `%s` is taken",
                                        [GW_WORKSPACE_TOKEN] = "a token of workspace `%s` is taken",
                                        [GW_WORKSPACE_USER] = "a user of workspace `%s` is taken",
                                        [GW_WORKSPACE_CERTIFICATE] =
                                            "a certificate of workspace `%s` is taken"};
    char what[GW_WORKSPACE_WHY_BYTES];
    gw_index_entry *e = gw_index_find(&t->index, kind, key);
    if (e->hash == 0) {
        gw_index_fill(e, kind, key, at);
        return e;
    }
    if (e->workspace == at)
        return e;
    snprintf(what, sizeof what, whats[kind], t->list[at].name);
    report_twice(d, what, t->list[e->workspace].cfg, t->list[at].cfg);
    return NULL;
}

static unsigned nibble(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
}

static rd_slice bytes_of_hex(gw_mem *mem, const char *hex)
{
    size_t n = strlen(hex) / 2;
    uint8_t *out = gw_mem_alloc(mem, n);
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
    return (rd_slice){out, n};
}

static void add_password(gw_workspaces *t, const char *text, uint32_t at, gw_diagnostics *d)
{
    const char *colon = strchr(text, ':');
    gw_index_entry *e = colon == NULL
                            ? NULL
                            : add_key(t, GW_WORKSPACE_USER, rd_slice_of(text, (size_t)(colon - text)), at, d);
    if (e == NULL)
        return; /* masked, or taken */
    gw_password_entry *p = gw_mem_alloc(&t->mem, sizeof *p);
    *p = (gw_password_entry){.hash = colon + 1, .next = e->passwords};
    e->passwords = p;
}

/* Of two labels with one name only one would stay. */
static void check_labels(const gw_workspaces *t, const gw_workspace_cfg *cfg, gw_diagnostics *d)
{
    const gw_workspaces_cfg *all = &t->cfg->workspaces;
    char what[GW_WORKSPACE_WHY_BYTES];
    for (size_t i = 0; i < cfg->n_labels; i++) {
        const char *name = cfg->labels[i].name;
        if ((all->otlp_label == NULL || strcmp(name, all->otlp_label) != 0) &&
            (all->loki_label == NULL || strcmp(name, all->loki_label) != 0))
            continue;
        snprintf(what, sizeof what, "label `%s` of workspace `%s` is the one that says its name", name,
                 cfg->name);
        report(d, &cfg->origin, NULL, what);
    }
}

static void check_rules(const gw_workspaces *t, const gw_workspace_cfg *cfg, gw_diagnostics *d)
{
    char what[GW_WORKSPACE_WHY_BYTES];
    gw_origin at;
    if (!gw_workspace_rules_ok(cfg, &t->cfg->redaction, &at, what))
        report(d, &at, NULL, what);
}

static void add_keys(gw_workspaces *t, uint32_t at, gw_diagnostics *d)
{
    const gw_workspace_cfg *cfg = t->list[at].cfg;
    check_labels(t, cfg, d);
    check_rules(t, cfg, d);
    for (size_t i = 0; i < cfg->n_aliases; i++)
        add_key(t, GW_WORKSPACE_NAME, rd_slice_str(cfg->aliases[i]), at, d);
    for (size_t i = 0; i < cfg->n_tokens; i++) {
        if (cfg->tokens[i][0] != '*') /* of a dump: masked */
            add_key(t, GW_WORKSPACE_TOKEN, bytes_of_hex(&t->mem, cfg->tokens[i]), at, d);
    }
    for (size_t i = 0; i < cfg->n_passwords; i++)
        add_password(t, cfg->passwords[i], at, d);
    for (size_t i = 0; i < cfg->n_certificates; i++)
        add_key(t, GW_WORKSPACE_CERTIFICATE, rd_slice_str(cfg->certificates[i]), at, d);
}

static void add(gw_workspaces *t, const gw_workspace_cfg *cfg, gw_diagnostics *d)
{
    char what[GW_WORKSPACE_WHY_BYTES];
    if (cfg->name == NULL)
        return; /* reported */
    uint32_t at = (uint32_t)t->n;
    gw_index_entry *e = gw_index_find(&t->index, GW_WORKSPACE_NAME, rd_slice_str(cfg->name));
    if (e->hash != 0) {
        snprintf(what, sizeof what, "workspace `%s` is there twice", cfg->name);
        report_twice(d, what, t->list[e->workspace].cfg, cfg);
        return;
    }
    t->n++;
    t->list[at] =
        (gw_workspace){.name = cfg->name, .tenant = cfg->tenant, .cfg = cfg, .all = &t->cfg->workspaces};
    gw_index_fill(e, GW_WORKSPACE_NAME, rd_slice_str(cfg->name), at);
}

static size_t keys_of(const gw_workspace_cfg *list, size_t n)
{
    size_t sum = n;
    for (size_t i = 0; i < n; i++)
        sum += list[i].n_aliases + list[i].n_tokens + list[i].n_passwords + list[i].n_certificates;
    return sum;
}

/* ---- who may say who they are, and how ---- */

static bool state_of(const char *path, file_state *out)
{
    struct stat st;
    *out = (file_state){0};
    if (stat(path, &st) != 0)
        return false;
    *out = (file_state){st.st_dev, st.st_ino, st.st_size, st.st_mtim, st.st_ctim};
    return true;
}

static void load_jwks(gw_workspaces *t, gw_diagnostics *d)
{
    const gw_workspaces_cfg *cfg = &t->cfg->workspaces;
    char why[GW_JWT_WHY_BYTES], what[GW_WORKSPACE_WHY_BYTES];
    if (!cfg->has_jwt)
        return;
    (void)state_of(cfg->jwt.keys, &t->jwks_file); /* before reading: a change meanwhile is seen later */
    t->jwks = gw_jwks_load(cfg->jwt.keys, why);
    if (t->jwks == NULL) {
        snprintf(what, sizeof what, "the keys of `workspaces.jwt`: %s", why);
        report(d, &(gw_origin){.name = cfg->jwt.keys}, NULL, what);
    }
    t->rules.jwt = (gw_jwt_rules){.keys = t->jwks,
                                  .issuer = cfg->jwt.issuer,
                                  .audience = cfg->jwt.audience,
                                  .claim = cfg->jwt.claim,
                                  .leeway_s = cfg->jwt.leeway_s};
}

static void make_rules(gw_workspaces *t)
{
    static const char *const words[] = {
#define X(name, word) word,
        GW_IDENTITY_SOURCES(X)
#undef X
    };
    const gw_workspaces_cfg *cfg = &t->cfg->workspaces;
    gw_identity_rules *r = &t->rules;
    bool basic = false;
    for (size_t i = 0; i < cfg->n_identity; i++) {
        for (unsigned s = 0; s < GW_IDENTITY_SOURCE_COUNT && r->n_order < GW_IDENTITY_SOURCE_COUNT; s++) {
            if (strcmp(words[s], cfg->identity[i]) == 0)
                r->order[r->n_order++] = (gw_identity_source)s;
        }
        basic |= strcmp(cfg->identity[i], words[GW_IDENTITY_BASIC]) == 0;
    }
    r->header = cfg->header.name;
    r->with_certificate = cfg->header.with_certificate;
    r->networks = gw_mem_alloc(&t->mem, (cfg->header.n_networks + 1) * sizeof *r->networks);
    for (size_t i = 0; i < cfg->header.n_networks; i++)
        r->n_networks += gw_network_parse(cfg->header.networks[i], &r->networks[r->n_networks]);
    r->challenge = basic ? "Bearer realm=\"redactd\", Basic realm=\"redactd\"" : "Bearer realm=\"redactd\"";
}

/* Somebody without a credential belongs somewhere only if the configuration says so. */
static void add_anonymous(gw_workspaces *t, gw_diagnostics *d)
{
    const gw_workspaces_cfg *cfg = &t->cfg->workspaces;
    if (cfg->anonymous == NULL)
        return;
    t->implicit = (gw_workspace_cfg){.name = cfg->anonymous, .tenant = cfg->tenant};
    if (t->implicit.tenant == NULL)
        t->implicit.tenant = cfg->anonymous;
    if (gw_workspaces_find(t, rd_slice_str(cfg->anonymous)) == NULL)
        add(t, &t->implicit, d);
    t->anonymous = gw_workspaces_find(t, rd_slice_str(cfg->anonymous));
}

static bool make_ext(gw_workspaces *t, gw_workspace *w, const gw_workspace *before, void *arg,
                     gw_diagnostics *d)
{
    char why[GW_WORKSPACE_WHY_BYTES], message[2 * GW_WORKSPACE_WHY_BYTES];
    for (unsigned e = 0; e < GW_WORKSPACE_EXTS; e++) {
        if (hooks[e].make == NULL || hooks[e].make(arg, w, before, &w->ext[e], why))
            continue;
        snprintf(message, sizeof message, "workspace `%s`: %s", w->name, why);
        report(d, &w->cfg->origin, NULL, message);
        return false;
    }
    return true;
}

static void finish(gw_workspaces *t, const gw_workspaces *before, void *arg, gw_diagnostics *d)
{
    for (size_t i = 0; i < t->n; i++) {
        gw_workspace *w = &t->list[i];
        const gw_workspace *old = before != NULL ? gw_workspaces_find(before, rd_slice_str(w->name)) : NULL;
        make_ext(t, w, old, arg, d);
    }
}

static void load(gw_workspaces *t, const gw_workspaces *before, void *arg, gw_diagnostics *d)
{
    const gw_workspaces_cfg *cfg = &t->cfg->workspaces;
    gw_workspace_cfg *more = NULL;
    size_t n_more = 0, errors = gw_diagnostics_errors(d);
    if (cfg->file != NULL) {
        (void)state_of(cfg->file, &t->file); /* before reading: a change meanwhile is seen later */
        (void)gw_config_load_workspaces(cfg->file, &t->mem, &more, &n_more, d);
    }
    t->list = calloc(cfg->n_list + n_more + 2, sizeof *t->list);
    if (t->list == NULL ||
        !gw_index_init(&t->index, keys_of(cfg->list, cfg->n_list) + keys_of(more, n_more) + 1)) {
        report(d, &(gw_origin){0}, NULL, "out of memory");
        return;
    }
    for (size_t i = 0; i < cfg->n_list; i++)
        add(t, &cfg->list[i], d);
    for (size_t i = 0; i < n_more; i++)
        add(t, &more[i], d);
    add_anonymous(t, d);
    for (size_t i = 0; i < t->n; i++)
        add_keys(t, (uint32_t)i, d);
    make_rules(t);
    load_jwks(t, d);
    if (gw_diagnostics_errors(d) == errors)
        finish(t, before, arg, d);
}

gw_workspaces *gw_workspaces_new(gw_config *cfg, const gw_workspaces *before, void *arg, gw_diagnostics *d)
{
    size_t errors = gw_diagnostics_errors(d);
    gw_workspaces *t = calloc(1, sizeof *t);
    if (t == NULL) {
        report(d, &(gw_origin){0}, NULL, "out of memory");
        return NULL;
    }
    t->refs = 1;
    t->cfg = gw_config_ref(cfg);
    pthread_mutex_lock(&current.lock);
    t->generation = ++current.generations;
    pthread_mutex_unlock(&current.lock);
    load(t, before, arg, d);
    if (gw_diagnostics_errors(d) != errors)
        gw_workspaces_unref(&t);
    return t;
}

gw_workspaces *gw_workspaces_ref(gw_workspaces *t)
{
    atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
    return t;
}

void gw_workspaces_unref(gw_workspaces **pt)
{
    gw_workspaces *t = *pt;
    *pt = NULL;
    if (t == NULL || atomic_fetch_sub(&t->refs, 1) != 1)
        return;
    for (size_t i = 0; i < t->n; i++) {
        for (unsigned e = 0; e < GW_WORKSPACE_EXTS; e++) {
            if (t->list[i].ext[e] != NULL)
                hooks[e].free(t->list[i].ext[e]);
        }
        for (unsigned s = 0; s < 2; s++)
            free(atomic_load(&t->list[i].stamps[s]));
    }
    free(t->list);
    gw_index_release(&t->index);
    gw_jwks_free(&t->jwks);
    gw_mem_release(&t->mem);
    gw_config_free(&t->cfg);
    free(t);
}

/* ---- what a table says ---- */

uint64_t gw_workspaces_generation(const gw_workspaces *t)
{
    return t->generation;
}

size_t gw_workspaces_count(const gw_workspaces *t)
{
    return t->n;
}

size_t gw_workspaces_index(const gw_workspaces *t, const gw_workspace *w)
{
    return (size_t)(w - t->list);
}

const gw_workspace *gw_workspaces_at(const gw_workspaces *t, size_t i)
{
    return &t->list[i];
}

const gw_workspace *gw_workspaces_anonymous(const gw_workspaces *t)
{
    return t->anonymous;
}

const gw_config *gw_workspaces_config(const gw_workspaces *t)
{
    return t->cfg;
}

/* Gone is not changed: somebody may be about to replace it. */
static bool is_changed(const char *path, const file_state *was)
{
    file_state now;
    if (path == NULL || !state_of(path, &now))
        return false;
    return now.dev != was->dev || now.ino != was->ino || now.size != was->size ||
           memcmp(&now.mtime, &was->mtime, sizeof now.mtime) != 0 ||
           memcmp(&now.ctime, &was->ctime, sizeof now.ctime) != 0;
}

bool gw_workspaces_stale(const gw_workspaces *t)
{
    const gw_workspaces_cfg *cfg = &t->cfg->workspaces;
    return is_changed(cfg->file, &t->file) || is_changed(cfg->has_jwt ? cfg->jwt.keys : NULL, &t->jwks_file);
}

void gw_workspaces_looked(gw_workspaces *t)
{
    const gw_workspaces_cfg *cfg = &t->cfg->workspaces;
    if (cfg->file != NULL)
        (void)state_of(cfg->file, &t->file);
    if (cfg->has_jwt)
        (void)state_of(cfg->jwt.keys, &t->jwks_file);
}

/* ---- the table in force ---- */

gw_workspaces *gw_workspaces_current(void)
{
    pthread_mutex_lock(&current.lock);
    gw_workspaces *t = current.table != NULL ? gw_workspaces_ref(current.table) : NULL;
    pthread_mutex_unlock(&current.lock);
    return t;
}

/* They go to the anonymous workspace and then in the order of the configuration. */
static void take_slots(gw_workspaces *t)
{
    if (t->anonymous != NULL)
        (void)gw_metrics_slot(GW_SLOTS_WORKSPACE, t->anonymous->name);
    for (size_t i = 0; i < t->n; i++)
        t->list[i].slot = gw_metrics_slot(GW_SLOTS_WORKSPACE, t->list[i].name);
}

void gw_workspaces_publish(gw_workspaces *t)
{
    take_slots(t);
    pthread_mutex_lock(&current.lock);
    gw_workspaces *before = current.table;
    current.table = gw_workspaces_ref(t);
    pthread_mutex_unlock(&current.lock);
    gw_workspaces_unref(&before);
}

gw_quota *gw_workspace_quota(const gw_workspace *w)
{
    gw_quota *q = atomic_load_explicit(&w->quota, memory_order_acquire);
    if (q != NULL)
        return q;
    q = gw_quotas_of(rd_slice_str(w->name));
    /* Found again, it is the same one: who stores it does not matter. */
    atomic_store_explicit(&((gw_workspace *)w)->quota, q, memory_order_release);
    return q;
}
