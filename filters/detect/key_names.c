/* SPDX-License-Identifier: MIT */
/*
 * The candidate is the end of a name that some key rule is after, or a space before a separator. From there
 * the separator is looked for, over what may stand between: quotes with their backslashes, a bracket, spaces.
 */
#include "filters/detect/key_names.h"

#include <stdlib.h>

#include "filters/detect/keys.h"
#include "filters/detect/tail_memo.h"

enum { FIRST_HITS = 256, KEEP_HITS = 1 << 14, MAX_SLASHES = 64, MAX_SPACES = 4, MAX_END = 4, KEY_END = 3 };

void rd_key_hits_reset(rd_key_hits *h)
{
    if (h->cap > KEEP_HITS)
        rd_key_hits_release(h);
    h->n = 0;
    h->failed = false;
}

void rd_key_hits_release(rd_key_hits *h)
{
    free(h->list);
    *h = (rd_key_hits){0};
}

static void add(rd_key_hits *h, uint32_t at, uint32_t text)
{
    if (h->n == h->cap) {
        uint32_t cap = h->cap == 0 ? FIRST_HITS : h->cap * 2;
        rd_key_hit *list = cap > h->cap ? realloc(h->list, (size_t)cap * sizeof *list) : NULL;
        if (list == NULL) {
            h->failed = true;
            return;
        }
        h->list = list;
        h->cap = cap;
    }
    h->list[h->n++] = (rd_key_hit){.at = at, .text = text};
}

static bool is_quote(uint8_t c)
{
    return c == '"' || c == '\'' || c == '`';
}

bool rd_key_separates(const rd_view *v, uint32_t i)
{
    uint8_t c = rd_at(v, i), next = rd_at(v, i + 1), before = rd_at(v, i - 1);
    if (c == ':')
        return next == ' ' || before == ' ' || is_quote(before);
    return c == '=' || (c == '%' && next == '3');
}

/* Over what may stand between the end of a key and its separator. */
static uint32_t skip_closers(const rd_view *v, uint32_t i)
{
    uint32_t slashes = 0;
    while (slashes < MAX_SLASHES && rd_at(v, i + slashes) == '\\')
        slashes++;
    if (is_quote(rd_at(v, i + slashes)))
        i += slashes + 1;
    else if (rd_spells(v, i, "%22"))
        i += 3;
    i += rd_at(v, i) == ']';
    return rd_skip(v, i, i + MAX_SPACES, RD_C_SPACE);
}

static __attribute__((noinline)) bool learn_end(rd_find *f, uint32_t end)
{
    const rd_view *v = &f->v;
    uint32_t looked;
    bool may_end = rd_keyset_may_end(f->names, v->b + v->lo, v->b + end, &looked);
    rd_tail_memo_learn(f->name_ends, v, end, looked, may_end);
    return may_end;
}

/* May one of the names end at `end`, which is in the text or at its end? */
static bool name_may_end(rd_find *f, uint32_t end)
{
    const rd_tail *known = rd_tail_memo_find(f->name_ends, &f->v, end);
    return known != NULL ? known->says != 0 : learn_end(f, end);
}

static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    if (f->keys_at == NULL || f->names == NULL)
        return;
    bool space = rd_is(rd_at(v, at), RD_C_SPACE); /* of a window, or before a name of two bytes */
    uint32_t end = at + KEY_END;
    if (!space && end - v->lo <= v->hi - v->lo && !name_may_end(f, end))
        return;
    uint32_t separator = space && rd_key_separates(v, at + 1) ? at + 1 : skip_closers(v, end);
    /* Assignments as in `key := value`. */
    separator += rd_at(v, separator) == ':' && rd_at(v, separator + 1) == '=';
    if (rd_key_separates(v, separator) && separator - v->lo > 0)
        add(f->keys_at, rd_origin(f, separator), rd_text_number(f));
}

/* The last bytes of a name's normal form, plain and with one join in each place that the pass sees. */
static void add_name(rd_key_end_fn *add_end, void *ctx, const char *name)
{
    char form[MAX_END], end[MAX_END];
    uint32_t n = 0;
    for (size_t i = strlen(name); i > 0 && n < MAX_END; i--) {
        if (strchr("_-. ", name[i - 1]) == NULL)
            form[MAX_END - ++n] = name[i - 1];
    }
    if (n == 0)
        return;
    add_end(ctx, form + MAX_END - n, n);
    for (uint32_t behind = 0; behind < 3 && behind < n; behind++) {
        uint32_t len = n < MAX_END ? n + 1 : n, kept = len - 1 - behind;
        memcpy(end, form + MAX_END - behind - kept, kept);
        end[kept] = '_';
        memcpy(end + kept + 1, form + MAX_END - behind, behind);
        add_end(ctx, end, len);
    }
}

static void key_ends(rd_key_end_fn *add_end, void *ctx, const char *const *names, uint32_t n_names)
{
    for (uint32_t i = 0; i < n_names; i++)
        add_name(add_end, ctx, names[i]);
}

static const rd_window windows[] = {{"\\s=", false}, {"\\s:", false}};

const rd_matcher rd_match_key_names = {
    .yields = RD_YIELDS_KEYS, RD_WINDOWS(windows), .key_ends = key_ends, .confirm = confirm};
