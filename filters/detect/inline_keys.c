/* SPDX-License-Identifier: MIT */
/*
 * From a separator that the candidate pass has found the key is read backwards and looked up, and only then
 * the value is read.
 *
 * Where a value ends must not depend on what a mask may change, or a second pass would see another value.
 */
#include "filters/detect/inline_keys.h"

#include <stdlib.h>

#include "filters/detect/opaque.h"
#include "filters/detect/text.h"
#include "filters/detect/wrapper.h"

enum {
    MAX_KEY = 130,
    MAX_BRACKETED = 64,
    MAX_GAP = 4,
    MAX_INDENT = 40,
    MAX_WRAPPED = 1 << 12,
    FIRST_MATCHES = 64,
    MAX_SHOWN_NUMBER = 3 /* digits of a length or a limit: longer ones may be a PIN */
};

typedef struct pair {
    uint32_t key, key_end;           /* the key's bytes */
    uint32_t behind;                 /* the separator */
    uint32_t n_slashes;              /* before the key's quotes */
    uint8_t mark;                    /* the key's quote, 0: none */
    uint8_t separator;               /* '=' or ':' */
    bool percent;                    /* the separator is percent-encoded */
    bool space_before, space_behind; /* around it */
} pair;

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_quote(uint8_t c)
{
    return c == '"' || c == '\'' || c == '`';
}

static bool in_key(uint8_t c)
{
    return rd_is(c, RD_C_WORD) || c == '_' || c == '-' || c == '.';
}

/* ---- keys ---- */

static uint32_t skip_back_spaces(const rd_view *v, uint32_t i)
{
    for (uint32_t n = 0; n < MAX_GAP && is_space(rd_at(v, i - 1)); n++)
        i--;
    return i;
}

/* The separator at `at` with its operators (:= =>): where it starts and ends. False: a comparison. */
static bool read_separator(const rd_view *v, uint32_t at, uint32_t *out_from, pair *p)
{
    uint8_t before = rd_at(v, at - 1);
    p->separator = rd_at(v, at);
    p->behind = at + 1;
    *out_from = at;
    if (p->separator == '%') {
        uint8_t digit = rd_lower(rd_at(v, at + 2));
        p->percent = true;
        p->separator = digit == 'd' ? '=' : ':';
        p->behind = at + 3;
        return digit == 'd' || digit == 'a';
    }
    if (p->separator == ':')
        return before != ':' && rd_at(v, at + 1) != ':' && rd_at(v, at + 1) != '=';
    if (rd_at(v, at + 1) == '=' || before == '=' || before == '!' || before == '<' || before == '>' ||
        before == '~')
        return false;
    if (before == ':')
        *out_from = at - 1;
    if (rd_at(v, at + 1) == '>')
        p->behind++;
    return true;
}

/* Reads the key backwards from the separator. False: there is none. */
static bool read_key(const rd_view *v, uint32_t at, pair *p)
{
    uint32_t from, end;
    *p = (pair){0};
    if (!read_separator(v, at, &from, p))
        return false;
    end = skip_back_spaces(v, from);
    p->space_before = end != from;
    p->space_behind = !p->percent && is_space(rd_at(v, p->behind));
    if (rd_at(v, end - 1) == ']')
        end--;
    if (rd_spells(v, end - 3, "%22")) {
        end -= 3;
        p->mark = '%';
    } else if (is_quote(rd_at(v, end - 1))) {
        p->mark = rd_at(v, --end);
        while (rd_at(v, end - 1) == '\\') {
            end--;
            p->n_slashes++;
        }
    }
    p->key_end = p->key = end;
    while (end - p->key <= MAX_KEY && in_key(rd_at(v, p->key - 1)))
        p->key--;
    uint8_t before = rd_at(v, p->key - 1), first = rd_at(v, p->key);
    if (before == '%') /* %22key: the digits belong to the escape */
        p->key += 2;
    else if (before == '\\' && (first == 'n' || first == 't' || first == 'r') && p->mark == 0)
        p->key++;
    if (p->mark != 0 && p->mark != '%' && before != p->mark)
        return false; /* the end of a string of several words */
    return p->key < p->key_end && end - p->key <= MAX_KEY;
}

