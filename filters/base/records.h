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
#include <stdint.h>

#define RD_NO_COMMA UINT32_MAX

enum { RD_RECORD_STAYS = 0xffff };

typedef struct rd_record {
    uint32_t off, end;                  /* protobuf: the whole field; JSON: the element of its array */
    uint32_t frame;                     /* protobuf: of the message around it */
    uint32_t comma_before, comma_after; /* JSON: offsets, RD_NO_COMMA: there is none */
    uint16_t gone;                      /* what took it out, RD_RECORD_STAYS: nothing */
    bool behind_other;                  /* JSON: in its array something that is no record stands before it */
} rd_record;

typedef struct rd_holder {
    uint32_t off, end;
    uint32_t parent; /* index, UINT32_MAX: none */
    bool gone;       /* all records in it are out */
} rd_holder;

typedef struct rd_records {
    rd_record *list;    /* owned */
    rd_holder *holders; /* owned */
    uint32_t n, n_holders, n_gone;
    uint32_t cap, cap_holders;
} rd_records;

void rd_records_release(rd_records *s);
/* Forgets all; gives back memory beyond what ordinary bodies need. */
void rd_records_reset(rd_records *s);

/* The new last one, with nothing but `gone` and the commas set; NULL: no memory. */
rd_record *rd_records_add(rd_records *s);
/* `end` UINT32_MAX: not known yet. Returns the index, UINT32_MAX: no memory. */
uint32_t rd_records_hold(rd_records *s, uint32_t off, uint32_t end);

/* Takes record `i` out because of `why`; false: it was out already. */
bool rd_records_take(rd_records *s, uint32_t i, uint16_t why);
/* Takes out what a find at `off` is about: the record around it, or all records of the smallest holder around
 * it. Returns how many that are which were not out already. Over all calls linear in the records. */
uint32_t rd_records_take_around(rd_records *s, uint32_t off, uint16_t why);

/* One after the other what has to go, so that the records that are out go and the lists around them stay
 * lists. `c` starts as {0}; false: that was all. The stretches are in order and do not overlap. */
typedef struct rd_record_cut {
    uint32_t i;
    bool stays; /* something before record `i` stays in its list */
} rd_record_cut;
bool rd_records_cut(const rd_records *s, rd_record_cut *c, const rd_record **out_record, uint32_t *out_off,
                    uint32_t *out_end);

#endif
