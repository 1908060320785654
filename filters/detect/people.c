/* SPDX-License-Identifier: MIT */
/*
 * People in sentences, where the words around them leave no doubt:
 *
 *    Herr Max Mustermann, Frau Muster, Mr. Smith, Dr. Anna Kim     Dear Anna Kim,     customer name is Anna
 * Kim ne le 31/01/1990, nacido el 31/01/1990, date of birth is 31 January 1990
 *
 * Names in any other sentence stay: no word list tells them from products and places.
 */
#include "filters/detect/opaque.h"
#include "filters/detect/value.h"

enum { MAX_WORD = 32, MAX_NAME = 64 };

/* The end of the word of a name at `i`: a capital and at least one more letter. `i` when it is none. */
static uint32_t word_end(const rd_view *v, uint32_t i)
{
    uint8_t first = rd_at(v, i);
    if (!rd_is(first, RD_C_UPPER) && (first < 0xc3 || first > 0xd4))
        return i;
    uint32_t end = i;
    while (end - i < MAX_WORD && (rd_is(rd_at(v, end), RD_C_ALPHA | RD_C_UTF8) ||
                                  ((rd_at(v, end) == '-' || rd_at(v, end) == '\'') &&
                                   rd_is(rd_at(v, end + 1), RD_C_UPPER | RD_C_UTF8))))
        end++;
    return end - i >= 2 && !rd_is(rd_at(v, end), RD_C_DIGIT) && rd_at(v, end) != '_' ? end : i;
}

/* Titles before a name, with or without a full stop. */
static uint32_t skip_titles(const rd_view *v, uint32_t i)
{
    static const char titles[] = "dr prof med dipl ing herr frau mag phd mr mrs ms";
    for (unsigned n = 0; n < 4; n++) {
        uint32_t end = rd_skip(v, i, i + 5, RD_C_ALPHA);
        if (!rd_word_in(v, i, end, titles))
            break;
        end += rd_at(v, end) == '.';
        end += rd_at(v, end) == '-' || rd_at(v, end) == ' ';
        i = end;
    }
    return i;
}

/* Hides the name at `i`, of `min` words or more. */
static void name_at(rd_find *f, uint32_t i, uint32_t min)
{
    static const char others[] =
        "customer team sir madam all colleague colleagues user users valued friend friends "
        "member subscriber kunde kundin everyone support admin doctor hiring";
    const rd_view *v = &f->v;
    uint32_t from = skip_titles(v, i), end = from, words = 0;
    for (uint32_t at = from; words < 4; words++) {
        uint32_t stop = word_end(v, at);
        if (stop == at || rd_word_in(v, at, stop, others) || rd_at(v, stop) == ':' || rd_at(v, stop) == '=' ||
            rd_at(v, stop) == '(')
            break;
        end = stop;
        if (rd_at(v, stop) != ' ')
            at = stop;
        else
            at = stop + 1;
        if (at == stop) {
            words++;
            break;
        }
    }
    if (words >= min)
        rd_emit(f, RD_DETECTOR_PERSON_NAME, from, end, 0, 0);
}

/* A date within a few small words behind `i`. */
static void birth_at(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    i += rd_at(v, i) == ' ';
    if (rd_is(rd_at(v, i), RD_C_DIGIT))
        rd_value_judge(f, RD_KEY_BIRTH, (rd_value){.from = i, .to = i + 1});
}

static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    if (rd_is(rd_at(v, at - 1), RD_C_WORD) && rd_is(rd_at(v, at), RD_C_UPPER))
        return;
    if (rd_spells(v, at, "Herr ") || rd_spells(v, at, "Frau "))
        name_at(f, at + 5, 1);
    else if (rd_spells(v, at, "Mr. ") || rd_spells(v, at, "Ms. "))
        name_at(f, at + 4, 1);
    else if (rd_spells(v, at, "Mrs. "))
        name_at(f, at + 5, 1);
    else if (rd_spells(v, at, "Dr. "))
        name_at(f, at + 4, 1);
    else if (rd_spells(v, at, "Dear "))
        name_at(f, at + 5, skip_titles(v, at + 5) > at + 5 ? 1 : 2);
    else if (rd_spells(v, at, "name is "))
        name_at(f, at + 8, 2);
    else if (rd_spells(v, at, "birth is") || rd_spells(v, at, "acido el"))
        birth_at(f, at + 8);
    else if (rd_spells(v, at, "\xc3\xa9"))
        birth_at(f, at + 5);
}

static const rd_window windows[] = {{"Herr \\h\\h", false},
                                    {"Frau \\h\\h", false},
                                    {"Mr. \\h\\h\\h", false},
                                    {"Mrs. \\h\\h", false},
                                    {"Dr. \\h\\h\\h", false},
                                    {"Dear \\h\\h", false},
                                    {"name is ", false},
                                    {"birth is", false},
                                    {"acido el", false},
                                    {"\xc3\xa9 le \\d", false},
                                    {NULL, false}};

const rd_matcher rd_match_people = {
    .yields = RD_BIT(PERSON_NAME) | RD_BIT(DATE_OF_BIRTH), .windows = windows, .confirm = confirm};
