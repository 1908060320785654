/* SPDX-License-Identifier: MIT */
#include "filters/detect/masked.h"

#include "filters/detect/opaque.h"

enum { LONGEST = 64, MAX_HEAD = 6, MAX_TAIL = 4, MAX_PREFIX = 12, MIN_MARKS = 3, MAX_MESSAGE = 160 };

#define BULLET "\xe2\x80\xa2"

/* What is left of a value, and what stands for the rest. */
typedef struct remains {
    uint32_t head, tail;        /* letters and digits before the first mark and behind the last one */
    uint32_t marks, groups;     /* groups of nothing but marks */
    bool letters, tail_letters; /* some are letters */
    bool small;                 /* some in the head are small letters */
    bool apart;                 /* some stand between marks */
} remains;

static bool separates(uint8_t c)
{
    return c == '-' || c == '.' || c == '/' || c == ' ' || c == '(' || c == ')' || c == '+' || c == ':';
}

static uint32_t mark_at(const rd_view *v, uint32_t i, bool of_x)
{
    uint8_t c = rd_at(v, i);
    if (of_x)
        return c == 'x' || c == 'X';
    return c == '*' || c == '#' ? 1 : rd_spells(v, i, BULLET) ? 3 : 0;
}

/* False: other bytes are in it. An address is read up to its at sign. */
static bool read_remains(const rd_view *v, uint32_t from, uint32_t to, bool of_x, remains *r)
{
    bool only_marks = true;
    *r = (remains){0};
    for (uint32_t i = from, n; i < to; i += n) {
        uint8_t c = rd_at(v, i);
        uint32_t mark = mark_at(v, i, of_x);
        n = mark > 0 ? mark : 1;
        if (mark > 0) {
            r->apart |= r->marks > 0 && r->tail > 0;
            r->tail = 0;
            r->tail_letters = false;
            r->marks++;
        } else if (c == '@' && r->marks > 0) {
            break;
        } else if (separates(c)) {
            r->groups += only_marks && i > from && mark_at(v, i - 1, of_x) > 0;
            only_marks = true;
            continue;
        } else if (rd_is(c, RD_C_WORD) || c == '_') {
            only_marks = false;
            r->letters |= !rd_is(c, RD_C_DIGIT);
            r->tail_letters |= r->marks > 0 && !rd_is(c, RD_C_DIGIT);
            r->small |= r->marks == 0 && !rd_is(c, RD_C_UPPER | RD_C_DIGIT);
            *(r->marks == 0 ? &r->head : &r->tail) += 1;
        } else {
            return false;
        }
    }
    r->groups += only_marks && r->marks > 0;
    return true;
}

/* sk_live_****: the beginning that all such tokens have. */
static bool is_prefix(const rd_view *v, uint32_t from, uint32_t n)
{
    uint32_t end = from;
    while (end < from + n && (rd_is(rd_at(v, end), RD_C_LOWER) || rd_at(v, end) == '_'))
        end++;
    return n <= MAX_PREFIX && end == from + n && rd_at(v, end - 1) == '_';
}

static bool leaves_little(const rd_view *v, uint32_t from, const remains *r)
{
    bool digits = r->head <= MAX_HEAD && !r->small;
    bool short_head = digits || r->head <= 4 || is_prefix(v, from, r->head);
    bool enough =
        r->marks >= r->head + r->tail || (digits && !r->tail_letters && r->marks >= MIN_MARKS) || r->head > 4;
    return !r->apart && short_head && r->tail <= MAX_TAIL && enough &&
           (r->marks >= MIN_MARKS || r->groups >= 2);
}

/* [FILTERED], <redacted>, **MASKED**, REDACTED_BY_POLICY */
static bool says_masked(const rd_view *v, uint32_t from, uint32_t to)
{
    static const char words[] =
        "redacted filtered masked hidden removed scrubbed protected sanitized obfuscated "
        "omitted censored suppressed anonymized";
    static const char types[] =
        "secret password token email name phone ssn address ip card iban null empty none "
        "username user date dob";
    uint8_t open = rd_at(v, from);
    uint32_t first = from;
    while (first < to && !rd_is(rd_at(v, first), RD_C_WORD))
        first++;
    uint32_t end = rd_skip(v, first, to, RD_C_ALPHA), rest = end;
    bool bracket = (open == '[' || open == '(' || open == '<') && first == from + 1;
    if (rd_word_in(v, first, end, words)) {
        while (rest < to && (rd_is(rd_at(v, rest), RD_C_UPPER | RD_C_DIGIT) || rd_at(v, rest) == '_'))
            rest++;
        bool small = rd_skip(v, first, end, RD_C_UPPER) < end;
        while (rest < to && !rd_is(rd_at(v, rest), RD_C_WORD) && rd_at(v, rest) != ':')
            rest++;
        return rest == to ? !small || end + 2 >= to || first > from : bracket && rd_at(v, rest) == ':';
    }
    bool closed = rd_at(v, end) == (open == '[' ? ']' : open == '(' ? ')' : '>');
    return bracket && closed && end + 1 >= to && rd_word_in(v, first, end, types);
}

/* hmac-sha256:0123...: what the audit log of Vault has instead of a secret. */
static bool is_keyed_hash(const rd_view *v, uint32_t from, uint32_t to)
{
    static const char prefix[] = "hmac-sha256:";
    uint32_t digits = from + sizeof prefix - 1;
    return rd_spells(v, from, prefix) && to - digits == 64 && rd_skip(v, digits, to, RD_C_HEX) == to;
}

bool rd_is_masked(const rd_view *v, uint32_t from, uint32_t to)
{
    remains r;
    if (is_keyed_hash(v, from, to))
        return true;
    if (to - from > LONGEST || from >= to)
        return false;
    if (read_remains(v, from, to, false, &r) && r.marks > 0 && leaves_little(v, from, &r))
        return true;
    if (read_remains(v, from, to, true, &r) && r.groups > 0 && !r.letters && leaves_little(v, from, &r))
        return true;
    return says_masked(v, from, to);
}

bool rd_is_type(const rd_view *v, uint32_t from, uint32_t to)
{
    static const char words[] =
        "string str text varchar boolean integer number required optional nullable invalid "
        "securestring secretstr !secret";
    static const char generics[] = "optional nullable maybe varchar nvarchar char";
    uint32_t end = rd_skip(v, from, to, RD_C_ALPHA);
    uint8_t mark = rd_at(v, end);
    if (end + 1 == to && (mark == '!' || mark == '?' || mark == ';'))
        return rd_word_in(v, from, end, words);
    if (mark == '[' || mark == '<' || mark == '(')
        return rd_word_in(v, from, end, generics);
    return rd_word_in(v, from, to, words);
}

bool rd_is_message(const rd_view *v, uint32_t from, uint32_t to)
{
    static const char verbs[] =
        "must required cannot can't invalid incorrect already blank empty least missing "
        "mismatch expired short long match does doesn't been";
    uint32_t words = 0;
    bool says = false;
    if (to - from > MAX_MESSAGE)
        return false;
    for (uint32_t i = from; i < to; i++) {
        uint32_t end = i;
        while (end < to && rd_at(v, end) > ' ')
            end++;
        uint32_t last = end > i && rd_at(v, end - 1) == '.' ? end - 1 : end;
        bool verb = rd_word_in(v, i, last, verbs);
        words += verb || rd_skip(v, i, last, RD_C_ALPHA) == last;
        says |= verb;
        i = end;
    }
    return says && words >= 3;
}
