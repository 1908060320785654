/* SPDX-License-Identifier: MIT */
/*
 * What is made of digits alone: payment cards (ISO/IEC 7812), US social security numbers, German tax ids,
 * telephone numbers of the North American plan. The candidate pass hands over runs of digits with single
 * joiners; here the run is cut into groups and each shape is tried at each group.
 *
 * Kept readable: the last four digits of a card and of an SSN. Left alone: failing checksums, ranges not
 * given out, numbers that are part of a longer word or a decimal fraction.
 */
#include "filters/detect/checksum.h"
#include "filters/detect/matcher.h"

#include <string.h>

enum { MAX_GROUPS = 5, MAX_DIGITS = 19, MIN_CARD = 13, STEUER_ID = 11, SSN = 9 };

/* Up to five groups from one start, and the digits in them. */
typedef struct shape {
    uint32_t from;
    uint32_t end[MAX_GROUPS];   /* one past each group */
    uint32_t count[MAX_GROUPS]; /* digits up to and including each group */
    uint8_t join;               /* between all groups; 0 when there is but one */
    uint32_t n_groups;
    uint8_t digits[MAX_DIGITS];
} shape;

/* Reads the groups at `i`, all joined by the same byte. */
static void read_shape(const rd_view *v, uint32_t i, shape *s)
{
    s->from = i;
    s->n_groups = 0;
    s->join = 0;
    uint32_t n = 0;
    while (s->n_groups < MAX_GROUPS) {
        while (n < MAX_DIGITS && rd_is(rd_at(v, i), RD_C_DIGIT))
            s->digits[n++] = rd_at(v, i++);
        if (rd_is(rd_at(v, i), RD_C_DIGIT))
            return; /* more than any number here has */
        s->end[s->n_groups] = i;
        s->count[s->n_groups++] = n;
        uint8_t c = rd_at(v, i);
        if ((c != ' ' && c != '-' && c != '.') || (s->join != 0 && c != s->join) ||
            !rd_is(rd_at(v, i + 1), RD_C_DIGIT))
            return;
        s->join = c;
        i++;
    }
}

/* Are the first groups as long as `sizes` says? */
static bool shaped(const shape *s, const char *sizes)
{
    uint32_t n = 0, before = 0;
    for (; sizes[n] != 0; n++) {
        if (n >= s->n_groups || s->count[n] - before != (uint32_t)(sizes[n] - '0'))
            return false;
        before = s->count[n];
    }
    return true;
}

static bool starts_alone(const rd_view *v, uint32_t from)
{
    uint8_t before = rd_at(v, from - 1);
    if (rd_word_before(v, from) || before == '_')
        return false;
    if (before == '*')
        return false; /* what a mask left of a longer number */
    return !((before == '.' || before == '-') &&
             (rd_is(rd_at(v, from - 2), RD_C_WORD) || rd_at(v, from - 2) == '_'));
}

static bool stands_alone(const rd_view *v, uint32_t from, uint32_t to)
{
    uint8_t behind = rd_at(v, to);
    return starts_alone(v, from) && !rd_word_at(v, to) && behind != '_' &&
           !((behind == '.' || behind == '-') && rd_is(rd_at(v, to + 1), RD_C_WORD));
}

/* The number of a card may end with the filler of its track: 4111...F (ISO/IEC 7813). */
static uint32_t behind_filler(const rd_view *v, uint32_t to)
{
    return to + (rd_lower(rd_at(v, to)) == 'f');
}

static uint32_t leading(const uint8_t *digits, uint32_t n)
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < n; i++)
        value = value * 10 + (uint32_t)(digits[i] - '0');
    return value;
}

/* Issuer ranges and the lengths they use. `key_digits`: how many leading digits lo and hi have. */
typedef struct issuer {
    uint32_t lo, hi;
    uint8_t key_digits;
    uint32_t lengths; /* bit n: n digits */
} issuer;

