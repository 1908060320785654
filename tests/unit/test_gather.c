/* SPDX-License-Identifier: MIT */
/* Texts that are brought together, and those that are known to be clean, find what each finds alone. */
#include "tests/unit/unit.h"

#include "filters/base/buf.h"
#include "filters/detect/explain.h"
#include "filters/detect/gather.h"
#include "tests/unit/random.h"

enum { ROUNDS = 120, MAX_TEXTS = 2500, LONG_TEXT = 3 * RD_GATHER_LONGEST };

/* Texts of a body: some come again and again, some hold something. */
static const char *const usual[] = {
    "http.request.method",
    "GET",
    "k8s.pod.name",
    "checkout-worker-7",
    "exactly thirty-one bytes of text",
    "thirty-two bytes, one more there",
    "thirty-two bytes, one more here",
    "a line that is longer than what is remembered, and says nothing",
    "anna.schmidt@example.com",
    "4111 1111 1111 1111",
    "password=hunter2-x",
    "%6a.doe%40example.com",
    "user.name = anna",
    "order 4711 for customer",
    "order 4712 for customer",
    "198.51.100.7",
    "0",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
};
enum { N_USUAL = sizeof usual / sizeof usual[0] };

typedef struct body {
    rd_buf bytes;
    rd_text texts[MAX_TEXTS];
    uint32_t n;
} body;

static void add_text(body *b)
{
    uint32_t off = (uint32_t)b->bytes.n, kind = (uint32_t)rnd(40), len = 0;
    if (kind == 0)
        len = (uint32_t)rnd(LONG_TEXT);
    else if (kind < 6)
        len = (uint32_t)rnd(2 * RD_CLEAN_BYTES);
    else
        rd_buf_append_str(&b->bytes, usual[rnd(N_USUAL)]);
    for (uint32_t i = 0; i < len; i++)
        rd_buf_append_byte(&b->bytes, (uint8_t) "ab 1.:@-="[rnd(9)]);
    if (kind == 0)
        rd_buf_append_str(&b->bytes, usual[rnd(N_USUAL)]);
    if (b->bytes.n > off)
        b->texts[b->n++] = (rd_text){.off = off, .len = (uint32_t)b->bytes.n - off};
    /* What stands between texts looks like the rest of them. */
    rd_buf_append(&b->bytes, "20@a.example 1.2.3.4", rnd(20));
}

static void make_body(body *b)
{
    uint32_t n = rnd(4) == 0 ? MAX_TEXTS : 1 + (uint32_t)rnd(60);
    b->bytes.n = 0;
    b->n = 0;
    for (uint32_t i = 0; i < n; i++)
        add_text(b);
    assert_non_null(rd_buf_reserve(&b->bytes, RD_BUF_TAIL));
    memset(b->bytes.p + b->bytes.n, '7', RD_BUF_TAIL);
}

/* What a text finds alone: in bytes of its own, with a scratch that has seen nothing before. */
static void check_alone(const rd_detect_set *set, const body *b, uint32_t i, const rd_matches *all,
                        uint32_t *at, uint32_t *key_at)
{
    rd_detect_scratch *fresh = rd_detect_scratch_new();
    rd_buf own;
    rd_matches alone;
    const rd_text *t = &b->texts[i];
    assert_non_null(fresh);
    rd_buf_init(&own, UINT32_MAX);
    rd_buf_append(&own, b->bytes.p + t->off, t->len);
    assert_int_equal(rd_detect(set, fresh, own.p, own.n, &(rd_text){.len = t->len}, 1, &alone), RD_OK);
    for (uint32_t k = 0; k < alone.n; k++, ++*at) {
        const rd_match *want = &alone.list[k], *m = &all->list[*at];
        assert_true(*at < all->n);
        assert_int_equal(m->text, i);
        assert_int_equal(m->off, want->off + t->off);
        assert_int_equal(m->len, want->len);
        assert_int_equal(m->detector, want->detector);
        assert_int_equal(m->keep_head, want->keep_head);
        assert_int_equal(m->keep_tail, want->keep_tail);
    }
    for (uint32_t k = 0; k < alone.n_keys_at; k++, ++*key_at) {
        assert_true(*key_at < all->n_keys_at);
        assert_int_equal(all->keys_at[*key_at].text, i);
        assert_int_equal(all->keys_at[*key_at].at, alone.keys_at[k].at + t->off);
    }
    rd_buf_release(&own);
    rd_detect_scratch_free(&fresh);
}

