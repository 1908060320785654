/* SPDX-License-Identifier: MIT */
/* Fills in the prefilter's tables of a program. */
#ifndef RD_DETECT_FILTER_H
#define RD_DETECT_FILTER_H

#include "filters/detect/buckets.h"

/* Of all windows of a program whose other parts are there: `shorts` has p->n_short, `longs` p->n_long. False:
 * no memory. */
bool rd_program_filter_windows(rd_program *p, const rd_window_sets *shorts, const rd_window_sets *longs);

/* Makes `p`, which is zero, the filter of `n` literals. False: no memory. */
bool rd_program_filter_literals(rd_program *p, const rd_window_sets *windows, uint32_t n);

#endif
