/* SPDX-License-Identifier: MIT */
#include "filters/policy_private.h"

#include <stdlib.h>

#include "filters/act/round.h"

static bool copy_keys(rule *r, const rd_rule_spec *spec)
{
    if (spec->n_keys == 0)
        return true;
    r->keys = calloc(spec->n_keys, sizeof *r->keys);
    if (r->keys == NULL)
        return false;
    for (; r->n_keys < spec->n_keys; r->n_keys++) {
        r->keys[r->n_keys] = strdup(spec->keys[r->n_keys]);
        if (r->keys[r->n_keys] == NULL)
            return false;
    }
    return true;
}

static rd_action action_of(rd_action_kind kind, const rd_rule_spec *spec, const rule *r)
{
    rd_action a = {.kind = kind,
                   .prefix = r->prefix == NULL ? RD_SLICE_LIT(RD_DIGEST_PREFIX) : rd_slice_str(r->prefix),
                   .keeps = spec->keeps,
                   .keep_first = spec->keep_first,
                   .keep_last = spec->keep_last,
                   .digits = spec->digits};
    for (unsigned i = 0; i < RD_LENGTH_CLASSES; i++)
        a.replacement[i] = rd_slice_str(r->by_length[i]);
    return a;
}

const char *rd_rule_detector(const rule *r)
{
    if (r->n_keys > 0)
        return "key";
    return r->pattern != NULL ? "pattern" : rd_detector_word((unsigned)r->detector);
}

static bool write_out(rule *r)
{
    const rd_template_values values = {.rule = r->name, .detector = rd_rule_detector(r)};
    const char *text = r->replacement == NULL ? RD_MASK_TEXT : r->replacement;
    for (unsigned i = 0; i < RD_LENGTH_CLASSES; i++) {
        r->by_length[i] = rd_template_expand(text, &values, i);
        if (r->by_length[i] == NULL)
            return false;
    }
    return true;
}

static bool acts_by(const rule *r, rd_action_kind kind)
{
    return r->action.kind == kind || r->label_action.kind == kind;
}

/* What is wrong with the actions, NULL: nothing. */
static const char *why_not(const rule *r, bool has_digest_keys)
{
    if (r->replacement != NULL && rd_template_why(r->replacement) != NULL)
        return rd_template_why(r->replacement);
    if (r->action.keep_first > RD_KEEP_MAX || r->action.keep_last > RD_KEEP_MAX)
        return "a mask keeps at most 16 bytes at each end";
    if (r->action.digits < RD_ROUND_MIN || r->action.digits > RD_ROUND_MAX)
        return "a number is rounded to -15 to 15 digits behind the point";
    if (r->mode == RD_MODE_OFF || !acts_by(r, RD_ACTION_DIGEST))
        return NULL;
    if (!has_digest_keys)
        return "a digest needs a digest key";
    if (r->prefix != NULL && !rd_digest_prefix_valid(rd_slice_str(r->prefix)))
        return "the prefix of a digest has 1 to 24 lower-case letters, digits and _";
    return NULL;
}

static bool copy_text(const char *from, char **to)
{
    *to = from == NULL ? NULL : strdup(from);
    return from == NULL || *to != NULL;
}

/* Alone, so that the error says which rule it is. */
static rd_outcome check_pattern(const rd_rule_spec *spec, rd_error *err)
{
    rd_pattern_spec pattern = {.pattern = spec->pattern, .group = spec->group, .budget = spec->budget};
    rd_detect_set *set = NULL;
    if (spec->pattern == NULL || spec->mode == RD_MODE_OFF)
        return RD_OK;
    rd_outcome o = rd_detect_set_build(0, &pattern, 1, &set, err);
    rd_detect_set_free(&set);
    return o;
}

rd_outcome rd_rule_init(rule *r, const rd_rule_spec *spec, bool has_digest_keys, rd_error *err)
{
    unsigned kinds = (spec->n_keys > 0) + (spec->detector >= 0) + (spec->pattern != NULL);
    if (kinds != 1)
        return rd_fail(err, RD_INVALID, "a rule has exactly one of keys, detector, pattern", SIZE_MAX);
    if (spec->detector >= RD_DETECTOR_COUNT)
        return rd_fail(err, RD_INVALID, "no such detector", SIZE_MAX);
    if (!copy_text(spec->name, &r->name) || !copy_text(spec->pattern, &r->pattern) ||
        !copy_text(spec->replacement, &r->replacement) || !copy_text(spec->prefix, &r->prefix) ||
        !copy_keys(r, spec) ||
        !rd_filter_init(&r->filter, spec->context, spec->n_context, spec->allow, spec->n_allow))
        return rd_fail(err, RD_NO_MEMORY, "policy", SIZE_MAX);
    r->detector = spec->detector;
    r->group = spec->group;
    r->budget = spec->budget;
    if (!write_out(r))
        return rd_fail(err, RD_NO_MEMORY, "policy", SIZE_MAX);
    r->action = action_of(spec->action, spec, r);
    r->label_action = action_of(spec->label_action, spec, r);
    r->mode = spec->mode;
    r->not_in_texts = spec->not_in_texts;
    r->classes = spec->classes;
    r->signals = spec->signals;
    const char *why = why_not(r, has_digest_keys);
    if (why != NULL)
        return rd_fail(err, RD_INVALID, why, SIZE_MAX);
    return check_pattern(spec, err);
}

void rd_rule_release(rule *r)
{
    for (uint32_t k = 0; k < r->n_keys; k++)
        free(r->keys[k]);
    free(r->keys);
    for (unsigned i = 0; i < RD_LENGTH_CLASSES; i++)
        free(r->by_length[i]);
    rd_filter_release(&r->filter);
    free(r->name);
    free(r->pattern);
    free(r->replacement);
    free(r->prefix);
}
