/* SPDX-License-Identifier: MIT */
#include "gateway/policies.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filters/base/buf.h"
#include "gateway/metrics.h"
#include "gateway/workspace_rules.h"

/* Slot 0 is one of metrics.h. */
#define NO_SLOT UINT_MAX

enum { MAX_KEY = 4 << 20 };

typedef struct shared {
    uint64_t generation;
    uint32_t refs; /* under the lock */
    rd_buf key;    /* owned: what tells its rules from others' */
    rd_policy *policy;
    _Atomic unsigned slots[RD_MAX_RULES]; /* found on first use */
    struct shared *next;
} shared;

static struct {
    pthread_mutex_t lock;
    shared *list; /* owned */
} all = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- what tells one set of rules from another ---- */

static void put_text(rd_buf *key, const char *s)
{
    rd_buf_append_str(key, s != NULL ? s : "\x01");
    rd_buf_append_byte(key, 0);
}

static void put_texts(rd_buf *key, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put_text(key, list[i]);
    rd_buf_append_byte(key, 0);
}

static void put_rule(rd_buf *key, const gw_rule_cfg *r)
{
    const uint64_t numbers[] = {r->group, r->budget,     r->action,    r->label_action,
                                r->keeps, r->keep_first, r->keep_last, (uint64_t)r->digits,
                                r->mode,  r->texts,      r->classes,   r->signals};
    put_text(key, r->name);
    put_text(key, r->detector);
    put_text(key, r->pattern);
    put_text(key, r->replacement);
    put_text(key, r->prefix);
    put_texts(key, r->keys, r->n_keys);
    put_texts(key, r->context, r->n_context);
    put_texts(key, r->allow, r->n_allow);
    rd_buf_append(key, numbers, sizeof numbers);
}

static void make_key(rd_buf *key, const gw_workspace_cfg *w)
{
    rd_buf_init(key, MAX_KEY);
    put_texts(key, w->relax, w->n_relax);
    for (size_t i = 0; i < w->n_rules; i++)
        put_rule(key, &w->rules[i]);
}

/* ---- making and sharing ---- */

static bool build(const gw_generation *g, const gw_workspace_cfg *w, rd_policy **out, char *why)
{
    const gw_redaction_cfg *red = &g->cfg->redaction;
    size_t n = w->n_rules + red->n_rules;
    gw_rule_cfg *rules = calloc(n + 1, sizeof *rules);
    char detail[GW_WHY_BYTES] = "out of memory";
    gw_redaction_cfg own = *red;
    if (rules != NULL && w->n_rules > 0)
        memcpy(rules, w->rules, w->n_rules * sizeof *rules);
    for (size_t i = 0; rules != NULL && i < red->n_rules; i++) {
        gw_rule_cfg *r = &rules[w->n_rules + i];
        *r = red->rules[i];
        if (gw_workspace_relaxes(w, r))
            r->mode = GW_RULE_OFF;
    }
    own.rules = rules;
    own.n_rules = n;
    bool ok = rules != NULL && gw_policy_build(&own, out, detail);
    if (!ok)
        snprintf(why, GW_WORKSPACE_WHY_BYTES, "%.200s", detail);
    free(rules);
    return ok;
}

static void free_shared(shared *s)
{
    rd_policy_free(&s->policy);
    rd_buf_release(&s->key);
    free(s);
}

/* Under the lock. NULL: none, and *out_n are there of the generation. */
static shared *find(uint64_t generation, const rd_buf *key, size_t *out_n)
{
    *out_n = 0;
    for (shared *s = all.list; s != NULL; s = s->next) {
        if (s->generation != generation)
            continue;
        ++*out_n;
        if (s->key.n == key->n && memcmp(s->key.p, key->p, key->n) == 0)
            return s;
    }
    return NULL;
}

/* Takes the key. */
static shared *make_shared(const gw_generation *g, const gw_workspace_cfg *w, rd_buf *key, char *why)
{
    shared *s = calloc(1, sizeof *s);
    if (s == NULL || !build(g, w, &s->policy, why)) {
        if (s == NULL)
            snprintf(why, GW_WORKSPACE_WHY_BYTES, "out of memory");
        rd_buf_release(key);
        free(s);
        return NULL;
    }
    s->generation = g->number;
    s->key = *key;
    for (unsigned i = 0; i < RD_MAX_RULES; i++)
        s->slots[i] = NO_SLOT;
    s->next = all.list;
    all.list = s;
    return s;
}

/* The lock is held while a policy is compiled: tables are made one at a time, and requests never come here.
 */
static bool on_make(void *arg, const gw_workspace *w, const gw_workspace *before, void **out, char *why)
{
    const gw_generation *g = arg;
    rd_buf key;
    size_t n;
    if (g == NULL || w->cfg->n_rules + w->cfg->n_relax == 0)
        return true;
    make_key(&key, w->cfg);
    if (key.failed != RD_OK) {
        snprintf(why, GW_WORKSPACE_WHY_BYTES, "its rules are too long");
        rd_buf_release(&key);
        return false;
    }
    pthread_mutex_lock(&all.lock);
    shared *s = find(g->number, &key, &n);
    if (s != NULL) {
        rd_buf_release(&key);
    } else if (n >= GW_POLICIES_MAX) {
        snprintf(why, GW_WORKSPACE_WHY_BYTES,
                 "more than %d different sets of rules; workspaces with the same rules share one",
                 GW_POLICIES_MAX);
        rd_buf_release(&key);
    } else {
        s = make_shared(g, w->cfg, &key, why);
    }
    if (s != NULL)
        s->refs++;
    pthread_mutex_unlock(&all.lock);
    *out = s;
    return s != NULL;
}

static void on_free(void *ext)
{
    shared *s = ext;
    pthread_mutex_lock(&all.lock);
    bool last = --s->refs == 0;
    for (shared **at = &all.list; last && *at != NULL; at = &(*at)->next) {
        if (*at == s) {
            *at = s->next;
            break;
        }
    }
    pthread_mutex_unlock(&all.lock);
    if (last)
        free_shared(s);
}

void gw_policies_init(void)
{
    gw_workspaces_hook(GW_WORKSPACE_POLICY, &(gw_workspace_hook){.make = on_make, .free = on_free});
}

size_t gw_policies_count(void)
{
    size_t n = 0;
    pthread_mutex_lock(&all.lock);
    for (const shared *s = all.list; s != NULL; s = s->next)
        n++;
    pthread_mutex_unlock(&all.lock);
    return n;
}

/* ---- what requests ask ---- */

const rd_policy *gw_policy_of(const gw_generation *g, const gw_workspace *w)
{
    const shared *s = w != NULL ? w->ext[GW_WORKSPACE_POLICY] : NULL;
    return s != NULL ? s->policy : g->policy;
}

unsigned gw_policy_slot(const gw_generation *g, const gw_workspace *w, uint32_t rule)
{
    shared *s = w != NULL ? w->ext[GW_WORKSPACE_POLICY] : NULL;
    if (s == NULL)
        return g->rule_slots[rule];
    unsigned slot = atomic_load_explicit(&s->slots[rule], memory_order_relaxed);
    if (slot == NO_SLOT) {
        slot = gw_metrics_slot(GW_SLOTS_RULE, rd_policy_rule_name(s->policy, rule));
        atomic_store_explicit(&s->slots[rule], slot, memory_order_relaxed);
    }
    return slot;
}
