/* SPDX-License-Identifier: MIT */
/*
 * What a shared store sends, up to what it changes in a workspace's quota. Input: one byte that says in
 * pieces of which size it comes, then the bytes.
 *
 * Checked: what is read does not depend on the pieces; a reply that is not ours changes nothing; no bucket
 * holds more than its burst, and none gets more than was asked for; memory stays within the ceilings.
 */
#include <stdlib.h>

#include "gateway/quota_reply.h"
#include "gateway/redis_reader.h"

enum { MAX_REPLIES = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct seen {
    unsigned n; /* replies, good or bad */
    bool ok[MAX_REPLIES], failed;
    gw_share_answer answer[MAX_REPLIES];
} seen;

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static gw_quota *new_quota(gw_quota_time now)
{
    const gw_limits l = {
        .v = {[GW_LIMIT_REQUESTS_RATE] = 10, [GW_LIMIT_ITEMS_RATE] = 1000, [GW_LIMIT_ITEMS_PER_DAY] = 50}};
    gw_quota_hold h = {0};
    gw_quota_verdict v;
    gw_quota *q = gw_quota_new("shop", 4, 0, 50);
    must(q != NULL);
    gw_quota_configure(q, now, 1, &l);
    gw_quota_take(q, now, &(gw_quota_need){.n = {1, 0, 0, 20}}, &h, &v);
    return q;
}

static void check_quota(gw_quota *q, const uint64_t before[GW_RATE_COUNT], const gw_share_ask *ask)
{
    for (unsigned k = 0; k < GW_RATE_COUNT; k++) {
        uint64_t want = ask->rate[k].want > 0 ? (uint64_t)ask->rate[k].want : 0;
        must(q->bucket[k].level <= q->bucket[k].burst);
        must(q->limits.v[2 * k] == 0 || q->bucket[k].level <= before[k] + want);
    }
}

/* One round: asks, and takes `r` for the answer. */
static bool round_with(gw_quota *q, const redisReply *r, gw_quota_time now, gw_share_answer *out)
{
    uint64_t before[GW_RATE_COUNT];
    gw_share_ask ask;
    (void)gw_share_prepare(q, now, &ask);
    for (unsigned k = 0; k < GW_RATE_COUNT; k++)
        before[k] = q->bucket[k].level;
    if (!gw_quota_reply_parse(r, &ask, out))
        return false;
    gw_share_apply(q, now, &ask, out);
    check_quota(q, before, &ask);
    return true;
}

static void take_replies(redisReader *reader, gw_quota *q, gw_quota_time now, seen *s)
{
    void *reply = NULL;
    while (!s->failed && s->n < MAX_REPLIES) {
        s->failed = redisReaderGetReply(reader, &reply) != REDIS_OK;
        if (s->failed || reply == NULL)
            return;
        s->ok[s->n] = round_with(q, reply, now, &s->answer[s->n]);
        s->n++;
        freeReplyObject(reply);
    }
}

static void read_in_pieces(const uint8_t *data, size_t size, size_t step, seen *s)
{
    gw_quota_time now = {.mono_ns = 1000000000, .wall_s = 1795463128};
    redisReader *reader = gw_redis_reader_new();
    gw_quota *q = new_quota(now);
    must(reader != NULL);
    for (size_t at = 0; at < size && !s->failed && s->n < MAX_REPLIES; at += step) {
        s->failed =
            !gw_redis_reader_feed(reader, (const char *)data + at, size - at < step ? size - at : step);
        take_replies(reader, q, now, s);
    }
    redisReaderFree(reader);
    gw_quota_free(q);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    seen *whole = calloc(1, sizeof *whole), *pieces = calloc(1, sizeof *pieces);
    must(whole != NULL && pieces != NULL);
    if (size > 1 && size < 1 << 16) {
        read_in_pieces(data + 1, size - 1, size, whole);
        read_in_pieces(data + 1, size - 1, data[0] % 16 + 1u, pieces);
        must(whole->n == pieces->n && whole->failed == pieces->failed);
        for (unsigned i = 0; i < whole->n; i++) {
            must(whole->ok[i] == pieces->ok[i]);
            for (unsigned k = 0; k < GW_RATE_COUNT; k++)
                must(whole->answer[i].grant[k] == pieces->answer[i].grant[k]);
        }
    }
    free(whole);
    free(pieces);
    return 0;
}
