/* SPDX-License-Identifier: MIT */
/*
 * People in sentences, where the words around them leave no doubt:
 *
 *    Herr Max Mustermann, Mr. Smith, Mme Blanc, Dr. Anna Kim        a title
 *    Dear Anna Kim, Hello Anna Kim                                  a greeting
 *    customer Anna Kim, Patient Max Muster, Kontoinhaber Max Muster a part that a person plays (key_words.c)
 *    approved by Anna Kim, assigned to Anna Kim, call from Anna Kim what only people do
 *    corp.example.com/Users/Anna Kim                                a canonical name of a directory
 *    ne le 31/01/1990, nacido el 31/01/1990, date of birth is 31 January 1990
 *
 * The candidate is a word with a capital behind a word. But for titles a name must have two words, and none
 * that says that it is a thing (value.h). Names in any other sentence stay: no word list tells them from
 * products and places.
 */
#include <string.h>

#include "filters/detect/opaque.h"
#include "filters/detect/phrase.h"
#include "filters/detect/value.h"

enum { MAX_WORD = 32, MAX_BEFORE = 16, MAX_PARTS = 6 };

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
    static const char titles[] = "dr prof med dipl ing herr herrn frau mag phd mr mrs ms mme mlle sr sra";
    for (unsigned n = 0; n < 4; n++) {
        uint32_t end = rd_skip(v, i, i + 5, RD_C_ALPHA);
        if (!rd_word_in(v, i, end, titles) || (rd_at(v, end) != '.' && rd_at(v, end) != ' '))
            break;
        end += rd_at(v, end) == '.';
        end += rd_at(v, end) == '-' || rd_at(v, end) == ' ';
        i = end;
    }
    return i;
}

/* Hides the name behind a title, of one word or more. */
static void titled(rd_find *f, uint32_t i)
{
    static const char others[] =
        "customer team sir madam all colleague colleagues user users valued friend friends "
        "member subscriber kunde kundin everyone support admin doctor hiring";
    const rd_view *v = &f->v;
    uint32_t from = skip_titles(v, i), end = from;
    for (uint32_t at = from, words = 0; words < 4; words++) {
        uint32_t stop = word_end(v, at);
        if (stop == at || rd_word_in(v, at, stop, others) || rd_at(v, stop) == ':' || rd_at(v, stop) == '=' ||
            rd_at(v, stop) == '(' || (words > 1 && rd_starts_field(v, at, stop)))
            break;
        end = stop;
        at = stop + 1;
        if (rd_at(v, stop) != ' ')
            break;
    }
    rd_emit(f, RD_DETECTOR_PERSON_NAME, from, end, 0, 0);
}

/* Is one of the first words at `i` of capitals that nobody can speak: no vowel, nor what stands for one in
 * Slavic names? */
static bool has_acronym(const rd_view *v, uint32_t i)
{
    for (unsigned n = 0; n < 3; n++) {
        uint32_t end = rd_skip(v, i, i + MAX_WORD, RD_C_UPPER), spoken = 0;
        for (uint32_t k = i; k < end; k++)
            spoken += strchr("AEIOUYRL", rd_at(v, k)) != NULL;
        if (end - i >= 3 && spoken == 0 && !rd_is(rd_at(v, end), RD_C_WORD))
            return true;
        if (end == i || rd_at(v, end) != ' ')
            return false;
        i = end + 1;
    }
    return false;
}

/* Hides the name at `i` if it has two words or more and none that speaks of a thing. */
static void named(rd_find *f, uint32_t i)
{
    uint32_t from = skip_titles(&f->v, i);
    if (from > i)
        titled(f, from);
    else if (!has_acronym(&f->v, i))
        rd_value_judge(f, RD_KEY_WHO, (rd_value){.from = i, .to = i + 1});
}

/* "Dear Anna," */
static void greeted(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    uint32_t from = skip_titles(v, i), end = word_end(v, from);
    if (from > i || (rd_at(v, end) == ',' && end > from))
        titled(f, from);
    else
        named(f, i);
}

/* The word that ends before `end`. */
static uint32_t word_before(const rd_view *v, uint32_t end)
{
    return rd_skip_back(v, end, MAX_BEFORE, RD_C_WORD);
}

/* Does one of `words` stand before the word that starts at `i`? */
static bool behind(const rd_view *v, uint32_t i, const char *words)
{
    return rd_at(v, i - 1) == ' ' && rd_word_in(v, word_before(v, i - 1), i - 1, words);
}

typedef struct preposition {
    const char *word, *verbs; /* that may stand before it */
} preposition;

