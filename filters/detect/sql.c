/* SPDX-License-Identifier: MIT */
/*
 * SELECT 'value' AS name: the alias is the key.
 * INSERT INTO t (name, phone, ...) VALUES ('...', '...', ...), (...): the columns are the keys of the values.
 * Key (name, phone)=(..., ...) already exists.
 * The same and WHERE name = $1, and behind the statement what was bound:
 *    parameters: $1 = '...', $2 = '...'      [parameters: ('...', '...')]      -- PARAMETERS: ["...","..."]
 */
#include "filters/detect/sql.h"

#include "filters/detect/value.h"

#include <string.h>

enum {
    MAX_STATEMENT = 1024,
    MAX_COLUMNS = 48,
    MAX_LIST = 1024,
    MAX_TUPLES = 4096,
    MAX_GAP = 64,
    MAX_VALUE = 128
};

typedef struct columns {
    rd_key_class cls[MAX_COLUMNS];
    uint32_t n;
    bool any;       /* some column is of interest */
    uint32_t limit; /* of values: what is read of them ends here at the latest */
} columns;

/* Reads the list in brackets that ends before `i`. */
static bool read_columns(const rd_find *f, uint32_t i, columns *out)
{
    const rd_view *v = &f->v;
    *out = (columns){.limit = UINT32_MAX};
    while (rd_is(rd_at(v, i - 1), RD_C_SPACE))
        i--;
    if (rd_at(v, i - 1) != ')')
        return false;
    uint32_t close = i - 1, open = close;
    while (close - open < MAX_LIST && rd_at(v, open - 1) != '(' && rd_at(v, open - 1) != 0)
        open--;
    if (rd_at(v, open - 1) != '(')
        return false;
    for (uint32_t k = open; k <= close && out->n < MAX_COLUMNS; k++) {
        uint8_t c = rd_at(v, k);
        if (c != ',' && k != close)
            continue;
        uint32_t end = k;
        while (end > open && !rd_is(rd_at(v, end - 1), RD_C_WORD))
            end--;
        out->cls[out->n] = rd_key_class_of(f->keys, v, end);
        out->any |= out->cls[out->n++] != RD_KEY_NONE;
    }
    return out->any;
}

static uint32_t skip_space(const rd_view *v, uint32_t i)
{
    for (uint32_t n = 0; n < MAX_GAP && rd_is(rd_at(v, i), RD_C_SPACE); n++)
        i++;
    return i;
}

/* The value at `i`; its end goes to *out_end, which is `limit` if it goes on there. */
static rd_value read_value(const rd_view *v, uint32_t i, uint32_t limit, uint32_t *out_end)
{
    i += rd_at(v, i) == 'N' && rd_at(v, i + 1) == '\''; /* N'value' of T-SQL */
    rd_value x = {.from = i, .to = i, .quoted = true};
    uint32_t slashes = 0;
    while (rd_at(v, i + slashes) == '\\' && slashes < 8)
        slashes++;
    uint8_t quote = rd_at(v, i + slashes);
    if (quote != '\'' && quote != '"') {
        while (x.to < limit && rd_at(v, x.to) != 0 && rd_at(v, x.to) != ',' && rd_at(v, x.to) != ')' &&
               rd_at(v, x.to) != ']')
            x.to++;
        *out_end = x.to;
        return x;
    }
    x.from = x.to = i + slashes + 1;
    for (;; x.to++) {
        uint8_t c = rd_at(v, x.to), next = rd_at(v, x.to + 1);
        if (c == 0 || x.to >= limit)
            break;
        if (c == quote && next == quote)
            x.to++; /* doubled: part of the value */
        else if (c == quote &&
                 (next == ',' || next == ')' || next == ']' || next == ' ' || next == ';' || next == 0))
            break;
    }
    *out_end = x.to + 1;
    while (x.to > x.from && slashes > 0 && rd_at(v, x.to - 1) == '\\')
        x.to--;
    return x;
}

/* One tuple, whose bracket is at `i`. Returns its end. */
static uint32_t read_tuple(rd_find *f, uint32_t i, const columns *cols)
{
    const rd_view *v = &f->v;
    i++;
    for (uint32_t n = 0;; n++) {
        uint32_t end;
        rd_value x = read_value(v, skip_space(v, i), cols->limit, &end);
        if (n < cols->n && x.from < x.to)
            rd_value_judge(f, cols->cls[n], x);
        i = skip_space(v, end);
        if (rd_at(v, i) != ',' || i >= cols->limit)
            return rd_at(v, i) == ')' || rd_at(v, i) == ']' ? i + 1 : i;
        i++;
    }
}

