/* SPDX-License-Identifier: MIT */
/* The store on a disk that fails, with somebody else in its directory, and killed at any moment. */
#include "tests/unit/store_kit.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* ---- a disk that fails when told ---- */

static _Atomic int write_errno, sync_errno, directory_errno;
static _Atomic bool write_fails_once, write_finds_it_truncated;
static _Atomic size_t write_at_most; /* a short write each time, without an error */
static _Atomic size_t write_allowed; /* bytes until write_errno */
static _Atomic int n_writes;

static ssize_t write_part(int fd, const struct iovec *iov, size_t most)
{
    return write(fd, iov[0].iov_base, iov[0].iov_len < most ? iov[0].iov_len : most);
}

static ssize_t failing_writev(int fd, const struct iovec *iov, int n)
{
    atomic_fetch_add(&n_writes, 1);
    int e = atomic_load(&write_errno);
    size_t most = atomic_load(&write_at_most), allowed = atomic_load(&write_allowed);
    if (e == 0)
        return most > 0 ? write_part(fd, iov, most) : writev(fd, iov, n);
    if (allowed > 0) {
        ssize_t wrote = write_part(fd, iov, allowed);
        atomic_fetch_sub(&write_allowed, (size_t)wrote);
        return wrote;
    }
    if (atomic_load(&write_fails_once))
        atomic_store(&write_errno, 0);
    if (atomic_load(&write_finds_it_truncated) && ftruncate(fd, 0) != 0)
        return -1;
    errno = e;
    return -1;
}

static int failing_fsync(int fd)
{
    int e = atomic_load(&directory_errno);
    if (e == 0)
        return fsync(fd);
    errno = e;
    return -1;
}

static int failing_fdatasync(int fd)
{
    int e = atomic_load(&sync_errno);
    if (e == 0)
        return fdatasync(fd);
    errno = e;
    return -1;
}

static const gw_store_ops failing = {
    .now_ms = kit_now_ms, .writev = failing_writev, .fdatasync = failing_fdatasync, .fsync = failing_fsync};

static void set_faults(int e_write, size_t allowed, int e_sync)
{
    atomic_store(&write_allowed, allowed);
    atomic_store(&write_errno, e_write);
    atomic_store(&sync_errno, e_sync);
}

static void test_store_faults__a_failed_write_leaves_whole_lines(void **state)
{
    kit_answers a = KIT_ANSWERS;
    gw_upstream_cfg cfg = kit_cfg();
    gw_store *s = kit_open(&cfg, &failing);
    set_faults(0, 0, 0);
    kit_put(s, GW_SIGNAL_LOGS, "one", &a);
    set_faults(EIO, 0, 0);
    kit_put(s, GW_SIGNAL_LOGS, "lost", &a);
    set_faults(EIO, 3, 0);
    kit_put(s, GW_SIGNAL_LOGS, "half-lost", &a);
    assert_int_equal(a.by[GW_STORE_IO], 2);
    kit_expect_file("logs.jsonl", "one\n");
    set_faults(0, 0, 0);
    kit_put(s, GW_SIGNAL_LOGS, "two", &a);
    kit_expect_file("logs.jsonl", "one\ntwo\n");
    assert_int_equal(a.acks, 2);
    assert_int_equal(kit_stats(s).total_bytes, 8);
    assert_int_equal(kit_stats(s).errors, 2);
    gw_store_close(&s);
}

/* Opens, queues `lines` so that they are one group, and waits. Works because the first line's write is held
 * up. */
static pthread_mutex_t hold = PTHREAD_MUTEX_INITIALIZER;
static _Atomic bool holding;

static ssize_t held_writev(int fd, const struct iovec *iov, int n)
{
    atomic_store(&holding, true);
    pthread_mutex_lock(&hold);
    pthread_mutex_unlock(&hold);
    return failing_writev(fd, iov, n);
}

static const gw_store_ops held = {
    .now_ms = kit_now_ms, .writev = held_writev, .fdatasync = failing_fdatasync, .fsync = failing_fsync};

