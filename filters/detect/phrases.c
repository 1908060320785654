/* SPDX-License-Identifier: MIT */
/*
 * Personal data behind words instead of keys: logins in messages of sshd, PAM and databases and in the common
 * log format, passwords in SQL, telephone numbers after "call" or "phone".
 */
#include <string.h>

#include "filters/detect/birth.h"
#include "filters/detect/opaque.h"
#include "filters/detect/phone.h"
#include "filters/detect/value.h"

enum { MAX_LOGIN = 40, PHONE_REACH = 28, MAX_WORDS = 16, REACH = 96 };

/* The token at `i`, quoted or up to a space. */
static rd_value token_at(const rd_view *v, uint32_t i)
{
    rd_value x = {.from = i, .to = i};
    uint8_t quote = rd_at(v, i);
    if (quote == '\'' || quote == '"' || quote == '`') {
        x.from = x.to = i + 1;
        x.quoted = true;
        while (x.to - x.from < MAX_LOGIN && rd_at(v, x.to) != quote && rd_at(v, x.to) != 0)
            x.to++;
        return x;
    }
    while (x.to - x.from <= MAX_LOGIN && rd_at(v, x.to) > ' ' && rd_at(v, x.to) != ',' &&
           rd_at(v, x.to) != ')' && rd_at(v, x.to) != '(' && rd_at(v, x.to) != '"' && rd_at(v, x.to) != '@' &&
           rd_at(v, x.to) != ']' && rd_at(v, x.to) != ';')
        x.to++;
    while (x.to > x.from && (rd_at(v, x.to - 1) == '.' || rd_at(v, x.to - 1) == ':'))
        x.to--;
    return x;
}

/* Does one of `words` end before `i` (a space between)? */
static bool word_before(const rd_view *v, uint32_t i, const char *words)
{
    uint32_t from = rd_skip_back(v, i - 1, 16, RD_C_ALPHA);
    return rd_at(v, i - 1) == ' ' && rd_word_in(v, from, i - 1, words);
}

static bool word_behind(const rd_view *v, uint32_t i, const char *words)
{
    uint32_t to = rd_skip(v, i + 1, i + 17, RD_C_ALPHA);
    return rd_at(v, i) == ' ' && rd_word_in(v, i + 1, to, words);
}

/* "... password for <login> from", "... publickey for <login> from": `i` is behind "for ". */
static void login_from(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    if (rd_spells(v, i, "invalid user "))
        i += 13;
    else if (rd_spells(v, i, "user "))
        i += 5;
    rd_value x = token_at(v, i);
    if (x.quoted || word_behind(v, x.to, "from on port via by ruser at") || x.to == v->hi)
        rd_value_judge(f, RD_KEY_LOGIN, x);
}

/* "Login failed: 'login'": `at` is behind the first letter of "failed". */
static void failed_login(rd_find *f, uint32_t at)
{
    rd_value x = token_at(&f->v, at + 7);
    if (rd_at(&f->v, x.to) == '\'' && word_before(&f->v, at - 1, "login logon authentication auth signin"))
        rd_value_judge(f, RD_KEY_LOGIN, x);
}

/* ": authentication failure", an address or a port behind a login */
static bool about_login(const rd_view *v, uint32_t i)
{
    if (rd_at(v, i) == ':' && rd_at(v, i + 1) == ' ') {
        uint32_t to = rd_skip(v, i + 2, i + 18, RD_C_ALPHA);
        return rd_word_in(
            v, i + 2, to,
            "auth authentication password access login denied invalid not failed account permission");
    }
    if (rd_at(v, i) != ' ' || !rd_is(rd_at(v, i + 1), RD_C_HEX | RD_C_DIGIT))
        return false;
    uint32_t to = rd_skip(v, i + 1, i + 6, RD_C_HEX);
    return rd_at(v, to) == '.' || rd_at(v, to) == ':';
}

/* user [DOMAIN]\[login]: `i` is the first bracket. */
static bool samba_login(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    uint32_t end = rd_skip(v, i + 1, i + 1 + MAX_LOGIN, RD_C_WORD);
    if (!rd_spells(v, end, "]\\["))
        return false;
    rd_value x = token_at(v, end + 3);
    if (rd_at(v, x.to) == ']')
        rd_value_judge(f, RD_KEY_LOGIN, x);
    return true;
}

