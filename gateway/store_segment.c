/* SPDX-License-Identifier: MIT */
/*
 * The files of a store: one current file a signal, and rotated segments that nobody writes to any more.
 *
 *    absent --ready--> current --rotate--> segment --delete_oldest--> gone
 *                       |   ^ sync failed: retire; the next ready renames it (or removes it when it is empty)
 *                       '---' write failed: cut back to `good`
 *
 * Names carry a sequence number that only grows, and a rename never replaces an existing file. Directory
 * changes are synced before ready says that a file can be written to.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gateway/log.h"
#include "gateway/store_private.h"

#define SUFFIX ".jsonl"

enum { TAIL_BLOCK_BYTES = 4096 };

gw_store_result gw_store_result_of_errno(int e)
{
    return e == ENOSPC || e == EDQUOT ? GW_STORE_FULL : GW_STORE_IO;
}

void gw_store_failed(gw_store *s, gw_signal signal, const char *op, int e)
{
    atomic_fetch_add(&s->stats.errors, 1);
    gw_log(STORE_FAILED, gw_word("directory", s->dir), gw_word("signal", gw_signal_word(signal)),
           gw_word("op", op), gw_word("error", strerrordesc_np(e)));
}

/* ---- names ---- */

static void current_name(gw_signal signal, char out[GW_STORE_NAME_BYTES])
{
    snprintf(out, GW_STORE_NAME_BYTES, "%s" SUFFIX, gw_signal_word(signal));
}

static void segment_name(gw_signal signal, int64_t now_ms, uint64_t seq, char out[GW_STORE_NAME_BYTES])
{
    char when[24];
    struct tm tm;
    time_t t = (time_t)(now_ms / 1000);
    if (gmtime_r(&t, &tm) == NULL || strftime(when, sizeof when, "%Y%m%dT%H%M%SZ", &tm) != 16)
        memcpy(when, "00000000T000000Z", 17); /* a clock beyond year 9999 must not change the pattern */
    snprintf(out, GW_STORE_NAME_BYTES, "%s-%s-%06" PRIu64 SUFFIX, gw_signal_word(signal), when, seq);
}

/* "20261123T180000Z-": '0' stands for a digit. */
static bool is_time(const char *s)
{
    static const char pattern[] = "00000000T000000Z-";
    for (size_t i = 0; i < sizeof pattern - 1; i++) {
        bool ok = pattern[i] == '0' ? s[i] >= '0' && s[i] <= '9' : s[i] == pattern[i];
        if (!ok)
            return false; /* also ends at the terminator */
    }
    return true;
}

static bool parse_segment_name(const char *name, gw_signal *out_signal, uint64_t *out_seq)
{
    if (strlen(name) >= GW_STORE_NAME_BYTES)
        return false;
    for (unsigned i = 0; i < GW_SIGNAL_COUNT; i++) {
        const char *word = gw_signal_word((gw_signal)i);
        size_t n = strlen(word);
        if (strncmp(name, word, n) != 0 || name[n] != '-' || !is_time(name + n + 1))
            continue;
        const char *digits = name + n + 1 + 17;
        char *end;
        errno = 0;
        if (*digits < '0' || *digits > '9')
            return false;
        unsigned long long seq = strtoull(digits, &end, 10);
        if (errno != 0 || seq == ULLONG_MAX || strcmp(end, SUFFIX) != 0)
            return false;
        *out_signal = (gw_signal)i;
        *out_seq = seq;
        return true;
    }
    return false;
}

/* ---- torn tails ---- */

/* Length up to and including the last newline. */
static int whole_lines(int fd, uint64_t size, uint64_t *out_length)
{
    uint8_t block[TAIL_BLOCK_BYTES];
    while (size > 0) {
        size_t n = size < sizeof block ? (size_t)size : sizeof block;
        ssize_t got = pread(fd, block, n, (off_t)(size - n));
        if (got < 0 && errno == EINTR)
            continue;
        if (got != (ssize_t)n)
            return got < 0 ? errno : EIO;
        const uint8_t *newline = memrchr(block, '\n', n);
        if (newline != NULL) {
            *out_length = size - n + (uint64_t)(newline - block) + 1;
            return 0;
        }
        size -= n;
    }
    *out_length = 0;
    return 0;
}

