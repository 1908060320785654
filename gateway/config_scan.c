/* SPDX-License-Identifier: MIT */
/* Addresses and URLs: RFC 3986 section 3.2 as far as http(s) endpoints need it; header names: RFC 9110
 * section 5.6.2. */
#include "gateway/config_scan.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <strings.h>

enum { HOST_MAX = 253, NAME_MAX_LEN = 64, TENANT_MAX = 150 };

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define ALNUM  LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS

typedef struct unit_row {
    const char *word;
    uint64_t factor;
} unit_row;

/* Largest first: gw_write_number takes the first that divides. */
static const unit_row ms_units[] = {{"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}, {NULL, 0}};
static const unit_row second_units[] = {{"h", 3600}, {"m", 60}, {"s", 1}, {NULL, 0}};
static const unit_row byte_units[] = {{"TiB", UINT64_C(1) << 40},
                                      {"GiB", 1 << 30},
                                      {"MiB", 1 << 20},
                                      {"KiB", 1 << 10},
                                      {"B", 1},
                                      {"", 1},
                                      {NULL, 0}};
static const unit_row no_units[] = {{"", 1}, {NULL, 0}};

static const struct {
    const unit_row *units;
    const char *phrase;
} units[] = {
    [GW_UNIT_NONE] = {no_units, "must be a whole number"},
    [GW_UNIT_MS] = {ms_units, "must be a duration like 250ms, 10s, 5m or 1h"},
    [GW_UNIT_SECONDS] = {second_units, "must be a duration in whole seconds like 10s, 5m or 1h"},
    [GW_UNIT_BYTES] = {byte_units, "must be a size like 64KiB, 20MiB, 2GiB or a number of bytes"},
};

/* Decimal digits at the start of `s`; their count, 0: none, too many, or a leading zero (octal to some). */
static size_t scan_digits(const char *s, uint64_t *out)
{
    size_t n = strspn(s, DIGITS);
    uint64_t v = 0;
    if (n == 0 || n > 19 || (n > 1 && s[0] == '0'))
        return 0;
    for (size_t i = 0; i < n; i++)
        v = v * 10 + (uint64_t)(s[i] - '0');
    *out = v;
    return n;
}

const char *gw_scan_number(const char *s, gw_unit unit, uint64_t *out)
{
    uint64_t v;
    size_t n = scan_digits(s, &v);
    if (n == 0)
        return units[unit].phrase;
    for (const unit_row *u = units[unit].units; u->word != NULL; u++) {
        if (strcmp(s + n, u->word) != 0)
            continue;
        if (v > UINT64_MAX / u->factor)
            return "is too large";
        *out = v * u->factor;
        return NULL;
    }
    return units[unit].phrase;
}

const char *gw_write_number(uint64_t v, gw_unit unit, gw_mem *mem)
{
    const unit_row *u = units[unit].units;
    while (u->factor > 1 && (v == 0 || v % u->factor != 0))
        u++;
    return gw_mem_format(mem, "%" PRIu64 "%s", v / u->factor, u->word);
}

const char *gw_scan_date(const char *s, time_t *out)
{
    static const char *const phrase = "must be a date like 2027-01-31";
    int part[3] = {0};
    static const int widths[3] = {4, 2, 2};
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < widths[i]; j++, s++) {
            if (*s < '0' || *s > '9')
                return phrase;
            part[i] = part[i] * 10 + (*s - '0');
        }
        if (*s != (i < 2 ? '-' : '\0'))
            return phrase;
        s += i < 2;
    }
    struct tm tm = {.tm_year = part[0] - 1900, .tm_mon = part[1] - 1, .tm_mday = part[2]};
    time_t t = timegm(&tm);
    /* timegm makes 1 March of 29 February: a date that changes is not in the calendar. */
    if (part[0] < 1971 || tm.tm_mon != part[1] - 1 || tm.tm_mday != part[2])
        return phrase;
    *out = t;
    return NULL;
}