/* Authentication of [login] was ... user [login]: the same in brackets before `from`. */
static void again_before(rd_find *f, uint32_t from, uint32_t to)
{
    const rd_view *v = &f->v;
    uint32_t n = to - from;
    for (uint32_t i = from - n - 2; n >= 3 && from - i < REACH + n && rd_at(v, i) >= ' '; i--) {
        uint32_t k = 0;
        while (k < n && rd_at(v, i + k) == rd_at(v, from + k))
            k++;
        if (k == n && rd_at(v, i - 1) == '[' && rd_at(v, i + n) == ']')
            rd_value_judge(f, RD_KEY_LOGIN, (rd_value){.from = i, .to = i + n, .quoted = true});
    }
}

/* user [login] -> [login], User <login>: `x` starts with the bracket. Returns false when it is neither. */
static bool bracketed_login(rd_find *f, uint32_t at, rd_value x)
{
    const rd_view *v = &f->v;
    uint8_t open = rd_at(v, x.from), close = open == '[' ? ']' : '>';
    uint32_t from = x.from + 1, to = rd_skip(v, from, from + MAX_LOGIN, RD_C_LOCAL);
    if ((open != '[' && open != '<') || rd_at(v, to) != close)
        return false;
    if (!rd_login_of_person(v, from, to) &&
        !word_before(v, at, "for authenticate authenticated authenticating") && !word_behind(v, to + 1, "ip"))
        return true;
    rd_value_judge(f, RD_KEY_LOGIN, (rd_value){.from = from, .to = to, .quoted = true});
    if (open == '[')
        again_before(f, from, to);
    from = to + 6;
    if (rd_spells(v, to, "] -> [") && rd_at(v, rd_skip(v, from, from + MAX_LOGIN, RD_C_LOCAL)) == ']')
        rd_value_judge(f, RD_KEY_LOGIN, token_at(v, from));
    return true;
}

/* "user <login>" where the sentence makes clear that a login follows. */
static void user(rd_find *f, uint32_t at, uint32_t behind_word)
{
    const rd_view *v = &f->v;
    rd_value x = token_at(v, behind_word);
    if ((rd_at(v, x.from) == '[' && samba_login(f, x.from)) || bracketed_login(f, at, x))
        return;
    uint32_t behind = x.to + x.quoted;
    static const char before[] =
        "for invalid unknown illegal by as authenticated authenticating from benutzer new of";
    static const char after[] =
        "from logged authenticated connected disconnected requested has signed "
        "failed via attempted host at on wurde password and depuis gesperrt mit con desde is "
        "rifiutato refus\xc3\xa9 poda\xc5\x82";
    bool said = word_before(v, at, before) || word_behind(v, behind, after) || x.quoted ||
                about_login(v, behind) || rd_login_of_person(v, x.from, x.to) ||
                (rd_at(v, at - 2) == ',' && x.to == v->hi);
    if (said && (!rd_is(rd_at(v, at - 1), RD_C_WORD) || rd_lower(rd_at(v, at)) != 'u' ||
                 rd_lower(rd_at(v, at + 1)) == 't')) /* Benutzer, utilisateur */
        rd_value_judge(f, RD_KEY_LOGIN, x);
}

/* "authentication failed for <login>": what is written like the login of a person. */
static void login_of_person(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    i += rd_spells(v, i, "cn=") ? 3 : 0;
    rd_value x = token_at(v, i);
    bool ends = rd_at(v, x.to) == ':' || word_behind(v, x.to, "from on via at") || x.to == v->hi;
    if (ends || rd_login_of_person(v, x.from, x.to))
        rd_value_judge(f, RD_KEY_LOGIN, x);
}

/* "authentication failed for", "login failed for": `at` is in the verb. */
static bool refused(const rd_view *v, uint32_t at)
{
    uint32_t i = rd_skip_back(v, at, 16, RD_C_ALPHA);
    if (!rd_word_in(v, i, at + 2, "failed denied refused rejected"))
        return false;
    return word_before(v, i, "authentication auth login logon bind access verification password");
}