/* A crash can leave half a line that nobody was told is stored. *size: before, then after. */
static int cut_torn_tail(const gw_store *s, gw_signal signal, int fd, uint64_t *size)
{
    uint64_t whole;
    int e = whole_lines(fd, *size, &whole);
    if (e != 0 || whole == *size)
        return e;
    if (ftruncate(fd, (off_t)whole) != 0)
        return errno;
    gw_log(STORE_TAIL_CUT, gw_word("directory", s->dir), gw_word("signal", gw_signal_word(signal)),
           gw_u64("bytes", *size - whole));
    *size = whole;
    return 0;
}

/* ---- the list of rotated segments ---- */

static bool room_for_segment(gw_store *s)
{
    if (s->n_segments < s->cap_segments)
        return true;
    size_t cap = s->cap_segments == 0 ? 16 : s->cap_segments * 2;
    gw_store_segment *p = reallocarray(s->segments, cap, sizeof *p);
    if (p == NULL)
        return false;
    s->segments = p;
    s->cap_segments = cap;
    return true;
}

static int by_seq(const void *a, const void *b)
{
    const gw_store_segment *x = a, *y = b;
    return x->seq < y->seq ? -1 : x->seq > y->seq ? 1 : strcmp(x->name, y->name);
}

/* Rotated files are complete, except when a sync failed and the machine went down right after. */
static int adopt_segment(gw_store *s, const char *name, gw_signal signal, uint64_t seq)
{
    struct stat st;
    int e = 0;
    int fd = openat(s->dir_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return errno;
    if (fstat(fd, &st) != 0) {
        e = errno;
    } else if (S_ISREG(st.st_mode)) {
        uint64_t size = (uint64_t)st.st_size;
        e = cut_torn_tail(s, signal, fd, &size);
        if (e == 0 && !room_for_segment(s))
            e = ENOMEM;
        if (e == 0) {
            gw_store_segment *g = &s->segments[s->n_segments++];
            *g = (gw_store_segment){.seq = seq, .bytes = size, .signal = signal};
            memcpy(g->name, name, strlen(name) + 1); /* the length was checked */
            atomic_fetch_add(&s->stats.total_bytes, size);
        }
    }
    close(fd);
    return e;
}

bool gw_store_delete_oldest(gw_store *s)
{
    if (s->n_segments == 0)
        return false;
    const gw_store_segment *g = &s->segments[0];
    if (unlinkat(s->dir_fd, g->name, 0) != 0 && errno != ENOENT) {
        gw_store_failed(s, g->signal, "delete", errno);
        return false;
    }
    atomic_fetch_sub(&s->stats.total_bytes, g->bytes);
    atomic_fetch_add(&s->stats.segments_deleted, 1);
    gw_log(STORE_SEGMENT_DELETED, gw_word("directory", s->dir), gw_word("signal", gw_signal_word(g->signal)),
           gw_u64("seq", g->seq), gw_u64("bytes", g->bytes));
    s->n_segments--;
    memmove(s->segments, s->segments + 1, s->n_segments * sizeof *s->segments);
    return true;
}

/* ---- current files ---- */

/* Directory entries are not file data: a failed sync of them is tried again, nothing is acknowledged before.
 */
static bool sync_directory(gw_store *s, gw_signal signal)
{
    if (!s->dir_dirty)
        return true;
    if (s->ops->fsync(s->dir_fd) != 0) {
        gw_store_failed(s, signal, "sync_directory", errno);
        return false;
    }
    s->dir_dirty = false;
    return true;
}

/* Closes the file and takes its bytes out of the total; nothing on disk changes. */
static void forget(gw_store *s, gw_signal signal)
{
    gw_store_file *f = &s->files[signal];
    if (f->fd >= 0)
        close(f->fd);
    atomic_fetch_sub(&s->stats.total_bytes, f->good);
    *f = (gw_store_file){.fd = -1};
}

/* When the file began: its birth where the file system knows it, else its last change. */
static int64_t began_ms(int fd, const struct stat *st)
{
    struct statx sx;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &sx) == 0 && (sx.stx_mask & STATX_BTIME) != 0)
        return (int64_t)sx.stx_btime.tv_sec * 1000 + sx.stx_btime.tv_nsec / 1000000;
    return (int64_t)st->st_mtim.tv_sec * 1000 + st->st_mtim.tv_nsec / 1000000;
}

