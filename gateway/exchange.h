/* SPDX-License-Identifier: MIT */
/*
 * One request's life, independent of the front end that brought it:
 *
 *    HEAD ──► BODY ──► (VERIFY) ──► SCRUB ──► DELIVER ──► DONE
 *      │        │        │          │
 *      └────────┴────────┴──────────┴──────► DONE      (refused, failed, or the sender is gone)
 *
 *    HEAD     route, version, identity, media type, coding, admission   [on_head]
 *             and whether the backend is called at all for now: a request that an open breaker will refuse is
 *             refused here, before its body is read, decoded or searched (gw_deliver_refuses)
 *    BODY     the front end reads the body                              [on_body, on_bad_body]
 *    VERIFY   a password that is not known yet, on a worker; most requests pass this by [on_verify_done]
 *    SCRUB    decode, redact, encode; on a worker when large            [on_scrubbed]
 *    DELIVER  the backend or the store has it                           [on_delivered]
 *    DONE     answered or aborted; freed as soon as nothing points to it
 *
 * Every request that matched a route is counted once at each end: received = accepted + rejected, accepted =
 * delivered + dropped.
 */
#ifndef GW_EXCHANGE_H
#define GW_EXCHANGE_H

#include "gateway/frontend.h"
#include "gateway/thread.h"

extern const gw_app gw_exchange_app;

#endif
