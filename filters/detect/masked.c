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

static bool wraps(uint8_t c)
{
    return c == '*' || c == '_' || c == '-' || c == '[' || c == ']' || c == '(' || c == ')' || c == '<' ||
           c == '>' || c == '#';
}

/* [FILTERED], <redacted>, **MASKED**, REDACTED_BY_POLICY, [REDACTED:ssn]; of types only in brackets: [EMAIL]
 */
static bool says_masked(const rd_view *v, uint32_t from, uint32_t to)
{
    static const char words[] =
        "redacted filtered masked hidden removed scrubbed protected sanitized obfuscated "
        "omitted censored suppressed anonymized";
    static const char types[] =
        "secret password token email name phone ssn address ip card iban null empty none "
        "username user date dob";
    uint32_t first = from;
    while (first < to && wraps(rd_at(v, first)))
        first++;
    uint32_t end = rd_skip(v, first, to, RD_C_ALPHA), rest = end;
    uint8_t open = rd_at(v, from), close = rd_at(v, to - 1);
    bool bracket = first == from + 1 && ((open == '[' && close == ']') || (open == '(' && close == ')') ||
                                         (open == '<' && close == '>'));
    if (bracket && end + 1 == to && rd_word_in(v, first, end, types))
        return true;
    if (!rd_word_in(v, first, end, words))
        return false;
    if (bracket && rd_at(v, end) == ':')
        return true;
    bool capitals = rd_skip(v, first, end, RD_C_UPPER) == end;
    while (capitals && rest < to &&
           (rd_is(rd_at(v, rest), RD_C_UPPER | RD_C_DIGIT) || rd_at(v, rest) == '_') && rd_at(v, end) == '_')
        rest++;
    while (rest < to && wraps(rd_at(v, rest)))
        rest++;
    return rest == to;
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
        "string str text bool varchar boolean integer number required optional nullable invalid "
        "securestring secretstr !secret";
    static const char generics[] = "optional nullable maybe varchar nvarchar char";
    static const char inside[] = "string str text int integer number bool boolean float bytes date uuid any";
    uint32_t end = rd_skip(v, from, to, RD_C_ALPHA);
    uint8_t mark = rd_at(v, end);
    if (end + 1 == to && (mark == '!' || mark == '?' || mark == ';'))
        return rd_word_in(v, from, end, words);
    if (mark == '[' || mark == '<' || mark == '(') { /* not Optional[value] */
        uint32_t last = rd_skip(v, end + 1, to, RD_C_ALNUM);
        bool inner = rd_skip(v, end + 1, to, RD_C_DIGIT) == last || rd_word_in(v, end + 1, last, inside);
        return rd_word_in(v, from, end, generics) && last > end + 1 && last + 1 >= to && inner;
    }
    return rd_word_in(v, from, to, words);
}

/* must be, is too, ...: two words that forms say of values. */
static bool says_of_value(const rd_view *v, uint32_t from, uint32_t to, uint32_t next, uint32_t next_end)
{
    static const struct {
        const char *first, *second;
    } said[] = {{"must should", "be have contain match include not"},
                {"can't cannot", "be"},
                {"is are", "required invalid too missing incorrect empty not"},
                {"has have", "already been expired"},
                {"does do doesn't", "not match"},
                {"already", "been exists taken"},
                {"at", "least most"},
                {"too", "short long weak common"}};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        if (rd_word_in(v, from, to, said[i].first) && rd_word_in(v, next, next_end, said[i].second))
            return true;
    }
    return false;
}

bool rd_is_message(const rd_view *v, uint32_t from, uint32_t to)
{
    uint32_t before = from, before_end = from;
    bool says = false;
    if (to - from > MAX_MESSAGE)
        return false;
    for (uint32_t i = from; i < to; i++) {
        uint32_t end = i;
        while (end < to && rd_at(v, end) > ' ')
            end++;
        uint8_t last = rd_at(v, end - 1);
        uint32_t word_end = end > i && (last == '.' || last == ':' || last == ',') ? end - 1 : end;
        says |= says_of_value(v, before, before_end, i, word_end);
        before = i;
        before_end = word_end;
        i = end;
    }
    return says;
}
