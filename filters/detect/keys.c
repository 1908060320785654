/* SPDX-License-Identifier: MIT */
/*
 * The key set: an open-addressed table over normal forms, read from the back.
 *
 * A key is walked once from its last byte to its first while the hash and the length of its normal form grow;
 * at every dot and at the first byte the tail so far is looked up. The last three bytes of the normal form
 * must end some entry, and the walk stops where no entry goes on like that. So a key that is not in the set
 * costs a few loads, however long it is.
 *
 * Owner: the policy that built it; immutable, shared by threads. Callers: redact (key rules).
 */
#include "filters/detect/keys.h"

#include <stdlib.h>

#include "filters/detect/text.h"

enum { MAX_FORM = 127 }; /* longer names are cut off by the build and can only match nothing */

typedef struct slot {
    uint32_t hash;
    uint32_t at; /* of the normal form in `forms` */
    uint8_t len; /* 0: free slot */
    uint16_t value;
} slot;

struct rd_keyset {
    slot *slots;    /* owned; n_slots is a power of two, at most half full */
    uint8_t *forms; /* owned: normal forms one after another */
    uint32_t mask;  /* n_slots - 1 */
    uint32_t max_len;
    uint64_t lengths[2]; /* bit n: some entry has a normal form of n bytes */
    /* [last byte & 31][byte before & 31], bit (third byte from the end & 31): some entry ends so. Entries of
     * one or two bytes set what they do not say. */
    uint32_t endings[32][32];
    uint64_t
        *suffixes; /* owned: bit per hash of the last bytes of a form, however many; suffix_mask + 1 bits */
    uint32_t suffix_mask;
};

static inline bool ignored(uint8_t c)
{
    return rd_is(c, RD_C_JOIN);
}

static inline uint32_t step(uint32_t h, uint8_t c)
{
    return (h ^ c) * UINT32_C(0x01000193);
}

static const uint32_t seed = UINT32_C(0x811c9dc5);

/* Writes the normal form of `name`; 0 when it is empty or longer than any form we keep. */
static uint32_t normalise(const char *name, uint8_t *out)
{
    uint32_t n = 0;
    for (const uint8_t *p = (const uint8_t *)name; *p != 0; p++) {
        if (ignored(*p))
            continue;
        if (n == MAX_FORM)
            return 0;
        out[n++] = rd_lower(*p);
    }
    return n;
}

static uint32_t hash_back(const uint8_t *form, uint32_t n)
{
    uint32_t h = seed;
    while (n > 0)
        h = step(h, form[--n]);
    return h;
}

/* The bit of a suffix. The hash's high bits are the better ones. */
static inline uint32_t suffix_bit(const rd_keyset *k, uint32_t h)
{
    return (h ^ h >> 15) & k->suffix_mask;
}

static void add_suffixes(rd_keyset *k, const uint8_t *form, uint32_t len)
{
    uint32_t h = seed;
    for (uint32_t i = len; i > 0; i--) {
        h = step(h, form[i - 1]);
        k->suffixes[suffix_bit(k, h) / 64] |= UINT64_C(1) << suffix_bit(k, h) % 64;
    }
}

static const slot *lookup(const rd_keyset *k, uint32_t h, const uint8_t *form, uint32_t len)
{
    for (uint32_t i = h & k->mask;; i = (i + 1) & k->mask) {
        const slot *s = &k->slots[i];
        if (s->len == 0)
            return s;
        if (s->hash == h && s->len == len && memcmp(k->forms + s->at, form, len) == 0)
            return s;
    }
}

static void add(rd_keyset *k, const uint8_t *form, uint32_t len, uint16_t value, uint32_t *used)
{
    uint32_t h = hash_back(form, len);
    slot *s = (slot *)lookup(k, h, form, len);
    if (s->len != 0)
        return; /* the first entry wins */
    *s = (slot){.hash = h, .at = *used, .len = (uint8_t)len, .value = value};
    memcpy(k->forms + *used, form, len);
    *used += len;
    add_suffixes(k, form, len);
    k->lengths[len >> 6] |= UINT64_C(1) << (len & 63);
    if (len > k->max_len)
        k->max_len = len;
    uint32_t *row = k->endings[form[len - 1] & 31];
    for (unsigned before = 0; before < 32; before++) {
        if (len == 1 || before == (form[len - 2] & 31U))
            row[before] |= len < 3 ? UINT32_MAX : UINT32_C(1) << (form[len - 3] & 31);
    }
}