static void put_group(gw_store *s, const char *const *lines, size_t n, kit_answers *a)
{
    unsigned before = a->n;
    atomic_store(&holding, false);
    pthread_mutex_lock(&hold);
    assert_int_equal(kit_append(s, GW_SIGNAL_TRACES, "opener", a), GW_STORE_OK);
    while (!atomic_load(&holding))
        usleep(100);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(kit_append(s, GW_SIGNAL_LOGS, lines[i], a), GW_STORE_OK);
    pthread_mutex_unlock(&hold);
    kit_wait(a, before + 1 + (unsigned)n);
}

static void test_store_faults__without_space_only_what_does_not_fit_is_refused(void **state)
{
    static const char *const lines[] = {"aaa", "bbb", "too long to fit", "cc"};
    kit_answers a = KIT_ANSWERS;
    gw_upstream_cfg cfg = kit_cfg();
    gw_store *s = kit_open(&cfg, &held);
    set_faults(ENOSPC, 7 + 8 + 5 + 0, 0); /* opener, aaa, bbb, and five bytes of the third */
    put_group(s, lines, 4, &a);
    assert_int_equal(a.by[GW_STORE_OK], 3);
    assert_int_equal(a.by[GW_STORE_FULL], 2); /* "cc" was tried and found nothing left */
    kit_expect_file("logs.jsonl", "aaa\nbbb\n");
    assert_int_equal(kit_stats(s).errors, 2);
    gw_store_close(&s);
    /* Any other error ends the run without asking again. */
    s = kit_open(&cfg, &held);
    set_faults(EIO, 7 + 4, 0);
    atomic_store(&n_writes, 0);
    put_group(s, lines, 4, &a);
    assert_int_equal(a.by[GW_STORE_OK], 5);
    assert_int_equal(a.by[GW_STORE_IO], 3);
    assert_int_equal(atomic_load(&n_writes), 3);
    kit_expect_file("logs.jsonl", "aaa\nbbb\naaa\n");
    gw_store_close(&s);
    set_faults(0, 0, 0);
}

static void test_store_faults__one_huge_line_does_not_fail_its_neighbours(void **state)
{
    static const char *const lines[] = {"aaa", "too long to fit", "cc"};
    kit_answers a = KIT_ANSWERS;
    gw_upstream_cfg cfg = kit_cfg();
    gw_store *s = kit_open(&cfg, &held);
    set_faults(ENOSPC, 7 + 4 + 3, 0);
    atomic_store(&write_fails_once, true);
    put_group(s, lines, 3, &a);
    atomic_store(&write_fails_once, false);
    assert_int_equal(a.by[GW_STORE_OK], 3);
    assert_int_equal(a.by[GW_STORE_FULL], 1);
    kit_expect_file("logs.jsonl", "aaa\ncc\n");
    gw_store_close(&s);
}

static void test_store_faults__goes_on_after_short_writes(void **state)
{
    static const char *const group[] = {"0123456789", "a", "b", "abcdefghijklmnop"};
    kit_answers a = KIT_ANSWERS;
    gw_upstream_cfg cfg = kit_cfg();
    for (size_t most = 1; most < 20; most++) {
        gw_store *s = kit_open(&cfg, &held);
        set_faults(0, 0, 0);
        atomic_store(&write_at_most, most);
        put_group(s, group, 4, &a);
        atomic_store(&write_at_most, 0);
        kit_expect_file("logs.jsonl", "0123456789\na\nb\nabcdefghijklmnop\n");
        assert_int_equal(kit_stats(s).errors, 0);
        gw_store_close(&s);
        unlink(kit_path("logs.jsonl"));
    }
}

static void test_store_faults__never_fills_a_file_with_zeros(void **state)
{
    kit_answers a = KIT_ANSWERS;
    gw_upstream_cfg cfg = kit_cfg();
    gw_store *s = kit_open(&cfg, &failing);
    set_faults(0, 0, 0);
    kit_put(s, GW_SIGNAL_LOGS, "one", &a);
    set_faults(EIO, 0, 0);
    atomic_store(&write_finds_it_truncated, true);
    kit_put(s, GW_SIGNAL_LOGS, "two", &a);
    atomic_store(&write_finds_it_truncated, false);
    kit_expect_file("logs.jsonl", "");
    assert_int_equal(kit_stats(s).total_bytes, 4); /* not noticed yet */
    struct stat st;
    assert_int_equal(stat(kit_path("logs.jsonl"), &st), 0);
    assert_int_equal(st.st_size, 0);
    set_faults(0, 0, 0);
    kit_put(s, GW_SIGNAL_LOGS, "three", &a);
    kit_expect_file("logs.jsonl", "three\n");
    assert_int_equal(kit_stats(s).total_bytes, 6);
    gw_store_close(&s);
}

