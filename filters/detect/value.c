/* SPDX-License-Identifier: MIT */
/*
 * Where a value ends: quoted ones at the same quote with the same number of backslashes, HTML and
 * percent-encoded quotes included; others at white space, or at a separator that ends a field here (`,`
 * before `key=`, `)` before a space) and is not just part of the value.
 */
#include "filters/detect/value.h"

#include "filters/detect/wrapper.h"

enum { MAX_VALUE = 1 << 14, MAX_GAP = 16, MAX_NEXT_KEY = 40, MAX_BRACKETED = 64 };

static bool is_quote(uint8_t c)
{
    return c == '"' || c == '\'' || c == '`';
}

/* An opening quote at `i`: its mark and its spelling. */
typedef struct quote {
    uint32_t end;       /* one past the quote */
    uint32_t n_slashes; /* backslashes before it */
    uint8_t mark;       /* 0: none */
    const char *entity; /* "&quot;", "%22", ... instead of a mark */
} quote;

static quote quote_at(const rd_view *v, uint32_t i)
{
    static const char *const entities[] = {"&quot;", "%22", "&#34;", "%27", "&apos;", "\\u0022"};
    quote q = {.end = i};
    uint8_t c = rd_at(v, i);
    bool entity = c == '&' || c == '%' || c == '\\';
    for (unsigned e = 0; entity && e < sizeof entities / sizeof entities[0]; e++) {
        if ((uint8_t)entities[e][0] == c && rd_spells(v, i, entities[e])) {
            q.entity = entities[e];
            for (q.end = i; *entities[e] != 0 && q.end - i < 6 && entities[e][q.end - i] != 0; q.end++)
                continue;
            return q;
        }
    }
    while (rd_at(v, i) == '\\' && q.n_slashes < 16) {
        i++;
        q.n_slashes++;
    }
    if (is_quote(rd_at(v, i))) {
        q.mark = rd_at(v, i);
        q.end = i + 1;
    }
    return q;
}

/* End of a quoted value that starts behind q; an unclosed quote ends at the line's end. */
static uint32_t quoted_end(const rd_view *v, const quote *q, uint32_t max)
{
    uint32_t i = q->end, limit = i + max;
    for (uint32_t slashes = 0; i < limit; i++) {
        uint32_t stop = rd_skip_to(v, i, limit, RD_C_STOP);
        slashes = stop > i ? 0 : slashes;
        i = stop;
        if (i == limit)
            return i;
        uint8_t c = rd_at(v, i);
        if (c == 0 ||
            (q->entity != NULL && (c == (uint8_t)q->entity[0] ? rd_spells(v, i, q->entity) : c == '"')))
            return i;
        if (c == '\'' && q->mark == c && rd_at(v, i + 1) == c && rd_is(rd_at(v, i - 1), RD_C_WORD) &&
            rd_is(rd_at(v, i + 2), RD_C_WORD)) {
            i++; /* 'O''Sullivan' in SQL */
            continue;
        }
        if (q->mark != 0 && c == q->mark && slashes <= q->n_slashes && (slashes % 2 == q->n_slashes % 2))
            return i - slashes;
        slashes = c == '\\' ? slashes + 1 : 0;
        if (c == '\n' && rd_at(v, i - 1) != ',' && q->mark == '\'')
            return i;
    }
    return i;
}

/* Is the separator at `i` the end of the field, judging by what follows? */
static bool ends_field(const rd_view *v, uint32_t i)
{
    uint8_t c = rd_at(v, i), next = rd_at(v, i + 1);
    if (next <= ' ' || is_quote(next) || next == '\\')
        return true;
    bool closing = c == ')' || c == ']' || c == '}' || c == '\'';
    if (closing)
        return next == ',' || next == ';' || next == ')' || next == ']' || next == '}' || next == '.' ||
               next == ':' || next == '&' || next == '>' || next == '|';
    uint32_t k = i + 1;
    while (k - i < MAX_NEXT_KEY &&
           (rd_at(v, k) == '[' || rd_at(v, k) == ']' || rd_is(rd_at(v, k), RD_C_WORD) || rd_at(v, k) == '_' ||
            rd_at(v, k) == '.' || rd_at(v, k) == '-'))
        k++;
    return k > i + 1 && (rd_at(v, k) == '=' || rd_at(v, k) == ':');
}

static uint32_t unquoted_end(const rd_view *v, uint32_t from, uint32_t max)
{
    uint32_t i = from;
    for (; i < from + max; i++) {
        i = rd_skip_to(v, i, from + max, RD_C_STOP);
        if (i == from + max)
            return i;
        uint8_t c = rd_at(v, i), next = rd_at(v, i + 1);
        if (c <= ' ' || c == '"' || c == '`' || c == '<' || (c == '>' && next != '='))
            break;
        if (c == '\\' && (next == 'n' || next == 'r' || next == 't' || next == '"'))
            return i - (i > from + 1 && rd_at(v, i - 1) == '['); /* [\r][\n] of wire logs */
        if ((c == ',' || c == ';' || c == '&' || c == ')' || c == ']' || c == '}' || c == '\'' || c == '|') &&
            ends_field(v, i))
            break;
        if ((c == ',' || c == ';' || c == '|') && rd_is_mask(v, from, i))
            break;
        if (c == '%' && (rd_spells(v, i, "%26") || rd_spells(v, i, "%22") || rd_spells(v, i, "%0A") ||
                         rd_spells(v, i, "%2C")))
            break;
    }
    return i;
}

static uint32_t skip_gap(const rd_view *v, uint32_t i)
{
    uint32_t n = 0;
    while (n < MAX_GAP && (rd_at(v, i) == ' ' || rd_at(v, i) == '\t')) {
        i++;
        n++;
    }
    return i;
}