/* nextPageToken, continuation_token: it says where to read on. `at` is behind the first letter of "token". */
static bool is_position(const rd_view *v, uint32_t at)
{
    uint32_t end = at - 1;
    end -= rd_at(v, end - 1) == '_' || rd_at(v, end - 1) == '-' || rd_at(v, end - 1) == ' ';
    return rd_spells_nocase(v, end - 4, "page") || rd_spells_nocase(v, end - 4, "next") ||
           rd_spells_nocase(v, end - 12, "continuation");
}

/* username x privilege 15 secret value, enable secret value, of routers: `word` is at "secret" or "password".
 * Behind them stands any value. */
static bool in_router_line(const rd_view *v, uint32_t word)
{
    uint32_t end = word - 1, from = rd_skip_back(v, end, MAX_WORDS, RD_C_ALNUM);
    if (rd_at(v, end) != ' ')
        return false;
    bool level = rd_skip(v, from, end, RD_C_DIGIT) == end && rd_spells(v, from - 10, "privilege ");
    uint32_t login = rd_skip_back(v, end, MAX_LOGIN, RD_C_LOCAL);
    bool named =
        rd_spells(v, login - 9, "username ") && !rd_word_in(v, login, end, "and or is the your a with");
    return level || named || rd_spells(v, end - 6, "enable");
}

static void router_value(rd_find *f, uint32_t i)
{
    static const char words[] =
        "for of is in on the to and or has was not recovery rotation reset change changed policy "
        "level encryption hash key keys value required disabled enabled expired";
    const rd_view *v = &f->v;
    uint32_t from = i + (rd_is(rd_at(v, i), RD_C_DIGIT) && rd_at(v, i + 1) == ' ' ? 2 : 0), to = from;
    while (to - from < REACH && rd_at(v, to) > ' ' && rd_at(v, to) != '"' && rd_at(v, to) != '\'')
        to++;
    bool sentence =
        rd_skip(v, from, to, RD_C_LOWER) == to && rd_at(v, to) == ' ' && rd_is(rd_at(v, to + 1), RD_C_ALPHA);
    if (to - from >= 4 && !sentence && !rd_word_in(v, from, to, words) && !rd_placeholder(v, from, to))
        rd_emit(f, RD_DETECTOR_PASSWORD, from, to, 0, 0);
}

/* "token <value>", "secret <value>", "secret 5 <value>" of routers: twenty characters or more of mixed
 * case, or 32 hexadecimal digits, or what stands behind the digit. */
static void token_behind(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t i = at + 5;
    if (is_position(v, at))
        return;
    if (rd_spells(v, at - 2, "secret") && in_router_line(v, at - 2)) {
        router_value(f, i);
        return;
    }
    bool digit = rd_is(rd_at(v, i), RD_C_DIGIT) && rd_at(v, i + 1) == ' ' && rd_lower(rd_at(v, at)) == 'c';
    uint32_t to = i += digit ? 2 : 0;
    uint32_t n_digits = 0, n_upper = 0, n_lower = 0, n_hex = 0;
    for (; to - i < REACH && (rd_is(rd_at(v, to), RD_C_TOKEN) || rd_at(v, to) == '+' || rd_at(v, to) == '/' ||
                              rd_at(v, to) == '=' || (digit && rd_at(v, to) == '$'));
         to++) {
        n_digits += rd_is(rd_at(v, to), RD_C_DIGIT);
        n_upper += rd_is(rd_at(v, to), RD_C_UPPER);
        n_lower += rd_is(rd_at(v, to), RD_C_LOWER);
        n_hex += rd_is(rd_at(v, to), RD_C_HEX) || rd_at(v, to) == '-';
    }
    while (to > i && (rd_at(v, to - 1) == '.' || rd_at(v, to - 1) == '/'))
        to--;
    bool random = (n_upper > 1 && n_lower > 1 && to - i >= 20) || (n_hex == to - i && n_hex >= 32);
    if (n_digits < 2 || n_upper + n_lower < 2 || !(random || (digit && to - i >= 6)) ||
        rd_placeholder(v, i, to))
        return;
    rd_emit(f, digit ? RD_DETECTOR_PASSWORD : RD_DETECTOR_SECRET, i, to, 0, 0);
}

