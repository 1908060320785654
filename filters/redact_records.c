/* SPDX-License-Identifier: MIT */
/*
 * Whole records (log records, spans, data points, Loki entries) taken out of a body, in all four formats.
 * What is around them stays: a list, a scope or a stream without records is valid everywhere.
 *
 * Whoever knows of a reason takes records out while the edits are made; when all are made, those inside of
 * items that go are forgotten, and one edit for each of these is put in. So it does not matter what else
 * happens to an item. Called by redact*.c.
 */
#include "filters/redact_private.h"

bool rd_redactor_take_records(rd_redactor *r, uint32_t off, uint16_t rule)
{
    uint32_t n;
    bool any = rd_records_take_around(&r->doc.records, off, rule, &n);
    r->taken[rule] += n;
    r->drops = true;
    return any;
}

/* Forgets the edits inside of records that go. Both lists are in order. What is put in where a record begins
 * is not inside of it. */
static void forget_edits(rd_doc *d)
{
    const rd_records *s = &d->records;
    uint32_t kept = 0, i = 0;
    for (uint32_t k = 0; k < d->n_edits; k++) {
        const rd_edit e = d->edits[k];
        while (i < s->n && s->list[i].end <= e.off)
            i++;
        bool inside = i < s->n && s->list[i].off < e.off && s->list[i].gone != RD_RECORD_STAYS;
        if (!inside)
            d->edits[kept++] = e;
    }
    d->n_edits = kept;
}

rd_outcome rd_redact_records(rd_redactor *r)
{
    rd_record_cut cut = {0};
    const rd_record *record;
    uint32_t off, end;
    rd_outcome o = RD_OK;
    if (r->doc.records.n_gone == 0)
        return RD_OK;
    rd_doc_sort_edits(&r->doc);
    forget_edits(&r->doc);
    while (o == RD_OK && rd_records_cut(&r->doc.records, &cut, &record, &off, &end))
        o = rd_redactor_edit(r, off, end - off, record->frame, (rd_slice){0});
    return o;
}
