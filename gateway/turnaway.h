/* SPDX-License-Identifier: MIT */
/*
 * Connections that a limit leaves no room for. Closed without a word they would look to a sender like a
 * broken network; so as many as can be afforded are told to come back: 503, Retry-After, and the end.
 *
 *   accepted ──bytes──► answer ──► throws away what else comes ──end, or 2 s──► closed
 *
 * The answer waits for the beginning of a request, because an answer that nobody asked for yet is thrown away
 * by clients that keep connections. No byte is read into memory, and their number is fixed, so they are
 * charged to no budget.
 */
#ifndef GW_TURNAWAY_H
#define GW_TURNAWAY_H

#include "gateway/thread.h"

enum { GW_TURNAWAY_MOST = 1024 /* of the process, at a time */ };

typedef struct gw_turnaway gw_turnaway;

/* Lives as long as the thread. */
gw_turnaway *gw_turnaway_new(gw_thread *t);
/* Takes `sock`, a fresh one without TLS. Beyond GW_TURNAWAY_MOST it gets the place of one that had its answer
 * for longest, and is closed at once if there is none. */
void gw_turn_away(gw_turnaway *t, h2o_socket_t *sock);

#endif
