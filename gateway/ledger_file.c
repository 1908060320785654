/* SPDX-License-Identifier: MIT */
#include "gateway/ledger_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/files.h"
#include "gateway/ledger_read.h"

/* ---- opening ---- */

static bool say(char *why, size_t why_size, const char *dir, const char *what)
{
    snprintf(why, why_size, "ledger %s: %s", dir, what);
    return false;
}

static bool open_dir(gw_ledger_file *f, const char *dir, char *why, size_t why_size)
{
    struct stat st;
    bool made = mkdir(dir, 0700) == 0;
    if (!made && errno != EEXIST)
        return say(why, why_size, dir, strerrordesc_np(errno));
    f->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (f->dir_fd < 0 || fstat(f->dir_fd, &st) != 0 || (made && !gw_sync_dir(f->dir_fd, "..")))
        return say(why, why_size, dir, strerrordesc_np(errno));
    if ((st.st_mode & 077) != 0)
        return say(why, why_size, dir, "the directory must be its owner's alone (mode 0700)");
    if (flock(f->dir_fd, LOCK_EX | LOCK_NB) != 0)
        return say(why, why_size, dir,
                   errno == EWOULDBLOCK ? "another process writes here" : strerrordesc_np(errno));
    return true;
}

/* What of a file can be built on. */
typedef struct ending {
    gw_ledger_head head; /* of its last record; number 0: it has none */
    uint64_t size;       /* up to the end of that record */
    uint64_t n_behind;   /* bytes behind it */
    unsigned n_lines;    /* among them, the last one perhaps without an end */
} ending;

static void see_line(ending *e, rd_slice line)
{
    gw_ledger_record r;
    if (gw_ledger_parse(line, &r) != GW_LEDGER_FAULT_OK) {
        e->n_behind += line.n + 1;
        e->n_lines++;
        return;
    }
    e->head.seq = r.seq;
    memcpy(e->head.hash, r.hash.p, GW_LEDGER_HEX);
    e->size += e->n_behind + line.n + 1;
    e->n_behind = e->n_lines = 0;
}

/* False: errno. The chain within is for the verifier to judge. */
static bool find_ending(int fd, ending *e)
{
    gw_ledger_reader r;
    rd_slice line;
    gw_ledger_next next;
    *e = (ending){0};
    gw_ledger_head_init(&e->head);
    gw_ledger_reader_init(&r, fd);
    while ((next = gw_ledger_read(&r, &line)) == GW_LEDGER_LINE)
        see_line(e, line);
    if (next == GW_LEDGER_TAIL) {
        e->n_behind += line.n;
        e->n_lines += line.n < GW_LEDGER_LINE_MAX ? 1 : 2; /* the latter is not of our making */
    }
    gw_ledger_reader_release(&r);
    return next != GW_LEDGER_ERROR;
}

/* A crash leaves one line at most that is not whole: records are synced one by one. */
static bool cut_tail(gw_ledger_file *f, const ending *e)
{
    f->size = e->size;
    f->n_cut = e->n_behind;
    return e->n_behind == 0 || (ftruncate(f->fd, (off_t)e->size) == 0 && fsync(f->fd) == 0);
}

static bool cannot_go_on(char *why, size_t why_size, const char *dir)
{
    return say(why, why_size, dir,
               "it ends in lines that are no records of it (`redactd ledger verify` says where); move the "
               "directory away to begin another");
}

