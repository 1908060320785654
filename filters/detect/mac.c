/* SPDX-License-Identifier: MIT */
/*
 * MAC addresses (IEEE 802): six pairs with `:` or `-`, eight as EUI-64, three groups of four with `.`, and
 * what devices are called after theirs: wlx001a2b3c4d5e, SEP001A2B3C4D5E, dev_00_1A_2B_3C_4D_5E,
 * 001a2b3c4d5e.cfg. Others need a key (judge_numbers.c) or the word before them. Kept readable: the vendor
 * half. Left alone: all zero, broadcast, longer chains such as fingerprints and serial numbers.
 */
#include "filters/detect/mac.h"

#include "filters/detect/opaque.h"

/* Pairs of an Ethernet header as netfilter logs it (MAC=): two addresses and the type of the packet. */
enum { FRAME_HEAD = 14, FRAME_TYPE = 36, DIGITS = 12, EUI64_DIGITS = 16, PREFIX = 3 };

/* Is there a word at `i` that is no number: 00:1a:2b:3c:4d:5e:eduroam? */
static bool is_name(const rd_view *v, uint32_t i)
{
    uint32_t end = rd_skip(v, i, i + DIGITS, RD_C_HEX);
    return end < i + DIGITS && rd_word_at(v, end);
}

/* End of the chain of groups of `size` digits that starts at `from`, joined by `join`; counts the groups. */
static uint32_t chain_end(const rd_view *v, uint32_t from, uint32_t size, uint8_t join, uint32_t *out_groups)
{
    uint32_t i = from;
    for (*out_groups = 0; *out_groups <= FRAME_HEAD; i++) {
        uint32_t end = rd_skip(v, i, i + size, RD_C_HEX);
        if (*out_groups > 0 && (is_name(v, i) || !rd_word_at(v, i)))
            return i - 1;
        if (end - i != size)
            return from;
        ++*out_groups;
        i = end;
        if (rd_at(v, i) != join)
            break;
    }
    return i;
}

static bool trivial(const rd_view *v, uint32_t from, uint32_t end)
{
    uint32_t n_zero = 0, n_full = 0, n = 0;
    for (uint32_t i = from; i < end; i++) {
        uint8_t c = rd_lower(rd_at(v, i));
        n += rd_is(c, RD_C_HEX);
        n_zero += c == '0';
        n_full += c == 'f';
    }
    return n == n_zero || n == n_full;
}

/* Two digits and no more at `i`: the chain goes on there, whatever joins it. */
static bool is_pair(const rd_view *v, uint32_t i)
{
    return rd_skip(v, i, i + 3, RD_C_HEX) == i + 2 && !rd_word_at(v, i + 2);
}

static bool ether_type(const rd_view *v, uint32_t i)
{
    return rd_spells(v, i, "08:0") || rd_spells_nocase(v, i, "86:dd") || rd_spells(v, i, "81:00") ||
           rd_spells_nocase(v, i, "88:");
}

static void try_chain(rd_find *f, uint32_t from, uint32_t size, uint8_t join)
{
    const rd_view *v = &f->v;
    uint32_t groups, end = chain_end(v, from, size, join, &groups);
    if (groups == FRAME_HEAD && join == ':' && !rd_word_before(v, from) && ether_type(v, from + FRAME_TYPE)) {
        f->resume = end;
        rd_emit(f, RD_DETECTOR_MAC, from, from + 17, 9, 0);
        rd_emit(f, RD_DETECTOR_MAC, from + 18, from + 35, 9, 0);
        return;
    }
    bool eui64 = groups == 8 && size == 2 && rd_spells_nocase(v, from + 9, "ff") &&
                 rd_spells_nocase(v, from + 12, "fe");
    /* 01-aa-bb-cc-dd-ee-ff: behind the hardware type, in names of pxelinux and in client ids of DHCP */
    /* DUID-LL and DUID-LLT (RFC 8415, 11.2 and 11.4): type, hardware type, perhaps a time */
    uint32_t duid = groups == 10 && rd_spells(v, from, "00:03:00:01:")           ? 12
                    : groups == FRAME_HEAD && rd_spells(v, from, "00:01:00:01:") ? 24
                                                                                 : 0;
    bool typed = groups == 7 && size == 2 && rd_spells(v, from, "01");
    uint32_t start = from;
    from += typed ? 3 : duid;
    if (end == from || !(groups * size == 12 || eui64 || typed || duid != 0))
        return;
    uint8_t before = rd_at(v, start - 1), behind = rd_at(v, end);
    if (rd_word_before(v, start) || (before == join && rd_is(rd_at(v, start - 2), RD_C_HEX)))
        return;
    if (rd_word_at(v, end) || ((behind == ':' || behind == '-' || behind == join) && is_pair(v, end + 1)))
        return;
    f->resume = end;
    if (!trivial(v, from, end))
        rd_emit(f, RD_DETECTOR_MAC, from, end, size == 2 ? 9 : 7, 0);
}

