/* SPDX-License-Identifier: MIT */
/*
 * Actions: what stands in the place of a match. Pure: text in, text out. An action applied to its own result
 * gives the same result, so that a payload that passes two gateways changes once.
 */
#ifndef RD_ACT_ACT_H
#define RD_ACT_ACT_H

#include "filters/act/digest.h"
#include "filters/act/template.h"
#include "filters/base/buf.h"

/* X(name, word in config and metrics) */
#define RD_ACTIONS(X)                                                                                        \
    X(MASK, "mask")               /* what may stay by the detector or the rule, and `***` for the rest */    \
    X(REPLACE, "replace")         /* a text, see template.h */                                               \
    X(DROP, "drop")               /* a pair goes away; a match inside a text is cut out */                   \
    X(DIGEST, "digest")           /* a keyed pseudonym, see digest.h */                                      \
    X(ROUND, "round")             /* numbers lose digits, see round.h; what is none is masked */             \
    X(DROP_RECORD, "drop_record") /* the whole item goes; `***` where there is none around it */

typedef enum rd_action_kind {
#define X(name, word) RD_ACTION_##name,
    RD_ACTIONS(X)
#undef X
        RD_ACTION_COUNT
} rd_action_kind;

const char *rd_action_word(rd_action_kind k);

/* What was done to a find: one of these; nothing because its rule is in shadow mode; or the whole text was
 * replaced because the rule's pattern went over its budget. It need not be what the rule says: a pair cannot
 * be cut out of a text, nor a name rounded, and then it is masked. */
typedef uint8_t rd_done;
enum { RD_DONE_SHADOW = RD_ACTION_COUNT, RD_DONE_OVER_BUDGET, RD_DONE_COUNT };

/* An action's word, `shadow` or `over_budget`. */
const char *rd_done_word(rd_done d);

typedef struct rd_action {
    rd_action_kind kind;
    rd_slice prefix;                         /* DIGEST; all slices are borrowed from the policy */
    rd_slice replacement[RD_LENGTH_CLASSES]; /* REPLACE: by the length of the value */
    bool keeps;                              /* MASK: keep_first and keep_last instead of the detector's */
    uint8_t keep_first, keep_last;           /* bytes */
    int8_t digits;                           /* ROUND */
} rd_action;

enum { RD_KEEP_MAX = 16 };

#define RD_MASK_TEXT     "***"
#define RD_DIGEST_PREFIX "id"

/* Appends what stands for `match`, of which the first keep_head and the last keep_tail bytes may stay, and
 * says what was done. */
rd_done rd_act_match(const rd_action *a, rd_digester *d, rd_slice match, size_t keep_head, size_t keep_tail,
                     rd_buf *out);

/* Appends what stands for the whole value of a pair whose key was judged, and says what was done. `text`:
 * what the value says, NULL: it is neither a text nor a number. False, and nothing appended: the value is the
 * action's own result. */
bool rd_act_value(const rd_action *a, rd_digester *d, const rd_slice *text, rd_buf *out, rd_done *out_done);

/* Is text[off, off+len) the action's own result, or a part of one? Then it stays. Only of texts that the
 * action wrote whole: replacements, and masks that keep what the rule says. */
bool rd_act_covers(const rd_action *a, rd_slice text, size_t off, size_t len);

#endif
