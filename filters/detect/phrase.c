/* SPDX-License-Identifier: MIT */
#include "filters/detect/phrase.h"

#include "filters/detect/opaque.h"

enum { MAX_PHRASE = 128, SHORTEST_WORD = 3 };

bool rd_starts_field(const rd_view *v, uint32_t from, uint32_t to)
{
    static const char *const words[] = {
        "account", "address",      "adresse",   "amount",  "bank",    "bedrag",
        "belopp",  "betalt",       "betrag",    "bic",     "birth",   "blz",
        "born",    "contrat",      "datum",     "dni",     "dob",     "email",
        "geb",     "geboren",      "iban",      "importe", "importo", "kennzeichen",
        "konto",   "kundennummer", "kvnr",      "kwota",   "mail",    "montant",
        "nif",     "phone",        "plz",       "polis",   "polizza", "ref",
        "ssn",     "status",       "strasse",   "summe",   "swift",   "tel",
        "telefon", "telefono",     "telephone", "total",   "tutar",   "versichertennummer",
        "vertrag"};
    if (!rd_is(rd_at(v, from), RD_C_UPPER) || !RD_LISTED(v, from, to, words))
        return false;
    uint32_t i = to + (rd_at(v, to) == '.' || rd_at(v, to) == ':');
    if (rd_at(v, i) != ' ')
        return i > to || rd_at(v, i) == '=';
    bool currency = rd_skip(v, i + 1, i + 5, RD_C_UPPER) == i + 4 && rd_at(v, i + 4) == ' ';
    uint32_t value = currency ? i + 5 : i + 1, end = rd_skip(v, value, value + MAX_PHRASE, RD_C_ALNUM);
    for (uint32_t k = value; k < end; k++) {
        if (rd_is(rd_at(v, k), RD_C_DIGIT))
            return true; /* Betrag CHF 12.50, IBAN DE89 ...; but not the name of Taylor Swift */
    }
    return rd_at(v, value) == '+';
}

uint32_t rd_phrase_end(const rd_view *v, uint32_t i)
{
    uint32_t end = i;
    while (end - i < MAX_PHRASE && rd_at(v, end) == ' ') {
        uint32_t word = rd_skip(v, end + 1, i + MAX_PHRASE, RD_C_RUN | RD_C_UTF8);
        if (word == end + 1)
            break;
        if (word - end <= SHORTEST_WORD)
            return i; /* a sentence: stored in keychain */
        end = word;
    }
    bool bracket = rd_at(v, end) == ' ' && rd_at(v, end + 1) == '(';
    return bracket || rd_at(v, end) == '\n' || rd_at(v, end) == '\r' || rd_at(v, end) == 0 ? end : i;
}
