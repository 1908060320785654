/* SPDX-License-Identifier: MIT */
#include "gateway/workspace_rules.h"

#include <stdio.h>
#include <string.h>

#include "gateway/workspace.h"

static const char *const set_words[] = {"",
#define X(name, word) [1 + GW_RULE_SET_##name] = word,
                                        GW_RULE_SETS(X)
#undef X
};

/* The name of the rule, or of the shipped set that it comes from. */
static bool names(const char *word, const gw_rule_cfg *rule)
{
    return (rule->name != NULL && strcmp(word, rule->name) == 0) ||
           (rule->set > 0 && strcmp(word, set_words[rule->set]) == 0);
}

static bool any_names(const char *const *words, size_t n, const gw_rule_cfg *rule)
{
    for (size_t i = 0; i < n; i++) {
        if (names(words[i], rule))
            return true;
    }
    return false;
}

bool gw_workspace_relaxes(const gw_workspace_cfg *w, const gw_rule_cfg *rule)
{
    return any_names(w->relax, w->n_relax, rule);
}

/* NULL: the word names rules, and all of them may be switched off. */
static const char *why_not_relaxed(const char *word, const gw_redaction_cfg *all)
{
    bool known = false;
    for (size_t i = 0; i < all->n_rules; i++) {
        if (!names(word, &all->rules[i]))
            continue;
        known = true;
        if (!any_names(all->allow_relax, all->n_allow_relax, &all->rules[i]))
            return "is not in `redaction.allow_relax`";
    }
    return known ? NULL : "names no rule and no rule set in use";
}

static bool drops_records(const gw_rule_cfg *r)
{
    return r->mode == GW_RULE_ENFORCE &&
           (r->action == GW_ACTION_DROP_RECORD || r->label_action == GW_ACTION_DROP_RECORD);
}

/* Where two finds overlap one rule's action is taken, so it must hide no less than any other. */
static const char *why_not_added(const gw_rule_cfg *r, const gw_redaction_cfg *all)
{
    if (r->keeps || r->action == GW_ACTION_ROUND || r->label_action == GW_ACTION_ROUND)
        return "may not keep a part of what it finds: no `keep_first`, `keep_last` and `round` here";
    for (size_t i = 0; r->name != NULL && i < all->n_rules; i++) {
        if (all->rules[i].name != NULL && strcmp(all->rules[i].name, r->name) == 0)
            return "has the name of a rule of all; it can only be switched off, with `relax`";
        if (r->mode == GW_RULE_ENFORCE && drops_records(&all->rules[i]) &&
            (r->action != GW_ACTION_DROP_RECORD || r->label_action != GW_ACTION_DROP_RECORD))
            return "must have the action `drop_record`, because a rule of all has it";
    }
    if (all->n_digest_keys == 0 && r->mode != GW_RULE_OFF &&
        (r->action == GW_ACTION_DIGEST || r->label_action == GW_ACTION_DIGEST))
        return "makes digests, which need `redaction.digest_keys`";
    return NULL;
}

static gw_origin at_of(const gw_workspace_cfg *w, const gw_origin *list, size_t i)
{
    gw_origin at = list != NULL ? list[i] : w->origin;
    at.name = w->origin.name;
    return at;
}

bool gw_workspace_rules_ok(const gw_workspace_cfg *w, const gw_redaction_cfg *all, gw_origin *out_at,
                           char *what)
{
    for (size_t i = 0; i < w->n_relax; i++) {
        const char *why = why_not_relaxed(w->relax[i], all);
        if (why != NULL) {
            *out_at = at_of(w, w->relax_at, i);
            snprintf(what, GW_WORKSPACE_WHY_BYTES, "workspace `%.64s`: `%.64s` in `relax` %s", w->name,
                     w->relax[i], why);
            return false;
        }
    }
    for (size_t i = 0; i < w->n_rules; i++) {
        const char *why = why_not_added(&w->rules[i], all);
        if (why != NULL) {
            *out_at = at_of(w, w->rules_at, i);
            snprintf(what, GW_WORKSPACE_WHY_BYTES, "workspace `%.64s`: rule `%.64s` %s", w->name,
                     w->rules[i].name != NULL ? w->rules[i].name : "?", why);
            return false;
        }
    }
    return true;
}
