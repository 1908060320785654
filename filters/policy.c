/* SPDX-License-Identifier: MIT */
#include "filters/policy_private.h"

#include <stdlib.h>

#include "filters/detect/keys.h"
#include "filters/detect/literals.h"

/* What the rules of one mode look for, and which rule is behind what. */
typedef struct finder {
    rd_detect_set *set; /* owned; NULL: none */
    uint16_t of_detector[RD_DETECTOR_COUNT];
    uint16_t of_pattern[RD_MAX_RULES]; /* by the pattern's index in the set */
    uint32_t n_patterns;
} finder;

/* One distinct set of detectors of a signal. */
typedef struct group {
    uint64_t rules[RD_MAX_RULES / 64]; /* which rules take part */
    finder finders[2];                 /* RD_MODE_ENFORCE, RD_MODE_SHADOW */
} group;

/* Everything a request of one signal looks up. */
typedef struct view {
    const rd_policy *policy;
    /* By mode (ENFORCE, SHADOW); owned; NULL: no key rule applies. */
    rd_keyset *keys[2][RD_CLASS_COUNT];      /* keys of pairs, labels and members */
    rd_keyset *text_keys[2][RD_CLASS_COUNT]; /* keys inside texts */
    group groups[RD_CLASS_COUNT];
    uint32_t n_groups;
    uint8_t group_of[RD_CLASS_COUNT];
} view;

struct rd_policy {
    rule rules[RD_MAX_RULES];
    uint32_t n_rules;
    bool has_filters, drops_records;
    rd_digest_keys *digest_keys; /* owned, may be NULL */
    view views[RD_SIGNAL_COUNT];
};

static bool applies(const rule *r, rd_signal s, rd_class cls)
{
    return r->mode != RD_MODE_OFF && (r->signals == 0 || r->signals >> s & 1) &&
           (r->classes == 0 || r->classes >> cls & 1);
}

static bool looks_into_texts(const rule *r, rd_signal s, rd_mode mode)
{
    return r->n_keys > 0 && r->mode == mode && !r->not_in_texts && (r->signals == 0 || r->signals >> s & 1);
}

/* ---- key sets ---- */

/* In reverse, because the first of equal names wins in a key set. */
static rd_outcome build_keys(const rd_policy *p, rd_signal s, rd_class cls, rd_mode mode, bool in_texts,
                             rd_keyset **out_set, rd_error *err)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->n_rules; i++)
        n += p->rules[i].n_keys;
    rd_keyset_entry *entries = calloc(n + 1, sizeof *entries);
    if (entries == NULL)
        return rd_fail(err, RD_NO_MEMORY, "policy", SIZE_MAX);
    n = 0;
    for (uint32_t i = p->n_rules; i-- > 0;) {
        const rule *r = &p->rules[i];
        if (r->mode != mode || !applies(r, s, cls) || (in_texts && r->not_in_texts))
            continue;
        for (uint32_t k = 0; k < r->n_keys; k++)
            entries[n++] = (rd_keyset_entry){.name = r->keys[k], .value = (uint16_t)i};
    }
    *out_set = n == 0 ? NULL : rd_keyset_build(entries, n);
    free(entries);
    return n > 0 && *out_set == NULL ? rd_fail(err, RD_NO_MEMORY, "policy", SIZE_MAX) : RD_OK;
}

/* ---- detector groups ---- */

/* All names that key rules of the mode are after inside texts of the signal. Owned by the caller; NULL: there
 * are none, or no memory. */
static const char **text_names(const rd_policy *p, rd_signal s, rd_mode mode, uint32_t *out_n)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->n_rules; i++)
        n += looks_into_texts(&p->rules[i], s, mode) ? p->rules[i].n_keys : 0;
    const char **names = n == 0 ? NULL : calloc(n, sizeof *names);
    *out_n = n;
    n = 0;
    for (uint32_t i = 0; names != NULL && i < p->n_rules; i++) {
        for (uint32_t k = 0; looks_into_texts(&p->rules[i], s, mode) && k < p->rules[i].n_keys; k++)
            names[n++] = p->rules[i].keys[k];
    }
    return names;
}