/* 0 or an errno; ENOENT when it is not there and is not to be created. */
static int open_current(gw_store *s, gw_signal signal, bool create)
{
    char name[GW_STORE_NAME_BYTES];
    struct stat st;
    int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (create ? O_CREAT : 0);
    current_name(signal, name);
    int fd = openat(s->dir_fd, name, flags, 0600);
    if (fd < 0)
        return errno;
    int e = fstat(fd, &st) != 0 ? errno : S_ISREG(st.st_mode) ? 0 : EINVAL;
    uint64_t size = e == 0 ? (uint64_t)st.st_size : 0;
    if (e == 0)
        e = cut_torn_tail(s, signal, fd, &size);
    if (e != 0) {
        close(fd);
        return e;
    }
    s->files[signal] = (gw_store_file){
        .fd = fd, .dev = st.st_dev, .ino = st.st_ino, .good = size, .since_ms = began_ms(fd, &st)};
    atomic_fetch_add(&s->stats.total_bytes, size);
    s->dir_dirty = s->dir_dirty || create; /* perhaps just created */
    return 0;
}

/* Is the file still the one under its name, as long as we left it? */
static bool is_ours(gw_store *s, gw_signal signal)
{
    char name[GW_STORE_NAME_BYTES];
    struct stat st;
    const gw_store_file *f = &s->files[signal];
    current_name(signal, name);
    return fstatat(s->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_dev == f->dev &&
           st.st_ino == f->ino && (uint64_t)st.st_size == f->good;
}

void gw_store_file_cut(gw_store *s, gw_signal signal)
{
    gw_store_file *f = &s->files[signal];
    struct stat st;
    f->cut = true;
    /* Never longer: ftruncate would fill up with zeros what somebody else took away. */
    if (fstat(f->fd, &st) == 0 && ((uint64_t)st.st_size <= f->good || ftruncate(f->fd, (off_t)f->good) == 0))
        f->cut = false;
    else
        gw_store_failed(s, signal, "truncate", errno);
}

/* Moves a file aside whose sync failed. Its good lines were synced before that and stay. */
static bool retire(gw_store *s, gw_signal signal)
{
    char name[GW_STORE_NAME_BYTES];
    if (s->files[signal].good > 0)
        return gw_store_rotate(s, signal);
    current_name(signal, name);
    if (unlinkat(s->dir_fd, name, 0) != 0 && errno != ENOENT) {
        gw_store_failed(s, signal, "delete", errno);
        return false;
    }
    forget(s, signal);
    s->dir_dirty = true;
    return true;
}

/* Somebody moved, removed or changed the file: takes what stands under its name now, if anything. */
static int open_changed(gw_store *s, gw_signal signal)
{
    bool suspect = s->files[signal].retire; /* may still be the same file */
    gw_store_failed(s, signal, "file_changed_by_somebody_else", ESTALE);
    forget(s, signal);
    int e = open_current(s, signal, false);
    if (e == 0)
        s->files[signal].retire = suspect;
    return e == ENOENT ? 0 : e;
}

gw_store_result gw_store_file_ready(gw_store *s, gw_signal signal)
{
    gw_store_file *f = &s->files[signal];
    int e = 0;
    if (f->cut)
        gw_store_file_cut(s, signal);
    if (f->cut)
        return GW_STORE_IO;
    if (f->fd >= 0 && !is_ours(s, signal))
        e = open_changed(s, signal);
    if (e == 0 && f->retire && !retire(s, signal))
        return GW_STORE_IO;
    if (e == 0 && f->fd < 0)
        e = open_current(s, signal, true);
    if (e != 0) {
        gw_store_failed(s, signal, "open", e);
        return gw_store_result_of_errno(e);
    }
    return sync_directory(s, signal) ? GW_STORE_OK : GW_STORE_IO;
}

/* ---- rotation ---- */

static int rename_new(int dir_fd, const char *from, const char *to)
{
    struct stat st;
    if (renameat2(dir_fd, from, dir_fd, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return errno;
    /* The file system can not do it in one step; the lock keeps other writers out. */
    if (fstatat(dir_fd, to, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return EEXIST;
    return renameat(dir_fd, from, dir_fd, to) == 0 ? 0 : errno;
}

bool gw_store_rotate(gw_store *s, gw_signal signal)
{
    char from[GW_STORE_NAME_BYTES];
    gw_store_segment g = {.bytes = s->files[signal].good, .signal = signal};
    int e = ENOMEM;
    if (s->files[signal].cut)
        gw_store_file_cut(s, signal);
    if (s->files[signal].cut || !room_for_segment(s))
        goto fail;
    current_name(signal, from);
    do {
        g.seq = s->next_seq++;
        segment_name(signal, s->ops->now_ms(), g.seq, g.name);
        e = rename_new(s->dir_fd, from, g.name);
    } while (e == EEXIST);
    if (e != 0)
        goto fail;
    s->dir_dirty = true;
    forget(s, signal);
    s->segments[s->n_segments++] = g;
    atomic_fetch_add(&s->stats.total_bytes, g.bytes);
    atomic_fetch_add(&s->stats.rotations, 1);
    gw_log(STORE_ROTATED, gw_word("directory", s->dir), gw_word("signal", gw_signal_word(signal)),
           gw_u64("seq", g.seq), gw_u64("bytes", g.bytes));
    return true;
fail:
    gw_store_failed(s, signal, "rotate", e);
    return false;
}

bool gw_store_is_old(const gw_store *s, gw_signal signal)
{
    const gw_store_file *f = &s->files[signal];
    return f->good > 0 && s->limits.segment_age_ms > 0 &&
           s->ops->now_ms() - f->since_ms >= (int64_t)s->limits.segment_age_ms;
}

/* ---- opening and closing ---- */

int gw_store_scan(gw_store *s)
{
    int e = 0;
    int fd = openat(s->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (d == NULL) {
        e = errno;
        if (fd >= 0)
            close(fd);
        return e;
    }
    while (e == 0) {
        gw_signal signal;
        uint64_t seq;
        errno = 0;
        const struct dirent *entry = readdir(d);
        if (entry == NULL) {
            e = errno;
            break;
        }
        if (!parse_segment_name(entry->d_name, &signal, &seq))
            continue;
        if (seq >= s->next_seq)
            s->next_seq = seq + 1;
        e = adopt_segment(s, entry->d_name, signal, seq);
    }
    closedir(d);
    if (s->n_segments > 0)
        qsort(s->segments, s->n_segments, sizeof *s->segments, by_seq);
    for (unsigned i = 0; e == 0 && i < GW_SIGNAL_COUNT; i++) {
        e = open_current(s, (gw_signal)i, false);
        if (e == ENOENT)
            e = 0;
    }
    return e;
}

void gw_store_files_close(gw_store *s)
{
    for (unsigned i = 0; i < GW_SIGNAL_COUNT; i++)
        forget(s, (gw_signal)i);
}