static void emit_quoted_or_opaque(rd_find *f, uint32_t i)
{
    rd_value x;
    if (rd_value_read(&f->v, i, 256, &x) && (x.quoted || rd_opaque(&f->v, x.from, x.to, 6)))
        rd_value_judge(f, RD_KEY_PASSWORD, (rd_value){.from = x.from, .to = x.to, .quoted = x.quoted});
}

/* PASSWORD 'value', password s3cret: without quotes only what has letters and digits, so that prose stays. */
static void bare_password(rd_find *f, uint32_t i)
{
    rd_value x = token_at(&f->v, i);
    bool letters = false, digits = false;
    uint32_t key = rd_skip(&f->v, i, i + MAX_WORDS, RD_C_LOWER);
    if (key > i && rd_at(&f->v, key) == '=')
        return; /* password version=15 */
    while (!x.quoted && x.to - x.from < MAX_LOGIN && rd_at(&f->v, x.to) > ' ' && rd_at(&f->v, x.to) != '"')
        x.to++; /* what ends a login may be a part of a password */
    for (uint32_t k = x.from; k < x.to; k++) {
        letters |= rd_is(rd_at(&f->v, k), RD_C_ALPHA);
        digits |= rd_is(rd_at(&f->v, k), RD_C_DIGIT);
    }
    if (x.quoted || (letters && digits && x.to - x.from >= 6))
        emit_quoted_or_opaque(f, i);
}

/* "... set to 'value'", "... auf "value" zurueckgesetzt": the first quoted text behind such a word on the
 * line. */
static void said_later(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    for (uint32_t limit = i + REACH; i < limit && rd_at(v, i) >= ' '; i++) {
        uint8_t c = rd_at(v, i);
        if (c != '"' && c != '\'' && c != '`')
            continue;
        if (word_before(v, i, "to auf is as en a naar op til till su em") || rd_spells(v, i - 2, "= ")) {
            rd_value x = token_at(v, i);
            if (rd_at(v, x.to) == c && rd_skip(v, x.from, x.to, RD_C_DIGIT) < x.to)
                rd_value_judge(f, RD_KEY_PASSWORD, x);
            return;
        }
    }
}

/* PASSWORD('value'), password.......value: `i` is behind the word. */
static bool other_separator(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    uint32_t dots = i;
    while (rd_at(v, dots) == '.' && dots - i < REACH)
        dots++;
    uint32_t at = dots - i >= 3 ? dots : i + 1;
    bool call = rd_at(v, i) == '(' && (rd_at(v, at) == '\'' || rd_at(v, at) == '"');
    rd_value x;
    if ((!call && at != dots) || !rd_value_read(v, at, 256, &x))
        return false;
    x.prose = false;
    rd_value_judge(f, RD_KEY_PASSWORD, x);
    if (call && rd_spells(v, x.to + 1, ", ") && rd_value_read(v, x.to + 3, 256, &x) && x.quoted)
        rd_value_judge(f, RD_KEY_PASSWORD, x); /* changeUserPassword("login", "value") */
    return true;
}

/* "password errata=value", "password supplied: value": the key goes on behind the word. */
static bool qualified_password(rd_find *f, uint32_t i)
{
    static const char words[] =
        "errata sbagliata incorrecta errada incorrecte falsch wrong supplied provided entered used "
        "tried given attempted submitted new old current temporary generated default initial plain";
    const rd_view *v = &f->v;
    uint32_t end = rd_skip(v, i, i + 16, RD_C_ALPHA);
    uint8_t mark = rd_at(v, end);
    rd_value x;
    if ((mark != '=' && mark != ':') || !rd_word_in(v, i, end, words) || !rd_value_read(v, end + 1, 256, &x))
        return false;
    rd_value_judge(f, RD_KEY_PASSWORD, x);
    return true;
}

/* machine host login <login> password: a line of .netrc; `i` is at "password". */
static void netrc_login(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    uint32_t to = rd_skip_back(v, i, MAX_WORDS, RD_C_SPACE),
             from = rd_skip_back(v, to, MAX_LOGIN, RD_C_LOCAL);
    uint32_t key = rd_skip_back(v, from, MAX_WORDS, RD_C_SPACE);
    if (to == i || from == key || !rd_spells(v, key - 5, "login"))
        return;
    uint32_t host = rd_skip_back(v, key - 5, MAX_WORDS, RD_C_SPACE);
    host = rd_skip_back(v, host, REACH, RD_C_LOCAL);
    if (word_before(v, host, "machine"))
        rd_value_judge(f, RD_KEY_LOGIN, (rd_value){.from = from, .to = to, .quoted = true});
}

