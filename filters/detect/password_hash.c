/* SPDX-License-Identifier: MIT */
/*
 * Hashes of passwords, which can be guessed at leisure, in the forms that say so themselves: modular crypt
 * and PHC strings (crypt(5): $1$ $5$ $6$ $7$ $y$ $2b$ $apr1$ $argon2id$ ...), {SSHA} and its kin of LDAP (RFC
 * 2307), pbkdf2 of Django and Werkzeug. Kept readable: what names the method.
 */
#include "filters/detect/opaque.h"
#include "filters/detect/matcher.h"

enum { MIN_HASH = 16, MAX_HASH = 256, MAX_METHOD = 24 };

static bool in_hash(uint8_t c)
{
    return rd_is(c, RD_C_ALNUM) || c == '.' || c == '/' || c == '+' || c == '$' || c == '=' || c == ',' ||
           c == '-' || c == '_' || c == ':';
}

/* What follows the name of the method, which is [from, body). */
static void hash(rd_find *f, uint32_t from, uint32_t body, bool colons)
{
    const rd_view *v = &f->v;
    uint32_t to = body, n_digits = 0, n_letters = 0;
    for (; to - body < MAX_HASH && in_hash(rd_at(v, to)) && (colons || rd_at(v, to) != ':'); to++) {
        n_digits += rd_is(rd_at(v, to), RD_C_DIGIT);
        n_letters += rd_is(rd_at(v, to), RD_C_ALPHA);
    }
    while (to > body && (rd_at(v, to - 1) == '.' || rd_at(v, to - 1) == ',' || rd_at(v, to - 1) == ':'))
        to--;
    if (to - body < MIN_HASH || n_digits < 2 || n_letters < 4 || rd_placeholder(v, body, to))
        return;
    f->resume = to;
    rd_emit(f, RD_DETECTOR_PASSWORD, from, to, body - from, 0);
}

static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    at += rd_at(v, at) == ':';
    if (rd_at(v, at) == '{') {
        uint32_t close = rd_skip(v, at + 1, at + MAX_METHOD, RD_C_ALNUM | RD_C_RUN);
        if (rd_at(v, close) == '}')
            hash(f, at, close + 1, false);
        return;
    }
    if (rd_at(v, at) == '$') {
        uint32_t close = rd_skip(v, at + 1, at + MAX_METHOD, RD_C_ALNUM | RD_C_RUN);
        if (rd_at(v, close) == '$' && !rd_word_before(v, at))
            hash(f, at, close + 1, false);
        return;
    }
    uint32_t method =
        rd_skip(v, at, at + MAX_METHOD, RD_C_ALNUM | RD_C_RUN); /* pbkdf2_sha256$, pbkdf2:sha256:600000$ */
    if ((rd_at(v, method) == '$' || rd_at(v, method) == ':') && !rd_word_before(v, at))
        hash(f, at, method + 1, true);
}

static const rd_window windows[] = {
    {":$\\w", false}, {"$argon2", false}, {"{SSHA", false}, {"{SHA}", false}, {"pbkdf2", false}};

const rd_matcher rd_match_password_hash = {
    .yields = RD_BIT(PASSWORD), RD_WINDOWS(windows), .confirm = confirm};
