/* SPDX-License-Identifier: MIT */
/*
 * The list of rules: those of the rule sets named in `rule_sets`, in that order of the table, then the file's
 * own. A rule of the file with a shipped rule's name changes what it says of it; saying what to look for anew
 * replaces the old selector, whichever of the three it was.
 */
#include "gateway/config_keys.h"

#include <string.h>

#include "filters/detect/probe.h"

/* `label_action` was not given. */
#define UNSET ((gw_action)UINT32_MAX)

typedef struct rule_list {
    gw_loader *l;
    gw_rule_cfg *rules;
    gw_yaml_node **nodes; /* where each was last said something about */
    size_t n;
} rule_list;

static const char *const set_words[] = {
#define X(name, word) [GW_RULE_SET_##name] = word,
    GW_RULE_SETS(X)
#undef X
};

static void load_rule(rule_list *list, gw_yaml_node *node, size_t at, bool override)
{
    gw_loader l = *list->l;
    gw_rule_cfg *rule = &list->rules[at];
    l.override = override;
    list->nodes[at] = node;
    if (node->kind != GW_YAML_MAPPING) {
        gw_diag_at(l.d, node, NULL, "`%s` must be a mapping of keys to values", gw_yaml_path(node, l.mem));
        return;
    }
    if (!override)
        rule->label_action = UNSET;
    bool selects = gw_yaml_get(node, "keys") || gw_yaml_get(node, "detector") || gw_yaml_get(node, "pattern");
    if (override && selects) {
        rule->keys = NULL;
        rule->n_keys = 0;
        rule->detector = rule->pattern = NULL;
        rule->context = NULL;
        rule->n_context = 0;
        rule->group = 0;
    }
    gw_load_section(&l, &gw_rule_section, node, rule);
}

static gw_yaml_node *shipped_items(gw_loader *l, unsigned set, gw_yaml_doc *doc)
{
    size_t n;
    const char *name = gw_mem_format(l->mem, "rules/%s.yaml", set_words[set]);
    const char *text = gw_embedded(name, &n);
    if (text == NULL || !gw_yaml_parse(doc, text, n, name, gw_is_key, l->d))
        return NULL;
    return gw_yaml_get(doc->root, "rules");
}

/* A name without variables or files in it, for finding the rule it means before that is loaded. */
static const char *name_of(const gw_yaml_node *item)
{
    const gw_yaml_node *name = gw_yaml_get(item, "name");
    return name != NULL && name->kind == GW_YAML_SCALAR ? name->text : NULL;
}

/* Index of a rule with this name, list->n: none. */
static size_t find_rule(const rule_list *list, const char *name)
{
    size_t i = 0;
    while (i < list->n && (list->rules[i].name == NULL || strcmp(list->rules[i].name, name) != 0))
        i++;
    return i;
}

static void add_own(rule_list *list, gw_yaml_node *item)
{
    const char *name = name_of(item);
    size_t at = name != NULL ? find_rule(list, name) : list->n;
    bool taken = at < list->n && list->nodes[at]->doc == item->doc;
    if (taken) {
        gw_diag_at(list->l->d, gw_yaml_get(item, "name"), NULL, "a second rule with the name `%.64s`", name);
        at = list->n;
    }
    bool override = at < list->n;
    load_rule(list, item, at, override);
    list->n += !override;
}

static gw_yaml_node *key_of(gw_yaml_node *rule, const char *key)
{
    gw_yaml_node *v = gw_yaml_get(rule, key);
    return v != NULL ? v : rule;
}

/* Was the key of the selector given at all, right or wrong? Wrong ones have been reported. */
static bool is_given(const void *value, const gw_yaml_node *node, const char *key)
{
    return value != NULL || gw_yaml_get(node, key) != NULL;
}