/* "password for <login>", "password is <value>", PASSWORD 'value' */
static void password(rd_find *f, uint32_t behind)
{
    const rd_view *v = &f->v;
    if (rd_at(v, behind) == ' ' && qualified_password(f, behind + 1))
        return;
    if (rd_at(v, behind) == ' ' && rd_spells(v, behind - 8, "password") && in_router_line(v, behind - 8))
        router_value(f, behind + 1);
    if (rd_at(v, behind) == '(' || rd_spells(v, behind, "..")) {
        (void)other_separator(f, behind);
    } else if (rd_spells_nocase(v, behind, " for ")) {
        login_from(f, behind + 5);
        said_later(f, behind + 5);
    } else if (rd_spells_nocase(v, behind, " is "))
        emit_quoted_or_opaque(f, behind + 4);
    else if (rd_spells_nocase(v, behind, " is: "))
        rd_value_judge(f, RD_KEY_PASSWORD, token_at(v, behind + 5));
    else if (rd_spells_nocase(v, behind, " changed for "))
        login_of_person(f, behind + 13);
    else if (rd_at(v, behind) == ' ' && rd_is(rd_at(v, behind + 1), RD_C_DIGIT) &&
             rd_at(v, behind + 2) == ' ')
        bare_password(f, behind + 3); /* password 7 <value>, of routers */
    else if (rd_spells_nocase(v, behind, " to ") && rd_at(v, behind - 9) == '_')
        rd_value_judge(f, RD_KEY_PASSWORD, token_at(v, behind + 4)); /* root_password to ...: no sentence */
    else if (rd_spells_nocase(v, behind, " to "))
        emit_quoted_or_opaque(f, behind + 4);
    else if (rd_at(v, behind) == ' ' || rd_at(v, behind) == '\t') {
        netrc_login(f, behind - 8);
        rd_value login = token_at(v, behind + 1); /* PASSWORD login = value */
        if (rd_spells(v, login.to, " = "))
            rd_value_judge(f, RD_KEY_PASSWORD, token_at(v, login.to + 3));
        bare_password(f, behind + 1);
    }
}

/* Passwort, Kennwort: `i` is behind the word. */
static void german_password(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    if (rd_at(v, i) == ' ')
        bare_password(f, i + 1); /* Kennwort 'value' */
    if (rd_spells(v, i, " f\xc3\xbcr ")) {
        i += 6;
        for (unsigned n = 0; n < 2 && (rd_spells(v, i, "Benutzer ") || rd_spells(v, i, "Nutzer ")); n++)
            i += rd_at(v, i) == 'B' ? 9 : 7;
        rd_value x = token_at(v, i);
        if (x.quoted || word_behind(v, x.to, "wurde ist von auf nicht falsch"))
            rd_value_judge(f, RD_KEY_LOGIN, x);
    }
    said_later(f, i);
}

/* IDENTIFIED BY 'value', IDENTIFIED WITH x AS 'value', IDENTIFIED BY PASSWORD 'value' */
static void identified(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    for (uint32_t n = 0; n < 48; n++, i++) {
        uint8_t c = rd_at(v, i);
        if (c == '\'' || c == '"') {
            emit_quoted_or_opaque(f, i);
            return;
        }
        if (!rd_is(c, RD_C_ALNUM | RD_C_SPACE) && c != '_' && c != '\\')
            return;
    }
}

/* 192.0.2.1 - login [22/Dec/2023:...: the third field of the common log format; `at` is the space before '['.
 */
static void common_log(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t from = at;
    while (at - from <= MAX_LOGIN && rd_at(v, from - 1) > ' ')
        from--;
    if (rd_at(v, at + 4) == '/' && rd_at(v, from - 1) == ' ' && rd_at(v, from - 2) == '-' &&
        rd_at(v, from - 3) == ' ')
        rd_value_judge(f, RD_KEY_LOGIN, (rd_value){.from = from, .to = at});
}

