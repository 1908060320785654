/* SPDX-License-Identifier: MIT */
/* What is to be hidden of the values of credential headers (RFC 9110, 11.6.2; RFC 6265). Callers: judge. */
#ifndef RD_DETECT_HEADER_VALUES_H
#define RD_DETECT_HEADER_VALUES_H

#include "filters/detect/value.h"

/* "Scheme credential", or a credential alone: emits the credential. */
void rd_judge_authorization(rd_find *f, rd_value x);
/* "name=value; ...": emits values of names that say session and values that look like data. Moves f->resume
 * over the pairs. */
void rd_judge_cookie(rd_find *f, rd_value x);
/* Several values of such a header in the brackets at `at`. */
void rd_judge_header_list(rd_find *f, rd_key_class cls, uint32_t at);

#endif