static void finish_rule(rule_list *list, size_t i)
{
    gw_rule_cfg *r = &list->rules[i];
    gw_yaml_node *node = list->nodes[i];
    gw_diagnostics *d = list->l->d;
    if (node->kind != GW_YAML_MAPPING)
        return;
    int selectors = is_given(r->keys, node, "keys") + is_given(r->detector, node, "detector") +
                    is_given(r->pattern, node, "pattern");
    if (selectors != 1)
        gw_diag_at(d, key_of(node, "name"), NULL,
                   "a rule needs exactly one of `keys`, `detector` and `pattern`%s",
                   selectors == 0 ? "" : "; this one has several");
    if (r->group > 0 && selectors == 1 && !is_given(r->pattern, node, "pattern"))
        gw_diag_at(d, key_of(node, "group"), NULL, "`group` is for rules with a `pattern`");
    if (gw_yaml_get(node, "budget") != NULL && selectors == 1 && !is_given(r->pattern, node, "pattern"))
        gw_diag_at(d, key_of(node, "budget"), NULL, "`budget` is for rules with a `pattern`");
    if (r->n_context > 0 && is_given(r->keys, node, "keys"))
        gw_diag_at(d, key_of(node, "context"), NULL,
                   "`context` is for rules with a `detector` or a `pattern`");
    if (r->label_action == GW_ACTION_ROUND && r->action != GW_ACTION_ROUND)
        gw_diag_at(d, key_of(node, "label_action"), NULL,
                   "`round` needs the digits of `action: {round: {digits: 2}}`");
    if (!r->texts && selectors == 1 && !is_given(r->keys, node, "keys"))
        gw_diag_at(d, key_of(key_of(node, "where"), "texts"), NULL, "`texts` is for rules with `keys`");
    if (r->label_action == UNSET)
        r->label_action = r->keys != NULL && r->action != GW_ACTION_DROP_RECORD ? GW_ACTION_DROP : r->action;
}

/* Of a workspace's own the place is known, and the words are those of the policy that is made of them: there
 * may be thousands with the same ones. */
static void check_patterns(const rule_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        const gw_rule_cfg *r = &list->rules[i];
        char why[256];
        if (r->pattern != NULL && r->keys == NULL && r->detector == NULL &&
            rd_pattern_fault(r->pattern, r->group, why, sizeof why))
            gw_diag_at(list->l->d, key_of(list->nodes[i], "pattern"), NULL, "the pattern cannot be used: %s",
                       why);
    }
}

void gw_set_rules(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base)
{
    gw_redaction_cfg *red = base;
    gw_yaml_doc docs[GW_RULE_SET_COUNT] = {0};
    gw_yaml_node *shipped[GW_RULE_SET_COUNT] = {0};
    size_t room = 0;
    if (n->kind != GW_YAML_SEQUENCE && !gw_yaml_is_null(n)) {
        gw_diag_at(l->d, n, NULL, "`%s` must be a list", gw_yaml_path(n, l->mem));
        return;
    }
    for (unsigned set = 0; set < GW_RULE_SET_COUNT; set++) {
        if (red->rule_sets & UINT64_C(1) << set)
            shipped[set] = shipped_items(l, set, &docs[set]);
        room += shipped[set] != NULL ? shipped[set]->n_children : 0;
    }
    room += n->n_children;
    if (room > k->max) {
        gw_diag_at(l->d, n, NULL, "`%s`: too many rules, %zu of at most %zu", gw_yaml_path(n, l->mem), room,
                   (size_t)k->max);
        goto out;
    }
    rule_list list = {.l = l};
    list.rules = gw_mem_alloc(l->mem, (room + 1) * sizeof *list.rules);
    list.nodes = gw_mem_alloc(l->mem, (room + 1) * sizeof *list.nodes);
    for (unsigned set = 0; set < GW_RULE_SET_COUNT; set++) {
        for (gw_yaml_node *item = shipped[set] != NULL ? shipped[set]->first : NULL; item != NULL;
             item = item->next) {
            load_rule(&list, item, list.n, false);
            list.rules[list.n++].set = 1 + set;
        }
    }
    for (gw_yaml_node *item = n->first; item != NULL; item = item->next)
        add_own(&list, item);
    for (size_t i = 0; i < list.n; i++)
        finish_rule(&list, i);
    check_patterns(&list);
    red->rules = list.rules;
    red->n_rules = list.n;
out:
    for (unsigned set = 0; set < GW_RULE_SET_COUNT; set++)
        gw_yaml_free(&docs[set]);
}

/* Those of one workspace: there is nothing shipped to begin with. */
void gw_set_workspace_rules(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base)
{
    gw_workspace_cfg *w = base;
    rule_list list = {.l = l};
    if (n->kind != GW_YAML_SEQUENCE && !gw_yaml_is_null(n)) {
        gw_diag_at(l->d, n, NULL, "`%s` must be a list", gw_yaml_path(n, l->mem));
        return;
    }
    if (n->n_children > k->max) {
        gw_diag_at(l->d, n, NULL, "`%s` must have at most %zu entries", gw_yaml_path(n, l->mem),
                   (size_t)k->max);
        return;
    }
    list.rules = gw_mem_alloc(l->mem, (n->n_children + 1) * sizeof *list.rules);
    list.nodes = gw_mem_alloc(l->mem, (n->n_children + 1) * sizeof *list.nodes);
    for (gw_yaml_node *item = n->first; item != NULL; item = item->next)
        add_own(&list, item);
    for (size_t i = 0; i < list.n; i++)
        finish_rule(&list, i);
    w->rules = list.rules;
    w->n_rules = list.n;
}
