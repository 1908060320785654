/* SPDX-License-Identifier: MIT */
/*
 * The engine as a whole: a batch finds what single texts find whatever stands in the gaps, the vector pass
 * finds what the plain one finds, masking twice is masking once, overlaps are united, the ends of the buffer
 * are respected.
 */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "filters/detect/gather.h"
#include "filters/detect/program.h"
#include "filters/detect/scan.h"
#include "tests/unit/detect_try.h"

static uint64_t rng_state = UINT64_C(0x243f6a8885a308d3);

static uint32_t rnd(uint32_t below)
{
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return (uint32_t)((rng_state >> 33) % below);
}

/* Pieces whose random joins are texts full of matches and near misses. */
static const char *const pieces[] = {
    "a@example.com",
    "@",
    "192.0.2.7",
    "10.",
    ".1",
    "1",
    "4111 1111 1111 1111",
    "4111111111111111",
    "-",
    " ",
    ":",
    "::1",
    "2001:db8::7",
    "00:1a:2b:3c:4d:5e",
    "DE89370400440532013000",
    "DE89",
    "+49 30 1234567",
    "123-45-6789",
    "password=",
    "\"",
    "'",
    "hunter2",
    "\"password\":\"",
    "\\\"",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
    "eyJ",
    "Bearer ",
    "Basic dXNlcjpw",
    "AKIAZ7QW3ERT5YUP2SDF",
    "https://u:p4ss@h",
    "://",
    "user=",
    "Anna Schmidt",
    "name: ",
    "dob=1990-01-31",
    "\n",
    "\t",
    ",",
    ";",
    "}",
    "{",
    "[",
    "]",
    "(",
    ")",
    "<password>",
    "</",
    "65170839J003",
    "86095742719",
    "%40",
    "%2B49",
    "%3D",
    "\xc3\xa9",
    "\xff",
    "phone ",
    "0171 3920030",
    "Cookie: ",
    "sid=",
    "a1b2c3d4e5f6a7b8c9d0",
    "-----BEGIN PRIVATE KEY-----",
    "values (",
    "x",
    "***",
};
enum { N_PIECES = sizeof pieces / sizeof pieces[0] };

static uint32_t random_text(uint8_t *out, uint32_t max)
{
    uint32_t n = 0;
    for (uint32_t k = rnd(8) + 1; k > 0; k--) {
        const char *p = pieces[rnd(N_PIECES)];
        size_t len = strlen(p);
        if (n + len > max)
            break;
        memcpy(out + n, p, len);
        n += (uint32_t)len;
    }
    return n;
}

static uint32_t random_apart(uint8_t *out, uint32_t max, const char *between)
{
    uint32_t n = 0;
    for (uint32_t k = rnd(5) + 1; k > 0; k--) {
        const char *p[2] = {pieces[rnd(N_PIECES)], between};
        for (unsigned i = 0; i < 2 && n + strlen(p[i]) <= max; i++) {
            memcpy(out + n, p[i], strlen(p[i]));
            n += (uint32_t)strlen(p[i]);
        }
    }
    return n;
}

static void check_sane(const rd_matches *m, const rd_text *texts, uint32_t n_texts)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < m->n; i++) {
        const rd_match *x = &m->list[i];
        assert_true(x->text < n_texts);
        assert_true(x->off >= at && x->len > 0);
        assert_true(x->off >= texts[x->text].off &&
                    x->off + x->len <= texts[x->text].off + texts[x->text].len);
        assert_true((uint64_t)x->keep_head + x->keep_tail < x->len);
        at = x->off + x->len;
    }
}

static rd_detect_set *build(rd_scan_fn scan)
{
    rd_detect_set *s = NULL;
    assert_int_equal(rd_detect_set_build(UINT64_MAX, NULL, 0, &s, NULL), RD_OK);
    rd_detect_set_use_scan(s, scan);
    return s;
}

