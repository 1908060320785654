/* SPDX-License-Identifier: MIT */
/* `action` of a rule: a word, or a mapping of one word to what it needs. What is reported never repeats the
 * value. */
#include "gateway/config_keys.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "filters/act/act.h"
#include "filters/act/round.h"

enum { MAX_REPLACEMENT = 256 };

static void complain(gw_loader *l, const gw_yaml_node *n, const char *why)
{
    gw_diag_at(l->d, n, NULL, "`%s` %s", gw_yaml_path(n, l->mem), why);
}

static void set_replace(gw_loader *l, const gw_key *k, gw_yaml_node *n, gw_rule_cfg *rule)
{
    const char *text;
    if (!gw_scalar(l, k, n, &text))
        return;
    const char *why = rd_template_why(text);
    if (strlen(text) > MAX_REPLACEMENT)
        why = "must have at most 256 bytes";
    if (why != NULL) {
        complain(l, n, why);
        return;
    }
    rule->action = GW_ACTION_REPLACE;
    rule->replacement = text;
}

/* {prefix: text} */
static void set_digest(gw_loader *l, const gw_key *k, gw_yaml_node *n, gw_rule_cfg *rule)
{
    gw_yaml_node *node = gw_yaml_get(n, "prefix");
    const char *prefix;
    if (n->n_children != 1 || node == NULL) {
        complain(l, n, "must be {prefix: text}");
        return;
    }
    if (!gw_scalar(l, k, node, &prefix))
        return;
    const char *why = gw_form_digest_prefix(prefix);
    if (why != NULL) {
        complain(l, node, why);
        return;
    }
    rule->action = GW_ACTION_DIGEST;
    rule->prefix = prefix;
}

/* A small integer. False: it is none from `min` to `max`, which has been said. */
static bool small_number(gw_loader *l, const gw_key *k, gw_yaml_node *n, int32_t min, int32_t max,
                         int32_t *out)
{
    const char *text;
    char *end;
    if (!gw_scalar(l, k, n, &text))
        return false;
    long v = strtol(text, &end, 10);
    if (end == text || *end != '\0' || v < min || v > max) {
        complain(l, n, gw_mem_format(l->mem, "must be a number from %" PRId32 " to %" PRId32, min, max));
        return false;
    }
    *out = (int32_t)v;
    return true;
}

/* {keep_first: n, keep_last: n} */
static void set_mask(gw_loader *l, const gw_key *k, gw_yaml_node *n, gw_rule_cfg *rule)
{
    gw_yaml_node *first = gw_yaml_get(n, "keep_first"), *last = gw_yaml_get(n, "keep_last");
    int32_t head = 0, tail = 0;
    size_t known = (first != NULL) + (last != NULL);
    if (known == 0 || n->n_children != known) {
        complain(l, n, "must be {keep_first: number, keep_last: number}");
        return;
    }
    if ((first != NULL && !small_number(l, k, first, 0, RD_KEEP_MAX, &head)) ||
        (last != NULL && !small_number(l, k, last, 0, RD_KEEP_MAX, &tail)))
        return;
    rule->action = GW_ACTION_MASK;
    rule->keeps = true;
    rule->keep_first = (uint32_t)head;
    rule->keep_last = (uint32_t)tail;
}

/* {digits: n} */
static void set_round(gw_loader *l, const gw_key *k, gw_yaml_node *n, gw_rule_cfg *rule)
{
    gw_yaml_node *node = gw_yaml_get(n, "digits");
    if (n->n_children != 1 || node == NULL) {
        complain(l, n, "must be {digits: number}");
        return;
    }
    if (small_number(l, k, node, RD_ROUND_MIN, RD_ROUND_MAX, &rule->digits))
        rule->action = GW_ACTION_ROUND;
}

void gw_set_action(gw_loader *l, const gw_key *k, gw_yaml_node *n, void *base)
{
    static const struct {
        const char *word;
        void (*set)(gw_loader *l, const gw_key *k, gw_yaml_node *n, gw_rule_cfg *rule);
    } forms[] = {{"replace", set_replace}, {"digest", set_digest}, {"mask", set_mask}, {"round", set_round}};
    gw_rule_cfg *rule = base;
    rule->prefix = NULL;
    rule->keeps = false;
    if (n->kind != GW_YAML_MAPPING) {
        gw_set_u32(l, k, n, base);
        rule->replacement = "***";
        if (rule->action == GW_ACTION_ROUND)
            complain(l, n, "needs the digits: {round: {digits: 2}}");
        return;
    }
    for (size_t i = 0; n->n_children == 1 && i < sizeof forms / sizeof *forms; i++) {
        gw_yaml_node *form = gw_yaml_get(n, forms[i].word);
        if (form != NULL) {
            forms[i].set(l, k, form, rule);
            return;
        }
    }
    complain(l, n,
             "must be a word, {replace: text}, {digest: {prefix: text}}, {mask: {keep_first: number, "
             "keep_last: number}} "
             "or {round: {digits: number}}");
}
