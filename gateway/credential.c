/* SPDX-License-Identifier: MIT */
#include "gateway/credential.h"

#include "filters/base/base64.h"

static rd_slice trim(rd_slice s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = (rd_slice){s.p + 1, s.n - 1};
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

/* token68 of RFC 9110: what both schemes have. */
static bool is_token68(rd_slice s)
{
    size_t n = s.n;
    while (n > 0 && s.p[n - 1] == '=')
        n--;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = s.p[i];
        bool letter = (uint8_t)((c | 0x20) - 'a') < 26, digit = (uint8_t)(c - '0') < 10;
        if (!letter && !digit && (c == 0 || strchr("-._~+/", c) == NULL))
            return false;
    }
    return n > 0 && s.n <= GW_CREDENTIAL_MAX;
}

gw_scheme gw_credential_scheme(rd_slice authorization, rd_slice *out_value)
{
    static const struct {
        rd_slice word;
        gw_scheme scheme;
    } schemes[] = {{{(const uint8_t *)"bearer", 6}, GW_SCHEME_BEARER},
                   {{(const uint8_t *)"basic", 5}, GW_SCHEME_BASIC}};
    size_t n = 0;
    if (authorization.n == 0)
        return GW_SCHEME_NONE;
    while (n < authorization.n && authorization.p[n] != ' ')
        n++;
    rd_slice word = {authorization.p, n};
    *out_value = trim((rd_slice){authorization.p + n, authorization.n - n});
    for (unsigned i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (rd_slice_eq_nocase(word, schemes[i].word))
            return is_token68(*out_value) ? schemes[i].scheme : GW_SCHEME_OTHER;
    }
    return GW_SCHEME_OTHER;
}

bool gw_credential_basic(rd_slice value, rd_buf *out, rd_slice *out_user, rd_slice *out_password)
{
    if (!rd_base64_decode(value, out) || out->n == 0)
        return false;
    const uint8_t *colon = memchr(out->p, ':', out->n);
    if (colon == NULL || memchr(out->p, '\0', out->n) != NULL)
        return false;
    size_t n = (size_t)(colon - out->p);
    *out_user = (rd_slice){out->p, n};
    *out_password = (rd_slice){colon + 1, out->n - n - 1};
    return n > 0 && out_password->n > 0;
}

unsigned gw_credential_header(const gw_head *h, const char *name, rd_slice *out_value)
{
    rd_slice want = rd_slice_str(name);
    const uint8_t *p = h->fields.p, *end = p + h->fields.n;
    unsigned found = 0;
    while (p < end) {
        const uint8_t *line_end = memchr(p, '\r', (size_t)(end - p));
        size_t n = (size_t)((line_end != NULL ? line_end : end) - p);
        if (n > want.n && p[want.n] == ':' && rd_slice_eq_nocase((rd_slice){p, want.n}, want) && found++ == 0)
            *out_value = trim((rd_slice){p + want.n + 1, n - want.n - 1});
        p += n + 2 < (size_t)(end - p) ? n + 2 : (size_t)(end - p);
    }
    return found;
}
