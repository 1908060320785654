/* SPDX-License-Identifier: MIT */
#include "gateway/ledger_verify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gateway/ledger_read.h"

typedef struct walk {
    gw_ledger_verdict v;
    const char *want;             /* NULL: none */
    const gw_ledger_watch *watch; /* NULL: nobody */
    bool ended;                   /* by the watch */
} walk;

static bool broken(gw_ledger_verdict *v, gw_ledger_fault f)
{
    v->fault = f;
    v->seq = v->head.seq + 1;
    return false;
}

/* False: broken, or the watch wants no more. */
static bool see_line(walk *w, rd_slice line)
{
    gw_ledger_verdict *v = &w->v;
    gw_ledger_record r;
    v->line++;
    gw_ledger_fault f = gw_ledger_follow(&v->head, line, &r);
    if (f != GW_LEDGER_FAULT_OK)
        return broken(v, f);
    memcpy(v->to, r.time.p, GW_LEDGER_TIME);
    if (v->from[0] == '\0')
        memcpy(v->from, v->to, sizeof v->from);
    v->found = v->found || (w->want != NULL && strcmp(w->want, v->head.hash) == 0);
    w->ended = w->watch != NULL && !w->watch->see(w->watch->arg, &r, line);
    return !w->ended;
}

/* False: errno. */
static bool see_lines(walk *w, int fd)
{
    gw_ledger_verdict *v = &w->v;
    gw_ledger_reader r;
    rd_slice line;
    gw_ledger_next next;
    gw_ledger_reader_init(&r, fd);
    while ((next = gw_ledger_read(&r, &line)) == GW_LEDGER_LINE) {
        if (!see_line(w, line))
            break;
    }
    if (next == GW_LEDGER_TAIL) {
        v->line++;
        broken(v, line.n < GW_LEDGER_LINE_MAX ? GW_LEDGER_FAULT_TAIL : GW_LEDGER_FAULT_FORM);
    }
    int error = errno;
    gw_ledger_reader_release(&r);
    errno = error;
    return next != GW_LEDGER_ERROR;
}

static bool see_file(walk *w, int dir_fd, const char *name)
{
    gw_ledger_verdict *v = &w->v;
    char due[GW_LEDGER_NAME_BYTES + 8];
    gw_ledger_name(v->head.seq + 1, due);
    snprintf(v->file, sizeof v->file, "%.*s", (int)sizeof v->file - 1, name);
    v->line = 0;
    if (strcmp(name, due) != 0) {
        broken(v, GW_LEDGER_FAULT_NAME);
        return true;
    }
    int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool ok = see_lines(w, fd);
    int error = errno;
    close(fd);
    errno = error;
    v->n_files++;
    return ok;
}

bool gw_ledger_walk(const char *dir, const char *want, const gw_ledger_watch *watch, gw_ledger_verdict *out)
{
    gw_ledger_names names = {0};
    walk w = {.want = want, .watch = watch};
    gw_ledger_head_init(&w.v.head);
    int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = dir_fd >= 0 && gw_ledger_names_read(&names, dir_fd);
    for (size_t i = 0; ok && w.v.fault == GW_LEDGER_FAULT_OK && !w.ended && i < names.n; i++)
        ok = see_file(&w, dir_fd, names.list[i]->d_name);
    int error = errno;
    gw_ledger_names_release(&names);
    if (dir_fd >= 0)
        close(dir_fd);
    errno = error;
    if (ok)
        *out = w.v;
    return ok;
}

bool gw_ledger_verify(const char *dir, const char *want, gw_ledger_verdict *out)
{
    return gw_ledger_walk(dir, want, NULL, out);
}
