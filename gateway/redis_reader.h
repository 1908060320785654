/* SPDX-License-Identifier: MIT */
/*
 * hiredis's reader with ceilings: a store that is not ours, or is broken, cannot make this process take
 * memory by announcing it. Our replies are one array of a dozen numbers, a digest, or a word.
 */
#ifndef GW_REDIS_READER_H
#define GW_REDIS_READER_H

#include <stdbool.h>
#include <stddef.h>

#include <hiredis/hiredis.h>

enum { GW_REDIS_MAX_ELEMENTS = 64, GW_REDIS_MAX_UNREAD = 1 << 20 };

/* NULL: no memory. Freed with redisReaderFree; asked with redisReaderGetReply, where an array that is too
 * large is an error. */
redisReader *gw_redis_reader_new(void);
/* False: no memory, or more is there than any reply has. */
bool gw_redis_reader_feed(redisReader *r, const char *p, size_t n);

#endif
