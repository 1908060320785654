/* SPDX-License-Identifier: MIT */
#include "gateway/generation.h"

#include <pthread.h>
#include <stdlib.h>

#include "filters/detect/probe.h"
#include "gateway/clock.h"
#include "gateway/log.h"
#include "gateway/metrics.h"
#include "gateway/tls.h"

/* ---- stores of the process: one per directory, open until the end ---- */

enum { MAX_STORES = 32 };

static struct {
    pthread_mutex_t lock;
    char *dir[MAX_STORES];
    gw_store *store[MAX_STORES];
    unsigned n;
} stores = {.lock = PTHREAD_MUTEX_INITIALIZER};

static gw_store *store_of(const gw_upstream_cfg *cfg, char *why)
{
    gw_store *s = NULL;
    pthread_mutex_lock(&stores.lock);
    for (unsigned i = 0; s == NULL && i < stores.n; i++) {
        if (strcmp(stores.dir[i], cfg->store) == 0)
            s = stores.store[i];
    }
    if (s == NULL && stores.n == MAX_STORES) {
        snprintf(why, GW_WHY_BYTES, "more than %d stores", MAX_STORES);
    } else if (s == NULL && (s = gw_store_open(cfg, why, GW_WHY_BYTES)) != NULL) {
        stores.dir[stores.n] = strdup(cfg->store);
        stores.store[stores.n++] = s;
    }
    pthread_mutex_unlock(&stores.lock);
    return s;
}

/* All but the first `keep`. */
static void close_stores(unsigned keep)
{
    pthread_mutex_lock(&stores.lock);
    while (stores.n > keep) {
        stores.n--;
        gw_store_close(&stores.store[stores.n]);
        free(stores.dir[stores.n]);
    }
    pthread_mutex_unlock(&stores.lock);
}

void gw_generation_close_stores(void)
{
    close_stores(0);
}

/* ---- policy from the configuration's rules ---- */

static int detector_of(const char *word)
{
    for (unsigned i = 0; word != NULL && i < RD_DETECTOR_COUNT; i++) {
        if (strcmp(rd_detector_word(i), word) == 0)
            return (int)i;
    }
    return -1;
}

static rd_rule_spec spec_of(const gw_rule_cfg *r)
{
    static const rd_action_kind actions[] = {
        [GW_ACTION_MASK] = RD_ACTION_MASK,   [GW_ACTION_REPLACE] = RD_ACTION_REPLACE,
        [GW_ACTION_DROP] = RD_ACTION_DROP,   [GW_ACTION_DIGEST] = RD_ACTION_DIGEST,
        [GW_ACTION_ROUND] = RD_ACTION_ROUND, [GW_ACTION_DROP_RECORD] = RD_ACTION_DROP_RECORD};
    static const rd_mode modes[] = {
        [GW_RULE_ENFORCE] = RD_MODE_ENFORCE, [GW_RULE_SHADOW] = RD_MODE_SHADOW, [GW_RULE_OFF] = RD_MODE_OFF};
    return (rd_rule_spec){.name = r->name,
                          .keys = r->keys,
                          .n_keys = (uint32_t)r->n_keys,
                          .detector = detector_of(r->detector),
                          .pattern = r->pattern,
                          .group = r->group,
                          .action = actions[r->action],
                          .label_action = actions[r->label_action],
                          .replacement = r->replacement,
                          .budget = r->budget,
                          .context = r->context,
                          .n_context = (uint32_t)r->n_context,
                          .allow = r->allow,
                          .n_allow = (uint32_t)r->n_allow,
                          .keeps = r->keeps,
                          .keep_first = (uint8_t)r->keep_first,
                          .keep_last = (uint8_t)r->keep_last,
                          .digits = (int8_t)r->digits,
                          .prefix = r->prefix,
                          .mode = modes[r->mode],
                          .not_in_texts = !r->texts,
                          .classes = r->classes,
                          .signals = r->signals};
}

