/* SPDX-License-Identifier: MIT */
/*
 * German social insurance number (VKVV section 2): area (2), birth date (6), first letter of the birth name,
 * serial (2), check digit. Printed plain or as "65 170839 J 003".
 */
#include "filters/detect/checksum.h"
#include "filters/detect/matcher.h"

/* `at` is three or four bytes before the letter; finds the letter, reads eight digits back and three on. */
static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t letter = at + 3;
    while (letter < at + 5 && !rd_is(rd_at(v, letter), RD_C_ALPHA))
        letter++;
    uint8_t number[12];
    uint32_t from = letter, to = letter + 1;
    for (unsigned n = 8; n > 0; n--) {
        if (rd_at(v, from - 1) == ' ' && (n == 8 || n == 2))
            from--;
        if (!rd_is(rd_at(v, from - 1), RD_C_DIGIT))
            return;
        number[n - 1] = rd_at(v, --from);
    }
    number[8] = rd_at(v, letter) & 0xdf;
    for (unsigned n = 9; n < 12; n++, to++) {
        if (rd_at(v, to) == ' ' && n == 9)
            to++;
        if (!rd_is(rd_at(v, to), RD_C_DIGIT))
            return;
        number[n] = rd_at(v, to);
    }
    if (rd_word_before(v, from) || rd_word_at(v, to))
        return;
    if (rd_svnr_ok(number))
        rd_emit(f, RD_DETECTOR_DE_SVNR, from, to, 0, 0);
    else
        rd_refuse(f, RD_DETECTOR_DE_SVNR, from, to, "check_digit");
}

static const rd_window windows[] = {{"\\d\\d\\d\\d\\a\\d\\d\\d", false}, {"\\d\\d\\d \\a \\d\\d", false}};

const rd_matcher rd_match_svnr = {.yields = RD_BIT(DE_SVNR), RD_WINDOWS(windows), .confirm = confirm};
