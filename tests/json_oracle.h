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

static inline bool oracle_tree_has(json_t *v, char c)
{
    size_t i;
    const char *name;
    json_t *member;
    if (json_is_string(v))
        return memchr(json_string_value(v), c, json_string_length(v)) != NULL;
    json_array_foreach(v, i, member)
    {
        if (oracle_tree_has(member, c))
            return true;
    }
    json_object_foreach(v, name, member)
    {
        if (strchr(name, c) != NULL || oracle_tree_has(member, c))
            return true;
    }
    return false;
}

/* Does any string or member name have the character? Of two members with one name the last counts. */
static inline bool oracle_has(rd_slice s, char c)
{
    json_t *tree = json_loadb((const char *)s.p, s.n, ORACLE_FLAGS, NULL);
    bool has = tree != NULL && oracle_tree_has(tree, c);
    json_decref(tree);
    return has;
}

#endif
