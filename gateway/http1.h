/* SPDX-License-Identifier: MIT */
/*
 * HTTP/1.1 front end on h2o sockets.
 *
 * h2o's own HTTP/1 server is not used: it buffers 400 KB of headers, takes framing that two parsers read
 * differently, has one timer for everything, does not see a sender leave while a request is worked on, and
 * answers an over-long body in no protocol's words. What is used of h2o: sockets with TLS, buffers, loop,
 * timers, and picohttpparser.
 *
 *    HEAD ──► BODY ──► WORK ──► WRITE ──► HEAD (keep-alive) | LINGER ──► closed
 *
 * Each state has its own deadline, checked by a sweep over the thread's connections twice a second. While a
 * request is worked on the socket stays readable, so that a sender who leaves is noticed; what it pipelines
 * meanwhile is bounded.
 */
#ifndef GW_HTTP1_H
#define GW_HTTP1_H

#include "gateway/peer.h"
#include "gateway/thread.h"

typedef struct gw_http1_server gw_http1_server;

/* The connections of one listener kind (data plane or admin) on one thread. `app` serves them. */
gw_http1_server *gw_http1_server_new(gw_thread *t, const gw_app *app);

/* Takes over an accepted socket (after its TLS handshake, if any) and one connection of the budget with its
 * bytes. `peer`: what the handshake said of the other end, taken; NULL: nothing. */
void gw_http1_accept(gw_http1_server *s, h2o_socket_t *sock, gw_peer *peer, uint64_t n_bytes);

/* The same for one that nothing is left for: its first request is answered 503 by its head, and then it ends.
 * `sock` had a handshake, and its place among the turned away of the budget is taken over. */
void gw_http1_turn_away(gw_http1_server *s, h2o_socket_t *sock, gw_peer *peer);

/* Every answer from now on ends its connection; idle connections are closed after a second, in which a
 * request that was on its way is still answered. */
void gw_http1_drain(gw_http1_server *s);
/* Closes everything. */
void gw_http1_close_all(gw_http1_server *s);
unsigned gw_http1_connections(const gw_http1_server *s);

#endif