static void test_detect__batch_is_single_whatever_the_gaps(void **state)
{
    enum { TEXTS = 40, MAX_TEXT = 200, ROUNDS = 1500 };
    rd_detect_set *set = build(rd_scan_best());
    rd_detect_scratch *scratch = rd_detect_scratch_new();
    static const char gaps[] = "0129.:-@eA\"'=_/ \x0a\x32\x7f";
    static uint8_t base[TEXTS * (MAX_TEXT + 8) + RD_BUF_TAIL], alone[MAX_TEXT + RD_BUF_TAIL];
    for (unsigned r = 0; r < ROUNDS; r++) {
        rd_text texts[TEXTS];
        uint32_t n = 0, at = 0;
        while (n < TEXTS) {
            for (uint32_t g = rnd(5); g > 0; g--)
                base[at++] = (uint8_t)gaps[rnd(sizeof gaps - 1)];
            uint32_t len = random_text(base + at, MAX_TEXT);
            if (len > 0)
                texts[n++] = (rd_text){at, len};
            at += len;
        }
        memset(base + at, '1', RD_BUF_TAIL);
        rd_matches m;
        assert_int_equal(rd_detect(set, scratch, base, at, texts, TEXTS, &m), RD_OK);
        check_sane(&m, texts, TEXTS);
        uint32_t n_batch = m.n, k = 0;
        rd_match *batch = calloc(n_batch + 1, sizeof *batch);
        if (n_batch > 0)
            memcpy(batch, m.list, n_batch * sizeof *batch);
        for (uint32_t t = 0; t < TEXTS; t++) {
            memset(alone, 0, sizeof alone);
            memcpy(alone, base + texts[t].off, texts[t].len);
            rd_text one = {0, texts[t].len};
            assert_int_equal(rd_detect(set, scratch, alone, one.len, &one, 1, &m), RD_OK);
            for (uint32_t i = 0; i < m.n; i++, k++) {
                assert_true(k < n_batch);
                rd_match want = m.list[i];
                want.off += texts[t].off;
                want.text = t;
                assert_memory_equal(&want, &batch[k], sizeof want);
            }
        }
        assert_int_equal(k, n_batch);
        free(batch);
    }
    rd_detect_scratch_free(&scratch);
    rd_detect_set_free(&set);
}

static void test_detect__vector_passes_are_the_plain_one(void **state)
{
    rd_detect_set *sets[RD_SCAN_VARIANTS], *plain = build(rd_scan_plain);
    rd_detect_scratch *a = rd_detect_scratch_new(), *b = rd_detect_scratch_new();
    rd_scan_fn scans[RD_SCAN_VARIANTS];
    unsigned n_scans = rd_scan_variants(scans);
    for (unsigned k = 0; k < n_scans; k++)
        sets[k] = build(scans[k]);
    static uint8_t base[20000 + RD_BUF_TAIL];
    for (unsigned r = 0; r < 300; r++) {
        uint32_t n = 0, want = rnd(r % 10 == 0 ? 19000 : 400) + 1;
        while (n < want)
            n += random_text(base + n, 20000 - n);
        memset(base + n, '7', RD_BUF_TAIL);
        rd_text t = {0, n};
        rd_matches x, y;
        assert_int_equal(rd_detect(plain, b, base, n, &t, 1, &y), RD_OK);
        check_sane(&y, &t, 1);
        for (unsigned k = 0; k < n_scans; k++) {
            assert_int_equal(rd_detect(sets[k], a, base, n, &t, 1, &x), RD_OK);
            assert_int_equal(x.n, y.n);
            if (x.n > 0)
                assert_memory_equal(x.list, y.list, x.n * sizeof *x.list);
        }
    }
    rd_detect_scratch_free(&a);
    rd_detect_scratch_free(&b);
    for (unsigned k = 0; k < n_scans; k++)
        rd_detect_set_free(&sets[k]);
    rd_detect_set_free(&plain);
}

/* Random texts with, every second time, any bytes among them; hostile ones repeat a few. */
static void scannable(uint8_t *b, uint32_t size, unsigned round)
{
    static const char *const units[] = {"1.",  "a@",   "a:",           "::", "%4",
                                        "=\t", "\"'`", "\xef\xbc\x9a", "u0", "\x7f_"};
    for (uint32_t n = 0; n < size;)
        n += random_text(b + n, 200);
    for (unsigned k = 0; k < 200 && round % 2 == 1; k++)
        b[rnd(size)] = (uint8_t)rnd(256);
    const char *unit = units[round % (sizeof units / sizeof units[0])];
    for (uint32_t i = 0; round % 4 == 2 && i < size / 2; i++)
        b[i] = (uint8_t)unit[i % strlen(unit)];
}

