/* SPDX-License-Identifier: MIT */
/*
 * What records of a protobuf body say of themselves: a look at the top level of each, after the walk, so that
 * bodies of which nobody asks cost nothing. The walk has checked everything: what cannot be read here is not
 * there.
 */
#include "filters/wire/item.h"
#include "filters/wire/wire.h"

static const rd_message any; /* knows no field: the numbers are all that is needed */

/* Loki's timestamp; one without fields is 1970, as it is for Loki. */
static int64_t loki_time(rd_slice message)
{
    rd_item_reader r = {.body = message.p, .p = message.p, .end = message.p + message.n};
    rd_item item;
    int64_t seconds = 0, nanos = 0, ns;
    while (rd_item_next(&r, &any, &item)) {
        if (item.wire == RD_WIRE_VARINT && item.id == 1)
            seconds = (int64_t)item.number;
        else if (item.wire == RD_WIRE_VARINT && item.id == 2)
            nanos = (int32_t)item.number;
    }
    if (__builtin_mul_overflow(seconds, INT64_C(1000000000), &ns) || __builtin_add_overflow(ns, nanos, &ns))
        return seconds < 0 ? INT64_MIN : INT64_MAX;
    return ns;
}

static void note(rd_facts *f, const rd_fact_fields *fields, const rd_item *item)
{
    if (item->id == 0 || item->id > UINT8_MAX)
        return;
    if (item->wire == RD_WIRE_FIXED64 && (item->id == fields->time || item->id == fields->other_time))
        rd_facts_otlp_time(f, item->id == fields->other_time, item->number);
    else if (item->wire == RD_WIRE_VARINT && item->id == fields->severity)
        f->severity = rd_facts_severity((int64_t)item->number);
    else if (item->wire == RD_WIRE_LEN && item->id == fields->timestamp)
        rd_facts_time(f, loki_time(item->bytes));
    else if (item->wire == RD_WIRE_LEN && item->id == fields->line && item->bytes.n > f->line_bytes)
        f->line_bytes = (uint32_t)item->bytes.n;
}

static rd_facts read_record(const rd_doc *d, const rd_fact_fields *fields, const rd_record *record)
{
    rd_facts facts = rd_facts_none();
    const uint8_t *end = d->body.p + record->end;
    rd_item_reader r = {.body = d->body.p, .p = d->body.p + record->off, .end = end};
    rd_item item;
    if (!rd_item_next(&r, &any, &item) || item.wire != RD_WIRE_LEN)
        return facts;
    r = (rd_item_reader){.body = d->body.p, .p = item.bytes.p, .end = end};
    while (rd_item_next(&r, &any, &item))
        note(&facts, fields, &item);
    return facts;
}

bool rd_wire_facts(rd_doc *doc, const rd_fact_fields *fields)
{
    for (uint32_t i = 0; i < doc->records.n; i++) {
        const rd_facts facts = read_record(doc, fields, &doc->records.list[i]);
        if (!rd_records_note(&doc->records, i, &facts))
            return false;
    }
    return true;
}
