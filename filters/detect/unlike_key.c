/* SPDX-License-Identifier: MIT */
/*
 * Rules for keys are explicit, so only what cannot be a value is let stay:
 *
 * unexpected token=RPAREN                      a word of a grammar
 * ConnectionString=Server=db;User ID=x;Pwd=y   pairs, whose own keys are asked
 * IP=0.0.0.0:636, ip=::                        no host
 * volume "db-password" : secret "x" not found  a sentence
 * ssn=XXX-XX-1234, password=[FILTERED]         what another has hidden
 * secret=projects/shop/secrets/db              where it is kept
 * email=required, password: string             a type, or what a check says
 * "email":["has already been taken"]           the answer of a form
 */
#include "filters/detect/unlike_key.h"

#include "filters/detect/masked.h"
#include "filters/detect/opaque.h"

enum { MAX_GAP = 6, MAX_IDENTIFIER = 64, MAX_GRAMMAR_WORD = 32, MAX_PORT = 5, MAX_MESSAGES = 1024 };

/* One past the last byte of the key of the value at `from`. */
static uint32_t key_end(const rd_view *v, uint32_t from)
{
    uint32_t end = from;
    while (from - end < MAX_GAP && !rd_is(rd_at(v, end - 1), RD_C_WORD) && rd_at(v, end - 1) != 0)
        end--;
    return end;
}

/* `key`: the end of "token". */
static bool is_grammar_word(const rd_view *v, uint32_t key, uint32_t from, uint32_t to)
{
    uint32_t i = from;
    bool parser = rd_spells_nocase(v, key - 16, "unexpected token") ||
                  rd_spells_nocase(v, key - 14, "expected token") ||
                  rd_spells_nocase(v, key - 15, "mismatched token");
    while (i < to && (rd_is(rd_at(v, i), RD_C_UPPER) || rd_at(v, i) == '_'))
        i++;
    return parser && rd_at(v, from - 1) == '=' && i == to && to - from >= 2 && to - from <= MAX_GRAMMAR_WORD;
}

/* Server=..., Data Source=...: with a second key. */
static bool starts_with_pair(const rd_view *v, uint32_t from, uint32_t to)
{
    static const char first[] = "server host endpoint driver provider database addr address source catalog";
    uint32_t i = from, word = from;
    for (; i < to && i < from + MAX_IDENTIFIER && (rd_is(rd_at(v, i), RD_C_ALPHA) || rd_at(v, i) == ' '); i++)
        word = rd_at(v, i) == ' ' ? i + 1 : word;
    if (i == to || rd_at(v, i) != '=' || !rd_word_in(v, word, i, first))
        return false;
    while (i < to && rd_at(v, i) != ';')
        i++;
    return rd_at(v, i) == ';' && rd_is(rd_at(v, i + 1), RD_C_ALPHA); /* the value may end there */
}

/* 0.0.0.0, ::, with a port or without */
static bool is_no_host(const rd_view *v, uint32_t from, uint32_t to)
{
    uint32_t i = from;
    if (rd_spells(v, i, "0.0.0.0"))
        i += 7;
    else if (rd_spells(v, i, "[::]"))
        i += 4;
    else if (rd_spells(v, i, "::") && to - i == 2)
        i += 2;
    else
        return false;
    return i == to || (rd_at(v, i) == ':' && rd_skip(v, i + 1, i + 1 + MAX_PORT, RD_C_DIGIT) == to);
}

bool rd_is_missing_object(const rd_view *v, uint32_t from, uint32_t to)
{
    return rd_word_in(v, from, to, "secret configmap object") && rd_spells(v, from - 4, "\" : ") &&
           rd_at(v, to) == ' ' && rd_at(v, to + 1) == '"';
}

/* Does the name of the key that ends at `end` hold one of `words`? */
static bool key_holds(const rd_view *v, uint32_t end, const char *const *words, size_t n)
{
    uint32_t start = end;
    while (end - start < MAX_IDENTIFIER && rd_is(rd_at(v, start - 1), RD_C_RUN))
        start--;
    for (uint32_t i = start; i < end; i++) {
        for (size_t w = 0; w < n; w++) {
            if (rd_spells_nocase(v, i, words[w]))
                return true;
        }
    }
    return false;
}

