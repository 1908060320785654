/* SPDX-License-Identifier: MIT */
/*
 * `redactd explain`: one JSON object for each line of input, with spans and lengths, never a byte of the
 * text.
 *
 *   {"line": 1, "bytes": 46, "class": "body",
 *    "matches": [{"rule": "email", "detector": "email", "offset": 5, "length": 20, "action": "mask",
 *                 "mode": "enforce", "keep_head": 1, "keep_tail": 13}],
 *    "refused": [{"detector": "credit_card", "offset": 30, "length": 16, "validator": "luhn"}]}
 *
 * `action` is what `redact` would do there, which need not be what the rule says: a pair inside a text cannot
 * be dropped, and is masked.
 *
 * With --key or --key-field the text is the value of a pair, and `key` says which rule names its key, by
 * which of its names, and where in the key that stands; null: none does. Offsets of `"in": "key"` count in
 * the key.
 */
#include "gateway/cli.h"

#include <stdio.h>
#include <stdlib.h>

#include "filters/detect/explain.h"
#include "filters/detect/inline_keys.h"
#include "filters/detect/keys.h"
#include "filters/policy.h"
#include "gateway/cli_text.h"

enum { MAX_MADE = 1 << 30 };

typedef struct explainer {
    gw_cli_text text;
    rd_detect_scratch *scratch; /* owned */
    rd_refusals *refused;       /* owned */
    json_t *matches, *refusals; /* owned: of the current line */
    const rd_buf *now;          /* what is searched: its text, or its key */
    rd_digester digester;       /* owned */
    rd_buf made;                /* owned: what an action wrote, which nobody is shown */
} explainer;

static const char *detector_word(uint16_t detector)
{
    if (rd_is_over_budget(detector))
        return rd_detector_word(detector);
    if (detector >= RD_DETECTOR_KEY)
        return "key";
    return detector < RD_DETECTOR_COUNT ? rd_detector_word(detector) : "pattern";
}

static bool append(explainer *x, json_t *to, json_t *o)
{
    if (x->now == &x->text.name)
        json_object_set_new(o, "in", json_string("key"));
    return json_array_append_new(to, o) == 0;
}

/* What the action does: to the whole value of a key, or to a find. */
static rd_done done_by(explainer *x, const rd_action *a, bool of_key, rd_slice text)
{
    rd_done done = (rd_done)a->kind;
    rd_buf_wipe(&x->made);
    if (a->kind == RD_ACTION_DROP_RECORD)
        return done;
    if (of_key)
        (void)rd_act_value(a, &x->digester, &text, &x->made, &done);
    else
        done = rd_act_match(a, &x->digester, text, 0, 0, &x->made);
    return done;
}

/* See rd_redactor_act: a label is never left empty. */
static rd_done done_to(explainer *x, const rd_action *a, const rd_match *m)
{
    bool label = x->text.cls == RD_CLASS_LABEL && m->len == x->now->n;
    rd_done done = done_by(x, a, m->detector >= RD_DETECTOR_KEY, (rd_slice){x->now->p + m->off, m->len});
    return label && done == RD_ACTION_DROP ? RD_ACTION_MASK : done;
}

static bool add_match(explainer *x, const rd_match *m, uint32_t group, rd_mode mode)
{
    const rd_policy *p = x->text.policy;
    uint16_t rule = rd_policy_rule_of_match(p, x->text.signal, group, mode, m->detector);
    bool over = rd_is_over_budget(m->detector) || rule == RD_NO_RULE;
    rd_done kind = over ? RD_DONE_OVER_BUDGET : done_to(x, rd_policy_action(p, rule, x->text.cls), m);
    json_t *o = json_pack("{s:s?, s:s, s:i, s:i, s:s, s:s}", "rule",
                          rule == RD_NO_RULE ? NULL : rd_policy_rule_name(p, rule), "detector",
                          detector_word(m->detector), "offset", (int)m->off, "length", (int)m->len, "action",
                          rd_done_word(kind), "mode", mode == RD_MODE_ENFORCE ? "enforce" : "shadow");
    if (o != NULL && kind == RD_ACTION_MASK) {
        json_object_set_new(o, "keep_head", json_integer(m->keep_head));
        json_object_set_new(o, "keep_tail", json_integer(m->keep_tail));
    }
    return append(x, x->matches, o);
}

static bool add_refusals(explainer *x, const rd_refusals *r)
{
    bool ok = true;
    for (uint32_t i = 0; i < r->n; i++) {
        const rd_refusal *f = &r->list[i];
        json_t *o = json_pack("{s:s, s:i, s:i, s:s}", "detector", rd_detector_word(f->detector), "offset",
                              (int)f->off, "length", (int)f->len, "validator", f->validator);
        ok &= append(x, x->refusals, o);
    }
    if (r->n_more > 0)
        ok &= json_array_append_new(x->refusals, json_pack("{s:i}", "more", (int)r->n_more)) == 0;
    return ok;
}