bool gw_policy_build(const gw_redaction_cfg *cfg, rd_policy **out_policy, char *why)
{
    rd_rule_spec *specs = calloc(cfg->n_rules + 1, sizeof *specs);
    rd_error err = {0};
    uint32_t bad = 0;
    rd_digest_key_spec keys[RD_DIGEST_MAX_KEYS];
    if (specs == NULL)
        return false;
    for (size_t i = 0; i < cfg->n_rules; i++)
        specs[i] = spec_of(&cfg->rules[i]);
    for (size_t i = 0; i < cfg->n_digest_keys; i++)
        keys[i] =
            (rd_digest_key_spec){.id = cfg->digest_keys[i].id, .key = rd_slice_str(cfg->digest_keys[i].key)};
    const rd_policy_spec spec = {.rules = specs,
                                 .n_rules = (uint32_t)cfg->n_rules,
                                 .digest_keys = keys,
                                 .n_digest_keys = (uint32_t)cfg->n_digest_keys};
    rd_outcome o = rd_policy_make(&spec, out_policy, &bad, &err);
    free(specs);
    if (o == RD_OK)
        return true;
    char fault[160];
    if (bad < cfg->n_rules && cfg->rules[bad].pattern != NULL &&
        rd_pattern_fault(cfg->rules[bad].pattern, cfg->rules[bad].group, fault, sizeof fault))
        snprintf(why, GW_WHY_BYTES, "rule `%s`: its pattern cannot be used: %s", cfg->rules[bad].name, fault);
    else if (bad < cfg->n_rules)
        snprintf(why, GW_WHY_BYTES, "rule `%s`: %s", cfg->rules[bad].name, err.what);
    else
        snprintf(why, GW_WHY_BYTES, "%s", err.what);
    return false;
}

/* ---- the rest ---- */

static bool make_tables(gw_generation *g)
{
    const gw_config *cfg = g->cfg;
    g->rule_slots = calloc(cfg->redaction.n_rules + 1, sizeof *g->rule_slots);
    g->upstream_slots = calloc(cfg->n_upstreams + 1, sizeof *g->upstream_slots);
    g->stores = calloc(cfg->n_upstreams + 1, sizeof *g->stores);
    return g->rule_slots != NULL && g->upstream_slots != NULL && g->stores != NULL;
}

static void take_slots(gw_generation *g)
{
    const gw_config *cfg = g->cfg;
    for (size_t i = 0; i < cfg->redaction.n_rules; i++)
        g->rule_slots[i] = gw_metrics_slot(GW_SLOTS_RULE, cfg->redaction.rules[i].name);
    for (size_t i = 0; i < cfg->n_upstreams; i++)
        g->upstream_slots[i] = gw_metrics_slot(GW_SLOTS_UPSTREAM, cfg->upstreams[i].name);
}

static bool build_tls(gw_generation *g, char *why)
{
    g->tls = calloc(g->cfg->n_listeners + 1, sizeof *g->tls);
    if (g->tls == NULL)
        return false;
    for (size_t i = 0; i < g->cfg->n_listeners; i++) {
        if (!g->cfg->listeners[i].has_tls)
            continue;
        g->tls[i] = gw_tls_server_ctx(&g->cfg->listeners[i].tls, why, GW_WHY_BYTES);
        if (g->tls[i] == NULL)
            return false;
    }
    return true;
}

static bool open_stores(gw_generation *g, char *why)
{
    for (size_t i = 0; i < g->cfg->n_upstreams; i++) {
        if (g->cfg->upstreams[i].store != NULL &&
            (g->stores[i] = store_of(&g->cfg->upstreams[i], why)) == NULL)
            return false;
    }
    return true;
}

static bool build_admin_tokens(gw_generation *g, bool make_file, char *why)
{
    gw_admin_tokens_free(&g->admin_tokens);
    g->admin_tokens = gw_admin_tokens_new(&g->cfg->admin, make_file, why, GW_WHY_BYTES);
    return g->admin_tokens != NULL;
}

