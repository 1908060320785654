/* SPDX-License-Identifier: MIT */
/*
 * The written forms of values: numbers with units, dates, addresses, URLs, names. Pure text in, value out;
 * what is wrong is said with a literal phrase that completes "`key` ..." and never repeats the text.
 */
#ifndef GW_CONFIG_SCAN_H
#define GW_CONFIG_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "gateway/config_mem.h"

/* Unit of a number in the file. The value is always in the smallest: milliseconds, seconds, bytes. */
typedef enum gw_unit { GW_UNIT_NONE, GW_UNIT_MS, GW_UNIT_SECONDS, GW_UNIT_BYTES } gw_unit;

/* Each returns NULL when fine, else the phrase; outputs are written only when fine. */
const char *gw_scan_number(const char *s, gw_unit unit, uint64_t *out);
const char *gw_scan_date(const char *s, time_t *out);

typedef struct gw_address {
    const char *host; /* without brackets; in `mem` */
    uint16_t port;
} gw_address;

/* "host:port" or "[v6]:port". */
const char *gw_scan_address(const char *s, gw_mem *mem, gw_address *out);

typedef struct gw_url {
    const char *host, *path; /* path without trailing slash, "" if none; in `mem` */
    uint16_t port;
    bool tls;
} gw_url;

const char *gw_scan_url(const char *s, gw_mem *mem, gw_url *out);

/* Writes a number the way gw_scan_number reads it, in the largest unit that divides it. */
const char *gw_write_number(uint64_t v, gw_unit unit, gw_mem *mem);
const char *gw_write_date(time_t t, gw_mem *mem);

/* Forms of text: NULL when `s` is one, else the phrase. */
typedef const char *gw_form(const char *s);
const char *gw_form_name(const char *s);      /* letters, digits, '_', '-': 1 to 64 */
const char *gw_form_rule_name(const char *s); /* the same in lower case */
const char *gw_form_digest_id(const char *s); /* a letter, then letters and digits, lower case: 1 to 8 */
const char *gw_form_digest_prefix(const char *s);
const char *gw_form_context(const char *s);
const char *gw_form_sha256(const char *s);         /* 64 hex digits, lower case */
const char *gw_form_label_name(const char *s);     /* as Prometheus and Loki take one; no __ in front */
const char *gw_form_attribute_name(const char *s); /* the same with dots and dashes */
const char *gw_form_identity(const char *s);       /* a word of GW_IDENTITY_SOURCES */
const char *gw_form_token_hash(const char *s);     /* as gw_form_sha256, or *** */
const char *gw_form_password(const char *s);       /* user:$argon2id$v=19$m=..,t=..,p=..$salt$hash, or *** */
const char *gw_form_certificate(const char *s);    /* a name as peer.h writes them */
const char *gw_form_network(const char *s);        /* an address or a network */
const char *gw_form_workspace(const char *s);      /* what Loki and Mimir take as a tenant */
const char *
gw_form_header_name(const char *s); /* RFC 9110 token, not one the HTTP client itself must write */
const char *gw_form_header_value(const char *s); /* visible text */
const char *gw_form_zone(const char *s);         /* name of a file of the system's time zones */
const char *gw_form_url_path(const char *s);     /* "/a/b": no query, no dot segments */
const char *gw_form_successor(const char *s);    /* path or http(s) URL that can stand in a Link header */
const char *gw_form_origin(const char *s);       /* "*" or scheme://host[:port] */
const char *gw_form_host(const char *s);         /* host name or IPv4 or IPv6 address */

#endif
