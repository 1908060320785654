/* SPDX-License-Identifier: MIT */
/*
 * Credentials behind the name of an HTTP authentication scheme: `Bearer` (RFC 6750) and `Basic` (RFC 7617),
 * wherever they stand. The scheme stays readable. Left alone: the words in prose ("bearer of bad news") and
 * challenges (`Basic realm=`).
 */
#include "filters/detect/matcher.h"
#include "filters/detect/opaque.h"

enum { MAX_CREDENTIAL = 1 << 16, MAX_GAP = 8, SCHEME = 6 };

static bool token68(uint8_t c)
{
    return rd_is(c, RD_C_TOKEN) || c == '+' || c == '/' || c == '=' || c == '%' || c == ':';
}

/* Spaces, '+' and %20 between scheme and credential; returns the end, `i` when there is none of them. */
static uint32_t gap_end(const rd_view *v, uint32_t i)
{
    for (uint32_t n = 0; n < MAX_GAP; n++) {
        if (rd_at(v, i) == ' ' || rd_at(v, i) == '\t' || (n == 0 && rd_at(v, i) == '+'))
            i++;
        else if (rd_spells(v, i, "%20"))
            i += 3;
        else
            break;
    }
    return i;
}

static uint32_t credential_end(const rd_view *v, uint32_t i)
{
    uint32_t end = i;
    while (end - i < MAX_CREDENTIAL && token68(rd_at(v, end)))
        end++;
    while (end > i && (rd_at(v, end - 1) == '.' || rd_at(v, end - 1) == ':'))
        end--; /* the end of a sentence */
    return end;
}

static bool plain_word(const rd_view *v, uint32_t from, uint32_t to)
{
    return rd_skip(v, from, to, RD_C_LOWER) == to || rd_skip(v, from + 1, to, RD_C_LOWER) == to;
}

/* realm="x", error="y": parameters of a challenge, not a credential */
static bool is_parameter(const rd_view *v, uint32_t from, uint32_t to)
{
    uint32_t name = rd_skip(v, from, to, RD_C_ALPHA);
    while (rd_at(v, name) == '_')
        name = rd_skip(v, name + 1, to, RD_C_ALPHA);
    return name > from && name < to && rd_at(v, name) == '=' && rd_at(v, name + 1) != '=' &&
           name + 1 < v->hi && (name + 1 == to || name - from < 12);
}

/* Is the word at `at` the value of an authorization header? Then its credential may look like anything. */
static bool behind_header(const rd_view *v, uint32_t at)
{
    uint32_t i = at;
    for (uint32_t n = 0; n < MAX_GAP; n++) {
        uint8_t c = rd_at(v, i - 1);
        if (c != ' ' && c != ':' && c != '=' && c != '"' && c != '\'' && c != '[' && c != '\\' && c != '>')
            break;
        i--;
    }
    return i < at && rd_spells_nocase(v, i - 13, "authorization");
}

static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    bool bearer = rd_spells_nocase(v, at, "bearer");
    uint32_t word_end = at + (bearer ? 6 : 5);
    if (!bearer && !rd_spells_nocase(v, at, "basic"))
        return;
    uint32_t from = gap_end(v, word_end);
    if (from == word_end || rd_is(rd_at(v, at - 1), RD_C_ALNUM) || rd_at(v, at - 1) == '_')
        return;
    uint32_t to = credential_end(v, from);
    f->resume = to - from > SCHEME ? to : from; /* "Bearer Basic x", as clients do write */
    bool masked =
        rd_spells(v, to + (rd_at(v, to) == '.'), "***"); /* what a mask left of a token with a prefix */
    if (to - from < 4 || masked || is_parameter(v, from, to))
        return;
    rd_detector_id detector = bearer ? RD_DETECTOR_BEARER_TOKEN : RD_DETECTOR_BASIC_AUTH;
    bool fits = behind_header(v, at) ? !rd_placeholder(v, from, to)
                                     : !plain_word(v, from, to) && rd_opaque(v, from, to, bearer ? 12 : 8);
    if (fits)
        rd_emit(f, detector, from, to, 0, 0);
    else
        rd_refuse(f, detector, from, to, "not_opaque");
}

static const rd_window windows[] = {{"bear", true}, {"basi", true}};

const rd_matcher rd_match_auth_scheme = {
    .yields = RD_BIT(BEARER_TOKEN) | RD_BIT(BASIC_AUTH),
    RD_WINDOWS(windows),
    .confirm = confirm,
};
