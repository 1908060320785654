/* SPDX-License-Identifier: MIT */
#include "gateway/redis_reader.h"

#include <pthread.h>

static redisReplyObjectFunctions usual, limited;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void *create_array(const redisReadTask *task, int elements)
{
    return elements > GW_REDIS_MAX_ELEMENTS ? NULL : usual.createArray(task, elements);
}

/* hiredis hands out its functions only as part of a reader. */
static void learn(void)
{
    redisReader *r = redisReaderCreate();
    if (r == NULL)
        return;
    usual = limited = *r->fn;
    limited.createArray = create_array;
    redisReaderFree(r);
}

redisReader *gw_redis_reader_new(void)
{
    pthread_once(&once, learn);
    return limited.createArray == NULL ? NULL : redisReaderCreateWithFunctions(&limited);
}

bool gw_redis_reader_feed(redisReader *r, const char *p, size_t n)
{
    return redisReaderFeed(r, p, n) == REDIS_OK && r->len <= GW_REDIS_MAX_UNREAD;
}