/* National numbers have no mark of their own: seven digits or more, and written as telephone numbers are. */
static bool phone_shaped(const rd_view *v, uint32_t from, uint32_t to, uint32_t digits)
{
    uint8_t first = rd_at(v, from);
    bool trunk = first == '0' && rd_at(v, from + 1) != '.' && digits >= 8 && digits <= 14;
    bool marked = (first == '(' || first == '+') && digits >= 7;
    bool joined = rd_skip(v, from, to, RD_C_DIGIT) < to && digits >= 9 && digits <= 12;
    return trunk || marked || joined;
}

static void number_behind(rd_find *f, uint32_t i, bool any)
{
    const rd_view *v = &f->v;
    for (uint32_t limit = i + PHONE_REACH; i < limit; i++) {
        uint8_t c = rd_at(v, i);
        if (rd_is(c, RD_C_DIGIT) || (c == '(' && !rd_is(rd_at(v, i + 1), RD_C_ALPHA)) || c == '+')
            break;
        if (c == '(' || c == ')')
            continue; /* (home) */
        if (!rd_is(c, RD_C_ALPHA | RD_C_UTF8) && c != ' ' && c != ':' && c != '.' && c != '#')
            return;
    }
    uint32_t digits = 0, start = i + (rd_at(v, i) == '+'), end = rd_phone_end(v, start, &digits);
    uint8_t before = rd_at(v, i - 1);
    if (end == 0 || (before != ' ' && before != ':') || (!any && !phone_shaped(v, i, end, digits)) ||
        digits < 7)
        return;
    if (rd_at(v, end) == ':' || (rd_at(v, end) == '.' && rd_is(rd_at(v, end + 1), RD_C_DIGIT)))
        return;
    rd_emit(f, RD_DETECTOR_PHONE, i, end, rd_phone_head(v, i), 2);
}

/* "rappelez-moi au 06 ...", "rufen Sie zurueck: 06 ..." with its umlaut: `at` is in the word. */
static bool call_back(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    if (rd_spells(v, at - 5, "rappelez-moi "))
        number_behind(f, at + 8, false);
    else if (rd_spells(v, at - 6,
                       "zur\xc3\xbc"
                       "ck: 0"))
        number_behind(f, at + 2, false);
    else
        return false;
    return true;
}

static void phone_words(rd_find *f, uint32_t at)
{
    static const char *const words[] = {"tel.-nr",
                                        "telnr",
                                        "telefonnr",
                                        "mobilnr",
                                        "nruf von",
                                        "nruf an",
                                        "nruf auf",
                                        "ckruf unter",
                                        "ckruf bei",
                                        "phone number",
                                        "phone",
                                        "telefonnummer",
                                        "telefon",
                                        "telephone",
                                        "tel",
                                        "mobile number",
                                        "mobile",
                                        "mobilnummer",
                                        "mobil",
                                        "call from",
                                        "call to",
                                        "called",
                                        "calling",
                                        "callback",
                                        "call",
                                        "caller",
                                        "sms to",
                                        "sms",
                                        "fax",
                                        "dialed",
                                        "dialing",
                                        "rufnummer",
                                        "tsapp",
                                        "telefono",
                                        "r\xc3\xbc"
                                        "ckruf an",
                                        "ckruf an",
                                        "t\xc3\xa9l\xc3\xa9phone",
                                        "t\xc3\xa9l",
                                        "cell is",
                                        "cell",
                                        "tel\xc3\xa9"
                                        "fono"};
    const rd_view *v = &f->v;
    bool tail = rd_spells_nocase(v, at, "rufn") || rd_spells(v, at, "ckru") || /* Rückrufnummer */
                rd_spells(v, at, "nruf");                                      /* Anruf */
    if (!tail && rd_is(rd_at(v, at - 1), RD_C_LOWER))
        return;
    for (unsigned w = 0; w < sizeof words / sizeof words[0]; w++) {
        if (rd_lower(rd_at(v, at)) != (uint8_t)words[w][0])
            continue;
        uint32_t n = (uint32_t)strlen(words[w]);
        uint8_t behind = rd_at(v, at + n);
        if ((behind == ' ' || behind == ':' || behind == '.') && rd_spells_nocase(v, at, words[w])) {
            number_behind(f, at + n, false);
            return;
        }
    }
}

