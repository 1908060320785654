/* SPDX-License-Identifier: MIT */
/* Any line as each written form of a value: what is read can be written, and is read from that as the same;
 * parts lie within what was said; a network holds its own address. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filters/act/template.h"
#include "gateway/config_scan.h"
#include "gateway/peer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

static void check_number(const char *s, gw_unit unit, gw_mem *mem)
{
    uint64_t v = 7, again = 8;
    if (gw_scan_number(s, unit, &v) != NULL) {
        require(v == 7, "nothing is written on failure");
        return;
    }
    require(gw_scan_number(gw_write_number(v, unit, mem), unit, &again) == NULL && again == v,
            "what is written is read again");
}

static void check_date(const char *s, gw_mem *mem)
{
    time_t t, again;
    if (gw_scan_date(s, &t) == NULL)
        require(gw_scan_date(gw_write_date(t, mem), &again) == NULL && again == t, "a date is read again");
}

static bool is_plain(const char *s)
{
    for (; *s != '\0'; s++) {
        if ((unsigned char)*s <= ' ' || *s == 0x7f)
            return false;
    }
    return true;
}

static void check_address(const char *s, gw_mem *mem)
{
    gw_address a, again;
    if (gw_scan_address(s, mem, &a) != NULL)
        return;
    require(a.host[0] != '\0' && strlen(a.host) < strlen(s) && is_plain(a.host), "an address has a host");
    require(strpbrk(a.host, "[]/@") == NULL, "and nothing else in it");
    bool v6 = strchr(a.host, ':') != NULL;
    char *text = gw_mem_format(mem, v6 ? "[%s]:%u" : "%s:%u", a.host, (unsigned)a.port);
    require(gw_scan_address(text, mem, &again) == NULL && strcmp(again.host, a.host) == 0 &&
                again.port == a.port,
            "an address is read again");
}

static void check_url(const char *s, gw_mem *mem)
{
    gw_url u;
    if (gw_scan_url(s, mem, &u) != NULL)
        return;
    size_t n = strlen(u.path);
    require(u.host[0] != '\0' && is_plain(u.host) && strpbrk(u.host, "[]/@?#") == NULL, "a URL has a host");
    require(u.port != 0, "and a port");
    require(n == 0 || (u.path[0] == '/' && u.path[n - 1] != '/'),
            "its path begins with a slash and ends without");
    require(is_plain(u.path) && strpbrk(u.path, "?#") == NULL, "and has no query");
    require(u.tls == (s[4] == 's' || s[4] == 'S'), "https is TLS");
}

static void check_network(const char *s)
{
    gw_network n;
    if (!gw_network_parse(s, &n))
        return;
    require(n.bits <= 128 && gw_network_has(&n, n.address), "a network holds its address");
    for (unsigned bit = 0; bit < 128; bit++) {
        uint8_t other[16];
        memcpy(other, n.address, sizeof other);
        other[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
        require(gw_network_has(&n, other) == (bit >= n.bits), "and what differs behind its prefix only");
    }
}

static void check_template(const char *s)
{
    static const rd_template_values values = {.rule = "rule", .detector = "detector"};
    if (rd_template_why(s) != NULL)
        return;
    char *texts[RD_LENGTH_CLASSES];
    for (unsigned c = 0; c < RD_LENGTH_CLASSES; c++) {
        texts[c] = rd_template_expand(s, &values, c);
        if (texts[c] == NULL)
            abort();
    }
    require(rd_template_has_length(s) == (strcmp(texts[0], texts[1]) != 0),
            "it has a length, or says the same");
    for (unsigned c = 0; c < RD_LENGTH_CLASSES; c++)
        free(texts[c]);
}

/* What goes into a header that we write has no control character in it but tabs (RFC 9110). */
static void check_forms(const char *s)
{
    gw_form *const of_headers[] = {gw_form_workspace, gw_form_header_name, gw_form_header_value,
                                   gw_form_url_path,  gw_form_successor,   gw_form_origin,
                                   gw_form_host,      gw_form_name,        gw_form_label_name};
    gw_form *const others[] = {gw_form_rule_name,   gw_form_digest_id,  gw_form_digest_prefix,
                               gw_form_context,     gw_form_sha256,     gw_form_attribute_name,
                               gw_form_identity,    gw_form_token_hash, gw_form_password,
                               gw_form_certificate, gw_form_zone};
    for (unsigned i = 0; i < sizeof of_headers / sizeof of_headers[0]; i++) {
        bool ok = of_headers[i](s) == NULL;
        for (const char *p = s; ok && *p != '\0'; p++)
            require(((unsigned char)*p >= ' ' || *p == '\t') && *p != 0x7f,
                    "no control characters in headers");
    }
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++) {
        const char *why = others[i](s);
        require(why == NULL || why[0] != '\0', "a reason");
    }
    gw_network n;
    require((gw_form_network(s) == NULL) == gw_network_parse(s, &n), "form and parser say the same");
}

static void check_line(const char *s)
{
    gw_mem mem = {0};
    for (unsigned unit = GW_UNIT_NONE; unit <= GW_UNIT_BYTES; unit++)
        check_number(s, (gw_unit)unit, &mem);
    check_date(s, &mem);
    check_address(s, &mem);
    check_url(s, &mem);
    check_network(s);
    check_template(s);
    check_forms(s);
    gw_mem_release(&mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t at = 0; at <= size;) {
        const uint8_t *end = at < size ? memchr(data + at, '\n', size - at) : NULL;
        size_t n = (end != NULL ? (size_t)(end - data) : size) - at;
        char *line = malloc(n + 1);
        if (line == NULL)
            abort();
        if (n > 0)
            memcpy(line, data + at, n);
        line[n] = '\0';
        check_line(line);
        free(line);
        at += n + 1;
    }
    return 0;
}