/* How much of the value of the key that ends at `key` may be readable? */
static rd_readable may_be_readable(const rd_view *v, uint32_t key)
{
    static const char *const secrets[] = {"pass", "pwd", "secret", "token", "key", "pin"};
    static const char *const births[] = {"ssn",  "social", "birth", "dob",      "geb",
                                         "nasc", "nac",    "tax",   "national", "insur"};
    static const char *const numbers[] = {"mail", "phone",  "mobile", "tel",     "fax",  "card",
                                          "pan",  "credit", "iban",   "account", "bank", "addr"};
    if (key_holds(v, key, secrets, sizeof secrets / sizeof secrets[0]))
        return RD_READABLE_LEAST;
    if (key_holds(v, key, births, sizeof births / sizeof births[0]))
        return RD_READABLE_TAIL;
    return key_holds(v, key, numbers, sizeof numbers / sizeof numbers[0]) ? RD_READABLE_LITTLE
                                                                          : RD_READABLE_LEAST;
}

/* 4111 **** **** 1234: of a card the first group may be readable. */
static bool is_card(const rd_view *v, uint32_t from, uint32_t to)
{
    return to - from == 4 && rd_skip(v, from, to, RD_C_DIGIT) == to && rd_spells(v, to, " **** ****");
}

static bool is_hidden(const rd_view *v, uint32_t from, uint32_t to, uint32_t key)
{
    uint8_t before = rd_at(v, from - 1), close = rd_at(v, to), last = rd_at(v, to - 1);
    bool outside = (before == '[' && close == ']') || (before == '(' && close == ')');
    bool behind = (rd_at(v, from) == '[' && close == ']') || (rd_at(v, from) == '(' && close == ')');
    uint32_t next = to + (close == ')'), first = from - outside, end = to + (outside || behind);
    if ((rd_is(last, RD_C_DIGIT) || last == ')') && rd_at(v, next) == ' ' &&
        rd_is(rd_at(v, next + 1), RD_C_DIGIT))
        return false; /* xxx.(415) 555-0132: the number goes on */
    bool card = is_card(v, from, to);
    if (!card && !rd_is_masked(v, first, end, RD_READABLE_LITTLE))
        return false; /* nearly all values: their keys need not be read */
    rd_readable readable = may_be_readable(v, key);
    return card ? readable == RD_READABLE_LITTLE : rd_is_masked(v, first, end, readable);
}

/* A message, or ["message", "message"]. */
static bool are_messages(const rd_view *v, uint32_t from, uint32_t to)
{
    if (rd_at(v, from) != '[')
        return rd_is_message(v, from, to);
    for (uint32_t i = from + 1; i < to && to - from < MAX_MESSAGES;) {
        uint8_t quote = rd_at(v, i);
        uint32_t end = i + 1;
        while (end < to && rd_at(v, end) != quote)
            end++;
        if ((quote != '"' && quote != '\'') || !rd_is_message(v, i + 1, end))
            return false;
        i = rd_skip(v, end + 1 + (rd_at(v, end + 1) == ','), to, RD_C_SPACE);
        if (rd_at(v, i) == ']')
            return i + 1 == to;
    }
    return false;
}

/* One past the segment of a path at `i`. */
static uint32_t segment_end(const rd_view *v, uint32_t i)
{
    uint32_t end = i;
    while (end - i < MAX_IDENTIFIER && (rd_is(rd_at(v, end), RD_C_RUN) || rd_at(v, end) == '*'))
        end++; /* also what a mask has left */
    return end;
}

/* One past the names that join with colons and slashes. */
static uint32_t names_end(const rd_view *v, uint32_t i, uint32_t to)
{
    while (i < to &&
           (rd_is(rd_at(v, i), RD_C_RUN) || rd_at(v, i) == ':' || rd_at(v, i) == '/' || rd_at(v, i) == '*'))
        i++;
    return i;
}

bool rd_is_resource(const rd_view *v, uint32_t from, uint32_t to)
{
    if (rd_spells(v, from, "arn:aws:secretsmanager:"))
        return names_end(v, from, to) == to;
    if (!rd_spells(v, from, "projects/"))
        return false;
    uint32_t i = segment_end(v, from + 9);
    if (!rd_spells(v, i, "/secrets/"))
        return false;
    i = segment_end(v, i + 9);
    return i == to || (rd_spells(v, i, "/versions/") && segment_end(v, i + 10) == to);
}

bool rd_unlike_key(const rd_view *v, uint32_t from, uint32_t to)
{
    uint32_t key = key_end(v, from);
    if (is_no_host(v, from, to) || rd_is_missing_object(v, from, to) || is_hidden(v, from, to, key) ||
        rd_is_type(v, from, to) || are_messages(v, from, to) || rd_is_resource(v, from, to))
        return true;
    if (rd_spells_nocase(v, key - 5, "token"))
        return is_grammar_word(v, key, from, to);
    return rd_spells_nocase(v, key - 6, "string") && starts_with_pair(v, from, to);
}