/* "my number is ..." */
static void number_is(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    if (!rd_spells_nocase(v, at - 5, "number is"))
        return;
    static const char others[] =
        "card account order serial id case ticket tracking invoice reference part model version "
        "bank policy member customer flight line";
    uint32_t i = at - 6;
    for (unsigned n = 0; n < 3; n++) {
        uint32_t from = rd_skip_back(v, i, 16, RD_C_ALPHA);
        if (from == i || rd_word_in(v, from, i, others))
            return;
        if (rd_word_in(v, from, i, "my our his her phone mobile contact telephone cell")) {
            number_behind(f, at + 4, true);
            return;
        }
        i = from - 1;
    }
}

/* "meine neue Nummer ist ...": `at` is in the word, behind its first letter. */
static void german_number(rd_find *f, uint32_t at)
{
    if (word_before(&f->v, at - 1, "neue meine seine ihre deine unsere neuen meiner"))
        number_behind(f, at + 5, false);
}

/* # User@Host: login[login] @ host [address] */
static void mysql_login(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    uint32_t open = rd_skip(v, i, i + MAX_LOGIN, RD_C_LOCAL),
             close = rd_skip(v, open + 1, open + MAX_LOGIN, RD_C_LOCAL);
    if (rd_at(v, open) != '[' || rd_at(v, close) != ']')
        return;
    rd_value_judge(f, RD_KEY_LOGIN, (rd_value){.from = i, .to = open, .quoted = true});
    rd_value_judge(f, RD_KEY_LOGIN, (rd_value){.from = open + 1, .to = close, .quoted = true});
}

/* sudo: login : TTY=... */
static void sudo(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    for (uint32_t n = 0; n < MAX_WORDS && (rd_at(v, i) == ' ' || rd_at(v, i) == ':'); n++)
        i++;
    rd_value x = token_at(v, i);
    if (rd_spells(v, x.to, " : "))
        rd_value_judge(f, RD_KEY_LOGIN, x);
}

/* requirepass value, masterauth value, auth-pass name value, of Redis and its sentinels. */
static void directive(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    rd_value x, second;
    if (!rd_value_read(v, i, REACH, &x))
        return;
    bool named = rd_spells_nocase(v, i - 7, "h-pass ") && rd_at(v, x.to) == ' ' &&
                 rd_value_read(v, x.to, REACH, &second);
    x = named ? second : x;
    x.prose = true;
    rd_value_judge(f, RD_KEY_PASSWORD, x);
}

/* "... owned by login on \\HOST": spoolers and file systems. */
static void owned(rd_find *f, uint32_t i)
{
    rd_value x = token_at(&f->v, i);
    if (word_behind(&f->v, x.to, "on from via at was") || rd_login_of_person(&f->v, x.from, x.to))
        rd_value_judge(f, RD_KEY_LOGIN, x);
}

/* [login] OK UPLOAD: Client "address", of vsftpd: `at` is the bracket. */
static void ftp_login(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t from = rd_skip_back(v, at, MAX_LOGIN, RD_C_LOCAL);
    uint32_t verb = rd_skip(v, at + 2, at + MAX_WORDS, RD_C_UPPER),
             what = rd_skip(v, verb + 1, verb + MAX_WORDS, RD_C_UPPER);
    if (rd_at(v, from - 1) == '[' && rd_at(v, verb) == ' ' && rd_spells(v, what, ": Client "))
        rd_value_judge(f, RD_KEY_LOGIN, (rd_value){.from = from, .to = at, .quoted = true});
}

/* Is it password, pass word, Losungswort, and not keyword, sword or Antwort? `first` has four letters. */
static bool ends_password(const rd_view *v, uint32_t word, const char *first)
{
    uint8_t before = rd_at(v, word - 1);
    bool apart = before == ' ' || before == '-' || before == '_';
    return rd_spells_nocase(v, word - 4 - apart, first);
}

