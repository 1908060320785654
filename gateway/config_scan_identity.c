/* SPDX-License-Identifier: MIT */
/* The written forms of credentials in the configuration. */
#include "gateway/config_scan.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config.h"

/* What one verification may take: memory in KiB, passes, lanes. */
enum { MAX_MEMORY_KIB = 256 << 10, MAX_PASSES = 16, MAX_LANES = 8, MIN_MEMORY_KIB = 8 << 10 };

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS  "0123456789"

static bool is_name(const char *s, const char *more)
{
    size_t n = strlen(s), m = 0;
    if (n == 0 || n > 128 || strchr(LETTERS "_", s[0]) == NULL || strncmp(s, "__", 2) == 0)
        return false;
    while (m < n && (strchr(LETTERS DIGITS "_", s[m]) != NULL || strchr(more, s[m]) != NULL))
        m++;
    return m == n;
}

const char *gw_form_label_name(const char *s)
{
    return is_name(s, "") ? NULL : "must be a label name: letters, digits and _, no digit and no __ in front";
}

const char *gw_form_attribute_name(const char *s)
{
    return is_name(s, ".-") ? NULL
                            : "must be an attribute name: letters, digits, _, . and -, no digit in front";
}

const char *gw_form_identity(const char *s)
{
    static const char *const words[] = {
#define X(name, word) word,
        GW_IDENTITY_SOURCES(X)
#undef X
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(s, words[i]) == 0)
            return NULL;
    }
    return "must be one of certificate, bearer, basic, jwt, header";
}

static bool take(const char **s, const char *word)
{
    size_t n = strlen(word);
    if (strncmp(*s, word, n) != 0)
        return false;
    *s += n;
    return true;
}

static bool take_number(const char **s, unsigned long min, unsigned long max)
{
    char *end;
    if (**s < '1' || **s > '9')
        return false;
    unsigned long v = strtoul(*s, &end, 10);
    *s = end;
    return v >= min && v <= max;
}

static bool take_base64(const char **s, size_t min)
{
    size_t n = strspn(*s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    *s += n;
    return n >= min && n <= 128;
}

/* *** stands in a dump, and is nobody's. */
const char *gw_form_token_hash(const char *s)
{
    return strcmp(s, "***") == 0 ? NULL : gw_form_sha256(s);
}

const char *gw_form_password(const char *s)
{
    static const char *const phrase = "must be USER:HASH with a hash that `redactd password hash` made "
                                      "($argon2id$v=19$m=...,t=...,p=...$...)";
    size_t n = strcspn(s, ":");
    if (strcmp(s, "***") == 0) /* of a dump: nobody's password */
        return NULL;
    if (n == 0 || n > 64 || s[n] != ':')
        return phrase;
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)s[i] <= 0x20 || (unsigned char)s[i] >= 0x7f)
            return phrase;
    }
    s += n + 1;
    bool ok = take(&s, "$argon2id$v=19$m=") && take_number(&s, MIN_MEMORY_KIB, MAX_MEMORY_KIB) &&
              take(&s, ",t=") && take_number(&s, 1, MAX_PASSES) && take(&s, ",p=") &&
              take_number(&s, 1, MAX_LANES) && take(&s, "$") && take_base64(&s, 11) && take(&s, "$") &&
              take_base64(&s, 22) && *s == '\0';
    return ok ? NULL : phrase;
}

const char *gw_form_certificate(const char *s)
{
    static const char *const kinds[] = {"subject:", "dns:", "uri:", "email:"};
    if (strncmp(s, "sha256:", 7) == 0)
        return gw_form_sha256(s + 7);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strncmp(s, kinds[i], strlen(kinds[i])) == 0 && s[strlen(kinds[i])] != '\0')
            return NULL;
    }
    return "must be subject:..., dns:..., uri:..., email:... or sha256:...";
}

const char *gw_form_network(const char *s)
{
    unsigned char address[16];
    char host[64];
    const char *slash = strchr(s, '/');
    size_t n = slash != NULL ? (size_t)(slash - s) : strlen(s);
    if (n == 0 || n >= sizeof host)
        return "must be an address or a network like 10.0.0.0/8";
    memcpy(host, s, n);
    host[n] = '\0';
    bool v4 = inet_pton(AF_INET, host, address) == 1;
    if (!v4 && inet_pton(AF_INET6, host, address) != 1)
        return "must be an address or a network like 10.0.0.0/8";
    if (slash == NULL)
        return NULL;
    char *end;
    unsigned long bits = strtoul(slash + 1, &end, 10), all = v4 ? 32 : 128;
    if (slash[1] < '0' || slash[1] > '9' || *end != '\0' || bits > all ||
        (slash[1] == '0' && slash[2] != '\0'))
        return "must have a prefix length after the slash";
    for (unsigned long i = bits; i < all; i++) {
        if (address[i / 8] >> (7 - i % 8) & 1)
            return "must not have bits behind its prefix; write the network's first address";
    }
    return NULL;
}
