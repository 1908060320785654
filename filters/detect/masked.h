/* SPDX-License-Identifier: MIT */
/* Values that say nothing because somebody has hidden them already, or because they only say what a value is
 * like. */
#ifndef RD_DETECT_MASKED_H
#define RD_DETECT_MASKED_H

#include "filters/detect/text.h"

/* How much of a value a mask may have left. */
typedef enum rd_readable {
    RD_READABLE_LITTLE, /* what tells one number or address from another: DE********1234, j****e@example.com
                         */
    RD_READABLE_TAIL,   /* its end: a number that begins with a date of birth says too much */
    RD_READABLE_LEAST,  /* as good as nothing: marks may be a part of a password */
} rd_readable;

/* Did another's mask make it? ******, XXX-XX-1234, [FILTERED], **REDACTED** */
bool rd_is_masked(const rd_view *v, uint32_t from, uint32_t to, rd_readable readable);
/* string, String!, varchar(64), Optional[str], required: a type, or what a schema says of a value. */
bool rd_is_type(const rd_view *v, uint32_t from, uint32_t to);
/* "has already been taken", "must have at least 8 characters": what a form answers, and no value. */
bool rd_is_message(const rd_view *v, uint32_t from, uint32_t to);

#endif
