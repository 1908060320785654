/* SPDX-License-Identifier: MIT */
#include "tests/unit/store_kit.h"

#include <sys/wait.h>

static const gw_store_ops plain = {
    .now_ms = kit_now_ms, .writev = writev, .fdatasync = fdatasync, .fsync = fsync};

static void test_store__keeps_lines_of_each_signal_in_order(void **state)
{
    kit_answers a = KIT_ANSWERS;
    gw_upstream_cfg cfg = kit_cfg();
    char dir[KIT_PATH_BYTES + 8];
    struct stat st;
    assert_int_equal(rmdir(kit_dir), 0);
    snprintf(dir, sizeof dir, "%s//", kit_dir);
    cfg.store = dir;
    gw_store *s = kit_open(&cfg, &plain);
    assert_int_equal(kit_append(s, GW_SIGNAL_LOGS, "{\"a\":1}", &a), GW_STORE_OK);
    assert_int_equal(kit_append(s, GW_SIGNAL_LOKI_PUSH, "{\"b\":1}", &a), GW_STORE_OK);
    assert_int_equal(kit_append(s, GW_SIGNAL_LOGS, "{\"a\":2}", &a), GW_STORE_OK);
    kit_wait(&a, 3);
    assert_int_equal(a.acks, 3);
    gw_store_stats stats = kit_stats(s);
    assert_int_equal(stats.lines, 3);
    assert_int_equal(stats.bytes, 24);
    assert_int_equal(stats.total_bytes, 24);
    assert_int_equal(stats.errors, 0);
    assert_true(stats.syncs >= 2);
    kit_expect_file("logs.jsonl", "{\"a\":1}\n{\"a\":2}\n");
    kit_expect_file("loki_push.jsonl", "{\"b\":1}\n");
    assert_false(kit_exists("traces.jsonl"));
    assert_int_equal(stat(kit_dir, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(stat(kit_path("logs.jsonl"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    gw_store_close(&s);
    assert_null(s);
    /* Opened again, it goes on where it was. */
    s = kit_open(&cfg, &plain);
    assert_int_equal(kit_stats(s).total_bytes, 24);
    kit_put(s, GW_SIGNAL_LOGS, "{\"a\":3}", &a);
    kit_expect_file("logs.jsonl", "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
    gw_store_close(&s);
}

static void test_store__is_opened_by_one_process_only(void **state)
{
    char why[KIT_WHY_BYTES] = "";
    char pid[32];
    gw_upstream_cfg cfg = kit_cfg();
    gw_store *s = kit_open(&cfg, &plain);
    pid_t child = fork();
    if (child == 0) {
        gw_store *second = gw_store_open(&cfg, why, sizeof why);
        snprintf(pid, sizeof pid, "process %ld", (long)getppid());
        bool clear = strstr(why, kit_dir) != NULL && strstr(why, "another process") != NULL &&
                     strstr(why, pid) != NULL;
        _exit(second == NULL && clear ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    /* A lock of the same process counts too: two upstreams with one directory. */
    assert_null(gw_store_open(&cfg, why, sizeof why));
    assert_non_null(strstr(why, kit_dir));
    gw_store_close(&s);
    s = kit_open(&cfg, &plain);
    gw_store_close(&s);
}

static void test_store__says_why_it_can_not_open(void **state)
{
    char why[KIT_WHY_BYTES] = "";
    gw_upstream_cfg cfg = kit_cfg();
    cfg.store = "/dev/null/store";
    assert_null(gw_store_open(&cfg, why, sizeof why));
    assert_non_null(strstr(why, "/dev/null/store"));
    assert_non_null(strstr(why, "Not a directory"));
    /* A link in place of a file could lead anywhere. */
    cfg = kit_cfg();
    char elsewhere[KIT_PATH_BYTES * 2];
    snprintf(elsewhere, sizeof elsewhere, "%s", kit_path("elsewhere"));
    kit_write("elsewhere", "x\n", 2);
    assert_int_equal(symlink(elsewhere, kit_path("logs.jsonl")), 0);
    assert_null(gw_store_open(&cfg, why, sizeof why));
    assert_int_equal(unlink(kit_path("logs.jsonl")), 0);
    assert_int_equal(mkfifo(kit_path("logs.jsonl"), 0600), 0);
    assert_null(gw_store_open(&cfg, why, sizeof why));
}

static void test_store__cuts_torn_tails(void **state)
{
    static uint8_t big[10000];
    kit_answers a = KIT_ANSWERS;
    gw_upstream_cfg cfg = kit_cfg();
    kit_write("logs.jsonl", "{\"a\":1}\n{\"a\":", 13);
    kit_write("traces.jsonl", "{\"never", 7);
    kit_write("metrics.jsonl", "", 0);
    memset(big, 0, sizeof big); /* what some file systems leave after a power cut */
    memcpy(big, "{\"x\":1}\n", 8);
    kit_write("loki_push.jsonl", big, sizeof big);
    kit_write("logs-20261123T170000Z-000007.jsonl", "{\"old\":1}\n{\"t", 13);
    gw_store *s = kit_open(&cfg, &plain);
    assert_int_equal(kit_stats(s).total_bytes, 8 + 8 + 10);
    kit_put(s, GW_SIGNAL_LOGS, "{\"a\":2}", &a);
    kit_put(s, GW_SIGNAL_TRACES, "{\"t\":1}", &a);
    kit_expect_file("logs.jsonl", "{\"a\":1}\n{\"a\":2}\n");
    kit_expect_file("traces.jsonl", "{\"t\":1}\n");
    kit_expect_file("loki_push.jsonl", "{\"x\":1}\n");
    kit_expect_file("logs-20261123T170000Z-000007.jsonl", "{\"old\":1}\n");
    gw_store_close(&s);
}

static void test_store__rotates_by_size_and_never_overwrites(void **state)
{
    kit_answers a = KIT_ANSWERS;
    gw_upstream_cfg cfg = kit_cfg();
    cfg.store_segment_bytes = 20;
    gw_store *s = kit_open(&cfg, &plain);
    kit_put(s, GW_SIGNAL_LOGS, "123456789", &a);
    kit_put(s, GW_SIGNAL_LOGS, "abcdefghi", &a); /* fits exactly */
    kit_expect_file("logs.jsonl", "123456789\nabcdefghi\n");
    kit_write("logs-20261123T180000Z-000001.jsonl", "somebody else's\n", 16);
    kit_put(s, GW_SIGNAL_LOGS, "x", &a);
    kit_expect_file("logs-20261123T180000Z-000001.jsonl", "somebody else's\n");
    kit_expect_file("logs-20261123T180000Z-000002.jsonl", "123456789\nabcdefghi\n");
    kit_expect_file("logs.jsonl", "x\n");
    kit_put(s, GW_SIGNAL_LOGS, "longer than one whole segment", &a); /* gets one of its own */
    kit_expect_file("logs.jsonl", "longer than one whole segment\n");
    kit_put(s, GW_SIGNAL_LOGS, "y", &a);
    kit_expect_file("logs-20261123T180000Z-000004.jsonl", "longer than one whole segment\n");
    assert_int_equal(kit_stats(s).rotations, 3);
    gw_store_close(&s);
    /* The numbers go on after a restart, even when the clock was turned back. */
    atomic_store(&kit_now, KIT_EPOCH_MS - 3600 * 1000);
    s = kit_open(&cfg, &plain);
    kit_put(s, GW_SIGNAL_LOGS, "more than twenty bytes", &a);
    assert_true(kit_exists("logs-20261123T170000Z-000005.jsonl"));
    gw_store_close(&s);
}

static void test_store__a_group_spans_segments(void **state)
{
    kit_answers a = KIT_ANSWERS;
    gw_upstream_cfg cfg = kit_cfg();
    cfg.store_segment_bytes = 64;
    gw_store *s = kit_open(&cfg, &plain);
    for (int i = 0; i < 200; i++)
        assert_int_equal(kit_append(s, GW_SIGNAL_METRICS, "0123456789abcde", &a), GW_STORE_OK);
    kit_wait(&a, 200);
    assert_int_equal(a.by[GW_STORE_OK], 200);
    assert_int_equal(kit_count_files(), 50);
    gw_store_close(&s);
}

static void wait_for_rotations(gw_store *s, uint64_t n)
{
    for (int i = 0; i < 5000 && kit_stats(s).rotations < n; i++)
        usleep(1000);
    assert_int_equal(kit_stats(s).rotations, n);
}

static void test_store__rotates_by_age(void **state)
{
    kit_answers a = KIT_ANSWERS;
    gw_upstream_cfg cfg = kit_cfg();
    cfg.store_segment_age_ms = 60000;
    gw_store *s = kit_open(&cfg, &plain);
    kit_put(s, GW_SIGNAL_LOGS, "first", &a);
    atomic_fetch_add(&kit_now, 59999);
    kit_put(s, GW_SIGNAL_LOGS, "second", &a);
    kit_expect_file("logs.jsonl", "first\nsecond\n");
    atomic_fetch_add(&kit_now, 1);
    gw_store_poke(s); /* without any append */
    wait_for_rotations(s, 1);
    kit_expect_file("logs-20261123T180100Z-000001.jsonl", "first\nsecond\n");
    assert_false(kit_exists("logs.jsonl"));
    /* Nothing written, nothing to rotate. */
    atomic_fetch_add(&kit_now, 600000);
    gw_store_poke(s);
    kit_put(s, GW_SIGNAL_LOGS, "third", &a);
    assert_int_equal(kit_stats(s).rotations, 1);
    /* Age counts from the first line, and a clock that jumps back starts it anew. */
    atomic_fetch_sub(&kit_now, 3600 * 1000);
    gw_store_poke(s);
    kit_put(s, GW_SIGNAL_TRACES, "t", &a);
    /* When the writer sees the jump is its own affair; without that it would take an hour. */
    for (int i = 0; i < 10 && kit_stats(s).rotations < 3; i++) {
        atomic_fetch_add(&kit_now, 60000);
        gw_store_poke(s);
        for (int k = 0; k < 500 && kit_stats(s).rotations < 3; k++)
            usleep(1000);
    }
    assert_int_equal(kit_stats(s).rotations, 3);
    gw_store_close(&s);
}

static void test_store__deletes_the_oldest_over_all_signals(void **state)
{
    kit_answers a = KIT_ANSWERS;
    gw_upstream_cfg cfg = kit_cfg();
    cfg.store_segment_bytes = 10;
    cfg.store_total_bytes = 40;
    gw_store *s = kit_open(&cfg, &plain);
    kit_put(s, GW_SIGNAL_TRACES, "traces--1", &a);
    kit_put(s, GW_SIGNAL_TRACES, "traces--2", &a); /* rotates 1 */
    kit_put(s, GW_SIGNAL_LOGS, "logs----1", &a);
    kit_put(s, GW_SIGNAL_LOGS, "logs----2", &a); /* rotates 2: 40 bytes, full */
    assert_int_equal(kit_count_files(), 4);
    kit_put(s, GW_SIGNAL_LOGS, "logs----3", &a);
    assert_int_equal(kit_stats(s).segments_deleted, 1);
    assert_false(kit_exists("traces-20261123T180000Z-000001.jsonl"));
    assert_true(kit_exists("logs-20261123T180000Z-000002.jsonl"));
    kit_put(s, GW_SIGNAL_LOGS, "logs----4", &a);
    kit_put(s, GW_SIGNAL_LOGS, "logs----5", &a);
    assert_int_equal(kit_stats(s).total_bytes, 40);
    kit_expect_file("traces.jsonl", "traces--2\n"); /* current files go last ... */
    kit_put(s, GW_SIGNAL_METRICS, "metrics plus twenty bytes 1234567890", &a);
    assert_false(kit_exists("traces.jsonl")); /* ... but they go */
    assert_false(kit_exists("logs.jsonl"));
    kit_expect_file("metrics.jsonl", "metrics plus twenty bytes 1234567890\n");
    assert_int_equal(kit_stats(s).total_bytes, 37);
    assert_int_equal(a.by[GW_STORE_OK], 8);
    gw_store_close(&s);
}

static void test_store__knows_the_oldest_after_a_restart(void **state)
{
    kit_answers a = KIT_ANSWERS;
    gw_upstream_cfg cfg = kit_cfg();
    char name[GW_STORE_NAME_BYTES];
    cfg.store_total_bytes = 200;
    for (unsigned i = 0; i < 20; i++) {
        unsigned seq = (i * 7 + 3) % 20 + 1; /* all of 1..20, in no order; their times tell nothing */
        snprintf(name, sizeof name, "%s-20261123T17%02u00Z-%06u.jsonl", gw_signal_word((gw_signal)(i % 4)),
                 59 - seq, seq);
        kit_write(name, "123456789\n", 10);
    }
    gw_store *s = kit_open(&cfg, &plain);
    assert_int_equal(kit_stats(s).total_bytes, 200);
    kit_put(s, GW_SIGNAL_LOGS, "more than forty bytes, so that five must go ....", &a);
    gw_store_close(&s);
    for (unsigned i = 0; i < 20; i++) {
        unsigned seq = (i * 7 + 3) % 20 + 1;
        snprintf(name, sizeof name, "%s-20261123T17%02u00Z-%06u.jsonl", gw_signal_word((gw_signal)(i % 4)),
                 59 - seq, seq);
        assert_int_equal(kit_exists(name), seq > 5);
    }
}

static void test_store__refuses_when_full(void **state)
{
    kit_answers a = KIT_ANSWERS;
    gw_upstream_cfg cfg = kit_cfg();
    cfg.store_segment_bytes = 10;
    cfg.store_total_bytes = 30;
    cfg.store_full = GW_STORE_REFUSE;
    gw_store *s = kit_open(&cfg, &plain);
    kit_put(s, GW_SIGNAL_LOGS, "logs----1", &a);
    kit_put(s, GW_SIGNAL_LOGS, "logs----2", &a);
    kit_put(s, GW_SIGNAL_LOGS, "and eleven", &a);
    assert_int_equal(a.by[GW_STORE_FULL], 1);
    kit_put(s, GW_SIGNAL_LOGS, "small", &a);
    kit_put(s, GW_SIGNAL_LOGS, "tiny", &a);
    assert_int_equal(a.by[GW_STORE_FULL], 2);
    assert_int_equal(a.acks, 3);
    assert_int_equal(kit_stats(s).segments_deleted, 0);
    assert_int_equal(kit_stats(s).total_bytes, 26);
    kit_expect_file("logs.jsonl", "small\n");
    assert_int_equal(kit_append(s, GW_SIGNAL_LOGS, "a line that is longer than total bytes", &a),
                     GW_STORE_TOO_LARGE);
    gw_store_close(&s);
}

static void test_store__takes_new_ceilings_while_it_is_open(void **state)
{
    kit_answers a = KIT_ANSWERS;
    gw_upstream_cfg cfg = kit_cfg();
    cfg.store_segment_bytes = 10;
    cfg.store_total_bytes = 20;
    cfg.store_full = GW_STORE_REFUSE;
    gw_store *s = kit_open(&cfg, &plain);
    kit_put(s, GW_SIGNAL_LOGS, "logs----1", &a);
    kit_put(s, GW_SIGNAL_LOGS, "logs----2", &a);
    kit_put(s, GW_SIGNAL_LOGS, "logs----3", &a);
    assert_int_equal(a.by[GW_STORE_FULL], 1);
    cfg.store_total_bytes = 40;
    gw_store_configure(s, &cfg);
    kit_put(s, GW_SIGNAL_LOGS, "logs----3", &a);
    kit_put(s, GW_SIGNAL_LOGS, "logs----4", &a);
    assert_int_equal(a.acks, 4);
    /* Less than there is: the oldest go. */
    cfg.store_total_bytes = 20;
    cfg.store_full = GW_STORE_DELETE_OLDEST;
    cfg.store_queue_bytes = 64;
    /* An answer comes before its memory is given back. */
    while (kit_stats(s).queued_bytes > 0)
        usleep(100);
    gw_store_configure(s, &cfg);
    kit_put(s, GW_SIGNAL_LOGS, "logs----5", &a);
    assert_int_equal(a.acks, 5);
    assert_int_equal(kit_stats(s).total_bytes, 20);
    kit_expect_file("logs.jsonl", "logs----5\n");
    assert_int_equal(kit_append(s, GW_SIGNAL_LOGS, "as long a line as the queue no longer takes", &a),
                     GW_STORE_TOO_LARGE);
    gw_store_close(&s);
}

static void test_store__refuses_what_is_not_one_line(void **state)
{
    kit_answers a = KIT_ANSWERS;
    gw_upstream_cfg cfg = kit_cfg();
    gw_store *s = kit_open(&cfg, &plain);
    assert_int_equal(kit_append(s, GW_SIGNAL_LOGS, "{\"a\":1}\n{\"forged\":1}", &a), GW_STORE_IO);
    assert_int_equal(kit_append(s, GW_SIGNAL_LOGS, "{}\n", &a), GW_STORE_IO);
    assert_int_equal(kit_append(s, GW_SIGNAL_LOGS, "", &a), GW_STORE_IO);
    assert_int_equal(kit_append(s, GW_SIGNAL_COUNT, "{}", &a), GW_STORE_IO);
    assert_int_equal(kit_stats(s).errors, 4);
    gw_store_close(&s);
    assert_int_equal(a.n, 0);
    assert_false(kit_exists("logs.jsonl"));
}

/* ---- a disk that waits for the test ---- */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_moved = PTHREAD_COND_INITIALIZER;
static bool gate_shut;
static unsigned gate_waiting;

static int gated_fdatasync(int fd)
{
    pthread_mutex_lock(&gate);
    gate_waiting++;
    pthread_cond_broadcast(&gate_moved);
    while (gate_shut)
        pthread_cond_wait(&gate_moved, &gate);
    gate_waiting--;
    pthread_mutex_unlock(&gate);
    return fdatasync(fd);
}

static const gw_store_ops gated = {
    .now_ms = kit_now_ms, .writev = writev, .fdatasync = gated_fdatasync, .fsync = fsync};

static void gate_set(bool shut)
{
    pthread_mutex_lock(&gate);
    gate_shut = shut;
    pthread_cond_broadcast(&gate_moved);
    pthread_mutex_unlock(&gate);
}

static void gate_wait_for_somebody(void)
{
    pthread_mutex_lock(&gate);
    while (gate_waiting == 0)
        pthread_cond_wait(&gate_moved, &gate);
    pthread_mutex_unlock(&gate);
}

static void test_store__syncs_once_for_a_group_and_answers_after_it(void **state)
{
    kit_answers a = KIT_ANSWERS;
    gw_upstream_cfg cfg = kit_cfg();
    gw_store *s = kit_open(&cfg, &gated);
    gate_set(true);
    assert_int_equal(kit_append(s, GW_SIGNAL_LOGS, "first", &a), GW_STORE_OK);
    gate_wait_for_somebody();
    for (int i = 0; i < 1000; i++)
        assert_int_equal(kit_append(s, GW_SIGNAL_LOGS, "{\"n\":1}", &a), GW_STORE_OK);
    pthread_mutex_lock(&a.lock);
    assert_int_equal(a.n, 0); /* written, but not synced: nobody may be told */
    pthread_mutex_unlock(&a.lock);
    gate_set(false);
    kit_wait(&a, 1001);
    assert_int_equal(a.acks, 1001);
    assert_int_equal(kit_stats(s).syncs, 2);
    gw_store_close(&s);
}

static void test_store__bounds_its_queue_and_drains_on_close(void **state)
{
    static char line[1001];
    kit_answers a = KIT_ANSWERS;
    gw_upstream_cfg cfg = kit_cfg();
    unsigned n = 0;
    memset(line, 'x', sizeof line - 1);
    cfg.store_queue_bytes = 20000;
    gw_store *s = kit_open(&cfg, &gated);
    gate_set(true);
    while (kit_append(s, GW_SIGNAL_LOGS, line, &a) == GW_STORE_OK)
        n++;
    assert_in_range(n, 10, 20);
    assert_int_equal(kit_append(s, GW_SIGNAL_TRACES, line, &a), GW_STORE_QUEUE_FULL);
    assert_true(kit_stats(s).queued_bytes <= 20000);
    gate_set(false);
    kit_wait(&a, n);
    for (int i = 0; i < 5000 && kit_stats(s).queued_bytes > 0; i++)
        usleep(1000);
    assert_int_equal(kit_stats(s).queued_bytes, 0);
    assert_int_equal(kit_append(s, GW_SIGNAL_LOGS, line, &a), GW_STORE_OK);
    assert_int_equal(kit_append(s, GW_SIGNAL_TRACES, line, &a), GW_STORE_OK);
    gw_store_close(&s);
    assert_int_equal(a.acks, n + 2);
    cfg.store_queue_bytes = 1000;
    s = kit_open(&cfg, &plain);
    assert_int_equal(kit_append(s, GW_SIGNAL_LOGS, line, &a), GW_STORE_TOO_LARGE);
    gw_store_close(&s);
}

/* ---- many threads ---- */

enum { THREADS = 6, LINES_PER_THREAD = 300 };

typedef struct sender {
    gw_store *store;
    kit_answers *answers;
    unsigned id;
    unsigned refused;
} sender;

static void *send_lines(void *arg)
{
    sender *me = arg;
    char line[64];
    for (unsigned i = 0; i < LINES_PER_THREAD; i++) {
        snprintf(line, sizeof line, "{\"sender\":%u,\"line\":%u}", me->id, i);
        while (kit_append(me->store, (gw_signal)(me->id % GW_SIGNAL_COUNT), line, me->answers) !=
               GW_STORE_OK) {
            me->refused++;
            usleep(500);
        }
    }
    return NULL;
}

static void expect_lines_of(unsigned sender_id)
{
    /* All segments of the signal, in the order of their numbers. */
    char pattern[64];
    unsigned next = 0;
    struct dirent **names;
    const char *word = gw_signal_word((gw_signal)(sender_id % GW_SIGNAL_COUNT));
    int n = scandir(kit_dir, &names, NULL, alphasort); /* rotated names sort before the current one */
    assert_true(n > 0);
    for (int i = 0; i < n; i++) {
        if (strncmp(names[i]->d_name, word, strlen(word)) == 0) {
            char *text = kit_read(names[i]->d_name);
            for (char *at = text;
                 snprintf(pattern, sizeof pattern, "{\"sender\":%u,\"line\":%u}\n", sender_id, next),
                      (at = strstr(at, pattern)) != NULL;)
                next++;
            free(text);
        }
        free(names[i]);
    }
    free(names);
    assert_int_equal(next, LINES_PER_THREAD);
}

static void test_store__takes_appends_from_many_threads(void **state)
{
    kit_answers a = KIT_ANSWERS;
    gw_upstream_cfg cfg = kit_cfg();
    pthread_t threads[THREADS];
    sender senders[THREADS];
    cfg.store_segment_bytes = 4000;
    cfg.store_queue_bytes = 8000; /* so that it is full now and then */
    gw_store *s = kit_open(&cfg, &plain);
    for (unsigned i = 0; i < THREADS; i++) {
        senders[i] = (sender){.store = s, .answers = &a, .id = i};
        assert_int_equal(pthread_create(&threads[i], NULL, send_lines, &senders[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    gw_store_close(&s);
    assert_int_equal(a.acks, THREADS * LINES_PER_THREAD);
    assert_int_equal(a.n, THREADS * LINES_PER_THREAD);
    for (unsigned i = 0; i < THREADS; i++)
        expect_lines_of(i);
}

int main(void)
{
#define STORE_TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_store__keeps_lines_of_each_signal_in_order),
        STORE_TEST(test_store__is_opened_by_one_process_only),
        STORE_TEST(test_store__says_why_it_can_not_open),
        STORE_TEST(test_store__cuts_torn_tails),
        STORE_TEST(test_store__rotates_by_size_and_never_overwrites),
        STORE_TEST(test_store__a_group_spans_segments),
        STORE_TEST(test_store__rotates_by_age),
        STORE_TEST(test_store__deletes_the_oldest_over_all_signals),
        STORE_TEST(test_store__knows_the_oldest_after_a_restart),
        STORE_TEST(test_store__refuses_when_full),
        STORE_TEST(test_store__takes_new_ceilings_while_it_is_open),
        STORE_TEST(test_store__refuses_what_is_not_one_line),
        STORE_TEST(test_store__syncs_once_for_a_group_and_answers_after_it),
        STORE_TEST(test_store__bounds_its_queue_and_drains_on_close),
        STORE_TEST(test_store__takes_appends_from_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
