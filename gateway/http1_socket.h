/* SPDX-License-Identifier: MIT */
/* What the kernel knows about a sender's connection, and h2o's sockets do not tell. */
#ifndef GW_HTTP1_SOCKET_H
#define GW_HTTP1_SOCKET_H

#include <stdbool.h>

/* Has the sender written what nobody read? Closing then resets the connection, and the answer may be lost
 * with it. */
bool gw_http1_has_unread(int fd);

/*
 * A sender who stopped sending may wait for the answer (shutdown(2) of the writing half) or may be gone; the
 * end of the stream looks the same. An interim answer tells them apart: who waits passes over it (RFC 9110
 * section 15.2), and for who is gone his kernel replies with a reset. Only for HTTP/1.1.
 */
void gw_http1_ask_half_closed(int fd);
/* A while later: did it? */
bool gw_http1_is_reset(int fd);

#endif
