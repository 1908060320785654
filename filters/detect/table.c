/* SPDX-License-Identifier: MIT */
/*
 * Rows under a head line in one text: CSV (RFC 4180), with semicolons, tabs, or bars as clients of databases
 * and Markdown draw them, or aligned by two blanks and more. The names of the columns are the keys of the
 * values.
 *
 *    id,name,phone            name | phone
 *    4,"Kim, Anna",0171 ...   -----+------
 *                             Anna | 0171 ...
 *
 * The candidate is the end of a line. It is a head if all its fields are written like names of columns, some
 * is one that we know, and nothing has the look of a sentence.
 */
#include "filters/detect/value.h"

enum { MAX_COLUMNS = 48, MAX_HEAD = 1024, MAX_COLUMN_NAME = 40, MAX_WORDS = 3, ALIGNED = ' ' };

typedef struct line {
    rd_value field[MAX_COLUMNS];
    uint32_t n;
    uint32_t end; /* the line feed, or the end of the text */
} line;

static bool is_quote(uint8_t c)
{
    return c == '"' || c == '\'' || c == '`';
}

static bool ends_line(uint8_t c)
{
    return c == '\n' || c == '\r' || c == 0;
}

static uint32_t skip_blanks(const rd_view *v, uint32_t i)
{
    while (rd_at(v, i) == ' ' || rd_at(v, i) == '\t')
        i++;
    return i;
}

/* Where the field at `i`, without quotes, ends. */
static uint32_t plain_end(const rd_view *v, uint32_t i, uint8_t delimiter)
{
    for (; !ends_line(rd_at(v, i)); i++) {
        if (rd_at(v, i) == delimiter && (delimiter != ALIGNED || rd_at(v, i + 1) == delimiter))
            return i;
    }
    return i;
}

/* Reads the field at `i`; returns where it ends, quotes included. A doubled quote is part of the value. */
static uint32_t read_field(const rd_view *v, uint32_t i, uint8_t delimiter, rd_value *out)
{
    i = delimiter == '\t' ? i : skip_blanks(v, i);
    uint8_t quote = rd_at(v, i);
    *out = (rd_value){.from = i, .to = i, .quoted = true};
    if (is_quote(quote) && delimiter != ALIGNED) {
        out->from = ++i;
        while (!ends_line(rd_at(v, i)) && (rd_at(v, i) != quote || rd_at(v, i + 1) == quote))
            i += rd_at(v, i) == quote ? 2 : 1;
        out->to = i;
        i += rd_at(v, i) == quote;
        return skip_blanks(v, i);
    }
    out->to = i = plain_end(v, i, delimiter);
    while (out->to > out->from && rd_at(v, out->to - 1) == ' ')
        out->to--;
    return delimiter != ALIGNED || !ends_line(rd_at(v, skip_blanks(v, i))) ? i : skip_blanks(v, i);
}

/* Reads the line at `i`; false: it has too many fields, or something between a quote and the delimiter. */
static bool read_line(const rd_view *v, uint32_t i, uint8_t delimiter, line *out)
{
    out->n = 0;
    i += delimiter == '|' && rd_at(v, i) == '|'; /* | a | b | */
    for (;; i++) {
        if (out->n == MAX_COLUMNS)
            return false;
        i = read_field(v, i, delimiter, &out->field[out->n++]);
        uint8_t c = rd_at(v, i);
        if (ends_line(c))
            break;
        if (c != delimiter)
            return false;
        if (delimiter == '|' && ends_line(rd_at(v, i + 1))) {
            i++;
            break;
        }
    }
    out->end = i;
    return true;
}

/* Is it written like the name of a column? */
static bool names_column(const rd_view *v, rd_value x)
{
    uint32_t words = 1;
    if (x.to - x.from > MAX_COLUMN_NAME || !rd_is(rd_at(v, x.from), RD_C_ALPHA | RD_C_UTF8))
        return x.to == x.from;
    for (uint32_t i = x.from; i < x.to; i++) {
        uint8_t c = rd_at(v, i);
        words += c == ' ';
        if (!rd_is(c, RD_C_WORD) && c != '_' && c != '-' && c != '.' && c != ' ' && c != '/')
            return false;
    }
    return words <= MAX_WORDS;
}

