/* SPDX-License-Identifier: MIT */
/*
 * What dumps of structures write around a value: Str(value) of the debug exporter of OpenTelemetry, with Int,
 * Double and Slice; Some("value") of Rust and Scala, Optional[value] of Java, Optional("value") of Swift;
 * string(5) "value" of PHP's var_dump; (string) (len=5) "value" of Go.
 */
#ifndef RD_DETECT_WRAPPER_H
#define RD_DETECT_WRAPPER_H

#include "filters/detect/text.h"

/* Where the value starts that is wrapped at `i`, `i` when none is. Brackets and quotes of its own stay. */
uint32_t rd_wrapper_inside(const rd_view *v, uint32_t i);

/* Is a value wrapped at `i` that ends with a bracket before a space or the end of its line? It has no quotes,
 * or is a list; at most `max` bytes. */
bool rd_wrapper_of_line(const rd_view *v, uint32_t i, uint32_t max, uint32_t *out_from, uint32_t *out_to);

#endif