/* Can the key stand in a sentence, before a colon? */
static bool is_plain_word(const rd_view *v, const pair *p)
{
    for (uint32_t i = p->key; i < p->key_end; i++) {
        uint8_t c = rd_at(v, i);
        if (!rd_is(c, RD_C_WORD) ||
            (i > p->key && rd_is(c, RD_C_UPPER) && rd_is(rd_at(v, i - 1), RD_C_LOWER)))
            return false;
    }
    return true;
}

/* ---- values ---- */

/* Do `slashes` backslashes before a quote make it one of level `n`? A quote inside such a string has a
 * backslash more at every level around it. */
static bool closes(uint32_t slashes, uint32_t n)
{
    bool regular = (n & (n + 1)) == 0;
    return regular ? slashes % (2 * (n + 1)) == n : slashes == n;
}

/* End of the string that starts at `i`, behind its quote. */
static uint32_t string_end(const rd_view *v, uint32_t i, uint8_t mark, uint32_t n_slashes)
{
    uint32_t slashes = 0;
    for (; i < v->hi; i++) {
        uint8_t c = v->b[i];
        if (c == mark && slashes < n_slashes)
            return i - slashes; /* the string around it ends */
        if (c == mark && closes(slashes, n_slashes) && !(mark == '\'' && rd_is(rd_at(v, i + 1), RD_C_WORD)))
            return i - n_slashes;
        slashes = c == '\\' ? slashes + 1 : 0;
    }
    return i;
}

/* A number or word of JSON. */
static uint32_t bare_end(const rd_view *v, uint32_t i)
{
    for (; i < v->hi; i++) {
        uint8_t c = v->b[i];
        if (is_space(c) || c == ',' || c == '{' || c == '}' || c == '[' || c == ']' || c == '\\' ||
            is_quote(c))
            break;
    }
    return i;
}

/* One past the object or array that starts at `i`, and what is stuck to it: behind a mask that would belong
 * to the value. */
