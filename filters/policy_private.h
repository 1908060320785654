/* SPDX-License-Identifier: MIT */
/* One compiled rule; for policy*.c and nobody else. */
#ifndef RD_POLICY_PRIVATE_H
#define RD_POLICY_PRIVATE_H

#include "filters/policy.h"

typedef struct rule {
    char *name;                         /* owned */
    char *replacement;                  /* owned, may be NULL */
    char *pattern;                      /* owned, may be NULL */
    char *prefix;                       /* owned, may be NULL */
    char *by_length[RD_LENGTH_CLASSES]; /* owned: the replacement written out */
    char **keys;                        /* owned, n_keys strings */
    uint32_t n_keys, group;
    uint64_t budget;
    int detector;
    rd_action action, label_action;
    rd_filter filter;
    rd_mode mode;
    bool not_in_texts;
    uint64_t classes, signals;
} rule;

/* Copies and checks. On failure, too, the rule must be released. */
RD_MUST_CHECK rd_outcome rd_rule_init(rule *r, const rd_rule_spec *spec, bool has_digest_keys, rd_error *err);
void rd_rule_release(rule *r);
const char *rd_rule_detector(const rule *r);

#endif
