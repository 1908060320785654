/* SPDX-License-Identifier: MIT */
#include "gateway/quota_sync.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "gateway/log.h"
#include "gateway/quota_reply.h"
#include "gateway/quota_table.h"

enum { TICK_MS = 10, PIPELINE = 128, FIRST_PAUSE_MS = 100, MAX_PAUSE_MS = 5000, NUMBER = 24, NAME = 256 };

static struct {
    const gw_redis_options *options;
    const char *prefix;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool running, stop;
    gw_quota *incoming; /* under the lock */
    gw_quota *working;  /* the thread's own */
    gw_redis *redis;    /* the thread's own */
    char sha[41];
    uint64_t retry_ms, pause_ms;
    bool was_up;
    _Atomic uint64_t up, rounds, failures, local_ms, since_ms;
} sync_state = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

static uint64_t now_ms(void)
{
    return gw_quota_now().mono_ns / 1000000;
}

/* Under the workspace's lock. */
static void on_active(gw_quota *q)
{
    pthread_mutex_lock(&sync_state.lock);
    if (!atomic_exchange(&q->active, true)) {
        q->next_active = sync_state.incoming;
        sync_state.incoming = q;
        pthread_cond_signal(&sync_state.wake);
    }
    pthread_mutex_unlock(&sync_state.lock);
}

/* ---- one round ---- */

static void each_lost(void *arg, gw_quota *q)
{
    gw_share_lost(q, *(const gw_quota_time *)arg);
}

static void lose(const char *why)
{
    gw_quota_time now = gw_quota_now();
    gw_redis_close(&sync_state.redis);
    atomic_fetch_add(&sync_state.failures, 1);
    atomic_store(&sync_state.up, 0);
    if (sync_state.was_up || sync_state.pause_ms == 0)
        gw_log(QUOTA_STORE_LOST, gw_word("why", why));
    sync_state.was_up = false;
    sync_state.pause_ms = sync_state.pause_ms == 0 ? FIRST_PAUSE_MS : sync_state.pause_ms * 2;
    if (sync_state.pause_ms > MAX_PAUSE_MS)
        sync_state.pause_ms = MAX_PAUSE_MS;
    sync_state.retry_ms = now_ms() + sync_state.pause_ms;
    gw_quotas_each(each_lost, &now);
}

static bool load_script(void)
{
    const char *argv[] = {"SCRIPT", "LOAD", gw_share_script};
    const size_t lengths[] = {6, 4, strlen(gw_share_script)};
    redisReply *r = NULL;
    if (gw_redis_append(sync_state.redis, 3, argv, lengths) && gw_redis_flush(sync_state.redis))
        r = gw_redis_read(sync_state.redis);
    bool ok = r != NULL && r->type == REDIS_REPLY_STRING && r->len == sizeof sync_state.sha - 1;
    if (ok)
        memcpy(sync_state.sha, r->str, sizeof sync_state.sha);
    if (r != NULL)
        freeReplyObject(r);
    return ok;
}

/* One that cannot load the script, a replica or a store that still loads its data, is not there either. */
static bool have_redis(void)
{
    const char *why;
    if (sync_state.redis != NULL)
        return true;
    if (now_ms() < sync_state.retry_ms)
        return false;
    sync_state.redis = gw_redis_open(sync_state.options, &why);
    if (sync_state.redis == NULL) {
        lose(why);
        return false;
    }
    if (!load_script()) {
        lose("script was refused");
        return false;
    }
    return true;
}

static bool append_ask(const gw_quota *q, const gw_share_ask *a)
{
    char keys[2][NAME], text[GW_SHARE_ARGS][NUMBER];
    const char *argv[5 + GW_SHARE_ARGS] = {"EVALSHA", sync_state.sha, "2", keys[0], keys[1]};
    size_t lengths[5 + GW_SHARE_ARGS];
    unsigned n = 0;
    /* Both keys of a workspace live in one slot of a cluster. */
    snprintf(keys[0], NAME, "%s:{%s}:rates", sync_state.prefix, q->name);
    snprintf(keys[1], NAME, "%s:{%s}:used", sync_state.prefix, q->name);
    for (unsigned k = 0; k < GW_RATE_COUNT; k++) {
        snprintf(text[n++], NUMBER, "%" PRIu64, a->rate[k].rate);
        snprintf(text[n++], NUMBER, "%" PRIu64, a->rate[k].burst);
        snprintf(text[n++], NUMBER, "%" PRIu64, a->rate[k].owed);
        snprintf(text[n++], NUMBER, "%" PRId64, a->rate[k].want);
        snprintf(text[n++], NUMBER, "%d", a->known);
    }
    for (unsigned c = 0; c < GW_CALENDAR_COUNT; c++) {
        snprintf(text[n++], NUMBER, "%" PRId64, a->calendar[c].period);
        snprintf(text[n++], NUMBER, "%" PRId64, a->calendar[c].delta);
        snprintf(text[n++], NUMBER, "%" PRIu64, a->calendar[c].known);
    }
    for (unsigned i = 0; i < n; i++)
        argv[5 + i] = text[i];
    for (unsigned i = 0; i < 5 + n; i++)
        lengths[i] = strlen(argv[i]);
    return gw_redis_append(sync_state.redis, (int)(5 + n), argv, lengths);
}

