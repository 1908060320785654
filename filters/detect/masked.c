/* SPDX-License-Identifier: MIT */
#include "filters/detect/masked.h"

#include "filters/detect/opaque.h"

enum { LONGEST = 64, MAX_READABLE = 4, BIN = 6, MIN_MARKS = 3, MAX_MESSAGE = 160 };

#define BULLET "\xe2\x80\xa2"

typedef enum mark { STARS, HASHES, XS, N_MARKS } mark;

/* What is left of a value, and what stands for the rest. */
typedef struct remains {
    uint32_t head, tail;        /* letters and digits before the first mark and behind the last one */
    uint32_t marks, groups;     /* groups of nothing but marks */
    uint32_t head_letters;      /* of the head, */
    bool letters, tail_letters; /* and are there any anywhere, behind the marks? */
    bool small;                 /* some in the head are small letters */
    bool apart;                 /* some stand between marks */
    bool mailbox;               /* an at sign and a domain are behind it all */
} remains;

static bool separates(uint8_t c)
{
    return c == '-' || c == '.' || c == '/' || c == ' ' || c == '(' || c == ')' || c == '+' || c == ':';
}

static uint32_t mark_at(const rd_view *v, uint32_t i, mark kind)
{
    uint8_t c = rd_at(v, i);
    switch (kind) {
    case XS:
        return c == 'x' || c == 'X';
    case HASHES:
        return c == '#';
    default:
        return c == '*' ? 1 : rd_spells(v, i, BULLET) ? 3 : 0;
    }
}

/* Is [from, to) a domain with at least two labels, the last of letters? */
static bool is_domain(const rd_view *v, uint32_t from, uint32_t to)
{
    uint32_t i = from, label = from;
    for (;
         i < to && (rd_is(rd_at(v, i), RD_C_LOWER | RD_C_DIGIT) || rd_at(v, i) == '-' || rd_at(v, i) == '.');
         i++)
        label = rd_at(v, i) == '.' ? i + 1 : label;
    return i == to && label > from + 1 && to - label >= 2 && rd_skip(v, label, to, RD_C_ALPHA) == to;
}

static void read_readable(uint8_t c, remains *r)
{
    bool letter = !rd_is(c, RD_C_DIGIT), in_head = r->marks == 0;
    r->letters |= letter;
    r->tail_letters |= !in_head && letter;
    r->head_letters += in_head && letter;
    r->small |= in_head && letter && !rd_is(c, RD_C_UPPER);
    *(in_head ? &r->head : &r->tail) += 1;
}

