/* SPDX-License-Identifier: MIT */
/* Own patterns: the only face of PCRE2. */
#ifndef RD_DETECT_PATTERN_H
#define RD_DETECT_PATTERN_H

#include "filters/detect/collect.h"

typedef struct rd_patterns rd_patterns; /* immutable after build */
typedef struct rd_pattern_scratch rd_pattern_scratch;

RD_MUST_CHECK rd_outcome rd_patterns_build(const rd_pattern_spec *specs, uint32_t n, rd_patterns **out,
                                           rd_error *err);
void rd_patterns_free(rd_patterns **p);

rd_pattern_scratch *rd_pattern_scratch_new(void); /* NULL: no memory */
void rd_pattern_scratch_free(rd_pattern_scratch **s);

/* Adds the matches of all patterns in one text. */
void rd_patterns_find(const rd_patterns *p, rd_pattern_scratch *s, const rd_view *v, rd_collector *out);

#endif