typedef struct batch {
    gw_quota *q[PIPELINE];
    gw_share_ask ask[PIPELINE];
    unsigned n;
} batch;

static bool run_batch(batch *b)
{
    bool ok = gw_redis_flush(sync_state.redis);
    for (unsigned i = 0; ok && i < b->n; i++) {
        gw_share_answer answer;
        redisReply *r = gw_redis_read(sync_state.redis);
        ok = gw_quota_reply_parse(r, &b->ask[i], &answer);
        if (ok) {
            gw_share_apply(b->q[i], gw_quota_now(), &b->ask[i], &answer);
            atomic_fetch_add(&sync_state.rounds, 1);
        }
        if (r != NULL)
            freeReplyObject(r);
    }
    b->n = 0;
    if (!ok)
        lose("no answer in time, or one that is none");
    return ok;
}

static void say_back(void)
{
    if (sync_state.was_up)
        return;
    gw_log(QUOTA_STORE_BACK, gw_u64("pause_ms", sync_state.pause_ms));
    sync_state.was_up = true;
    sync_state.pause_ms = 0;
    atomic_store(&sync_state.up, 1);
}

/* Those that are idle leave the list; a request brings them back. */
static void round_for_all(batch *b)
{
    gw_quota **at = &sync_state.working;
    b->n = 0;
    if (!have_redis())
        return;
    while (*at != NULL) {
        gw_quota *q = *at;
        gw_quota_time now = gw_quota_now();
        if (!gw_share_due(q, now.mono_ns)) {
            at = &q->next_active;
            continue;
        }
        if (!gw_share_prepare(q, now, &b->ask[b->n])) {
            *at = q->next_active;
            atomic_store(&q->active, false);
            continue;
        }
        at = &q->next_active;
        if (!append_ask(q, &b->ask[b->n])) {
            lose("no memory");
            return;
        }
        b->q[b->n++] = q;
        if (b->n == PIPELINE && !run_batch(b))
            return;
    }
    if (b->n > 0 && !run_batch(b))
        return;
    say_back();
}

/* ---- the thread ---- */

/* Under the lock. */
static void take_incoming(void)
{
    while (sync_state.incoming != NULL) {
        gw_quota *q = sync_state.incoming;
        sync_state.incoming = q->next_active;
        q->next_active = sync_state.working;
        sync_state.working = q;
    }
}

static void *run(void *arg)
{
    batch *b = arg;
    struct timespec until;
    pthread_mutex_lock(&sync_state.lock);
    while (!sync_state.stop) {
        take_incoming();
        pthread_mutex_unlock(&sync_state.lock);
        round_for_all(b);
        pthread_mutex_lock(&sync_state.lock);
        if (sync_state.incoming != NULL || sync_state.stop)
            continue;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += TICK_MS * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000 + (sync_state.working == NULL && sync_state.redis != NULL);
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&sync_state.wake, &sync_state.lock, &until);
    }
    pthread_mutex_unlock(&sync_state.lock);
    gw_redis_close(&sync_state.redis);
    free(b);
    return NULL;
}

bool gw_quota_sync_start(const gw_redis_options *o, const char *prefix, uint32_t share_percent)
{
    batch *b = calloc(1, sizeof *b);
    if (b == NULL)
        return false;
    sync_state.options = o;
    sync_state.prefix = prefix;
    gw_quotas_share(share_percent);
    gw_quota_on_active = on_active;
    sync_state.running = pthread_create(&sync_state.thread, NULL, run, b) == 0;
    if (!sync_state.running)
        free(b);
    return sync_state.running;
}

void gw_quota_sync_stop(void)
{
    if (!sync_state.running)
        return;
    pthread_mutex_lock(&sync_state.lock);
    sync_state.stop = true;
    pthread_cond_signal(&sync_state.wake);
    pthread_mutex_unlock(&sync_state.lock);
    pthread_join(sync_state.thread, NULL);
    sync_state.running = sync_state.stop = false;
}

void gw_quota_sync_write(rd_buf *out)
{
    if (!sync_state.running)
        return;
    const struct {
        const char *name, *type, *help;
        uint64_t value;
    } rows[] = {
        {"redactd_quota_store_up", "gauge", "1 while quotas are leased from Redis, 0 while they are local.",
         atomic_load(&sync_state.up)},
        {"redactd_quota_store_rounds_total", "counter", "Leases asked for and answered, of all workspaces.",
         atomic_load(&sync_state.rounds)},
        {"redactd_quota_store_failures_total", "counter", "Connections to Redis that failed or broke.",
         atomic_load(&sync_state.failures)},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        rd_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %" PRIu64 "\n", rows[i].name, rows[i].help,
                      rows[i].name, rows[i].type, rows[i].name, rows[i].value);
}