/* Where the newest file has no record yet, the one before it ends in the last one. */
static bool head_of_older(gw_ledger_file *f, const char *name, char *why, size_t why_size, const char *dir)
{
    ending e;
    int fd = openat(f->dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    bool ok = fd >= 0 && find_ending(fd, &e);
    if (!ok)
        say(why, why_size, dir, strerrordesc_np(errno));
    if (fd >= 0)
        close(fd);
    if (ok && (e.n_behind > 0 || e.head.seq == 0))
        return cannot_go_on(why, why_size, dir);
    if (ok)
        f->head = e.head;
    return ok;
}

static bool find_head(gw_ledger_file *f, const gw_ledger_names *names, char *why, size_t why_size,
                      const char *dir)
{
    ending e;
    if (names->n == 0)
        return true;
    f->fd = openat(f->dir_fd, names->list[names->n - 1]->d_name, O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
    if (f->fd < 0 || !find_ending(f->fd, &e))
        return say(why, why_size, dir, strerrordesc_np(errno));
    if (e.n_lines > 1)
        return cannot_go_on(why, why_size, dir);
    if (!cut_tail(f, &e))
        return say(why, why_size, dir, strerrordesc_np(errno));
    f->head = e.head;
    return e.head.seq > 0 || names->n == 1 ||
           head_of_older(f, names->list[names->n - 2]->d_name, why, why_size, dir);
}

bool gw_ledger_file_open(gw_ledger_file *f, const char *dir, uint64_t file_bytes, char *why, size_t why_size)
{
    gw_ledger_names names = {0};
    *f = (gw_ledger_file){.dir_fd = -1, .fd = -1, .file_bytes = file_bytes};
    gw_ledger_head_init(&f->head);
    bool ok = open_dir(f, dir, why, why_size);
    if (ok && !gw_ledger_names_read(&names, f->dir_fd))
        ok = say(why, why_size, dir, strerrordesc_np(errno));
    ok = ok && find_head(f, &names, why, why_size, dir);
    gw_ledger_names_release(&names);
    if (!ok)
        gw_ledger_file_close(f);
    return ok;
}

/* ---- writing ---- */

/* Empty, and named by the record that comes next. A file of that name is one whose beginning failed before.
 */
static bool begin_file(gw_ledger_file *f)
{
    char name[GW_LEDGER_NAME_BYTES + 8];
    struct stat st;
    gw_ledger_name(f->head.seq + 1, name);
    int fd = openat(f->dir_fd, name, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && fstat(fd, &st) == 0;
    if (ok && st.st_size != 0) {
        errno = EEXIST;
        ok = false;
    }
    if (!ok || fsync(f->dir_fd) != 0) {
        int e = errno;
        if (fd >= 0)
            close(fd);
        errno = e;
        return false;
    }
    if (f->fd >= 0)
        close(f->fd);
    f->fd = fd;
    f->size = 0;
    return true;
}

/* The file ends where our last record does. More is what a failed write left; less, or no name any more, is
 * somebody else's doing, and writing on would make a hole or write to nowhere. */
static bool cut_back(gw_ledger_file *f)
{
    struct stat st;
    if (fstat(f->fd, &st) != 0)
        return false;
    if (st.st_nlink == 0 || (uint64_t)st.st_size < f->size) {
        errno = ESTALE;
        return false;
    }
    return (uint64_t)st.st_size == f->size || ftruncate(f->fd, (off_t)f->size) == 0;
}

static bool append_line(gw_ledger_file *f, rd_slice line)
{
    bool full = f->size > 0 && f->size + line.n > f->file_bytes;
    if ((f->fd < 0 || full) && !begin_file(f))
        return false;
    if (!cut_back(f) || !gw_write_all(f->fd, line) || fsync(f->fd) != 0)
        return false;
    f->size += line.n;
    return true;
}

bool gw_ledger_file_append(gw_ledger_file *f, const gw_ledger_entry *e)
{
    rd_buf line;
    gw_ledger_head head;
    rd_buf_init(&line, GW_LEDGER_LINE_MAX);
    bool made = gw_ledger_write(&line, &f->head, e, &head);
    if (!made)
        errno = line.failed == RD_NO_MEMORY ? ENOMEM : EOVERFLOW;
    bool ok = made && append_line(f, rd_buf_slice(&line));
    if (ok)
        f->head = head;
    int error = errno;
    rd_buf_release(&line);
    errno = error;
    return ok;
}

void gw_ledger_file_close(gw_ledger_file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    if (f->dir_fd >= 0)
        close(f->dir_fd); /* ends the lock */
    f->fd = f->dir_fd = -1;
}
