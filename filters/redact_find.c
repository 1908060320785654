/* SPDX-License-Identifier: MIT */
/*
 * All that is to be found in the texts of a batch: what the detectors find, and the values of keys inside the
 * texts, in one list. Of two finds that overlap the union counts, in the name of the key. Called by
 * redact*.c.
 */
#include "filters/redact_private.h"

#include <stdlib.h>

#include "filters/detect/opaque.h"
#include "filters/detect/unlike_key.h"

/* `password=${DB_PASSWORD}`, `phone=null`, `PWD=/home`: there is nothing to hide, and half of a placeholder
 * is none. */
static void drop_placeholders(rd_inline_keys *k, uint32_t first, const rd_buf *base, const rd_text *t)
{
    const rd_view v = {.b = base->p, .lo = t->off, .hi = t->off + t->len};
    uint32_t n = first;
    for (uint32_t i = first; i < k->n; i++) {
        uint32_t from = k->list[i].off, to = from + k->list[i].len;
        bool directory = rd_at(&v, from) == '/' && rd_spells(&v, from - 4, "PWD=");
        if (!directory && !rd_says_nothing(&v, from, to) && !rd_unlike_key(&v, from, to))
            k->list[n++] = k->list[i];
    }
    k->n = n;
}

/* Of the places where the pass saw a name, the values that really have one as their key. */
static rd_outcome find_keys(rd_redactor *r, const rd_buf *base, const rd_batch *batch, rd_mode mode,
                            rd_class of_all, const rd_matches *found)
{
    r->inline_keys.n = 0;
    r->inline_keys.read_to = 0;
    for (uint32_t i = 0; i < found->n_keys_at; i++) {
        const rd_key_hit *hit = &found->keys_at[i];
        unsigned cls = of_all != RD_CLASS_COUNT ? of_all : r->doc.leaves[batch->owner[hit->text]].cls;
        const rd_keyset *set = rd_policy_text_keys(r->job->policy, r->job->signal, (rd_class)cls, mode);
        if (set == NULL)
            continue;
        uint32_t first = r->inline_keys.n;
        rd_outcome o = rd_inline_keys_at(&r->inline_keys, set, base->p, &batch->texts[hit->text], hit);
        if (o != RD_OK)
            return o;
        if (r->inline_keys.n > first)
            drop_placeholders(&r->inline_keys, first, base, &batch->texts[hit->text]);
    }
    return RD_OK;
}

static uint32_t end_of(const rd_match *m)
{
    return m->off + m->len;
}

static bool by_key(const rd_match *m)
{
    return m->detector >= RD_DETECTOR_KEY && !rd_is_over_budget(m->detector);
}

static void append(rd_matches *merged, const rd_match *m)
{
    rd_match *last = merged->n > 0 ? &merged->list[merged->n - 1] : NULL;
    if (last == NULL || last->text != m->text || end_of(last) <= m->off) {
        merged->list[merged->n++] = *m;
        return;
    }
    if (end_of(m) > end_of(last))
        last->len = end_of(m) - last->off;
    last->keep_head = 0;
    last->keep_tail = 0;
    if (rd_is_over_budget(m->detector) || (by_key(m) && !rd_is_over_budget(last->detector)))
        last->detector = m->detector;
}

/* Both lists are in order and without overlaps. */
static rd_outcome merge(rd_redactor *r, rd_matches *found)
{
    const rd_inline_keys *keys = &r->inline_keys;
    uint32_t n = found->n + keys->n, f = 0, k = 0;
    if (keys->n == 0)
        return RD_OK;
    if (n > r->cap_merged) {
        rd_match *list = realloc(r->merged, (size_t)n * sizeof *list);
        if (list == NULL)
            return RD_NO_MEMORY;
        r->merged = list;
        r->cap_merged = n;
    }
    rd_matches merged = {.list = r->merged};
    while (f < found->n || k < keys->n) {
        const rd_match *a = f < found->n ? &found->list[f] : NULL, *b = k < keys->n ? &keys->list[k] : NULL;
        bool key_first =
            a == NULL || (b != NULL && (b->text < a->text || (b->text == a->text && b->off <= a->off)));
        append(&merged, key_first ? b : a);
        f += !key_first;
        k += key_first;
    }
    *found = merged;
    return RD_OK;
}

rd_outcome rd_redactor_find(rd_redactor *r, const rd_buf *base, const rd_batch *batch, uint32_t group,
                            rd_mode mode, rd_class of_all, rd_matches *out_found)
{
    const rd_detect_set *set = rd_policy_group_set(r->job->policy, r->job->signal, group, mode);
    *out_found = (rd_matches){0};
    if (batch->n == 0 || set == NULL)
        return RD_OK;
    bool filters = rd_policy_has_filters(r->job->policy);
    if (filters)
        rd_redactor_sieve_begin(r, base, batch, group, mode);
    rd_times *times = rd_redact_times(r);
    rd_detect_scratch_time(r->detect, times);
    rd_outcome o = rd_detect(set, r->detect, base->p, base->n, batch->texts, batch->n, out_found);
    uint64_t start = rd_times_start(times);
    if (o == RD_OK)
        o = find_keys(r, base, batch, mode, of_all, out_found);
    if (filters)
        rd_redactor_sieve_end(r);
    rd_times_keys(times, start);
    rd_redact_time_share(r, group, mode);
    return o == RD_OK ? merge(r, out_found) : o;
}

/* ---- what becomes of the value of a key inside a text ---- */

bool rd_redactor_act_key(rd_redactor *r, const rd_action *a, const uint8_t *base, const rd_text *t,
                         const rd_match *m, rd_buf *out, rd_done *out_done)
{
    uint32_t n_slashes = 0;
    rd_slice value = {base + m->off, m->len};
    if (!by_key(m))
        return false;
    uint8_t quote = a->kind == RD_ACTION_ROUND ? 0 : rd_inline_keys_quote(base, t, m->off, &n_slashes);
    for (uint32_t i = 0; quote != 0 && i < n_slashes; i++)
        rd_buf_append_byte(out, '\\');
    if (quote != 0)
        rd_buf_append_byte(out, quote);
    if (!rd_act_value(a, &r->digester, &value, out, out_done))
        rd_buf_append(out, value.p, value.n);
    for (uint32_t i = 0; quote != 0 && i < n_slashes; i++)
        rd_buf_append_byte(out, '\\');
    if (quote != 0)
        rd_buf_append_byte(out, quote);
    return true;
}