static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    if (rd_spells_nocase(v, at, "word") && ends_password(v, at, "pass"))
        password(f, at + 4);
    else if (rd_spells_nocase(v, at, "username "))
        user(f, at, at + 9);
    else if (rd_spells_nocase(v, at, "isateur "))
        user(f, at, at + 8);
    else if (rd_spells_nocase(v, at, "utzer "))
        user(f, at, at + 6);
    else if (rd_spells(v, at, "ed for ") && refused(v, at))
        login_of_person(f, at + 7);
    else if (rd_spells_nocase(v, at, "oken ") || rd_spells_nocase(v, at, "cret "))
        token_behind(f, at);
    else if (rd_spells_nocase(v, at, "wd ") && rd_spells_nocase(v, at - 4, "pass"))
        rd_value_judge(f, RD_KEY_PASSWORD, token_at(v, at + 3)); /* passwd "value" */
    else if (rd_spells_nocase(v, at, "wort") &&
             (ends_password(v, at, "pass") || ends_password(v, at, "kenn") || ends_password(v, at, "ungs")))
        german_password(f, at + 4);
    else if (rd_spells_nocase(v, at, "user "))
        user(f, at, at + 5);
    else if (rd_spells_nocase(v, at, "user@host: "))
        mysql_login(f, at + 11);
    else if (rd_spells_nocase(v, at, "born") || rd_spells_nocase(v, at, "geb.") ||
             rd_spells_nocase(v, at, "dob "))
        rd_born(f, at + 4);
    else if (rd_spells_nocase(v, at, "birth"))
        rd_birth(f, at + 5);
    else if (rd_spells_nocase(v, at, "repass ") || rd_spells_nocase(v, at, "erauth ") ||
             rd_spells_nocase(v, at, "h-pass "))
        directive(f, at + 7);
    else if (rd_spells_nocase(v, at - 1, "geboren "))
        rd_born(f, at + 7);
    else if (rd_spells_nocase(v, at, "burtstag") || rd_spells_nocase(v, at, "burtsdat"))
        rd_born(f, at + 8);
    else if (rd_spells(v, at, "wned by "))
        owned(f, at + 8);
    else if (rd_at(v, at) == ']')
        ftp_login(f, at);
    else if (rd_spells(v, at, "sudo"))
        sudo(f, at + 4);
    else if (rd_spells_nocase(v, at, "ckey for "))
        login_from(f, at + 9);
    else if (rd_spells_nocase(v, at, "fied "))
        identified(f, at + 5);
    else if (rd_at(v, at) == ' ' && rd_at(v, at + 1) == '[')
        common_log(f, at);
    else if (rd_spells(v, at, "ailed: '"))
        failed_login(f, at);
    else if (rd_spells_nocase(v, at, "r is"))
        number_is(f, at);
    else if (rd_spells(v, at, "ummer "))
        german_number(f, at);
    else if (!call_back(f, at))
        phone_words(f, at);
}

static const rd_window windows[] = {
    {"word", true},       {"wort", true},       {"wd \\q", true},  {"user", true},      {"ckey", true},
    {"fied", true},       {" [\\d\\d", false},  {"r is", true},    {"phon", true},      {"tele", true},
    {"tel\\j", true},     {"mobi", true},       {"call", true},    {"dial", true},      {"rufn", true},
    {"tsap", true},       {"born", true},       {"birt", true},    {"ckru", false},     {"nruf \\l", false},
    {"geb.", true},       {"sudo", false},

    {"\\lboren ", true},  {"sms ", true},       {"burts", true},   {"dob ", true},      {"utze", true},
    {"oken", true},       {"cret", true},       {"isat", true},    {"ed f", false},     {"repass \\y", true},
    {"erauth \\y", true}, {"h-pass \\y", true}, {"tel\xc3", true}, {"lez-", false},     {"cell", true},
    {"k: 0", false},      {"t\xc3\xa9l", true}, {"ummer ", false}, {"ailed: '", false}, {"wned by", false},
    {"] OK \\u", false},  {"] FAIL ", false}};

const rd_matcher rd_match_phrases = {
    .yields = RD_BIT(PERSON_NAME) | RD_BIT(PASSWORD) | RD_BIT(SECRET) | RD_BIT(PHONE) | RD_BIT(DATE_OF_BIRTH),
    RD_WINDOWS(windows),
    .confirm = confirm,
};