rd_keyset *rd_keyset_build(const rd_keyset_entry *entries, uint32_t n)
{
    rd_keyset *k = calloc(1, sizeof *k);
    if (k == NULL)
        return NULL;
    uint32_t n_slots = 8;
    while (n_slots / 2 < n && n_slots < UINT32_C(1) << 30)
        n_slots *= 2;
    k->mask = n_slots - 1;
    k->slots = calloc(n_slots, sizeof *k->slots);
    k->forms = calloc((size_t)n + 1, MAX_FORM);
    /* About 64 bits for each entry, which has a dozen suffixes. */
    k->suffix_mask = (n_slots < UINT32_C(1) << 25 ? n_slots * 32 : UINT32_C(1) << 30) - 1;
    k->suffixes = calloc(k->suffix_mask / 64 + 1, sizeof *k->suffixes);
    if (k->slots == NULL || k->forms == NULL || k->suffixes == NULL || n_slots / 2 < n) {
        rd_keyset_free(&k);
        return NULL;
    }
    uint32_t used = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint8_t form[MAX_FORM];
        uint32_t len = normalise(entries[i].name, form);
        if (len > 0)
            add(k, form, len, entries[i].value, &used);
    }
    return k;
}

void rd_keyset_free(rd_keyset **k)
{
    if (*k == NULL)
        return;
    free((*k)->slots);
    free((*k)->forms);
    free((*k)->suffixes);
    free(*k);
    *k = NULL;
}

/* The byte of the normal form that ends before *i, which moves to it; 0 when there is none. */
static inline uint8_t form_before(rd_slice key, size_t *i)
{
    while (*i > 0 && ignored(key.p[*i - 1]))
        --*i;
    return *i > 0 ? rd_lower(key.p[--*i]) : 0;
}

/* Can a key with these last bytes match at all? */
static bool ending_possible(const rd_keyset *k, rd_slice key)
{
    size_t i = key.n;
    uint8_t last = form_before(key, &i), before = form_before(key, &i), third = form_before(key, &i);
    if (last == 0)
        return false;
    if (third == 0)
        return true; /* hardly longer than the shortest entries: look it up */
    return (k->endings[last & 31][before & 31] >> (third & 31) & 1) != 0;
}

static bool is_suffix(const rd_keyset *k, uint32_t h)
{
    return (k->suffixes[suffix_bit(k, h) / 64] >> suffix_bit(k, h) % 64 & 1) != 0;
}

/* Is there an entry of that hash and length? */
static bool may_have(const rd_keyset *k, uint32_t h, uint32_t len)
{
    const slot *s = &k->slots[h & k->mask];
    for (uint32_t i = h & k->mask; s->len != 0; s = &k->slots[i = (i + 1) & k->mask]) {
        if (s->hash == h && s->len == len)
            return true;
    }
    return false;
}

bool rd_keyset_may_end(const rd_keyset *k, const uint8_t *lo, const uint8_t *end, uint32_t *out_looked)
{
    uint32_t h = seed, len = 0;
    const uint8_t *p = end;
    for (; p > lo; p--) {
        uint8_t c = p[-1];
        if (rd_is(c, RD_C_WORD)) {
            uint32_t longer = step(h, rd_lower(c));
            if (len == k->max_len || !is_suffix(k, longer))
                break; /* what stands here may be an escape before the key */
            h = longer;
            len++;
        } else if (c == '.' && may_have(k, h, len)) {
            break;
        } else if (c == ' ' || !rd_is(c, RD_C_JOIN)) {
            break;
        }
    }
    *out_looked = (uint32_t)(end - p) + 1;
    return may_have(k, h, len);
}

bool rd_keyset_find(const rd_keyset *k, rd_slice key, uint16_t *out_value)
{
    if (!ending_possible(k, key))
        return false;
    uint8_t form[MAX_FORM + 1];
    uint8_t *end = form + sizeof form, *at = end;
    uint32_t h = seed;
    for (size_t i = key.n;; i--) {
        uint32_t len = (uint32_t)(end - at);
        bool boundary = i == 0 || key.p[i - 1] == '.';
        if (boundary && len > 0 && (k->lengths[len >> 6] >> (len & 63) & 1) != 0) {
            const slot *s = lookup(k, h, at, len);
            if (s->len != 0) {
                *out_value = s->value;
                return true;
            }
        }
        if (i == 0 || (len == k->max_len && !ignored(key.p[i - 1])))
            return false;
        if (ignored(key.p[i - 1]))
            continue;
        *--at = rd_lower(key.p[i - 1]);
        h = step(h, *at);
        if (!is_suffix(k, h))
            return false;
    }
}
