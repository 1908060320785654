/* SPDX-License-Identifier: MIT */
/*
 * Replacement texts with words in braces:
 *    {rule}      the rule's name
 *    {detector}  the built-in detector's word, or `key` or `pattern`
 *    {length}    how long the value was, in four classes: short (to 8 bytes), medium (to 16), long (to 64),
 * huge Never the value. Other braces stand for themselves, but a lower-case word in braces that is none of
 * these is a mistake.
 */
#ifndef RD_ACT_TEMPLATE_H
#define RD_ACT_TEMPLATE_H

#include <stdbool.h>

#include "filters/base/slice.h"

enum { RD_LENGTH_CLASSES = 4 };

typedef struct rd_template_values {
    const char *rule, *detector;
} rd_template_values;

/* Why the text is no template, NULL: it is one. */
const char *rd_template_why(const char *text);
bool rd_template_has_length(const char *text);
/* What the text becomes for values of a length class; to be freed. NULL: no memory. */
char *rd_template_expand(const char *text, const rd_template_values *values, unsigned length_class);
unsigned rd_length_class(size_t n_bytes);

#endif
