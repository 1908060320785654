/* SPDX-License-Identifier: MIT */
/*
 * Passwords in URLs: scheme://user:password@host (RFC 3986 section 3.2.1), also with characters that should
 * have been encoded, and tokens in the place of the user. User and host stay readable.
 */
#include "filters/detect/url.h"

#include "filters/detect/opaque.h"

enum { MAX_USERINFO = 512, MAX_LOOK_BACK = 128 };

/* DOMAIN\user before a password, also as JSON has it; not an escaped quote or the end of a line. */
static bool is_domain(const rd_view *v, uint32_t i)
{
    uint8_t before = rd_at(v, i - 1), next = rd_at(v, i + 1);
    if (rd_at(v, i) != '\\')
        return false;
    bool second = before == '\\' && rd_is(rd_at(v, i - 2), RD_C_ALNUM);
    return (rd_is(before, RD_C_ALNUM) && (next == '\\' || rd_is(next, RD_C_ALNUM)) && next != 'n' &&
            next != 'r' && next != 't') ||
           (second && rd_is(next, RD_C_ALNUM));
}

static bool ends_url(uint8_t c)
{
    return c <= ' ' || c == '"' || c == '\'' || c == '<' || c == '>' || c == '`' || c == '\\' || c == '|';
}

typedef struct authority {
    uint32_t from, colon, at; /* colon, at: 0 when there is none */
} authority;

/* The last '@' before the first slash ends the userinfo; a slash may stand in a password that is not encoded,
 * unless what precedes it looks like a port. */
static void read_authority(const rd_view *v, uint32_t from, authority *out, uint32_t *out_end)
{
    *out = (authority){.from = from};
    uint32_t i = from;
    for (; i < from + MAX_USERINFO; i++) {
        uint8_t c = rd_at(v, i);
        if (ends_url(c) && !is_domain(v, i))
            break;
        if (c == ':' && out->colon == 0)
            out->colon = i;
        if (c == '@')
            out->at = i;
        if (c == '/' || c == '?' || c == '#') {
            bool port = out->colon == 0 || rd_skip(v, out->colon + 1, i, RD_C_DIGIT) == i;
            if (out->at != 0 || port)
                break;
        }
    }
    *out_end = i;
}

/* token:x-oauth-basic@: what stands for the password says that the user is the secret (GitHub, Toggl). */
static bool says_token(const rd_view *v, const authority *a)
{
    return rd_word_in(v, a->colon + 1, a->at, "x-oauth-basic x-oauth-token oauth api_token api-token") &&
           (rd_opaque(v, a->from, a->colon, 16) ||
            (a->from < a->colon && rd_placeholder(v, a->from, a->colon)));
}

static void emit(rd_find *f, uint32_t from, uint32_t to)
{
    if (!rd_placeholder(&f->v, from, to))
        rd_emit(f, RD_DETECTOR_URL_CREDENTIALS, from, to, 0, 0);
}

static void user_and_password(rd_find *f, const authority *a)
{
    const rd_view *v = &f->v;
    bool empty = rd_placeholder(v, a->colon + 1, a->at) && !rd_spells(v, a->colon + 1, "***");
    if (says_token(v, a) || (empty && rd_opaque(v, a->from, a->colon, 16)))
        emit(f, a->from, a->colon);
    else
        emit(f, a->colon + 1, a->at);
}

bool rd_url_without_scheme(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    bool dsn = rd_spells(v, at + 1, "tcp(") || rd_spells(v, at + 1, "unix(") || rd_spells(v, at + 1, "tcp6(");
    uint32_t from = at;
    for (; at - from < MAX_LOOK_BACK; from--) {
        uint8_t c = rd_at(v, from - 1);
        if ((c == '/' && rd_at(v, from - 2) == '\\') || (ends_url(c) && c != '\\'))
            break;
    }
    bool escaped = rd_spells(v, from - 5, ":\\/\\/");
    if ((!dsn && !escaped) || at - from == MAX_LOOK_BACK)
        return false;
    authority a;
    uint32_t end;
    read_authority(v, from, &a, &end);
    if (a.colon == 0 || a.at != at)
        return false;
    user_and_password(f, &a);
    return true;
}

static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    authority a;
    uint32_t end;
    read_authority(v, at + 3, &a, &end);
    if (end < at + 3 + MAX_USERINFO)
        f->resume = end;
    if (a.at == 0 || !rd_is(rd_at(v, at - 1), RD_C_ALNUM))
        return;
    if (a.colon != 0 && a.colon < a.at) {
        user_and_password(f, &a);
    } else if (rd_opaque(v, a.from, a.at, 16)) {
        rd_emit(f, RD_DETECTOR_URL_CREDENTIALS, a.from, a.at, 0, 0);
    }
}

static const rd_window windows[] = {{"://", false}};

const rd_matcher rd_match_url = {.yields = RD_BIT(URL_CREDENTIALS), RD_WINDOWS(windows), .confirm = confirm};
