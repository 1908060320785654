/* SPDX-License-Identifier: MIT */
#include "filters/detect/judge_numbers.h"

#include "filters/detect/checksum.h"
#include "filters/detect/mac.h"
#include "filters/detect/opaque.h"
#include "filters/detect/phone.h"

enum { MAX_DATE = 24 };

/* An address under a key that may hold a number: source_addr=192.0.2.1; or what a mask left of one. */
static bool dotted_quad(const rd_view *v, uint32_t from, uint32_t to)
{
    uint32_t n_dots = 0;
    for (uint32_t i = from; i < to; i++) {
        if (!rd_is(rd_at(v, i), RD_C_DIGIT) && rd_at(v, i) != '.')
            return false;
        n_dots += rd_at(v, i) == '.';
    }
    bool masked = rd_spells(v, to, "***") || rd_spells(v, to, ".***");
    return (n_dots == 3 || (n_dots == 2 && masked)) && rd_skip(v, from, to, RD_C_DIGIT) - from <= 3;
}

void rd_judge_phone(rd_find *f, rd_value x)
{
    const rd_view *v = &f->v;
    uint32_t digits = 0, start = x.from + (rd_at(v, x.from) == '+');
    if (rd_spells_nocase(v, x.from, "tel:"))
        start = x.from += 4;
    uint32_t end = rd_phone_end(v, start, &digits);
    if (dotted_quad(v, start, end))
        return;
    if (end == 0 || digits < 6 || (x.quoted && end > x.to) || rd_monotonous(v, x.from, end))
        return;
    rd_emit(f, RD_DETECTOR_PHONE, x.from, end, rd_phone_head(v, x.from), 2);
    for (unsigned n = 0;
         n < 3 && (rd_spells(v, end, " / ") || rd_spells(v, end, ", ") || rd_spells(v, end, "; ")); n++) {
        uint32_t next = end + (rd_at(v, end) == ' ' ? 3 : 2); /* another number */
        end = rd_phone_end(v, next, &digits);
        if (rd_at(v, next) != '0' || digits < 8 || end == 0)
            break;
        rd_emit(f, RD_DETECTOR_PHONE, next, end, 0, 2);
    }
}

/* Is the key of the value who calls or is called? */
static bool is_caller(const rd_view *v, uint32_t value)
{
    uint32_t end = value;
    while (value - end < 3 && rd_at(v, end - 1) != 0 && !rd_is(rd_at(v, end - 1), RD_C_WORD))
        end--;
    return rd_spells_nocase(v, end - 6, "caller") || rd_spells_nocase(v, end - 6, "callee") ||
           rd_spells_nocase(v, end - 7, "anrufer");
}

/* caller="0171 123456": a key that can mean a person may name the telephone instead. */
void rd_judge_number_of(rd_find *f, rd_value x)
{
    const rd_view *v = &f->v;
    uint32_t digits = 0;
    uint8_t first = rd_at(v, x.from);
    if (is_caller(v, x.from) && rd_skip(v, x.from, x.to, RD_C_DIGIT) == x.to && x.to - x.from >= 10) {
        rd_judge_phone(f, x);
        return;
    }
    if ((first != '0' && first != '(') || rd_skip(v, x.from, x.to, RD_C_DIGIT | RD_C_SPACE) == x.from + 1)
        return;
    uint32_t end = rd_phone_end(v, x.from, &digits);
    if (end != 0 && digits >= 9 && digits <= 12 && end >= x.to && rd_at(v, end) != ':')
        rd_judge_phone(f, x);
}

/* datetime.date(1990, 1, 31): behind the bracket. */
static uint32_t behind_call(const rd_view *v, uint32_t i)
{
    uint32_t end = rd_skip(v, i, i + MAX_DATE, RD_C_ALPHA);
    while (rd_at(v, end) == '.')
        end = rd_skip(v, end + 1, i + MAX_DATE, RD_C_ALPHA);
    return rd_at(v, end) == '(' && end > i ? end + 1 : i;
}

/* 1990-01-31, 31.01.1990, 1/31/90, 19900131, "31 Jan 1990", "Jan 31, 1990". */
void rd_judge_birth(rd_find *f, rd_value x)
{
    const rd_view *v = &f->v;
    x.from = behind_call(v, x.from);
    uint32_t n_digits = 0, n_letters = 0, n_joins = 0, end = x.from, groups = 0;
    bool in_digits = false;
    for (uint32_t i = x.from; i < x.from + MAX_DATE && (!x.quoted || i < x.to); i++) {
        uint8_t c = rd_at(v, i);
        bool digit = rd_is(c, RD_C_DIGIT), letter = rd_is(c, RD_C_ALPHA | RD_C_UTF8);
        bool join = c == '-' || c == '/' || c == '.' || c == ' ' || c == ',';
        if (!digit && !letter && !join && !rd_spells(v, i, "%2F"))
            break;
        if ((letter && n_digits >= 6) || n_letters > 10)
            break;
        groups += digit && !in_digits;
        if (groups > 3 || (digit && n_digits == 8))
            break;
        in_digits = digit;
        n_digits += digit;
        n_letters += letter && c != 'F';
        n_joins += join;
        if (digit)
            end = i + 1;
        if (!digit && groups == 3)
            break;
    }
    bool date = n_letters == 0 ? n_digits >= 4 && (n_joins >= 2 || n_digits == 8 || groups == 3)
                               : n_digits >= 3 && n_letters >= 3;
    if (date && n_digits <= 8)
        rd_emit(f, RD_DETECTOR_DATE_OF_BIRTH, x.from, end, 0, 0);
}

void rd_judge_ssn(rd_find *f, rd_value x)
{
    uint8_t digits[9];
    uint32_t n = 0, i = x.from;
    for (; i < x.from + 11; i++) {
        uint8_t c = rd_at(&f->v, i);
        if (rd_is(c, RD_C_DIGIT) && n < 9)
            digits[n++] = c;
        else if (n == 9 || (c != '-' && c != ' ' && c != '.'))
            break;
    }
    if (n == 9 && rd_ssn_ok(digits) && !rd_is(rd_at(&f->v, i), RD_C_WORD))
        rd_emit(f, RD_DETECTOR_US_SSN, x.from, i, 0, 4);
}

void rd_judge_mac(rd_find *f, rd_value x)
{
    rd_mac m;
    uint32_t from = x.from + (rd_spells_nocase(&f->v, x.from, "0x") ? 2 : 0);
    if (rd_mac_at(&f->v, from, &m) && (!x.quoted || m.to <= x.to))
        rd_emit(f, RD_DETECTOR_MAC, m.from, m.to, m.head, 0);
}
