/* SPDX-License-Identifier: MIT */
/*
 * How long exact work takes: of each matcher at its candidates, and of each own pattern on its texts. For the
 * few bodies that are timed; all others pay one test for each candidate. Two readings of the clock surround
 * each stretch, and what a reading takes is taken off again.
 *
 * A matcher serves several detectors in one look (digits may be a card or a telephone number), so its time
 * cannot be divided among them.
 */
#ifndef RD_DETECT_TIMES_H
#define RD_DETECT_TIMES_H

#include "filters/base/clock.h"
#include "filters/detect/matcher.h"
#include "filters/detect/pattern.h"

/* So often is the clock read to find out what a reading takes. */
enum { RD_TIMES_TRIALS = 8 };

struct rd_times {
    rd_clock clock;
    uint64_t reading; /* ns that one reading takes */
    uint64_t n_readings;
    uint64_t matcher[RD_MAX_MATCHERS]; /* ns, as all below */
    uint64_t pattern[RD_MAX_PATTERNS];
    uint64_t keys; /* what the places of keys are looked at for, by who calls rd_detect */
};

/* Of another body: nothing took any time yet. */
void rd_times_begin(rd_times *t, const rd_clock *clock);

/* `t` NULL: nothing is timed. */
static inline uint64_t rd_times_start(rd_times *t)
{
    return t == NULL ? 0 : t->clock.now(t->clock.ctx);
}

/* The stretch that began with `start` was one of matcher or pattern `i`, or of keys. */
void rd_times_add(rd_times *t, uint64_t start, uint64_t *into);

static inline void rd_times_matcher(rd_times *t, uint64_t start, uint32_t i)
{
    if (t != NULL)
        rd_times_add(t, start, &t->matcher[i]);
}

static inline void rd_times_pattern(rd_times *t, uint64_t start, uint32_t i)
{
    if (t != NULL)
        rd_times_add(t, start, &t->pattern[i]);
}

static inline void rd_times_keys(rd_times *t, uint64_t start)
{
    if (t != NULL)
        rd_times_add(t, start, &t->keys);
}

/* The detectors that matcher `i` can find; 0: it serves all, or there is none. */
uint64_t rd_times_detectors(uint32_t i);
/* Does it find places of key names? */
bool rd_times_finds_keys(uint32_t i);

#endif
