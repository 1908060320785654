/* SPDX-License-Identifier: MIT */
/*
 * MAC addresses (IEEE 802): six pairs with `:` or `-`, eight as EUI-64, three groups of four with `.`. Twelve
 * bare digits need a key (see values.c). Kept readable: the vendor half. Left alone: all zero, broadcast,
 * longer chains such as fingerprints and serial numbers.
 */
#include "filters/detect/matcher.h"

/* Pairs of an Ethernet header as netfilter logs it (MAC=): two addresses and the type of the packet. */
enum { FRAME_HEAD = 14, FRAME_TYPE = 36 };

/* End of the chain of groups of `size` digits that starts at `from`, joined by `join`; counts the groups. */
static uint32_t chain_end(const rd_view *v, uint32_t from, uint32_t size, uint8_t join, uint32_t *out_groups)
{
    uint32_t i = from;
    for (*out_groups = 0; *out_groups <= FRAME_HEAD; i++) {
        uint32_t end = rd_skip(v, i, i + size, RD_C_HEX);
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
    if (rd_word_at(v, end) ||
        ((behind == ':' || behind == '-' || behind == join) && rd_is(rd_at(v, end + 1), RD_C_HEX)))
        return;
    f->resume = end;
    if (!trivial(v, from, end))
        rd_emit(f, RD_DETECTOR_MAC, from, end, size == 2 ? 9 : 7, 0);
}

/* "mac 026e3ce0a3f3" */
static void named(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    uint32_t end = rd_skip(v, i, i + 13, RD_C_HEX);
    if (end - i == 12 && !rd_word_at(v, end) && !rd_word_before(v, i - 4) && !trivial(v, i, end))
        rd_emit(f, RD_DETECTOR_MAC, i, end, 6, 0);
}

/* `at` is the joiner behind the first pair, or the first byte of a group of four. */
static void confirm(rd_find *f, uint32_t at)
{
    uint8_t c = rd_at(&f->v, at);
    if (rd_lower(c) == 'm')
        named(f, at + 4);
    else if (c != ':' && c != '-')
        try_chain(f, at, 4, '.');
    else if (rd_at(&f->v, at + 9) == c)
        try_chain(f, at - 2, 2, c);
}

static const rd_window windows[] = {{":\\x\\x:\\x\\x:", false},
                                    {"-\\x\\x-\\x\\x-", false},
                                    {"\\x\\x\\x\\x.\\x\\x\\x", false},
                                    {"mac \\x", true}};

const rd_matcher rd_match_mac = {.yields = RD_BIT(MAC), RD_WINDOWS(windows), .confirm = confirm};
