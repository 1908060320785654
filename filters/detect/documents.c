/* SPDX-License-Identifier: MIT */
/*
 * People in documents whose fields have codes instead of keys:
 *
 *    (0010,0010) PN [Muster^Max]                        DICOM as dcmdump shows it (PS3.6: PN is any name,
 *                                                       0010,0030 the birth date)
 *    (0010, 0010) Patient's Name    PN: 'Muster^Max'    and as pydicom does
 *    FN:Max Muster, N:Muster;Max;;;                     vCard (RFC 6350, 6.2.1 and 6.2.2)
 *    :50K:/account, MAX MUSTER on the next line         customers in SWIFT MT103, also :59:
 *    ?32MUSTER MAX?33                                   partner in field 86 of SWIFT MT940, in German banks
 *    NM1*IL*1*MUSTER*MAX~ DMG*D8*19700131*M~            people in X12, and when they were born
 */
#include "filters/detect/opaque.h"
#include "filters/detect/value.h"

enum { MAX_NAME = 80, MAX_LINE = 120, MAX_MESSAGE = 512, TAG = 24 };

static void emit_name(rd_find *f, uint32_t from, uint32_t to)
{
    if (from < to && !rd_placeholder(&f->v, from, to))
        rd_emit(f, RD_DETECTOR_PERSON_NAME, from, to, 0, 0);
}

/* The value of an element up to `close`; its type is at `at`. */
static void dicom(rd_find *f, uint32_t at, uint32_t from, uint8_t close)
{
    const rd_view *v = &f->v;
    uint32_t to = from;
    while (to - from < MAX_NAME && rd_at(v, to) >= ' ' && rd_at(v, to) != close)
        to++;
    if (rd_at(v, to) != close || from == to)
        return;
    if (rd_at(v, at) == 'P') {
        emit_name(f, from, to);
        return;
    }
    for (uint32_t i = at - TAG; i != at; i++) { /* DA of other elements are dates of examinations */
        if (rd_spells(v, i, "0010,0030)") || rd_spells(v, i, "0010, 0030)") ||
            rd_spells(v, i, "Birth Date")) {
            rd_value_judge(f, RD_KEY_BIRTH, (rd_value){.from = from, .to = to, .quoted = true});
            return;
        }
    }
}

/* Where the field of a vCard ends that starts at `i`: with its line, or where such lines were joined by
 * spaces. */
static uint32_t field_end(const rd_view *v, uint32_t i)
{
    for (uint32_t limit = i + MAX_NAME; i < limit && rd_at(v, i) >= ' '; i++) {
        if (rd_at(v, i) == '\\' && (rd_at(v, i + 1) == 'n' || rd_at(v, i + 1) == 'r'))
            break;
        uint32_t word = rd_skip(v, i + 1, i + 12, RD_C_UPPER);
        if (rd_at(v, i) == ' ' && word > i + 1 && (rd_at(v, word) == ':' || rd_at(v, word) == ';'))
            break;
    }
    return i;
}

/* N:Muster;Max;;; at `i` */
static void parts_of_name(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    if (rd_at(v, i) != 'N' || rd_at(v, i + 1) != ':')
        return;
    uint32_t from = i + 2, to = field_end(v, from);
    while (to > from && (rd_at(v, to - 1) == ';' || rd_at(v, to - 1) == ' '))
        to--;
    emit_name(f, from, to);
}

static bool ends_line(const rd_view *v, uint32_t i)
{
    return rd_at(v, i) <= ' ' || (rd_at(v, i) == 'n' && rd_at(v, i - 1) == '\\');
}

/* `at` is at FN: */
static void vcard(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint32_t to = field_end(v, at + 3), i = at;
    if (!ends_line(v, at - 1))
        return;
    emit_name(f, at + 3, to);
    for (unsigned n = 0; n < 4 && (rd_at(v, to) == '\\' ? rd_at(v, to + 1) != 'N' : rd_at(v, to) != 0); n++)
        to += rd_at(v, to) == '\\' ? 2 : rd_at(v, to) <= ' ';
    parts_of_name(f, to);
    while (at - i < MAX_LINE && i - v->lo > 0 && i - v->lo <= v->hi - v->lo) {
        i--;
        if (rd_at(v, i) == 'N' && rd_at(v, i + 1) == ':' && ends_line(v, i - 1)) {
            parts_of_name(f, i);
            return;
        }
    }
}