const char *gw_write_date(time_t t, gw_mem *mem)
{
    struct tm tm;
    gmtime_r(&t, &tm);
    return gw_mem_format(mem, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

static bool is_v6(const char *s)
{
    struct in6_addr a;
    return inet_pton(AF_INET6, s, &a) == 1;
}

const char *gw_form_host(const char *s)
{
    size_t n = strlen(s);
    if (is_v6(s))
        return NULL;
    if (n == 0 || n > HOST_MAX || strspn(s, ALNUM ".-_") != n || s[0] == '-' || s[0] == '.')
        return "must be a host name or an IP address";
    return NULL;
}

/* host, [v6], host:port or [v6]:port. *out_port stays when there is none. */
static const char *scan_authority(const char *s, size_t n, gw_mem *mem, const char **out_host,
                                  uint16_t *out_port)
{
    const char *text = gw_mem_text(mem, s, n), *host, *rest;
    uint64_t port = 0;
    if (*text == '[') {
        size_t len = strcspn(text, "]");
        host = gw_mem_text(mem, text + 1, len - 1);
        rest = text[len] == ']' ? text + len + 1 : NULL;
        if (rest == NULL || !is_v6(host))
            return "must have an IPv6 address between the brackets";
    } else {
        size_t len = strcspn(text, ":");
        host = gw_mem_text(mem, text, len);
        rest = text + len;
        if (is_v6(text))
            return "must have the IPv6 address in brackets, like [::1]:4318";
        if (gw_form_host(host) != NULL)
            return "must name a host";
    }
    if (*rest == '\0') {
        *out_host = host;
        return NULL;
    }
    size_t digits = *rest == ':' ? scan_digits(rest + 1, &port) : 0;
    if (digits == 0 || rest[1 + digits] != '\0' || port > UINT16_MAX)
        return "must have a port from 0 to 65535 after the colon";
    *out_host = host;
    *out_port = (uint16_t)port;
    return NULL;
}

const char *gw_scan_address(const char *s, gw_mem *mem, gw_address *out)
{
    const char *host;
    uint16_t port = 0;
    size_t n = strlen(s);
    if (n == 0 || n > HOST_MAX + 8)
        return "must be host:port";
    if (*s == ':')
        return "must name a host; 0.0.0.0 and [::] stand for all addresses";
    const char *why = scan_authority(s, n, mem, &host, &port);
    if (why != NULL)
        return why;
    size_t end = n;
    while (end > 0 && strchr(DIGITS, s[end - 1]) != NULL)
        end--;
    if (end == n || end == 0 || s[end - 1] != ':')
        return "must be host:port";
    *out = (gw_address){host, port};
    return NULL;
}

const char *gw_form_url_path(const char *s)
{
    size_t n = strlen(s);
    if (s[0] != '/' || n > 512)
        return "must be a path that starts with a slash";
    if (strspn(s, ALNUM "/-._~!$&'()*+,;=:@%") != n)
        return "must be a plain path: no query, no fragment, no spaces";
    if (strstr(s, "//") != NULL || strstr(s, "/./") != NULL || strstr(s, "/../") != NULL ||
        (n >= 2 && strcmp(s + n - 2, "/.") == 0) || (n >= 3 && strcmp(s + n - 3, "/..") == 0))
        return "must not hold empty or dot segments";
    return NULL;
}

const char *gw_scan_url(const char *s, gw_mem *mem, gw_url *out)
{
    bool tls = strncasecmp(s, "https://", 8) == 0;
    if (!tls && strncasecmp(s, "http://", 7) != 0)
        return "must be an http:// or https:// URL";
    s += tls ? 8 : 7;
    if (strchr(s, '@') != NULL)
        return "must not hold a user or password; use `headers` for credentials";
    if (strpbrk(s, "?#") != NULL)
        return "must not have a query or fragment";
    size_t n = strcspn(s, "/");
    const char *path = s + n, *host;
    uint16_t port = tls ? 443 : 80;
    const char *why = scan_authority(s, n, mem, &host, &port);
    if (why != NULL)
        return why;
    if (port == 0)
        return "must have a port from 1 to 65535 after the colon";
    why = *path != '\0' ? gw_form_url_path(path) : NULL;
    if (why != NULL)
        return why;
    size_t len = strlen(path);
    *out = (gw_url){.host = host,
                    .path = gw_mem_text(mem, path, len - (len > 0 && path[len - 1] == '/')),
                    .port = port,
                    .tls = tls};
    return NULL;
}

const char *gw_form_name(const char *s)
{
    size_t n = strlen(s);
    return n > 0 && n <= NAME_MAX_LEN && strspn(s, ALNUM "_-") == n
               ? NULL
               : "must be a name of 1 to 64 letters, digits, _ or -";
}

const char *gw_form_rule_name(const char *s)
{
    size_t n = strlen(s);
    return n > 0 && n <= NAME_MAX_LEN && strspn(s, LOWER DIGITS "_-") == n
               ? NULL
               : "must be a name of 1 to 64 lower-case letters, digits, _ or -";
}

const char *gw_form_digest_id(const char *s)
{
    size_t n = strlen(s);
    return n > 0 && n <= 8 && strspn(s, LOWER) > 0 && strspn(s, LOWER DIGITS) == n
               ? NULL
               : "must be 1 to 8 lower-case letters and digits, a letter first";
}

const char *gw_form_sha256(const char *s)
{
    size_t n = strlen(s);
    return n == 64 && strspn(s, DIGITS "abcdef") == n ? NULL : "must be 64 hex digits in lower case";
}

const char *gw_form_digest_prefix(const char *s)
{
    size_t n = strlen(s);
    return n > 0 && n <= 24 && strspn(s, LOWER DIGITS "_") == n
               ? NULL
               : "must be 1 to 24 lower-case letters, digits and _";
}

const char *gw_form_workspace(const char *s)
{
    size_t n = strlen(s);
    bool dots = strcmp(s, ".") == 0 || strcmp(s, "..") == 0;
    return n > 0 && n <= TENANT_MAX && !dots && strspn(s, ALNUM "!-_.*'()") == n
               ? NULL
               : "must be 1 to 150 letters, digits or !-_.*'()";
}

/* Written by the HTTP client itself, or about one connection only. */
static const char *const own_headers[] = {"connection",
                                          "keep-alive",
                                          "proxy-connection",
                                          "proxy-authenticate",
                                          "proxy-authorization",
                                          "te",
                                          "trailer",
                                          "transfer-encoding",
                                          "upgrade",
                                          "host",
                                          "expect"};

const char *gw_form_header_name(const char *s)
{
    size_t n = strlen(s);
    if (n == 0 || n > NAME_MAX_LEN || strspn(s, ALNUM "!#$%&'*+-.^_`|~") != n)
        return "must be a header name: letters, digits and -";
    if (strncasecmp(s, "content-", 8) == 0)
        return "must not be one of the Content-* headers, which redactd writes itself";
    for (size_t i = 0; i < sizeof own_headers / sizeof own_headers[0]; i++) {
        if (strcasecmp(s, own_headers[i]) == 0)
            return "must not be a header of the connection, which redactd writes itself";
    }
    return NULL;
}

const char *gw_form_zone(const char *s)
{
    char path[256];
    static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
    if (s[0] == '/' || s[strspn(s, chars)] != '\0' || strlen(s) > 64)
        return "must be the name of a time zone, such as Europe/Berlin";
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", s);
    return access(path, R_OK) == 0 ? NULL : "is no time zone that this machine knows (package tzdata)";
}

const char *gw_form_header_value(const char *s)
{
    size_t n = strlen(s);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if ((c < 0x20 && c != '\t') || c >= 0x7f)
            return "must be visible ASCII text, without line breaks";
    }
    if (n > 0 && (strchr(" \t", s[0]) != NULL || strchr(" \t", s[n - 1]) != NULL))
        return "must not start or end with a space";
    return NULL;
}

const char *gw_form_successor(const char *s)
{
    if (s[0] == '/')
        return gw_form_url_path(s);
    bool http = strncasecmp(s, "https://", 8) == 0 || strncasecmp(s, "http://", 7) == 0;
    if (!http || strspn(s, ALNUM "/-._~!$&'()*+,;=:@%?#[]") != strlen(s))
        return "must be a path or an http(s) URL";
    return NULL;
}

const char *gw_form_origin(const char *s)
{
    static const char *const phrase = "must be * or an origin like https://app.example.org, without a path";
    gw_mem scratch = {0};
    gw_url url;
    if (strcmp(s, "*") == 0)
        return NULL;
    const char *scheme_end = strstr(s, "://");
    bool has_path = scheme_end == NULL || strchr(scheme_end + 3, '/') != NULL;
    const char *why = gw_scan_url(s, &scratch, &url);
    gw_mem_release(&scratch);
    return has_path || why != NULL ? phrase : NULL;
}

/* A single letter would stand in nearly every text. */
const char *gw_form_context(const char *s)
{
    size_t n = strlen(s);
    return n >= 2 && n <= 64 ? NULL : "must be a word of 2 to 64 bytes";
}
