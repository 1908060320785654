/* SPDX-License-Identifier: MIT */
/*
 * Input buffers of connections. A sender's requests are of much the same size: a buffer that holds the next
 * one from the start spares reading it in pieces and copying them each time the buffer grows. It gets memory
 * only when bytes arrive, and pages of it only as far as they do; a connection has to have sent as much
 * before.
 */
#ifndef GW_HTTP1_ROOMS_H
#define GW_HTTP1_ROOMS_H

#include <h2o.h>
#include <stdbool.h>

#include "filters/base/buf.h"
#include "gateway/frontend.h"

enum { GW_ROOM_COUNT = 5 /* sizes, from 8 KiB, each twice the one before */ };

typedef struct gw_http1_rooms {
    h2o_buffer_prototype_t sizes[GW_ROOM_COUNT];
} gw_http1_rooms;

void gw_http1_rooms_init(gw_http1_rooms *r);
/* The size that holds `n` bytes; the smallest if none does. */
unsigned gw_http1_rooms_fit(const gw_http1_rooms *r, size_t n);
/* Takes bytes off the input. What a read has made of its buffer may be megabytes, for which nobody is charged
 * once they are used up: beyond `keep` an empty one goes back. */
void gw_http1_rooms_consume(gw_http1_rooms *r, h2o_socket_t *sock, size_t n, size_t keep);

/* Bodies as an app gets them: the first `n` bytes of an input that is taken ... */
gw_body gw_http1_body_of_input(h2o_buffer_t *input, size_t n);
/* ... and what `b` holds, whose memory is taken. Without memory for it there is no `release`, and `b` is as
 * before. */
gw_body gw_http1_body_of_buf(rd_buf *b);

#endif
