/* SPDX-License-Identifier: MIT */
/*
 * Texts brought together. Between the texts of a body are tags, numbers, quotes and timestamps, and texts in
 * which nothing can be; the candidate pass is spared all that: short texts are copied behind one another.
 *
 *    body     ..key1.."value 1"..key2.."value 2"..
 *    bytes    0 value 1 0 value 2 0                   key1 and key2 are known to be clean (clean_memo.h)
 *
 * A zero byte stands before each text and behind the last one, so that no run or window goes on from one to
 * the next. Owner: the scratch.
 */
#ifndef RD_DETECT_GATHER_H
#define RD_DETECT_GATHER_H

#include "filters/base/buf.h"
#include "filters/detect/clean_memo.h"
#include "filters/detect/detect.h"

enum {
    RD_GATHER_BYTES = 1 << 14, /* with the tables they stay in the first-level cache */
    RD_GATHER_TEXTS = 1 << 10,
    RD_GATHER_LONGEST = 1 << 11, /* longer texts are looked at where they are */
    RD_GATHER_HEAD = 32          /* bytes before the first text that a look back may read */
};

typedef struct rd_gather {
    uint8_t bytes[RD_GATHER_HEAD + RD_GATHER_BYTES + RD_BUF_TAIL];
    rd_text texts[RD_GATHER_TEXTS];    /* in `bytes` */
    uint32_t numbers[RD_GATHER_TEXTS]; /* which of the caller's texts they are */
    uint32_t hashes[RD_GATHER_TEXTS];  /* of short ones */
    bool has_events[RD_GATHER_TEXTS];  /* something was found */
    uint32_t n, end;                   /* texts; where the next one goes */
    rd_clean_memo clean;
} rd_gather;

void rd_gather_reset(rd_gather *g);

/* Is the text for this module at all? */
static inline bool rd_gather_takes(uint32_t len)
{
    return len <= RD_GATHER_LONGEST;
}

static inline bool rd_gather_has_room(const rd_gather *g, uint32_t len)
{
    return g->n < RD_GATHER_TEXTS && g->end + len < RD_GATHER_HEAD + RD_GATHER_BYTES;
}

/* Adds text number `number`, for which there is room, unless it is known to be clean. RD_CLEAN_BYTES bytes
 * are readable from `text` on. `set` 0: nothing is known. */
static inline void rd_gather_add(rd_gather *g, uint32_t set, const uint8_t *text, uint32_t len,
                                 uint32_t number)
{
    uint32_t i = g->n, at = g->end;
    uint8_t *to = g->bytes + at;
    if (len <= RD_CLEAN_BYTES) {
        rd_clean_key key = rd_clean_key_of(set, text, len);
        uint32_t hash = g->hashes[i] = rd_clean_hash(&key);
        if (rd_clean_memo_has(&g->clean, &key, hash))
            return;
        memcpy(to, text, RD_CLEAN_BYTES); /* what is too much is overwritten */
    } else {
        memcpy(to, text, len);
    }
    to[len] = 0;
    g->texts[i] = (rd_text){.off = at, .len = len};
    g->numbers[i] = number;
    g->has_events[i] = false;
    g->end = at + len + 1;
    g->n = i + 1;
}

/* All are there: makes the bytes behind them zero. */
void rd_gather_close(rd_gather *g);
/* All have been looked at: remembers the clean ones. `set` 0: nothing. */
void rd_gather_learn(rd_gather *g, uint32_t set);

#endif