/* False: other bytes are in it. */
static bool read_remains(const rd_view *v, uint32_t from, uint32_t to, mark kind, remains *r)
{
    bool only_marks = true;
    *r = (remains){0};
    for (uint32_t i = from, n; i < to; i += n) {
        uint8_t c = rd_at(v, i);
        uint32_t len = mark_at(v, i, kind);
        n = len > 0 ? len : 1;
        if (len > 0) {
            r->apart |= r->marks > 0 && r->tail > 0;
            r->tail = 0;
            r->tail_letters = false;
            r->marks++;
        } else if (c == '@') {
            r->mailbox = kind == STARS && is_domain(v, i + 1, to);
            return r->mailbox;
        } else if (separates(c)) {
            r->groups += only_marks && i > from && mark_at(v, i - 1, kind) > 0;
            only_marks = true;
        } else if (rd_is(c, RD_C_WORD) || c == '_') {
            only_marks = false;
            read_readable(c, r);
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
    return rd_word_in(v, from, from + n, "sk_live_ sk_test_ pk_live_ pk_test_ rk_live_ rk_test_ github_pat_");
}

/* DE***1234, j****e, 411111******1111 */
static bool leaves_an_idea(const remains *r)
{
    bool number = r->head_letters <= 2 && !r->small && !r->tail_letters;
    if (r->head == BIN)
        return !r->letters && r->marks >= BIN;
    return r->head <= MAX_READABLE && (r->marks >= r->head + r->tail || number);
}

static bool leaves_little(const rd_view *v, uint32_t from, mark kind, rd_readable readable, const remains *r)
{
    uint32_t n = r->head + r->tail;
    if (r->apart || r->marks == 0 || r->tail > MAX_READABLE)
        return false;
    if (n == 0)
        return r->marks >= MIN_MARKS || (r->groups >= 2 && readable != RD_READABLE_LEAST);
    if (r->marks < MIN_MARKS || (kind != STARS && (r->letters || r->groups == 0 || n > MAX_READABLE)))
        return false;
    bool prefix = kind == STARS && is_prefix(v, from, r->head);
    switch (readable) {
    case RD_READABLE_LEAST: /* a password may well be abc###, or 2024-xxxx */
        return r->marks > MIN_MARKS && kind != HASHES && (kind != XS || r->head == 0) &&
               (n <= MAX_READABLE || prefix);
    case RD_READABLE_TAIL:
        return r->head == 0;
    default:
        return prefix || leaves_an_idea(r);
    }
}

static bool wraps(uint8_t c)
{
    return c == '*' || c == '_' || c == '-' || c == '[' || c == ']' || c == '(' || c == ')' || c == '<' ||
           c == '>' || c == '#';
}

/* email, credit_card, by_policy */
static bool are_types(const rd_view *v, uint32_t from, uint32_t to)
{
    static const char types[] =
        "secret password token email name phone ssn address ip card iban null empty none "
        "username user date dob of birth credit debit us person mail number account key api policy by";
    for (uint32_t i = from; i < to; i++) {
        uint32_t end = rd_skip(v, i, to, RD_C_ALPHA);
        if (!rd_word_in(v, i, end, types) || (end < to && rd_at(v, end) != '_'))
            return false;
        i = end;
    }
    return from < to && rd_at(v, to - 1) != '_';
}

/* [FILTERED], <redacted>, **MASKED**, REDACTED; only in brackets [REDACTED:ssn], [HIDDEN_BY_POLICY], [EMAIL]
 */
static bool says_masked(const rd_view *v, uint32_t from, uint32_t to)
{
    static const char words[] =
        "redacted filtered masked hidden removed scrubbed protected sanitized obfuscated "
        "omitted censored suppressed anonymized";
    uint32_t first = from, last = to;
    while (first < to && wraps(rd_at(v, first)))
        first++;
    while (last > first && wraps(rd_at(v, last - 1)))
        last--;
    if (first - from != to - last)
        return false;
    uint8_t open = rd_at(v, first - 1), close = rd_at(v, last);
    bool bracket = first > from && ((open == '[' && close == ']') || (open == '(' && close == ')') ||
                                    (open == '<' && close == '>'));
    uint32_t end = rd_skip(v, first, last, RD_C_ALPHA);
    if (rd_word_in(v, first, end, words))
        return end == last ||
               (bracket && (rd_at(v, end) == ':' || rd_at(v, end) == '_') && are_types(v, end + 1, last));
    return bracket && end == last && are_types(v, first, last);
}

/* hmac-sha256:0123...: what the audit log of Vault has instead of a secret. */
static bool is_keyed_hash(const rd_view *v, uint32_t from, uint32_t to)
{
    static const char prefix[] = "hmac-sha256:";
    uint32_t digits = from + sizeof prefix - 1;
    return rd_spells(v, from, prefix) && to - digits == 64 && rd_skip(v, digits, to, RD_C_HEX) == to;
}

bool rd_is_masked(const rd_view *v, uint32_t from, uint32_t to, rd_readable readable)
{
    if (is_keyed_hash(v, from, to))
        return true;
    if (to - from > LONGEST || from >= to)
        return false;
    for (mark kind = STARS; kind < N_MARKS; kind++) {
        remains r;
        if (read_remains(v, from, to, kind, &r) && (!r.mailbox || readable == RD_READABLE_LITTLE) &&
            leaves_little(v, from, kind, readable, &r))
            return true;
    }
    return says_masked(v, from, to);
}

bool rd_is_type(const rd_view *v, uint32_t from, uint32_t to)
{
    static const char words[] =
        "string str text bool varchar boolean integer number required optional nullable "
        "securestring secretstr !secret";
    static const char marked[] = "string int boolean float id number text";
    static const char generics[] = "optional nullable maybe varchar nvarchar char";
    static const char inside[] = "string str text int integer number bool boolean float bytes date uuid any";
    uint32_t end = rd_skip(v, from, to, RD_C_ALPHA);
    uint8_t next = rd_at(v, end);
    if (end + 1 == to && (next == '!' || next == '?')) /* String!, but not secret! */
        return rd_is(rd_at(v, from), RD_C_UPPER) && rd_word_in(v, from, end, marked);
    if (next == '[' || next == '<' || next == '(') { /* not Optional[value] */
        uint32_t last = rd_skip(v, end + 1, to, RD_C_ALNUM);
        bool inner = rd_skip(v, end + 1, to, RD_C_DIGIT) == last || rd_word_in(v, end + 1, last, inside);
        return rd_word_in(v, from, end, generics) && last > end + 1 && last + 1 >= to && inner;
    }
    if (rd_at(v, from - 1) == '=' && rd_at(v, to) == ';')
        return false; /* Password=text; of a connection string */
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
                {"too", "short long weak common"}};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        if (rd_word_in(v, from, to, said[i].first) && rd_word_in(v, next, next_end, said[i].second))
            return true;
    }
    return false;
}

