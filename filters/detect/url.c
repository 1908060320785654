/* SPDX-License-Identifier: MIT */
/*
 * Passwords in URLs: scheme://user:password@host (RFC 3986 section 3.2.1), also with characters that should
 * have been encoded, and tokens in the place of the user. User and host stay readable.
 */
#include "filters/detect/matcher.h"
#include "filters/detect/opaque.h"

enum { MAX_USERINFO = 512 };

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
        if (ends_url(c))
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
        if (!rd_placeholder(v, a.colon + 1, a.at))
            rd_emit(f, RD_DETECTOR_URL_CREDENTIALS, a.colon + 1, a.at, 0, 0);
        else if (!rd_spells(v, a.colon + 1, "***") && rd_opaque(v, a.from, a.colon, 16))
            rd_emit(f, RD_DETECTOR_URL_CREDENTIALS, a.from, a.colon, 0, 0);
    } else if (rd_opaque(v, a.from, a.at, 16)) {
        rd_emit(f, RD_DETECTOR_URL_CREDENTIALS, a.from, a.at, 0, 0);
    }
}

static const rd_window windows[] = {{"://", false}};

const rd_matcher rd_match_url = {.yields = RD_BIT(URL_CREDENTIALS), RD_WINDOWS(windows), .confirm = confirm};
