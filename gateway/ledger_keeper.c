/* SPDX-License-Identifier: MIT */
#include "gateway/ledger_keeper.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "gateway/clock.h"
#include "gateway/ledger_counts.h"
#include "gateway/ledger_file.h"
#include "gateway/log.h"
#include "gateway/metrics.h"

enum { LOOK_S = 1, CONFIG_BYTES = 17 };

static struct {
    /* Of the thread alone, and of those who start and join it. */
    gw_ledger_file file;
    gw_ledger_schedule schedule;
    gw_ledger_counts *counts; /* owned */
    gw_counters *counters;    /* the thread's own cells */
    uint64_t n_failed;        /* attempts since the last record */
    char config[CONFIG_BYTES];
    const char *version;
    gw_ledger_kind due; /* START or CONFIG: not written yet; COUNTS: nothing is */
    pthread_t thread;
    bool running;
    /* Under the lock. */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop;
    char next_config[CONFIG_BYTES]; /* "": none */
} keeper = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

static int64_t now_s(void)
{
    return (int64_t)(gw_wall_ms() / 1000);
}

static bool write_one(gw_ledger_entry e)
{
    e.time_s = now_s();
    e.config = keeper.config;
    e.n_failed = keeper.n_failed;
    if (!gw_ledger_file_append(&keeper.file, &e)) {
        gw_log(LEDGER_FAILED, gw_word("why", strerrorname_np(errno)));
        gw_count(keeper.counters, GW_METRIC_LEDGER_FAILURES, 0, 0, 0, 1);
        keeper.n_failed++;
        return false;
    }
    gw_count(keeper.counters, GW_METRIC_LEDGER_RECORDS, 0, 0, 0, 1);
    keeper.n_failed = 0;
    keeper.schedule.written_s = e.time_s;
    return true;
}

/* Everything that moved, in as many records as it takes. A record of counts is written only if something
 * moved; one of another kind is written in any case, the last one. False: something failed, and waits. */
static bool write_counts(gw_ledger_kind kind)
{
    for (;;) {
        gw_ledger_entry e = {.kind = GW_LEDGER_COUNTS};
        e.n_cells = gw_ledger_counts_take(keeper.counts, &e.cells);
        bool last = e.n_cells < GW_LEDGER_CELLS;
        if (last)
            e.kind = kind;
        if (e.kind == GW_LEDGER_START) {
            e.version = keeper.version;
            e.n_cut = keeper.file.n_cut;
        }
        if (e.kind == GW_LEDGER_COUNTS && e.n_cells == 0)
            return true;
        if (!write_one(e))
            return false;
        gw_ledger_counts_keep(keeper.counts);
        if (last)
            return true;
    }
}

/* What is in the log cannot be taken out of the ledger unseen. */
static void show_head(void)
{
    gw_log(LEDGER_HEAD, gw_u64("seq", keeper.file.head.seq), gw_word("sha256", keeper.file.head.hash));
}

/* What moved until now is of the configuration before, and is written under its name; if that fails, it
 * stands in the record of the new one. */
static void take_config(const char *next)
{
    if (*next == '\0')
        return;
    if (keeper.due == GW_LEDGER_COUNTS)
        (void)write_counts(GW_LEDGER_COUNTS);
    snprintf(keeper.config, sizeof keeper.config, "%s", next);
    if (keeper.due == GW_LEDGER_COUNTS)
        keeper.due = GW_LEDGER_CONFIG;
}

static void write_due(void)
{
    if (!write_counts(keeper.due))
        return;
    keeper.due = GW_LEDGER_COUNTS;
    show_head();
}

static void look(const char *next_config)
{
    bool minute = gw_ledger_minute_began(&keeper.schedule, now_s());
    take_config(next_config);
    if (keeper.due != GW_LEDGER_COUNTS && (minute || *next_config != '\0')) {
        write_due();
        return;
    }
    if (!minute || !write_counts(GW_LEDGER_COUNTS) || !gw_ledger_heartbeat_due(&keeper.schedule, now_s()))
        return;
    if (write_counts(GW_LEDGER_HEARTBEAT))
        show_head();
}

static void *keep(void *arg)
{
    char next[CONFIG_BYTES];
    struct timespec until;
    pthread_mutex_lock(&keeper.lock);
    while (!keeper.stop) {
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += LOOK_S;
        if (keeper.next_config[0] == '\0')
            pthread_cond_timedwait(&keeper.wake, &keeper.lock, &until);
        memcpy(next, keeper.next_config, sizeof next);
        keeper.next_config[0] = '\0';
        pthread_mutex_unlock(&keeper.lock);
        look(next);
        pthread_mutex_lock(&keeper.lock);
    }
    memcpy(next, keeper.next_config, sizeof next);
    pthread_mutex_unlock(&keeper.lock);
    take_config(next);
    if (write_counts(GW_LEDGER_STOP))
        show_head();
    return NULL;
}

bool gw_ledger_start(const char *dir, uint64_t file_bytes, const char *version, const char *config, char *why,
                     size_t why_size)
{
    keeper.counts = gw_ledger_counts_new();
    keeper.counters = gw_counters_new();
    if (keeper.counts == NULL || keeper.counters == NULL) {
        snprintf(why, why_size, "no memory");
        return false;
    }
    snprintf(keeper.config, sizeof keeper.config, "%s", config);
    if (!gw_ledger_file_open(&keeper.file, dir, file_bytes, why, why_size))
        return false;
    gw_ledger_schedule_init(&keeper.schedule, now_s());
    if (keeper.file.n_cut > 0)
        gw_log(LEDGER_TAIL_CUT, gw_u64("bytes", keeper.file.n_cut));
    keeper.version = version;
    keeper.due = GW_LEDGER_START;
    write_due();
    int e = pthread_create(&keeper.thread, NULL, keep, NULL);
    if (e != 0)
        snprintf(why, why_size, "ledger: %s", strerrordesc_np(e));
    keeper.running = e == 0;
    return keeper.running;
}

void gw_ledger_config(const char *config)
{
    pthread_mutex_lock(&keeper.lock);
    snprintf(keeper.next_config, sizeof keeper.next_config, "%s", keeper.running ? config : "");
    pthread_cond_signal(&keeper.wake);
    pthread_mutex_unlock(&keeper.lock);
}

void gw_ledger_stop(void)
{
    if (!keeper.running)
        return;
    pthread_mutex_lock(&keeper.lock);
    keeper.stop = true;
    pthread_cond_signal(&keeper.wake);
    pthread_mutex_unlock(&keeper.lock);
    pthread_join(keeper.thread, NULL); /* writes the last record */
    gw_ledger_file_close(&keeper.file);
    gw_ledger_counts_free(&keeper.counts);
    keeper.running = false;
}