#define LEN(n) (UINT32_C(1) << (n))
static const issuer issuers[] = {
    {4, 4, 1, LEN(13) | LEN(16) | LEN(19)},                 /* Visa */
    {51, 55, 2, LEN(16)},                                   /* Mastercard */
    {2221, 2720, 4, LEN(16)},                               /* Mastercard */
    {34, 34, 2, LEN(15)},                                   /* American Express */
    {37, 37, 2, LEN(15)},                                   /* American Express */
    {300, 305, 3, LEN(14) | LEN(16)},                       /* Diners Club */
    {3095, 3095, 4, LEN(14) | LEN(16)},                     /* Diners Club */
    {36, 36, 2, LEN(14) | LEN(16)},                         /* Diners Club */
    {38, 39, 2, LEN(14) | LEN(16)},                         /* Diners Club */
    {6011, 6011, 4, LEN(16) | LEN(19)},                     /* Discover */
    {644, 659, 3, LEN(16) | LEN(19)},                       /* Discover */
    {3528, 3589, 4, LEN(16) | LEN(17) | LEN(18) | LEN(19)}, /* JCB */
    {62, 62, 2, LEN(16) | LEN(17) | LEN(18) | LEN(19)},     /* UnionPay */
    {81, 81, 2, LEN(16) | LEN(17) | LEN(18) | LEN(19)},     /* UnionPay, RuPay */
    {60, 60, 2, LEN(16)},                                   /* RuPay */
    {2200, 2204, 4, LEN(16)},                               /* Mir */
    {50, 50, 2, LEN(16) | LEN(18) | LEN(19)},               /* Maestro */
    {56, 58, 2, LEN(16) | LEN(18) | LEN(19)},               /* Maestro */
    {63, 63, 2, LEN(16) | LEN(18) | LEN(19)},               /* Maestro */
    {67, 67, 2, LEN(16) | LEN(18) | LEN(19)},               /* Maestro */
    {9792, 9792, 4, LEN(16)},                               /* Troy */
    {1, 1, 1, LEN(15)},                                     /* UATP */
};

static bool issued(const uint8_t *digits, uint32_t n)
{
    for (uint32_t i = 0; i < sizeof issuers / sizeof issuers[0]; i++) {
        uint32_t key = leading(digits, issuers[i].key_digits);
        if (key >= issuers[i].lo && key <= issuers[i].hi && (issuers[i].lengths >> n & 1) != 0)
            return true;
    }
    return false;
}

/* Says which check said no to a number of a card's shape. */
static void refuse_card(const rd_find *f, const shape *s, uint32_t last)
{
    uint32_t n = s->count[last];
    const char *validator = "edges";
    if (!issued(s->digits, n))
        validator = "issuer";
    else if (!rd_luhn_ok(s->digits, n))
        validator = "luhn";
    rd_refuse(f, RD_DETECTOR_CREDIT_CARD, s->from, s->end[last], validator);
}

/* Thirteen digits with the check digit of a GTIN (GS1 general specifications, section 7.9): an article
 * number. Cards of that length are no longer issued. */
static bool is_barcode(const uint8_t *digits, uint32_t n)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; n == MIN_CARD && i < n; i++)
        sum += (uint32_t)(digits[i] - '0') * (i % 2 == 0 ? 1 : 3);
    return n == MIN_CARD && sum % 10 == 0;
}

static uint32_t try_card(rd_find *f, const shape *s)
{
    /* By fours, American Express, Diners Club, and without joiners. */
    static const char *const shapes[] = {"44443", "4444", "465", "464", ""};
    if (s->count[s->n_groups - 1] < MIN_CARD)
        return s->from;
    for (uint32_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        uint32_t last = shapes[i][0] == 0 ? 0 : (uint32_t)strlen(shapes[i]) - 1, n;
        if (!shaped(s, shapes[i]) || (s->join == '.' && last < 2))
            continue; /* dots: only by fours */
        n = s->count[last];
        if (n >= MIN_CARD && issued(s->digits, n) && rd_luhn_ok(s->digits, n) && !is_barcode(s->digits, n) &&
            stands_alone(&f->v, s->from, behind_filler(&f->v, s->end[last]))) {
            rd_emit(f, RD_DETECTOR_CREDIT_CARD, s->from, s->end[last], 0, 4);
            return s->end[last];
        }
        if (n >= MIN_CARD)
            refuse_card(f, s, last);
    }
    return s->from;
}

