/* SPDX-License-Identifier: MIT */
/*
 * An element of a JSON array goes with one comma: with the one before it if anything before it stays, else
 * with the one behind it, so that what stays is a list whatever else of it goes.
 *
 *    [ stays , gone , gone ]      [ gone , gone , stays ]      [ gone , gone ]
 *            ~~~~~~ ~~~~~~          ~~~~~~ ~~~~~~                ~~~~~~ ~~~~
 */
#include "filters/base/records.h"

#include <stdlib.h>

#include "filters/base/search.h"
#include "filters/base/siphash.h"

enum { KEEP_RECORDS = 1 << 16, FIRST_RECORDS = 1 << 8 };

void rd_records_release(rd_records *s)
{
    free(s->list);
    free(s->holders);
    free(s->facts);
    *s = (rd_records){.payer = s->payer};
}

void rd_records_reset(rd_records *s)
{
    s->n = s->n_holders = s->n_gone = 0;
}

void rd_records_trim(rd_records *s)
{
    if (s->cap > KEEP_RECORDS || s->cap_holders > KEEP_RECORDS || s->cap_facts > KEEP_RECORDS)
        rd_records_release(s);
    rd_records_reset(s);
}

static bool grow(const rd_records *s, void **array, uint32_t *cap, size_t size)
{
    uint32_t want = *cap == 0 ? FIRST_RECORDS : *cap * 2;
    if (want <= *cap)
        return false;
    if (want > KEEP_RECORDS && s->payer != NULL && !s->payer->pay(s->payer, (size_t)(want - *cap) * size))
        return false;
    void *p = realloc(*array, (size_t)want * size);
    if (p == NULL)
        return false;
    *array = p;
    *cap = want;
    return true;
}

rd_record *rd_records_add(rd_records *s)
{
    if (s->n == s->cap && !grow(s, (void **)&s->list, &s->cap, sizeof *s->list))
        return NULL;
    s->list[s->n] =
        (rd_record){.comma_before = RD_NO_COMMA, .comma_after = RD_NO_COMMA, .gone = RD_RECORD_STAYS};
    return &s->list[s->n++];
}

bool rd_records_note(rd_records *s, uint32_t i, const rd_facts *facts)
{
    if (i == s->cap_facts && !grow(s, (void **)&s->facts, &s->cap_facts, sizeof *s->facts))
        return false;
    s->facts[i] = *facts;
    return true;
}

/* The smallest of holder `h` and those around it that reaches over `off`. */
static uint32_t climb(const rd_records *s, uint32_t h, uint32_t off)
{
    while (h != UINT32_MAX && s->holders[h].end <= off)
        h = s->holders[h].parent;
    return h;
}

uint32_t rd_records_hold(rd_records *s, uint32_t off, uint32_t end)
{
    if (s->n_holders == s->cap_holders && !grow(s, (void **)&s->holders, &s->cap_holders, sizeof *s->holders))
        return UINT32_MAX;
    uint32_t last = s->n_holders == 0 ? UINT32_MAX : s->n_holders - 1;
    s->holders[s->n_holders] = (rd_holder){.off = off, .end = end, .parent = climb(s, last, off)};
    return s->n_holders++;
}

bool rd_records_take(rd_records *s, uint32_t i, uint16_t why)
{
    if (s->list[i].gone != RD_RECORD_STAYS)
        return false;
    s->list[i].gone = why;
    s->n_gone++;
    return true;
}

static bool record_ends_by(const void *list, uint32_t i, uint64_t off)
{
    return ((const rd_record *)list)[i].end <= off;
}

static bool holder_begins_by(const void *list, uint32_t i, uint64_t off)
{
    return ((const rd_holder *)list)[i].off <= off;
}

/* The first record that ends behind `off`. */
static uint32_t record_behind(const rd_records *s, uint32_t off)
{
    return rd_search(s->list, 0, s->n, record_ends_by, off);
}

/* The last holder that begins at or before `off`. */
static uint32_t holder_before(const rd_records *s, uint32_t off)
{
    return rd_search(s->holders, 0, s->n_holders, holder_begins_by, off) - 1; /* UINT32_MAX: none */
}

bool rd_records_take_around(rd_records *s, uint32_t off, uint16_t why, uint32_t *out_n)
{
    uint32_t i = record_behind(s, off), before = s->n_gone;
    bool inside = i < s->n && s->list[i].off <= off;
    uint32_t h = inside ? UINT32_MAX : climb(s, holder_before(s, off), off);
    if (inside)
        (void)rd_records_take(s, i, why);
    if (h != UINT32_MAX && !s->holders[h].gone) {
        s->holders[h].gone = true;
        for (i = record_behind(s, s->holders[h].off); i < s->n && s->list[i].end <= s->holders[h].end; i++)
            (void)rd_records_take(s, i, why);
    }
    *out_n = s->n_gone - before;
    return inside || h != UINT32_MAX;
}

bool rd_records_cut(const rd_records *s, rd_record_cut *c, const rd_record **out_record, uint32_t *out_off,
                    uint32_t *out_end)
{
    while (c->i < s->n) {
        const rd_record *it = &s->list[c->i++];
        if (it->comma_before == RD_NO_COMMA) /* a list begins */
            c->stays = false;
        c->stays |= it->behind_other;
        if (it->gone == RD_RECORD_STAYS) {
            c->stays = true;
            continue;
        }
        bool with_before = c->stays && it->comma_before != RD_NO_COMMA;
        *out_record = it;
        *out_off = with_before ? it->comma_before : it->off;
        *out_end = !with_before && it->comma_after != RD_NO_COMMA ? it->comma_after + 1 : it->end;
        return true;
    }
    return false;
}

uint64_t rd_stream_facts_name(const uint64_t key[2], const uint8_t *name, size_t n)
{
    return rd_siphash(key[0], key[1], name, n);
}

void rd_stream_facts_add(rd_stream_facts *f, const uint64_t key[2], uint64_t of_name, size_t name_n,
                         const uint8_t *value, size_t n)
{
    f->hash += rd_siphash(key[0] ^ of_name, key[1], value, n); /* a sum has no order */
    f->n_labels++;
    if (name_n > f->name_bytes)
        f->name_bytes = (uint32_t)name_n;
    if (n > f->value_bytes)
        f->value_bytes = (uint32_t)n;
}