/* Every variant hits wherever the plain one does, and agrees on the runs. */
static void compare_scans(const rd_program *p)
{
    enum { WORDS = 32 };
    static uint8_t b[WORDS * 64 + 64 + 200];
    rd_scan_fn variants[RD_SCAN_VARIANTS];
    unsigned n_variants = rd_scan_variants(variants);
    for (unsigned r = 0; r < 400; r++) {
        scannable(b, WORDS * 64 + 64, r);
        uint64_t want[5][WORDS];
        rd_scan_plain(p, b, WORDS, (rd_masks){want[0], want[1], want[2], want[3], want[4]});
        for (unsigned v = 0; v < n_variants; v++) {
            uint64_t got[5][WORDS] = {{0}};
            variants[v](p, b, WORDS, (rd_masks){got[0], got[1], got[2], got[3], got[4]});
            for (unsigned i = 0; i < WORDS; i++) {
                assert_int_equal(want[0][i], got[0][i]);
                assert_int_equal(want[1][i] & ~got[1][i], 0);
                if (p->small)
                    continue;
                assert_int_equal(want[2][i] & ~got[2][i], 0);
                assert_int_equal(want[3][i], got[3][i]);
                assert_int_equal(want[4][i], got[4][i]);
            }
        }
    }
}

static void test_detect__prefilters_miss_nothing(void **state)
{
    static const char *const names[] = {"user_id", "email", "ip"};
    static rd_program all, small;
    assert_true(rd_program_build(&all, UINT64_MAX, NULL, 0));
    assert_false(all.small);
    compare_scans(&all);
    assert_true(rd_program_build(&small, RD_BIT(EMAIL) | RD_YIELDS_KEYS, names, 3));
    assert_true(small.small);
    uint64_t as_before = rng_state; /* the tests behind see the same texts, whatever is added here */
    compare_scans(&small);
    rng_state = as_before;
}

static void test_detect__masking_twice_is_masking_once(void **state)
{
    rd_detect_set *set = build(rd_scan_best());
    for (unsigned r = 0; r < 20000; r++) {
        /* Pieces stand apart: what touches a masked stretch may look different afterwards. */
        static const char *const apart[] = {" ", ", ", "; ", "\n", " | ", ") ("};
        uint8_t text[600];
        uint32_t n = 0;
        for (unsigned k = 0; k < 3; k++) {
            n += random_apart(text + n, 150, apart[rnd(6)]);
        }
        text[n] = 0;
        char *once = strdup(detect_try(set, (const char *)text));
        char *twice = strdup(detect_try(set, once));
        if (strcmp(once, twice) != 0)
            fail_msg("text  %s\nonce  %s\ntwice %s", (const char *)text, once, twice);
        free(once);
        free(twice);
    }
    rd_detect_set_free(&set);
}

/* What a value swallows may be the key of what comes next. */
static void test_detect__a_key_may_end_a_value(void **state)
{
    rd_detect_set *set = build(rd_scan_best());
    assert_string_equal(detect_try(set, "AccountKey=Zm9vYmFyMTIzNDU2nullKontoinhaber: Huber"),
                        "AccountKey=*** ***");
    assert_string_equal(detect_try(set, "ucToken=O=813user : Bupa, x"), "ucToken=*** : ***, x");
    rd_detect_set_free(&set);
}

/* A local part of 100 letters outside of ASCII, each of which takes six bytes. */
static void test_detect__long_percent_encoded_addresses_go_whole(void **state)
{
    rd_detect_set *set = build(rd_scan_best());
    rd_buf text;
    rd_buf_init(&text, 1 << 10);
    rd_buf_append_str(&text, "to=");
    for (unsigned i = 0; i < 100; i++)
        rd_buf_append_str(&text, "%C3%BC");
    rd_buf_append(&text, "%40example.com", sizeof "%40example.com");
    assert_null(strstr(detect_try(set, (const char *)text.p), "%C3%BC%C3%BC"));
    rd_buf_release(&text);
    rd_detect_set_free(&set);
}

static void test_detect__overlaps_are_united(void **state)
{
    rd_detect_set *set = build(rd_scan_best());
    /* the password hides the address in it; alone it keeps its domain */
    assert_string_equal(detect_try(set, "password=a.b@example.com c.d@example.com"),
                        "password=*** c***@example.com");
    /* same stretch: the more specific one */
    assert_string_equal(detect_try(set, "user=\"a.b@example.com\""), "user=\"a***@example.com\"");
    assert_int_equal(detect_try_matches.list[0].detector, RD_DETECTOR_EMAIL);
    assert_string_equal(detect_try(set, "token=AKIAZ7QW3ERT5YUP2SDF"), "token=AKIA***");
    assert_int_equal(detect_try_matches.list[0].detector, RD_DETECTOR_AWS_ACCESS_KEY);
    rd_detect_set_free(&set);
}