/* Where the bound values of the statement at `i` are listed, 0: nowhere near. */
static uint32_t bound_values(const rd_view *v, uint32_t i)
{
    static const char *const words[] = {"arameters: ", "arams: ", "indings: ", "args: "};
    for (uint32_t limit = i + MAX_STATEMENT; i < limit && rd_at(v, i) != 0; i++) {
        uint8_t c = rd_lower(rd_at(v, i));
        for (unsigned w = 0; (c == 'a' || c == 'i') && w < sizeof words / sizeof words[0]; w++) {
            uint32_t n = (uint32_t)strlen(words[w]);
            if (rd_spells_nocase(v, i, words[w]))
                return i + n;
        }
    }
    return 0;
}

/* $1 = 'value', $2 = NULL at `i` */
static void numbered_values(rd_find *f, uint32_t i, const columns *cols)
{
    const rd_view *v = &f->v;
    for (uint32_t n = 0; n < MAX_COLUMNS && i < cols->limit && rd_at(v, i) == '$'; n++) {
        uint32_t digits = rd_skip(v, i + 1, i + 3, RD_C_DIGIT), end;
        if (!rd_spells(v, digits, " = "))
            return;
        rd_value x = read_value(v, digits + 3, cols->limit, &end);
        if (n < cols->n && x.from < x.to)
            rd_value_judge(f, cols->cls[n], x);
        i = skip_space(v, end + (rd_at(v, end) == ','));
    }
}

/* The bound values at `i`, in their order. */
static void bound_list(rd_find *f, uint32_t i, const columns *cols)
{
    uint8_t c = rd_at(&f->v, i);
    if (c == '$')
        numbered_values(f, i, cols);
    else if (c == '(' || c == '[')
        (void)read_tuple(f, i, cols);
}

void rd_sql_parameter(rd_find *f, rd_key_class cls, uint32_t i)
{
    const rd_view *v = &f->v;
    uint32_t digits = rd_skip(v, i + 1, i + 3, RD_C_DIGIT), list = bound_values(v, digits), number = 0;
    for (uint32_t k = i + 1; k < digits; k++)
        number = number * 10 + (rd_at(v, k) - '0');
    if (list == 0 || number == 0 || number > MAX_COLUMNS)
        return;
    columns cols = {.n = number, .limit = list + MAX_LIST}; /* each parameter reads the list anew */
    cols.cls[number - 1] = cls;
    bound_list(f, list, &cols);
}

static bool is_placeholder(const rd_view *v, uint32_t i)
{
    uint8_t c = rd_at(v, i), next = rd_at(v, i + 1);
    return c == '?' || ((c == '$' || c == ':' || c == '@') && rd_is(next, RD_C_ALNUM)) ||
           (c == '%' && next == 's');
}

/* 'value' AS key: `at` is the closing quote. */
static void alias(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t key = at + 5, from = at, end = rd_skip(v, key, key + MAX_GAP, RD_C_RUN);
    rd_key_class cls = rd_key_class_of(f->keys, v, end);
    while (at - from < MAX_VALUE && rd_at(v, from - 1) >= ' ' && rd_at(v, from - 1) != '\'')
        from--;
    if (cls != RD_KEY_NONE && rd_at(v, from - 1) == '\'' && from < at)
        rd_value_judge(f, cls, (rd_value){.from = from, .to = at, .quoted = true});
}

static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    columns cols;
    if (rd_at(v, at) == '\'') {
        alias(f, at);
        return;
    }
    if (rd_at(v, at) == ')') {
        if (read_columns(f, at + 1, &cols) && !rd_spells(v, at - 5, "(name")) /* of a thing, if unique */
            f->resume = read_tuple(f, at + 2, &cols);
        return;
    }
    uint32_t i = skip_space(v, at + 6);
    if (!rd_spells_nocase(v, at, "values") || rd_at(v, i) != '(' || !read_columns(f, at, &cols))
        return;
    uint32_t list = is_placeholder(v, skip_space(v, i + 1)) ? bound_values(v, i) : 0;
    if (list != 0)
        bound_list(f, list, &cols);
    for (uint32_t n = 0; n < MAX_TUPLES && rd_at(v, i) == '('; n++) {
        i = skip_space(v, read_tuple(f, i, &cols));
        if (rd_at(v, i) == ',')
            i = skip_space(v, i + 1);
    }
    f->resume = i;
}

static const rd_window windows[] = {{"valu", true}, {"' as \\a", true}, {")=(", false}};

const rd_matcher rd_match_sql = {
    .yields = RD_BIT(PASSWORD) | RD_BIT(SECRET) | RD_BIT(PERSON_NAME) | RD_BIT(PHONE) |
              RD_BIT(DATE_OF_BIRTH) | RD_BIT(US_SSN) | RD_BIT(MAC) | RD_BIT(SESSION),
    RD_WINDOWS(windows),
    .confirm = confirm,
};