/* `key= other=value`: the value is empty. */
static bool next_pair(const rd_view *v, uint32_t i)
{
    uint32_t from = i;
    while (i - from < MAX_NEXT_KEY &&
           (rd_is(rd_at(v, i), RD_C_WORD) || rd_at(v, i) == '_' || rd_at(v, i) == '.'))
        i++;
    return i > from && rd_at(v, i) == '=' && rd_at(v, i + 1) != '=' && rd_at(v, i + 1) > ' ';
}

/* key=[value]: where the bracket at `i` closes, 0 when what it holds is a structure. */
static uint32_t bracketed_end(const rd_view *v, uint32_t i)
{
    uint32_t end = i + 1;
    for (; end - i < MAX_BRACKETED; end++) {
        uint8_t c = rd_at(v, end);
        if (c < ' ' || c == '=' || c == ':' || c == ',' || c == '{' || c == '[' || c == '"' || c == '\'')
            return 0;
        if (c == ']')
            return end > i + 1 ? end : 0;
    }
    return 0;
}

/* (415) of a telephone number: no structure, though in brackets. */
static bool is_area_code(const rd_view *v, uint32_t i)
{
    return rd_skip(v, i + 1, i + 5, RD_C_DIGIT) == i + 4 && rd_at(v, i + 4) == ')';
}

uint32_t rd_value_max(rd_key_class cls)
{
    return cls >= RD_KEY_NAME ? 96 : MAX_VALUE;
}

/* Over the end of the line behind the arrow of PHP's var_dump: `["key"]=>` and the value on the next one. */
static uint32_t on_next_line(const rd_view *v, uint32_t arrow, uint32_t i)
{
    bool escaped = rd_at(v, i) == '\\' && rd_at(v, i + 1) == 'n';
    if ((rd_at(v, i) != '\n' && !escaped) || rd_at(v, arrow - 1) != '>')
        return i;
    uint32_t from = rd_skip(v, i + 1 + escaped, i + 1 + MAX_NEXT_KEY, RD_C_SPACE);
    return rd_spells(v, from, "string(") ? from : i;
}

/* DATE '2000-01-31' of SQL: at the quote. */
static uint32_t behind_type(const rd_view *v, uint32_t i, uint8_t first)
{
    if (rd_lower(first) == 'd' && rd_spells_nocase(v, i, "date '"))
        return i + 5;
    return rd_lower(first) == 't' && rd_spells_nocase(v, i, "timestamp '") ? i + 10 : i;
}

bool rd_value_has_type(const rd_view *v, uint32_t i)
{
    return rd_wrapper_inside(v, i) != i || behind_type(v, i, rd_at(v, i)) != i;
}

/* <b>Name:</b> x, **Name:** x: behind what ends there. */
static uint32_t behind_mark_up(const rd_view *v, uint32_t i)
{
    if (rd_spells(v, i, "**"))
        return rd_at(v, i + 2) == ' ' ? i + 2 : i;
    if (rd_at(v, i) != '<' || rd_at(v, i + 1) != '/')
        return i;
    uint32_t end = rd_skip(v, i + 2, i + 2 + MAX_GAP, RD_C_ALNUM);
    return rd_at(v, end) == '>' ? end + 1 : i;
}

bool rd_value_read(const rd_view *v, uint32_t i, uint32_t max, rd_value *out)
{
    uint32_t from = on_next_line(v, i, skip_gap(v, behind_mark_up(v, i)));
    *out = (rd_value){.prose = from > i};
    from = rd_wrapper_inside(v, from);
    from = behind_type(v, from, rd_at(v, from));
    if (rd_wrapper_of_line(v, from, max, &out->from, &out->to)) {
        *out = (rd_value){.from = out->from, .to = out->to, .quoted = true};
        return true;
    }
    uint8_t c = rd_at(v, from), next = rd_at(v, from + 1);
    if ((c == '[' || c == '(') && (is_quote(next) || next == '\\'))
        from++; /* ["x"] */
    else if ((c == 'b' || c == 'r' || c == 'u' || c == '@' || c == 'N') && is_quote(next))
        from++; /* b'x' */
    else if (c == '[' && bracketed_end(v, from) != 0) {
        *out = (rd_value){.from = from + 1, .to = bracketed_end(v, from), .quoted = true};
        return true;
    } else if (c == '{' || c == '[' || (c == '(' && !is_area_code(v, from)))
        return false; /* a structure: its own keys are asked */
    quote q = quote_at(v, from);
    if (q.mark != 0 || q.entity != NULL) {
        out->from = q.end;
        out->to = quoted_end(v, &q, max);
        out->quoted = true;
        out->prose = false;
    } else {
        if (from > i && rd_at(v, i - 1) == '=' && rd_at(v, i - 2) != ' ' && next_pair(v, from))
            return false;
        out->from = from;
        out->to = unquoted_end(v, from, max);
    }
    return out->to > out->from;
}

rd_value rd_value_until(const rd_view *v, uint32_t i, uint8_t stop)
{
    rd_value value = {.from = rd_skip(v, i, i + MAX_GAP * 4, RD_C_SPACE), .quoted = true};
    uint32_t k = value.from;
    value.to = k;
    for (; k < value.from + MAX_VALUE && rd_at(v, k) != stop && rd_at(v, k) != 0; k++) {
        if (!rd_is(rd_at(v, k), RD_C_SPACE))
            value.to = k + 1;
    }
    if (rd_at(v, k) != stop)
        value.to = value.from;
    return value;
}
