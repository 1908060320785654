/* SPDX-License-Identifier: MIT */
/* The memory of keys never says anything else than the look-up itself. */
#include "tests/unit/unit.h"

#include "filters/detect/class_memo.h"
#include "filters/detect/detect.h"
#include "tests/unit/random.h"

enum { ROUNDS = 200000, SIZE = 96 };

/* Parts of keys and of what stands around them; some differ only far back, or behind the end. */
static const char *const parts[] = {"password", "word",    "pass",    "_",     "-",        ".",  " ",
                                    "--",       "user",    "User",    "name",  "Name",     "id", "sid",
                                    "phone",    "tel",     "key",     "42",    "\xc3\xa9", "\"", "key ",
                                    "db",       "Manager", "session", "token", "Token",    "x",  "S"};
enum { N_PARTS = sizeof parts / sizeof parts[0] };

static uint32_t fill(uint8_t *to)
{
    uint32_t n = 0;
    for (;;) {
        const char *part = parts[rnd(N_PARTS)];
        size_t len = strlen(part);
        if (n + len > SIZE)
            return n;
        memcpy(to + n, part, len);
        n += (uint32_t)len;
    }
}

static void test_class_memo__same_as_look_up(void **state)
{
    rd_key_table *table = rd_key_table_new();
    rd_tail_memo *memo = calloc(1, sizeof *memo);
    uint32_t n_classes = 0, n_rounds = rounds(ROUNDS);
    (void)state;
    assert_non_null(table);
    assert_non_null(memo);
    for (uint32_t i = 0; i < n_rounds; i++) {
        uint8_t text[SIZE + RD_TAIL_MEMO_BYTES] = {0};
        uint32_t n = fill(text), lo = (uint32_t)rnd(n);
        rd_view v = {.b = text, .lo = lo, .hi = lo + 1 + (uint32_t)rnd(n - lo)};
        uint32_t end = lo + (uint32_t)rnd(v.hi - lo + 1);
        rd_key_class cls = rd_key_class_of(table, &v, end);
        assert_int_equal(rd_class_memo_ask(memo, table, &v, end), cls);
        assert_int_equal(rd_class_memo_ask(memo, table, &v, end), cls);
        assert_int_equal(rd_class_memo_ask(NULL, table, &v, end), cls);
        n_classes += cls != RD_KEY_NONE;
    }
    assert_true(n_classes > n_rounds / 20);
    rd_key_table_free(&table);
    free(memo);
}

/* What is remembered is not looked up: there is no table then. */
static void test_class_memo__remembers(void **state)
{
    static const char first[] = "2026-11-25 {\"a\":1,\"password\":1}",
                      second[] = "level=info {\"bc\":31,\"password\":22}";
    rd_key_table *table = rd_key_table_new();
    rd_tail_memo *memo = calloc(1, sizeof *memo);
    const rd_view a = {.b = (const uint8_t *)first, .hi = sizeof first - 1},
                  b = {.b = (const uint8_t *)second, .hi = sizeof second - 1};
    uint32_t end_a = (uint32_t)(strstr(first, "\":1}") - first),
             end_b = (uint32_t)(strstr(second, "\":22") - second);
    (void)state;
    assert_non_null(table);
    assert_non_null(memo);
    assert_int_equal(rd_class_memo_ask(memo, table, &a, end_a), RD_KEY_PASSWORD);
    assert_int_equal(rd_class_memo_ask(memo, NULL, &b, end_b), RD_KEY_PASSWORD);
    rd_key_table_free(&table);
    free(memo);
}

/* Places of key names in `text`, by a set that knows one name. */
static uint32_t n_places(rd_detect_scratch *scratch, const char *name, const uint8_t *text, uint32_t n)
{
    const rd_detect_spec spec = {.key_names = &name, .n_key_names = 1};
    const rd_text all = {.off = 0, .len = n};
    rd_detect_set *set = NULL;
    rd_matches found;
    rd_error err;
    assert_int_equal(rd_detect_set_make(&spec, &set, &err), RD_OK);
    assert_int_equal(rd_detect(set, scratch, text, n, &all, 1, &found), RD_OK);
    rd_detect_set_free(&set);
    return found.n_keys_at;
}

/* One scratch serves many sets, and a new one may stand where an old one stood. What may end a name of one
 * says nothing of another's. */
static void test_class_memo__another_set_has_other_names(void **state)
{
    static const char *const names[] = {"first_name", "last_name", "code_name", "nick.name"};
    static const char line[] =
        "2026-11-25 info first_name=a last_name=b app.first_name=c nickName=d x_name=e";
    uint8_t text[sizeof line + RD_BUF_TAIL] = {0};
    rd_detect_scratch *scratch = rd_detect_scratch_new();
    (void)state;
    assert_non_null(scratch);
    memcpy(text, line, sizeof line - 1);
    for (unsigned i = 0; i < 200; i++) {
        static const uint32_t want[] = {2, 1, 0, 1};
        unsigned k = (unsigned)rnd(4);
        assert_int_equal(n_places(scratch, names[k], text, sizeof line - 1), want[k]);
    }
    rd_detect_scratch_free(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_class_memo__same_as_look_up),
        cmocka_unit_test(test_class_memo__remembers),
        cmocka_unit_test(test_class_memo__another_set_has_other_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