static void test_store_faults__acknowledges_nothing_in_a_file_whose_name_may_get_lost(void **state)
{
    kit_answers a = KIT_ANSWERS;
    gw_upstream_cfg cfg = kit_cfg();
    cfg.store_segment_bytes = 10;
    gw_store *s = kit_open(&cfg, &failing);
    set_faults(0, 0, 0);
    atomic_store(&directory_errno, EIO);
    kit_put(s, GW_SIGNAL_LOGS, "one", &a);
    assert_int_equal(a.by[GW_STORE_IO], 1);
    atomic_store(&directory_errno, 0);
    kit_put(s, GW_SIGNAL_LOGS, "two", &a);
    atomic_store(&directory_errno, EIO);
    kit_put(s, GW_SIGNAL_LOGS, "three", &a); /* fits: no directory change */
    kit_put(s, GW_SIGNAL_LOGS, "four", &a);  /* does not: renamed, but not durably */
    assert_int_equal(a.by[GW_STORE_OK], 2);
    assert_int_equal(a.by[GW_STORE_IO], 2);
    atomic_store(&directory_errno, 0);
    kit_put(s, GW_SIGNAL_LOGS, "five", &a);
    kit_expect_file("logs-20261123T180000Z-000001.jsonl", "two\nthree\n");
    kit_expect_file("logs.jsonl", "five\n");
    gw_store_close(&s);
}

static void test_store_faults__after_a_failed_sync_the_file_is_left_alone(void **state)
{
    struct stat before, after;
    kit_answers a = KIT_ANSWERS;
    gw_upstream_cfg cfg = kit_cfg();
    gw_store *s = kit_open(&cfg, &failing);
    set_faults(0, 0, EIO);
    kit_put(s, GW_SIGNAL_LOGS, "not synced, nothing good before", &a);
    assert_int_equal(a.by[GW_STORE_IO], 1);
    kit_expect_file("logs.jsonl", "");
    set_faults(0, 0, 0);
    kit_put(s, GW_SIGNAL_LOGS, "good", &a);
    assert_int_equal(kit_count_files(), 1);
    set_faults(0, 0, EIO);
    kit_put(s, GW_SIGNAL_LOGS, "not synced", &a);
    assert_int_equal(a.by[GW_STORE_IO], 2);
    kit_expect_file("logs.jsonl", "good\n");
    assert_int_equal(stat(kit_path("logs.jsonl"), &before), 0);
    set_faults(0, 0, 0);
    kit_put(s, GW_SIGNAL_LOGS, "better", &a);
    kit_expect_file("logs-20261123T180000Z-000001.jsonl", "good\n");
    kit_expect_file("logs.jsonl", "better\n");
    assert_int_equal(stat(kit_path("logs.jsonl"), &after), 0);
    assert_int_not_equal(before.st_ino, after.st_ino);
    assert_int_equal(a.acks, 2);
    assert_int_equal(kit_stats(s).total_bytes, 12);
    set_faults(0, 0, EDQUOT);
    kit_put(s, GW_SIGNAL_LOGS, "over quota", &a);
    assert_int_equal(a.by[GW_STORE_FULL], 1);
    set_faults(0, 0, 0);
    gw_store_close(&s);
}

/* ---- real limits, in processes of their own ---- */

