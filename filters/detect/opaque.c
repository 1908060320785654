/* SPDX-License-Identifier: MIT */
#include "filters/detect/opaque.h"

enum { LOOK = 64 };

bool rd_word_in(const rd_view *v, uint32_t from, uint32_t to, const char *words)
{
    while (*words != 0) {
        uint32_t i = from;
        while (i < to && *words == (char)rd_lower(rd_at(v, i))) {
            words++;
            i++;
        }
        if (i == to && (*words == ' ' || *words == 0))
            return to > from;
        while (*words != ' ' && *words != 0)
            words++;
        words += *words == ' ';
    }
    return false;
}

/* Order of the lower-cased bytes [from, to) and `word`. */
static int compare(const rd_view *v, uint32_t from, uint32_t to, const char *word)
{
    for (; from < to; from++, word++) {
        int order = rd_lower(rd_at(v, from)) - (uint8_t)*word;
        if (order != 0)
            return order;
    }
    return *word == 0 ? 0 : -1;
}

bool rd_listed(const rd_view *v, uint32_t from, uint32_t to, const char *const *sorted, uint32_t n)
{
    uint32_t lo = 0, hi = n;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        int order = compare(v, from, to, sorted[mid]);
        if (order == 0)
            return true;
        if (order < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return false;
}

bool rd_monotonous(const rd_view *v, uint32_t from, uint32_t to)
{
    uint8_t first = 0;
    uint32_t limit = to - from < LOOK ? to : from + LOOK;
    for (uint32_t i = from; i < limit; i++) {
        uint8_t c = rd_at(v, i);
        if (c > 0xe2 || (c >= 0xc3 && c < 0xe2))
            return false; /* letters of other alphabets; bullets and the like begin with 0xe2 and 0xc2 */
        if (!rd_is(c, RD_C_ALNUM) && c != '*' && c != '#')
            continue;
        if (first != 0 && c != first)
            return false;
        first = c;
    }
    return true;
}

static uint32_t variable_end(const rd_view *v, uint32_t i, uint32_t to)
{
    while (i < to && (rd_is(rd_at(v, i), RD_C_UPPER | RD_C_DIGIT) || rd_at(v, i) == '_'))
        i++;
    return i;
}

/* $NAME, ${...}, $(...), {{...}}, %(name)s, %s, #{...}, <...>, [...], (...) with a closing mark at the end.
 */
static bool is_template(const rd_view *v, uint32_t from, uint32_t to)
{
    uint8_t a = rd_at(v, from), b = rd_at(v, from + 1), z = rd_at(v, to - 1);
    if (a == '$')
        return b == '{' || b == '(' || variable_end(v, from + 1, to) == to;
    if (a == '{' || a == '#')
        return b == '{';
    if (a == '%')
        return b == '(' || (b == 's' && to - from == 2);
    if (a == '<')
        return z == '>' && (rd_is(b, RD_C_ALPHA) || b == '%');
    return a == '[' ? z == ']' && rd_is(b, RD_C_ALPHA) && to - from < LOOK : a == '(' && z == ')';
}

static bool holds_stars(const rd_view *v, uint32_t from, uint32_t to)
{
    uint32_t limit = to - from < LOOK ? to : from + LOOK, n = 0;
    for (uint32_t i = from; i < limit && n < 3; i++)
        n = rd_at(v, i) == '*' ? n + 1 : 0;
    return n == 3;
}

bool rd_placeholder(const rd_view *v, uint32_t from, uint32_t to)
{
    static const char *const words[] = {"disabled", "empty",    "enabled", "false",     "filtered", "hidden",
                                        "masked",   "missing",  "n/a",     "na",        "nan",      "nil",
                                        "no",       "none",     "null",    "optional",  "redacted", "removed",
                                        "required", "scrubbed", "true",    "undefined", "unset",    "yes"};
    if (from >= to || rd_monotonous(v, from, to))
        return true;
    if (holds_stars(v, from, to))
        return true; /* what a mask left, ours or another's */
    return is_template(v, from, to) || (to - from <= 12 && RD_LISTED(v, from, to, words));
}

bool rd_says_nothing(const rd_view *v, uint32_t from, uint32_t to)
{
    uint8_t a = rd_at(v, from);
    bool mark = a == '$' || a == '{' || a == '#' || a == '%' || a == '<';
    return (mark && is_template(v, from, to)) ||
           rd_word_in(v, from, to,
                      "null true false undefined none nil nan unknown disabled missing empty redacted masked "
                      "hidden filtered !vault");
}

bool rd_opaque(const rd_view *v, uint32_t from, uint32_t to, uint32_t min)
{
    if (to - from < min || rd_placeholder(v, from, to))
        return false;
    uint32_t limit = to - from < LOOK ? to : from + LOOK, n_digits = 0, n_upper = 0, n_lower = 0, n_other = 0;
    for (uint32_t i = from; i < limit; i++) {
        uint8_t c = rd_at(v, i);
        if (c <= ' ' || c == '(')
            return false; /* prose or code */
        n_digits += rd_is(c, RD_C_DIGIT);
        n_upper += rd_is(c, RD_C_UPPER);
        n_lower += rd_is(c, RD_C_LOWER);
        n_other += !rd_is(c, RD_C_ALNUM) && c != '_' && c != '.' && c != '-';
    }
    if (n_digits > 0)
        return n_upper + n_lower + n_other > 0 || to - from >= 6;
    return to - from >= 16 && ((n_upper > 2 && n_lower > 2) || n_other > 0 || to - from >= 24);
}
