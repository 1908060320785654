/* SPDX-License-Identifier: MIT */
/*
 * What a key says about its value. Keys are blind to spelling (`dbPassword`, `DB_PASSWORD`, `db-password`,
 * "db password") and most words also count as the last words of a longer key; the longest known ending
 * decides.
 */
#ifndef RD_DETECT_KEY_WORDS_H
#define RD_DETECT_KEY_WORDS_H

#include "filters/detect/text.h"

typedef enum rd_key_class {
    RD_KEY_NONE,
    RD_KEY_PASSWORD, /* any value */
    RD_KEY_PIN,      /* a few digits */
    RD_KEY_SECRET,   /* any value but a short word */
    RD_KEY_TOKEN,    /* what looks random */
    RD_KEY_LONG,     /* what is long and looks random: keys of no known kind */
    RD_KEY_AUTH,     /* scheme and credential */
    RD_KEY_COOKIE,   /* pairs */
    RD_KEY_SESSION,  /* what looks random */
    RD_KEY_NAME,     /* any text */
    RD_KEY_GIVEN,    /* one capitalised word or more */
    RD_KEY_WHO,      /* two or more capitalised words */
    RD_KEY_LOGIN,    /* the same, or the login of a person */
    RD_KEY_PHONE,
    RD_KEY_BIRTH,
    RD_KEY_SSN,
    RD_KEY_MAC,
    RD_KEY_VALUE, /* "value": look at the name before it */

    /* No keys, but words of sentences before names of people: rd_key_word_of alone tells them. */
    RD_KEY_OTHER,
    RD_KEY_TITLE,
    RD_KEY_TITLE_OR_WORD, /* a title that may be another word as well */
    RD_KEY_GREETING,
    RD_KEY_LINK /* a preposition; the verb before it decides */
} rd_key_class;

typedef struct rd_key_table rd_key_table; /* immutable; shared by the set */

rd_key_table *rd_key_table_new(void); /* NULL: no memory */
void rd_key_table_free(rd_key_table **t);

/* Calls `add` with the last four bytes of every word (fewer for shorter words); '_' stands for any join. */
void rd_key_endings(void (*add)(void *ctx, const char *ending, uint32_t len), void *ctx);

/* The class of the key that ends before `end`. Looks at most 64 bytes back. */
rd_key_class rd_key_class_of(const rd_key_table *t, const rd_view *v, uint32_t end);
/* The same; it depends on the bytes from *out_from to the one at `end`, and on nothing else. *out_from may
 * lie before the text, or wrap below zero: then it depends on where that starts. */
rd_key_class rd_key_class_seen(const rd_key_table *t, const rd_view *v, uint32_t end, uint32_t *out_from);
/* The same of a word of a sentence. */
rd_key_class rd_key_word_of(const rd_key_table *t, const rd_view *v, uint32_t end);
/* Does the key look like the name of a class (FooManager), so that prose may follow? */
bool rd_key_is_class_name(const rd_view *v, uint32_t end);

#endif
