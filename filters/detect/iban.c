/* SPDX-License-Identifier: MIT */
/*
 * IBAN (ISO 13616): country, length of that country's numbers, mod 97. Printed plain or with single spaces or
 * hyphens between groups. Kept readable: the country and the last four characters.
 */
#include "filters/detect/checksum.h"
#include "filters/detect/matcher.h"

enum { MAX_IBAN = 34 };

/* SWIFT IBAN registry: country and length, sorted. */
static const struct country {
    char code[3];
    uint8_t len;
} countries[] = {
    {"AD", 24}, {"AE", 23}, {"AL", 28}, {"AT", 20}, {"AZ", 28}, {"BA", 20}, {"BE", 16}, {"BG", 22},
    {"BH", 22}, {"BI", 27}, {"BR", 29}, {"BY", 28}, {"CH", 21}, {"CR", 22}, {"CY", 28}, {"CZ", 24},
    {"DE", 22}, {"DJ", 27}, {"DK", 18}, {"DO", 28}, {"EE", 20}, {"EG", 29}, {"ES", 24}, {"FI", 18},
    {"FK", 18}, {"FO", 18}, {"FR", 27}, {"GB", 22}, {"GE", 22}, {"GI", 23}, {"GL", 18}, {"GR", 27},
    {"GT", 28}, {"HN", 28}, {"HR", 21}, {"HU", 28}, {"IE", 22}, {"IL", 23}, {"IQ", 23}, {"IS", 26},
    {"IT", 27}, {"JO", 30}, {"KW", 30}, {"KZ", 20}, {"LB", 28}, {"LC", 32}, {"LI", 21}, {"LT", 20},
    {"LU", 20}, {"LV", 21}, {"LY", 25}, {"MC", 27}, {"MD", 24}, {"ME", 22}, {"MK", 19}, {"MN", 20},
    {"MR", 27}, {"MT", 31}, {"MU", 30}, {"NI", 28}, {"NL", 18}, {"NO", 15}, {"OM", 23}, {"PK", 24},
    {"PL", 28}, {"PS", 29}, {"PT", 25}, {"QA", 29}, {"RO", 24}, {"RS", 22}, {"RU", 33}, {"SA", 24},
    {"SC", 31}, {"SD", 18}, {"SE", 24}, {"SI", 19}, {"SK", 24}, {"SM", 27}, {"SO", 23}, {"ST", 25},
    {"SV", 28}, {"TL", 23}, {"TN", 24}, {"TR", 26}, {"UA", 29}, {"VA", 22}, {"VG", 24}, {"XK", 20},
    {"YE", 30},
};

static uint32_t country_len(uint8_t a, uint8_t b)
{
    uint32_t lo = 0, hi = sizeof countries / sizeof countries[0];
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        int order = countries[mid].code[0] != (char)a ? countries[mid].code[0] - (char)a
                                                      : countries[mid].code[1] - (char)b;
        if (order == 0)
            return countries[mid].len;
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return 0;
}

/* ?31DE...: the code of a subfield (SWIFT MT940, field 86) stands before it. */
static bool behind_code(const rd_view *v, uint32_t at)
{
    return (rd_at(v, at - 3) == '?' || rd_at(v, at - 3) == ':') &&
           rd_skip_back(v, at, 3, RD_C_DIGIT) == at - 2;
}

static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    if (!rd_is(rd_at(v, at + 2), RD_C_DIGIT) || !rd_is(rd_at(v, at + 3), RD_C_DIGIT))
        return; /* most runs of letters end here */
    bool small = rd_is(rd_at(v, at), RD_C_LOWER);
    unsigned letters = small ? RD_C_LOWER : RD_C_UPPER;
    uint32_t len = country_len(rd_at(v, at) & 0xdf, rd_at(v, at + 1) & 0xdf), i = at, tail = 0;
    if (len == 0 || (rd_word_before(v, at) && !behind_code(v, at)))
        return;
    uint8_t iban[MAX_IBAN];
    for (uint32_t n = 0; n < len; n++, i++) {
        uint8_t c = rd_at(v, i);
        if ((c == ' ' || c == '-') && n >= 4)
            c = rd_at(v, ++i);
        if (!rd_is(c, RD_C_DIGIT | letters) || (n < 4 && rd_is(c, RD_C_DIGIT) != (n >= 2)))
            return;
        iban[n] = small && !rd_is(c, RD_C_DIGIT) ? c & 0xdf : c;
        if (n == len - 4)
            tail = i;
    }
    if (rd_word_at(v, i))
        return;
    if (!rd_iban_ok(iban, len)) {
        rd_refuse(f, RD_DETECTOR_IBAN, at, i, "mod_97");
        return;
    }
    f->resume = i;
    rd_emit(f, RD_DETECTOR_IBAN, at, i, 2, i - tail);
}

static const rd_window windows[] = {{"\\u\\u\\d\\d\\W\\W\\W\\W", false}};

static void token_starts(rd_token_start_fn *add, void *ctx)
{
    for (size_t i = 0; i < sizeof countries / sizeof countries[0]; i++) {
        uint8_t a = (uint8_t)countries[i].code[0], b = (uint8_t)countries[i].code[1];
        for (uint8_t digit = '0'; digit <= '9'; digit++) {
            add(ctx, a, b, digit);
            add(ctx, a | 0x20, b | 0x20, digit);
        }
    }
}

const rd_matcher rd_match_iban = {.yields = RD_BIT(IBAN),
                                  RD_WINDOWS(windows),
                                  .token_run = 15,
                                  .token_starts = token_starts,
                                  .confirm = confirm};
