/* SPDX-License-Identifier: MIT */
/*
 * Telephone numbers that say so themselves: international form (E.164, ITU-T E.123) with `+` or %2B, and the
 * North American form with the area in brackets. Others need a key or a word before them: see values.c and
 * phrases.c. Kept readable: the country code and the last two digits.
 */
#include "filters/detect/mailbox.h"
#include "filters/detect/opaque.h"
#include "filters/detect/phone.h"

enum {
    MIN_DIGITS = 8,
    MAX_DIGITS = 15,
    MAX_GROUPS = 7,
    WHOLE_GROUP = 8,
    MAX_RECORD = 256,
    SHORTEST_DIALLED = 11
};

/* Country codes of one or two digits (ITU-T E.164); all others have three. */
static uint32_t country_code_len(uint8_t a, uint8_t b)
{
    static const char two[] =
        "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 "
        "64 65 66 81 82 84 86 90 91 92 93 94 95 98 ";
    if (a == '1' || a == '7')
        return 1;
    for (const char *p = two; *p != 0; p += 3) {
        if ((uint8_t)p[0] == a && (uint8_t)p[1] == b)
            return 2;
    }
    return a >= '2' && a <= '9' ? 3 : 0;
}

uint32_t rd_phone_end(const rd_view *v, uint32_t i, uint32_t *out_digits)
{
    uint32_t n = 0, end = i;
    for (uint32_t groups = 0; groups < MAX_GROUPS; groups++) {
        bool bracket = rd_at(v, i) == '(';
        i += bracket;
        uint32_t stop = rd_skip(v, i, i + MAX_DIGITS + 1, RD_C_DIGIT);
        if (stop == i || n + (stop - i) > MAX_DIGITS || (bracket && rd_at(v, stop) != ')'))
            break;
        n += stop - i;
        end = stop + bracket;
        if (stop - i >= WHOLE_GROUP)
            break; /* the number is complete: what follows is another field */
        i = end;
        uint8_t c = rd_at(v, i);
        if (c == ' ' || c == '-' || c == '.' || c == '/' || (c == '+' && n > 0 && !bracket))
            i++; /* a plus is a space in forms */
        else if (rd_spells(v, i, "%20"))
            i += 3;
        else if (!bracket && c != '(')
            break;
        bool apart = rd_at(v, i) == '-' || rd_at(v, i) == '/';
        if (apart && rd_at(v, i - 1) == ' ' && rd_at(v, i + 1) == ' ') {
            if (rd_at(v, i + 2) == '0')
                break; /* another number */
            i += 2;    /* 0171 - 123456 */
        }
    }
    if (rd_word_at(v, end) || rd_at(v, end) == '_')
        return 0;
    *out_digits = n;
    return end;
}

uint32_t rd_phone_head(const rd_view *v, uint32_t from)
{
    uint32_t code = rd_at(v, from) == '+' ? country_code_len(rd_at(v, from + 1), rd_at(v, from + 2)) : 0;
    return code == 0 ? 0 : code + 1;
}

static void international(rd_find *f, uint32_t at, uint32_t number)
{
    const rd_view *v = &f->v;
    uint8_t before = rd_at(v, at - 1);
    uint32_t code = country_code_len(rd_at(v, number), rd_at(v, number + 1)), digits = 0;
    if (code == 0 || rd_word_before(v, at) || before == ')' || before == ']')
        return;
    uint32_t end = rd_phone_end(v, number, &digits);
    if (before == '+' && !rd_spells(v, end, ":TE")) /* COM+...:TE of EDIFACT */
        return;
    if (end == 0 || digits < MIN_DIGITS || (rd_at(v, end) == '.' && rd_is(rd_at(v, end + 1), RD_C_DIGIT)))
        return;
    f->resume = end;
    rd_emit(f, RD_DETECTOR_PHONE, at, end, number + code - at, 2);
    if (before == '<')
        rd_mailbox_name(f, at - 1);
    else if (before == ':' && (rd_spells_nocase(v, at - 5, "<tel:") || rd_spells_nocase(v, at - 5, "<sip:")))
        rd_mailbox_name(f, at - 5);
}

/* 0049 171 1234567: the prefix of many countries, and the country code in a group of its own. */
static void prefixed(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t code = country_code_len(rd_at(v, at + 2), rd_at(v, at + 3)), digits = 0;
    uint8_t before = rd_at(v, at - 1), behind = rd_at(v, at + 2 + code);
    if (rd_word_before(v, at) || before == '_' || before == '.' || before == '-' || before == '+' ||
        before == ',' || (before == ':' && !rd_is(rd_at(v, at - 2), RD_C_ALPHA)) ||
        (before == ' ' && rd_is(rd_at(v, at - 2), RD_C_DIGIT)) ||
        (behind != ' ' && behind != '-' && behind != '/' && behind != '('))
        return;
    uint32_t end = rd_phone_end(v, at, &digits);
    if (end == 0 || digits < MIN_DIGITS + 3 || rd_at(v, end) == ':')
        return;
    f->resume = end;
    rd_emit(f, RD_DETECTOR_PHONE, at, end, 2 + code, 2);
}