static void test_detect__only_what_is_switched_on(void **state)
{
    rd_detect_set *set = NULL;
    assert_int_equal(rd_detect_set_build(UINT64_C(1) << RD_DETECTOR_IPV4, NULL, 0, &set, NULL), RD_OK);
    assert_string_equal(detect_try(set, "a@example.com 192.0.2.7 password=x1"),
                        "a@example.com 192.0.2.*** password=x1");
    rd_detect_set_free(&set);
    assert_int_equal(rd_detect_set_build(0, NULL, 0, &set, NULL), RD_OK);
    assert_string_equal(detect_try(set, "a@example.com 192.0.2.7"), "a@example.com 192.0.2.7");
    rd_detect_set_free(&set);
}

/* Not one byte behind RD_BUF_TAIL is read: there is a page without access. */
static void test_detect__stays_inside_the_buffer(void **state)
{
    rd_detect_set *set = build(rd_scan_best());
    rd_detect_scratch *scratch = rd_detect_scratch_new();
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *m = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(m != MAP_FAILED);
    assert_int_equal(mprotect(m + page, page, PROT_NONE), 0);
    /* Short texts, and those that are looked at where they are. */
    for (uint32_t n = 1; n < RD_GATHER_LONGEST + 130; n += n == 300 ? RD_GATHER_LONGEST - 299 : 1) {
        uint8_t *base = m + page - RD_BUF_TAIL - n;
        uint32_t len = 0;
        static uint8_t text[RD_GATHER_LONGEST + 600];
        while (len < n)
            len += random_text(text + len, sizeof text - len);
        memcpy(base, text, n);
        rd_text t = {0, n};
        rd_matches found;
        assert_int_equal(rd_detect(set, scratch, base, n, &t, 1, &found), RD_OK);
        check_sane(&found, &t, 1);
    }
    munmap(m, 2 * page);
    rd_detect_scratch_free(&scratch);
    rd_detect_set_free(&set);
}

/* What a large set saw in a scratch is nothing to a small one. */
static void test_detect__sets_share_a_scratch(void **state)
{
    enum { SEEN = 4096, SHORT = 3 };
    rd_detect_set *large = build(rd_scan_best()), *small = NULL;
    rd_detect_scratch *scratch = rd_detect_scratch_new();
    static const char *const names[] = {"user_id"};
    const rd_detect_spec keys_alone = {.key_names = names, .n_key_names = 1};
    assert_int_equal(rd_detect_set_make(&keys_alone, &small, NULL), RD_OK);
    long page = sysconf(_SC_PAGESIZE);
    uint8_t *m = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(m != MAP_FAILED);
    assert_int_equal(mprotect(m + page, page, PROT_NONE), 0);
    static uint8_t seen[SEEN + RD_BUF_TAIL];
    memset(seen, '1', sizeof seen); /* long windows everywhere */
    for (uint32_t i = 1; i < SEEN; i += 2)
        seen[i] = '.';
    rd_text t = {0, SEEN};
    rd_matches found;
    assert_int_equal(rd_detect(large, scratch, seen, SEEN, &t, 1, &found), RD_OK);
    uint8_t *base = m + page - RD_BUF_TAIL - SHORT;
    memcpy(base, "a:b", SHORT);
    t.len = SHORT;
    assert_int_equal(rd_detect(small, scratch, base, SHORT, &t, 1, &found), RD_OK);
    assert_int_equal(found.n, 0);
    munmap(m, 2 * page);
    rd_detect_scratch_free(&scratch);
    rd_detect_set_free(&large);
    rd_detect_set_free(&small);
}