static rd_outcome build_set(const rd_policy *p, rd_signal s, group *g, rd_mode mode, rd_error *err)
{
    uint64_t mask = 0;
    rd_pattern_spec patterns[RD_MAX_RULES];
    finder *f = &g->finders[mode];
    memset(f->of_detector, 0xff, sizeof f->of_detector);
    for (uint32_t i = 0; i < p->n_rules; i++) {
        const rule *r = &p->rules[i];
        if (r->mode != mode || !(g->rules[i / 64] >> i % 64 & 1))
            continue;
        if (r->detector >= 0) {
            mask |= UINT64_C(1) << r->detector;
            f->of_detector[r->detector] = (uint16_t)i;
        } else {
            patterns[f->n_patterns] =
                (rd_pattern_spec){.pattern = r->pattern, .group = r->group, .budget = r->budget};
            f->of_pattern[f->n_patterns++] = (uint16_t)i;
        }
    }
    rd_detect_spec spec = {.mask = mask, .patterns = patterns, .n_patterns = f->n_patterns};
    const char **names = text_names(p, s, mode, &spec.n_key_names);
    if (spec.n_key_names > 0 && names == NULL)
        return rd_fail(err, RD_NO_MEMORY, "policy", SIZE_MAX);
    spec.key_names = names;
    rd_outcome o = RD_OK;
    if (mask != 0 || f->n_patterns > 0 || spec.n_key_names > 0)
        o = rd_detect_set_make(&spec, &f->set, err);
    free(names);
    return o;
}

static void rules_of_class(const rd_policy *p, rd_signal s, rd_class cls, group *out_group)
{
    *out_group = (group){0};
    for (uint32_t i = 0; i < p->n_rules; i++) {
        if (p->rules[i].n_keys == 0 && applies(&p->rules[i], s, cls))
            out_group->rules[i / 64] |= UINT64_C(1) << i % 64;
    }
}

static rd_outcome build_groups(const rd_policy *p, view *v, rd_signal s, rd_error *err)
{
    for (unsigned cls = 0; cls < RD_CLASS_COUNT; cls++) {
        group g;
        uint32_t at = 0;
        rules_of_class(p, s, (rd_class)cls, &g);
        while (at < v->n_groups && memcmp(v->groups[at].rules, g.rules, sizeof g.rules) != 0)
            at++;
        v->group_of[cls] = (uint8_t)at;
        if (at < v->n_groups)
            continue;
        v->groups[v->n_groups++] = g;
        rd_outcome o = build_set(p, s, &v->groups[at], RD_MODE_ENFORCE, err);
        if (o == RD_OK)
            o = build_set(p, s, &v->groups[at], RD_MODE_SHADOW, err);
        if (o != RD_OK)
            return o;
    }
    return RD_OK;
}

static rd_outcome build_view(rd_policy *p, rd_signal s, rd_error *err)
{
    view *v = &p->views[s];
    v->policy = p;
    for (unsigned i = 0; i < 2 * RD_CLASS_COUNT; i++) {
        rd_mode mode = i < RD_CLASS_COUNT ? RD_MODE_ENFORCE : RD_MODE_SHADOW;
        rd_class cls = (rd_class)(i % RD_CLASS_COUNT);
        rd_outcome o = build_keys(p, s, cls, mode, false, &v->keys[mode][cls], err);
        if (o == RD_OK)
            o = build_keys(p, s, cls, mode, true, &v->text_keys[mode][cls], err);
        if (o != RD_OK)
            return o;
    }
    return build_groups(p, v, s, err);
}

static bool has_filter(const rule *r)
{
    return r->filter.n_context + r->filter.n_allow > 0;
}

static bool drops_records(const rule *r)
{
    return r->mode == RD_MODE_ENFORCE &&
           (r->action.kind == RD_ACTION_DROP_RECORD || r->label_action.kind == RD_ACTION_DROP_RECORD);
}

/* See policy_filter.h. */
static rd_outcome check_context(const rd_policy *p, const rule *with, rd_error *err)
{
    for (uint32_t i = 0; with->filter.n_context > 0 && i < p->n_rules; i++) {
        const rule *r = &p->rules[i];
        bool mentioned = r->prefix != NULL && rd_filter_mentions(&with->filter, rd_slice_str(r->prefix));
        for (unsigned k = 0; k < RD_LENGTH_CLASSES && !mentioned; k++)
            mentioned =
                r->by_length[k] != NULL && rd_filter_mentions(&with->filter, rd_slice_str(r->by_length[k]));
        if (mentioned)
            return rd_fail(err, RD_INVALID, "a word of its context stands in what a rule writes", SIZE_MAX);
    }
    return RD_OK;
}

