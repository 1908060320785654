/* SPDX-License-Identifier: MIT */
/*
 * Values of the headers Authorization (RFC 9110, 11.6.2), Cookie and Set-Cookie (RFC 6265), wherever they
 * stand: as a header, as an attribute or in another object. What the server needs to be understood stays
 * readable: schemes, names of cookies, their attributes and settings such as theme=dark.
 */
#include "filters/detect/header_values.h"

#include "filters/detect/opaque.h"
#include "filters/detect/private_key.h"

enum {
    MAX_WORD = 64,
    MAX_PARAMETERS = 4096,
    MAX_HEADER = 1 << 14,
    MAX_SLASHES = 16,
    MAX_DATE = 40,
    MAX_GAP = 4,
    MAX_NAME = 256,
    MAX_KEYS = 4,
    MAX_PATH_WORD = 12,
    MAX_LIST = 4096
};
/* Values of cookies with innocent names: from which length those with a digit go, those that look random
 * though they may be no cookies, and any. */
enum { LONG_VALUE = 8, RANDOM_VALUE = 20, ANY_VALUE = 256 };

/* ---- Authorization ---- */

/* What logs say of an authorization, and names of its ways: no credential. Sorted. */
static bool says_how(const rd_view *v, uint32_t from, uint32_t to)
{
    static const char *const words[] = {
        "abac",       "absent",       "accepted",    "active",    "allow",       "allowed", "alwaysallow",
        "alwaysdeny", "anonymous",    "apikey",      "basic",     "bearer",      "checked", "checking",
        "complete",   "completed",    "default",     "denied",    "deny",        "digest",  "disabled",
        "enabled",    "error",        "expired",     "failed",    "failure",     "for",     "forbidden",
        "from",       "granted",      "header",      "invalid",   "is",          "jwt",     "ldap",
        "local",      "missing",      "mtls",        "negotiate", "no",          "node",    "not",
        "ntlm",       "oauth",        "oauth2",      "off",       "ok",          "oidc",    "on",
        "optional",   "passed",       "pending",     "present",   "public",      "rbac",    "rejected",
        "request",    "required",     "revoked",     "role",      "roles",       "set",     "skip",
        "skipped",    "started",      "succeeded",   "success",   "successful",  "system",  "the",
        "token",      "unauthorized", "unavailable", "unknown",   "unsupported", "user",    "using",
        "valid",      "verified",     "webhook"};
    return RD_LISTED(v, from, to, words);
}

static bool is_scheme(const rd_view *v, uint32_t from, uint32_t to)
{
    static const char *const schemes[] = {"api-key",   "apikey",        "aws",         "aws4-hmac-sha256",
                                          "basic",     "bearer",        "bot",         "concealed",
                                          "digest",    "dpop",          "geniekey",    "gnap",
                                          "hawk",      "hmac",          "hoba",        "jwt",
                                          "key",       "mutual",        "negotiate",   "ntlm",
                                          "oauth",     "privatetoken",  "scram-sha-1", "scram-sha-256",
                                          "sharedkey", "sharedkeylite", "signature",   "splunk",
                                          "ssws",      "token",         "vapid",       "x-api-key"};
    return RD_LISTED(v, from, to, schemes);
}

/* Class{...}, call(...), package.Class@1f2e, https://...: code or a place. */
static bool is_code(const rd_view *v, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to && i < from + MAX_WORD; i++) {
        uint8_t c = rd_at(v, i);
        if (c == '(' || c == '{' || rd_spells(v, i, "://") ||
            (c == '@' && i + 9 >= to && rd_skip(v, i + 1, to, RD_C_HEX) == to))
            return true;
    }
    return false;
}

/* One word without a scheme. */
static bool is_credential(const rd_view *v, uint32_t from, uint32_t to)
{
    return to - from >= 3 && !rd_placeholder(v, from, to) && !says_how(v, from, to) &&
           !is_code(v, from, to) && (rd_skip(v, from, to, RD_C_DIGIT) < to || to - from >= 6);
}