/* A word of such messages in small letters; only the first may have a capital. */
static bool is_message_word(const rd_view *v, uint32_t from, uint32_t to, bool first)
{
    static const char subjects[] =
        "must should can't cannot is are has have does doesn't too already password passphrase "
        "email e-mail address username user name first last phone number field value this the your "
        "date birth token secret pin code ";
    static const char others[] =
        "a an and or at be been blank empty null required missing invalid incorrect wrong valid not "
        "contain contains include includes have match matches expired exists taken used registered "
        "short long weak common similar least most minimum maximum one more than characters character "
        "chars digits digit letters letter uppercase lowercase special symbol numeric alphanumeric only "
        "of in to with past future format confirmation current new between entirely do upper lower case";
    uint32_t rest = from + first;
    while (rest < to && !rd_is(rd_at(v, rest), RD_C_UPPER))
        rest++;
    return rest >= to && (rd_word_in(v, from, to, subjects) || (!first && rd_word_in(v, from, to, others)));
}

/* "8 characters": is the number in [from, to) followed by what is counted? */
static bool counts(const rd_view *v, uint32_t from, uint32_t to, uint32_t limit)
{
    uint32_t unit = rd_skip(v, to, limit, RD_C_SPACE), end = rd_skip(v, unit, limit, RD_C_ALPHA);
    return from < to && to - from <= 3 && rd_skip(v, from, to, RD_C_DIGIT) == to &&
           rd_word_in(v, unit, end, "characters character chars digits digit letters letter");
}

/* Every word has to be one of a form's: sentences are good pass phrases. */
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
        uint32_t word = i + (i > from && rd_at(v, i) == '('), word_end = end;
        word_end -= word_end > word && (rd_at(v, end - 1) == '.' || rd_at(v, end - 1) == ',');
        word_end -= word_end > word && rd_at(v, word_end - 1) == ')';
        if (!is_message_word(v, word, word_end, i == from) && (i == from || !counts(v, word, word_end, to)))
            return false;
        says |= says_of_value(v, before, before_end, word, word_end);
        before = word;
        before_end = word_end;
        i = end;
    }
    return says;
}
