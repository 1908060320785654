/* SPDX-License-Identifier: MIT */
#ifndef RD_DETECT_PHONE_H
#define RD_DETECT_PHONE_H

#include "filters/detect/text.h"

/* Reads groups of digits with the separators of telephone numbers from `i`; returns the end, 0 when a letter
 * follows. */
uint32_t rd_phone_end(const rd_view *v, uint32_t i, uint32_t *out_digits);

/* How many bytes of the number at `from` stay readable: `+` and the country code, else none. */
uint32_t rd_phone_head(const rd_view *v, uint32_t from);

#endif