/* Does the value go on at `i`, behind its first word? Not with the next `key=value`; also with what a mask
 * may have left of a credential. */
static bool goes_on(const rd_view *v, uint32_t i)
{
    uint8_t first = rd_at(v, i + 1);
    if (rd_at(v, i) != ' ' || (!rd_is(first, RD_C_WORD) && first != '*' && first != '[' && first != '<' &&
                               first != '{' && first != '$'))
        return false;
    uint32_t end = rd_skip(v, i + 1, i + 1 + MAX_WORD, RD_C_WORD);
    while (rd_at(v, end) == '_' || rd_at(v, end) == '.')
        end = rd_skip(v, end + 1, i + 1 + MAX_WORD, RD_C_WORD);
    uint8_t behind = rd_at(v, end + 1);
    return rd_at(v, end) != '=' || behind <= ' ' || behind == '=';
}

static void emit_secret(rd_find *f, uint32_t from, uint32_t to)
{
    rd_emit(f, RD_DETECTOR_SECRET, from, to, 0, 0);
}

/* Parameters up to the end of the line: their values are signatures, nonces and names. */
static uint32_t parameters_end(const rd_view *v, uint32_t from, uint32_t end)
{
    for (uint32_t i = end; i < from + MAX_PARAMETERS; i++) {
        uint8_t c = rd_at(v, i);
        if (c < ' ')
            break;
        end = c == ' ' ? end : i + 1;
    }
    return end;
}

/* Of a header. */
typedef struct pair {
    uint32_t name, name_end, from, to; /* name=value */
    bool is_pair;                      /* no: just a word */
} pair;

/* Over a quote with its backslashes. */
static uint32_t skip_quote(const rd_view *v, uint32_t i)
{
    uint32_t end = i;
    for (uint32_t n = 0; n < MAX_SLASHES && rd_at(v, end) == '\\'; n++)
        end++;
    return rd_at(v, end) == '"' ? end + 1 : i;
}

/* Does [from, to) consist of short words of small letters, as a path or a realm may? A longer one, one with
 * digits or a query may be a token or tell who somebody is. */
static bool is_plain_path(const rd_view *v, uint32_t from, uint32_t to)
{
    uint32_t word = from;
    for (uint32_t i = from; i < to; i++) {
        uint8_t c = rd_at(v, i);
        bool joins = c == '/' || c == '-' || c == '_';
        word = joins ? i : word;
        if ((!joins && !rd_is(c, RD_C_LOWER)) || i - word > MAX_PATH_WORD)
            return false;
    }
    return true;
}

/* What a server must be told to check a credential, and that is none. */
static bool is_setting(const rd_view *v, const pair *p)
{
    return rd_word_in(v, p->name, p->name_end,
                      "qop nc algorithm charset stale signedheaders headers oauth_version "
                      "oauth_signature_method oauth_timestamp") ||
           (rd_word_in(v, p->name, p->name_end, "realm uri") && is_plain_path(v, p->from, p->to));
}

/* The value of the parameter that starts at `i`, with its name before an equals sign; false: it is none. */
static bool read_parameter(const rd_view *v, uint32_t i, uint32_t to, pair *out)
{
    *out = (pair){.name = i, .name_end = i};
    while (out->name_end < to && rd_is(rd_at(v, out->name_end), RD_C_RUN))
        out->name_end++;
    if (out->name_end == i || rd_at(v, out->name_end) != '=')
        return false;
    out->from = skip_quote(v, out->name_end + 1);
    bool quoted = out->from > out->name_end + 1;
    out->to = out->from;
    while (out->to < to && (quoted ? rd_at(v, out->to) != '"' && rd_at(v, out->to) != '\\'
                                   : rd_at(v, out->to) != ',' && rd_at(v, out->to) != ' '))
        out->to++;
    return true;
}

/* Credential=AKIA.../date/region, SignedHeaders=..., Signature=...: of each what is no setting. False: they
 * are not all of that form. */
