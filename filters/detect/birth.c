/* SPDX-License-Identifier: MIT */
#include "filters/detect/birth.h"

#include "filters/detect/opaque.h"
#include "filters/detect/value.h"

enum { MAX_WORDS = 16 };

/* Behind "Geb.-Datum", "geb.Dat.": `i` is behind the full stop. */
static uint32_t behind_birth_date(const rd_view *v, uint32_t i)
{
    uint32_t word = i + (rd_at(v, i) == '-' || rd_at(v, i) == ' '),
             end = rd_skip(v, word, word + 8, RD_C_ALPHA);
    return rd_word_in(v, word, end, "dat datum") ? end : i;
}

/* January 31st, 1990 at `i` */
static bool is_month(const rd_view *v, uint32_t i)
{
    static const char months[] =
        "january february march april may june july august september october november "
        "december jan feb mar apr jun jul aug sep sept oct nov dec";
    uint32_t to = rd_skip(v, i, i + MAX_WORDS, RD_C_ALPHA), digit = to + (rd_at(v, to) == '.') + 1;
    return rd_word_in(v, i, to, months) && rd_at(v, digit - 1) == ' ' && rd_is(rd_at(v, digit), RD_C_DIGIT);
}

/* born 1990-01-31, geb. 31.01.1990: `i` is behind the word. */
void rd_born(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    i = rd_at(v, i - 1) == '.' ? behind_birth_date(v, i) : i;
    for (uint32_t limit = i + MAX_WORDS; i < limit && !rd_is(rd_at(v, i), RD_C_DIGIT) && !is_month(v, i);
         i++) {
        uint8_t c = rd_at(v, i);
        if (!rd_is(c, RD_C_LOWER) && c != ' ' && c != '.' && c != ':' && c != '=')
            return;
    }
    if (rd_at(v, i - 1) == ' ' || rd_at(v, i - 1) == '=')
        rd_value_judge(f, RD_KEY_BIRTH, (rd_value){.from = i, .to = i + 1});
}

/* "birth date 1990-01-31", "date of birth is 31 January 1990" */
void rd_birth(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    if (rd_spells_nocase(v, i, " date ") || rd_spells_nocase(v, i, " was "))
        rd_born(f, i + 5);
    else if (rd_spells_nocase(v, i, " is ") || rd_spells_nocase(v, i, "date "))
        rd_born(f, i + 3);
}
