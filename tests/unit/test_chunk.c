/* SPDX-License-Identifier: MIT */
/*
 * Chunks of candidates against what program.h says, read byte by byte: whatever pass it is, nothing that is
 * there is missing from the list, wherever words and chunks end, however full the words are, and whatever
 * another text or program has left in the chunk. Nothing behind the bytes that may be read is.
 */
#include "tests/unit/unit.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "filters/detect/chunk.h"
#include "tests/unit/random.h"

enum { PROGRAMS = 3, LONGEST = 2 * RD_CHUNK + 200, BEFORE = 100, PAGES = 4 };

static rd_program programs[PROGRAMS];
static rd_chunk chunk;
static uint8_t *readable_end; /* there is a page without access */

static int set_up(void **state)
{
    static const char *const names[] = {"user_id", "email", "code12"};
    size_t page = (size_t)sysconf(_SC_PAGESIZE), size = PAGES * page;
    uint8_t *m = mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(m != MAP_FAILED);
    assert_true(size >= BEFORE + LONGEST + RD_LONG);
    assert_int_equal(mprotect(m + size, page, PROT_NONE), 0);
    readable_end = m + size;
    assert_true(rd_program_build(&programs[0], UINT64_MAX, NULL, 0));
    assert_true(rd_program_build(&programs[1], UINT64_MAX, names, 3));
    assert_true(rd_program_build(&programs[2], RD_BIT(EMAIL) | RD_YIELDS_KEYS, names, 3));
    assert_true(!programs[0].small && programs[1].numbered_ends && programs[2].small);
    return 0;
}

/* Writes any bytes that a window takes. */
static void plant_window(const rd_program *p, uint8_t *to, const uint8_t *end)
{
    uint32_t w = (uint32_t)rnd(p->n_short + p->n_long);
    bool is_long = w >= p->n_short;
    for (uint32_t j = 0; j < (is_long ? RD_LONG : RD_SHORT) && to < end;) {
        uint8_t c = (uint8_t)rnd(256);
        uint64_t windows = is_long ? p->allow_long[j][p->class_of[c]] >> (w - p->n_short)
                                   : p->allow_short[j][p->class_of[c]].half[w / 64] >> w % 64;
        if ((windows & 1) == 0)
            continue;
        *to++ = c;
        j++;
    }
}

static void plant(const rd_program *p, uint8_t *to, const uint8_t *end)
{
    static const char *const others[] = {"user_id=",  "email\":", "pw(",
                                         "\xc3\xbc>", "code12\t", "a=a=a=a=a="};
    static const char runs[] = "0123456789AKIAghp_-eyJ";
    const char *other = others[rnd(sizeof others / sizeof others[0])];
    uint64_t n = rnd(90), of = rnd(2) == 0 ? 10 : sizeof runs - 1;
    switch (rnd(4)) {
    case 0:
        while (*other != 0 && to < end)
            *to++ = (uint8_t)*other++;
        break;
    case 1:
        while (n-- > 0 && to < end)
            *to++ = (uint8_t)runs[rnd(of)];
        break;
    default:
        plant_window(p, to, end);
    }
}

/* Random bytes, or a few bytes over and over, which fill words with places; and things to find. */
static void write_text(const rd_program *p, uint8_t *text, uint32_t n)
{
    uint8_t unit[4];
    uint64_t n_unit = rnd(4) + 1;
    for (unsigned i = 0; i < sizeof unit; i++)
        unit[i] = (uint8_t)(rnd(6) == 0 ? rnd(256) : ' ' + rnd(95));
    bool dense = rnd(2) == 0;
    for (uint32_t i = 0; i < n; i++)
        text[i] = dense ? unit[i % n_unit] : (uint8_t)rnd(256);
    for (uint64_t k = rnd(n / 12 + 1); k-- > 0;)
        plant(p, text + rnd(n), text + n);
    if (n > RD_LONG)
        plant(p, text + n - 1 - rnd(RD_LONG), text + n);
}

static bool run_starts(const uint8_t *from, const uint8_t *at, const uint8_t *end, unsigned class,
                       uint32_t shortest)
{
    uint32_t n = 0;
    while (n < shortest && at + n < end && rd_is(at[n], class))
        n++;
    return shortest > 0 && n == shortest && (at == from || !rd_is(at[-1], class));
}