static bool judge_parameters(rd_find *f, uint32_t from, uint32_t to, bool emits)
{
    const rd_view *v = &f->v;
    for (uint32_t i = from; i < to;) {
        pair p;
        if (!read_parameter(v, i, to, &p))
            return false;
        bool credential = rd_word_in(v, p.name, p.name_end, "credential");
        uint32_t end = p.from;
        while (end < p.to && (!credential || rd_at(v, end) != '/'))
            end++;
        bool id = credential && (rd_spells(v, p.from, "AKIA") || rd_spells(v, p.from, "ASIA"));
        if (emits && !id && !is_setting(v, &p) && !rd_placeholder(v, p.from, end))
            emit_secret(f, p.from, end);
        i = skip_quote(v, p.to);
        while (i < to && (rd_at(v, i) == ',' || rd_at(v, i) == ' '))
            i++;
    }
    return true;
}

/* What follows the scheme [x.from, scheme), up to the end of the value or line. */
static void behind_scheme(rd_find *f, rd_value x, uint32_t scheme, bool parameters)
{
    const rd_view *v = &f->v;
    bool known = is_scheme(v, x.from, scheme);
    rd_value rest = {.from = scheme + 1, .to = x.to, .quoted = true};
    if (!known && rd_opaque(v, x.from, scheme, 6))
        emit_secret(f, x.from, scheme);
    if (!x.quoted && !rd_value_read(v, scheme + 1, MAX_PARAMETERS, &rest))
        return;
    if (parameters && !x.quoted)
        rest.to = parameters_end(v, rest.from, rest.to);
    if (rest.from >= rest.to)
        return;
    if (parameters && judge_parameters(f, rest.from, rest.to, false)) {
        (void)judge_parameters(f, rest.from, rest.to, true);
        return;
    }
    bool plain = known && (x.quoted || !goes_on(v, rest.to)) && is_credential(v, rest.from, rest.to);
    if (parameters || plain || rd_opaque(v, rest.from, rest.to, 6))
        emit_secret(f, rest.from, rest.to);
}

void rd_judge_authorization(rd_find *f, rd_value x)
{
    const rd_view *v = &f->v;
    uint32_t scheme = x.from;
    while (scheme < x.to && (rd_is(rd_at(v, scheme), RD_C_ALNUM) || rd_at(v, scheme) == '-'))
        scheme++;
    if (rd_at(v, scheme) == '=' && rd_word_in(v, x.from, scheme, "key token apikey"))
        x.from = scheme + 1; /* key=value, of Firebase */
    bool parameters = rd_word_in(v, x.from, scheme, "digest aws4-hmac-sha256 oauth signature hmac");
    if (scheme > x.from && rd_at(v, scheme) == ' ' && (x.quoted || parameters || goes_on(v, scheme)))
        behind_scheme(f, x, scheme, parameters);
    else if (is_credential(v, x.from, x.to))
        emit_secret(f, x.from, x.to);
}

/* ---- Cookie and Set-Cookie ---- */

static bool ends_name(uint8_t c)
{
    return c <= ' ' || c == '=' || c == ';' || c == ',' || c == '"' || c == '\'' || c == '\\' || c == '<';
}

/* Of backslashes only those of quotes and line ends end a value; \u003d is a part of it. */
static bool ends_value(const rd_view *v, uint32_t i)
{
    uint8_t c = rd_at(v, i), next = rd_at(v, i + 1);
    if (c == '\\')
        return next == 'n' || next == 'r' || next == 't' || next == '"' || next == '\'' || next == '\\';
    return c <= ' ' || c == ';' || c == '"' || c == '\'' || c == '<';
}

static bool is_attribute(const rd_view *v, uint32_t from, uint32_t to)
{
    return rd_word_in(v, from, to,
                      "path expires max-age samesite domain priority version $path $domain $version");
}

