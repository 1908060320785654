/* SPDX-License-Identifier: MIT */
/* Values that are bound to a statement of SQL and listed behind it. */
#ifndef RD_DETECT_SQL_H
#define RD_DETECT_SQL_H

#include "filters/detect/matcher.h"

/* WHERE key = $1 ... parameters: $1 = 'value': `i` is at the placeholder. */
void rd_sql_parameter(rd_find *f, rd_key_class cls, uint32_t i);

#endif
