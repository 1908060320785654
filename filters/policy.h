/* SPDX-License-Identifier: MIT */
/*
 * A policy: compiled rules. Built once per generation of the configuration, immutable, shared by threads. A
 * rule is selector x (key names | detector | pattern) x action x mode; here every combination of signal and
 * class has been resolved to tables, so that a request only looks up.
 *
 * Precedence: of two rules with the same key name or detector that apply to a place, the later one wins (an
 * operator's rule stands after the shipped ones). Rules in shadow mode stand apart: they look at the same
 * texts in a pass of their own, so that they never take anything from a rule that acts.
 *
 * A find that a rule's filter lets stay (context, allow) is none: it hides no find of another rule.
 */
#ifndef RD_POLICY_H
#define RD_POLICY_H

#include "filters/act/act.h"
#include "filters/base/doc.h"
#include "filters/detect/inline_keys.h"
#include "filters/policy_filter.h"

/* Same order as the gateway's signals. */
typedef enum rd_signal {
    RD_SIGNAL_LOGS,
    RD_SIGNAL_TRACES,
    RD_SIGNAL_METRICS,
    RD_SIGNAL_LOKI_PUSH,
    RD_SIGNAL_COUNT
} rd_signal;

typedef enum rd_mode { RD_MODE_ENFORCE, RD_MODE_SHADOW, RD_MODE_OFF } rd_mode;

enum { RD_MAX_RULES = 256, RD_NO_RULE = 0xffff };

/* What a rule is made from. Everything is copied. Exactly one of keys, detector, pattern is set. */
typedef struct rd_rule_spec {
    const char *name;
    const char *const *keys;
    uint32_t n_keys;
    int detector; /* rd_detector_id, -1: none */
    const char *pattern;
    uint32_t group;
    uint64_t budget; /* of `pattern`: steps in one text, 0: RD_PATTERN_BUDGET */
    const char *const
        *context; /* a find counts only in a text with one of these words; n_context 0: anywhere */
    const char *const *allow; /* finds that may stay; `*` stands for any bytes */
    uint32_t n_context, n_allow;
    rd_action_kind action;
    rd_action_kind label_action;   /* instead of `action` for Loki labels */
    const char *replacement;       /* a template; NULL: the mask text */
    const char *prefix;            /* of digests; NULL: RD_DIGEST_PREFIX */
    bool keeps;                    /* a mask keeps what the next two say, not what the detector says */
    uint8_t keep_first, keep_last; /* bytes, RD_KEEP_MAX at most */
    int8_t digits;                 /* of ROUND, behind the point */
    rd_mode mode;
    bool not_in_texts; /* `keys` names keys of the protocol only, not pairs inside texts */
    uint64_t classes;  /* bit per rd_class, 0: all */
    uint64_t signals;  /* bit per rd_signal, 0: all */
} rd_rule_spec;

typedef struct rd_policy rd_policy;

/* All that a policy is made from. Everything is copied. */
typedef struct rd_policy_spec {
    const rd_rule_spec *rules;
    uint32_t n_rules;
    const rd_digest_key_spec *digest_keys; /* the first one makes tokens */
    uint32_t n_digest_keys;
} rd_policy_spec;

/* RD_INVALID: rule *out_rule is wrong (RD_NO_RULE: the digest keys are), err->what says how (err->offset:
 * where in its pattern). */
RD_MUST_CHECK rd_outcome rd_policy_make(const rd_policy_spec *spec, rd_policy **out_policy,
                                        uint32_t *out_rule, rd_error *err);
/* The same from rules alone. */
RD_MUST_CHECK rd_outcome rd_policy_build(const rd_rule_spec *rules, uint32_t n, rd_policy **out_policy,
                                         uint32_t *out_rule, rd_error *err);
void rd_policy_free(rd_policy **p);

uint32_t rd_policy_rules(const rd_policy *p);
const char *rd_policy_rule_name(const rd_policy *p, uint32_t rule);

/* NULL: there are none. */
const rd_digest_keys *rd_policy_digest_keys(const rd_policy *p);

/* The action of `rule` for text of class `cls`. */
const rd_action *rd_policy_action(const rd_policy *p, uint32_t rule, rd_class cls);

/* The word of what a rule looks for: a detector's, `key` or `pattern`. */
const char *rd_policy_rule_detector(const rd_policy *p, uint32_t rule);
/* Is the rule one with a pattern that has no literal (detect/literals.h), so that it is tried on every text?
 */
bool rd_policy_rule_slow(const rd_policy *p, uint32_t rule);
/* The names that the rule says, in its spelling; *out_n 0: it is no rule of keys. */
const char *const *rd_policy_rule_keys(const rd_policy *p, uint32_t rule, uint32_t *out_n);
/* Can any rule take out whole records? */
bool rd_policy_drops_records(const rd_policy *p);
/* Has any rule a filter? */
bool rd_policy_has_filters(const rd_policy *p);
/* NULL: the rule has none. */
const rd_filter *rd_policy_filter(const rd_policy *p, uint32_t rule);

/* Visitor that judges keys of one signal; valid as long as the policy. The context of a kept value's leaves
 * is one more than the shadow rule that would have judged its key, 0 if there is none. */
rd_visitor rd_policy_visitor(const rd_policy *p, rd_signal s);
/* The names that key rules of one mode are after inside texts of class `cls`; values are rules. NULL: none.
 */
const rd_keyset *rd_policy_text_keys(const rd_policy *p, rd_signal s, rd_class cls, rd_mode mode);
/* Is the rule after names of keys inside texts of the signal, in that mode? */
bool rd_policy_reads_keys(const rd_policy *p, rd_signal s, rd_mode mode, uint32_t rule);
/* Classes, as bits, so that every other class is searched for just what one of these is. */
uint64_t rd_policy_distinct_classes(const rd_policy *p, rd_signal s);
/* Classes with the same detectors form a group, so that one pass over the body serves a whole group; usually
 * there is one. */
uint32_t rd_policy_groups(const rd_policy *p, rd_signal s);
uint32_t rd_policy_group_of(const rd_policy *p, rd_signal s, rd_class cls);
/* What the rules of one mode (ENFORCE or SHADOW) look for. NULL: nothing in this group. */
const rd_detect_set *rd_policy_group_set(const rd_policy *p, rd_signal s, uint32_t group, rd_mode mode);
/* The rule behind a match that such a set, or such a key, made in a text of this group; also if the match
 * says that the rule's pattern went over its budget. RD_NO_RULE: it is no match of theirs. */
uint16_t rd_policy_rule_of_match(const rd_policy *p, rd_signal s, uint32_t group, rd_mode mode,
                                 uint16_t detector);

#endif