/* Of the search under way. */
typedef struct sieve {
    explainer *x;
    uint32_t group;
    rd_mode mode;
    bool failed;
} sieve;

/* What a rule's filter lets stay is told among the refusals. */
static bool keeps(void *ctx, const rd_match *m)
{
    sieve *s = ctx;
    const rd_policy *p = s->x->text.policy;
    uint16_t rule = rd_policy_rule_of_match(p, s->x->text.signal, s->group, s->mode, m->detector);
    const rd_filter *f =
        rd_is_over_budget(m->detector) || rule == RD_NO_RULE ? NULL : rd_policy_filter(p, rule);
    rd_slice text = rd_buf_slice(s->x->now);
    const char *why = f == NULL                                                  ? NULL
                      : !rd_filter_in_context(f, text)                           ? "context"
                      : rd_filter_allows(f, (rd_slice){text.p + m->off, m->len}) ? "allow"
                                                                                 : NULL;
    if (why == NULL)
        return true;
    json_t *o =
        json_pack("{s:s, s:s, s:i, s:i, s:s}", "rule", rd_policy_rule_name(p, rule), "detector",
                  detector_word(m->detector), "offset", (int)m->off, "length", (int)m->len, "validator", why);
    s->failed |= !append(s->x, s->x->refusals, o);
    return false;
}

/* The values of keys inside the text. Where one overlaps another find, both are told; in service they are
 * one. */
static bool explain_keys(sieve *s, const rd_text *t, const rd_matches *found)
{
    const explainer *x = s->x;
    const rd_keyset *set = rd_policy_text_keys(x->text.policy, x->text.signal, x->text.cls, s->mode);
    rd_inline_keys keys = {0};
    bool ok = true;
    for (uint32_t i = 0; ok && set != NULL && i < found->n_keys_at; i++)
        ok = rd_inline_keys_at(&keys, set, x->now->p, t, &found->keys_at[i]) == RD_OK;
    for (uint32_t i = 0; ok && i < keys.n; i++)
        ok = !keeps(s, &keys.list[i]) || add_match(s->x, &keys.list[i], s->group, s->mode);
    rd_inline_keys_release(&keys);
    return ok;
}

/* What the rules of one mode find in the current text. */
static bool explain_mode(explainer *x, rd_mode mode)
{
    const rd_policy *p = x->text.policy;
    uint32_t group = rd_policy_group_of(p, x->text.signal, x->text.cls);
    const rd_detect_set *set = rd_policy_group_set(p, x->text.signal, group, mode);
    rd_text t = {.len = (uint32_t)x->now->n};
    rd_matches found;
    if (set == NULL || t.len == 0)
        return true;
    sieve s = {.x = x, .group = group, .mode = mode};
    const rd_sieve asked = {.keeps = keeps, .ctx = &s};
    rd_detect_scratch_sieve(x->scratch, &asked);
    rd_outcome o = rd_detect_explain(set, x->scratch, x->now->p, t.len, &t, 1, &found, x->refused);
    rd_detect_scratch_sieve(x->scratch, NULL);
    bool ok = o == RD_OK && explain_keys(&s, &t, &found) && !s.failed;
    for (uint32_t i = 0; ok && i < found.n; i++)
        ok = add_match(x, &found.list[i], group, mode);
    return ok && add_refusals(x, x->refused);
}

static bool explain_text(explainer *x, const rd_buf *text)
{
    x->now = text;
    return explain_mode(x, RD_MODE_ENFORCE) && explain_mode(x, RD_MODE_SHADOW);
}

/* ---- pairs ---- */

/* The name by which the rule knows the key, and the part of the key that it is: all, or its last segments. */
static const char *name_of_key(const rd_policy *p, uint32_t rule, rd_slice key, rd_slice *out_part)
{
    uint32_t n;
    uint16_t value;
    const char *const *names = rd_policy_rule_keys(p, rule, &n);
    for (uint32_t i = 0; i < n; i++) {
        const rd_keyset_entry only = {.name = names[i]};
        rd_keyset *set = rd_keyset_build(&only, 1);
        *out_part = key;
        bool found = set != NULL && rd_keyset_find(set, key, &value);
        for (size_t at = 1; found && at < key.n; at++) {
            rd_slice tail = {key.p + at, key.n - at};
            if (key.p[at - 1] == '.' && rd_keyset_find(set, tail, &value))
                *out_part = tail;
        }
        rd_keyset_free(&set);
        if (found)
            return names[i];
    }
    return NULL;
}