static bool build_upstreams(gw_generation *g)
{
    g->upstreams = calloc(g->cfg->n_upstreams + 1, sizeof *g->upstreams);
    for (size_t i = 0; g->upstreams != NULL && i < g->cfg->n_upstreams; i++) {
        if (g->cfg->upstreams[i].store == NULL &&
            (g->upstreams[i] = gw_upstream_new(&g->cfg->upstreams[i], gw_now_ms())) == NULL)
            return false;
    }
    return g->upstreams != NULL;
}

gw_generation *gw_generation_new(gw_config *cfg, uint64_t number, char *why)
{
    gw_generation *g = calloc(1, sizeof *g);
    snprintf(why, GW_WHY_BYTES, "no memory");
    if (g == NULL) {
        gw_config_free(&cfg);
        return NULL;
    }
    g->refs = 1;
    g->number = number;
    g->cfg = cfg;
    g->limits = (rd_limits){.max_depth = cfg->limits.depth,
                            .max_elements = cfg->limits.elements,
                            .unknown = cfg->redaction.unknown_fields == GW_UNKNOWN_REFUSE ? RD_UNKNOWN_REFUSE
                                                                                          : RD_UNKNOWN_SCAN,
                            .keep_invalid_utf8 = cfg->redaction.invalid_utf8 == GW_UTF8_KEEP};
    g->routes = gw_routes_new(cfg);
    if (g->routes == NULL || !gw_policy_build(&g->cfg->redaction, &g->policy, why) || !make_tables(g) ||
        !build_tls(g, why) || !build_admin_tokens(g, false, why) || !build_upstreams(g))
        gw_generation_unref(&g);
    return g;
}

bool gw_generation_open(gw_generation *g, char *why)
{
    unsigned n_before = stores.n;
    /* The token's file may go into the directory of a store. */
    if (!open_stores(g, why) || !build_admin_tokens(g, true, why)) {
        close_stores(n_before);
        return false;
    }
    take_slots(g);
    for (size_t i = 0; i < g->cfg->n_upstreams; i++) {
        if (g->upstreams[i] != NULL)
            gw_upstream_apply(g->upstreams[i], gw_now_ms());
        if (g->stores[i] != NULL)
            gw_store_configure(g->stores[i], &g->cfg->upstreams[i]);
    }
    return true;
}

uint32_t gw_generation_slow_rules(const gw_generation *g)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < rd_policy_rules(g->policy); i++)
        n += rd_policy_rule_slow(g->policy, i);
    return n;
}

void gw_generation_tell_slow_rules(const gw_generation *g)
{
    for (uint32_t i = 0; i < rd_policy_rules(g->policy); i++) {
        if (rd_policy_rule_slow(g->policy, i))
            gw_log(RULE_SLOW, gw_word("rule", rd_policy_rule_name(g->policy, i)));
    }
}

gw_generation *gw_generation_ref(gw_generation *g)
{
    atomic_fetch_add(&g->refs, 1);
    return g;
}

void gw_generation_unref(gw_generation **pg)
{
    gw_generation *g = *pg;
    *pg = NULL;
    if (g == NULL || atomic_fetch_sub(&g->refs, 1) != 1)
        return;
    for (size_t i = 0; g->tls != NULL && i < g->cfg->n_listeners; i++)
        SSL_CTX_free(g->tls[i]);
    free(g->tls);
    free(g->stores);
    free(g->rule_slots);
    free(g->upstream_slots);
    for (size_t i = 0; g->upstreams != NULL && i < g->cfg->n_upstreams; i++)
        gw_upstream_free(&g->upstreams[i]);
    free(g->upstreams);
    gw_admin_tokens_free(&g->admin_tokens);
    gw_routes_free(&g->routes);
    rd_policy_free(&g->policy);
    gw_config_free(&g->cfg);
    free(g);
}
