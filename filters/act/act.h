/* SPDX-License-Identifier: MIT */
/*
 * Actions: what stands in the place of a match. Pure: text in, text out. An action applied to its own result
 * gives the same result, so that a payload that passes two gateways changes once.
 */
#ifndef RD_ACT_ACT_H
#define RD_ACT_ACT_H

#include "filters/act/digest.h"
#include "filters/base/buf.h"

typedef enum rd_action_kind {
    RD_ACTION_MASK,    /* what the detector allows to stay, and `***` for the rest */
    RD_ACTION_REPLACE, /* a fixed text */
    RD_ACTION_DROP,    /* a pair goes away; a match inside a text is cut out */
    RD_ACTION_DIGEST   /* a keyed pseudonym, see digest.h */
} rd_action_kind;

typedef struct rd_action {
    rd_action_kind kind;
    rd_slice replacement; /* REPLACE: the text; DIGEST: the prefix; borrowed from the policy */
} rd_action;

#define RD_MASK_TEXT     "***"
#define RD_DIGEST_PREFIX "id"

/* Appends what stands for `match`, of which the first keep_head and the last keep_tail bytes may stay. */
void rd_act_match(const rd_action *a, rd_digester *d, rd_slice match, size_t keep_head, size_t keep_tail,
                  rd_buf *out);

/* Appends what stands for the whole value of a pair whose key was judged. `text`: what the value says, NULL:
 * it is neither a text nor an integer. False, and nothing appended: the value is the action's own result. */
bool rd_act_value(const rd_action *a, rd_digester *d, const rd_slice *text, rd_buf *out);

#endif
