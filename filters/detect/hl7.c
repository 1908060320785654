/* SPDX-License-Identifier: MIT */
/*
 * The patient of an HL7 v2 message: fields of the PID segment, separated by `|` (HL7 v2.5.1, section 3.4.2).
 * Field 5 is the name (Last^First^Middle), 6 the mother's maiden name, 7 the date of birth, 13 and 14 are
 * telephone numbers, 19 is the social security number. A segment ends at a carriage return, line feed or an
 * escaped one.
 */
#include "filters/detect/checksum.h"
#include "filters/detect/value.h"

enum {
    MAX_SEGMENT = 2048,
    N_FIELDS = 20,
    NAME = 5,
    MAIDEN_NAME = 6,
    BIRTH = 7,
    HOME = 13,
    WORK = 14,
    SSN = 19
};

static void field(rd_find *f, uint32_t number, uint32_t from, uint32_t to)
{
    static const uint8_t classes[N_FIELDS] = {
        [BIRTH] = RD_KEY_BIRTH, [HOME] = RD_KEY_PHONE, [WORK] = RD_KEY_PHONE, [SSN] = RD_KEY_SSN};
    const rd_view *v = &f->v;
    if (from == to || rd_spells(v, from, "***"))
        return;
    if (number == NAME || number == MAIDEN_NAME)
        rd_emit(f, RD_DETECTOR_PERSON_NAME, from, to, 0, 0);
    else if (number < N_FIELDS && classes[number] != RD_KEY_NONE)
        rd_value_judge(f, (rd_key_class)classes[number], (rd_value){.from = from, .to = to, .quoted = true});
}

static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    if (rd_is(rd_at(v, at - 1), RD_C_UPPER | RD_C_DIGIT))
        return;
    uint32_t from = at + 4, number = 1, i = from;
    for (; i < at + MAX_SEGMENT; i++) {
        uint8_t c = rd_at(v, i);
        bool ends = c == 0 || c == '\r' || c == '\n' || c == '\\' || c == '"';
        if (c != '|' && !ends)
            continue;
        field(f, number++, from, i);
        from = i + 1;
        if (ends || number == N_FIELDS)
            break;
    }
    f->resume = i;
}

static const rd_window windows[] = {{"PID|", false}, {NULL, false}};

const rd_matcher rd_match_hl7 = {
    .yields = RD_BIT(PERSON_NAME) | RD_BIT(PHONE) | RD_BIT(DATE_OF_BIRTH) | RD_BIT(US_SSN),
    .windows = windows,
    .confirm = confirm,
};
