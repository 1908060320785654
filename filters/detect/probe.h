/* SPDX-License-Identifier: MIT */
/* What is wrong with an own pattern, and what it costs, found out by trying; for `redactd check`. */
#ifndef RD_DETECT_PROBE_H
#define RD_DETECT_PROBE_H

#include "filters/detect/detect.h"

typedef struct rd_pattern_report {
    bool no_literal; /* nothing that a search could look for first (literals.h): every text is tried */
    bool blows_up;   /* a text of 4 KiB made of what the pattern itself looks for exceeded the budget */
} rd_pattern_report;

/* True: it cannot be used; `why` says so in the words of PCRE2, which repeat nothing of it. */
bool rd_pattern_fault(const char *pattern, uint32_t group, char *why, size_t n_why);

/* RD_INVALID: it does not compile. */
RD_MUST_CHECK rd_outcome rd_pattern_probe(const rd_pattern_spec *spec, rd_pattern_report *out);

#endif
