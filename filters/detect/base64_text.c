/* SPDX-License-Identifier: MIT */
/*
 * Base64 (RFC 4648) whose meaning is text: configuration, a JSON document, credentials. It is decoded and
 * looked at like any text; if something is found in it, all of it goes, because a part of it cannot be cut
 * out.
 *
 * Most runs of letters and digits are no base64 of text: the first six bytes show that. Decoded once only,
 * and no more than the first 64 KiB of a run.
 */
#include "filters/detect/base64_text.h"

#include "filters/detect/matcher.h"
#include "filters/detect/percent.h"

enum { MIN_CHARACTERS = 24, MAX_CHARACTERS = 1 << 16, LOOK_BACK = 256, FIRST = 8 };

/* One more than the six bits of a character, 0 for one that is none. */
static const uint8_t values[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['-'] = 63,
    ['/'] = 64, ['_'] = 64,
};

uint32_t rd_base64_text_decode(const uint8_t *from, uint32_t n, uint8_t *to)
{
    uint32_t have = 0, bits = 0, len = 0;
    n = n < MAX_CHARACTERS ? n : MAX_CHARACTERS;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t b = values[from[i]];
        if (b == 0)
            break; /* padding */
        have = have << 6 | (b - 1);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            to[len++] = (uint8_t)(have >> bits);
        }
    }
    return len;
}

static bool is_text(const uint8_t *p, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        /* 1 stands between the fields of SASL XOAUTH2 and OAUTHBEARER (RFC 7628). */
        if (p[i] < ' ' ? p[i] != '\n' && p[i] != '\r' && p[i] != '\t' && p[i] != 1
                       : p[i] == 0x7f || p[i] >= 0xf8)
            return false;
    }
    return true;
}

/* Is all of [from, to) text? In parts, so that what is none is left early. */
static bool means_text(const rd_view *v, uint32_t from, uint32_t to)
{
    uint8_t part[48];
    for (uint32_t i = from, step = FIRST; i < to && i - from < MAX_CHARACTERS; i += step, step = 64) {
        uint32_t n = to - i < step ? to - i : step;
        RD_DETECT_STEP();
        if (!is_text(part, rd_base64_text_decode(v->b + i, n, part)))
            return false;
    }
    return true;
}

/* What four characters of base64 mean: 24 bits. */
static inline uint32_t three_bytes(const uint8_t *p)
{
    return (values[p[0]] - 1u) << 18 | (values[p[1]] - 1u) << 12 | (values[p[2]] - 1u) << 6 |
           (values[p[3]] - 1u);
}

static inline bool are_text(uint32_t three)
{
    return is_text((const uint8_t[]){(uint8_t)(three >> 16), (uint8_t)(three >> 8), (uint8_t)three}, 3);
}

/* Are the first three bytes printable ASCII, and the next three text? Most runs of letters fail here. */
static inline bool starts_as_text(const uint8_t *p)
{
    uint32_t b = three_bytes(p);
    uint32_t x = b >> 16 & 0xff, y = b >> 8 & 0xff, z = b & 0xff;
    if ((x - ' ' >= 95 && x != '\n') || y - ' ' >= 95 || z - ' ' >= 95)
        return false;
    return are_text(three_bytes(p + 4));
}

/* Hexadecimal ids often start as text. A run that ends among these characters is too short anyway. */
static inline bool goes_on_as_text(const uint8_t *p)
{
    return are_text(three_bytes(p + FIRST)) && are_text(three_bytes(p + FIRST + 4));
}

/* The first six bits of a printable character, or of a line feed. */
static bool may_start(uint8_t c)
{
    return (c >= 'I' && c <= 'Z') || (c >= 'a' && c <= 'f') || c == 'C';
}

/* The first two characters of base64 whose first two bytes are printable ASCII. */
static void token_starts(rd_token_start_fn *add, void *ctx)
{
    for (unsigned a = 0; a < 128; a++) {
        for (unsigned b = 0; b < 128 && may_start((uint8_t)a); b++) {
            uint32_t low = (values[b] - 1u) & 15; /* the upper half of the second byte */
            if (values[b] != 0 && rd_is((uint8_t)b, RD_C_RUN) && ((low >= 2 && low <= 7) || low == 0))
                add(ctx, (uint8_t)a, (uint8_t)b, 0);
        }
    }
}

static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    if (f->encoded == NULL)
        return; /* this text was decoded itself */
    uint32_t from = at, to = at;
    while (at - from < LOOK_BACK && from > f->resume && values[rd_at(v, from - 1)] != 0)
        from--;
    if (from + MIN_CHARACTERS > v->hi || !starts_as_text(v->b + from) || !goes_on_as_text(v->b + from))
        return;
    for (; to < v->hi && values[v->b[to]] != 0; to++)
        RD_DETECT_STEP();
    f->resume = to;
    if (rd_at(v, from - 1) == '.' || (rd_at(v, to) == '.' && values[rd_at(v, to + 1)] != 0))
        return; /* part of a JSON web token (jwt.c), which goes as a whole */
    while (rd_at(v, to) == '=' && to - f->resume < 2)
        to++;
    if (to - from >= MIN_CHARACTERS && means_text(v, from, f->resume))
        rd_percent_note(f->encoded, (rd_percent_run){.off = rd_origin(f, from),
                                                     .len = to - from,
                                                     .text = f->out->text,
                                                     .base64 = true});
}

const rd_matcher rd_match_base64_text = {
    /* It may hold anything; what it is for is credentials, so only a set that looks for those pays for it. */
    .yields = RD_BIT(PRIVATE_KEY) | RD_BIT(JWT) | RD_BIT(BEARER_TOKEN) | RD_BIT(URL_CREDENTIALS) |
              RD_BIT(PASSWORD) | RD_BIT(SECRET) | RD_BIT(SESSION) | RD_BIT(PROVIDER_TOKEN),
    .token_run = MIN_CHARACTERS,
    .token_behind = "/\\",
    .token_starts = token_starts,
    .confirm = confirm,
};