static bool key_ends(const rd_program *p, const uint8_t *base, uint32_t from, uint32_t at)
{
    bool numbered = at - from >= 2 && rd_is(base[at - 1], RD_C_DIGIT) && rd_is(base[at - 2], RD_C_DIGIT);
    return p->behind_key[base[at]] != 0 && at > from && rd_is(base[at - 1], RD_C_RUN | RD_C_UTF8) &&
           rd_program_may_end(p, base, at) && (p->small || p->numbered_ends || !numbered);
}

/* Does one of the windows end in the text? */
static bool fits(uint64_t windows, const uint8_t *lengths, uint32_t room)
{
    for (; windows != 0; windows &= windows - 1) {
        if (lengths[__builtin_ctzll(windows)] <= room)
            return true;
    }
    return false;
}

/* What must be told of base[at], in the text base[from, end). */
static unsigned kinds_at(const rd_program *p, const uint8_t *base, uint32_t from, uint32_t end, uint32_t at)
{
    rd_short_windows shorts = rd_program_short(p, base + at);
    unsigned kinds = key_ends(p, base, from, at) ? RD_AT_END : 0;
    for (unsigned h = 0; h < RD_MAX_SHORT / 64; h++)
        kinds |= fits(shorts.half[h], p->len_short + 64 * h, end - at) ? RD_AT_SHORT : 0;
    if (p->small)
        return kinds;
    if (fits(rd_program_long(p, base + at) & ~p->long_words, p->len_long, end - at))
        kinds |= RD_AT_LONG;
    if (run_starts(base + from, base + at, base + end, RD_C_DIGIT, p->digit_run))
        kinds |= RD_AT_DIGITS;
    if (run_starts(base + from, base + at, base + end, RD_C_RUN, p->token_run) &&
        (rd_program_token_starts(p, base + at) | p->token_behind[at > 0 ? base[at - 1] : 0]) != 0)
        kinds |= RD_AT_TOKEN;
    return kinds;
}

/* One pass over base[from, end): adds up in `got` what is told of each byte. */
static void fill_all(const rd_chunk_source *source, uint32_t from, uint8_t *got)
{
    memset(got, 0, LONGEST);
    memset(&chunk, (int)rnd(256), sizeof chunk);
    rd_chunk_reset(&chunk);
    for (uint32_t at = from; at < source->end; at += RD_CHUNK) {
        rd_chunk_fill(&chunk, source, at);
        assert_true(chunk.n_places <= RD_CHUNK);
        for (uint32_t i = 0; i < chunk.n_places; i++) {
            uint32_t place = chunk.places[i];
            assert_true(place < RD_CHUNK && at + place < source->end);
            assert_true(i == 0 || place > chunk.places[i - 1]);
            got[at - from + place] = (uint8_t)rd_chunk_kinds(&chunk, place, source->program->small);
        }
    }
}

static void compare(const rd_program *p, uint32_t from, uint32_t n)
{
    static uint8_t want[LONGEST], got[LONGEST];
    rd_scan_fn scans[RD_SCAN_VARIANTS];
    uint8_t *base = readable_end - RD_LONG - n - from;
    write_text(p, base, from + n + RD_LONG);
    for (uint32_t i = 0; i < n; i++)
        want[i] = (uint8_t)kinds_at(p, base, from, from + n, from + i);
    for (unsigned k = rd_scan_variants(scans); k-- > 0;) {
        fill_all(&(rd_chunk_source){p, scans[k], base, from + n}, from, got);
        for (uint32_t i = 0; i < n; i++) {
            if ((want[i] & ~got[i]) != 0)
                fail_msg("pass %u, byte %u of %u: %x, not %x", k, i, n, got[i], want[i]);
        }
    }
}

static void test_chunk__lists_all_that_is_there(void **state)
{
    for (uint32_t n = 1; n < 300; n++)
        compare(&programs[rnd(PROGRAMS)], (uint32_t)rnd(BEFORE), n);
    for (uint32_t around = RD_CHUNK / 4; around <= 2 * RD_CHUNK; around += RD_CHUNK / 4) {
        for (uint32_t n = around - 70; n < around + 80; n += 1 + (uint32_t)rnd(3))
            compare(&programs[rnd(PROGRAMS)], (uint32_t)rnd(BEFORE), n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_chunk__lists_all_that_is_there)};
    return cmocka_run_group_tests(tests, set_up, NULL);
}
