/* SPDX-License-Identifier: MIT */
/*
 * A connection to Redis for one thread that may wait: pipelined commands, a deadline for each round, TLS and
 * AUTH. hiredis speaks the protocol (its formatter and its reader); socket and TLS are here, because the
 * hiredis of Debian 12 has no TLS.
 */
#ifndef GW_REDIS_H
#define GW_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hiredis/hiredis.h>

typedef struct gw_redis_options {
    const char *host;
    uint16_t port;
    bool tls;
    const char *ca, *server_name, *certificate, *key; /* NULL: the system's, `host`, none, none */
    const char *username, *password;                  /* NULL: none */
    uint32_t timeout_ms;
} gw_redis_options;

typedef struct gw_redis gw_redis;

/* Connects and authenticates, each within the timeout. NULL: *out_why is a literal. `o` is borrowed until
 * close. */
gw_redis *gw_redis_open(const gw_redis_options *o, const char **out_why);
void gw_redis_close(gw_redis **r);

/* Adds a command to what the next round sends. False: no memory. */
bool gw_redis_append(gw_redis *r, int argc, const char **argv, const size_t *lengths);
/* Sends what was added and begins the time for the answers. False: the connection is of no use any more. */
bool gw_redis_flush(gw_redis *r);
/* The next answer, in order; the caller frees it with freeReplyObject. NULL: as above, or the time is over.
 */
redisReply *gw_redis_read(gw_redis *r);

#endif