static uint32_t structure_end(const rd_view *v, uint32_t i, uint8_t mark, uint32_t n_slashes)
{
    uint32_t depth = 0;
    for (; i < v->hi; i++) {
        uint8_t c = v->b[i];
        if (c == mark) {
            i = string_end(v, i + 1, mark, n_slashes) + n_slashes;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if ((c == '}' || c == ']') && --depth == 0) {
            return bare_end(v, i + 1);
        }
    }
    return v->hi;
}

/* Does another pair start behind the comma or semicolon at `i`? A mask can be part of its key. */
static bool pair_follows(const rd_view *v, uint32_t i)
{
    uint32_t k = i + 1;
    while (in_key(rd_at(v, k)) || rd_at(v, k) == '*')
        k++;
    return k > i + 1 && (rd_at(v, k) == '=' || rd_at(v, k) == ':');
}

static uint32_t percent_end(const rd_view *v, uint32_t i)
{
    for (; i < v->hi; i++) {
        uint8_t c = v->b[i];
        if (is_space(c) || is_quote(c) || c == '&' || c == '<' || c == '>')
            break;
        if (c == '%' && (rd_spells(v, i, "%26") || rd_spells(v, i, "%22")))
            break;
    }
    return i;
}

/* A word of logfmt or of a query; closing brackets and punctuation at its end belong to what is around. */
static uint32_t word_end(const rd_view *v, uint32_t from)
{
    uint32_t i = from;
    for (; i < v->hi; i++) {
        uint8_t c = v->b[i], next = rd_at(v, i + 1);
        if (is_space(c) || c == '&' || c == '"' || c == '`' || c == '<' || c == '>')
            break;
        if (c == '\\' && (next == 'n' || next == 'r' || next == 't' || is_quote(next) || next == '\\'))
            break;
        if ((c == ',' || c == ';' || c == '|') && (rd_is_mask(v, from, i) || pair_follows(v, i)))
            break;
    }
    i -= i > from + 1 && rd_at(v, i) == '\\' && rd_at(v, i - 1) == '['; /* [\r][\n] of wire logs */
    while (i > from && strchr(",;)]}'|", v->b[i - 1]) != NULL && v->b[i - 1] != 0)
        i--;
    return i;
}

static uint32_t skip_spaces(const rd_view *v, uint32_t i, uint32_t max)
{
    uint32_t n = 0;
    while (n < max && is_space(rd_at(v, i))) {
        i++;
        n++;
    }
    return i;
}

/* 192.0.2.1:443, and what a mask has left of it: where the address ends. */
static uint32_t without_port(const rd_view *v, uint32_t from, uint32_t to)
{
    uint32_t end = from, dots = 0, port;
    for (; end < to && (rd_is(v->b[end], RD_C_DIGIT) || v->b[end] == '.'); end++)
        dots += v->b[end] == '.';
    end += end == from && rd_spells(v, from, "***") ? 3 : 0;
    port = rd_skip(v, end + 1, to, RD_C_DIGIT);
    return rd_at(v, end) == ':' && (dots == 3 || v->b[from] == '*') && port == to && port > end + 1 ? end
                                                                                                    : to;
}

/* 1970-01-31T00:00:00Z, and what a mask has left of it: where the day ends. At midnight the time says
 * nothing. */
static uint32_t without_midnight(const rd_view *v, uint32_t from, uint32_t to)
{
    uint32_t day = rd_spells(v, from, "***") ? from + 3 : from + 10, i = day + 1;
    bool date = day == from + 3 || (rd_at(v, from + 4) == '-' && rd_at(v, from + 7) == '-');
    if (!date || (rd_at(v, day) != 'T' && rd_at(v, day) != ' ') || !rd_spells(v, i, "00:00"))
        return to;
    while (i < to && (rd_at(v, i) == '0' || rd_at(v, i) == ':' || rd_at(v, i) == '.' || rd_at(v, i) == '+' ||
                      rd_at(v, i) == 'Z'))
        i++;
    return i == to ? day : to;
}

/* Does the key end with one of the words? The list ends with NULL. */
static bool key_ends_with(const rd_view *v, const pair *p, const char *const *words)
{
    for (const char *const *word = words; *word != NULL; word++) {
        if (strlen(*word) <= p->key_end - p->key &&
            rd_spells_nocase(v, p->key_end - (uint32_t)strlen(*word), *word))
            return true;
    }
    return false;
}

/* Can the value be an address of a network, with its port? */
static bool names_address(const rd_view *v, const pair *p)
{
    static const char *const words[] = {"ip",   "ipv4",   "addr", "address",   "host",
                                        "peer", "client", "for",  "forwarded", NULL};
    return key_ends_with(v, p, words);
}

/* Can the value be a day, written with a time? */
static bool names_date(const rd_view *v, const pair *p)
{
    static const char *const words[] = {"date",       "day",        "dob",     "birth",     "born", "datum",
                                        "nacimiento", "nascimento", "nascita", "naissance", NULL};
    return key_ends_with(v, p, words);
}

/* At the quote of a value that is wrapped at `i`, or where a number starts with its square bracket, or what a
 * mask has left of it. */
static uint32_t inside_wrapper(const rd_view *v, uint32_t i)
{
    uint32_t from = rd_wrapper_inside(v, i);
    uint32_t inner = from + (from > i && (rd_at(v, from) == '(' || rd_at(v, from) == '['));
    if (is_quote(rd_at(v, inner)))
        return inner;
    return from > i && (rd_is(rd_at(v, inner), RD_C_DIGIT) || rd_at(v, inner) == '*') ? from : i;
}

/* Is the value over at `i`, behind the bracket around it? */
static bool ends_behind(const rd_view *v, uint32_t i)
{
    while (rd_at(v, i) != 0 && strchr(")]}'", rd_at(v, i)) != NULL)
        i++;
    uint8_t c = rd_at(v, i), next = rd_at(v, i + 1);
    if (c == ',' || c == ';' || c == '|')
        return next <= ' ' || is_quote(next) || pair_follows(v, i);
    if (c == '\\')
        return next == 'n' || next == 'r' || next == 't' || is_quote(next) || next == '\\';
    return c <= ' ' || strchr("\"`&<>", c) != NULL;
}

/* key=[value], key=(one value): where the bracket at `i` closes, behind which nothing may be left of the
 * value; there may be such brackets in it. 0: what it holds is a structure, or the area code of a telephone
 * number. */
static uint32_t bracket_end(const rd_view *v, uint32_t i)
{
    uint8_t open = rd_at(v, i), close = open == '[' ? ']' : ')';
    uint32_t end = i + 1, depth = 1;
    if (open != '[' && open != '(')
        return 0;
    for (; end - i < MAX_BRACKETED; end++) {
        uint8_t c = rd_at(v, end);
        depth += (c == open) - (c == close);
        if (depth == 0)
            break;
        if (c < ' ' || (c != open && strchr("=:,{[(&\"'`<>\\", c) != NULL))
            return 0;
    }
    bool area = open == '(' && rd_skip(v, i + 1, end, RD_C_DIGIT) == end && end > i + 1;
    return depth == 0 && !area && ends_behind(v, end + 1) ? end : 0;
}

/* Of a pair that is not of JSON. */
static void read_word(const rd_view *v, uint32_t i, uint32_t *out_from, uint32_t *out_to)
{
    uint32_t close = bracket_end(v, i);
    *out_from = i + (close != 0);
    *out_to = close != 0 ? close : word_end(v, *out_from);
}

/* Reads the value; false: there is none. */
static bool read_value(const rd_view *v, const pair *p, uint32_t *out_from, uint32_t *out_to)
{
    bool json = p->mark != 0 && p->mark != '%' && p->separator == ':', arrow = rd_at(v, p->behind - 1) == '>';
    uint32_t gap = json ? UINT32_MAX : arrow ? MAX_INDENT : p->space_behind ? MAX_GAP : 0;
    uint32_t i = skip_spaces(v, p->behind, gap), slashes = 0;
    if (p->percent) {
        i += rd_spells(v, i, "%22") ? 3 : 0;
        *out_from = i;
        *out_to = percent_end(v, i);
        return *out_to > i;
    }
    if (!json && p->mark == 0 && p->space_before && !p->space_behind)
        return false; /* `a =b` */
    if (!json && p->separator == '=' && p->space_behind && !p->space_before && !arrow)
        return false;                                   /* `key= other=1` */
    i += rd_at(v, i) == 'N' && rd_at(v, i + 1) == '\''; /* N'value' of T-SQL */
    i = inside_wrapper(v, i);
    i += rd_spells_nocase(v, i, "date '") ? 5 : 0; /* DATE '2000-01-31' */
    while (rd_at(v, i + slashes) == '\\')
        slashes++;
    if (is_quote(rd_at(v, i + slashes))) {
        *out_from = i + slashes + 1;
        *out_to = string_end(v, *out_from, rd_at(v, i + slashes), slashes);
        return *out_to > *out_from;
    }
    if (rd_wrapper_of_line(v, i, MAX_WRAPPED, out_from, out_to))
        return true;
    if (arrow && p->space_behind && !p->space_before)
        return false; /* ["key"]=> array(2) */
    *out_from = i;
    if (json && rd_spells(v, i, "rejected value "))
        return false; /* Spring: a sentence about the field, which detectors read (keyvalue.c) */
    if (!json)
        read_word(v, i, out_from, out_to);
    else if (rd_at(v, i) == '{' || rd_at(v, i) == '[')
        *out_to = structure_end(v, i, p->mark, p->n_slashes);
    else
        *out_to = bare_end(v, i);
    return *out_to > *out_from;
}

/* ---- the search ---- */

static bool add(rd_inline_keys *k, rd_match m)
{
    if (k->n == k->cap) {
        uint32_t cap = k->cap == 0 ? FIRST_MATCHES : k->cap * 2;
        rd_match *list = cap > k->cap ? realloc(k->list, (size_t)cap * sizeof *list) : NULL;
        if (list == NULL)
            return false;
        k->list = list;
        k->cap = cap;
    }
    k->list[k->n++] = m;
    return true;
}

/* Behind a string of a structure: is it the key of a member? */
static bool is_member(const rd_view *v, uint32_t i)
{
    return rd_at(v, skip_spaces(v, i, UINT32_MAX)) == ':';
}

/* What stands behind the key of a member is shown when it is... */
typedef enum shown { SHOWN_NOTHING, SHOWN_NUMBER, SHOWN_TYPE, SHOWN_PATTERN, SHOWN_ORIGIN } shown;

/* Of a JSON schema: the members that are about values, and hold none themselves. */
static shown describes(const rd_view *v, uint32_t from, uint32_t to)
{
    if (rd_word_in(v, from, to, "type format"))
        return SHOWN_TYPE;
    if (rd_word_in(v, from, to, "pattern"))
        return SHOWN_PATTERN;
    bool number = rd_word_in(v, from, to,
                             "minlength maxlength required nullable writeonly readonly deprecated minimum "
                             "maximum index store ignore_above");
    return number ? SHOWN_NUMBER : SHOWN_NOTHING;
}

/* Does the value at [from, to), with quotes or not, stand where one of that kind is shown? */
static bool is_shown(const rd_view *v, shown kind, bool quoted, uint32_t from, uint32_t to)
{
    switch (kind) {
    case SHOWN_NUMBER:
        return !quoted && to - from <= MAX_SHOWN_NUMBER;
    case SHOWN_TYPE:
        return quoted && rd_word_in(v, from, to,
                                    "string integer number boolean object array keyword text password email "
                                    "date date-time time uuid uri hostname ipv4 ipv6 byte binary int32 int64 "
                                    "float double phone regex");
    case SHOWN_PATTERN:
        return quoted && rd_at(v, from) == '^';
    case SHOWN_ORIGIN:
        return quoted &&
               (rd_spells(v, from, "class path resource [") || rd_spells(v, from, "Config resource '") ||
                rd_spells(v, from, "System Environment Property ") ||
                (rd_spells(v, from, "line ") && rd_skip(v, from + 5, to, RD_C_DIGIT) == to));
    default:
        return false;
    }
}

/* Does the object at [from, to) say what a value is like: {"type": "string", "minLength": 8}? A type alone
 * may be the value. */
static bool is_schema(const rd_view *v, const pair *p, uint32_t from, uint32_t to)
{
    bool typed = false, more = false;
    for (uint32_t i = from; i < to && !(typed && more); i++) {
        if (v->b[i] != p->mark)
            continue;
        uint32_t key = i + 1, end = string_end(v, key, p->mark, p->n_slashes);
        i = end + p->n_slashes;
        if (!is_member(v, i + 1))
            continue;
        uint32_t k = i + 1;
        while (k < to && (is_quote(v->b[k]) || v->b[k] == '\\' || v->b[k] == ':' || is_space(v->b[k])))
            k++;
        if (rd_word_in(v, key, end, "type"))
            typed |= rd_word_in(v, k, rd_skip(v, k, to, RD_C_ALPHA), "string integer number boolean keyword");
        else
            more |= describes(v, key, end) != SHOWN_NOTHING ||
                    rd_word_in(v, key, end, "enum const default example examples properties items");
    }
    return typed && more;
}

/* Appends the strings and numbers in the object, or array of objects, at [from, to); their keys stay. False
 * with RD_OK: a number stands in an array, where a mask would not be of the same form, or it is no JSON. */
static bool add_leaves(rd_inline_keys *out, const rd_view *v, const pair *p, rd_match whole, rd_outcome *o)
{
    uint32_t to = whole.off + whole.len, i = whole.off;
    bool schema = is_schema(v, p, i, to);
    shown about = SHOWN_NOTHING;
    bool property = rd_spells(v, i, "{\"value\""); /* of Spring, with the place where it was set */
    uint8_t before = 0;
    while (i < to && *o == RD_OK) {
        uint8_t c = v->b[i];
        bool quoted = c == p->mark;
        rd_match m = whole;
        m.off = i;
        m.len = 0;
        if (quoted) {
            m.off = i + 1;
            m.len = string_end(v, m.off, p->mark, p->n_slashes) - m.off;
            i = m.off + m.len + p->n_slashes + 1;
            if (is_member(v, i)) {
                if (before != '{' && before != ',')
                    return false;
                bool origin = property && rd_word_in(v, m.off, m.off + m.len, "origin");
                about = origin ? SHOWN_ORIGIN : schema ? describes(v, m.off, m.off + m.len) : SHOWN_NOTHING;
                m.len = 0;
            }
        } else if (rd_is(c, RD_C_WORD) || c == '-') {
            m.len = bare_end(v, i) - i;
            i += m.len;
            if (before != ':')
                return false;
        } else {
            i++;
        }
        if (m.len > 0 && !is_shown(v, about, quoted, m.off, m.off + m.len) && m.off + m.len <= to &&
            !add(out, m))
            *o = RD_NO_MEMORY;
        before = is_space(c) || c == '\\' ? before : c;
    }
    return true;
}

/* Is the value at `i` an object, or an array of them or of strings? */
static bool holds_members(const rd_view *v, const pair *p, uint32_t i)
{
    if (rd_at(v, i) != '[')
        return rd_at(v, i) == '{';
    i = skip_spaces(v, i + 1, UINT32_MAX);
    return rd_at(v, i) == '{' || rd_at(v, i + p->n_slashes) == p->mark;
}

rd_outcome rd_inline_keys_at(rd_inline_keys *out, const rd_keyset *keys, const uint8_t *base,
                             const rd_text *t, const rd_key_hit *hit)
{
    const rd_view v = {.b = base, .lo = t->off, .hi = t->off + t->len};
    const rd_match *last = out->n > 0 ? &out->list[out->n - 1] : NULL;
    pair p;
    uint16_t value;
    uint32_t from, to;
    if (hit->at < out->read_to ||
        (last != NULL && last->text == hit->text && hit->at < last->off + last->len))
        return RD_OK; /* in a value that goes already */
    if (!read_key(&v, hit->at, &p) ||
        !rd_keyset_find(keys, (rd_slice){base + p.key, p.key_end - p.key}, &value))
        return RD_OK;
    bool weak = p.mark == 0 && !p.percent && (p.separator == ':' || p.space_before || p.space_behind);
    if ((weak && is_plain_word(&v, &p)) || !read_value(&v, &p, &from, &to))
        return RD_OK;
    to = names_address(&v, &p) ? without_port(&v, from, to) : to;
    to = names_date(&v, &p) ? without_midnight(&v, from, to) : to;
    rd_match m = {
        .off = from, .len = to - from, .text = hit->text, .detector = (uint16_t)(RD_DETECTOR_KEY + value)};
    uint32_t first = out->n;
    rd_outcome o = RD_OK;
    if (p.mark != 0 && p.mark != '%' && p.separator == ':' && holds_members(&v, &p, from) &&
        add_leaves(out, &v, &p, m, &o)) {
        out->read_to = to;
        return o;
    }
    out->n = first;
    return add(out, m) ? RD_OK : RD_NO_MEMORY;
}

void rd_inline_keys_release(rd_inline_keys *k)
{
    free(k->list);
    *k = (rd_inline_keys){0};
}

uint8_t rd_inline_keys_quote(const uint8_t *base, const rd_text *t, uint32_t off, uint32_t *out_slashes)
{
    const rd_view v = {.b = base, .lo = t->off, .hi = t->off + t->len};
    uint32_t i = off;
    while (is_space(rd_at(&v, i - 1)))
        i--;
    if (rd_at(&v, i - 1) != ':')
        return 0;
    i = skip_back_spaces(&v, i - 1);
    uint8_t mark = rd_at(&v, i - 1);
    *out_slashes = 0;
    while (rd_at(&v, i - 2 - *out_slashes) == '\\')
        ++*out_slashes;
    return is_quote(mark) ? mark : 0;
}
