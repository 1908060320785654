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
    return rd_is(rd_at(v, from), RD_C_UPPER) && RD_LISTED(v, from, to, words);
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