/* sid, connect.sid, SAPISID, SIDCC; not sidebar. */
static bool holds_sid(const rd_view *v, uint32_t i, uint32_t from, uint32_t to)
{
    if (!rd_spells_nocase(v, i, "sid"))
        return false;
    return i + 3 == to || rd_is(rd_at(v, i), RD_C_UPPER) ||
           (i == from && !rd_is(rd_at(v, i + 3), RD_C_LOWER));
}

/* Does the name say that the value lets somebody in, or who it is? */
static bool tells(const rd_view *v, uint32_t from, uint32_t to)
{
    static const char *const parts[] = {"sess",     "auth",  "token",  "csrf",   "xsrf",      "jwt",
                                        "remember", "login", "ticket", "secret", "credential"};
    for (uint32_t i = from; i < to; i++) {
        if (holds_sid(v, i, from, to))
            return true;
        for (unsigned k = 0; k < sizeof parts / sizeof parts[0]; k++) {
            if (rd_spells_nocase(v, i, parts[k]))
                return true;
        }
    }
    return false;
}

/* Does the value hold a digit, or pairs of its own, which nobody looks at again? */
static bool holds_data(const rd_view *v, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        uint8_t c = rd_at(v, i), next = rd_at(v, i + 1);
        bool inner =
            (c == '=' && i + 1 < to && next != '=') || (c == ':' && next != '/') || (c == '%' && next == '3');
        if (inner || (rd_is(c, RD_C_DIGIT) && to - from >= LONG_VALUE))
            return true;
    }
    return to - from > ANY_VALUE;
}

/* A pair; `sure`: it is one of the header, not of what may follow it. */
static void cookie_pair(rd_find *f, const pair *p, bool sure)
{
    const rd_view *v = &f->v;
    if (is_attribute(v, p->name, p->name_end) || rd_placeholder(v, p->from, p->to))
        return;
    rd_key_class cls = rd_key_class_of(f->keys, v, p->name_end);
    bool nested = cls == RD_KEY_COOKIE || cls == RD_KEY_AUTH;
    if (!nested && rd_value_judge(f, cls, (rd_value){.from = p->from, .to = p->to, .quoted = true}))
        return;
    bool secret =
        nested || (cls >= RD_KEY_PASSWORD && cls <= RD_KEY_SESSION) || tells(v, p->name, p->name_end);
    if (secret || (sure ? holds_data(v, p->from, p->to) : rd_opaque(v, p->from, p->to, RANDOM_VALUE)))
        rd_emit(f, RD_DETECTOR_SESSION, p->from, p->to, 0, 0);
}

/* A word that is no pair: HttpOnly, or all of a cookie header in an attribute. Not a counter. */
static void cookie_word(rd_find *f, uint32_t from, uint32_t to)
{
    const rd_view *v = &f->v;
    bool counter = rd_spells_nocase(v, from, "0x") || rd_skip(v, from, to, RD_C_DIGIT) == to;
    if (!counter && rd_opaque(v, from, to, LONG_VALUE))
        rd_emit(f, RD_DETECTOR_SESSION, from, to, 0, 0);
}

/*
 * What is found in a header is masked, and a mask is one word, whatever the find was. So that the header is
 * read as it will be read the second time, finds of several words count as one: a private key, and words up
 * to a semicolon, which may be a telephone number.
 */
static uint32_t skip_key(const rd_view *v, uint32_t i, uint32_t limit, uint32_t *n_keys)
{
    if (rd_at(v, i) != '-' || !rd_spells(v, i, "-----BEGIN") || *n_keys == MAX_KEYS)
        return i;
    ++*n_keys; /* each is looked through to its end */
    uint32_t end = rd_private_key_end(v, i + 5);
    return end > i && end <= limit ? end : i;
}

static uint32_t skip_words(const rd_view *v, uint32_t i, uint32_t limit)
{
    uint32_t end = i;
    while (end < limit && end - i < MAX_NAME && (!ends_name(rd_at(v, end)) || rd_at(v, end) == ' '))
        end++;
    return rd_at(v, end) == ';' && end < limit ? end : i;
}

