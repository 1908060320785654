/* SPDX-License-Identifier: MIT */
/*
 * jansson as the second opinion on what is JSON. It differs from us on purpose:
 *   it refuses  lone surrogate escapes, numbers too large for a double, \u0000 in member names
 *   it takes    nesting over RD_JSON_MAX_DEPTH, a NUL byte behind a number (overlooked)
 */
#ifndef TESTS_JSON_ORACLE_H
#define TESTS_JSON_ORACLE_H

#include "filters/base/slice.h"

#include <jansson.h>

enum { ORACLE_FLAGS = JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL };

/* False when jansson says that this is not JSON, for a reason that is ours too. */
static inline bool oracle_takes(rd_slice s)
{
    json_error_t e;
    json_t *tree = json_loadb((const char *)s.p, s.n, ORACLE_FLAGS, &e);
    if (tree != NULL) {
        json_decref(tree);
        return true;
    }
    return json_error_code(&e) == json_error_numeric_overflow ||
           json_error_code(&e) == json_error_null_byte_in_key || strstr(e.text, "invalid Unicode") != NULL;
}

#endif
