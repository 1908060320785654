/* SPDX-License-Identifier: MIT */
#include "filters/detect/wrapper.h"

enum { MAX_LENGTH = 8, MAX_BARE = 64, MAX_DEPTH = 8, MAX_STUCK = 8 };

/* string(8) "x": at the quote. */
static uint32_t behind_length(const rd_view *v, uint32_t i)
{
    uint32_t end = rd_skip(v, i + 7, i + 7 + MAX_LENGTH, RD_C_DIGIT);
    return rd_spells(v, end, ") \"") || rd_spells(v, end, ") \\\"") ? end + 2 : i;
}

/* (string) (len=5) "value": at the quote. */
static uint32_t behind_cast(const rd_view *v, uint32_t i)
{
    if (!rd_spells(v, i, "(string)"))
        return i;
    uint32_t end = i + 8 + (rd_at(v, i + 8) == ' ');
    if (rd_spells(v, end, "(len=")) {
        end = rd_skip(v, end + 5, end + 5 + MAX_LENGTH, RD_C_DIGIT);
        end += rd_spells(v, end, ") ") ? 2 : 0;
    }
    return rd_at(v, end) == '"' ? end : i;
}

static bool ends_line(const rd_view *v, uint32_t i)
{
    uint8_t c = rd_at(v, i), next = rd_at(v, i + 1);
    return c == 0 || c == '\n' || c == '\r' || (c == '\\' && (next == 'n' || next == 'r'));
}

/* Is the value over at `i`, behind the bracket around it? What is stuck to the bracket may be a part of it.
 */
static bool nothing_stuck(const rd_view *v, uint32_t i)
{
    while (rd_at(v, i) == ')' || rd_at(v, i) == ']' || rd_at(v, i) == '}' || rd_at(v, i) == '\'')
        i++;
    i += rd_at(v, i) == ',' || rd_at(v, i) == ';' || rd_at(v, i) == '.';
    uint8_t c = rd_at(v, i);
    return c <= ' ' || c == '"' || c == '<' || (c == '\\' && rd_at(v, i + 1) == '"') || ends_line(v, i);
}

/* Optional("value") and Optional[value], `i` behind the name: at the bracket; behind it for Optional(42), so
 * that this is no type such as varchar(42), and what a mask leaves of that. `start` when it holds anything
 * else than a quote or words up to a bracket that ends it all. */
static uint32_t behind_optional(const rd_view *v, uint32_t start, uint32_t i)
{
    uint8_t first = rd_at(v, i + 1);
    if (first == '"' || first == '\'' || first == '\\')
        return i;
    if (rd_at(v, i) == '(')
        return rd_is(first, RD_C_DIGIT) || first == '*' ? i + 1 : start;
    uint32_t end = i + 1;
    while (end - i < MAX_BARE && (rd_is(rd_at(v, end), RD_C_RUN | RD_C_UTF8 | RD_C_TOKEN) ||
                                  rd_at(v, end) == '*' || rd_at(v, end) == ' '))
        end++;
    bool bare = end > i + 1 && rd_at(v, end) == ']' && nothing_stuck(v, end + 1);
    return bare ? i : start;
}

uint32_t rd_wrapper_inside(const rd_view *v, uint32_t i)
{
    switch (rd_at(v, i)) {
    case 's':
        return rd_spells(v, i, "string(") ? behind_length(v, i) : i;
    case 'S':
        return rd_spells(v, i, "Some(") ? i + 5 : rd_spells(v, i, "Slice(") ? i + 6 : i;
    case '(':
        return behind_cast(v, i);
    case 'O':
        return rd_spells(v, i, "Optional(") || rd_spells(v, i, "Optional[") ? behind_optional(v, i, i + 8)
                                                                            : i;
    default:
        return i;
    }
}

/* Behind the opening bracket, `i` when it is none of the types of OpenTelemetry. */
static uint32_t behind_type(const rd_view *v, uint32_t i)
{
    switch (rd_at(v, i)) {
    case 'S':
        return rd_spells(v, i, "Str(") ? i + 4 : rd_spells(v, i, "Slice(") ? i + 6 : i;
    case 'I':
        return rd_spells(v, i, "Int(") ? i + 4 : i;
    case 'D':
        return rd_spells(v, i, "Double(") ? i + 7 : i;
    default:
        return i;
    }
}

bool rd_wrapper_of_line(const rd_view *v, uint32_t i, uint32_t max, uint32_t *out_from, uint32_t *out_to)
{
    uint32_t from = behind_type(v, i), close = 0, depth = 1, end = from, n_stuck = 0;
    if (from == i)
        return false;
    for (; end - from <= max && !ends_line(v, end) && depth < MAX_DEPTH && n_stuck < MAX_STUCK; end++) {
        uint8_t c = rd_at(v, end), next = rd_at(v, end + 1);
        if (depth == 0 && c == '(')
            break; /* the next field on the line */
        depth += c == '(';
        close = c == ')' && depth > 0 ? end : close;
        n_stuck += c == ')' && next > ' ';
        /* One that does not end a word is part of a text whose brackets are no pairs. */
        depth -= c == ')' && (depth > 1 || (depth == 1 && (next <= ' ' || next == '\\' || next == ',')));
    }
    if (ends_line(v, end) && rd_at(v, end - 1) == ')')
        close = end - 1;
    if (close <= from || !nothing_stuck(v, close + 1))
        return false;
    bool list = rd_spells(v, from, "[\"") && rd_spells(v, close - 2, "\"]");
    *out_from = from + (list ? 2 : 0);
    *out_to = close - (list ? 2 : 0);
    return *out_from < *out_to;
}
