/* SPDX-License-Identifier: MIT */
/* What an own pattern costs, found out by trying; for `redactd check`. */
#ifndef RD_DETECT_PROBE_H
#define RD_DETECT_PROBE_H

#include "filters/detect/detect.h"

typedef struct rd_pattern_report {
    bool no_literal; /* nothing that a search could look for first (literals.h): every text is tried */
    bool blows_up;   /* a text of 4 KiB made of what the pattern itself looks for exceeded the budget */
} rd_pattern_report;

/* RD_INVALID: it does not compile. */
RD_MUST_CHECK rd_outcome rd_pattern_probe(const rd_pattern_spec *spec, rd_pattern_report *out);

#endif