/* Fills a real, small disk; every acknowledged line must be there, nothing torn. */
static int fill_tmpfs(void)
{
    char line[3000];
    kit_answers a = KIT_ANSWERS;
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", kit_dir, "tmpfs", 0, "size=64k") != 0)
        return 77;
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    gw_upstream_cfg cfg = kit_cfg();
    gw_store *s = kit_open(&cfg, &gw_store_real_ops);
    for (int i = 0; i < 40; i++)
        kit_put(s, GW_SIGNAL_LOGS, line, &a);
    if (a.by[GW_STORE_OK] < 10 || a.by[GW_STORE_FULL] < 10 || a.by[GW_STORE_OK] + a.by[GW_STORE_FULL] != 40)
        return 1;
    struct stat st;
    if (stat(kit_path("logs.jsonl"), &st) != 0 ||
        (uint64_t)st.st_size != (uint64_t)a.by[GW_STORE_OK] * sizeof line)
        return 2;
    /* Space comes back: so does the store. */
    if (truncate(kit_path("logs.jsonl"), (off_t)sizeof line) != 0)
        return 3;
    unsigned ok = a.by[GW_STORE_OK];
    kit_put(s, GW_SIGNAL_LOGS, "fits again", &a);
    gw_store_close(&s);
    return a.by[GW_STORE_OK] == ok + 1 ? 0 : 4;
}

/* The process may write no file beyond 10000 bytes. */
static int hit_rlimit(void)
{
    char line[3000];
    struct stat st;
    kit_answers a = KIT_ANSWERS;
    const struct rlimit limit = {.rlim_cur = 10000, .rlim_max = 10000};
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 77;
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    gw_upstream_cfg cfg = kit_cfg();
    gw_store *s = kit_open(&cfg, &gw_store_real_ops);
    for (int i = 0; i < 5; i++)
        kit_put(s, GW_SIGNAL_LOGS, line, &a);
    kit_put(s, GW_SIGNAL_LOGS, "small", &a);
    gw_store_close(&s);
    if (a.by[GW_STORE_OK] != 4 || a.by[GW_STORE_IO] != 2)
        return 1;
    return stat(kit_path("logs.jsonl"), &st) == 0 && st.st_size == 3 * sizeof line + 6 ? 0 : 2;
}

static void run_in_child(int (*f)(void))
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(f());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_store_faults__survives_a_full_disk(void **state)
{
    run_in_child(fill_tmpfs);
}

static void test_store_faults__survives_a_file_size_limit(void **state)
{
    run_in_child(hit_rlimit);
}

/* ---- somebody else in the directory ---- */

static void test_store_faults__notices_a_file_that_was_moved_or_removed(void **state)
{
    char moved[KIT_PATH_BYTES * 2];
    kit_answers a = KIT_ANSWERS;
    gw_upstream_cfg cfg = kit_cfg();
    gw_store *s = kit_open(&cfg, &gw_store_real_ops);
    kit_put(s, GW_SIGNAL_LOGS, "one", &a);
    snprintf(moved, sizeof moved, "%s", kit_path("moved.jsonl"));
    assert_int_equal(rename(kit_path("logs.jsonl"), moved), 0);
    kit_put(s, GW_SIGNAL_LOGS, "two", &a);
    kit_expect_file("moved.jsonl", "one\n");
    kit_expect_file("logs.jsonl", "two\n");
    assert_int_equal(unlink(kit_path("logs.jsonl")), 0);
    kit_put(s, GW_SIGNAL_LOGS, "three", &a);
    kit_expect_file("logs.jsonl", "three\n");
    assert_int_equal(kit_stats(s).total_bytes, 6);
    kit_write("logs.jsonl", "half", 4); /* truncated and written to in place */
    kit_put(s, GW_SIGNAL_LOGS, "four", &a);
    kit_expect_file("logs.jsonl", "four\n");
    assert_int_equal(a.acks, 4);
    /* No directory, no acknowledgement. */
    kit_remove_all();
    kit_put(s, GW_SIGNAL_LOGS, "five", &a);
    assert_int_equal(a.by[GW_STORE_IO], 1);
    gw_store_close(&s);
}

/* ---- killed at any moment ---- */

enum { KILLS = 25, RECORD_BYTES = 16 };

typedef struct writer_process {
    gw_store *store;
    int pipe;
} writer_process;

typedef struct pending {
    writer_process *process;
    unsigned id;
} pending;

static void tell_parent(void *arg, gw_store_result r, const gw_ack *ack)
{
    pending *p = arg;
    char record[RECORD_BYTES + 1];
    if (ack != NULL) {
        snprintf(record, sizeof record, "%15u\n", p->id);
        if (write(p->process->pipe, record, RECORD_BYTES) != RECORD_BYTES)
            _exit(3);
    }
    free(p);
}