/* A rule names the key; in `mode` it acts on all of the value, or the pair `goes`. False: no memory. */
static bool tell_key(explainer *x, uint16_t rule, rd_mode mode, bool goes, json_t **out_key)
{
    const rd_policy *p = x->text.policy;
    rd_slice key = rd_buf_slice(&x->text.name), part = key;
    const char *name = name_of_key(p, rule, key, &part);
    const rd_action *a = rd_policy_action(p, rule, x->text.cls);
    const char *action =
        rd_done_word(goes ? (rd_done)a->kind : done_by(x, a, true, rd_buf_slice(&x->text.text)));
    const char *mode_word = mode == RD_MODE_ENFORCE ? "enforce" : "shadow";
    *out_key = json_pack("{s:s, s:s?, s:i, s:i, s:s, s:s}", "rule", rd_policy_rule_name(p, rule), "name",
                         name, "offset", (int)(part.p - key.p), "length", (int)part.n, "action", action,
                         "mode", mode_word);
    json_t *value =
        json_pack("{s:s, s:s, s:i, s:i, s:s, s:s}", "rule", rd_policy_rule_name(p, rule), "detector", "key",
                  "offset", 0, "length", (int)x->text.text.n, "action", action, "mode", mode_word);
    return append(x, x->matches, value) && *out_key != NULL;
}

/* The rule names the key, but lets this value stay. */
static bool tell_allowed(explainer *x, uint16_t rule)
{
    return append(x, x->refusals,
                  json_pack("{s:s, s:s, s:i, s:i, s:s}", "rule", rd_policy_rule_name(x->text.policy, rule),
                            "detector", "key", "offset", 0, "length", (int)x->text.text.n, "validator",
                            "allow"));
}

/* A value that a rule takes whole is not searched; any other is. The key is a text itself. */
static bool explain_pair(explainer *x, json_t **out_key)
{
    const rd_policy *p = x->text.policy;
    const rd_visitor v = rd_policy_visitor(p, x->text.signal);
    if (!explain_text(x, &x->text.name))
        return false;
    x->now = &x->text.text;
    const rd_verdict verdict = v.on_key(v.ctx, rd_buf_slice(&x->text.name), x->text.cls);
    if (verdict.fate != RD_FATE_KEEP) {
        const rd_filter *f = rd_policy_filter(p, verdict.rule);
        if (f == NULL || !rd_filter_allows(f, rd_buf_slice(&x->text.text)))
            return tell_key(x, verdict.rule, RD_MODE_ENFORCE, verdict.fate == RD_FATE_DROP, out_key);
        if (!tell_allowed(x, verdict.rule))
            return false;
    } else if (verdict.rule > 0 &&
               !tell_key(x, (uint16_t)(verdict.rule - 1), RD_MODE_SHADOW, true, out_key)) {
        return false;
    }
    return explain_text(x, &x->text.text);
}

static int explain_line(explainer *x)
{
    bool is_pair = x->text.key != NULL || x->text.key_field != NULL;
    x->matches = json_array();
    x->refusals = json_array();
    json_t *line = NULL, *key = NULL;
    if (is_pair ? explain_pair(x, &key) : explain_text(x, &x->text.text))
        line = json_pack("{s:I, s:I, s:s, s:O, s:O}", "line", (json_int_t)x->text.line, "bytes",
                         (json_int_t)x->text.text.n, "class", rd_class_word(x->text.cls), "matches",
                         x->matches, "refused", x->refusals);
    if (line != NULL && is_pair)
        json_object_set(line, "key", key != NULL ? key : json_null());
    bool ok = line != NULL && json_dumpf(line, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF;
    if (!ok)
        gw_cli_text_fail(&x->text, "out of memory, or cannot be written");
    json_decref(line);
    json_decref(key);
    json_decref(x->matches);
    json_decref(x->refusals);
    return ok ? GW_EXIT_OK : GW_EXIT_FAILED;
}

int gw_cli_explain(int argc, char **argv)
{
    explainer x = {0};
    int rc = gw_cli_text_open(&x.text, argc, argv, true), more = 0;
    if (rc != GW_EXIT_OK)
        return rc;
    x.scratch = rd_detect_scratch_new();
    rd_buf_init(&x.made, MAX_MADE);
    rd_digester_begin(&x.digester, rd_policy_digest_keys(x.text.policy),
                      x.text.workspace != NULL ? rd_slice_str(x.text.workspace->name) : (rd_slice){0}, 0);
    x.refused = malloc(sizeof *x.refused);
    if (x.scratch == NULL || x.refused == NULL) {
        fputs("redactd: out of memory\n", stderr);
        rc = GW_EXIT_FAILED;
    }
    while (rc == GW_EXIT_OK && (more = gw_cli_text_next(&x.text)) > 0)
        rc = explain_line(&x);
    if (more < 0)
        rc = GW_EXIT_FAILED;
    rd_detect_scratch_free(&x.scratch);
    rd_digester_release(&x.digester);
    rd_buf_wipe(&x.made);
    rd_buf_release(&x.made);
    free(x.refused);
    gw_cli_text_release(&x.text);
    return gw_cli_text_finish(rc);
}