/* dst=0013125550154: the prefix without a joiner, behind a key that may as well name another number. */
static void keyed(rd_find *f, uint32_t at)
{
    static const char keys[] =
        "dst src dest destination source from to num number da oa dnis ani cli recipient orig "
        "originator addr peer party remote called calling";
    const rd_view *v = &f->v;
    uint32_t end = rd_skip(v, at, at + MAX_DIGITS + 3, RD_C_DIGIT), key = at - 1,
             word = rd_skip_back(v, key, 16, RD_C_ALPHA);
    uint32_t code = country_code_len(rd_at(v, at + 2), rd_at(v, at + 3));
    if (code == 0 || end - at < MIN_DIGITS + 4 || end - at > MAX_DIGITS + 2 || rd_word_at(v, end) ||
        rd_at(v, end) == '_' || !rd_word_in(v, word, key, keys))
        return;
    f->resume = end;
    rd_emit(f, RD_DETECTOR_PHONE, at, end, 2 + code, 2);
}

/* Does the number of 00... at `i` end with `close`? */
static bool is_dialled(const rd_view *v, uint32_t i, uint8_t close, uint32_t *out_end)
{
    *out_end = rd_skip(v, i, i + MAX_DIGITS + 3, RD_C_DIGIT);
    return rd_at(v, *out_end) == close && *out_end - i >= SHORTEST_DIALLED &&
           *out_end - i <= MAX_DIGITS + 2 && country_code_len(rd_at(v, i + 2), rd_at(v, i + 3)) > 0;
}

/* "Anna Kim" <0013125550154>: who calls. */
static void caller(rd_find *f, uint32_t open)
{
    uint32_t end;
    if (!is_dialled(&f->v, open + 1, '>', &end))
        return;
    rd_emit(f, RD_DETECTOR_PHONE, open + 1, end, 0, 2);
    rd_mailbox_name(f, open);
}

/* "","0013125550154","...","PJSIP/trunk-1": a record of Asterisk's, told by the channel in it. `i` is behind
 * the quote. */
static void call_record(rd_find *f, uint32_t i)
{
    static const char *const channels[] = {"\"PJSIP/", "\"SIP/",   "\"IAX2/",
                                           "\"DAHDI/", "\"Local/", "\"SCCP/"};
    const rd_view *v = &f->v;
    uint32_t end;
    if (!is_dialled(v, i, '"', &end))
        return;
    for (uint32_t at = end + 1; at - end < MAX_RECORD && rd_at(v, at) >= ' '; at++) {
        for (unsigned c = 0; rd_at(v, at) == '"' && c < sizeof channels / sizeof channels[0]; c++) {
            if (rd_spells(v, at, channels[c])) {
                rd_emit(f, RD_DETECTOR_PHONE, i, end, 0, 2);
                return;
            }
        }
    }
}

/* A number with two zeros stands behind the mark at `at`. */
static void dialled(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    if (rd_at(v, at) == '<')
        caller(f, at);
    else if (rd_at(v, at - 1) == ',')
        call_record(f, at + 1);
}

/* (415) 555-0132 */
static void american(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t exchange = at + 5 + (rd_at(v, at + 5) == ' ' || rd_at(v, at + 5) == '-'), digits;
    if (rd_word_before(v, at) || rd_at(v, at + 4) != ')' || rd_at(v, at + 1) < '2' ||
        rd_at(v, exchange) < '2')
        return;
    uint32_t middle = rd_at(v, exchange + 3);
    uint32_t end = rd_phone_end(v, exchange, &digits);
    if (end == 0 || (middle != '-' && middle != ' ' && middle != '.') || digits != 7)
        return;
    rd_emit(f, RD_DETECTOR_PHONE, at, end, 0, 2);
}

static void confirm(rd_find *f, uint32_t at)
{
    uint8_t c = rd_at(&f->v, at);
    if (c == '(')
        american(f, at);
    else if (c == '0')
        prefixed(f, at);
    else if (c == '=')
        keyed(f, at + 1);
    else if (c == '<' || c == '"')
        dialled(f, at);
    else if (!rd_is(c, RD_C_DIGIT))
        international(f, at, c == '+' ? at + 1 : at + 3);
}

static const rd_window windows[] = {{"+\\n\\p\\p", false},
                                    {"00\\n\\d\\j\\p\\p\\p", false},
                                    {"%2b\\n", true},
                                    {"\\E00\\n", false},
                                    {"(\\d\\d\\d)\\p\\p\\p", false}};

const rd_matcher rd_match_phone = {
    .yields = RD_BIT(PHONE) | RD_BIT(PERSON_NAME), RD_WINDOWS(windows), .confirm = confirm};
