/* SPDX-License-Identifier: MIT */
/*
 * What the three files of the store share; for them and their tests alone.
 *
 *    store.c          directory, lock, append queue            any thread
 *    store_writer.c   takes the queue, writes, syncs, answers  writer thread
 *    store_segment.c  names, current and rotated files         opening thread, then writer thread
 *
 * Invariants:
 *   - A line is acknowledged only after fdatasync covered it and the directory entry of its file was synced.
 *   - `good` of a file is the length up to which everything is whole lines and synced. Whatever lies behind
 *     it is never acknowledged and is cut off before the next write.
 *   - After a failed sync its file gets no further line: the kernel may have forgotten the dirty pages, so
 *     a second sync that succeeds proves nothing.
 */
#ifndef GW_STORE_PRIVATE_H
#define GW_STORE_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "gateway/store.h"

enum {
    GW_STORE_NAME_BYTES = 64, /* "loki_push-20261123T180000Z-18446744073709551615.jsonl" and some */
    GW_STORE_IOVECS = 256
};

/* The outside world, replaced by tests for what a real system will not do on demand. */
typedef struct gw_store_ops {
    int64_t (*now_ms)(void); /* wall clock */
    ssize_t (*writev)(int fd, const struct iovec *iov, int n);
    int (*fdatasync)(int fd);
    int (*fsync)(int fd); /* of the directory */
} gw_store_ops;

typedef struct gw_store_entry {
    struct gw_store_entry *next;
    gw_store_cb cb;
    void *arg;
    size_t n;        /* of bytes, the newline included */
    uint8_t bytes[]; /* owned copy of the line, then '\n' */
} gw_store_entry;

/* A list of entries, oldest first. */
typedef struct gw_store_queue {
    gw_store_entry *head, *tail;
} gw_store_queue;

typedef struct gw_store_file {
    int fd; /* -1: not open */
    dev_t dev;
    ino_t ino;
    uint64_t good;    /* bytes that are whole, synced lines */
    int64_t since_ms; /* age counts from here; meaningful when good > 0 */
    bool cut;         /* there may be bytes behind `good` */
    bool retire;      /* a sync failed: move this file aside before the next line */
} gw_store_file;

typedef struct gw_store_segment {
    uint64_t seq; /* counts over all signals, so it orders by age whatever the clock did */
    uint64_t bytes;
    gw_signal signal;
    char name[GW_STORE_NAME_BYTES];
} gw_store_segment;

typedef struct gw_store_limits {
    uint64_t segment_bytes, total_bytes, queue_bytes;
    uint32_t segment_age_ms; /* 0: no rotation by age */
    gw_store_full full;
} gw_store_limits;

struct gw_store {
    char *dir; /* owned; for messages only, files are reached by dir_fd */
    int dir_fd, lock_fd;
    const gw_store_ops *ops; /* static */

    /* Opening thread, then writer thread. */
    gw_store_limits limits; /* a copy of `wanted`, taken before each group */
    gw_store_file files[GW_SIGNAL_COUNT];
    gw_store_segment *segments; /* owned; rotated files, oldest first */
    size_t n_segments, cap_segments;
    uint64_t next_seq;
    bool dir_dirty; /* a directory entry is not synced yet */

    pthread_t writer;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    /* Under lock. */
    gw_store_queue queue[GW_SIGNAL_COUNT];
    gw_store_limits wanted; /* by the newest configuration */
    uint64_t queued_bytes;  /* memory of every entry that exists, the writer's included */
    bool closing, poked;

    struct {
        _Atomic uint64_t lines, bytes, syncs, rotations, segments_deleted, errors, total_bytes;
    } stats;
};

/* gw_store_open with another world. */
gw_store *gw_store_open_in(const gw_upstream_cfg *cfg, const gw_store_ops *ops, char *why, size_t n_why);
extern const gw_store_ops gw_store_real_ops;
/* Wakes the writer so that it looks at the clock (which tests turn by hand). */
void gw_store_poke(gw_store *s);

/* --- store_writer.c --- */
void *gw_store_writer_main(void *store);

/* --- store_segment.c --- */
/* FULL when the disk or a quota has no space, else IO. */
gw_store_result gw_store_result_of_errno(int e);
/* Counts and logs one failed operation; `op` is a literal. */
void gw_store_failed(gw_store *s, gw_signal signal, const char *op, int e);
/* Finds rotated and current files, cuts torn tails. 0 or an errno. */
int gw_store_scan(gw_store *s);
/* Makes sure that a trustworthy current file is open: creates it, resolves what an earlier failure left
 * behind, and notices a file that somebody else moved, removed or changed. */
gw_store_result gw_store_file_ready(gw_store *s, gw_signal signal);
/* Cuts the file back to `good`; on failure ready tries again before anything is written. */
void gw_store_file_cut(gw_store *s, gw_signal signal);
/* Gives the current file its rotated name. The caller has seen to it that good > 0. */
bool gw_store_rotate(gw_store *s, gw_signal signal);
bool gw_store_is_old(const gw_store *s, gw_signal signal);
/* False: there is none, or it can not be removed. */
bool gw_store_delete_oldest(gw_store *s);
void gw_store_files_close(gw_store *s);

#endif