static void check_body(const rd_detect_set *set, rd_detect_scratch *scratch, const body *b)
{
    rd_matches all;
    uint32_t at = 0, key_at = 0;
    assert_int_equal(rd_detect(set, scratch, b->bytes.p, b->bytes.n, b->texts, b->n, &all), RD_OK);
    for (uint32_t i = 0; i < b->n; i++)
        check_alone(set, b, i, &all, &at, &key_at);
    assert_int_equal(at, all.n);
    assert_int_equal(key_at, all.n_keys_at);
}

/* One scratch for three sets, of which each finds other things in the same texts. */
static void test_gather__each_as_if_alone(void **state)
{
    static const char *const names[] = {"user.name", "session"};
    static const rd_pattern_spec order = {.pattern = "order 47\\d2"};
    const rd_detect_spec specs[] = {
        {.mask = UINT64_MAX, .key_names = names, .n_key_names = 2},
        {.mask = UINT64_C(1) << RD_DETECTOR_EMAIL},
        {.mask = UINT64_C(1) << RD_DETECTOR_IPV4, .patterns = &order, .n_patterns = 1},
    };
    rd_detect_set *sets[3];
    rd_detect_scratch *scratch = rd_detect_scratch_new();
    body *b = calloc(1, sizeof *b);
    (void)state;
    assert_non_null(scratch);
    assert_non_null(b);
    rd_buf_init(&b->bytes, UINT32_MAX);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(rd_detect_set_make(&specs[i], &sets[i], NULL), RD_OK);
    for (uint32_t i = 0, n = rounds(ROUNDS); i < n; i++) {
        make_body(b);
        check_body(sets[rnd(3)], scratch, b);
    }
    for (unsigned i = 0; i < 3; i++)
        rd_detect_set_free(&sets[i]);
    rd_buf_release(&b->bytes);
    free(b);
    rd_detect_scratch_free(&scratch);
}

/* Who asks why not is told each time, also of texts that are known to be clean. */
static void test_gather__refusals_every_time(void **state)
{
    static const char card[RD_BUF_TAIL + 32] = "ab 4111111111111112";
    const rd_text t = {.off = 3, .len = 16};
    rd_detect_scratch *scratch = rd_detect_scratch_new();
    rd_refusals *refused = calloc(1, sizeof *refused);
    rd_detect_set *set;
    rd_matches m;
    (void)state;
    assert_int_equal(rd_detect_set_build(UINT64_MAX, NULL, 0, &set, NULL), RD_OK);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(rd_detect(set, scratch, (const uint8_t *)card, 19, &t, 1, &m), RD_OK);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(rd_detect_explain(set, scratch, (const uint8_t *)card, 19, &t, 1, &m, refused),
                         RD_OK);
        assert_int_equal(refused->n, 1);
        assert_int_equal(refused->list[0].off, 3);
        assert_int_equal(refused->list[0].len, 16);
        assert_string_equal(refused->list[0].validator, "luhn");
    }
    rd_detect_set_free(&set);
    free(refused);
    rd_detect_scratch_free(&scratch);
}

/* A text is brought to the pass until it has come clean twice; one in which something was found, always. */
static void test_gather__remembers(void **state)
{
    static const uint8_t texts[2][RD_CLEAN_BYTES + 1] = {"http.route", "exactly thirty-one bytes of text"};
    rd_gather *g = calloc(1, sizeof *g);
    (void)state;
    assert_non_null(g);
    for (unsigned t = 0; t < 2; t++) {
        uint32_t len = (uint32_t)strlen((const char *)texts[t]);
        for (unsigned i = 0; i < 6; i++) {
            rd_gather_reset(g);
            rd_gather_add(g, 1, texts[t], len, 5);
            assert_int_equal(g->n, i < 4 ? 1 : 0);
            rd_gather_close(g);
            if (g->n > 0)
                g->has_events[0] = i < 2;
            rd_gather_learn(g, 1);
        }
        rd_gather_reset(g);
        rd_gather_add(g, 2, texts[t], len, 5); /* another set */
        rd_gather_add(g, 1, texts[t], len - 1, 6);
        rd_gather_add(g, 0, texts[t], len, 7);
        assert_int_equal(g->n, 3);
        assert_int_equal(g->numbers[2], 7);
        assert_memory_equal(g->bytes + g->texts[2].off, texts[t], len);
        assert_int_equal(g->bytes[g->texts[2].off + len], 0);
    }
    free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gather__each_as_if_alone),
        cmocka_unit_test(test_gather__refusals_every_time),
        cmocka_unit_test(test_gather__remembers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