static const preposition prepositions[] = {
    {"by",
     "approved signed reviewed assigned submitted requested reported opened closed written sent handled "
     "prescribed booked ordered uploaded edited cancelled canceled paid issued acknowledged verified "
     "authored entered completed taken attended treated referred admitted discharged invited contacted "
     "called escalated resolved commented performed witnessed countersigned posted created updated modified "
     "deleted changed raised rejected confirmed seen owned managed made placed received"},
    {"to",
     "assigned reassigned escalated delivered transferred shipped addressed forwarded message email mail "
     "sms letter invoice payment refund call spoke belongs issued granted sent sold registered"},
    {"from", "message call email mail payment complaint letter feedback review fax order transfer received "
             "donation deposit inquiry"},
    {"for", "appointment prescription policy invoice reservation booking results payment refund chart "
            "registered claim order signed mandate contract passport visa loan mortgage statement"},
    {"with", "spoke meeting appointment talked interview call met"},
    {"of", "behalf daughter son wife husband mother father care"},
    {"is", "name"},
    {"as", "known registered signed"},
    {"von", "angelegt freigegeben unterschrieben bearbeitet erstellt genehmigt gezeichnet anruf nachricht "
            "ge\xc3\xa4ndert gemeldet gebucht bestellt eingereicht best\xc3\xa4tigt abgelehnt"},
    {"an", "zugewiesen nachricht \xc3\xbc"
           "berweisung rechnung mail brief \xc3\xbc"
           "bergeben r\xc3\xbc"
           "ckruf"},
    {"f\xc3\xbcr", "termin rezept rechnung bestellung konto mandat reservierung gehaltsabrechnung vertrag"},
    {"par", "sign\xc3\xa9 approuv\xc3\xa9 valid\xc3\xa9 cr\xc3\xa9\xc3\xa9 demand\xc3\xa9 trait\xc3\xa9"},
    {"por", "firmado aprobado creado solicitado"},
    {"da", "firmato approvato creato"},
    {"door", "goedgekeurd ondertekend aangemaakt"},
};

static bool links(const rd_view *v, uint32_t from, uint32_t end)
{
    for (size_t i = 0; i < sizeof prepositions / sizeof prepositions[0]; i++) {
        const preposition *p = &prepositions[i];
        if ((uint8_t)p->word[0] == rd_lower(rd_at(v, from)) && rd_word_in(v, from, end, p->word))
            return behind(v, from, p->verbs);
    }
    return false;
}

/* Keys that are words of sentences about people, too; not those that may name a thing as well. */
static bool is_part(const rd_view *v, uint32_t end)
{
    uint32_t from = word_before(v, end);
    if (end - from < 4)
        return rd_word_in(v, from, end, "by to"); /* signed by */
    return !rd_word_in(v, from, end, "name operator principal actor handle editor author creator lead");
}

/* B2A-Manager: a program. */
static bool is_compound(const rd_view *v, uint32_t end)
{
    uint32_t from = word_before(v, end),
             before = rd_skip_back(v, from - 1, MAX_BEFORE, RD_C_UPPER | RD_C_DIGIT);
    bool digits = false;
    for (uint32_t i = before; i + 1 < from; i++)
        digits |= rd_is(rd_at(v, i), RD_C_DIGIT);
    return rd_at(v, from - 1) == '-' && digits;
}

/* Does the word that ends at `end` have a capital, or five letters? Shorter ones are titles, too: ms, sr. */
static bool is_written_out(const rd_view *v, uint32_t end)
{
    uint32_t from = word_before(v, end);
    return end - from >= 5 || rd_is(rd_at(v, from), RD_C_UPPER);
}

/* Is the word that starts at `from` the last part of a canonical name: a domain, and units of people? */
static bool in_directory(const rd_view *v, uint32_t from)
{
    static const char units[] =
        "users people staff employees personnel mitarbeiter benutzer utilisateurs usuarios utenti";
    bool people = false;
    uint32_t part = from, dots = 0;
    if (rd_at(v, from - 1) != '/')
        return false;
    for (unsigned n = 0; n < MAX_PARTS && rd_at(v, part - 1) == '/'; n++) {
        uint32_t end = part - 1;
        part = end;
        for (dots = 0; end - part < MAX_WORD &&
                       (rd_is(rd_at(v, part - 1), RD_C_WORD | RD_C_RUN) || rd_at(v, part - 1) == '.');
             part--)
            dots += rd_at(v, part - 1) == '.';
        people |= rd_word_in(v, part, end, units);
    }
    return people && dots > 0 && rd_at(v, part - 1) != '/' && rd_at(v, part - 1) != '@';
}

