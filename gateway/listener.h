/* SPDX-License-Identifier: MIT */
/* Listening sockets and the way from accept to a front end: connection limit, TLS handshake with its own
 * deadline. */
#ifndef GW_LISTENER_H
#define GW_LISTENER_H

#include "gateway/http1.h"

/* Is the address free? Asked once before the sockets of the threads are made: with SO_REUSEPORT a second
 * redactd would share the port without a word. */
bool gw_listener_free(const gw_listener_cfg *cfg, const char **out_why);

/* A listening TCP socket with SO_REUSEPORT, so that each thread has its own queue, on the host of `cfg`; port
 * 0 takes a free one. -1: errno and *out_why say why. */
int gw_listener_bind(const gw_listener_cfg *cfg, uint16_t port, const char **out_why);
uint16_t gw_listener_port(int fd);

typedef struct gw_listener gw_listener;

/* Starts to accept on `fd` (taken) for thread `t`; connections go to `http`. `index`: of the listener in the
 * configuration, for its TLS context; -1: the admin listener, never TLS. */
gw_listener *gw_listener_new(gw_thread *t, int fd, int index, gw_http1_server *http);
/* Accepts what is in the queue already, then closes. Handshakes under way go on. */
void gw_listener_close(gw_listener **l);

#endif
