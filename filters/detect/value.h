/* SPDX-License-Identifier: MIT */
/* Values behind keys: where they end in each notation, and whether they are what their key says. */
#ifndef RD_DETECT_VALUE_H
#define RD_DETECT_VALUE_H

#include "filters/detect/key_words.h"
#include "filters/detect/matcher.h"

typedef struct rd_value {
    uint32_t from, to;
    bool quoted;
    bool prose; /* ": " and no quotes: perhaps a sentence */
} rd_value;

/* How long a value of this class may be; longer ones are cut there. */
uint32_t rd_value_max(rd_key_class cls);
/* Reads the value at `i`, behind the separator, up to `max` bytes. False: there is none. */
bool rd_value_read(const rd_view *v, uint32_t i, uint32_t max, rd_value *out);
/* Does a type stand before the quoted value at `i`: DATE '2000-01-31'? */
bool rd_value_has_type(const rd_view *v, uint32_t i);
/* Up to `stop`, whatever it looks like (text of an XML element). */
rd_value rd_value_until(const rd_view *v, uint32_t i, uint8_t stop);
/* Emits what is to be hidden of a value of this class; was there anything? */
bool rd_value_judge(rd_find *f, rd_key_class cls, rd_value value);

/* First letters of particles of names ("von"): most words in lower case start with another one. */
static inline bool rd_may_be_particle(uint8_t c)
{
    return c == 'a' || c == 'b' || c == 'd' || c == 'e' || c == 'l' || c == 't' || c == 'v' || c == 'z';
}

/* Is it written as only logins of people are: small letters and digits with one dot or underscore inside, or
 * letters that end in digits? */
bool rd_login_of_person(const rd_view *v, uint32_t from, uint32_t to);

#endif
