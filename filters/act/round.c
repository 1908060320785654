/* SPDX-License-Identifier: MIT */
#include "filters/act/round.h"

#include <string.h>

enum { MAX_DIGITS = 64 };

/* A number: text[from, to), its point at `point` (`to`: none). */
typedef struct number {
    size_t from, point, to;
} number;

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* The number that starts at `at`, without sign. False: none does, or it is too long. */
static bool read(rd_slice s, size_t at, number *out)
{
    size_t i = at;
    while (i < s.n && is_digit(s.p[i]))
        i++;
    if (i == at)
        return false;
    *out = (number){.from = at, .point = i};
    if (i + 1 < s.n && s.p[i] == '.' && is_digit(s.p[i + 1]))
        for (i++; i < s.n && is_digit(s.p[i]); i++) {
        }
    out->to = i;
    if (out->point == out->to)
        out->point = i;
    return out->to - out->from <= MAX_DIGITS;
}

/* Adds one to the number that the digits before `n` are; a carry out of the first makes it longer. */
static void add_one(char *digits, size_t n, rd_buf *out)
{
    size_t i = n;
    while (i > 0 && digits[i - 1] == '9')
        digits[--i] = '0';
    if (i > 0)
        digits[i - 1]++;
    else
        rd_buf_append_byte(out, '1');
}

static void put_rounded(rd_slice s, const number *v, int keep, rd_buf *out)
{
    char digits[MAX_DIGITS + 1];
    size_t whole = v->point - v->from, n = whole;
    memcpy(digits, s.p + v->from, whole);
    if (v->point < v->to) {
        memcpy(digits + whole, s.p + v->point + 1, v->to - v->point - 1);
        n += v->to - v->point - 1;
    }
    int64_t stay = (int64_t)whole + keep; /* digits that stay */
    size_t kept = stay < 0 ? 0 : (size_t)stay > n ? n : (size_t)stay;
    bool up = stay >= 0 && kept < n && digits[kept] >= '5';
    if (kept < whole)
        memset(digits + kept, '0', whole - kept);
    if (up && kept == 0 && whole > 0) {
        rd_buf_append_byte(out, '1'); /* 7 to the next ten is 10 */
    } else if (up) {
        char head[MAX_DIGITS];
        memcpy(head, digits, kept);
        add_one(head, kept, out);
        memcpy(digits, head, kept);
    }
    size_t first = 0; /* of several zeros of an integer part one is enough */
    while (!up && kept == 0 && first + 1 < whole)
        first++;
    rd_buf_append(out, digits + first, whole - first);
    if (kept > whole) {
        rd_buf_append_byte(out, '.');
        rd_buf_append(out, digits + whole, kept - whole);
    }
}

/* The E of an exponent is no east. */
static bool may_stand_between(rd_slice s, size_t i)
{
    uint8_t c = s.p[i];
    if (c == 'E' && i > 0 && is_digit(s.p[i - 1]) && i + 1 < s.n &&
        (is_digit(s.p[i + 1]) || s.p[i + 1] == '+' || s.p[i + 1] == '-'))
        return false;
    return c != 0 && strchr(" \t,;:/()[]NSEW+-", c) != NULL;
}

bool rd_round(rd_slice s, int digits, rd_buf *out)
{
    size_t before = out->n;
    unsigned n_numbers = 0;
    for (size_t i = 0; i < s.n;) {
        number v;
        if (read(s, i, &v)) {
            put_rounded(s, &v, digits, out);
            n_numbers++;
            i = v.to;
        } else if (may_stand_between(s, i)) {
            rd_buf_append_byte(out, s.p[i++]);
        } else {
            n_numbers = 0;
            break;
        }
    }
    if (n_numbers == 0)
        out->n = before;
    return n_numbers > 0;
}