static void write_until_killed(int pipe, unsigned first_id)
{
    char line[400], pad[300];
    gw_upstream_cfg cfg = kit_cfg();
    cfg.store_segment_bytes = 20000;
    writer_process me = {.store = kit_open(&cfg, &gw_store_real_ops), .pipe = pipe};
    memset(pad, 'p', sizeof pad);
    for (unsigned id = first_id;; id++) {
        pending *p = malloc(sizeof *p);
        if (p == NULL)
            _exit(4);
        *p = (pending){.process = &me, .id = id};
        int n =
            snprintf(line, sizeof line, "{\"id\":%u,\"pad\":\"%.*s\"}", id, (int)(id * 7 % sizeof pad), pad);
        gw_scrubbed body = {.bytes = rd_slice_of(line, (size_t)n)};
        gw_signal signal = (gw_signal)(id % 2);
        while (gw_store_append(me.store, signal, &body, tell_parent, p) != GW_STORE_OK)
            usleep(100);
        if (id % 8 == 0)
            usleep(50);
    }
}

/* Marks which ids stand in the store as whole lines; false: a line is not whole. */
static void collect(bool *seen, unsigned n_seen)
{
    DIR *d = opendir(kit_dir);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        if (strstr(e->d_name, ".jsonl") == NULL)
            continue;
        char *text = kit_read(e->d_name);
        size_t n = strlen(text);
        assert_true(n == 0 || text[n - 1] == '\n');
        for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
            unsigned id;
            assert_memory_equal(line, "{\"id\":", 6);
            assert_memory_equal(end - 2, "\"}", 2);
            assert_int_equal(sscanf(line, "{\"id\":%u", &id), 1);
            assert_true(id < n_seen);
            seen[id] = true;
        }
        free(text);
    }
    closedir(d);
}

static void test_store_faults__a_killed_process_loses_nothing_acknowledged(void **state)
{
    enum { MOST = 1 << 20 };
    bool *acked = calloc(MOST, 1), *seen = calloc(MOST, 1);
    assert_non_null(acked);
    assert_non_null(seen);
    unsigned highest = 0, n_acked = 0;
    for (int round = 0; round < KILLS; round++) {
        int fds[2];
        char record[RECORD_BYTES + 1] = "";
        assert_int_equal(pipe(fds), 0);
        pid_t child = fork();
        if (child == 0) {
            close(fds[0]);
            write_until_killed(fds[1], highest + 1000000 / KILLS / 2);
        }
        close(fds[1]);
        unsigned stop_after = 1 + (unsigned)(round * 37 % 200), got = 0;
        while (read(fds[0], record, RECORD_BYTES) == RECORD_BYTES) {
            unsigned id = (unsigned)strtoul(record, NULL, 10);
            assert_true(id < MOST);
            acked[id] = true;
            n_acked++;
            if (id > highest)
                highest = id;
            if (++got == stop_after)
                kill(child, SIGKILL);
        }
        close(fds[0]);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        gw_upstream_cfg cfg = kit_cfg();
        gw_store *s = kit_open(&cfg, &gw_store_real_ops); /* the lock went with the process */
        gw_store_close(&s);
    }
    collect(seen, MOST);
    for (unsigned i = 0; i < MOST; i++)
        assert_true(!acked[i] || seen[i]);
    assert_true(n_acked > KILLS);
    free(acked);
    free(seen);
}

int main(void)
{
#define STORE_TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_store_faults__a_failed_write_leaves_whole_lines),
        STORE_TEST(test_store_faults__without_space_only_what_does_not_fit_is_refused),
        STORE_TEST(test_store_faults__one_huge_line_does_not_fail_its_neighbours),
        STORE_TEST(test_store_faults__goes_on_after_short_writes),
        STORE_TEST(test_store_faults__never_fills_a_file_with_zeros),
        STORE_TEST(test_store_faults__acknowledges_nothing_in_a_file_whose_name_may_get_lost),
        STORE_TEST(test_store_faults__after_a_failed_sync_the_file_is_left_alone),
        STORE_TEST(test_store_faults__survives_a_full_disk),
        STORE_TEST(test_store_faults__survives_a_file_size_limit),
        STORE_TEST(test_store_faults__notices_a_file_that_was_moved_or_removed),
        STORE_TEST(test_store_faults__a_killed_process_loses_nothing_acknowledged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
