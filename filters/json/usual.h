/* SPDX-License-Identifier: MIT */
/*
 * Short cuts of the OTLP/JSON walker: what nearly all bodies look like, written without white space and with
 * the members of a message in the order of the message before. Each looks whether the very next bytes are of
 * that form and takes them whole; else it returns false, or NULL, and has done nothing, and the long way
 * decides. So none of them accepts what the long way refuses, or finds something else in it; the fuzz target
 * of the walker compares the two. Here: steps through lists, and scalars; usual_pair.h has values and pairs.
 * Internal to otlp_json.c.
 */
#ifndef RD_JSON_USUAL_H
#define RD_JSON_USUAL_H

#include "filters/base/utf8.h"
#include "filters/json/walk.h"
#include "filters/schema/schema.h"

/* Equal bytes, at least four. Words that overlap, rather than a call. */
static inline bool rd_json_same(const uint8_t *a, const char *literal, size_t n)
{
    const uint8_t *b = (const uint8_t *)literal;
    if (n >= 8)
        return n <= 32 ? rd_key_memo_same(a, b, n) : memcmp(a, b, n) == 0;
    uint32_t a4[2], b4[2];
    memcpy(&a4[0], a, 4);
    memcpy(&a4[1], a + n - 4, 4);
    memcpy(&b4[0], b, 4);
    memcpy(&b4[1], b + n - 4, 4);
    return ((a4[0] ^ b4[0]) | (a4[1] ^ b4[1])) == 0;
}

/* The member that followed the one at *place the last time: its field, with the cursor at its value. *place
 * is an ordinal of the schema, *out_off where the name's quote is. */
static inline const rd_field *rd_json_usual_member(rd_json_walk *w, const rd_message *m, unsigned *place,
                                                   rd_json_list *it, uint32_t *out_off)
{
    rd_json *j = &w->j;
    unsigned i = w->after[*place], comma = !it->first;
    if (i == 0)
        return NULL;
    const rd_field *f = &m->fields[i - 1];
    const uint8_t *p = j->p;
    size_t n = f->json_name_len + (sizeof "\"\":" - 1);
    if ((size_t)(j->end - p) <= comma + n || (comma && *p != ',') ||
        !rd_json_same(p + comma, f->json_member, n) || p[comma + n] <= ' ' || j->n_values >= j->max_values)
        return NULL;
    j->n_values++;
    if (comma)
        it->comma = rd_json_off(j);
    it->first = false;
    rd_json_walk_settle(w, it);
    *out_off = rd_json_off(j) + comma;
    *place = m->ordinal + i;
    j->p = p + comma + n;
    return f;
}

/* A comma and the next element behind it. */
static inline bool rd_json_usual_element(rd_json_walk *w, rd_json_list *it)
{
    rd_json *j = &w->j;
    if (it->first || j->end - j->p < 2 || j->p[0] != ',' || j->p[1] <= ' ' || j->n_values >= j->max_values)
        return false;
    j->n_values++;
    it->comma = rd_json_off(j);
    rd_json_walk_settle(w, it);
    j->p++;
    return true;
}

/* The end of a list. */
static inline bool rd_json_usual_end(rd_json *j, uint8_t close)
{
    if (j->p == j->end || *j->p != close)
        return false;
    j->p++;
    return true;
}

/* End of the digits at p. */
static inline const uint8_t *rd_json_digits(const uint8_t *p, const uint8_t *end)
{
    for (uint64_t w; end - p >= 8; p += 8) {
        memcpy(&w, p, 8);
        const uint64_t high = UINT64_C(0xF0F0F0F0F0F0F0F0), zeros = UINT64_C(0x3030303030303030);
        if ((w & high) != zeros || ((w + UINT64_C(0x0606060606060606)) & high) != zeros)
            break;
    }
    while (p < end && (uint8_t)(*p - '0') < 10)
        p++;
    return p;
}

/* A positive whole number, as a string or bare. */
static inline bool rd_json_usual_number(rd_json *j)
{
    const uint8_t *p = j->p;
    if (j->end - p < 3)
        return false;
    bool quoted = *p == '"';
    p += quoted;
    if ((uint8_t)(*p - '1') >= 9)
        return false;
    p = rd_json_digits(p + 1, j->end);
    if (p == j->end || (quoted ? *p != '"' : *p != ',' && *p != '}'))
        return false;
    j->p = p + quoted;
    return true;
}

typedef uint8_t rd_json_block __attribute__((vector_size(16)));

/* Are these 16 bytes hex digits? */
static inline bool rd_json_hex16(const uint8_t *p)
{
    rd_json_block v;
    memcpy(&v, p, sizeof v);
    rd_json_block digit = v - '0', letter = (v | 0x20) - 'a';
    rd_utf8_block bad = (rd_utf8_block)((digit >= 10) & (letter >= 6));
    return (bad[0] | bad[1]) == 0;
}

/* A trace or span id. */
static inline bool rd_json_usual_id(rd_json *j, unsigned id_len)
{
    const uint8_t *p = j->p;
    size_t n = 2 * (size_t)id_len;
    if ((size_t)(j->end - p) < n + 2 || n % 16 != 0 || p[0] != '"' || p[n + 1] != '"')
        return false;
    for (size_t i = 0; i < n; i += 16) {
        if (!rd_json_hex16(p + 1 + i))
            return false;
    }
    j->p = p + n + 2;
    return true;
}

/* A string of ASCII without escapes. */
static inline bool rd_json_usual_string(rd_json_walk *w, uint8_t cls)
{
    rd_json *j = &w->j;
    rd_doc *d = w->doc;
    unsigned high = 0;
    if (j->p == j->end || *j->p != '"' || d->n_leaves >= d->cap_leaves)
        return false;
    const uint8_t *from = j->p + 1, *end = rd_json_plain_end(from, j->end, &high);
    if (end == j->end || *end != '"' || high != 0)
        return false;
    if (end > from)
        d->leaves[d->n_leaves++] = (rd_leaf){.off = (uint32_t)(from - j->base),
                                             .len = (uint32_t)(end - from),
                                             .frame = RD_NO_FRAME,
                                             .cls = cls,
                                             .form = RD_FORM_JSON};
    j->p = end + 1;
    return true;
}

/* The value of a field that holds no message, key or bytes. */
static inline bool rd_json_usual_scalar(rd_json_walk *w, const rd_field *f, uint8_t cls)
{
    if (f->repeated)
        return false;
    if (f->mark == RD_MARK_NONE) {
        bool noted = f->of_item && w->visitor.facts != NULL; /* the long way notes it */
        return !noted && f->scalar != RD_SCALAR_BOOL && rd_json_usual_number(&w->j);
    }
    if (f->mark == RD_MARK_ID)
        return rd_json_usual_id(&w->j, f->id_len);
    return f->mark == RD_MARK_TEXT && f->scalar == RD_SCALAR_STRING && rd_json_usual_string(w, cls);
}

#endif
