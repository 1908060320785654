/* SPDX-License-Identifier: MIT */
/*
 * IPv6 addresses in every form of RFC 4291 section 2.2, with zone (RFC 4007) and embedded IPv4 address, also
 * before a port in brackets or a prefix length.
 *
 * Kept readable: the groups of the first half. Left alone: `::`, `::1`, all-zero addresses, `Class::method`.
 */
#include "filters/detect/matcher.h"

enum { MAX_ADDRESS = 46, MAX_ZONE = 16 };

typedef struct parsed {
    uint32_t end;      /* one past the address, without zone */
    uint32_t n_groups; /* an embedded IPv4 address counts two */
    bool gap;          /* "::" */
    bool digits;       /* there is a decimal digit, so it is no word */
    bool not_zero;     /* some digit but 0, and more than ::1 */
} parsed;

static uint32_t dotted_end(const rd_view *v, uint32_t i)
{
    for (unsigned part = 0; part < 4; part++) {
        uint32_t value = 0, from = i;
        while (i < from + 3 && rd_is(rd_at(v, i), RD_C_DIGIT))
            value = value * 10 + rd_at(v, i++) - '0';
        if (i == from || value > 255 || rd_at(v, i) != (part < 3 ? '.' : rd_at(v, i)))
            return 0;
        i += part < 3;
    }
    return i;
}

/* Five decimal digits and nothing more: no group has as many. */
static bool port_at(const rd_view *v, uint32_t i)
{
    uint32_t end = rd_skip(v, i, i + 6, RD_C_DIGIT);
    return end - i == 5 && !rd_is(rd_at(v, end), RD_C_WORD) && rd_at(v, end) != ':';
}

/* Reads groups from `i` as long as they fit. False when what stands there is no address. */
static bool parse(const rd_view *v, uint32_t i, parsed *out)
{
    *out = (parsed){.end = i};
    if (rd_at(v, i) == ':' && rd_at(v, i + 1) == ':') {
        out->gap = true;
        i += 2;
        out->end = i;
    }
    uint32_t significant = 0;
    while (out->n_groups < 8) {
        uint32_t end = rd_skip(v, i, i + 5, RD_C_HEX);
        if (end == i)
            break;
        if (end - i > 4 && out->gap && out->n_groups >= 2 && port_at(v, i))
            break; /* 2001:db8::1:49152 */
        if (end - i > 4)
            return false;
        if (rd_at(v, end) == '.' && rd_is(rd_at(v, end + 1), RD_C_DIGIT)) {
            uint32_t dotted = out->n_groups <= 6 ? dotted_end(v, i) : 0;
            uint32_t port = rd_skip(v, end + 1, end + 6, RD_C_DIGIT); /* see edges_fit */
            if (dotted == 0 && !rd_spells(v, port, " > ") && rd_at(v, port) != ':')
                return false;
            if (dotted != 0) {
                out->n_groups += 2;
                out->digits = out->not_zero = true;
                out->end = dotted;
                break;
            }
        }
        for (uint32_t k = i; k < end; k++) {
            out->digits |= rd_is(rd_at(v, k), RD_C_DIGIT);
            significant += rd_at(v, k) != '0';
        }
        bool last_is_one = end - i == 1 && rd_at(v, i) == '1';
        out->not_zero = significant > 1 || (significant == 1 && !last_is_one);
        out->n_groups++;
        out->end = end;
        if (rd_at(v, end) != ':')
            break;
        if (rd_at(v, end + 1) == ':') {
            if (out->gap)
                break;
            out->gap = true;
            i = end + 2;
            out->end = i;
        } else {
            i = end + 1;
        }
    }
    return out->gap ? out->n_groups <= 7 : out->n_groups == 8;
}

/* Start of the run of hexadecimal digits and colons around `at`. */
static uint32_t run_start(const rd_view *v, uint32_t at)
{
    uint32_t from = at;
    for (unsigned n = 0; n < MAX_ADDRESS; n++, from--) {
        uint8_t c = rd_at(v, from - 1);
        if (!rd_is(c, RD_C_HEX) && c != ':')
            break;
    }
    if (rd_word_before(v, from) || rd_at(v, from - 1) == '_') {
        /* "addr:fe80::1": the word goes up to the first colon */
        while (from < at && rd_at(v, from) != ':')
            from++;
    }
    if (rd_at(v, from) == ':' && rd_at(v, from + 1) != ':')
        from++;
    return from;
}

static bool edges_fit(const rd_view *v, uint32_t from, const parsed *p)
{
    uint8_t before = rd_at(v, from - 1), behind = rd_at(v, p->end);
    if (rd_word_before(v, from) || before == '_' || rd_word_at(v, p->end) || behind == '_')
        return false;
    if (behind == ':' && (rd_is(rd_at(v, p->end + 1), RD_C_HEX) || rd_at(v, p->end + 1) == ':'))
        return p->n_groups == 8 || port_at(v, p->end + 1); /* a port behind a whole address */
    if (behind == '.' && rd_is(rd_at(v, p->end + 1), RD_C_DIGIT)) {
        uint32_t port = rd_skip(v, p->end + 1, p->end + 6, RD_C_DIGIT); /* addr.443 > addr.50000: */
        return rd_spells(v, port, " > ") || (rd_at(v, port) == ':' && rd_spells(v, from - 3, " > "));
    }
    return !rd_spells(v, p->end + (behind == ':'), "***");
}

static bool two_digits(const rd_view *v, uint32_t i)
{
    return rd_skip(v, i, i + 3, RD_C_DIGIT) == i + 2;
}

/* 2026-11-25::10:11:12, of Erlang: does its day stand at `from`? */
static bool is_time(const rd_view *v, uint32_t from)
{
    return rd_at(v, from - 1) == '-' && rd_at(v, from - 4) == '-' && two_digits(v, from - 3) &&
           rd_skip_back(v, from - 4, 5, RD_C_DIGIT) == from - 8 && two_digits(v, from) &&
           rd_spells(v, from + 2, "::") && two_digits(v, from + 4) && rd_at(v, from + 6) == ':' &&
           two_digits(v, from + 7) && rd_at(v, from + 9) == ':' && two_digits(v, from + 10);
}

static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t from = run_start(v, at);
    parsed p;
    if (is_time(v, from))
        return;
    if (!parse(v, from, &p) || !p.digits || !p.not_zero || p.n_groups < 2 - (uint32_t)p.gap)
        return;
    if (p.n_groups == 1 && rd_at(v, p.end - 1) == ':')
        return; /* fe80::, the start of addresses */
    if (!edges_fit(v, from, &p))
        return;
    uint32_t end = p.end, half = from + (p.end - from) / 2;
    if (rd_at(v, end) == '%')
        end = rd_skip(v, end + 1, end + 1 + MAX_ZONE, RD_C_ALNUM);
    if (end == p.end + 1)
        end = p.end;
    while (half > from && rd_at(v, half - 1) != ':')
        half--;
    f->resume = end;
    rd_emit(f, RD_DETECTOR_IPV6, from, end, half - from, 0);
}

static const rd_window windows[] = {
    {"::\\x", false}, {"\\x::", false}, {":\\x\\x\\x\\:\\:\\:", false}, {"\\x\\x\\x:\\:\\:\\:", false}};

const rd_matcher rd_match_ipv6 = {.yields = RD_BIT(IPV6), RD_WINDOWS(windows), .confirm = confirm};