/* The classes of the columns; false: the line is no head, or of no interest. What stands before the first
 * name on its line does not count, but where all lines are in columns. */
static bool read_head(const rd_find *f, const line *l, uint8_t delimiter, rd_key_class *cls)
{
    const rd_view *v = &f->v;
    bool any = false;
    if (l->n < 2)
        return false;
    for (uint32_t k = 0; k < l->n; k++) {
        rd_value x = l->field[k];
        uint8_t before = rd_at(v, x.from - 1);
        bool sentence = k > 0 && before == ' ' && (delimiter == ',' || delimiter == ';');
        if ((k > 0 || delimiter == ALIGNED) && (sentence || !names_column(v, x)))
            return false;
        cls[k] = rd_key_class_of(f->keys, v, x.to);
        cls[k] = cls[k] == RD_KEY_VALUE ? RD_KEY_NONE : cls[k];
        any |= cls[k] != RD_KEY_NONE;
    }
    return any && rd_is(rd_at(v, l->field[0].to - 1), RD_C_WORD);
}

/* The line between head and rows that is only drawn. */
static bool is_rule(const rd_view *v, uint32_t i, uint32_t end)
{
    uint32_t from = i;
    while (i < end && (rd_at(v, i) == '-' || rd_at(v, i) == '+' || rd_at(v, i) == '|' || rd_at(v, i) == ' ' ||
                       rd_at(v, i) == ':' || rd_at(v, i) == '='))
        i++;
    return i == end && end - from >= 3;
}

static uint32_t line_end(const rd_view *v, uint32_t i)
{
    while (!ends_line(rd_at(v, i)))
        i++;
    return i;
}

static uint32_t next_line(const rd_view *v, uint32_t i)
{
    i += rd_at(v, i) == '\r';
    return i + (rd_at(v, i) == '\n');
}

/* The rows from `i` on, up to the first line that is none. Returns its start. */
static uint32_t read_rows(rd_find *f, uint32_t i, uint8_t delimiter, uint32_t n, const rd_key_class *cls)
{
    const rd_view *v = &f->v;
    line row;
    if (is_rule(v, i, line_end(v, i)))
        i = next_line(v, line_end(v, i));
    while (rd_at(v, i) != 0 && read_line(v, i, delimiter, &row) &&
           (row.n == n || (delimiter == ALIGNED && row.n > 1))) {
        for (uint32_t k = 0; k < n && row.n == n; k++) { /* aligned ones may have empty fields */
            if (cls[k] != RD_KEY_NONE && row.field[k].from < row.field[k].to)
                rd_value_judge(f, cls[k], row.field[k]);
        }
        i = next_line(v, row.end);
    }
    return i;
}

/* `at` is the last byte of a line. */
static void confirm(rd_find *f, uint32_t at)
{
    static const uint8_t delimiters[] = {',', ';', '\t', '|', ALIGNED};
    const rd_view *v = &f->v;
    if (ends_line(rd_at(v, next_line(v, at + 1))))
        return; /* no row follows */
    uint32_t from = at;
    while (at - from < MAX_HEAD && rd_at(v, from - 1) != '\n' && rd_at(v, from - 1) != 0)
        from--;
    if (at - from == MAX_HEAD)
        return;
    for (unsigned d = 0; d < sizeof delimiters; d++) {
        line head;
        rd_key_class cls[MAX_COLUMNS];
        if (!read_line(v, from, delimiters[d], &head) || !read_head(f, &head, delimiters[d], cls))
            continue;
        uint32_t rows = next_line(v, head.end), end = read_rows(f, rows, delimiters[d], head.n, cls);
        f->resume = end > rows ? end - 1 : f->resume; /* the line behind may be another head */
        return;
    }
}

static const rd_window windows[] = {{"\\e\n", false}, {"\\e\r\n", false}, {"|\n", false}};

const rd_matcher rd_match_table = {
    .yields = RD_BIT(PASSWORD) | RD_BIT(SECRET) | RD_BIT(SESSION) | RD_BIT(PERSON_NAME) | RD_BIT(PHONE) |
              RD_BIT(DATE_OF_BIRTH) | RD_BIT(US_SSN) | RD_BIT(MAC),
    RD_WINDOWS(windows),
    .confirm = confirm,
};
