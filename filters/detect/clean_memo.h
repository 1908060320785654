/* SPDX-License-Identifier: MIT */
/*
 * Short texts in which a set found nothing: keys, routes and names of services come again in every record.
 * Direct-mapped; an entry holds the whole text and the number of the set, and what is found depends on
 * nothing else, so entries never grow old. Only a text that comes a second time is remembered, or those that
 * are new each time would push out the others.
 *
 * Owner: the scratch. Zero is an empty memo.
 */
#ifndef RD_DETECT_CLEAN_MEMO_H
#define RD_DETECT_CLEAN_MEMO_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
    RD_CLEAN_WORDS = 4,
    RD_CLEAN_BYTES = 8 * RD_CLEAN_WORDS, /* longest text; as many must be readable from its first one on */
    RD_CLEAN_BITS = 10,
    RD_CLEAN_SEEN_BITS = 12
};

/* The bytes of a text, zero bytes behind them. */
typedef struct rd_clean_key {
    uint64_t words[RD_CLEAN_WORDS];
    uint32_t len, set; /* number of the set, not 0 */
} rd_clean_key;

typedef struct rd_clean_memo {
    uint16_t tags[1 << RD_CLEAN_BITS]; /* parts of the entries' hashes: most looks end here, in the
                                          first-level cache */
    rd_clean_key entries[1 << RD_CLEAN_BITS];
    uint16_t seen[1 << RD_CLEAN_SEEN_BITS]; /* parts of the hashes of texts that came once */
} rd_clean_memo;

static inline rd_clean_key rd_clean_key_of(uint32_t set, const uint8_t *text, uint32_t len)
{
    static const uint8_t ones[2 * RD_CLEAN_BYTES] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    rd_clean_key key = {.len = len, .set = set};
    for (unsigned i = 0; i < RD_CLEAN_WORDS; i++) {
        uint64_t word, mask;
        memcpy(&word, text + 8 * i, sizeof word);
        memcpy(&mask, ones + RD_CLEAN_BYTES - len + 8 * i, sizeof mask);
        key.words[i] = word & mask;
    }
    return key;
}

/* Its upper bits are the better ones. */
static inline uint32_t rd_clean_hash(const rd_clean_key *k)
{
    static const uint64_t odd[RD_CLEAN_WORDS] = {UINT64_C(0x9e3779b97f4a7c15), UINT64_C(0xbf58476d1ce4e5b9),
                                                 UINT64_C(0x94d049bb133111eb), UINT64_C(0xd6e8feb86659fd93)};
    uint64_t h = k->set * UINT64_C(0xff51afd7ed558ccd);
    for (unsigned i = 0; i < RD_CLEAN_WORDS; i++)
        h ^= k->words[i] * odd[i];
    return (uint32_t)(h >> 32);
}

static inline uint32_t rd_clean_slot(uint32_t hash)
{
    return hash >> (32 - RD_CLEAN_BITS);
}

static inline uint16_t rd_clean_tag(uint32_t hash)
{
    return (uint16_t)hash;
}

/* Has the set looked at this text before, and found nothing? */
static inline bool rd_clean_memo_has(const rd_clean_memo *m, const rd_clean_key *k, uint32_t hash)
{
    uint32_t slot = rd_clean_slot(hash);
    if (m->tags[slot] != rd_clean_tag(hash))
        return false;
    const rd_clean_key *e = &m->entries[slot];
    uint64_t differs = (k->len ^ e->len) | (k->set ^ e->set);
    for (unsigned i = 0; i < RD_CLEAN_WORDS; i++)
        differs |= k->words[i] ^ e->words[i];
    return differs == 0;
}

/* The set found nothing in the text that has this hash. */
static inline void rd_clean_memo_note(rd_clean_memo *m, uint32_t set, const uint8_t *text, uint32_t len,
                                      uint32_t hash)
{
    uint16_t *seen = &m->seen[hash & ((1U << RD_CLEAN_SEEN_BITS) - 1)];
    uint16_t tag = (uint16_t)(hash >> 16);
    if (*seen != tag) {
        *seen = tag;
        return;
    }
    m->tags[rd_clean_slot(hash)] = rd_clean_tag(hash);
    m->entries[rd_clean_slot(hash)] = rd_clean_key_of(set, text, len);
}

#endif
