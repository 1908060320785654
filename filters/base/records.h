/* SPDX-License-Identifier: MIT */
/*
 * The records of a body, that is what n_items counts (log records, spans, data points, Loki entries), so that
 * single ones can be taken out.
 *
 * Records do not nest. Holders are the messages in which records can stand: resources with what is theirs,
 * scopes, metrics, streams. A walker appends both as it meets them, in the order of the body:
 *
 *    holder   [ resource ... [ scope ... record record ] [ scope ... record ] ]
 *
 * What is found outside of records is about all records of the smallest holder around it.
 */
#ifndef RD_BASE_RECORDS_H
#define RD_BASE_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filters/base/buf.h"

#define RD_NO_COMMA UINT32_MAX

/* What took a record out, if it was no rule; no rule has these numbers. */
enum { RD_RECORD_STAYS = 0xffff, RD_RECORD_REFUSED = 0xfffe, RD_RECORD_SHED = 0xfffd };

/* Which fields of a record say what limits ask about, by their number in the schema; 0: none does. */
typedef struct rd_fact_fields {
    uint8_t time, other_time; /* fixed64, ns since 1970; the other one counts if the first is not said */
    uint8_t severity;         /* enum */
    uint8_t timestamp, line;  /* Loki: message of seconds and nanoseconds, text */
} rd_fact_fields;

/* What a record says of itself. All times it says count, because receivers differ in which of two they take.
 */
typedef struct rd_facts {
    int64_t oldest, newest;             /* ns since 1970; oldest > newest: none is said */
    int64_t other_oldest, other_newest; /* the same of other_time */
    uint32_t line_bytes;
    uint8_t severity; /* as OTLP counts: 1 to 24, 0: not said */
} rd_facts;

static inline rd_facts rd_facts_none(void)
{
    return (rd_facts){
        .oldest = INT64_MAX, .newest = INT64_MIN, .other_oldest = INT64_MAX, .other_newest = INT64_MIN};
}

static inline void rd_facts_time(rd_facts *f, int64_t ns)
{
    f->oldest = ns < f->oldest ? ns : f->oldest;
    f->newest = ns > f->newest ? ns : f->newest;
}

/* 0 is no time in OTLP. */
static inline void rd_facts_otlp_time(rd_facts *f, bool other, uint64_t ns)
{
    int64_t t = ns > INT64_MAX ? INT64_MAX : (int64_t)ns;
    if (t == 0)
        return;
    if (!other) {
        rd_facts_time(f, t);
        return;
    }
    f->other_oldest = t < f->other_oldest ? t : f->other_oldest;
    f->other_newest = t > f->other_newest ? t : f->other_newest;
}

/* Out of range is what is nearest. */
static inline uint8_t rd_facts_severity(int64_t number)
{
    enum { MOST_SEVERE = 24 };
    return number < 0 ? 0 : number > MOST_SEVERE ? MOST_SEVERE : (uint8_t)number;
}

/* What the labels of a stream are. */
typedef struct rd_stream_facts {
    uint64_t hash;                              /* the same whatever the order of the labels */
    uint32_t n_labels, name_bytes, value_bytes; /* of the longest name and value */
} rd_stream_facts;

/* Of a label's name. `key`: secret of the process, so that nobody can make two streams look like one. */
uint64_t rd_stream_facts_name(const uint64_t key[2], const uint8_t *name, size_t n);
/* One more label, whose name has that hash and that length. */
void rd_stream_facts_add(rd_stream_facts *f, const uint64_t key[2], uint64_t of_name, size_t name_n,
                         const uint8_t *value, size_t n);

typedef struct rd_record {
    uint32_t off, end;                  /* protobuf: the whole field; JSON: the element of its array */
    uint32_t frame;                     /* protobuf: of the message around it */
    uint32_t comma_before, comma_after; /* JSON: offsets, RD_NO_COMMA: there is none */
    uint16_t gone;                      /* what took it out, RD_RECORD_STAYS: nothing */
    bool behind_other;                  /* JSON: in its array something that is no record stands before it */
} rd_record;

typedef struct rd_holder {
    uint32_t off, end;
    uint32_t parent;        /* index, UINT32_MAX: none */
    bool gone;              /* all records in it are out */
    rd_stream_facts stream; /* Loki: only if somebody asked for it */
} rd_holder;

typedef struct rd_records {
    rd_record *list;    /* owned */
    rd_holder *holders; /* owned */
    rd_facts *facts;    /* owned; of each record, only if somebody asked for them */
    uint32_t n, n_holders, n_gone;
    uint32_t cap, cap_holders, cap_facts;
    rd_buf_payer *payer; /* borrowed; asked before memory beyond what ordinary bodies need is taken; NULL:
                          * nobody is */
} rd_records;

void rd_records_release(rd_records *s);
/* Forgets all, and keeps the memory. */
void rd_records_reset(rd_records *s);
/* Forgets all, and gives back what was paid for. */
void rd_records_trim(rd_records *s);

/* The new last one, with nothing but `gone` and the commas set; NULL: no memory. */
rd_record *rd_records_add(rd_records *s);
/* What record `i` says of itself; of one record after the other, from the first on. False: no memory. */
RD_MUST_CHECK bool rd_records_note(rd_records *s, uint32_t i, const rd_facts *facts);
/* `end` UINT32_MAX: not known yet. Returns the index, UINT32_MAX: no memory. */
uint32_t rd_records_hold(rd_records *s, uint32_t off, uint32_t end);

/* Takes record `i` out because of `why`; false: it was out already. */
bool rd_records_take(rd_records *s, uint32_t i, uint16_t why);
/* Takes out what a find at `off` is about: the record around it, or all records of the smallest holder around
 * it; *out_n: how many that are which were not out already. False: it is about none. Over all calls linear in
 * the records. */
bool rd_records_take_around(rd_records *s, uint32_t off, uint16_t why, uint32_t *out_n);

/* One after the other what has to go, so that the records that are out go and the lists around them stay
 * lists. `c` starts as {0}; false: that was all. The stretches are in order and do not overlap. */
typedef struct rd_record_cut {
    uint32_t i;
    bool stays; /* something before record `i` stays in its list */
} rd_record_cut;
bool rd_records_cut(const rd_records *s, rd_record_cut *c, const rd_record **out_record, uint32_t *out_off,
                    uint32_t *out_end);

#endif
