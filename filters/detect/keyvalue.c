/* SPDX-License-Identifier: MIT */
/*
 * Key and value, in the notations of logs:
 *
 *    key=value  key = "value"  key: value  "key":"value"  \"key\":\"value\"  'key' => 'value'  key := `value`
 *    ["key"] = value  ?key=value&  key%3Dvalue  <key>value</key>  key="Password" value="x"  f("KEY", "value")
 *
 * The candidate is the separator; the key is read backwards from it and must be one we know (key_words.c).
 */
#include "filters/detect/value.h"

enum { MAX_KEY_GAP = 4, MAX_NAME_LOOK = 96, LONG_VALUE = 256 };

/* One past the last byte of the key before the separator at `i`: skips spaces, quotes, brackets, operators.
 */
static uint32_t key_end(const rd_view *v, uint32_t i)
{
    for (uint32_t n = 0; n < MAX_KEY_GAP; n++) {
        uint8_t c = rd_at(v, i - 1);
        if (c == ':' || c == '.' || c == '+' || c == '|' || c == '?')
            i--;
        else
            break;
    }
    for (uint32_t n = 0; n < MAX_KEY_GAP && (rd_at(v, i - 1) == ' ' || rd_at(v, i - 1) == '\t'); n++)
        i--;
    for (uint32_t n = 0; n < 2 && (rd_at(v, i - 1) == ']' || rd_at(v, i - 1) == ')'); n++)
        i--;
    if (rd_spells(v, i - 6, "&quot;"))
        return i - 6;
    if (rd_spells(v, i - 3, "%22"))
        return i - 3;
    uint8_t c = rd_at(v, i - 1);
    if (c == '"' || c == '\'' || c == '`') {
        i--;
        while (rd_at(v, i - 1) == '\\')
            i--;
    }
    return i;
}

/* {"key":"password","value":"x"}, <add key="Password" value="x"/>: the class of the quoted text before
 * `value`. */
static rd_key_class class_of_name(const rd_find *f, uint32_t value_key)
{
    const rd_view *v = &f->v;
    uint32_t quotes = 0;
    for (uint32_t i = value_key; value_key - i < MAX_NAME_LOOK; i--) {
        uint8_t c = rd_at(v, i - 1);
        if (c == 0 || c == '\n')
            return RD_KEY_NONE;
        if (c != '"' && c != '\'')
            continue;
        if (rd_is(rd_at(v, i - 2), RD_C_WORD) && ++quotes == 1)
            return rd_key_class_of(f->keys, v, i - 1);
        if (rd_at(v, i - 2) == '\\' && rd_is(rd_at(v, i - 3), RD_C_WORD))
            return rd_key_class_of(f->keys, v, i - 2);
    }
    return RD_KEY_NONE;
}

/* Start of the word that ends before `end`. */
static uint32_t word_start(const rd_view *v, uint32_t end)
{
    return rd_skip_back(v, end, MAX_NAME_LOOK, RD_C_ALNUM);
}

/* Long values are read once: candidates inside them are skipped, so that the work stays linear. */
static void judge_at(rd_find *f, rd_key_class cls, uint32_t i, uint32_t key)
{
    rd_value value;
    if (!rd_value_read(&f->v, i, rd_value_max(cls), &value))
        return;
    bool nested = cls == RD_KEY_COOKIE || cls == RD_KEY_AUTH || cls >= RD_KEY_NAME;
    if (nested && value.prose && rd_key_is_class_name(&f->v, key))
        return;
    bool emitted = rd_value_judge(f, cls, value);
    if (value.to > f->resume && !nested && (emitted || value.to - value.from > LONG_VALUE))
        f->resume = value.to;
}

/* <key>value</key> */
static void element(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    rd_key_class cls = rd_key_class_of(f->keys, v, at);
    if (cls == RD_KEY_NONE)
        return;
    rd_value value = rd_value_until(v, at + 1, '<');
    f->resume = value.to > at ? value.to : f->resume;
    if (value.from < value.to && rd_at(v, value.to) != 0)
        rd_value_judge(f, cls, value);
}

/* f("KEY", "value"): `at` is the quote behind the key. */
static void argument(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    rd_key_class cls = rd_key_class_of(f->keys, v, at);
    uint32_t next = at + 2 + (rd_at(v, at + 2) == ' ');
    uint8_t mark = rd_at(v, next);
    rd_value value;
    if (cls == RD_KEY_NONE || (mark != '"' && mark != '\'') ||
        !rd_value_read(v, next, rd_value_max(cls), &value))
        return;
    uint8_t behind = rd_at(v, value.to + 1);
    if (behind == ')' || behind == ']')
        rd_value_judge(f, cls, value);
}

static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint8_t c = rd_at(v, at), next = rd_at(v, at + 1);
    if (next == ',' && (c == '"' || c == '\'')) {
        argument(f, at);
        return;
    }
    if (next == '>') {
        element(f, at + 1);
        return;
    }
    uint32_t separator = c == '%' ? at : at + 1, behind = separator + 1;
    if (c == '%')
        behind = at + 3;
    uint32_t end = key_end(v, separator);
    rd_key_class cls = rd_key_class_of(f->keys, v, end);
    if (cls == RD_KEY_NONE)
        return;
    while (rd_at(v, behind) == '=' || rd_at(v, behind) == '>' || rd_at(v, behind) == ':')
        behind++;
    if (behind - separator == 2 && rd_at(v, separator) == '=' && rd_at(v, separator + 1) == '=')
        return; /* a comparison */
    if (cls == RD_KEY_VALUE)
        cls = class_of_name(f, word_start(v, end) - 1);
    judge_at(f, cls, behind, end);
}

static const rd_window windows[] = {
    {"\\z=", false}, {"\\d=", false}, {" =", false},  {":=", false},  {".=", false},
    {"\\z:", false}, {" : ", false},  {"%3D", false}, {"%3A", false}, {"%3d", false},
    {"%3a", false},  {"\\a>", false}, {"\",", false}, {"',", false},  {NULL, false},
};

const rd_matcher rd_match_keyvalue = {
    .yields = RD_BIT(PASSWORD) | RD_BIT(SECRET) | RD_BIT(SESSION) | RD_BIT(PERSON_NAME) | RD_BIT(PHONE) |
              RD_BIT(DATE_OF_BIRTH) | RD_BIT(US_SSN) | RD_BIT(MAC),
    .windows = windows,
    .confirm = confirm,
};
