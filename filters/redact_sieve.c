/* SPDX-License-Identifier: MIT */
/*
 * Finds that a rule's filter lets stay. Asked only when a policy has filters. What a text says about the
 * context of a rule is looked up once for each text and rule. Called by redact*.c.
 */
#include "filters/redact_private.h"

static const rd_filter *filter_of(const rd_redactor *r, const rd_match *m, uint16_t *out_rule)
{
    const rd_sieve_state *s = &r->sieve;
    if (rd_is_over_budget(m->detector))
        return NULL;
    *out_rule = rd_policy_rule_of_match(r->job->policy, r->job->signal, s->group, s->mode, m->detector);
    return *out_rule == RD_NO_RULE ? NULL : rd_policy_filter(r->job->policy, *out_rule);
}

static bool in_context(rd_redactor *r, const rd_filter *f, uint16_t rule, const rd_match *m)
{
    rd_sieve_state *s = &r->sieve;
    uint64_t bit = UINT64_C(1) << rule % 64;
    if (f->n_context == 0)
        return true;
    if (s->text != m->text) {
        memset(s->asked, 0, sizeof s->asked);
        s->text = m->text;
    }
    if ((s->asked[rule / 64] & bit) == 0) {
        const rd_text *t = &s->texts[m->text];
        s->asked[rule / 64] |= bit;
        s->has[rule / 64] &= ~bit;
        if (rd_filter_in_context(f, (rd_slice){s->base + t->off, t->len}))
            s->has[rule / 64] |= bit;
    }
    return (s->has[rule / 64] & bit) != 0;
}

static bool keeps(void *ctx, const rd_match *m)
{
    rd_redactor *r = ctx;
    uint16_t rule;
    const rd_filter *f = filter_of(r, m, &rule);
    return f == NULL ||
           (in_context(r, f, rule, m) && !rd_filter_allows(f, (rd_slice){r->sieve.base + m->off, m->len}));
}

void rd_redactor_sieve_begin(rd_redactor *r, const rd_buf *base, const rd_batch *batch, uint32_t group,
                             rd_mode mode)
{
    r->sieve = (rd_sieve_state){.base = base->p,
                                .texts = batch->texts,
                                .text = UINT32_MAX,
                                .group = group,
                                .mode = mode,
                                .sieve = {.keeps = keeps, .ctx = r}};
    rd_detect_scratch_sieve(r->detect, &r->sieve.sieve);
}

void rd_redactor_sieve_end(rd_redactor *r)
{
    rd_inline_keys *k = &r->inline_keys;
    uint32_t kept = 0;
    rd_detect_scratch_sieve(r->detect, NULL);
    for (uint32_t i = 0; i < k->n; i++) {
        k->list[kept] = k->list[i];
        kept += keeps(r, &k->list[i]);
    }
    k->n = kept;
}
