/* SPDX-License-Identifier: MIT */
/*
 * What a backend said, in the words of the sender's protocol. A backend's refusal of the data stays a
 * refusal; whatever a sender cannot mend (the gateway's address, credentials, a broken backend) becomes
 * something its protocol retries.
 */
#ifndef GW_TRANSLATE_H
#define GW_TRANSLATE_H

#include "gateway/endpoint.h"
#include "gateway/reply.h"
#include "gateway/scrub.h"

typedef struct gw_translated {
    gw_outcome outcome;
    const gw_ack *ack;      /* DELIVERED only */
    int loki_status;        /* 260 and the like; 0: 204 */
    gw_partial partial;     /* OTLP success */
    rd_slice detail;        /* redacted words of the backend; in `text` */
    uint32_t retry_after_s; /* 0: none said */
} gw_translated;

/* `of`: the body that was delivered, whose rules hold for the backend's words as well. `text` receives what
 * the result's slices point to; it must not grow afterwards as long as they are used (reserve first). */
void gw_translate(gw_call_result r, const gw_call_response *res, const gw_reply_to *to, gw_scrubber *scrubber,
                  const gw_scrub *of, rd_buf *text, gw_translated *out);

/* Retry-After as seconds: a number, or an HTTP-date against `now`. 0: absent or not understood. Capped at an
 * hour. */
uint32_t gw_translate_retry_after(rd_slice value, time_t now);

#endif