static uint32_t try_ssn(rd_find *f, const shape *s)
{
    if (!shaped(s, "324"))
        return s->from;
    bool given_out = rd_ssn_ok(s->digits);
    if (!given_out || !stands_alone(&f->v, s->from, s->end[2])) {
        rd_refuse(f, RD_DETECTOR_US_SSN, s->from, s->end[2], given_out ? "edges" : "range");
        return s->from;
    }
    rd_emit(f, RD_DETECTOR_US_SSN, s->from, s->end[2], 0, 4);
    return s->end[2];
}

static uint32_t try_steuer_id(rd_find *f, const shape *s)
{
    uint32_t last = s->join == ' ' && shaped(s, "2333") ? 3 : 0;
    if (s->n_groups == 0 || s->count[last] != STEUER_ID)
        return s->from;
    bool fits = rd_steuer_id_ok(s->digits);
    if (!fits || !stands_alone(&f->v, s->from, s->end[last])) {
        rd_refuse(f, RD_DETECTOR_DE_STEUER_ID, s->from, s->end[last], fits ? "edges" : "check_digit");
        return s->from;
    }
    rd_emit(f, RD_DETECTOR_DE_STEUER_ID, s->from, s->end[last], 0, 0);
    return s->end[last];
}

/* 212-555-0169: area and exchange start with 2 to 9 (NANPA). */
static uint32_t try_phone(rd_find *f, const shape *s)
{
    if ((s->join != '-' && s->join != '.') || !shaped(s, "334") || s->digits[0] < '2' || s->digits[3] < '2' ||
        !stands_alone(&f->v, s->from, s->end[2]))
        return s->from;
    rd_emit(f, RD_DETECTOR_PHONE, s->from, s->end[2], 0, 2);
    return s->end[2];
}

static bool try_at(rd_find *f, uint32_t at)
{
    static uint32_t (*const tries[])(rd_find *, const shape *) = {try_card, try_ssn, try_steuer_id,
                                                                  try_phone};
    if (rd_is(rd_at(&f->v, at - 1), RD_C_DIGIT) || !rd_is(rd_at(&f->v, at), RD_C_DIGIT))
        return false;
    if (f->refused == NULL && !starts_alone(&f->v, at))
        return false; /* part of an id or of a fraction: no shape counts there */
    shape s;
    read_shape(&f->v, at, &s);
    if (s.n_groups == 0 || s.count[s.n_groups - 1] < SSN)
        return false; /* longer or shorter than any number here */
    if (s.n_groups == 1 && s.count[0] != STEUER_ID && s.count[0] < MIN_CARD)
        return false; /* the usual case: an id of its own */
    uint32_t end = at;
    for (unsigned t = 0; t < sizeof tries / sizeof tries[0] && end == at; t++)
        end = tries[t](f, &s);
    f->resume = end > at ? end : f->resume;
    return end > at;
}

/* `at` is the first byte of a run, or of a shape, or the joiner three or four bytes behind its start. */
static void confirm(rd_find *f, uint32_t at)
{
    uint8_t before = rd_at(&f->v, at - 1);
    if (try_at(f, at))
        return;
    if (rd_is(before, RD_C_DIGIT))
        (void)(try_at(f, at - 3) || try_at(f, at - 4));
}

/* From the first joiner on; two of them, or times and sizes in columns would come here. */
static const rd_window windows[] = {
    {"\\j\\d\\d\\d\\d\\j\\d\\d", false}, /* 4-4-4-4 of cards */
    {"\\j\\d\\d\\d\\d\\d\\d\\j", false}, /* 4-6-4 and 4-6-5 of cards */
    {"\\j\\d\\d\\d\\j\\d\\d\\d", false}, /* 3-3-4: telephone */
    {"\\j\\d\\d\\j\\d\\d\\d\\d", false}, /* 3-2-4: social security */
    {"\\d\\d \\d\\d\\d \\d", false},     /* 2-3-3-3: tax id */
};

const rd_matcher rd_match_numbers = {
    .yields = RD_BIT(CREDIT_CARD) | RD_BIT(US_SSN) | RD_BIT(DE_STEUER_ID) | RD_BIT(PHONE),
    RD_WINDOWS(windows),
    .digit_run = 11,
    .confirm = confirm,
};
