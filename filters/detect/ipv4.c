/* SPDX-License-Identifier: MIT */
/*
 * IPv4 addresses in dotted decimal (RFC 6943 section 3.1.1), also with port, prefix length or neighbours such
 * as
 * `/`, `-`, `_`, and "defanged" with [.] as in security reports.
 *
 * Kept readable: the first three parts. Left alone: this host, loopback and masks (0.0.0.0, 127/8,
 * 255.x.x.x), and dotted numbers that are versions or object identifiers: more or fewer than four parts, a
 * `v` or `~` before, a word like "release" or a browser's name before, a suffix like -rc1 behind.
 */
#include "filters/detect/opaque.h"
#include "filters/detect/value.h"

enum { MAX_VERSION_WORD = 16, MAX_LOGIN = 40 };

/* Words before versions; sorted. */
/* clang-format off */
static const char *const version_words[] = {
    "android", "applewebkit", "bios", "brave", "build", "chapter", "chrome", "chromium", "clause", "crios",
    "driver", "edg", "edge", "electron", "extension", "firefox", "firmware", "fw", "gecko",
    "headlesschrome", "ios", "ipados", "macos", "msie", "oid", "openssl", "opera", "opr", "paragraph",
    "release", "rev", "revision", "safari", "samsungbrowser", "sdk", "section", "snmpget", "snmpwalk",
    "thunderbird", "trident", "ucbrowser", "ver", "version", "vivaldi", "webkit", "yabrowser",
};
/* clang-format on */

static const char *const version_suffixes[] = {
    "snapshot", "beta",   "alpha", "rc",  "release", "final",  "eks",    "generic", "ga",
    "dev",      "alpine", "slim",  "el",  "fc",      "ubuntu", "debian", "hotfix",  "preview",
    "m1",       "m2",     "jre",   "jdk", "amd64",   "x86",    "arm",
};

/* The number of one to three digits at `i`, at most 255; returns its end, `i` when there is none. */
static uint32_t octet_end(const rd_view *v, uint32_t i)
{
    uint32_t value = 0, k = i;
    while (k < i + 3 && rd_is(rd_at(v, k), RD_C_DIGIT))
        value = value * 10 + rd_at(v, k++) - '0';
    return value <= 255 && !rd_is(rd_at(v, k), RD_C_DIGIT) ? k : i;
}

/* A dot or [.] at `i`; returns its end, `i` when there is none. */
static uint32_t dot_end(const rd_view *v, uint32_t i)
{
    if (rd_at(v, i) == '.')
        return i + 1;
    return rd_spells(v, i, "[.]") ? i + 3 : i;
}

/* Does the word that ends before `end` announce a version? */
static bool version_before(const rd_view *v, uint32_t end)
{
    uint32_t i = end;
    for (uint32_t n = 0; n < 4 && rd_at(v, i - 1) != 0; n++) {
        uint8_t c = rd_at(v, i - 1);
        if (c != ' ' && c != '=' && c != ':' && c != '/' && c != '"' && c != '(')
            break;
        i--;
    }
    i -= i == end && rd_at(v, i - 1) == '-' && rd_spells_nocase(v, i - 3, "fw");
    uint32_t from = rd_skip_back(v, i, MAX_VERSION_WORD, RD_C_ALPHA);
    return from < i && (rd_spells_nocase(v, i - 7, "version") || RD_LISTED(v, from, i, version_words) ||
                        rd_spells_nocase(v, i - 8, "snmp get"));
}

/* "4.7.9.56 does not match 4.0.0.0": the last part of what is compared with a version is 0. */
static bool other_version(const rd_view *v, uint32_t from)
{
    return rd_spells(v, from - 7, " match ") && rd_spells(v, from + 1, ".0.0.0");
}

static bool version_behind(const rd_view *v, uint32_t end)
{
    uint8_t c = rd_at(v, end);
    if (c != '-' && c != '+' && c != '.')
        return false;
    for (uint32_t w = 0; w < sizeof version_suffixes / sizeof version_suffixes[0]; w++) {
        if (rd_spells_nocase(v, end + 1, version_suffixes[w]))
            return true;
    }
    /* name-1.2.3.4.jar */
    return c == '.' && rd_is(rd_at(v, end + 1), RD_C_ALPHA) &&
           rd_is(rd_at(v, end + 4), RD_C_ALPHA) == false && rd_is(rd_at(v, end + 3), RD_C_ALPHA);
}

/* 192.0.2.1.443 > 198.51.100.7.50000: as tcpdump and pf write ports. */
static bool port_behind(const rd_view *v, uint32_t from, uint32_t to)
{
    uint32_t end = rd_skip(v, to + 1, to + 6, RD_C_DIGIT);
    return rd_spells(v, end, " > ") || (rd_at(v, end) == ':' && rd_spells(v, from - 3, " > "));
}

