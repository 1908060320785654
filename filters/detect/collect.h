/* SPDX-License-Identifier: MIT */
/*
 * Collects the matches of one text after another and brings those of a finished text in order: sorted,
 * without overlap. Owner: the scratch.
 */
#ifndef RD_DETECT_COLLECT_H
#define RD_DETECT_COLLECT_H

#include "filters/detect/detect.h"
#include "filters/detect/matcher.h"

struct rd_collector {
    rd_match *list; /* owned */
    uint32_t n, cap;
    uint32_t text;       /* number of the text that is being collected */
    uint32_t shift;      /* added to what is found in it: from where it is looked at to where it came from */
    uint32_t text_first; /* its first match in the list */
    uint32_t n_events;   /* goes up with everything that is found, whatever the sieve says */
    const rd_sieve *sieve; /* borrowed, may be NULL; stays when the collector is reset */
    bool failed;           /* no memory: matches are missing, the result must not be used */
};

void rd_collector_reset(rd_collector *c);
void rd_collector_release(rd_collector *c);
/* Any detector id, patterns included; [from, to) as it is looked at. */
void rd_collector_add(rd_collector *c, uint32_t detector, uint32_t from, uint32_t to, uint32_t head,
                      uint32_t tail);
/* Ends text number c->text: orders and unites its matches. */
void rd_collector_finish(rd_collector *c);

#endif