/* The end of the line at `i`, also of one whose end is escaped. */
static uint32_t line_end(const rd_view *v, uint32_t i)
{
    for (uint32_t limit = i + MAX_NAME; i < limit && rd_at(v, i) >= ' '; i++) {
        if (rd_at(v, i) == '\\' && (rd_at(v, i + 1) == 'n' || rd_at(v, i + 1) == 'r'))
            break;
    }
    return i;
}

static uint32_t next_line(const rd_view *v, uint32_t i)
{
    i = line_end(v, i);
    for (unsigned n = 0; n < 2; n++) {
        i += rd_at(v, i) == '\r' || rd_at(v, i) == '\n';
        i += rd_at(v, i) == '\\' && (rd_at(v, i + 1) == 'n' || rd_at(v, i + 1) == 'r') ? 2 : 0;
    }
    return i;
}

/* /account, and the customer on the next line: `i` is behind the tag. */
static void customer(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    if (rd_at(v, i) == '/')
        i = next_line(v, i);
    i += rd_spells(v, i, "1/") ? 2 : 0;
    uint32_t to = line_end(v, i);
    if (rd_at(v, i) != ':' && rd_skip_to(v, i, to, RD_C_DIGIT) == to && rd_skip_to(v, i, to, RD_C_UPPER) < to)
        emit_name(f, i, to);
}

/* :50K: and :59: of SWIFT MT103: who pays, `at` the first of them, and who is paid. */
static void customers(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    customer(f, at + 5);
    for (uint32_t i = at + 5; i - at < MAX_MESSAGE && rd_at(v, i) != 0; i++) {
        if (rd_at(v, i) == ':' && rd_spells(v, i, ":59") && rd_at(v, i - 1) < ' ') {
            customer(f, i + (rd_at(v, i + 3) == ':' ? 4 : 5));
            return;
        }
    }
}

/* DMG*D8*19700131*F~ behind a name, before the next one. */
static void x12_birth(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    for (uint32_t limit = i + MAX_MESSAGE / 2; i < limit && rd_at(v, i) != 0; i++) {
        if (rd_spells(v, i, "NM1*"))
            return;
        if (rd_spells(v, i, "DMG*D8*")) {
            uint32_t to = rd_skip(v, i + 7, i + 16, RD_C_DIGIT);
            rd_value_judge(f, RD_KEY_BIRTH, (rd_value){.from = i + 7, .to = to, .quoted = true});
            return;
        }
    }
}

/* NM1*IL*1*LAST*FIRST*MIDDLE~ of X12: the names of what is no organisation. `i` is behind the code. */
static void x12_name(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    uint32_t kind = rd_skip(v, i, i + 3, RD_C_ALNUM), to = kind + 3;
    if (!rd_spells(v, kind, "*1*"))
        return;
    for (unsigned n = 0; n < 3; n++) {
        uint32_t end = to;
        while (end - to < MAX_NAME && rd_at(v, end) >= ' ' && rd_at(v, end) != '*' && rd_at(v, end) != '~')
            end++;
        emit_name(f, to, end);
        if (rd_at(v, end) != '*')
            return;
        to = end + 1;
    }
    x12_birth(f, to);
}

/* ?32MUSTER MAX?33: `i` is behind the code. */
static void partner(rd_find *f, uint32_t i)
{
    const rd_view *v = &f->v;
    uint32_t to = i;
    while (to - i < MAX_NAME && rd_at(v, to) >= ' ' && rd_at(v, to) != '?')
        to++;
    rd_value_judge(f, RD_KEY_WHO, (rd_value){.from = i, .to = to, .quoted = true});
}

static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint8_t c = rd_at(v, at);
    bool of_dicom = rd_spells(v, at + (c == ')') + 1, "PN") || rd_spells(v, at + (c == ')') + 1, "DA");
    if (c == ')' && of_dicom)
        dicom(f, at + 2, at + 6, ']');
    else if (c == ' ' && of_dicom)
        dicom(f, at + 1, at + 6, '\'');
    else if (c == 'F')
        vcard(f, at);
    else if (c == 'N')
        x12_name(f, at + 4);
    else if (c == '?')
        partner(f, at + 3);
    else if (c == ':')
        customers(f, at);
}

static const rd_window windows[] = {{") \\u\\u [", false}, {" \\u\\u: '", false}, {"FN:\\U\\A", false},
                                    {":50\\u:", false},    {"NM1*", false},       {"?32\\U\\A\\A", false}};

const rd_matcher rd_match_documents = {
    .yields = RD_BIT(PERSON_NAME) | RD_BIT(DATE_OF_BIRTH), RD_WINDOWS(windows), .confirm = confirm};