static bool edges_fit(const rd_view *v, uint32_t from, uint32_t to)
{
    uint8_t before = rd_at(v, from - 1), behind = rd_at(v, to);
    bool option =
        rd_is(before, RD_C_ALPHA) && rd_at(v, from - 2) == '-' && rd_at(v, from - 3) == ' '; /* -h192.0.2.1 */
    if ((rd_is(before, RD_C_ALNUM) && !option) || before == '~' || rd_is(behind, RD_C_ALNUM))
        return false;
    if (before == '.' && rd_is(rd_at(v, from - 2), RD_C_ALNUM))
        return false;
    return !(behind == '.' && rd_is(rd_at(v, to + 1), RD_C_DIGIT) && !port_behind(v, from, to)) &&
           !(behind == '*' && rd_at(v, to - 1) == '.');
}

/* login/192.0.2.1:1194 TLS: ..., of OpenVPN: what stands behind the port tells it from host/address of Java.
 */
static void vpn_login(rd_find *f, uint32_t slash, uint32_t i)
{
    static const char words[] =
        "multi multi_sva push tls verify sent peer pid plugin_call outgoing incoming data control "
        "sigterm sigusr connection authenticate replay tcpv tls_error";
    const rd_view *v = &f->v;
    uint32_t port = rd_skip(v, i + 1, i + 6, RD_C_DIGIT),
             from = rd_skip_back(v, slash, MAX_LOGIN, RD_C_LOCAL);
    uint32_t word = port + 1, to = word;
    while (to - word < MAX_VERSION_WORD && (rd_is(rd_at(v, to), RD_C_ALPHA) || rd_at(v, to) == '_'))
        to++;
    if (rd_at(v, i) == ':' && rd_at(v, port) == ' ' && port > i + 1 && rd_at(v, from - 1) <= ' ' &&
        rd_word_in(v, word, to, words))
        rd_value_judge(f, RD_KEY_LOGIN, (rd_value){.from = from, .to = slash, .quoted = true});
}

/* GET /path - 443 CORP\login 192.0.2.1, of IIS (W3C extended log): the user's name stands between port and
 * address. */
static void w3c_login(rd_find *f, uint32_t end)
{
    const rd_view *v = &f->v;
    uint32_t from = rd_skip_back(v, end, MAX_LOGIN, RD_C_LOCAL), field = from;
    if (from == end)
        return;
    bool domain = rd_at(v, from - 1) == '\\';
    if (domain)
        field = rd_skip_back(v, from - 1, MAX_LOGIN, RD_C_RUN);
    uint32_t port = rd_skip_back(v, field - 1, 5, RD_C_DIGIT);
    if (rd_at(v, field - 1) == ' ' && port < field - 1 && rd_at(v, port - 1) == ' ' &&
        (domain ? field < from - 1 : rd_spells(v, port - 3, " - ")))
        rd_value_judge(f, RD_KEY_LOGIN, (rd_value){.from = from, .to = end, .quoted = true});
}

static void address(rd_find *f, uint32_t from, uint32_t to, uint32_t last)
{
    uint8_t before = rd_at(&f->v, from - 1);
    rd_emit(f, RD_DETECTOR_IPV4, from, to, last - from, 0);
    if (before == '/')
        vpn_login(f, from - 1, to);
    else if (before == ' ' && rd_is(rd_at(&f->v, from - 2), RD_C_LOWER | RD_C_DIGIT))
        w3c_login(f, from - 1);
}

static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t from = rd_skip_back(v, at, 3, RD_C_DIGIT), i = at + 1;
    if (octet_end(v, from) != i)
        return;
    uint32_t part[4] = {from};
    for (unsigned k = 1; k < 4; k++) {
        part[k] = dot_end(v, i);
        i = part[k] == i ? i : octet_end(v, part[k]);
        if (i == part[k] || part[k] == 0 || !rd_is(rd_at(v, part[k]), RD_C_DIGIT))
            return;
    }
    if (!edges_fit(v, from, i))
        return;
    f->resume = i;
    bool unspecified = i - from == 7 && rd_spells(v, from, "0.0.0.0");
    if (unspecified || rd_spells(v, from, "127.") || rd_spells(v, from, "255."))
        rd_refuse(f, RD_DETECTOR_IPV4, from, i, "not_a_host");
    else if (version_before(v, from) || other_version(v, from) || version_behind(v, i))
        rd_refuse(f, RD_DETECTOR_IPV4, from, i, "version");
    else
        address(f, from, i, part[3]);
}

static const rd_window windows[] = {{"\\d.\\d\\.\\.\\.\\.", false}, {"\\d[.]", false}};

const rd_matcher rd_match_ipv4 = {
    .yields = RD_BIT(IPV4) | RD_BIT(PERSON_NAME), RD_WINDOWS(windows), .confirm = confirm};
