/* SPDX-License-Identifier: MIT */
/* Values that say nothing because somebody has hidden them already, or because they only say what a value is
 * like. */
#ifndef RD_DETECT_MASKED_H
#define RD_DETECT_MASKED_H

#include "filters/detect/text.h"

/* Did another's mask make it? ******, XXX-XX-1234, DE********1234, j****e@example.com, [FILTERED],
 * **REDACTED** */
bool rd_is_masked(const rd_view *v, uint32_t from, uint32_t to);
/* string, String!, varchar(64), Optional[str], required, invalid: a type, or what a check says of a value. */
bool rd_is_type(const rd_view *v, uint32_t from, uint32_t to);
/* "has already been taken", "must have at least 8 characters": what a form answers, and no value. */
bool rd_is_message(const rd_view *v, uint32_t from, uint32_t to);

#endif