rd_outcome rd_policy_make(const rd_policy_spec *spec, rd_policy **out_policy, uint32_t *out_rule,
                          rd_error *err)
{
    _Static_assert(RD_DETECTOR_COUNT <= 64, "the detector mask has 64 bits");
    *out_rule = RD_NO_RULE;
    if (spec->n_rules > RD_MAX_RULES)
        return rd_fail(err, RD_TOO_MANY, "too many rules", SIZE_MAX);
    rd_policy *p = calloc(1, sizeof *p);
    if (p == NULL)
        return rd_fail(err, RD_NO_MEMORY, "policy", SIZE_MAX);
    rd_outcome o = RD_OK;
    if (spec->n_digest_keys > 0)
        o = rd_digest_keys_build(spec->digest_keys, spec->n_digest_keys, &p->digest_keys, err);
    for (uint32_t i = 0; o == RD_OK && i < spec->n_rules; i++) {
        *out_rule = i;
        o = rd_rule_init(&p->rules[p->n_rules++], &spec->rules[i], p->digest_keys != NULL, err);
        p->has_filters |= has_filter(&p->rules[i]);
        p->drops_records |= drops_records(&p->rules[i]);
    }
    for (uint32_t i = 0; o == RD_OK && i < p->n_rules; i++) {
        *out_rule = i;
        o = check_context(p, &p->rules[i], err);
    }
    for (unsigned s = 0; o == RD_OK && s < RD_SIGNAL_COUNT; s++)
        o = build_view(p, (rd_signal)s, err);
    if (o != RD_OK)
        rd_policy_free(&p);
    else
        *out_policy = p;
    return o;
}

rd_outcome rd_policy_build(const rd_rule_spec *rules, uint32_t n, rd_policy **out_policy, uint32_t *out_rule,
                           rd_error *err)
{
    const rd_policy_spec spec = {.rules = rules, .n_rules = n};
    return rd_policy_make(&spec, out_policy, out_rule, err);
}

static void free_view(view *v)
{
    for (unsigned i = 0; i < 2 * RD_CLASS_COUNT; i++) {
        rd_keyset_free(&v->keys[i / RD_CLASS_COUNT][i % RD_CLASS_COUNT]);
        rd_keyset_free(&v->text_keys[i / RD_CLASS_COUNT][i % RD_CLASS_COUNT]);
    }
    for (uint32_t g = 0; g < v->n_groups; g++)
        for (unsigned mode = RD_MODE_ENFORCE; mode <= RD_MODE_SHADOW; mode++)
            rd_detect_set_free(&v->groups[g].finders[mode].set);
}

void rd_policy_free(rd_policy **pp)
{
    rd_policy *p = *pp;
    if (p == NULL)
        return;
    for (unsigned s = 0; s < RD_SIGNAL_COUNT; s++)
        free_view(&p->views[s]);
    for (uint32_t i = 0; i < p->n_rules; i++)
        rd_rule_release(&p->rules[i]);
    rd_digest_keys_free(&p->digest_keys);
    free(p);
    *pp = NULL;
}

/* ---- look-ups ---- */

uint32_t rd_policy_rules(const rd_policy *p)
{
    return p->n_rules;
}

const char *rd_policy_rule_name(const rd_policy *p, uint32_t i)
{
    return i < p->n_rules ? p->rules[i].name : "?";
}

const rd_digest_keys *rd_policy_digest_keys(const rd_policy *p)
{
    return p->digest_keys;
}

const rd_action *rd_policy_action(const rd_policy *p, uint32_t i, rd_class cls)
{
    return cls == RD_CLASS_LABEL ? &p->rules[i].label_action : &p->rules[i].action;
}

const char *rd_policy_rule_detector(const rd_policy *p, uint32_t i)
{
    return i < p->n_rules ? rd_rule_detector(&p->rules[i]) : "?";
}

bool rd_policy_rule_slow(const rd_policy *p, uint32_t i)
{
    const rule *r = &p->rules[i];
    rd_literals literals;
    if (r->pattern == NULL || r->mode == RD_MODE_OFF)
        return false;
    rd_literals_of(r->pattern, &literals);
    return literals.n == 0;
}

