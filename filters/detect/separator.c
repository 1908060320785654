/* SPDX-License-Identifier: MIT */
#include "filters/detect/separator.h"

enum {
    MAX_KEY_GAP = 4,
    MAX_SUFFIX = 4,
    MAX_CLOSERS = 8,
    MAX_INDEX = 34,
    MAX_NAME = 160 /* before the bracket that closes behind it */
};

bool rd_separator_bracket_opens(const rd_view *v, uint32_t end)
{
    uint32_t i = end;
    while (end - i < MAX_NAME && (rd_is(rd_at(v, i - 1), RD_C_WORD | RD_C_RUN) || rd_at(v, i - 1) == '.'))
        i--;
    return rd_at(v, i - 1) == '[';
}

/* Where the index that ends before `end` opens, `end` when there is none: key[0], key["x"], key[]. */
static uint32_t before_index(const rd_view *v, uint32_t end)
{
    uint32_t i = end - 1;
    if (rd_at(v, i) != ']')
        return end;
    uint8_t quote = rd_at(v, i - 1);
    bool quoted = quote == '"' || quote == '\'';
    i -= quoted;
    while (end - i < MAX_INDEX && rd_is(rd_at(v, i - 1), quoted ? RD_C_RUN : RD_C_DIGIT))
        i--;
    i -= quoted && rd_at(v, i - 1) == quote;
    return rd_at(v, i - 1) == '[' ? i - 1 : end;
}

/* One past the index that opens at `i`, `i` when there is none. */
static uint32_t behind_index(const rd_view *v, uint32_t i)
{
    if (rd_at(v, i) != '[')
        return i;
    uint32_t end = i + 1;
    while (end - i < MAX_INDEX && rd_at(v, end) > ' ' && rd_at(v, end) != ']')
        end++;
    return before_index(v, end + 1) == i ? end + 1 : i;
}

uint32_t rd_separator_start(const rd_view *v, uint32_t i)
{
    for (uint32_t n = 0; n < MAX_SUFFIX && (rd_is(rd_at(v, i), RD_C_DIGIT) || rd_at(v, i) == '_'); n++)
        i++;
    for (uint32_t n = 0; n < MAX_CLOSERS; n++) {
        uint8_t c = rd_at(v, i);
        if (c == '"' || c == '\'' || c == '`' || c == '\\' || c == ']' || c == ')')
            i++;
        else if (c == '%' && (rd_spells(v, i, "%22") || rd_spells(v, i, "%27")))
            i += 3;
        else if (c == '&' && rd_spells(v, i, "&quot;"))
            i += 6;
        else
            break;
    }
    i = behind_index(v, i);
    for (uint32_t n = 0; n < RD_MAX_ALIGNED && (rd_at(v, i) == ' ' || rd_at(v, i) == '\t'); n++)
        i++;
    return i;
}

uint32_t rd_separator_end(const rd_view *v, uint32_t i)
{
    bool found = false;
    if (rd_spells(v, i, RD_FULL_WIDTH_COLON))
        return i + 3;
    if (rd_at(v, i) == '%' && rd_at(v, i + 1) == '3') {
        uint8_t c = rd_lower(rd_at(v, i + 2));
        return c == 'd' || c == 'a' ? i + 3 : 0;
    }
    if ((rd_at(v, i) == '.' || rd_at(v, i) == '+' || rd_at(v, i) == '?') && rd_at(v, i + 1) == '=')
        i++;
    uint32_t from = i;
    for (; i < from + MAX_KEY_GAP; i++) {
        uint8_t c = rd_at(v, i);
        if (c != '=' && c != ':' && !(c == '>' && found))
            break;
        found = true;
    }
    bool comparison = i - from == 2 && rd_at(v, from) == '=' && rd_at(v, from + 1) == '=';
    return found && !comparison ? i : 0;
}

uint32_t rd_separator_key_end_of_any(const rd_view *v, uint32_t at)
{
    uint8_t c = rd_at(v, at + 2);
    if (rd_spells(v, at, RD_FULL_WIDTH_COLON))
        return at;
    if (rd_at(v, at) == ']' && rd_at(v, at + 1) == '=')
        return before_index(v, at + 1);
    bool two_letters = c == '=' || c == ':' || c == '"';
    if (rd_is(rd_at(v, at + 1), RD_C_DIGIT) || (two_letters && rd_at(v, at + 1) != ' '))
        return at + 2; /* behind a digit, or a key of two letters */
    uint32_t i = at + 1;
    bool column =
        (rd_at(v, at) == ' ' || rd_at(v, at) == '\t') && rd_at(v, i) == ' ' && (c == '=' || c == ':');
    for (uint32_t n = 0; column && n < RD_MAX_ALIGNED && (rd_at(v, i - 1) == ' ' || rd_at(v, i - 1) == '\t');
         n++)
        i--;
    if (!column && (rd_at(v, at + 1) != ' ' ||
                    (c != '=' && c != ':' && c != '-' && c != '|' && c != (uint8_t)RD_ARROW[0])))
        return at + 3;
    if (before_index(v, i) < i)
        return before_index(v, i);
    for (uint32_t n = 0; n < 2 && (rd_at(v, i - 1) == ']' || rd_at(v, i - 1) == ')'); n++)
        i--;
    if (rd_at(v, i - 1) == '"' || rd_at(v, i - 1) == '\'' || rd_at(v, i - 1) == '`') {
        i--;
        while (rd_at(v, i - 1) == '\\')
            i--;
    }
    return i;
}