/* The name at `at` behind the word that ends at `end`, perhaps with a full stop. */
static void behind_word(rd_find *f, uint32_t end, uint32_t at)
{
    const rd_view *v = &f->v;
    bool stop = rd_at(v, end) == '.';
    rd_key_class cls = rd_key_word_of(f->keys, v, end);
    bool written = is_written_out(v, end);
    uint32_t first = word_before(v, end);
    if (in_directory(v, first)) {
        rd_value_judge(f, RD_KEY_WHO, (rd_value){.from = first, .to = first + 1});
        return;
    }
    if (cls == RD_KEY_TITLE && written)
        titled(f, at);
    else if (!written && cls >= RD_KEY_TITLE && cls < RD_KEY_LINK)
        return; /* 12 ms */
    else if (cls == RD_KEY_TITLE_OR_WORD || (stop && rd_spells(v, end - 3, "Pat")))
        named(f, at);
    else if (stop || cls == RD_KEY_NONE || is_compound(v, end))
        return;
    else if (cls == RD_KEY_GREETING)
        greeted(f, at);
    else if ((cls == RD_KEY_LINK && links(v, word_before(v, end), end)) ||
             ((cls == RD_KEY_WHO || cls == RD_KEY_NAME || cls == RD_KEY_LOGIN) && is_part(v, end)))
        named(f, at);
}

/* A date within a few small words behind `i`. */
static void birth_at(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    for (unsigned n = 0; n < 4 && (rd_at(v, i) == ' ' || rd_at(v, i) == ':'); n++)
        i++;
    if (rd_is(rd_at(v, i), RD_C_DIGIT))
        rd_value_judge(f, RD_KEY_BIRTH, (rd_value){.from = i, .to = i + 1});
}

/* geboortedatum 31-01-1990, date de naissance 31/01/1990: the date behind a key, without a separator. */
static void birth_behind(rd_find *f, uint32_t key_end)
{
    if (rd_key_class_of(f->keys, &f->v, key_end) == RD_KEY_BIRTH)
        birth_at(f, key_end);
}

/* Is the word before the space at `at` a spelling of "born", and not the end of another one? */
static bool born_before(const rd_view *v, uint32_t at)
{
    uint32_t end = rd_spells(v, at - 3, "(e)") ? at - 3 : at - (rd_at(v, at - 1) == 'e');
    return rd_spells(v, end - 2, "\xc3\xa9") && rd_lower(rd_at(v, end - 3)) == 'n' &&
           !rd_word_before(v, end - 3);
}

/* GUEST_NAME Muster, Max: `end` is behind the key. */
static void column_of_name(rd_find *f, uint32_t end)
{
    rd_key_class cls = rd_key_class_of(f->keys, &f->v, end);
    if (rd_at(&f->v, end - 5) == '_' && (cls == RD_KEY_NAME || cls == RD_KEY_GIVEN || cls == RD_KEY_WHO))
        rd_value_judge(f, RD_KEY_WHO, (rd_value){.from = end + 1, .to = end + 2});
}

static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint8_t c = rd_at(v, at);
    if (rd_is(rd_at(v, at + 2), RD_C_DIGIT))
        birth_behind(f, at + 1);
    else if (rd_spells(v, at + 2, " el ")) {
        if (rd_spells_nocase(v, at - 4, "nacido") || rd_spells_nocase(v, at - 4, "nacida"))
            birth_at(f, at + 5);
    } else if (c == 'N')
        column_of_name(f, at + 4);
    else if (c == ' ' && rd_at(v, at + 1) == 'l' && born_before(v, at))
        birth_at(f, at + 4); /* ne le, nee le, ne(e) le, with accents */
    else if (rd_at(v, at + 1) == ' ')
        behind_word(f, at + (c != '.'), at + 2);
}

static const rd_window windows[] = {{"\\l \\U\\A", false},
                                    {". \\U\\A", false},
                                    {" le ", false},
                                    {"NAME \\U", false},
                                    {"\\l\\l el ", false},
                                    {"\\A \\d\\D", false},
                                    {"\\A \\d\\d\\D\\d", false},
                                    {"\\A \\d\\d\\d\\d\\D\\d", false}};

const rd_matcher rd_match_people = {
    .yields = RD_BIT(PERSON_NAME) | RD_BIT(DATE_OF_BIRTH), RD_WINDOWS(windows), .confirm = confirm};