const char *const *rd_policy_rule_keys(const rd_policy *p, uint32_t i, uint32_t *out_n)
{
    *out_n = p->rules[i].n_keys;
    return (const char *const *)p->rules[i].keys;
}

bool rd_policy_drops_records(const rd_policy *p)
{
    return p->drops_records;
}

bool rd_policy_has_filters(const rd_policy *p)
{
    return p->has_filters;
}

const rd_filter *rd_policy_filter(const rd_policy *p, uint32_t i)
{
    return i < p->n_rules && has_filter(&p->rules[i]) ? &p->rules[i].filter : NULL;
}

static rd_verdict on_key(const void *ctx, rd_slice key, rd_class cls)
{
    const view *v = ctx;
    uint16_t i;
    const rd_keyset *acting = v->keys[RD_MODE_ENFORCE][cls], *shadows = v->keys[RD_MODE_SHADOW][cls];
    if (acting == NULL || !rd_keyset_find(acting, key, &i)) {
        /* A shadow rule keeps the value and marks its leaves, so that redact can count them. */
        bool shadow = shadows != NULL && rd_keyset_find(shadows, key, &i);
        return (rd_verdict){.fate = RD_FATE_KEEP, .rule = (uint16_t)(shadow ? i + 1 : 0)};
    }
    /* Whether the value may stay is known only when it has been read, and then the pair cannot go. */
    rd_action_kind kind = rd_policy_action(v->policy, i, cls)->kind;
    bool drop =
        (kind == RD_ACTION_DROP || kind == RD_ACTION_DROP_RECORD) && v->policy->rules[i].filter.n_allow == 0;
    return (rd_verdict){.fate = drop ? RD_FATE_DROP : RD_FATE_MASK, .rule = i};
}

rd_visitor rd_policy_visitor(const rd_policy *p, rd_signal s)
{
    return (rd_visitor){.on_key = on_key, .ctx = &p->views[s], .records = p->drops_records};
}

const rd_keyset *rd_policy_text_keys(const rd_policy *p, rd_signal s, rd_class cls, rd_mode mode)
{
    return p->views[s].text_keys[mode][cls];
}

/* Do the same rules apply? */
static bool alike(const rd_policy *p, rd_signal s, rd_class a, rd_class b)
{
    for (uint32_t i = 0; i < p->n_rules; i++) {
        if (applies(&p->rules[i], s, a) != applies(&p->rules[i], s, b))
            return false;
    }
    return true;
}

uint64_t rd_policy_distinct_classes(const rd_policy *p, rd_signal s)
{
    uint64_t classes = 0;
    for (unsigned a = 0; a < RD_CLASS_COUNT; a++) {
        bool known = false;
        for (unsigned b = 0; b < a && !known; b++)
            known = (classes >> b & 1) != 0 && alike(p, s, (rd_class)a, (rd_class)b);
        if (!known)
            classes |= UINT64_C(1) << a;
    }
    return classes;
}

bool rd_policy_reads_keys(const rd_policy *p, rd_signal s, rd_mode mode, uint32_t i)
{
    return looks_into_texts(&p->rules[i], s, mode);
}

uint32_t rd_policy_groups(const rd_policy *p, rd_signal s)
{
    return p->views[s].n_groups;
}

uint32_t rd_policy_group_of(const rd_policy *p, rd_signal s, rd_class cls)
{
    return p->views[s].group_of[cls];
}

const rd_detect_set *rd_policy_group_set(const rd_policy *p, rd_signal s, uint32_t g, rd_mode mode)
{
    return p->views[s].groups[g].finders[mode].set;
}

uint16_t rd_policy_rule_of_match(const rd_policy *p, rd_signal s, uint32_t g, rd_mode mode, uint16_t detector)
{
    const finder *f = &p->views[s].groups[g].finders[mode];
    if (detector >= RD_DETECTOR_KEY && detector < RD_DETECTOR_KEY + p->n_rules)
        return (uint16_t)(detector - RD_DETECTOR_KEY);
    if (detector < RD_DETECTOR_COUNT)
        return f->of_detector[detector];
    uint32_t pattern =
        (uint32_t)detector - (rd_is_over_budget(detector) ? RD_DETECTOR_OVER_BUDGET : RD_DETECTOR_COUNT);
    return pattern < f->n_patterns ? f->of_pattern[pattern] : RD_NO_RULE;
}
