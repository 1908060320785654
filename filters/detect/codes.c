/* SPDX-License-Identifier: MIT */
#include "filters/detect/codes.h"

#include <string.h>

#include "filters/detect/text.h"

/* Shapes from 1 on: the bytes of each, as fine as the windows need. */
/* clang-format off */
static const char *const shapes[] = {
    "", " ", ".", ":", "=", "\"'`", ">%)&\\](", "+", "123456789", "abcdef", "ghijklmnopqrstuvwxyz_",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0", "@", "-", "!#$*,/;<?[^{|}~",
};

/* Letters from 1 on: those that windows are made of stand alone, the rarer ones share. */
static const char *const letters[] = {
    "", "e", "a", "t", "r", "y", "o", "i", "n", "s", "cm", "dhq", "lg", "pk", "uvx", "bfwjz",
};

/* Wide codes from 2 on; the capitals that windows know least share. What is in none has the code 0. */
static const char *const wide[] = {
    "", "", "\t", "\n\r", " ", "\"", "'`", ".", ":", "=", "@", "-", "+", "/", "_", "%", ">)&\\](", "#$<?[{",
    "0", "1", "23456789",
    "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t", "u",
    "v", "w", "x", "y", "z",
    "A", "B", "C", "D", "E", "FGH", "I", "K", "L", "M", "N", "O", "PQ", "R", "S", "T", "JUVWXYZ",
};
/* clang-format on */

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

_Static_assert(COUNT(shapes) == RD_CODES && COUNT(letters) == RD_CODES && COUNT(wide) == RD_WIDE_CODES,
               "as many as a shuffle takes");

static unsigned listed_code(const char *const *list, unsigned n, uint8_t c)
{
    for (unsigned k = 1; c != 0 && k < n; k++) {
        if (strchr(list[k], c) != NULL)
            return k;
    }
    return 0;
}

unsigned rd_shape_of(uint8_t c)
{
    return c < ' ' || c > '~' ? 0 : listed_code(shapes, RD_CODES, c);
}

unsigned rd_letter_of(uint8_t c)
{
    return rd_is(c, RD_C_ALPHA) ? listed_code(letters, RD_CODES, rd_lower(c)) : 0;
}

unsigned rd_wide_of(uint8_t c)
{
    return c >= 0x80 ? RD_WIDE_UTF8 : listed_code(wide, RD_WIDE_CODES, c);
}