/* Reads the pair or word at `i`, before `limit`, and returns what is behind it. */
static uint32_t read_pair(const rd_view *v, uint32_t i, uint32_t limit, uint32_t *n_keys, pair *p)
{
    *p = (pair){.name = i};
    i = skip_key(v, i, limit, n_keys);
    while (i < limit && i - p->name < MAX_NAME && !ends_name(rd_at(v, i)))
        i++;
    p->name_end = p->from = p->to = i;
    if (i >= limit || rd_at(v, i) != '=')
        return i;
    p->is_pair = true;
    p->from = skip_quote(v, i + 1);
    for (p->to = skip_key(v, p->from, limit, n_keys); p->to < limit && !ends_value(v, p->to);)
        p->to++;
    i = p->from > p->name_end + 1 ? skip_quote(v, p->to) : p->to;
    if (!rd_word_in(v, p->name, p->name_end, "expires"))
        return i;
    for (uint32_t n = 0; n < MAX_DATE && i < limit && rd_at(v, i) != ';' && rd_at(v, i) != ','; n++)
        i++; /* "Wed, 21 Oct 2015 07:28:00 GMT": behind the first comma */
    return i;
}

/* Behind a quote inside a value: where that goes on, if it does. */
static uint32_t resync(const rd_view *v, uint32_t i, uint32_t limit)
{
    uint32_t end = i;
    while (end < limit && end - i < MAX_NAME && rd_at(v, end) != ';' && !ends_value(v, end))
        end++;
    return end > i && rd_at(v, end) == ';' && rd_at(v, i) != ',' ? end : i;
}

/* Every byte is read once: f->resume goes over the pairs, whose values nobody else has to look at. */
void rd_judge_cookie(rd_find *f, rd_value x)
{
    const rd_view *v = &f->v;
    uint32_t limit = x.quoted ? x.to : x.from + MAX_HEADER, i = x.from;
    uint32_t n_keys = 0;
    bool sure = true;
    while (i < limit) {
        pair p;
        i = read_pair(v, i, limit, &n_keys, &p);
        if (p.is_pair)
            cookie_pair(f, &p, sure);
        else if (sure)
            cookie_word(f, p.name, p.name_end);
        f->resume = p.is_pair && p.to > f->resume ? p.to : f->resume;
        i = p.is_pair ? resync(v, i, limit) : skip_words(v, i, limit);
        uint8_t c = rd_at(v, i);
        sure = c == ';' || x.quoted;
        if (c != ';' && c != ' ' && c != ',')
            return;
        if (!p.is_pair && c != ';' && !x.quoted)
            return; /* a sentence */
        i = rd_skip(v, i + 1, i + 1 + MAX_GAP, RD_C_SPACE);
    }
}

/* [a=b; c=d] of Go, ["a=b", "c=d"] of JSON; `at` is the bracket. */
void rd_judge_header_list(rd_find *f, rd_key_class cls, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t i = at, end = at + 1;
    rd_value x;
    while (end < at + MAX_LIST / 4 && rd_at(v, end) >= ' ' && rd_at(v, end) != ']')
        end++;
    if (rd_at(v, at + 1) != '"' && rd_at(v, at + 1) != '\'' && rd_at(v, at + 1) != '\\') {
        x = (rd_value){.from = at + 1, .to = end, .quoted = true};
        if (x.from < x.to)
            rd_value_judge(f, cls, x);
        return;
    }
    while (i - at < MAX_LIST && rd_value_read(v, i, MAX_LIST, &x) && x.quoted) {
        rd_value_judge(f, cls, x);
        i = skip_quote(v, x.to);
        i += i == x.to; /* an apostrophe */
        if (rd_at(v, i) != ',')
            return;
        i = rd_skip(v, i + 1, i + 1 + MAX_GAP, RD_C_SPACE);
    }
}
