/* SPDX-License-Identifier: MIT */
/*
 * How a matcher sees a text: through rd_at, which answers 0 outside of it, so that no matcher can look past
 * the ends of its text, whatever the neighbouring bytes of the body are. A library built with
 * RD_DETECT_COUNT_STEPS counts the looks; the tests use that to show that work is linear in the input.
 */
#ifndef RD_DETECT_TEXT_H
#define RD_DETECT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct rd_view {
    const uint8_t *b; /* borrowed: the base buffer; all positions are offsets in it */
    uint32_t lo, hi;  /* the text is [lo, hi) */
} rd_view;

#ifdef RD_DETECT_COUNT_STEPS
extern uint64_t rd_detect_steps;
#define RD_DETECT_STEP() (rd_detect_steps++)
#else
#define RD_DETECT_STEP() ((void)0)
#endif

/* The byte at `i`, 0 outside the text (positions may wrap below zero). */
static inline uint8_t rd_at(const rd_view *v, uint32_t i)
{
    RD_DETECT_STEP();
    return i - v->lo < v->hi - v->lo ? v->b[i] : 0;
}

/* Byte classes. One table of bits, one row a byte; bytes of UTF-8 sequences are RD_C_UTF8. */
enum {
    RD_C_DIGIT = 1 << 0,
    RD_C_UPPER = 1 << 1,
    RD_C_LOWER = 1 << 2,
    RD_C_HEX = 1 << 3,
    RD_C_UTF8 = 1 << 4,  /* 0x80-0xff */
    RD_C_SPACE = 1 << 5, /* space, tab, CR, LF */
    RD_C_LOCAL = 1 << 6, /* local part of an e-mail address, as it stands in logs */
    RD_C_TOKEN = 1 << 7, /* base64url and '.' '_' '-' '~': what opaque tokens are made of */
    RD_C_RUN = 1 << 8,   /* letters, digits, '_' and '-': runs of them may be tokens */
    RD_C_STOP = 1 << 9,  /* may end a value, quoted or not: needs a closer look */
    RD_C_JOIN = 1 << 10, /* between the words of a key */
    RD_C_ALPHA = RD_C_UPPER | RD_C_LOWER,
    RD_C_ALNUM = RD_C_ALPHA | RD_C_DIGIT,
    RD_C_WORD = RD_C_ALNUM | RD_C_UTF8
};

extern const uint16_t rd_byte_classes[256];

static inline bool rd_is(uint8_t c, unsigned classes)
{
    return (rd_byte_classes[c] & classes) != 0;
}

static inline uint8_t rd_lower(uint8_t c)
{
    return (uint8_t)(c - 'A') < 26 ? (uint8_t)(c | 0x20) : c;
}

/* First position in [i, limit) whose byte is in none of `classes`; stops at the end of the text. */
static inline uint32_t rd_skip(const rd_view *v, uint32_t i, uint32_t limit, unsigned classes)
{
    if (i - v->lo >= v->hi - v->lo)
        return i;
    uint32_t end = limit < v->hi ? limit : v->hi;
    for (; i < end && rd_is(v->b[i], classes); i++)
        RD_DETECT_STEP();
    return i;
}

/* First position in [i, limit) whose byte is in one of `classes`; stops at the end of the text. */
static inline uint32_t rd_skip_to(const rd_view *v, uint32_t i, uint32_t limit, unsigned classes)
{
    if (i - v->lo >= v->hi - v->lo)
        return i;
    uint32_t end = limit < v->hi ? limit : v->hi;
    for (; i < end && !rd_is(v->b[i], classes); i++)
        RD_DETECT_STEP();
    return i;
}

/* Does a word go on before (at) `i`? Chinese, Japanese and Korean put no space between words and numbers:
 * their letters and punctuation, three bytes from U+3000 on, end one. */
static inline bool rd_word_before(const rd_view *v, uint32_t i)
{
    uint8_t c = rd_at(v, i - 1);
    return rd_is(c, RD_C_WORD) && !(c >= 0x80 && c < 0xc0 && rd_at(v, i - 3) >= 0xe3);
}

static inline bool rd_word_at(const rd_view *v, uint32_t i)
{
    uint8_t c = rd_at(v, i);
    return c < 0xe3 && rd_is(c, RD_C_WORD);
}

/* Start of the run of `classes` that ends before `i`, at most `max` bytes long. */
static inline uint32_t rd_skip_back(const rd_view *v, uint32_t i, uint32_t max, unsigned classes)
{
    if (i - 1 - v->lo >= v->hi - v->lo)
        return i;
    uint32_t start = i - v->lo < max ? v->lo : i - max;
    for (; i > start && rd_is(v->b[i - 1], classes); i--)
        RD_DETECT_STEP();
    return i;
}

/* Do the bytes at `i` spell `word`? */
static inline bool rd_spells(const rd_view *v, uint32_t i, const char *word)
{
    for (; *word != 0; word++, i++) {
        if (rd_at(v, i) != (uint8_t)*word)
            return false;
    }
    return true;
}

/* Is [from, to) what most finds become? What is read from there ends with it: the find may have had blanks in
 * it, at which the value ended when it was read the first time. */
static inline bool rd_is_mask(const rd_view *v, uint32_t from, uint32_t to)
{
    return to - from == 3 && rd_spells(v, from, "***");
}

/* The same without case; `word` is lower case. */
static inline bool rd_spells_nocase(const rd_view *v, uint32_t i, const char *word)
{
    for (; *word != 0; word++, i++) {
        if (rd_lower(rd_at(v, i)) != (uint8_t)*word)
            return false;
    }
    return true;
}

/* The value of two hexadecimal digits at `i`, -1 when they are not. */
int rd_hex_pair(const rd_view *v, uint32_t i);

#endif
