/* SPDX-License-Identifier: MIT */
/*
 * People in HL7 v2 messages (HL7 v2.5.1, chapters 3, 4, 6 and 15): of each segment that names one the fields,
 * separated by `|`, that hold a name (XPN: Last^First^Middle, or XCN: id^Last^First), a date of birth, a
 * telephone or a social security number. A segment ends at a carriage return, line feed or an escaped one.
 */
#include "filters/detect/checksum.h"
#include "filters/detect/value.h"

enum { MAX_SEGMENT = 4096, N_FIELDS = 64 };

typedef enum kind {
    NAME = 1, /* XPN */
    PERSON,   /* XCN: behind the first component */
    BIRTH,
    PHONE,
    SSN,
} kind;

typedef struct segment {
    char name[5];
    uint8_t kinds[N_FIELDS]; /* by number of the field */
} segment;

static const segment segments[] = {
    /* patient */
    {"PID|", {[5] = NAME, [6] = NAME, [7] = BIRTH, [9] = NAME, [13] = PHONE, [14] = PHONE, [19] = SSN}},
    {"PD1|", {[4] = PERSON}},
    {"MRG|", {[7] = NAME}},
    /* next of kin */
    {"NK1|", {[2] = NAME, [5] = PHONE, [6] = PHONE, [16] = BIRTH, [30] = NAME, [31] = PHONE, [37] = SSN}},
    /* visit: attending, referring, consulting and admitting doctor */
    {"PV1|", {[7] = PERSON, [8] = PERSON, [9] = PERSON, [17] = PERSON, [52] = PERSON}},
    /* guarantor */
    {"GT1|", {[3] = NAME, [4] = NAME, [6] = PHONE, [7] = PHONE, [8] = BIRTH, [12] = SSN}},
    /* insured person */
    {"IN1|", {[6] = NAME, [7] = PHONE, [16] = NAME, [18] = BIRTH}},
    /* who ordered, entered, verified, and the telephone of who did */
    {"ORC|", {[10] = PERSON, [11] = PERSON, [12] = PERSON, [14] = PHONE, [19] = PERSON}},
    {"OBR|", {[10] = PERSON, [16] = PERSON, [17] = PHONE, [28] = PERSON}},
    /* members of the staff */
    {"STF|", {[3] = NAME, [6] = BIRTH, [10] = PHONE}},
};

/* Last^First^^^^^L: the last component says what kind of name it is. */
static uint32_t name_end(const rd_view *v, uint32_t from, uint32_t to)
{
    uint32_t end = rd_at(v, to - 2) == '^' && rd_is(rd_at(v, to - 1), RD_C_UPPER) ? to - 1 : to;
    if (end < to && rd_at(v, end - 2) != '^')
        return to; /* an initial */
    while (end > from && rd_at(v, end - 1) == '^')
        end--;
    return end > from ? end : to;
}

static void field(rd_find *f, kind k, uint32_t from, uint32_t to)
{
    static const uint8_t classes[] = {[BIRTH] = RD_KEY_BIRTH, [PHONE] = RD_KEY_PHONE, [SSN] = RD_KEY_SSN};
    const rd_view *v = &f->v;
    uint32_t id = from;
    while (k == PERSON && id < to && rd_at(v, id) != '^')
        id++;
    from = id < to && k == PERSON ? id + 1 : from;
    if (from == to || rd_spells(v, from, "***"))
        return;
    if (k == NAME || k == PERSON)
        rd_emit(f, RD_DETECTOR_PERSON_NAME, from, name_end(v, from, to), 0, 0);
    else
        rd_value_judge(f, (rd_key_class)classes[k], (rd_value){.from = from, .to = to, .quoted = true});
}

/* id^Last^First in a field that should hold something else: senders number them as they like. */
static bool looks_like_person(const rd_view *v, uint32_t from, uint32_t to)
{
    uint32_t id = rd_skip(v, from, to, RD_C_ALNUM), last = id + 1;
    if (rd_at(v, id) != '^' || rd_skip_back(v, id, 1, RD_C_DIGIT) == id)
        return false;
    uint32_t end = rd_skip(v, last, to, RD_C_ALPHA | RD_C_UTF8), first = end + 1;
    return rd_at(v, end) == '^' && end - last >= 2 && !rd_is(rd_at(v, last), RD_C_LOWER) &&
           rd_skip(v, first, to, RD_C_ALPHA | RD_C_UTF8) >= first + 2 && !rd_is(rd_at(v, first), RD_C_LOWER);
}

static const segment *segment_at(const rd_view *v, uint32_t at)
{
    for (size_t i = 0; i < sizeof segments / sizeof segments[0]; i++) {
        if (rd_spells(v, at, segments[i].name))
            return &segments[i];
    }
    return NULL;
}

static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    const segment *s = segment_at(v, at);
    if (s == NULL || rd_is(rd_at(v, at - 1), RD_C_UPPER | RD_C_DIGIT))
        return;
    uint32_t from = at + 4, number = 1, i = from;
    for (; i < at + MAX_SEGMENT; i++) {
        uint8_t c = rd_at(v, i);
        bool ends = c == 0 || c == '\r' || c == '\n' || c == '\\' || c == '"';
        if (c != '|' && !ends)
            continue;
        if (s->kinds[number] != 0)
            field(f, (kind)s->kinds[number], from, i);
        else if (looks_like_person(v, from, i))
            field(f, PERSON, from, i);
        from = i + 1;
        if (ends || ++number == N_FIELDS)
            break;
    }
    f->resume = i;
}

static const rd_window windows[] = {{"PID|", false}, {"PD1|", false}, {"MRG|", false}, {"NK1|", false},
                                    {"PV1|", false}, {"GT1|", false}, {"IN1|", false}, {"ORC|", false},
                                    {"OBR|", false}, {"STF|", false}};

const rd_matcher rd_match_hl7 = {
    .yields = RD_BIT(PERSON_NAME) | RD_BIT(PHONE) | RD_BIT(DATE_OF_BIRTH) | RD_BIT(US_SSN),
    RD_WINDOWS(windows),
    .confirm = confirm,
};
