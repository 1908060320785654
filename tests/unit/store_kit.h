/* SPDX-License-Identifier: MIT */
/* What the tests of the store share: a temporary directory, a world whose clock and disk obey the test, and a
 * callback that counts answers and can be waited for. */
#ifndef TESTS_UNIT_STORE_KIT_H
#define TESTS_UNIT_STORE_KIT_H

#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/log.h"
#include "gateway/scrubbed_private.h"
#include "gateway/store_private.h"

enum { KIT_PATH_BYTES = 512, KIT_WHY_BYTES = 256 };

/* 2026-11-23T18:00:00Z */
#define KIT_EPOCH_MS INT64_C(1795456800000)

static _Atomic int64_t kit_now = KIT_EPOCH_MS;
static char kit_dir[KIT_PATH_BYTES];

static inline int64_t kit_now_ms(void)
{
    return atomic_load(&kit_now);
}

static inline gw_upstream_cfg kit_cfg(void)
{
    return (gw_upstream_cfg){.name = "local",
                             .store = kit_dir,
                             .store_segment_bytes = 1 << 20,
                             .store_total_bytes = 16 << 20,
                             .store_queue_bytes = 1 << 20,
                             .store_full = GW_STORE_DELETE_OLDEST};
}

static inline const char *kit_path(const char *name)
{
    static _Thread_local char path[KIT_PATH_BYTES * 2];
    snprintf(path, sizeof path, "%s/%s", kit_dir, name);
    return path;
}

static inline void kit_remove_all(void)
{
    DIR *d = opendir(kit_dir);
    if (d == NULL)
        return;
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            unlink(kit_path(e->d_name));
    }
    closedir(d);
    rmdir(kit_dir);
}

static inline int kit_setup(void **state)
{
    const char *tmp = getenv("TMPDIR");
    gw_log_set_level(GW_LEVEL_ERROR + 1);
    atomic_store(&kit_now, KIT_EPOCH_MS);
    snprintf(kit_dir, sizeof kit_dir, "%s/redactd-store-XXXXXX", tmp != NULL ? tmp : "/tmp");
    return mkdtemp(kit_dir) == NULL ? -1 : 0;
}

static inline int kit_teardown(void **state)
{
    kit_remove_all();
    return 0;
}

/* Counts answers by kind. */
typedef struct kit_answers {
    pthread_mutex_t lock;
    pthread_cond_t came;
    unsigned n, by[GW_STORE_RESULT_COUNT], acks;
} kit_answers;

#define KIT_ANSWERS                                                                                          \
    (kit_answers)                                                                                            \
    {                                                                                                        \
        .lock = PTHREAD_MUTEX_INITIALIZER, .came = PTHREAD_COND_INITIALIZER                                  \
    }

static inline void kit_count(void *arg, gw_store_result r, const gw_ack *ack)
{
    kit_answers *a = arg;
    pthread_mutex_lock(&a->lock);
    a->n++;
    a->by[r]++;
    if (ack != NULL)
        a->acks++;
    pthread_cond_broadcast(&a->came);
    pthread_mutex_unlock(&a->lock);
}

static inline void kit_wait(kit_answers *a, unsigned n)
{
    pthread_mutex_lock(&a->lock);
    while (a->n < n)
        pthread_cond_wait(&a->came, &a->lock);
    pthread_mutex_unlock(&a->lock);
}

static inline gw_store_result kit_append(gw_store *s, gw_signal signal, const char *line, kit_answers *a)
{
    gw_scrubbed body = {.bytes = rd_slice_str(line)};
    return gw_store_append(s, signal, &body, kit_count, a);
}

/* Appends and waits. */
static inline void kit_put(gw_store *s, gw_signal signal, const char *line, kit_answers *a)
{
    pthread_mutex_lock(&a->lock);
    unsigned before = a->n;
    pthread_mutex_unlock(&a->lock);
    assert_int_equal(kit_append(s, signal, line, a), GW_STORE_OK);
    kit_wait(a, before + 1);
}

static inline gw_store *kit_open(const gw_upstream_cfg *cfg, const gw_store_ops *ops)
{
    char why[KIT_WHY_BYTES] = "";
    gw_store *s = gw_store_open_in(cfg, ops, why, sizeof why);
    if (s == NULL)
        fail_msg("%s", why);
    return s;
}

/* The file's content as a string; NULL: there is none. */
static inline char *kit_read(const char *name)
{
    FILE *f = fopen(kit_path(name), "rb");
    if (f == NULL)
        return NULL;
    char *text = calloc(1, 4 << 20);
    assert_non_null(text);
    text[fread(text, 1, (4 << 20) - 1, f)] = '\0';
    fclose(f);
    return text;
}

static inline void kit_expect_file(const char *name, const char *content)
{
    char *text = kit_read(name);
    if (text == NULL)
        fail_msg("%s is not there", name);
    assert_string_equal(text, content);
    free(text);
}

static inline void kit_write(const char *name, const void *p, size_t n)
{
    int fd = open(kit_path(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, p, n), n);
    close(fd);
}

static inline bool kit_exists(const char *name)
{
    struct stat st;
    return stat(kit_path(name), &st) == 0;
}

static inline unsigned kit_count_files(void)
{
    unsigned n = 0;
    DIR *d = opendir(kit_dir);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        n += strstr(e->d_name, ".jsonl") != NULL;
    closedir(d);
    return n;
}

static inline gw_store_stats kit_stats(gw_store *s)
{
    gw_store_stats st;
    gw_store_stats_get(s, &st);
    return st;
}

#endif
