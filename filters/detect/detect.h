/* SPDX-License-Identifier: MIT */
/*
 * Detectors: text in, matches out. A set is compiled once per policy, immutable, shared by threads; the
 * scratch belongs to one thread. One candidate pass serves all detectors and many texts;
 * exact matchers and validators run only at candidates. No allocation per text; linear time on any input.
 */
#ifndef RD_DETECT_DETECT_H
#define RD_DETECT_DETECT_H

#include "filters/base/doc.h"
#include "filters/detect/detectors.h"

typedef struct rd_detect_set rd_detect_set;         /* immutable after build */
typedef struct rd_detect_scratch rd_detect_scratch; /* one per thread */
typedef struct rd_times rd_times;                   /* times.h */

/* One of our own patterns (PCRE2). `group`: the capture group to replace, 0 the whole match. */
typedef struct rd_pattern_spec {
    const char *pattern; /* borrowed for the build */
    uint32_t group;
    uint64_t budget; /* steps of the matcher in one text, 0: RD_PATTERN_BUDGET */
} rd_pattern_spec;

/* In steps of PCRE2's match limit, of which a start position of a text gets its part. */
#define RD_PATTERN_BUDGET UINT64_C(20000000)

/* What a set is made from. Everything is copied. */
typedef struct rd_detect_spec {
    uint64_t mask;                   /* bit i switches detector i of RD_DETECTORS on */
    const rd_pattern_spec *patterns; /* get the detector ids RD_DETECTOR_COUNT + index */
    uint32_t n_patterns;
    const char *const *key_names; /* any spelling; places where they may stand come as rd_key_hit */
    uint32_t n_key_names;
} rd_detect_spec;

/* RD_INVALID (with the offset in the pattern in err->offset) for a pattern that does not compile. */
RD_MUST_CHECK rd_outcome rd_detect_set_make(const rd_detect_spec *spec, rd_detect_set **out_set,
                                            rd_error *err);
/* The same without key names. */
RD_MUST_CHECK rd_outcome rd_detect_set_build(uint64_t mask, const rd_pattern_spec *patterns,
                                             uint32_t n_patterns, rd_detect_set **out_set, rd_error *err);
void rd_detect_set_free(rd_detect_set **s);

rd_detect_scratch *rd_detect_scratch_new(void); /* NULL: no memory */
void rd_detect_scratch_free(rd_detect_scratch **s);

/* A text is base[off, off+len). Texts are sorted, not empty and do not overlap. */
typedef struct rd_text {
    uint32_t off, len;
} rd_text;

/* The sensitive stretch base[off, off+len) of text number `text`. Matches are sorted by offset and do not
 * overlap (leftmost-longest, specific before general). `keep_head`/`keep_tail`: how many bytes of the stretch
 * the detector's own mask leaves readable (first letter and "@domain" of an e-mail: 1 and the domain's length
 * + 1). */
typedef struct rd_match {
    uint32_t off, len;
    uint32_t text;
    uint32_t keep_tail;
    uint16_t keep_head;
    uint16_t detector;
} rd_match;

/* A separator at base[at) in text number `text`, before which one of the key names may stand. */
typedef struct rd_key_hit {
    uint32_t at, text;
} rd_key_hit;

/* Asked for every find before overlaps are settled, so that a find that is refused hides no other one;
 * `m->off` counts from `base`. NULL: none is refused. */
typedef struct rd_sieve {
    bool (*keeps)(void *ctx, const rd_match *m);
    void *ctx; /* borrowed */
} rd_sieve;

/* Lists are owned by the scratch and valid until its next use. */
typedef struct rd_matches {
    rd_match *list;
    uint32_t n;
    const rd_key_hit *keys_at; /* in order; some may be the same */
    uint32_t n_keys_at;
} rd_matches;

/* For tests: how often a pattern was tried on a text, so far. */
uint64_t rd_detect_scratch_pattern_runs(const rd_detect_scratch *s);

/* The next calls of rd_detect with this scratch add to `times` (times.h); NULL ends that. */
void rd_detect_scratch_time(rd_detect_scratch *s, rd_times *times);

/* For the next calls of rd_detect with this scratch; NULL ends that. */
void rd_detect_scratch_sieve(rd_detect_scratch *s, const rd_sieve *sieve);

/* Finds all matches. `base` must be followed by RD_BUF_TAIL readable bytes. RD_BUDGET never comes from
 * built-in detectors; pattern i that exceeds its limits yields one match over its whole text with detector id
 * RD_DETECTOR_OVER_BUDGET + i. RD_NO_MEMORY is the only failure. */
RD_MUST_CHECK rd_outcome rd_detect(const rd_detect_set *set, rd_detect_scratch *scratch, const uint8_t *base,
                                   size_t base_len, const rd_text *texts, uint32_t n_texts, rd_matches *out);

#endif