bool rd_mac_at(const rd_view *v, uint32_t i, rd_mac *out)
{
    uint32_t digits = 0, groups = 0, shortest = DIGITS, longest = 0, half = i, third = i;
    uint8_t join = 0;
    *out = (rd_mac){.from = i, .to = i};
    while (digits < EUI64_DIGITS && (join != ' ' || digits < DIGITS)) {
        uint32_t end = rd_skip(v, i, i + EUI64_DIGITS + 1, RD_C_HEX), n = end - i;
        if (n == 0 || digits + n > EUI64_DIGITS || rd_word_at(v, end))
            break;
        shortest = n < shortest ? n : shortest;
        longest = n > longest ? n : longest;
        if (digits < DIGITS / 2 && digits + n >= DIGITS / 2)
            half = i + (DIGITS / 2 - digits);
        digits += n;
        third = ++groups == 3 ? end : third;
        out->to = end;
        uint8_t c = rd_at(v, end);
        bool joins = c == ':' || c == '-' || c == '.' || c == '_' || (c == ' ' && longest == 2);
        bool ends = digits == DIGITS && (longest != 2 || !is_pair(v, end + 1) || !is_pair(v, end + 4));
        if (!joins || (join != 0 && c != join) || ends)
            break;
        join = c;
        i = end + 1;
    }
    if (join != 0 && join != ' ' && rd_at(v, out->to) == join && is_pair(v, out->to + 1))
        return false; /* longer than an address */
    bool even = shortest == longest && digits == DIGITS && longest >= 2;
    bool no_zeros = groups == 6 && longest <= 2 && join == ':'; /* 0:1a:2b:3c:4d:5e */
    bool eui64 = (groups == 1 || groups == 8) && digits == EUI64_DIGITS;
    uint32_t rest = no_zeros ? third : half;
    rest += join != 0 && rd_at(v, rest) == join;
    out->head = (uint16_t)(rest - out->from);
    return (even || no_zeros || eui64) && !rd_monotonous(v, out->from, out->to);
}

static void emit(rd_find *f, const rd_mac *m)
{
    rd_emit(f, RD_DETECTOR_MAC, m->from, m->to, m->head, 0);
}

/* "mac 026e3ce0a3f3", "MAC address is 026e-3ce0-a3f3": `i` is behind the word. */
static void named(rd_find *f, uint32_t i)
{
    static const char words[] = "address addr is adresse adres was now id of";
    const rd_view *v = &f->v;
    rd_mac m;
    if (rd_word_before(v, i - 4))
        return;
    for (unsigned n = 0; n < PREFIX; n++) {
        uint32_t end = rd_skip(v, i, i + DIGITS, RD_C_ALPHA);
        if (!rd_word_in(v, i, end, words) || (rd_at(v, end) != ' ' && rd_at(v, end) != ':'))
            break;
        i = rd_skip(v, end + (rd_at(v, end) == ':'), end + PREFIX, RD_C_SPACE);
    }
    if (rd_mac_at(v, i, &m) && m.to - m.from >= DIGITS)
        emit(f, &m);
}

/* SEP001A2B3C4D5E, enx001a2b3c4d5e: `at` is at the prefix. */
static void device(rd_find *f, uint32_t at)
{
    rd_mac m;
    if (!rd_word_before(&f->v, at) && rd_mac_at(&f->v, at + PREFIX, &m) && m.to - m.from == DIGITS)
        emit(f, &m);
}

/* /001a2b3c4d5e.cfg: `end` is at the ending. */
static void file(rd_find *f, uint32_t end)
{
    const rd_view *v = &f->v;
    uint32_t from = end - DIGITS;
    rd_mac m;
    if ((!rd_word_before(v, from) || rd_spells(v, from - 3, "cfg")) && rd_mac_at(v, from, &m) && m.to == end)
        emit(f, &m);
}

/* `at` is the joiner behind the first pair, or the first byte of a group of four. */
static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint8_t c = rd_at(v, at);
    if (rd_spells_nocase(v, at, "mac "))
        named(f, at + 4);
    else if (rd_spells(v, at, "SEP") || rd_spells(v, at, "enx") || rd_spells(v, at, "wlx"))
        device(f, at);
    else if (rd_spells(v, at + 4, ".cfg"))
        file(f, at + 4);
    else if (c == '_')
        try_chain(f, at + 1, 2, '_');
    else if (c != ':' && c != '-')
        try_chain(f, at, 4, '.');
    else if (rd_at(v, at + 9) == c)
        try_chain(f, at - 2, 2, c);
}

static const rd_window windows[] = {{":\\x\\x:\\x\\x:", false},        {"-\\x\\x-\\x\\x-", false},
                                    {"\\x\\x\\x\\x.\\x\\x\\x", false}, {"mac \\x", true},
                                    {"SEP\\x\\x\\x\\x\\x", false},     {"\\l\\lx\\x\\x\\x\\x\\x", false},
                                    {"_\\x\\x_\\x\\x_\\x", false},     {"\\x\\x\\x\\x.cfg", false}};

const rd_matcher rd_match_mac = {.yields = RD_BIT(MAC), RD_WINDOWS(windows), .confirm = confirm};
