/* SPDX-License-Identifier: MIT */
/* Own patterns: the only face of PCRE2. */
#ifndef RD_DETECT_PATTERN_H
#define RD_DETECT_PATTERN_H

#include "filters/detect/collect.h"
#include "filters/detect/scan.h"

enum { RD_MAX_PATTERNS = 256 };

typedef struct rd_patterns rd_patterns; /* immutable after build */
typedef struct rd_pattern_scratch rd_pattern_scratch;

RD_MUST_CHECK rd_outcome rd_patterns_build(const rd_pattern_spec *specs, uint32_t n, rd_patterns **out,
                                           rd_error *err);
void rd_patterns_free(rd_patterns **p);

rd_pattern_scratch *rd_pattern_scratch_new(void); /* NULL: no memory */
void rd_pattern_scratch_free(rd_pattern_scratch **s);

/* Before the texts that lie in base[from, end), which come in order. */
void rd_patterns_begin(const rd_patterns *p, rd_pattern_scratch *s, const uint8_t *base, uint32_t from,
                       uint32_t end);
/* May any pattern match in texts that end at `end`, behind those that were searched? */
bool rd_patterns_want(const rd_patterns *p, const rd_pattern_scratch *s, uint32_t end);
/* For tests: another candidate pass; how often PCRE2 was called with a text. */
void rd_patterns_use_scan(rd_patterns *p, rd_scan_fn scan);
uint64_t rd_pattern_scratch_runs(const rd_pattern_scratch *s);
/* Adds the matches of all patterns in one text. `times`: NULL, or what the time of each is added to. */
void rd_patterns_find(const rd_patterns *p, rd_pattern_scratch *s, const rd_view *v, rd_times *times,
                      rd_collector *out);

#endif
