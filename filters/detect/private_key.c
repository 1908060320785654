/* SPDX-License-Identifier: MIT */
/*
 * Private keys in PEM (RFC 7468), OpenSSH and PGP armour, with real, escaped (\n, \\n) or lost line breaks.
 * All from BEGIN to END is hidden; without an END, all that can belong to the key.
 */
#include "filters/detect/private_key.h"

enum { MAX_KEY = 1 << 16, MAX_ARMOUR = 1 << 14, MAX_LABEL = 40 };

/* End of "-----BEGIN <label>PRIVATE KEY<...>-----" whose "BEGIN" is at `i`; 0 when it is not that. */
static uint32_t header_end(const rd_view *v, uint32_t i)
{
    bool private_key = false;
    uint32_t k = i + 5;
    for (; k < i + MAX_LABEL; k++) {
        uint8_t c = rd_at(v, k);
        private_key |= c == 'P' && rd_spells(v, k, "PRIVATE KEY");
        if (!rd_is(c, RD_C_UPPER | RD_C_DIGIT) && c != ' ' && c != '_')
            break;
    }
    if (!private_key || rd_at(v, k) != '-')
        return 0;
    while (rd_at(v, k) == '-')
        k++;
    return k;
}

/* base64, armour headers ("Proc-Type: 4,ENCRYPTED"), line breaks in any spelling. */
static bool in_body(uint8_t c)
{
    return rd_is(c, RD_C_ALNUM | RD_C_SPACE) || c == '+' || c == '/' || c == '=' || c == '\\' || c == ':' ||
           c == ',' || c == '-' || c == '.' || c == '(' || c == ')' || c == '%' || c == '"' || c == '\'';
}

/* Where the armour's last line ends, 0 when there is none near. What stands before the lines may be anything.
 */
static uint32_t armour_end(const rd_view *v, uint32_t body)
{
    for (uint32_t i = body; i < body + MAX_ARMOUR; i++) {
        uint8_t c = rd_at(v, i);
        if (c == 0)
            return 0;
        if (c != '-' || !rd_spells(v, i, "-----END"))
            continue;
        i += 8;
        while (rd_is(rd_at(v, i), RD_C_UPPER | RD_C_DIGIT) || rd_at(v, i) == ' ')
            i++;
        while (rd_at(v, i) == '-')
            i++;
        return i;
    }
    return 0;
}

static uint32_t body_end(const rd_view *v, uint32_t body)
{
    uint32_t last = body;
    for (uint32_t i = body; i < body + MAX_KEY && in_body(rd_at(v, i)); i++) {
        uint8_t c = rd_at(v, i);
        if (rd_is(c, RD_C_ALNUM) || c == '=' || c == '+' || c == '/')
            last = i + 1;
    }
    return last;
}

/* expected line "-----BEGIN PRIVATE KEY-----" but found ...: the header in quotes that close right behind it,
 * and a word then. */
static bool only_named(const rd_view *v, uint32_t body)
{
    uint8_t quote = rd_at(v, body);
    uint32_t to = rd_skip(v, body + 2, body + MAX_LABEL, RD_C_LOWER);
    return (quote == '"' || quote == '\'' || quote == '`') && rd_at(v, body + 1) == ' ' && to > body + 2 &&
           rd_at(v, to) == ' ';
}

uint32_t rd_private_key_end(const rd_view *v, uint32_t at)
{
    uint32_t body = rd_at(v, at - 1) == '-' ? header_end(v, at) : 0;
    if (body == 0 || only_named(v, body))
        return 0;
    uint32_t end = armour_end(v, body);
    return end != 0 ? end : body_end(v, body);
}

static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t from = at, end = rd_private_key_end(v, at);
    if (end == 0)
        return;
    while (at - from < 5 && rd_at(v, from - 1) == '-')
        from--;
    f->resume = end;
    rd_emit(f, RD_DETECTOR_PRIVATE_KEY, from, f->resume, 0, 0);
}

static const rd_window windows[] = {{"BEGI", false}};

const rd_matcher rd_match_private_key = {
    .yields = RD_BIT(PRIVATE_KEY), RD_WINDOWS(windows), .confirm = confirm};
