/* SPDX-License-Identifier: MIT */
/*
 * unexpected token=RPAREN                      a word of a grammar
 * "token":"RememberMeToken(user=\"x\")"        an object as a text, whose own keys are asked
 * ConnectionString=Server=db;User ID=x;Pwd=y   pairs, whose own keys are asked
 * IP=0.0.0.0:636, ip=::                        no host
 * volume "db-password" : secret "x" not found  a sentence
 */
#include "filters/detect/unlike_key.h"

#include "filters/detect/opaque.h"

enum { MAX_GAP = 6, MAX_IDENTIFIER = 64, MAX_PORT = 5 };

/* One past the last byte of the key of the value at `from`. */
static uint32_t key_end(const rd_view *v, uint32_t from)
{
    uint32_t end = from;
    while (from - end < MAX_GAP && !rd_is(rd_at(v, end - 1), RD_C_WORD) && rd_at(v, end - 1) != 0)
        end--;
    return end;
}

static bool is_grammar_word(const rd_view *v, uint32_t from, uint32_t to)
{
    uint32_t i = from;
    while (i < to && (rd_is(rd_at(v, i), RD_C_UPPER) || rd_at(v, i) == '_'))
        i++;
    return i == to && to - from >= 2 && to - from <= MAX_IDENTIFIER / 2;
}

/* Name(key=...) */
static bool is_object(const rd_view *v, uint32_t from, uint32_t to)
{
    uint32_t open = rd_skip(v, from, from + MAX_IDENTIFIER, RD_C_ALNUM);
    uint32_t key = rd_skip(v, open + 1, open + MAX_IDENTIFIER, RD_C_WORD);
    return rd_is(rd_at(v, from), RD_C_UPPER) && rd_at(v, open) == '(' && key > open + 1 && key < to &&
           rd_at(v, key) == '=' && rd_at(v, to - 1) == ')';
}

/* Server=..., Data Source=... */
static bool starts_with_pair(const rd_view *v, uint32_t from, uint32_t to)
{
    uint32_t i = from;
    while (i < to && i < from + MAX_IDENTIFIER && (rd_is(rd_at(v, i), RD_C_ALPHA) || rd_at(v, i) == ' '))
        i++;
    return i > from && i < to && rd_at(v, i) == '=';
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

/* A bare word behind a key in quotes, and a quote behind that: no value that JSON has. */
static bool is_noun(const rd_view *v, uint32_t from, uint32_t to)
{
    return rd_skip(v, from, to, RD_C_LOWER) == to && rd_spells(v, from - 4, "\" : ") && rd_at(v, to) == ' ' &&
           rd_at(v, to + 1) == '"';
}

bool rd_unlike_key(const rd_view *v, uint32_t from, uint32_t to)
{
    if (is_no_host(v, from, to) || is_noun(v, from, to))
        return true;
    uint32_t key = key_end(v, from);
    if (rd_spells_nocase(v, key - 5, "token"))
        return is_grammar_word(v, from, to) || is_object(v, from, to);
    return rd_spells_nocase(v, key - 6, "string") && starts_with_pair(v, from, to);
}