/* A text is the same wherever it stands: around the ends of words and chunks, alone or behind another one. */
static void test_detect__every_offset_of_a_chunk(void **state)
{
    enum { CHUNK = 4096, BEFORE = 140, ROUNDS = 40, MAX_TEXT = 400 };
    rd_detect_set *set = build(rd_scan_best());
    rd_detect_scratch *scratch = rd_detect_scratch_new();
    static uint8_t base[CHUNK + 2 * MAX_TEXT + RD_BUF_TAIL], alone[MAX_TEXT + RD_BUF_TAIL];
    for (unsigned r = 0; r < ROUNDS; r++) {
        uint8_t text[MAX_TEXT];
        uint32_t n = 0;
        while (n == 0)
            n = random_text(text, sizeof text);
        memset(alone, 0, sizeof alone);
        memcpy(alone, text, n);
        rd_text one = {0, n};
        rd_matches m;
        assert_int_equal(rd_detect(set, scratch, alone, n, &one, 1, &m), RD_OK);
        uint32_t n_alone = m.n;
        rd_match *want = calloc(n_alone + 1, sizeof *want);
        if (n_alone > 0)
            memcpy(want, m.list, n_alone * sizeof *want);
        for (uint32_t at = CHUNK - BEFORE - n; at <= CHUNK + 1; at++) {
            memset(base, 'x', sizeof base);
            memcpy(base + at, text, n);
            rd_text texts[] = {{0, at}, {at, n}, {at + n, 8}};
            assert_int_equal(rd_detect(set, scratch, base, at + n + 8, texts, 3, &m), RD_OK);
            assert_int_equal(m.n, n_alone);
            for (uint32_t i = 0; i < m.n; i++) {
                assert_int_equal(m.list[i].text, 1);
                assert_int_equal(m.list[i].off, at + want[i].off);
                assert_int_equal(m.list[i].len, want[i].len);
                assert_int_equal(m.list[i].detector, want[i].detector);
            }
        }
        free(want);
    }
    rd_detect_scratch_free(&scratch);
    rd_detect_set_free(&set);
}

static void test_detect__no_texts(void **state)
{
    rd_detect_set *set = build(rd_scan_best());
    rd_detect_scratch *scratch = rd_detect_scratch_new();
    uint8_t base[RD_BUF_TAIL] = {0};
    rd_matches found = {NULL, 7};
    assert_int_equal(rd_detect(set, scratch, base, 0, NULL, 0, &found), RD_OK);
    assert_int_equal(found.n, 0);
    rd_detect_scratch_free(&scratch);
    rd_detect_scratch_free(&scratch);
    rd_detect_set_free(&set);
    rd_detect_set_free(&set);
}

static void test_detect__every_detector_has_its_own_word(void **state)
{
    for (unsigned i = 0; i < RD_DETECTOR_COUNT; i++) {
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(rd_detector_word(i), rd_detector_word(k));
    }
    assert_string_equal(rd_detector_word(RD_DETECTOR_EMAIL), "email");
    assert_string_equal(rd_detector_word(RD_DETECTOR_COUNT + 3), "pattern");
}

/* In the order of the matchers, each with its length: none is cut off, none is there twice. */
static void test_program__has_every_window(void **state)
{
    uint32_t n_short = 0, n_long = 0;
    rd_program *p = calloc(1, sizeof *p);
    assert_non_null(p);
    assert_true(rd_program_build(p, UINT64_MAX, NULL, 0));
    for (uint32_t m = 0; m < rd_n_matchers; m++) {
        for (uint32_t w = 0; w < rd_matchers[m]->n_windows; w++) {
            uint32_t len = 0;
            assert_non_null(rd_matchers[m]->windows[w].spec);
            for (const char *c = rd_matchers[m]->windows[w].spec; *c != 0; c++)
                len += *c != '\\';
            while (n_short < p->n_short && (p->short_words.half[n_short / 64] >> n_short % 64 & 1) != 0)
                n_short++; /* the beginning of a long one */
            bool is_long = len > RD_SHORT;
            uint32_t k = is_long ? n_long++ : n_short++;
            assert_true(k < (is_long ? p->n_long : p->n_short));
            assert_int_equal((is_long ? p->owner_long : p->owner_short)[k], m);
            assert_int_equal((is_long ? p->len_long : p->len_short)[k], len);
        }
    }
    assert_int_equal(n_long, p->n_long);
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_detect__batch_is_single_whatever_the_gaps),
        cmocka_unit_test(test_detect__vector_passes_are_the_plain_one),
        cmocka_unit_test(test_detect__prefilters_miss_nothing),
        cmocka_unit_test(test_detect__masking_twice_is_masking_once),
        cmocka_unit_test(test_detect__a_key_may_end_a_value),
        cmocka_unit_test(test_detect__long_percent_encoded_addresses_go_whole),
        cmocka_unit_test(test_detect__overlaps_are_united),
        cmocka_unit_test(test_detect__only_what_is_switched_on),
        cmocka_unit_test(test_detect__stays_inside_the_buffer),
        cmocka_unit_test(test_detect__sets_share_a_scratch),
        cmocka_unit_test(test_detect__every_offset_of_a_chunk),
        cmocka_unit_test(test_detect__no_texts),
        cmocka_unit_test(test_detect__every_detector_has_its_own_word),
        cmocka_unit_test(test_program__has_every_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
