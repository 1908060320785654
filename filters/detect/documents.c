/* SPDX-License-Identifier: MIT */
/*
 * People in documents whose fields have codes instead of keys:
 *
 *    (0010,0010) PN [Muster^Max]          DICOM as dcmdump shows it (PS3.6: PN is any name, 0010,0030 the
 * birth date) (0010, 0010) Patient's Name PN: 'Muster^Max'      and as pydicom does FN:Max Muster,
 * N:Muster;Max;;;       vCard (RFC 6350, 6.2.1 and 6.2.2) ?32MUSTER MAX?33                     partner in
 * field 86 of SWIFT MT940, as German banks write it
 */
#include "filters/detect/opaque.h"
#include "filters/detect/value.h"

enum { MAX_NAME = 80, MAX_LINE = 120, TAG = 24 };

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

static void confirm(rd_find *f, uint32_t at)
{
    const rd_view *v = &f->v;
    uint8_t c = rd_at(v, at);
    if (c == ')')
        dicom(f, at + 2, at + 6, ']');
    else if (c == ' ')
        dicom(f, at + 1, at + 6, '\'');
    else
        vcard(f, at);
}

static const rd_window windows[] = {
    {") PN [", false}, {") DA [", false}, {" PN: '", false}, {" DA: '", false}, {"FN:\\U\\A", false}};

const rd_matcher rd_match_documents = {
    .yields = RD_BIT(PERSON_NAME) | RD_BIT(DATE_OF_BIRTH), RD_WINDOWS(windows), .confirm = confirm};
