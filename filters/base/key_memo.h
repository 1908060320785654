/* SPDX-License-Identifier: MIT */
/*
 * What the visitor said about keys, for the time of one walk: the records of a body have the same few keys
 * over and over. Direct-mapped; a key that is pushed out is asked for again. Entries point into the body, so
 * a key that stands elsewhere (unescaped to a scratch buffer) must not be asked for here.
 */
#ifndef RD_BASE_KEY_MEMO_H
#define RD_BASE_KEY_MEMO_H

#include "filters/base/doc.h"
#include "filters/base/utf8.h"

enum { RD_KEY_MEMO_ENTRIES = 64 };

typedef struct rd_key_memo_entry {
    const uint8_t *p; /* borrowed from the body; NULL: free */
    uint32_t n;
    uint16_t cls;
    bool is_listed;
    uint8_t next; /* which entry was asked for after this one */
    rd_verdict verdict;
} rd_key_memo_entry;

typedef struct rd_key_memo {
    rd_key_memo_entry entries[RD_KEY_MEMO_ENTRIES];
    uint8_t last; /* asked for */
} rd_key_memo;

static inline uint64_t rd_key_memo_word(const uint8_t *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof w);
    return w;
}

/* Keys are short: two words or two vectors that overlap, rather than a call. */
static inline bool rd_key_memo_same(const uint8_t *a, const uint8_t *b, size_t n)
{
    if (n < 8 || n > 32)
        return memcmp(a, b, n) == 0;
    if (n < 16)
        return ((rd_key_memo_word(a) ^ rd_key_memo_word(b)) |
                (rd_key_memo_word(a + n - 8) ^ rd_key_memo_word(b + n - 8))) == 0;
    rd_utf8_block differs =
        (rd_utf8_load(a) ^ rd_utf8_load(b)) | (rd_utf8_load(a + n - 16) ^ rd_utf8_load(b + n - 16));
    return (differs[0] | differs[1]) == 0;
}

static inline bool rd_key_memo_has(const rd_key_memo_entry *e, rd_slice key, rd_class cls)
{
    return e->p != NULL && e->n == key.n && e->cls == cls && rd_key_memo_same(e->p, key.p, key.n);
}

/* Records have their keys in the same order: what followed the key before the last time is tried first. */
static inline rd_key_memo_entry *rd_key_memo_entry_of(rd_key_memo *m, const rd_visitor *v, rd_slice key,
                                                      rd_class cls)
{
    uint8_t guess = m->entries[m->last].next;
    if (rd_key_memo_has(&m->entries[guess], key, cls)) {
        m->last = guess;
        return &m->entries[guess];
    }
    size_t at = key.n * 7 + key.p[0] + key.p[key.n / 2] * 5 + key.p[key.n - 1] * 3;
    at %= RD_KEY_MEMO_ENTRIES;
    rd_key_memo_entry *e = &m->entries[at];
    m->entries[m->last].next = (uint8_t)at;
    m->last = (uint8_t)at;
    if (!rd_key_memo_has(e, key, cls))
        *e = (rd_key_memo_entry){.verdict = v->on_key(v->ctx, key, cls),
                                 .p = key.p,
                                 .n = (uint32_t)key.n,
                                 .cls = (uint16_t)cls,
                                 .next = e->next};
    return e;
}

static inline rd_verdict rd_key_memo_ask(rd_key_memo *m, const rd_visitor *v, rd_slice key, rd_class cls)
{
    if (key.n == 0 || key.n > UINT32_MAX)
        return v->on_key(v->ctx, key, cls);
    return rd_key_memo_entry_of(m, v, key, cls)->verdict;
}

/* Leaves were taken back: no key counts as listed any more. */
static inline void rd_key_memo_unlist(rd_key_memo *m)
{
    for (unsigned i = 0; i < RD_KEY_MEMO_ENTRIES; i++)
        m->entries[i].is_listed = false;
}

/* The same of a key that is not empty. *out_listed: the visitor needs no leaf of this key, one that is equal
 * has been listed; else the caller lists it now. */
static inline rd_verdict rd_key_memo_list(rd_key_memo *m, const rd_visitor *v, rd_slice key, rd_class cls,
                                          bool *out_listed)
{
    rd_key_memo_entry *e = rd_key_memo_entry_of(m, v, key, cls);
    *out_listed = e->is_listed;
    if (!e->is_listed)
        e->is_listed = v->keys_once && e->verdict.fate == RD_FATE_KEEP;
    return e->verdict;
}

#endif
