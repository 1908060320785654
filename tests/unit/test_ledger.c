/* SPDX-License-Identifier: MIT */
/* The redaction ledger: the chain over files and restarts, what a crash and a full disk leave, and that no
 * byte can be changed unseen. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/ledger_counts.h"
#include "gateway/ledger_file.h"
#include "gateway/ledger_keeper.h"
#include "gateway/ledger_read.h"
#include "gateway/ledger_verify.h"
#include "gateway/metrics_redactions.h"

/* 2026-11-23T18:00:00Z */
enum { EPOCH = 1795456800, BIG = 1 << 30, PATH_BYTES = 1024 };

static char root[256], dir[300];

static int setup(void **state)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(root, sizeof root, "%.200s/redactd-ledger-XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(root) == NULL)
        return -1;
    snprintf(dir, sizeof dir, "%s/ledger", root);
    return 0;
}

static const char *path_of(const char *name)
{
    static char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static int teardown(void **state)
{
    gw_ledger_names names = {0};
    int fd = open(dir, O_RDONLY | O_DIRECTORY);
    if (fd >= 0 && gw_ledger_names_read(&names, fd)) {
        for (size_t i = 0; i < names.n; i++)
            unlink(path_of(names.list[i]->d_name));
        gw_ledger_names_release(&names);
    }
    if (fd >= 0)
        close(fd);
    rmdir(dir);
    return rmdir(root);
}

static const gw_ledger_cell cells[] = {
    {.workspace = "shop", .rule = "email", .field = "body", .action = "mask", .n = 3},
    {.workspace = "shop", .rule = "phone", .field = "label", .action = "drop", .n = 1}};

static gw_ledger_entry entry(gw_ledger_kind kind)
{
    return (gw_ledger_entry){.kind = kind, .time_s = EPOCH, .config = "0123456789abcdef"};
}

static gw_ledger_entry counts(void)
{
    gw_ledger_entry e = entry(GW_LEDGER_COUNTS);
    e.cells = cells;
    e.n_cells = 2;
    return e;
}

static void open_ledger(gw_ledger_file *f, uint64_t file_bytes)
{
    char why[256] = "";
    if (!gw_ledger_file_open(f, dir, file_bytes, why, sizeof why))
        fail_msg("%s", why);
}

static void append(gw_ledger_file *f, unsigned n)
{
    gw_ledger_entry e = counts();
    while (n-- > 0)
        assert_true(gw_ledger_file_append(f, &e));
}

/* A ledger of so many records, closed again. */
static void make(unsigned n, uint64_t file_bytes)
{
    gw_ledger_file f;
    open_ledger(&f, file_bytes);
    append(&f, n);
    gw_ledger_file_close(&f);
}

static gw_ledger_verdict verdict(void)
{
    gw_ledger_verdict v;
    assert_true(gw_ledger_verify(dir, NULL, &v));
    return v;
}

static void expect_whole(uint64_t records, uint64_t files)
{
    gw_ledger_verdict v = verdict();
    if (v.fault != GW_LEDGER_FAULT_OK)
        fail_msg("record %d: %s", (int)v.seq, gw_ledger_fault_text(v.fault));
    assert_int_equal(v.head.seq, records);
    assert_int_equal(v.n_files, files);
}

static void expect_broken(gw_ledger_fault fault, uint64_t seq)
{
    gw_ledger_verdict v = verdict();
    assert_int_equal(v.fault, fault);
    assert_int_equal(v.seq, seq);
}

static size_t load(const char *name, char *out, size_t room)
{
    FILE *f = fopen(path_of(name), "rb");
    assert_non_null(f);
    size_t n = fread(out, 1, room, f);
    assert_true(n < room);
    fclose(f);
    out[n] = '\0';
    return n;
}

static void save(const char *name, const char *text, size_t n)
{
    FILE *f = fopen(path_of(name), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static const char first[] = "000000000001.jsonl";

/* ---- lines ---- */

static void test_line__is_what_the_header_says(void **state)
{
    rd_buf out;
    gw_ledger_head none, head;
    gw_ledger_entry e = counts();
    rd_buf_init(&out, GW_LEDGER_LINE_MAX);
    gw_ledger_head_init(&none);
    assert_true(gw_ledger_write(&out, &none, &e, &head));
    rd_buf_append_byte(&out, 0);
    const char *text = (const char *)out.p;
    static const char want[] =
        "{\"seq\":1,\"time\":\"2026-11-23T18:00:00Z\",\"kind\":\"counts\",\"previous\":"
        "\"0000000000000000000000000000000000000000000000000000000000000000\",\"config\":"
        "\"0123456789abcdef\",\"format\":2,\"redactions\":["
        "{\"workspace\":\"shop\",\"rule\":\"email\",\"field\":\"body\",\"action\":\"mask\",\"n\":3},"
        "{\"workspace\":\"shop\",\"rule\":\"phone\",\"field\":\"label\",\"action\":\"drop\",\"n\":1}],"
        "\"sha256\":\"";
    assert_int_equal(strncmp(text, want, sizeof want - 1), 0);
    assert_int_equal(strncmp(text + sizeof want - 1, head.hash, GW_LEDGER_HEX), 0);
    assert_string_equal(text + sizeof want - 1 + GW_LEDGER_HEX, "\"}\n");
    rd_buf_release(&out);
}

static void test_line__of_the_most_and_longest_names_fits(void **state)
{
    static char name[151];
    static gw_ledger_cell most[GW_LEDGER_CELLS];
    rd_buf out;
    gw_ledger_head none, head;
    gw_ledger_record r;
    gw_ledger_entry e = counts();
    memset(name, 'x', sizeof name - 1);
    for (unsigned i = 0; i < GW_LEDGER_CELLS; i++)
        most[i] = (gw_ledger_cell){.workspace = name,
                                   .rule = name,
                                   .field = "trace_state",
                                   .action = "drop_record",
                                   .n = UINT64_MAX};
    e.cells = most;
    e.n_cells = GW_LEDGER_CELLS;
    rd_buf_init(&out, GW_LEDGER_LINE_MAX);
    gw_ledger_head_init(&none);
    assert_true(gw_ledger_write(&out, &none, &e, &head));
    assert_int_equal(gw_ledger_parse((rd_slice){out.p, out.n - 1}, &r), GW_LEDGER_FAULT_OK);
    rd_buf_release(&out);
}

static void test_line__never_holds_what_would_need_an_escape(void **state)
{
    const gw_ledger_cell odd = {
        .workspace = "shop", .rule = "a\"b\\c\n\xc3", .field = "body", .action = "mask", .n = 1};
    rd_buf out;
    gw_ledger_head none, head;
    gw_ledger_record r;
    gw_ledger_entry e = counts();
    e.cells = &odd;
    e.n_cells = 1;
    rd_buf_init(&out, GW_LEDGER_LINE_MAX);
    gw_ledger_head_init(&none);
    assert_true(gw_ledger_write(&out, &none, &e, &head));
    assert_non_null(memmem(out.p, out.n, "\"a_b_c__\"", 9));
    assert_int_equal(gw_ledger_parse((rd_slice){out.p, out.n - 1}, &r), GW_LEDGER_FAULT_OK);
    rd_buf_release(&out);
}

/* ---- chain ---- */

static void test_chain__goes_on_over_files_and_restarts(void **state)
{
    make(3, BIG);
    make(1, BIG);
    expect_whole(4, 1);
    make(5, 1024); /* two records a file */
    gw_ledger_verdict v = verdict();
    assert_int_equal(v.fault, GW_LEDGER_FAULT_OK);
    assert_int_equal(v.head.seq, 9);
    assert_true(v.n_files >= 3);
    assert_string_equal(v.from, "2026-11-23T18:00:00Z");
}

/* Written by the program before lists named workspace, rule, field and action together. */
static void test_chain__goes_on_behind_records_of_format_1(void **state)
{
    static const char old[] =
        "{\"seq\":1,\"time\":\"2026-11-23T18:00:00Z\",\"kind\":\"start\",\"previous\":"
        "\"0000000000000000000000000000000000000000000000000000000000000000\",\"config\":"
        "\"0123456789abcdef\",\"version\":\"0.1.0\",\"cut\":17,\"sha256\":"
        "\"2f54d8322e47a76971a2f1173cccd77b48b4839615ce7e0099d064c9a067a2fa\"}\n"
        "{\"seq\":2,\"time\":\"2026-11-23T18:00:00Z\",\"kind\":\"counts\",\"previous\":"
        "\"2f54d8322e47a76971a2f1173cccd77b48b4839615ce7e0099d064c9a067a2fa\",\"config\":"
        "\"0123456789abcdef\",\"redactions\":[{\"rule\":\"email\",\"field\":\"body\",\"n\":3}],"
        "\"workspaces\":[{\"workspace\":\"shop\",\"rule\":\"email\",\"n\":3}],\"sha256\":"
        "\"507df51b6b46b91465521b9b7da9bb6c906b169c4d74ba476fff0ed2866c359d\"}\n";
    make(1, BIG); /* makes the directory */
    save(first, old, sizeof old - 1);
    expect_whole(2, 1);
    make(2, BIG);
    expect_whole(4, 1);
}

static void test_chain__first_line_of_a_file_names_the_last_hash(void **state)
{
    char text[4096];
    gw_ledger_verdict v;
    make(2, BIG);
    v = verdict();
    make(1, 1);
    load("000000000003.jsonl", text, sizeof text);
    assert_non_null(strstr(text, v.head.hash));
    assert_true(gw_ledger_verify(dir, v.head.hash, &v));
    assert_true(v.found);
    expect_whole(3, 2);
}

/* The number of the first broken record of a text, without any file; 0: it is whole. */
static uint64_t broken_at(const char *text, size_t n)
{
    gw_ledger_head head;
    gw_ledger_record r;
    gw_ledger_head_init(&head);
    while (n > 0) {
        const char *end = memchr(text, '\n', n);
        if (end == NULL ||
            gw_ledger_follow(&head, rd_slice_of(text, (size_t)(end - text)), &r) != GW_LEDGER_FAULT_OK)
            return head.seq + 1;
        n -= (size_t)(end - text) + 1;
        text = end + 1;
    }
    return 0;
}

static void test_chain__no_byte_can_be_changed_unseen(void **state)
{
    char text[4096], was;
    make(3, BIG);
    size_t n = load(first, text, sizeof text), line = 1;
    assert_int_equal(broken_at(text, n), 0);
    for (size_t i = 0; i < n; i++) {
        was = text[i];
        for (unsigned m = 1; m < 256; m++) {
            text[i] = (char)(was ^ m);
            assert_int_equal(broken_at(text, n), line);
        }
        if (i % 7 == 0) { /* the last one, by way of the files */
            save(first, text, n);
            gw_ledger_verdict v = verdict();
            assert_int_not_equal(v.fault, GW_LEDGER_FAULT_OK);
            assert_int_equal(v.seq, line);
        }
        text[i] = was;
        line += was == '\n';
    }
    save(first, text, n);
    expect_whole(3, 1);
}

/* Somebody who makes a record anew, hash and all, is found by the next one. */
static void test_chain__a_record_made_anew_is_found(void **state)
{
    char text[4096];
    rd_buf out;
    gw_ledger_head none, head;
    gw_ledger_entry e = entry(GW_LEDGER_HEARTBEAT);
    make(2, BIG);
    size_t n = load(first, text, sizeof text), second = (size_t)(strchr(text, '\n') - text) + 1;
    rd_buf_init(&out, 4096);
    gw_ledger_head_init(&none);
    assert_true(gw_ledger_write(&out, &none, &e, &head));
    rd_buf_append(&out, text + second, n - second);
    save(first, (const char *)out.p, out.n);
    expect_broken(GW_LEDGER_FAULT_PREVIOUS, 2);
    rd_buf_release(&out);
}

static void test_chain__records_and_files_that_are_missing_are_found(void **state)
{
    char text[4096], why[300];
    gw_ledger_verdict v;
    make(3, BIG);
    v = verdict();
    size_t n = load(first, text, sizeof text), second = (size_t)(strchr(text, '\n') - text) + 1,
           third = (size_t)(strchr(text + second, '\n') - text) + 1;
    save(first, text + second, n - second);
    expect_broken(GW_LEDGER_FAULT_SEQUENCE, 1);
    save(first, text, third); /* the end is missing: only a head that was seen tells */
    expect_whole(2, 1);
    char want[GW_LEDGER_HEX + 1];
    memcpy(want, v.head.hash, sizeof want);
    assert_true(gw_ledger_verify(dir, want, &v));
    assert_false(v.found);
    save(first, text, n);
    make(2, 1);
    expect_whole(5, 3);
    unlink(path_of("000000000004.jsonl"));
    expect_broken(GW_LEDGER_FAULT_NAME, 4);
    unlink(path_of(first));
    expect_broken(GW_LEDGER_FAULT_NAME, 1);
    snprintf(why, sizeof why, "%.200s/none", root);
    assert_false(gw_ledger_verify(why, NULL, &v));
    assert_int_equal(errno, ENOENT);
}

/* ---- crashes ---- */

static void test_tail__is_cut_wherever_a_crash_left_it(void **state)
{
    char text[4096];
    make(2, BIG);
    size_t n = load(first, text, sizeof text), second = (size_t)(strchr(text, '\n') - text) + 1;
    /* Steps, because each round syncs twice; single bytes around the end of the first line. */
    for (size_t cut = 0; cut < n; cut += cut + 23 < second - 1 || cut > second + 1 ? 23 : 1) {
        size_t whole = cut < second ? 0 : second;
        save(first, text, cut);
        if (cut > whole)
            expect_broken(GW_LEDGER_FAULT_TAIL, whole > 0 ? 2 : 1);
        gw_ledger_file f;
        open_ledger(&f, BIG);
        assert_int_equal(f.n_cut, cut - whole);
        append(&f, 1);
        gw_ledger_file_close(&f);
        expect_whole(whole > 0 ? 2 : 1, 1);
    }
}

/* The blocks of a line need not reach the disk in order. */
static void test_tail__with_an_end_and_a_hole_is_cut(void **state)
{
    char text[4096];
    make(2, BIG);
    size_t n = load(first, text, sizeof text);
    memset(text + n - 200, 0, 100);
    save(first, text, n);
    gw_ledger_file f;
    open_ledger(&f, BIG);
    assert_int_equal(f.head.seq, 1);
    assert_true(f.n_cut > 200);
    gw_ledger_file_close(&f);
    expect_whole(1, 1);
}

static void test_tail__that_no_crash_leaves_is_not_touched(void **state)
{
    char text[4096], why[300];
    gw_ledger_file f;
    make(2, BIG);
    size_t n = load(first, text, sizeof text);
    memcpy(text + n, "x\ny\n", 4);
    save(first, text, n + 4);
    assert_false(gw_ledger_file_open(&f, dir, BIG, why, sizeof why));
    assert_non_null(strstr(why, "ledger verify"));
    assert_int_equal(load(first, text, sizeof text), n + 4);
}

static void test_tail__of_a_file_just_begun(void **state)
{
    make(2, BIG);
    save("000000000003.jsonl", "", 0);
    expect_whole(2, 2);
    make(1, BIG);
    expect_whole(3, 2);
    save("000000000004.jsonl", "{\"seq\":4,", 9);
    make(1, BIG);
    expect_whole(4, 3);
}

static void test_record__says_what_was_cut_and_what_failed(void **state)
{
    char text[4096];
    gw_ledger_file f;
    gw_ledger_entry e = entry(GW_LEDGER_START);
    e.version = "0.1.0";
    e.n_cut = 17;
    e.n_failed = 2;
    open_ledger(&f, BIG);
    assert_true(gw_ledger_file_append(&f, &e));
    gw_ledger_file_close(&f);
    load(first, text, sizeof text);
    assert_non_null(strstr(text, ",\"version\":\"0.1.0\",\"cut\":17,\"failed\":2,\"sha256\""));
    expect_whole(1, 1);
}

/* ---- disks and neighbours ---- */

static void test_disk__that_is_full_loses_no_record_before_and_none_after(void **state)
{
    struct rlimit was, small;
    gw_ledger_file f;
    gw_ledger_entry e = counts();
    signal(SIGXFSZ, SIG_IGN);
    open_ledger(&f, BIG);
    append(&f, 2);
    getrlimit(RLIMIT_FSIZE, &was);
    small = was;
    small.rlim_cur = f.size + 100; /* part of a record fits */
    setrlimit(RLIMIT_FSIZE, &small);
    bool wrote = gw_ledger_file_append(&f, &e), again = gw_ledger_file_append(&f, &e);
    int error = errno;
    setrlimit(RLIMIT_FSIZE, &was);
    assert_false(wrote || again);
    assert_int_equal(error, EFBIG);
    assert_int_equal(f.head.seq, 2);
    append(&f, 1);
    gw_ledger_file_close(&f);
    expect_whole(3, 1);
}

static void test_disk__a_file_that_was_changed_behind_our_back_is_left_alone(void **state)
{
    char text[4096];
    gw_ledger_file f;
    gw_ledger_entry e = counts();
    open_ledger(&f, BIG);
    append(&f, 2);
    size_t n = load(first, text, sizeof text);
    assert_int_equal(truncate(path_of(first), 10), 0);
    assert_false(gw_ledger_file_append(&f, &e));
    assert_int_equal(errno, ESTALE);
    save(first, text, n);
    append(&f, 1);
    expect_whole(3, 1);
    unlink(path_of(first));
    assert_false(gw_ledger_file_append(&f, &e));
    assert_int_equal(errno, ESTALE);
    gw_ledger_file_close(&f);
}

static void test_directory__has_one_writer_and_one_reader(void **state)
{
    char why[256];
    struct stat st;
    gw_ledger_file f, other;
    open_ledger(&f, BIG);
    append(&f, 1);
    assert_false(gw_ledger_file_open(&other, dir, BIG, why, sizeof why));
    assert_non_null(strstr(why, "another process"));
    expect_whole(1, 1);
    gw_ledger_file_close(&f);
    assert_int_equal(stat(dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(stat(path_of(first), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(chmod(dir, 0750), 0);
    assert_false(gw_ledger_file_open(&other, dir, BIG, why, sizeof why));
    assert_non_null(strstr(why, "0700"));
    assert_int_equal(chmod(dir, 0700), 0);
    make(1, BIG);
    expect_whole(2, 1);
}

/* ---- when and what ---- */

static void test_schedule__minutes_and_hours(void **state)
{
    gw_ledger_schedule s;
    unsigned minutes = 0, beats = 0;
    gw_ledger_schedule_init(&s, EPOCH + 30);
    for (int64_t t = EPOCH + 30; t < EPOCH + 30 + 24 * 3600; t++) {
        bool began = gw_ledger_minute_began(&s, t);
        assert_int_equal(began, t % 60 == 0);
        minutes += began;
        if (began && gw_ledger_heartbeat_due(&s, t)) {
            beats++;
            s.written_s = t;
        }
    }
    assert_int_equal(minutes, 24 * 60);
    assert_int_equal(beats, 23);
    assert_true(gw_ledger_minute_began(&s, EPOCH)); /* set back by a day */
    assert_true(gw_ledger_heartbeat_due(&s, EPOCH));
    s.written_s = EPOCH;
    assert_false(gw_ledger_heartbeat_due(&s, EPOCH + 3599));
    assert_true(gw_ledger_minute_began(&s, -1));
    assert_false(gw_ledger_minute_began(&s, -60));
}

static uint64_t take_all(gw_ledger_counts *c, bool keep)
{
    const gw_ledger_cell *list;
    uint64_t sum = 0;
    for (size_t n; (n = gw_ledger_counts_take(c, &list)) > 0;) {
        for (size_t i = 0; i < n; i++)
            sum += list[i].n;
        if (!keep)
            break;
        gw_ledger_counts_keep(c);
    }
    return sum;
}

static void test_counts__every_move_is_taken_once(void **state)
{
    enum { RULES = 200, WORKSPACES = 20 };
    char name[32];
    gw_counters *t = gw_counters_new();
    gw_ledger_counts *c = gw_ledger_counts_new();
    unsigned rules[RULES], workspaces[WORKSPACES];
    for (unsigned i = 0; i < RULES; i++) {
        snprintf(name, sizeof name, "rule-%u", i);
        rules[i] = gw_metrics_slot(GW_SLOTS_RULE, name);
    }
    for (unsigned i = 0; i < WORKSPACES; i++) {
        snprintf(name, sizeof name, "ws-%u", i);
        workspaces[i] = gw_metrics_slot(GW_SLOTS_WORKSPACE, name);
    }
    take_all(c, true); /* what the test of the keeper counted */
    assert_int_equal(take_all(c, true), 0);
    for (unsigned i = 0; i < RULES * WORKSPACES; i++) {
        gw_count_redactions(t, workspaces[i / RULES], rules[i % RULES], RD_CLASS_BODY, RD_ACTION_MASK, 2);
        gw_count_redactions(t, workspaces[i / RULES], rules[i % RULES], RD_CLASS_LABEL, RD_ACTION_DROP, 1);
    }
    assert_true(take_all(c, false) > 0); /* not kept: comes again */
    assert_int_equal(take_all(c, true), 3 * RULES * WORKSPACES);
    assert_int_equal(take_all(c, true), 0);
    gw_count_redactions(t, workspaces[3], rules[7], RD_CLASS_BODY, RD_ACTION_MASK, 5);
    gw_count_redactions(t, workspaces[3], rules[199], RD_CLASS_LABEL, RD_ACTION_DROP, 6); /* found no room */
    const gw_ledger_cell *list;
    assert_int_equal(gw_ledger_counts_take(c, &list), 2);
    assert_string_equal(list[0].workspace, "ws-3");
    assert_string_equal(list[0].rule, "rule-7");
    assert_string_equal(list[0].field, "body");
    assert_string_equal(list[0].action, "mask");
    assert_int_equal(list[0].n, 5);
    assert_string_equal(list[1].rule, "rule-199");
    assert_string_equal(list[1].field, "__other__");
    assert_string_equal(list[1].action, "__other__");
    assert_int_equal(list[1].n, 6);
    gw_ledger_counts_free(&c);
}

/* Others count and reload while the thread writes. */
static void test_keeper__writes_what_moved_under_each_configuration(void **state)
{
    char text[8192], why[256] = "";
    gw_counters *t = gw_counters_new();
    unsigned rule = gw_metrics_slot(GW_SLOTS_RULE, "kept");
    if (!gw_ledger_start(dir, BIG, "0.1.0", "aaaaaaaaaaaaaaaa", why, sizeof why))
        fail_msg("%s", why);
    int64_t total = 3, written = 0;
    gw_count_redactions(t, 0, rule, RD_CLASS_BODY, RD_ACTION_MASK, total);
    gw_ledger_config("bbbbbbbbbbbbbbbb");
    for (; gw_metrics_sum(GW_METRIC_LEDGER_RECORDS, 0, 0, 0) < 2; total++)
        gw_count_redactions(t, 0, rule, RD_CLASS_BODY, RD_ACTION_MASK, 1);
    gw_ledger_config("cccccccccccccccc");
    gw_ledger_stop();
    gw_ledger_stop(); /* nothing more to do */
    load(first, text, sizeof text);
    for (const char *p = text; (p = strstr(p, "\"rule\":\"kept\"")) != NULL; p++)
        written += strtol(strstr(p, "\"n\":") + 4, NULL, 10);
    assert_int_equal(written, total);
    assert_non_null(strstr(text, "\"kind\":\"start\""));
    assert_non_null(strstr(text, "\"kind\":\"config\",\"previous\""));
    /* what was counted before the first change is not told under the second configuration */
    assert_non_null(strstr(text, "\"kind\":\"counts\""));
    assert_non_null(strstr(strstr(text, "\"kind\":\"counts\""), "\"config\":\"aaaaaaaaaaaaaaaa\""));
    assert_non_null(strstr(text, "\"config\":\"bbbbbbbbbbbbbbbb\""));
    const char *last = strstr(text, "\"kind\":\"stop\"");
    assert_non_null(last);
    assert_non_null(strstr(last, "\"config\":\"cccccccccccccccc\""));
    assert_int_equal(verdict().fault, GW_LEDGER_FAULT_OK);
}

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line__is_what_the_header_says),
        cmocka_unit_test(test_line__of_the_most_and_longest_names_fits),
        cmocka_unit_test(test_line__never_holds_what_would_need_an_escape),
        IN_DIR(test_chain__goes_on_over_files_and_restarts),
        IN_DIR(test_chain__goes_on_behind_records_of_format_1),
        IN_DIR(test_chain__first_line_of_a_file_names_the_last_hash),
        IN_DIR(test_chain__no_byte_can_be_changed_unseen),
        IN_DIR(test_chain__a_record_made_anew_is_found),
        IN_DIR(test_chain__records_and_files_that_are_missing_are_found),
        IN_DIR(test_tail__is_cut_wherever_a_crash_left_it),
        IN_DIR(test_tail__with_an_end_and_a_hole_is_cut),
        IN_DIR(test_tail__that_no_crash_leaves_is_not_touched),
        IN_DIR(test_tail__of_a_file_just_begun),
        IN_DIR(test_record__says_what_was_cut_and_what_failed),
        IN_DIR(test_disk__that_is_full_loses_no_record_before_and_none_after),
        IN_DIR(test_disk__a_file_that_was_changed_behind_our_back_is_left_alone),
        IN_DIR(test_directory__has_one_writer_and_one_reader),
        cmocka_unit_test(test_schedule__minutes_and_hours),
        IN_DIR(test_keeper__writes_what_moved_under_each_configuration),
        cmocka_unit_test(test_counts__every_move_is_taken_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
